/*
 * virtvfio_table.h: aligned tables (pure)
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stdbool.h>

#include <glib.h>

#include "virtvfio_output.h"

/* Rows of cells below a line of headers. The last column holds free text: it alone is cut. */
typedef struct _virtvfioTable virtvfioTable;

/* @headers: translated, ends with NULL, borrowed. Returns a table owned by the caller. */
virtvfioTable *virtvfioTableNew(const char *const *headers);
void virtvfioTableFree(virtvfioTable *table);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virtvfioTable, virtvfioTableFree)

/* Adds the next cell, row by row; @text is made printable, and "-" for NULL. */
void virtvfioTableAdd(virtvfioTable *table, virtvfioColour colour, const char *text);

typedef enum {
    VIRTVFIO_TABLE_PLAIN,
    VIRTVFIO_TABLE_COLOURED,
} virtvfioTableStyle;

/**
 * virtvfioTableFormat:
 * @width: columns that a line may have; 0 for no limit
 *
 * A cell is as wide as a terminal shows it, whatever the number of its bytes. If the other columns
 * fill @width already, the last one is left out.
 *
 * Returns: the lines, each ending with a newline; caller frees
 */
char *virtvfioTableFormat(const virtvfioTable *table, unsigned int width, virtvfioTableStyle style);

/* The terminal columns that UTF-8 text fills. */
size_t virtvfioTextWidth(const char *text);
