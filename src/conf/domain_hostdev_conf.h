/*
 * domain_hostdev_conf.h: <hostdev>: a PCI device of the host that the guest gets
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stdbool.h>

#include <glib.h>

#include "device_conf.h"

typedef struct {
    virPCIDeviceAddress source; /* on the host */
    bool managed;               /* bind and restore the driver for the user */
    char *driverModel;          /* the VFIO driver or its module that must serve it, or NULL */
    virDomainDeviceInfo info;
} virDomainHostdevDef;

extern const virXMLSchema virDomainHostdevSchema;
extern const virDomainDeviceClass virDomainHostdevClass;

void virDomainHostdevDefFree(virDomainHostdevDef *hostdev);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virDomainHostdevDef, virDomainHostdevDefFree)

/**
 * virDomainHostdevDefParseXML:
 * @node: <hostdev>, checked against the schema
 *
 * Errors: XML_ERROR or CONFIG_UNSUPPORTED.
 * Returns: the device, owned by the caller, or NULL
 */
virDomainHostdevDef *virDomainHostdevDefParseXML(virXMLNode *node);
void virDomainHostdevDefFormatXML(virXMLWriter *writer, const virDomainHostdevDef *hostdev,
                                  unsigned int flags);
