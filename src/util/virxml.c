/*
 * virxml.c: bounded XML parsing in which nothing is silently ignored
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <string.h>

#include <libxml/parser.h>
#include <libxml/tree.h>

#include "virerror.h"
#include "virfile.h"
#include "virgettext.h"
#include "virxml.h"

#define VIR_FROM_THIS VIR_FROM_XML

G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlParserCtxt, xmlFreeParserCtxt)

void
virXMLDocFree(virXMLDoc *doc)
{
    if (doc)
        xmlFreeDoc(doc);
}

/* Takes the place of libxml2's own handler, which would go on to read the entities. */
static void
virXMLRefuseDoctype(void *opaque, const xmlChar *name G_GNUC_UNUSED,
                    const xmlChar *externalID G_GNUC_UNUSED, const xmlChar *systemID G_GNUC_UNUSED)
{
    xmlParserCtxt *ctxt = opaque;

    *(int *)ctxt->_private = ctxt->input ? ctxt->input->line : 1;
    xmlStopParser(ctxt);
}

static void
virXMLReportMalformed(const char *source, xmlParserCtxt *ctxt)
{
    const xmlError *error = xmlCtxtGetLastError(ctxt);
    /* libxml2 quotes what it does not understand as it is. */
    g_autofree char *text =
        g_utf8_make_valid(error && error->message ? error->message : _("no XML"), -1);

    virReportError(VIR_ERR_XML_ERROR, _("%1$s line %2$d: not well-formed: %3$s"), source,
                   error ? error->line : 1, g_strstrip(text));
}

virXMLDoc *
virXMLParse(const char *text, size_t len, const char *source)
{
    g_autoptr(xmlParserCtxt) ctxt = NULL;
    g_autoptr(virXMLDoc) doc = NULL;
    int doctypeLine = 0;

    if (len > VIR_XML_MAX_SIZE) {
        virReportError(VIR_ERR_XML_ERROR, _("%1$s is longer than %2$d KiB, which no guest needs"),
                       source, VIR_XML_MAX_SIZE / 1024);
        return NULL;
    }
    if (!(ctxt = xmlNewParserCtxt()))
        g_error("cannot allocate an XML parser");

    ctxt->_private = &doctypeLine;
    ctxt->sax->internalSubset = virXMLRefuseDoctype;
    doc = xmlCtxtReadMemory(ctxt, text, (int)len, source, NULL,
                            XML_PARSE_NONET | XML_PARSE_NOCDATA | XML_PARSE_NOERROR |
                                XML_PARSE_NOWARNING | XML_PARSE_BIG_LINES);
    if (doctypeLine > 0) {
        virReportError(VIR_ERR_XML_ERROR, _("%1$s line %2$d: a DOCTYPE is not accepted; remove it"),
                       source, doctypeLine);
        return NULL;
    }
    if (!doc || !xmlDocGetRootElement(doc)) {
        virXMLReportMalformed(source, ctxt);
        return NULL;
    }
    return g_steal_pointer(&doc);
}

virXMLDoc *
virXMLParseFD(int fd, const char *source)
{
    g_autofree char *text = NULL;
    size_t len = 0;
    int rc = virFileReadFD(fd, VIR_XML_MAX_SIZE + 1, &text, &len);

    if (rc == -EFBIG) {
        len = VIR_XML_MAX_SIZE + 1;
    } else if (rc < 0) {
        virReportSystemError(-rc, _("cannot read %1$s"), source);
        return NULL;
    }
    return virXMLParse(text, len, source);
}

virXMLNode *
virXMLGetRoot(const virXMLDoc *doc)
{
    return xmlDocGetRootElement(doc);
}

static const char *
virXMLGetSource(virXMLNode *node)
{
    return node->doc && node->doc->URL ? (const char *)node->doc->URL : "XML";
}

void
virXMLErrorReport(virXMLNode *node, int code, const char *fmt, ...)
{
    g_autofree char *text = NULL;
    va_list ap;

    va_start(ap, fmt);
    text = g_strdup_vprintf(fmt, ap);
    va_end(ap);
    virReportError(code, _("%1$s line %2$ld: %3$s"), virXMLGetSource(node), xmlGetLineNo(node),
                   text);
}

/* "qemu:commandline": the name as the user wrote it, so that it can be found in the file. */
static char *
virXMLGetFullName(const xmlNs *ns, const xmlChar *name)
{
    if (ns && ns->prefix)
        return g_strdup_printf("%s:%s", (const char *)ns->prefix, (const char *)name);
    return g_strdup((const char *)name);
}

