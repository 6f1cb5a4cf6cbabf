/*
 * virprocess.c: which process a number meant, when numbers are used again
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "virerror.h"
#include "virfile.h"
#include "virgettext.h"
#include "virprocess.h"

#define VIR_FROM_THIS VIR_FROM_NONE

/* Fifty numbers and a name of 64 bytes. */
#define VIR_PROCESS_MAX_STAT 4096

/* Fields between the one of the name and the one of the start (22). */
#define VIR_PROCESS_STAT_FIELD 20

bool
virProcessParseStat(const char *text, guint64 *started)
{
    /* A process chooses its name, and may have blanks and brackets in it. */
    const char *rest = strrchr(text, ')');
    g_auto(GStrv) fields = rest ? g_strsplit(rest, " ", VIR_PROCESS_STAT_FIELD + 2) : NULL;
    guint64 value;

    if (!fields || g_strv_length(fields) <= VIR_PROCESS_STAT_FIELD ||
        !g_ascii_string_to_unsigned(g_strchomp(fields[VIR_PROCESS_STAT_FIELD]), 10, 1, G_MAXINT64,
                                    &value, NULL))
        return false;
    *started = value;
    return true;
}

/* 0 if it cannot be had. */
static guint64
virProcessReadStart(int pid)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/stat", pid);
    VIR_AUTOCLOSE fd = open(path, O_RDONLY | O_CLOEXEC);
    g_autofree char *text = NULL;
    guint64 started;

    if (fd < 0 || virFileReadFD(fd, VIR_PROCESS_MAX_STAT, &text, NULL) < 0 ||
        !virProcessParseStat(text, &started))
        return 0;
    return started;
}

virProcessIdentity
virProcessGetSelf(void)
{
    int pid = (int)getpid();

    return (virProcessIdentity){pid, virProcessReadStart(pid)};
}

int
virProcessIdentify(pid_t pid, virProcessIdentity *process)
{
    guint64 started = pid > 0 ? virProcessReadStart((int)pid) : 0;

    if (started == 0) {
        virReportError(VIR_ERR_OPERATION_INVALID,
                       _("there is no process %1$d, or /proc does not say when it started"),
                       (int)pid);
        return -1;
    }
    *process = (virProcessIdentity){(int)pid, started};
    return 0;
}

bool
virProcessIsRunning(const virProcessIdentity *process)
{
    guint64 started;

    if (kill(process->pid, 0) < 0 && errno == ESRCH)
        return false;
    started = process->started > 0 ? virProcessReadStart(process->pid) : 0;
    return started == 0 || started == process->started;
}
