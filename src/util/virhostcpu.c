/*
 * virhostcpu.c: the processors of a host, and where they are
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "virerror.h"
#include "virfile.h"
#include "virgettext.h"
#include "virhostcpu.h"
#include "virhostmem.h"

#define VIR_FROM_THIS     VIR_FROM_NONE

#define VIR_HOST_CPU_DIR  "sys/devices/system/cpu"
#define VIR_HOST_NODE_DIR "sys/devices/system/node"

/* /proc/cpuinfo and /proc/stat have a paragraph, or a line, per processor. */
#define VIR_HOST_PROC_MAX (64 * 1024 * 1024)

static void
virHostCPUClear(void *opaque)
{
    virHostCPU *cpu = opaque;

    g_free(cpu->siblings);
}

void
virHostTopologyFree(virHostTopology *topology)
{
    if (!topology)
        return;
    g_clear_pointer(&topology->cpus, g_array_unref);
    g_clear_pointer(&topology->nodes, g_array_unref);
    g_clear_pointer(&topology->present, g_array_unref);
    g_free(topology);
}

/* One "3" or "0-3" of a list, which ends at a comma or at the end. NULL if it is none. */
static const char *
virHostCPUParseRange(const char *text, guint64 *first, guint64 *last)
{
    char *end;

    if (!g_ascii_isdigit(*text))
        return NULL;
    *first = *last = g_ascii_strtoull(text, &end, 10);
    if (*end == '-') {
        text = end + 1;
        if (!g_ascii_isdigit(*text))
            return NULL;
        *last = g_ascii_strtoull(text, &end, 10);
    }
    if (*last > VIR_HOST_CPU_MAX || *first > *last || (*end && *end != ','))
        return NULL;
    return *end ? end + 1 : end;
}

GArray *
virHostCPUParseList(const char *text)
{
    g_autoptr(GArray) numbers = g_array_new(FALSE, FALSE, sizeof(unsigned int));

    while (*text) {
        guint64 first;
        guint64 last;

        text = virHostCPUParseRange(text, &first, &last);
        if (!text ||
            (numbers->len > 0 && first <= g_array_index(numbers, unsigned int, numbers->len - 1)))
            return NULL;
        for (; first <= last; first++)
            g_array_append_vals(numbers, &(unsigned int){(unsigned int)first}, 1);
    }
    return g_steal_pointer(&numbers);
}

/* A list of processors or nodes in a file; NULL if there is none. */
static GArray *
virHostReadList(const virSysfsRoot *root, const char *path)
{
    g_autofree char *text = NULL;

    return virSysfsRead(root, path, &text) < 0 ? NULL : virHostCPUParseList(text);
}

/* A number of a processor's topology; 0 if the kernel does not say (or says -1). */
static unsigned int
virHostCPUReadNumber(const virSysfsRoot *root, unsigned int cpu, const char *name)
{
    g_autofree char *path = g_strdup_printf(VIR_HOST_CPU_DIR "/cpu%u/topology/%s", cpu, name);
    g_autofree char *text = NULL;
    guint64 value;

    if (virSysfsRead(root, path, &text) < 0 ||
        !g_ascii_string_to_unsigned(text, 10, 0, INT_MAX, &value, NULL))
        return 0;
    return (unsigned int)value;
}

static void
virHostTopologyAddCPU(virHostTopology *topology, const virSysfsRoot *root, unsigned int id)
{
    g_autofree char *path =
        g_strdup_printf(VIR_HOST_CPU_DIR "/cpu%u/topology/thread_siblings_list", id);
    virHostCPU cpu = {
        .id = id,
        .node = g_array_index(topology->nodes, virHostNode, 0).id,
        .socket = virHostCPUReadNumber(root, id, "physical_package_id"),
        .die = virHostCPUReadNumber(root, id, "die_id"),
        .core = virHostCPUReadNumber(root, id, "core_id"),
    };

    if (virSysfsRead(root, path, &cpu.siblings) < 0)
        cpu.siblings = g_strdup_printf("%u", id);
    g_array_append_val(topology->cpus, cpu);
}

