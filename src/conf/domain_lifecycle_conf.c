/*
 * domain_lifecycle_conf.c: <on_poweroff>, <on_reboot>, <on_crash>: what follows an end
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "domain_lifecycle_conf.h"

VIR_ENUM_IMPL(virDomainReboot, VIR_DOMAIN_REBOOT_LAST, "restart", "destroy");

/* The only thing that can follow a power-off or a crash: the guest is gone. */
VIR_ENUM_DECL(virDomainDestroy);
VIR_ENUM_IMPL(virDomainDestroy, 1, "destroy");

const virXMLSchema virDomainOnPoweroffSchema = {
    .name = "on_poweroff",
    .flags = VIR_XML_TEXT,
};
const virXMLSchema virDomainOnRebootSchema = {.name = "on_reboot", .flags = VIR_XML_TEXT};
const virXMLSchema virDomainOnCrashSchema = {.name = "on_crash", .flags = VIR_XML_TEXT};

int
virDomainLifecycleDefParseXML(virXMLNode *root, virDomainLifecycleDef *lifecycle)
{
    virXMLNode *poweroff = virXMLGetChild(root, "on_poweroff");
    virXMLNode *reboot = virXMLGetChild(root, "on_reboot");
    virXMLNode *crash = virXMLGetChild(root, "on_crash");
    int destroy;
    int action = 0;

    if ((poweroff && virXMLGetEnum(poweroff, NULL, virDomainDestroyToString, &destroy) < 0) ||
        (crash && virXMLGetEnum(crash, NULL, virDomainDestroyToString, &destroy) < 0) ||
        (reboot && virXMLGetEnum(reboot, NULL, virDomainRebootToString, &action) < 0))
        return -1;
    lifecycle->onReboot = action;
    return 0;
}

void
virDomainLifecycleDefFormatXML(virXMLWriter *writer, const virDomainLifecycleDef *lifecycle)
{
    virXMLWriterElement(writer, "on_poweroff", "destroy");
    virXMLWriterElement(writer, "on_reboot", virDomainRebootToString(lifecycle->onReboot));
    virXMLWriterElement(writer, "on_crash", "destroy");
}
