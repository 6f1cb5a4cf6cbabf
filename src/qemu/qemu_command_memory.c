/*
 * qemu_command_memory.c: QEMU's command line: memory and NUMA nodes
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "qemu_command_priv.h"

/* Pages of this size and less are what memory has anyway. */
#define QEMU_BASE_PAGE_KIB 4

bool
qemuCommandHasMemoryBackend(const virDomainDef *def)
{
    const virDomainMemoryBackingDef *backing = &def->mem.backing;

    return !def->numa.cells &&
           (backing->hugepages || backing->source != VIR_DOMAIN_MEMORY_SOURCE_DEFAULT ||
            backing->access != VIR_DOMAIN_MEMORY_ACCESS_DEFAULT ||
            backing->allocation != VIR_DOMAIN_MEMORY_ALLOCATION_DEFAULT || def->numa.tune.nodes);
}

/* The size of the huge pages of a cell; 0 for those of the host's default size. */
static bool
qemuCommandFindHugepage(const virDomainMemoryBackingDef *backing, unsigned int cell,
                        guint64 *size_kib)
{
    bool found = backing->hugepages && backing->pages->len == 0;

    *size_kib = 0;
    for (guint i = 0; backing->pages && i < backing->pages->len; i++) {
        const virDomainHugepageDef *page = g_ptr_array_index(backing->pages, i);

        if (page->cells ? virBitmapIsSet(page->cells, cell) : *size_kib == 0) {
            *size_kib = page->size_kib;
            found = page->size_kib > QEMU_BASE_PAGE_KIB;
        }
    }
    return found;
}

static void
qemuCommandSetNodes(JsonObject *object, const virDomainNumatuneDef *tune)
{
    static const char *const policies[VIR_DOMAIN_NUMATUNE_LAST] = {"bind", "preferred",
                                                                   "interleave"};
    JsonArray *nodes;

    if (!tune->nodes)
        return;
    nodes = json_array_new();
    for (int node = virBitmapNext(tune->nodes, -1); node >= 0;
         node = virBitmapNext(tune->nodes, node))
        json_array_add_int_element(nodes, node);
    json_object_set_array_member(object, "host-nodes", nodes);
    qemuCommandSetMembers(object, "policy", policies[tune->mode], NULL);
}

/* A file in memory is what can be shared with others, and what has huge pages without a mount. */
static const char *
qemuCommandBackendType(const virDomainMemoryBackingDef *backing, bool huge, bool shared)
{
    if (backing->source == VIR_DOMAIN_MEMORY_SOURCE_ANONYMOUS)
        return "memory-backend-ram";
    return huge || shared || backing->source == VIR_DOMAIN_MEMORY_SOURCE_MEMFD
               ? "memory-backend-memfd"
               : "memory-backend-ram";
}

static void
qemuCommandAddBackend(GPtrArray *argv, const virDomainDef *def, const char *id,
                      const virDomainNumaCellDef *cell, unsigned int number)
{
    const virDomainMemoryBackingDef *backing = &def->mem.backing;
    virDomainMemoryAccess access = cell->access ? cell->access : backing->access;
    bool shared = access == VIR_DOMAIN_MEMORY_ACCESS_SHARED;
    guint64 page_kib = 0;
    bool huge = qemuCommandFindHugepage(backing, number, &page_kib);
    JsonObject *object = json_object_new();

    qemuCommandSetMembers(object, "qom-type", qemuCommandBackendType(backing, huge, shared), "id",
                          id, NULL);
    json_object_set_int_member(object, "size", (gint64)(cell->size_kib * 1024));
    if (huge)
        json_object_set_boolean_member(object, "hugetlb", TRUE);
    if (huge && page_kib > 0)
        json_object_set_int_member(object, "hugetlbsize", (gint64)(page_kib * 1024));
    if (access != VIR_DOMAIN_MEMORY_ACCESS_DEFAULT || huge)
        json_object_set_boolean_member(object, "share", shared);
    /* Huge pages that are not there shall fail the start, not kill the guest later. */
    if (backing->allocation == VIR_DOMAIN_MEMORY_ALLOCATION_IMMEDIATE ||
        (huge && backing->allocation == VIR_DOMAIN_MEMORY_ALLOCATION_DEFAULT))
        json_object_set_boolean_member(object, "prealloc", TRUE);
    if (backing->allocationThreads > 0)
        json_object_set_int_member(object, "prealloc-threads", backing->allocationThreads);
    qemuCommandSetNodes(object, cell->tune.nodes ? &cell->tune : &def->numa.tune);
    qemuCommandAddObject(argv, object);
}

static void
qemuCommandAddCell(GPtrArray *argv, const virDomainDef *def, unsigned int number)
{
    const virDomainNumaCellDef *cell = g_ptr_array_index(def->numa.cells, number);
    g_autofree char *id = g_strdup_printf("ram-node%u", number);
    g_autofree char *cpus = cell->cpus ? virBitmapFormat(cell->cpus) : g_strdup("");
    g_auto(GStrv) ranges = g_strsplit(cpus, ",", -1);
    g_autoptr(GString) text = g_string_new(NULL);

    qemuCommandAddBackend(argv, def, id, cell, number);
    g_string_append_printf(text, "node,nodeid=%u", number);
    for (size_t i = 0; ranges[i]; i++)
        g_string_append_printf(text, ",cpus=%s", ranges[i]);
    g_string_append_printf(text, ",memdev=%s", id);
    qemuCommandAdd(argv, "-numa", text->str);
}

void
qemuCommandAddMemory(GPtrArray *argv, const virDomainDef *def)
{
    const virDomainMemoryDef *mem = &def->mem;

    if (mem->max_kib > 0)
        qemuCommandAddFormat(argv, "-m",
                             "size=%" G_GUINT64_FORMAT "k,slots=%u,maxmem=%" G_GUINT64_FORMAT "k",
                             mem->total_kib, mem->slots, mem->max_kib);
    else
        qemuCommandAddFormat(argv, "-m", "size=%" G_GUINT64_FORMAT "k", mem->total_kib);
    if (mem->backing.locked)
        qemuCommandAdd(argv, "-overcommit", "mem-lock=on");
    if (qemuCommandHasMemoryBackend(def)) {
        virDomainNumaCellDef all = {.size_kib = mem->total_kib};

        qemuCommandAddBackend(argv, def, QEMU_COMMAND_RAM_ID, &all, 0);
    }
    for (guint i = 0; def->numa.cells && i < def->numa.cells->len; i++)
        qemuCommandAddCell(argv, def, i);
}
