/*
 * virtvfio_advice.c: what to do before a guest can use a device
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "virgettext.h"
#include "virhostdevadvice.h"
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

/* Which driver it gets, as a sentence; caller frees. */
static char *
virtvfioAdviceDescribeBest(const virPCIBestDriver *best)
{
    if (!best->pattern)
        return g_strdup(_("Bind it to vfio-pci, if this kernel has it: nothing here says."));
    if (!best->driver)
        return virFormat(_("Bind it to its best VFIO driver, that of module '%1$s', which is "
                           "loaded for it."),
                         best->module);
    return virFormat(_("Bind it to its best VFIO driver, '%1$s'."), best->driver);
}

static void
virtvfioAdviceAddBind(GPtrArray *steps, const virtvfioDevice *device)
{
    virtvfioAdviceAddCautions(steps, device);
    virtvfioAdviceAdd(steps, virtvfioAdviceDescribeBest(&device->best),
                      virHostdevAdviseBind(device->name, device->group, NULL));
}

/* A member of the group that is on a driver of the host: it has to be bound with the device. */
static void
virtvfioAdviceAddCompanion(GPtrArray *steps, int group, const virPCIIOMMUMember *member)
{
    virtvfioAdviceAdd(
        steps,
        virFormat(_("The host must not use %1$s of the same IOMMU group %2$d, which is on driver "
                    "'%3$s': the IOMMU cannot keep the two apart."),
                  member->name, group, member->driver),
        NULL);
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
virtvfioAdviceUnmanaged(const virtvfioDevice *device)
{
    GPtrArray *steps = g_ptr_array_new_with_free_func(virtvfioStepFree);
    char *companions;

    if (device->facts.headerType != VIR_PCI_HEADER_ENDPOINT) {
        virtvfioAdviceAdd(steps, g_strdup(_("It is a bridge: only endpoints can be assigned.")),
                          NULL);
        return steps;
    }
    virtvfioAdviceAddGroup(steps, device);
    if (device->binding.type == VIR_PCI_STUB_DRIVER_VFIO) {
        if ((companions = virHostdevAdviseBind(NULL, device->group, NULL)))
            virtvfioAdviceAdd(steps, g_strdup(_("Bind what is in the way to VFIO drivers too.")),
                              companions);
    } else {
        if (device->hasBest) {
            virtvfioAdviceAddBind(steps, device);
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
