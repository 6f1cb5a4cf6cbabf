/*
 * virtvfio.c: the command line: global options, commands, exit status
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <libintl.h>
#include <locale.h>
#include <signal.h>
#include <string.h>

#include "virerror.h"
#include "virgettext.h"
#include "virlog.h"
#include "virstring.h"
#include "virtvfio.h"
#include "virtvfio_json.h"
#include "virtvfio_output.h"

#define VIR_FROM_THIS VIR_FROM_NONE

typedef struct {
    const char *name;
    const char *summary;
    virtvfioCommandFunc func;
} virtvfioCommand;

static const virtvfioCommand virtvfioCommands[] = {
    {"list", N_("PCI devices, their drivers, and which of them are VFIO drivers"), virtvfioCmdList},
    {"show", N_("everything about one device"), virtvfioCmdShow},
    {"explain", N_("why a device's driver is a VFIO driver or not, and what to do"),
     virtvfioCmdExplain},
    {"check", N_("can this host assign PCI devices to guests?"), virtvfioCmdCheck},
    {"bind", N_("give devices to VFIO drivers: all of them, or none"), virtvfioCmdBind},
    {"restore", N_("give devices back to the drivers they were on before"), virtvfioCmdRestore},
    {"status", N_("which devices are held, by whom, and since when"), virtvfioCmdStatus},
    {"recover", N_("set right what a crash left in the middle"), virtvfioCmdRecover},
    {"reset", N_("bring a device back to its state after power-on"), virtvfioCmdReset},
    {"record", N_("write what virtvfio reads of this host to a file, for a bug report"),
     virtvfioCmdRecord},
    {"run", N_("start a guest in the foreground, and stay with it"), virtvfioCmdRun},
};

/* As parsed, before they take effect. */
typedef struct {
    char *root;
    gboolean json; /* main() has looked for it already */
    gboolean verbose;
    gboolean version;
    gboolean help;
} virtvfioGlobals;

