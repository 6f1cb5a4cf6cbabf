/*
 * virjournalrecord.c: what the journal says of one device, as text (pure)
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "virerror.h"
#include "virgettext.h"
#include "virjournalrecord.h"

#define VIR_FROM_THIS VIR_FROM_DEVICE

VIR_ENUM_IMPL(virJournalStep, VIR_JOURNAL_STEP_LAST, "override", "unbind", "probe", "bound", "held",
              "restore", "stuck");

#define VIR_JOURNAL_GROUP   "device"
#define VIR_JOURNAL_VERSION 1

/* Names and holders longer than this were not written by us. */
#define VIR_JOURNAL_MAX_TEXT 4096

void
virJournalRecordFree(virJournalRecord *record)
{
    if (!record)
        return;
    g_free(record->driver);
    g_free(record->override);
    g_free(record->target);
    g_free(record->heldDriver);
    g_free(record->heldBy);
    g_free(record->transaction);
    g_free(record->holder);
    g_free(record);
}

virJournalRecord *
virJournalRecordCopy(const virJournalRecord *record)
{
    virJournalRecord *copy = g_new(virJournalRecord, 1);

    *copy = *record;
    copy->driver = g_strdup(record->driver);
    copy->override = g_strdup(record->override);
    copy->target = g_strdup(record->target);
    copy->heldDriver = g_strdup(record->heldDriver);
    copy->heldBy = g_strdup(record->heldBy);
    copy->transaction = g_strdup(record->transaction);
    copy->holder = g_strdup(record->holder);
    return copy;
}

/* An absent key is NULL: a driver called "none" could exist. */
static void
virJournalSetText(GKeyFile *file, const char *key, const char *text)
{
    if (text)
        g_key_file_set_string(file, VIR_JOURNAL_GROUP, key, text);
}

static void
virJournalSetID(GKeyFile *file, const char *key, int id)
{
    g_autofree char *text = g_strdup_printf("0x%04x", (unsigned int)id);

    g_key_file_set_string(file, VIR_JOURNAL_GROUP, key, text);
}

char *
virJournalRecordFormat(const virJournalRecord *record)
{
    g_autoptr(GKeyFile) file = g_key_file_new();
    g_autoptr(GDateTime) since = g_date_time_new_from_unix_utc(record->since);
    g_autofree char *when = g_date_time_format_iso8601(since);
    g_autofree char *address = virPCIDeviceAddressAsString(&record->address);

    g_key_file_set_integer(file, VIR_JOURNAL_GROUP, "version", VIR_JOURNAL_VERSION);
    virJournalSetText(file, "address", address);
    virJournalSetID(file, "vendor", record->vendor);
    virJournalSetID(file, "device", record->device);
    virJournalSetText(file, "step", virJournalStepToString((int)record->step));
    virJournalSetText(file, "previous-driver", record->driver);
    virJournalSetText(file, "previous-override", record->override);
    virJournalSetText(file, "target-driver", record->target);
    virJournalSetText(file, "held-driver", record->heldDriver);
    virJournalSetText(file, "held-by", record->heldBy);
    virJournalSetText(file, "holder", record->holder);
    virJournalSetText(file, "since", when);
    virJournalSetText(file, "transaction", record->transaction);
    g_key_file_set_integer(file, VIR_JOURNAL_GROUP, "pid", record->pid);
    if (record->pidStarted > 0)
        g_key_file_set_uint64(file, VIR_JOURNAL_GROUP, "pid-started", record->pidStarted);
    return g_key_file_to_data(file, NULL, NULL);
}

static int
virJournalReportKey(const char *key)
{
    virReportError(VIR_ERR_PARSE_FAILED, _("'%1$s' is missing or not valid"), key);
    return -1;
}

/* The key's text; *@text stays NULL if it is absent. -1 (reported) if it is no text for us. */
static int
virJournalGetOptionalText(GKeyFile *file, const char *key, char **text)
{
    g_autofree char *value = g_key_file_get_string(file, VIR_JOURNAL_GROUP, key, NULL);

    if (!value)
        return g_key_file_has_key(file, VIR_JOURNAL_GROUP, key, NULL) ? virJournalReportKey(key)
                                                                      : 0;
    if (!*value || strlen(value) > VIR_JOURNAL_MAX_TEXT)
        return virJournalReportKey(key);
    *text = g_steal_pointer(&value);
    return 0;
}

static int
virJournalGetText(GKeyFile *file, const char *key, char **text)
{
    if (virJournalGetOptionalText(file, key, text) < 0)
        return -1;
    return *text ? 0 : virJournalReportKey(key);
}

