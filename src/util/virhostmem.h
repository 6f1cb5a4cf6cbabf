/*
 * virhostmem.h: the memory of a host
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "virsysfs.h"

typedef struct {
    guint64 total_kib;
    guint64 free_kib;
    guint64 buffers_kib; /* of the whole host only */
    guint64 cached_kib;
} virHostMemory;

/**
 * virHostMemoryRead:
 * @node: NUMA node, or -1 for the whole host
 *
 * Errors: INVALID_ARG if there is no such node, SYSTEM_ERROR if the kernel does not say.
 * Returns: 0, or -1 with an error reported
 */
int virHostMemoryRead(const virSysfsRoot *root, int node, virHostMemory *memory)
    G_GNUC_WARN_UNUSED_RESULT;
