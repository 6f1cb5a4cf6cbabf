/*
 * domain_input_conf.c: <input>: the guest's keyboards, mice and tablets
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <stddef.h>

#include <stdbool.h>

#include "domain_attribute.h"
#include "domain_device.h"
#include "domain_input_conf.h"
#include "virerror.h"
#include "virgettext.h"

VIR_ENUM_IMPL(virDomainInput, VIR_DOMAIN_INPUT_LAST, "mouse", "tablet", "keyboard");
VIR_ENUM_IMPL(virDomainInputBus, VIR_DOMAIN_INPUT_BUS_LAST, "ps2", "usb", "virtio");

const virXMLSchema virDomainInputSchema = {
    .name = "input",
    .attributes = VIR_XML_NAMES("type", "bus", "model"),
    .children = VIR_XML_CHILDREN(&virDomainVirtioDriverSchema, &virDomainDeviceAliasSchema,
                                 &virDomainDeviceAddressSchema),
    .flags = VIR_XML_MANY,
};

/* How a device is addressed on a bus. */
static const virDomainDeviceAddressType virDomainInputAddress[VIR_DOMAIN_INPUT_BUS_LAST] = {
    [VIR_DOMAIN_INPUT_BUS_PS2] = VIR_DOMAIN_DEVICE_ADDRESS_NONE,
    [VIR_DOMAIN_INPUT_BUS_USB] = VIR_DOMAIN_DEVICE_ADDRESS_USB,
    [VIR_DOMAIN_INPUT_BUS_VIRTIO] = VIR_DOMAIN_DEVICE_ADDRESS_PCI,
};

void
virDomainInputDefFree(virDomainInputDef *input)
{
    if (!input)
        return;
    virDomainDeviceInfoClear(&input->info);
    g_free(input);
}

/* QEMU's input devices came with virtio 1.0, so that there are no older drivers. */
static int
virDomainInputCheckModel(virXMLNode *node, const virDomainInputDef *input)
{
    g_autofree char *model = virXMLGetAttribute(node, "model");

    if (model && input->bus != VIR_DOMAIN_INPUT_BUS_VIRTIO) {
        virXMLReportError(
            node, VIR_ERR_CONFIG_UNSUPPORTED,
            _("unsupported configuration: model='%1$s' of an <input> with bus='%2$s'; "
              "only bus='virtio' has models"),
            model, virDomainInputBusToString((int)input->bus));
        return -1;
    }
    if (input->virtio.model == VIR_DOMAIN_VIRTIO_MODEL_TRANSITIONAL) {
        virXMLReportError(node, VIR_ERR_CONFIG_UNSUPPORTED,
                          _("unsupported configuration: model='virtio-transitional' of an <input>; "
                            "such devices need drivers of virtio 1.0: use model='virtio'"));
        return -1;
    }
    return 0;
}

static int
virDomainInputCheckDriver(virXMLNode *node, const virDomainInputDef *input)
{
    if (input->bus == VIR_DOMAIN_INPUT_BUS_VIRTIO || !virXMLGetChild(node, "driver"))
        return 0;
    virXMLReportError(node, VIR_ERR_CONFIG_UNSUPPORTED,
                      _("unsupported configuration: <driver> of an <input> with bus='%1$s'; it is "
                        "of bus='virtio'"),
                      virDomainInputBusToString((int)input->bus));
    return -1;
}

static int
virDomainInputCheckXML(virXMLNode *node, const virDomainInputDef *input)
{
    if (input->bus == VIR_DOMAIN_INPUT_BUS_PS2 && input->type == VIR_DOMAIN_INPUT_TABLET) {
        virXMLReportError(node, VIR_ERR_CONFIG_UNSUPPORTED,
                          _("unsupported configuration: a tablet with bus='ps2'; use 'usb' or "
                            "'virtio'"));
        return -1;
    }
    if (virDomainInputCheckDriver(node, input) < 0)
        return -1;
    return virDomainInputCheckModel(node, input);
}

