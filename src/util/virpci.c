/*
 * virpci.c: a PCI device of a host and its facts
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "virfile.h"
#include "virpci.h"

VIR_ENUM_IMPL(virPCIHeaderType, VIR_PCI_HEADER_LAST, "endpoint", "pci-bridge", "cardbus-bridge");

struct _virPCIDevice {
    virPCIHost *host;
    virPCIDeviceAddress address;
    char name[VIR_PCI_ADDRESS_STRLEN];
};

virPCIDevice *
virPCIDeviceNew(virPCIHost *host, const virPCIDeviceAddress *addr)
{
    VIR_AUTOCLOSE dirfd = virPCIDeviceOpenDir(host, addr);
    virPCIDevice *dev;

    if (dirfd < 0)
        return NULL;
    dev = g_new0(virPCIDevice, 1);
    dev->host = virPCIHostRef(host);
    dev->address = *addr;
    virPCIDeviceAddressFormat(addr, dev->name);
    return dev;
}

void
virPCIDeviceFree(virPCIDevice *dev)
{
    if (!dev)
        return;
    virPCIHostUnref(dev->host);
    g_free(dev);
}

const virPCIDeviceAddress *
virPCIDeviceGetAddress(const virPCIDevice *dev)
{
    return &dev->address;
}

const char *
virPCIDeviceGetName(const virPCIDevice *dev)
{
    return dev->name;
}

virPCIHost *
virPCIDeviceGetHost(const virPCIDevice *dev)
{
    return dev->host;
}

bool
virPCIDeviceIsAbove(const virPCIDevice *dev, const char *path)
{
    g_autofree char *target = NULL;
    g_autofree char *part = g_strdup_printf("/%s/", dev->name);

    return virSysfsReadLinkTarget(virPCIHostGetRoot(dev->host), path, &target) == 0 &&
           strstr(target, part);
}

int
virPCIDeviceGetBinding(virPCIDevice *dev, virPCIBinding *binding)
{
    return virPCIBindingRead(dev->host, &dev->address, binding);
}

int
virPCIDeviceGetDriverNameAndType(virPCIDevice *dev, char **drvName, virPCIStubDriver *drvType)
{
    g_auto(virPCIBinding) binding = {0};

    if (virPCIDeviceGetBinding(dev, &binding) < 0)
        return -1;
    *drvName = g_steal_pointer(&binding.driver);
    *drvType = binding.type;
    return 0;
}

/* A number of sysfs from @min to @max, "0x…" or decimal; @otherwise if it is nonsense. */
static int
virPCIParseNumber(const char *text, int min, int max, int otherwise)
{
    bool hex = g_str_has_prefix(text, "0x");
    guint64 value;

    if (!g_ascii_string_to_unsigned(hex ? text + 2 : text, hex ? 16 : 10, (guint64)min,
                                    (guint64)max, &value, NULL))
        return otherwise;
    return (int)value;
}

static int
virPCIReadNumber(int dirfd, const char *name, int min, int max, int otherwise)
{
    g_autofree char *text = NULL;

    if (virSysfsReadAt(dirfd, name, &text) < 0)
        return otherwise;
    return virPCIParseNumber(text, min, max, otherwise);
}

