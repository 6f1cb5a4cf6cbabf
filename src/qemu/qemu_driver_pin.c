/*
 * qemu_driver_pin.c: on which processors of the host a guest's run
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "qemu_affinity.h"
#include "qemu_domain.h"
#include "qemu_driver_priv.h"
#include "virerror.h"
#include "virgettext.h"

#define VIR_FROM_THIS VIR_FROM_QEMU

/* The number of what is no processor. */
#define QEMU_PIN_EMULATOR G_MAXUINT

/* Where a definition says where something runs, or NULL if it has no such processor. */
static virBitmap **
qemuPinFind(virDomainDef *def, unsigned int vcpu)
{
    if (vcpu == QEMU_PIN_EMULATOR)
        return &def->vcpu.emulatorpin;
    return vcpu < def->vcpu.max ? &def->vcpu.pins[vcpu] : NULL;
}

static int
qemuPinReportRange(const virDomainObj *vm, const virDomainDef *def, unsigned int vcpu)
{
    virReportError(VIR_ERR_INVALID_ARG,
                   _("invalid argument: vcpu %1$u is out of range: guest '%2$s' can have 0 to "
                     "%3$u"),
                   vcpu, vm->name, def->vcpu.max - 1);
    return -1;
}

static void
qemuPinSet(virDomainObj *vm, unsigned int vcpu, virBitmap *cpus)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = virDomainObjLock(vm);

    *qemuPinFind(vm->def, vcpu) = cpus;
}

/* What cannot be done leaves the threads where they were. */
static int
qemuPinLive(virDomainObj *vm, unsigned int vcpu, const virBitmap *cpus)
{
    const qemuDomainPrivate *priv = vm->privateData;
    virBitmap *before = *qemuPinFind(vm->def, vcpu);
    virBitmap *now = virBitmapCopy(cpus);
    virErrorInfo cause = {0};

    qemuPinSet(vm, vcpu, now);
    if (qemuAffinityApply(vm->def, priv->process.pid) == 0) {
        virBitmapFree(before);
        qemuDomainNoteStatus(vm);
        return 0;
    }
    virErrorPreserve(&cause);
    qemuPinSet(vm, vcpu, before);
    virBitmapFree(now);
    (void)!qemuAffinityApply(vm->def, priv->process.pid);
    virErrorRestore(&cause);
    return -1;
}

static int
qemuPinConfig(qemuDomainChange *change, unsigned int vcpu, const virBitmap *cpus)
{
    virBitmap **pin = qemuPinFind(change->config, vcpu);

    if (!pin)
        return qemuPinReportRange(change->vm, change->config, vcpu);
    virBitmapFree(*pin);
    *pin = virBitmapCopy(cpus);
    return qemuDomainChangeCheckConfig(change);
}

static int
qemuPin(virDomainObj *vm, unsigned int vcpu, const virBitmap *cpus, unsigned int flags)
{
    g_auto(qemuDomainJob) job = {0};
    g_auto(qemuDomainChange) change = {0};

    if (qemuDomainJobBegin(&job, vm, "pin") < 0 || qemuDomainChangeBegin(&change, vm, flags) < 0)
        return -1;
    if (change.live && !qemuPinFind(vm->def, vcpu))
        return qemuPinReportRange(vm, vm->def, vcpu);
    if ((change.config && qemuPinConfig(&change, vcpu, cpus) < 0) ||
        (change.live && qemuPinLive(vm, vcpu, cpus) < 0))
        return -1;
    return qemuDomainChangeSaveConfig(&change);
}

int
qemuDomainPinVcpuFlags(virDomainObj *vm, unsigned int vcpu, const virBitmap *cpus,
                       unsigned int flags)
{
    if (qemuDriverCheckFlags("vcpupin", flags, QEMU_AFFECT_FLAGS) < 0)
        return -1;
    return qemuPin(vm, MIN(vcpu, QEMU_PIN_EMULATOR - 1), cpus, flags);
}

int
qemuDomainPinEmulator(virDomainObj *vm, const virBitmap *cpus, unsigned int flags)
{
    if (qemuDriverCheckFlags("emulatorpin", flags, QEMU_AFFECT_FLAGS) < 0)
        return -1;
    return qemuPin(vm, QEMU_PIN_EMULATOR, cpus, flags);
}

/* Where it runs by what is said of it, or of the whole guest; NULL is anywhere. */
static virBitmap *
qemuPinGet(const virDomainDef *def, const virBitmap *own)
{
    const virBitmap *set = own ? own : def->vcpu.cpuset;

    return set ? virBitmapCopy(set) : NULL;
}

static void
qemuPinFree(void *set)
{
    virBitmapFree(set);
}

GPtrArray *
qemuDomainGetVcpuPins(virDomainObj *vm, unsigned int flags)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = NULL;
    const virDomainDef *def;
    GPtrArray *pins;

    if (qemuDriverCheckFlags("vcpupin", flags, QEMU_AFFECT_FLAGS) < 0)
        return NULL;
    locker = virDomainObjLock(vm);
    if (!(def = qemuDomainGetReadDef(vm, flags)))
        return NULL;
    pins = g_ptr_array_new_with_free_func(qemuPinFree);
    for (unsigned int i = 0; i < def->vcpu.max; i++)
        g_ptr_array_add(pins, qemuPinGet(def, def->vcpu.pins[i]));
    return pins;
}

int
qemuDomainGetEmulatorPin(virDomainObj *vm, unsigned int flags, virBitmap **cpus)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = NULL;
    const virDomainDef *def;

    if (qemuDriverCheckFlags("emulatorpin", flags, QEMU_AFFECT_FLAGS) < 0)
        return -1;
    locker = virDomainObjLock(vm);
    if (!(def = qemuDomainGetReadDef(vm, flags)))
        return -1;
    *cpus = qemuPinGet(def, def->vcpu.emulatorpin);
    return 0;
}
