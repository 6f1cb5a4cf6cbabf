/*
 * virtvfio_state.h: the run directory, for the commands that change bindings or tell of changes
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "virhostdevrecover.h"
#include "virhostdevrequest.h"
#include "virtvfio.h"

/* Whose the devices are that the bind command takes. */
#define VIRTVFIO_HOLDER "administrator"

/* A host with its journal and locks. Initialised with {0}. */
typedef struct {
    char *runDirectory;
    char *journalDirectory;
    char *lockDirectory;
    virPCIBindContext bind;
    virHostdevNet *net;       /* what guests' VFs had before */
    virHostdevLedger *ledger; /* to ask for devices; NULL for who only looks */
    guint devices;            /* for the progress line: how many there are, and which one it is */
    guint current;
    char *currentName;
} virtvfioState;

void virtvfioStateClear(virtvfioState *state);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(virtvfioState, virtvfioStateClear)

/* The option that names the run directory, for a command's table. */
GOptionEntry virtvfioStateOption(char **runDirectory);

/**
 * virtvfioStateOpen:
 * @runDirectory: as given by the option, or NULL
 * @state: filled; borrows the host of @ctx
 *
 * For commands that only look. The default is /run/virtvfio below --root, for every user: the
 * devices are the machine's. Makes no directory.
 *
 * Errors: SYSTEM_ERROR if there is a journal that cannot be read.
 * Returns: 0, or -1 with an error reported
 */
int virtvfioStateOpen(const virtvfioContext *ctx, const char *runDirectory, virtvfioState *state)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * virtvfioStateOpenToChange:
 *
 * virtvfioStateOpen() for commands that change bindings. A recorded tree is refused, and so is a
 * user who may not write to sysfs. What the ledger says of guests that are gone is dropped.
 *
 * Errors: OPERATION_INVALID, OPERATION_DENIED; SYSTEM_ERROR as above.
 * Returns: 0, or -1 with an error reported
 */
int virtvfioStateOpenToChange(const virtvfioContext *ctx, const char *runDirectory,
                              virtvfioState *state) G_GNUC_WARN_UNUSED_RESULT;

/* For what the command does with devices; what it asks for is borrowed from @state. */
virHostdevRequest virtvfioStateGetRequest(const virtvfioState *state);

/* A line on stderr for each step from now on, over the one before, if a person sees it and there is
 * more than one of the @devices; and the end of it. */
void virtvfioStateShowProgress(virtvfioState *state, guint devices);
void virtvfioStateHideProgress(virtvfioState *state);

/* A record that could not be read, of a binding or of a VF's network. Texts are owned. */
typedef struct {
    char *address;
    char *file; /* where it was set aside */
} virtvfioDamaged;

/* virtvfioDamaged by address; caller unrefs. */
GArray *virtvfioStateListDamaged(const virtvfioState *state);

/* Arguments that are addresses: virPCIDeviceAddress, caller unrefs. NULL with INVALID_ARG
 * reported. */
GArray *virtvfioStateParseAddresses(char **words);
