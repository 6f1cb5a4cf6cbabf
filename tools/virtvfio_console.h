/*
 * virtvfio_console.h: a guest's serial port on our standard input and output
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

/* Copies bytes both ways, in the main context that is the thread's default when it is made. */
typedef struct _virtvfioConsole virtvfioConsole;

/**
 * virtvfioConsoleNew:
 * @peer: filled with the guest's end, a stream socket owned by the caller
 *
 * The terminal stays as it is: lines are edited and echoed by it, and Ctrl-C is a signal. At the
 * end of the input the output goes on.
 *
 * Errors: SYSTEM_ERROR.
 * Returns: the console, owned by the caller, or NULL with an error reported
 */
virtvfioConsole *virtvfioConsoleNew(int *peer);

/* Copies what the guest has written and nobody has read yet, for at most a second, and frees. */
void virtvfioConsoleFree(virtvfioConsole *console);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virtvfioConsole, virtvfioConsoleFree)
