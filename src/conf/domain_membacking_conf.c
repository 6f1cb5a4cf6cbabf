/*
 * domain_membacking_conf.c: <memoryBacking>: what a guest's memory is made of
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "domain_mem_conf.h"
#include "virerror.h"
#include "virgettext.h"

VIR_ENUM_IMPL(virDomainMemorySource, VIR_DOMAIN_MEMORY_SOURCE_LAST, "", "anonymous", "memfd");
VIR_ENUM_IMPL(virDomainMemoryAccess, VIR_DOMAIN_MEMORY_ACCESS_LAST, "", "private", "shared");
VIR_ENUM_IMPL(virDomainMemoryAllocation, VIR_DOMAIN_MEMORY_ALLOCATION_LAST, "", "immediate",
              "ondemand");

#define VIR_DOMAIN_MAX_PREALLOC_THREADS 256
#define VIR_DOMAIN_MIN_PAGE_KIB         4

static const virXMLSchema virDomainHugepageSchema = {
    .name = "page",
    .attributes = VIR_XML_NAMES("size", "unit", "nodeset"),
    .flags = VIR_XML_MANY,
};
static const virXMLSchema virDomainHugepagesSchema = {
    .name = "hugepages",
    .children = VIR_XML_CHILDREN(&virDomainHugepageSchema),
};
static const virXMLSchema virDomainNosharepagesSchema = {.name = "nosharepages"};
static const virXMLSchema virDomainLockedSchema = {.name = "locked"};
static const virXMLSchema virDomainMemorySourceSchema = {
    .name = "source",
    .attributes = VIR_XML_NAMES("type"),
};
static const virXMLSchema virDomainMemoryAccessSchema = {
    .name = "access",
    .attributes = VIR_XML_NAMES("mode"),
};
static const virXMLSchema virDomainMemoryAllocationSchema = {
    .name = "allocation",
    .attributes = VIR_XML_NAMES("mode", "threads"),
};

const virXMLSchema virDomainMemoryBackingSchema = {
    .name = "memoryBacking",
    .children = VIR_XML_CHILDREN(&virDomainHugepagesSchema, &virDomainNosharepagesSchema,
                                 &virDomainLockedSchema, &virDomainMemorySourceSchema,
                                 &virDomainMemoryAccessSchema, &virDomainMemoryAllocationSchema),
};

static void
virDomainHugepageDefFree(virDomainHugepageDef *page)
{
    virBitmapFree(page->cells);
    g_free(page);
}

void
virDomainMemoryBackingDefClear(virDomainMemoryBackingDef *backing)
{
    g_clear_pointer(&backing->pages, g_ptr_array_unref);
}

static const char *
virDomainSourceWord(int value)
{
    return virDomainMemorySourceToString(value + 1);
}

static const char *
virDomainAccessWord(int value)
{
    return virDomainMemoryAccessToString(value + 1);
}

static const char *
virDomainAllocationWord(int value)
{
    return virDomainMemoryAllocationToString(value + 1);
}

/* An attribute whose words are those of an enumeration without its first value, the default. */
static int
virDomainWordParseXML(virXMLNode *backing, const char *element, const char *attribute,
                      const char *(*toString)(int), int *value)
{
    virXMLNode *node = virXMLGetChild(backing, element);
    int word;
    int rc;

    if (!node)
        return 0;
    if ((rc = virXMLGetEnum(node, attribute, toString, &word)) == 0)
        return virXMLReportMissing(node, attribute);
    if (rc < 0)
        return -1;
    *value = word + 1;
    return 0;
}

/* A page of the host has 2^n bytes, and a cell has pages of one size. */
static int
virDomainHugepageCheck(virXMLNode *node, const virDomainHugepageDef *page,
                       const virDomainMemoryBackingDef *backing)
{
    if (page->size_kib & (page->size_kib - 1)) {
        virXMLReportError(node, VIR_ERR_XML_ERROR,
                          _("the size of a <page> is a power of two, like 2 MiB or 1 GiB"));
        return -1;
    }
    for (guint i = 0; i < backing->pages->len; i++) {
        const virDomainHugepageDef *other = g_ptr_array_index(backing->pages, i);

        if ((!page->cells && !other->cells) ||
            (page->cells && other->cells && virBitmapOverlaps(page->cells, other->cells))) {
            virXMLReportError(node, VIR_ERR_XML_ERROR,
                              _("two <page> elements are for the same NUMA cell of the guest"));
            return -1;
        }
    }
    return 0;
}

static int
virDomainHugepageParseXML(virXMLNode *node, virDomainMemoryBackingDef *backing)
{
    virDomainHugepageDef *page = g_new0(virDomainHugepageDef, 1);
    int rc = virDomainSizeParseXML(node, "size", VIR_DOMAIN_MIN_PAGE_KIB, &page->size_kib);

    if (rc == 0)
        rc = virXMLReportMissing(node, "size");
    if (rc < 0 ||
        virDomainSetParseXML(node, "nodeset", VIR_DOMAIN_MAX_CELLS - 1, &page->cells) < 0 ||
        virDomainHugepageCheck(node, page, backing) < 0) {
        virDomainHugepageDefFree(page);
        return -1;
    }
    g_ptr_array_add(backing->pages, page);
    return 0;
}

static int
virDomainHugepagesParseXML(virXMLNode *node, virDomainMemoryBackingDef *backing)
{
    if (!node)
        return 0;
    backing->hugepages = true;
    backing->pages = g_ptr_array_new_with_free_func((GDestroyNotify)virDomainHugepageDefFree);
    for (virXMLNode *page = virXMLGetChild(node, "page"); page; page = virXMLGetNext(page)) {
        if (virDomainHugepageParseXML(page, backing) < 0)
            return -1;
    }
    return 0;
}

