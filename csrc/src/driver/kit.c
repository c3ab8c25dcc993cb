/* The core's functions that drivers in libraries of their own are handed (cm_driver_kit). */
#include "driver/driver.h"

static const cm_driver_kit kit = {.version = 1,
                                  .alloc = cm__alloc,
                                  .release = cm__free,
                                  .strdup = cm__strdup,
                                  .fail = cm__fail,
                                  .nomem = cm__nomem,
                                  .fail_sql = cm__fail_sql,
                                  .fail_code = cm__fail_code,
                                  .option_find = cm_option__find,
                                  .option_bool = cm_option__bool,
                                  .option_number = cm_option__number,
                                  .option_is = cm_option__is,
                                  .type_def = cm_type_get_def,
                                  .civil_parse = cm_civil_parse,
                                  .civil_format = cm_civil_format,
                                  .civil_days = cm_civil_days,
                                  .civil_of_days = cm_civil_of_days,
                                  .driver_register = cm_driver_register,
                                  .arena_new = cm_arena_new,
                                  .arena_alloc = cm_arena_alloc,
                                  .arena_reset = cm_arena_reset,
                                  .arena_free = cm_arena_free,
                                  .list_parse = cm_list_parse,
                                  .value_is_slice = cm_value_is_slice};

const cm_driver_kit *cm_driver_kit_get(void) { return &kit; }
