/*
 * qemu_driver_stats.c: the calls that tell what guests use
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "qemu_driver_priv.h"
#include "qemu_stats.h"
#include "qemu_usage.h"
#include "qemu_vcpu.h"
#include "virerror.h"
#include "virgettext.h"

#define VIR_FROM_THIS VIR_FROM_QEMU

/* With NOWAIT: one that works answers in a few milliseconds. */
#define QEMU_STATS_NOWAIT_TIMEOUT_MS 500

/* One guest's collection. */
typedef struct {
    virDomainObj *vm;
    const qemuDomainStatsSink *sink;
    qemuMonitor *mon; /* NULL if the guest cannot be asked */
    guint timeout_ms;
    virDomainDef *def; /* a copy: nothing is locked while QEMU is asked */
    pid_t pid;         /* 0 of an inactive guest */
} qemuDomainCollection;

/* "NAME.INDEX.FIELD", or "NAME.FIELD" for an @index of -1. */
static void
qemuDomainStatsAdd(const qemuDomainCollection *self, const char *field, int type, guint64 number)
{
    self->sink->add(field, type, number, NULL, self->sink->opaque);
}

static void
qemuDomainStatsAddAt(const qemuDomainCollection *self, const char *group, guint at,
                     const char *field, guint64 number)
{
    g_autofree char *name = g_strdup_printf("%s.%u.%s", group, at, field);

    qemuDomainStatsAdd(self, name, VIR_TYPED_PARAM_ULLONG, number);
}

static void
qemuDomainStatsAddText(const qemuDomainCollection *self, const char *group, guint at,
                       const char *field, const char *text)
{
    g_autofree char *name = g_strdup_printf("%s.%u.%s", group, at, field);

    self->sink->add(name, VIR_TYPED_PARAM_STRING, 0, text, self->sink->opaque);
}

static void
qemuDomainStatsState(const qemuDomainCollection *self)
{
    int state;
    int reason;

    qemuDomainGetState(self->vm, &state, &reason);
    qemuDomainStatsAdd(self, "state.state", VIR_TYPED_PARAM_INT, (guint64)state);
    qemuDomainStatsAdd(self, "state.reason", VIR_TYPED_PARAM_INT, (guint64)reason);
}

static void
qemuDomainStatsCPU(const qemuDomainCollection *self)
{
    qemuUsage usage = {0};

    if (!qemuUsageRead(self->pid, 0, &usage))
        return;
    qemuDomainStatsAdd(self, "cpu.time", VIR_TYPED_PARAM_ULLONG, usage.user_ns + usage.system_ns);
    qemuDomainStatsAdd(self, "cpu.user", VIR_TYPED_PARAM_ULLONG, usage.user_ns);
    qemuDomainStatsAdd(self, "cpu.system", VIR_TYPED_PARAM_ULLONG, usage.system_ns);
}

static void
qemuDomainStatsBalloon(const qemuDomainCollection *self)
{
    qemuDomainStatsAdd(self, "balloon.current", VIR_TYPED_PARAM_ULLONG, self->def->mem.current_kib);
    qemuDomainStatsAdd(self, "balloon.maximum", VIR_TYPED_PARAM_ULLONG, self->def->mem.total_kib);
}

static void
qemuDomainStatsVcpu(const qemuDomainCollection *self)
{
    g_autoptr(GArray) vcpus = self->mon ? qemuVcpuList(self->mon, self->timeout_ms) : NULL;

    qemuDomainStatsAdd(self, "vcpu.current", VIR_TYPED_PARAM_UINT, self->def->vcpu.current);
    qemuDomainStatsAdd(self, "vcpu.maximum", VIR_TYPED_PARAM_UINT, self->def->vcpu.max);
    for (guint i = 0; vcpus && i < vcpus->len; i++) {
        const qemuVcpu *vcpu = &g_array_index(vcpus, qemuVcpu, i);
        g_autofree char *name = g_strdup_printf("vcpu.%u.state", vcpu->number);
        qemuUsage usage = {0};

        if (vcpu->thread)
            (void)qemuUsageRead(self->pid, vcpu->thread, &usage);
        qemuDomainStatsAdd(self, name, VIR_TYPED_PARAM_INT, VIR_VCPU_RUNNING);
        qemuDomainStatsAddAt(self, "vcpu", vcpu->number, "time", usage.user_ns + usage.system_ns);
    }
}

static void
qemuDomainStatsAddInterface(const qemuDomainCollection *self, guint at,
                            const virDomainInterfaceStatsStruct *stats)
{
    qemuDomainStatsAddAt(self, "net", at, "rx.bytes", (guint64)stats->rx_bytes);
    qemuDomainStatsAddAt(self, "net", at, "rx.pkts", (guint64)stats->rx_packets);
    qemuDomainStatsAddAt(self, "net", at, "rx.errs", (guint64)stats->rx_errs);
    qemuDomainStatsAddAt(self, "net", at, "rx.drop", (guint64)stats->rx_drop);
    qemuDomainStatsAddAt(self, "net", at, "tx.bytes", (guint64)stats->tx_bytes);
    qemuDomainStatsAddAt(self, "net", at, "tx.pkts", (guint64)stats->tx_packets);
    qemuDomainStatsAddAt(self, "net", at, "tx.errs", (guint64)stats->tx_errs);
    qemuDomainStatsAddAt(self, "net", at, "tx.drop", (guint64)stats->tx_drop);
}

