/*
 * virfile.h: file descriptors and bounded reads
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stddef.h>
#include <sys/types.h>

#include <glib.h>

/* A descriptor that is closed at the end of its scope; -1 is none. errno is kept. */
#define VIR_AUTOCLOSE __attribute__((cleanup(virFileClose))) int

/* Closes *@fd unless it is -1, and sets it to -1. errno is kept. */
void virFileClose(int *fd);

/* Hands *@fd over: returns it and sets it to -1. */
int virFileStealFD(int *fd);

/**
 * virFileReadFD:
 * @fd: readable descriptor
 * @max: largest accepted length in bytes
 * @buf: filled with the bytes read, NUL-terminated; caller frees
 * @len: filled with their number (the text may hold NUL bytes itself), or NULL
 *
 * Reads to the end of @fd, restarting after signals.
 *
 * Returns: 0, or a negative errno value (-EFBIG if there is more than @max) and the outputs
 *          untouched. No error is reported: the caller knows what the file was for.
 */
int virFileReadFD(int fd, size_t max, char **buf, size_t *len) G_GNUC_WARN_UNUSED_RESULT;

/* read(2), restarted after signals. Returns the bytes read, 0 at the end, or -errno. */
ssize_t virFileReadSome(int fd, void *buf, size_t len) G_GNUC_WARN_UNUSED_RESULT;

/* write(2) of all of @text, restarted after signals. Returns 0 or -errno. */
int virFileWriteText(int fd, const char *text) G_GNUC_WARN_UNUSED_RESULT;

/* Makes @text the whole content of the regular file @fd. Returns 0 or -errno. */
int virFileReplaceText(int fd, const char *text) G_GNUC_WARN_UNUSED_RESULT;

/**
 * virFileWriteDurable:
 * @directory: where it is
 * @name: of the file, one path component
 * @text: its new content
 *
 * Writes a temporary file, has it on the disk, renames it over @name and has that on the disk:
 * after a crash the file is the old one or the new one, whole.
 *
 * Returns: 0, or a negative errno value and the old file as it was
 */
int virFileWriteDurable(const char *directory, const char *name, const char *text)
    G_GNUC_WARN_UNUSED_RESULT;

/* virFileWriteDurable() of a file that nobody else may read. */
int virFileWritePrivate(const char *directory, const char *name, const char *text)
    G_GNUC_WARN_UNUSED_RESULT;

/* unlink(2) of @name in @directory, on the disk when it returns. Absent is success. */
int virFileRemoveDurable(const char *directory, const char *name) G_GNUC_WARN_UNUSED_RESULT;
