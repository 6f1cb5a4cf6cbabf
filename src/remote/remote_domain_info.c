/*
 * remote_domain_info.c: what a guest is and how it is
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "remote_domain.h"

int
remoteDomainGetState(virRPCCall *call, remote_domain_flags *in, remote_domain_state_ret *out)
{
    g_autoptr(virDomainObj) vm = NULL;

    if (remoteCheckFlags(call, in->flags, 0) < 0 || !(vm = remoteDomainFind(call, &in->domain)))
        return -1;
    qemuDomainGetState(vm, &out->state, &out->reason);
    return 0;
}

int
remoteDomainGetInfo(virRPCCall *call, remote_domain *in, remote_domain_info_ret *out)
{
    g_autoptr(virDomainObj) vm = remoteDomainFind(call, in);
    virDomainInfo info;

    if (!vm)
        return -1;
    qemuDomainGetInfo(vm, &info);
    out->state = info.state;
    out->max_kib = info.maxMem;
    out->current_kib = info.memory;
    out->vcpus = info.nrVirtCpu;
    out->cpuTime_ns = info.cpuTime;
    return 0;
}

/* Calls that give one number, or the like, of a guest, and ask for nothing else. */
#define REMOTE_DOMAIN_GET(name, ret, expression)                                                   \
    int remote##name(virRPCCall *call, remote_domain *in, ret *out)                                \
    {                                                                                              \
        g_autoptr(virDomainObj) vm = remoteDomainFind(call, in);                                   \
                                                                                                   \
        if (!vm)                                                                                   \
            return -1;                                                                             \
        out->value = expression;                                                                   \
        return 0;                                                                                  \
    }

REMOTE_DOMAIN_GET(DomainIsActive, remote_int, qemuDomainIsActive(vm))
REMOTE_DOMAIN_GET(DomainIsPersistent, remote_int, qemuDomainIsPersistent(vm))
REMOTE_DOMAIN_GET(DomainIsUpdated, remote_int, qemuDomainIsUpdated(vm))
REMOTE_DOMAIN_GET(DomainGetAutostart, remote_int, qemuDomainGetAutostart(vm))
REMOTE_DOMAIN_GET(DomainGetMaxVcpus, remote_int, (int)qemuDomainGetMaxVcpus(vm))
REMOTE_DOMAIN_GET(DomainGetOSType, remote_string, g_strdup("hvm"))

int
remoteDomainGetMaxMemory(virRPCCall *call, remote_domain *in, remote_ulong *out)
{
    g_autoptr(virDomainObj) vm = remoteDomainFind(call, in);
    virDomainInfo info;

    if (!vm)
        return -1;
    qemuDomainGetInfo(vm, &info);
    out->value = info.maxMem;
    return 0;
}

int
remoteDomainGetControlInfo(virRPCCall *call, remote_domain_flags *in,
                           remote_domain_control_ret *out)
{
    g_autoptr(virDomainObj) vm = NULL;
    virDomainControlInfo info;

    if (remoteCheckFlags(call, in->flags, 0) < 0 || !(vm = remoteDomainFind(call, &in->domain)) ||
        qemuDomainGetControlInfo(vm, &info) < 0)
        return -1;
    out->state = info.state;
    out->details = info.details;
    out->since_ms = info.stateTime;
    return 0;
}

int
remoteDomainGetXMLDesc(virRPCCall *call, remote_domain_flags *in, remote_string *out)
{
    g_autoptr(virDomainObj) vm = NULL;

    /* With libvirt what is for another host has the passwords, too. */
    if (remoteRefuseFlags(call, in->flags, VIR_DOMAIN_XML_SECURE | VIR_DOMAIN_XML_MIGRATABLE) < 0)
        return -1;
    if (!(vm = remoteDomainFind(call, &in->domain)))
        return -1;
    out->value = qemuDomainGetXMLDesc(vm, in->flags);
    return out->value ? 0 : -1;
}

/* --- what no guest has here: the guest is looked for, and then there is none of it -------------
 */

static int
remoteDomainHasNone(virRPCCall *call, const remote_domain *domain)
{
    g_autoptr(virDomainObj) vm = remoteDomainFind(call, domain);

    return vm ? 0 : -1;
}

int
remoteDomainSnapshotNum(virRPCCall *call, remote_domain_flags *in, remote_int *out G_GNUC_UNUSED)
{
    return remoteDomainHasNone(call, &in->domain);
}

int
remoteDomainListAllSnapshots(virRPCCall *call, remote_domain_list_args *in,
                             remote_domain_parts_ret *out G_GNUC_UNUSED)
{
    return remoteDomainHasNone(call, &in->domain);
}

int
remoteDomainListAllCheckpoints(virRPCCall *call, remote_domain_list_args *in,
                               remote_domain_parts_ret *out G_GNUC_UNUSED)
{
    return remoteDomainHasNone(call, &in->domain);
}

int
remoteDomainSnapshotListNames(virRPCCall *call, remote_domain_int_flags *in,
                              remote_names *out G_GNUC_UNUSED)
{
    return remoteDomainHasNone(call, &in->domain);
}

int
remoteDomainHasCurrentSnapshot(virRPCCall *call, remote_domain_flags *in,
                               remote_int *out G_GNUC_UNUSED)
{
    return remoteDomainHasNone(call, &in->domain);
}

/* Of what is deprecated or taints a guest. */
int
remoteDomainGetMessages(virRPCCall *call, remote_domain_flags *in,
                        remote_domain_messages_ret *out G_GNUC_UNUSED)
{
    if (remoteCheckFlags(call, in->flags,
                         VIR_DOMAIN_MESSAGE_DEPRECATION | VIR_DOMAIN_MESSAGE_TAINTING) < 0)
        return -1;
    return remoteDomainHasNone(call, &in->domain);
}
