/*
 * qemu_save_header.h: what is before a guest's memory in the file of a saved guest
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stdbool.h>

#include <glib.h>

/*
 * The file: this header, the definition as XML, what QEMU wrote. Numbers are little-endian:
 *
 *    0  magic, 16 bytes    24  bytes of XML (u64)
 *   16  version (u32)      32  bytes of what QEMU wrote (u64)
 *   20  flags (u32)        40  zero, up to 64
 */
#define QEMU_SAVE_HEADER_SIZE    64
#define QEMU_SAVE_HEADER_VERSION 1

/* The longest definition that is read, in bytes. */
#define QEMU_SAVE_HEADER_MAX_XML (4 * 1024 * 1024)

typedef struct {
    bool running; /* the guest ran when it was saved, and is to run again */
    guint64 xmlLen;
    guint64 dataLen;
} qemuSaveHeader;

typedef enum {
    QEMU_SAVE_HEADER_OK,
    QEMU_SAVE_HEADER_ALIEN,   /* no saved guest of ours */
    QEMU_SAVE_HEADER_NEWER,   /* of a version or with flags that are not known here */
    QEMU_SAVE_HEADER_DAMAGED, /* lengths that cannot be */
} qemuSaveHeaderResult;

/* Pure. @bytes: QEMU_SAVE_HEADER_SIZE of them. */
void qemuSaveHeaderFormat(const qemuSaveHeader *header, guint8 *bytes);

/**
 * qemuSaveHeaderParse:
 * @bytes: the beginning of a file
 * @len: how many of them there are
 * @header: filled; untouched unless the result is OK
 *
 * Pure.
 */
qemuSaveHeaderResult qemuSaveHeaderParse(const guint8 *bytes, gsize len, qemuSaveHeader *header);
