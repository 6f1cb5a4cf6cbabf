/*
 * aliaslinefuzz.c: lines of modules.alias: what counts is well-formed and lies inside the line
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "fuzz.h"
#include "virmodaliasfile.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    virModAliasLine line;
    virModAliasPattern pattern;
    g_autofree char *again = NULL;
    virModAliasLine reparsed;

    if (virModAliasLineParse(text, size, &line) != VIR_MODALIAS_LINE_VFIO)
        return 0;
    g_assert_true(line.patternText >= text && line.module > line.patternText);
    g_assert_true(line.module + line.moduleLen == text + size);
    g_assert_cmpuint(line.moduleLen, >, 0);
    for (size_t i = 0; i < line.moduleLen; i++)
        g_assert_true(g_ascii_isalnum(line.module[i]) || strchr("-_", line.module[i]));
    g_assert_true(virModAliasPatternParse(line.patternText, line.patternLen, &pattern));
    g_assert_cmpmem(&pattern, sizeof(pattern), &line.pattern, sizeof(line.pattern));

    again = g_strdup_printf("alias %.*s %.*s", (int)line.patternLen, line.patternText,
                            (int)line.moduleLen, line.module);
    g_assert_cmpint((int)virModAliasLineParse(again, strlen(again), &reparsed), ==,
                    VIR_MODALIAS_LINE_VFIO);
    g_assert_cmpmem(&reparsed.pattern, sizeof(pattern), &pattern, sizeof(pattern));
    return 0;
}
