/*
 * qemu_balloon.c: the memory that a running guest leaves to the host, and what it does with the
 * rest
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "qemu_balloon.h"
#include "virerror.h"
#include "virgettext.h"
#include "virlog.h"

VIR_LOG_INIT("qemu.balloon")

virDomainMemballoonDef *
qemuBalloonFind(const virDomainDef *def)
{
    virDomainMemballoonDef *balloon =
        def->memballoons->len > 0 ? g_ptr_array_index(def->memballoons, 0) : NULL;

    return balloon && balloon->model != VIR_DOMAIN_MEMBALLOON_NONE ? balloon : NULL;
}

/* For qom-get and qom-set. */
static JsonObject *
qemuBalloonProperty(const virDomainDef *def, const char *property)
{
    JsonObject *arguments = json_object_new();
    g_autofree char *path =
        g_strconcat("/machine/peripheral/", qemuBalloonFind(def)->info.alias, NULL);

    json_object_set_string_member(arguments, "path", path);
    json_object_set_string_member(arguments, "property", property);
    return arguments;
}

int
qemuBalloonSetPeriod(const virDomainDef *def, qemuMonitor *mon, unsigned int period_s)
{
    JsonObject *arguments = qemuBalloonProperty(def, "guest-stats-polling-interval");

    json_object_set_int_member(arguments, "value", period_s);
    return qemuMonitorCommand(mon, "qom-set", arguments, NULL);
}

/* QEMU's words, and libvirt's numbers. */
static const struct {
    const char *name;
    int tag;
    unsigned int unit; /* bytes of one of libvirt's */
} qemuBalloonStats[] = {
    {"stat-swap-in", VIR_DOMAIN_MEMORY_STAT_SWAP_IN, 1024},
    {"stat-swap-out", VIR_DOMAIN_MEMORY_STAT_SWAP_OUT, 1024},
    {"stat-major-faults", VIR_DOMAIN_MEMORY_STAT_MAJOR_FAULT, 1},
    {"stat-minor-faults", VIR_DOMAIN_MEMORY_STAT_MINOR_FAULT, 1},
    {"stat-free-memory", VIR_DOMAIN_MEMORY_STAT_UNUSED, 1024},
    {"stat-total-memory", VIR_DOMAIN_MEMORY_STAT_AVAILABLE, 1024},
    {"stat-available-memory", VIR_DOMAIN_MEMORY_STAT_USABLE, 1024},
    {"stat-disk-caches", VIR_DOMAIN_MEMORY_STAT_DISK_CACHES, 1024},
    {"stat-htlb-pgalloc", VIR_DOMAIN_MEMORY_STAT_HUGETLB_PGALLOC, 1},
    {"stat-htlb-pgfail", VIR_DOMAIN_MEMORY_STAT_HUGETLB_PGFAIL, 1},
};

/* What a guest does not tell is -1, as a number without a sign. */
static bool
qemuBalloonStatIsTold(JsonObject *stats, const char *name)
{
    return stats && json_object_has_member(stats, name) && qemuMonitorGetInt(stats, name) != -1;
}

int
qemuBalloonGetStats(const virDomainDef *def, qemuMonitor *mon, virDomainMemoryStatPtr stats,
                    unsigned int max)
{
    g_autoptr(JsonNode) result = NULL;
    JsonObject *object;
    JsonObject *told;
    gint64 updated;
    unsigned int n = 0;

    if (qemuMonitorCommand(mon, "qom-get", qemuBalloonProperty(def, "guest-stats"), &result) < 0)
        return -1;
    object = JSON_NODE_HOLDS_OBJECT(result) ? json_node_get_object(result) : NULL;
    told = qemuMonitorGetObject(object, "stats");
    for (size_t i = 0; i < G_N_ELEMENTS(qemuBalloonStats) && n < max; i++) {
        if (!qemuBalloonStatIsTold(told, qemuBalloonStats[i].name))
            continue;
        stats[n].tag = qemuBalloonStats[i].tag;
        stats[n].val = (unsigned long long)qemuMonitorGetInt(told, qemuBalloonStats[i].name) /
                       qemuBalloonStats[i].unit;
        n++;
    }
    updated = qemuMonitorGetInt(object, "last-update");
    if (updated > 0 && n < max) {
        stats[n].tag = VIR_DOMAIN_MEMORY_STAT_LAST_UPDATE;
        stats[n].val = (unsigned long long)updated;
        n++;
    }
    return (int)n;
}

/* Returns whether it is another amount than before. Wants the lock. */
static bool
qemuBalloonNote(virDomainObj *vm, gint64 bytes)
{
    virDomainMemoryDef *mem = &vm->def->mem;
    guint64 now_kib = bytes > 0 ? (guint64)bytes / 1024 : 0;

    if (now_kib == 0)
        return false;
    /* What else QEMU counts as memory is no part of the guest's <memory>. And it is the guest that
     * says how much it has left: what no definition can say would be in the status file, and the
     * next driver could not read that. */
    now_kib = CLAMP(now_kib, VIR_DOMAIN_MIN_MEMORY_KIB, mem->total_kib);
    if (now_kib == mem->current_kib)
        return false;
    mem->current_kib = now_kib;
    return true;
}

void
qemuBalloonCatchUp(virDomainObj *vm, qemuMonitor *mon)
{
    g_autoptr(JsonNode) result = NULL;

    if (!qemuBalloonFind(vm->def))
        return;
    if (qemuMonitorCommand(mon, "query-balloon", NULL, &result) < 0) {
        /* one that is gone is told of by whoever notices that it is */
        if (!qemuMonitorIsClosed(mon))
            VIR_WARN(_("guest '%1$s': QEMU does not say how much memory it has now: %2$s"),
                     vm->name, virErrorGetMessage());
        virErrorReset();
        return;
    }
    if (!JSON_NODE_HOLDS_OBJECT(result))
        return;
    g_mutex_lock(&vm->lock);
    (void)qemuBalloonNote(vm, qemuMonitorGetInt(json_node_get_object(result), "actual"));
    g_mutex_unlock(&vm->lock);
}

void
qemuBalloonHandleChange(virDomainObj *vm, JsonObject *data)
{
    const qemuDomainPrivate *priv = vm->privateData;

    if (!qemuBalloonNote(vm, qemuMonitorGetInt(data, "actual")))
        return;
    VIR_DEBUG("guest %s has %" G_GUINT64_FORMAT " KiB now", vm->name, vm->def->mem.current_kib);
    qemuEventQueueBalloon(priv->driver->events, vm, vm->def->mem.current_kib);
    qemuDomainPushStatus(vm);
}
