/*
 * domain_graphics_conf.c: <graphics>: how to look at a guest
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <stddef.h>

#include <string.h>

#include "domain_attribute.h"
#include "device_conf.h"
#include "domain_device.h"
#include "domain_graphics_conf.h"
#include "domain_graphics_spice.h"
#include "virerror.h"
#include "virgettext.h"

VIR_ENUM_IMPL(virDomainGraphics, VIR_DOMAIN_GRAPHICS_LAST, "vnc", "spice");
VIR_ENUM_IMPL(virDomainGraphicsListen, VIR_DOMAIN_GRAPHICS_LISTEN_LAST, "address", "socket",
              "none");

/* The words that a document can say; the values of the enumeration are one more. */
VIR_ENUM_DECL(virDomainGraphicsShareWord);
VIR_ENUM_IMPL(virDomainGraphicsShareWord, VIR_DOMAIN_GRAPHICS_SHARE_LAST - 1, "allow-exclusive",
              "force-shared", "ignore");

const char *
virDomainGraphicsShareToString(int value)
{
    return virDomainGraphicsShareWordToString(value - 1);
}

int
virDomainGraphicsShareFromString(const char *string)
{
    return virDomainGraphicsShareWordFromString(string) + 1;
}

static const virXMLSchema virDomainGraphicsListenSchema = {
    .name = "listen",
    .attributes = VIR_XML_NAMES("type", "address", "socket"),
};

const virXMLSchema virDomainGraphicsSchema = {
    .name = "graphics",
    .attributes =
        VIR_XML_NAMES("type", "port", "tlsPort", "autoport", "websocket", "listen", "socket",
                      "passwd", "passwdValidTo", "keymap", "sharePolicy", "powerControl"),
    .children = VIR_XML_CHILDREN(&virDomainGraphicsListenSchema, VIR_DOMAIN_SPICE_SCHEMAS),
    .flags = VIR_XML_MANY,
};

static const char *const *const virDomainGraphicsAttributes[VIR_DOMAIN_GRAPHICS_LAST] = {
    [VIR_DOMAIN_GRAPHICS_VNC] =
        VIR_XML_NAMES("type", "port", "autoport", "websocket", "listen", "socket", "passwd",
                      "passwdValidTo", "keymap", "sharePolicy", "powerControl"),
    [VIR_DOMAIN_GRAPHICS_SPICE] = VIR_XML_NAMES("type", "port", "tlsPort", "autoport", "listen",
                                                "passwd", "passwdValidTo", "keymap"),
};

void
virDomainGraphicsDefFree(virDomainGraphicsDef *graphics)
{
    if (!graphics)
        return;
    g_free(graphics->address);
    g_free(graphics->socket);
    if (graphics->passwd)
        explicit_bzero(graphics->passwd, strlen(graphics->passwd));
    g_free(graphics->passwd);
    g_free(graphics->keymap);
    g_free(graphics);
}

/* A port, or -1: whoever starts the guest chooses one. */
static int
virDomainGraphicsPortParseXML(virXMLNode *node, const char *name, unsigned int min, int *port)
{
    g_autofree char *text = virXMLGetAttribute(node, name);
    const unsigned int range[2] = {min, 65535};
    unsigned int number = 0;

    if (!text)
        return 0;
    if (strcmp(text, "-1") == 0) {
        *port = VIR_DOMAIN_GRAPHICS_PORT_AUTO;
        return 0;
    }
    if (virDomainRangeParseXML(node, name, range, &number) < 0)
        return -1;
    *port = (int)number;
    return 0;
}

static int
virDomainGraphicsPortsParseXML(virXMLNode *node, virDomainGraphicsDef *graphics)
{
    int autoport = 0;
    int tlsPort = VIR_DOMAIN_GRAPHICS_PORT_AUTO;
    unsigned int min = graphics->type == VIR_DOMAIN_GRAPHICS_VNC ? VIR_DOMAIN_GRAPHICS_PORT_MIN : 1;

    graphics->port = VIR_DOMAIN_GRAPHICS_PORT_AUTO;
    if (virDomainGraphicsPortParseXML(node, "port", min, &graphics->port) < 0 ||
        virDomainGraphicsPortParseXML(node, "websocket", 1, &graphics->websocket) < 0 ||
        virDomainGraphicsPortParseXML(node, "tlsPort", 1, &tlsPort) < 0 ||
        virXMLGetEnum(node, "autoport", virDomainYesNoToString, &autoport) < 0)
        return -1;
    if (tlsPort != VIR_DOMAIN_GRAPHICS_PORT_AUTO) {
        virXMLReportError(node, VIR_ERR_CONFIG_UNSUPPORTED,
                          _("unsupported configuration: attribute 'tlsPort' of <graphics>; spice "
                            "with TLS is not supported"));
        return -1;
    }
    graphics->autoport = autoport || graphics->port == VIR_DOMAIN_GRAPHICS_PORT_AUTO;
    return 0;
}

