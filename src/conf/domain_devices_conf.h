/*
 * domain_devices_conf.h: <devices>: the families of devices together
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

#include "domain_conf.h"
#include "virxml.h"
#include "virxmlwriter.h"

extern const virXMLSchema virDomainDevicesSchema;

/**
 * virDomainDevicesParseXML:
 * @root: <domain>, checked against a schema with the above
 * @def: its devices are filled in
 *
 * Errors: XML_ERROR or CONFIG_UNSUPPORTED.
 * Returns: 0, or -1 with an error reported
 */
int virDomainDevicesParseXML(virXMLNode *root, virDomainDef *def) G_GNUC_WARN_UNUSED_RESULT;
void virDomainDevicesFormatXML(virXMLWriter *writer, const virDomainDef *def, unsigned int flags);

/* The lists of a definition: made empty, and freed with what is in them. */
void virDomainDevicesInit(virDomainDef *def);
void virDomainDevicesClear(virDomainDef *def);
