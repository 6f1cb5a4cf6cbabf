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

/* What follows when the guest powers off, reboots or crashes. */
typedef enum {
    VIR_DOMAIN_ACTION_DESTROY,  /* it ends */
    VIR_DOMAIN_ACTION_RESTART,  /* it boots again */
    VIR_DOMAIN_ACTION_PRESERVE, /* it stands still, and can be looked at until it is destroyed */
    VIR_DOMAIN_ACTION_LAST,
} virDomainAction;

VIR_ENUM_DECL(virDomainAction);

typedef struct {
    virDomainAction onPoweroff;
    virDomainAction onReboot;
    virDomainAction onCrash;
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
