/*
 * domain_check.h: what elements of different families say together
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "domain_conf.h"
#include "virxml.h"

/**
 * virDomainCheck:
 * @root: <domain>
 * @def: all of it but the devices
 *
 * Errors: XML_ERROR or CONFIG_UNSUPPORTED.
 * Returns: 0, or -1 with an error reported
 */
int virDomainCheck(virXMLNode *root, const virDomainDef *def) G_GNUC_WARN_UNUSED_RESULT;

/* The same once the devices are known. */
int virDomainCheckDevices(virXMLNode *root, const virDomainDef *def) G_GNUC_WARN_UNUSED_RESULT;
