/*
 * remote_domain_console.c: consoles and channels of guests, over streams
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "remote_domain.h"

int
remoteDomainOpenConsole(virRPCCall *call, remote_domain_device_args *in,
                        virRPCNothing *out G_GNUC_UNUSED)
{
    g_autoptr(virDomainObj) vm = remoteDomainFind(call, &in->domain);
    int fd = -1;

    if (!vm || qemuDomainOpenConsole(vm, remoteOptional(in->device), in->flags, &fd) < 0)
        return -1;
    virRPCCallSetStream(call, fd);
    return 0;
}

int
remoteDomainOpenChannel(virRPCCall *call, remote_domain_device_args *in,
                        virRPCNothing *out G_GNUC_UNUSED)
{
    g_autoptr(virDomainObj) vm = remoteDomainFind(call, &in->domain);
    int fd = -1;

    if (!vm || qemuDomainOpenChannel(vm, remoteOptional(in->device), in->flags, &fd) < 0)
        return -1;
    virRPCCallSetStream(call, fd);
    return 0;
}