static int
virXMLReportUnknownElement(virXMLNode *node)
{
    g_autofree char *name = virXMLGetFullName(node->ns, node->name);

    virReportError(VIR_ERR_CONFIG_UNSUPPORTED,
                   _("unsupported configuration: <%1$s> in <%2$s> at line %3$ld of %4$s"), name,
                   (const char *)node->parent->name, xmlGetLineNo(node), virXMLGetSource(node));
    return -1;
}

static bool
virXMLSchemaIsFor(const virXMLSchema *schema, virXMLNode *node)
{
    const char *ns = node->ns ? (const char *)node->ns->href : NULL;

    return strcmp(schema->name, (const char *)node->name) == 0 && g_strcmp0(schema->ns, ns) == 0;
}

static const virXMLSchema *
virXMLSchemaFind(const virXMLSchema *schema, virXMLNode *child)
{
    if (!schema->children)
        return NULL;
    for (size_t i = 0; schema->children[i]; i++) {
        if (virXMLSchemaIsFor(schema->children[i], child))
            return schema->children[i];
    }
    return NULL;
}

static int
virXMLCheckAttributes(virXMLNode *node, const virXMLSchema *schema)
{
    for (const xmlAttr *attr = node->properties; attr; attr = attr->next) {
        g_autofree char *name = NULL;

        if (!attr->ns && schema->attributes &&
            g_strv_contains(schema->attributes, (const char *)attr->name))
            continue;
        name = virXMLGetFullName(attr->ns, attr->name);
        virReportError(
            VIR_ERR_CONFIG_UNSUPPORTED,
            _("unsupported configuration: attribute '%1$s' of <%2$s> at line %3$ld of %4$s"), name,
            (const char *)node->name, xmlGetLineNo(node), virXMLGetSource(node));
        return -1;
    }
    return 0;
}

static int
virXMLCheckText(virXMLNode *text, const virXMLSchema *schema)
{
    /* libxml2 gives a text the line of its end: what is before it is nearer to its start. */
    virXMLNode *before = text->prev ? text->prev : text->parent;

    if (schema->flags & VIR_XML_TEXT || xmlIsBlankNode(text))
        return 0;
    virReportError(VIR_ERR_CONFIG_UNSUPPORTED,
                   _("unsupported configuration: text in <%1$s> at line %2$ld of %3$s"),
                   (const char *)text->parent->name, xmlGetLineNo(before), virXMLGetSource(text));
    return -1;
}

static int
virXMLCheckChild(virXMLNode *child, const virXMLSchema *schema)
{
    const virXMLSchema *known = virXMLSchemaFind(schema, child);

    if (!known)
        return virXMLReportUnknownElement(child);
    if (!(known->flags & VIR_XML_MANY) && virXMLGetNext(child)) {
        virXMLReportError(virXMLGetNext(child), VIR_ERR_XML_ERROR,
                          _("<%1$s> is in <%2$s> already and may come only once"), known->name,
                          schema->name);
        return -1;
    }
    return virXMLCheck(child, known);
}

int
virXMLCheck(virXMLNode *root, const virXMLSchema *schema)
{
    if (!virXMLSchemaIsFor(schema, root)) {
        virXMLReportError(root, VIR_ERR_XML_ERROR, _("found <%1$s> where <%2$s> is needed"),
                          (const char *)root->name, schema->name);
        return -1;
    }
    if (schema->flags & VIR_XML_CHECKED_LATER)
        return 0;
    if (virXMLCheckAttributes(root, schema) < 0)
        return -1;
    for (virXMLNode *node = root->children; node; node = node->next) {
        if (node->type == XML_COMMENT_NODE ||
            (node->type == XML_ELEMENT_NODE && schema->flags & VIR_XML_ANY))
            continue;
        if (node->type == XML_TEXT_NODE) {
            if (virXMLCheckText(node, schema) < 0)
                return -1;
        } else if (node->type != XML_ELEMENT_NODE) {
            return virXMLReportUnknownElement(node);
        } else if (virXMLCheckChild(node, schema) < 0) {
            return -1;
        }
    }
    return 0;
}

