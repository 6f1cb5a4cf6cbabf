/*
 * virtvfio_restore.c: the restore command: devices back to what they were before bind
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "virerror.h"
#include "virgettext.h"
#include "virstring.h"
#include "virtvfio.h"
#include "virtvfio_json.h"
#include "virtvfio_output.h"
#include "virtvfio_state.h"

#define VIR_FROM_THIS VIR_FROM_NONE

/* One device that was to be given back. */
typedef struct {
    virPCIDeviceAddress address;
    virJournalRecord *record; /* as it was before, or NULL */
    virErrorInfo error;
} virtvfioRestored;

static void
virtvfioRestoredClear(void *opaque)
{
    virtvfioRestored *restored = opaque;

    virJournalRecordFree(restored->record);
    g_free(restored->error.message);
}

/* All that the administrator holds; what guests hold is theirs. */
static GArray *
virtvfioRestoreListAll(const GPtrArray *records)
{
    GArray *addresses = g_array_new(FALSE, FALSE, sizeof(virPCIDeviceAddress));

    for (guint i = 0; i < records->len; i++) {
        const virJournalRecord *record = g_ptr_array_index(records, i);

        if (strcmp(record->holder, VIRTVFIO_HOLDER) == 0)
            g_array_append_val(addresses, record->address);
    }
    return addresses;
}

static const virJournalRecord *
virtvfioRestoreFind(const GPtrArray *records, const virPCIDeviceAddress *address)
{
    for (guint i = 0; i < records->len; i++) {
        const virJournalRecord *record = g_ptr_array_index(records, i);

        if (virPCIDeviceAddressCompare(&record->address, address) == 0)
            return record;
    }
    return NULL;
}

/* Nobody gets the device meanwhile. One that is not held is not asked for. */
static int
virtvfioRestoreGiveBack(const virtvfioState *state, const virtvfioRestored *restored)
{
    g_auto(virHostdevRequest) request = virtvfioStateGetRequest(state);
    virPCIBindContext ctx = state->bind;

    if (restored->record && (virHostdevRequestAdd(&request, &restored->address) < 0 ||
                             virHostdevRequestCheckReturn(&request, restored->record) < 0))
        return -1;
    if (restored->record && virHostdevRequestIsLeft(restored->record))
        ctx.holder = restored->record->holder;
    return virPCIBindRestore(&ctx, &restored->address, 1);
}

/* A device that was given back by the recovery already has what was asked for. */
static void
virtvfioRestoreOne(const virtvfioState *state, const GPtrArray *before, virtvfioRestored *restored)
{
    const virJournalRecord *earlier = virtvfioRestoreFind(before, &restored->address);

    restored->record = virJournalRead(state->bind.journal, &restored->address);
    if (!restored->record && earlier) {
        restored->record = virJournalRecordCopy(earlier);
        return;
    }
    if (virtvfioRestoreGiveBack(state, restored) < 0)
        virErrorPreserve(&restored->error);
    virErrorReset();
}

/* One after the other: a device that cannot be given back keeps no other one. */
static GArray *
virtvfioRestoreEach(const virtvfioState *state, const GPtrArray *before, const GArray *addresses)
{
    GArray *results = g_array_new(FALSE, FALSE, sizeof(virtvfioRestored));

    g_array_set_clear_func(results, virtvfioRestoredClear);
    for (guint i = 0; i < addresses->len; i++) {
        virtvfioRestored restored = {
            .address = g_array_index(addresses, virPCIDeviceAddress, i),
        };

        virtvfioRestoreOne(state, before, &restored);
        g_array_append_val(results, restored);
    }
    return results;
}

static int
virtvfioRestorePrintText(const GArray *results)
{
    g_autoptr(GString) out = g_string_new(NULL);

    for (guint i = 0; i < results->len; i++) {
        const virtvfioRestored *restored = &g_array_index(results, virtvfioRestored, i);
        g_autofree char *name = virPCIDeviceAddressAsString(&restored->address);
        g_autofree char *from = NULL;
        g_autofree char *to = NULL;

        if (restored->error.message)
            continue;
        from = virStringPrintable(restored->record->target);
        to = restored->record->driver ? virStringPrintable(restored->record->driver)
                                      : g_strdup(_("no driver"));
        g_string_append_printf(out, "%s: %s -> %s\n", name, from, to);
    }
    if (results->len == 0)
        g_string_append_printf(out, "%s\n", _("Nothing is held: there is nothing to restore."));
    return virtvfioWrite(out->str);
}

