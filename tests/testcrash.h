/*
 * testcrash.h: a process that dies at any point of what it does
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

/*
 * The points are what a process leaves on the disk for others to find, each when it is done: the
 * renames and unlinks of records and entries (the program's renameat() and unlinkat() are
 * testcrash.c's), and the writes to a fake kernel (TEST_KERNEL_KILL).
 */

typedef int (*testCrashFunc)(void *opaque);

/**
 * testCrashRun:
 * @killAtStep: SIGKILL after that rename or unlink; 0: never
 *
 * Runs @func in a process of its own, where it must return 0 if nothing kills it.
 *
 * Returns: TRUE if it was killed
 */
gboolean testCrashRun(testCrashFunc func, void *opaque, guint killAtStep);

/* What came of all points of one kind. */
typedef struct {
    guint points;
    guint old; /* everything as before */
    guint new; /* everything as it was to be */
} testOutcomes;

/* Counts @after, which has to be @before or @wanted, whole. */
void
testCrashCount(testOutcomes *outcomes, const char *after, const char *before, const char *wanted);

/* One line of the test's output that build-aux/check shows. */
void testCrashPrint(const char *name, const testOutcomes *steps, const testOutcomes *writes);
