/*
 * node_device_driver.c: the host's devices: found and described
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

#include <libvirt/libvirt.h>

#include "capabilities.h"
#include "node_device_driver.h"
#include "node_device_net.h"
#include "virerror.h"
#include "virfile.h"
#include "virgettext.h"
#include "virpcinames.h"
#include "virpcivf.h"

#define VIR_FROM_THIS           VIR_FROM_NODEDEV

#define VIR_NODE_DEVICE_PCI_DIR "sys/bus/pci/devices"
#define VIR_NODE_DEVICE_DMI_DIR "sys/class/dmi/id"

/* libvirt's names of capabilities; the flag of each is the bit of its place. */
static const char *const virNodeDeviceCapNames[] = {
    "system",      "pci",        "usb_device", "usb",     "net",    "scsi_host",
    "scsi_target", "scsi",       "storage",    "fc_host", "vports", "scsi_generic",
    "drm",         "mdev_types", "mdev",       "ccw",     "css",    "vdpa",
    "ap_card",     "ap_queue",   "ap_matrix",  "vpd",
};
#define VIR_NODE_DEVICE_CAP_FLAGS ((1U << G_N_ELEMENTS(virNodeDeviceCapNames)) - 1)
#define VIR_NODE_DEVICE_STATE_FLAGS                                                                \
    ((unsigned int)VIR_CONNECT_LIST_NODE_DEVICES_INACTIVE |                                        \
     (unsigned int)VIR_CONNECT_LIST_NODE_DEVICES_ACTIVE)

int
virNodeDeviceCapFlag(const char *cap, unsigned int *flag)
{
    for (unsigned int i = 0; i < G_N_ELEMENTS(virNodeDeviceCapNames); i++) {
        if (g_str_equal(virNodeDeviceCapNames[i], cap)) {
            *flag = 1U << i;
            return 0;
        }
    }
    virReportError(VIR_ERR_INVALID_ARG,
                   _("invalid argument: devices have no capability '%1$.100s': 'pci' and 'net' are "
                     "among those that there are"),
                   cap);
    return -1;
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

/* Its file of vital product data. Caller closes; negative: it has none. */
static int
virNodeDeviceOpenVPD(virPCIHost *host, const virPCIDeviceAddress *addr)
{
    g_autofree char *text = virPCIDeviceAddressAsString(addr);
    g_autofree char *path = g_build_filename(VIR_NODE_DEVICE_PCI_DIR, text, "vpd", NULL);

    return virSysfsOpen(virPCIHostGetRoot(host), path, O_RDONLY);
}

/* The device is asked for as little as it takes: it answers slowly. */
static bool
virNodeDeviceHasVPD(virPCIHost *host, const virPCIDeviceAddress *addr)
{
    VIR_AUTOCLOSE fd = virNodeDeviceOpenVPD(host, addr);
    guint8 data[4];
    ssize_t len = fd < 0 ? fd : virFileReadSome(fd, data, sizeof(data));

    return len > 0 && virPCIVPDIsStart(data, (size_t)len);
}

static void
virNodeDeviceListPCI(virPCIHost *host, bool vpdOnly, GPtrArray *names)
{
    g_autoptr(GArray) addresses = g_array_new(FALSE, FALSE, sizeof(virPCIDeviceAddress));

    if (virSysfsList(virPCIHostGetRoot(host), VIR_NODE_DEVICE_PCI_DIR, virNodeDeviceNoteAddress,
                     addresses) < 0)
        return;
    g_array_sort(addresses, virNodeDeviceCompare);
    for (guint i = 0; i < addresses->len; i++) {
        const virPCIDeviceAddress *addr = &g_array_index(addresses, virPCIDeviceAddress, i);

        if (!vpdOnly || virNodeDeviceHasVPD(host, addr))
            g_ptr_array_add(names, virNodeDevicePCIName(addr));
    }
}

char **
virNodeDeviceListNames(virPCIHost *host, unsigned int flags)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    unsigned int caps = flags & VIR_NODE_DEVICE_CAP_FLAGS;
    unsigned int states = flags & VIR_NODE_DEVICE_STATE_FLAGS;
    unsigned int odd = flags & ~(VIR_NODE_DEVICE_CAP_FLAGS | VIR_NODE_DEVICE_STATE_FLAGS);

    if (odd != 0) {
        virReportError(
            VIR_ERR_INVALID_ARG,
            _("invalid argument: virConnectListAllNodeDevices does not know the flags 0x%1$x"),
            odd);
        return NULL;
    }
    if (caps == 0)
        caps = VIR_NODE_DEVICE_CAP_FLAGS;
    /* Every device that is there is active. */
    if (states == VIR_CONNECT_LIST_NODE_DEVICES_INACTIVE)
        caps = 0;
    if (caps & VIR_CONNECT_LIST_NODE_DEVICES_CAP_SYSTEM)
        g_ptr_array_add(names, g_strdup(VIR_NODE_DEVICE_COMPUTER));
    if (caps & (VIR_CONNECT_LIST_NODE_DEVICES_CAP_PCI_DEV | VIR_CONNECT_LIST_NODE_DEVICES_CAP_VPD))
        virNodeDeviceListPCI(host, !(caps & VIR_CONNECT_LIST_NODE_DEVICES_CAP_PCI_DEV), names);
    if (caps & VIR_CONNECT_LIST_NODE_DEVICES_CAP_NET) {
        g_autofree char **interfaces = virNodeDeviceNetList(host);

        for (char **name = interfaces; *name; name++)
            g_ptr_array_add(names, *name);
    }
    g_ptr_array_add(names, NULL);
    return (char **)g_ptr_array_free(g_steal_pointer(&names), FALSE);
}

