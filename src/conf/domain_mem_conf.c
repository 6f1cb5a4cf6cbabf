/*
 * domain_mem_conf.c: <memory>, <currentMemory>: how much memory a guest has
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

/* Bytes in a unit of memory, or 0 if there is no such unit. Case is ignored, as in libvirt. */
static guint64
virDomainMemoryUnit(const char *unit)
{
    static const struct {
        const char *name;
        guint64 bytes;
    } units[] = {
        {"b", 1},
        {"byte", 1},
        {"bytes", 1},
        {"KB", 1000},
        {"k", G_GUINT64_CONSTANT(1) << 10},
        {"KiB", G_GUINT64_CONSTANT(1) << 10},
        {"MB", 1000 * 1000},
        {"M", G_GUINT64_CONSTANT(1) << 20},
        {"MiB", G_GUINT64_CONSTANT(1) << 20},
        {"GB", 1000 * 1000 * 1000},
        {"G", G_GUINT64_CONSTANT(1) << 30},
        {"GiB", G_GUINT64_CONSTANT(1) << 30},
        {"TB", G_GUINT64_CONSTANT(1000) * 1000 * 1000 * 1000},
        {"T", G_GUINT64_CONSTANT(1) << 40},
        {"TiB", G_GUINT64_CONSTANT(1) << 40},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(units); i++) {
        if (g_ascii_strcasecmp(unit, units[i].name) == 0)
            return units[i].bytes;
    }
    return 0;
}

/* A size in KiB, rounded up. */
static int
virDomainSizeParseXML(virXMLNode *node, guint64 *size_kib)
{
    g_autofree char *unit = virXMLGetAttribute(node, "unit");
    guint64 bytes = virDomainMemoryUnit(unit ? unit : "KiB");
    guint64 number = 0;

    if (bytes == 0) {
        virXMLReportError(
            node, VIR_ERR_XML_ERROR,
            _("'%1$s' is no unit of memory; use KiB, MiB, GiB, TiB, KB, MB, GB, TB or "
              "bytes"),
            unit);
        return -1;
    }
    if (virXMLGetNumber(node, NULL, G_MAXUINT64, &number) < 0)
        return -1;
    if (number > VIR_DOMAIN_MAX_MEMORY_KIB * 1024 / bytes || number * bytes < 1024 * 1024) {
        virXMLReportError(node, VIR_ERR_XML_ERROR, _("<%1$s> must be from 1 MiB to %2$llu TiB"),
                          virXMLGetName(node), (unsigned long long)VIR_DOMAIN_MAX_MEMORY_KIB >> 30);
        return -1;
    }
    *size_kib = (number * bytes + 1023) / 1024;
    return 0;
}

int
virDomainMemoryDefParseXML(virXMLNode *root, virDomainMemoryDef *mem)
{
    virXMLNode *memory = virXMLRequireChild(root, "memory");
    virXMLNode *current = virXMLGetChild(root, "currentMemory");
    guint64 current_kib;

    if (!memory || virDomainSizeParseXML(memory, &mem->total_kib) < 0)
        return -1;
    if (!current)
        return 0;
    if (virDomainSizeParseXML(current, &current_kib) < 0)
        return -1;
    if (current_kib != mem->total_kib) {
        virXMLReportError(current, VIR_ERR_CONFIG_UNSUPPORTED,
                          _("unsupported configuration: <currentMemory> differs from <memory>; a "
                            "guest with VFIO devices has all its memory from the start"));
        return -1;
    }
    return 0;
}

static void
virDomainSizeFormatXML(virXMLWriter *writer, const char *name, guint64 size_kib)
{
    g_autofree char *text = g_strdup_printf("%" G_GUINT64_FORMAT, size_kib);

    virXMLWriterStart(writer, name);
    virXMLWriterAttribute(writer, "unit", "KiB");
    virXMLWriterText(writer, text);
    virXMLWriterEnd(writer);
}

void
virDomainMemoryDefFormatXML(virXMLWriter *writer, const virDomainMemoryDef *mem)
{
    virDomainSizeFormatXML(writer, "memory", mem->total_kib);
    virDomainSizeFormatXML(writer, "currentMemory", mem->total_kib);
}