/* One read of modalias says what six files say one by one. */
static void
virPCIReadIdentity(int dirfd, virPCIDeviceFacts *facts)
{
    virModAlias alias;

    if (virSysfsReadAt(dirfd, "modalias", &facts->modalias) == 0 &&
        virModAliasParse(facts->modalias, &alias)) {
        facts->vendor = alias.value[VIR_MODALIAS_VENDOR] & 0xffff;
        facts->device = alias.value[VIR_MODALIAS_DEVICE] & 0xffff;
        facts->subVendor = alias.value[VIR_MODALIAS_SUBVENDOR] & 0xffff;
        facts->subDevice = alias.value[VIR_MODALIAS_SUBDEVICE] & 0xffff;
        facts->classCode =
            (int)(alias.value[VIR_MODALIAS_BASE_CLASS] << 16 |
                  alias.value[VIR_MODALIAS_SUB_CLASS] << 8 | alias.value[VIR_MODALIAS_INTERFACE]);
        return;
    }
    facts->vendor = virPCIReadNumber(dirfd, "vendor", 0, 0xffff, -1);
    facts->device = virPCIReadNumber(dirfd, "device", 0, 0xffff, -1);
    facts->subVendor = virPCIReadNumber(dirfd, "subsystem_vendor", 0, 0xffff, -1);
    facts->subDevice = virPCIReadNumber(dirfd, "subsystem_device", 0, 0xffff, -1);
    facts->classCode = virPCIReadNumber(dirfd, "class", 0, 0xffffff, -1);
}

#define VIR_PCI_CONFIG_HEADER_TYPE 0x0e
#define VIR_PCI_CLASS_PCI_BRIDGE   0x0604
#define VIR_PCI_CLASS_CARDBUS      0x0607

