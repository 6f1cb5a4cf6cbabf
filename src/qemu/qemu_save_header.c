/*
 * qemu_save_header.c: what is before a guest's memory in the file of a saved guest
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "qemu_save_header.h"

static const guint8 qemuSaveMagic[16] = "virtvfio-saved\r\n";

enum {
    QEMU_SAVE_AT_VERSION = 16,
    QEMU_SAVE_AT_FLAGS = 20,
    QEMU_SAVE_AT_XML = 24,
    QEMU_SAVE_AT_DATA = 32,
    QEMU_SAVE_AT_ZERO = 40,
};

#define QEMU_SAVE_FLAG_RUNNING 1U

static void
qemuSavePut32(guint8 *bytes, guint32 value)
{
    guint32 wire = GUINT32_TO_LE(value);

    memcpy(bytes, &wire, sizeof(wire));
}

static void
qemuSavePut64(guint8 *bytes, guint64 value)
{
    guint64 wire = GUINT64_TO_LE(value);

    memcpy(bytes, &wire, sizeof(wire));
}

static guint32
qemuSaveGet32(const guint8 *bytes)
{
    guint32 wire;

    memcpy(&wire, bytes, sizeof(wire));
    return GUINT32_FROM_LE(wire);
}

static guint64
qemuSaveGet64(const guint8 *bytes)
{
    guint64 wire;

    memcpy(&wire, bytes, sizeof(wire));
    return GUINT64_FROM_LE(wire);
}

void
qemuSaveHeaderFormat(const qemuSaveHeader *header, guint8 *bytes)
{
    memset(bytes, 0, QEMU_SAVE_HEADER_SIZE);
    memcpy(bytes, qemuSaveMagic, sizeof(qemuSaveMagic));
    qemuSavePut32(bytes + QEMU_SAVE_AT_VERSION, QEMU_SAVE_HEADER_VERSION);
    qemuSavePut32(bytes + QEMU_SAVE_AT_FLAGS, header->running ? QEMU_SAVE_FLAG_RUNNING : 0);
    qemuSavePut64(bytes + QEMU_SAVE_AT_XML, header->xmlLen);
    qemuSavePut64(bytes + QEMU_SAVE_AT_DATA, header->dataLen);
}

static bool
qemuSaveIsZero(const guint8 *bytes, gsize len)
{
    for (gsize i = 0; i < len; i++) {
        if (bytes[i])
            return false;
    }
    return true;
}

qemuSaveHeaderResult
qemuSaveHeaderParse(const guint8 *bytes, gsize len, qemuSaveHeader *header)
{
    qemuSaveHeader found = {0};
    guint32 flags;

    if (len < sizeof(qemuSaveMagic) || memcmp(bytes, qemuSaveMagic, sizeof(qemuSaveMagic)) != 0)
        return QEMU_SAVE_HEADER_ALIEN;
    if (len < QEMU_SAVE_HEADER_SIZE)
        return QEMU_SAVE_HEADER_DAMAGED;
    flags = qemuSaveGet32(bytes + QEMU_SAVE_AT_FLAGS);
    if (qemuSaveGet32(bytes + QEMU_SAVE_AT_VERSION) != QEMU_SAVE_HEADER_VERSION ||
        flags & ~QEMU_SAVE_FLAG_RUNNING ||
        !qemuSaveIsZero(bytes + QEMU_SAVE_AT_ZERO, QEMU_SAVE_HEADER_SIZE - QEMU_SAVE_AT_ZERO))
        return QEMU_SAVE_HEADER_NEWER;
    found.running = flags & QEMU_SAVE_FLAG_RUNNING;
    found.xmlLen = qemuSaveGet64(bytes + QEMU_SAVE_AT_XML);
    found.dataLen = qemuSaveGet64(bytes + QEMU_SAVE_AT_DATA);
    if (found.xmlLen == 0 || found.xmlLen > QEMU_SAVE_HEADER_MAX_XML || found.dataLen == 0 ||
        found.dataLen > G_MAXINT64 - QEMU_SAVE_HEADER_SIZE - QEMU_SAVE_HEADER_MAX_XML)
        return QEMU_SAVE_HEADER_DAMAGED;
    *header = found;
    return QEMU_SAVE_HEADER_OK;
}
