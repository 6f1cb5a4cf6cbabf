/*
 * domain_numa_conf.c: <numa> of <cpu>, <numatune>: nodes of the guest, and of the host
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "domain_numa_conf.h"
#include "domain_vcpu_conf.h"
#include "virerror.h"
#include "virgettext.h"

VIR_ENUM_IMPL(virDomainNumatune, VIR_DOMAIN_NUMATUNE_LAST, "strict", "preferred", "interleave");
VIR_ENUM_DECL(virDomainNumatunePlacement);
VIR_ENUM_IMPL(virDomainNumatunePlacement, 1, "static");

static const virXMLSchema virDomainNumaCellSchema = {
    .name = "cell",
    .attributes = VIR_XML_NAMES("id", "cpus", "memory", "unit", "memAccess"),
    .flags = VIR_XML_MANY,
};
const virXMLSchema virDomainNumaSchema = {
    .name = "numa",
    .children = VIR_XML_CHILDREN(&virDomainNumaCellSchema),
};
static const virXMLSchema virDomainNumatuneMemorySchema = {
    .name = "memory",
    .attributes = VIR_XML_NAMES("mode", "placement", "nodeset"),
};
static const virXMLSchema virDomainNumatuneMemnodeSchema = {
    .name = "memnode",
    .attributes = VIR_XML_NAMES("cellid", "mode", "nodeset"),
    .flags = VIR_XML_MANY,
};
const virXMLSchema virDomainNumatuneSchema = {
    .name = "numatune",
    .children = VIR_XML_CHILDREN(&virDomainNumatuneMemorySchema, &virDomainNumatuneMemnodeSchema),
};

static void
virDomainNumaCellDefFree(virDomainNumaCellDef *cell)
{
    virBitmapFree(cell->cpus);
    virBitmapFree(cell->tune.nodes);
    g_free(cell);
}

void
virDomainNumaDefClear(virDomainNumaDef *numa)
{
    g_clear_pointer(&numa->cells, g_ptr_array_unref);
    g_clear_pointer(&numa->tune.nodes, virBitmapFree);
}

static const char *
virDomainCellAccessWord(int value)
{
    return virDomainMemoryAccessToString(value + 1);
}

static int
virDomainNumaCellParseXML(virXMLNode *node, virDomainNumaCellDef *cell, unsigned int number)
{
    unsigned int id = number;
    int word = 0;
    int rc;

    if (virDomainNumberParseXML(node, "id", VIR_DOMAIN_MAX_CELLS - 1, &id) < 0 ||
        virDomainSetParseXML(node, "cpus", VIR_DOMAIN_MAX_VCPUS - 1, &cell->cpus) < 0 ||
        virXMLGetEnum(node, "memAccess", virDomainCellAccessWord, &word) < 0 ||
        (rc = virDomainSizeParseXML(node, "memory", 1024, &cell->size_kib)) < 0)
        return -1;
    if (rc == 0)
        return virXMLReportMissing(node, "memory");
    if (id != number) {
        virXMLReportError(node, VIR_ERR_CONFIG_UNSUPPORTED,
                          _("unsupported configuration: cell %1$u is in place %2$u; cells are "
                            "numbered from 0 in order"),
                          id, number);
        return -1;
    }
    if (virXMLHasAttribute(node, "memAccess"))
        cell->access = (virDomainMemoryAccess)(word + 1);
    return 0;
}

static int
virDomainNumaCellsParseXML(virXMLNode *node, virDomainNumaDef *numa)
{
    numa->cells = g_ptr_array_new_with_free_func((GDestroyNotify)virDomainNumaCellDefFree);
    for (virXMLNode *child = virXMLGetChild(node, "cell"); child; child = virXMLGetNext(child)) {
        virDomainNumaCellDef *cell = g_new0(virDomainNumaCellDef, 1);
        unsigned int number = numa->cells->len;

        g_ptr_array_add(numa->cells, cell);
        if (number >= VIR_DOMAIN_MAX_CELLS) {
            virXMLReportError(child, VIR_ERR_XML_ERROR, _("a guest has at most %1$d NUMA cells"),
                              VIR_DOMAIN_MAX_CELLS);
            return -1;
        }
        if (virDomainNumaCellParseXML(child, cell, number) < 0)
            return -1;
    }
    if (numa->cells->len == 0) {
        virXMLReportError(node, VIR_ERR_XML_ERROR, _("<numa> has at least one <cell>"));
        return -1;
    }
    return 0;
}

/* The cell that a vCPU is in: exactly one. */
static int
virDomainNumaCheckVcpu(virXMLNode *node, const virDomainNumaDef *numa, unsigned int vcpu)
{
    unsigned int count = 0;

    for (guint i = 0; i < numa->cells->len; i++) {
        const virDomainNumaCellDef *cell = g_ptr_array_index(numa->cells, i);

        if (cell->cpus && virBitmapIsSet(cell->cpus, vcpu))
            count++;
    }
    if (count == 1)
        return 0;
    virXMLReportError(node, VIR_ERR_XML_ERROR,
                      _("vCPU %1$u is in %2$u NUMA cells; every vCPU is in one"), vcpu, count);
    return -1;
}

