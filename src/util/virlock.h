/*
 * virlock.h: locks between processes, with the name of who holds one
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

/* A lock that is held. The kernel drops it when the process ends, however that happens. */
typedef struct _virLock virLock;

/**
 * virLockAcquire:
 * @directory: where lock files are, made if absent (mode 0755)
 * @name: of the lock, one path component ("group-11")
 * @purpose: what it is held for, for whoever comes second; one line
 * @timeout_ms: how long to wait for another holder's end; 0 does not wait
 *
 * flock(2) on a file that is never removed: a removed one could be locked twice.
 *
 * Errors: OPERATION_FAILED naming the holder (process and purpose) if another has it, another lock
 * of this process too; SYSTEM_ERROR if the file cannot be used.
 * Returns: the lock, owned by the caller, or NULL
 */
virLock *
virLockAcquire(const char *directory, const char *name, const char *purpose, int timeout_ms);

/* A child that has virLockListFDs() open still holds what its parent released or died with. */
void virLockRelease(virLock *lock);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virLock, virLockRelease)

/* The descriptors of all locks of this process, for a child that is to keep them. Caller unrefs. */
GArray *virLockListFDs(void);
