/*
 * qemu_path.h: opening a file that a guest's definition names, without being led elsewhere
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <sys/types.h>

#include <glib.h>

/* Nobody: links may be anybody's. */
#define QEMU_PATH_TRUST_ALL ((uid_t)-1)

typedef enum {
    QEMU_PATH_NO_LINKS = 1 << 0, /* a symbolic link anywhere is an error (ELOOP) */
    QEMU_PATH_CREATE = 1 << 1,   /* a file that is not there is made, empty and its owner's alone */
} qemuPathFlags;

/**
 * qemuPathOpen:
 * @path: absolute
 * @distrusted: whose symbolic links are not followed; QEMU_PATH_TRUST_ALL for nobody's
 * @flags: qemuPathFlags
 * @real: filled with the path without links, owned by the caller; or NULL
 *
 * Opens component by component, with O_PATH: nothing can be read or written through the result,
 * and no device notices. Links of administrators (/dev/disk/by-id, a moved folder) are followed.
 *
 * Returns: the descriptor, owned by the caller, or a negative errno value (-EPERM: a link of
 *          @distrusted, -ELOOP: too many links) and @real untouched. No error is reported.
 */
int qemuPathOpen(const char *path, uid_t distrusted, unsigned int flags, char **real)
    G_GNUC_WARN_UNUSED_RESULT;

/* Opens what qemuPathOpen() has opened for reading; the descriptor, or a negative errno value. */
int qemuPathReopen(int fd) G_GNUC_WARN_UNUSED_RESULT;
