/*
 * node_device_driver.c: the host's devices: found and described
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <limits.h>
#include <string.h>

#include <libvirt/libvirt.h>

#include "capabilities.h"
#include "node_device_driver.h"
#include "virerror.h"
#include "virgettext.h"
#include "virpcivf.h"

#define VIR_FROM_THIS           VIR_FROM_NODEDEV

#define VIR_NODE_DEVICE_PCI_DIR "sys/bus/pci/devices"
#define VIR_NODE_DEVICE_DMI_DIR "sys/class/dmi/id"

/* All flags that name capabilities; the others say which state of a device is meant. */
#define VIR_NODE_DEVICE_CAP_FLAGS                                                                  \
    (~(unsigned int)(VIR_CONNECT_LIST_NODE_DEVICES_INACTIVE | VIR_CONNECT_LIST_NODE_DEVICES_ACTIVE))

unsigned int
virNodeDeviceCapFlag(const char *cap)
{
    if (g_str_equal(cap, "system"))
        return VIR_CONNECT_LIST_NODE_DEVICES_CAP_SYSTEM;
    if (g_str_equal(cap, "pci"))
        return VIR_CONNECT_LIST_NODE_DEVICES_CAP_PCI_DEV;
    return 0;
}

/* --- finding ---------------------------------------------------------------------------------- */

static void
virNodeDeviceNoteAddress(const char *name, int type G_GNUC_UNUSED, void *opaque)
{
    GArray *addresses = opaque;
    virPCIDeviceAddress addr;

    if (virPCIDeviceAddressParse(name, &addr))
        g_array_append_val(addresses, addr);
}

static int
virNodeDeviceCompare(const void *a, const void *b)
{
    return virPCIDeviceAddressCompare(a, b);
}

char **
virNodeDeviceListNames(virPCIHost *host, unsigned int flags)
{
    g_autoptr(GArray) addresses = g_array_new(FALSE, FALSE, sizeof(virPCIDeviceAddress));
    g_autoptr(GStrvBuilder) names = g_strv_builder_new();
    unsigned int caps = flags & VIR_NODE_DEVICE_CAP_FLAGS;
    unsigned int states = flags & ~VIR_NODE_DEVICE_CAP_FLAGS;

    /* Every device that is there is active. */
    if (states == VIR_CONNECT_LIST_NODE_DEVICES_INACTIVE)
        return g_strv_builder_end(names);
    if (caps == 0 || caps & VIR_CONNECT_LIST_NODE_DEVICES_CAP_SYSTEM)
        g_strv_builder_add(names, VIR_NODE_DEVICE_COMPUTER);
    if ((caps == 0 || caps & VIR_CONNECT_LIST_NODE_DEVICES_CAP_PCI_DEV) &&
        virSysfsList(virPCIHostGetRoot(host), VIR_NODE_DEVICE_PCI_DIR, virNodeDeviceNoteAddress,
                     addresses) == 0)
        g_array_sort(addresses, virNodeDeviceCompare);
    for (guint i = 0; i < addresses->len; i++) {
        g_autofree char *name =
            virNodeDevicePCIName(&g_array_index(addresses, virPCIDeviceAddress, i));

        g_strv_builder_add(names, name);
    }
    return g_strv_builder_end(names);
}

static int
virNodeDeviceMissing(const char *name)
{
    g_autofree char *quoted = g_utf8_substring(name, 0, MIN(g_utf8_strlen(name, -1), 100));

    virReportError(VIR_ERR_NO_NODE_DEVICE,
                   _("Node device not found: no node device with matching name '%1$s'"), quoted);
    return -1;
}

/* Its entry in the list of devices, below the root; caller frees. */
static char *
virNodeDeviceEntry(const virPCIDeviceAddress *addr)
{
    g_autofree char *text = virPCIDeviceAddressAsString(addr);

    return g_build_filename(VIR_NODE_DEVICE_PCI_DIR, text, NULL);
}

int
virNodeDeviceLookup(virPCIHost *host, const char *name, virPCIDeviceAddress *addr)
{
    g_autofree char *entry = NULL;
    virPCIDeviceAddress found;

    if (!addr && g_str_equal(name, VIR_NODE_DEVICE_COMPUTER))
        return 0;
    if (!virNodeDevicePCIParseName(name, &found))
        return virNodeDeviceMissing(name);
    entry = virNodeDeviceEntry(&found);
    if (!virSysfsExists(virPCIHostGetRoot(host), entry))
        return virNodeDeviceMissing(name);
    if (addr)
        *addr = found;
    return 0;
}

/* --- describing ------------------------------------------------------------------------------- */

/* Its place in the tree of devices ("/sys/devices/pci0000:00/0000:00:01.0"), or NULL. */
static char *
virNodeDevicePath(virPCIHost *host, const virPCIDeviceAddress *addr)
{
    g_autofree char *entry = virNodeDeviceEntry(addr);
    g_autofree char *target = NULL;
    const char *devices;

    if (virSysfsReadLinkTarget(virPCIHostGetRoot(host), entry, &target) < 0)
        return NULL;
    devices = strstr(target, "devices/");
    return devices ? g_strconcat("/sys/", devices, NULL) : NULL;
}

/* What comes before the device in its path, if that is a PCI device too. */
static char *
virNodeDeviceParentOf(const char *path)
{
    g_autofree char *directory = path ? g_path_get_dirname(path) : NULL;
    g_autofree char *last = directory ? g_path_get_basename(directory) : NULL;
    virPCIDeviceAddress addr;

    if (last && virPCIDeviceAddressParse(last, &addr))
        return virNodeDevicePCIName(&addr);
    return g_strdup(VIR_NODE_DEVICE_COMPUTER);
}

