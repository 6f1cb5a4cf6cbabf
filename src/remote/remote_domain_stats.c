/*
 * remote_domain_stats.c: what guests use
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "remote_domain.h"
#include "remote_params.h"
#include "virerror.h"

/* What QEMU is asked for anyway says which guests are meant as well. */
#define REMOTE_STATS_FLAGS                                                                         \
    (VIR_CONNECT_GET_ALL_DOMAINS_STATS_ACTIVE | VIR_CONNECT_GET_ALL_DOMAINS_STATS_INACTIVE |       \
     VIR_CONNECT_GET_ALL_DOMAINS_STATS_PERSISTENT | VIR_CONNECT_GET_ALL_DOMAINS_STATS_TRANSIENT |  \
     VIR_CONNECT_GET_ALL_DOMAINS_STATS_RUNNING | VIR_CONNECT_GET_ALL_DOMAINS_STATS_PAUSED |        \
     VIR_CONNECT_GET_ALL_DOMAINS_STATS_SHUTOFF | VIR_CONNECT_GET_ALL_DOMAINS_STATS_OTHER)
#define REMOTE_STATS_HOW                                                                           \
    (VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT | VIR_CONNECT_GET_ALL_DOMAINS_STATS_BACKING |        \
     VIR_CONNECT_GET_ALL_DOMAINS_STATS_ENFORCE_STATS)

/* The guests that are meant: those that are named, or all that the flags let through. One that is
 * named and is gone is left out. */
static GPtrArray *
remoteStatsFind(virRPCCall *call, const remote_all_stats_args *in)
{
    GPtrArray *vms;

    if (in->domains.domains_len == 0)
        return qemuDriverListDomains(remoteDomainDriver(call), in->flags & REMOTE_STATS_FLAGS);
    vms = g_ptr_array_new_with_free_func((GDestroyNotify)virDomainObjUnref);
    for (u_int i = 0; i < in->domains.domains_len; i++) {
        g_autoptr(virDomainObj) vm = remoteDomainFind(call, &in->domains.domains_val[i]);

        if (!vm)
            virErrorReset(); /* it has gone */
        else if (!g_ptr_array_find(vms, vm, NULL))
            g_ptr_array_add(vms, g_steal_pointer(&vm));
    }
    return vms;
}

int
remoteConnectGetAllDomainStats(virRPCCall *call, remote_all_stats_args *in,
                               remote_all_stats_ret *out)
{
    g_autoptr(GPtrArray) vms = NULL;

    if (remoteCheckFlags(call, in->flags, REMOTE_STATS_FLAGS | REMOTE_STATS_HOW) < 0 ||
        qemuDomainStatsCheck(in->groups, in->flags) < 0)
        return -1;
    vms = remoteStatsFind(call, in);
    out->records.records_val = g_new0(remote_stats_record, vms->len);
    for (guint i = 0; i < vms->len; i++) {
        virDomainObj *vm = g_ptr_array_index(vms, i);
        remote_stats_record *record = &out->records.records_val[out->records.records_len++];
        GArray *params = remoteParamsNew();
        const qemuDomainStatsSink sink = {remoteParamsAddValue, params};
        int rc = qemuDomainCollectStats(vm, in->groups, in->flags, &sink);

        remoteDomainFill(&record->domain, vm);
        record->params.params_val = remoteParamsSteal(params, &record->params.params_len);
        if (rc < 0)
            return -1;
    }
    return 0;
}

int
remoteDomainBlockStats(virRPCCall *call, remote_domain_string *in, remote_block_stats_ret *out)
{
    g_autoptr(virDomainObj) vm = remoteDomainFind(call, &in->domain);
    qemuStatsBlock stats;

    if (!vm || qemuDomainGetBlockStats(vm, in->value, &stats) < 0)
        return -1;
    out->reads = (quad_t)stats.reads;
    out->readBytes = (quad_t)stats.readBytes;
    out->writes = (quad_t)stats.writes;
    out->writtenBytes = (quad_t)stats.writtenBytes;
    out->errors = -1; /* not known */
    return 0;
}

