/*
 * qemu_driver_vcpu.c: how many processors a guest has
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "qemu_driver_priv.h"
#include "qemu_usage.h"
#include "qemu_vcpu.h"
#include "virerror.h"
#include "virgettext.h"

#define VIR_FROM_THIS VIR_FROM_QEMU

static int
qemuVcpusCheckFlags(const char *what, unsigned int flags, unsigned int known)
{
    if (flags & VIR_DOMAIN_VCPU_GUEST) {
        virReportError(VIR_ERR_ARGUMENT_UNSUPPORTED,
                       _("unsupported argument: %1$s through the guest agent (--guest)"), what);
        return -1;
    }
    return qemuDriverCheckFlags(what, flags, known);
}

static int
qemuVcpusCheckCount(const virDomainObj *vm, const virDomainDef *def, unsigned int count)
{
    if (count <= def->vcpu.max)
        return 0;
    virReportError(VIR_ERR_INVALID_ARG,
                   _("invalid argument: requested vcpus is greater than max allowable vcpus: guest "
                     "'%1$s' can have %2$u, and %3$u are asked for"),
                   vm->name, def->vcpu.max, count);
    return -1;
}

static int
qemuVcpusSetMaximum(qemuDomainChange *change, unsigned int count)
{
    if (change->live) {
        virReportError(VIR_ERR_OPERATION_INVALID,
                       _("maximum vcpu count of a live domain can't be modified: guest '%1$s'; it "
                         "can be changed in the definition (--config)"),
                       change->vm->name);
        return -1;
    }
    if (count > VIR_DOMAIN_MAX_VCPUS) {
        virReportError(VIR_ERR_INVALID_ARG,
                       _("invalid argument: %1$u processors for guest '%2$s': at most %3$d"), count,
                       change->vm->name, VIR_DOMAIN_MAX_VCPUS);
        return -1;
    }
    virDomainVcpuDefSetMax(&change->config->vcpu, count);
    if (qemuDomainChangeCheckConfig(change) < 0)
        return -1;
    return qemuDomainChangeSaveConfig(change);
}

static int
qemuVcpusSetLive(virDomainObj *vm, unsigned int count)
{
    if (count > vm->def->vcpu.current)
        return qemuVcpuPlug(vm, count);
    return count < vm->def->vcpu.current ? qemuVcpuUnplug(vm, count) : 0;
}

static int
qemuVcpusSetCurrent(qemuDomainChange *change, unsigned int count)
{
    virDomainObj *vm = change->vm;

    if ((change->live && qemuVcpusCheckCount(vm, vm->def, count) < 0) ||
        (change->config && qemuVcpusCheckCount(vm, change->config, count) < 0))
        return -1;
    if (change->config) {
        change->config->vcpu.current = count;
        if (qemuDomainChangeCheckConfig(change) < 0)
            return -1;
    }
    if (change->live && qemuVcpusSetLive(vm, count) < 0)
        return -1;
    return qemuDomainChangeSaveConfig(change);
}

/* What a running guest gets can be taken from it again; what it starts with cannot. */
static int
qemuVcpusCheckHotpluggable(const qemuDomainChange *change, unsigned int flags)
{
    if (!(flags & VIR_DOMAIN_VCPU_HOTPLUGGABLE) || !change->config)
        return 0;
    virReportError(
        VIR_ERR_CONFIG_UNSUPPORTED,
        _("unsupported configuration: guest '%1$s' with processors that can be unplugged "
          "though they are there at its start (--hotpluggable)"),
        change->vm->name);
    return -1;
}

int
qemuDomainSetVcpusFlags(virDomainObj *vm, unsigned int count, unsigned int flags)
{
    g_auto(qemuDomainJob) job = {0};
    g_auto(qemuDomainChange) change = {0};

    if (qemuVcpusCheckFlags("setvcpus", flags,
                            QEMU_AFFECT_FLAGS | VIR_DOMAIN_VCPU_MAXIMUM |
                                VIR_DOMAIN_VCPU_HOTPLUGGABLE) < 0)
        return -1;
    if (count == 0) {
        virReportError(VIR_ERR_INVALID_ARG,
                       _("invalid argument: a guest has at least one processor"));
        return -1;
    }
    if (qemuDomainJobBegin(&job, vm, "setvcpus") < 0 ||
        qemuDomainChangeBegin(&change, vm, flags) < 0 ||
        qemuVcpusCheckHotpluggable(&change, flags) < 0)
        return -1;
    return flags & VIR_DOMAIN_VCPU_MAXIMUM ? qemuVcpusSetMaximum(&change, count)
                                           : qemuVcpusSetCurrent(&change, count);
}

int
qemuDomainGetVcpusFlags(virDomainObj *vm, unsigned int flags)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = NULL;
    const virDomainDef *def;

    if (qemuVcpusCheckFlags("vcpucount", flags, QEMU_AFFECT_FLAGS | VIR_DOMAIN_VCPU_MAXIMUM) < 0)
        return -1;
    locker = virDomainObjLock(vm);
    if (!(def = qemuDomainGetReadDef(vm, flags)))
        return -1;
    return (int)(flags & VIR_DOMAIN_VCPU_MAXIMUM ? def->vcpu.max : def->vcpu.current);
}

int
qemuDomainGetVcpus(virDomainObj *vm, virVcpuInfoPtr infos, unsigned int max)
{
    const qemuDomainPrivate *priv = vm->privateData;
    g_auto(qemuDomainJob) job = {0};
    g_autoptr(qemuMonitor) mon = NULL;
    g_autoptr(GArray) vcpus = NULL;
    guint n;

    if (qemuDomainJobBeginActive(&job, vm, "vcpuinfo") < 0 || !(mon = qemuDomainGetMonitor(vm)) ||
        !(vcpus = qemuVcpuList(mon, QEMU_MONITOR_COMMAND_TIMEOUT_MS)))
        return -1;
    n = MIN(vcpus->len, max);
    for (guint i = 0; i < n; i++) {
        const qemuVcpu *vcpu = &g_array_index(vcpus, qemuVcpu, i);
        qemuUsage usage = {.cpu = VIR_VCPU_INFO_CPU_UNAVAILABLE};

        (void)qemuUsageRead(priv->process.pid, vcpu->thread, &usage);
        infos[i] = (virVcpuInfo){.number = vcpu->number,
                                 .state = VIR_VCPU_RUNNING,
                                 .cpuTime = usage.user_ns + usage.system_ns,
                                 .cpu = usage.cpu};
    }
    return (int)n;
}
