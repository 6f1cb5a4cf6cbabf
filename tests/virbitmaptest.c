/*
 * virbitmaptest.c: tests of virbitmap
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "virbitmap.h"

/* A text, and what it is printed as; NULL if it is refused. */
static const struct {
    const char *text;
    const char *expected;
} testTexts[] = {
    {"0", "0"},
    {"0-3", "0-3"},
    {"3,2,1", "1-3"},
    {"0-7,^3", "0-2,4-7"},
    {"0-7,^2-5", "0-1,6-7"},
    {" 1 , 3 - 4 ", "1,3-4"},
    {"63,64", "63-64"},
    {"1023", "1023"},
    {"0,2,4-6,8", "0,2,4-6,8"},
    {"^3", NULL},
    {"", NULL},
    {" ", NULL},
    {"1,", NULL},
    {",1", NULL},
    {"1-", NULL},
    {"-1", NULL},
    {"3-1", NULL},
    {"1024", NULL},
    {"0-1024", NULL},
    {"99999999999", NULL},
    {"0x1", NULL},
    {"1,^1", NULL},
    {"1 2", NULL},
    {"a", NULL},
};

static void
testText(const void *opaque)
{
    const size_t *index = opaque;
    g_autoptr(virBitmap) set = virBitmapParse(testTexts[*index].text, 1023);
    g_autofree char *text = set ? virBitmapFormat(set) : NULL;

    g_assert_cmpstr(text, ==, testTexts[*index].expected);
}

static void
testNumbers(void)
{
    g_autoptr(virBitmap) set = virBitmapParse("3,200-201", VIR_BITMAP_MAX);
    g_autoptr(virBitmap) other = virBitmapParse("201-300", VIR_BITMAP_MAX);
    g_autoptr(virBitmap) third = virBitmapParse("4095", VIR_BITMAP_MAX);

    g_assert_true(virBitmapIsSet(set, 3));
    g_assert_false(virBitmapIsSet(set, 4));
    g_assert_false(virBitmapIsSet(set, 5000));
    g_assert_cmpint(virBitmapNext(set, -1), ==, 3);
    g_assert_cmpint(virBitmapNext(set, 3), ==, 200);
    g_assert_cmpint(virBitmapNext(set, 201), ==, -1);
    g_assert_cmpuint(virBitmapLast(set), ==, 201);
    g_assert_cmpuint(virBitmapLast(third), ==, 4095);
    g_assert_cmpint(virBitmapNext(third, -1), ==, 4095);
    g_assert_cmpint(virBitmapNext(third, 4095), ==, -1);
    g_assert_true(virBitmapOverlaps(set, other));
    g_assert_false(virBitmapOverlaps(set, third));
}

static void
testBytes(void)
{
    const guint8 bytes[] = {0x81, 0x00, 0x02};
    const guint8 none[] = {0, 0};
    g_autoptr(virBitmap) set = virBitmapFromBytes(bytes, sizeof(bytes));
    g_autoptr(virBitmap) copy = virBitmapCopy(set);
    g_autofree char *text = virBitmapFormat(copy);
    guint8 back[4] = {0xff, 0xff, 0xff, 0xff};

    g_assert_cmpstr(text, ==, "0,7,17");
    virBitmapToBytes(set, back, 2);
    g_assert_cmpmem(back, 4, "\x81\x00\xff\xff", 4);
    virBitmapToBytes(set, back, 4);
    g_assert_cmpmem(back, 4, "\x81\x00\x02\x00", 4);
    g_assert_null(virBitmapFromBytes(none, sizeof(none)));
    g_assert_null(virBitmapFromBytes(none, 0));
}

static void
testAdd(void)
{
    g_autoptr(virBitmap) set = virBitmapNew();
    g_autofree char *none = virBitmapFormat(set);
    g_autofree char *some = NULL;

    g_assert_cmpstr(none, ==, "");
    g_assert_cmpint(virBitmapNext(set, -1), ==, -1);
    virBitmapAdd(set, VIR_BITMAP_MAX);
    virBitmapAdd(set, 0);
    virBitmapAdd(set, 0);
    some = virBitmapFormat(set);
    g_assert_cmpstr(some, ==, "0,4095");
}

int
main(int argc, char **argv)
{
    static size_t indexes[G_N_ELEMENTS(testTexts)];

    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(testTexts); i++) {
        g_autofree char *path = g_strdup_printf("/bitmap/text %zu", i);

        indexes[i] = i;
        g_test_add_data_func(path, &indexes[i], testText);
    }
    g_test_add_func("/bitmap/numbers", testNumbers);
    g_test_add_func("/bitmap/bytes", testBytes);
    g_test_add_func("/bitmap/add", testAdd);
    return g_test_run();
}
