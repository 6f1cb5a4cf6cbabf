/*
 * domain_metadata_conf.c: <title>, <description>, <metadata>: what people and programs note about a
 * guest
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "domain_metadata_conf.h"
#include "domain_value_conf.h"
#include "virerror.h"
#include "virgettext.h"

const virXMLSchema virDomainTitleSchema = {.name = "title", .flags = VIR_XML_TEXT};
const virXMLSchema virDomainDescriptionSchema = {.name = "description", .flags = VIR_XML_TEXT};
const virXMLSchema virDomainMetadataSchema = {.name = "metadata", .flags = VIR_XML_ANY};

void
virDomainMetadataElementFree(virDomainMetadataElement *element)
{
    g_free(element->uri);
    g_free(element->xml);
    g_free(element);
}

void
virDomainMetadataDefClear(virDomainMetadataDef *metadata)
{
    g_clear_pointer(&metadata->title, g_free);
    g_clear_pointer(&metadata->description, g_free);
    g_clear_pointer(&metadata->elements, g_ptr_array_unref);
}

static bool
virDomainMetadataHas(const virDomainMetadataDef *metadata, const char *uri)
{
    for (guint i = 0; i < metadata->elements->len; i++) {
        const virDomainMetadataElement *element = g_ptr_array_index(metadata->elements, i);

        if (strcmp(element->uri, uri) == 0)
            return true;
    }
    return false;
}

static int
virDomainMetadataElementParseXML(virXMLNode *node, size_t room, virDomainMetadataDef *metadata)
{
    const char *uri = virXMLGetNamespace(node);
    virDomainMetadataElement *element;

    if (!uri) {
        virXMLReportError(node, VIR_ERR_CONFIG_UNSUPPORTED,
                          _("unsupported configuration: <%1$s> in <metadata> has no namespace; "
                            "every program there has its own"),
                          virXMLGetName(node));
        return -1;
    }
    if (virDomainMetadataHas(metadata, uri)) {
        virXMLReportError(node, VIR_ERR_XML_ERROR,
                          _("<metadata> has an element of namespace '%1$s' already"), uri);
        return -1;
    }
    element = g_new0(virDomainMetadataElement, 1);
    element->uri = g_strdup(uri);
    element->xml = virXMLNodeToString(node);
    g_ptr_array_add(metadata->elements, element);
    if (strlen(element->xml) > room) {
        virXMLReportError(node, VIR_ERR_XML_ERROR, _("<metadata> has more than %1$d KiB"),
                          VIR_DOMAIN_METADATA_MAX / 1024);
        return -1;
    }
    return 0;
}

static int
virDomainMetadataElementsParseXML(virXMLNode *node, virDomainMetadataDef *metadata)
{
    size_t room = VIR_DOMAIN_METADATA_MAX;

    metadata->elements =
        g_ptr_array_new_with_free_func((GDestroyNotify)virDomainMetadataElementFree);
    for (virXMLNode *child = virXMLGetAnyChild(node); child; child = virXMLGetAnyNext(child)) {
        const virDomainMetadataElement *element;

        if (virDomainMetadataElementParseXML(child, room, metadata) < 0)
            return -1;
        element = g_ptr_array_index(metadata->elements, metadata->elements->len - 1);
        room -= strlen(element->xml);
    }
    return 0;
}

/* A text of several lines, perhaps. */
static int
virDomainDescriptionParseXML(virXMLNode *node, virDomainMetadataDef *metadata)
{
    metadata->description = virXMLGetText(node);
    if (strlen(metadata->description) <= VIR_DOMAIN_DESCRIPTION_MAX)
        return 0;
    virXMLReportError(node, VIR_ERR_XML_ERROR, _("<description> has more than %1$d KiB"),
                      VIR_DOMAIN_DESCRIPTION_MAX / 1024);
    return -1;
}

int
virDomainMetadataDefParseXML(virXMLNode *root, virDomainMetadataDef *metadata)
{
    virXMLNode *title = virXMLGetChild(root, "title");
    virXMLNode *description = virXMLGetChild(root, "description");
    virXMLNode *node = virXMLGetChild(root, "metadata");

    if (title && virDomainTextParseXML(title, NULL, VIR_DOMAIN_TITLE_MAX, &metadata->title) < 0)
        return -1;
    if (description && virDomainDescriptionParseXML(description, metadata) < 0)
        return -1;
    return node ? virDomainMetadataElementsParseXML(node, metadata) : 0;
}

void
virDomainMetadataDefFormatXML(virXMLWriter *writer, const virDomainMetadataDef *metadata)
{
    virXMLWriterElement(writer, "title", metadata->title);
    virXMLWriterElement(writer, "description", metadata->description);
    if (!metadata->elements || metadata->elements->len == 0)
        return;
    virXMLWriterStart(writer, "metadata");
    for (guint i = 0; i < metadata->elements->len; i++) {
        const virDomainMetadataElement *element = g_ptr_array_index(metadata->elements, i);

        virXMLWriterVerbatim(writer, element->xml);
    }
    virXMLWriterEnd(writer);
}
