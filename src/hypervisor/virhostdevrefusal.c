/*
 * virhostdevrefusal.c: why somebody cannot have a device, and what to do about it
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "virerror.h"
#include "virgettext.h"
#include "virhostdevrefusal.h"

#define VIR_FROM_THIS VIR_FROM_DEVICE

static void
virHostdevRefusalReportToAdministrator(const char *name, const virHostdevLedgerEntry *entry)
{
    g_autofree char *who = virHostdevLedgerEntryDescribe(entry);

    if (entry->state == VIR_HOSTDEV_ACTIVE)
        virReportError(VIR_ERR_OPERATION_INVALID,
                       _("%1$s is in use by guest '%2$s': detach it from the guest first"), name,
                       entry->domName);
    else
        virReportError(VIR_ERR_OPERATION_INVALID,
                       _("%1$s cannot be changed now: %2$s; try again when that is done"), name,
                       who);
}

/* The very device. */
static void
virHostdevRefusalReportTaken(const virHostdevUser *user, const char *name,
                             const virHostdevLedgerEntry *entry)
{
    g_autofree char *who = virHostdevLedgerEntryDescribe(entry);

    if (entry->state == VIR_HOSTDEV_ACTIVE && virHostdevLedgerEntryIsOf(entry, user))
        virReportError(VIR_ERR_OPERATION_INVALID,
                       _("cannot give host device %1$s to guest '%2$s': %3$s already"), name,
                       user->domName, who);
    else if (entry->state == VIR_HOSTDEV_ACTIVE)
        virReportError(VIR_ERR_OPERATION_INVALID,
                       _("cannot give host device %1$s to guest '%2$s': %3$s; detach it there, or "
                         "shut that guest down, first"),
                       name, user->domName, who);
    else
        virReportError(VIR_ERR_OPERATION_INVALID,
                       _("cannot give host device %1$s to guest '%2$s' now: %3$s; try again when "
                         "that is done"),
                       name, user->domName, who);
}

/* Another device of its group. */
static void
virHostdevRefusalReportGroup(const virHostdevUser *user, const char *name,
                             const virHostdevLedgerEntry *entry)
{
    g_autofree char *other = virPCIDeviceAddressAsString(&entry->address);
    g_autofree char *who = virHostdevLedgerEntryDescribe(entry);

    if (virHostdevLedgerEntryIsMoving(entry))
        virReportError(VIR_ERR_OPERATION_INVALID,
                       _("cannot give host device %1$s to guest '%2$s' now: %3$s is in the same "
                         "IOMMU group (%4$d), and %5$s; try again when that is done"),
                       name, user->domName, other, entry->group, who);
    else
        virReportError(VIR_ERR_OPERATION_INVALID,
                       _("cannot give host device %1$s to guest '%2$s': guest '%3$s' of %4$s has "
                         "%5$s, and members of one IOMMU group (%6$d) cannot go to different "
                         "guests; detach %5$s there, or shut that guest down, first"),
                       name, user->domName, entry->domName, entry->drvName, other, entry->group);
}

void
virHostdevRefusalReport(const virHostdevUser *user, const virPCIDeviceAddress *address,
                        const virHostdevLedgerEntry *entry)
{
    g_autofree char *name = virPCIDeviceAddressAsString(address);

    if (!user)
        virHostdevRefusalReportToAdministrator(name, entry);
    else if (virPCIDeviceAddressCompare(address, &entry->address) == 0)
        virHostdevRefusalReportTaken(user, name, entry);
    else
        virHostdevRefusalReportGroup(user, name, entry);
}

void
virHostdevRefusalReportFound(const virHostdevUser *user, const virPCIDeviceAddress *address,
                             const virHostdevLedgerEntry *entry)
{
    g_autofree char *name = virPCIDeviceAddressAsString(address);
    g_autofree char *other = virPCIDeviceAddressAsString(&entry->address);
    g_autofree char *who = virHostdevLedgerEntryDescribe(entry);

    if (virPCIDeviceAddressCompare(address, &entry->address) == 0)
        virReportError(VIR_ERR_OPERATION_INVALID,
                       _("host device %1$s is not listed as that of guest '%2$s', which runs with "
                         "it: %3$s; only one of them can have it: shut the other one down"),
                       name, user->domName, who);
    else
        virReportError(VIR_ERR_OPERATION_INVALID,
                       _("host device %1$s is not listed as that of guest '%2$s', which runs with "
                         "it: %3$s is in the same IOMMU group (%4$d), and %5$s; only one of them "
                         "can have the group: shut the other one down"),
                       name, user->domName, other, entry->group, who);
}
