/*
 * sysinfo.c: what the host's firmware says of the host, as libvirt's XML
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "sysinfo.h"
#include "virerror.h"
#include "virgettext.h"
#include "virxmlwriter.h"

#define VIR_FROM_THIS   VIR_FROM_SYSINFO

#define VIR_SYSINFO_DIR "sys/class/dmi/id"

typedef struct {
    const char *group; /* as libvirt calls it */
    const char *name;
    const char *file;
    bool secret;
} virSysinfoEntry;

static const virSysinfoEntry virSysinfoEntries[] = {
    {"bios", "vendor", "bios_vendor", false},
    {"bios", "version", "bios_version", false},
    {"bios", "date", "bios_date", false},
    {"bios", "release", "bios_release", false},
    {"system", "manufacturer", "sys_vendor", false},
    {"system", "product", "product_name", false},
    {"system", "version", "product_version", false},
    {"system", "serial", "product_serial", true},
    {"system", "uuid", "product_uuid", true},
    {"system", "sku", "product_sku", false},
    {"system", "family", "product_family", false},
    {"baseBoard", "manufacturer", "board_vendor", false},
    {"baseBoard", "product", "board_name", false},
    {"baseBoard", "version", "board_version", false},
    {"baseBoard", "serial", "board_serial", true},
    {"baseBoard", "asset", "board_asset_tag", false},
    {"chassis", "manufacturer", "chassis_vendor", false},
    {"chassis", "version", "chassis_version", false},
    {"chassis", "serial", "chassis_serial", true},
    {"chassis", "asset", "chassis_asset_tag", false},
};

/* NULL if the firmware says nothing. */
static char *
virSysinfoReadEntry(const virSysfsRoot *root, const virSysinfoEntry *entry)
{
    g_autofree char *path = g_build_filename(VIR_SYSINFO_DIR, entry->file, NULL);
    char *text = NULL;

    if (virSysfsRead(root, path, &text) < 0)
        return NULL;
    if (!*g_strstrip(text))
        g_clear_pointer(&text, g_free);
    return text;
}

/* Begins another group, or none (NULL). */
static void
virSysinfoEnterGroup(virXMLWriter *writer, const char **current, const char *group)
{
    if (*current)
        virXMLWriterEnd(writer);
    if (group)
        virXMLWriterStart(writer, group);
    *current = group;
}

static void
virSysinfoWrite(virXMLWriter *writer, const char *name, const char *text)
{
    virXMLWriterStart(writer, "entry");
    virXMLWriterAttribute(writer, "name", "%s", name);
    virXMLWriterText(writer, text);
    virXMLWriterEnd(writer);
}

char *
virSysinfoRead(const virSysfsRoot *root, bool all)
{
    g_autoptr(virXMLWriter) writer = virXMLWriterNew();
    const char *group = NULL;
    bool found = false;

    virXMLWriterStart(writer, "sysinfo");
    virXMLWriterAttribute(writer, "type", "smbios");
    for (size_t i = 0; i < G_N_ELEMENTS(virSysinfoEntries); i++) {
        const virSysinfoEntry *entry = &virSysinfoEntries[i];
        g_autofree char *text = entry->secret && !all ? NULL : virSysinfoReadEntry(root, entry);

        if (!text)
            continue;
        if (!group || !g_str_equal(group, entry->group))
            virSysinfoEnterGroup(writer, &group, entry->group);
        virSysinfoWrite(writer, entry->name, text);
        found = true;
    }
    virSysinfoEnterGroup(writer, &group, NULL);
    virXMLWriterEnd(writer);
    if (found)
        return virXMLWriterFinish(writer);
    virReportError(VIR_ERR_CONFIG_UNSUPPORTED, "%s",
                   _("unsupported configuration: this host's firmware says nothing of it: there is "
                     "no SMBIOS information in /sys/class/dmi/id"));
    return NULL;
}