/* Two names of one thing, an attribute of <graphics> and one of <listen>, have to agree. */
static int
virDomainGraphicsSameText(virXMLNode *node, const char *attribute, const char *value)
{
    g_autofree char *other = virXMLGetAttribute(node, attribute);

    if (!other || g_strcmp0(other, value) == 0)
        return 0;
    virXMLReportError(node, VIR_ERR_XML_ERROR,
                      _("attribute '%1$s' of <graphics> does not agree with its <listen>"),
                      attribute);
    return -1;
}

static int
virDomainGraphicsAddressParseXML(virXMLNode *node, const char *attribute,
                                 virDomainGraphicsDef *graphics)
{
    g_autofree char *address = virXMLGetAttribute(node, attribute);

    if (!address)
        return 0;
    if (!*address || virDomainTextHasControl(address) || strchr(address, ' ')) {
        virXMLReportError(node, VIR_ERR_XML_ERROR, _("'%1$s' is no address to listen on"), address);
        return -1;
    }
    graphics->address = g_steal_pointer(&address);
    return 0;
}

static int
virDomainGraphicsSocketParseXML(virXMLNode *node, virDomainGraphicsDef *graphics)
{
    g_autofree char *socket = virXMLGetAttribute(node, "socket");

    graphics->autoSocket = !socket;
    return socket ? virDomainSocketPathParseXML(node, "socket", &graphics->socket) : 0;
}

static const char *const *const virDomainGraphicsListenAttributes[] = {
    [VIR_DOMAIN_GRAPHICS_LISTEN_ADDRESS] = VIR_XML_NAMES("type", "address"),
    [VIR_DOMAIN_GRAPHICS_LISTEN_SOCKET] = VIR_XML_NAMES("type", "socket"),
    [VIR_DOMAIN_GRAPHICS_LISTEN_NONE] = VIR_XML_NAMES("type"),
};

/* <listen type='…'/>, whose other attributes belong to one type each. */
static int
virDomainGraphicsListenChildParseXML(virXMLNode *node, virXMLNode *child,
                                     virDomainGraphicsDef *graphics)
{
    g_autofree char *where = NULL;
    int type = 0;

    if (virDomainRequireEnum(child, "type", virDomainGraphicsListenToString, &type) < 0)
        return -1;
    graphics->listen = type;
    where = g_strdup_printf("type='%s'", virDomainGraphicsListenToString(type));
    if (virDomainCheckAttributes(child, &virDomainGraphicsListenSchema,
                                 virDomainGraphicsListenAttributes[type], where) < 0)
        return -1;
    if ((graphics->listen == VIR_DOMAIN_GRAPHICS_LISTEN_ADDRESS &&
         virDomainGraphicsAddressParseXML(child, "address", graphics) < 0) ||
        (graphics->listen == VIR_DOMAIN_GRAPHICS_LISTEN_SOCKET &&
         virDomainGraphicsSocketParseXML(child, graphics) < 0))
        return -1;
    return virDomainGraphicsSameText(node, "listen", graphics->address) < 0 ||
                   virDomainGraphicsSameText(node, "socket", graphics->socket) < 0
               ? -1
               : 0;
}

static int
virDomainGraphicsListenParseXML(virXMLNode *node, virDomainGraphicsDef *graphics)
{
    virXMLNode *child = virXMLGetChild(node, "listen");
    g_autofree char *socket = virXMLGetAttribute(node, "socket");

    if (child)
        return virDomainGraphicsListenChildParseXML(node, child, graphics);
    if (!socket)
        return virDomainGraphicsAddressParseXML(node, "listen", graphics);
    graphics->listen = VIR_DOMAIN_GRAPHICS_LISTEN_SOCKET;
    if (virDomainGraphicsSameText(node, "listen", NULL) < 0)
        return -1;
    return virDomainGraphicsSocketParseXML(node, graphics);
}

