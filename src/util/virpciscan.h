/*
 * virpciscan.h: every PCI device of a host with its driver, in one pass
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

#include "virerror.h"
#include "virpciaddress.h"
#include "virpcidriver.h"
#include "virpcihost.h"

/*
 * A snapshot. Whether a driver is a VFIO driver is asked once per driver, who its devices are is
 * read from the driver's directory, and the alias index is looked at once: on a host with 4096 VFs
 * that is a quarter of what reading 4096 driver links costs. The answers are those of
 * virPCIBindingRead().
 */
typedef struct _virPCIScan virPCIScan;

/* One device of a scan. Borrowed from it. */
typedef struct {
    virPCIDeviceAddress addr;
    const virPCIDriver *driver; /* NULL if unbound, or if that cannot be told */
    const virErrorInfo *error;  /* why it cannot be told, or NULL */
    virPCIStubDriver type;
    virPCIDriverBasis basis;
} virPCIScanDevice;

/**
 * virPCIScanNew:
 *
 * Errors: SYSTEM_ERROR if the PCI bus cannot be listed. A host without PCI is an empty scan.
 * Returns: the scan, owned by the caller, or NULL
 */
virPCIScan *virPCIScanNew(virPCIHost *host);
void virPCIScanFree(virPCIScan *scan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virPCIScan, virPCIScanFree)

/* The number of devices, one of them (ordered by address), and the one at an address or NULL. */
size_t virPCIScanCount(const virPCIScan *scan);
const virPCIScanDevice *virPCIScanGet(const virPCIScan *scan, size_t i);
const virPCIScanDevice *virPCIScanFind(const virPCIScan *scan, const virPCIDeviceAddress *addr);

/* The alias index the scan went by. Borrowed. */
virKModIndex *virPCIScanGetIndex(const virPCIScan *scan);
