/*
 * virtvfio_json.c: JSON objects of the commands (docs/schemas)
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "virtvfio_json.h"
#include "virtvfio_output.h"

void
virtvfioJSONAddText(JsonBuilder *builder, const char *key, const char *text)
{
    json_builder_set_member_name(builder, key);
    if (text) {
        /* A link or a path may hold any bytes; JSON may not. */
        g_autofree char *valid = g_utf8_make_valid(text, -1);

        json_builder_add_string_value(builder, valid);
    } else {
        json_builder_add_null_value(builder);
    }
}

void
virtvfioJSONAddNumber(JsonBuilder *builder, const char *key, gint64 number)
{
    json_builder_set_member_name(builder, key);
    if (number >= 0)
        json_builder_add_int_value(builder, number);
    else
        json_builder_add_null_value(builder);
}

void
virtvfioJSONAddBool(JsonBuilder *builder, const char *key, bool value)
{
    json_builder_set_member_name(builder, key);
    json_builder_add_boolean_value(builder, value);
}

/* An identifier as sysfs writes it, "0x" and @digits digits. */
static void
virtvfioJSONAddID(JsonBuilder *builder, const char *key, int id, int digits)
{
    g_autofree char *text = id >= 0 ? g_strdup_printf("0x%0*x", digits, id) : NULL;

    virtvfioJSONAddText(builder, key, text);
}

static void
virtvfioJSONAddBest(JsonBuilder *builder, const virtvfioDevice *device)
{
    json_builder_set_member_name(builder, "best");
    if (!device->hasBest) {
        json_builder_add_null_value(builder);
        return;
    }
    json_builder_begin_object(builder);
    virtvfioJSONAddText(builder, "pattern", device->best.pattern);
    virtvfioJSONAddText(builder, "module", device->best.module);
    virtvfioJSONAddText(builder, "driver", device->best.driver);
    json_builder_end_object(builder);
}

static void
virtvfioJSONAddGroup(JsonBuilder *builder, const virtvfioDevice *device)
{
    const virPCIIOMMUGroup *group = device->group;

    virtvfioJSONAddNumber(builder, "iommu_group", device->facts.iommuGroup);
    if (group)
        virtvfioJSONAddBool(builder, "iommu_group_viable", group->viable);
    else
        virtvfioJSONAddText(builder, "iommu_group_viable", NULL);

    json_builder_set_member_name(builder, "blockers");
    json_builder_begin_array(builder);
    for (size_t i = 0; group && i < group->members->len; i++) {
        const virPCIIOMMUMember *member = &g_array_index(group->members, virPCIIOMMUMember, i);

        if (!member->blocks)
            continue;
        json_builder_begin_object(builder);
        virtvfioJSONAddText(builder, "address", member->name);
        virtvfioJSONAddText(builder, "driver", member->driver);
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
}

void
virtvfioJSONAddDevice(JsonBuilder *builder, const virtvfioDevice *device)
{
    const virPCIDeviceFacts *facts = &device->facts;
    const virPCIBinding *binding = &device->binding;

    json_builder_begin_object(builder);
    virtvfioJSONAddText(builder, "address", device->name);
    virtvfioJSONAddID(builder, "vendor", facts->vendor, 4);
    virtvfioJSONAddID(builder, "device", facts->device, 4);
    virtvfioJSONAddID(builder, "subsystem_vendor", facts->subVendor, 4);
    virtvfioJSONAddID(builder, "subsystem_device", facts->subDevice, 4);
    virtvfioJSONAddID(builder, "class", facts->classCode, 6);
    virtvfioJSONAddText(builder, "modalias", facts->modalias);
    virtvfioJSONAddText(builder, "header_type", virPCIHeaderTypeToString((int)facts->headerType));
    virtvfioJSONAddText(builder, "driver", binding->driver);
    virtvfioJSONAddText(builder, "module", binding->module);
    virtvfioJSONAddText(builder, "type",
                        device->error ? NULL : virPCIStubDriverToString((int)binding->type));
    virtvfioJSONAddText(builder, "basis",
                        binding->basis == VIR_PCI_DRIVER_BASIS_NONE
                            ? NULL
                            : virPCIDriverBasisToString((int)binding->basis));
    virtvfioJSONAddText(builder, "driver_override", facts->driverOverride);
    virtvfioJSONAddBest(builder, device);
    virtvfioJSONAddGroup(builder, device);
    virtvfioJSONAddText(builder, "physfn", facts->physFn);
    virtvfioJSONAddNumber(builder, "virtfns", facts->numVFs);
    virtvfioJSONAddNumber(builder, "numa_node", facts->numaNode);
    virtvfioJSONAddText(builder, "vfio_node", device->group ? device->group->node : NULL);
    json_builder_set_member_name(builder, "error");
    if (device->error) {
        json_builder_begin_object(builder);
        virtvfioJSONAddError(builder, device->error);
        json_builder_end_object(builder);
    } else {
        json_builder_add_null_value(builder);
    }
    json_builder_end_object(builder);
}

void
virtvfioJSONAddKernel(JsonBuilder *builder, virPCIHost *host)
{
    virtvfioJSONAddText(builder, "kernel", virKModGetRelease(virPCIHostGetKMod(host)));
}

int
virtvfioJSONWrite(JsonBuilder *builder)
{
    g_autoptr(JsonGenerator) generator = json_generator_new();
    g_autoptr(JsonNode) root = json_builder_get_root(builder);
    g_autofree char *text = NULL;
    g_autofree char *line = NULL;

    json_generator_set_pretty(generator, TRUE);
    json_generator_set_root(generator, root);
    text = json_generator_to_data(generator, NULL);
    line = g_strconcat(text, "\n", NULL);
    return virtvfioWriteUTF8(line);
}

void
virtvfioJSONAddError(JsonBuilder *builder, const virErrorInfo *error)
{
    virtvfioJSONAddText(builder, "code", virErrorCodeName(error->code));
    virtvfioJSONAddText(builder, "message", error->message);
}

int
virtvfioJSONWriteError(const virErrorInfo *error)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();

    json_builder_begin_object(builder);
    json_builder_set_member_name(builder, "error");
    json_builder_begin_object(builder);
    virtvfioJSONAddError(builder, error);
    json_builder_end_object(builder);
    json_builder_end_object(builder);
    return virtvfioJSONWrite(builder);
}
