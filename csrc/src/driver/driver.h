/* visible to: driver engine */
/* What the files of the driver room share. The seam itself, cm_driver, is public: cormorant_ext.h. */
#ifndef CM_DRIVER_H
#define CM_DRIVER_H

#include "base/ctx.h"

extern const cm_driver cm__driver_sqlite;

/* Value of an option in pairs (name, value, ..., NULL); the last one given wins. NULL: absent. */
const char *cm_option__find(const char *const *options, const char *name);
/* Words people write for a switch: 1/0, true/false, on/off, yes/no in any case. False: not one of them. */
bool cm_option__bool(const char *text, bool *out);
bool cm_option__number(const char *text, double *out); /* a finite decimal number and nothing else */
bool cm_option__is(const char *text, const char *word); /* equal but for case; NULL is nothing */
#endif
