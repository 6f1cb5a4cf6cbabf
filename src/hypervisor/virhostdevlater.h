/*
 * virhostdevlater.h: recovery in the background, and who waits for it
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "virhostdevrecover.h"

/* A recovery that goes on in a thread of its own. Safe from any number of threads. */
typedef struct _virHostdevLater virHostdevLater;

/**
 * virHostdevLaterNew:
 * @net, @bind, @ledger: as of virHostdevRecover(); borrowed until it is freed
 *
 * Finds out what a crash has left, which takes the reading of some small files, and begins to set
 * it right. No thread is started if there is nothing.
 *
 * Returns: the recovery, owned by the caller, never NULL
 */
virHostdevLater *virHostdevLaterNew(const virHostdevNet *net, const virPCIBindContext *bind,
                                    virHostdevLedger *ledger);

/**
 * virHostdevLaterAwait:
 * @devices: virHostdevDevice; NULL for all that are being recovered
 * @wait_ms: how long at most; -1 for as long as it takes
 *
 * Waits while one of those devices, or one of their IOMMU groups, is among those that are being
 * recovered. Others are not waited for: a device that hangs keeps nobody from another one. A
 * recovery that was stopped is at its end.
 *
 * Errors: OPERATION_TIMEOUT naming the device.
 * Returns: 0, or -1 with an error reported
 */
int virHostdevLaterAwait(virHostdevLater *later, const GArray *devices, int wait_ms)
    G_GNUC_WARN_UNUSED_RESULT;

/* Has it leave what it has not begun to a later one. Does not wait. */
void virHostdevLaterStop(virHostdevLater *later);

/* Stops it, and waits for the device that it is at. */
void virHostdevLaterFree(virHostdevLater *later);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virHostdevLater, virHostdevLaterFree)
