/*
 * domain_clock_conf.h: <clock>: what the guest's clock shows
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

#include "virenum.h"
#include "virxml.h"
#include "virxmlwriter.h"

/* What the guest's clock shows at its start. */
typedef enum {
    VIR_DOMAIN_CLOCK_UTC,
    VIR_DOMAIN_CLOCK_LOCALTIME,
    VIR_DOMAIN_CLOCK_LAST,
} virDomainClockOffset;

VIR_ENUM_DECL(virDomainClock);

typedef struct {
    virDomainClockOffset offset;
} virDomainClockDef;

extern const virXMLSchema virDomainClockSchema;

/**
 * virDomainClockDefParseXML:
 * @root: <domain>, checked against a schema with the above
 * @clock: filled, zero before
 *
 * Errors: XML_ERROR or CONFIG_UNSUPPORTED.
 * Returns: 0, or -1 with an error reported
 */
int virDomainClockDefParseXML(virXMLNode *root, virDomainClockDef *clock) G_GNUC_WARN_UNUSED_RESULT;
void virDomainClockDefFormatXML(virXMLWriter *writer, const virDomainClockDef *clock);
