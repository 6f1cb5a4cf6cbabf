/*
 * qemu_driver_info.c: what is told of a guest
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "qemu_domain.h"
#include "qemu_driver_priv.h"
#include "virdomainobjstore.h"
#include "virerror.h"
#include "virfile.h"
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

/* Fields of /proc/PID/stat after the name: the time in user space and in the kernel, in ticks. */
#define QEMU_STAT_UTIME 12
#define QEMU_STAT_STIME 13

/* In nanoseconds; 0 if it cannot be had. */
static unsigned long long
qemuDomainReadCPUTime(pid_t pid)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/stat", (int)pid);
    VIR_AUTOCLOSE fd = pid > 0 ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    g_autofree char *text = NULL;
    g_auto(GStrv) fields = NULL;
    const char *rest;
    guint64 ticks;

    if (fd < 0 || virFileReadFD(fd, 4096, &text, NULL) < 0 || !(rest = strrchr(text, ')')))
        return 0;
    fields = g_strsplit(rest, " ", QEMU_STAT_STIME + 2);
    if (g_strv_length(fields) <= QEMU_STAT_STIME)
        return 0;
    ticks = g_ascii_strtoull(fields[QEMU_STAT_UTIME], NULL, 10) +
            g_ascii_strtoull(fields[QEMU_STAT_STIME], NULL, 10);
    return ticks * (1000000000ULL / (guint64)sysconf(_SC_CLK_TCK));
}

void
qemuDomainGetInfo(virDomainObj *vm, virDomainInfo *info)
{
    pid_t pid = qemuDomainIsActive(vm) ? qemuDomainGetPid(vm) : 0;

    memset(info, 0, sizeof(*info));
    info->cpuTime = qemuDomainReadCPUTime(pid);
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
