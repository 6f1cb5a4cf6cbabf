/*
 * virtvfiotabletest.c: tables: columns as wide as a terminal shows them, and what does not fit
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <glib.h>

#include "virtvfio_table.h"

typedef struct {
    const char *what;
    const char *cells[6]; /* two columns below the headers, NULL at the end */
    unsigned int width;
    virtvfioTableStyle style;
    const char *expected;
} tableCase;

static const tableCase tableCases[] = {
    {"no rows", {NULL}, 0, VIRTVFIO_TABLE_PLAIN, "A  NOTE\n"},
    {"aligned, no blanks at ends of lines",
     {"long", "x", "b", ""},
     0,
     VIRTVFIO_TABLE_PLAIN,
     "A     NOTE\nlong  x\nb\n"},
    {"wide characters count twice, combining ones not at all",
     {"日本", "x", "e\xcc\x81", "y"},
     0,
     VIRTVFIO_TABLE_PLAIN,
     "A     NOTE\n日本  x\ne\xcc\x81     y\n"},
    {"no width, no cut",
     {"a", "a text that would fill a narrow terminal"},
     0,
     VIRTVFIO_TABLE_PLAIN,
     "A  NOTE\na  a text that would fill a narrow terminal\n"},
    {"the last column is cut to the width",
     {"a", "0123456789"},
     12,
     VIRTVFIO_TABLE_PLAIN,
     "A  NOTE\na  01234567…\n"},
    {"what just fits is not cut",
     {"a", "012345678"},
     12,
     VIRTVFIO_TABLE_PLAIN,
     "A  NOTE\na  012345678\n"},
    {"a wide character is not cut in two",
     {"a", "0123456日本"},
     12,
     VIRTVFIO_TABLE_PLAIN,
     "A  NOTE\na  0123456…\n"},
    {"too narrow: the last column is left out, the others are whole",
     {"0123456789", "x"},
     12,
     VIRTVFIO_TABLE_PLAIN,
     "A\n0123456789\n"},
    {"control characters and bytes that are not UTF-8",
     {"\033[31m", "\xff\n"},
     0,
     VIRTVFIO_TABLE_PLAIN,
     "A         NOTE\n\\x1b[31m  \xef\xbf\xbd\\x0a\n"},
    {"colours do not count",
     {"aa", "x"},
     0,
     VIRTVFIO_TABLE_COLOURED,
     "\033[1mA\033[0m   \033[1mNOTE\033[0m\n\033[32maa\033[0m  \033[32mx\033[0m\n"},
};

static void
testTableFormat(const void *opaque)
{
    const char *const headers[] = {"A", "NOTE", NULL};
    const tableCase *data = opaque;
    g_autoptr(virtvfioTable) table = virtvfioTableNew(headers);
    g_autofree char *actual = NULL;

    for (size_t i = 0; data->cells[i]; i++)
        virtvfioTableAdd(table, VIRTVFIO_COLOUR_GOOD, data->cells[i]);
    actual = virtvfioTableFormat(table, data->width, data->style);
    g_assert_cmpstr(actual, ==, data->expected);
}

static void
testTableUnknown(void)
{
    const char *const headers[] = {"A", "B", NULL};
    g_autoptr(virtvfioTable) table = virtvfioTableNew(headers);
    g_autofree char *actual = NULL;

    virtvfioTableAdd(table, VIRTVFIO_COLOUR_NONE, NULL);
    virtvfioTableAdd(table, VIRTVFIO_COLOUR_NONE, NULL);
    actual = virtvfioTableFormat(table, 0, VIRTVFIO_TABLE_PLAIN);
    g_assert_cmpstr(actual, ==, "A  B\n-  -\n");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(tableCases); i++) {
        g_autofree char *path = g_strdup_printf("/virtvfio/table/%s", tableCases[i].what);

        g_test_add_data_func(path, &tableCases[i], testTableFormat);
    }
    g_test_add_func("/virtvfio/table/NULL is a dash", testTableUnknown);
    return g_test_run();
}