/* VNC looks at 8 bytes of it; a longer one would seem to be worth more than it is. */
#define VIR_DOMAIN_VNC_PASSWD_MAX   8
#define VIR_DOMAIN_SPICE_PASSWD_MAX 60

static int
virDomainGraphicsPasswdParseXML(virXMLNode *node, virDomainGraphicsDef *graphics)
{
    g_autofree char *validTo = virXMLGetAttribute(node, "passwdValidTo");
    size_t max = graphics->type == VIR_DOMAIN_GRAPHICS_VNC ? VIR_DOMAIN_VNC_PASSWD_MAX
                                                           : VIR_DOMAIN_SPICE_PASSWD_MAX;
    g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
    g_autoptr(GDateTime) date = NULL;

    graphics->passwd = virXMLGetAttribute(node, "passwd");
    if (graphics->passwd && strlen(graphics->passwd) > max) {
        virXMLReportError(node, VIR_ERR_XML_ERROR,
                          _("the password of <graphics type='%1$s'> is longer than %2$zu bytes"),
                          virDomainGraphicsToString((int)graphics->type), max);
        return -1;
    }
    if (!validTo)
        return 0;
    date = g_date_time_new_from_iso8601(validTo, utc);
    if (!date || !graphics->passwd || g_date_time_to_unix(date) <= 0) {
        virXMLReportError(node, VIR_ERR_XML_ERROR,
                          _("attribute 'passwdValidTo' of <graphics> is a time in UTC like "
                            "2026-01-31T15:51:00, and needs a 'passwd'"));
        return -1;
    }
    graphics->passwdValidTo = g_date_time_to_unix(date);
    return 0;
}

#define VIR_DOMAIN_KEYMAP_CHARS "abcdefghijklmnopqrstuvwxyz0123456789-"

/* QEMU looks for a file of that name. */
static int
virDomainGraphicsKeymapParseXML(virXMLNode *node, char **keymap)
{
    g_autofree char *text = virXMLGetAttribute(node, "keymap");

    if (!text)
        return 0;
    if (!g_ascii_islower(text[0]) || text[strspn(text, VIR_DOMAIN_KEYMAP_CHARS)] != '\0') {
        virXMLReportError(node, VIR_ERR_XML_ERROR,
                          _("'%1$s' is no keyboard layout like 'de' or 'en-us'"), text);
        return -1;
    }
    *keymap = g_steal_pointer(&text);
    return 0;
}

static int
virDomainGraphicsOptionsParseXML(virXMLNode *node, virDomainGraphicsDef *graphics)
{
    int share = 0;
    int rc = virXMLGetEnum(node, "sharePolicy", virDomainGraphicsShareWordToString, &share);

    if (rc < 0 || virDomainGraphicsPasswdParseXML(node, graphics) < 0 ||
        virDomainGraphicsKeymapParseXML(node, &graphics->keymap) < 0 ||
        virDomainYesNoParseXML(node, "powerControl", &graphics->powerControl) < 0)
        return -1;
    if (rc == 1)
        graphics->share = (virDomainGraphicsShare)(share + 1);
    return virDomainSpiceOptionsParseXML(node, graphics);
}

virDomainGraphicsDef *
virDomainGraphicsDefParseXML(virXMLNode *node)
{
    g_autoptr(virDomainGraphicsDef) graphics = g_new0(virDomainGraphicsDef, 1);
    g_autofree char *where = NULL;
    int type = 0;

    if (virDomainRequireEnum(node, "type", virDomainGraphicsToString, &type) < 0)
        return NULL;
    graphics->type = type;
    where = g_strdup_printf("type='%s'", virDomainGraphicsToString(type));
    if (virDomainCheckAttributes(node, &virDomainGraphicsSchema, virDomainGraphicsAttributes[type],
                                 where) < 0 ||
        virDomainGraphicsPortsParseXML(node, graphics) < 0 ||
        virDomainGraphicsListenParseXML(node, graphics) < 0 ||
        virDomainGraphicsOptionsParseXML(node, graphics) < 0)
        return NULL;
    return g_steal_pointer(&graphics);
}

