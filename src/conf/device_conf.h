/*
 * device_conf.h: what every device of a guest has: its PCI address in the guest and its alias
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stdbool.h>

#include <glib.h>

#include "virenum.h"
#include "virpciaddress.h"
#include "virxml.h"
#include "virxmlwriter.h"

/* Words of on/off and yes/no attributes; the value is a truth value. */
VIR_ENUM_DECL(virDomainOnOff);
VIR_ENUM_DECL(virDomainYesNo);

typedef struct {
    bool hasAddress;
    virPCIDeviceAddress address; /* in the guest: its bus is the index of a PCI controller */
    bool multifunction;          /* function 0 of a slot that has others too */
    char *alias;                 /* the user's name for the device ("ua-nic"), or NULL */
} virDomainDeviceInfo;

void virDomainDeviceInfoClear(virDomainDeviceInfo *info);

/* <address> of a host device's <source>; <address> and <alias> of a device of the guest. */
extern const virXMLSchema virPCIDeviceAddressSchema;
extern const virXMLSchema virDomainDeviceAddressSchema;
extern const virXMLSchema virDomainDeviceAliasSchema;

/**
 * virPCIDeviceAddressParseXML:
 * @node: an element with the attributes domain, bus, slot and function
 * @addr: filled
 *
 * Domain and function may be absent and are 0 then.
 *
 * Errors: XML_ERROR if a part is missing or out of range.
 * Returns: 0, or -1 with an error reported and @addr untouched
 */
int
virPCIDeviceAddressParseXML(virXMLNode *node, virPCIDeviceAddress *addr) G_GNUC_WARN_UNUSED_RESULT;

/* Adds the four attributes to the element started last. */
void virPCIDeviceAddressFormatXML(virXMLWriter *writer, const virPCIDeviceAddress *addr);

/**
 * virDomainDeviceInfoParseXML:
 * @node: a device, checked against a schema with the two above
 * @info: filled, zero before
 *
 * Errors: XML_ERROR or CONFIG_UNSUPPORTED.
 * Returns: 0, or -1 with an error reported; virDomainDeviceInfoClear() @info in either case
 */
int
virDomainDeviceInfoParseXML(virXMLNode *node, virDomainDeviceInfo *info) G_GNUC_WARN_UNUSED_RESULT;
void virDomainDeviceInfoFormatXML(virXMLWriter *writer, const virDomainDeviceInfo *info);

/**
 * virDomainPathParseXML:
 * @node: an element
 * @attribute: its attribute that holds a path, or NULL for its text
 * @path: filled with an absolute path; caller frees
 *
 * Errors: XML_ERROR if the path is absent, relative or holds control characters.
 * Returns: 0, or -1 with an error reported and @path untouched
 */
int virDomainPathParseXML(virXMLNode *node, const char *attribute, char **path)
    G_GNUC_WARN_UNUSED_RESULT;

/* True if @text has a character below space, or DEL. */
bool virDomainTextHasControl(const char *text);
