/*
 * virhostdevnet.c: the MAC address and the VLAN of a guest's VFs, set and given back
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <linux/if_ether.h>
#include <net/if.h>
#include <string.h>

#include "virerror.h"
#include "virgettext.h"
#include "virhostdevnet.h"
#include "virhostdevnetstore.h"
#include "virlock.h"
#include "virlog.h"
#include "virpcivf.h"
#include "virpcivfnet.h"
#include "virundo.h"

#define VIR_FROM_THIS VIR_FROM_DEVICE

VIR_LOG_INIT("hypervisor.hostdevnet")

/* Somebody else's change of one VF: a message to the kernel and a small file. */
#define VIR_HOSTDEV_NET_LOCK_MS 10000

struct _virHostdevNet {
    virPCIHost *host;
    char *directory; /* of records; NULL without a run directory, as the next one */
    char *lockDirectory;
    virHostdevNetAccess access;
};

virHostdevNet *
virHostdevNetNew(virPCIHost *host, const char *runDirectory)
{
    virHostdevNet *net = g_new0(virHostdevNet, 1);

    net->host = virPCIHostRef(host);
    net->access = (virHostdevNetAccess){virPCIVFNetConfigRead, virPCIVFNetConfigApply};
    if (runDirectory) {
        net->directory = g_build_filename(runDirectory, "net", NULL);
        net->lockDirectory = g_build_filename(runDirectory, "lock", NULL);
    }
    return net;
}

void
virHostdevNetFree(virHostdevNet *net)
{
    if (!net)
        return;
    g_free(net->directory);
    g_free(net->lockDirectory);
    virPCIHostUnref(net->host);
    g_free(net);
}

void
virHostdevNetSetAccess(virHostdevNet *net, const virHostdevNetAccess *access)
{
    net->access = *access;
}

/* Drivers accept what is set through an interface that is down, and some forget it when it comes
 * up. */
static int
virHostdevNetCheckUp(const virHostdevNet *net, const virPCIDevice *vf, const virPCIDevice *pf,
                     const char *interface)
{
    g_autofree char *path =
        g_strdup_printf("sys/bus/pci/devices/%s/net/%s/flags", virPCIDeviceGetName(pf), interface);
    g_autofree char *text = NULL;

    if (virSysfsRead(virPCIHostGetRoot(net->host), path, &text) < 0 ||
        g_ascii_strtoull(text, NULL, 16) & IFF_UP)
        return 0;
    virReportError(VIR_ERR_OPERATION_INVALID,
                   _("cannot set the MAC address of VF %1$s: network interface '%2$s' of its "
                     "physical function is down, and its driver may not do it then: 'ip link set "
                     "%2$s up'"),
                   virPCIDeviceGetName(vf), interface);
    return -1;
}

/* The VF, and the interface of its PF in @interface; caller frees. */
static virPCIDevice *
virHostdevNetOpenVF(const virHostdevNet *net, const virPCIDeviceAddress *address,
                    virPCIDeviceFacts *facts, char **interface)
{
    g_autoptr(virPCIDevice) vf = virPCIDeviceNew(net->host, address);
    g_autoptr(virPCIDevice) pf = NULL;
    virPCIDeviceAddress pf_address;

    if (!vf || virPCIDeviceReadFacts(vf, facts) < 0)
        return NULL;
    if (!facts->physFn) {
        virReportError(VIR_ERR_CONFIG_UNSUPPORTED,
                       _("cannot give host device %1$s to a guest as <interface>: it is no SR-IOV "
                         "virtual function, so nobody could set its MAC address; give it as "
                         "<hostdev>"),
                       virPCIDeviceGetName(vf));
        return NULL;
    }
    if (virPCIDeviceGetPF(vf, &pf_address) < 0 || !(pf = virPCIDeviceNew(net->host, &pf_address)))
        return NULL;
    if (!(*interface = virPCIDeviceGetNetName(pf))) {
        virReportError(VIR_ERR_OPERATION_INVALID,
                       _("cannot set the MAC address of VF %1$s: its physical function %2$s has no "
                         "network interface here; bind that to its driver, or give the VF as "
                         "<hostdev>"),
                       virPCIDeviceGetName(vf), virPCIDeviceGetName(pf));
        return NULL;
    }
    return virHostdevNetCheckUp(net, vf, pf, *interface) < 0 ? NULL : g_steal_pointer(&vf);
}

