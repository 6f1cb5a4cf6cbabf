/*
 * virhostdevrecover.h: what a crash left behind is put in order
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "virhostdevnet.h"
#include "virpcibind.h"

/* What came of one record of a device, or of a VF's network: a translated sentence; caller frees.
 * @message is what the recovery's callback was given. */
char *virHostdevDescribeRecovery(const virJournalRecord *record, virPCIRecovery outcome,
                                 const char *message);
char *virHostdevDescribeNetRecovery(const virHostdevNetRecord *record, virPCIRecovery outcome,
                                    const char *message);

/* virHostdevNetRecover() and virPCIBindRecover(), warning of each device that they do something
 * about or cannot. No error is reported. */
void virHostdevRecover(const virHostdevNet *net, const virPCIBindContext *ctx);
