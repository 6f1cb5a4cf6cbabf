/*
 * virhostdevrequest.c: what an administrator does with devices, while no guest can get them
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "virerror.h"
#include "virgettext.h"
#include "virhostdevrequest.h"
#include "virpcibindreturn.h"

#define VIR_FROM_THIS VIR_FROM_DEVICE

void
virHostdevRequestClear(virHostdevRequest *request)
{
    virErrorInfo cause = {0};

    if (!request->devices)
        return;
    virErrorPreserve(&cause);
    if (request->devices->len > 0)
        virHostdevLedgerRelease(request->ledger, NULL, request->devices);
    virErrorRestore(&cause);
    g_clear_pointer(&request->devices, g_array_unref);
}

virHostdevDevice
virHostdevDeviceRead(virPCIHost *host, const virPCIDeviceAddress *addr)
{
    virHostdevDevice device = {.address = *addr, .group = -1};
    char path[VIR_PCI_DEVICE_PATHLEN];
    g_autofree char *name = NULL;
    guint64 group;

    virPCIDeviceFormatPath(addr, "iommu_group", path);
    if (virSysfsReadLink(virPCIHostGetRoot(host), path, &name) == 0 &&
        g_ascii_string_to_unsigned(name, 10, 0, G_MAXINT, &group, NULL))
        device.group = (int)group;
    return device;
}

static const virHostdevDevice *
virHostdevRequestFind(const virHostdevRequest *request, const virPCIDeviceAddress *addr)
{
    for (guint i = 0; request->devices && i < request->devices->len; i++) {
        const virHostdevDevice *device = &g_array_index(request->devices, virHostdevDevice, i);

        if (virPCIDeviceAddressCompare(&device->address, addr) == 0)
            return device;
    }
    return NULL;
}

bool
virHostdevRequestHas(const virHostdevRequest *request, const virPCIDeviceAddress *addr)
{
    return virHostdevRequestFind(request, addr);
}

int
virHostdevRequestAdd(virHostdevRequest *request, const virPCIDeviceAddress *addr)
{
    virHostdevDevice device = virHostdevDeviceRead(request->host, addr);
    g_autoptr(GArray) one = g_array_new(FALSE, FALSE, sizeof(virHostdevDevice));

    g_array_append_val(one, device);
    if (virHostdevLedgerClaim(request->ledger, NULL, one) < 0)
        return -1;
    if (!request->devices)
        request->devices = g_array_new(FALSE, FALSE, sizeof(virHostdevDevice));
    g_array_append_val(request->devices, device);
    return 0;
}

bool
virHostdevRequestIsLeft(const virJournalRecord *record)
{
    return g_str_has_prefix(record->holder, VIR_PCI_BIND_GUEST_PREFIX);
}

int
virHostdevRequestCheckReturn(const virHostdevRequest *request, const virJournalRecord *record)
{
    const virHostdevDevice *device = virHostdevRequestFind(request, &record->address);
    g_autoptr(virHostdevLedgerEntry) entry = NULL;
    g_autofree char *name = virPCIDeviceAddressAsString(&record->address);
    g_autofree char *other = NULL;

    if (!device || !virPCIBindIsHostDriver(request->host, record->driver) ||
        !(entry = virHostdevLedgerFindCompanion(request->ledger, device)))
        return 0;
    other = virPCIDeviceAddressAsString(&entry->address);
    virReportError(VIR_ERR_OPERATION_INVALID,
                   _("%1$s cannot go back to driver %2$s now: guest '%3$s' has %4$s of the same "
                     "IOMMU group (%5$d), and the host can use no member of the group meanwhile; "
                     "detach %4$s from the guest first"),
                   name, record->driver, entry->domName, other, device->group);
    return -1;
}
