/*
 * domain_metadata.c: what people and programs note about a guest that is defined already
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include <libvirt/libvirt.h>

#include "domain_metadata_conf.h"
#include "virerror.h"
#include "virgettext.h"

#define VIR_FROM_THIS VIR_FROM_DOMAIN

static virDomainMetadataElement *
virDomainMetadataElementNew(const char *uri, char *xml)
{
    virDomainMetadataElement *element = g_new0(virDomainMetadataElement, 1);

    element->uri = g_strdup(uri);
    element->xml = xml;
    return element;
}

void
virDomainMetadataDefCopy(virDomainMetadataDef *copy, const virDomainMetadataDef *metadata)
{
    copy->title = g_strdup(metadata->title);
    copy->description = g_strdup(metadata->description);
    if (!metadata->elements)
        return;
    copy->elements = g_ptr_array_new_with_free_func((GDestroyNotify)virDomainMetadataElementFree);
    for (guint i = 0; i < metadata->elements->len; i++) {
        const virDomainMetadataElement *element = g_ptr_array_index(metadata->elements, i);

        g_ptr_array_add(copy->elements,
                        virDomainMetadataElementNew(element->uri, g_strdup(element->xml)));
    }
}

/* Where the element of that namespace is, or would be. */
static guint
virDomainMetadataFind(const virDomainMetadataDef *metadata, const char *uri)
{
    guint i = 0;

    while (metadata->elements && i < metadata->elements->len &&
           strcmp(((const virDomainMetadataElement *)metadata->elements->pdata[i])->uri, uri) != 0)
        i++;
    return i;
}

/* Of a title or a description, which have neither key nor namespace. */
static int
virDomainMetadataCheckText(const virDomainMetadataNote *note, const char *name, size_t max)
{
    if (note->key || note->uri) {
        virReportError(VIR_ERR_INVALID_ARG,
                       _("invalid argument: a guest's <%1$s> has no key and no namespace"), name);
        return -1;
    }
    if (note->text && strlen(note->text) > max) {
        virReportError(VIR_ERR_INVALID_ARG,
                       _("invalid argument: a guest's <%1$s> has at most %2$zu bytes"), name, max);
        return -1;
    }
    return 0;
}

static int
virDomainMetadataSetTitle(virDomainMetadataDef *metadata, const virDomainMetadataNote *note)
{
    if (virDomainMetadataCheckText(note, "title", VIR_DOMAIN_TITLE_MAX) < 0)
        return -1;
    for (const char *at = note->text; at && *at; at++) {
        if (g_ascii_iscntrl(*at)) {
            virReportError(VIR_ERR_INVALID_ARG,
                           _("invalid argument: a guest's <title> is one line, without control "
                             "characters"));
            return -1;
        }
    }
    g_free(metadata->title);
    metadata->title = note->text && *note->text ? g_strdup(note->text) : NULL;
    return 0;
}

static int
virDomainMetadataSetDescription(virDomainMetadataDef *metadata, const virDomainMetadataNote *note)
{
    if (virDomainMetadataCheckText(note, "description", VIR_DOMAIN_DESCRIPTION_MAX) < 0)
        return -1;
    g_free(metadata->description);
    metadata->description = note->text && *note->text ? g_strdup(note->text) : NULL;
    return 0;
}

/* A namespace is written as it is: what would have to be escaped is in no URI anyway. */
static int
virDomainMetadataCheckURI(const char *uri)
{
    bool good = uri && *uri && !strpbrk(uri, "<>&\"'");

    for (const char *at = uri; good && *at; at++)
        good = *at != ' ' && !g_ascii_iscntrl(*at);
    if (good)
        return 0;
    virReportError(VIR_ERR_INVALID_ARG,
                   _("invalid argument: an element of <metadata> is named by its namespace, and "
                     "'%1$s' cannot be one"),
                   uri ? uri : "");
    return -1;
}

/* The element with its namespace, owned by the caller; NULL with an error reported. */
static char *
virDomainMetadataQualify(const virDomainMetadataNote *note)
{
    g_autoptr(virXMLDoc) doc = virXMLParse(note->text, strlen(note->text), "metadata.xml");

    if (!doc || virXMLQualify(virXMLGetRoot(doc), note->key, note->uri) < 0)
        return NULL;
    return virXMLNodeToString(virXMLGetRoot(doc));
}

