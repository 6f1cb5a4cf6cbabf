/*
 * virpciiommu.c: IOMMU groups: members, and what keeps a group from being used
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "virerror.h"
#include "virfile.h"
#include "virgettext.h"
#include "virpciiommu.h"

#define VIR_FROM_THIS VIR_FROM_DEVICE

static void
virPCIIOMMUMemberClear(void *opaque)
{
    virPCIIOMMUMember *member = opaque;

    g_free(member->name);
    g_free(member->driver);
}

static bool
virPCIIOMMUDriverBlocks(const char *driver, virPCIStubDriver type)
{
    return driver && type != VIR_PCI_STUB_DRIVER_VFIO && strcmp(driver, "pci-stub") != 0;
}

/* False if the device vanished. A driver that cannot be told is taken for one of the host. */
static bool
virPCIIOMMUReadBinding(virPCIDevice *dev, const virPCIScanDevice *known, virPCIBinding *binding)
{
    if (known && !known->error) {
        binding->driver = known->driver ? g_strdup(known->driver->name) : NULL;
        binding->type = known->type;
        return true;
    }
    if (!known && dev && virPCIDeviceGetBinding(dev, binding) == 0)
        return true;
    if (!dev || (!known && virErrorGetLast()->code == VIR_ERR_DEVICE_MISSING))
        return false;
    virErrorReset();
    binding->driver = g_strdup("?");
    return true;
}

/* Returns false if the device vanished. */
static bool
virPCIIOMMUReadPCIMember(virPCIHost *host, const virPCIScan *scan, const virPCIDeviceAddress *addr,
                         virPCIIOMMUMember *member)
{
    g_autoptr(virPCIDevice) dev = virPCIDeviceNew(host, addr);
    const virPCIScanDevice *known = scan ? virPCIScanFind(scan, addr) : NULL;
    g_auto(virPCIDeviceFacts) facts = {0};
    g_auto(virPCIBinding) binding = {0};

    if (!virPCIIOMMUReadBinding(dev, known, &binding))
        return false;
    member->driver = g_steal_pointer(&binding.driver);
    /* The header is read only where it matters. */
    if (virPCIIOMMUDriverBlocks(member->driver, binding.type)) {
        member->blocks = dev && virPCIDeviceReadFacts(dev, &facts) == 0 &&
                         facts.headerType == VIR_PCI_HEADER_ENDPOINT;
    }
    return true;
}

/* A device of another bus (a platform device, say): its driver must be a VFIO driver too. */
static void
virPCIIOMMUReadOtherMember(virPCIHost *host, int number, virPCIIOMMUMember *member)
{
    g_autofree char *path =
        g_strdup_printf("sys/kernel/iommu_groups/%d/devices/%s", number, member->name);
    VIR_AUTOCLOSE dirfd = virSysfsOpenDir(virPCIHostGetRoot(host), path);

    if (dirfd >= 0 && virSysfsReadLinkAt(dirfd, "driver", &member->driver) == 0)
        member->blocks = !virSysfsIsDirAt(dirfd, "vfio-dev");
}

static void
virPCIIOMMUGroupAdd(virPCIIOMMUGroup *group, virPCIHost *host, const virPCIScan *scan,
                    const char *name)
{
    virPCIIOMMUMember member = {.name = g_strdup(name)};
    virPCIDeviceAddress addr;

    if (!virPCIDeviceAddressParse(name, &addr)) {
        virPCIIOMMUReadOtherMember(host, group->number, &member);
    } else if (!virPCIIOMMUReadPCIMember(host, scan, &addr, &member)) {
        virErrorReset();
        virPCIIOMMUMemberClear(&member);
        return;
    }
    group->viable = group->viable && !member.blocks;
    g_array_append_val(group->members, member);
}

virPCIIOMMUGroup *
virPCIIOMMUGroupNew(virPCIHost *host, const virPCIScan *scan, int number)
{
    virSysfsRoot *root = virPCIHostGetRoot(host);
    g_autofree char *path = g_strdup_printf("sys/kernel/iommu_groups/%d/devices", number);
    g_autofree char *node = g_strdup_printf("dev/vfio/%d", number);
    g_auto(GStrv) names = virSysfsListNames(root, path);
    virPCIIOMMUGroup *group;

    if (!names[0]) {
        virReportError(VIR_ERR_SYSTEM_ERROR, _("cannot read the members of IOMMU group %1$d"),
                       number);
        return NULL;
    }

    group = g_new0(virPCIIOMMUGroup, 1);
    group->number = number;
    group->viable = true;
    group->members = g_array_new(FALSE, FALSE, sizeof(virPCIIOMMUMember));
    g_array_set_clear_func(group->members, virPCIIOMMUMemberClear);
    for (size_t i = 0; names[i]; i++)
        virPCIIOMMUGroupAdd(group, host, scan, names[i]);
    if (virSysfsExists(root, node))
        group->node = g_strdup_printf("/%s", node);
    return group;
}

void
virPCIIOMMUGroupFree(virPCIIOMMUGroup *group)
{
    if (!group)
        return;
    g_array_unref(group->members);
    g_free(group->node);
    g_free(group);
}

char *
virPCIIOMMUGroupDescribeBlockers(const virPCIIOMMUGroup *group)
{
    GString *text = g_string_new(NULL);

    for (size_t i = 0; i < group->members->len; i++) {
        const virPCIIOMMUMember *member = &g_array_index(group->members, virPCIIOMMUMember, i);

        if (!member->blocks)
            continue;
        if (text->len > 0)
            g_string_append(text, ", ");
        virAppend(text, _("%1$s (driver %2$s)"), member->name, member->driver);
    }
    return g_string_free(text, FALSE);
}
