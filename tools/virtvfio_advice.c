/*
 * virtvfio_advice.c: what to do before a guest can use a device
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "virgettext.h"
#include "virtvfio_advice.h"

static void
virtvfioStepFree(void *opaque)
{
    virtvfioStep *step = opaque;

    g_free(step->text);
    g_free(step->command);
    g_free(step);
}

/* Takes both texts over. */
static void
virtvfioAdviceAdd(GPtrArray *steps, char *text, char *command)
{
    virtvfioStep *step = g_new0(virtvfioStep, 1);

    step->text = text;
    step->command = command;
    g_ptr_array_add(steps, step);
}

/* Names come from sysfs, perhaps a stranger's: what a shell would act on is quoted. */
static char *
virtvfioAdviceQuote(const char *name)
{
    static const char harmless[] = G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "_.:-";

    return name[strspn(name, harmless)] == '\0' ? g_strdup(name) : g_shell_quote(name);
}

static char *
virtvfioAdviceUnbindCommand(const char *address)
{
    return g_strdup_printf("echo %s > /sys/bus/pci/devices/%s/driver/unbind", address, address);
}

static bool
virtvfioAdviceIsRegistered(virPCIHost *host, const char *driver)
{
    g_autofree char *path = g_build_filename("sys/bus/pci/drivers", driver, NULL);

    return virSysfsExists(virPCIHostGetRoot(host), path);
}

static void
virtvfioAdviceAddLoad(GPtrArray *steps, const virPCIBestDriver *best)
{
    g_autofree char *module = virtvfioAdviceQuote(best->module);

    virtvfioAdviceAdd(steps,
                      g_strdup(best->pattern
                                   ? _("Load the module of its best VFIO driver.")
                                   : _("Load vfio-pci, if this kernel has it: nothing here says.")),
                      g_strdup_printf("modprobe %s", module));
}

/* What the host loses with the device. */
static void
virtvfioAdviceAddCautions(GPtrArray *steps, const virtvfioDevice *device)
{
    if (device->facts.numVFs > 0) {
        virtvfioAdviceAdd(steps,
                          virFormat(_("It has %1$d virtual functions: assign one of those instead, "
                                      "or remove them first, for they go with its driver."),
                                    device->facts.numVFs),
                          NULL);
    }
    if (device->binding.driver) {
        virtvfioAdviceAdd(steps,
                          virFormat(_("Make sure that this host does not need it, as its network "
                                      "or its disk: driver '%1$s' gives it up."),
                                    device->binding.driver),
                          NULL);
    }
}

static void
virtvfioAdviceAddBind(GPtrArray *steps, virPCIHost *host, const virtvfioDevice *device)
{
    const virPCIBestDriver *best = &device->best;
    const char *address = device->name;
    g_autofree char *driver = best->driver ? virtvfioAdviceQuote(best->driver) : NULL;

    virtvfioAdviceAddCautions(steps, device);
    if (!best->driver || !virtvfioAdviceIsRegistered(host, best->driver))
        virtvfioAdviceAddLoad(steps, best);
    if (!driver) {
        virtvfioAdviceAdd(steps,
                          g_strdup(_("Ask again: a driver may be named otherwise than its module, "
                                     "and its name is known once it is loaded.")),
                          g_strdup_printf("virtvfio explain %s", address));
        return;
    }
    if (g_strcmp0(device->facts.driverOverride, best->driver) != 0) {
        virtvfioAdviceAdd(
            steps, g_strdup(_("Reserve the device for that driver.")),
            g_strdup_printf("echo %s > /sys/bus/pci/devices/%s/driver_override", driver, address));
    }
    if (device->binding.driver) {
        virtvfioAdviceAdd(steps,
                          virFormat(_("Take it from driver '%1$s'."), device->binding.driver),
                          virtvfioAdviceUnbindCommand(address));
    }
    virtvfioAdviceAdd(steps, virFormat(_("Have the kernel bind it to '%1$s'."), best->driver),
                      g_strdup_printf("echo %s > /sys/bus/pci/drivers_probe", address));
}

