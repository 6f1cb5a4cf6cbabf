/*
 * qemu_console.h: a client at a terminal or a socket of a guest
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "qemu_loop.h"

/*
 * Bytes in both directions between a guest and a client. The loop copies them, and holds no more
 * than a few kilobytes: who does not read is not read from.
 */
typedef struct _qemuConsole qemuConsole;

/* One end is gone, or it was cancelled: both are closed now. Called once, by the loop's thread. */
typedef void (*qemuConsoleEnded)(qemuConsole *console, void *opaque);

/**
 * qemuConsoleNew:
 * @guestFD: terminal or connected socket, not blocking; taken
 * @clientFD: connected socket, not blocking; taken
 * @opaque: for @ended; freed with @destroy after it
 *
 * From any thread but the loop's.
 *
 * Returns: a reference to the session, which lasts until it has ended
 */
qemuConsole *qemuConsoleNew(qemuLoop *loop, int guestFD, int clientFD, qemuConsoleEnded ended,
                            void *opaque, GDestroyNotify destroy);
void qemuConsoleUnref(qemuConsole *console);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(qemuConsole, qemuConsoleUnref)

/* Has the session end, soon. From any thread. */
void qemuConsoleCancel(qemuConsole *console);
