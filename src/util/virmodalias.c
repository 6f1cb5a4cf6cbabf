/*
 * virmodalias.c: modalias strings and VFIO alias patterns: parse, match, rank (pure)
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "virmodalias.h"

#define VIR_MODALIAS_DEVICE_PREFIX  "pci:"
#define VIR_MODALIAS_PATTERN_PREFIX "vfio_pci:"

static const struct {
    const char *label;
    unsigned int digits;
} virModAliasFields[] = {
    [VIR_MODALIAS_VENDOR] = {"v", 8},      [VIR_MODALIAS_DEVICE] = {"d", 8},
    [VIR_MODALIAS_SUBVENDOR] = {"sv", 8},  [VIR_MODALIAS_SUBDEVICE] = {"sd", 8},
    [VIR_MODALIAS_BASE_CLASS] = {"bc", 2}, [VIR_MODALIAS_SUB_CLASS] = {"sc", 2},
    [VIR_MODALIAS_INTERFACE] = {"i", 2},
};
G_STATIC_ASSERT(G_N_ELEMENTS(virModAliasFields) == VIR_MODALIAS_LAST);

static guint32
virModAliasFullMask(virModAliasField field)
{
    return virModAliasFields[field].digits == 8 ? 0xffffffffU : 0xffU;
}

static int
virModAliasDigit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The text that is still to be read. */
typedef struct {
    const char *cur;
    const char *end;
} virModAliasText;

static bool
virModAliasSkip(virModAliasText *text, const char *wanted)
{
    size_t len = strlen(wanted);

    if ((size_t)(text->end - text->cur) < len || memcmp(text->cur, wanted, len) != 0)
        return false;
    text->cur += len;
    return true;
}

/*
 * Reads one field's digits. Wildcards are understood everywhere: a device's modalias is the pattern
 * that has none.
 */
static bool
virModAliasReadField(virModAliasText *text, virModAliasField field, guint32 *value, guint32 *mask)
{
    unsigned int left = virModAliasFields[field].digits;

    *value = 0;
    *mask = 0;
    for (; left > 0 && text->cur < text->end; left--, text->cur++) {
        int digit = virModAliasDigit(*text->cur);

        if (digit < 0 && *text->cur != '?')
            break;
        *value = *value << 4 | (digit < 0 ? 0U : (guint32)digit);
        *mask = *mask << 4 | (digit < 0 ? 0U : 0xfU);
    }
    if (left == 0)
        return true;
    if (!virModAliasSkip(text, "*"))
        return false;
    /* A shift by the whole width is undefined, and there is nothing to shift then. */
    if (left < virModAliasFields[field].digits) {
        *value <<= 4 * left;
        *mask <<= 4 * left;
    }
    return true;
}

static bool
virModAliasReadFields(virModAliasText *text, virModAliasPattern *parsed)
{
    for (int field = 0; field < VIR_MODALIAS_LAST; field++) {
        if (!virModAliasSkip(text, virModAliasFields[field].label) ||
            !virModAliasReadField(text, field, &parsed->value[field], &parsed->mask[field]))
            return false;
    }
    return true;
}

static unsigned int
virModAliasCountInexact(const virModAliasPattern *pattern)
{
    unsigned int inexact = 0;

    for (int field = 0; field < VIR_MODALIAS_LAST; field++) {
        if (pattern->mask[field] != virModAliasFullMask(field))
            inexact++;
    }
    return inexact;
}

bool
virModAliasParse(const char *string, virModAlias *alias)
{
    virModAliasText text = {string, string + strlen(string)};
    virModAliasPattern parsed;

    if (!virModAliasSkip(&text, VIR_MODALIAS_DEVICE_PREFIX) ||
        !virModAliasReadFields(&text, &parsed) || text.cur != text.end ||
        virModAliasCountInexact(&parsed) != 0)
        return false;
    memcpy(alias->value, parsed.value, sizeof(alias->value));
    return true;
}

bool
virModAliasPatternParse(const char *string, size_t len, virModAliasPattern *pattern)
{
    virModAliasText text = {string, string + len};
    virModAliasPattern parsed;

    if (!virModAliasSkip(&text, VIR_MODALIAS_PATTERN_PREFIX) ||
        !virModAliasReadFields(&text, &parsed))
        return false;
    (void)virModAliasSkip(&text, "*");
    if (text.cur != text.end)
        return false;
    *pattern = parsed;
    return true;
}

/* A run of free low digits is one "*"; a free digit before an exact one is "?". */
static void
virModAliasAppendField(GString *out, virModAliasField field, guint32 value, guint32 mask)
{
    g_string_append(out, virModAliasFields[field].label);
    for (unsigned int left = virModAliasFields[field].digits; left > 0; left--) {
        unsigned int shift = 4 * (left - 1);

        if ((mask & (guint32)((G_GUINT64_CONSTANT(1) << (4 * left)) - 1)) == 0) {
            g_string_append_c(out, '*');
            return;
        }
        if ((mask >> shift & 0xfU) == 0)
            g_string_append_c(out, '?');
        else
            g_string_append_printf(out, "%X", value >> shift & 0xfU);
    }
}

static char *
virModAliasFormatFields(const char *prefix, const guint32 *value, const guint32 *mask)
{
    GString *out = g_string_new(prefix);

    for (int field = 0; field < VIR_MODALIAS_LAST; field++) {
        virModAliasAppendField(out, field, value[field],
                               mask ? mask[field] : virModAliasFullMask(field));
    }
    if (mask && out->str[out->len - 1] != '*')
        g_string_append_c(out, '*');
    return g_string_free(out, FALSE);
}

char *
virModAliasFormat(const virModAlias *alias)
{
    return virModAliasFormatFields(VIR_MODALIAS_DEVICE_PREFIX, alias->value, NULL);
}

char *
virModAliasPatternFormat(const virModAliasPattern *pattern)
{
    return virModAliasFormatFields(VIR_MODALIAS_PATTERN_PREFIX, pattern->value, pattern->mask);
}

bool
virModAliasPatternMatches(const virModAliasPattern *pattern, const virModAlias *alias)
{
    for (int field = 0; field < VIR_MODALIAS_LAST; field++) {
        if ((alias->value[field] & pattern->mask[field]) != pattern->value[field])
            return false;
    }
    return true;
}

unsigned int
virModAliasPatternCountWildcards(const virModAliasPattern *pattern)
{
    bool trailing =
        pattern->mask[VIR_MODALIAS_INTERFACE] == virModAliasFullMask(VIR_MODALIAS_INTERFACE);

    return virModAliasCountInexact(pattern) + trailing;
}

int
virModAliasPatternCompare(const virModAliasPattern *a, const virModAliasPattern *b)
{
    unsigned int left = virModAliasPatternCountWildcards(a);
    unsigned int right = virModAliasPatternCountWildcards(b);

    if (left != right)
        return left < right ? -1 : 1;
    for (int field = 0; field < VIR_MODALIAS_LAST; field++) {
        int exactness = __builtin_popcount(b->mask[field]) - __builtin_popcount(a->mask[field]);

        if (exactness != 0)
            return exactness;
    }
    return 0;
}