static int
virDomainNumaCheckCells(virXMLNode *node, const virDomainNumaDef *numa, guint64 total_kib,
                        unsigned int vcpus)
{
    guint64 sum_kib = 0;

    for (guint i = 0; i < numa->cells->len; i++) {
        const virDomainNumaCellDef *cell = g_ptr_array_index(numa->cells, i);

        sum_kib += cell->size_kib;
        if (cell->cpus && virBitmapLast(cell->cpus) >= vcpus) {
            virXMLReportError(node, VIR_ERR_XML_ERROR,
                              _("NUMA cell %1$u has vCPU %2$u, and the guest has 0 to %3$u"), i,
                              virBitmapLast(cell->cpus), vcpus - 1);
            return -1;
        }
    }
    if (sum_kib != total_kib) {
        virXMLReportError(node, VIR_ERR_XML_ERROR,
                          _("the NUMA cells have %1$llu KiB together, and <memory> is %2$llu KiB; "
                            "make them equal"),
                          (unsigned long long)sum_kib, (unsigned long long)total_kib);
        return -1;
    }
    for (unsigned int i = 0; i < vcpus; i++) {
        if (virDomainNumaCheckVcpu(node, numa, i) < 0)
            return -1;
    }
    return 0;
}

static int
virDomainNumatuneNodesParseXML(virXMLNode *node, virDomainNumatuneDef *tune)
{
    int mode = VIR_DOMAIN_NUMATUNE_STRICT;
    int placement;
    int rc;

    if (virXMLGetEnum(node, "mode", virDomainNumatuneToString, &mode) < 0 ||
        virXMLGetEnum(node, "placement", virDomainNumatunePlacementToString, &placement) < 0 ||
        (rc = virDomainSetParseXML(node, "nodeset", VIR_DOMAIN_MAX_HOST_NODE, &tune->nodes)) < 0)
        return -1;
    if (rc == 0)
        return virXMLReportMissing(node, "nodeset");
    tune->mode = (virDomainNumatuneMode)mode;
    return 0;
}

static int
virDomainMemnodeParseXML(virXMLNode *node, const virDomainNumaDef *numa)
{
    unsigned int number = 0;
    virDomainNumaCellDef *cell;
    int rc = virDomainNumberParseXML(node, "cellid", VIR_DOMAIN_MAX_CELLS - 1, &number);

    if (rc == 0)
        return virXMLReportMissing(node, "cellid");
    if (rc < 0)
        return -1;
    if (!numa->cells || number >= numa->cells->len) {
        virXMLReportError(node, VIR_ERR_XML_ERROR, _("the guest has no NUMA cell %1$u"), number);
        return -1;
    }
    cell = g_ptr_array_index(numa->cells, number);
    if (cell->tune.nodes) {
        virXMLReportError(node, VIR_ERR_XML_ERROR, _("NUMA cell %1$u has a <memnode> already"),
                          number);
        return -1;
    }
    if (!virXMLHasAttribute(node, "mode"))
        return virXMLReportMissing(node, "mode");
    return virDomainNumatuneNodesParseXML(node, &cell->tune);
}

