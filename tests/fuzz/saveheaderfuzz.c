/*
 * saveheaderfuzz.c: headers of saved guests: what parses comes back from its bytes
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "fuzz.h"
#include "qemu_save_header.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    qemuSaveHeader header = {0};
    guint8 bytes[QEMU_SAVE_HEADER_SIZE];

    if (qemuSaveHeaderParse(data, size, &header) != QEMU_SAVE_HEADER_OK)
        return 0;
    g_assert_cmpuint(size, >=, QEMU_SAVE_HEADER_SIZE);
    g_assert_cmpuint(header.xmlLen, <=, QEMU_SAVE_HEADER_MAX_XML);
    /* A file is as long as a file can be. */
    g_assert_cmpuint(header.xmlLen + header.dataLen, <=, G_MAXINT64 - QEMU_SAVE_HEADER_SIZE);
    qemuSaveHeaderFormat(&header, bytes);
    g_assert_cmpint(memcmp(bytes, data, sizeof(bytes)), ==, 0);
    return 0;
}
