/*
 * virhostdevnetrecord.c: what the network of a VF was before a guest got it, as text (pure)
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "virerror.h"
#include "virgettext.h"
#include "virhostdevnetrecord.h"

#define VIR_FROM_THIS           VIR_FROM_DEVICE

#define VIR_HOSTDEV_NET_GROUP   "vf"
#define VIR_HOSTDEV_NET_BEFORE  "before"
#define VIR_HOSTDEV_NET_GUEST   "guest"
#define VIR_HOSTDEV_NET_VERSION 1

void
virHostdevNetRecordFree(virHostdevNetRecord *record)
{
    if (!record)
        return;
    g_free(record->interface);
    g_free(record->domName);
    g_free(record);
}

static void
virHostdevNetSetID(GKeyFile *file, const char *key, int id)
{
    g_autofree char *text = g_strdup_printf("0x%04x", (unsigned int)id);

    g_key_file_set_string(file, VIR_HOSTDEV_NET_GROUP, key, text);
}

char *
virHostdevNetRecordFormat(const virHostdevNetRecord *record)
{
    g_autoptr(GKeyFile) file = g_key_file_new();
    g_autoptr(GDateTime) since = g_date_time_new_from_unix_utc(record->since);
    g_autofree char *since_text = g_date_time_format_iso8601(since);
    g_autofree char *address = virPCIDeviceAddressAsString(&record->address);

    g_key_file_set_integer(file, VIR_HOSTDEV_NET_GROUP, "version", VIR_HOSTDEV_NET_VERSION);
    g_key_file_set_string(file, VIR_HOSTDEV_NET_GROUP, "address", address);
    virHostdevNetSetID(file, "vendor", record->vendor);
    virHostdevNetSetID(file, "device", record->device);
    g_key_file_set_string(file, VIR_HOSTDEV_NET_GROUP, "interface", record->interface);
    g_key_file_set_string(file, VIR_HOSTDEV_NET_GROUP, "guest", record->domName);
    g_key_file_set_integer(file, VIR_HOSTDEV_NET_GROUP, "pid", record->process.pid);
    if (record->process.started > 0)
        g_key_file_set_uint64(file, VIR_HOSTDEV_NET_GROUP, "pid-started", record->process.started);
    g_key_file_set_string(file, VIR_HOSTDEV_NET_GROUP, "since", since_text);
    virPCIVFNetConfigFormat(&record->before, file, VIR_HOSTDEV_NET_BEFORE);
    virPCIVFNetConfigFormat(&record->guest, file, VIR_HOSTDEV_NET_GUEST);
    return g_key_file_to_data(file, NULL, NULL);
}

static int
virHostdevNetReportKey(const char *key)
{
    virReportError(VIR_ERR_PARSE_FAILED, _("'%1$s' is missing or not valid"), key);
    return -1;
}

static int
virHostdevNetGetText(GKeyFile *file, const char *key, char **text)
{
    g_autofree char *found = g_key_file_get_string(file, VIR_HOSTDEV_NET_GROUP, key, NULL);

    if (!found || !*found)
        return virHostdevNetReportKey(key);
    *text = g_steal_pointer(&found);
    return 0;
}

/* Decimal, or hexadecimal behind "0x" if @base is 16. */
static int
virHostdevNetGetNumber(GKeyFile *file, const char *key, guint base, guint64 max, guint64 *number)
{
    g_autofree char *text = g_key_file_get_string(file, VIR_HOSTDEV_NET_GROUP, key, NULL);
    const char *digits = text;

    if (!text || (base == 16 && !g_str_has_prefix(text, "0x")))
        return virHostdevNetReportKey(key);
    if (base == 16)
        digits += 2;
    return g_ascii_string_to_unsigned(digits, base, 0, max, number, NULL)
               ? 0
               : virHostdevNetReportKey(key);
}