static void
virtvfioAdviceAddCompanion(GPtrArray *steps, int group, const virPCIIOMMUMember *member)
{
    virPCIDeviceAddress addr;
    bool isPCI = virPCIDeviceAddressParse(member->name, &addr);

    virtvfioAdviceAdd(
        steps,
        virFormat(_("Take %1$s, of the same IOMMU group %2$d, from driver '%3$s': the IOMMU cannot "
                    "keep the two apart, so the host must not use it meanwhile."),
                  member->name, group, member->driver),
        isPCI ? virtvfioAdviceUnbindCommand(member->name) : NULL);
}

static void
virtvfioAdviceAddGroup(GPtrArray *steps, const virtvfioDevice *device)
{
    const virPCIIOMMUGroup *group = device->group;

    if (device->facts.iommuGroup < 0) {
        virtvfioAdviceAdd(steps,
                          g_strdup(_("Turn the IOMMU on: the device has no IOMMU group, and cannot "
                                     "be assigned without one.")),
                          g_strdup("virtvfio check"));
        return;
    }
    if (!group) {
        virtvfioAdviceAdd(steps,
                          virFormat(_("Find out why the members of IOMMU group %1$d cannot be "
                                      "read."),
                                    device->facts.iommuGroup),
                          NULL);
        return;
    }
    for (size_t i = 0; i < group->members->len; i++) {
        const virPCIIOMMUMember *member = &g_array_index(group->members, virPCIIOMMUMember, i);

        if (member->blocks && strcmp(member->name, device->name) != 0)
            virtvfioAdviceAddCompanion(steps, group->number, member);
    }
    if (device->binding.type == VIR_PCI_STUB_DRIVER_VFIO && !group->node) {
        virtvfioAdviceAdd(
            steps,
            virFormat(_("Find out why there is no /dev/vfio/%1$d: is udev or devtmpfs "
                        "at work on this host?"),
                      group->number),
            NULL);
    }
}

GPtrArray *
virtvfioAdviceUnmanaged(virPCIHost *host, const virtvfioDevice *device)
{
    GPtrArray *steps = g_ptr_array_new_with_free_func(virtvfioStepFree);

    if (device->facts.headerType != VIR_PCI_HEADER_ENDPOINT) {
        virtvfioAdviceAdd(steps, g_strdup(_("It is a bridge: only endpoints can be assigned.")),
                          NULL);
        return steps;
    }
    virtvfioAdviceAddGroup(steps, device);
    if (device->binding.type != VIR_PCI_STUB_DRIVER_VFIO) {
        if (device->hasBest) {
            virtvfioAdviceAddBind(steps, host, device);
        } else {
            virtvfioAdviceAdd(steps,
                              g_strdup(_("Install a kernel with a VFIO driver for it: this one has "
                                         "not even vfio-pci, which takes any device.")),
                              NULL);
        }
    }
    if (steps->len == 0) {
        virtvfioAdviceAdd(steps,
                          g_strdup(_("Nothing: a guest can have it as <hostdev mode='subsystem' "
                                     "type='pci' managed='no'>.")),
                          NULL);
    }
    return steps;
}

GPtrArray *
virtvfioAdviceManaged(const virtvfioDevice *device)
{
    GPtrArray *steps = g_ptr_array_new_with_free_func(virtvfioStepFree);

    if (device->facts.headerType != VIR_PCI_HEADER_ENDPOINT) {
        virtvfioAdviceAdd(steps, g_strdup(_("It is a bridge: only endpoints can be assigned.")),
                          NULL);
    } else if (device->binding.type == VIR_PCI_STUB_DRIVER_VFIO && device->group &&
               device->group->viable) {
        virtvfioAdviceAdd(
            steps,
            g_strdup(_("Nothing: it stays on its VFIO driver, while a guest has it and "
                       "after.")),
            NULL);
    } else {
        virtvfioAdviceAdd(
            steps,
            g_strdup(_("Nothing by hand: 'virtvfio run', as root, binds it and gives it "
                       "back after. This tells what is in the way:")),
            g_strdup_printf("virtvfio bind --dry-run %s", device->name));
    }
    return steps;
}
