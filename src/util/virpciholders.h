/*
 * virpciholders.h: what uses a device now, and what the host would lose with it
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

#include "virenum.h"
#include "virpci.h"

/* What the host lives on. Each kind is a guard of its own: an administrator may force one. */
typedef enum {
    VIR_PCI_GUARD_NETWORK, /* an interface with an address or the default route, a bond's, a
                              bridge's */
    VIR_PCI_GUARD_STORAGE, /* a disk that is mounted, swapped to, or part of RAID or LVM */
    VIR_PCI_GUARD_VFS,     /* a PF whose VFs exist */
    VIR_PCI_GUARD_DISPLAY, /* the display that the firmware booted on */
    VIR_PCI_GUARD_LAST,
} virPCIGuard;

VIR_ENUM_DECL(virPCIGuard);

/* One reason not to take a device away. The text is owned. */
typedef struct {
    virPCIGuard guard;
    char *what; /* translated: "interface enp1s0 has the address 192.0.2.1" */
} virPCIHolder;

/*
 * Which PCI devices the network interfaces of a host are on, read once for many devices: a host
 * with hundreds of VFs has hundreds of interfaces, and each device would look through all of them.
 */
typedef struct _virPCIInterfaces virPCIInterfaces;

virPCIInterfaces *virPCIInterfacesNew(virPCIHost *host);
void virPCIInterfacesFree(virPCIInterfaces *interfaces);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virPCIInterfaces, virPCIInterfacesFree)

/**
 * virPCIHoldersList:
 * @facts: of @dev
 * @interfaces: of its host
 *
 * Reads sysfs, the mount and swap tables, and of this host the addresses and the routes, all of
 * them as this process's namespaces show them. Bounded; does not block on the device. What cannot
 * be read holds nothing, with a warning if it should be there.
 *
 * Returns: an array of virPCIHolder, empty if nothing is in the way; caller unrefs
 */
GArray *virPCIHoldersList(virPCIDevice *dev, const virPCIDeviceFacts *facts,
                          const virPCIInterfaces *interfaces);

/**
 * virPCIHoldersListProcesses:
 *
 * Who has a device node of @dev open, or the node of its IOMMU group: the first 16 processes of
 * those that we may look at. Bounded; looks at no file that may lie on a server.
 *
 * Returns: one text, "qemu-system-x86 (process 4711), …", caller frees; NULL if nobody is seen
 */
char *virPCIHoldersListProcesses(virPCIDevice *dev, const virPCIDeviceFacts *facts);

/**
 * virPCIHoldersAwaitGroup:
 * @group: number of an IOMMU group
 * @timeout_ms: how long to wait for whoever has it to let go
 *
 * Who has the group: only one process can have its node open. Of this host the kernel is asked,
 * which sees processes that we cannot look at; for that, the node is opened, so this is for whoever
 * may open it: to others nobody has it.
 *
 * Returns: one text as above, caller frees; NULL if nobody has it
 */
char *virPCIHoldersAwaitGroup(virPCIHost *host, int group, int timeout_ms);
