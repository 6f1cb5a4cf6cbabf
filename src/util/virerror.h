/*
 * virerror.h: thread-local errors with libvirt's public codes
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>
#include <libvirt/virterror.h>

/* A reported error. @message is one translated sentence without a newline. */
typedef struct {
    int domain;   /* virErrorDomain: the part of the code that failed */
    int code;     /* virErrorNumber; VIR_ERR_OK if there is no error */
    int sysErrno; /* errno behind it, or 0 */
    char *message;
} virErrorInfo;

/**
 * virReportError:
 * @code: virErrorNumber
 * @...: translated printf format, one sentence without a newline, and its arguments
 *
 * Sets the calling thread's error, replacing an earlier one. The file that uses it defines
 * VIR_FROM_THIS (a virErrorDomain) before.
 */
#define virReportError(code, ...)                                                                  \
    __extension__ virErrorReport(VIR_FROM_THIS, (code), 0, __VA_ARGS__)

/**
 * virReportSystemError:
 * @err: errno value, positive
 * @...: translated printf format and its arguments; ": " and the text of @err are appended
 */
#define virReportSystemError(err, ...)                                                             \
    __extension__ virErrorReport(VIR_FROM_THIS, VIR_ERR_SYSTEM_ERROR, (err), __VA_ARGS__)

void virErrorReport(int domain, int code, int sysErrno, const char *fmt, ...) G_GNUC_PRINTF(4, 5);

/**
 * virErrorGetLast:
 *
 * Returns: the calling thread's error, owned by it and valid until its next report or reset;
 *          never NULL (code VIR_ERR_OK and an empty message if there is none)
 */
const virErrorInfo *virErrorGetLast(void);

/* The message of virErrorGetLast(): never NULL, owned by the thread. */
const char *virErrorGetMessage(void);

/* Forgets the calling thread's error. */
void virErrorReset(void);

/**
 * virErrorPreserve, virErrorRestore:
 * @saved: filled by the first, emptied by the second
 *
 * An undo that may fail itself is put between the two, so that the first cause wins.
 */
void virErrorPreserve(virErrorInfo *saved);
void virErrorRestore(virErrorInfo *saved);

/**
 * virErrorCodeName:
 * @code: virErrorNumber
 *
 * Returns: a stable lower-case word for JSON ("device-missing", "operation-invalid", …);
 *          "internal-error" for a code that this project does not report
 */
const char *virErrorCodeName(int code);
