/*
 * virtvfio_recover.c: the recover command: what a crash left in the middle, and stale records
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "virerror.h"
#include "virfile.h"
#include "virgettext.h"
#include "virhostdevrecover.h"
#include "virpci.h"
#include "virstring.h"
#include "virtvfio.h"
#include "virtvfio_json.h"
#include "virtvfio_output.h"
#include "virtvfio_state.h"

#define VIR_FROM_THIS VIR_FROM_NONE

/* What came of one record. Texts are owned. */
typedef struct {
    char *address;
    const char *outcome;
    char *text;
} virtvfioRecovered;

static void
virtvfioRecoveredClear(void *opaque)
{
    virtvfioRecovered *recovered = opaque;

    g_free(recovered->address);
    g_free(recovered->text);
}

static GArray *
virtvfioRecoveredNew(void)
{
    GArray *results = g_array_new(FALSE, FALSE, sizeof(virtvfioRecovered));

    g_array_set_clear_func(results, virtvfioRecoveredClear);
    return results;
}

/* Takes @address and @text over. */
static void
virtvfioRecoveredAdd(GArray *results, char *address, const char *outcome, char *text)
{
    virtvfioRecovered recovered = {address, outcome, text};

    g_array_append_val(results, recovered);
}

static void
virtvfioRecoverCollect(const virJournalRecord *record, virPCIRecovery outcome, const char *message,
                       void *opaque)
{
    virtvfioRecoveredAdd(opaque, virPCIDeviceAddressAsString(&record->address),
                         virPCIRecoveryToString((int)outcome),
                         virHostdevDescribeRecovery(record, outcome, message));
}

static void
virtvfioRecoverCollectNet(const virHostdevNetRecord *record, virPCIRecovery outcome,
                          const char *message, void *opaque)
{
    virtvfioRecoveredAdd(opaque, virPCIDeviceAddressAsString(&record->address),
                         virPCIRecoveryToString((int)outcome),
                         virHostdevDescribeNetRecovery(record, outcome, message));
}

static int
virtvfioRecoverPrintText(const GArray *results)
{
    g_autoptr(GString) out = g_string_new(NULL);

    for (guint i = 0; i < results->len; i++) {
        const virtvfioRecovered *recovered = &g_array_index(results, virtvfioRecovered, i);
        g_autofree char *text = virStringPrintable(recovered->text);

        g_string_append_printf(out, "%s\n", text);
    }
    if (results->len == 0)
        g_string_append_printf(out, "%s\n", _("There is nothing to recover."));
    return virtvfioWrite(out->str);
}

static int
virtvfioRecoverPrintJSON(const GArray *results)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();

    json_builder_begin_object(builder);
    json_builder_set_member_name(builder, "devices");
    json_builder_begin_array(builder);
    for (guint i = 0; i < results->len; i++) {
        const virtvfioRecovered *recovered = &g_array_index(results, virtvfioRecovered, i);

        json_builder_begin_object(builder);
        virtvfioJSONAddText(builder, "address", recovered->address);
        virtvfioJSONAddText(builder, "outcome", recovered->outcome);
        virtvfioJSONAddText(builder, "message", recovered->text);
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
    json_builder_end_object(builder);
    return virtvfioJSONWrite(builder);
}

static int
virtvfioRecoverPrint(const virtvfioContext *ctx, const GArray *results)
{
    return ctx->json ? virtvfioRecoverPrintJSON(results) : virtvfioRecoverPrintText(results);
}

static int
virtvfioRecoverAll(const virtvfioContext *ctx, const virtvfioState *state)
{
    g_autoptr(GArray) results = virtvfioRecoveredNew();
    /* A VF has its MAC address back before its driver sees it. */
    guint failed = virHostdevNetRecover(state->net, virtvfioRecoverCollectNet, results);
    int rc =
        virHostdevRecoverBindings(&state->bind, state->ledger, virtvfioRecoverCollect, results);

    if (rc == 0 && failed > 0) {
        virReportError(VIR_ERR_OPERATION_FAILED,
                       P_("%1$u virtual function did not get back its MAC address and VLAN; see "
                          "'virtvfio status'",
                          "%1$u virtual functions did not get back their MAC address and VLAN; see "
                          "'virtvfio status'",
                          failed),
                       failed);
        rc = -1;
    }
    /* Each device's own answer tells more than their sum, and is the only JSON there is. */
    if (rc < 0) {
        g_printerr("virtvfio: %s\n", virErrorGetMessage());
        virErrorReset();
    }
    return virtvfioRecoverPrint(ctx, results) < 0 ? -1 : rc;
}

