/*
 * domain_devices_conf.c: <devices>: the families of devices together
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "domain_device.h"
#include "domain_devices_complete.h"
#include "domain_devices_conf.h"
#include "domain_net_conf.h"
#include "virerror.h"
#include "virgettext.h"

static const virXMLSchema virDomainEmulatorSchema = {.name = "emulator", .flags = VIR_XML_TEXT};
const virXMLSchema virDomainDevicesSchema = {
    .name = "devices",
    .children = VIR_XML_CHILDREN(
        &virDomainEmulatorSchema, &virDomainDiskSchema, &virDomainControllerSchema,
        &virDomainSerialSchema, &virDomainConsoleSchema, &virDomainChannelSchema,
        &virDomainInputSchema, &virDomainTPMSchema, &virDomainGraphicsSchema, &virDomainSoundSchema,
        &virDomainAudioSchema, &virDomainVideoSchema, &virDomainNetSchema, &virDomainHostdevSchema,
        &virDomainRedirdevSchema, &virDomainWatchdogSchema, &virDomainMemballoonSchema,
        &virDomainRNGSchema, &virDomainPanicSchema, &virDomainIOMMUSchema),
};

void
virDomainDevicesInit(virDomainDef *def)
{
    for (unsigned int type = 0; type < VIR_DOMAIN_DEVICE_LAST; type++) {
        const virDomainDeviceClass *class = virDomainDeviceGetClass(type);

        G_STRUCT_MEMBER(GPtrArray *, def, class->list) =
            g_ptr_array_new_with_free_func(class->free);
    }
}

void
virDomainDevicesClear(virDomainDef *def)
{
    g_clear_pointer(&def->emulator, g_free);
    for (unsigned int type = 0; type < VIR_DOMAIN_DEVICE_LAST; type++)
        g_ptr_array_unref(virDomainDefGetDevices(def, type));
}

static int
virDomainDevicesParseElements(virXMLNode *devices, const char *name, virDomainDeviceType type,
                              virDomainDef *def)
{
    const virDomainDeviceClass *class = virDomainDeviceGetClass(type);
    virXMLNode *node = virXMLGetChild(devices, name);

    for (; node; node = virXMLGetNext(node)) {
        void *device;

        if (!virDomainDeviceClassTakes(class, node))
            continue;
        if (!(device = class->parse(node, def)))
            return -1;
        g_ptr_array_add(virDomainDefGetDevices(def, type), device);
    }
    return 0;
}

static int
virDomainDevicesParseFamily(virXMLNode *devices, virDomainDeviceType type, virDomainDef *def)
{
    const virDomainDeviceClass *class = virDomainDeviceGetClass(type);

    if (!class->parse)
        return 0;
    if (class->otherSchema &&
        virDomainDevicesParseElements(devices, class->otherSchema->name, type, def) < 0)
        return -1;
    return virDomainDevicesParseElements(devices, class->schema->name, type, def);
}

int
virDomainDevicesParseXML(virXMLNode *root, virDomainDef *def)
{
    virXMLNode *devices = virXMLGetChild(root, "devices");
    virXMLNode *emulator = devices ? virXMLGetChild(devices, "emulator") : NULL;

    if (!devices)
        return virDomainDevicesComplete(def);
    if (emulator && virDomainPathParseXML(emulator, NULL, &def->emulator) < 0)
        return -1;
    for (unsigned int type = 0; type < VIR_DOMAIN_DEVICE_LAST; type++) {
        if (virDomainDevicesParseFamily(devices, type, def) < 0)
            return -1;
    }
    if (virDomainChrDefParseXML(devices, def) < 0)
        return -1;
    return virDomainDevicesComplete(def);
}

void
virDomainDevicesFormatXML(virXMLWriter *writer, const virDomainDef *def, unsigned int flags)
{
    virXMLWriterStart(writer, "devices");
    virXMLWriterElement(writer, "emulator", def->emulator);
    for (unsigned int type = 0; type < VIR_DOMAIN_DEVICE_LAST; type++) {
        const GPtrArray *list = virDomainDefGetDevices(def, type);

        if (type == VIR_DOMAIN_DEVICE_CONSOLE)
            virDomainConsoleFormatSerial(writer, def, flags);
        for (guint i = 0; i < list->len; i++)
            virDomainDeviceGetClass(type)->format(writer, list->pdata[i], flags);
    }
    virXMLWriterEnd(writer);
}
