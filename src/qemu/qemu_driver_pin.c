/*
 * qemu_driver_pin.c: on which processors of the host a guest's threads run
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

typedef enum {
    QEMU_PIN_VCPU,
    QEMU_PIN_EMULATOR, /* all that is none of the others */
    QEMU_PIN_IOTHREAD,
} qemuPinKind;

/* What is pinned. */
typedef struct {
    qemuPinKind kind;
    unsigned int number;
} qemuPinned;

/* Where a definition says where something runs, or NULL if it has no such thing. */
static virBitmap **
qemuPinFind(virDomainDef *def, qemuPinned pinned)
{
    if (pinned.kind == QEMU_PIN_EMULATOR)
        return &def->vcpu.emulatorpin;
    if (pinned.kind == QEMU_PIN_IOTHREAD)
        return virDomainIOThreadPin(&def->vcpu.iothreads, pinned.number);
    return pinned.number < def->vcpu.max ? &def->vcpu.pins[pinned.number] : NULL;
}

static int
qemuPinReportRange(const virDomainObj *vm, const virDomainDef *def, qemuPinned pinned)
{
    if (pinned.kind == QEMU_PIN_IOTHREAD) {
        virReportError(VIR_ERR_INVALID_ARG,
                       _("invalid argument: iothread %1$u not found: guest '%2$s' has %3$u of "
                         "them, numbered from 1"),
                       pinned.number, vm->name, def->vcpu.iothreads.count);
        return -1;
    }
    virReportError(VIR_ERR_INVALID_ARG,
                   _("invalid argument: vcpu %1$u is out of range: guest '%2$s' can have 0 to "
                     "%3$u"),
                   pinned.number, vm->name, def->vcpu.max - 1);
    return -1;
}

static void
qemuPinSet(virDomainObj *vm, qemuPinned pinned, virBitmap *cpus)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = virDomainObjLock(vm);

    *qemuPinFind(vm->def, pinned) = cpus;
}

/* What cannot be done leaves the threads where they were. */
static int
qemuPinLive(virDomainObj *vm, qemuPinned pinned, const virBitmap *cpus)
{
    const qemuDomainPrivate *priv = vm->privateData;
    virBitmap *before = *qemuPinFind(vm->def, pinned);
    virBitmap *now = virBitmapCopy(cpus);
    virErrorInfo cause = {0};

    qemuPinSet(vm, pinned, now);
    if (qemuAffinityApply(vm->def, priv->process.pid) == 0) {
        virBitmapFree(before);
        qemuDomainNoteStatus(vm);
        return 0;
    }
    virErrorPreserve(&cause);
    qemuPinSet(vm, pinned, before);
    virBitmapFree(now);
    (void)!qemuAffinityApply(vm->def, priv->process.pid);
    virErrorRestore(&cause);
    return -1;
}

static int
qemuPinConfig(qemuDomainChange *change, qemuPinned pinned, const virBitmap *cpus)
{
    virBitmap **pin = qemuPinFind(change->config, pinned);

    if (!pin)
        return qemuPinReportRange(change->vm, change->config, pinned);
    virBitmapFree(*pin);
    *pin = virBitmapCopy(cpus);
    return qemuDomainChangeCheckConfig(change);
}

static int
qemuPin(virDomainObj *vm, qemuPinned pinned, const virBitmap *cpus, unsigned int flags)
{
    g_auto(qemuDomainJob) job = {0};
    g_auto(qemuDomainChange) change = {0};

    if (qemuDomainJobBegin(&job, vm, "pin") < 0 || qemuDomainChangeBegin(&change, vm, flags) < 0)
        return -1;
    if (change.live && !qemuPinFind(vm->def, pinned))
        return qemuPinReportRange(vm, vm->def, pinned);
    if ((change.config && qemuPinConfig(&change, pinned, cpus) < 0) ||
        (change.live && qemuPinLive(vm, pinned, cpus) < 0))
        return -1;
    return qemuDomainChangeSaveConfig(&change);
}

int
qemuDomainPinVcpuFlags(virDomainObj *vm, unsigned int vcpu, const virBitmap *cpus,
                       unsigned int flags)
{
    if (qemuDriverCheckFlags("vcpupin", flags, QEMU_AFFECT_FLAGS) < 0)
        return -1;
    return qemuPin(vm, (qemuPinned){QEMU_PIN_VCPU, vcpu}, cpus, flags);
}

int
qemuDomainPinEmulator(virDomainObj *vm, const virBitmap *cpus, unsigned int flags)
{
    if (qemuDriverCheckFlags("emulatorpin", flags, QEMU_AFFECT_FLAGS) < 0)
        return -1;
    return qemuPin(vm, (qemuPinned){QEMU_PIN_EMULATOR, 0}, cpus, flags);
}

int
qemuDomainPinIOThread(virDomainObj *vm, unsigned int iothread, const virBitmap *cpus,
                      unsigned int flags)
{
    if (qemuDriverCheckFlags("iothreadpin", flags, QEMU_AFFECT_FLAGS) < 0)
        return -1;
    return qemuPin(vm, (qemuPinned){QEMU_PIN_IOTHREAD, iothread}, cpus, flags);
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
