/*
 * domain_mem_conf.c: <memory>, <currentMemory>, <maxMemory>: how much memory a guest has
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "domain_mem_conf.h"
#include "virerror.h"
#include "virgettext.h"

const virXMLSchema virDomainMemorySchema = {
    .name = "memory",
    .attributes = VIR_XML_NAMES("unit"),
    .flags = VIR_XML_TEXT,
};
const virXMLSchema virDomainCurrentMemorySchema = {
    .name = "currentMemory",
    .attributes = VIR_XML_NAMES("unit"),
    .flags = VIR_XML_TEXT,
};
const virXMLSchema virDomainMaxMemorySchema = {
    .name = "maxMemory",
    .attributes = VIR_XML_NAMES("unit", "slots"),
    .flags = VIR_XML_TEXT,
};

static int
virDomainCurrentMemoryParseXML(virXMLNode *root, virDomainMemoryDef *mem)
{
    virXMLNode *node = virXMLGetChild(root, "currentMemory");

    mem->current_kib = mem->total_kib;
    if (!node)
        return 0;
    if (virDomainSizeParseXML(node, NULL, VIR_DOMAIN_MIN_MEMORY_KIB, &mem->current_kib) < 0)
        return -1;
    if (mem->current_kib > mem->total_kib) {
        virXMLReportError(node, VIR_ERR_XML_ERROR,
                          _("<currentMemory> is more than <memory>, which is all that the guest "
                            "has"));
        return -1;
    }
    return 0;
}

static int
virDomainMaxMemoryParseXML(virXMLNode *root, virDomainMemoryDef *mem)
{
    virXMLNode *node = virXMLGetChild(root, "maxMemory");
    int rc;

    if (!node)
        return 0;
    if (virDomainSizeParseXML(node, NULL, VIR_DOMAIN_MIN_MEMORY_KIB, &mem->max_kib) < 0 ||
        (rc = virDomainNumberParseXML(node, "slots", VIR_DOMAIN_MAX_MEMORY_SLOTS, &mem->slots)) < 0)
        return -1;
    if (rc == 0)
        return virXMLReportMissing(node, "slots");
    if (mem->max_kib <= mem->total_kib || mem->slots == 0) {
        virXMLReportError(node, VIR_ERR_XML_ERROR,
                          _("<maxMemory> must be more than <memory>, and have at least one slot "
                            "to plug the rest into"));
        return -1;
    }
    return 0;
}

int
virDomainMemoryDefParseXML(virXMLNode *root, virDomainMemoryDef *mem)
{
    virXMLNode *memory = virXMLRequireChild(root, "memory");
    virXMLNode *backing = virXMLGetChild(root, "memoryBacking");

    if (!memory ||
        virDomainSizeParseXML(memory, NULL, VIR_DOMAIN_MIN_MEMORY_KIB, &mem->total_kib) < 0 ||
        virDomainCurrentMemoryParseXML(root, mem) < 0 || virDomainMaxMemoryParseXML(root, mem) < 0)
        return -1;
    return backing ? virDomainMemoryBackingDefParseXML(backing, &mem->backing) : 0;
}

void
virDomainMemoryDefFormatXML(virXMLWriter *writer, const virDomainMemoryDef *mem)
{
    g_autofree char *max = g_strdup_printf("%" G_GUINT64_FORMAT, mem->max_kib);

    if (mem->max_kib > 0) {
        virXMLWriterStart(writer, "maxMemory");
        virXMLWriterAttribute(writer, "slots", "%u", mem->slots);
        virXMLWriterAttribute(writer, "unit", "KiB");
        virXMLWriterText(writer, max);
        virXMLWriterEnd(writer);
    }
    virDomainSizeFormatXML(writer, "memory", mem->total_kib);
    virDomainSizeFormatXML(writer, "currentMemory", mem->current_kib);
    virDomainMemoryBackingDefFormatXML(writer, &mem->backing);
}

void
virDomainMemoryDefClear(virDomainMemoryDef *mem)
{
    virDomainMemoryBackingDefClear(&mem->backing);
}
