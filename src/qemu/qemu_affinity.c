/*
 * qemu_affinity.c: on which processors of the host QEMU's threads run
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <sched.h>
#include <stdio.h>

#include "qemu_affinity.h"
#include "virerror.h"
#include "virgettext.h"

#define VIR_FROM_THIS VIR_FROM_QEMU

/* Blanks a thread's set and fills it; sched_setaffinity() is told of all processors we can name. */
static int
qemuAffinitySet(pid_t tid, const virBitmap *set)
{
    size_t size = CPU_ALLOC_SIZE(VIR_BITMAP_MAX + 1);
    cpu_set_t *cpus = CPU_ALLOC(VIR_BITMAP_MAX + 1);
    int rc;

    if (!cpus)
        g_error("cannot allocate a set of processors");
    CPU_ZERO_S(size, cpus);
    for (int cpu = virBitmapNext(set, -1); cpu >= 0; cpu = virBitmapNext(set, cpu))
        CPU_SET_S((size_t)cpu, size, cpus);
    rc = sched_setaffinity(tid, size, cpus) < 0 ? -errno : 0;
    CPU_FREE(cpus);
    return rc;
}

virBitmap *
qemuAffinityGet(pid_t tid)
{
    guint8 bytes[(VIR_BITMAP_MAX + 1) / 8] = {0};
    size_t size = CPU_ALLOC_SIZE(VIR_BITMAP_MAX + 1);
    g_autofree cpu_set_t *cpus = g_malloc0(size);

    if (sched_getaffinity(tid, size, cpus) < 0) {
        virReportSystemError(errno, _("cannot read on which processors thread %1$d runs"),
                             (int)tid);
        return NULL;
    }
    for (unsigned int i = 0; i <= VIR_BITMAP_MAX; i++) {
        if (CPU_ISSET_S(i, size, cpus))
            bytes[i / 8] |= (guint8)(1U << (i % 8));
    }
    return virBitmapFromBytes(bytes, sizeof(bytes));
}

/* Where a thread belongs; NULL is anywhere. QEMU calls those of vCPUs "CPU 3/KVM", and those that
 * serve disks "IO iothread1". */
static const virBitmap *
qemuAffinityFind(const virDomainVcpuDef *vcpu, const char *comm)
{
    const virBitmap *own = vcpu->emulatorpin;
    virBitmap **pin;
    unsigned int number;
    char next;

    if (sscanf(comm, "CPU %3u%c", &number, &next) == 2 && next == '/') {
        own = number < vcpu->max ? vcpu->pins[number] : NULL;
    } else if (sscanf(comm, "IO " VIR_DOMAIN_IOTHREAD_ALIAS "%3u%c", &number, &next) == 1) {
        pin = virDomainIOThreadPin(&vcpu->iothreads, number);
        own = pin ? *pin : NULL;
    }
    return own ? own : vcpu->cpuset;
}

static int
qemuAffinityApplyThread(const virDomainDef *def, const char *tasks, const char *name)
{
    g_autofree char *path = g_build_filename(tasks, name, "comm", NULL);
    g_autofree char *comm = NULL;
    const virBitmap *set;
    int rc;

    /* Threads come and go. */
    if (!g_file_get_contents(path, &comm, NULL, NULL))
        return 0;
    g_strchomp(comm);
    if (!(set = qemuAffinityFind(&def->vcpu, comm)))
        return 0;
    rc = qemuAffinitySet((pid_t)g_ascii_strtoll(name, NULL, 10), set);
    if (rc < 0 && rc != -ESRCH) {
        g_autofree char *text = virBitmapFormat(set);

        virReportSystemError(-rc,
                             _("cannot keep thread '%1$s' of guest '%2$s' on the host's "
                               "processors %3$s"),
                             comm, def->name, text);
        return -1;
    }
    return 0;
}

static bool
qemuAffinityIsAskedFor(const virDomainVcpuDef *vcpu)
{
    for (unsigned int i = 0; i < vcpu->max; i++) {
        if (vcpu->pins[i])
            return true;
    }
    return vcpu->cpuset || vcpu->emulatorpin || virDomainIOThreadsHavePins(&vcpu->iothreads);
}

int
qemuAffinityApply(const virDomainDef *def, pid_t pid)
{
    g_autofree char *tasks = g_strdup_printf("/proc/%d/task", (int)pid);
    g_autoptr(GError) error = NULL;
    g_autoptr(GDir) dir = NULL;
    const char *name;

    if (!qemuAffinityIsAskedFor(&def->vcpu))
        return 0;
    if (!(dir = g_dir_open(tasks, 0, &error))) {
        virReportError(VIR_ERR_OPERATION_FAILED, _("cannot read the threads of guest '%1$s': %2$s"),
                       def->name, error->message);
        return -1;
    }
    while ((name = g_dir_read_name(dir))) {
        if (qemuAffinityApplyThread(def, tasks, name) < 0)
            return -1;
    }
    return 0;
}
