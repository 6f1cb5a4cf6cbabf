/*
 * virpcidriver.c: is a bound driver a VFIO driver, and how do we know
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <string.h>

#include "virerror.h"
#include "virfile.h"
#include "virgettext.h"
#include "virlog.h"
#include "virpcidriver.h"

#define VIR_FROM_THIS VIR_FROM_DEVICE

VIR_LOG_INIT("util.pci")

VIR_ENUM_IMPL(virPCIStubDriver, VIR_PCI_STUB_DRIVER_LAST, "none", "xen", "vfio");

VIR_ENUM_IMPL(virPCIDriverBasis, VIR_PCI_DRIVER_BASIS_LAST, "none", "name", "alias", "vfio-dev");

static virPCIStubDriver
virPCIDriverTypeByName(const char *name)
{
    if (strcmp(name, "vfio-pci") == 0)
        return VIR_PCI_STUB_DRIVER_VFIO;
    if (strcmp(name, "pciback") == 0)
        return VIR_PCI_STUB_DRIVER_XEN;
    return VIR_PCI_STUB_DRIVER_NONE;
}

static bool
virPCIDriverUsesVFIOCore(virPCIHost *host, const char *module)
{
    virKMod *kmod = virPCIHostGetKMod(host);

    return module && (virKModModuleHolds(kmod, module, "vfio_pci_core") ||
                      virKModModuleHolds(kmod, module, "vfio"));
}

virPCIDriver *
virPCIDriverNew(virPCIHost *host, const char *name, virKModIndex *index)
{
    virKMod *kmod = virPCIHostGetKMod(host);
    virPCIDriver *driver = g_new0(virPCIDriver, 1);

    driver->name = g_strdup(name);
    driver->module = virKModDriverGetModule(kmod, name);
    if ((driver->type = virPCIDriverTypeByName(name)) != VIR_PCI_STUB_DRIVER_NONE) {
        driver->basis = VIR_PCI_DRIVER_BASIS_NAME;
        return driver;
    }
    if (!driver->module)
        return driver;

    driver->index = index ? virKModIndexRef(index) : virKModGetIndex(kmod);
    if ((driver->alias = virKModIndexFindModule(driver->index, driver->module))) {
        driver->type = VIR_PCI_STUB_DRIVER_VFIO;
        driver->basis = VIR_PCI_DRIVER_BASIS_ALIAS;
    } else {
        driver->mayBeBinding = virPCIDriverUsesVFIOCore(host, driver->module);
    }
    return driver;
}

void
virPCIDriverFree(virPCIDriver *driver)
{
    if (!driver)
        return;
    virKModIndexUnref(driver->index);
    g_free(driver->module);
    g_free(driver->name);
    g_free(driver);
}

void
virPCIBindingClear(virPCIBinding *binding)
{
    g_free(binding->driver);
    g_free(binding->module);
    memset(binding, 0, sizeof(*binding));
}

guint
virPCIBindingRetryDelay(guint attempt)
{
    return 1000U << attempt;
}

void
virPCIDeviceFormatPath(const virPCIDeviceAddress *addr, const char *below,
                       char path[VIR_PCI_DEVICE_PATHLEN])
{
    static const char devices[] = "sys/bus/pci/devices/";
    char *end = path + sizeof(devices) - 1;

    memcpy(path, devices, sizeof(devices) - 1);
    virPCIDeviceAddressFormat(addr, end);
    end += strlen(end);
    if (*below) {
        *end++ = '/';
        g_strlcpy(end, below, VIR_PCI_DEVICE_PATHLEN - (gsize)(end - path));
    }
}

int
virPCIDeviceOpenDir(virPCIHost *host, const virPCIDeviceAddress *addr)
{
    char path[VIR_PCI_DEVICE_PATHLEN];
    char name[VIR_PCI_ADDRESS_STRLEN];
    int fd;

    virPCIDeviceFormatPath(addr, "", path);
    if ((fd = virSysfsOpenDir(virPCIHostGetRoot(host), path)) >= 0)
        return fd;

    virPCIDeviceAddressFormat(addr, name);
    if (fd == -ENOENT || fd == -ENOTDIR || fd == -ENODEV) {
        virReportError(VIR_ERR_DEVICE_MISSING,
                       _("there is no PCI device %1$s on this host: see 'virtvfio list'"), name);
    } else {
        virReportSystemError(-fd, _("cannot look at PCI device %1$s"), name);
    }
    return -1;
}

/* The device's directory was open while it lost its driver: did the device itself go? */
static int
virPCIBindingConfirmUnbound(virPCIHost *host, const virPCIDeviceAddress *addr)
{
    VIR_AUTOCLOSE fd = virPCIDeviceOpenDir(host, addr);

    return fd < 0 ? -1 : 0;
}

