/*
 * qemu_save_file.h: the file of a saved guest
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <sys/types.h>

#include "qemu_save_header.h"

/* A file that is being written. It has no name before qemuSaveFileCommit() gives it one, so that
 * whatever happens before leaves nothing. */
typedef struct {
    int fd;        /* -1 if there is none */
    char *path;    /* of what it is to be */
    char *unnamed; /* its name meanwhile, where the file system has no files without one; or NULL */
    bool committed; /* it has its name */
} qemuSaveFile;

/**
 * qemuSaveFileCreate:
 * @file: zero; filled
 * @path: absolute; what is there stays until qemuSaveFileCommit(), and has to be a regular file
 * @xml: the definition
 *
 * Errors: INVALID_ARG for a path that is not absolute, OPERATION_FAILED for what is no regular
 * file, SYSTEM_ERROR.
 * Returns: 0, with the descriptor where QEMU's part begins, or -1 with an error reported
 */
int
qemuSaveFileCreate(qemuSaveFile *file, const char *path, const char *xml) G_GNUC_WARN_UNUSED_RESULT;

/**
 * qemuSaveFileCommit:
 * @header: with all lengths
 *
 * Has everything on the disk, and then the file in the place of an older one.
 *
 * Errors: SYSTEM_ERROR.
 * Returns: 0, or -1 with an error reported and what was there as it was
 */
int qemuSaveFileCommit(qemuSaveFile *file, const qemuSaveHeader *header) G_GNUC_WARN_UNUSED_RESULT;

/* Closes the file; one that was not committed is gone. */
void qemuSaveFileClear(qemuSaveFile *file);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(qemuSaveFile, qemuSaveFileClear)

/**
 * qemuSaveFileOpen:
 * @header: filled
 * @xml: filled with the definition, owned by the caller
 *
 * Errors: OPERATION_FAILED for what is no file of a saved guest, or not a whole one; SYSTEM_ERROR.
 * Returns: a descriptor where QEMU's part begins, owned by the caller; or -1 with an error
 * reported and the outputs untouched
 */
int qemuSaveFileOpen(const char *path, qemuSaveHeader *header, char **xml);

/**
 * qemuSaveFileReplace:
 *
 * Writes a file anew with another header and definition; QEMU's part stays.
 *
 * Errors: those of the others.
 * Returns: 0, or -1 with an error reported and the file as it was
 */
int qemuSaveFileReplace(const char *path, const char *xml, bool running) G_GNUC_WARN_UNUSED_RESULT;