/* A device that is still there is given back, not forgotten: only its record knows how. */
static int
virtvfioForgetCheck(const virtvfioState *state, const virJournalRecord *record)
{
    g_autoptr(virPCIDevice) dev = virPCIDeviceNew(state->bind.host, &record->address);
    g_auto(virPCIDeviceFacts) facts = {0};

    if (!dev || virPCIDeviceReadFacts(dev, &facts) < 0) {
        virErrorReset();
        return 0;
    }
    if (facts.vendor != record->vendor || facts.device != record->device)
        return 0;
    virReportError(VIR_ERR_OPERATION_INVALID,
                   _("%1$s is still there, and its record says how to give it back: do that with "
                     "'virtvfio restore %1$s', or 'virtvfio recover' if a change of it was "
                     "interrupted"),
                   virPCIDeviceGetName(dev));
    return -1;
}

static int
virtvfioForgetRemove(const char *file)
{
    g_autofree char *directory = g_path_get_dirname(file);
    g_autofree char *name = g_path_get_basename(file);
    int rc = virFileRemoveDurable(directory, name);

    if (rc < 0)
        virReportSystemError(-rc, _("cannot remove '%1$s'"), file);
    return rc < 0 ? -1 : 0;
}

/* The damaged records of a device have been looked at, or nobody will. */
static int
virtvfioForgetDamaged(const virtvfioState *state, const char *name)
{
    g_autoptr(GArray) all = virtvfioStateListDamaged(state);
    guint found = 0;

    for (guint i = 0; i < all->len; i++) {
        const virtvfioDamaged *damaged = &g_array_index(all, virtvfioDamaged, i);

        if (strcmp(damaged->address, name) != 0)
            continue;
        if (virtvfioForgetRemove(damaged->file) < 0)
            return -1;
        found++;
    }
    if (found > 0)
        return 0;
    virReportError(VIR_ERR_OPERATION_INVALID,
                   _("the journal has no record of %1$s: see 'virtvfio status'"), name);
    return -1;
}

static int
virtvfioForget(const virtvfioContext *ctx, const virtvfioState *state,
               const virPCIDeviceAddress *address)
{
    g_autoptr(GArray) results = virtvfioRecoveredNew();
    g_autoptr(virJournalRecord) record = virJournalRead(state->bind.journal, address);
    g_autofree char *name = virPCIDeviceAddressAsString(address);
    int hadNet;
    char *text;

    if ((record && virtvfioForgetCheck(state, record) < 0) ||
        (hadNet = virHostdevNetForget(state->net, address)) < 0)
        return -1;
    if (record) {
        if (virJournalRemove(state->bind.journal, address) < 0)
            return -1;
        text =
            virFormat(_("The record of %1$s (%2$04x:%3$04x, held by %4$s) is dropped."), name,
                      (unsigned int)record->vendor, (unsigned int)record->device, record->holder);
    } else if (hadNet > 0) {
        text = virFormat(_("The MAC address and VLAN that VF %1$s had are dropped."), name);
    } else {
        if (virtvfioForgetDamaged(state, name) < 0)
            return -1;
        text = virFormat(_("The damaged record of %1$s is dropped."), name);
    }
    virtvfioRecoveredAdd(results, g_steal_pointer(&name), "forgotten", text);
    return virtvfioRecoverPrint(ctx, results);
}

int
virtvfioCmdRecover(virtvfioContext *ctx, int argc, char **argv)
{
    g_autofree char *runDirectory = NULL;
    g_autofree char *forget = NULL;
    const GOptionEntry options[] = {
        {"forget", 0, 0, G_OPTION_ARG_STRING, &forget,
         N_("drop the record of a device that is gone for good, or a damaged record"),
         N_("ADDRESS")},
        virtvfioStateOption(&runDirectory),
        {NULL},
    };
    const virtvfioUsage usage = {
        .summary = _("Sets right what a crash left in the middle: each device is brought back to "
                     "what it was, or\nkept if its change had been complete."),
        .description = _("Every command that changes a binding does that first by itself. A device "
                         "that is held is left\nalone: that is for 'virtvfio restore'.\nOne that "
                         "is held for a guest whose process has ended is given back."),
        .options = options,
    };
    g_auto(virtvfioState) state = {0};
    virPCIDeviceAddress address;
    int rc;

    if ((rc = virtvfioParse(ctx, &usage, &argc, &argv)) != VIRTVFIO_GO_ON)
        return rc;
    if (forget && virtvfioParseAddress(forget, &address) < 0)
        return VIRTVFIO_USAGE;
    if (virtvfioStateOpenToChange(ctx, runDirectory, &state) < 0)
        return VIRTVFIO_FAILED;
    rc = forget ? virtvfioForget(ctx, &state, &address) : virtvfioRecoverAll(ctx, &state);
    return rc < 0 ? VIRTVFIO_FAILED : VIRTVFIO_DONE;
}
