/*
 * virsysfspriv.h: what reading and writing sysfs share
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <sys/types.h>

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

/* An attribute in sysfs is at most one page. */
#define VIR_SYSFS_MAX_TEXT 4096

/* The @len bytes of an attribute as text without its final newline; caller frees. 0 or -EILSEQ. */
int virSysfsTakeText(const char *raw, size_t len, char **text) G_GNUC_WARN_UNUSED_RESULT;

/* Waits for a child that was left behind, in a thread of its own: it ends some day, perhaps. */
void virSysfsReapLater(pid_t pid);
