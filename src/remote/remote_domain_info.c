/*
 * remote_domain_info.c: what a guest is and how it is
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "remote_domain.h"
#include "virerror.h"
#include "virgettext.h"

#define VIR_FROM_THIS VIR_FROM_QEMU

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

int
remoteDomainGetXMLDesc(virRPCCall *call, remote_domain_flags *in, remote_string *out)
{
    g_autoptr(virDomainObj) vm = NULL;

    if (in->flags & VIR_DOMAIN_XML_SECURE && remoteClientIsReadOnly(remoteClientOf(call))) {
        virReportError(VIR_ERR_OPERATION_DENIED, "%s",
                       _("operation forbidden: read only access prevents virDomainGetXMLDesc with "
                         "passwords"));
        return -1;
    }
    if (!(vm = remoteDomainFind(call, &in->domain)))
        return -1;
    out->value = qemuDomainGetXMLDesc(vm, in->flags);
    return out->value ? 0 : -1;
}
