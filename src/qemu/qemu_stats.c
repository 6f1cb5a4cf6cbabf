/*
 * qemu_stats.c: what guests use: counters of processors, disks and interfaces
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "qemu_stats.h"
#include "virerror.h"
#include "virfile.h"
#include "virgettext.h"

#define VIR_FROM_THIS VIR_FROM_QEMU

/* The most that is read of a file of /proc, in bytes. */
#define QEMU_STATS_MAX_FILE (1024 * 1024)

static char *
qemuStatsReadFile(const char *path)
{
    VIR_AUTOCLOSE fd = open(path, O_RDONLY | O_CLOEXEC);
    char *text = NULL;

    return fd < 0 || virFileReadFD(fd, QEMU_STATS_MAX_FILE, &text, NULL) < 0 ? NULL : text;
}

/* A command that returns a list; NULL with an error reported. */
static JsonNode *
qemuStatsAsk(qemuMonitor *mon, const char *command, guint timeout_ms)
{
    g_autoptr(JsonNode) node = NULL;

    if (qemuMonitorCommandTimed(mon, command, NULL, timeout_ms, &node) < 0)
        return NULL;
    if (JSON_NODE_HOLDS_ARRAY(node))
        return g_steal_pointer(&node);
    virReportError(VIR_ERR_OPERATION_FAILED, _("QEMU's monitor answered %1$s with no list"),
                   command);
    return NULL;
}

static guint64
qemuStatsGetCounter(JsonObject *object, const char *name)
{
    return (guint64)MAX(qemuMonitorGetInt(object, name), 0);
}

/* "/machine/peripheral/NAME/virtio-backend" is the device NAME; caller frees. */
static char *
qemuStatsGetDevice(JsonObject *object)
{
    const char *path = qemuMonitorGetString(object, "qdev");
    static const char prefix[] = "/machine/peripheral/";

    if (!path)
        return NULL;
    if (!g_str_has_prefix(path, prefix))
        return g_strdup(path);
    path += strlen(prefix);
    return g_strndup(path, strcspn(path, "/"));
}

static void
qemuStatsAddBlock(JsonArray *array G_GNUC_UNUSED, guint at G_GNUC_UNUSED, JsonNode *node,
                  void *opaque)
{
    JsonObject *object = JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
    JsonObject *counters = qemuMonitorGetObject(object, "stats");
    g_autofree char *name = object ? qemuStatsGetDevice(object) : NULL;
    qemuStatsBlock *block;

    if (!name || !counters)
        return;
    block = g_new0(qemuStatsBlock, 1);
    block->reads = qemuStatsGetCounter(counters, "rd_operations");
    block->readBytes = qemuStatsGetCounter(counters, "rd_bytes");
    block->readTime_ns = qemuStatsGetCounter(counters, "rd_total_time_ns");
    block->writes = qemuStatsGetCounter(counters, "wr_operations");
    block->writtenBytes = qemuStatsGetCounter(counters, "wr_bytes");
    block->writeTime_ns = qemuStatsGetCounter(counters, "wr_total_time_ns");
    block->flushes = qemuStatsGetCounter(counters, "flush_operations");
    block->flushTime_ns = qemuStatsGetCounter(counters, "flush_total_time_ns");
    g_hash_table_replace(opaque, g_steal_pointer(&name), block);
}

GHashTable *
qemuStatsGetBlocks(qemuMonitor *mon, guint timeout_ms)
{
    g_autoptr(JsonNode) node = qemuStatsAsk(mon, "query-blockstats", timeout_ms);
    GHashTable *blocks;

    if (!node)
        return NULL;
    blocks = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    json_array_foreach_element(json_node_get_array(node), qemuStatsAddBlock, blocks);
    return blocks;
}

static int
qemuStatsGetError(JsonObject *object)
{
    const char *status = qemuMonitorGetString(object, "io-status");

    if (!status || strcmp(status, "ok") == 0)
        return VIR_DOMAIN_DISK_ERROR_NONE;
    return strcmp(status, "nospace") == 0 ? VIR_DOMAIN_DISK_ERROR_NO_SPACE
                                          : VIR_DOMAIN_DISK_ERROR_UNSPEC;
}

static void
qemuStatsAddDisk(JsonArray *array G_GNUC_UNUSED, guint at G_GNUC_UNUSED, JsonNode *node,
                 void *opaque)
{
    JsonObject *object = JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
    JsonObject *inserted = qemuMonitorGetObject(object, "inserted");
    JsonObject *image = qemuMonitorGetObject(inserted, "image");
    g_autofree char *name = object ? qemuStatsGetDevice(object) : NULL;
    qemuStatsDisk *disk;

    if (!name)
        return;
    disk = g_new0(qemuStatsDisk, 1);
    disk->size = image ? qemuStatsGetCounter(image, "virtual-size") : 0;
    disk->error = qemuStatsGetError(object);
    g_hash_table_replace(opaque, g_steal_pointer(&name), disk);
}

GHashTable *
qemuStatsGetDisks(qemuMonitor *mon, guint timeout_ms)
{
    g_autoptr(JsonNode) node = qemuStatsAsk(mon, "query-block", timeout_ms);
    GHashTable *disks;

    if (!node)
        return NULL;
    disks = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    json_array_foreach_element(json_node_get_array(node), qemuStatsAddDisk, disks);
    return disks;
}

/* The columns of /proc/net/dev after the name. */
enum {
    QEMU_STATS_RX_BYTES,
    QEMU_STATS_RX_PACKETS,
    QEMU_STATS_RX_ERRS,
    QEMU_STATS_RX_DROP,
    QEMU_STATS_TX_BYTES = 8,
    QEMU_STATS_TX_PACKETS,
    QEMU_STATS_TX_ERRS,
    QEMU_STATS_TX_DROP,
    QEMU_STATS_COLUMNS = 16,
};

static bool
qemuStatsParseInterface(const char *line, const char *name, gint64 *columns)
{
    const char *at = line + strspn(line, " ");
    size_t len = strlen(name);

    if (strncmp(at, name, len) != 0 || at[len] != ':')
        return false;
    at += len + 1;
    for (size_t i = 0; i < QEMU_STATS_COLUMNS; i++) {
        char *end = NULL;

        columns[i] = (gint64)g_ascii_strtoull(at, &end, 10);
        if (end == at)
            return false;
        at = end;
    }
    return true;
}

bool
qemuStatsReadInterface(const char *name, virDomainInterfaceStatsStruct *stats)
{
    g_autofree char *text = qemuStatsReadFile("/proc/net/dev");
    g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", -1);
    gint64 columns[QEMU_STATS_COLUMNS] = {0};

    for (size_t i = 0; lines[i]; i++) {
        if (!qemuStatsParseInterface(lines[i], name, columns))
            continue;
        stats->rx_bytes = columns[QEMU_STATS_TX_BYTES];
        stats->rx_packets = columns[QEMU_STATS_TX_PACKETS];
        stats->rx_errs = columns[QEMU_STATS_TX_ERRS];
        stats->rx_drop = columns[QEMU_STATS_TX_DROP];
        stats->tx_bytes = columns[QEMU_STATS_RX_BYTES];
        stats->tx_packets = columns[QEMU_STATS_RX_PACKETS];
        stats->tx_errs = columns[QEMU_STATS_RX_ERRS];
        stats->tx_drop = columns[QEMU_STATS_RX_DROP];
        return true;
    }
    return false;
}