/* The first of @node and the siblings after it that is an element called @name. */
static virXMLNode *
virXMLFindFrom(virXMLNode *node, const char *name)
{
    for (; node; node = node->next) {
        if (node->type == XML_ELEMENT_NODE && strcmp((const char *)node->name, name) == 0)
            return node;
    }
    return NULL;
}

virXMLNode *
virXMLGetChild(virXMLNode *node, const char *name)
{
    return virXMLFindFrom(node->children, name);
}

virXMLNode *
virXMLGetNext(virXMLNode *node)
{
    return virXMLFindFrom(node->next, virXMLGetName(node));
}

static virXMLNode *
virXMLFindAnyFrom(virXMLNode *node)
{
    while (node && node->type != XML_ELEMENT_NODE)
        node = node->next;
    return node;
}

virXMLNode *
virXMLGetAnyChild(virXMLNode *node)
{
    return virXMLFindAnyFrom(node->children);
}

virXMLNode *
virXMLGetAnyNext(virXMLNode *node)
{
    return virXMLFindAnyFrom(node->next);
}

const char *
virXMLGetNamespace(virXMLNode *node)
{
    return node->ns ? (const char *)node->ns->href : NULL;
}

char *
virXMLNodeToString(virXMLNode *node)
{
    xmlBuffer *buffer = xmlBufferCreate();
    xmlDoc *doc = xmlNewDoc((const xmlChar *)"1.0");
    /* The copy declares the namespaces that it uses and that were declared above it. */
    xmlNode *copy = doc ? xmlDocCopyNode(node, doc, 1) : NULL;
    xmlOutputBuffer *output = buffer ? xmlOutputBufferCreateBuffer(buffer, NULL) : NULL;
    char *text;

    if (!copy || !output)
        g_error("cannot copy XML");
    xmlDocSetRootElement(doc, copy);
    xmlNodeDumpOutput(output, doc, copy, 0, 0, "UTF-8");
    xmlOutputBufferClose(output);
    text = g_strdup((const char *)xmlBufferContent(buffer));
    xmlBufferFree(buffer);
    xmlFreeDoc(doc);
    return text;
}

/* NULL with an error reported. */
static xmlNs *
virXMLDeclare(virXMLNode *node, const char *prefix, const char *uri)
{
    xmlNs *ns = NULL;

    /* The prefixes that begin so are the standard's own. */
    if (xmlValidateNCName((const xmlChar *)prefix, 0) == 0 &&
        g_ascii_strncasecmp(prefix, "xml", 3) != 0) {
        ns = xmlSearchNs(node->doc, node, (const xmlChar *)prefix);
        if (!ns)
            ns = xmlNewNs(node, (const xmlChar *)uri, (const xmlChar *)prefix);
        else if (strcmp((const char *)ns->href, uri) != 0)
            ns = NULL;
    }
    if (!ns)
        virReportError(VIR_ERR_INVALID_ARG,
                       _("invalid argument: '%1$s' cannot be the prefix of namespace '%2$s' in "
                         "<%3$s>: it is no name, or has another meaning there"),
                       prefix, uri, virXMLGetName(node));
    return ns;
}

static void
virXMLSetNamespace(virXMLNode *node, xmlNs *ns)
{
    if (!node->ns)
        xmlSetNs(node, ns);
    for (virXMLNode *child = virXMLGetAnyChild(node); child; child = virXMLGetAnyNext(child))
        virXMLSetNamespace(child, ns);
}

int
virXMLQualify(virXMLNode *node, const char *prefix, const char *uri)
{
    xmlNs *ns;

    if (node->ns && strcmp(virXMLGetNamespace(node), uri) != 0) {
        virReportError(VIR_ERR_INVALID_ARG,
                       _("invalid argument: <%1$s> is of namespace '%2$s', not of '%3$s'"),
                       virXMLGetName(node), virXMLGetNamespace(node), uri);
        return -1;
    }
    if (!(ns = virXMLDeclare(node, prefix, uri)))
        return -1;
    virXMLSetNamespace(node, ns);
    return 0;
}

static bool
virXMLIsNamespace(const xmlNs *ns, const char *uri)
{
    return ns && ns->href && strcmp((const char *)ns->href, uri) == 0;
}

static void
virXMLClearNamespace(virXMLNode *node, const char *uri)
{
    if (virXMLIsNamespace(node->ns, uri))
        xmlSetNs(node, NULL);
    for (xmlAttr *attr = node->properties; attr; attr = attr->next) {
        if (virXMLIsNamespace(attr->ns, uri))
            attr->ns = NULL;
    }
    for (virXMLNode *child = virXMLGetAnyChild(node); child; child = virXMLGetAnyNext(child))
        virXMLClearNamespace(child, uri);
}

