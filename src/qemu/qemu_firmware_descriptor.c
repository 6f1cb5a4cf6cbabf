/*
 * qemu_firmware_descriptor.c: QEMU's descriptors of firmware
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include <json-glib/json-glib.h>

#include "qemu_firmware_descriptor.h"
#include "virgettext.h"

void
qemuFirmwareFree(qemuFirmware *firmware)
{
    if (!firmware)
        return;
    g_free(firmware->executable);
    g_free(firmware->nvramTemplate);
    g_strfreev(firmware->machines);
    g_free(firmware);
}

/* A member of that type, or NULL. */
static JsonObject *
qemuFirmwareGetObject(JsonObject *object, const char *name)
{
    JsonNode *node = object ? json_object_get_member(object, name) : NULL;

    return node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
}

static JsonArray *
qemuFirmwareGetArray(JsonObject *object, const char *name)
{
    JsonNode *node = object ? json_object_get_member(object, name) : NULL;

    return node && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
}

static const char *
qemuFirmwareText(JsonNode *node)
{
    return node && JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_STRING
               ? json_node_get_string(node)
               : "";
}

static const char *
qemuFirmwareGetText(JsonObject *object, const char *name)
{
    return qemuFirmwareText(object ? json_object_get_member(object, name) : NULL);
}

/* A raw file; NULL if it is none. */
static const char *
qemuFirmwareGetFile(JsonObject *mapping, const char *name)
{
    JsonObject *file = qemuFirmwareGetObject(mapping, name);
    const char *path = qemuFirmwareGetText(file, "filename");

    return g_path_is_absolute(path) && strcmp(qemuFirmwareGetText(file, "format"), "raw") == 0
               ? path
               : NULL;
}

static bool
qemuFirmwareParseFlash(JsonObject *mapping, qemuFirmware *firmware)
{
    const char *mode = qemuFirmwareGetText(mapping, "mode");

    firmware->flash = true;
    firmware->stateless = strcmp(mode, "stateless") == 0;
    firmware->executable = g_strdup(qemuFirmwareGetFile(mapping, "executable"));
    if (!firmware->executable)
        return false;
    if (firmware->stateless)
        return true;
    firmware->nvramTemplate = g_strdup(qemuFirmwareGetFile(mapping, "nvram-template"));
    return firmware->nvramTemplate && (*mode == '\0' || strcmp(mode, "split") == 0);
}

static bool
qemuFirmwareParseMapping(JsonObject *mapping, qemuFirmware *firmware)
{
    const char *device = qemuFirmwareGetText(mapping, "device");
    const char *path = qemuFirmwareGetText(mapping, "filename");

    if (strcmp(device, "flash") == 0)
        return qemuFirmwareParseFlash(mapping, firmware);
    firmware->executable = g_strdup(path);
    return strcmp(device, "memory") == 0 && g_path_is_absolute(path);
}

static void
qemuFirmwareParseTargets(JsonArray *targets, qemuFirmware *firmware)
{
    g_autoptr(GPtrArray) patterns = g_ptr_array_new();

    for (guint i = 0; targets && i < json_array_get_length(targets); i++) {
        JsonNode *node = json_array_get_element(targets, i);
        JsonObject *target = JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
        JsonArray *machines = qemuFirmwareGetArray(target, "machines");

        if (strcmp(qemuFirmwareGetText(target, "architecture"), "x86_64") != 0)
            continue;
        for (guint j = 0; machines && j < json_array_get_length(machines); j++)
            g_ptr_array_add(patterns,
                            g_strdup(qemuFirmwareText(json_array_get_element(machines, j))));
    }
    g_ptr_array_add(patterns, NULL);
    firmware->machines = (GStrv)g_ptr_array_free(g_steal_pointer(&patterns), FALSE);
}

static void
qemuFirmwareParseFeatures(JsonArray *features, qemuFirmware *firmware)
{
    static const struct {
        const char *name;
        qemuFirmwareFeatures bit;
    } known[] = {
        {"secure-boot", QEMU_FIRMWARE_SECURE_BOOT},
        {"enrolled-keys", QEMU_FIRMWARE_ENROLLED_KEYS},
        {"requires-smm", QEMU_FIRMWARE_REQUIRES_SMM},
        {"acpi-s3", QEMU_FIRMWARE_ACPI_S3},
        {"acpi-s4", QEMU_FIRMWARE_ACPI_S4},
    };

    for (guint i = 0; features && i < json_array_get_length(features); i++) {
        const char *name = qemuFirmwareText(json_array_get_element(features, i));

        for (size_t j = 0; j < G_N_ELEMENTS(known); j++) {
            if (strcmp(name, known[j].name) == 0)
                firmware->features |= known[j].bit;
        }
    }
}

qemuFirmware *
qemuFirmwareParse(const char *text, char **reason)
{
    g_autoptr(qemuFirmware) firmware = g_new0(qemuFirmware, 1);
    g_autoptr(JsonParser) parser = json_parser_new();
    g_autoptr(GError) error = NULL;
    JsonObject *root = NULL;
    JsonArray *interfaces;

    if (!json_parser_load_from_data(parser, text, -1, &error)) {
        *reason = g_strdup(error->message);
        return NULL;
    }
    if (json_parser_get_root(parser) && JSON_NODE_HOLDS_OBJECT(json_parser_get_root(parser)))
        root = json_node_get_object(json_parser_get_root(parser));
    interfaces = qemuFirmwareGetArray(root, "interface-types");
    if (!interfaces) {
        *reason = g_strdup(_("it has no 'interface-types'"));
        return NULL;
    }
    for (guint i = 0; i < json_array_get_length(interfaces); i++) {
        if (strcmp(qemuFirmwareText(json_array_get_element(interfaces, i)), "uefi") == 0)
            firmware->uefi = true;
    }
    firmware->usable = qemuFirmwareParseMapping(qemuFirmwareGetObject(root, "mapping"), firmware);
    qemuFirmwareParseTargets(qemuFirmwareGetArray(root, "targets"), firmware);
    qemuFirmwareParseFeatures(qemuFirmwareGetArray(root, "features"), firmware);
    return g_steal_pointer(&firmware);
}

bool
qemuFirmwareFitsMachine(const qemuFirmware *firmware, const char *machine)
{
    /* Patterns are for versions, which the short name stands for the newest of. */
    const char *name = strcmp(machine, "q35") == 0  ? "pc-q35-999.0"
                       : strcmp(machine, "pc") == 0 ? "pc-i440fx-999.0"
                                                    : machine;

    for (size_t i = 0; firmware->machines[i]; i++) {
        if (g_pattern_match_simple(firmware->machines[i], name))
            return true;
    }
    return false;
}
