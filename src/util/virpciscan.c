/*
 * virpciscan.c: every PCI device of a host with its driver, in one pass
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <stdlib.h>

#include "virerror.h"
#include "virgettext.h"
#include "virlog.h"
#include "virpciscan.h"

#define VIR_FROM_THIS VIR_FROM_DEVICE

VIR_LOG_INIT("util.pci")

struct _virPCIScan {
    virPCIHost *host;
    virKModIndex *index;
    GArray *devices;    /* virPCIScanDevice, by address */
    GPtrArray *drivers; /* virPCIDriver, those that have a device */
    GPtrArray *errors;  /* virErrorInfo, of devices whose driver cannot be told */
};

static void
virPCIScanAddDevice(const char *name, int type G_GNUC_UNUSED, void *opaque)
{
    virPCIScan *scan = opaque;
    virPCIScanDevice device = {0};

    if (virPCIDeviceAddressParse(name, &device.addr))
        g_array_append_val(scan->devices, device);
}

static int
virPCIScanCompare(const void *a, const void *b)
{
    const virPCIScanDevice *left = a;
    const virPCIScanDevice *right = b;

    return virPCIDeviceAddressCompare(&left->addr, &right->addr);
}

static virPCIScanDevice *
virPCIScanFindDevice(const virPCIScan *scan, const virPCIDeviceAddress *addr)
{
    virPCIScanDevice key = {.addr = *addr};

    if (scan->devices->len == 0)
        return NULL;
    return bsearch(&key, scan->devices->data, scan->devices->len, sizeof(key), virPCIScanCompare);
}

static void
virPCIScanSet(virPCIScanDevice *device, const virPCIDriver *driver)
{
    device->driver = driver;
    device->type = driver ? driver->type : VIR_PCI_STUB_DRIVER_NONE;
    device->basis = driver ? driver->basis : VIR_PCI_DRIVER_BASIS_NONE;
}

/* Drivers are few, and one is asked for only when it is met for the first time. */
static const virPCIDriver *
virPCIScanGetDriver(virPCIScan *scan, const char *name)
{
    for (size_t i = 0; i < scan->drivers->len; i++) {
        const virPCIDriver *driver = g_ptr_array_index(scan->drivers, i);

        if (g_str_equal(driver->name, name))
            return driver;
    }
    g_ptr_array_add(scan->drivers, virPCIDriverNew(scan->host, name, scan->index));
    return g_ptr_array_index(scan->drivers, scan->drivers->len - 1);
}

/* The walk through one driver's directory. */
typedef struct {
    virPCIScan *scan;
    const char *name;
    const virPCIDriver *driver; /* NULL until a device of it is met */
} virPCIScanWalk;

static void
virPCIScanMeetDevice(const char *name, int type G_GNUC_UNUSED, void *opaque)
{
    virPCIScanWalk *walk = opaque;
    virPCIDeviceAddress addr;
    virPCIScanDevice *device;

    if (!virPCIDeviceAddressParse(name, &addr) ||
        !(device = virPCIScanFindDevice(walk->scan, &addr)))
        return;
    if (!walk->driver)
        walk->driver = virPCIScanGetDriver(walk->scan, walk->name);
    virPCIScanSet(device, walk->driver);
}

static void
virPCIScanWalkDriver(virPCIScan *scan, const char *name)
{
    g_autofree char *path = g_build_filename("sys/bus/pci/drivers", name, NULL);
    virPCIScanWalk walk = {.scan = scan, .name = name};

    /* A driver that was unloaded meanwhile has no devices. */
    (void)!virSysfsList(virPCIHostGetRoot(scan->host), path, virPCIScanMeetDevice, &walk);
}

static void
virPCIScanFreeError(void *opaque)
{
    virErrorInfo *error = opaque;

    g_free(error->message);
    g_free(error);
}

static void
virPCIScanKeepError(virPCIScan *scan, virPCIScanDevice *device)
{
    virErrorInfo *error;

    if (virErrorGetLast()->code != VIR_ERR_DEVICE_MISSING) {
        error = g_new0(virErrorInfo, 1);
        virErrorPreserve(error);
        g_ptr_array_add(scan->errors, error);
        device->error = error;
    }
    virErrorReset();
}

/* Asks the device itself. A device that is gone stays as it is: whoever wants its facts learns. */
static void
virPCIScanAskDevice(virPCIScan *scan, virPCIScanDevice *device)
{
    g_auto(virPCIBinding) binding = {0};

    device->error = NULL;
    if (virPCIBindingRead(scan->host, &device->addr, &binding) < 0) {
        virPCIScanKeepError(scan, device);
        return;
    }
    device->driver = binding.driver ? virPCIScanGetDriver(scan, binding.driver) : NULL;
    device->type = binding.type;
    device->basis = binding.basis;
}

static bool
virPCIScanCheckVFIODev(virPCIScan *scan, virPCIScanDevice *device)
{
    char path[VIR_PCI_DEVICE_PATHLEN];

    virPCIDeviceFormatPath(&device->addr, "vfio-dev", path);
    if (!virSysfsIsDir(virPCIHostGetRoot(scan->host), path))
        return false;
    device->type = VIR_PCI_STUB_DRIVER_VFIO;
    device->basis = VIR_PCI_DRIVER_BASIS_VFIO_DEV;
    return true;
}

static bool
virPCIScanIsCandidate(const virPCIScanDevice *device)
{
    return device->driver && device->type == VIR_PCI_STUB_DRIVER_NONE &&
           device->driver->mayBeBinding;
}