/* What the VF is to have for its guest. A VLAN of somebody before is not the guest's. */
static void
virHostdevNetChoose(const virDomainNetDef *def, const virPCIVFNetConfig *now,
                    virPCIVFNetConfig *config)
{
    *config = (virPCIVFNetConfig){.hasMAC = true, .protocol = ETH_P_8021Q};
    memcpy(config->mac, def->mac, sizeof(config->mac));
    config->vlan = def->vlan;
    config->hasVLAN = def->hasVLAN || (now->hasVLAN && now->vlan != 0);
}

/* What is not known now could not be given back. */
static int
virHostdevNetCheckKnown(const virPCIDevice *vf, const virHostdevNetRecord *record)
{
    if (record->before.hasMAC && (record->before.hasVLAN || !record->guest.hasVLAN))
        return 0;
    virReportError(VIR_ERR_OPERATION_UNSUPPORTED,
                   _("cannot set the MAC address and VLAN of VF %1$s: the driver of network "
                     "interface '%2$s' does not tell what they are now, so they could not be given "
                     "back"),
                   virPCIDeviceGetName(vf), record->interface);
    return -1;
}

static virHostdevNetRecord *
virHostdevNetPlanOne(const virHostdevNet *net, const char *domName,
                     const virDomainHostdevDef *hostdev)
{
    g_autoptr(virHostdevNetRecord) record = g_new0(virHostdevNetRecord, 1);
    g_auto(virPCIDeviceFacts) facts = {0};
    g_autoptr(virPCIDevice) vf =
        virHostdevNetOpenVF(net, &hostdev->source, &facts, &record->interface);

    if (!vf || net->access.read(vf, &record->before) < 0)
        return NULL;
    record->address = hostdev->source;
    record->vendor = facts.vendor;
    record->device = facts.device;
    record->domName = g_strdup(domName);
    virHostdevNetChoose(hostdev->parentNet, &record->before, &record->guest);
    return virHostdevNetCheckKnown(vf, record) < 0 ? NULL : g_steal_pointer(&record);
}

int
virHostdevNetCheck(const virHostdevNet *net, virDomainHostdevDef *const *hostdevs, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        g_autoptr(virHostdevNetRecord) record = NULL;
        g_auto(virPCIDeviceFacts) facts = {0};
        g_autofree char *interface = NULL;
        g_autoptr(virPCIDevice) vf = NULL;

        if (!hostdevs[i]->parentNet)
            continue;
        if (!(vf = virHostdevNetOpenVF(net, &hostdevs[i]->source, &facts, &interface)) ||
            (virSysfsRootIsHost(virPCIHostGetRoot(net->host)) &&
             !(record = virHostdevNetPlanOne(net, "", hostdevs[i]))))
            return -1;
    }
    return 0;
}

static virLock *
virHostdevNetLock(const virHostdevNet *net, const virPCIDeviceAddress *address)
{
    g_autofree char *device = virPCIDeviceAddressAsString(address);
    g_autofree char *name = g_strconcat("net-", device, NULL);
    g_autofree char *purpose = g_strconcat("network of VF ", device, NULL);

    return virLockAcquire(net->lockDirectory, name, purpose, VIR_HOSTDEV_NET_LOCK_MS);
}

/* The guest that it was set for is gone. */
static bool
virHostdevNetIsAbandoned(const virHostdevNetRecord *record)
{
    return !virProcessIsRunning(&record->process);
}

