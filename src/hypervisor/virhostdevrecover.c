/*
 * virhostdevrecover.c: what a crash left behind is put in order
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "virerror.h"
#include "virgettext.h"
#include "virhostdevrecover.h"
#include "virhostdevrequest.h"
#include "virlog.h"

VIR_LOG_INIT("hypervisor.recover")

char *
virHostdevDescribeRecovery(const virJournalRecord *record, virPCIRecovery outcome,
                           const char *message)
{
    g_autofree char *name = virPCIDeviceAddressAsString(&record->address);

    switch (outcome) {
    case VIR_PCI_RECOVERY_RESTORED:
        return record->step == VIR_JOURNAL_STEP_HELD
                   ? virFormat(_("%1$s is back on '%2$s', where it was before an interrupted "
                                 "change"),
                               name, record->target)
                   : virFormat(_("%1$s is back on %2$s, where it was before an interrupted "
                                 "change"),
                               name, record->driver ? record->driver : _("no driver"));
    case VIR_PCI_RECOVERY_COMPLETED:
        return virFormat(_("%1$s stays on %2$s: the change had been complete"), name,
                         record->target);
    case VIR_PCI_RECOVERY_BUSY:
        return virFormat(_("%1$s is left alone, somebody else is at work on it or on its IOMMU "
                           "group: %2$s"),
                         name, message);
    case VIR_PCI_RECOVERY_IN_USE:
        return g_strdup(message); /* names the device and the remedy */
    case VIR_PCI_RECOVERY_VANISHED:
        return virFormat(_("%1$s is gone, and its record stays (drop it with 'virtvfio recover "
                           "--forget %1$s'): %2$s"),
                         name, message);
    case VIR_PCI_RECOVERY_OTHER_DEVICE:
        return g_strdup(message); /* names the device and the remedy */
    case VIR_PCI_RECOVERY_FAILED:
    case VIR_PCI_RECOVERY_LAST:
    default:
        return virFormat(_("%1$s could not be recovered: %2$s"), name, message);
    }
}

char *
virHostdevDescribeNetRecovery(const virHostdevNetRecord *record, virPCIRecovery outcome,
                              const char *message)
{
    g_autofree char *name = virPCIDeviceAddressAsString(&record->address);

    if (outcome == VIR_PCI_RECOVERY_RESTORED)
        return virFormat(_("VF %1$s has the MAC address and VLAN again that it had before guest "
                           "'%2$s'"),
                         name, record->domName);
    if (outcome == VIR_PCI_RECOVERY_OTHER_DEVICE)
        return g_strdup(message); /* names the device and the remedy */
    return virFormat(_("VF %1$s did not get back the MAC address and VLAN that it had before guest "
                       "'%2$s' (forget them with 'virtvfio recover --forget %1$s'): %3$s"),
                     name, record->domName, message);
}

static void
virHostdevTellNetRecovery(const virHostdevNetRecord *record, virPCIRecovery outcome,
                          const char *message, void *opaque G_GNUC_UNUSED)
{
    g_autofree char *text = virHostdevDescribeNetRecovery(record, outcome, message);

    VIR_WARN("%s", text);
}

static void
virHostdevTellRecovery(const virJournalRecord *record, virPCIRecovery outcome, const char *message,
                       void *opaque G_GNUC_UNUSED)
{
    g_autofree char *text = virHostdevDescribeRecovery(record, outcome, message);

    VIR_WARN("%s", text);
}

static int
virHostdevRecoverClaim(const virPCIDeviceAddress *address, void *opaque)
{
    return virHostdevRequestAdd(opaque, address);
}

static void
virHostdevRecoverRelease(const virPCIDeviceAddress *address G_GNUC_UNUSED, void *opaque)
{
    virHostdevRequestClear(opaque);
}

int
virHostdevRecoverBindings(const virPCIBindContext *bind, virHostdevLedger *ledger,
                          virPCIRecoveryFunc func, void *opaque)
{
    /* Of one device at a time. */
    g_auto(virHostdevRequest) request = {.host = bind->host, .ledger = ledger};
    virPCIBindContext ctx = *bind;

    ctx.claim = virHostdevRecoverClaim;
    ctx.release = virHostdevRecoverRelease;
    ctx.claimOpaque = &request;
    return virPCIBindRecover(&ctx, func, opaque);
}

void
virHostdevRecover(const virHostdevNet *net, const virPCIBindContext *bind, virHostdevLedger *ledger)
{
    /* A VF has its MAC address back before its driver sees it. Each device has been told of. */
    (void)!virHostdevNetRecover(net, virHostdevTellNetRecovery, NULL);
    (void)!virHostdevRecoverBindings(bind, ledger, virHostdevTellRecovery, NULL);
    virErrorReset();
}
