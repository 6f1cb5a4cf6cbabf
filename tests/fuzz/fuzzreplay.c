/*
 * fuzzreplay.c: runs a fuzz target on every file of a corpus, where there is no libFuzzer
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include <glib.h>

#include "fuzz.h"

static void
fuzzReplayFile(const void *opaque)
{
    g_autofree char *data = NULL;
    g_autoptr(GError) error = NULL;
    gsize len;

    g_file_get_contents(opaque, &data, &len, &error);
    g_assert_no_error(error);
    LLVMFuzzerTestOneInput((const uint8_t *)data, len);
}

int
main(int argc, char **argv)
{
    g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GDir) dir = NULL;
    const char *name;

    g_test_init(&argc, &argv, NULL);
    g_log_set_always_fatal(G_LOG_LEVEL_CRITICAL | G_LOG_FATAL_MASK);
    if (argc != 2 || !(dir = g_dir_open(argv[1], 0, NULL)))
        g_error("usage: %s CORPUS", argv[0]);
    while ((name = g_dir_read_name(dir))) {
        g_autofree char *test = g_strdup_printf("/corpus/%s", name);

        g_ptr_array_add(files, g_build_filename(argv[1], name, NULL));
        g_test_add_data_func(test, files->pdata[files->len - 1], fuzzReplayFile);
    }
    g_assert_cmpuint(files->len, >, 0);
    return g_test_run();
}
