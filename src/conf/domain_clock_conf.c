/*
 * domain_clock_conf.c: <clock>: what the guest's clock shows
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "domain_clock_conf.h"

VIR_ENUM_IMPL(virDomainClock, VIR_DOMAIN_CLOCK_LAST, "utc", "localtime");

const virXMLSchema virDomainClockSchema = {
    .name = "clock",
    .attributes = VIR_XML_NAMES("offset"),
};

int
virDomainClockDefParseXML(virXMLNode *root, virDomainClockDef *clock)
{
    virXMLNode *node = virXMLGetChild(root, "clock");
    int offset = 0;

    if (node && virXMLGetEnum(node, "offset", virDomainClockToString, &offset) < 0)
        return -1;
    clock->offset = offset;
    return 0;
}

void
virDomainClockDefFormatXML(virXMLWriter *writer, const virDomainClockDef *clock)
{
    virXMLWriterStart(writer, "clock");
    virXMLWriterAttribute(writer, "offset", "%s", virDomainClockToString(clock->offset));
    virXMLWriterEnd(writer);
}
