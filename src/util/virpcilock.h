/*
 * virpcilock.h: the locks of IOMMU groups, under which their devices are changed
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

/**
 * virPCILockGroups:
 * @directory, @purpose, @timeout_ms: as for virLockAcquire(), the timeout for each lock
 * @groups: int, numbers of IOMMU groups, sorted in place; -1, which is none, is not locked
 *
 * Locks each group once, by ascending number: two that want the same ones do not wait for each
 * other. Whoever holds some locks must release them before asking for more.
 *
 * Errors: those of virLockAcquire()
 * Returns: the locks (virLock), released when the caller unrefs them; or NULL and none is held
 */
GPtrArray *
virPCILockGroups(const char *directory, const char *purpose, GArray *groups, int timeout_ms);

/* The same for one group. */
GPtrArray *virPCILockGroup(const char *directory, const char *purpose, int group, int timeout_ms);
