/*
 * qemu_hotplug_security.c: files and nodes that QEMU's user is given for a device
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "qemu_hotplug_priv.h"
#include "qemu_security.h"
#include "virerror.h"
#include "virlog.h"

VIR_LOG_INIT("qemu.hotplug")

static int
qemuHotplugUndoSecure(void *opaque)
{
    const qemuHotplug *plug = opaque;

    qemuHotplugUnsecure(plug->vm, &plug->dev);
    return 0;
}

/* The owners of @more become ones of the guest. */
static void
qemuHotplugNoteOwners(qemuHotplug *plug, const GPtrArray *more)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = virDomainObjLock(plug->vm);
    qemuDomainPrivate *priv = plug->priv;

    if (!priv->owners)
        priv->owners = g_ptr_array_new_with_free_func((GDestroyNotify)qemuSecurityOwnerFree);
    for (guint i = 0; i < more->len; i++) {
        const qemuSecurityOwner *owner = g_ptr_array_index(more, i);

        g_ptr_array_add(priv->owners, qemuSecurityOwnerNew(owner->path, owner->uid, owner->gid));
    }
}

/* Noted before it is done, so that whoever comes after a crash can give back. */
int
qemuHotplugSecure(qemuHotplug *plug)
{
    const qemuDriver *driver = plug->priv->driver;
    g_autoptr(GPtrArray) owners = qemuSecurityPlanDevice(driver->user, driver->host, &plug->dev);

    if (!owners)
        return -1;
    if (owners->len == 0)
        return 0;
    qemuHotplugNoteOwners(plug, owners);
    virUndoPush(plug->undo, qemuHotplugUndoSecure, plug, NULL);
    if (qemuDomainSaveStatus(plug->vm) < 0)
        return -1;
    return qemuSecurityApply(driver->user, owners);
}

/* Whether a device beside @dev needs that file. */
static bool
qemuHotplugIsPathUsed(virDomainObj *vm, const virDomainDeviceDef *dev, const char *path)
{
    const qemuDomainPrivate *priv = vm->privateData;
    virDomainDeviceIter iter = virDomainDeviceIterInit(vm->def);
    virDomainDeviceDef other;

    while (virDomainDeviceIterNext(&iter, &other)) {
        g_autofree char *its = NULL;

        if (other.data.any == dev->data.any)
            continue;
        its = qemuSecurityGetPath(priv->driver->host, &other);
        if (g_strcmp0(its, path) == 0)
            return true;
    }
    return false;
}

/* Takes what is noted of a file out of the guest's; NULL if nothing is. */
static GPtrArray *
qemuHotplugStealOwner(virDomainObj *vm, const char *path)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = virDomainObjLock(vm);
    const qemuDomainPrivate *priv = vm->privateData;

    for (guint i = 0; priv->owners && i < priv->owners->len; i++) {
        const qemuSecurityOwner *owner = g_ptr_array_index(priv->owners, i);
        GPtrArray *stolen;

        if (strcmp(owner->path, path) != 0)
            continue;
        stolen = g_ptr_array_new_with_free_func((GDestroyNotify)qemuSecurityOwnerFree);
        g_ptr_array_add(stolen, g_ptr_array_steal_index(priv->owners, i));
        return stolen;
    }
    return NULL;
}

void
qemuHotplugUnsecure(virDomainObj *vm, const virDomainDeviceDef *dev)
{
    const qemuDomainPrivate *priv = vm->privateData;
    g_autofree char *path = NULL;
    g_autoptr(GPtrArray) owners = NULL;

    if (!priv->driver->user)
        return;
    if (!(path = qemuSecurityGetPath(priv->driver->host, dev))) {
        VIR_DEBUG("%s", virErrorGetMessage());
        return;
    }
    if (*path && !qemuHotplugIsPathUsed(vm, dev, path) &&
        (owners = qemuHotplugStealOwner(vm, path)))
        qemuSecurityRestore(priv->driver->user, owners);
}