static int
virHostdevNetGetVersion(GKeyFile *file)
{
    guint64 version;

    if (virHostdevNetGetNumber(file, "version", 10, G_MAXINT, &version) < 0)
        return -1;
    return version == VIR_HOSTDEV_NET_VERSION ? 0 : virHostdevNetReportKey("version");
}

static int
virHostdevNetGetID(GKeyFile *file, const char *key, int *id)
{
    guint64 number;

    if (virHostdevNetGetNumber(file, key, 16, 0xffff, &number) < 0)
        return -1;
    *id = (int)number;
    return 0;
}

static int
virHostdevNetGetProcess(GKeyFile *file, virProcessIdentity *process)
{
    guint64 pid;

    if (virHostdevNetGetNumber(file, "pid", 10, G_MAXINT32, &pid) < 0)
        return -1;
    if (pid == 0)
        return virHostdevNetReportKey("pid");
    process->pid = (int)pid;
    if (!g_key_file_has_key(file, VIR_HOSTDEV_NET_GROUP, "pid-started", NULL))
        return 0;
    return virHostdevNetGetNumber(file, "pid-started", 10, G_MAXINT64, &process->started);
}

static int
virHostdevNetGetAddress(GKeyFile *file, virPCIDeviceAddress *address)
{
    g_autofree char *text = NULL;

    if (virHostdevNetGetText(file, "address", &text) < 0)
        return -1;
    return virPCIDeviceAddressParse(text, address) ? 0 : virHostdevNetReportKey("address");
}

/* Only the form that we write: a moment before the year 1 in UTC would not come back. */
static int
virHostdevNetGetSince(GKeyFile *file, gint64 *since)
{
    g_autofree char *text = NULL;
    g_autofree char *again = NULL;
    g_autoptr(GDateTime) when = NULL;

    if (virHostdevNetGetText(file, "since", &text) < 0)
        return -1;
    if (!g_str_has_suffix(text, "Z") || !(when = g_date_time_new_from_iso8601(text, NULL)) ||
        !(again = g_date_time_format_iso8601(when)) || strcmp(text, again) != 0)
        return virHostdevNetReportKey("since");
    *since = g_date_time_to_unix(when);
    return 0;
}

static int
virHostdevNetRecordTake(GKeyFile *file, virHostdevNetRecord *record)
{
    if (virHostdevNetGetVersion(file) < 0 || virHostdevNetGetAddress(file, &record->address) < 0 ||
        virHostdevNetGetID(file, "vendor", &record->vendor) < 0 ||
        virHostdevNetGetID(file, "device", &record->device) < 0 ||
        virHostdevNetGetText(file, "interface", &record->interface) < 0 ||
        virHostdevNetGetText(file, "guest", &record->domName) < 0 ||
        virHostdevNetGetProcess(file, &record->process) < 0 ||
        virHostdevNetGetSince(file, &record->since) < 0 ||
        virPCIVFNetConfigParse(file, VIR_HOSTDEV_NET_BEFORE, &record->before) < 0 ||
        virPCIVFNetConfigParse(file, VIR_HOSTDEV_NET_GUEST, &record->guest) < 0)
        return -1;
    /* What was changed can be changed back. */
    if (!record->guest.hasMAC)
        return virHostdevNetReportKey("vf-mac");
    if (!record->before.hasMAC || (record->guest.hasVLAN && !record->before.hasVLAN))
        return virHostdevNetReportKey(VIR_HOSTDEV_NET_BEFORE);
    return 0;
}

virHostdevNetRecord *
virHostdevNetRecordParse(const char *text, gsize len)
{
    g_autoptr(GKeyFile) file = g_key_file_new();
    g_autoptr(virHostdevNetRecord) record = g_new0(virHostdevNetRecord, 1);
    g_autoptr(GError) error = NULL;

    if (!g_key_file_load_from_data(file, text, len, G_KEY_FILE_NONE, &error)) {
        virReportError(VIR_ERR_PARSE_FAILED, _("no key file: %1$s"), error->message);
        return NULL;
    }
    return virHostdevNetRecordTake(file, record) < 0 ? NULL : g_steal_pointer(&record);
}