/* The kernel shows the bus below it of each device whose header has one (Linux 4.13). */
static bool
virPCIMayBeBridge(int dirfd, int classCode)
{
    return classCode < 0 || classCode >> 8 == VIR_PCI_CLASS_PCI_BRIDGE ||
           classCode >> 8 == VIR_PCI_CLASS_CARDBUS ||
           faccessat(dirfd, "secondary_bus_number", F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Where the configuration space cannot be read, the class tells nearly as well. */
static virPCIHeaderType
virPCIReadHeaderType(int dirfd, int classCode)
{
    VIR_AUTOCLOSE fd = virSysfsOpenAt(dirfd, "config");
    guint8 type;

    /* One byte: the kernel asks the device, which answers slowly, for each four that are wanted. */
    if (fd >= 0 && pread(fd, &type, sizeof(type), VIR_PCI_CONFIG_HEADER_TYPE) == sizeof(type)) {
        switch (type & 0x7f) {
        case 1:
            return VIR_PCI_HEADER_PCI_BRIDGE;
        case 2:
            return VIR_PCI_HEADER_CARDBUS_BRIDGE;
        default:
            return VIR_PCI_HEADER_ENDPOINT;
        }
    }
    if (classCode >> 8 == VIR_PCI_CLASS_PCI_BRIDGE)
        return VIR_PCI_HEADER_PCI_BRIDGE;
    return classCode >> 8 == VIR_PCI_CLASS_CARDBUS ? VIR_PCI_HEADER_CARDBUS_BRIDGE
                                                   : VIR_PCI_HEADER_ENDPOINT;
}

/* An attribute whose reading takes the device's lock. NULL if it is absent or the device locked. */
static char *
virPCIReadLocked(virPCIDevice *dev, const char *name, virPCIDeviceFacts *facts)
{
    char path[VIR_PCI_DEVICE_PATHLEN];
    char *text = NULL;

    if (facts->locked) /* waiting once is enough */
        return NULL;
    virPCIDeviceFormatPath(&dev->address, name, path);
    facts->locked = virSysfsReadPatiently(virPCIHostGetRoot(dev->host), path, &text) == -ETIMEDOUT;
    return text;
}

/* The kernel prints "(null)" for no override. */
static void
virPCIReadDriverOverride(virPCIDevice *dev, virPCIDeviceFacts *facts)
{
    g_autofree char *override = virPCIReadLocked(dev, "driver_override", facts);

    if (override && *override && strcmp(override, "(null)") != 0)
        facts->driverOverride = g_steal_pointer(&override);
}

static void
virPCIReadNumVFs(virPCIDevice *dev, int dirfd, virPCIDeviceFacts *facts)
{
    g_autofree char *text = NULL;

    /* Most devices have none: that costs no question to the reader. */
    if (faccessat(dirfd, "sriov_numvfs", F_OK, AT_SYMLINK_NOFOLLOW) == 0 &&
        (text = virPCIReadLocked(dev, "sriov_numvfs", facts)))
        facts->numVFs = virPCIParseNumber(text, 0, 0xffff, 0);
}

static int
virPCIReadIOMMUGroup(int dirfd)
{
    g_autofree char *group = NULL;
    guint64 number;

    if (virSysfsReadLinkAt(dirfd, "iommu_group", &group) < 0 ||
        !g_ascii_string_to_unsigned(group, 10, 0, G_MAXINT, &number, NULL))
        return -1;
    return (int)number;
}

static char *
virPCIReadPhysFn(int dirfd)
{
    g_autofree char *physFn = NULL;
    virPCIDeviceAddress addr;

    if (virSysfsReadLinkAt(dirfd, "physfn", &physFn) < 0 ||
        !virPCIDeviceAddressParse(physFn, &addr))
        return NULL;
    return g_steal_pointer(&physFn);
}

/* What is known without asking the device, or for its lock; but the header's type. */
static void
virPCIReadQuickFacts(int dirfd, virPCIDeviceFacts *found)
{
    virPCIReadIdentity(dirfd, found);
    found->iommuGroup = virPCIReadIOMMUGroup(dirfd);
    found->numaNode = virPCIReadNumber(dirfd, "numa_node", 0, G_MAXINT, -1);
    found->physFn = virPCIReadPhysFn(dirfd);
}

void
virPCIReadShownFacts(int dirfd, virPCIDeviceFacts *facts)
{
    memset(facts, 0, sizeof(*facts));
    virPCIReadQuickFacts(dirfd, facts);
    if (virPCIMayBeBridge(dirfd, facts->classCode))
        facts->headerType = virPCIReadHeaderType(dirfd, facts->classCode);
}

int
virPCIDeviceReadFacts(virPCIDevice *dev, virPCIDeviceFacts *facts)
{
    VIR_AUTOCLOSE dirfd = virPCIDeviceOpenDir(dev->host, &dev->address);
    virPCIDeviceFacts found = {0};

    if (dirfd < 0)
        return -1;
    virPCIReadQuickFacts(dirfd, &found);
    found.headerType = virPCIReadHeaderType(dirfd, found.classCode);
    virPCIReadDriverOverride(dev, &found);
    virPCIReadNumVFs(dev, dirfd, &found);
    *facts = found;
    return 0;
}

void
virPCIDeviceFactsClear(virPCIDeviceFacts *facts)
{
    g_free(facts->modalias);
    g_free(facts->driverOverride);
    g_free(facts->physFn);
    memset(facts, 0, sizeof(*facts));
}

void
virPCIBestDriverClear(virPCIBestDriver *best)
{
    g_free(best->pattern);
    g_free(best->module);
    g_free(best->driver);
    memset(best, 0, sizeof(*best));
}

/* Is vfio-pci the answer although no alias says so? */
static bool
virPCIDriverFallsBackToVFIOPCI(virPCIHost *host, const virKModIndex *index)
{
    return virKModIndexGetStatus(index) != VIR_KMOD_INDEX_OK ||
           virSysfsExists(virPCIHostGetRoot(host), "sys/bus/pci/drivers/vfio-pci");
}

bool
virPCIFindBestDriver(virPCIHost *host, const virKModIndex *index, const char *modalias,
                     virPCIBestDriver *best)
{
    const virKModIndexEntry *entry = NULL;
    virModAlias device;

    if (modalias && virModAliasParse(modalias, &device))
        entry = virKModIndexFindBest(index, &device);
    if (!entry && !virPCIDriverFallsBackToVFIOPCI(host, index))
        return false;

    best->pattern = entry ? g_strdup(entry->patternText) : NULL;
    best->module = g_strdup(entry ? entry->module : "vfio_pci");
    best->driver = virKModModuleGetDriver(virPCIHostGetKMod(host), best->module);
    if (!best->driver && strcmp(best->module, "vfio_pci") == 0)
        best->driver = g_strdup("vfio-pci");
    return true;
}