/* Another guest has the VF. */
static bool
virHostdevNetIsForeign(const virHostdevNetRecord *record, const char *domName)
{
    return strcmp(record->domName, domName) != 0 && !virHostdevNetIsAbandoned(record);
}

/* A record that is there still was left by a guest that is gone, and knows better what to give
 * back. That of another guest is left alone. */
static int
virHostdevNetInherit(const virHostdevNet *net, virHostdevNetRecord *record)
{
    g_autoptr(virHostdevNetRecord) old = virHostdevNetStoreRead(net->directory, &record->address);
    g_autofree char *name = virPCIDeviceAddressAsString(&record->address);

    if (!old)
        return 0;
    if (virHostdevNetIsForeign(old, record->domName)) {
        virReportError(VIR_ERR_OPERATION_INVALID,
                       _("cannot set the MAC address of VF %1$s: guest '%2$s' of process %3$d has "
                         "it"),
                       name, old->domName, old->process.pid);
        return -1;
    }
    /* Another device's record says nothing of this one. */
    if (old->vendor != record->vendor || old->device != record->device)
        return 0;
    record->before = old->before;
    record->guest.hasVLAN = record->guest.hasVLAN || old->guest.hasVLAN;
    return 0;
}

/* Makes @wanted what the VF has, and nothing else. */
static int
virHostdevNetSet(const virHostdevNet *net, const virPCIDeviceAddress *address,
                 const virPCIVFNetConfig *wanted)
{
    g_autoptr(virPCIDevice) vf = virPCIDeviceNew(net->host, address);
    virPCIVFNetConfig now;
    virPCIVFNetConfig missing;

    if (!vf || net->access.read(vf, &now) < 0)
        return -1;
    missing = virPCIVFNetConfigDiff(&now, wanted);
    return net->access.apply(vf, &missing);
}

static int
virHostdevNetApplyOne(const virHostdevNet *net, virHostdevNetRecord *record)
{
    g_autoptr(virLock) lock = virHostdevNetLock(net, &record->address);

    if (!lock || virHostdevNetInherit(net, record) < 0)
        return -1;
    record->process = virProcessGetSelf();
    record->since = g_get_real_time() / G_USEC_PER_SEC;
    if (virHostdevNetStoreWrite(net->directory, record) < 0)
        return -1;
    return virHostdevNetSet(net, &record->address, &record->guest);
}

/* Only what was changed goes back: the rest may have been changed by the administrator since. */
static virPCIVFNetConfig
virHostdevNetGetChanged(const virHostdevNetRecord *record)
{
    virPCIVFNetConfig changed = record->before;

    changed.hasMAC = changed.hasMAC && record->guest.hasMAC;
    changed.hasVLAN = changed.hasVLAN && record->guest.hasVLAN;
    return changed;
}

static virPCIRecovery
virHostdevNetRestoreRecord(const virHostdevNet *net, const virHostdevNetRecord *record)
{
    g_autoptr(virPCIDevice) vf = virPCIDeviceNew(net->host, &record->address);
    const virPCIVFNetConfig changed = virHostdevNetGetChanged(record);
    g_auto(virPCIDeviceFacts) facts = {0};

    if (!vf || virPCIDeviceReadFacts(vf, &facts) < 0)
        return VIR_PCI_RECOVERY_VANISHED;
    if (facts.vendor != record->vendor || facts.device != record->device) {
        virReportError(VIR_ERR_OPERATION_INVALID,
                       _("another device is at %1$s now than the one whose MAC address and VLAN "
                         "were saved: it is not touched; forget them with 'virtvfio recover "
                         "--forget %1$s'"),
                       virPCIDeviceGetName(vf));
        return VIR_PCI_RECOVERY_OTHER_DEVICE;
    }
    if (virHostdevNetSet(net, &record->address, &changed) < 0 ||
        virHostdevNetStoreRemove(net->directory, &record->address) < 0)
        return VIR_PCI_RECOVERY_FAILED;
    return VIR_PCI_RECOVERY_RESTORED;
}

