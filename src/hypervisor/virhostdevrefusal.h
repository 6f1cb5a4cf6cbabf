/*
 * virhostdevrefusal.h: why somebody cannot have a device, and what to do about it
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "virhostdevledgerentry.h"

/**
 * virHostdevRefusalReport:
 * @user: who asked for the device; NULL: an administrator
 * @entry: what is in the way: of the device itself, or of another one of its IOMMU group
 *
 * Reports OPERATION_INVALID.
 */
void virHostdevRefusalReport(const virHostdevUser *user, const virPCIDeviceAddress *address,
                             const virHostdevLedgerEntry *entry);

/* The same for a guest that was found running with the device. */
void virHostdevRefusalReportFound(const virHostdevUser *user, const virPCIDeviceAddress *address,
                                  const virHostdevLedgerEntry *entry);
