/*
 * remote_domain_life.c: what is done with a guest as a whole, from its definition to its end
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
remoteDomainCreateWithFlags(virRPCCall *call, remote_domain_flags *in, remote_domain *out)
{
    g_autoptr(virDomainObj) vm = remoteDomainFind(call, &in->domain);

    if (!vm || qemuDomainCreate(vm, in->flags, remoteClientOf(call)) < 0)
        return -1;
    remoteDomainFill(out, vm);
    return 0;
}

/* Calls that do something with a guest, and give nothing back: without flags, and with. */
#define REMOTE_DOMAIN_DO(name, expression)                                                         \
    int remote##name(virRPCCall *call, remote_domain *in, virRPCNothing *out G_GNUC_UNUSED)        \
    {                                                                                              \
        g_autoptr(virDomainObj) vm = remoteDomainFind(call, in);                                   \
                                                                                                   \
        return vm ? (expression) : -1;                                                             \
    }

#define REMOTE_DOMAIN_DO_FLAGS(name, function)                                                     \
    int remote##name(virRPCCall *call, remote_domain_flags *in, virRPCNothing *out G_GNUC_UNUSED)  \
    {                                                                                              \
        g_autoptr(virDomainObj) vm = remoteDomainFind(call, &in->domain);                          \
                                                                                                   \
        return vm ? function(vm, in->flags) : -1;                                                  \
    }

REMOTE_DOMAIN_DO(DomainCreate, qemuDomainCreate(vm, 0, NULL))
REMOTE_DOMAIN_DO(DomainSuspend, qemuDomainSuspend(vm))
REMOTE_DOMAIN_DO(DomainResume, qemuDomainResume(vm))
REMOTE_DOMAIN_DO(DomainShutdown, qemuDomainShutdown(vm, 0))
REMOTE_DOMAIN_DO(DomainDestroy, qemuDomainDestroy(vm, 0))
REMOTE_DOMAIN_DO(DomainUndefine, qemuDomainUndefine(vm, 0))
REMOTE_DOMAIN_DO_FLAGS(DomainShutdownFlags, qemuDomainShutdown)
REMOTE_DOMAIN_DO_FLAGS(DomainReboot, qemuDomainReboot)
REMOTE_DOMAIN_DO_FLAGS(DomainReset, qemuDomainReset)
REMOTE_DOMAIN_DO_FLAGS(DomainDestroyFlags, qemuDomainDestroy)
REMOTE_DOMAIN_DO_FLAGS(DomainUndefineFlags, qemuDomainUndefine)

int
remoteDomainSetAutostart(virRPCCall *call, remote_domain_int *in, virRPCNothing *out G_GNUC_UNUSED)
{
    g_autoptr(virDomainObj) vm = remoteDomainFind(call, &in->domain);

    return vm ? qemuDomainSetAutostart(vm, in->value != 0) : -1;
}
