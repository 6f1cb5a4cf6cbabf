/*
 * virtvfio_run.c: "virtvfio run": one guest in the foreground, without a daemon
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "domain_conf.h"
#include "qemu_capabilities.h"
#include "qemu_command.h"
#include "qemu_firmware.h"
#include "qemu_hostdev.h"
#include "qemu_process.h"
#include "virerror.h"
#include "virfile.h"
#include "virgettext.h"
#include "virlog.h"
#include "virtvfio.h"
#include "virtvfio_output.h"
#include "virtvfio_runguest.h"
#include "virtvfio_sockets.h"
#include "virtvfio_state.h"

VIR_LOG_INIT("tools.run")

#define VIR_FROM_THIS VIR_FROM_NONE

typedef struct {
    gboolean dryRun;
    gboolean printXML;
    const char *path; /* of the guest's XML; "-" is standard input */
} virtvfioRunOptions;

/* Returns VIRTVFIO_GO_ON, or the exit status to end with. */
static int
virtvfioRunParseOptions(virtvfioContext *ctx, virtvfioRunOptions *options, int argc, char **argv)
{
    const GOptionEntry entries[] = {
        {"dry-run", 'n', 0, G_OPTION_ARG_NONE, &options->dryRun,
         N_("check everything and print QEMU's command line, but start nothing"), NULL},
        {"print-xml", 0, 0, G_OPTION_ARG_NONE, &options->printXML,
         N_("print the guest's XML with all defaults and addresses, and do nothing else"), NULL},
        {NULL},
    };
    const virtvfioUsage usage = {
        .arguments = _("GUEST.xml"),
        .summary =
            _("Starts a guest and stays with it until it ends. GUEST.xml is libvirt's domain "
              "XML, or \"-\" for standard input. The guest's serial port of type 'stdio' is "
              "here. Ctrl-C shuts the guest down, a second one ends it at once."),
        .options = entries,
        .minArguments = 1,
        .maxArguments = 1,
    };
    int rc = virtvfioParse(ctx, &usage, &argc, &argv);

    if (rc == VIRTVFIO_GO_ON)
        options->path = argv[1];
    return rc;
}

static virDomainDef *
virtvfioRunReadDef(const char *path)
{
    VIR_AUTOCLOSE fd = -1;

    if (g_str_equal(path, "-"))
        return virDomainDefParseFD(STDIN_FILENO, _("standard input"));
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) {
        virReportSystemError(errno, _("cannot read %1$s"), path);
        return NULL;
    }
    return virDomainDefParseFD(fd, path);
}

static int
virtvfioRunPrintXML(const virDomainDef *def)
{
    g_autofree char *xml = virDomainDefFormat(def, 0);

    return virtvfioWriteUTF8(xml);
}

/* @word as one would type it in a shell; caller frees. */
static char *
virtvfioRunQuote(const char *word)
{
    static const char harmless[] = G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "_-+=.,:/@%";

    return *word && word[strspn(word, harmless)] == '\0' ? g_strdup(word) : g_shell_quote(word);
}

/* The command line as one would type it, an option and its value a line. A recorded tree can be
 * looked at on a machine without QEMU. */
static int
virtvfioRunPrintCommand(const virtvfioContext *ctx, const virDomainDef *def)
{
    g_autofree char *emulator = ctx->root ? qemuGetEmulatorName(def) : qemuProcessCheck(def);
    g_autoptr(GString) text = g_string_new(NULL);
    g_auto(GStrv) argv = NULL;

    if (!emulator)
        return -1;
    argv = qemuBuildCommandLine(def, emulator, 0);
    for (size_t i = 0; argv[i]; i++) {
        g_autofree char *word = virtvfioRunQuote(argv[i]);

        if (i > 0)
            g_string_append(text, argv[i][0] == '-' ? " \\\n  " : " ");
        g_string_append(text, word);
    }
    g_string_append_c(text, '\n');
    return virtvfioWriteUTF8(text->str);
}

/* Only root can bind devices, and say who has which; a recorded tree is not changed. */
static bool
virtvfioRunMayChange(const virtvfioContext *ctx)
{
    return !ctx->root && geteuid() == 0;
}

/* What a crash left behind is set right before devices are looked at. */
static void
virtvfioRunRecover(const virtvfioContext *ctx)
{
    g_auto(virtvfioState) state = {0};

    if (!virtvfioRunMayChange(ctx))
        return;
    if (virtvfioStateOpenToChange(ctx, NULL, &state) < 0) {
        VIR_WARN("%s", virErrorGetMessage());
        return;
    }
    virHostdevRecover(state.net, &state.bind, state.ledger);
}

/* Prints what would be started, or starts it. Takes @def. */
static int
virtvfioRunDef(const virtvfioContext *ctx, const virtvfioRunOptions *options, virDomainDef *def)
{
    g_autoptr(virDomainDef) owned = def;
    g_autoptr(virHostdevManager) mgr = virHostdevManagerNew(
        ctx->host, virtvfioRunMayChange(ctx) ? VIR_HOSTDEV_RUN_DIRECTORY : NULL);

    if (options->dryRun) {
        return qemuHostdevCheckPCIDevices(mgr, def) < 0 ? -1 : virtvfioRunPrintCommand(ctx, def);
    }
    if (ctx->root) {
        virReportError(VIR_ERR_OPERATION_INVALID,
                       _("cannot start guest '%1$s' on %2$s, which is a recorded tree and no host; "
                         "--dry-run shows what would be started"),
                       def->name, ctx->root);
        return -1;
    }
    virtvfioRunRecover(ctx);
    return virtvfioRunGuest(ctx->host, mgr, g_steal_pointer(&owned), ctx->verbose);
}

int
virtvfioCmdRun(virtvfioContext *ctx, int argc, char **argv)
{
    g_autoptr(virDomainDef) def = NULL;
    g_autofree char *nvram = NULL;
    g_autofree char *dir = NULL;
    virtvfioRunOptions options = {0};
    int rc = virtvfioRunParseOptions(ctx, &options, argc, argv);

    if (rc != VIRTVFIO_GO_ON)
        return rc;
    if (!(def = virtvfioRunReadDef(options.path)))
        return VIRTVFIO_FAILED;
    if (options.printXML)
        return virtvfioRunPrintXML(def) < 0 ? VIRTVFIO_FAILED : VIRTVFIO_DONE;
    nvram = qemuFirmwareGetNVRAMDirectory();
    if (qemuFirmwareFill(def, NULL, nvram) < 0)
        return VIRTVFIO_FAILED;

    if (virtvfioSocketsPrepare(def, options.dryRun, &dir) < 0)
        return VIRTVFIO_FAILED;
    rc = virtvfioRunDef(ctx, &options, g_steal_pointer(&def));
    virtvfioSocketsRemove(dir);
    return rc < 0 ? VIRTVFIO_FAILED : VIRTVFIO_DONE;
}
