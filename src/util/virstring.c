/*
 * virstring.c: texts of unknown origin
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <glib.h>

#include "virstring.h"

char *
virStringPrintable(const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text ? text : "-", -1);
    GString *printable = g_string_new(NULL);

    for (const char *p = valid; *p; p += g_utf8_skip[(guchar)*p]) {
        gunichar c = g_utf8_get_char(p);

        if (g_unichar_iscntrl(c))
            g_string_append_printf(printable, "\\x%02x", c);
        else
            g_string_append_unichar(printable, c);
    }
    return g_string_free(printable, FALSE);
}
