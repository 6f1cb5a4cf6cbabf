/*
 * domain_chr_conf.c: <serial>, <console> and <channel>: character devices of a guest
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <stddef.h>
#include <string.h>

#include "domain_attribute.h"
#include "domain_chr_conf.h"
#include "domain_device.h"
#include "virerror.h"
#include "virgettext.h"

VIR_ENUM_IMPL(virDomainChrDevice, VIR_DOMAIN_CHR_DEVICE_LAST, "serial", "console", "channel");
VIR_ENUM_IMPL(virDomainSerialTarget, VIR_DOMAIN_SERIAL_TARGET_LAST, "isa-serial", "pci-serial");

typedef enum {
    VIR_DOMAIN_CONSOLE_TARGET_SERIAL,
    VIR_DOMAIN_CONSOLE_TARGET_VIRTIO,
    VIR_DOMAIN_CONSOLE_TARGET_LAST,
} virDomainConsoleTarget;

VIR_ENUM_DECL(virDomainConsoleTarget);
VIR_ENUM_IMPL(virDomainConsoleTarget, VIR_DOMAIN_CONSOLE_TARGET_LAST, "serial", "virtio");

VIR_ENUM_DECL(virDomainChannelTarget);
VIR_ENUM_IMPL(virDomainChannelTarget, 1, "virtio");

VIR_ENUM_DECL(virDomainChannelState);
VIR_ENUM_IMPL(virDomainChannelState, 2, "disconnected", "connected");

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
static const virXMLSchema virDomainChannelTargetSchema = {
    .name = "target",
    .attributes = VIR_XML_NAMES("type", "name", "state"),
};

const virXMLSchema virDomainSerialSchema = {
    .name = "serial",
    .attributes = VIR_XML_NAMES("type"),
    .children = VIR_XML_CHILDREN(&virDomainChrSourceSchema, &virDomainChrProtocolSchema,
                                 &virDomainChrLogSchema, &virDomainSerialTargetSchema,
                                 &virDomainDeviceAliasSchema, &virDomainDeviceAddressSchema),
    .flags = VIR_XML_MANY,
};
const virXMLSchema virDomainConsoleSchema = {
    .name = "console",
    .attributes = VIR_XML_NAMES("type", "tty"),
    .children = VIR_XML_CHILDREN(&virDomainChrSourceSchema, &virDomainChrProtocolSchema,
                                 &virDomainChrLogSchema, &virDomainConsoleTargetSchema,
                                 &virDomainDeviceAliasSchema, &virDomainDeviceAddressSchema),
    .flags = VIR_XML_MANY,
};
const virXMLSchema virDomainChannelSchema = {
    .name = "channel",
    .attributes = VIR_XML_NAMES("type"),
    .children = VIR_XML_CHILDREN(&virDomainChrSourceSchema, &virDomainChrProtocolSchema,
                                 &virDomainChrLogSchema, &virDomainChannelTargetSchema,
                                 &virDomainDeviceAliasSchema, &virDomainDeviceAddressSchema),
    .flags = VIR_XML_MANY,
};

void
virDomainChrDefFree(virDomainChrDef *chr)
{
    if (!chr)
        return;
    virDomainChrSourceDefClear(&chr->source);
    virDomainDeviceInfoClear(&chr->info);
    g_free(chr->name);
    g_free(chr);
}

/* A device with its source and what every device has. */
static virDomainChrDef *
virDomainChrParseOne(virXMLNode *node, virDomainChrDevice device)
{
    g_autoptr(virDomainChrDef) chr = g_new0(virDomainChrDef, 1);

    chr->device = device;
    if (virDomainChrSourceDefParseXML(node, &chr->source) < 0 ||
        virDomainDeviceInfoParseXML(node, &chr->info) < 0)
        return NULL;
    if (chr->source.autoPath && device != VIR_DOMAIN_CHR_DEVICE_CHANNEL) {
        virXMLReportError(node, VIR_ERR_XML_ERROR,
                          _("<%1$s type='unix'> lacks <source mode='bind|connect' path='…'/>"),
                          virXMLGetName(node));
        return NULL;
    }
    if (chr->source.type == VIR_DOMAIN_CHR_TYPE_SPICEVMC &&
        device != VIR_DOMAIN_CHR_DEVICE_CHANNEL) {
        virXMLReportError(node, VIR_ERR_XML_ERROR, _("only a <channel> can have type='spicevmc'"));
        return NULL;
    }
    return g_steal_pointer(&chr);
}

