/*
 * virmodaliasfile.c: the text of a modules.alias file, in pieces (pure)
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "virmodaliasfile.h"

static bool
virModAliasIsBlank(char c)
{
    return c == ' ' || c == '\t';
}

#define VIR_MODALIAS_EIGHT(byte) (G_GUINT64_CONSTANT(0x0101010101010101) * (byte))

/*
 * The high bit of each of the eight bytes at @cur that does not print or is a blank, the first byte
 * lowest. Bits behind the first one that is set may be wrong: borrow and carry go there.
 */
static guint64
virModAliasFindOdd(const char *cur)
{
    guint64 word;
    guint64 low;  /* below '!' */
    guint64 high; /* above '~' */

    memcpy(&word, cur, sizeof(word));
    word = GUINT64_FROM_LE(word);
    low = (word - VIR_MODALIAS_EIGHT('!')) & ~word;
    high = (word + VIR_MODALIAS_EIGHT(0x7f - '~')) | word;
    return (low | high) & VIR_MODALIAS_EIGHT(0x80);
}

/*
 * The end of the pattern that begins at @cur: whatever prints and is no blank. Most of a file is
 * patterns, so they are passed eight characters at a time.
 */
static const char *
virModAliasSpanPattern(const char *cur, const char *end)
{
    guint64 odd = 0;

    while (end - cur >= 8 && (odd = virModAliasFindOdd(cur)) == 0)
        cur += 8;
    if (odd != 0)
        return cur + __builtin_ctzll(odd) / 8;
    while (cur < end && g_ascii_isgraph(*cur))
        cur++;
    return cur;
}

/* One bit per character: digits and '-', letters and '_'. */
static const guint64 virModAliasModuleChars[4] = {
    G_GUINT64_CONSTANT(0x03ff200000000000),
    G_GUINT64_CONSTANT(0x07fffffe87fffffe),
};

static const char *
virModAliasSpanModule(const char *cur, const char *end)
{
    while (cur < end && virModAliasModuleChars[(guint8)*cur >> 6] >> ((guint8)*cur & 63) & 1)
        cur++;
    return cur;
}

static const char *
virModAliasSpanBlanks(const char *cur, const char *end)
{
    while (cur < end && virModAliasIsBlank(*cur))
        cur++;
    return cur;
}

static bool
virModAliasHasPrefix(const char *text, size_t len, const char *prefix, size_t prefixLen)
{
    return len >= prefixLen && memcmp(text, prefix, prefixLen) == 0;
}

#define VIR_MODALIAS_HAS_PREFIX(text, len, literal)                                                \
    virModAliasHasPrefix((text), (len), "" literal, sizeof(literal) - 1)

virModAliasLineKind
virModAliasLineParse(const char *text, size_t len, virModAliasLine *line)
{
    const char *end = text + len;
    const char *cur = virModAliasSpanBlanks(text, end);
    const char *pattern;
    const char *module;
    size_t patternLen;
    virModAliasPattern parsed;

    if (cur == end || *cur == '#')
        return VIR_MODALIAS_LINE_BLANK;
    if (!VIR_MODALIAS_HAS_PREFIX(cur, (size_t)(end - cur), "alias"))
        return VIR_MODALIAS_LINE_BAD;

    cur += strlen("alias");
    pattern = virModAliasSpanBlanks(cur, end);
    if (pattern == cur)
        return VIR_MODALIAS_LINE_BAD;
    cur = virModAliasSpanPattern(pattern, end);
    patternLen = (size_t)(cur - pattern);

    module = virModAliasSpanBlanks(cur, end);
    if (patternLen == 0 || module == cur)
        return VIR_MODALIAS_LINE_BAD;
    if (module == end || virModAliasSpanModule(module, end) != end)
        return VIR_MODALIAS_LINE_BAD;

    if (!VIR_MODALIAS_HAS_PREFIX(pattern, patternLen, "vfio_pci:"))
        return VIR_MODALIAS_LINE_OTHER;
    if (!virModAliasPatternParse(pattern, patternLen, &parsed))
        return VIR_MODALIAS_LINE_BAD;
    *line = (virModAliasLine){parsed, pattern, patternLen, module, (size_t)(end - module)};
    return VIR_MODALIAS_LINE_VFIO;
}

