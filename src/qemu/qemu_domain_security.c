/*
 * qemu_domain_security.c: what a guest's QEMU is given of the host's files, and when it goes back
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "qemu_domain.h"

/* What all guests have been given, and perhaps one that is just being taken away. */
static GPtrArray *
qemuDomainCollectOwners(qemuDriver *driver)
{
    g_autoptr(GPtrArray) vms = virDomainObjListCollect(driver->domains, 0);
    GPtrArray *all = qemuSecurityOwnersNew();

    for (guint i = 0; i < vms->len; i++) {
        virDomainObj *vm = g_ptr_array_index(vms, i);
        g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = virDomainObjLock(vm);
        const qemuDomainPrivate *priv = vm->privateData;

        for (guint j = 0; priv && priv->owners && j < priv->owners->len; j++)
            g_ptr_array_add(all, qemuSecurityOwnerCopy(g_ptr_array_index(priv->owners, j)));
    }
    return all;
}

static void
qemuDomainNoteOwners(virDomainObj *vm, const GPtrArray *more)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = virDomainObjLock(vm);
    qemuDomainPrivate *priv = vm->privateData;

    if (!priv->owners)
        priv->owners = qemuSecurityOwnersNew();
    for (guint i = 0; i < more->len; i++)
        g_ptr_array_add(priv->owners, qemuSecurityOwnerCopy(g_ptr_array_index(more, i)));
}

/* Noted before it is done, so that whoever comes after a crash can give back. */
int
qemuDomainSecure(virDomainObj *vm, const virDomainDeviceDef *dev)
{
    qemuDriver *driver = ((const qemuDomainPrivate *)vm->privateData)->driver;
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&driver->ownersLock);
    g_autoptr(GPtrArray) held = qemuDomainCollectOwners(driver);
    g_autoptr(GPtrArray) owners =
        dev ? qemuSecurityPlanDevice(driver->user, driver->host, dev, held)
            : qemuSecurityPlan(driver->user, driver->host, vm->def, held);

    if (!owners)
        return -1;
    if (owners->len == 0)
        return 0;
    qemuDomainNoteOwners(vm, owners);
    if (qemuDomainSaveStatus(vm) < 0)
        return -1;
    return qemuSecurityApply(driver->user, owners);
}

void
qemuDomainRenameOwners(virDomainObj *vm, const char *from, const char *to)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = virDomainObjLock(vm);
    const qemuDomainPrivate *priv = vm->privateData;

    for (guint i = 0; priv->owners && i < priv->owners->len; i++) {
        qemuSecurityOwner *owner = g_ptr_array_index(priv->owners, i);

        if (g_strcmp0(owner->alias, from) != 0)
            continue;
        g_free(owner->alias);
        owner->alias = g_strdup(to);
    }
}

/* Takes what is noted for a device, or all, out of the guest's. */
static GPtrArray *
qemuDomainStealOwners(virDomainObj *vm, const char *alias)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = virDomainObjLock(vm);
    const qemuDomainPrivate *priv = vm->privateData;
    GPtrArray *stolen = qemuSecurityOwnersNew();

    for (guint i = priv->owners ? priv->owners->len : 0; i > 0; i--) {
        const qemuSecurityOwner *owner = g_ptr_array_index(priv->owners, i - 1);

        if (!alias || g_strcmp0(owner->alias, alias) == 0)
            g_ptr_array_add(stolen, g_ptr_array_steal_index(priv->owners, i - 1));
    }
    return stolen;
}

void
qemuDomainUnsecure(virDomainObj *vm, const char *alias)
{
    qemuDriver *driver = ((const qemuDomainPrivate *)vm->privateData)->driver;
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&driver->ownersLock);
    g_autoptr(GPtrArray) owners = qemuDomainStealOwners(vm, alias);
    g_autoptr(GPtrArray) held = NULL;

    if (owners->len == 0)
        return;
    held = qemuDomainCollectOwners(driver);
    qemuSecurityRestore(driver->user, owners, held);
}
