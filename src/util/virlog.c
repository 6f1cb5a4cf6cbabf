/*
 * virlog.c: messages for the administrator, over GLib's log
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "virgettext.h"
#include "virlog.h"
#include "virstring.h"

static const char *virLogProgram;
static gboolean virLogVerbose;

static void
virLogHandler(const char *source, GLogLevelFlags level, const char *message,
              void *opaque G_GNUC_UNUSED)
{
    g_autofree char *text = virStringPrintable(message);

    if (level & (G_LOG_LEVEL_WARNING | G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_ERROR)) {
        virPrintErr(_("%1$s: warning: %2$s\n"), virLogProgram, text);
    } else if (virLogVerbose) {
        g_printerr("%s: %s: %s\n", virLogProgram, source ? source : "glib", text);
    }
}

void
virLogToStderr(const char *program, gboolean verbose)
{
    virLogProgram = program;
    virLogVerbose = verbose;
    g_log_set_default_handler(virLogHandler, NULL);
}
