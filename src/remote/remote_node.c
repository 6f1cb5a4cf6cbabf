/*
 * remote_node.c: what the host is and does
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <limits.h>
#include <string.h>
#include <sys/utsname.h>

#include <libvirt/libvirt.h>

#include "remote_table.h"
#include "sysinfo.h"
#include "virerror.h"
#include "virgettext.h"
#include "virhostcpu.h"
#include "virhostmem.h"
#include "virhostpages.h"

#define VIR_FROM_THIS VIR_FROM_REMOTE

static const virSysfsRoot *
remoteNodeRoot(virRPCCall *call)
{
    return virPCIHostGetRoot(remoteClientGetDaemon(remoteClientOf(call))->host);
}

/* Where the host is not regular, the product of these numbers would not be that of processors. */
static void
remoteNodeInfoFill(const virHostTopology *topology, remote_node_info_ret *out)
{
    bool regular = topology->nodes->len * topology->sockets * topology->cores * topology->threads ==
                   topology->present->len;

    out->cpus = (int)topology->cpus->len;
    out->mhz = (int)topology->mhz;
    out->nodes = regular ? (int)topology->nodes->len : 1;
    out->sockets = regular ? (int)topology->sockets : 1;
    out->cores = regular ? (int)topology->cores : (int)topology->present->len;
    out->threads = regular ? (int)topology->threads : 1;
}

int
remoteNodeGetInfo(virRPCCall *call, virRPCNothing *in G_GNUC_UNUSED, remote_node_info_ret *out)
{
    g_autoptr(virHostTopology) topology = virHostTopologyRead(remoteNodeRoot(call));
    virHostMemory memory;
    struct utsname name;

    if (!topology || virHostMemoryRead(remoteNodeRoot(call), -1, &memory) < 0)
        return -1;
    uname(&name);
    g_strlcpy(out->model, name.machine, sizeof(out->model));
    out->memory_kib = memory.total_kib;
    remoteNodeInfoFill(topology, out);
    return 0;
}

/* The kernel shows serial numbers to root alone. */
int
remoteConnectGetSysinfo(virRPCCall *call, remote_uint *in, remote_string *out)
{
    bool all = !remoteClientIsReadOnly(remoteClientOf(call));

    if (remoteCheckFlags(call, in->value, 0) < 0)
        return -1;
    out->value = virSysinfoRead(remoteNodeRoot(call), all);
    return out->value ? 0 : -1;
}

int
remoteNodeGetFreeMemory(virRPCCall *call, virRPCNothing *in G_GNUC_UNUSED, remote_ulong *out)
{
    virHostMemory memory;

    if (virHostMemoryRead(remoteNodeRoot(call), -1, &memory) < 0)
        return -1;
    out->value = memory.free_kib * 1024;
    return 0;
}

/* Of the nodes from one on, as far as there are any; the first one is asked for. */
int
remoteNodeGetCellsFreeMemory(virRPCCall *call, remote_cells_args *in, remote_cells_ret *out)
{
    virHostMemory memory;
    int max = CLAMP(in->max, 1, REMOTE_CELLS_MAX);

    if (in->start < 0) {
        virReportError(VIR_ERR_INVALID_ARG, _("invalid argument: the host has no NUMA node %1$d"),
                       in->start);
        return -1;
    }
    out->cells.cells_val = g_new0(u_quad_t, (gsize)max);
    for (int i = 0; i < max && in->start <= INT_MAX - i; i++) {
        if (virHostMemoryRead(remoteNodeRoot(call), in->start + i, &memory) < 0)
            break;
        out->cells.cells_val[out->cells.cells_len++] = memory.free_kib * 1024;
    }
    if (out->cells.cells_len == 0)
        return -1;
    virErrorReset();
    return 0;
}

/* How many are free of one size. */
static int
remoteNodeFindFree(const GArray *pages, unsigned int size_kib, int node, u_quad_t *count)
{
    for (guint i = 0; i < pages->len; i++) {
        const virHostPages *some = &g_array_index(pages, virHostPages, i);

        if (some->size_kib != size_kib)
            continue;
        *count = some->free;
        return 0;
    }
    virReportError(VIR_ERR_OPERATION_FAILED,
                   _("operation failed: there are no pages of %1$u KiB on NUMA node %2$d"),
                   size_kib, node);
    return -1;
}