static int
virDomainSerialTargetParseXML(virXMLNode *node, int *target)
{
    virXMLNode *child = virXMLGetChild(node, "target");
    virXMLNode *model = child ? virXMLGetChild(child, "model") : NULL;
    int type = VIR_DOMAIN_SERIAL_TARGET_ISA;
    int name = VIR_DOMAIN_SERIAL_TARGET_ISA;
    int hasType = child ? virXMLGetEnum(child, "type", virDomainSerialTargetToString, &type) : 0;
    int hasName = model ? virXMLGetEnum(model, "name", virDomainSerialTargetToString, &name) : 0;

    if (hasType < 0 || hasName < 0)
        return -1;
    if (hasType && hasName && type != name) {
        virXMLReportError(child, VIR_ERR_XML_ERROR,
                          _("a <target> of type '%1$s' cannot have model '%2$s'"),
                          virDomainSerialTargetToString(type), virDomainSerialTargetToString(name));
        return -1;
    }
    *target = hasType ? type : name;
    return 0;
}

typedef enum {
    VIR_DOMAIN_SERIAL_PORT_GIVEN,
    VIR_DOMAIN_SERIAL_PORT_ABSENT,
} virDomainSerialPort;

static int
virDomainSerialPlaceOne(virXMLNode *node, virDomainSerialPort pass, virXMLNode **taken)
{
    virXMLNode *child = virXMLGetChild(node, "target");
    int target = VIR_DOMAIN_SERIAL_TARGET_ISA;
    guint64 max = VIR_DOMAIN_CHR_MAX_PORTS;
    guint64 port = 0;
    int rc;

    if (virDomainSerialTargetParseXML(node, &target) < 0)
        return -1;
    if (target == VIR_DOMAIN_SERIAL_TARGET_ISA)
        max = VIR_DOMAIN_CHR_MAX_ISA_PORTS;
    rc = child ? virXMLGetNumber(child, "port", max - 1, &port) : 0;
    if (rc < 0)
        return -1;
    if ((rc == 1) != (pass == VIR_DOMAIN_SERIAL_PORT_GIVEN))
        return 0;
    while (rc == 0 && port < max && taken[port])
        port++;
    if (port == max || taken[port]) {
        virXMLReportError(node, VIR_ERR_XML_ERROR,
                          _("no serial port is left for this one; a guest has one each of 0 to "
                            "%1$u, of type '%2$s'"),
                          (unsigned int)max - 1, virDomainSerialTargetToString(target));
        return -1;
    }
    taken[port] = node;
    return 0;
}

/* Notes in @taken which element has which port: those with a number first, then the others. */
static int
virDomainSerialPlacePorts(virXMLNode *devices, virDomainSerialPort pass, virXMLNode **taken)
{
    for (virXMLNode *node = virXMLGetChild(devices, "serial"); node; node = virXMLGetNext(node)) {
        if (virDomainSerialPlaceOne(node, pass, taken) < 0)
            return -1;
    }
    return 0;
}

static virDomainChrDef *
virDomainSerialParseOne(virXMLNode *node, unsigned int port)
{
    g_autoptr(virDomainChrDef) chr = virDomainChrParseOne(node, VIR_DOMAIN_CHR_DEVICE_SERIAL);
    int target = VIR_DOMAIN_SERIAL_TARGET_ISA;

    if (!chr || virDomainSerialTargetParseXML(node, &target) < 0)
        return NULL;
    chr->target = target;
    chr->port = port;
    return g_steal_pointer(&chr);
}

static int
virDomainSerialsParseXML(virXMLNode *devices, GPtrArray *serials)
{
    virXMLNode *taken[VIR_DOMAIN_CHR_MAX_PORTS] = {NULL};

    if (virDomainSerialPlacePorts(devices, VIR_DOMAIN_SERIAL_PORT_GIVEN, taken) < 0 ||
        virDomainSerialPlacePorts(devices, VIR_DOMAIN_SERIAL_PORT_ABSENT, taken) < 0)
        return -1;
    for (unsigned int port = 0; port < VIR_DOMAIN_CHR_MAX_PORTS; port++) {
        virDomainChrDef *chr;

        if (!taken[port])
            continue;
        if (!(chr = virDomainSerialParseOne(taken[port], port)))
            return -1;
        g_ptr_array_add(serials, chr);
    }
    return 0;
}

/* Another name for the first serial port: it leads to the same place, or makes that port. A
 * terminal without a path says nothing of the place: KubeVirt writes that beside every port. */
