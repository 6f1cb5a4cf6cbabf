/*
 * qemu_hostdev.c: the host devices of a QEMU guest
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "qemu_hostdev.h"

/* What users and libvirt call this hypervisor driver. */
#define QEMU_DRIVER_NAME "QEMU"

static virDomainHostdevDef *const *
qemuHostdevGetAll(const virDomainDef *def)
{
    return (virDomainHostdevDef *const *)def->hostdevs->pdata;
}

int
qemuHostdevPreparePCIDevices(virHostdevManager *mgr, const virDomainDef *def)
{
    return virHostdevPreparePCIDevices(mgr, QEMU_DRIVER_NAME, def->name, qemuHostdevGetAll(def),
                                       def->hostdevs->len);
}

int
qemuHostdevCheckPCIDevices(virHostdevManager *mgr, const virDomainDef *def)
{
    return virHostdevCheckPreparePCIDevices(mgr, QEMU_DRIVER_NAME, def->name,
                                            qemuHostdevGetAll(def), def->hostdevs->len);
}

int
qemuHostdevSetProcess(virHostdevManager *mgr, const virDomainDef *def, pid_t pid)
{
    return virHostdevSetProcess(mgr, QEMU_DRIVER_NAME, def->name, pid);
}

void
qemuHostdevReAttachPCIDevices(virHostdevManager *mgr, const virDomainDef *def)
{
    virHostdevReAttachPCIDevices(mgr, QEMU_DRIVER_NAME, def->name, qemuHostdevGetAll(def),
                                 def->hostdevs->len);
}

int
qemuHostdevUpdateActivePCIDevices(virHostdevManager *mgr, const virDomainDef *def)
{
    return virHostdevUpdateActivePCIDevices(mgr, qemuHostdevGetAll(def), def->hostdevs->len,
                                            QEMU_DRIVER_NAME, def->name);
}

int
qemuHostdevPreparePCIDevice(virHostdevManager *mgr, const virDomainDef *def,
                            virDomainHostdevDef *hostdev)
{
    return virHostdevPreparePCIDevices(mgr, QEMU_DRIVER_NAME, def->name, &hostdev, 1);
}

void
qemuHostdevReAttachPCIDevice(virHostdevManager *mgr, const virDomainDef *def,
                             virDomainHostdevDef *hostdev)
{
    virHostdevReAttachPCIDevices(mgr, QEMU_DRIVER_NAME, def->name, &hostdev, 1);
}
