/*
 * qemu_hotplug_hostdev.c: host devices that a running guest gets and gives back
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "qemu_command_priv.h"
#include "qemu_hostdev.h"
#include "qemu_hotplug_priv.h"
#include "qemu_memlock.h"
#include "virerror.h"
#include "virgettext.h"
#include "virlog.h"

#define VIR_FROM_THIS VIR_FROM_QEMU

VIR_LOG_INIT("qemu.hotplug")

static int
qemuHotplugUndoPrepare(void *opaque)
{
    const qemuHotplug *plug = opaque;

    qemuHostdevReAttachPCIDevice(plug->priv->driver->hostdevMgr, plug->vm->def,
                                 plug->dev.data.hostdev);
    return 0;
}

/* The device is the guest's as long as QEMU runs, from before QEMU can open it. */
static int
qemuHotplugPrepareDevice(qemuHotplug *plug)
{
    virHostdevManager *mgr = plug->priv->driver->hostdevMgr;

    if (qemuHostdevPreparePCIDevice(mgr, plug->vm->def, plug->dev.data.hostdev) < 0)
        return -1;
    virUndoPush(plug->undo, qemuHotplugUndoPrepare, plug, NULL);
    return qemuHostdevSetProcess(mgr, plug->vm->def, plug->priv->process.pid);
}

static int
qemuHotplugUndoMemlock(void *opaque)
{
    const qemuHotplug *plug = opaque;

    return qemuMemlockRestore(plug->priv->process.pid, &plug->memlock);
}

static int
qemuHotplugRaiseMemlock(qemuHotplug *plug)
{
    if (qemuMemlockApply(plug->vm->def, plug->priv->process.pid, &plug->memlock) < 0)
        return -1;
    virUndoPush(plug->undo, qemuHotplugUndoMemlock, plug, NULL);
    return 0;
}

/* What a guest has given to its balloon the device could not reach. */
static int
qemuHotplugCheckBalloon(const qemuHotplug *plug)
{
    const virDomainMemoryDef *mem = &plug->vm->def->mem;

    if (mem->current_kib == mem->total_kib)
        return 0;
    virReportError(
        VIR_ERR_OPERATION_INVALID,
        _("guest '%1$s' has left memory to the host: a host device must reach all of it, "
          "%2$" G_GUINT64_FORMAT " KiB; give it back first (setmem)"),
        plug->vm->name, mem->total_kib);
    return -1;
}

static int
qemuHotplugPrepareHostdev(qemuHotplug *plug)
{
    if (qemuHotplugCheckBalloon(plug) < 0 || qemuHotplugPrepareDevice(plug) < 0 ||
        qemuHotplugRaiseMemlock(plug) < 0)
        return -1;
    return qemuHotplugSecure(plug);
}

static JsonObject *
qemuHotplugBuildHostdev(const virDomainDef *def, const virDomainDeviceDef *dev)
{
    return qemuBuildHostdevDevice(def, dev->data.hostdev);
}

/* The node belongs to its owner again before the driver of the host gets the device. */
static void
qemuHotplugReleaseHostdev(virDomainObj *vm, const virDomainDeviceDef *dev)
{
    const qemuDomainPrivate *priv = vm->privateData;

    qemuHotplugUnsecure(vm, dev);
    qemuHostdevReAttachPCIDevice(priv->driver->hostdevMgr, vm->def, dev->data.hostdev);
}

/* QEMU may have ended meanwhile. */
static void
qemuHotplugSettleHostdev(virDomainObj *vm)
{
    const qemuDomainPrivate *priv = vm->privateData;

    if (qemuMemlockApply(vm->def, priv->process.pid, NULL) < 0)
        VIR_DEBUG("%s", virErrorGetMessage());
}

const qemuHotplugFamily qemuHotplugHostdev = {
    .prepare = qemuHotplugPrepareHostdev,
    .build = qemuHotplugBuildHostdev,
    .release = qemuHotplugReleaseHostdev,
    .settle = qemuHotplugSettleHostdev,
};
