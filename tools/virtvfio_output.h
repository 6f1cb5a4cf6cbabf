/*
 * virtvfio_output.h: standard output: encoding, terminal, text from elsewhere
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stdbool.h>

#include <glib.h>

/**
 * virtvfioWrite:
 * @text: UTF-8
 *
 * Writes all of @text to standard output in the locale's encoding. SIGPIPE is ignored by main().
 *
 * Errors: SYSTEM_ERROR (a full disk, say). If the reader went away (EPIPE), nothing is reported:
 * nobody wants to know.
 * Returns: 0 or -1
 */
int virtvfioWrite(const char *text) G_GNUC_WARN_UNUSED_RESULT;

/* virtvfioWrite() of what is UTF-8 in every locale, such as JSON. */
int virtvfioWriteUTF8(const char *text) G_GNUC_WARN_UNUSED_RESULT;

/* True if a person sees standard output. */
bool virtvfioIsTerminal(void);

/* True if colours are wanted: on a terminal that knows them, unless NO_COLOR is set. */
bool virtvfioHasColour(void);

/* Columns that a line may have (COLUMNS, or what the terminal says); 0 if there is no limit. */
unsigned int virtvfioGetWidth(void);

typedef enum {
    VIRTVFIO_COLOUR_NONE,
    VIRTVFIO_COLOUR_GOOD,
    VIRTVFIO_COLOUR_WARN,
    VIRTVFIO_COLOUR_BAD,
    VIRTVFIO_COLOUR_DIM,
    VIRTVFIO_COLOUR_HEAD,
} virtvfioColour;

/* The control sequence that starts @colour ("" for NONE), and the one that ends it. */
const char *virtvfioColourStart(virtvfioColour colour);
const char *virtvfioColourEnd(virtvfioColour colour);

/* @text in a colour, if colours are wanted; caller frees. */
char *virtvfioColoured(virtvfioColour colour, const char *text);

/* The next character of valid UTF-8. (GLib's macro casts "const" away.) */
static inline const char *
virtvfioNextChar(const char *p)
{
    return p + g_utf8_skip[(guchar)*p];
}
