/*
 * qemu_usage.c: how much of the host's processors QEMU has used
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "qemu_usage.h"
#include "virerror.h"
#include "virfile.h"

/* Fields of /proc/PID/stat from the end of the name on: the time in user space and in the kernel,
 * in ticks, and the processor. */
#define QEMU_STAT_UTIME 12
#define QEMU_STAT_STIME 13
#define QEMU_STAT_CPU   37

bool
qemuUsageRead(pid_t pid, pid_t thread, qemuUsage *usage)
{
    g_autofree char *path = thread ? g_strdup_printf("/proc/%d/task/%d/stat", (int)pid, (int)thread)
                                   : g_strdup_printf("/proc/%d/stat", (int)pid);
    VIR_AUTOCLOSE fd = pid > 0 ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    g_autofree char *text = NULL;
    g_auto(GStrv) fields = NULL;
    const char *rest;
    const guint64 tick_ns = 1000000000ULL / (guint64)sysconf(_SC_CLK_TCK);

    if (fd < 0)
        return false;
    if (virFileReadFD(fd, 4096, &text, NULL) < 0) {
        virErrorReset();
        return false;
    }
    if (!(rest = strrchr(text, ')')))
        return false;
    fields = g_strsplit(rest, " ", QEMU_STAT_CPU + 2);
    if (g_strv_length(fields) <= QEMU_STAT_CPU)
        return false;
    usage->user_ns = g_ascii_strtoull(fields[QEMU_STAT_UTIME], NULL, 10) * tick_ns;
    usage->system_ns = g_ascii_strtoull(fields[QEMU_STAT_STIME], NULL, 10) * tick_ns;
    usage->cpu = (int)g_ascii_strtoll(fields[QEMU_STAT_CPU], NULL, 10);
    return true;
}
