/*
 * virhostpages.h: the pages of a host's memory, of each size
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "virsysfs.h"

typedef struct {
    unsigned int size_kib;
    guint64 total; /* huge ones: as many as have been set aside */
    guint64 free;
} virHostPages;

/**
 * virHostPagesRead:
 * @node: NUMA node, or -1 for the whole host
 *
 * Huge pages are not counted among the small ones.
 *
 * Errors: INVALID_ARG if there is no such node, SYSTEM_ERROR if the kernel does not say.
 * Returns: virHostPages by ascending size, those that the processor has by itself first; owned by
 *          the caller, or NULL
 */
GArray *virHostPagesRead(const virSysfsRoot *root, int node);
