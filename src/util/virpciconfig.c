/*
 * virpciconfig.c: a device's configuration space, saved and restored around a reset
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <string.h>

#include "virerror.h"
#include "virfile.h"
#include "virgettext.h"
#include "virpciconfig.h"

#define VIR_FROM_THIS            VIR_FROM_DEVICE

#define VIR_PCI_CONFIG_BASES     0x10
#define VIR_PCI_CONFIG_BASES_LEN 24

int
virPCIDeviceReadConfig(virPCIDevice *dev, guint8 config[VIR_PCI_CONFIG_SIZE])
{
    VIR_AUTOCLOSE dirfd =
        virPCIDeviceOpenDir(virPCIDeviceGetHost(dev), virPCIDeviceGetAddress(dev));
    ssize_t got;

    if (dirfd < 0)
        return -1;
    got = virSysfsReadBytesAt(dirfd, "config", config, VIR_PCI_CONFIG_SIZE);
    if (got == VIR_PCI_CONFIG_SIZE)
        return 0;
    /* The kernel shows the header to everybody and the rest to root. */
    virReportSystemError(got < 0 ? (int)-got : EPERM,
                         _("cannot read the configuration space of device %1$s"),
                         virPCIDeviceGetName(dev));
    return -1;
}

int
virPCIDeviceWriteConfig(virPCIDevice *dev, virPCIConfigRegister reg, guint32 value)
{
    const guint32 bytes = GUINT32_TO_LE(value);
    char path[VIR_PCI_DEVICE_PATHLEN];
    int rc;

    virPCIDeviceFormatPath(virPCIDeviceGetAddress(dev), "config", path);
    rc = virSysfsWriteBytes(virPCIHostGetRoot(virPCIDeviceGetHost(dev)), path, reg.offset, &bytes,
                            reg.size);
    if (rc < 0)
        virReportSystemError(
            -rc, _("cannot write to the configuration space of device %1$s, at offset %2$u"),
            virPCIDeviceGetName(dev), reg.offset);
    return rc < 0 ? -1 : 0;
}

int
virPCIDeviceRestoreConfig(virPCIDevice *dev, const guint8 config[VIR_PCI_CONFIG_SIZE])
{
    virPCIConfigRegister registers[VIR_PCI_CAP_MAX_REGISTERS];
    size_t count = virPCICapListRegisters(config, VIR_PCI_CONFIG_SIZE, registers);

    for (size_t i = 0; i < count; i++) {
        if (virPCIDeviceWriteConfig(dev, registers[i], virPCIConfigGet(config, registers[i])) < 0)
            return -1;
    }
    return 0;
}

bool
virPCIConfigIsKept(const guint8 before[VIR_PCI_CONFIG_SIZE],
                   const guint8 after[VIR_PCI_CONFIG_SIZE])
{
    static const guint8 none[VIR_PCI_CONFIG_BASES_LEN];

    /* The low bits of a base say its kind, and a reset keeps them: only equal bases are "kept". A
     * device without any base leaves nothing to tell by, and its word is taken. */
    if (memcmp(before + VIR_PCI_CONFIG_BASES, none, sizeof(none)) == 0)
        return false;
    return memcmp(before + VIR_PCI_CONFIG_BASES, after + VIR_PCI_CONFIG_BASES, sizeof(none)) == 0;
}
