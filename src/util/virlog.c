/*
 * virlog.c: messages for the administrator, over GLib's log
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <syslog.h>
#include <unistd.h>

#include "virgettext.h"
#include "virlog.h"
#include "virstring.h"

static const char *virLogProgram;
static gboolean virLogVerbose;

static int
virLogPriority(GLogLevelFlags level)
{
    if (level & (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL))
        return LOG_ERR;
    if (level & G_LOG_LEVEL_WARNING)
        return LOG_WARNING;
    return level & G_LOG_LEVEL_DEBUG ? LOG_DEBUG : LOG_INFO;
}

/* The journal knows the program, and takes the priority from the beginning: see sd-daemon(3). */
static void
virLogToJournal(const char *source, int priority, const char *text)
{
    if (priority < LOG_INFO)
        g_printerr("<%d>%s\n", priority, text);
    else if (virLogVerbose)
        g_printerr("<%d>%s: %s\n", priority, source, text);
    else if (priority == LOG_INFO)
        g_printerr("<%d>%s\n", priority, text);
}

static void
virLogHandler(const char *domain, GLogLevelFlags level, const char *message,
              void *opaque G_GNUC_UNUSED)
{
    g_autofree char *text = virStringPrintable(message);
    const char *source = domain ? domain : "glib";
    int priority = virLogPriority(level);

    if (g_log_writer_is_journald(STDERR_FILENO))
        virLogToJournal(source, priority, text);
    else if (priority < LOG_INFO)
        virPrintErr(_("%1$s: warning: %2$s\n"), virLogProgram, text);
    else if (virLogVerbose)
        g_printerr("%s: %s: %s\n", virLogProgram, source, text);
}

void
virLogToStderr(const char *program, gboolean verbose)
{
    virLogProgram = program;
    virLogVerbose = verbose;
    g_log_set_default_handler(virLogHandler, NULL);
}
