/*
 * qemu_hotplug_chr.c: channels that a running guest gets and gives back
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <libvirt/libvirt.h>

#include "qemu_command_priv.h"
#include "qemu_hotplug_priv.h"
#include "qemu_process_priv.h"
#include "qemu_socket.h"
#include "virerror.h"
#include "virgettext.h"
#include "virlog.h"

VIR_LOG_INIT("qemu.hotplug")

static int
qemuHotplugCheckChannel(const virDomainDef *def G_GNUC_UNUSED, const virDomainDeviceDef *dev)
{
    virDomainChrType type = dev->data.chr->source.type;

    if (type == VIR_DOMAIN_CHR_TYPE_STDIO || type == VIR_DOMAIN_CHR_TYPE_SPICEVMC)
        return qemuHotplugReport(dev, _("it is of type 'stdio' or 'spicevmc'; a channel of type "
                                        "'unix', 'pty', 'file', 'tcp' or 'null' can"));
    return 0;
}

/* A socket that has no path gets one, as at a start. */
static int
qemuHotplugChooseSocket(qemuHotplug *plug)
{
    g_autofree char *directory = qemuDomainGetRunDirectory(plug->vm);
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = virDomainObjLock(plug->vm);

    if (!plug->dev.data.chr->source.autoPath)
        return 0;
    if (!directory)
        return qemuHotplugReport(&plug->dev, _("it lacks <source mode='bind|connect' path='…'/>"));
    return qemuDomainPrepareChannelSocket(plug->dev.data.chr, directory);
}

static int
qemuHotplugPrepareChannel(qemuHotplug *plug)
{
    return qemuHotplugChooseSocket(plug) < 0 ? -1 : qemuHotplugSecure(plug);
}

static int
qemuHotplugDelChardev(qemuMonitor *mon, const virDomainChrDef *chr)
{
    g_autofree char *id = qemuGetChardevName(chr);
    JsonObject *arguments = json_object_new();

    json_object_set_string_member(arguments, "id", id);
    return qemuMonitorCommand(mon, "chardev-remove", arguments, NULL);
}

static int
qemuHotplugUndoChardev(void *opaque)
{
    const qemuHotplug *plug = opaque;

    return qemuHotplugDelChardev(plug->mon, plug->dev.data.chr);
}

/* The host's end; which terminal it is only QEMU knows. */
static int
qemuHotplugTellChannel(qemuHotplug *plug)
{
    JsonObject *chardev = qemuBuildChardev(plug->dev.data.chr);

    if (qemuMonitorCommand(plug->mon, "chardev-add", chardev, NULL) < 0)
        return -1;
    virUndoPush(plug->undo, qemuHotplugUndoChardev, plug, NULL);
    return qemuProcessRefresh(plug->vm, plug->mon,
                              VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_REASON_CHANNEL);
}

static JsonObject *
qemuHotplugBuildChannel(const virDomainDef *def, const virDomainDeviceDef *dev)
{
    return qemuBuildChrDevice(def, dev->data.chr);
}

static void
qemuHotplugForgetChannel(virDomainObj *vm, qemuMonitor *mon, const virDomainDeviceDef *dev)
{
    if (qemuHotplugDelChardev(mon, dev->data.chr) < 0)
        VIR_WARN(_("guest '%1$s': QEMU keeps the host's end of a channel that is gone, '%2$s': "
                   "%3$s"),
                 vm->name, dev->info->alias, virErrorGetMessage());
}

const qemuHotplugFamily qemuHotplugChannel = {
    .check = qemuHotplugCheckChannel,
    .prepare = qemuHotplugPrepareChannel,
    .tell = qemuHotplugTellChannel,
    .build = qemuHotplugBuildChannel,
    .forget = qemuHotplugForgetChannel,
    .release = qemuHotplugUnsecure,
};
