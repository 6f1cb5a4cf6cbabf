/*
 * qemu_driver_memory.c: how much memory a guest has, and what it does with it
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "qemu_balloon.h"
#include "qemu_driver_priv.h"
#include "virerror.h"
#include "virfile.h"
#include "virgettext.h"

#define VIR_FROM_THIS VIR_FROM_QEMU

static int
qemuMemoryCheckSize(const virDomainObj *vm, guint64 size_kib)
{
    if (size_kib >= VIR_DOMAIN_MIN_MEMORY_KIB)
        return 0;
    virReportError(VIR_ERR_INVALID_ARG,
                   _("invalid argument: %1$" G_GUINT64_FORMAT
                     " KiB of memory for guest '%2$s': the least is %3$u KiB"),
                   size_kib, vm->name, VIR_DOMAIN_MIN_MEMORY_KIB);
    return -1;
}

static int
qemuMemoryCheckCurrent(const virDomainObj *vm, const virDomainDef *def, guint64 size_kib)
{
    if (size_kib <= def->mem.total_kib)
        return 0;
    virReportError(VIR_ERR_INVALID_ARG,
                   _("invalid argument: cannot set memory higher than max memory: guest '%1$s' has "
                     "%2$" G_GUINT64_FORMAT " KiB at most, and %3$" G_GUINT64_FORMAT
                     " KiB are asked for"),
                   vm->name, def->mem.total_kib, size_kib);
    return -1;
}

/* Whether a running guest's memory can change at all. */
static int
qemuMemoryCheckLive(const virDomainObj *vm)
{
    if (!qemuBalloonFind(vm->def)) {
        virReportError(
            VIR_ERR_OPERATION_INVALID,
            _("guest '%1$s' has no <memballoon>: its memory cannot change while it runs"),
            vm->name);
        return -1;
    }
    if (vm->def->hostdevs->len > 0) {
        virReportError(VIR_ERR_OPERATION_INVALID,
                       _("guest '%1$s' has host devices, which may reach all of its memory: it "
                         "cannot change while they are there"),
                       vm->name);
        return -1;
    }
    return 0;
}

/* All that the guest can have; what it has now goes down with it. */
static int
qemuMemorySetMaximum(qemuDomainChange *change, guint64 size_kib)
{
    virDomainMemoryDef *mem;

    if (change->live) {
        virReportError(VIR_ERR_OPERATION_INVALID,
                       _("cannot resize the maximum memory on an active domain: guest '%1$s'; it "
                         "can be changed in the definition (--config)"),
                       change->vm->name);
        return -1;
    }
    if (change->config->numa.cells && change->config->numa.cells->len > 0) {
        virReportError(VIR_ERR_OPERATION_INVALID,
                       _("the memory of guest '%1$s' is that of its NUMA <cell>s: change those in "
                         "its definition"),
                       change->vm->name);
        return -1;
    }
    mem = &change->config->mem;
    /* A guest that cannot leave memory to the host has all of it. */
    if (mem->current_kib == mem->total_kib &&
        (!qemuBalloonFind(change->config) || change->config->hostdevs->len > 0))
        mem->current_kib = size_kib;
    mem->total_kib = size_kib;
    mem->current_kib = MIN(mem->current_kib, size_kib);
    if (qemuDomainChangeCheckConfig(change) < 0)
        return -1;
    return qemuDomainChangeSaveConfig(change);
}

static int
qemuMemorySetCurrent(qemuDomainChange *change, guint64 size_kib)
{
    virDomainObj *vm = change->vm;
    g_autoptr(qemuMonitor) mon = NULL;

    if ((change->live &&
         (qemuMemoryCheckCurrent(vm, vm->def, size_kib) < 0 || qemuMemoryCheckLive(vm) < 0)) ||
        (change->config && qemuMemoryCheckCurrent(vm, change->config, size_kib) < 0))
        return -1;
    if (change->config) {
        change->config->mem.current_kib = size_kib;
        if (qemuDomainChangeCheckConfig(change) < 0)
            return -1;
    }
    if (change->live &&
        (!(mon = qemuDomainGetMonitor(vm)) || qemuMonitorSetBalloon(mon, size_kib) < 0))
        return -1;
    return qemuDomainChangeSaveConfig(change);
}

int
qemuDomainSetMemoryFlags(virDomainObj *vm, guint64 size_kib, unsigned int flags)
{
    g_auto(qemuDomainJob) job = {0};
    g_auto(qemuDomainChange) change = {0};

    if (qemuDriverCheckFlags("setmem", flags, QEMU_AFFECT_FLAGS | VIR_DOMAIN_MEM_MAXIMUM) < 0 ||
        qemuMemoryCheckSize(vm, size_kib) < 0 || qemuDomainJobBegin(&job, vm, "setmem") < 0 ||
        qemuDomainChangeBegin(&change, vm, flags) < 0)
        return -1;
    return flags & VIR_DOMAIN_MEM_MAXIMUM ? qemuMemorySetMaximum(&change, size_kib)
                                          : qemuMemorySetCurrent(&change, size_kib);
}