static int
virDomainConsoleAddSerial(virXMLNode *node, virDomainChrDef **chr, GPtrArray *serials)
{
    const virDomainChrDef *first = serials->len > 0 ? g_ptr_array_index(serials, 0) : NULL;
    const virDomainChrSourceDef *source = &(*chr)->source;
    bool anywhere = source->type == VIR_DOMAIN_CHR_TYPE_PTY && !source->path;

    if (first && !anywhere && !virDomainChrSourceDefIsEqual(source, &first->source)) {
        virXMLReportError(node, VIR_ERR_XML_ERROR,
                          _("<console> is another name for the first <serial> and cannot lead "
                            "elsewhere"));
        return -1;
    }
    if (first)
        return 0;
    (*chr)->device = VIR_DOMAIN_CHR_DEVICE_SERIAL;
    g_ptr_array_add(serials, g_steal_pointer(chr));
    return 0;
}

/* libvirt counts consoles by itself, and so do we: what the document says of ports is checked. */
static int
virDomainConsoleTargetParseXML(virXMLNode *node, int *target)
{
    virXMLNode *child = virXMLGetChild(node, "target");
    guint64 port;

    if (!child)
        return 0;
    if (virXMLGetEnum(child, "type", virDomainConsoleTargetToString, target) < 0 ||
        virXMLGetNumber(child, "port", VIR_DOMAIN_CHR_MAX_PORTS - 1, &port) < 0)
        return -1;
    return 0;
}

static int
virDomainConsoleParseXML(virXMLNode *node, unsigned int index, virDomainDef *def)
{
    g_autoptr(virDomainChrDef) chr = virDomainChrParseOne(node, VIR_DOMAIN_CHR_DEVICE_CONSOLE);
    int target = VIR_DOMAIN_CONSOLE_TARGET_SERIAL;

    if (!chr || virDomainConsoleTargetParseXML(node, &target) < 0)
        return -1;
    if (target == VIR_DOMAIN_CONSOLE_TARGET_VIRTIO) {
        g_ptr_array_add(def->consoles, g_steal_pointer(&chr));
        return 0;
    }
    if (index > 0) {
        virXMLReportError(node, VIR_ERR_CONFIG_UNSUPPORTED,
                          _("unsupported configuration: only the first <console> can be a serial "
                            "port; give this one <target type='virtio'/>"));
        return -1;
    }
    return virDomainConsoleAddSerial(node, &chr, def->serials);
}

/* The first serial port is console 0 if there is one. */
static int
virDomainConsolesParseXML(virXMLNode *devices, virDomainDef *def)
{
    unsigned int index = 0;

    for (virXMLNode *node = virXMLGetChild(devices, "console"); node; node = virXMLGetNext(node)) {
        if (virDomainConsoleParseXML(node, index++, def) < 0)
            return -1;
    }
    for (guint i = 0; i < def->consoles->len; i++) {
        virDomainChrDef *chr = g_ptr_array_index(def->consoles, i);

        chr->port = i + (def->serials->len > 0);
    }
    return 0;
}

#define VIR_DOMAIN_CHANNEL_SPICE    "com.redhat.spice.0"
#define VIR_DOMAIN_CHANNEL_NAME_MAX 64

/* A name is also that of a socket's file, if its path is chosen at the start. */
static int
virDomainChannelNameParseXML(virXMLNode *target, virDomainChrDef *chr)
{
    chr->name = virXMLGetAttribute(target, "name");
    if (!chr->name && chr->source.type == VIR_DOMAIN_CHR_TYPE_SPICEVMC)
        chr->name = g_strdup(VIR_DOMAIN_CHANNEL_SPICE);
    if (!chr->name)
        return virXMLReportMissing(target, "name");
    if (!g_ascii_isalnum(chr->name[0]) || strlen(chr->name) > VIR_DOMAIN_CHANNEL_NAME_MAX ||
        strchr(chr->name, '/') || virDomainTextHasControl(chr->name)) {
        virXMLReportError(target, VIR_ERR_XML_ERROR,
                          _("the name of a channel has 1 to %1$d bytes, begins with a letter or a "
                            "digit, and has no '/' and no control characters"),
                          VIR_DOMAIN_CHANNEL_NAME_MAX);
        return -1;
    }
    return 0;
}

static virDomainChrDef *
virDomainChannelParseOne(virXMLNode *node)
{
    g_autoptr(virDomainChrDef) chr = virDomainChrParseOne(node, VIR_DOMAIN_CHR_DEVICE_CHANNEL);
    virXMLNode *target = chr ? virXMLRequireChild(node, "target") : NULL;
    int state = 0;
    int type;
    int rc;

    if (!target || virDomainRequireEnum(target, "type", virDomainChannelTargetToString, &type) < 0)
        return NULL;
    if (virDomainChannelNameParseXML(target, chr) < 0 ||
        (rc = virXMLGetEnum(target, "state", virDomainChannelStateToString, &state)) < 0)
        return NULL;
    if (rc == 1)
        chr->state =
            state ? VIR_DOMAIN_CHANNEL_STATE_CONNECTED : VIR_DOMAIN_CHANNEL_STATE_DISCONNECTED;
    return g_steal_pointer(&chr);
}

