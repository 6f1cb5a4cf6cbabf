/*
 * qemu_hotplug_net.c: network interfaces that a running guest gets and gives back
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "qemu_command_priv.h"
#include "qemu_hotplug_priv.h"
#include "qemu_interface.h"
#include "virerror.h"
#include "virgettext.h"
#include "virlog.h"

VIR_LOG_INIT("qemu.hotplug")

static int
qemuHotplugDelBackend(qemuMonitor *mon, const virDomainNetDef *net)
{
    g_autofree char *id = g_strconcat("host", net->info.alias, NULL);
    JsonObject *arguments = json_object_new();

    json_object_set_string_member(arguments, "id", id);
    return qemuMonitorCommand(mon, "netdev_del", arguments, NULL);
}

static int
qemuHotplugUndoBackend(void *opaque)
{
    const qemuHotplug *plug = opaque;

    return qemuHotplugDelBackend(plug->mon, plug->dev.data.net);
}

static int
qemuHotplugCheckAttachNet(const virDomainDeviceDef *dev)
{
    if (dev->data.net->link == VIR_DOMAIN_NET_LINK_DOWN)
        return qemuHotplugReport(dev, _("its link is down, which a guest would see too late"));
    return 0;
}

static int
qemuHotplugAddBackend(const qemuHotplug *plug, const char *fd)
{
    JsonObject *backend = qemuBuildNetBackend(plug->dev.data.net, fd);

    return qemuMonitorCommand(plug->mon, "netdev_add", backend, NULL);
}

/* QEMU is given a tap device, opened as at a start, under a name, and then makes use of it. */
static int
qemuHotplugAddTap(const qemuHotplug *plug)
{
    g_autofree char *name = g_strconcat("tap", plug->dev.info->alias, NULL);
    int fd = qemuInterfaceOpen(plug->dev.data.net);

    if (fd < 0 || qemuMonitorPassFD(plug->mon, name, fd) < 0)
        return -1;
    if (qemuHotplugAddBackend(plug, name) == 0)
        return 0;
    /* It may have taken the descriptor out of its list before it said no. */
    qemuMonitorCloseFD(plug->mon, name);
    return -1;
}

static int
qemuHotplugTellNet(qemuHotplug *plug)
{
    bool tap = virDomainNetHasTap(plug->dev.data.net);

    if ((tap ? qemuHotplugAddTap(plug) : qemuHotplugAddBackend(plug, NULL)) < 0)
        return -1;
    virUndoPush(plug->undo, qemuHotplugUndoBackend, plug, NULL);
    return 0;
}

static JsonObject *
qemuHotplugBuildNet(const virDomainDef *def, const virDomainDeviceDef *dev)
{
    return qemuBuildNetDevice(def, dev->data.net);
}

static void
qemuHotplugForgetNet(virDomainObj *vm, qemuMonitor *mon, const virDomainDeviceDef *dev)
{
    if (qemuHotplugDelBackend(mon, dev->data.net) < 0)
        VIR_WARN(_("guest '%1$s': QEMU keeps the host's end of an interface that is gone, "
                   "'%2$s': %3$s"),
                 vm->name, dev->info->alias, virErrorGetMessage());
}

const qemuHotplugFamily qemuHotplugNet = {
    .checkAttach = qemuHotplugCheckAttachNet,
    .tell = qemuHotplugTellNet,
    .build = qemuHotplugBuildNet,
    .forget = qemuHotplugForgetNet,
};
