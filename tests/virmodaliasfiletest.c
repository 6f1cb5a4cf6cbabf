/*
 * virmodaliasfiletest.c: tests of virmodaliasfile
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "virmodaliasfile.h"

#define CATCH_ALL "vfio_pci:v*d*sv*sd*bc*sc*i*"

/* A literal with its length, NUL bytes inside included. */
#define TEXT(literal) (literal), sizeof(literal) - 1

static const struct {
    const char *name;
    const char *text;
    size_t len;
    virModAliasLineKind kind;
    const char *module;
} lines[] = {
    {"VFIO alias", TEXT("alias " CATCH_ALL " vfio_pci"), VIR_MODALIAS_LINE_VFIO, "vfio_pci"},
    {"blanks and tabs", TEXT(" alias\t" CATCH_ALL " \t vfio-pci"), VIR_MODALIAS_LINE_VFIO,
     "vfio-pci"},
    {"other alias", TEXT("alias pci:v*d*sv*sd*bc01sc08i02* nvme"), VIR_MODALIAS_LINE_OTHER, NULL},
    {"symbol alias", TEXT("alias symbol:foo bar"), VIR_MODALIAS_LINE_OTHER, NULL},
    {"empty", TEXT(""), VIR_MODALIAS_LINE_BLANK, NULL},
    {"blanks only", TEXT(" \t "), VIR_MODALIAS_LINE_BLANK, NULL},
    {"comment", TEXT("# alias " CATCH_ALL " vfio_pci"), VIR_MODALIAS_LINE_BLANK, NULL},
    {"two fields", TEXT("alias " CATCH_ALL), VIR_MODALIAS_LINE_BAD, NULL},
    {"four fields", TEXT("alias " CATCH_ALL " vfio_pci more"), VIR_MODALIAS_LINE_BAD, NULL},
    {"trailing blank", TEXT("alias " CATCH_ALL " vfio_pci "), VIR_MODALIAS_LINE_BAD, NULL},
    {"carriage return", TEXT("alias " CATCH_ALL " vfio_pci\r"), VIR_MODALIAS_LINE_BAD, NULL},
    {"NUL in the module", TEXT("alias " CATCH_ALL " vfio\0_pci"), VIR_MODALIAS_LINE_BAD, NULL},
    {"NUL in the pattern", TEXT("alias pci:\0* nvme"), VIR_MODALIAS_LINE_BAD, NULL},
    {"byte above ASCII", TEXT("alias pci:\xc3\xa4 nvme"), VIR_MODALIAS_LINE_BAD, NULL},
    {"slash in the module", TEXT("alias " CATCH_ALL " ../etc"), VIR_MODALIAS_LINE_BAD, NULL},
    {"keyword only", TEXT("alias"), VIR_MODALIAS_LINE_BAD, NULL},
    {"keyword glued to the pattern", TEXT("aliaspci: nvme"), VIR_MODALIAS_LINE_BAD, NULL},
    {"blank in place of the module", TEXT("alias " CATCH_ALL " "), VIR_MODALIAS_LINE_BAD, NULL},
    {"keyword glued", TEXT("aliases " CATCH_ALL " vfio_pci"), VIR_MODALIAS_LINE_BAD, NULL},
    {"other keyword", TEXT("softdep a pre: b"), VIR_MODALIAS_LINE_BAD, NULL},
    {"pattern that is none", TEXT("alias vfio_pci:v*d0000A808* acme"), VIR_MODALIAS_LINE_BAD, NULL},
    {"prefix without colon", TEXT("alias vfio_pci acme"), VIR_MODALIAS_LINE_OTHER, NULL},
};

static void
testLine(const void *opaque)
{
    size_t i = GPOINTER_TO_SIZE(opaque);
    virModAliasLine line = {.moduleLen = 4711};

    g_assert_cmpint((int)virModAliasLineParse(lines[i].text, lines[i].len, &line), ==,
                    (int)lines[i].kind);
    if (lines[i].module) {
        g_assert_cmpmem(line.module, line.moduleLen, lines[i].module, strlen(lines[i].module));
        g_assert_cmpmem(line.patternText, line.patternLen, CATCH_ALL, strlen(CATCH_ALL));
    } else {
        g_assert_cmpuint(line.moduleLen, ==, 4711);
    }
}

static void
testTakeModule(const virModAliasLine *line, void *opaque)
{
    g_string_append_len(opaque, line->module, (gssize)line->moduleLen);
    g_string_append_c(opaque, ';');
}