static int
virJournalGetNumber(GKeyFile *file, const char *key, gint64 min, gint64 max, gint64 *number)
{
    g_autofree char *text = NULL;
    bool hex;
    guint64 value;

    if (virJournalGetText(file, key, &text) < 0)
        return -1;
    hex = g_str_has_prefix(text, "0x");
    if (!g_ascii_string_to_unsigned(hex ? text + 2 : text, hex ? 16 : 10, (guint64)min,
                                    (guint64)max, &value, NULL))
        return virJournalReportKey(key);
    *number = (gint64)value;
    return 0;
}

static int
virJournalGetInt(GKeyFile *file, const char *key, int min, int max, int *number)
{
    gint64 value;

    if (virJournalGetNumber(file, key, min, max, &value) < 0)
        return -1;
    *number = (int)value;
    return 0;
}

/* Records of older versions have none. */
static int
virJournalGetPidStarted(GKeyFile *file, guint64 *started)
{
    gint64 value;

    if (!g_key_file_has_key(file, VIR_JOURNAL_GROUP, "pid-started", NULL))
        return 0;
    if (virJournalGetNumber(file, "pid-started", 1, G_MAXINT64, &value) < 0)
        return -1;
    *started = (guint64)value;
    return 0;
}

static int
virJournalGetAddress(GKeyFile *file, virPCIDeviceAddress *address)
{
    g_autofree char *text = NULL;

    if (virJournalGetText(file, "address", &text) < 0)
        return -1;
    return virPCIDeviceAddressParse(text, address) ? 0 : virJournalReportKey("address");
}

static int
virJournalGetStep(GKeyFile *file, virJournalStep *step)
{
    g_autofree char *text = NULL;
    int value;

    if (virJournalGetText(file, "step", &text) < 0)
        return -1;
    if ((value = virJournalStepFromString(text)) < 0)
        return virJournalReportKey("step");
    *step = (virJournalStep)value;
    return 0;
}

/* Only the form that we write ("2026-11-22T03:04:05Z"): years of five digits do not come back. */
static int
virJournalGetSince(GKeyFile *file, gint64 *since)
{
    g_autofree char *text = NULL;
    g_autofree char *again = NULL;
    g_autoptr(GDateTime) when = NULL;

    if (virJournalGetText(file, "since", &text) < 0)
        return -1;
    if (!(when = g_date_time_new_from_iso8601(text, NULL)) ||
        !(again = g_date_time_format_iso8601(when)) || strcmp(text, again) != 0 ||
        !g_str_has_suffix(text, "Z"))
        return virJournalReportKey("since");
    *since = g_date_time_to_unix(when);
    return 0;
}

static int
virJournalGetAll(GKeyFile *file, virJournalRecord *record)
{
    int version;

    if (virJournalGetInt(file, "version", VIR_JOURNAL_VERSION, VIR_JOURNAL_VERSION, &version) < 0 ||
        virJournalGetAddress(file, &record->address) < 0 ||
        virJournalGetInt(file, "vendor", 0, 0xffff, &record->vendor) < 0 ||
        virJournalGetInt(file, "device", 0, 0xffff, &record->device) < 0 ||
        virJournalGetStep(file, &record->step) < 0 ||
        virJournalGetOptionalText(file, "previous-driver", &record->driver) < 0 ||
        virJournalGetOptionalText(file, "previous-override", &record->override) < 0 ||
        virJournalGetText(file, "target-driver", &record->target) < 0 ||
        virJournalGetOptionalText(file, "held-driver", &record->heldDriver) < 0 ||
        virJournalGetOptionalText(file, "held-by", &record->heldBy) < 0 ||
        virJournalGetText(file, "holder", &record->holder) < 0 ||
        virJournalGetSince(file, &record->since) < 0 ||
        virJournalGetText(file, "transaction", &record->transaction) < 0 ||
        virJournalGetInt(file, "pid", 0, G_MAXINT, &record->pid) < 0 ||
        virJournalGetPidStarted(file, &record->pidStarted) < 0)
        return -1;
    return !record->heldDriver == !record->heldBy ? 0 : virJournalReportKey("held-by");
}

virJournalRecord *
virJournalRecordParse(const char *text, gsize len)
{
    g_autoptr(GKeyFile) file = g_key_file_new();
    g_autoptr(virJournalRecord) record = g_new0(virJournalRecord, 1);
    g_autoptr(GError) error = NULL;

    if (!g_key_file_load_from_data(file, text, len, G_KEY_FILE_NONE, &error)) {
        virReportError(VIR_ERR_PARSE_FAILED, "%s", error->message);
        return NULL;
    }
    if (virJournalGetAll(file, record) < 0)
        return NULL;
    return g_steal_pointer(&record);
}
