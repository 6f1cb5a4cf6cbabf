/*
 * virprocess.h: which process a number meant, when numbers are used again
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include <glib.h>

/* A process, and not a later one that got its number. */
typedef struct {
    int pid;
    guint64 started; /* clock ticks from boot to its start; 0: not known, any process of that pid */
} virProcessIdentity;

/* This process. Not safe to keep across fork(). */
virProcessIdentity virProcessGetSelf(void);

/**
 * virProcessIdentify:
 * @pid: of a process that is there now
 * @process: filled
 *
 * Errors: OPERATION_INVALID if there is no such process or its start cannot be read.
 * Returns: 0, or -1 with an error reported and @process untouched
 * Source: proc(5), /proc/PID/stat, field 22
 */
int virProcessIdentify(pid_t pid, virProcessIdentity *process) G_GNUC_WARN_UNUSED_RESULT;

/* False if it has ended. One whose start cannot be read is running as long as its number is. */
bool virProcessIsRunning(const virProcessIdentity *process);

/* The start time in the text of /proc/PID/stat (pure); false if it is none. */
bool virProcessParseStat(const char *text, guint64 *started);
