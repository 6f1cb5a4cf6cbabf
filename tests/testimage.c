/*
 * testimage.c: qcow2 images that tests make
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "testimage.h"

#define TEST_CLUSTER 65536
/* Header, refcount table, refcount block, L1 table. */
#define TEST_CLUSTERS  4
#define TEST_EXTENSION 104
#define TEST_BACKING   512

static void
testPut32(GByteArray *image, guint at, guint32 value)
{
    value = GUINT32_TO_BE(value);
    memcpy(image->data + at, &value, sizeof(value));
}

static void
testPut64(GByteArray *image, guint at, guint64 value)
{
    value = GUINT64_TO_BE(value);
    memcpy(image->data + at, &value, sizeof(value));
}

GByteArray *
testImageMake(const char *backing, const char *format)
{
    GByteArray *image = g_byte_array_new();

    g_byte_array_set_size(image, TEST_CLUSTER * TEST_CLUSTERS);
    memset(image->data, 0, image->len);
    testPut32(image, 0, 0x514649fb);
    testPut32(image, 4, 3);
    testPut32(image, 20, 16);
    testPut64(image, 24, 1024 * 1024);
    testPut32(image, 36, 1);
    testPut64(image, 40, (guint64)TEST_CLUSTER * 3);
    testPut64(image, 48, TEST_CLUSTER);
    testPut32(image, 56, 1);
    testPut32(image, 96, 4);
    testPut32(image, 100, TEST_EXTENSION);
    testPut64(image, TEST_CLUSTER, (guint64)TEST_CLUSTER * 2);
    for (guint i = 0; i < TEST_CLUSTERS; i++)
        image->data[TEST_CLUSTER * 2 + i * 2 + 1] = 1;
    if (backing) {
        testPut64(image, 8, TEST_BACKING);
        testPut32(image, 16, (guint32)strlen(backing));
        memcpy(image->data + TEST_BACKING, backing, strlen(backing));
    }
    if (format) {
        testPut32(image, TEST_EXTENSION, 0xe2792aca);
        testPut32(image, TEST_EXTENSION + 4, (guint32)strlen(format));
        memcpy(image->data + TEST_EXTENSION + 8, format, strlen(format));
    }
    return image;
}

void
testImageWrite(const char *path, const char *backing, const char *format)
{
    g_autoptr(GByteArray) image = testImageMake(backing, format);

    g_assert_true(g_file_set_contents_full(path, (const char *)image->data, image->len,
                                           G_FILE_SET_CONTENTS_NONE, 0600, NULL));
}
