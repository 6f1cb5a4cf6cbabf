/*
 * imagefuzz.c: headers of qcow2 images: what they name is a text and no protocol
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "fuzz.h"
#include "qemu_image.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* Its own allocation, so that reading beyond the end is seen. */
    g_autofree guint8 *bytes = g_memdup2(data, size);
    g_auto(qemuImageHeader) header = {0};
    g_autofree char *reason = NULL;

    if (qemuImageParse(bytes, size, &header, &reason) < 0) {
        g_assert_nonnull(reason);
        g_assert_null(header.backing);
        g_assert_null(header.backingFormat);
        return 0;
    }
    g_assert_null(reason);
    if (!header.backing)
        return 0;
    g_assert_cmpuint(strlen(header.backing), >, 0);
    g_assert_cmpuint(strlen(header.backing), <, 1024);
    g_assert_cmpint(header.backing[strcspn(header.backing, ":/")], !=, ':');
    g_assert_true(!header.backingFormat || strlen(header.backingFormat) < 16);
    return 0;
}
