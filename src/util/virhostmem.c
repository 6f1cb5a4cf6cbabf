/*
 * virhostmem.c: the memory of a host
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <string.h>

#include "virerror.h"
#include "virgettext.h"
#include "virhostmem.h"

#define VIR_FROM_THIS VIR_FROM_NONE

/* "MemTotal:  1024 kB", or "Node 0 MemTotal:  1024 kB". False if @name is not there. */
static bool
virHostMemoryFind(const char *text, const char *name, guint64 *value_kib)
{
    g_autofree char *wanted = g_strconcat(name, ":", NULL);
    const char *found = text;
    char *end;

    while ((found = strstr(found, wanted))) {
        if (found == text || found[-1] == '\n' || found[-1] == ' ') {
            *value_kib = g_ascii_strtoull(found + strlen(wanted), &end, 10);
            return end != found + strlen(wanted);
        }
        found++;
    }
    return false;
}

int
virHostMemoryRead(const virSysfsRoot *root, int node, virHostMemory *memory)
{
    g_autofree char *path = node < 0
                                ? g_strdup("proc/meminfo")
                                : g_strdup_printf("sys/devices/system/node/node%d/meminfo", node);
    g_autofree char *text = NULL;
    virHostMemory found = {0};
    int rc = virSysfsRead(root, path, &text);

    if (rc == -ENOENT && node >= 0) {
        virReportError(VIR_ERR_INVALID_ARG, _("this host has no NUMA node %1$d"), node);
        return -1;
    }
    if (rc < 0) {
        virReportSystemError(-rc, _("cannot read /%1$s"), path);
        return -1;
    }
    if (!virHostMemoryFind(text, "MemTotal", &found.total_kib) ||
        !virHostMemoryFind(text, "MemFree", &found.free_kib)) {
        virReportError(VIR_ERR_SYSTEM_ERROR, _("/%1$s does not say how much memory there is"),
                       path);
        return -1;
    }
    if (node < 0) {
        virHostMemoryFind(text, "Buffers", &found.buffers_kib);
        virHostMemoryFind(text, "Cached", &found.cached_kib);
    }
    *memory = found;
    return 0;
}