char *
virNodeDeviceFindParent(virPCIHost *host, const char *name)
{
    g_autofree char *path = NULL;
    virPCIDeviceAddress addr;

    if (!virNodeDevicePCIParseName(name, &addr))
        return NULL;
    path = virNodeDevicePath(host, &addr);
    return virNodeDeviceParentOf(path);
}

static char *
virNodeDeviceReadText(virPCIHost *host, const char *directory, const char *name)
{
    g_autofree char *path = g_build_filename(directory, name, NULL);
    char *text = NULL;

    return virSysfsRead(virPCIHostGetRoot(host), path, &text) < 0 ? NULL : text;
}

static unsigned int
virNodeDeviceReadNumber(virPCIHost *host, const char *directory, const char *name)
{
    g_autofree char *text = virNodeDeviceReadText(host, directory, name);
    guint64 number;

    /* The kernel writes 255 lanes where it does not know. */
    if (!text || !g_ascii_string_to_unsigned(text, 10, 0, USHRT_MAX, &number, NULL))
        return 0;
    return (unsigned int)number;
}

/* "8.0 GT/s PCIe" is 8; "Unknown" is nothing. */
static void
virNodeDeviceReadLink(virPCIHost *host, const char *entry, const char *which,
                      virNodeDeviceLink *link)
{
    g_autofree char *speedName = g_strconcat(which, "_link_speed", NULL);
    g_autofree char *widthName = g_strconcat(which, "_link_width", NULL);
    g_autofree char *speed = virNodeDeviceReadText(host, entry, speedName);
    char buffer[G_ASCII_DTOSTR_BUF_SIZE];
    double value = speed ? g_ascii_strtod(speed, NULL) : 0;

    link->width = virNodeDeviceReadNumber(host, entry, widthName);
    if (link->width == 255)
        link->width = 0;
    if (value > 0 && value < 10000)
        link->speed = g_strdup(g_ascii_formatd(buffer, sizeof(buffer), "%g", value));
}

static void
virNodeDeviceReadGroup(virPCIHost *host, virNodeDevicePCI *pci)
{
    g_autofree char *path = NULL;

    if (pci->facts.iommuGroup < 0)
        return;
    path = g_strdup_printf("sys/kernel/iommu_groups/%d/devices", pci->facts.iommuGroup);
    if (virSysfsList(virPCIHostGetRoot(host), path, virNodeDeviceNoteAddress, pci->group) == 0)
        g_array_sort(pci->group, virNodeDeviceCompare);
}

static int
virNodeDeviceReadPCI(virPCIHost *host, virNodeDeviceDef *def)
{
    virNodeDevicePCI *pci = def->pci;
    g_autoptr(virPCIDevice) dev = virPCIDeviceNew(host, &pci->addr);
    g_autofree char *entry = virNodeDeviceEntry(&pci->addr);
    g_autoptr(GArray) functions = NULL;
    virPCIStubDriver type;

    if (!dev || virPCIDeviceReadFacts(dev, &pci->facts) < 0 ||
        virPCIDeviceGetDriverNameAndType(dev, &def->driver, &type) < 0)
        return -1;
    functions = virPCIDeviceGetVFs(dev);
    for (guint i = 0; i < functions->len; i++)
        g_array_append_vals(pci->functions, &g_array_index(functions, virPCIVF, i).addr, 1);
    pci->maxFunctions = virNodeDeviceReadNumber(host, entry, "sriov_totalvfs");
    virNodeDeviceReadGroup(host, pci);
    virNodeDeviceReadLink(host, entry, "max", &pci->capable);
    virNodeDeviceReadLink(host, entry, "current", &pci->current);
    return 0;
}

static void
virNodeDeviceReadSystem(virPCIHost *host, virNodeDeviceSystem *system)
{
    system->uuid = virCapsReadUUID(virPCIHostGetRoot(host));
    system->vendor = virNodeDeviceReadText(host, VIR_NODE_DEVICE_DMI_DIR, "sys_vendor");
    system->product = virNodeDeviceReadText(host, VIR_NODE_DEVICE_DMI_DIR, "product_name");
    system->version = virNodeDeviceReadText(host, VIR_NODE_DEVICE_DMI_DIR, "product_version");
    system->firmwareVendor = virNodeDeviceReadText(host, VIR_NODE_DEVICE_DMI_DIR, "bios_vendor");
    system->firmwareVersion = virNodeDeviceReadText(host, VIR_NODE_DEVICE_DMI_DIR, "bios_version");
    system->firmwareDate = virNodeDeviceReadText(host, VIR_NODE_DEVICE_DMI_DIR, "bios_date");
}

virNodeDeviceDef *
virNodeDeviceDescribe(virPCIHost *host, const char *name)
{
    g_autoptr(virNodeDeviceDef) def = NULL;
    virPCIDeviceAddress addr;

    if (g_str_equal(name, VIR_NODE_DEVICE_COMPUTER)) {
        def = virNodeDeviceDefNewSystem();
        virNodeDeviceReadSystem(host, def->system);
        return g_steal_pointer(&def);
    }
    if (virNodeDeviceLookup(host, name, &addr) < 0)
        return NULL;
    def = virNodeDeviceDefNewPCI(&addr);
    if (virNodeDeviceReadPCI(host, def) < 0) {
        if (virErrorGetLast()->code == VIR_ERR_DEVICE_MISSING)
            virNodeDeviceMissing(name);
        return NULL;
    }
    def->path = virNodeDevicePath(host, &addr);
    def->parent = virNodeDeviceParentOf(def->path);
    return g_steal_pointer(&def);
}
