/*
 * virhostdevreturn.h: devices of guests on their way back to the host
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "virhostdevledger.h"
#include "virhostdevnet.h"
#include "virpcibind.h"

/* What it takes to give devices back. All borrowed. */
typedef struct {
    virPCIBindContext bind; /* the holder is each record's; without a journal nothing is bound */
    virHostdevLedger *ledger;
    virHostdevNet *net;
} virHostdevReturn;

/* As the journal names a guest; caller frees. */
char *virHostdevGetHolder(const char *domName);

/* VFs among the devices (virHostdevDevice) get back their MAC address and VLAN. -1 if one did not,
 * which was warned of. */
int virHostdevReturnNet(const virHostdevReturn *back, const virHostdevUser *user,
                        const GArray *devices);

/**
 * virHostdevReturnManaged:
 * @devices: virHostdevDevice, in the ledger as @user's
 *
 * What was bound for @user gets its driver back. But of one IOMMU group no member can be on a
 * driver of the host while a guest has another one: a device whose group has such a member beside
 * @devices stays on its VFIO driver, and in the journal, until virHostdevReturnEnd() of that one.
 *
 * Returns: 0, or -1 if a device did not get its driver back, which was warned of
 */
int virHostdevReturnManaged(const virHostdevReturn *back, const virHostdevUser *user,
                            const GArray *devices);

/**
 * virHostdevReturnEnd:
 *
 * @user has none of those devices any more. Devices of their IOMMU groups that had to stay because
 * of them go back to the host now, whoever's they were. What goes wrong is warned of.
 */
void virHostdevReturnEnd(const virHostdevReturn *back, const virHostdevUser *user,
                         const GArray *devices);

/* All of it, for those of the devices that @user has, or nobody. What goes wrong is warned of. */
void virHostdevReturnAll(const virHostdevReturn *back, const virHostdevUser *user,
                         const GArray *devices);