virDomainInputDef *
virDomainInputDefParseXML(virXMLNode *node)
{
    g_autoptr(virDomainInputDef) input = g_new0(virDomainInputDef, 1);
    int type = 0;
    int bus;
    int model = VIR_DOMAIN_VIRTIO_MODEL_DEFAULT;

    if (virDomainRequireEnum(node, "type", virDomainInputToString, &type) < 0)
        return NULL;
    bus = type == VIR_DOMAIN_INPUT_TABLET ? VIR_DOMAIN_INPUT_BUS_USB : VIR_DOMAIN_INPUT_BUS_PS2;
    if (virXMLGetEnum(node, "bus", virDomainInputBusToString, &bus) < 0 ||
        virXMLGetEnum(node, "model", virDomainVirtioModelToString, &model) < 0 ||
        virDomainVirtioParseXML(node, &input->virtio) < 0 ||
        virDomainDeviceInfoParseXML(node, &input->info) < 0)
        return NULL;
    input->type = type;
    input->bus = bus;
    input->virtio.model = model;
    return virDomainInputCheckXML(node, input) < 0 ? NULL : g_steal_pointer(&input);
}

static void
virDomainInputsAddOne(GPtrArray *inputs, virDomainInputType type)
{
    virDomainInputDef *input;

    for (guint i = 0; i < inputs->len; i++) {
        input = g_ptr_array_index(inputs, i);
        if (input->type == type && input->bus == VIR_DOMAIN_INPUT_BUS_PS2)
            return;
    }
    input = g_new0(virDomainInputDef, 1);
    input->type = type;
    input->bus = VIR_DOMAIN_INPUT_BUS_PS2;
    g_ptr_array_add(inputs, input);
}

void
virDomainInputsAddPS2(GPtrArray *inputs)
{
    virDomainInputsAddOne(inputs, VIR_DOMAIN_INPUT_MOUSE);
    virDomainInputsAddOne(inputs, VIR_DOMAIN_INPUT_KEYBOARD);
}

void
virDomainInputDefFormatXML(virXMLWriter *writer, const virDomainInputDef *input, unsigned int flags)
{
    virXMLWriterStart(writer, "input");
    virXMLWriterAttribute(writer, "type", "%s", virDomainInputToString((int)input->type));
    virXMLWriterAttribute(writer, "bus", "%s", virDomainInputBusToString((int)input->bus));
    if (input->virtio.model != VIR_DOMAIN_VIRTIO_MODEL_DEFAULT)
        virXMLWriterAttribute(writer, "model", "%s",
                              virDomainVirtioModelToString((int)input->virtio.model));
    virDomainVirtioFormatDriver(writer, &input->virtio);
    virDomainDeviceInfoFormatXML(writer, &input->info, flags);
    virXMLWriterEnd(writer);
}

VIR_DOMAIN_DEVICE_CLASS_FUNCTIONS(virDomainInput);

static char *
virDomainInputDescribe(const void *device)
{
    const virDomainInputDef *input = device;

    return virFormat(_("input device (%1$s on %2$s)"), virDomainInputToString((int)input->type),
                     virDomainInputBusToString((int)input->bus));
}

static virDomainDeviceAddressType
virDomainInputAddressType(const void *device)
{
    return virDomainInputAddress[((const virDomainInputDef *)device)->bus];
}

static virDomainPCIPlace
virDomainInputPCIPlace(const virDomainDef *def G_GNUC_UNUSED, const void *device G_GNUC_UNUSED)
{
    return (virDomainPCIPlace){.kind = VIR_DOMAIN_PCI_EXPRESS};
}

static const virDomainVirtioDef *
virDomainInputGetVirtio(const void *device)
{
    const virDomainInputDef *input = device;

    return input->bus == VIR_DOMAIN_INPUT_BUS_VIRTIO ? &input->virtio : NULL;
}

const virDomainDeviceClass virDomainInputClass = {
    .schema = &virDomainInputSchema,
    .list = offsetof(virDomainDef, inputs),
    .info = offsetof(virDomainInputDef, info),
    .alias = "input",
    .parse = virDomainInputClassParse,
    .format = virDomainInputClassFormat,
    .free = virDomainInputClassFree,
    .describe = virDomainInputDescribe,
    .addressType = virDomainInputAddressType,
    .pciPlace = virDomainInputPCIPlace,
    .virtio = virDomainInputGetVirtio,
};
