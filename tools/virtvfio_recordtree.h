/*
 * virtvfio_recordtree.h: what virtvfio reads of a host, copied into memory and into an archive
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

#include "virpcihost.h"

/*
 * A tree that --root takes: directories, links and small files by path. What is in it is named one
 * by one in the source, so nothing else can get out: no serial number, no MAC address, no name of
 * the host. Links are written anew, never copied, and so are the paths of devices: a part of them
 * that is no PCI bus or device (an ACPI or a VMBus name) is left out.
 */
typedef struct _virtvfioRecord virtvfioRecord;

/* Called now and then with the devices done and their number. */
typedef void (*virtvfioRecordFunc)(size_t done, size_t total);

/* Returns: the record, owned by the caller, never NULL. What cannot be read is left out. */
virtvfioRecord *virtvfioRecordNew(virPCIHost *host, virtvfioRecordFunc progress);
void virtvfioRecordFree(virtvfioRecord *record);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virtvfioRecord, virtvfioRecordFree)

typedef struct {
    size_t devices;
    size_t drivers;
    size_t groups;
} virtvfioRecordCounts;

const virtvfioRecordCounts *virtvfioRecordGetCounts(const virtvfioRecord *record);

/**
 * virtvfioRecordWrite:
 * @fd: where to, left open
 * @name: of @fd, for messages
 *
 * Writes a tar archive. Equal records give equal bytes: sorted, owner 0, time 0.
 *
 * Errors: SYSTEM_ERROR
 * Returns: 0, or -1 with an error reported
 */
int virtvfioRecordWrite(const virtvfioRecord *record, int fd, const char *name)
    G_GNUC_WARN_UNUSED_RESULT;
