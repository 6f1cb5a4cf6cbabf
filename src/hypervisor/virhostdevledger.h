/*
 * virhostdevledger.h: which guest has which host device, on the disk
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stdbool.h>

#include <glib.h>

#include "virpciaddress.h"

/*
 * A device is the host's, inactive (held: the journal of util/virjournal knows it, and no guest has
 * it) or active (a guest has it: the ledger knows it). Both survive the process; what a guest's
 * process has left behind is active until the guest is known to be gone.
 */
typedef struct {
    virPCIDeviceAddress address;
    char *drvName;
    char *domName;
    int pid; /* process that runs the guest */
} virHostdevLedgerEntry;

typedef struct _virHostdevLedger virHostdevLedger;

/**
 * virHostdevLedgerOpen:
 * @directory: where entries are, a file each; made when the first one is written. NULL keeps them
 * in memory only
 *
 * Returns: the ledger, owned by the caller, never NULL
 */
virHostdevLedger *virHostdevLedgerOpen(const char *directory);
void virHostdevLedgerClose(virHostdevLedger *ledger);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virHostdevLedger, virHostdevLedgerClose)

/**
 * virHostdevLedgerReload:
 *
 * Reads what other processes have written since. Entries whose process has ended are dropped, from
 * the disk too. A damaged one is dropped with a warning.
 */
void virHostdevLedgerReload(virHostdevLedger *ledger);

/* The entry of an address, or NULL. Borrowed until the next change. */
const virHostdevLedgerEntry *
virHostdevLedgerFind(const virHostdevLedger *ledger, const virPCIDeviceAddress *address);

/**
 * virHostdevLedgerAdd:
 *
 * The guest @domName of driver @drvName, run by this process, has the device. On the disk when it
 * returns.
 *
 * Errors: SYSTEM_ERROR naming the file.
 * Returns: 0, or -1 with an error reported and the ledger as it was
 */
int virHostdevLedgerAdd(virHostdevLedger *ledger, const virPCIDeviceAddress *address,
                        const char *drvName, const char *domName) G_GNUC_WARN_UNUSED_RESULT;

/* No guest has the device. Whatever goes wrong on the disk is warned of. */
void virHostdevLedgerRemove(virHostdevLedger *ledger, const virPCIDeviceAddress *address);
