/*
 * qemu_image.h: the files that a disk image is made of
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "domain_disk_conf.h"

/* What a qcow2 image says of other files. Texts are owned. */
typedef struct {
    char *backing;       /* what is below it, as the image has it; NULL if nothing is */
    char *backingFormat; /* NULL if that is not said */
} qemuImageHeader;

void qemuImageHeaderClear(qemuImageHeader *header);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(qemuImageHeader, qemuImageHeaderClear)

/* As much of an image as is looked at: header, extensions and names are at its beginning. */
#define QEMU_IMAGE_HEADER_MAX (64 * 1024)

/* As many files as one image may be made of. */
#define QEMU_IMAGE_CHAIN_MAX 200

/**
 * qemuImageParse:
 * @bytes: the beginning of the image: all of it, or QEMU_IMAGE_HEADER_MAX bytes
 * @header: zero; filled
 * @reason: filled with why not (translated), owned by the caller
 *
 * Pure. Images with an external data file, and names that are no files, are not understood.
 *
 * Returns: 0, or -1 with @reason filled and @header untouched
 * Source: QEMU docs/interop/qcow2.txt
 */
int qemuImageParse(const guint8 *bytes, size_t len, qemuImageHeader *header, char **reason)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * qemuImageListFiles:
 * @disk: with a source
 * @distrusted: whose links are not followed, as for qemuPathOpen()
 *
 * What QEMU opens for a disk: its image, and below a qcow2 image the backing files that the images
 * name. The format of each is what the image above it says; one that does not say it is refused,
 * because it would be guessed from bytes that a guest may have written.
 *
 * Reads the files, and does not wait for a device.
 *
 * Errors: CONFIG_UNSUPPORTED, SYSTEM_ERROR, each naming the file.
 * Returns: their paths (char *), the image first, to be unreferenced; or NULL with an error
 * reported
 */
GPtrArray *qemuImageListFiles(const virDomainDiskDef *disk, uid_t distrusted);
