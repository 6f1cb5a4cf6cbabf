/*
 * virtvfio_status.c: the status command: which devices are held, by whom, since when
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "virerror.h"
#include "virgettext.h"
#include "virhostdevledgerfile.h"
#include "virpci.h"
#include "virtvfio.h"
#include "virtvfio_json.h"
#include "virtvfio_output.h"
#include "virtvfio_state.h"
#include "virtvfio_statusactive.h"
#include "virtvfio_statusnet.h"
#include "virtvfio_table.h"

typedef enum {
    VIRTVFIO_HELD,
    VIRTVFIO_IN_THE_MIDDLE,
    VIRTVFIO_STUCK,
    VIRTVFIO_VANISHED,
    VIRTVFIO_OTHER_DEVICE,
    VIRTVFIO_HELD_LAST,
} virtvfioHeldState;

VIR_ENUM_DECL(virtvfioHeldState);
VIR_ENUM_IMPL(virtvfioHeldState, VIRTVFIO_HELD_LAST, "held", "in-the-middle", "stuck", "vanished",
              "other-device");

/* All there is to tell. */
typedef struct {
    GArray *held;        /* virtvfioHeld */
    GPtrArray *records;  /* virJournalRecord, which those borrow */
    GPtrArray *active;   /* virHostdevLedgerEntry */
    GPtrArray *networks; /* virHostdevNetRecord */
    GArray *damaged;     /* virtvfioDamaged */
} virtvfioStatus;

