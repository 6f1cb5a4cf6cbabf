/*
 * virbitmap.c: sets of small numbers, as in "0-3,^2,8"
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "virbitmap.h"

#define VIR_BITMAP_WORDS ((VIR_BITMAP_MAX + 1) / 64)

struct _virBitmap {
    guint64 words[VIR_BITMAP_WORDS];
};

virBitmap *
virBitmapNew(void)
{
    return g_new0(virBitmap, 1);
}

void
virBitmapFree(virBitmap *set)
{
    g_free(set);
}

static const char *
virBitmapSkipBlanks(const char *text)
{
    while (*text == ' ' || *text == '\t' || *text == '\n')
        text++;
    return text;
}

/* The text behind a number and the blanks around it, or NULL if there is none up to @max. */
static const char *
virBitmapParseNumber(const char *text, unsigned int max, unsigned int *number)
{
    unsigned int value = 0;

    text = virBitmapSkipBlanks(text);
    if (!g_ascii_isdigit(*text))
        return NULL;
    for (; g_ascii_isdigit(*text); text++) {
        value = value * 10 + (unsigned int)g_ascii_digit_value(*text);
        if (value > max)
            return NULL;
    }
    *number = value;
    return virBitmapSkipBlanks(text);
}

static void
virBitmapChange(virBitmap *set, unsigned int first, unsigned int last, bool value)
{
    for (unsigned int i = first; i <= last; i++) {
        guint64 bit = G_GUINT64_CONSTANT(1) << (i % 64);

        if (value)
            set->words[i / 64] |= bit;
        else
            set->words[i / 64] &= ~bit;
    }
}

void
virBitmapAdd(virBitmap *set, unsigned int number)
{
    g_return_if_fail(number <= VIR_BITMAP_MAX);
    virBitmapChange(set, number, number, true);
}

/* "3", "0-7", "^5": the text behind it, or NULL. */
static const char *
virBitmapParseItem(virBitmap *set, const char *text, unsigned int max)
{
    unsigned int first;
    unsigned int last;
    bool value = true;

    text = virBitmapSkipBlanks(text);
    if (*text == '^') {
        value = false;
        text++;
    }
    if (!(text = virBitmapParseNumber(text, max, &first)))
        return NULL;
    last = first;
    if (*text == '-' && !(text = virBitmapParseNumber(text + 1, max, &last)))
        return NULL;
    if (last < first)
        return NULL;
    virBitmapChange(set, first, last, value);
    return text;
}

virBitmap *
virBitmapParse(const char *text, unsigned int max)
{
    g_autoptr(virBitmap) set = virBitmapNew();

    for (;;) {
        if (!(text = virBitmapParseItem(set, text, MIN(max, VIR_BITMAP_MAX))))
            return NULL;
        if (*text == '\0')
            break;
        if (*text++ != ',')
            return NULL;
    }
    return virBitmapNext(set, -1) < 0 ? NULL : g_steal_pointer(&set);
}

virBitmap *
virBitmapCopy(const virBitmap *set)
{
    virBitmap *copy = g_new(virBitmap, 1);

    *copy = *set;
    return copy;
}

virBitmap *
virBitmapFromBytes(const guint8 *bytes, size_t len)
{
    g_autoptr(virBitmap) set = virBitmapNew();

    for (unsigned int i = 0; i <= VIR_BITMAP_MAX && i / 8 < len; i++) {
        if (bytes[i / 8] >> (i % 8) & 1)
            virBitmapChange(set, i, i, true);
    }
    return virBitmapNext(set, -1) < 0 ? NULL : g_steal_pointer(&set);
}

void
virBitmapToBytes(const virBitmap *set, guint8 *bytes, size_t len)
{
    memset(bytes, 0, len);
    for (int i = virBitmapNext(set, -1); i >= 0 && (size_t)i / 8 < len; i = virBitmapNext(set, i))
        bytes[i / 8] |= (guint8)(1U << (i % 8));
}

char *
virBitmapFormat(const virBitmap *set)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (int first = virBitmapNext(set, -1); first >= 0;) {
        int last = first;
        int next;

        while ((next = virBitmapNext(set, last)) == last + 1)
            last = next;
        g_string_append_printf(text, "%s%d", text->len > 0 ? "," : "", first);
        if (last > first)
            g_string_append_printf(text, "-%d", last);
        first = next;
    }
    return g_string_free(g_steal_pointer(&text), FALSE);
}

bool
virBitmapIsSet(const virBitmap *set, unsigned int number)
{
    return number <= VIR_BITMAP_MAX && set->words[number / 64] >> (number % 64) & 1;
}

int
virBitmapNext(const virBitmap *set, int after)
{
    for (unsigned int i = (unsigned int)(after + 1); i <= VIR_BITMAP_MAX; i++) {
        if (i % 64 == 0 && set->words[i / 64] == 0)
            i += 63;
        else if (virBitmapIsSet(set, i))
            return (int)i;
    }
    return -1;
}

unsigned int
virBitmapLast(const virBitmap *set)
{
    unsigned int last = VIR_BITMAP_MAX;

    while (last > 0 && !virBitmapIsSet(set, last))
        last--;
    return last;
}

bool
virBitmapOverlaps(const virBitmap *a, const virBitmap *b)
{
    for (size_t i = 0; i < VIR_BITMAP_WORDS; i++) {
        if (a->words[i] & b->words[i])
            return true;
    }
    return false;
}
