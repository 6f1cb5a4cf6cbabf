/*
 * domain_chr_source_conf.c: where a character device leads on the host
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "device_conf.h"
#include "domain_attribute.h"
#include "domain_chr_source_conf.h"
#include "virerror.h"
#include "virgettext.h"

VIR_ENUM_IMPL(virDomainChr, VIR_DOMAIN_CHR_TYPE_LAST, "null", "pty", "file", "unix", "tcp", "stdio",
              "spicevmc");
VIR_ENUM_IMPL(virDomainChrMode, VIR_DOMAIN_CHR_MODE_LAST, "connect", "bind");
VIR_ENUM_IMPL(virDomainChrProtocol, VIR_DOMAIN_CHR_PROTOCOL_LAST, "raw", "telnet");

const virXMLSchema virDomainChrSourceSchema = {
    .name = "source",
    .attributes = VIR_XML_NAMES("path", "append", "mode", "host", "service"),
};
const virXMLSchema virDomainChrProtocolSchema = {
    .name = "protocol",
    .attributes = VIR_XML_NAMES("type"),
};
const virXMLSchema virDomainChrLogSchema = {
    .name = "log",
    .attributes = VIR_XML_NAMES("file", "append"),
};

/* The attributes of <source> by type; NULL if there is no <source>. */
static const char *const *const virDomainChrSourceAttributes[VIR_DOMAIN_CHR_TYPE_LAST] = {
    [VIR_DOMAIN_CHR_TYPE_PTY] = VIR_XML_NAMES("path"),
    [VIR_DOMAIN_CHR_TYPE_FILE] = VIR_XML_NAMES("path", "append"),
    [VIR_DOMAIN_CHR_TYPE_UNIX] = VIR_XML_NAMES("path", "mode"),
    [VIR_DOMAIN_CHR_TYPE_TCP] = VIR_XML_NAMES("host", "service", "mode"),
};

void
virDomainChrSourceDefClear(virDomainChrSourceDef *source)
{
    g_clear_pointer(&source->path, g_free);
    g_clear_pointer(&source->host, g_free);
    g_clear_pointer(&source->service, g_free);
    g_clear_pointer(&source->logFile, g_free);
}

static int
virDomainChrSourceCheckXML(virXMLNode *node, const virDomainChrSourceDef *source)
{
    const char *const *known = virDomainChrSourceAttributes[source->type];
    const char *type = virDomainChrToString(source->type);
    virXMLNode *child = virXMLGetChild(node, "source");
    virXMLNode *protocol = virXMLGetChild(node, "protocol");
    g_autofree char *where = g_strdup_printf("type='%s'", type);

    if (child && !known) {
        virXMLReportError(child, VIR_ERR_XML_ERROR, _("<%1$s type='%2$s'> has no <source>"),
                          virXMLGetName(node), type);
        return -1;
    }
    if (protocol && source->type != VIR_DOMAIN_CHR_TYPE_TCP) {
        virXMLReportError(protocol, VIR_ERR_XML_ERROR, _("<%1$s type='%2$s'> has no <protocol>"),
                          virXMLGetName(node), type);
        return -1;
    }
    return child ? virDomainCheckAttributes(child, &virDomainChrSourceSchema, known, where) : 0;
}

static int
virDomainChrSourceFileParseXML(virXMLNode *child, virDomainChrSourceDef *source)
{
    int append = 0;

    if (virDomainPathParseXML(child, "path", &source->path) < 0 ||
        virXMLGetEnum(child, "append", virDomainOnOffToString, &append) < 0)
        return -1;
    source->append = append;
    return 0;
}

/* A host or a service: something that QEMU and a resolver can take. */
static int
virDomainChrSourceNameParseXML(virXMLNode *child, const char *attribute, char **value)
{
    g_autofree char *text = virXMLGetAttribute(child, attribute);

    if (!text)
        return virXMLReportMissing(child, attribute);
    if (!*text || virDomainTextHasControl(text)) {
        virXMLReportError(child, VIR_ERR_XML_ERROR,
                          _("attribute '%1$s' of <%2$s> is empty or holds control characters"),
                          attribute, virXMLGetName(child));
        return -1;
    }
    *value = g_steal_pointer(&text);
    return 0;
}

static int
virDomainChrSourceTCPParseXML(virXMLNode *node, virXMLNode *child, virDomainChrSourceDef *source)
{
    virXMLNode *protocol = virXMLGetChild(node, "protocol");
    int mode = VIR_DOMAIN_CHR_MODE_CONNECT;
    int type = VIR_DOMAIN_CHR_PROTOCOL_RAW;

    if (virXMLGetEnum(child, "mode", virDomainChrModeToString, &mode) < 0 ||
        virDomainChrSourceNameParseXML(child, "host", &source->host) < 0 ||
        virDomainChrSourceNameParseXML(child, "service", &source->service) < 0 ||
        (protocol && virXMLGetEnum(protocol, "type", virDomainChrProtocolToString, &type) < 0))
        return -1;
    source->mode = mode;
    source->protocol = type;
    return 0;
}

/* Without a path, which is chosen at the start, QEMU is the end that makes the socket. */
static int
virDomainChrSourceUnixParseXML(virXMLNode *child, virDomainChrSourceDef *source)
{
    g_autofree char *path = child ? virXMLGetAttribute(child, "path") : NULL;
    int mode = path ? VIR_DOMAIN_CHR_MODE_CONNECT : VIR_DOMAIN_CHR_MODE_BIND;

    if (child && virXMLGetEnum(child, "mode", virDomainChrModeToString, &mode) < 0)
        return -1;
    if (!path && mode == VIR_DOMAIN_CHR_MODE_CONNECT)
        return virXMLReportMissing(child, "path");
    if (path && virDomainSocketPathParseXML(child, "path", &source->path) < 0)
        return -1;
    source->mode = mode;
    source->autoPath = !path;
    return 0;
}