static void
virDomainGraphicsPortFormatXML(virXMLWriter *writer, const virDomainGraphicsDef *graphics,
                               unsigned int flags)
{
    bool hidden = graphics->autoport && flags & VIR_DOMAIN_DEF_FORMAT_INACTIVE;

    if (graphics->listen != VIR_DOMAIN_GRAPHICS_LISTEN_ADDRESS)
        return;
    virXMLWriterAttribute(writer, "port", "%d",
                          hidden ? VIR_DOMAIN_GRAPHICS_PORT_AUTO : graphics->port);
    virXMLWriterAttribute(writer, "autoport", "%s", virDomainYesNoToString(graphics->autoport));
    if (graphics->websocket)
        virXMLWriterAttribute(writer, "websocket", "%d", graphics->websocket);
}

static const char *
virDomainGraphicsGetSocket(const virDomainGraphicsDef *graphics, unsigned int flags)
{
    bool hidden = graphics->autoSocket && flags & VIR_DOMAIN_DEF_FORMAT_INACTIVE;

    return hidden ? NULL : graphics->socket;
}

static void
virDomainGraphicsPasswdFormatXML(virXMLWriter *writer, const virDomainGraphicsDef *graphics)
{
    g_autoptr(GDateTime) date = g_date_time_new_from_unix_utc(graphics->passwdValidTo);
    g_autofree char *text = g_date_time_format(date, "%Y-%m-%dT%H:%M:%S");

    if (graphics->passwd)
        virXMLWriterAttribute(writer, "passwd", "%s", graphics->passwd);
    if (graphics->passwdValidTo)
        virXMLWriterAttribute(writer, "passwdValidTo", "%s", text);
}

static void
virDomainGraphicsListenFormatXML(virXMLWriter *writer, const virDomainGraphicsDef *graphics,
                                 unsigned int flags)
{
    const char *socket = virDomainGraphicsGetSocket(graphics, flags);

    virXMLWriterStart(writer, "listen");
    virXMLWriterAttribute(writer, "type", "%s",
                          virDomainGraphicsListenToString((int)graphics->listen));
    if (graphics->address)
        virXMLWriterAttribute(writer, "address", "%s", graphics->address);
    if (socket)
        virXMLWriterAttribute(writer, "socket", "%s", socket);
    virXMLWriterEnd(writer);
}

void
virDomainGraphicsDefFormatXML(virXMLWriter *writer, const virDomainGraphicsDef *graphics,
                              unsigned int flags)
{
    const char *share = virDomainGraphicsShareToString((int)graphics->share);
    const char *socket = virDomainGraphicsGetSocket(graphics, flags);

    virXMLWriterStart(writer, "graphics");
    virXMLWriterAttribute(writer, "type", "%s", virDomainGraphicsToString((int)graphics->type));
    virDomainGraphicsPortFormatXML(writer, graphics, flags);
    if (graphics->address)
        virXMLWriterAttribute(writer, "listen", "%s", graphics->address);
    if (socket && graphics->type == VIR_DOMAIN_GRAPHICS_VNC)
        virXMLWriterAttribute(writer, "socket", "%s", socket);
    if (graphics->keymap)
        virXMLWriterAttribute(writer, "keymap", "%s", graphics->keymap);
    if (flags & VIR_DOMAIN_DEF_FORMAT_SECURE)
        virDomainGraphicsPasswdFormatXML(writer, graphics);
    if (share)
        virXMLWriterAttribute(writer, "sharePolicy", "%s", share);
    virDomainYesNoFormatXML(writer, "powerControl", graphics->powerControl);
    virDomainGraphicsListenFormatXML(writer, graphics, flags);
    virDomainSpiceOptionsFormatXML(writer, graphics);
    virXMLWriterEnd(writer);
}

VIR_DOMAIN_DEVICE_CLASS_FUNCTIONS(virDomainGraphics);

static char *
virDomainGraphicsDescribe(const void *device)
{
    const virDomainGraphicsDef *graphics = device;

    return virFormat(_("graphics '%1$s'"), virDomainGraphicsToString((int)graphics->type));
}

const virDomainDeviceClass virDomainGraphicsClass = {
    .schema = &virDomainGraphicsSchema,
    .list = offsetof(virDomainDef, graphics),
    .info = offsetof(virDomainGraphicsDef, info),
    .parse = virDomainGraphicsClassParse,
    .format = virDomainGraphicsClassFormat,
    .free = virDomainGraphicsClassFree,
    .describe = virDomainGraphicsDescribe,
};
