/*
 * aliasfilefuzz.c: whole modules.alias files: however they are cut, the same lines come out
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "fuzz.h"
#include "virmodaliasfile.h"

static void
fuzzTakeLine(const virModAliasLine *line, void *opaque)
{
    g_string_append_printf(opaque, "%.*s %.*s\n", (int)line->patternLen, line->patternText,
                           (int)line->moduleLen, line->module);
}

/* Feeds @data in pieces; the first byte of the input says how large. Returns the bad lines. */
static unsigned int
fuzzFeed(const uint8_t *data, size_t size, size_t piece, GString *lines)
{
    virModAliasFile file;

    virModAliasFileInit(&file, fuzzTakeLine, lines);
    for (size_t at = 0; at < size; at += piece)
        virModAliasFileFeed(&file, (const char *)data + at, MIN(piece, size - at));
    virModAliasFileFinish(&file);
    return file.badLines;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GString) whole = g_string_new(NULL);
    g_autoptr(GString) pieces = g_string_new(NULL);
    g_autoptr(GString) canonical = g_string_new(NULL);
    g_auto(GStrv) found = NULL;
    unsigned int badLines = fuzzFeed(data, size, size + 1, whole);

    g_assert_cmpuint(fuzzFeed(data, size, size > 0 ? data[0] + 1U : 1, pieces), ==, badLines);
    g_assert_cmpstr(whole->str, ==, pieces->str);

    /* The lines that counted, written as a file, are that file. */
    found = g_strsplit(whole->str, "\n", -1);
    for (char **line = found; *line && **line; line++)
        g_string_append_printf(canonical, "alias %s\n", *line);
    g_string_truncate(pieces, 0);
    g_assert_cmpuint(fuzzFeed((const uint8_t *)canonical->str, canonical->len, 64, pieces), ==, 0);
    g_assert_cmpstr(whole->str, ==, pieces->str);
    return 0;
}
