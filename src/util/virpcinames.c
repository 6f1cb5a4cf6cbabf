/*
 * virpcinames.c: names of PCI devices from the hardware database
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include <libudev.h>

#include "virpcinames.h"

struct _virPCINames {
    struct udev *udev;
    struct udev_hwdb *hwdb; /* NULL if there is none */
};

virPCINames *
virPCINamesNew(void)
{
    virPCINames *names = g_new0(virPCINames, 1);

    names->udev = udev_new();
    names->hwdb = names->udev ? udev_hwdb_new(names->udev) : NULL;
    return names;
}

void
virPCINamesFree(virPCINames *names)
{
    if (!names)
        return;
    udev_hwdb_unref(names->hwdb);
    udev_unref(names->udev);
    g_free(names);
}

void
virPCIDeviceNamesClear(virPCIDeviceNames *found)
{
    g_free(found->vendor);
    g_free(found->model);
    g_free(found->classText);
    memset(found, 0, sizeof(*found));
}

/* The key of the database is the modalias; what sysfs did not tell matches nothing there. */
static char *
virPCINamesFormatKey(const virPCIDeviceFacts *facts)
{
    virModAlias alias;

    if (facts->modalias && virModAliasParse(facts->modalias, &alias))
        return g_strdup(facts->modalias);
    if (facts->vendor < 0 || facts->device < 0)
        return NULL;
    alias = (virModAlias){.value = {(guint32)facts->vendor, (guint32)facts->device,
                                    (guint32)facts->subVendor, (guint32)facts->subDevice,
                                    (facts->classCode >> 16) & 0xff, (facts->classCode >> 8) & 0xff,
                                    facts->classCode & 0xff}};
    return virModAliasFormat(&alias);
}

static char *
virPCINamesGet(struct udev_list_entry *properties, const char *key)
{
    struct udev_list_entry *entry = udev_list_entry_get_by_name(properties, key);
    const char *value = entry ? udev_list_entry_get_value(entry) : NULL;

    return value && *value ? g_utf8_make_valid(value, -1) : NULL;
}

void
virPCINamesLookup(virPCINames *names, const virPCIDeviceFacts *facts, virPCIDeviceNames *found)
{
    g_autofree char *key = virPCINamesFormatKey(facts);
    struct udev_list_entry *properties;

    memset(found, 0, sizeof(*found));
    if (!names->hwdb || !key)
        return;
    properties = udev_hwdb_get_properties_list_entry(names->hwdb, key, 0);
    found->vendor = virPCINamesGet(properties, "ID_VENDOR_FROM_DATABASE");
    found->model = virPCINamesGet(properties, "ID_MODEL_FROM_DATABASE");
    found->classText = virPCINamesGet(properties, "ID_PCI_SUBCLASS_FROM_DATABASE");
    if (!found->classText)
        found->classText = virPCINamesGet(properties, "ID_PCI_CLASS_FROM_DATABASE");
}

static void
virPCINamesFreeFound(void *found)
{
    virPCIDeviceNamesClear(found);
    g_free(found);
}

/* What is known of a key, looked up the first time. Under the lock of virPCINamesRecall(). */
static const virPCIDeviceNames *
virPCINamesRemember(const char *key, const virPCIDeviceFacts *facts)
{
    static virPCINames *names;
    static GHashTable *known; /* key of the database -> virPCIDeviceNames */
    virPCIDeviceNames *kept;

    if (!known) {
        names = virPCINamesNew();
        known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, virPCINamesFreeFound);
    }
    kept = g_hash_table_lookup(known, key);
    if (!kept) {
        kept = g_new0(virPCIDeviceNames, 1);
        virPCINamesLookup(names, facts, kept);
        g_hash_table_insert(known, g_strdup(key), kept);
    }
    return kept;
}

void
virPCINamesRecall(const virPCIDeviceFacts *facts, virPCIDeviceNames *found)
{
    static GMutex lock;
    g_autofree char *key = virPCINamesFormatKey(facts);
    const virPCIDeviceNames *kept;

    memset(found, 0, sizeof(*found));
    if (!key)
        return;
    g_mutex_lock(&lock);
    kept = virPCINamesRemember(key, facts);
    found->vendor = g_strdup(kept->vendor);
    found->model = g_strdup(kept->model);
    found->classText = g_strdup(kept->classText);
    g_mutex_unlock(&lock);
}

char *
virPCINamesDescribe(virPCINames *names, const virPCIDeviceFacts *facts)
{
    g_auto(virPCIDeviceNames) found = {0};
    g_autoptr(GString) text = g_string_new(NULL);

    virPCINamesLookup(names, facts, &found);
    if (found.classText)
        g_string_append_printf(text, "%s:", found.classText);
    if (found.vendor)
        g_string_append_printf(text, " %s", found.vendor);
    if (found.model)
        g_string_append_printf(text, " %s", found.model);
    if (text->len == 0)
        return NULL;
    return g_strdup(g_strstrip(text->str));
}
