/*
 * virhostdevledgerentry.c: what the ledger says of one device, as text (pure)
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "virgettext.h"
#include "virhostdevledgerentry.h"

VIR_ENUM_IMPL(virHostdevState, VIR_HOSTDEV_LAST, "active", "preparing", "returning", "changing");

#define VIR_HOSTDEV_LEDGER_GROUP "active"

void
virHostdevLedgerEntryFree(virHostdevLedgerEntry *entry)
{
    if (!entry)
        return;
    g_free(entry->drvName);
    g_free(entry->domName);
    g_free(entry);
}

virHostdevLedgerEntry *
virHostdevLedgerEntryCopy(const virHostdevLedgerEntry *entry)
{
    virHostdevLedgerEntry *copy = g_new(virHostdevLedgerEntry, 1);

    *copy = *entry;
    copy->drvName = g_strdup(entry->drvName);
    copy->domName = g_strdup(entry->domName);
    return copy;
}

bool
virHostdevLedgerEntryIsOf(const virHostdevLedgerEntry *entry, const virHostdevUser *user)
{
    return strcmp(entry->drvName, user->drvName) == 0 && strcmp(entry->domName, user->domName) == 0;
}

bool
virHostdevLedgerEntryIsMoving(const virHostdevLedgerEntry *entry)
{
    return entry->state == VIR_HOSTDEV_CHANGING || entry->state == VIR_HOSTDEV_RETURNING;
}

char *
virHostdevLedgerEntryFormat(const virHostdevLedgerEntry *entry)
{
    g_autoptr(GKeyFile) file = g_key_file_new();
    g_autofree char *address = virPCIDeviceAddressAsString(&entry->address);
    const char *group = VIR_HOSTDEV_LEDGER_GROUP;

    g_key_file_set_string(file, group, "address", address);
    if (entry->group >= 0)
        g_key_file_set_integer(file, group, "iommu-group", entry->group);
    g_key_file_set_string(file, group, "state", virHostdevStateToString((int)entry->state));
    g_key_file_set_string(file, group, "driver", entry->drvName);
    g_key_file_set_string(file, group, "guest", entry->domName);
    g_key_file_set_integer(file, group, "pid", entry->process.pid);
    if (entry->process.started > 0)
        g_key_file_set_uint64(file, group, "pid-started", entry->process.started);
    if (entry->since > 0)
        g_key_file_set_int64(file, group, "since", entry->since);
    return g_key_file_to_data(file, NULL, NULL);
}

/* What entries of older versions do not have: @fallback if @key is absent, -1 if it is no number.
 */
static int
virHostdevLedgerEntryGetInt(GKeyFile *file, const char *key, int fallback)
{
    g_autoptr(GError) error = NULL;
    int value = g_key_file_get_integer(file, VIR_HOSTDEV_LEDGER_GROUP, key, &error);

    if (g_error_matches(error, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_KEY_NOT_FOUND))
        return fallback;
    return error ? -1 : value;
}

static int
virHostdevLedgerEntryGetState(GKeyFile *file)
{
    g_autofree char *text = g_key_file_get_string(file, VIR_HOSTDEV_LEDGER_GROUP, "state", NULL);

    return text ? virHostdevStateFromString(text) : VIR_HOSTDEV_ACTIVE;
}

virHostdevLedgerEntry *
virHostdevLedgerEntryParse(const char *name, const char *text, size_t len)
{
    g_autoptr(GKeyFile) file = g_key_file_new();
    g_autoptr(virHostdevLedgerEntry) entry = g_new0(virHostdevLedgerEntry, 1);
    const char *group = VIR_HOSTDEV_LEDGER_GROUP;
    g_autofree char *address = NULL;
    int state;

    if (!g_key_file_load_from_data(file, text, len, G_KEY_FILE_NONE, NULL))
        return NULL;
    address = g_key_file_get_string(file, group, "address", NULL);
    entry->drvName = g_key_file_get_string(file, group, "driver", NULL);
    entry->domName = g_key_file_get_string(file, group, "guest", NULL);
    entry->group = virHostdevLedgerEntryGetInt(file, "iommu-group", -1);
    entry->process.pid = virHostdevLedgerEntryGetInt(file, "pid", -1);
    entry->process.started = g_key_file_get_uint64(file, group, "pid-started", NULL);
    entry->since = MAX(0, g_key_file_get_int64(file, group, "since", NULL));
    state = virHostdevLedgerEntryGetState(file);
    if (g_strcmp0(address, name) != 0 || !virPCIDeviceAddressParse(name, &entry->address) ||
        !entry->drvName || !entry->domName || entry->process.pid <= 0 || state < 0)
        return NULL;
    entry->state = (virHostdevState)state;
    return g_steal_pointer(&entry);
}

char *
virHostdevLedgerEntryDescribe(const virHostdevLedgerEntry *entry)
{
    switch (entry->state) {
    case VIR_HOSTDEV_PREPARING:
        return virFormat(_("it is being prepared for guest '%1$s' of %2$s"), entry->domName,
                         entry->drvName);
    case VIR_HOSTDEV_RETURNING:
        return virFormat(_("it is being given back from guest '%1$s' of %2$s"), entry->domName,
                         entry->drvName);
    case VIR_HOSTDEV_CHANGING:
        return virFormat(_("process %1$d is changing it for an administrator"), entry->process.pid);
    case VIR_HOSTDEV_ACTIVE:
    case VIR_HOSTDEV_LAST:
    default:
        return virFormat(_("guest '%1$s' of %2$s has it"), entry->domName, entry->drvName);
    }
}
