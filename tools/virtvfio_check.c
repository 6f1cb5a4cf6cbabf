/*
 * virtvfio_check.c: the check command: can this host assign PCI devices?
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "virgettext.h"
#include "virstring.h"
#include "virtvfio.h"
#include "virtvfio_checks.h"
#include "virtvfio_json.h"
#include "virtvfio_output.h"

static unsigned int
virtvfioCheckCount(const GPtrArray *results, virtvfioCheckStatus status)
{
    unsigned int count = 0;

    for (size_t i = 0; i < results->len; i++) {
        const virtvfioCheckResult *result = g_ptr_array_index(results, i);

        count += result->status == status;
    }
    return count;
}

static virtvfioColour
virtvfioCheckColour(virtvfioCheckStatus status)
{
    switch (status) {
    case VIRTVFIO_CHECK_PASS:
        return VIRTVFIO_COLOUR_GOOD;
    case VIRTVFIO_CHECK_WARN:
        return VIRTVFIO_COLOUR_WARN;
    case VIRTVFIO_CHECK_FAIL:
        return VIRTVFIO_COLOUR_BAD;
    case VIRTVFIO_CHECK_SKIP:
    case VIRTVFIO_CHECK_LAST:
    default:
        return VIRTVFIO_COLOUR_DIM;
    }
}

static void
virtvfioCheckAppend(GString *out, const virtvfioCheckResult *result)
{
    g_autofree char *message = virStringPrintable(result->message);
    g_autofree char *status = virtvfioColoured(virtvfioCheckColour(result->status),
                                               virtvfioCheckStatusToString((int)result->status));

    g_string_append_printf(out, "%s  %s\n", status, message);
    if (result->remedy) {
        g_autofree char *remedy = virStringPrintable(result->remedy);

        g_string_append_printf(out, "      -> %s\n", remedy);
    }
}

static const char *
virtvfioCheckVerdict(const GPtrArray *results, bool isHost)
{
    if (virtvfioCheckCount(results, VIRTVFIO_CHECK_FAIL) > 0)
        return isHost ? _("This host cannot assign PCI devices to guests.")
                      : _("The recorded host cannot assign PCI devices to guests.");
    if (virtvfioCheckCount(results, VIRTVFIO_CHECK_WARN) > 0)
        return isHost ? _("This host can assign PCI devices to guests; mind the warnings.")
                      : _("The recorded host can assign PCI devices to guests; mind the warnings.");
    return isHost ? _("This host can assign PCI devices to guests.")
                  : _("The recorded host can assign PCI devices to guests.");
}

static int
virtvfioCheckPrint(const GPtrArray *results, bool isHost)
{
    g_autoptr(GString) out = g_string_new(NULL);
    bool failed = virtvfioCheckCount(results, VIRTVFIO_CHECK_FAIL) > 0;
    g_autofree char *verdict = virtvfioColoured(failed ? VIRTVFIO_COLOUR_BAD : VIRTVFIO_COLOUR_GOOD,
                                                virtvfioCheckVerdict(results, isHost));

    for (size_t i = 0; i < results->len; i++)
        virtvfioCheckAppend(out, g_ptr_array_index(results, i));
    g_string_append_printf(out, "\n%s\n", verdict);
    return virtvfioWrite(out->str);
}

static int
virtvfioCheckPrintJSON(const GPtrArray *results, virPCIHost *host)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();

    json_builder_begin_object(builder);
    virtvfioJSONAddKernel(builder, host);
    virtvfioJSONAddBool(builder, "can_assign",
                        virtvfioCheckCount(results, VIRTVFIO_CHECK_FAIL) == 0);
    json_builder_set_member_name(builder, "checks");
    json_builder_begin_array(builder);
    for (size_t i = 0; i < results->len; i++) {
        const virtvfioCheckResult *result = g_ptr_array_index(results, i);

        json_builder_begin_object(builder);
        virtvfioJSONAddText(builder, "id", result->id);
        virtvfioJSONAddText(builder, "status", virtvfioCheckStatusToString((int)result->status));
        virtvfioJSONAddText(builder, "message", result->message);
        virtvfioJSONAddText(builder, "remedy", result->remedy);
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
    json_builder_end_object(builder);
    return virtvfioJSONWrite(builder);
}

int
virtvfioCmdCheck(virtvfioContext *ctx, int argc, char **argv)
{
    const virtvfioUsage usage = {
        .summary = _("Checks whether this host can assign PCI devices to guests, and says what to "
                     "do if not."),
        .description = _("Exit status: 0 if it can, perhaps with warnings; 1 if it cannot."),
    };
    g_autoptr(GPtrArray) results = NULL;
    int rc;

    if ((rc = virtvfioParse(ctx, &usage, &argc, &argv)) != VIRTVFIO_GO_ON)
        return rc;
    results = virtvfioChecksRun(ctx->host);
    rc = ctx->json ? virtvfioCheckPrintJSON(results, ctx->host)
                   : virtvfioCheckPrint(results, virSysfsRootIsHost(virPCIHostGetRoot(ctx->host)));
    if (rc < 0 || virtvfioCheckCount(results, VIRTVFIO_CHECK_FAIL) > 0)
        return VIRTVFIO_FAILED;
    return VIRTVFIO_DONE;
}
