/*
 * virhostdevledgerfile.h: entries of the ledger, read from the disk
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "virhostdevledgerentry.h"

/* The entry in file @name of @directory, of whatever process; NULL if it is no good one. Caller
 * frees. */
virHostdevLedgerEntry *virHostdevLedgerFileRead(const char *directory, const char *name);

/*
 * For those who only look, of any user: these take no lock and change nothing. Devices of a guest
 * whose process has ended are nobody's, and a damaged entry says nothing. @runDirectory is that of
 * virHostdevLedgerOpen().
 */

/* The entry of a device, or NULL; caller frees. */
virHostdevLedgerEntry *
virHostdevLedgerFileFind(const char *runDirectory, const virPCIDeviceAddress *address);

/* virHostdevLedgerEntry by address, never NULL; caller unrefs. */
GPtrArray *virHostdevLedgerFileList(const char *runDirectory);