/* Only a tap device has counters that we can read. */
static void
qemuDomainStatsInterfaces(const qemuDomainCollection *self)
{
    guint count = 0;

    for (guint i = 0; self->pid && i < self->def->nets->len; i++) {
        const virDomainNetDef *net = g_ptr_array_index(self->def->nets, i);
        virDomainInterfaceStatsStruct stats;

        if (!virDomainNetHasTap(net) || !net->tap || !qemuStatsReadInterface(net->tap, &stats))
            continue;
        qemuDomainStatsAddText(self, "net", count, "name", net->tap);
        qemuDomainStatsAddInterface(self, count++, &stats);
    }
    if (self->pid)
        qemuDomainStatsAdd(self, "net.count", VIR_TYPED_PARAM_UINT, count);
}

static void
qemuDomainStatsAddBlock(const qemuDomainCollection *self, guint at, const qemuStatsBlock *block)
{
    qemuDomainStatsAddAt(self, "block", at, "rd.reqs", block->reads);
    qemuDomainStatsAddAt(self, "block", at, "rd.bytes", block->readBytes);
    qemuDomainStatsAddAt(self, "block", at, "rd.times", block->readTime_ns);
    qemuDomainStatsAddAt(self, "block", at, "wr.reqs", block->writes);
    qemuDomainStatsAddAt(self, "block", at, "wr.bytes", block->writtenBytes);
    qemuDomainStatsAddAt(self, "block", at, "wr.times", block->writeTime_ns);
    qemuDomainStatsAddAt(self, "block", at, "fl.reqs", block->flushes);
    qemuDomainStatsAddAt(self, "block", at, "fl.times", block->flushTime_ns);
}

static void
qemuDomainStatsBlocks(const qemuDomainCollection *self)
{
    g_autoptr(GHashTable) blocks =
        self->mon ? qemuStatsGetBlocks(self->mon, self->timeout_ms) : NULL;

    qemuDomainStatsAdd(self, "block.count", VIR_TYPED_PARAM_UINT, self->def->disks->len);
    for (guint i = 0; i < self->def->disks->len; i++) {
        const virDomainDiskDef *disk = g_ptr_array_index(self->def->disks, i);
        const qemuStatsBlock *block =
            blocks && disk->info.alias ? g_hash_table_lookup(blocks, disk->info.alias) : NULL;

        qemuDomainStatsAddText(self, "block", i, "name", disk->target);
        if (disk->source)
            qemuDomainStatsAddText(self, "block", i, "path", disk->source);
        if (block)
            qemuDomainStatsAddBlock(self, i, block);
    }
}

static const struct {
    unsigned int group; /* virDomainStatsTypes */
    void (*collect)(const qemuDomainCollection *self);
} qemuDomainStatsGroups[] = {
    {VIR_DOMAIN_STATS_STATE, qemuDomainStatsState},
    {VIR_DOMAIN_STATS_CPU_TOTAL, qemuDomainStatsCPU},
    {VIR_DOMAIN_STATS_BALLOON, qemuDomainStatsBalloon},
    {VIR_DOMAIN_STATS_VCPU, qemuDomainStatsVcpu},
    {VIR_DOMAIN_STATS_INTERFACE, qemuDomainStatsInterfaces},
    {VIR_DOMAIN_STATS_BLOCK, qemuDomainStatsBlocks},
};

int
qemuDomainStatsCheck(unsigned int groups, unsigned int flags)
{
    unsigned int known = 0;

    for (size_t i = 0; i < G_N_ELEMENTS(qemuDomainStatsGroups); i++)
        known |= qemuDomainStatsGroups[i].group;
    if (!(flags & VIR_CONNECT_GET_ALL_DOMAINS_STATS_ENFORCE_STATS) || !(groups & ~known))
        return 0;
    virReportError(VIR_ERR_ARGUMENT_UNSUPPORTED,
                   _("statistics of the groups 0x%1$x are not to be had"), groups & ~known);
    return -1;
}

/* The monitor that may be asked, or NULL. A guest that somebody does something with is not waited
 * for with NOWAIT: its QEMU may be what that waits for. */
static qemuMonitor *
qemuDomainStatsGetMonitor(virDomainObj *vm, bool nowait)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = virDomainObjLock(vm);
    const qemuDomainPrivate *priv = vm->privateData;

    if (!virDomainObjIsActive(vm) || !priv->mon || priv->monClosed || priv->starting ||
        (nowait && priv->job))
        return NULL;
    return qemuMonitorRef(priv->mon);
}

