/*
 * virhostdevledgerentry.h: what the ledger says of one device, as text (pure)
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stdbool.h>

#include <glib.h>

#include "virenum.h"
#include "virpciaddress.h"
#include "virprocess.h"

/* Who is to have a device. Borrowed. */
typedef struct {
    const char *drvName; /* hypervisor driver ("QEMU") */
    const char *domName;
} virHostdevUser;

/* What goes on with a device that somebody has. */
typedef enum {
    VIR_HOSTDEV_ACTIVE,    /* its guest has it */
    VIR_HOSTDEV_PREPARING, /* it is being made ready for its guest */
    VIR_HOSTDEV_RETURNING, /* its guest is gone, and it is being given back */
    VIR_HOSTDEV_CHANGING, /* no guest's: an administrator's request about it is being carried out */
    VIR_HOSTDEV_LAST,
} virHostdevState;

VIR_ENUM_DECL(virHostdevState);

/*
 * A device is the host's, inactive (held: the journal of util/virjournal knows it, and no guest has
 * it) or active (a guest has it: the ledger knows it). Both survive the process; what a guest's
 * process has left behind is active until the guest is known to be gone.
 */
typedef struct {
    virPCIDeviceAddress address;
    int group; /* IOMMU group; -1: none, or not known */
    virHostdevState state;
    char *drvName;
    char *domName;
    virProcessIdentity process; /* when it has ended, nobody has the device */
    gint64 since;               /* seconds of Unix time: it is in that state; 0: not known */
} virHostdevLedgerEntry;

void virHostdevLedgerEntryFree(virHostdevLedgerEntry *entry);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virHostdevLedgerEntry, virHostdevLedgerEntryFree)

virHostdevLedgerEntry *virHostdevLedgerEntryCopy(const virHostdevLedgerEntry *entry);

bool virHostdevLedgerEntryIsOf(const virHostdevLedgerEntry *entry, const virHostdevUser *user);

/* On its way to or from a driver of the host: whether its group can be used shows after that. */
bool virHostdevLedgerEntryIsMoving(const virHostdevLedgerEntry *entry);

/* The entry as a text that an administrator can read (a key file); caller frees. */
char *virHostdevLedgerEntryFormat(const virHostdevLedgerEntry *entry);

/* The entry of the device called @name; NULL if @text, @len bytes of anything, is none. What older
 * versions did not write may be missing. Caller frees. */
virHostdevLedgerEntry *virHostdevLedgerEntryParse(const char *name, const char *text, size_t len);

/* Who has the device, as half a sentence; caller frees. */
char *virHostdevLedgerEntryDescribe(const virHostdevLedgerEntry *entry);
