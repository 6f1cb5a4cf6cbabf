/*
 * qemu_driver_change.c: what runs and what is defined: which of them a call is about
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "qemu_domain.h"
#include "qemu_driver_priv.h"
#include "virdomainobjstore.h"
#include "virerror.h"
#include "virgettext.h"

#define VIR_FROM_THIS VIR_FROM_QEMU

void
qemuDomainChangeClear(qemuDomainChange *change)
{
    g_clear_pointer(&change->config, virDomainDefFree);
}

/* Which definitions are meant, and whether there are such. */
static int
qemuDomainGetAffected(const virDomainObj *vm, unsigned int flags, bool *live, bool *config)
{
    *config = flags & VIR_DOMAIN_AFFECT_CONFIG;
    *live = flags & VIR_DOMAIN_AFFECT_LIVE;
    if (!*live && !*config) {
        *live = virDomainObjIsActive(vm);
        *config = !*live;
    }
    if (*live && !virDomainObjIsActive(vm)) {
        virReportError(VIR_ERR_OPERATION_INVALID, _("guest '%1$s': domain is not running"),
                       vm->name);
        return -1;
    }
    if (*config && !vm->persistent) {
        virReportError(VIR_ERR_OPERATION_INVALID,
                       _("guest '%1$s' is transient: it has no persistent definition to change"),
                       vm->name);
        return -1;
    }
    return 0;
}

int
qemuDomainChangeBegin(qemuDomainChange *change, virDomainObj *vm, unsigned int flags)
{
    bool live;
    bool config;

    if (qemuDomainGetAffected(vm, flags, &live, &config) < 0)
        return -1;
    change->vm = vm;
    change->live = live;
    if (config && !(change->config = virDomainDefCopy(virDomainObjGetPersistentDef(vm))))
        return -1;
    return 0;
}

int
qemuDomainChangeCheckConfig(qemuDomainChange *change)
{
    virDomainDef *whole;

    if (!change->config)
        return 0;
    if (!(whole = virDomainDefCopy(change->config)))
        return -1;
    virDomainDefFree(change->config);
    change->config = whole;
    return 0;
}

int
qemuDomainChangeSaveConfig(qemuDomainChange *change)
{
    const qemuDomainPrivate *priv = change->vm->privateData;
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = NULL;

    if (!change->config)
        return 0;
    if (virDomainObjStoreSave(priv->driver->stateDirectory, change->config) < 0)
        return -1;
    locker = virDomainObjLock(change->vm);
    virDomainObjSetPersistentDef(change->vm, g_steal_pointer(&change->config));
    return 0;
}

const virDomainDef *
qemuDomainGetReadDef(const virDomainObj *vm, unsigned int flags)
{
    bool live;
    bool config;

    if ((flags & VIR_DOMAIN_AFFECT_LIVE) && (flags & VIR_DOMAIN_AFFECT_CONFIG)) {
        virReportError(VIR_ERR_INVALID_ARG,
                       _("invalid argument: the running guest and its persistent definition cannot "
                         "be asked for in one call"));
        return NULL;
    }
    if (qemuDomainGetAffected(vm, flags, &live, &config) < 0)
        return NULL;
    return live ? vm->def : virDomainObjGetPersistentDef(vm);
}