/*
 * Nearly every line of a file is "alias PATTERN MODULE", one blank each, and of no concern here.
 * Returns what follows such a line, or NULL: then virModAliasLineParse() has to look.
 */
static const char *
virModAliasPassOther(const char *cur, const char *end)
{
    const char *start;

    if (!VIR_MODALIAS_HAS_PREFIX(cur, (size_t)(end - cur), "alias "))
        return NULL;
    start = cur + strlen("alias ");
    cur = virModAliasSpanPattern(start, end);
    if (cur == start || cur == end || *cur != ' ' ||
        VIR_MODALIAS_HAS_PREFIX(start, (size_t)(cur - start), "vfio_pci:"))
        return NULL;
    start = cur + 1;
    cur = virModAliasSpanModule(start, end);
    return cur == start || cur == end || *cur != '\n' ? NULL : cur + 1;
}

void
virModAliasFileInit(virModAliasFile *file, virModAliasFileFunc func, void *opaque)
{
    file->func = func;
    file->opaque = opaque;
    file->badLines = 0;
    file->used = 0;
    file->skipping = false;
}

static void
virModAliasFileTakeLine(virModAliasFile *file, const char *text, size_t len)
{
    virModAliasLine line;

    switch (virModAliasLineParse(text, len, &line)) {
    case VIR_MODALIAS_LINE_VFIO:
        file->func(&line, file->opaque);
        break;
    case VIR_MODALIAS_LINE_BAD:
        file->badLines++;
        break;
    case VIR_MODALIAS_LINE_BLANK:
    case VIR_MODALIAS_LINE_OTHER:
    default:
        break;
    }
}

/* Keeps the beginning of a line until its end comes, unless the line is too long already. */
static void
virModAliasFileKeep(virModAliasFile *file, const char *data, size_t len)
{
    if (file->skipping)
        return;
    if (len > sizeof(file->line) - file->used) {
        file->skipping = true;
        return;
    }
    memcpy(file->line + file->used, data, len);
    file->used += len;
}

/* The rest of a line whose beginning was kept has come. */
static void
virModAliasFileTakeKept(virModAliasFile *file)
{
    if (file->skipping)
        file->badLines++;
    else
        virModAliasFileTakeLine(file, file->line, file->used);
    file->used = 0;
    file->skipping = false;
}

/* Takes the line that ends at @newline, and whatever of it was kept. */
static void
virModAliasFileTake(virModAliasFile *file, const char *data, const char *newline)
{
    size_t len = (size_t)(newline - data);

    if (file->used == 0 && !file->skipping && len <= sizeof(file->line)) {
        virModAliasFileTakeLine(file, data, len);
    } else {
        virModAliasFileKeep(file, data, len);
        virModAliasFileTakeKept(file);
    }
}

void
virModAliasFileFeed(virModAliasFile *file, const char *data, size_t len)
{
    const char *end = data + len;
    bool whole = file->used == 0 && !file->skipping; /* a line begins at @data */

    while (data < end) {
        const char *next = whole ? virModAliasPassOther(data, end) : NULL;

        if (next && (size_t)(next - data) <= sizeof(file->line)) {
            data = next;
            continue;
        }
        if (!(next = memchr(data, '\n', (size_t)(end - data))))
            break;
        virModAliasFileTake(file, data, next);
        data = next + 1;
        whole = true;
    }
    virModAliasFileKeep(file, data, (size_t)(end - data));
}

void
virModAliasFileFinish(virModAliasFile *file)
{
    if (file->used > 0 || file->skipping)
        file->badLines++;
    file->used = 0;
    file->skipping = false;
}
