/*
 * modaliasfuzz.c: modaliases and patterns: what parses comes back from its text
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "fuzz.h"
#include "virmodalias.h"

static void
fuzzDevice(const char *text)
{
    virModAlias alias;
    g_autofree char *again = NULL;

    if (!virModAliasParse(text, &alias))
        return;
    again = virModAliasFormat(&alias);
    g_assert_cmpstr(again, ==, text);
}

static void
fuzzPattern(const char *text, size_t len)
{
    virModAliasPattern pattern;
    virModAliasPattern reparsed;
    virModAlias device;
    g_autofree char *again = NULL;

    if (!virModAliasPatternParse(text, len, &pattern))
        return;
    again = virModAliasPatternFormat(&pattern);
    g_assert_true(virModAliasPatternParse(again, strlen(again), &reparsed));
    g_assert_cmpmem(&pattern, sizeof(pattern), &reparsed, sizeof(reparsed));
    g_assert_cmpint(virModAliasPatternCompare(&pattern, &reparsed), ==, 0);
    g_assert_cmpuint(virModAliasPatternCountWildcards(&pattern), <=, VIR_MODALIAS_LAST);
    /* A pattern matches the device that has its own values. */
    memcpy(device.value, pattern.value, sizeof(device.value));
    g_assert_true(virModAliasPatternMatches(&pattern, &device));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);

    fuzzDevice(text);
    fuzzPattern((const char *)data, size);
    return 0;
}
