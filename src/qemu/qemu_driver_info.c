/*
 * qemu_driver_info.c: what is told of a guest
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "qemu_domain.h"
#include "qemu_driver_priv.h"
#include "qemu_usage.h"
#include "virdomainobjstore.h"
#include "virerror.h"
#include "virgettext.h"

#define VIR_FROM_THIS VIR_FROM_QEMU

bool
qemuDomainIsActive(virDomainObj *vm)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = virDomainObjLock(vm);

    return virDomainObjIsActive(vm);
}

bool
qemuDomainIsPersistent(virDomainObj *vm)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = virDomainObjLock(vm);

    return vm->persistent;
}

bool
qemuDomainIsUpdated(virDomainObj *vm)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = virDomainObjLock(vm);
    g_autofree char *running = NULL;
    g_autofree char *next = NULL;

    if (!vm->newDef)
        return false;
    running = virDomainDefFormat(vm->def, VIR_DOMAIN_DEF_FORMAT_INACTIVE);
    next = virDomainDefFormat(vm->newDef, VIR_DOMAIN_DEF_FORMAT_INACTIVE);
    return strcmp(running, next) != 0;
}

int
qemuDomainGetID(virDomainObj *vm)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = virDomainObjLock(vm);

    return vm->id;
}

pid_t
qemuDomainGetPid(virDomainObj *vm)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = virDomainObjLock(vm);
    const qemuDomainPrivate *priv = vm->privateData;

    return priv->process.pid;
}

void
qemuDomainGetState(virDomainObj *vm, int *state, int *reason)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = virDomainObjLock(vm);

    *state = vm->state;
    *reason = vm->reason;
}

unsigned int
qemuDomainGetMaxVcpus(virDomainObj *vm)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = virDomainObjLock(vm);

    return vm->def->vcpu.max;
}

int
qemuDomainGetControlInfo(virDomainObj *vm, virDomainControlInfo *info)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = virDomainObjLock(vm);
    const qemuDomainPrivate *priv = vm->privateData;

    if (!virDomainObjIsActive(vm)) {
        virReportError(VIR_ERR_OPERATION_INVALID, _("guest '%1$s': domain is not running"),
                       vm->name);
        return -1;
    }
    *info = (virDomainControlInfo){.state = VIR_DOMAIN_CONTROL_OK};
    if (priv->job) {
        info->state = VIR_DOMAIN_CONTROL_JOB;
        info->stateTime = (unsigned long long)(g_get_monotonic_time() - priv->jobSince) / 1000;
    } else if (priv->monClosed) {
        info->state = VIR_DOMAIN_CONTROL_ERROR;
        info->details = VIR_DOMAIN_CONTROL_ERROR_REASON_MONITOR;
    }
    return 0;
}

void
qemuDomainGetInfo(virDomainObj *vm, virDomainInfo *info)
{
    pid_t pid = qemuDomainIsActive(vm) ? qemuDomainGetPid(vm) : 0;
    qemuUsage usage = {0};

    memset(info, 0, sizeof(*info));
    (void)qemuUsageRead(pid, 0, &usage);
    info->cpuTime = usage.user_ns + usage.system_ns;
    g_mutex_lock(&vm->lock);
    info->state = (unsigned char)vm->state;
    info->maxMem = vm->def->mem.total_kib;
    info->memory = vm->def->mem.current_kib;
    info->nrVirtCpu = (unsigned short)vm->def->vcpu.current;
    g_mutex_unlock(&vm->lock);
}

char *
qemuDomainGetXMLDesc(virDomainObj *vm, unsigned int flags)
{
    const virDomainDef *def;
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = NULL;

    if (qemuDriverCheckFlags("dumpxml", flags,
                             VIR_DOMAIN_XML_INACTIVE | VIR_DOMAIN_XML_SECURE |
                                 VIR_DOMAIN_XML_MIGRATABLE | VIR_DOMAIN_XML_UPDATE_CPU) < 0)
        return NULL;
    locker = virDomainObjLock(vm);
    def = flags & VIR_DOMAIN_XML_INACTIVE && vm->newDef ? vm->newDef : vm->def;
    return virDomainDefFormat(
        def, (flags & VIR_DOMAIN_XML_INACTIVE ? VIR_DOMAIN_DEF_FORMAT_INACTIVE : 0U) |
                 (flags & VIR_DOMAIN_XML_SECURE ? VIR_DOMAIN_DEF_FORMAT_SECURE : 0U));
}

char *
qemuDomainGetEndMessage(virDomainObj *vm)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = virDomainObjLock(vm);
    const qemuDomainPrivate *priv = vm->privateData;

    return g_strdup(priv->endMessage);
}

bool
qemuDomainGetAutostart(virDomainObj *vm)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = virDomainObjLock(vm);

    return vm->autostart;
}

int
qemuDomainSetAutostart(virDomainObj *vm, bool autostart)
{
    const qemuDomainPrivate *priv = vm->privateData;
    g_auto(qemuDomainJob) job = {0};

    if (qemuDomainJobBegin(&job, vm, "set autostart") < 0)
        return -1;
    if (!vm->persistent) {
        virReportError(VIR_ERR_OPERATION_INVALID,
                       _("guest '%1$s' is transient: it cannot start with the host; define it "
                         "first"),
                       vm->name);
        return -1;
    }
    if (virDomainObjStoreSetAutostart(priv->driver->stateDirectory, vm->name, autostart) < 0)
        return -1;
    g_mutex_lock(&vm->lock);
    vm->autostart = autostart;
    g_mutex_unlock(&vm->lock);
    return 0;
}