static int
virDomainNumatuneParseXML(virXMLNode *node, virDomainNumaDef *numa)
{
    virXMLNode *memory = virXMLGetChild(node, "memory");

    if (memory && virDomainNumatuneNodesParseXML(memory, &numa->tune) < 0)
        return -1;
    for (virXMLNode *child = virXMLGetChild(node, "memnode"); child; child = virXMLGetNext(child)) {
        if (virDomainMemnodeParseXML(child, numa) < 0)
            return -1;
    }
    return 0;
}

int
virDomainNumaDefParseXML(virXMLNode *root, guint64 total_kib, unsigned int vcpus,
                         virDomainNumaDef *numa)
{
    virXMLNode *cpu = virXMLGetChild(root, "cpu");
    virXMLNode *cells = cpu ? virXMLGetChild(cpu, "numa") : NULL;
    virXMLNode *tune = virXMLGetChild(root, "numatune");

    if (cells && (virDomainNumaCellsParseXML(cells, numa) < 0 ||
                  virDomainNumaCheckCells(cells, numa, total_kib, vcpus) < 0))
        return -1;
    return tune ? virDomainNumatuneParseXML(tune, numa) : 0;
}

void
virDomainNumaCellsFormatXML(virXMLWriter *writer, const virDomainNumaDef *numa)
{
    if (!numa->cells)
        return;
    virXMLWriterStart(writer, "numa");
    for (guint i = 0; i < numa->cells->len; i++) {
        const virDomainNumaCellDef *cell = g_ptr_array_index(numa->cells, i);

        virXMLWriterStart(writer, "cell");
        virXMLWriterAttribute(writer, "id", "%u", i);
        virDomainSetFormatXML(writer, "cpus", cell->cpus);
        virXMLWriterAttribute(writer, "memory", "%" G_GUINT64_FORMAT, cell->size_kib);
        virXMLWriterAttribute(writer, "unit", "KiB");
        if (cell->access != VIR_DOMAIN_MEMORY_ACCESS_DEFAULT)
            virXMLWriterAttribute(writer, "memAccess", "%s",
                                  virDomainMemoryAccessToString(cell->access));
        virXMLWriterEnd(writer);
    }
    virXMLWriterEnd(writer);
}

static bool
virDomainNumaIsTuned(const virDomainNumaDef *numa)
{
    for (guint i = 0; numa->cells && i < numa->cells->len; i++) {
        const virDomainNumaCellDef *cell = g_ptr_array_index(numa->cells, i);

        if (cell->tune.nodes)
            return true;
    }
    return numa->tune.nodes != NULL;
}

static void
virDomainNumatuneNodesFormatXML(virXMLWriter *writer, const virDomainNumatuneDef *tune)
{
    virXMLWriterAttribute(writer, "mode", "%s", virDomainNumatuneToString(tune->mode));
    virDomainSetFormatXML(writer, "nodeset", tune->nodes);
    virXMLWriterEnd(writer);
}

void
virDomainNumatuneFormatXML(virXMLWriter *writer, const virDomainNumaDef *numa)
{
    if (!virDomainNumaIsTuned(numa))
        return;
    virXMLWriterStart(writer, "numatune");
    if (numa->tune.nodes) {
        virXMLWriterStart(writer, "memory");
        virDomainNumatuneNodesFormatXML(writer, &numa->tune);
    }
    for (guint i = 0; numa->cells && i < numa->cells->len; i++) {
        const virDomainNumaCellDef *cell = g_ptr_array_index(numa->cells, i);

        if (!cell->tune.nodes)
            continue;
        virXMLWriterStart(writer, "memnode");
        virXMLWriterAttribute(writer, "cellid", "%u", i);
        virDomainNumatuneNodesFormatXML(writer, &cell->tune);
    }
    virXMLWriterEnd(writer);
}