/* Of nodes from one on, as far as there are any, -1 being the whole host: of each, each size. */
int
remoteNodeGetFreePages(virRPCCall *call, remote_free_pages_args *in, remote_free_pages_ret *out)
{
    guint64 count = (guint64)in->sizes_kib.sizes_kib_len * in->count;

    if (remoteCheckFlags(call, in->flags, 0) < 0)
        return -1;
    if (in->start < -1 || count == 0 || count > REMOTE_CELLS_MAX ||
        (gint64)in->start + in->count > VIR_HOST_CPU_MAX) {
        virReportError(VIR_ERR_INVALID_ARG,
                       _("invalid argument: %1$u sizes of pages on %2$u NUMA nodes from %3$d on"),
                       in->sizes_kib.sizes_kib_len, in->count, in->start);
        return -1;
    }
    out->counts.counts_val = g_new0(u_quad_t, count);
    for (int node = in->start; node < in->start + (int)in->count; node++) {
        g_autoptr(GArray) pages = virHostPagesRead(remoteNodeRoot(call), node);

        if (!pages)
            return node > in->start ? 0 : -1;
        for (u_int i = 0; i < in->sizes_kib.sizes_kib_len; i++) {
            u_quad_t *free = &out->counts.counts_val[out->counts.counts_len++];

            if (remoteNodeFindFree(pages, in->sizes_kib.sizes_kib_val[i], node, free) < 0)
                return -1;
        }
    }
    return 0;
}

typedef struct {
    const char *name;
    guint64 value;
} remoteNodeValue;

/* Their number if no room was asked for, else as many as fit. */
static void
remoteNodeStatsFill(const remoteNodeValue *values, int count, int room, remote_node_stats_ret *out)
{
    out->nparams = count;
    if (room <= 0)
        return;
    out->nparams = MIN(count, room);
    out->params.params_val = g_new0(remote_node_stat, (gsize)out->nparams);
    out->params.params_len = (u_int)out->nparams;
    for (int i = 0; i < out->nparams; i++) {
        out->params.params_val[i].field = g_strdup(values[i].name);
        out->params.params_val[i].value = values[i].value;
    }
}

int
remoteNodeGetCPUStats(virRPCCall *call, remote_node_cpu_stats_args *in, remote_node_stats_ret *out)
{
    virHostCPUTimes times;

    if (remoteCheckFlags(call, in->flags, 0) < 0 ||
        virHostCPUTimesRead(remoteNodeRoot(call), in->cpu, &times) < 0)
        return -1;
    {
        const remoteNodeValue values[] = {{VIR_NODE_CPU_STATS_KERNEL, times.kernel_ns},
                                          {VIR_NODE_CPU_STATS_USER, times.user_ns},
                                          {VIR_NODE_CPU_STATS_IDLE, times.idle_ns},
                                          {VIR_NODE_CPU_STATS_IOWAIT, times.iowait_ns}};

        remoteNodeStatsFill(values, G_N_ELEMENTS(values), in->nparams, out);
    }
    return 0;
}

int
remoteNodeGetMemoryStats(virRPCCall *call, remote_node_memory_stats_args *in,
                         remote_node_stats_ret *out)
{
    virHostMemory memory;

    if (remoteCheckFlags(call, in->flags, 0) < 0 ||
        virHostMemoryRead(remoteNodeRoot(call), in->cell, &memory) < 0)
        return -1;
    {
        const remoteNodeValue values[] = {{VIR_NODE_MEMORY_STATS_TOTAL, memory.total_kib},
                                          {VIR_NODE_MEMORY_STATS_FREE, memory.free_kib},
                                          {VIR_NODE_MEMORY_STATS_BUFFERS, memory.buffers_kib},
                                          {VIR_NODE_MEMORY_STATS_CACHED, memory.cached_kib}};

        /* The kernel has no buffers and cache of a node. */
        remoteNodeStatsFill(values, in->cell < 0 ? 4 : 2, in->nparams, out);
    }
    return 0;
}

int
remoteNodeGetCPUMap(virRPCCall *call, remote_cpu_map_args *in, remote_cpu_map_ret *out)
{
    g_autoptr(virHostTopology) topology = virHostTopologyRead(remoteNodeRoot(call));
    unsigned int total;

    if (remoteCheckFlags(call, in->flags, 0) < 0 || !topology)
        return -1;
    /* The map has a bit for every number up to the largest. */
    total = g_array_index(topology->present, unsigned int, topology->present->len - 1) + 1;
    out->total = (int)total;
    if (in->needOnline)
        out->online = topology->cpus->len;
    if (!in->needMap)
        return 0;
    out->map.map_len = (total + 7) / 8;
    out->map.map_val = g_malloc0(out->map.map_len);
    for (guint i = 0; i < topology->cpus->len; i++) {
        unsigned int id = g_array_index(topology->cpus, virHostCPU, i).id;

        if (id < total)
            out->map.map_val[id / 8] |= (char)(1 << id % 8);
    }
    return 0;
}
