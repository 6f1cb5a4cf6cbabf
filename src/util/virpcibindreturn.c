/*
 * virpcibindreturn.c: a device whose driver was changed, on its way back
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "virerror.h"
#include "virgettext.h"
#include "virlog.h"
#include "virpcibindreturn.h"
#include "virpcibindstep.h"
#include "virpciiommu.h"
#include "virpcilock.h"

#define VIR_FROM_THIS VIR_FROM_DEVICE

VIR_LOG_INIT("util.pci")

/* A process that has just ended is said to have, and lets go of its files a moment later. */
#define VIR_PCI_BIND_OPEN_WAIT_MS 500

GPtrArray *
virPCIBindLockDevice(const virPCIBindContext *ctx, const virPCIDeviceFacts *facts, int timeout_ms)
{
    return virPCILockGroup(ctx->lockDirectory, ctx->holder, facts->iommuGroup, timeout_ms);
}

virPCIDevice *
virPCIBindFindHeld(const virPCIBindContext *ctx, const virJournalRecord *record,
                   virPCIDeviceFacts *facts, virPCIRecovery *problem)
{
    g_autoptr(virPCIDevice) dev = virPCIDeviceNew(ctx->host, &record->address);
    g_auto(virPCIDeviceFacts) found = {0};

    *problem = VIR_PCI_RECOVERY_VANISHED;
    if (!dev || virPCIDeviceReadFacts(dev, &found) < 0)
        return NULL;
    if (found.vendor != record->vendor || found.device != record->device) {
        *problem = VIR_PCI_RECOVERY_OTHER_DEVICE;
        virReportError(VIR_ERR_OPERATION_INVALID,
                       _("the journal holds another device at %1$s (%2$04x:%3$04x): it is not "
                         "touched; forget it with 'virtvfio recover --forget %1$s'"),
                       virPCIDeviceGetName(dev), (unsigned int)record->vendor,
                       (unsigned int)record->device);
        return NULL;
    }
    *facts = found;
    memset(&found, 0, sizeof(found));
    return g_steal_pointer(&dev);
}

bool
virPCIBindIsHostDriver(virPCIHost *host, const char *name)
{
    g_autoptr(virPCIDriver) driver = NULL;

    if (!name || strcmp(name, "pci-stub") == 0)
        return false;
    driver = virPCIDriverNew(host, name, NULL);
    return driver->type != VIR_PCI_STUB_DRIVER_VFIO;
}

char *
virPCIBindDescribeCompanion(const virPCIBindContext *ctx, int number,
                            const virPCIDeviceAddress *address)
{
    g_autoptr(virPCIIOMMUGroup) group = NULL;

    if (!ctx->user || number < 0)
        return NULL;
    if (!(group = virPCIIOMMUGroupNew(ctx->host, NULL, number))) {
        virErrorReset(); /* it is gone: so is whatever used it */
        return NULL;
    }
    for (guint i = 0; i < group->members->len; i++) {
        const char *name = g_array_index(group->members, virPCIIOMMUMember, i).name;
        g_autofree char *user = NULL;
        virPCIDeviceAddress other;

        if (virPCIDeviceAddressParse(name, &other) &&
            virPCIDeviceAddressCompare(&other, address) != 0 &&
            (user = ctx->user(&other, ctx->userOpaque)))
            return virFormat(_("%1$s has %2$s"), user, name);
    }
    return NULL;
}

static void
virPCIBindReportCompanion(const virPCIDeviceFacts *facts, const virJournalRecord *record,
                          const char *companion)
{
    g_autofree char *name = virPCIDeviceAddressAsString(&record->address);

    virReportError(VIR_ERR_OPERATION_INVALID,
                   _("%1$s cannot go back to driver '%2$s' now: %3$s of the same IOMMU group "
                     "(%4$d), and the host can use no member of the group meanwhile; when that "
                     "guest has given back the last one, 'virtvfio recover' gives %1$s back too, "
                     "if that has not been done by then"),
                   name, record->driver, companion, facts->iommuGroup);
}

static void
virPCIBindReportOpen(const virPCIDeviceFacts *facts, const virJournalRecord *record,
                     const char *processes)
{
    g_autofree char *name = virPCIDeviceAddressAsString(&record->address);

    virReportError(VIR_ERR_OPERATION_INVALID,
                   _("%1$s stays as it is: /dev/vfio/%2$d is open in %3$s, so a guest or another "
                     "program uses its IOMMU group; end that, and try again"),
                   name, facts->iommuGroup, processes);
}

