/*
 * remote_domain_life.c: defining, starting and ending guests
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "remote_domain.h"

int
remoteDomainDefineXML(virRPCCall *call, remote_string *in, remote_domain *out)
{
    return remoteDomainReturn(out, qemuDomainDefineXML(remoteDomainDriver(call), in->value, 0));
}

int
remoteDomainDefineXMLFlags(virRPCCall *call, remote_string_flags *in, remote_domain *out)
{
    return remoteDomainReturn(out,
                              qemuDomainDefineXML(remoteDomainDriver(call), in->value, in->flags));
}

int
remoteDomainCreateXML(virRPCCall *call, remote_string_flags *in, remote_domain *out)
{
    return remoteDomainReturn(out, qemuDomainCreateXML(remoteDomainDriver(call), in->value,
                                                       in->flags, remoteClientOf(call)));
}

int
remoteDomainCreate(virRPCCall *call, remote_domain *in, virRPCNothing *out G_GNUC_UNUSED)
{
    g_autoptr(virDomainObj) vm = remoteDomainFind(call, in);

    return vm ? qemuDomainCreate(vm, 0, NULL) : -1;
}

int
remoteDomainCreateWithFlags(virRPCCall *call, remote_domain_flags *in, remote_domain *out)
{
    g_autoptr(virDomainObj) vm = remoteDomainFind(call, &in->domain);

    if (!vm || qemuDomainCreate(vm, in->flags, remoteClientOf(call)) < 0)
        return -1;
    remoteDomainFill(out, vm);
    return 0;
}

int
remoteDomainDestroy(virRPCCall *call, remote_domain *in, virRPCNothing *out G_GNUC_UNUSED)
{
    g_autoptr(virDomainObj) vm = remoteDomainFind(call, in);

    return vm ? qemuDomainDestroy(vm, 0) : -1;
}

int
remoteDomainDestroyFlags(virRPCCall *call, remote_domain_flags *in,
                         virRPCNothing *out G_GNUC_UNUSED)
{
    g_autoptr(virDomainObj) vm = remoteDomainFind(call, &in->domain);

    return vm ? qemuDomainDestroy(vm, in->flags) : -1;
}