int
virPCIBindingReadName(virPCIHost *host, const virPCIDeviceAddress *addr, int dirfd, char **name)
{
    int rc = virSysfsReadLinkAt(dirfd, "driver", name);
    char device[VIR_PCI_ADDRESS_STRLEN];

    if (rc == 0)
        return 1;
    if (rc == -ENOENT)
        return virPCIBindingConfirmUnbound(host, addr);
    virPCIDeviceAddressFormat(addr, device);
    virReportSystemError(-rc, _("cannot read which driver PCI device %1$s is bound to"), device);
    return -1;
}

/* What a second look is worth, after a device had a driver and no vfio-dev. */
typedef enum {
    VIR_PCI_BINDING_SETTLED,
    VIR_PCI_BINDING_CHANGED,   /* another driver by now, or none */
    VIR_PCI_BINDING_CANDIDATE, /* its vfio-dev may still come */
} virPCIBindingStability;

static virPCIBindingStability
virPCIBindingCheck(int dirfd, const virPCIDriver *driver)
{
    g_autofree char *now = NULL;

    if (virSysfsReadLinkAt(dirfd, "driver", &now) < 0 || strcmp(now, driver->name) != 0)
        return VIR_PCI_BINDING_CHANGED;
    return driver->mayBeBinding ? VIR_PCI_BINDING_CANDIDATE : VIR_PCI_BINDING_SETTLED;
}

static int
virPCIBindingReadOnce(virPCIHost *host, const virPCIDeviceAddress *addr, virPCIBinding *binding,
                      virPCIBindingStability *stability)
{
    VIR_AUTOCLOSE dirfd = virPCIDeviceOpenDir(host, addr);
    g_autoptr(virPCIDriver) driver = NULL;
    g_autofree char *name = NULL;
    int bound;

    *stability = VIR_PCI_BINDING_SETTLED;
    if (dirfd < 0 || (bound = virPCIBindingReadName(host, addr, dirfd, &name)) < 0)
        return -1;
    if (!bound)
        return 0;

    driver = virPCIDriverNew(host, name, NULL);
    binding->driver = g_steal_pointer(&name);
    binding->module = g_strdup(driver->module);
    binding->type = driver->type;
    binding->basis = driver->basis;
    if (driver->type != VIR_PCI_STUB_DRIVER_NONE)
        return 0;

    if (virSysfsIsDirAt(dirfd, "vfio-dev")) {
        binding->type = VIR_PCI_STUB_DRIVER_VFIO;
        binding->basis = VIR_PCI_DRIVER_BASIS_VFIO_DEV;
    } else {
        *stability = virPCIBindingCheck(dirfd, driver);
    }
    return 0;
}

int
virPCIBindingRead(virPCIHost *host, const virPCIDeviceAddress *addr, virPCIBinding *binding)
{
    for (guint attempt = 0;; attempt++) {
        g_auto(virPCIBinding) now = {0};
        virPCIBindingStability stability;

        if (virPCIBindingReadOnce(host, addr, &now, &stability) < 0)
            return -1;
        if (stability == VIR_PCI_BINDING_SETTLED || attempt == VIR_PCI_BINDING_RETRIES) {
            *binding = now;
            memset(&now, 0, sizeof(now));
            return 0;
        }
        VIR_DEBUG("driver %s: no vfio-dev yet, attempt %u", now.driver, attempt + 1);
        if (stability == VIR_PCI_BINDING_CANDIDATE)
            g_usleep(virPCIBindingRetryDelay(attempt));
    }
}

void
virPCIBindingEvidenceClear(virPCIBindingEvidence *evidence)
{
    virPCIBindingClear(&evidence->binding);
    g_free(evidence->aliasPattern);
    g_free(evidence->vfioDev);
    memset(evidence, 0, sizeof(*evidence));
}

/* The first entry of the device's vfio-dev directory, or NULL. */
static char *
virPCIBindingGetVFIODev(virPCIHost *host, const virPCIDeviceAddress *addr)
{
    char path[VIR_PCI_DEVICE_PATHLEN];
    g_auto(GStrv) entries = NULL;

    virPCIDeviceFormatPath(addr, "vfio-dev", path);
    entries = virSysfsListNames(virPCIHostGetRoot(host), path);
    return g_strdup(entries[0]);
}

int
virPCIBindingReadEvidence(virPCIHost *host, const virPCIDeviceAddress *addr,
                          virPCIBindingEvidence *evidence)
{
    g_autoptr(virKModIndex) index = virKModGetIndex(virPCIHostGetKMod(host));
    g_auto(virPCIBindingEvidence) found = {0};
    const virKModIndexEntry *alias = NULL;

    if (virPCIBindingRead(host, addr, &found.binding) < 0)
        return -1;
    found.indexStatus = virKModIndexGetStatus(index);
    found.vfioDev = virPCIBindingGetVFIODev(host, addr);
    if (found.binding.driver)
        found.typeByName = virPCIDriverTypeByName(found.binding.driver);
    if (found.binding.module) {
        alias = virKModIndexFindModule(index, found.binding.module);
        found.usesVFIOCore = virPCIDriverUsesVFIOCore(host, found.binding.module);
    }
    if (alias)
        found.aliasPattern = g_strdup(alias->patternText);

    *evidence = found;
    memset(&found, 0, sizeof(found));
    return 0;
}
