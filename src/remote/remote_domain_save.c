/*
 * remote_domain_save.c: guests that are saved, and go on later
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "remote_domain.h"
#include "remote_params.h"

int
remoteDomainSave(virRPCCall *call, remote_domain_string *in, virRPCNothing *out G_GNUC_UNUSED)
{
    g_autoptr(virDomainObj) vm = remoteDomainFind(call, &in->domain);

    return vm ? qemuDomainSave(vm, in->value, NULL, 0) : -1;
}

int
remoteDomainSaveFlags(virRPCCall *call, remote_domain_save_args *in,
                      virRPCNothing *out G_GNUC_UNUSED)
{
    g_autoptr(virDomainObj) vm = remoteDomainFind(call, &in->domain);

    return vm ? qemuDomainSave(vm, in->path, remoteOptional(in->xml), in->flags) : -1;
}

int
remoteDomainRestore(virRPCCall *call, remote_string *in, virRPCNothing *out G_GNUC_UNUSED)
{
    return qemuDomainRestore(remoteDomainDriver(call), in->value, NULL, 0);
}

int
remoteDomainRestoreFlags(virRPCCall *call, remote_domain_restore_args *in,
                         virRPCNothing *out G_GNUC_UNUSED)
{
    return qemuDomainRestore(remoteDomainDriver(call), in->path, remoteOptional(in->xml),
                             in->flags);
}

int
remoteDomainManagedSave(virRPCCall *call, remote_domain_flags *in, virRPCNothing *out G_GNUC_UNUSED)
{
    g_autoptr(virDomainObj) vm = remoteDomainFind(call, &in->domain);

    return vm ? qemuDomainManagedSave(vm, in->flags) : -1;
}

int
remoteDomainHasManagedSaveImage(virRPCCall *call, remote_domain_flags *in, remote_int *out)
{
    g_autoptr(virDomainObj) vm = NULL;

    if (remoteCheckFlags(call, in->flags, 0) < 0 || !(vm = remoteDomainFind(call, &in->domain)))
        return -1;
    out->value = qemuDomainHasManagedSaveImage(vm);
    return 0;
}

int
remoteDomainManagedSaveRemove(virRPCCall *call, remote_domain_flags *in,
                              virRPCNothing *out G_GNUC_UNUSED)
{
    g_autoptr(virDomainObj) vm = remoteDomainFind(call, &in->domain);

    return vm ? qemuDomainManagedSaveRemove(vm, in->flags) : -1;
}

int
remoteDomainSaveImageGetXMLDesc(virRPCCall *call G_GNUC_UNUSED, remote_string_flags *in,
                                remote_string *out)
{
    out->value = qemuDomainSaveImageGetXMLDesc(in->value, in->flags);
    return out->value ? 0 : -1;
}

int
remoteDomainSaveImageDefineXML(virRPCCall *call G_GNUC_UNUSED, remote_domain_image_args *in,
                               virRPCNothing *out G_GNUC_UNUSED)
{
    return qemuDomainSaveImageDefineXML(in->path, in->xml, in->flags);
}

int
remoteDomainAbortJob(virRPCCall *call, remote_domain *in, virRPCNothing *out G_GNUC_UNUSED)
{
    g_autoptr(virDomainObj) vm = remoteDomainFind(call, in);

    return vm ? qemuDomainAbortJob(vm) : -1;
}

int
remoteDomainGetJobInfo(virRPCCall *call, remote_domain *in, remote_domain_job_info_ret *out)
{
    g_autoptr(virDomainObj) vm = remoteDomainFind(call, in);
    qemuDomainJobStats stats;

    if (!vm || qemuDomainGetJobStats(vm, &stats) < 0)
        return -1;
    out->type = stats.type;
    out->elapsed_ms = stats.elapsed_ms;
    out->dataTotal = out->memTotal = stats.total;
    out->dataProcessed = out->memProcessed = stats.processed;
    out->dataRemaining = out->memRemaining = stats.remaining;
    return 0;
}

int
remoteDomainGetJobStats(virRPCCall *call, remote_domain_flags *in, remote_domain_job_stats_ret *out)
{
    g_autoptr(virDomainObj) vm = NULL;
    qemuDomainJobStats stats = {0};
    GArray *params;

    /* Of jobs that are over nothing is kept. */
    if (remoteCheckFlags(call, in->flags,
                         VIR_DOMAIN_JOB_STATS_COMPLETED | VIR_DOMAIN_JOB_STATS_KEEP_COMPLETED) <
            0 ||
        !(vm = remoteDomainFind(call, &in->domain)) ||
        (!in->flags && qemuDomainGetJobStats(vm, &stats) < 0))
        return -1;
    out->type = stats.type;
    if (stats.type == VIR_DOMAIN_JOB_NONE)
        return 0;
    params = remoteParamsNew();
    remoteParamsAddInt(params, VIR_DOMAIN_JOB_OPERATION, stats.operation);
    remoteParamsAddULLong(params, VIR_DOMAIN_JOB_TIME_ELAPSED, stats.elapsed_ms);
    remoteParamsAddULLong(params, VIR_DOMAIN_JOB_DATA_TOTAL, stats.total);
    remoteParamsAddULLong(params, VIR_DOMAIN_JOB_DATA_PROCESSED, stats.processed);
    remoteParamsAddULLong(params, VIR_DOMAIN_JOB_DATA_REMAINING, stats.remaining);
    remoteParamsAddULLong(params, VIR_DOMAIN_JOB_MEMORY_TOTAL, stats.total);
    remoteParamsAddULLong(params, VIR_DOMAIN_JOB_MEMORY_PROCESSED, stats.processed);
    remoteParamsAddULLong(params, VIR_DOMAIN_JOB_MEMORY_REMAINING, stats.remaining);
    out->params.params_val = remoteParamsSteal(params, &out->params.params_len);
    return 0;
}
