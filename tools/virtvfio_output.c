/*
 * virtvfio_output.c: standard output: encoding, terminal, text from elsewhere
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "virerror.h"
#include "virgettext.h"
#include "virtvfio_output.h"

#define VIR_FROM_THIS VIR_FROM_NONE

int
virtvfioWriteUTF8(const char *text)
{
    size_t left = strlen(text);

    while (left > 0) {
        ssize_t done = write(STDOUT_FILENO, text, left);

        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0) {
            if (errno == EPIPE)
                virErrorReset();
            else
                virReportSystemError(errno, _("cannot write to standard output"));
            return -1;
        }
        text += done;
        left -= (size_t)done;
    }
    return 0;
}

int
virtvfioWrite(const char *text)
{
    g_autoptr(GString) plain = NULL;
    g_autofree char *converted = NULL;
    const char *charset;

    if (g_get_charset(&charset))
        return virtvfioWriteUTF8(text);
    plain = g_string_new(text);
    g_string_replace(plain, "…", "...", 0);
    converted = g_convert_with_fallback(plain->str, -1, charset, "UTF-8", "?", NULL, NULL, NULL);
    return virtvfioWriteUTF8(converted ? converted : text);
}

bool
virtvfioIsTerminal(void)
{
    return isatty(STDOUT_FILENO) == 1;
}

bool
virtvfioHasColour(void)
{
    const char *unwanted = g_getenv("NO_COLOR");
    const char *terminal = g_getenv("TERM");

    return virtvfioIsTerminal() && !(unwanted && *unwanted) && terminal && *terminal &&
           strcmp(terminal, "dumb") != 0;
}

unsigned int
virtvfioGetWidth(void)
{
    const char *columns = g_getenv("COLUMNS");
    struct winsize size;
    guint64 width;

    if (!virtvfioIsTerminal())
        return 0;
    if (columns && g_ascii_string_to_unsigned(columns, 10, 1, 100000, &width, NULL))
        return (unsigned int)width;
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

const char *
virtvfioColourStart(virtvfioColour colour)
{
    switch (colour) {
    case VIRTVFIO_COLOUR_GOOD:
        return "\033[32m";
    case VIRTVFIO_COLOUR_WARN:
        return "\033[33m";
    case VIRTVFIO_COLOUR_BAD:
        return "\033[31m";
    case VIRTVFIO_COLOUR_DIM:
        return "\033[2m";
    case VIRTVFIO_COLOUR_HEAD:
        return "\033[1m";
    case VIRTVFIO_COLOUR_NONE:
    default:
        return "";
    }
}

const char *
virtvfioColourEnd(virtvfioColour colour)
{
    return colour == VIRTVFIO_COLOUR_NONE ? "" : "\033[0m";
}

char *
virtvfioColoured(virtvfioColour colour, const char *text)
{
    if (!virtvfioHasColour())
        return g_strdup(text);
    return g_strconcat(virtvfioColourStart(colour), text, virtvfioColourEnd(colour), NULL);
}
