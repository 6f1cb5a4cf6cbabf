/*
 * virhostdevledger.h: which guest has which host device, on the disk
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

#include "virhostdevledgerentry.h"

/* A device that somebody asks for, and its IOMMU group or -1. */
typedef struct {
    virPCIDeviceAddress address;
    int group;
} virHostdevDevice;

/*
 * Safe from any number of threads, and for several processes with the same run directory: each
 * operation reads what others have written, decides and writes, under a mutex and under the lock
 * "active" of the run directory, held for as long as a few small files take. Nothing is done with a
 * device meanwhile.
 */
typedef struct _virHostdevLedger virHostdevLedger;

/**
 * virHostdevLedgerOpen:
 * @runDirectory: entries are in "active" below it, a file each; made when the first one is written.
 * NULL keeps them in memory only
 *
 * Returns: the ledger, owned by the caller, never NULL
 */
virHostdevLedger *virHostdevLedgerOpen(const char *runDirectory);
void virHostdevLedgerClose(virHostdevLedger *ledger);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virHostdevLedger, virHostdevLedgerClose)

/**
 * virHostdevLedgerReload:
 *
 * Reads what other processes have written since. Entries whose process has ended are dropped, from
 * the disk too. A damaged one is dropped with a warning.
 */
void virHostdevLedgerReload(virHostdevLedger *ledger);

/* The entry of an address as it was at the last operation, or NULL; caller frees. */
virHostdevLedgerEntry *
virHostdevLedgerFind(virHostdevLedger *ledger, const virPCIDeviceAddress *address);

/* A guest's entry of another device of the same IOMMU group, as it was at the last operation, or
 * NULL; caller frees. */
virHostdevLedgerEntry *
virHostdevLedgerFindCompanion(virHostdevLedger *ledger, const virHostdevDevice *device);

/* Whether a guest has a device of that IOMMU group, or is about to, beside @devices
 * (virHostdevDevice), as it was at the last operation. Never for group -1, which is none. */
bool virHostdevLedgerIsGroupUsed(virHostdevLedger *ledger, int group, const GArray *devices);

/**
 * virHostdevLedgerCheck:
 *
 * Whether virHostdevLedgerClaim() would refuse the devices now. Errors and return value as there.
 */
int virHostdevLedgerCheck(virHostdevLedger *ledger, const virHostdevUser *user,
                          const GArray *devices) G_GNUC_WARN_UNUSED_RESULT;

/**
 * virHostdevLedgerClaim:
 * @user: who is to have them; NULL: an administrator, for one request (VIR_HOSTDEV_CHANGING)
 * @devices: virHostdevDevice; one that is listed twice is claimed once
 *
 * All of them are being prepared for @user by this process, or none is. On the disk when it
 * returns. Of two that ask for one device, or for devices of one group and for different guests,
 * the second is refused; so is a guest's claim while another device of the group is being changed
 * for an administrator, or given back.
 *
 * Errors: OPERATION_INVALID naming the device and who has it; SYSTEM_ERROR naming the file,
 * OPERATION_FAILED if another process does not let go of the ledger.
 * Returns: 0, or -1 with an error reported and the ledger as it was
 */
int virHostdevLedgerClaim(virHostdevLedger *ledger, const virHostdevUser *user,
                          const GArray *devices) G_GNUC_WARN_UNUSED_RESULT;

/* The devices, claimed by @user, are active. Errors and return value as above; OPERATION_FAILED
 * also if a claim is there no more: what nothing on the disk says, others would not know of. */
int virHostdevLedgerActivate(virHostdevLedger *ledger, const virHostdevUser *user,
                             const GArray *devices) G_GNUC_WARN_UNUSED_RESULT;

/**
 * virHostdevLedgerReturn:
 *
 * Those devices of @devices that @user has, or that nobody has, are being given back, and this
 * process answers for them. Others are left alone. Nobody has what @user had when its process has
 * ended: whoever looked in between has removed the entry.
 *
 * Errors: SYSTEM_ERROR, OPERATION_FAILED as above.
 * Returns: those devices (virHostdevDevice), to be released; caller unrefs. NULL with an error
 *          reported, and some may be being given back then
 */
GArray *
virHostdevLedgerReturn(virHostdevLedger *ledger, const virHostdevUser *user, const GArray *devices);

/**
 * virHostdevLedgerSetProcess:
 * @process: the one that runs the guest
 *
 * Every active device of @user is active as long as @process runs.
 *
 * Errors: SYSTEM_ERROR, OPERATION_FAILED as above.
 * Returns: 0, or -1 with an error reported; some may have the old process still
 */
int virHostdevLedgerSetProcess(virHostdevLedger *ledger, const virHostdevUser *user,
                               const virProcessIdentity *process) G_GNUC_WARN_UNUSED_RESULT;

/**
 * virHostdevLedgerAdopt:
 *
 * The guest was found running: the device is active. The process that runs it stays the one that
 * the ledger knew, if that still runs; otherwise it is this one.
 *
 * Errors: OPERATION_INVALID naming the other guest that has it, or another device of its IOMMU
 * group; SYSTEM_ERROR, OPERATION_FAILED as above.
 * Returns: 0, or -1 with an error reported
 */
int virHostdevLedgerAdopt(virHostdevLedger *ledger, const virHostdevUser *user,
                          const virHostdevDevice *device) G_GNUC_WARN_UNUSED_RESULT;

/* @user (NULL: the administrator) has none of those devices any more. Whatever goes wrong on the
 * disk is warned of. */
void virHostdevLedgerRelease(virHostdevLedger *ledger, const virHostdevUser *user,
                             const GArray *devices);
