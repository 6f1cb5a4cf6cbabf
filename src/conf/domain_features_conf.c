/*
 * domain_features_conf.c: <features>: what the machine has
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "domain_features_conf.h"

static const virXMLSchema virDomainACPISchema = {.name = "acpi"};
static const virXMLSchema virDomainAPICSchema = {.name = "apic"};
const virXMLSchema virDomainFeaturesSchema = {
    .name = "features",
    .children = VIR_XML_CHILDREN(&virDomainACPISchema, &virDomainAPICSchema),
};

void
virDomainFeaturesDefFormatXML(virXMLWriter *writer)
{
    virXMLWriterStart(writer, "features");
    virXMLWriterElement(writer, "acpi", "");
    virXMLWriterElement(writer, "apic", "");
    virXMLWriterEnd(writer);
}