static int
virHostdevNetRestoreOne(const virHostdevNet *net, const char *domName,
                        const virPCIDeviceAddress *address)
{
    g_autoptr(virHostdevNetRecord) record = virHostdevNetStoreRead(net->directory, address);
    g_autoptr(virLock) lock = NULL;

    if (!record)
        return 0;
    if (!(lock = virHostdevNetLock(net, address)))
        return -1;
    virHostdevNetRecordFree(record);
    record = virHostdevNetStoreRead(net->directory, address);
    if (!record || virHostdevNetIsForeign(record, domName))
        return 0;
    return virHostdevNetRestoreRecord(net, record) == VIR_PCI_RECOVERY_RESTORED ? 0 : -1;
}

GPtrArray *
virHostdevNetPlan(const virHostdevNet *net, const char *domName,
                  virDomainHostdevDef *const *hostdevs, size_t n)
{
    g_autoptr(GPtrArray) plan =
        g_ptr_array_new_with_free_func((GDestroyNotify)virHostdevNetRecordFree);

    for (size_t i = 0; i < n; i++) {
        virHostdevNetRecord *record;

        if (!hostdevs[i]->parentNet)
            continue;
        if (!net->directory) {
            virReportError(
                VIR_ERR_CONFIG_UNSUPPORTED,
                _("guest '%1$s' has an <interface type='hostdev'>, and only root can set "
                  "its MAC address: be root, or give the device as <hostdev>"),
                domName);
            return NULL;
        }
        /* What a guest that is gone has left is not what the VF had. Failing that, its record says
         * what to give back: see virHostdevNetInherit(). */
        if (virHostdevNetRestoreOne(net, domName, &hostdevs[i]->source) < 0)
            virErrorReset();
        if (!(record = virHostdevNetPlanOne(net, domName, hostdevs[i])))
            return NULL;
        g_ptr_array_add(plan, record);
    }
    return g_steal_pointer(&plan);
}

/* For the undo stack. */
typedef struct {
    const virHostdevNet *net;
    const virHostdevNetRecord *record;
} virHostdevNetChange;

static int
virHostdevNetUndo(void *opaque)
{
    const virHostdevNetChange *change = opaque;

    return virHostdevNetRestoreOne(change->net, change->record->domName, &change->record->address);
}

int
virHostdevNetApply(const virHostdevNet *net, const GPtrArray *plan)
{
    g_autofree virHostdevNetChange *changes = g_new(virHostdevNetChange, plan->len);
    g_autoptr(virUndo) undo = virUndoNew();

    for (guint i = 0; i < plan->len; i++) {
        virHostdevNetRecord *record = g_ptr_array_index(plan, i);

        changes[i] = (virHostdevNetChange){net, record};
        virUndoPush(undo, virHostdevNetUndo, &changes[i], NULL);
        if (virHostdevNetApplyOne(net, record) < 0) {
            (void)!virUndoRollback(undo);
            return -1;
        }
    }
    virUndoCommit(undo);
    return 0;
}

int
virHostdevNetRestore(const virHostdevNet *net, const char *domName,
                     const virPCIDeviceAddress *address)
{
    g_autofree char *name = virPCIDeviceAddressAsString(address);

    if (!net->directory || virHostdevNetRestoreOne(net, domName, address) == 0)
        return 0;
    VIR_WARN(_("VF %1$s did not get back the MAC address and VLAN that it had; 'virtvfio status' "
               "shows them, 'virtvfio recover' tries again: %2$s"),
             name, virErrorGetMessage());
    virErrorReset();
    return -1;
}