static void
virHostTopologyAddNode(virHostTopology *topology, const virSysfsRoot *root, unsigned int id)
{
    virHostNode node = {.id = id};
    virHostMemory memory;

    if (virHostMemoryRead(root, (int)id, &memory) < 0)
        virErrorReset();
    else
        node.memory_kib = memory.total_kib;
    g_array_append_val(topology->nodes, node);
}

static void
virHostTopologyReadNodes(virHostTopology *topology, const virSysfsRoot *root)
{
    g_autoptr(GArray) ids = virHostReadList(root, VIR_HOST_NODE_DIR "/online");
    virHostMemory memory = {0};

    for (guint i = 0; ids && i < ids->len; i++)
        virHostTopologyAddNode(topology, root, g_array_index(ids, unsigned int, i));
    if (topology->nodes->len > 0)
        return;
    if (virHostMemoryRead(root, -1, &memory) < 0)
        virErrorReset();
    g_array_append_vals(topology->nodes, &(virHostNode){0, memory.total_kib}, 1);
}

static void
virHostTopologyPlaceCPUs(virHostTopology *topology, const virSysfsRoot *root)
{
    for (guint i = 0; i < topology->nodes->len; i++) {
        unsigned int node = g_array_index(topology->nodes, virHostNode, i).id;
        g_autofree char *path = g_strdup_printf(VIR_HOST_NODE_DIR "/node%u/cpulist", node);
        g_autoptr(GArray) ids = virHostReadList(root, path);
        guint at = 0;

        for (guint j = 0; ids && j < topology->cpus->len; j++) {
            virHostCPU *cpu = &g_array_index(topology->cpus, virHostCPU, j);

            while (at < ids->len && g_array_index(ids, unsigned int, at) < cpu->id)
                at++;
            if (at < ids->len && g_array_index(ids, unsigned int, at) == cpu->id)
                cpu->node = node;
        }
    }
}

/* How many different values of @key there are for each value of @group, at the most. */
static unsigned int
virHostTopologyCountMost(const virHostTopology *topology,
                         void (*describe)(const virHostCPU *cpu, guint64 *group, guint64 *key))
{
    g_autoptr(GHashTable) groups = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free,
                                                         (GDestroyNotify)g_hash_table_unref);
    unsigned int most = 1;

    for (guint i = 0; i < topology->cpus->len; i++) {
        guint64 group;
        guint64 key;
        GHashTable *keys;

        describe(&g_array_index(topology->cpus, virHostCPU, i), &group, &key);
        keys = g_hash_table_lookup(groups, &group);
        if (!keys) {
            keys = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
            g_hash_table_insert(groups, g_memdup2(&group, sizeof(group)), keys);
        }
        g_hash_table_add(keys, g_memdup2(&key, sizeof(key)));
        most = MAX(most, g_hash_table_size(keys));
    }
    return most;
}

static void
virHostTopologySockets(const virHostCPU *cpu, guint64 *group, guint64 *key)
{
    *group = cpu->node;
    *key = cpu->socket;
}

static void
virHostTopologyCores(const virHostCPU *cpu, guint64 *group, guint64 *key)
{
    *group = cpu->socket;
    *key = (guint64)cpu->die << 32 | cpu->core;
}

static void
virHostTopologyThreads(const virHostCPU *cpu, guint64 *group, guint64 *key)
{
    *group = (guint64)cpu->socket << 44 ^ (guint64)cpu->die << 32 ^ cpu->core;
    *key = cpu->id;
}

/* The text of a file of any length, or NULL. */
static char *
virHostReadProc(const virSysfsRoot *root, const char *path)
{
    VIR_AUTOCLOSE fd = virSysfsOpen(root, path, O_RDONLY);
    char *text = NULL;

    if (fd < 0 || virFileReadFD(fd, VIR_HOST_PROC_MAX, &text, NULL) < 0)
        return NULL;
    return text;
}