/* Returns -1. */
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

    if (!virNodeDevicePCIParseName(name, &found)) {
        g_autofree char *interface = virNodeDeviceNetFind(host, name);

        if (!interface && !g_str_equal(name, VIR_NODE_DEVICE_COMPUTER))
            return virNodeDeviceMissing(name);
        if (!addr)
            return 0;
        virReportError(VIR_ERR_INVALID_ARG,
                       _("invalid argument: device %1$s is not a PCI device: name the one that it "
                         "hangs on"),
                       name);
        return -1;
    }
    entry = virNodeDeviceEntry(&found);
    if (!virSysfsExists(virPCIHostGetRoot(host), entry))
        return virNodeDeviceMissing(name);
    if (addr)
        *addr = found;
    return 0;
}

/* --- describing ------------------------------------------------------------------------------- */

static char *
virNodeDevicePath(virPCIHost *host, const virPCIDeviceAddress *addr)
{
    g_autofree char *entry = virNodeDeviceEntry(addr);

    return virNodeDeviceFollow(host, entry);
}

char *
virNodeDeviceFindParent(virPCIHost *host, const char *name)
{
    g_autofree char *path = NULL;
    virPCIDeviceAddress addr;

    if (g_str_equal(name, VIR_NODE_DEVICE_COMPUTER))
        return NULL;
    if (virNodeDevicePCIParseName(name, &addr)) {
        path = virNodeDevicePath(host, &addr);
    } else {
        g_autofree char *interface = virNodeDeviceNetFind(host, name);

        path = interface ? virNodeDeviceNetPath(host, interface) : NULL;
    }
    return virNodeDeviceParentOfPath(path);
}

char **
virNodeDeviceFindCaps(virPCIHost *host, const char *name)
{
    g_autoptr(GStrvBuilder) caps = g_strv_builder_new();
    virPCIDeviceAddress addr;

    if (virNodeDeviceLookup(host, name, NULL) < 0)
        return NULL;
    if (virNodeDevicePCIParseName(name, &addr)) {
        g_strv_builder_add(caps, "pci");
        if (virNodeDeviceHasVPD(host, &addr))
            g_strv_builder_add(caps, "vpd");
    } else {
        g_strv_builder_add(caps, g_str_equal(name, VIR_NODE_DEVICE_COMPUTER) ? "system" : "net");
    }
    return g_strv_builder_end(caps);
}

static char *
virNodeDeviceReadText(virPCIHost *host, const char *directory, const char *name)
{
    g_autofree char *path = g_build_filename(directory, name, NULL);
    char *text = NULL;

    return virSysfsRead(virPCIHostGetRoot(host), path, &text) < 0 ? NULL : text;
}

/* False if there is no such file; what is no number is 0. */
static bool
virNodeDeviceReadNumber(int dirfd, const char *name, unsigned int *number)
{
    g_autofree char *text = NULL;
    guint64 value;
    int rc = virSysfsReadAt(dirfd, name, &text);

    /* The kernel writes 255 lanes where it does not know. */
    if (rc == 0 && g_ascii_string_to_unsigned(text, 10, 0, USHRT_MAX, &value, NULL))
        *number = (unsigned int)value;
    return rc != -ENOENT;
}

