/*
 * virhostdevrecover.h: what a crash left behind is put in order
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "virhostdevledger.h"
#include "virhostdevnet.h"
#include "virpcibind.h"

/* What came of one record of a device, or of a VF's network: a translated sentence; caller frees.
 * @message is what the recovery's callback was given. */
char *virHostdevDescribeRecovery(const virJournalRecord *record, virPCIRecovery outcome,
                                 const char *message);
char *virHostdevDescribeNetRecovery(const virHostdevNetRecord *record, virPCIRecovery outcome,
                                    const char *message);

/**
 * virHostdevRecoverBindings:
 * @bind: whose user() knows what guests have
 *
 * virPCIBindRecover(), of devices that nobody gets meanwhile: each is claimed in @ledger for as
 * long as its driver is changed.
 *
 * Returns: as virPCIBindRecover()
 */
int virHostdevRecoverBindings(const virPCIBindContext *bind, virHostdevLedger *ledger,
                              virPCIRecoveryFunc func, void *opaque) G_GNUC_WARN_UNUSED_RESULT;

/* virHostdevNetRecover() and virHostdevRecoverBindings(), warning of each device that they do
 * something about or cannot. No error is reported. */
void virHostdevRecover(const virHostdevNet *net, const virPCIBindContext *bind,
                       virHostdevLedger *ledger);
