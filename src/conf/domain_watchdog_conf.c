/*
 * domain_watchdog_conf.c: <watchdog>: what happens when a guest no longer answers
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <stddef.h>

#include "domain_attribute.h"
#include "domain_device.h"
#include "domain_watchdog_conf.h"
#include "virgettext.h"

VIR_ENUM_IMPL(virDomainWatchdog, VIR_DOMAIN_WATCHDOG_LAST, "i6300esb", "ib700", "itco");
VIR_ENUM_IMPL(virDomainWatchdogAction, VIR_DOMAIN_WATCHDOG_ACTION_LAST, "reset", "shutdown",
              "poweroff", "pause", "none", "inject-nmi");

const virXMLSchema virDomainWatchdogSchema = {
    .name = "watchdog",
    .attributes = VIR_XML_NAMES("model", "action"),
    .children = VIR_XML_CHILDREN(&virDomainDeviceAliasSchema, &virDomainDeviceAddressSchema),
};

void
virDomainWatchdogDefFree(virDomainWatchdogDef *watchdog)
{
    if (!watchdog)
        return;
    virDomainDeviceInfoClear(&watchdog->info);
    g_free(watchdog);
}

virDomainWatchdogDef *
virDomainWatchdogDefParseXML(virXMLNode *node)
{
    g_autoptr(virDomainWatchdogDef) watchdog = g_new0(virDomainWatchdogDef, 1);
    int model = 0;
    int action = VIR_DOMAIN_WATCHDOG_ACTION_RESET;

    if (virDomainRequireEnum(node, "model", virDomainWatchdogToString, &model) < 0 ||
        virXMLGetEnum(node, "action", virDomainWatchdogActionToString, &action) < 0 ||
        virDomainDeviceInfoParseXML(node, &watchdog->info) < 0)
        return NULL;
    watchdog->model = model;
    watchdog->action = action;
    return g_steal_pointer(&watchdog);
}

void
virDomainWatchdogDefFormatXML(virXMLWriter *writer, const virDomainWatchdogDef *watchdog,
                              unsigned int flags)
{
    virXMLWriterStart(writer, "watchdog");
    virXMLWriterAttribute(writer, "model", "%s", virDomainWatchdogToString((int)watchdog->model));
    virXMLWriterAttribute(writer, "action", "%s",
                          virDomainWatchdogActionToString((int)watchdog->action));
    virDomainDeviceInfoFormatXML(writer, &watchdog->info, flags);
    virXMLWriterEnd(writer);
}

VIR_DOMAIN_DEVICE_CLASS_FUNCTIONS(virDomainWatchdog);

static char *
virDomainWatchdogDescribe(const void *device G_GNUC_UNUSED)
{
    return g_strdup(_("watchdog"));
}

static virDomainDeviceAddressType
virDomainWatchdogAddressType(const void *device)
{
    return ((const virDomainWatchdogDef *)device)->model == VIR_DOMAIN_WATCHDOG_I6300ESB
               ? VIR_DOMAIN_DEVICE_ADDRESS_PCI
               : VIR_DOMAIN_DEVICE_ADDRESS_NONE;
}

static virDomainPCIPlace
virDomainWatchdogPCIPlace(const virDomainDef *def G_GNUC_UNUSED, const void *device G_GNUC_UNUSED)
{
    return (virDomainPCIPlace){.kind = VIR_DOMAIN_PCI_CONVENTIONAL};
}

const virDomainDeviceClass virDomainWatchdogClass = {
    .schema = &virDomainWatchdogSchema,
    .list = offsetof(virDomainDef, watchdogs),
    .info = offsetof(virDomainWatchdogDef, info),
    .alias = "watchdog",
    .parse = virDomainWatchdogClassParse,
    .format = virDomainWatchdogClassFormat,
    .free = virDomainWatchdogClassFree,
    .describe = virDomainWatchdogDescribe,
    .addressType = virDomainWatchdogAddressType,
    .pciPlace = virDomainWatchdogPCIPlace,
};
