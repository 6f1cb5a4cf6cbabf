/*
 * virtvfio_reset.c: the reset command: a device back to its state after power-on
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "virgettext.h"
#include "virhostdev.h"
#include "virtvfio.h"
#include "virtvfio_json.h"
#include "virtvfio_output.h"
#include "virtvfio_state.h"

static char *
virtvfioResetDescribe(const char *name, virPCIResetMethod method)
{
    switch (method) {
    case VIR_PCI_RESET_VFIO:
        return virFormat(_("%1$s: nothing to do: its VFIO driver resets it for every user"), name);
    case VIR_PCI_RESET_FLR:
        return virFormat(_("%1$s: nothing to do: it has function level reset, and VFIO uses that "
                           "for every user"),
                         name);
    case VIR_PCI_RESET_KERNEL:
        return virFormat(_("%1$s: reset by the kernel"), name);
    case VIR_PCI_RESET_PM:
        return virFormat(_("%1$s: reset by putting it to sleep and waking it"), name);
    case VIR_PCI_RESET_BUS:
    case VIR_PCI_RESET_LAST:
    default:
        return virFormat(_("%1$s: reset with its whole bus"), name);
    }
}

static int
virtvfioResetPrint(const virtvfioContext *ctx, const char *name, virPCIResetMethod method)
{
    g_autoptr(JsonBuilder) builder = NULL;

    if (!ctx->json) {
        g_autofree char *text = virtvfioResetDescribe(name, method);
        g_autofree char *line = g_strconcat(text, "\n", NULL);

        return virtvfioWrite(line);
    }
    builder = json_builder_new();
    json_builder_begin_object(builder);
    virtvfioJSONAddText(builder, "address", name);
    virtvfioJSONAddText(builder, "method", virPCIResetMethodToString((int)method));
    json_builder_end_object(builder);
    return virtvfioJSONWrite(builder);
}

static int
virtvfioResetRun(const virtvfioContext *ctx, const char *runDirectory,
                 const virPCIDeviceAddress *address)
{
    g_auto(virtvfioState) state = {0};
    g_autoptr(virHostdevManager) mgr = NULL;
    g_autofree char *name = virPCIDeviceAddressAsString(address);
    virPCIResetMethod method;

    if (virtvfioStateOpenToChange(ctx, runDirectory, &state) < 0)
        return -1;
    virHostdevRecover(state.net, &state.bind, state.ledger);
    mgr = virHostdevManagerNew(ctx->host, state.runDirectory);
    if (virHostdevPCINodeDeviceReset(mgr, address, &method) < 0)
        return -1;
    return virtvfioResetPrint(ctx, name, method);
}

int
virtvfioCmdReset(virtvfioContext *ctx, int argc, char **argv)
{
    g_autofree char *runDirectory = NULL;
    const GOptionEntry options[] = {
        virtvfioStateOption(&runDirectory),
        {NULL},
    };
    const virtvfioUsage usage = {
        .arguments = _("ADDRESS"),
        .summary = _("Brings a device back to its state after power-on, if its VFIO driver does "
                     "not do that by itself."),
        .description = _("A device that a guest uses, or that is on a driver of the host, is not "
                         "reset, and no bus is\nif that would hit such a device."),
        .options = options,
        .minArguments = 1,
        .maxArguments = 1,
    };
    virPCIDeviceAddress address;
    int rc;

    if ((rc = virtvfioParse(ctx, &usage, &argc, &argv)) != VIRTVFIO_GO_ON)
        return rc;
    if (virtvfioParseAddress(argv[1], &address) < 0)
        return VIRTVFIO_USAGE;
    return virtvfioResetRun(ctx, runDirectory, &address) < 0 ? VIRTVFIO_FAILED : VIRTVFIO_DONE;
}
