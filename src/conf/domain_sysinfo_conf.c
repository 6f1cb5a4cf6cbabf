/*
 * domain_sysinfo_conf.c: <sysinfo type='smbios'>: what the guest's SMBIOS tables say
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "domain_sysinfo_conf.h"
#include "domain_value_conf.h"
#include "virerror.h"
#include "virgettext.h"

VIR_ENUM_IMPL(virDomainSysinfoBlock, VIR_DOMAIN_SYSINFO_LAST, "bios", "system", "baseBoard",
              "chassis");
VIR_ENUM_DECL(virDomainSysinfoType);
VIR_ENUM_IMPL(virDomainSysinfoType, 1, "smbios");

#define VIR_DOMAIN_SYSINFO_VALUE_MAX 1024

/* The names in each block: QEMU calls them the same. */
static const char *const *const virDomainSysinfoNames[VIR_DOMAIN_SYSINFO_LAST] = {
    [VIR_DOMAIN_SYSINFO_BIOS] = VIR_XML_NAMES("vendor", "version", "date", "release"),
    [VIR_DOMAIN_SYSINFO_SYSTEM] =
        VIR_XML_NAMES("manufacturer", "product", "version", "serial", "uuid", "sku", "family"),
    [VIR_DOMAIN_SYSINFO_BASEBOARD] =
        VIR_XML_NAMES("manufacturer", "product", "version", "serial", "asset", "location"),
    [VIR_DOMAIN_SYSINFO_CHASSIS] =
        VIR_XML_NAMES("manufacturer", "version", "serial", "asset", "sku"),
};

static const virXMLSchema virDomainSysinfoEntrySchema = {
    .name = "entry",
    .attributes = VIR_XML_NAMES("name"),
    .flags = VIR_XML_TEXT | VIR_XML_MANY,
};

#define VIR_DOMAIN_SYSINFO_SCHEMA(block)                                                           \
    static const virXMLSchema virDomainSysinfo_##block##_Schema = {                                \
        .name = #block,                                                                            \
        .children = VIR_XML_CHILDREN(&virDomainSysinfoEntrySchema),                                \
    }

VIR_DOMAIN_SYSINFO_SCHEMA(bios);
VIR_DOMAIN_SYSINFO_SCHEMA(system);
VIR_DOMAIN_SYSINFO_SCHEMA(baseBoard);
VIR_DOMAIN_SYSINFO_SCHEMA(chassis);

const virXMLSchema virDomainSysinfoSchema = {
    .name = "sysinfo",
    .attributes = VIR_XML_NAMES("type"),
    .children =
        VIR_XML_CHILDREN(&virDomainSysinfo_bios_Schema, &virDomainSysinfo_system_Schema,
                         &virDomainSysinfo_baseBoard_Schema, &virDomainSysinfo_chassis_Schema),
};

static void
virDomainSysinfoEntryFree(virDomainSysinfoEntry *entry)
{
    g_free(entry->name);
    g_free(entry->value);
    g_free(entry);
}

static bool
virDomainSysinfoHas(const GPtrArray *entries, int block, const char *name)
{
    for (guint i = 0; i < entries->len; i++) {
        const virDomainSysinfoEntry *entry = g_ptr_array_index(entries, i);

        if ((int)entry->block == block && strcmp(entry->name, name) == 0)
            return true;
    }
    return false;
}

static int
virDomainSysinfoEntryCheck(virXMLNode *node, const virDomainSysinfoEntry *entry, const char *uuid)
{
    const char *block = virDomainSysinfoBlockToString((int)entry->block);

    if (!g_strv_contains(virDomainSysinfoNames[entry->block], entry->name)) {
        virXMLReportError(node, VIR_ERR_CONFIG_UNSUPPORTED,
                          _("unsupported configuration: entry '%1$s' of <%2$s>"), entry->name,
                          block);
        return -1;
    }
    if (strcmp(entry->name, "uuid") == 0 && g_ascii_strcasecmp(entry->value, uuid) != 0) {
        virXMLReportError(node, VIR_ERR_XML_ERROR,
                          _("the system's uuid is the guest's, %1$s, and cannot be '%2$s'"), uuid,
                          entry->value);
        return -1;
    }
    return 0;
}

static int
virDomainSysinfoEntryParseXML(virXMLNode *node, int block, const char *uuid, GPtrArray *entries)
{
    virDomainSysinfoEntry *entry = g_new0(virDomainSysinfoEntry, 1);
    int rc;

    entry->block = (virDomainSysinfoBlock)block;
    entry->name = virXMLGetAttribute(node, "name");
    if (!entry->name) {
        virDomainSysinfoEntryFree(entry);
        return virXMLReportMissing(node, "name");
    }
    rc = virDomainTextParseXML(node, NULL, VIR_DOMAIN_SYSINFO_VALUE_MAX, &entry->value);
    if (rc < 0 || virDomainSysinfoEntryCheck(node, entry, uuid) < 0) {
        virDomainSysinfoEntryFree(entry);
        return -1;
    }
    if (virDomainSysinfoHas(entries, block, entry->name)) {
        virXMLReportError(node, VIR_ERR_XML_ERROR, _("entry '%1$s' is in <%2$s> already"),
                          entry->name, virDomainSysinfoBlockToString(block));
        virDomainSysinfoEntryFree(entry);
        return -1;
    }
    g_ptr_array_add(entries, entry);
    return 0;
}

GPtrArray *
virDomainSysinfoParseXML(virXMLNode *node, const char *uuid)
{
    g_autoptr(GPtrArray) entries =
        g_ptr_array_new_with_free_func((GDestroyNotify)virDomainSysinfoEntryFree);
    int type;
    int rc = virXMLGetEnum(node, "type", virDomainSysinfoTypeToString, &type);

    if (rc == 0)
        (void)virXMLReportMissing(node, "type");
    if (rc != 1)
        return NULL;
    for (int block = 0; block < VIR_DOMAIN_SYSINFO_LAST; block++) {
        virXMLNode *parent = virXMLGetChild(node, virDomainSysinfoBlockToString(block));
        virXMLNode *entry = parent ? virXMLGetChild(parent, "entry") : NULL;

        for (; entry; entry = virXMLGetNext(entry)) {
            if (virDomainSysinfoEntryParseXML(entry, block, uuid, entries) < 0)
                return NULL;
        }
    }
    return g_steal_pointer(&entries);
}

static void
virDomainSysinfoEntryFormatXML(virXMLWriter *writer, const virDomainSysinfoEntry *entry)
{
    virXMLWriterStart(writer, "entry");
    virXMLWriterAttribute(writer, "name", "%s", entry->name);
    virXMLWriterText(writer, entry->value);
    virXMLWriterEnd(writer);
}

void
virDomainSysinfoFormatXML(virXMLWriter *writer, const GPtrArray *entries)
{
    int open = -1; /* the block that is started */

    if (!entries)
        return;
    virXMLWriterStart(writer, "sysinfo");
    virXMLWriterAttribute(writer, "type", "smbios");
    for (guint i = 0; i < entries->len; i++) {
        const virDomainSysinfoEntry *entry = g_ptr_array_index(entries, i);

        if ((int)entry->block != open) {
            if (open >= 0)
                virXMLWriterEnd(writer);
            open = (int)entry->block;
            virXMLWriterStart(writer, virDomainSysinfoBlockToString(open));
        }
        virDomainSysinfoEntryFormatXML(writer, entry);
    }
    if (open >= 0)
        virXMLWriterEnd(writer);
    virXMLWriterEnd(writer);
}