static unsigned int
virHostReadMHz(const virSysfsRoot *root)
{
    g_autofree char *text = virHostReadProc(root, "proc/cpuinfo");
    const char *found = text ? strstr(text, "cpu MHz") : NULL;
    const char *colon = found ? strchr(found, ':') : NULL;

    return colon ? (unsigned int)MIN(g_ascii_strtoull(colon + 1, NULL, 10), INT_MAX) : 0;
}

virHostTopology *
virHostTopologyRead(const virSysfsRoot *root)
{
    g_autoptr(virHostTopology) topology = g_new0(virHostTopology, 1);
    g_autoptr(GArray) online = virHostReadList(root, VIR_HOST_CPU_DIR "/online");

    if (!online || online->len == 0) {
        virReportError(VIR_ERR_SYSTEM_ERROR, "%s",
                       _("cannot read which processors are online in /" VIR_HOST_CPU_DIR));
        return NULL;
    }
    topology->present = virHostReadList(root, VIR_HOST_CPU_DIR "/present");
    if (!topology->present)
        topology->present = g_array_ref(online);
    topology->cpus = g_array_new(FALSE, FALSE, sizeof(virHostCPU));
    topology->nodes = g_array_new(FALSE, FALSE, sizeof(virHostNode));
    g_array_set_clear_func(topology->cpus, virHostCPUClear);
    virHostTopologyReadNodes(topology, root);
    for (guint i = 0; i < online->len; i++)
        virHostTopologyAddCPU(topology, root, g_array_index(online, unsigned int, i));
    virHostTopologyPlaceCPUs(topology, root);
    topology->sockets = virHostTopologyCountMost(topology, virHostTopologySockets);
    topology->cores = virHostTopologyCountMost(topology, virHostTopologyCores);
    topology->threads = virHostTopologyCountMost(topology, virHostTopologyThreads);
    topology->mhz = virHostReadMHz(root);
    return g_steal_pointer(&topology);
}

/* "cpu0 user nice system idle iowait irq softirq …" in ticks. */
static bool
virHostCPUTimesParse(const char *line, virHostCPUTimes *times)
{
    guint64 tick_ns = G_GUINT64_CONSTANT(1000000000) / (guint64)sysconf(_SC_CLK_TCK);
    guint64 ticks[7];

    for (size_t i = 0; i < G_N_ELEMENTS(ticks); i++) {
        char *end;

        ticks[i] = g_ascii_strtoull(line, &end, 10);
        if (end == line)
            return false;
        line = end;
    }
    times->user_ns = (ticks[0] + ticks[1]) * tick_ns;
    times->kernel_ns = (ticks[2] + ticks[5] + ticks[6]) * tick_ns;
    times->idle_ns = ticks[3] * tick_ns;
    times->iowait_ns = ticks[4] * tick_ns;
    return true;
}

int
virHostCPUTimesRead(const virSysfsRoot *root, int cpu, virHostCPUTimes *times)
{
    g_autofree char *text = virHostReadProc(root, "proc/stat");
    g_autofree char *name = cpu < 0 ? g_strdup("cpu ") : g_strdup_printf("cpu%d ", cpu);
    const char *found = text;

    while (found && !g_str_has_prefix(found, name)) {
        found = strchr(found, '\n');
        if (found)
            found++;
    }
    if (text && !found) {
        virReportError(VIR_ERR_INVALID_ARG, _("processor %1$d of this host is not online"), cpu);
        return -1;
    }
    if (!found || !virHostCPUTimesParse(found + strlen(name), times)) {
        virReportError(VIR_ERR_SYSTEM_ERROR, "%s",
                       _("/proc/stat does not say what the processors do"));
        return -1;
    }
    return 0;
}