virDomainDef *
qemuDomainStatsCopyDef(virDomainObj *vm)
{
    g_autofree char *xml = NULL;

    g_mutex_lock(&vm->lock);
    xml = virDomainDefFormat(vm->def, 0);
    g_mutex_unlock(&vm->lock);
    return virDomainDefParseLive(xml, strlen(xml), vm->name);
}

int
qemuDomainCollectStats(virDomainObj *vm, unsigned int groups, unsigned int flags,
                       const qemuDomainStatsSink *sink)
{
    bool nowait = flags & VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT;
    g_autoptr(qemuMonitor) mon = qemuDomainStatsGetMonitor(vm, nowait);
    g_autoptr(virDomainDef) def = qemuDomainStatsCopyDef(vm);
    const qemuDomainCollection self = {
        .vm = vm,
        .sink = sink,
        .mon = mon,
        .timeout_ms = nowait ? QEMU_STATS_NOWAIT_TIMEOUT_MS : QEMU_STATS_TIMEOUT_MS,
        .def = def,
        .pid = qemuDomainIsActive(vm) ? qemuDomainGetPid(vm) : 0,
    };

    if (!def)
        return -1;
    for (size_t i = 0; i < G_N_ELEMENTS(qemuDomainStatsGroups); i++) {
        if (!groups || groups & qemuDomainStatsGroups[i].group)
            qemuDomainStatsGroups[i].collect(&self);
    }
    /* A QEMU that does not answer has none of the counters that only it knows. */
    virErrorReset();
    return 0;
}

int
qemuDomainCheckRuns(virDomainObj *vm)
{
    if (qemuDomainIsActive(vm))
        return 0;
    virReportError(VIR_ERR_OPERATION_INVALID, _("guest '%1$s': domain is not running"), vm->name);
    return -1;
}

const virDomainDiskDef *
qemuDomainFindDisk(const virDomainDef *def, const char *path)
{
    for (guint i = 0; i < def->disks->len; i++) {
        const virDomainDiskDef *disk = g_ptr_array_index(def->disks, i);

        if (strcmp(disk->target, path) == 0 || g_strcmp0(disk->source, path) == 0)
            return disk;
    }
    virReportError(VIR_ERR_INVALID_ARG, _("guest '%1$s' has no disk '%2$.200s'"), def->name, path);
    return NULL;
}

static void
qemuDomainSumBlocks(GHashTable *blocks, qemuStatsBlock *sum)
{
    GHashTableIter iter;
    void *value;

    g_hash_table_iter_init(&iter, blocks);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const qemuStatsBlock *block = value;

        sum->reads += block->reads;
        sum->readBytes += block->readBytes;
        sum->readTime_ns += block->readTime_ns;
        sum->writes += block->writes;
        sum->writtenBytes += block->writtenBytes;
        sum->writeTime_ns += block->writeTime_ns;
        sum->flushes += block->flushes;
        sum->flushTime_ns += block->flushTime_ns;
    }
}

int
qemuDomainGetBlockStats(virDomainObj *vm, const char *path, qemuStatsBlock *stats)
{
    g_autoptr(virDomainDef) def = qemuDomainStatsCopyDef(vm);
    g_autoptr(qemuMonitor) mon = NULL;
    g_autoptr(GHashTable) blocks = NULL;
    const virDomainDiskDef *disk = NULL;
    const qemuStatsBlock *found;

    if (!def || qemuDomainCheckRuns(vm) < 0 || (*path && !(disk = qemuDomainFindDisk(def, path))) ||
        !(mon = qemuDomainGetMonitor(vm)) ||
        !(blocks = qemuStatsGetBlocks(mon, QEMU_STATS_TIMEOUT_MS)))
        return -1;
    memset(stats, 0, sizeof(*stats));
    if (!disk) {
        qemuDomainSumBlocks(blocks, stats);
        return 0;
    }
    if (!(found = g_hash_table_lookup(blocks, disk->info.alias))) {
        virReportError(VIR_ERR_OPERATION_FAILED,
                       _("QEMU has no counters of disk '%1$s' of guest "
                         "'%2$s'"),
                       path, vm->name);
        return -1;
    }
    *stats = *found;
    return 0;
}

int
qemuDomainGetInterfaceStats(virDomainObj *vm, const char *device,
                            virDomainInterfaceStatsStruct *stats)
{
    g_autoptr(virDomainDef) def = qemuDomainStatsCopyDef(vm);

    if (!def || qemuDomainCheckRuns(vm) < 0)
        return -1;
    for (guint i = 0; i < def->nets->len; i++) {
        const virDomainNetDef *net = g_ptr_array_index(def->nets, i);
        g_autofree char *mac = virMacAddrFormat(net->mac);

        if (!virDomainNetHasTap(net) || !net->tap ||
            (strcmp(net->tap, device) != 0 && g_ascii_strcasecmp(mac, device) != 0))
            continue;
        if (qemuStatsReadInterface(net->tap, stats))
            return 0;
    }
    virReportError(VIR_ERR_INVALID_ARG,
                   _("guest '%1$s' has no network interface '%2$.200s' on a tap device of this "
                     "host; only these have counters"),
                   vm->name, device);
    return -1;
}