static int
virDomainAllocationParseXML(virXMLNode *node, virDomainMemoryBackingDef *backing)
{
    virXMLNode *allocation = virXMLGetChild(node, "allocation");
    int word = 0;

    if (!allocation)
        return 0;
    if (virXMLGetEnum(allocation, "mode", virDomainAllocationWord, &word) < 0 ||
        virDomainNumberParseXML(allocation, "threads", VIR_DOMAIN_MAX_PREALLOC_THREADS,
                                &backing->allocationThreads) < 0)
        return -1;
    if (virXMLHasAttribute(allocation, "mode"))
        backing->allocation = (virDomainMemoryAllocation)(word + 1);
    if (backing->allocationThreads > 0 &&
        backing->allocation != VIR_DOMAIN_MEMORY_ALLOCATION_IMMEDIATE) {
        virXMLReportError(allocation, VIR_ERR_XML_ERROR,
                          _("the threads of <allocation> are of use with mode='immediate' only"));
        return -1;
    }
    return 0;
}

int
virDomainMemoryBackingDefParseXML(virXMLNode *node, virDomainMemoryBackingDef *backing)
{
    int source = VIR_DOMAIN_MEMORY_SOURCE_DEFAULT;
    int access = VIR_DOMAIN_MEMORY_ACCESS_DEFAULT;

    if (virDomainHugepagesParseXML(virXMLGetChild(node, "hugepages"), backing) < 0 ||
        virDomainWordParseXML(node, "source", "type", virDomainSourceWord, &source) < 0 ||
        virDomainWordParseXML(node, "access", "mode", virDomainAccessWord, &access) < 0 ||
        virDomainAllocationParseXML(node, backing) < 0)
        return -1;
    backing->nosharepages = virXMLGetChild(node, "nosharepages") != NULL;
    backing->locked = virXMLGetChild(node, "locked") != NULL;
    backing->source = (virDomainMemorySource)source;
    backing->access = (virDomainMemoryAccess)access;
    if (backing->hugepages && backing->source == VIR_DOMAIN_MEMORY_SOURCE_ANONYMOUS) {
        virXMLReportError(node, VIR_ERR_CONFIG_UNSUPPORTED,
                          _("unsupported configuration: <hugepages> with anonymous memory; huge "
                            "pages come as a memfd"));
        return -1;
    }
    return 0;
}

static void
virDomainHugepagesFormatXML(virXMLWriter *writer, const virDomainMemoryBackingDef *backing)
{
    if (!backing->hugepages)
        return;
    virXMLWriterStart(writer, "hugepages");
    for (guint i = 0; i < backing->pages->len; i++) {
        const virDomainHugepageDef *page = g_ptr_array_index(backing->pages, i);

        virXMLWriterStart(writer, "page");
        virXMLWriterAttribute(writer, "size", "%" G_GUINT64_FORMAT, page->size_kib);
        virXMLWriterAttribute(writer, "unit", "KiB");
        virDomainSetFormatXML(writer, "nodeset", page->cells);
        virXMLWriterEnd(writer);
    }
    virXMLWriterEnd(writer);
}

/* An element with one attribute, or none of it if the attribute is empty. */
static void
virDomainWordFormatXML(virXMLWriter *writer, const char *element, const char *attribute,
                       const char *word)
{
    if (!*word)
        return;
    virXMLWriterStart(writer, element);
    virXMLWriterAttribute(writer, attribute, "%s", word);
    virXMLWriterEnd(writer);
}

static void
virDomainAllocationFormatXML(virXMLWriter *writer, const virDomainMemoryBackingDef *backing)
{
    if (backing->allocation == VIR_DOMAIN_MEMORY_ALLOCATION_DEFAULT)
        return;
    virXMLWriterStart(writer, "allocation");
    virXMLWriterAttribute(writer, "mode", "%s",
                          virDomainMemoryAllocationToString(backing->allocation));
    if (backing->allocationThreads > 0)
        virXMLWriterAttribute(writer, "threads", "%u", backing->allocationThreads);
    virXMLWriterEnd(writer);
}

static bool
virDomainMemoryBackingIsEmpty(const virDomainMemoryBackingDef *backing)
{
    return !backing->hugepages && !backing->nosharepages && !backing->locked &&
           backing->source == VIR_DOMAIN_MEMORY_SOURCE_DEFAULT &&
           backing->access == VIR_DOMAIN_MEMORY_ACCESS_DEFAULT &&
           backing->allocation == VIR_DOMAIN_MEMORY_ALLOCATION_DEFAULT;
}

void
virDomainMemoryBackingDefFormatXML(virXMLWriter *writer, const virDomainMemoryBackingDef *backing)
{
    if (virDomainMemoryBackingIsEmpty(backing))
        return;
    virXMLWriterStart(writer, "memoryBacking");
    virDomainHugepagesFormatXML(writer, backing);
    virXMLWriterElement(writer, "nosharepages", backing->nosharepages ? "" : NULL);
    virXMLWriterElement(writer, "locked", backing->locked ? "" : NULL);
    virDomainWordFormatXML(writer, "source", "type",
                           virDomainMemorySourceToString(backing->source));
    virDomainWordFormatXML(writer, "access", "mode",
                           virDomainMemoryAccessToString(backing->access));
    virDomainAllocationFormatXML(writer, backing);
    virXMLWriterEnd(writer);
}
