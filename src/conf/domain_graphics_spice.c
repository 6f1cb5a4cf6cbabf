/*
 * domain_graphics_spice.c: the children of <graphics type='spice'> that are one word each
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "device_conf.h"
#include "domain_attribute.h"
#include "domain_graphics_spice.h"
#include "virerror.h"
#include "virgettext.h"

VIR_ENUM_DECL(virDomainSpiceImage);
VIR_ENUM_IMPL(virDomainSpiceImage, 6, "auto_glz", "auto_lz", "quic", "glz", "lz", "off");
VIR_ENUM_DECL(virDomainSpiceWan);
VIR_ENUM_IMPL(virDomainSpiceWan, 3, "auto", "never", "always");
VIR_ENUM_DECL(virDomainSpiceStreaming);
VIR_ENUM_IMPL(virDomainSpiceStreaming, 3, "filter", "all", "off");
VIR_ENUM_DECL(virDomainSpiceMouse);
VIR_ENUM_IMPL(virDomainSpiceMouse, 2, "server", "client");

const virXMLSchema virDomainSpiceSchemas[VIR_DOMAIN_SPICE_LAST] = {
    [VIR_DOMAIN_SPICE_IMAGE] = {.name = "image", .attributes = VIR_XML_NAMES("compression")},
    [VIR_DOMAIN_SPICE_JPEG] = {.name = "jpeg", .attributes = VIR_XML_NAMES("compression")},
    [VIR_DOMAIN_SPICE_ZLIB] = {.name = "zlib", .attributes = VIR_XML_NAMES("compression")},
    [VIR_DOMAIN_SPICE_PLAYBACK] = {.name = "playback", .attributes = VIR_XML_NAMES("compression")},
    [VIR_DOMAIN_SPICE_STREAMING] = {.name = "streaming", .attributes = VIR_XML_NAMES("mode")},
    [VIR_DOMAIN_SPICE_CLIPBOARD] = {.name = "clipboard", .attributes = VIR_XML_NAMES("copypaste")},
    [VIR_DOMAIN_SPICE_MOUSE] = {.name = "mouse", .attributes = VIR_XML_NAMES("mode")},
    [VIR_DOMAIN_SPICE_FILETRANSFER] = {.name = "filetransfer",
                                       .attributes = VIR_XML_NAMES("enable")},
};

static const char *(*const virDomainSpiceWords[VIR_DOMAIN_SPICE_LAST])(int) = {
    [VIR_DOMAIN_SPICE_IMAGE] = virDomainSpiceImageToString,
    [VIR_DOMAIN_SPICE_JPEG] = virDomainSpiceWanToString,
    [VIR_DOMAIN_SPICE_ZLIB] = virDomainSpiceWanToString,
    [VIR_DOMAIN_SPICE_PLAYBACK] = virDomainOnOffToString,
    [VIR_DOMAIN_SPICE_STREAMING] = virDomainSpiceStreamingToString,
    [VIR_DOMAIN_SPICE_CLIPBOARD] = virDomainYesNoToString,
    [VIR_DOMAIN_SPICE_MOUSE] = virDomainSpiceMouseToString,
    [VIR_DOMAIN_SPICE_FILETRANSFER] = virDomainYesNoToString,
};

int
virDomainSpiceOptionsParseXML(virXMLNode *node, virDomainGraphicsDef *graphics)
{
    for (int i = 0; i < VIR_DOMAIN_SPICE_LAST; i++) {
        const virXMLSchema *schema = &virDomainSpiceSchemas[i];
        virXMLNode *child = virXMLGetChild(node, schema->name);
        int word = 0;

        if (!child)
            continue;
        if (graphics->type != VIR_DOMAIN_GRAPHICS_SPICE) {
            virXMLReportError(child, VIR_ERR_CONFIG_UNSUPPORTED,
                              _("unsupported configuration: <%1$s> in <graphics type='%2$s'>"),
                              schema->name, virDomainGraphicsToString((int)graphics->type));
            return -1;
        }
        if (virDomainRequireEnum(child, schema->attributes[0], virDomainSpiceWords[i], &word) < 0)
            return -1;
        graphics->spice[i] = virDomainSpiceWords[i](word);
    }
    return 0;
}

void
virDomainSpiceOptionsFormatXML(virXMLWriter *writer, const virDomainGraphicsDef *graphics)
{
    for (int i = 0; i < VIR_DOMAIN_SPICE_LAST; i++) {
        if (graphics->spice[i])
            virDomainElementFormatXML(writer, virDomainSpiceSchemas[i].name,
                                      virDomainSpiceSchemas[i].attributes[0], graphics->spice[i]);
    }
}
