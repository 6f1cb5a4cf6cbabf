/*
 * domain_redirdev_conf.h: <redirdev>: a USB device that a viewer lends to the guest
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

#include "device_conf.h"

/* On bus usb, over a channel of spice: the only kind. */
typedef struct {
    virDomainDeviceInfo info;
} virDomainRedirdevDef;

extern const virXMLSchema virDomainRedirdevSchema;
extern const virDomainDeviceClass virDomainRedirdevClass;

void virDomainRedirdevDefFree(virDomainRedirdevDef *redirdev);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virDomainRedirdevDef, virDomainRedirdevDefFree)

/**
 * virDomainRedirdevDefParseXML:
 * @node: <redirdev>, checked against the schema
 *
 * Errors: XML_ERROR or CONFIG_UNSUPPORTED.
 * Returns: the device, owned by the caller, or NULL
 */
virDomainRedirdevDef *virDomainRedirdevDefParseXML(virXMLNode *node);

/* @flags: virDomainDefFormatFlags. */
void virDomainRedirdevDefFormatXML(virXMLWriter *writer, const virDomainRedirdevDef *redirdev,
                                   unsigned int flags);