static void *
virDomainChannelClassParse(virXMLNode *node, const virDomainDef *def)
{
    g_autoptr(virDomainChrDef) chr = virDomainChannelParseOne(node);

    for (guint i = 0; chr && i < def->channels->len; i++) {
        const virDomainChrDef *other = g_ptr_array_index(def->channels, i);

        if (strcmp(chr->name, other->name) != 0)
            continue;
        virXMLReportError(node, VIR_ERR_XML_ERROR, _("two channels have the name '%1$s'"),
                          chr->name);
        return NULL;
    }
    return g_steal_pointer(&chr);
}

static unsigned int
virDomainChrCountStdio(const GPtrArray *array)
{
    unsigned int found = 0;

    for (guint i = 0; i < array->len; i++) {
        const virDomainChrDef *chr = g_ptr_array_index(array, i);

        if (chr->source.type == VIR_DOMAIN_CHR_TYPE_STDIO)
            found++;
    }
    return found;
}

static unsigned int
virDomainDefCountStdio(const virDomainDef *def)
{
    return virDomainChrCountStdio(def->serials) + virDomainChrCountStdio(def->consoles) +
           virDomainChrCountStdio(def->channels);
}

bool
virDomainDefHasStdio(const virDomainDef *def)
{
    return virDomainDefCountStdio(def) > 0;
}

int
virDomainChrDefParseXML(virXMLNode *devices, virDomainDef *def)
{
    if (virDomainSerialsParseXML(devices, def->serials) < 0 ||
        virDomainConsolesParseXML(devices, def) < 0)
        return -1;
    if (virDomainDefCountStdio(def) <= 1)
        return 0;
    virXMLReportError(devices, VIR_ERR_XML_ERROR,
                      _("only one character device can have type='stdio'"));
    return -1;
}

static void
virDomainSerialFormatXML(virXMLWriter *writer, const virDomainChrDef *chr, unsigned int flags)
{
    const char *target = virDomainSerialTargetToString((int)chr->target);

    virXMLWriterStart(writer, "serial");
    virDomainChrSourceDefFormatType(writer, &chr->source);
    virDomainChrSourceDefFormatXML(writer, &chr->source, flags);
    virXMLWriterStart(writer, "target");
    virXMLWriterAttribute(writer, "type", "%s", target);
    virXMLWriterAttribute(writer, "port", "%u", chr->port);
    virDomainElementFormatXML(writer, "model", "name", target);
    virXMLWriterEnd(writer);
    virDomainDeviceInfoFormatXML(writer, &chr->info, flags);
    virXMLWriterEnd(writer);
}

/* A console on virtio, or the first serial port under its other name. */
static void
virDomainConsoleFormatXML(virXMLWriter *writer, const virDomainChrDef *chr, unsigned int flags)
{
    bool virtio = chr->device == VIR_DOMAIN_CHR_DEVICE_CONSOLE;

    virXMLWriterStart(writer, "console");
    virDomainChrSourceDefFormatType(writer, &chr->source);
    if (chr->source.type == VIR_DOMAIN_CHR_TYPE_PTY && chr->source.path &&
        !(flags & VIR_DOMAIN_DEF_FORMAT_INACTIVE))
        virXMLWriterAttribute(writer, "tty", "%s", chr->source.path);
    virDomainChrSourceDefFormatXML(writer, &chr->source, flags);
    virXMLWriterStart(writer, "target");
    virXMLWriterAttribute(writer, "type", "%s", virtio ? "virtio" : "serial");
    virXMLWriterAttribute(writer, "port", "%u", virtio ? chr->port : 0);
    virXMLWriterEnd(writer);
    if (virtio)
        virDomainDeviceInfoFormatXML(writer, &chr->info, flags);
    virXMLWriterEnd(writer);
}

