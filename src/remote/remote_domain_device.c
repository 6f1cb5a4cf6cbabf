/*
 * remote_domain_device.c: a guest's devices: given and taken; and its QEMU's monitor and its agent
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "remote_domain.h"

int
remoteDomainAttachDeviceFlags(virRPCCall *call, remote_domain_string_flags *in,
                              virRPCNothing *out G_GNUC_UNUSED)
{
    g_autoptr(virDomainObj) vm = remoteDomainFind(call, &in->domain);

    return vm ? qemuDomainAttachDeviceFlags(vm, in->value, in->flags) : -1;
}

int
remoteDomainDetachDeviceFlags(virRPCCall *call, remote_domain_string_flags *in,
                              virRPCNothing *out G_GNUC_UNUSED)
{
    g_autoptr(virDomainObj) vm = remoteDomainFind(call, &in->domain);

    return vm ? qemuDomainDetachDeviceFlags(vm, in->value, in->flags) : -1;
}

int
remoteDomainDetachDeviceAlias(virRPCCall *call, remote_domain_string_flags *in,
                              virRPCNothing *out G_GNUC_UNUSED)
{
    g_autoptr(virDomainObj) vm = remoteDomainFind(call, &in->domain);

    return vm ? qemuDomainDetachDeviceAlias(vm, in->value, in->flags) : -1;
}

int
remoteDomainUpdateDeviceFlags(virRPCCall *call, remote_domain_string_flags *in,
                              virRPCNothing *out G_GNUC_UNUSED)
{
    g_autoptr(virDomainObj) vm = remoteDomainFind(call, &in->domain);

    return vm ? qemuDomainUpdateDeviceFlags(vm, in->value, in->flags) : -1;
}

/* The calls without flags are about guests that run. */

int
remoteDomainAttachDevice(virRPCCall *call, remote_domain_string *in,
                         virRPCNothing *out G_GNUC_UNUSED)
{
    g_autoptr(virDomainObj) vm = remoteDomainFind(call, &in->domain);

    return vm ? qemuDomainAttachDeviceFlags(vm, in->value, VIR_DOMAIN_AFFECT_LIVE) : -1;
}

int
remoteDomainDetachDevice(virRPCCall *call, remote_domain_string *in,
                         virRPCNothing *out G_GNUC_UNUSED)
{
    g_autoptr(virDomainObj) vm = remoteDomainFind(call, &in->domain);

    return vm ? qemuDomainDetachDeviceFlags(vm, in->value, VIR_DOMAIN_AFFECT_LIVE) : -1;
}

int
remoteDomainQemuMonitorCommand(virRPCCall *call, remote_domain_string_flags *in, remote_string *out)
{
    g_autoptr(virDomainObj) vm = remoteDomainFind(call, &in->domain);

    if (!vm)
        return -1;
    out->value = qemuDomainMonitorCommand(vm, in->value, in->flags);
    return out->value ? 0 : -1;
}
