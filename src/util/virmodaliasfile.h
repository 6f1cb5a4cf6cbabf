/*
 * virmodaliasfile.h: the text of a modules.alias file, in pieces (pure)
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stdbool.h>

#include <glib.h>

#include "virmodalias.h"

/* A line longer than this is not understood (kmod's longest are about 120 bytes). */
#define VIR_MODALIAS_MAX_LINE 4096

typedef enum {
    VIR_MODALIAS_LINE_BLANK, /* nothing, or a comment */
    VIR_MODALIAS_LINE_OTHER, /* an alias of another kind ("pci:", "usb:", …) */
    VIR_MODALIAS_LINE_VFIO,  /* an alias of a VFIO driver for PCI devices */
    VIR_MODALIAS_LINE_BAD,   /* not understood */
} virModAliasLineKind;

/* A line of kind VFIO. The texts are parts of the line, not terminated. */
typedef struct {
    virModAliasPattern pattern;
    const char *patternText;
    size_t patternLen;
    const char *module; /* file name of the module, "-" as "_" */
    size_t moduleLen;
} virModAliasLine;

/**
 * virModAliasLineParse:
 * @text: one line without its newline; may hold anything, NUL bytes too
 * @len: bytes of @text
 * @line: filled if the kind is VIR_MODALIAS_LINE_VFIO, otherwise untouched
 *
 * An alias line is exactly "alias PATTERN MODULE", blanks or tabs between, MODULE of letters,
 * digits, "-" and "_". Whatever differs is BAD: a carriage return, a NUL byte, a missing or fourth
 * field, a "vfio_pci:" pattern that is none.
 */
virModAliasLineKind virModAliasLineParse(const char *text, size_t len, virModAliasLine *line);

/* Called for every line of kind VFIO, in the order of the file; @line is valid during the call. */
typedef void (*virModAliasFileFunc)(const virModAliasLine *line, void *opaque);

/*
 * Cuts a file that arrives in pieces of any size into lines. Needs VIR_MODALIAS_MAX_LINE bytes of
 * memory whatever the file holds.
 */
typedef struct {
    virModAliasFileFunc func;
    void *opaque;
    unsigned int badLines;
    /* private */
    size_t used;   /* bytes of a line whose end has not come yet */
    bool skipping; /* inside a line that is too long */
    char line[VIR_MODALIAS_MAX_LINE];
} virModAliasFile;

void virModAliasFileInit(virModAliasFile *file, virModAliasFileFunc func, void *opaque);

/* The next @len bytes of the file. */
void virModAliasFileFeed(virModAliasFile *file, const char *data, size_t len);

/* The file has ended. A last line without a newline was cut off: it counts as bad. */
void virModAliasFileFinish(virModAliasFile *file);
