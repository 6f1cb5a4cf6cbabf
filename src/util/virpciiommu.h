/*
 * virpciiommu.h: IOMMU groups: members, and what keeps a group from being used
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stdbool.h>

#include <glib.h>

#include "virpci.h"
#include "virpciscan.h"

/* A device of a group. Texts are owned. */
typedef struct {
    char *name;   /* address of a PCI device; another bus's name for the rare others */
    char *driver; /* NULL if unbound */
    bool blocks;  /* keeps the group from being given to a guest */
} virPCIIOMMUMember;

typedef struct {
    int number;
    bool viable;     /* no member blocks */
    GArray *members; /* virPCIIOMMUMember, by address */
    char *node;      /* "/dev/vfio/NUMBER" if that exists, or NULL */
} virPCIIOMMUGroup;

/**
 * virPCIIOMMUGroupNew:
 * @scan: snapshot to take drivers from; NULL asks each member
 * @number: number of the group
 *
 * The kernel gives a group to user space only if every member is unbound, on a VFIO driver, on
 * pci-stub, or a bridge: the IOMMU cannot keep members of a group apart.
 *
 * Errors: SYSTEM_ERROR if the group cannot be read.
 * Returns: the group, owned by the caller, or NULL
 * Source: Linux Documentation/driver-api/vfio.rst; drivers/vfio
 */
virPCIIOMMUGroup *virPCIIOMMUGroupNew(virPCIHost *host, const virPCIScan *scan, int number);
void virPCIIOMMUGroupFree(virPCIIOMMUGroup *group);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virPCIIOMMUGroup, virPCIIOMMUGroupFree)

/* The members that block, as one text: "0000:3b:00.1 (driver ixgbe), …". Caller frees. */
char *virPCIIOMMUGroupDescribeBlockers(const virPCIIOMMUGroup *group);
