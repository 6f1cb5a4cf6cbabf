/*
 * domain_device_find.h: devices that come and go: into a definition, out of it, found by their XML
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "domain_device.h"

/* Puts a device, which is taken, where parsing the formatted definition would. */
void virDomainDeviceInsert(virDomainDef *def, const virDomainDeviceDef *dev);

/* Takes a device of @def out of it: its memory is the caller's. */
void virDomainDeviceSteal(virDomainDef *def, const virDomainDeviceDef *dev);

/**
 * virDomainDeviceFindByXML:
 * @node: an element below <devices>, not checked yet
 * @found: filled with the device of @def that it means, borrowed
 *
 * A disk is found by its target, a host device by its address on the host, an interface by its MAC
 * address. The user's name for it is compared where it is said, and in what runs also names that
 * are ours and PCI addresses. What else is said, as managed='…', is not.
 *
 * Errors: those of virDomainDeviceParseXML(); DEVICE_MISSING if there is none, OPERATION_FAILED if
 * several are meant.
 * Returns: 0, or -1 with an error reported and @found untouched
 */
int virDomainDeviceFindByXML(const virDomainDef *def, virXMLNode *node, virDomainDeviceDef *found)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * virDomainDeviceParseWanted:
 *
 * virDomainDeviceParseXML() of a device that @def may have already: devices that would be in its
 * way are not looked at.
 *
 * Returns: 0, or -1 with an error reported and @wanted untouched
 */
int virDomainDeviceParseWanted(const virDomainDef *def, virXMLNode *node,
                               virDomainDeviceDef *wanted) G_GNUC_WARN_UNUSED_RESULT;
