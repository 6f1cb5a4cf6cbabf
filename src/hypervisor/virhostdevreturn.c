/*
 * virhostdevreturn.c: devices of guests on their way back to the host
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "virerror.h"
#include "virgettext.h"
#include "virhostdevrequest.h"
#include "virhostdevreturn.h"
#include "virlog.h"

#define VIR_FROM_THIS VIR_FROM_DEVICE

VIR_LOG_INIT("hypervisor.hostdev")

char *
virHostdevGetHolder(const char *domName)
{
    return g_strconcat(VIR_PCI_BIND_GUEST_PREFIX, domName, NULL);
}

int
virHostdevReturnNet(const virHostdevReturn *back, const virHostdevUser *user, const GArray *devices)
{
    int ret = 0;

    for (guint i = 0; i < devices->len; i++) {
        const virPCIDeviceAddress *addr = &g_array_index(devices, virHostdevDevice, i).address;

        if (virHostdevNetRestore(back->net, user->domName, addr) < 0)
            ret = -1;
    }
    return ret;
}

/* Whether the journal says that the device was bound for that holder. */
static bool
virHostdevReturnIsHeldBy(const virHostdevReturn *back, const virPCIDeviceAddress *addr,
                         const char *holder)
{
    g_autoptr(virJournalRecord) record = virJournalRead(back->bind.journal, addr);

    return record && strcmp(record->holder, holder) == 0;
}

int
virHostdevReturnManaged(const virHostdevReturn *back, const virHostdevUser *user,
                        const GArray *devices)
{
    g_autofree char *holder = virHostdevGetHolder(user->domName);
    virPCIBindContext ctx = back->bind;
    int ret = 0;

    ctx.holder = holder;
    for (guint i = 0; ctx.journal && i < devices->len; i++) {
        const virHostdevDevice *device = &g_array_index(devices, virHostdevDevice, i);

        /* What was not bound for the guest is not in the journal as its. */
        if (!virHostdevReturnIsHeldBy(back, &device->address, holder))
            continue;
        if (virHostdevLedgerIsGroupUsed(back->ledger, device->group, devices)) {
            VIR_DEBUG("guest %s: a device of IOMMU group %d stays until its last member goes back",
                      user->domName, device->group);
        } else if (virPCIBindRestore(&ctx, &device->address, 1) < 0) {
            VIR_WARN(_("guest '%1$s': %2$s"), user->domName, virErrorGetMessage());
            ret = -1;
        }
    }
    return ret;
}

/* The devices are being given back from here on; caller unrefs. NULL: warned of. */
static GArray *
virHostdevReturnBegin(const virHostdevReturn *back, const virHostdevUser *user,
                      const GArray *devices)
{
    GArray *returning = virHostdevLedgerReturn(back->ledger, user, devices);

    if (!returning)
        VIR_WARN(_("guest '%1$s': %2$s"), user->domName, virErrorGetMessage());
    return returning;
}

/* Whether @device is in the group of one of @devices. One of these themselves is the user's (@own),
 * or nothing that the user ever had. */
static bool
virHostdevReturnConcerns(const GArray *devices, const virHostdevDevice *device, bool own)
{
    bool sameGroup = false;

    for (guint i = 0; device->group >= 0 && i < devices->len; i++) {
        const virHostdevDevice *other = &g_array_index(devices, virHostdevDevice, i);

        if (virPCIDeviceAddressCompare(&other->address, &device->address) == 0)
            return own;
        sameGroup = sameGroup || other->group == device->group;
    }
    return sameGroup;
}

/* Nobody looks for the device after that administrator, so he is told that it is here. */
static void
virHostdevReturnWarnOfChange(const virJournalRecord *record, const virHostdevLedgerEntry *entry)
{
    g_autofree char *name = virPCIDeviceAddressAsString(&record->address);
    g_autofree char *who = virHostdevLedgerEntryDescribe(entry);

    VIR_WARN(_("%1$s, which %2$s had, stays on driver '%3$s': %4$s; give it back to the host when "
               "that is done, as root: virtvfio restore %1$s"),
             name, record->holder, record->target, who);
}

/* Held for a guest that has it no more, and no guest has another member of its group. */
static bool
virHostdevReturnIsLeft(const virHostdevReturn *back, const virJournalRecord *record,
                       const virHostdevDevice *device)
{
    g_autoptr(virHostdevLedgerEntry) entry = NULL;

    if (record->step != VIR_JOURNAL_STEP_HELD ||
        !g_str_has_prefix(record->holder, VIR_PCI_BIND_GUEST_PREFIX))
        return false;
    if ((entry = virHostdevLedgerFindCompanion(back->ledger, device)))
        return false;
    entry = virHostdevLedgerFind(back->ledger, &device->address);
    if (entry && entry->state == VIR_HOSTDEV_CHANGING)
        virHostdevReturnWarnOfChange(record, entry);
    return !entry;
}

/* A device that stayed because of its group. Whoever else finds it too is refused by the ledger. */
static void
virHostdevReturnLeft(const virHostdevReturn *back, const char *drvName,
                     const virJournalRecord *record, const virHostdevDevice *device)
{
    const virHostdevUser user = {drvName, record->holder + strlen(VIR_PCI_BIND_GUEST_PREFIX)};
    g_autoptr(GArray) one = g_array_new(FALSE, FALSE, sizeof(virHostdevDevice));
    g_autoptr(GArray) returning = NULL;

    g_array_append_val(one, *device);
    if (!(returning = virHostdevReturnBegin(back, &user, one)))
        return;
    (void)!virHostdevReturnManaged(back, &user, returning);
    virHostdevLedgerRelease(back->ledger, &user, returning);
}

/*
 * Two that give back members of one group at a time each see the other's: whoever releases last
 * finds what the other one had to leave, since it looks after that.
 */
void
virHostdevReturnEnd(const virHostdevReturn *back, const virHostdevUser *user, const GArray *devices)
{
    g_autofree char *holder = virHostdevGetHolder(user->domName);
    g_autoptr(GPtrArray) records = NULL;

    virHostdevLedgerRelease(back->ledger, user, devices);
    if (!back->bind.journal)
        return;
    records = virJournalList(back->bind.journal);
    for (guint i = 0; i < records->len; i++) {
        const virJournalRecord *record = g_ptr_array_index(records, i);
        const virHostdevDevice device = virHostdevDeviceRead(back->bind.host, &record->address);

        if (virHostdevReturnConcerns(devices, &device, strcmp(record->holder, holder) == 0) &&
            virHostdevReturnIsLeft(back, record, &device))
            virHostdevReturnLeft(back, user->drvName, record, &device);
    }
}

void
virHostdevReturnAll(const virHostdevReturn *back, const virHostdevUser *user, const GArray *devices)
{
    g_autoptr(GArray) returning = virHostdevReturnBegin(back, user, devices);

    if (!returning)
        return;
    (void)!virHostdevReturnNet(back, user, returning);
    (void)!virHostdevReturnManaged(back, user, returning);
    virHostdevReturnEnd(back, user, returning);
}
