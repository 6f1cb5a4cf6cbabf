/*
 * virundo.h: what to take back, in reverse order, if a later step fails
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

/* A stack of actions. Not for several threads at once. */
typedef struct _virUndo virUndo;

/**
 * virUndoFunc:
 * @opaque: as given to virUndoPush()
 *
 * Takes one step back. It may fail: it then reports an error and returns -1, and the steps below it
 * are still taken back.
 */
typedef int (*virUndoFunc)(void *opaque);

virUndo *virUndoNew(void);

/* Frees what was pushed; takes nothing back. */
void virUndoFree(virUndo *undo);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virUndo, virUndoFree)

/**
 * virUndoPush:
 * @func: called with @opaque by virUndoRollback()
 * @destroy: frees @opaque after that or on commit; NULL if the caller keeps it
 */
void virUndoPush(virUndo *undo, virUndoFunc func, void *opaque, GDestroyNotify destroy);

/**
 * virUndoRollback:
 *
 * Takes every step back, last one first, and empties the stack. The thread's error stays what it
 * was before: the first cause wins. Failures of steps back are warned of.
 *
 * Returns: 0, or -1 if a step could not be taken back
 */
int virUndoRollback(virUndo *undo);

/* Everything succeeded: forgets the steps. */
void virUndoCommit(virUndo *undo);
