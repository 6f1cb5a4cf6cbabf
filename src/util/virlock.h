/*
 * virlock.h: locks between processes, with the name of who holds one
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

/*
 * A lock that is held, against other processes and against other threads of this one: flock(2)
 * belongs to the open file, and every lock opens its own. The kernel drops it when the process
 * ends, however that happens. One thread takes it, writes under it and releases it.
 */
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

/* Free for others when it returns, whatever children other threads are just starting; but a child
 * that virLockLeave() was told of goes on holding it. */
void virLockRelease(virLock *lock);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virLock, virLockRelease)

/*
 * The descriptors of the locks that the calling thread holds, for a child that works under them and
 * is to keep them if this process dies. Those of other threads are not its business: a child that
 * never ends must not keep their groups. Caller unrefs.
 */
GArray *virLockListFDs(void);

/* A child that has the calling thread's virLockListFDs() open is left behind: they are locked until
 * it ends. */
void virLockLeave(void);
