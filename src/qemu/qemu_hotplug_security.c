/*
 * qemu_hotplug_security.c: files and nodes that QEMU's user is given for a device
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "qemu_hotplug_priv.h"

static int
qemuHotplugUndoSecure(void *opaque)
{
    const qemuHotplug *plug = opaque;

    qemuHotplugUnsecure(plug->vm, &plug->dev);
    return 0;
}

int
qemuHotplugSecure(qemuHotplug *plug)
{
    virUndoPush(plug->undo, qemuHotplugUndoSecure, plug, NULL);
    return qemuDomainSecure(plug->vm, &plug->dev);
}

void
qemuHotplugUnsecure(virDomainObj *vm, const virDomainDeviceDef *dev)
{
    qemuDomainUnsecure(vm, dev->info->alias);
}
