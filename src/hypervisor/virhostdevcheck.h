/*
 * virhostdevcheck.h: may a guest have its host devices, as they are now
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "domain_hostdev_conf.h"
#include "virhostdevledger.h"
#include "virpcihost.h"

/**
 * virHostdevCheckPCIDevices:
 * @ledger: who has which device
 * @hostdevs: @n devices that @user is to have, on their VFIO drivers by now; that nobody else has
 * one is known already (virHostdevLedgerClaim())
 *
 * Reads only, and needs no lock. Looks at every device, so that the error names what is wrong with
 * all of them.
 *
 * Errors: DEVICE_MISSING if there is no such device; CONFIG_UNSUPPORTED for what is no endpoint;
 * XML_ERROR if a device is listed twice; OPERATION_INVALID if it is on no VFIO driver or
 * not on the one that was asked for, or if its IOMMU group cannot be used; SYSTEM_ERROR if its node
 * cannot be opened. With several devices the code is that of the first one's problem.
 * Returns: 0, or -1 with an error reported
 */
int
virHostdevCheckPCIDevices(virPCIHost *host, virHostdevLedger *ledger, const virHostdevUser *user,
                          virDomainHostdevDef *const *hostdevs, size_t n) G_GNUC_WARN_UNUSED_RESULT;