static int
virDomainChrSourceChildParseXML(virXMLNode *node, virDomainChrSourceDef *source)
{
    virXMLNode *child = virXMLGetChild(node, "source");
    g_autofree char *path = child ? virXMLGetAttribute(child, "path") : NULL;

    switch (source->type) {
    case VIR_DOMAIN_CHR_TYPE_PTY:
        return path ? virDomainPathParseXML(child, "path", &source->path) : 0;
    case VIR_DOMAIN_CHR_TYPE_UNIX:
        return virDomainChrSourceUnixParseXML(child, source);
    case VIR_DOMAIN_CHR_TYPE_FILE:
        return (child = virXMLRequireChild(node, "source"))
                   ? virDomainChrSourceFileParseXML(child, source)
                   : -1;
    case VIR_DOMAIN_CHR_TYPE_TCP:
        return (child = virXMLRequireChild(node, "source"))
                   ? virDomainChrSourceTCPParseXML(node, child, source)
                   : -1;
    case VIR_DOMAIN_CHR_TYPE_NULL:
    case VIR_DOMAIN_CHR_TYPE_STDIO:
    case VIR_DOMAIN_CHR_TYPE_SPICEVMC:
    case VIR_DOMAIN_CHR_TYPE_LAST:
        break;
    }
    return 0;
}

static int
virDomainChrLogParseXML(virXMLNode *node, virDomainChrSourceDef *source)
{
    virXMLNode *log = virXMLGetChild(node, "log");
    int append = 0;

    if (!log)
        return 0;
    if (virDomainPathParseXML(log, "file", &source->logFile) < 0 ||
        virXMLGetEnum(log, "append", virDomainOnOffToString, &append) < 0)
        return -1;
    source->logAppend = append;
    return 0;
}

int
virDomainChrSourceDefParseXML(virXMLNode *node, virDomainChrSourceDef *source)
{
    int type = 0;

    if (virDomainRequireEnum(node, "type", virDomainChrToString, &type) < 0)
        return -1;
    source->type = type;
    if (virDomainChrSourceCheckXML(node, source) < 0 ||
        virDomainChrSourceChildParseXML(node, source) < 0)
        return -1;
    return virDomainChrLogParseXML(node, source);
}

void
virDomainChrSourceDefFormatType(virXMLWriter *writer, const virDomainChrSourceDef *source)
{
    virXMLWriterAttribute(writer, "type", "%s", virDomainChrToString(source->type));
}

/* What only a running guest has is left out of what is kept of one. */
static bool
virDomainChrSourceHasPath(const virDomainChrSourceDef *source, unsigned int flags)
{
    bool chosen = source->type == VIR_DOMAIN_CHR_TYPE_PTY || source->autoPath;

    return source->path && !(chosen && flags & VIR_DOMAIN_DEF_FORMAT_INACTIVE);
}

static void
virDomainChrSourceTCPFormatXML(virXMLWriter *writer, const virDomainChrSourceDef *source)
{
    virXMLWriterStart(writer, "source");
    virXMLWriterAttribute(writer, "mode", "%s", virDomainChrModeToString(source->mode));
    virXMLWriterAttribute(writer, "host", "%s", source->host);
    virXMLWriterAttribute(writer, "service", "%s", source->service);
    virXMLWriterEnd(writer);
    virDomainElementFormatXML(writer, "protocol", "type",
                              virDomainChrProtocolToString(source->protocol));
}

static void
virDomainChrSourcePathFormatXML(virXMLWriter *writer, const virDomainChrSourceDef *source)
{
    virXMLWriterStart(writer, "source");
    if (source->type == VIR_DOMAIN_CHR_TYPE_UNIX)
        virXMLWriterAttribute(writer, "mode", "%s", virDomainChrModeToString(source->mode));
    virXMLWriterAttribute(writer, "path", "%s", source->path);
    if (source->append)
        virXMLWriterAttribute(writer, "append", "on");
    virXMLWriterEnd(writer);
}

void
virDomainChrSourceDefFormatXML(virXMLWriter *writer, const virDomainChrSourceDef *source,
                               unsigned int flags)
{
    if (source->type == VIR_DOMAIN_CHR_TYPE_TCP)
        virDomainChrSourceTCPFormatXML(writer, source);
    else if (virDomainChrSourceHasPath(source, flags))
        virDomainChrSourcePathFormatXML(writer, source);
    if (source->logFile) {
        virXMLWriterStart(writer, "log");
        virXMLWriterAttribute(writer, "file", "%s", source->logFile);
        if (source->logAppend)
            virXMLWriterAttribute(writer, "append", "on");
        virXMLWriterEnd(writer);
    }
}

bool
virDomainChrSourceDefIsEqual(const virDomainChrSourceDef *a, const virDomainChrSourceDef *b)
{
    bool anyPath = a->type == VIR_DOMAIN_CHR_TYPE_PTY && (!a->path || !b->path);

    return a->type == b->type && (anyPath || g_strcmp0(a->path, b->path) == 0) &&
           a->append == b->append && a->mode == b->mode && g_strcmp0(a->host, b->host) == 0 &&
           g_strcmp0(a->service, b->service) == 0 && a->protocol == b->protocol;
}
