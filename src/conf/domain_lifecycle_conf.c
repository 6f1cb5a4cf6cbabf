/*
 * domain_lifecycle_conf.c: <on_poweroff>, <on_reboot>, <on_crash>: what follows an end
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "domain_lifecycle_conf.h"
#include "virerror.h"
#include "virgettext.h"

VIR_ENUM_IMPL(virDomainAction, VIR_DOMAIN_ACTION_LAST, "destroy", "restart", "preserve");

/* Of an element that is not there, for either machine. */
#define VIR_DOMAIN_ON_POWEROFF VIR_DOMAIN_ACTION_DESTROY
#define VIR_DOMAIN_ON_REBOOT   VIR_DOMAIN_ACTION_RESTART
#define VIR_DOMAIN_ON_CRASH    VIR_DOMAIN_ACTION_DESTROY

const virXMLSchema virDomainOnPoweroffSchema = {
    .name = "on_poweroff",
    .flags = VIR_XML_TEXT,
};
const virXMLSchema virDomainOnRebootSchema = {.name = "on_reboot", .flags = VIR_XML_TEXT};
const virXMLSchema virDomainOnCrashSchema = {.name = "on_crash", .flags = VIR_XML_TEXT};

static int
virDomainActionParseXML(virXMLNode *root, const char *name, int action, virDomainAction *value)
{
    virXMLNode *node = virXMLGetChild(root, name);

    if (node && virXMLGetEnum(node, NULL, virDomainActionToString, &action) < 0)
        return -1;
    *value = action;
    return 0;
}

int
virDomainLifecycleDefParseXML(virXMLNode *root, virDomainLifecycleDef *lifecycle)
{
    if (virDomainActionParseXML(root, "on_poweroff", VIR_DOMAIN_ON_POWEROFF,
                                &lifecycle->onPoweroff) < 0 ||
        virDomainActionParseXML(root, "on_reboot", VIR_DOMAIN_ON_REBOOT, &lifecycle->onReboot) <
            0 ||
        virDomainActionParseXML(root, "on_crash", VIR_DOMAIN_ON_CRASH, &lifecycle->onCrash) < 0)
        return -1;
    if (lifecycle->onPoweroff != VIR_DOMAIN_ACTION_RESTART ||
        lifecycle->onReboot != VIR_DOMAIN_ACTION_DESTROY)
        return 0;
    virXMLReportError(virXMLGetChild(root, "on_poweroff"), VIR_ERR_CONFIG_UNSUPPORTED,
                      _("unsupported configuration: <on_poweroff>restart</on_poweroff> with "
                        "<on_reboot>destroy</on_reboot>; libvirt has no such guests either"));
    return -1;
}

void
virDomainLifecycleDefFormatXML(virXMLWriter *writer, const virDomainLifecycleDef *lifecycle)
{
    virXMLWriterElement(writer, "on_poweroff", virDomainActionToString((int)lifecycle->onPoweroff));
    virXMLWriterElement(writer, "on_reboot", virDomainActionToString((int)lifecycle->onReboot));
    virXMLWriterElement(writer, "on_crash", virDomainActionToString((int)lifecycle->onCrash));
}
