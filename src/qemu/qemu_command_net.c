/*
 * qemu_command_net.c: QEMU's command line: network interfaces
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "qemu_command.h"
#include "qemu_command_priv.h"

static const char *const qemuNetDrivers[VIR_DOMAIN_NET_MODEL_LAST] = {
    [VIR_DOMAIN_NET_MODEL_E1000] = "e1000",
    [VIR_DOMAIN_NET_MODEL_E1000E] = "e1000e",
    [VIR_DOMAIN_NET_MODEL_RTL8139] = "rtl8139",
};

static const char *const qemuVirtioNetDrivers[] = QEMU_COMMAND_VIRTIO_DRIVERS("virtio-net-pci");

static const char *
qemuGetNetDriver(const virDomainNetDef *net)
{
    return net->model == VIR_DOMAIN_NET_MODEL_VIRTIO ? qemuVirtioNetDrivers[net->virtio.model]
                                                     : qemuNetDrivers[net->model];
}

JsonObject *
qemuBuildNetBackend(const virDomainNetDef *net, const char *fd)
{
    g_autofree char *id = g_strconcat("host", net->info.alias, NULL);
    JsonObject *backend = json_object_new();

    if (virDomainNetHasTap(net))
        qemuCommandSetMembers(backend, "type", "tap", "fd", fd, "id", id, NULL);
    else
        qemuCommandSetMembers(backend, "type", "user", "id", id, NULL);
    return backend;
}

JsonObject *
qemuBuildNetDevice(const virDomainDef *def, const virDomainNetDef *net)
{
    g_autofree char *backend = g_strconcat("host", net->info.alias, NULL);
    g_autofree char *mac = virMacAddrFormat(net->mac);
    JsonObject *device = json_object_new();

    qemuCommandSetMembers(device, "driver", qemuGetNetDriver(net), "netdev", backend, "id",
                          net->info.alias, "mac", mac, NULL);
    if (net->mtu)
        json_object_set_int_member(device, "host_mtu", net->mtu);
    if (net->rxQueueSize)
        json_object_set_int_member(device, "rx_queue_size", net->rxQueueSize);
    qemuCommandSetVirtio(device, &net->virtio);
    qemuCommandSetBoot(device, def, &net->info);
    qemuCommandSetAddress(device, def, &net->info);
    return device;
}

void
qemuCommandAddNet(GPtrArray *argv, const virDomainDef *def, guint position)
{
    const virDomainNetDef *net = g_ptr_array_index(def->nets, position);
    g_autofree char *fd = g_strdup_printf("%d", QEMU_COMMAND_NET_FD((int)position));

    qemuCommandAddNetdev(argv, qemuBuildNetBackend(net, fd));
    qemuCommandAddDevice(argv, qemuBuildNetDevice(def, net));
}
