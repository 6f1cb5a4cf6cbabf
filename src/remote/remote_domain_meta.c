/*
 * remote_domain_meta.c: what people and programs note about guests, and their names
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "remote_domain.h"

int
remoteDomainSetMetadata(virRPCCall *call, remote_set_metadata_args *in,
                        virRPCNothing *out G_GNUC_UNUSED)
{
    g_autoptr(virDomainObj) vm = remoteDomainFind(call, &in->domain);
    const virDomainMetadataNote note = {.type = in->type,
                                        .text = remoteOptional(in->text),
                                        .key = remoteOptional(in->key),
                                        .uri = remoteOptional(in->uri)};

    return vm ? qemuDomainSetMetadata(vm, &note, in->flags) : -1;
}

int
remoteDomainRename(virRPCCall *call, remote_domain_device_args *in, remote_int *out)
{
    g_autoptr(virDomainObj) vm = remoteDomainFind(call, &in->domain);

    if (!vm || qemuDomainRename(vm, in->device ? *in->device : "", in->flags) < 0)
        return -1;
    out->value = 0;
    return 0;
}

int
remoteDomainGetMetadata(virRPCCall *call, remote_get_metadata_args *in, remote_string *out)
{
    g_autoptr(virDomainObj) vm = remoteDomainFind(call, &in->domain);

    if (!vm)
        return -1;
    out->value = qemuDomainGetMetadata(vm, in->type, remoteOptional(in->uri), in->flags);
    return out->value ? 0 : -1;
}