/* "8.0 GT/s PCIe" is 8; "Unknown" is nothing. False: the device is no end of a link. */
static bool
virNodeDeviceReadLink(int dirfd, const char *speedName, const char *widthName,
                      virNodeDeviceLink *link)
{
    g_autofree char *speed = NULL;
    char buffer[G_ASCII_DTOSTR_BUF_SIZE];
    double value;

    if (virSysfsReadAt(dirfd, speedName, &speed) == -ENOENT)
        return false;
    value = speed ? g_ascii_strtod(speed, NULL) : 0;
    (void)virNodeDeviceReadNumber(dirfd, widthName, &link->width);
    if (link->width == 255)
        link->width = 0;
    if (value > 0 && value < 10000)
        link->speed = g_strdup(g_ascii_formatd(buffer, sizeof(buffer), "%g", value));
    return true;
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

static void
virNodeDeviceReadVPD(int dirfd, virNodeDevicePCI *pci)
{
    VIR_AUTOCLOSE fd = virSysfsOpenAt(dirfd, "vpd");
    g_autofree guint8 *data = NULL;
    size_t used = 0;
    ssize_t len;

    if (fd < 0)
        return;
    data = g_malloc(VIR_PCI_VPD_MAX_SIZE);
    /* What comes before an error is as good as ever. */
    while (used < VIR_PCI_VPD_MAX_SIZE &&
           (len = virFileReadSome(fd, data + used, VIR_PCI_VPD_MAX_SIZE - used)) > 0)
        used += (size_t)len;
    pci->vpd = virPCIVPDParse(data, used);
}

static void
virNodeDeviceReadNames(virNodeDevicePCI *pci)
{
    g_auto(virPCIDeviceNames) found = {0};

    virPCINamesRecall(&pci->facts, &found);
    pci->vendorName = g_steal_pointer(&found.vendor);
    pci->productName = g_steal_pointer(&found.model);
}

static void
virNodeDeviceReadFunctions(virPCIHost *host, virNodeDevicePCI *pci)
{
    g_autoptr(virPCIDevice) dev = virPCIDeviceNew(host, &pci->addr);
    g_autoptr(GArray) functions = dev ? virPCIDeviceGetVFs(dev) : NULL;

    for (guint i = 0; functions && i < functions->len; i++)
        g_array_append_vals(pci->functions, &g_array_index(functions, virPCIVF, i).addr, 1);
}

static int
virNodeDeviceReadPCI(virPCIHost *host, virNodeDeviceDef *def)
{
    virNodeDevicePCI *pci = def->pci;
    VIR_AUTOCLOSE dirfd = virPCIDeviceOpenDir(host, &pci->addr);

    if (dirfd < 0 || virPCIBindingReadName(host, &pci->addr, dirfd, &def->driver) < 0)
        return -1;
    virPCIReadShownFacts(dirfd, &pci->facts);
    if (virNodeDeviceReadNumber(dirfd, "sriov_totalvfs", &pci->maxFunctions))
        virNodeDeviceReadFunctions(host, pci);
    virNodeDeviceReadGroup(host, pci);
    if (virNodeDeviceReadLink(dirfd, "max_link_speed", "max_link_width", &pci->capable))
        virNodeDeviceReadLink(dirfd, "current_link_speed", "current_link_width", &pci->current);
    virNodeDeviceReadVPD(dirfd, pci);
    virNodeDeviceReadNames(pci);
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
    g_autofree char *interface = NULL;
    virPCIDeviceAddress addr;

    if (g_str_equal(name, VIR_NODE_DEVICE_COMPUTER)) {
        def = virNodeDeviceDefNewSystem();
        virNodeDeviceReadSystem(host, def->system);
        return g_steal_pointer(&def);
    }
    if (!virNodeDevicePCIParseName(name, &addr)) {
        if ((interface = virNodeDeviceNetFind(host, name)))
            return virNodeDeviceNetDescribe(host, name, interface);
        virNodeDeviceMissing(name);
        return NULL;
    }
    def = virNodeDeviceDefNewPCI(&addr);
    if (virNodeDeviceReadPCI(host, def) < 0) {
        if (virErrorGetLast()->code == VIR_ERR_DEVICE_MISSING)
            virNodeDeviceMissing(name);
        return NULL;
    }
    def->path = virNodeDevicePath(host, &addr);
    def->parent = virNodeDeviceParentOfPath(def->path);
    return g_steal_pointer(&def);
}
