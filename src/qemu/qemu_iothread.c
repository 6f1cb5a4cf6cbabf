/*
 * qemu_iothread.c: the threads that serve the disks of a running guest
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <stdio.h>

#include "qemu_iothread.h"
#include "virerror.h"
#include "virgettext.h"

#define VIR_FROM_THIS VIR_FROM_QEMU

static int
qemuIOThreadCompare(const void *a, const void *b)
{
    const qemuIOThread *one = a;
    const qemuIOThread *other = b;

    return one->number < other->number ? -1 : one->number > other->number;
}

/* Adds what a member of QEMU's answer says, if it is one of ours. */
static void
qemuIOThreadAdd(GArray *threads, JsonNode *node)
{
    JsonObject *object = JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
    const char *id = object ? qemuMonitorGetString(object, "id") : NULL;
    qemuIOThread thread = {0};
    char more;

    if (!id || sscanf(id, VIR_DOMAIN_IOTHREAD_ALIAS "%3u%c", &thread.number, &more) != 1)
        return;
    thread.thread = (pid_t)qemuMonitorGetInt(object, "thread-id");
    g_array_append_val(threads, thread);
}

GArray *
qemuIOThreadList(qemuMonitor *mon)
{
    g_autoptr(JsonNode) result = NULL;
    JsonArray *array;
    GArray *threads;

    if (qemuMonitorCommand(mon, "query-iothreads", NULL, &result) < 0)
        return NULL;
    if (!JSON_NODE_HOLDS_ARRAY(result)) {
        virReportError(VIR_ERR_OPERATION_FAILED,
                       _("QEMU's monitor did not say which I/O threads the guest has"));
        return NULL;
    }
    array = json_node_get_array(result);
    threads = g_array_new(FALSE, TRUE, sizeof(qemuIOThread));
    for (guint i = 0; i < json_array_get_length(array); i++)
        qemuIOThreadAdd(threads, json_array_get_element(array, i));
    g_array_sort(threads, qemuIOThreadCompare);
    return threads;
}
