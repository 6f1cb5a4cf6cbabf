/*
 * virtvfio.h: what the commands of the virtvfio program share
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stdbool.h>

#include "virpcihost.h"

/* Exit statuses of every command. */
enum {
    VIRTVFIO_DONE = 0,
    VIRTVFIO_FAILED = 1, /* refused or failed; the thread's error says why */
    VIRTVFIO_USAGE = 2,
};

/* The global options, as parsed before the command. */
typedef struct {
    virPCIHost *host; /* of --root, or this host */
    const char *root; /* NULL without --root */
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
int virtvfioCmdRun(virtvfioContext *ctx, int argc, char **argv);