guint64
qemuDomainGetMaxMemory(virDomainObj *vm)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = virDomainObjLock(vm);

    return vm->def->mem.total_kib;
}

/* What of QEMU's memory is in the host's RAM, in KiB; 0 if it cannot be had. */
static guint64
qemuMemoryReadRSS(pid_t pid)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/statm", (int)pid);
    VIR_AUTOCLOSE fd = open(path, O_RDONLY | O_CLOEXEC);
    g_autofree char *text = NULL;
    g_auto(GStrv) fields = NULL;

    if (fd < 0 || virFileReadFD(fd, 4096, &text, NULL) < 0) {
        virErrorReset();
        return 0;
    }
    fields = g_strsplit(text, " ", 3);
    if (g_strv_length(fields) < 2)
        return 0;
    return g_ascii_strtoull(fields[1], NULL, 10) * (guint64)sysconf(_SC_PAGESIZE) / 1024;
}

int
qemuDomainMemoryStats(virDomainObj *vm, virDomainMemoryStatPtr stats, unsigned int max,
                      unsigned int flags)
{
    const qemuDomainPrivate *priv = vm->privateData;
    g_auto(qemuDomainJob) job = {0};
    g_autoptr(qemuMonitor) mon = NULL;
    virDomainMemoryStatStruct own[2];
    unsigned int n = 0;
    int told = 0;

    if (qemuDriverCheckFlags("dommemstat", flags, 0) < 0 ||
        qemuDomainJobBeginActive(&job, vm, "dommemstat") < 0)
        return -1;
    own[n++] = (virDomainMemoryStatStruct){VIR_DOMAIN_MEMORY_STAT_ACTUAL_BALLOON,
                                           vm->def->mem.current_kib};
    own[n++] = (virDomainMemoryStatStruct){VIR_DOMAIN_MEMORY_STAT_RSS,
                                           qemuMemoryReadRSS(priv->process.pid)};
    n = MIN(n, max);
    for (unsigned int i = 0; i < n; i++)
        stats[i] = own[i];
    if (!qemuBalloonFind(vm->def))
        return (int)n;
    if (!(mon = qemuDomainGetMonitor(vm)) ||
        (told = qemuBalloonGetStats(vm->def, mon, stats + n, max - n)) < 0)
        return -1;
    return (int)n + told;
}

static int
qemuMemoryCheckPeriod(const virDomainObj *vm, const virDomainDef *def)
{
    if (qemuBalloonFind(def))
        return 0;
    virReportError(
        VIR_ERR_OPERATION_INVALID,
        _("guest '%1$s' has no <memballoon> that could tell what the guest does with its "
          "memory"),
        vm->name);
    return -1;
}

/* In the order in which nothing has to be taken back: the definition last. */
static int
qemuMemorySetPeriod(qemuDomainChange *change, unsigned int period_s)
{
    virDomainObj *vm = change->vm;
    g_autoptr(qemuMonitor) mon = NULL;

    if ((change->live && qemuMemoryCheckPeriod(vm, vm->def) < 0) ||
        (change->config && qemuMemoryCheckPeriod(vm, change->config) < 0))
        return -1;
    if (change->config)
        qemuBalloonFind(change->config)->period_s = period_s;
    if (change->live) {
        if (!(mon = qemuDomainGetMonitor(vm)) || qemuBalloonSetPeriod(vm->def, mon, period_s) < 0)
            return -1;
        g_mutex_lock(&vm->lock);
        qemuBalloonFind(vm->def)->period_s = period_s;
        g_mutex_unlock(&vm->lock);
        qemuDomainNoteStatus(vm);
    }
    return qemuDomainChangeSaveConfig(change);
}

int
qemuDomainSetMemoryStatsPeriod(virDomainObj *vm, int period_s, unsigned int flags)
{
    g_auto(qemuDomainJob) job = {0};
    g_auto(qemuDomainChange) change = {0};

    if (qemuDriverCheckFlags("dommemstat --period", flags, QEMU_AFFECT_FLAGS) < 0)
        return -1;
    if (period_s < 0) {
        virReportError(VIR_ERR_INVALID_ARG,
                       _("invalid argument: %1$d seconds between two memory statistics"), period_s);
        return -1;
    }
    if (qemuDomainJobBegin(&job, vm, "dommemstat --period") < 0 ||
        qemuDomainChangeBegin(&change, vm, flags) < 0)
        return -1;
    return qemuMemorySetPeriod(&change, (unsigned int)period_s);
}
