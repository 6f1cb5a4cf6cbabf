/*
 * qemu_log.h: what QEMU writes to its stderr
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "qemu_loop.h"

/*
 * A guest's log. In a file QEMU goes on writing when we are gone; without one its end is kept in
 * memory, through a pipe that the loop reads. For several threads.
 */
typedef struct _qemuLog qemuLog;

/* A file that has grown longer than this gives up all but its end. */
#define QEMU_LOG_MAX_FILE (2 * 1024 * 1024)

/* How much of the end is quoted, in bytes. */
#define QEMU_LOG_MAX_QUOTE 4096

/**
 * qemuLogOpen:
 * @directory: where NAME.log is, made if absent (mode 0700); NULL for a pipe
 * @name: the guest's
 *
 * What was in the file stays.
 *
 * Errors: SYSTEM_ERROR.
 * Returns: the log, owned by the caller, or NULL
 */
qemuLog *qemuLogOpen(qemuLoop *loop, const char *directory, const char *name);
void qemuLogFree(qemuLog *log);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(qemuLog, qemuLogFree)

/* The descriptor that is to be QEMU's stderr. Borrowed. */
int qemuLogGetFD(const qemuLog *log);

/* QEMU has been started: of a pipe only QEMU has the writing end from now on. */
void qemuLogStarted(qemuLog *log);

/* Adds a line of ours: time, and @text. Nothing for a pipe. */
void qemuLogAdd(qemuLog *log, const char *text);

/* Keeps the file to its size. Nothing for a pipe. */
void qemuLogTrim(qemuLog *log);

/* What QEMU has written last since qemuLogStarted(), made safe for a terminal, with ": " before it;
 * "" if it wrote nothing. Caller frees. */
char *qemuLogQuote(qemuLog *log);