static void
virtvfioStatusClear(virtvfioStatus *status)
{
    g_clear_pointer(&status->held, g_array_unref);
    g_clear_pointer(&status->records, g_ptr_array_unref);
    g_clear_pointer(&status->active, g_ptr_array_unref);
    g_clear_pointer(&status->networks, g_ptr_array_unref);
    g_clear_pointer(&status->damaged, g_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(virtvfioStatus, virtvfioStatusClear)

/* A record and what is at its address now. */
typedef struct {
    const virJournalRecord *record;
    virtvfioHeldState state;
    virPCIBinding binding;
} virtvfioHeld;

static void
virtvfioHeldClear(void *opaque)
{
    virtvfioHeld *held = opaque;

    virPCIBindingClear(&held->binding);
}

static virtvfioHeldState
virtvfioHeldOfStep(virJournalStep step)
{
    if (step == VIR_JOURNAL_STEP_HELD)
        return VIRTVFIO_HELD;
    return step == VIR_JOURNAL_STEP_STUCK ? VIRTVFIO_STUCK : VIRTVFIO_IN_THE_MIDDLE;
}

static void
virtvfioHeldRead(virPCIHost *host, const virJournalRecord *record, virtvfioHeld *held)
{
    g_autoptr(virPCIDevice) dev = virPCIDeviceNew(host, &record->address);
    g_auto(virPCIDeviceFacts) facts = {0};

    held->record = record;
    held->state = virtvfioHeldOfStep(record->step);
    if (!dev || virPCIDeviceReadFacts(dev, &facts) < 0 ||
        virPCIDeviceGetBinding(dev, &held->binding) < 0) {
        virErrorReset();
        held->state = VIRTVFIO_VANISHED;
    } else if (facts.vendor != record->vendor || facts.device != record->device) {
        held->state = VIRTVFIO_OTHER_DEVICE;
    }
}

static GArray *
virtvfioHeldList(const virtvfioState *state, const GPtrArray *records)
{
    GArray *all = g_array_new(FALSE, FALSE, sizeof(virtvfioHeld));

    g_array_set_clear_func(all, virtvfioHeldClear);
    for (guint i = 0; i < records->len; i++) {
        virtvfioHeld held = {0};

        virtvfioHeldRead(state->bind.host, g_ptr_array_index(records, i), &held);
        g_array_append_val(all, held);
    }
    return all;
}

static char *
virtvfioStatusFormatSince(const virJournalRecord *record)
{
    g_autoptr(GDateTime) since = g_date_time_new_from_unix_utc(record->since);

    return g_date_time_format_iso8601(since);
}

static void
virtvfioStatusAddRow(virtvfioTable *table, const virtvfioHeld *held)
{
    const virJournalRecord *record = held->record;
    bool good = held->state == VIRTVFIO_HELD;
    g_autofree char *name = virPCIDeviceAddressAsString(&record->address);
    g_autofree char *since = virtvfioStatusFormatSince(record);
    g_autofree char *pid = g_strdup_printf("%d", record->pid);

    virtvfioTableAdd(table, VIRTVFIO_COLOUR_NONE, name);
    virtvfioTableAdd(table, VIRTVFIO_COLOUR_NONE, held->binding.driver);
    virtvfioTableAdd(table, good ? VIRTVFIO_COLOUR_GOOD : VIRTVFIO_COLOUR_WARN,
                     virtvfioHeldStateToString((int)held->state));
    virtvfioTableAdd(table, VIRTVFIO_COLOUR_NONE, virJournalStepToString((int)record->step));
    virtvfioTableAdd(table, VIRTVFIO_COLOUR_NONE, since);
    virtvfioTableAdd(table, VIRTVFIO_COLOUR_NONE, record->driver);
    virtvfioTableAdd(table, VIRTVFIO_COLOUR_NONE, record->override);
    virtvfioTableAdd(table, VIRTVFIO_COLOUR_NONE, pid);
    virtvfioTableAdd(table, VIRTVFIO_COLOUR_NONE, record->holder);
}

static void
virtvfioStatusAddDamagedRow(virtvfioTable *table, const char *address)
{
    virtvfioTableAdd(table, VIRTVFIO_COLOUR_NONE, address);
    virtvfioTableAdd(table, VIRTVFIO_COLOUR_NONE, NULL);
    virtvfioTableAdd(table, VIRTVFIO_COLOUR_WARN, "damaged");
    for (guint rest = 0; rest < 6; rest++)
        virtvfioTableAdd(table, VIRTVFIO_COLOUR_NONE, NULL);
}

/* What to do about a state, for a person; NULL if nothing. */
static const char *
virtvfioStatusGetHint(virtvfioHeldState state)
{
    switch (state) {
    case VIRTVFIO_IN_THE_MIDDLE:
        return _("in-the-middle: process PID is changing it; if there is no such process any more: "
                 "'virtvfio recover'");
    case VIRTVFIO_STUCK:
        return _("stuck: the kernel has not finished a step; when it has let go of the device: "
                 "'virtvfio recover'");
    case VIRTVFIO_VANISHED:
        return _("vanished: there is no device at the address; if that is for good: 'virtvfio "
                 "recover --forget ADDRESS'");
    case VIRTVFIO_OTHER_DEVICE:
        return _("other-device: another device is at the address, and is not touched: 'virtvfio "
                 "recover --forget ADDRESS'");
    case VIRTVFIO_HELD:
    case VIRTVFIO_HELD_LAST:
    default:
        return NULL;
    }
}

/* What a person wants to be told about the tables. A program gets those alone. */
static void
virtvfioStatusAddHints(GString *out, const virtvfioStatus *status)
{
    guint seen = 0;

    if (status->held->len == 0 && status->active->len == 0 && status->networks->len == 0 &&
        status->damaged->len == 0)
        g_string_append_printf(out, "%s\n", _("Nothing is held."));
    for (guint i = 0; i < status->held->len; i++)
        seen |= 1U << g_array_index(status->held, virtvfioHeld, i).state;
    for (guint i = 0; i < VIRTVFIO_HELD_LAST; i++) {
        const char *hint = virtvfioStatusGetHint((virtvfioHeldState)i);

        if (hint && seen & 1U << i)
            g_string_append_printf(out, "\n%s\n", hint);
    }
    if (status->damaged->len > 0) {
        virAppend(out,
                  _("\ndamaged: the record could not be read, and is kept as %1$s; when it is "
                    "of no more use: 'virtvfio recover --forget ADDRESS'\n"),
                  g_array_index(status->damaged, virtvfioDamaged, 0).file);
    }
}

static int
virtvfioStatusPrintTable(const virtvfioState *state, const virtvfioStatus *status)
{
    const char *const headers[] = {_("ADDRESS"), _("DRIVER"),   _("STATE"),    _("STEP"),
                                   _("SINCE"),   _("PREVIOUS"), _("OVERRIDE"), _("PID"),
                                   _("HOLDER"),  NULL};
    g_autoptr(virtvfioTable) table = virtvfioTableNew(headers);
    g_autofree char *lines = NULL;
    g_autoptr(GString) out = NULL;

    for (guint i = 0; i < status->held->len; i++)
        virtvfioStatusAddRow(table, &g_array_index(status->held, virtvfioHeld, i));
    for (guint i = 0; i < status->damaged->len; i++)
        virtvfioStatusAddDamagedRow(table,
                                    g_array_index(status->damaged, virtvfioDamaged, i).address);
    lines =
        virtvfioTableFormat(table, virtvfioGetWidth(),
                            virtvfioHasColour() ? VIRTVFIO_TABLE_COLOURED : VIRTVFIO_TABLE_PLAIN);
    out = g_string_new(lines);
    virtvfioStatusActiveAddTable(out, state->bind.host, status->active);
    virtvfioStatusNetAddTable(out, status->networks);
    if (virtvfioIsTerminal())
        virtvfioStatusAddHints(out, status);
    return virtvfioWrite(out->str);
}

static void
virtvfioStatusAddID(JsonBuilder *builder, const char *key, int id)
{
    g_autofree char *text = g_strdup_printf("0x%04x", (unsigned int)id);

    virtvfioJSONAddText(builder, key, text);
}

static void
virtvfioStatusAddHeld(JsonBuilder *builder, const virtvfioHeld *held)
{
    const virJournalRecord *record = held->record;
    g_autofree char *name = virPCIDeviceAddressAsString(&record->address);
    g_autofree char *since = virtvfioStatusFormatSince(record);

    json_builder_begin_object(builder);
    virtvfioJSONAddText(builder, "address", name);
    virtvfioStatusAddID(builder, "vendor", record->vendor);
    virtvfioStatusAddID(builder, "device", record->device);
    virtvfioJSONAddText(builder, "state", virtvfioHeldStateToString((int)held->state));
    virtvfioJSONAddText(builder, "step", virJournalStepToString((int)record->step));
    virtvfioJSONAddText(builder, "driver", held->binding.driver);
    virtvfioJSONAddText(builder, "target_driver", record->target);
    virtvfioJSONAddText(builder, "previous_driver", record->driver);
    virtvfioJSONAddText(builder, "previous_override", record->override);
    virtvfioJSONAddText(builder, "held_driver", record->heldDriver);
    virtvfioJSONAddText(builder, "held_by", record->heldBy);
    virtvfioJSONAddText(builder, "holder", record->holder);
    virtvfioJSONAddText(builder, "since", since);
    virtvfioJSONAddText(builder, "transaction", record->transaction);
    virtvfioJSONAddNumber(builder, "pid", record->pid);
    json_builder_end_object(builder);
}

static void
virtvfioStatusAddDamaged(JsonBuilder *builder, const GArray *all)
{
    json_builder_set_member_name(builder, "damaged");
    json_builder_begin_array(builder);
    for (guint i = 0; i < all->len; i++) {
        const virtvfioDamaged *damaged = &g_array_index(all, virtvfioDamaged, i);

        json_builder_begin_object(builder);
        virtvfioJSONAddText(builder, "address", damaged->address);
        virtvfioJSONAddText(builder, "file", damaged->file);
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
}

static int
virtvfioStatusPrintJSON(const virtvfioState *state, const virtvfioStatus *status)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();

    json_builder_begin_object(builder);
    virtvfioJSONAddText(builder, "journal", state->journalDirectory);
    json_builder_set_member_name(builder, "devices");
    json_builder_begin_array(builder);
    for (guint i = 0; i < status->held->len; i++)
        virtvfioStatusAddHeld(builder, &g_array_index(status->held, virtvfioHeld, i));
    json_builder_end_array(builder);
    virtvfioStatusActiveAddJSON(builder, state->bind.host, status->active);
    virtvfioStatusNetAddJSON(builder, status->networks);
    virtvfioStatusAddDamaged(builder, status->damaged);
    json_builder_end_object(builder);
    return virtvfioJSONWrite(builder);
}

static int
virtvfioStatusPrint(const virtvfioContext *ctx, const virtvfioState *state)
{
    g_auto(virtvfioStatus) status = {
        .records = virJournalList(state->bind.journal),
        .networks = virHostdevNetList(state->net),
        .active = virHostdevLedgerFileList(state->runDirectory),
    };

    status.held = virtvfioHeldList(state, status.records);
    /* They were set aside while the others were read. */
    status.damaged = virtvfioStateListDamaged(state);
    return ctx->json ? virtvfioStatusPrintJSON(state, &status)
                     : virtvfioStatusPrintTable(state, &status);
}

int
virtvfioCmdStatus(virtvfioContext *ctx, int argc, char **argv)
{
    g_autofree char *runDirectory = NULL;
    const GOptionEntry options[] = {
        virtvfioStateOption(&runDirectory),
        {NULL},
    };
    const virtvfioUsage usage = {
        .summary =
            _("Lists the devices whose driver virtvfio has changed, who holds them, since when, "
              "and what\nthey were on before; and the devices that guests have."),
        .description = _(
            "STATE is 'held', 'in-the-middle' of a change, 'stuck' in one that the "
            "kernel has not finished,\n'vanished', 'other-device' if another one is "
            "at the address now, or 'damaged'. PREVIOUS and\nOVERRIDE are what the "
            "device gets back, its driver and its driver_override.\nDevices that guests have, "
            "whoever bound them, are in a table of their own, and so are virtual\nfunctions whose "
            "MAC address and VLAN were set for a guest."),
        .options = options,
    };
    g_auto(virtvfioState) state = {0};
    int rc;

    if ((rc = virtvfioParse(ctx, &usage, &argc, &argv)) != VIRTVFIO_GO_ON)
        return rc;
    if (virtvfioStateOpen(ctx, runDirectory, &state) < 0 || virtvfioStatusPrint(ctx, &state) < 0)
        return VIRTVFIO_FAILED;
    return VIRTVFIO_DONE;
}