static void
virtvfioRestoreAddResult(JsonBuilder *builder, const virtvfioRestored *restored)
{
    const virJournalRecord *record = restored->record;
    g_autofree char *name = virPCIDeviceAddressAsString(&restored->address);

    json_builder_begin_object(builder);
    virtvfioJSONAddText(builder, "address", name);
    virtvfioJSONAddText(builder, "from", record ? record->target : NULL);
    virtvfioJSONAddText(builder, "to", record ? record->driver : NULL);
    virtvfioJSONAddText(builder, "driver_override", record ? record->override : NULL);
    json_builder_set_member_name(builder, "error");
    if (restored->error.message) {
        json_builder_begin_object(builder);
        virtvfioJSONAddError(builder, &restored->error);
        json_builder_end_object(builder);
    } else {
        json_builder_add_null_value(builder);
    }
    json_builder_end_object(builder);
}

static int
virtvfioRestorePrintJSON(const GArray *results)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();

    json_builder_begin_object(builder);
    json_builder_set_member_name(builder, "devices");
    json_builder_begin_array(builder);
    for (guint i = 0; i < results->len; i++)
        virtvfioRestoreAddResult(builder, &g_array_index(results, virtvfioRestored, i));
    json_builder_end_array(builder);
    json_builder_end_object(builder);
    return virtvfioJSONWrite(builder);
}

/* Prints the failures too. Returns -1 if there is one. */
static int
virtvfioRestorePrint(const virtvfioContext *ctx, const GArray *results)
{
    int ret = ctx->json ? virtvfioRestorePrintJSON(results) : virtvfioRestorePrintText(results);

    for (guint i = 0; i < results->len; i++) {
        const virtvfioRestored *restored = &g_array_index(results, virtvfioRestored, i);
        g_autofree char *message = NULL;

        if (!restored->error.message)
            continue;
        message = virStringPrintable(restored->error.message);
        g_printerr("virtvfio: %s\n", message);
        ret = -1;
    }
    return ret;
}

static int
virtvfioRestoreRun(const virtvfioContext *ctx, const char *runDirectory, GArray *named)
{
    g_auto(virtvfioState) state = {0};
    g_autoptr(GPtrArray) before = NULL;
    g_autoptr(GArray) addresses = NULL;
    g_autoptr(GArray) results = NULL;

    if (virtvfioStateOpenToChange(ctx, runDirectory, &state) < 0)
        return -1;
    before = virJournalList(state.bind.journal);
    virHostdevRecover(state.net, &state.bind, state.ledger);
    addresses = named ? g_array_ref(named) : virtvfioRestoreListAll(before);
    virtvfioStateShowProgress(&state, addresses->len);
    results = virtvfioRestoreEach(&state, before, addresses);
    virtvfioStateHideProgress(&state);
    return virtvfioRestorePrint(ctx, results);
}

int
virtvfioCmdRestore(virtvfioContext *ctx, int argc, char **argv)
{
    g_autofree char *runDirectory = NULL;
    gboolean all = FALSE;
    const GOptionEntry options[] = {
        {"all", 0, 0, G_OPTION_ARG_NONE, &all,
         N_("every device that 'virtvfio bind' holds; none of a guest's"), NULL},
        virtvfioStateOption(&runDirectory),
        {NULL},
    };
    const virtvfioUsage usage = {
        .arguments = _("[ADDRESS…]"),
        .summary = _("Gives devices back to the host: each is bound again to the driver that it "
                     "was on before\n'virtvfio bind', and has the driver_override again that it "
                     "had."),
        .description = _("A device that cannot be given back stays held, and the others are given "
                         "back all the same.\n'virtvfio status' lists what is held."),
        .options = options,
        .maxArguments = -1,
    };
    g_autoptr(GArray) named = NULL;
    int rc;

    if ((rc = virtvfioParse(ctx, &usage, &argc, &argv)) != VIRTVFIO_GO_ON)
        return rc;
    if (all == (argc > 1)) {
        virReportError(VIR_ERR_INVALID_ARG, _("'virtvfio restore' needs ADDRESS… or --all, and not "
                                              "both: see 'virtvfio restore --help'"));
        return VIRTVFIO_USAGE;
    }
    if (!all && !(named = virtvfioStateParseAddresses(argv + 1)))
        return VIRTVFIO_USAGE;
    return virtvfioRestoreRun(ctx, runDirectory, named) < 0 ? VIRTVFIO_FAILED : VIRTVFIO_DONE;
}