static void
virDomainChannelFormatXML(virXMLWriter *writer, const virDomainChrDef *chr, unsigned int flags)
{
    virXMLWriterStart(writer, "channel");
    virDomainChrSourceDefFormatType(writer, &chr->source);
    virDomainChrSourceDefFormatXML(writer, &chr->source, flags);
    virXMLWriterStart(writer, "target");
    virXMLWriterAttribute(writer, "type", "virtio");
    virXMLWriterAttribute(writer, "name", "%s", chr->name);
    if (chr->state != VIR_DOMAIN_CHANNEL_STATE_UNKNOWN && !(flags & VIR_DOMAIN_DEF_FORMAT_INACTIVE))
        virXMLWriterAttribute(
            writer, "state", "%s",
            virDomainChannelStateToString(chr->state == VIR_DOMAIN_CHANNEL_STATE_CONNECTED));
    virXMLWriterEnd(writer);
    virDomainDeviceInfoFormatXML(writer, &chr->info, flags);
    virXMLWriterEnd(writer);
}

void
virDomainConsoleFormatSerial(virXMLWriter *writer, const virDomainDef *def, unsigned int flags)
{
    if (def->serials->len > 0)
        virDomainConsoleFormatXML(writer, g_ptr_array_index(def->serials, 0), flags);
}

static void
virDomainChrClassFormat(virXMLWriter *writer, const void *device, unsigned int flags)
{
    const virDomainChrDef *chr = device;

    if (chr->device == VIR_DOMAIN_CHR_DEVICE_SERIAL)
        virDomainSerialFormatXML(writer, chr, flags);
    else if (chr->device == VIR_DOMAIN_CHR_DEVICE_CONSOLE)
        virDomainConsoleFormatXML(writer, chr, flags);
    else
        virDomainChannelFormatXML(writer, chr, flags);
}

static void
virDomainChrClassFree(void *device)
{
    virDomainChrDefFree(device);
}

static char *
virDomainChrDescribe(const void *device)
{
    const virDomainChrDef *chr = device;

    if (chr->device == VIR_DOMAIN_CHR_DEVICE_SERIAL)
        return virFormat(_("serial port %1$u"), chr->port);
    if (chr->device == VIR_DOMAIN_CHR_DEVICE_CONSOLE)
        return virFormat(_("console %1$u"), chr->port);
    return virFormat(_("channel '%1$s'"), chr->name);
}

static char *
virDomainChrMakeAlias(const virDomainDef *def G_GNUC_UNUSED, const void *device)
{
    const virDomainChrDef *chr = device;

    return g_strdup_printf("%s%u", virDomainChrDeviceToString((int)chr->device), chr->port);
}

static virDomainDeviceAddressType
virDomainChrAddressType(const void *device)
{
    const virDomainChrDef *chr = device;

    if (chr->device != VIR_DOMAIN_CHR_DEVICE_SERIAL)
        return VIR_DOMAIN_DEVICE_ADDRESS_VIRTIO_SERIAL;
    return chr->target == VIR_DOMAIN_SERIAL_TARGET_PCI ? VIR_DOMAIN_DEVICE_ADDRESS_PCI
                                                       : VIR_DOMAIN_DEVICE_ADDRESS_ISA;
}

static virDomainPCIPlace
virDomainSerialPCIPlace(const virDomainDef *def G_GNUC_UNUSED, const void *device G_GNUC_UNUSED)
{
    return (virDomainPCIPlace){.kind = VIR_DOMAIN_PCI_CONVENTIONAL};
}

/* Not parsed one by one: which port one has depends on the others. */
const virDomainDeviceClass virDomainSerialClass = {
    .schema = &virDomainSerialSchema,
    .list = offsetof(virDomainDef, serials),
    .info = offsetof(virDomainChrDef, info),
    .format = virDomainChrClassFormat,
    .free = virDomainChrClassFree,
    .describe = virDomainChrDescribe,
    .makeAlias = virDomainChrMakeAlias,
    .addressType = virDomainChrAddressType,
    .pciPlace = virDomainSerialPCIPlace,
};

/* Not parsed one by one either: some are serial ports. */
const virDomainDeviceClass virDomainConsoleClass = {
    .schema = &virDomainConsoleSchema,
    .list = offsetof(virDomainDef, consoles),
    .info = offsetof(virDomainChrDef, info),
    .format = virDomainChrClassFormat,
    .free = virDomainChrClassFree,
    .describe = virDomainChrDescribe,
    .makeAlias = virDomainChrMakeAlias,
    .addressType = virDomainChrAddressType,
};

const virDomainDeviceClass virDomainChannelClass = {
    .schema = &virDomainChannelSchema,
    .list = offsetof(virDomainDef, channels),
    .info = offsetof(virDomainChrDef, info),
    .alias = "channel",
    .parse = virDomainChannelClassParse,
    .format = virDomainChrClassFormat,
    .free = virDomainChrClassFree,
    .describe = virDomainChrDescribe,
    .addressType = virDomainChrAddressType,
};
