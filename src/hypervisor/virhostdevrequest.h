/*
 * virhostdevrequest.h: what an administrator does with devices, while no guest can get them
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "virhostdevledger.h"
#include "virjournal.h"
#include "virpcihost.h"

/* Devices during a request about them: nobody else's until it is cleared. */
typedef struct {
    virPCIHost *host; /* borrowed, as the next one */
    virHostdevLedger *ledger;
    GArray *devices; /* virHostdevDevice; NULL: none */
} virHostdevRequest;

/* Lets go of the devices. An error that was reported before stays. */
void virHostdevRequestClear(virHostdevRequest *request);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(virHostdevRequest, virHostdevRequestClear)

/* The device with its IOMMU group. One that cannot be read is found out about later. */
virHostdevDevice virHostdevDeviceRead(virPCIHost *host, const virPCIDeviceAddress *addr);

bool virHostdevRequestHas(const virHostdevRequest *request, const virPCIDeviceAddress *addr);

/**
 * virHostdevRequestAdd:
 *
 * The device becomes part of the request.
 *
 * Errors: those of virHostdevLedgerClaim(): a guest has it, or another request is about it.
 * Returns: 0, or -1 with an error reported
 */
int virHostdevRequestAdd(virHostdevRequest *request, const virPCIDeviceAddress *addr)
    G_GNUC_WARN_UNUSED_RESULT;

/* Whether a device of the request was bound for a guest: none has it now, or it would be in no
 * request, so an administrator may give it back in the guest's name. */
bool virHostdevRequestIsLeft(const virJournalRecord *record);

/**
 * virHostdevRequestCheckReturn:
 * @record: what a device of the request goes back to
 *
 * Whether that is possible now: of one IOMMU group, no member can be on a driver of the host while
 * a guest has another one.
 *
 * Errors: OPERATION_INVALID naming the guest and its device of the group.
 * Returns: 0, or -1 with an error reported
 */
int virHostdevRequestCheckReturn(const virHostdevRequest *request, const virJournalRecord *record)
    G_GNUC_WARN_UNUSED_RESULT;
