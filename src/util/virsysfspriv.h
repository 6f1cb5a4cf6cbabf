/*
 * virsysfspriv.h: what reading and writing sysfs share
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "virsysfs.h"

struct _virSysfsRoot {
    int fd;
    bool isHost;
    char *path;                  /* as given, without a trailing slash; "" for "/" */
    virSysfsWriteFunc writeFunc; /* NULL but in tests */
    void *writeOpaque;
    virSysfsWriteBytesFunc writeBytesFunc; /* the same */
    void *writeBytesOpaque;
};