static void
virtvfioGlobalsClear(virtvfioGlobals *globals)
{
    g_free(globals->root);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(virtvfioGlobals, virtvfioGlobalsClear)

/* A parser of @options, if any, and of the global options. */
static GOptionContext *
virtvfioOptionsNew(const char *arguments, const GOptionEntry *options, virtvfioGlobals *globals)
{
    const GOptionEntry entries[] = {
        {"root", 0, G_OPTION_FLAG_IN_MAIN, G_OPTION_ARG_FILENAME, &globals->root,
         N_("look at the host recorded below DIR, not at this one"), N_("DIR")},
        {"json", 0, G_OPTION_FLAG_IN_MAIN, G_OPTION_ARG_NONE, &globals->json,
         N_("print JSON, errors too"), NULL},
        {"verbose", 0, G_OPTION_FLAG_IN_MAIN, G_OPTION_ARG_NONE, &globals->verbose,
         N_("also say on standard error what is being done"), NULL},
        {"version", 0, G_OPTION_FLAG_IN_MAIN, G_OPTION_ARG_NONE, &globals->version,
         N_("print the version"), NULL},
        {"help", 'h', G_OPTION_FLAG_IN_MAIN, G_OPTION_ARG_NONE, &globals->help,
         N_("print this help"), NULL},
        {NULL},
    };
    GOptionContext *context = g_option_context_new(arguments);
    GOptionGroup *group = g_option_group_new("global", "", "", NULL, NULL);

    g_option_context_set_help_enabled(context, FALSE);
    g_option_context_set_translation_domain(context, GETTEXT_PACKAGE);
    if (options)
        g_option_context_add_main_entries(context, options, GETTEXT_PACKAGE);
    g_option_group_add_entries(group, entries);
    g_option_group_set_translation_domain(group, GETTEXT_PACKAGE);
    g_option_context_add_group(context, group);
    return context;
}

static int
virtvfioPrintHelp(GOptionContext *context)
{
    g_autofree char *help = g_option_context_get_help(context, TRUE, NULL);

    return virtvfioWrite(help) < 0 ? VIRTVFIO_FAILED : VIRTVFIO_DONE;
}

/* @what: "virtvfio" or "virtvfio COMMAND" */
static int
virtvfioRunParser(GOptionContext *context, const char *what, int *argc, char ***argv)
{
    g_autoptr(GError) error = NULL;

    if (g_option_context_parse(context, argc, argv, &error))
        return 0;
    virReportError(VIR_ERR_INVALID_ARG, _("%1$s: see '%2$s --help'"), error->message, what);
    return -1;
}

static int
virtvfioApplyGlobals(virtvfioContext *ctx, virtvfioGlobals *globals)
{
    ctx->verbose |= globals->verbose;
    virLogToStderr("virtvfio", ctx->verbose);
    if (ctx->host && !globals->root)
        return 0;

    if (globals->root) {
        g_free(ctx->root);
        ctx->root = g_steal_pointer(&globals->root);
    }
    g_clear_pointer(&ctx->host, virPCIHostUnref);
    ctx->host = virPCIHostNew(ctx->root);
    return ctx->host ? 0 : -1;
}

static int
virtvfioPrintVersion(void)
{
    return virtvfioWrite("virtvfio " VERSION "\n") < 0 ? VIRTVFIO_FAILED : VIRTVFIO_DONE;
}

static int
virtvfioCheckArguments(const virtvfioUsage *usage, const char *what, int arguments)
{
    if (arguments < usage->minArguments) {
        virReportError(VIR_ERR_INVALID_ARG, _("'%1$s' needs %2$s: see '%1$s --help'"), what,
                       usage->arguments);
        return -1;
    }
    if (usage->maxArguments >= 0 && arguments > usage->maxArguments) {
        virReportError(VIR_ERR_INVALID_ARG, _("too many arguments for '%1$s': see '%1$s --help'"),
                       what);
        return -1;
    }
    return 0;
}

int
virtvfioParse(virtvfioContext *ctx, const virtvfioUsage *usage, int *argc, char ***argv)
{
    g_auto(virtvfioGlobals) globals = {0};
    g_autoptr(GOptionContext) context =
        virtvfioOptionsNew(usage->arguments, usage->options, &globals);
    g_autofree char *what = g_strdup_printf("virtvfio %s", (*argv)[0]);

    g_option_context_set_summary(context, usage->summary);
    g_option_context_set_description(context, usage->description);
    g_set_prgname(what);
    if (virtvfioRunParser(context, what, argc, argv) < 0)
        return VIRTVFIO_USAGE;
    if (globals.help)
        return virtvfioPrintHelp(context);
    if (globals.version)
        return virtvfioPrintVersion();
    if (virtvfioCheckArguments(usage, what, *argc - 1) < 0)
        return VIRTVFIO_USAGE;
    return virtvfioApplyGlobals(ctx, &globals) < 0 ? VIRTVFIO_FAILED : VIRTVFIO_GO_ON;
}

int
virtvfioParseAddress(const char *text, virPCIDeviceAddress *addr)
{
    if (virPCIDeviceAddressParse(text, addr))
        return 0;
    virReportError(VIR_ERR_INVALID_ARG,
                   _("'%1$s' is no PCI address: write it as in 0000:3b:00.2 or 3b:00.2"), text);
    return -1;
}

static void
virtvfioDescribeCommands(GOptionContext *context)
{
    g_autoptr(GString) summary = g_string_new(_(
        "Assigns host PCI devices to guests through VFIO, and understands VFIO variant drivers."));

    g_string_append_printf(summary, "\n\n%s\n", _("Commands:"));
    for (size_t i = 0; i < G_N_ELEMENTS(virtvfioCommands); i++) {
        g_string_append_printf(summary, "  %-9s %s\n", virtvfioCommands[i].name,
                               _(virtvfioCommands[i].summary));
    }
    g_string_append_printf(summary, "  %-9s %s", "help", _("help on a command"));
    g_option_context_set_summary(context, summary->str);
    g_option_context_set_description(
        context, _("'virtvfio help COMMAND' tells more. Options may follow the command too.\n"
                   "Exit status: 0 done, 1 refused or failed, 2 wrong usage."));
}

/* How many letters to insert, remove or replace to get from @a to @b. */
static size_t
virtvfioEditDistance(const char *a, const char *b)
{
    size_t length = strlen(b);
    g_autofree size_t *row = g_new(size_t, length + 1);

    for (size_t j = 0; j <= length; j++)
        row[j] = j;
    for (size_t i = 0; a[i]; i++) {
        size_t diagonal = row[0];

        row[0] = i + 1;
        for (size_t j = 0; j < length; j++) {
            size_t replace = diagonal + (a[i] != b[j]);

            diagonal = row[j + 1];
            row[j + 1] = MIN(replace, MIN(row[j], diagonal) + 1);
        }
    }
    return row[length];
}

static void
virtvfioReportUnknownCommand(const char *name)
{
    const char *nearest = NULL;
    size_t least = 3;

    for (size_t i = 0; strlen(name) < 32 && i < G_N_ELEMENTS(virtvfioCommands); i++) {
        size_t distance = virtvfioEditDistance(name, virtvfioCommands[i].name);

        if (distance < least) {
            least = distance;
            nearest = virtvfioCommands[i].name;
        }
    }
    if (nearest) {
        virReportError(VIR_ERR_INVALID_ARG,
                       _("there is no command '%1$s', did you mean '%2$s'? See 'virtvfio --help'"),
                       name, nearest);
    } else {
        virReportError(VIR_ERR_INVALID_ARG, _("there is no command '%1$s': see 'virtvfio --help'"),
                       name);
    }
}

static const virtvfioCommand *
virtvfioFindCommand(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(virtvfioCommands); i++) {
        if (strcmp(virtvfioCommands[i].name, name) == 0)
            return &virtvfioCommands[i];
    }
    virtvfioReportUnknownCommand(name);
    return NULL;
}

