/*
 * virtvfio_bind.c: the bind command: devices to VFIO drivers, in one transaction
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "virerror.h"
#include "virgettext.h"
#include "virtvfio.h"
#include "virtvfio_plan.h"
#include "virtvfio_state.h"

#define VIR_FROM_THIS               VIR_FROM_NONE

#define VIRTVFIO_BIND_MAX_TIMEOUT_S 3600

/* As typed, and what is made of it. */
typedef struct {
    char *driver;
    char **guards;
    char *timeout;
    char *runDirectory;
    gboolean dryRun;
    guint force;
    int timeout_ms;   /* -1: the default */
    GArray *requests; /* virPCIBindRequest */
} virtvfioBindOptions;

static void
virtvfioBindOptionsClear(virtvfioBindOptions *options)
{
    g_free(options->driver);
    g_strfreev(options->guards);
    g_free(options->timeout);
    g_free(options->runDirectory);
    g_clear_pointer(&options->requests, g_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(virtvfioBindOptions, virtvfioBindOptionsClear)

static int
virtvfioBindParseGuards(virtvfioBindOptions *options)
{
    for (char **guard = options->guards; guard && *guard; guard++) {
        int value = virPCIGuardFromString(*guard);

        if (value < 0) {
            virReportError(VIR_ERR_INVALID_ARG,
                           _("--force knows no guard '%1$s': there are network, storage, vfs and "
                             "display"),
                           *guard);
            return -1;
        }
        options->force |= 1U << value;
    }
    return 0;
}

static int
virtvfioBindParseTimeout(virtvfioBindOptions *options)
{
    guint64 seconds;

    options->timeout_ms = -1;
    if (!options->timeout)
        return 0;
    if (!g_ascii_string_to_unsigned(options->timeout, 10, 1, VIRTVFIO_BIND_MAX_TIMEOUT_S, &seconds,
                                    NULL)) {
        virReportError(VIR_ERR_INVALID_ARG,
                       _("'%1$s' is no number of seconds from 1 to %2$d, as --timeout takes"),
                       options->timeout, VIRTVFIO_BIND_MAX_TIMEOUT_S);
        return -1;
    }
    options->timeout_ms = (int)seconds * 1000;
    return 0;
}

static int
virtvfioBindParseArguments(virtvfioBindOptions *options, char **words)
{
    g_autoptr(GArray) addresses = virtvfioStateParseAddresses(words);

    if (!addresses || virtvfioBindParseGuards(options) < 0 || virtvfioBindParseTimeout(options) < 0)
        return -1;
    if (options->driver && !*options->driver) {
        virReportError(VIR_ERR_INVALID_ARG, _("--driver needs the name of a driver or a module"));
        return -1;
    }
    options->requests = g_array_new(FALSE, FALSE, sizeof(virPCIBindRequest));
    for (guint i = 0; i < addresses->len; i++) {
        virPCIBindRequest request = {
            .address = g_array_index(addresses, virPCIDeviceAddress, i),
            .driver = options->driver,
        };

        g_array_append_val(options->requests, request);
    }
    return 0;
}

static virPCIBindPlan *
virtvfioBindPlan(virtvfioState *state, const virtvfioBindOptions *options)
{
    state->bind.force = options->force;
    if (options->timeout_ms > 0)
        state->bind.timeout_ms = options->timeout_ms;
    return virPCIBindPlanNew(&state->bind,
                             (const virPCIBindRequest *)(void *)options->requests->data,
                             options->requests->len);
}

static int
virtvfioBindShow(const virtvfioContext *ctx, const virtvfioBindOptions *options)
{
    g_auto(virtvfioState) state = {0};
    g_autoptr(virPCIBindPlan) plan = NULL;

    if (virtvfioStateOpen(ctx, options->runDirectory, &state) < 0)
        return -1;
    plan = virtvfioBindPlan(&state, options);
    return virtvfioPlanPrint(ctx, plan) < 0 || plan->blockers->len > 0 ? -1 : 0;
}

/* What no guest has now, none gets until it is bound. */
static int
virtvfioBindApply(virtvfioState *state, virPCIBindPlan *plan)
{
    g_auto(virHostdevRequest) request = virtvfioStateGetRequest(state);
    int rc = 0;

    for (guint i = 0; rc == 0 && i < plan->items->len; i++) {
        const virPCIBindItem *item = g_ptr_array_index(plan->items, i);

        rc = virHostdevRequestAdd(&request, virPCIDeviceGetAddress(item->dev));
    }
    if (rc < 0)
        return -1;
    virtvfioStateShowProgress(state, plan->items->len);
    rc = virPCIBindApply(plan);
    virtvfioStateHideProgress(state);
    return rc;
}

static int
virtvfioBindRun(const virtvfioContext *ctx, const virtvfioBindOptions *options)
{
    g_auto(virtvfioState) state = {0};
    g_autoptr(virPCIBindPlan) plan = NULL;

    if (virtvfioStateOpenToChange(ctx, options->runDirectory, &state) < 0)
        return -1;
    virHostdevRecover(state.net, &state.bind, state.ledger);
    plan = virtvfioBindPlan(&state, options);
    if (plan->blockers->len > 0) {
        virtvfioPlanPrintRefusal(ctx, plan);
        return -1;
    }
    return virtvfioBindApply(&state, plan) < 0 ? -1 : virtvfioPlanPrintDone(ctx, plan);
}

int
virtvfioCmdBind(virtvfioContext *ctx, int argc, char **argv)
{
    g_auto(virtvfioBindOptions) options = {0};
    const GOptionEntry entries[] = {
        {"driver", 0, 0, G_OPTION_ARG_STRING, &options.driver,
         N_("bind to this driver, or to the driver of this module"), N_("NAME")},
        {"dry-run", 0, 0, G_OPTION_ARG_NONE, &options.dryRun,
         N_("print what would be done, and what is in the way; change nothing"), NULL},
        {"force", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options.guards,
         N_("take a device that the host uses: network, storage, vfs or display"), N_("GUARD")},
        {"timeout", 0, 0, G_OPTION_ARG_STRING, &options.timeout,
         N_("how long the kernel may take for one step (30)"), N_("SECONDS")},
        virtvfioStateOption(&options.runDirectory),
        {NULL},
    };
    const virtvfioUsage usage = {
        .arguments = _("ADDRESS…"),
        .summary = _("Binds devices to VFIO drivers: all of them, or none. What they were on is "
                     "remembered for\n'virtvfio restore'."),
        .description =
            _("Without --driver a device that is on a VFIO driver stays there, and another one "
              "goes to the\ndriver that fits it best ('virtvfio list' names it). A device is not "
              "taken away if the host\nlives on it: its network, its storage, virtual functions "
              "that are in use, its display. One\n--force=GUARD lifts one of these guards."),
        .options = entries,
        .minArguments = 1,
        .maxArguments = -1,
    };
    int rc;

    if ((rc = virtvfioParse(ctx, &usage, &argc, &argv)) != VIRTVFIO_GO_ON)
        return rc;
    if (virtvfioBindParseArguments(&options, argv + 1) < 0)
        return VIRTVFIO_USAGE;
    rc = options.dryRun ? virtvfioBindShow(ctx, &options) : virtvfioBindRun(ctx, &options);
    return rc < 0 ? VIRTVFIO_FAILED : VIRTVFIO_DONE;
}
