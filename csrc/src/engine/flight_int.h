/* visible to: engine */
/* A flight under way: what flight.c (one set after the other) and ahead.c (sent, not awaited) share. */
#ifndef CM_FLIGHT_INT_H
#define CM_FLIGHT_INT_H

#include "engine/engine_int.h"

enum { CM_SMALL_VALUES = 24 };

typedef struct cm_run {
    cm_ctx *cx;
    cm_conn *conn;
    cm_link *link;
    cm_flight *flight;
    cm_stmt *stmt;
    cm_value *values, *raw; /* of the set; of the row */
    size_t nvalues, nraw;
    cm_arena scratch;
    unsigned ticks;      /* rows and sets since the clock was read */
    int64_t slice_us;    /* when this slice began; 0 not looked yet */
    bool in_transaction; /* the database was in one before the step that failed */
    bool watched;        /* somebody was told that it runs */
    bool ahead;          /* sets are sent ahead: steps find their replies */
    int64_t changed;
    size_t sent, stepped; /* ahead: sets on their way, and those of them done with */
    size_t fault;         /* ahead: set that failed; SIZE_MAX: none of these */
    struct cm_run *next;  /* ahead: sent after it */
    cm_value *kept;       /* values of all sets, where they are shown to a watcher; NULL: of one set at a time, in values */
    cm_arena sets;        /* that they live in */
    cm_objs changed_to;   /* values that a watcher gave; the host's */
    cm_value small[CM_SMALL_VALUES]; /* values and raw of short statements */
} cm_run;

void cm_run__init(cm_ctx *cx, cm_run *r, cm_conn *conn, cm_flight *flight);
cm_status cm_run__start(cm_run *r);                 /* its statement and room for values */
cm_status cm_run__bind(cm_run *r, size_t set);
cm_status cm_run__give_values(cm_run *r);           /* those of the set at hand, to the driver */
cm_status cm_run__check_count(const cm_run *r);     /* there are as many as the statement takes */
/* watch.c */
cm_status cm_run__show(cm_run *r);                  /* binds and keeps all sets, where somebody is to see them */
cm_status cm_run__announce(cm_run *r);
cm_status cm_run__tick(cm_run *r);                  /* lets others have the host's lock when a slice is over; looks for signals */
cm_status cm_run__sets(cm_run *r, size_t *set);     /* one after the other; *set: at fault */
cm_status cm_run__bound(cm_run *r, size_t set);     /* the values of a set are in place: runs it */
cm_status cm_run__tell(cm_run *r, bool after, cm_status status);
cm_status cm_run__driver_failed(cm_run *r, cm_status st);
void cm_run__finish(cm_run *r);
void cm_run__read_back(cm_run *r, cm_status st);    /* transaction state, as the database has it */
cm_status cm_run__over(cm_run *r, size_t set, cm_status st); /* the end of a flight: st, or what those told of it say */
#endif
