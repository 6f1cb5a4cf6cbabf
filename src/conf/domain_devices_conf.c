/*
 * domain_devices_conf.c: <devices>: the families of devices together
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "domain_devices_conf.h"
#include "virerror.h"
#include "virgettext.h"

static const virXMLSchema virDomainEmulatorSchema = {.name = "emulator", .flags = VIR_XML_TEXT};
const virXMLSchema virDomainDevicesSchema = {
    .name = "devices",
    .children =
        VIR_XML_CHILDREN(&virDomainEmulatorSchema, &virDomainControllerSchema,
                         &virDomainSerialSchema, &virDomainConsoleSchema, &virDomainHostdevSchema),
};

static bool
virDomainHasHostdev(const virDomainDef *def, const virPCIDeviceAddress *source)
{
    for (guint i = 0; i < def->hostdevs->len; i++) {
        const virDomainHostdevDef *hostdev = g_ptr_array_index(def->hostdevs, i);

        if (virPCIDeviceAddressCompare(&hostdev->source, source) == 0)
            return true;
    }
    return false;
}

static int
virDomainHostdevsParseXML(virXMLNode *devices, virDomainDef *def)
{
    for (virXMLNode *node = virXMLGetChild(devices, "hostdev"); node; node = virXMLGetNext(node)) {
        g_autoptr(virDomainHostdevDef) hostdev = virDomainHostdevDefParseXML(node);

        if (!hostdev)
            return -1;
        if (virDomainHasHostdev(def, &hostdev->source)) {
            g_autofree char *address = virPCIDeviceAddressAsString(&hostdev->source);

            virXMLReportError(node, VIR_ERR_XML_ERROR, _("host device %1$s is given twice"),
                              address);
            return -1;
        }
        g_ptr_array_add(def->hostdevs, g_steal_pointer(&hostdev));
    }
    return 0;
}

static int
virDomainControllersParseXML(virXMLNode *devices, virDomainDef *def)
{
    for (virXMLNode *node = virXMLGetChild(devices, "controller"); node;
         node = virXMLGetNext(node)) {
        virDomainControllerDef *controller = virDomainControllerDefParseXML(node);

        if (!controller)
            return -1;
        g_ptr_array_add(def->controllers, controller);
    }
    return 0;
}

int
virDomainDevicesParseXML(virXMLNode *root, virDomainDef *def)
{
    virXMLNode *devices = virXMLGetChild(root, "devices");
    virXMLNode *emulator = devices ? virXMLGetChild(devices, "emulator") : NULL;

    if (!devices)
        return 0;
    if (emulator && virDomainPathParseXML(emulator, NULL, &def->emulator) < 0)
        return -1;
    if (virDomainControllersParseXML(devices, def) < 0 ||
        virDomainHostdevsParseXML(devices, def) < 0)
        return -1;
    return virDomainChrDefParseXML(devices, def->serials);
}

void
virDomainDevicesFormatXML(virXMLWriter *writer, const virDomainDef *def,
                          unsigned int flags G_GNUC_UNUSED)
{
    virXMLWriterStart(writer, "devices");
    virXMLWriterElement(writer, "emulator", def->emulator);
    for (guint i = 0; i < def->controllers->len; i++)
        virDomainControllerDefFormatXML(writer, g_ptr_array_index(def->controllers, i));
    for (guint i = 0; i < def->serials->len; i++)
        virDomainChrDefFormatXML(writer, g_ptr_array_index(def->serials, i));
    for (guint i = 0; i < def->hostdevs->len; i++)
        virDomainHostdevDefFormatXML(writer, g_ptr_array_index(def->hostdevs, i));
    virXMLWriterEnd(writer);
}
