/*
 * virtvfio.h: what the commands of the virtvfio program share
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stdbool.h>

#include <glib.h>

#include "virpciaddress.h"
#include "virpcihost.h"

/* Exit statuses of every command. */
enum {
    VIRTVFIO_DONE = 0,
    VIRTVFIO_FAILED = 1, /* refused or failed; the thread's error says why */
    VIRTVFIO_USAGE = 2,
};

/* The global options: those before the command, and after virtvfioParse() those after it too. */
typedef struct {
    virPCIHost *host; /* of --root, or this host */
    char *root;       /* NULL without --root */
    bool json;
    bool verbose;
} virtvfioContext;

/**
 * virtvfioCommandFunc:
 * @argc, @argv: the command's own words; argv[0] is its name; modified by option parsing
 *
 * Returns: an exit status. With VIRTVFIO_FAILED the dispatcher prints the thread's error, if one is
 *          set, to stderr and with --json to stdout.
 */
typedef int (*virtvfioCommandFunc)(virtvfioContext *ctx, int argc, char **argv);

int virtvfioCmdList(virtvfioContext *ctx, int argc, char **argv);
int virtvfioCmdShow(virtvfioContext *ctx, int argc, char **argv);
int virtvfioCmdExplain(virtvfioContext *ctx, int argc, char **argv);
int virtvfioCmdCheck(virtvfioContext *ctx, int argc, char **argv);
int virtvfioCmdRecord(virtvfioContext *ctx, int argc, char **argv);
int virtvfioCmdBind(virtvfioContext *ctx, int argc, char **argv);
int virtvfioCmdRestore(virtvfioContext *ctx, int argc, char **argv);
int virtvfioCmdRecover(virtvfioContext *ctx, int argc, char **argv);
int virtvfioCmdReset(virtvfioContext *ctx, int argc, char **argv);
int virtvfioCmdStatus(virtvfioContext *ctx, int argc, char **argv);
int virtvfioCmdRun(virtvfioContext *ctx, int argc, char **argv);

/* What virtvfioParse() knows of a command. */
typedef struct {
    const char *arguments;       /* after the options, for the help: "[ADDRESS…]", or NULL */
    const char *summary;         /* translated, one or a few sentences */
    const char *description;     /* translated text below the options, or NULL */
    const GOptionEntry *options; /* the command's own, or NULL; translatable with N_() */
    int minArguments;
    int maxArguments; /* -1 if there is no limit */
} virtvfioUsage;

#define VIRTVFIO_GO_ON (-1)

/**
 * virtvfioParse:
 * @argc, @argv: the command's words; its arguments are left, behind the name
 *
 * Parses a command's options, and the global ones that follow its name. Prints the help if that is
 * what was asked for.
 *
 * Returns: VIRTVFIO_GO_ON, or the exit status to end with (VIRTVFIO_DONE after the help), with the
 *          error reported if it is not VIRTVFIO_DONE
 */
int virtvfioParse(virtvfioContext *ctx, const virtvfioUsage *usage, int *argc, char ***argv);

/* Parses an address that a user typed. Returns 0, or -1 with INVALID_ARG reported. */
int virtvfioParseAddress(const char *text, virPCIDeviceAddress *addr) G_GNUC_WARN_UNUSED_RESULT;
