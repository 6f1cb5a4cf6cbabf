/*
 * virhostdev.h: host devices of guests: may a guest have them, and who has which
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

#include "domain_hostdev_conf.h"
#include "virpcihost.h"

/* The host devices that this process's guests use. One thread at a time. */
typedef struct _virHostdevManager virHostdevManager;

virHostdevManager *virHostdevManagerNew(virPCIHost *host);
void virHostdevManagerFree(virHostdevManager *mgr);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virHostdevManager, virHostdevManagerFree)

/* The guest that uses a device, or NULL. Borrowed. */
const char *virHostdevManagerGetUser(const virHostdevManager *mgr, const virPCIDeviceAddress *addr);

/**
 * virHostdevPreparePCIDevices:
 * @drvName: the hypervisor driver that asks ("QEMU")
 * @domName: the guest that is to have the devices
 * @hostdevs: its host devices
 * @n: their number
 *
 * Checks that each device can be given to the guest as it is now, and notes that the guest has
 * them. Nothing on the host is changed. Every device is looked at, so that the error names what is
 * wrong with all of them.
 *
 * Errors: DEVICE_MISSING if there is no such device; CONFIG_UNSUPPORTED for managed='yes' and for
 * what is no endpoint; OPERATION_INVALID if the device is in use, is on no VFIO driver or not on
 * the one that was asked for, or if its IOMMU group cannot be used; SYSTEM_ERROR if its node
 * cannot be opened. With several devices the code is that of the first one's problem.
 * Returns: 0, or -1 with an error reported and @mgr as it was
 */
int virHostdevPreparePCIDevices(virHostdevManager *mgr, const char *drvName, const char *domName,
                                virDomainHostdevDef *const *hostdevs, size_t n)
    G_GNUC_WARN_UNUSED_RESULT;

/* The guest no longer has those devices. Devices that it had not are left alone. */
void virHostdevReAttachPCIDevices(virHostdevManager *mgr, const char *drvName, const char *domName,
                                  virDomainHostdevDef *const *hostdevs, size_t n);