#define GOOD(module) "alias " CATCH_ALL " " module "\n"

static const struct {
    const char *name;
    const char *text;
    size_t len;
    const char *modules;
    unsigned int badLines;
} files[] = {
    {"empty", TEXT(""), "", 0},
    {"newlines only", TEXT("\n\n\n"), "", 0},
    {"match on the first line", TEXT(GOOD("a") GOOD("b")), "a;b;", 0},
    {"duplicates and order", TEXT(GOOD("b") GOOD("a") GOOD("b")), "b;a;b;", 0},
    {"cut in mid-line", TEXT(GOOD("a") "alias " CATCH_ALL " b"), "a;", 1},
    {"cut after the pattern", TEXT(GOOD("a") "alias " CATCH_ALL), "a;", 1},
    {"continuation is no continuation", TEXT("alias \\\n" GOOD("a")), "a;", 1},
    {"NUL bytes", TEXT("\0\n" GOOD("a") "\0"), "a;", 2},
    {"no pattern", TEXT("alias  nvme\n" GOOD("a")), "a;", 1},
    {"no module", TEXT("alias pci:x \n" GOOD("a")), "a;", 1},
    {"more behind the module", TEXT("alias pci:x nvme " GOOD("a")), "", 1},
    {"a comment that holds an alias", TEXT("# alias pci:x nvme\n" GOOD("a")), "a;", 0},
    {"a comment that ends as an alias", TEXT("############ alias x y\n" GOOD("a")), "a;", 0},
    {"CRLF", TEXT("alias " CATCH_ALL " a\r\n\r\n" GOOD("b")), "b;", 2},
};

/* The file in pieces of every size: the cuts change nothing. */
static void
testFile(const void *opaque)
{
    size_t i = GPOINTER_TO_SIZE(opaque);

    for (size_t piece = 1; piece <= files[i].len + 1; piece++) {
        g_autoptr(GString) modules = g_string_new(NULL);
        virModAliasFile file;

        virModAliasFileInit(&file, testTakeModule, modules);
        for (size_t at = 0; at < files[i].len; at += piece)
            virModAliasFileFeed(&file, files[i].text + at, MIN(piece, files[i].len - at));
        virModAliasFileFinish(&file);
        g_assert_cmpstr(modules->str, ==, files[i].modules);
        g_assert_cmpuint(file.badLines, ==, files[i].badLines);
    }
}

/* A line of exactly the limit counts, one byte more does not, and what follows is not lost. */
static void
testLongLines(const void *opaque)
{
    size_t piece = GPOINTER_TO_SIZE(opaque);

    for (int excess = 0; excess <= 1; excess++) {
        const char *start = "alias " CATCH_ALL " ";
        size_t nameLen = VIR_MODALIAS_MAX_LINE - strlen(start) + (size_t)excess;
        g_autofree char *name = g_strnfill(nameLen, 'm');
        g_autofree char *text = g_strdup_printf("%s%s\n" GOOD("b"), start, name);
        g_autofree char *both = g_strdup_printf("%s;b;", name);
        g_autoptr(GString) modules = g_string_new(NULL);
        size_t len = strlen(text);
        virModAliasFile file;

        virModAliasFileInit(&file, testTakeModule, modules);
        for (size_t at = 0; at < len; at += piece)
            virModAliasFileFeed(&file, text + at, MIN(piece, len - at));
        virModAliasFileFinish(&file);
        g_assert_cmpstr(modules->str, ==, excess ? "b;" : both);
        g_assert_cmpuint(file.badLines, ==, (guint)excess);
    }
}

int
main(int argc, char **argv)
{
    const size_t pieces[] = {1, 7, VIR_MODALIAS_MAX_LINE, 1024 * 1024};

    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(lines); i++) {
        g_autofree char *path = g_strdup_printf("/virmodaliasfile/line/%s", lines[i].name);

        g_test_add_data_func(path, GSIZE_TO_POINTER(i), testLine);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *path = g_strdup_printf("/virmodaliasfile/file/%s", files[i].name);

        g_test_add_data_func(path, GSIZE_TO_POINTER(i), testFile);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(pieces); i++) {
        g_autofree char *path =
            g_strdup_printf("/virmodaliasfile/long lines in pieces of %zu", pieces[i]);

        g_test_add_data_func(path, GSIZE_TO_POINTER(pieces[i]), testLongLines);
    }
    return g_test_run();
}
