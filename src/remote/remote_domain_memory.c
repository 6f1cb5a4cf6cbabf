/*
 * remote_domain_memory.c: how much memory guests have, and what they do with it
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "remote_domain.h"
#include "virerror.h"
#include "virgettext.h"

#define VIR_FROM_THIS VIR_FROM_QEMU

/* The old call: of a guest that does not run. */
int
remoteDomainSetMaxMemory(virRPCCall *call, remote_domain_ulong *in, virRPCNothing *out)
{
    remote_set_memory_args args = {in->domain, in->value, VIR_DOMAIN_MEM_MAXIMUM};

    return remoteDomainSetMemoryFlags(call, &args, out);
}

/* The old call: of a guest that runs. */
int
remoteDomainSetMemory(virRPCCall *call, remote_domain_ulong *in, virRPCNothing *out)
{
    remote_set_memory_args args = {in->domain, in->value, VIR_DOMAIN_AFFECT_LIVE};

    return remoteDomainSetMemoryFlags(call, &args, out);
}

int
remoteDomainSetMemoryFlags(virRPCCall *call, remote_set_memory_args *in,
                           virRPCNothing *out G_GNUC_UNUSED)
{
    g_autoptr(virDomainObj) vm = remoteDomainFind(call, &in->domain);

    return vm ? qemuDomainSetMemoryFlags(vm, in->size_kib, in->flags) : -1;
}

int
remoteDomainMemoryStats(virRPCCall *call, remote_memory_stats_args *in,
                        remote_memory_stats_ret *out)
{
    virDomainMemoryStatStruct stats[VIR_DOMAIN_MEMORY_STAT_NR];
    g_autoptr(virDomainObj) vm = NULL;
    int n;

    if (in->max > REMOTE_MEMORY_STATS_MAX) {
        virReportError(VIR_ERR_INVALID_ARG,
                       _("invalid argument: room for %1$u memory statistics; at most %2$d"),
                       in->max, REMOTE_MEMORY_STATS_MAX);
        return -1;
    }
    if (!(vm = remoteDomainFind(call, &in->domain)) ||
        (n = qemuDomainMemoryStats(vm, stats, MIN(in->max, VIR_DOMAIN_MEMORY_STAT_NR), in->flags)) <
            0)
        return -1;
    out->stats.stats_len = (unsigned int)n;
    out->stats.stats_val = g_new0(remote_memory_stat, (gsize)n);
    for (int i = 0; i < n; i++)
        out->stats.stats_val[i] = (remote_memory_stat){stats[i].tag, stats[i].val};
    return 0;
}

int
remoteDomainSetMemoryStatsPeriod(virRPCCall *call, remote_memory_period_args *in,
                                 virRPCNothing *out G_GNUC_UNUSED)
{
    g_autoptr(virDomainObj) vm = remoteDomainFind(call, &in->domain);

    return vm ? qemuDomainSetMemoryStatsPeriod(vm, in->period_s, in->flags) : -1;
}