/*
 * The ledger is but files, which somebody may have removed: the kernel knows who has the group. It
 * does not say which member of it is in use; where a guest is known to have another one, a device
 * that does not go to a driver of the host hurts nobody.
 */
int
virPCIBindReturnCheck(const virPCIBindContext *ctx, const virPCIDeviceFacts *facts,
                      const virJournalRecord *record)
{
    bool toHost = virPCIBindIsHostDriver(ctx->host, record->driver);
    g_auto(virPCIBinding) binding = {0};
    g_autofree char *companion = NULL;
    g_autofree char *processes = NULL;

    if (virPCIBindingRead(ctx->host, &record->address, &binding) < 0)
        return -1;
    if (g_strcmp0(binding.driver, record->driver) == 0)
        return 0;
    companion = virPCIBindDescribeCompanion(ctx, facts->iommuGroup, &record->address);
    if (companion && toHost) {
        virPCIBindReportCompanion(facts, record, companion);
        return -1;
    }
    if (companion || !(processes = virPCIHoldersAwaitGroup(ctx->host, facts->iommuGroup,
                                                           VIR_PCI_BIND_OPEN_WAIT_MS)))
        return 0;
    virPCIBindReportOpen(facts, record, processes);
    return -1;
}

/*
 * @driver (NULL for none) is bound again, whatever the kernel would choose by itself: its name is
 * in driver_override while the kernel looks, and @override comes after.
 */
static int
virPCIBindReturnTo(const virPCIBindContext *ctx, const virPCIDeviceAddress *address,
                   const char *driver, const char *override)
{
    g_auto(virPCIBinding) binding = {0};

    if (virPCIBindingRead(ctx->host, address, &binding) < 0)
        return -1;
    if (g_strcmp0(binding.driver, driver) == 0) {
        /* Where driver_override cannot be written, it was not changed either. */
        return virPCIBindStepHasOverride(ctx, address, override)
                   ? 0
                   : virPCIBindStepOverride(ctx, address, override);
    }
    if (virPCIBindStepOverride(ctx, address, driver ? driver : override) < 0 ||
        virPCIBindStepUnbind(ctx, address) < 0 ||
        (driver && virPCIBindStepProbe(ctx, address, driver) < 0))
        return -1;
    return virPCIBindStepOverride(ctx, address, override);
}

int
virPCIBindReturnToHost(const virPCIBindContext *ctx, virJournalRecord *record)
{
    if (virPCIBindStepAnnounce(ctx, record, VIR_JOURNAL_STEP_RESTORE) < 0 ||
        virPCIBindReturnTo(ctx, &record->address, record->driver, record->override) < 0)
        return -1;
    return virJournalRemove(ctx->journal, &record->address);
}

/* A device that was held on another VFIO driver before goes back to that one, and stays held. */
static int
virPCIBindReturnToHeld(const virPCIBindContext *ctx, virJournalRecord *record)
{
    if (virPCIBindReturnTo(ctx, &record->address, record->heldDriver, record->heldDriver) < 0)
        return -1;
    g_free(record->target);
    record->target = g_steal_pointer(&record->heldDriver);
    g_free(record->holder);
    record->holder = g_steal_pointer(&record->heldBy);
    return virPCIBindStepAnnounce(ctx, record, VIR_JOURNAL_STEP_HELD);
}

void
virPCIBindMarkStuck(const virPCIBindContext *ctx, virJournalRecord *record)
{
    virErrorInfo cause = {0};

    virErrorPreserve(&cause);
    if (virPCIBindStepAnnounce(ctx, record, VIR_JOURNAL_STEP_STUCK) < 0)
        VIR_WARN("%s", virErrorGetMessage());
    virErrorRestore(&cause);
}

int
virPCIBindTakeBack(const virPCIBindContext *ctx, virJournalRecord *record)
{
    int rc = record->heldDriver ? virPCIBindReturnToHeld(ctx, record)
                                : virPCIBindReturnToHost(ctx, record);

    if (rc < 0 && virErrorGetLast()->code == VIR_ERR_OPERATION_TIMEOUT)
        virPCIBindMarkStuck(ctx, record);
    return rc;
}
