/*
 * virtvfio_table.c: aligned tables (pure)
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "virstring.h"
#include "virtvfio_table.h"

#define VIRTVFIO_TABLE_GAP  2
#define VIRTVFIO_TABLE_LEFT 8 /* a last column narrower than this says nothing */

typedef struct {
    char *text;
    size_t width;
    virtvfioColour colour;
} virtvfioCell;

struct _virtvfioTable {
    size_t columns;
    GArray *cells; /* virtvfioCell, row by row, headers first */
};

static void
virtvfioCellClear(void *opaque)
{
    virtvfioCell *cell = opaque;

    g_free(cell->text);
}

static size_t
virtvfioCharWidth(const char *p)
{
    gunichar c = g_utf8_get_char(p);

    if (g_unichar_iszerowidth(c))
        return 0;
    return g_unichar_iswide(c) ? 2 : 1;
}

size_t
virtvfioTextWidth(const char *text)
{
    size_t width = 0;

    for (const char *p = text; *p; p = virtvfioNextChar(p))
        width += virtvfioCharWidth(p);
    return width;
}

virtvfioTable *
virtvfioTableNew(const char *const *headers)
{
    virtvfioTable *table = g_new0(virtvfioTable, 1);

    table->cells = g_array_new(FALSE, FALSE, sizeof(virtvfioCell));
    g_array_set_clear_func(table->cells, virtvfioCellClear);
    for (size_t i = 0; headers[i]; i++) {
        virtvfioTableAdd(table, VIRTVFIO_COLOUR_HEAD, headers[i]);
        table->columns++;
    }
    return table;
}

void
virtvfioTableFree(virtvfioTable *table)
{
    if (!table)
        return;
    g_array_unref(table->cells);
    g_free(table);
}

void
virtvfioTableAdd(virtvfioTable *table, virtvfioColour colour, const char *text)
{
    virtvfioCell cell = {.text = virStringPrintable(text), .colour = colour};

    cell.width = virtvfioTextWidth(cell.text);
    g_array_append_val(table->cells, cell);
}

static const virtvfioCell *
virtvfioTableCell(const virtvfioTable *table, size_t row, size_t column)
{
    return &g_array_index(table->cells, virtvfioCell, row * table->columns + column);
}

static size_t
virtvfioTableColumnWidth(const virtvfioTable *table, size_t column)
{
    size_t width = 0;

    for (size_t row = 0; row < table->cells->len / table->columns; row++)
        width = MAX(width, virtvfioTableCell(table, row, column)->width);
    return width;
}

/* Appends as much of @text as fits into @room columns, with "…" for the rest. */
static void
virtvfioTableAppendCut(GString *out, const char *text, size_t room)
{
    size_t used = 0;

    if (virtvfioTextWidth(text) <= room) {
        g_string_append(out, text);
        return;
    }
    for (const char *p = text; used + virtvfioCharWidth(p) < room; p = virtvfioNextChar(p)) {
        g_string_append_unichar(out, g_utf8_get_char(p));
        used += virtvfioCharWidth(p);
    }
    g_string_append(out, "…");
}

static void
virtvfioTableAppendCell(GString *out, const virtvfioCell *cell, size_t room,
                        virtvfioTableStyle style)
{
    virtvfioColour colour = style == VIRTVFIO_TABLE_COLOURED ? cell->colour : VIRTVFIO_COLOUR_NONE;

    g_string_append(out, virtvfioColourStart(colour));
    virtvfioTableAppendCut(out, cell->text, room);
    g_string_append(out, virtvfioColourEnd(colour));
}

char *
virtvfioTableFormat(const virtvfioTable *table, unsigned int width, virtvfioTableStyle style)
{
    g_autofree size_t *widths = g_new0(size_t, table->columns);
    GString *out = g_string_new(NULL);
    size_t last = table->columns - 1;
    size_t fixed = 0;

    for (size_t column = 0; column < last; column++) {
        widths[column] = virtvfioTableColumnWidth(table, column);
        fixed += widths[column] + VIRTVFIO_TABLE_GAP;
    }
    if (width == 0)
        widths[last] = G_MAXSIZE;
    else if (width >= fixed + VIRTVFIO_TABLE_LEFT)
        widths[last] = width - fixed;

    for (size_t row = 0; row < table->cells->len / table->columns; row++) {
        size_t pending = 0; /* blanks before the next cell; none end up at the end of a line */

        for (size_t column = 0; column < table->columns; column++) {
            const virtvfioCell *cell = virtvfioTableCell(table, row, column);

            if (cell->width == 0 || widths[column] == 0) {
                pending += widths[column] + VIRTVFIO_TABLE_GAP;
                continue;
            }
            g_string_append_printf(out, "%*s", (int)pending, "");
            virtvfioTableAppendCell(out, cell, widths[column], style);
            pending = widths[column] - MIN(widths[column], cell->width) + VIRTVFIO_TABLE_GAP;
        }
        g_string_append_c(out, '\n');
    }
    return g_string_free(out, FALSE);
}