/* A client asks how many there are first, with room for none. */
int
remoteDomainBlockStatsFlags(virRPCCall *call, remote_block_stats_args *in,
                            remote_block_stats_flags_ret *out)
{
    g_autoptr(virDomainObj) vm = NULL;
    qemuStatsBlock stats;
    GArray *params;

    if (remoteCheckFlags(call, in->flags, VIR_TYPED_PARAM_STRING_OKAY) < 0 ||
        !(vm = remoteDomainFind(call, &in->domain)) ||
        qemuDomainGetBlockStats(vm, in->path, &stats) < 0)
        return -1;
    params = remoteParamsNew();
    remoteParamsAddLLong(params, VIR_DOMAIN_BLOCK_STATS_WRITE_BYTES, (gint64)stats.writtenBytes);
    remoteParamsAddLLong(params, VIR_DOMAIN_BLOCK_STATS_WRITE_REQ, (gint64)stats.writes);
    remoteParamsAddLLong(params, VIR_DOMAIN_BLOCK_STATS_READ_BYTES, (gint64)stats.readBytes);
    remoteParamsAddLLong(params, VIR_DOMAIN_BLOCK_STATS_READ_REQ, (gint64)stats.reads);
    remoteParamsAddLLong(params, VIR_DOMAIN_BLOCK_STATS_FLUSH_REQ, (gint64)stats.flushes);
    remoteParamsAddLLong(params, VIR_DOMAIN_BLOCK_STATS_READ_TOTAL_TIMES,
                         (gint64)stats.readTime_ns);
    remoteParamsAddLLong(params, VIR_DOMAIN_BLOCK_STATS_WRITE_TOTAL_TIMES,
                         (gint64)stats.writeTime_ns);
    remoteParamsAddLLong(params, VIR_DOMAIN_BLOCK_STATS_FLUSH_TOTAL_TIMES,
                         (gint64)stats.flushTime_ns);
    out->nparams = (int)params->len;
    out->params.params_val = remoteParamsSteal(params, &out->params.params_len);
    /* What there is no room for is not sent. */
    while (out->params.params_len > (u_int)MAX(in->nparams, 0))
        xdr_free((xdrproc_t)xdr_remote_param,
                 (char *)&out->params.params_val[--out->params.params_len]);
    return 0;
}

int
remoteDomainGetBlockInfo(virRPCCall *call, remote_domain_string_flags *in,
                         remote_block_info_ret *out)
{
    g_autoptr(virDomainObj) vm = NULL;
    virDomainBlockInfo info;

    if (remoteCheckFlags(call, in->flags, 0) < 0 || !(vm = remoteDomainFind(call, &in->domain)) ||
        qemuDomainGetBlockInfo(vm, in->value, &info) < 0)
        return -1;
    out->allocation = info.allocation;
    out->capacity = info.capacity;
    out->physical = info.physical;
    return 0;
}

/* A client asks how many disks there are first, with room for none. */
int
remoteDomainGetDiskErrors(virRPCCall *call, remote_disk_errors_args *in,
                          remote_disk_errors_ret *out)
{
    g_autoptr(virDomainObj) vm = NULL;
    g_autoptr(GArray) errors = NULL;
    guint ndisks;
    guint count;

    if (remoteCheckFlags(call, in->flags, 0) < 0 || !(vm = remoteDomainFind(call, &in->domain)) ||
        !(errors = qemuDomainGetDiskErrors(vm, &ndisks)))
        return -1;
    count = MIN(errors->len, MIN(in->max, REMOTE_DISK_ERRORS_MAX));
    out->errors.errors_len = count;
    out->errors.errors_val = g_new0(remote_disk_error, count);
    for (guint i = 0; i < count; i++) {
        const virDomainDiskError *error = &g_array_index(errors, virDomainDiskError, i);

        out->errors.errors_val[i] = (remote_disk_error){g_strdup(error->disk), error->error};
    }
    out->total = (int)(in->max == 0 ? ndisks : count);
    return 0;
}

int
remoteDomainInterfaceStats(virRPCCall *call, remote_domain_string *in,
                           remote_interface_stats_ret *out)
{
    g_autoptr(virDomainObj) vm = remoteDomainFind(call, &in->domain);
    virDomainInterfaceStatsStruct stats;

    if (!vm || qemuDomainGetInterfaceStats(vm, in->value, &stats) < 0)
        return -1;
    out->rxBytes = stats.rx_bytes;
    out->rxPackets = stats.rx_packets;
    out->rxErrors = stats.rx_errs;
    out->rxDrops = stats.rx_drop;
    out->txBytes = stats.tx_bytes;
    out->txPackets = stats.tx_packets;
    out->txErrors = stats.tx_errs;
    out->txDrops = stats.tx_drop;
    return 0;
}
