/*
 * domain_chr_conf.c: <serial> and <console>: serial ports and where they lead
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "device_conf.h"
#include "domain_chr_conf.h"
#include "domain_device.h"
#include "virerror.h"
#include "virgettext.h"

VIR_ENUM_IMPL(virDomainChr, VIR_DOMAIN_CHR_TYPE_LAST, "stdio", "file");

typedef enum {
    VIR_DOMAIN_SERIAL_TARGET_ISA,
    VIR_DOMAIN_SERIAL_TARGET_LAST,
} virDomainSerialTarget;

VIR_ENUM_DECL(virDomainSerialTarget);
VIR_ENUM_IMPL(virDomainSerialTarget, VIR_DOMAIN_SERIAL_TARGET_LAST, "isa-serial");

typedef enum {
    VIR_DOMAIN_CONSOLE_TARGET_SERIAL,
    VIR_DOMAIN_CONSOLE_TARGET_LAST,
} virDomainConsoleTarget;

VIR_ENUM_DECL(virDomainConsoleTarget);
VIR_ENUM_IMPL(virDomainConsoleTarget, VIR_DOMAIN_CONSOLE_TARGET_LAST, "serial");

static const virXMLSchema virDomainChrSourceSchema = {
    .name = "source",
    .attributes = VIR_XML_NAMES("path", "append"),
};
static const virXMLSchema virDomainSerialModelSchema = {
    .name = "model",
    .attributes = VIR_XML_NAMES("name"),
};
static const virXMLSchema virDomainSerialTargetSchema = {
    .name = "target",
    .attributes = VIR_XML_NAMES("type", "port"),
    .children = VIR_XML_CHILDREN(&virDomainSerialModelSchema),
};
static const virXMLSchema virDomainConsoleTargetSchema = {
    .name = "target",
    .attributes = VIR_XML_NAMES("type", "port"),
};

const virXMLSchema virDomainSerialSchema = {
    .name = "serial",
    .attributes = VIR_XML_NAMES("type"),
    .children = VIR_XML_CHILDREN(&virDomainChrSourceSchema, &virDomainSerialTargetSchema,
                                 &virDomainDeviceAliasSchema),
    .flags = VIR_XML_MANY,
};
const virXMLSchema virDomainConsoleSchema = {
    .name = "console",
    .attributes = VIR_XML_NAMES("type"),
    .children = VIR_XML_CHILDREN(&virDomainChrSourceSchema, &virDomainConsoleTargetSchema),
};

void
virDomainChrDefFree(virDomainChrDef *chr)
{
    if (!chr)
        return;
    g_free(chr->path);
    virDomainDeviceInfoClear(&chr->info);
    g_free(chr);
}

static int
virDomainChrSourceParseXML(virXMLNode *node, virDomainChrDef *chr)
{
    virXMLNode *source = virXMLGetChild(node, "source");
    int append = 0;

    if (chr->type == VIR_DOMAIN_CHR_TYPE_STDIO) {
        if (!source)
            return 0;
        virXMLReportError(source, VIR_ERR_XML_ERROR,
                          _("<%1$s type='stdio'> leads to the terminal and has no <source>"),
                          virXMLGetName(node));
        return -1;
    }
    if (!source) {
        virXMLReportError(node, VIR_ERR_XML_ERROR, _("<%1$s type='file'> lacks <source path='…'/>"),
                          virXMLGetName(node));
        return -1;
    }
    if (virDomainPathParseXML(source, "path", &chr->path) < 0 ||
        virXMLGetEnum(source, "append", virDomainOnOffToString, &append) < 0)
        return -1;
    chr->append = append;
    return 0;
}

static int
virDomainSerialTargetParseXML(virXMLNode *target, guint64 *port)
{
    virXMLNode *model = virXMLGetChild(target, "model");
    int value;

    if (virXMLGetEnum(target, "type", virDomainSerialTargetToString, &value) < 0)
        return -1;
    if (model && virXMLGetEnum(model, "name", virDomainSerialTargetToString, &value) < 0)
        return -1;
    return virXMLGetNumber(target, "port", VIR_DOMAIN_CHR_MAX_PORTS - 1, port);
}

/* A serial port, or a console, which has no port of its own. */
static virDomainChrDef *
virDomainChrParseOne(virXMLNode *node)
{
    g_autoptr(virDomainChrDef) chr = g_new0(virDomainChrDef, 1);
    int type = 0;
    int rc = virXMLGetEnum(node, "type", virDomainChrToString, &type);

    if (rc == 0)
        virXMLReportMissing(node, "type");
    if (rc <= 0)
        return NULL;
    chr->type = type;
    if (virDomainChrSourceParseXML(node, chr) < 0 ||
        virDomainDeviceInfoParseXML(node, &chr->info) < 0)
        return NULL;
    return g_steal_pointer(&chr);
}

/* Returns false if every port is taken. */
static bool
virDomainSerialFindFree(virXMLNode **taken, guint64 *port)
{
    *port = 0;
    while (*port < VIR_DOMAIN_CHR_MAX_PORTS && taken[*port])
        (*port)++;
    return *port < VIR_DOMAIN_CHR_MAX_PORTS;
}

typedef enum {
    VIR_DOMAIN_SERIAL_PORT_GIVEN,
    VIR_DOMAIN_SERIAL_PORT_ABSENT,
} virDomainSerialPort;