/* "help COMMAND" is "COMMAND --help". @words are those after "help". */
static int
virtvfioHelpOn(virtvfioContext *ctx, char **words)
{
    char option[] = "--help";
    char *argv[] = {words[0], option, NULL};
    const virtvfioCommand *command;

    if (words[1]) {
        virReportError(VIR_ERR_INVALID_ARG, _("'virtvfio help' takes one command"));
        return VIRTVFIO_USAGE;
    }
    if (!(command = virtvfioFindCommand(words[0])))
        return VIRTVFIO_USAGE;
    return command->func(ctx, 2, argv);
}

static int
virtvfioMain(virtvfioContext *ctx, int argc, char **argv)
{
    g_auto(virtvfioGlobals) globals = {0};
    g_autoptr(GOptionContext) context = virtvfioOptionsNew(_("COMMAND …"), NULL, &globals);
    const virtvfioCommand *command;

    g_set_prgname("virtvfio");
    g_option_context_set_strict_posix(context, TRUE);
    if (virtvfioRunParser(context, "virtvfio", &argc, &argv) < 0)
        return VIRTVFIO_USAGE;
    if (globals.version)
        return virtvfioPrintVersion();
    virtvfioDescribeCommands(context);
    if (argc > 2 && strcmp(argv[1], "help") == 0)
        return virtvfioHelpOn(ctx, argv + 2);
    if (globals.help || (argc == 2 && strcmp(argv[1], "help") == 0))
        return virtvfioPrintHelp(context);

    if (argc < 2) {
        virReportError(VIR_ERR_INVALID_ARG, _("no command given: see 'virtvfio --help'"));
        return VIRTVFIO_USAGE;
    }
    if (!(command = virtvfioFindCommand(argv[1])))
        return VIRTVFIO_USAGE;
    if (virtvfioApplyGlobals(ctx, &globals) < 0)
        return VIRTVFIO_FAILED;
    return command->func(ctx, argc - 1, argv + 1);
}

/* What is wrong with several devices, or what QEMU wrote, has several lines. Caller frees. */
static char *
virStringPrintableLines(const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    for (char **line = lines; *line; line++) {
        char *printable = virStringPrintable(*line);

        g_free(*line);
        *line = printable;
    }
    return g_strjoinv("\n", lines);
}

static void
virtvfioPrintError(const virtvfioContext *ctx)
{
    const virErrorInfo *error = virErrorGetLast();
    g_autofree char *message = virStringPrintableLines(error->message);

    if (error->code == VIR_ERR_OK)
        return;
    g_printerr("virtvfio: %s\n", message);
    /* If that fails, the exit status and standard error have told already. */
    if (ctx->json)
        (void)!virtvfioJSONWriteError(error);
}

int
main(int argc, char **argv)
{
    /* Asked before all else: whoever wants JSON wants it of a mistake on the command line too. */
    virtvfioContext ctx = {.json = g_strv_contains((const char *const *)argv, "--json")};
    int status;

    setlocale(LC_ALL, "");
    bindtextdomain(GETTEXT_PACKAGE, LOCALEDIR);
    bind_textdomain_codeset(GETTEXT_PACKAGE, "UTF-8");
    signal(SIGPIPE, SIG_IGN); /* a closed pipe is a failed write, and exit status 1 */

    status = virtvfioMain(&ctx, argc, argv);
    if (status != VIRTVFIO_DONE)
        virtvfioPrintError(&ctx);
    g_clear_pointer(&ctx.host, virPCIHostUnref);
    g_free(ctx.root);
    return status;
}
