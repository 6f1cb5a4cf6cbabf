/*
 * virgettext.h: translated messages
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

#define _(text)  g_dgettext(GETTEXT_PACKAGE, text)
#define N_(text) (text)

/* A count and its noun: singular, plural, number. */
#define P_(one, many, n) g_dngettext(GETTEXT_PACKAGE, one, many, n)

/*
 * Translated formats number their arguments ("%1$s"), so that a translation may reorder them. POSIX
 * has that and ISO C has not: __extension__ tells a pedantic compiler that we know.
 */
#define virPrint(...)       __extension__ g_print(__VA_ARGS__)
#define virPrintErr(...)    __extension__ g_printerr(__VA_ARGS__)
#define virFormat(...)      __extension__ g_strdup_printf(__VA_ARGS__)
#define virAppend(out, ...) __extension__ g_string_append_printf(out, __VA_ARGS__)
