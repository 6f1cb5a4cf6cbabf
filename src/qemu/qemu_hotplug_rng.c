/*
 * qemu_hotplug_rng.c: sources of randomness that a running guest gets and gives back
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "qemu_command_priv.h"
#include "qemu_hotplug_priv.h"
#include "virerror.h"
#include "virgettext.h"
#include "virlog.h"

VIR_LOG_INIT("qemu.hotplug")

static int
qemuHotplugDelObject(qemuMonitor *mon, const virDomainRNGDef *rng)
{
    g_autofree char *id = qemuGetRNGObjectName(rng);
    JsonObject *arguments = json_object_new();

    json_object_set_string_member(arguments, "id", id);
    return qemuMonitorCommand(mon, "object-del", arguments, NULL);
}

static int
qemuHotplugUndoObject(void *opaque)
{
    const qemuHotplug *plug = opaque;

    return qemuHotplugDelObject(plug->mon, plug->dev.data.rng);
}

static int
qemuHotplugTellRNG(qemuHotplug *plug)
{
    JsonObject *object = qemuBuildRNGObject(plug->dev.data.rng);

    if (qemuMonitorCommand(plug->mon, "object-add", object, NULL) < 0)
        return -1;
    virUndoPush(plug->undo, qemuHotplugUndoObject, plug, NULL);
    return 0;
}

static JsonObject *
qemuHotplugBuildRNG(const virDomainDef *def, const virDomainDeviceDef *dev)
{
    return qemuBuildRNGDevice(def, dev->data.rng);
}

static void
qemuHotplugForgetRNG(virDomainObj *vm, qemuMonitor *mon, const virDomainDeviceDef *dev)
{
    if (qemuHotplugDelObject(mon, dev->data.rng) < 0)
        VIR_WARN(_("guest '%1$s': QEMU keeps the host's end of a source of randomness that is "
                   "gone, '%2$s': %3$s"),
                 vm->name, dev->info->alias, virErrorGetMessage());
}

const qemuHotplugFamily qemuHotplugRNG = {
    .prepare = qemuHotplugSecure,
    .tell = qemuHotplugTellRNG,
    .build = qemuHotplugBuildRNG,
    .forget = qemuHotplugForgetRNG,
    .release = qemuHotplugUnsecure,
};
