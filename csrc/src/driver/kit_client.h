/* visible to: driver, and the glue of libraries that hold one driver */
/* Start of such a library: take the kit, then register the driver with the core it came from. */
#ifndef CM_KIT_CLIENT_H
#define CM_KIT_CLIENT_H

#include "driver/driver.h"

bool cm_kit__use(const cm_driver_kit *kit); /* borrowed for ever. False: a core of another version */
cm_status cm_kit__register(cm_ctx *cx, const char *backend, const cm_driver *driver);
#endif
