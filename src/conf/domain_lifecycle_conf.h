/*
 * domain_lifecycle_conf.h: <on_poweroff>, <on_reboot>, <on_crash>: what follows an end
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

#include "virenum.h"
#include "virxml.h"
#include "virxmlwriter.h"

/* What a reboot of the guest does. */
typedef enum {
    VIR_DOMAIN_REBOOT_RESTART,
    VIR_DOMAIN_REBOOT_DESTROY, /* ends the guest, as a power-off does */
    VIR_DOMAIN_REBOOT_LAST,
} virDomainRebootAction;

VIR_ENUM_DECL(virDomainReboot);

typedef struct {
    virDomainRebootAction onReboot;
} virDomainLifecycleDef;

extern const virXMLSchema virDomainOnPoweroffSchema;
extern const virXMLSchema virDomainOnRebootSchema;
extern const virXMLSchema virDomainOnCrashSchema;

/**
 * virDomainLifecycleDefParseXML:
 * @root: <domain>, checked against a schema with the above
 * @lifecycle: filled, zero before
 *
 * Errors: XML_ERROR or CONFIG_UNSUPPORTED.
 * Returns: 0, or -1 with an error reported
 */
int virDomainLifecycleDefParseXML(virXMLNode *root, virDomainLifecycleDef *lifecycle)
    G_GNUC_WARN_UNUSED_RESULT;
void virDomainLifecycleDefFormatXML(virXMLWriter *writer, const virDomainLifecycleDef *lifecycle);
