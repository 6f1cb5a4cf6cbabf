/*
 * domain_graphics_spice.h: the children of <graphics type='spice'> that are one word each
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "domain_graphics_conf.h"

extern const virXMLSchema virDomainSpiceSchemas[VIR_DOMAIN_SPICE_LAST];

/* For VIR_XML_CHILDREN(). */
#define VIR_DOMAIN_SPICE_SCHEMAS                                                                   \
    &virDomainSpiceSchemas[VIR_DOMAIN_SPICE_IMAGE], &virDomainSpiceSchemas[VIR_DOMAIN_SPICE_JPEG], \
        &virDomainSpiceSchemas[VIR_DOMAIN_SPICE_ZLIB],                                             \
        &virDomainSpiceSchemas[VIR_DOMAIN_SPICE_PLAYBACK],                                         \
        &virDomainSpiceSchemas[VIR_DOMAIN_SPICE_STREAMING],                                        \
        &virDomainSpiceSchemas[VIR_DOMAIN_SPICE_CLIPBOARD],                                        \
        &virDomainSpiceSchemas[VIR_DOMAIN_SPICE_MOUSE],                                            \
        &virDomainSpiceSchemas[VIR_DOMAIN_SPICE_FILETRANSFER]

/* Errors: CONFIG_UNSUPPORTED. Returns: 0, or -1 with an error reported. */
int virDomainSpiceOptionsParseXML(virXMLNode *node, virDomainGraphicsDef *graphics)
    G_GNUC_WARN_UNUSED_RESULT;
void virDomainSpiceOptionsFormatXML(virXMLWriter *writer, const virDomainGraphicsDef *graphics);