/* What the elements but that one are long. */
static size_t
virDomainMetadataCount(const virDomainMetadataDef *metadata, guint but)
{
    size_t size = 0;

    for (guint i = 0; metadata->elements && i < metadata->elements->len; i++) {
        const virDomainMetadataElement *element = g_ptr_array_index(metadata->elements, i);

        size += i == but ? 0 : strlen(element->xml);
    }
    return size;
}

static int
virDomainMetadataSetElement(virDomainMetadataDef *metadata, const virDomainMetadataNote *note)
{
    g_autofree char *xml = NULL;
    guint at;

    if (virDomainMetadataCheckURI(note->uri) < 0)
        return -1;
    at = virDomainMetadataFind(metadata, note->uri);
    if (note->text) {
        if (!note->key) {
            virReportError(VIR_ERR_INVALID_ARG,
                           _("invalid argument: an element of <metadata> needs a key, the prefix "
                             "of its namespace"));
            return -1;
        }
        if (!(xml = virDomainMetadataQualify(note)))
            return -1;
        if (virDomainMetadataCount(metadata, at) + strlen(xml) > VIR_DOMAIN_METADATA_MAX) {
            virReportError(VIR_ERR_INVALID_ARG,
                           _("invalid argument: <metadata> would have more than %1$d KiB"),
                           VIR_DOMAIN_METADATA_MAX / 1024);
            return -1;
        }
    }
    if (metadata->elements && at < metadata->elements->len)
        g_ptr_array_remove_index(metadata->elements, at);
    if (!xml)
        return 0;
    if (!metadata->elements)
        metadata->elements =
            g_ptr_array_new_with_free_func((GDestroyNotify)virDomainMetadataElementFree);
    g_ptr_array_add(metadata->elements,
                    virDomainMetadataElementNew(note->uri, g_steal_pointer(&xml)));
    return 0;
}

static int
virDomainMetadataReportType(int type)
{
    virReportError(VIR_ERR_INVALID_ARG, _("invalid argument: there is no metadata of type %1$d"),
                   type);
    return -1;
}

int
virDomainMetadataDefSet(virDomainMetadataDef *metadata, const virDomainMetadataNote *note)
{
    switch (note->type) {
    case VIR_DOMAIN_METADATA_DESCRIPTION:
        return virDomainMetadataSetDescription(metadata, note);
    case VIR_DOMAIN_METADATA_TITLE:
        return virDomainMetadataSetTitle(metadata, note);
    case VIR_DOMAIN_METADATA_ELEMENT:
        return virDomainMetadataSetElement(metadata, note);
    default:
        return virDomainMetadataReportType(note->type);
    }
}

/* The element without its namespace, or NULL if there is none, which is no error; owned by the
 * caller. */
static char *
virDomainMetadataGetElement(const virDomainMetadataDef *metadata, const char *uri)
{
    const virDomainMetadataElement *element;
    g_autoptr(virXMLDoc) doc = NULL;
    guint at = virDomainMetadataFind(metadata, uri);

    if (!metadata->elements || at == metadata->elements->len)
        return NULL;
    element = g_ptr_array_index(metadata->elements, at);
    if (!(doc = virXMLParse(element->xml, strlen(element->xml), "metadata.xml")))
        return NULL;
    virXMLUnqualify(virXMLGetRoot(doc), uri);
    return virXMLNodeToString(virXMLGetRoot(doc));
}

char *
virDomainMetadataDefGet(const virDomainMetadataDef *metadata, int type, const char *uri)
{
    const virDomainMetadataNote note = {.type = type, .uri = uri};
    char *text = NULL;

    if (type == VIR_DOMAIN_METADATA_ELEMENT) {
        if (virDomainMetadataCheckURI(uri) < 0)
            return NULL;
        text = virDomainMetadataGetElement(metadata, uri);
    } else if (type == VIR_DOMAIN_METADATA_TITLE || type == VIR_DOMAIN_METADATA_DESCRIPTION) {
        const char *name = type == VIR_DOMAIN_METADATA_TITLE ? "title" : "description";

        if (virDomainMetadataCheckText(&note, name, 0) < 0)
            return NULL;
        text =
            g_strdup(type == VIR_DOMAIN_METADATA_TITLE ? metadata->title : metadata->description);
    } else {
        (void)virDomainMetadataReportType(type);
        return NULL;
    }
    if (!text)
        virReportError(VIR_ERR_NO_DOMAIN_METADATA,
                       _("metadata not found: Requested metadata element is not present"));
    return text;
}
