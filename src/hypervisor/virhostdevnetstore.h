/*
 * virhostdevnetstore.h: the records of VFs' networks, on the disk
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "virhostdevnetrecord.h"

/**
 * virHostdevNetStoreRead:
 * @directory: where records are, named after their addresses
 *
 * Returns: the record of an address, owned by the caller; NULL if there is none. A damaged one is
 *          set aside as "ADDRESS.damaged" with a warning, and there is none then.
 */
virHostdevNetRecord *
virHostdevNetStoreRead(const char *directory, const virPCIDeviceAddress *address);

/* Every record, by address; caller unrefs. Never NULL. */
GPtrArray *virHostdevNetStoreList(const char *directory);

/* Makes @record the one of its address, on the disk when it returns. 0, or -1 with SYSTEM_ERROR. */
int virHostdevNetStoreWrite(const char *directory, const virHostdevNetRecord *record)
    G_GNUC_WARN_UNUSED_RESULT;

/* The same for its removal; absent is success. */
int virHostdevNetStoreRemove(const char *directory, const virPCIDeviceAddress *address)
    G_GNUC_WARN_UNUSED_RESULT;