/* Devices in the middle of binding are waited for together, not one after the other. */
static void
virPCIScanAwaitCandidates(virPCIScan *scan)
{
    for (guint attempt = 0; attempt < VIR_PCI_BINDING_RETRIES; attempt++) {
        bool waited = false;

        for (size_t i = 0; i < scan->devices->len; i++) {
            virPCIScanDevice *device = &g_array_index(scan->devices, virPCIScanDevice, i);

            if (!virPCIScanIsCandidate(device))
                continue;
            if (!waited) {
                VIR_DEBUG("drivers without vfio-dev yet, attempt %u", attempt + 1);
                g_usleep(virPCIBindingRetryDelay(attempt));
            }
            waited = true;
            virPCIScanCheckVFIODev(scan, device);
        }
        if (!waited)
            return;
    }
}

/*
 * Devices that have a driver and no vfio-dev may have changed their driver while we looked
 * elsewhere: the directories of their drivers, read once more, show whether they are still there.
 */
typedef struct {
    virPCIScan *scan;
    const virPCIDriver *driver;
    guint8 *confirmed; /* one per device of the scan */
} virPCIScanConfirmation;

static void
virPCIScanConfirmDevice(const char *name, int type G_GNUC_UNUSED, void *opaque)
{
    virPCIScanConfirmation *confirmation = opaque;
    virPCIDeviceAddress addr;
    virPCIScanDevice *device;

    if (virPCIDeviceAddressParse(name, &addr) &&
        (device = virPCIScanFindDevice(confirmation->scan, &addr)) &&
        device->driver == confirmation->driver) {
        size_t place = (size_t)(device - (virPCIScanDevice *)confirmation->scan->devices->data);

        confirmation->confirmed[place] = 1;
    }
}

static void
virPCIScanConfirm(virPCIScan *scan)
{
    g_autofree guint8 *confirmed = g_new0(guint8, scan->devices->len);
    size_t known = scan->drivers->len; /* asking a device may add one */

    for (size_t i = 0; i < known; i++) {
        const virPCIDriver *driver = g_ptr_array_index(scan->drivers, i);
        g_autofree char *path = g_build_filename("sys/bus/pci/drivers", driver->name, NULL);
        virPCIScanConfirmation confirmation = {scan, driver, confirmed};

        if (driver->type == VIR_PCI_STUB_DRIVER_NONE) {
            (void)!virSysfsList(virPCIHostGetRoot(scan->host), path, virPCIScanConfirmDevice,
                                &confirmation);
        }
    }
    for (size_t i = 0; i < scan->devices->len; i++) {
        virPCIScanDevice *device = &g_array_index(scan->devices, virPCIScanDevice, i);

        if (device->driver && device->type == VIR_PCI_STUB_DRIVER_NONE && !confirmed[i])
            virPCIScanAskDevice(scan, device);
    }
}

static void
virPCIScanClassify(virPCIScan *scan)
{
    g_auto(GStrv) drivers = virSysfsListNames(virPCIHostGetRoot(scan->host), "sys/bus/pci/drivers");

    for (size_t i = 0; drivers[i]; i++) {
        if (g_utf8_validate(drivers[i], -1, NULL))
            virPCIScanWalkDriver(scan, drivers[i]);
    }
    for (size_t i = 0; i < scan->devices->len; i++) {
        virPCIScanDevice *device = &g_array_index(scan->devices, virPCIScanDevice, i);

        /* In no driver's directory: unbound, or on its way from one to another. */
        if (!device->driver)
            virPCIScanAskDevice(scan, device);
        else if (device->type == VIR_PCI_STUB_DRIVER_NONE)
            virPCIScanCheckVFIODev(scan, device);
    }
    virPCIScanAwaitCandidates(scan);
    virPCIScanConfirm(scan);
}

virPCIScan *
virPCIScanNew(virPCIHost *host)
{
    g_autoptr(virPCIScan) scan = g_new0(virPCIScan, 1);
    int rc;

    scan->host = virPCIHostRef(host);
    scan->index = virKModGetIndex(virPCIHostGetKMod(host));
    scan->devices = g_array_new(FALSE, FALSE, sizeof(virPCIScanDevice));
    scan->drivers = g_ptr_array_new_with_free_func((GDestroyNotify)virPCIDriverFree);
    scan->errors = g_ptr_array_new_with_free_func(virPCIScanFreeError);

    rc = virSysfsList(virPCIHostGetRoot(host), "sys/bus/pci/devices", virPCIScanAddDevice, scan);
    if (rc < 0 && rc != -ENOENT) {
        virReportSystemError(-rc, _("cannot list the PCI devices of this host"));
        return NULL;
    }
    g_array_sort(scan->devices, virPCIScanCompare);
    virPCIScanClassify(scan);
    return g_steal_pointer(&scan);
}

void
virPCIScanFree(virPCIScan *scan)
{
    if (!scan)
        return;
    g_ptr_array_unref(scan->drivers);
    g_ptr_array_unref(scan->errors);
    g_array_unref(scan->devices);
    virKModIndexUnref(scan->index);
    virPCIHostUnref(scan->host);
    g_free(scan);
}

size_t
virPCIScanCount(const virPCIScan *scan)
{
    return scan->devices->len;
}

const virPCIScanDevice *
virPCIScanGet(const virPCIScan *scan, size_t i)
{
    return &g_array_index(scan->devices, virPCIScanDevice, i);
}

const virPCIScanDevice *
virPCIScanFind(const virPCIScan *scan, const virPCIDeviceAddress *addr)
{
    return virPCIScanFindDevice(scan, addr);
}

virKModIndex *
virPCIScanGetIndex(const virPCIScan *scan)
{
    return scan->index;
}