void
virXMLUnqualify(virXMLNode *node, const char *uri)
{
    virXMLClearNamespace(node, uri);
    /* Nobody is left who uses the declarations. */
    for (xmlNs **next = &node->nsDef; *next;) {
        xmlNs *ns = *next;

        if (!virXMLIsNamespace(ns, uri)) {
            next = &ns->next;
            continue;
        }
        *next = ns->next;
        ns->next = NULL;
        xmlFreeNs(ns);
    }
}

const char *
virXMLGetName(virXMLNode *node)
{
    return (const char *)node->name;
}

char *
virXMLGetText(virXMLNode *node)
{
    xmlChar *content = xmlNodeGetContent(node);
    char *text = g_strdup(content ? (const char *)content : "");

    xmlFree(content);
    return g_strstrip(text);
}

char *
virXMLGetAttribute(virXMLNode *node, const char *name)
{
    xmlChar *content = xmlGetNoNsProp(node, (const xmlChar *)name);
    char *value = g_strdup((const char *)content);

    xmlFree(content);
    return value;
}

bool
virXMLHasAttribute(virXMLNode *node, const char *name)
{
    return xmlHasNsProp(node, (const xmlChar *)name, NULL) != NULL;
}

/* What messages call a value: the attribute or, with NULL, the element itself. */
static char *
virXMLDescribeValue(virXMLNode *node, const char *name)
{
    if (!name)
        return g_strdup_printf("<%s>", virXMLGetName(node));
    return virFormat(_("attribute '%1$s' of <%2$s>"), name, virXMLGetName(node));
}

static char *
virXMLGetValue(virXMLNode *node, const char *name)
{
    return name ? virXMLGetAttribute(node, name) : virXMLGetText(node);
}

static bool
virXMLParseNumber(const char *text, guint64 max, guint64 *value)
{
    if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
        return g_ascii_string_to_unsigned(text + 2, 16, 0, max, value, NULL);
    if (text[0] == '0' && text[strspn(text, "0")] != '\0')
        return false;
    return g_ascii_string_to_unsigned(text, 10, 0, max, value, NULL);
}

int
virXMLGetNumber(virXMLNode *node, const char *name, guint64 max, guint64 *value)
{
    g_autofree char *text = virXMLGetValue(node, name);
    g_autofree char *what = NULL;

    if (!text)
        return 0;
    if (virXMLParseNumber(text, max, value))
        return 1;
    what = virXMLDescribeValue(node, name);
    virXMLReportError(node, VIR_ERR_XML_ERROR,
                      _("%1$s is '%2$s' and must be a number from 0 to %3$llu, decimal without "
                        "leading zeros or hexadecimal after 0x"),
                      what, text, (unsigned long long)max);
    return -1;
}

int
virXMLGetEnum(virXMLNode *node, const char *name, const char *(*toString)(int), int *value)
{
    g_autofree char *text = virXMLGetValue(node, name);
    g_autofree char *what = NULL;
    g_autoptr(GString) known = g_string_new(NULL);

    if (!text)
        return 0;
    for (int i = 0; toString(i); i++) {
        if (strcmp(text, toString(i)) == 0) {
            *value = i;
            return 1;
        }
        g_string_append_printf(known, "%s'%s'", i > 0 ? ", " : "", toString(i));
    }
    what = virXMLDescribeValue(node, name);
    virXMLReportError(node, VIR_ERR_CONFIG_UNSUPPORTED,
                      _("unsupported configuration: %1$s is '%2$s'; supported: %3$s"), what, text,
                      known->str);
    return -1;
}

int
virXMLReportMissing(virXMLNode *node, const char *attribute)
{
    virXMLReportError(node, VIR_ERR_XML_ERROR, _("<%1$s> lacks the attribute '%2$s'"),
                      virXMLGetName(node), attribute);
    return -1;
}

virXMLNode *
virXMLRequireChild(virXMLNode *root, const char *name)
{
    virXMLNode *node = virXMLGetChild(root, name);

    if (!node)
        virXMLReportError(root, VIR_ERR_XML_ERROR, _("<%1$s> lacks <%2$s>"), virXMLGetName(root),
                          name);
    return node;
}
