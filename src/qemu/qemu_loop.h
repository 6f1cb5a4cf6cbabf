/*
 * qemu_loop.h: the one thread that serves monitors, timers and ends of processes
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stdbool.h>

#include <glib.h>

/*
 * A thread that runs a main context. What it calls must not wait: all guests are served by it.
 */
typedef struct _qemuLoop qemuLoop;

typedef void (*qemuLoopFunc)(void *opaque);

/* Starts the thread. */
qemuLoop *qemuLoopNew(void);

/* Lets what was posted before finish, and ends the thread. Not to be called by it. */
void qemuLoopFree(qemuLoop *loop);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(qemuLoop, qemuLoopFree)

/* Borrowed. It is also the thread-default context of what the loop calls. */
GMainContext *qemuLoopGetContext(const qemuLoop *loop);

/* Whether the calling thread is the loop's. */
bool qemuLoopIsCurrent(const qemuLoop *loop);

/* Has the loop call @func, and does not wait for it. In the order of the calls. */
void qemuLoopPost(qemuLoop *loop, qemuLoopFunc func, void *opaque);

/* Has the loop call @func, and waits until it has. Not to be called by the loop's thread. */
void qemuLoopRun(qemuLoop *loop, qemuLoopFunc func, void *opaque);

/* Waits until the loop has dealt with what was there for it when this was called, however much
 * comes meanwhile: input of a monitor whose QEMU has ended, for example, a few pieces of it. Not to
 * be called by the loop's thread. */
void qemuLoopSettle(qemuLoop *loop);

/* Destroys *@source, drops the reference and sets it to NULL; nothing if it is NULL already. */
void qemuLoopDropSource(GSource **source);