/* Notes in @taken which element has which port: those with a number first, then the others. */
static int
virDomainSerialPlacePorts(virXMLNode *devices, virDomainSerialPort pass, virXMLNode **taken)
{
    for (virXMLNode *node = virXMLGetChild(devices, "serial"); node; node = virXMLGetNext(node)) {
        virXMLNode *target = virXMLGetChild(node, "target");
        guint64 port = 0;
        int rc = target ? virDomainSerialTargetParseXML(target, &port) : 0;

        if (rc < 0)
            return -1;
        if ((rc == 1) != (pass == VIR_DOMAIN_SERIAL_PORT_GIVEN))
            continue;
        if (rc == 1 ? taken[port] != NULL : !virDomainSerialFindFree(taken, &port)) {
            virXMLReportError(
                node, VIR_ERR_XML_ERROR,
                _("no serial port is left for this one; a guest has one each of 0 to %1$d"),
                VIR_DOMAIN_CHR_MAX_PORTS - 1);
            return -1;
        }
        taken[port] = node;
    }
    return 0;
}

static int
virDomainSerialParseXML(virXMLNode *devices, GPtrArray *serials)
{
    virXMLNode *taken[VIR_DOMAIN_CHR_MAX_PORTS] = {NULL};

    if (virDomainSerialPlacePorts(devices, VIR_DOMAIN_SERIAL_PORT_GIVEN, taken) < 0 ||
        virDomainSerialPlacePorts(devices, VIR_DOMAIN_SERIAL_PORT_ABSENT, taken) < 0)
        return -1;
    for (unsigned int port = 0; port < VIR_DOMAIN_CHR_MAX_PORTS; port++) {
        virDomainChrDef *chr;

        if (!taken[port])
            continue;
        if (!(chr = virDomainChrParseOne(taken[port])))
            return -1;
        chr->port = port;
        g_ptr_array_add(serials, chr);
    }
    return 0;
}

static bool
virDomainChrSameEnd(const virDomainChrDef *a, const virDomainChrDef *b)
{
    return a->type == b->type && g_strcmp0(a->path, b->path) == 0 && a->append == b->append;
}

static int
virDomainConsoleParseXML(virXMLNode *node, GPtrArray *serials)
{
    g_autoptr(virDomainChrDef) chr = virDomainChrParseOne(node);
    virXMLNode *target = virXMLGetChild(node, "target");
    guint64 port;
    int type;

    if (!chr)
        return -1;
    if (target && (virXMLGetEnum(target, "type", virDomainConsoleTargetToString, &type) < 0 ||
                   virXMLGetNumber(target, "port", 0, &port) < 0))
        return -1;
    if (serials->len == 0) {
        g_ptr_array_add(serials, g_steal_pointer(&chr));
        return 0;
    }
    if (!virDomainChrSameEnd(chr, g_ptr_array_index(serials, 0))) {
        virXMLReportError(node, VIR_ERR_XML_ERROR,
                          _("<console> is another name for the first <serial> and cannot lead "
                            "elsewhere"));
        return -1;
    }
    return 0;
}

static int
virDomainChrCheckStdio(virXMLNode *devices, const GPtrArray *serials)
{
    unsigned int found = 0;

    for (guint i = 0; i < serials->len; i++) {
        const virDomainChrDef *chr = g_ptr_array_index(serials, i);

        if (chr->type == VIR_DOMAIN_CHR_TYPE_STDIO)
            found++;
    }
    if (found <= 1)
        return 0;
    virXMLReportError(devices, VIR_ERR_XML_ERROR, _("only one <serial> can have type='stdio'"));
    return -1;
}

int
virDomainChrDefParseXML(virXMLNode *devices, GPtrArray *serials)
{
    virXMLNode *console = virXMLGetChild(devices, "console");

    if (virDomainSerialParseXML(devices, serials) < 0)
        return -1;
    if (console && virDomainConsoleParseXML(console, serials) < 0)
        return -1;
    return virDomainChrCheckStdio(devices, serials);
}

void
virDomainChrDefFormatXML(virXMLWriter *writer, const virDomainChrDef *chr, unsigned int flags)
{
    virXMLWriterStart(writer, "serial");
    virXMLWriterAttribute(writer, "type", "%s", virDomainChrToString(chr->type));
    if (chr->path) {
        virXMLWriterStart(writer, "source");
        virXMLWriterAttribute(writer, "path", "%s", chr->path);
        if (chr->append)
            virXMLWriterAttribute(writer, "append", "on");
        virXMLWriterEnd(writer);
    }
    virXMLWriterStart(writer, "target");
    virXMLWriterAttribute(writer, "type", "isa-serial");
    virXMLWriterAttribute(writer, "port", "%u", chr->port);
    virXMLWriterEnd(writer);
    virDomainDeviceInfoFormatXML(writer, &chr->info, flags);
    virXMLWriterEnd(writer);
}

static void
virDomainSerialClassFormat(virXMLWriter *writer, const void *device, unsigned int flags)
{
    virDomainChrDefFormatXML(writer, device, flags);
}

static void
virDomainSerialClassFree(void *device)
{
    virDomainChrDefFree(device);
}

static char *
virDomainSerialDescribe(const void *device)
{
    const virDomainChrDef *chr = device;

    return virFormat(_("serial port %1$u"), chr->port);
}

static char *
virDomainSerialMakeAlias(const virDomainDef *def G_GNUC_UNUSED, const void *device)
{
    const virDomainChrDef *chr = device;

    return g_strdup_printf("serial%u", chr->port);
}

/* Not parsed one by one: which port one has depends on the others. */
const virDomainDeviceClass virDomainSerialClass = {
    .schema = &virDomainSerialSchema,
    .list = offsetof(virDomainDef, serials),
    .info = offsetof(virDomainChrDef, info),
    .format = virDomainSerialClassFormat,
    .free = virDomainSerialClassFree,
    .describe = virDomainSerialDescribe,
    .makeAlias = virDomainSerialMakeAlias,
};
