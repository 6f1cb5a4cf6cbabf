/*
 * qemu_driver_iothread.c: which I/O threads a guest has, and where on the host they run
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "qemu_affinity.h"
#include "qemu_driver_priv.h"
#include "qemu_iothread.h"
#include "virerror.h"

#define VIR_FROM_THIS VIR_FROM_QEMU

void
qemuDomainIOThreadFree(qemuDomainIOThread *thread)
{
    virBitmapFree(thread->cpus);
    g_free(thread);
}

static void
qemuIOThreadFreeItem(void *thread)
{
    qemuDomainIOThreadFree(thread);
}

/* Takes @cpus. */
static void
qemuIOThreadTell(GPtrArray *threads, unsigned int number, virBitmap *cpus)
{
    qemuDomainIOThread *thread = g_new0(qemuDomainIOThread, 1);

    thread->number = number;
    thread->cpus = cpus;
    g_ptr_array_add(threads, thread);
}

static void
qemuIOThreadsTellDefined(GPtrArray *threads, const virDomainDef *def)
{
    const virDomainVcpuDef *vcpu = &def->vcpu;

    for (unsigned int i = 1; i <= vcpu->iothreads.count; i++) {
        const virBitmap *own = *virDomainIOThreadPin(&vcpu->iothreads, i);
        const virBitmap *set = own ? own : vcpu->cpuset;

        qemuIOThreadTell(threads, i, set ? virBitmapCopy(set) : NULL);
    }
}

/* What the kernel says of them, which others may have changed. */
static int
qemuIOThreadsTellRunning(GPtrArray *threads, virDomainObj *vm)
{
    g_auto(qemuDomainJob) job = {0};
    g_autoptr(qemuMonitor) mon = NULL;
    g_autoptr(GArray) list = NULL;

    if (qemuDomainJobBeginActive(&job, vm, "iothreadinfo") < 0 ||
        !(mon = qemuDomainGetMonitor(vm)) || !(list = qemuIOThreadList(mon)))
        return -1;
    for (guint i = 0; i < list->len; i++) {
        const qemuIOThread *thread = &g_array_index(list, qemuIOThread, i);
        virBitmap *cpus = qemuAffinityGet(thread->thread);

        if (!cpus)
            return -1;
        qemuIOThreadTell(threads, thread->number, cpus);
    }
    return 0;
}

/* Whether the running guest is meant; what is told of the other one is told at once. */
static int
qemuIOThreadsTellOrNot(GPtrArray *threads, virDomainObj *vm, unsigned int flags, bool *live)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = virDomainObjLock(vm);
    const virDomainDef *def = qemuDomainGetReadDef(vm, flags);

    if (!def)
        return -1;
    *live = virDomainObjIsActive(vm) && def == vm->def;
    if (!*live)
        qemuIOThreadsTellDefined(threads, def);
    return 0;
}

GPtrArray *
qemuDomainGetIOThreads(virDomainObj *vm, unsigned int flags)
{
    g_autoptr(GPtrArray) threads = g_ptr_array_new_with_free_func(qemuIOThreadFreeItem);
    bool live = false;

    if (qemuDriverCheckFlags("iothreadinfo", flags, QEMU_AFFECT_FLAGS) < 0 ||
        qemuIOThreadsTellOrNot(threads, vm, flags, &live) < 0 ||
        (live && qemuIOThreadsTellRunning(threads, vm) < 0))
        return NULL;
    return g_steal_pointer(&threads);
}