static int
virHostdevNetSetProcessOne(const virHostdevNet *net, const char *domName,
                           const virPCIDeviceAddress *address, const virProcessIdentity *process)
{
    g_autoptr(virLock) lock = virHostdevNetLock(net, address);
    g_autoptr(virHostdevNetRecord) record = NULL;

    if (!lock)
        return -1;
    if (!(record = virHostdevNetStoreRead(net->directory, address)) ||
        strcmp(record->domName, domName) != 0)
        return 0;
    record->process = *process;
    return virHostdevNetStoreWrite(net->directory, record);
}

int
virHostdevNetSetProcess(const virHostdevNet *net, const char *domName,
                        const virProcessIdentity *process)
{
    g_autoptr(GPtrArray) records = virHostdevNetList(net);

    for (guint i = 0; i < records->len; i++) {
        const virHostdevNetRecord *record = g_ptr_array_index(records, i);

        if (strcmp(record->domName, domName) == 0 &&
            virHostdevNetSetProcessOne(net, domName, &record->address, process) < 0)
            return -1;
    }
    return 0;
}

GPtrArray *
virHostdevNetList(const virHostdevNet *net)
{
    return net->directory ? virHostdevNetStoreList(net->directory)
                          : g_ptr_array_new_with_free_func((GDestroyNotify)virHostdevNetRecordFree);
}

/* Under the lock, what the record says may be past: somebody else has recovered. */
static virPCIRecovery
virHostdevNetRecoverOne(const virHostdevNet *net, const virPCIDeviceAddress *address)
{
    g_autoptr(virLock) lock = virHostdevNetLock(net, address);
    g_autoptr(virHostdevNetRecord) record = NULL;

    if (!lock)
        return VIR_PCI_RECOVERY_BUSY;
    if (!(record = virHostdevNetStoreRead(net->directory, address)) ||
        !virHostdevNetIsAbandoned(record))
        return VIR_PCI_RECOVERY_COMPLETED;
    return virHostdevNetRestoreRecord(net, record);
}

GPtrArray *
virHostdevNetListAbandoned(const virHostdevNet *net)
{
    GPtrArray *records = virHostdevNetList(net);

    for (guint i = records->len; i > 0; i--) {
        if (!virHostdevNetIsAbandoned(g_ptr_array_index(records, i - 1)))
            g_ptr_array_remove_index(records, i - 1);
    }
    return records;
}

guint
virHostdevNetRecover(const virHostdevNet *net, virHostdevNetRecoverFunc func, void *opaque)
{
    g_autoptr(GPtrArray) records = virHostdevNetListAbandoned(net);
    guint failed = 0;

    for (guint i = 0; i < records->len; i++) {
        const virHostdevNetRecord *record = g_ptr_array_index(records, i);
        virPCIRecovery outcome;

        virErrorReset();
        outcome = virHostdevNetRecoverOne(net, &record->address);
        if (outcome == VIR_PCI_RECOVERY_COMPLETED)
            continue;
        if (outcome != VIR_PCI_RECOVERY_RESTORED)
            failed++;
        func(record, outcome, virErrorGetMessage(), opaque);
        virErrorReset();
    }
    return failed;
}

int
virHostdevNetForget(const virHostdevNet *net, const virPCIDeviceAddress *address)
{
    g_autoptr(virHostdevNetRecord) record = NULL;
    g_autoptr(virLock) lock = NULL;

    if (!net->directory || !(record = virHostdevNetStoreRead(net->directory, address)))
        return 0;
    if (!virHostdevNetIsAbandoned(record)) {
        g_autofree char *name = virPCIDeviceAddressAsString(address);

        virReportError(VIR_ERR_OPERATION_INVALID,
                       _("guest '%1$s' of process %2$d has VF %3$s, which gets back what it had "
                         "when the guest has ended"),
                       record->domName, record->process.pid, name);
        return -1;
    }
    if (!(lock = virHostdevNetLock(net, address)))
        return -1;
    return virHostdevNetStoreRemove(net->directory, address) < 0 ? -1 : 1;
}
