/*
 * qemu_hotplug.c: devices that a running guest gets
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <libvirt/libvirt.h>

#include "domain_address.h"
#include "domain_device_find.h"
#include "qemu_hotplug_priv.h"
#include "virerror.h"
#include "virgettext.h"
#include "virlog.h"

#define VIR_FROM_THIS VIR_FROM_QEMU

VIR_LOG_INIT("qemu.hotplug")

const qemuHotplugFamily *
qemuHotplugGetFamily(virDomainDeviceType type)
{
    switch (type) {
    case VIR_DOMAIN_DEVICE_DISK:
        return &qemuHotplugDisk;
    case VIR_DOMAIN_DEVICE_HOSTDEV:
        return &qemuHotplugHostdev;
    case VIR_DOMAIN_DEVICE_NET:
        return &qemuHotplugNet;
    case VIR_DOMAIN_DEVICE_CHANNEL:
        return &qemuHotplugChannel;
    case VIR_DOMAIN_DEVICE_RNG:
        return &qemuHotplugRNG;
    default:
        return NULL;
    }
}

int
qemuHotplugReport(const virDomainDeviceDef *dev, const char *reason)
{
    g_autofree char *name = virDomainDeviceDescribe(dev);

    virReportError(VIR_ERR_CONFIG_UNSUPPORTED,
                   _("unsupported configuration: %1$s cannot be plugged into or out of a running "
                     "guest: %2$s"),
                   name, reason);
    return -1;
}

/* Whether something else is in the device's slot. */
static bool
qemuHotplugSharesSlot(const virDomainDef *def, const virDomainDeviceDef *dev)
{
    const virPCIDeviceAddress *at = &dev->info->addr.pci;
    virDomainDeviceIter iter = virDomainDeviceIterInit(def);
    virDomainDeviceDef other;

    while (virDomainDeviceIterNext(&iter, &other)) {
        if (other.data.any != dev->data.any && other.info->type == VIR_DOMAIN_DEVICE_ADDRESS_PCI &&
            other.info->addr.pci.bus == at->bus && other.info->addr.pci.slot == at->slot)
            return true;
    }
    return false;
}

static int
qemuHotplugCheckPCI(const virDomainDef *def, const virDomainDeviceDef *dev)
{
    const virPCIDeviceAddress *at = &dev->info->addr.pci;
    const virDomainControllerDef *bus =
        virDomainControllerFind(def, VIR_DOMAIN_CONTROLLER_TYPE_PCI, (int)at->bus);

    if (dev->info->multifunction || at->function != 0 || qemuHotplugSharesSlot(def, dev))
        return qemuHotplugReport(
            dev, _("it is one of several functions of its slot, which come and go together only"));
    if (bus && bus->model == VIR_DOMAIN_CONTROLLER_PCIE_ROOT)
        return qemuHotplugReport(
            dev, _("it is on bus 0, where devices are part of the machine; only what is on a "
                   "<controller type='pci' model='pcie-root-port'/> can come and go"));
    return 0;
}

/* What can be said of a device wherever it is. */
static int
qemuHotplugCheckKind(const virDomainDef *def, const virDomainDeviceDef *dev)
{
    const qemuHotplugFamily *family = qemuHotplugGetFamily(dev->type);

    if (!family)
        return qemuHotplugReport(dev,
                                 _("only host devices, disks, interfaces, channels and <rng> can"));
    return family->check ? family->check(def, dev) : 0;
}

static int
qemuHotplugCheckPlace(const virDomainDef *def, const virDomainDeviceDef *dev)
{
    return dev->info->type == VIR_DOMAIN_DEVICE_ADDRESS_PCI ? qemuHotplugCheckPCI(def, dev) : 0;
}

int
qemuHotplugCheckDetach(const virDomainObj *vm, const virDomainDeviceDef *dev)
{
    if (qemuHotplugCheckKind(vm->def, dev) < 0)
        return -1;
    return qemuHotplugCheckPlace(vm->def, dev);
}

/* What can be said of a device only once it is among the others. */
static int
qemuHotplugCheckAmongOthers(virDomainObj *vm, const virDomainDeviceDef *dev)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = virDomainObjLock(vm);
    int rc;

    virDomainDeviceInsert(vm->def, dev);
    rc = virDomainDefCheckDevices(vm->def);
    virDomainDeviceSteal(vm->def, dev);
    return rc;
}

static int
qemuHotplugCheckAttach(const virDomainDef *def, const virDomainDeviceDef *dev)
{
    const qemuHotplugFamily *family = qemuHotplugGetFamily(dev->type);

    if (qemuHotplugCheckKind(def, dev) < 0)
        return -1;
    return family->checkAttach ? family->checkAttach(dev) : 0;
}

/* A name that is not the user's is ours to give. */
static int
qemuHotplugPlace(virDomainObj *vm, const virDomainDeviceDef *dev)
{
    if (dev->info->alias && !virDomainDeviceAliasIsUser(dev->info->alias))
        g_clear_pointer(&dev->info->alias, g_free);
    if (qemuHotplugCheckAttach(vm->def, dev) < 0 ||
        virDomainAssignDeviceAddress(vm->def, dev) < 0 || qemuHotplugCheckPlace(vm->def, dev) < 0)
        return -1;
    virDomainDeviceAssignAlias(vm->def, dev);
    return qemuHotplugCheckAmongOthers(vm, dev);
}

int
qemuHotplugPlan(virDomainObj *vm, virXMLNode *node, virDomainDeviceDef *dev)
{
    virDomainDeviceDef planned;

    if (virDomainDeviceParseXML(node, vm->def, &planned) < 0)
        return -1;
    if (qemuHotplugPlace(vm, &planned) < 0) {
        virDomainDeviceFree(&planned);
        return -1;
    }
    *dev = planned;
    return 0;
}

static int
qemuHotplugUndoInsert(void *opaque)
{
    qemuHotplug *plug = opaque;

    g_mutex_lock(&plug->vm->lock);
    virDomainDeviceSteal(plug->vm->def, &plug->dev);
    g_clear_pointer(&plug->priv->plugging, g_free);
    g_mutex_unlock(&plug->vm->lock);
    virDomainDeviceFree(&plug->dev);
    return qemuDomainSaveStatus(plug->vm);
}

/* Step 1: whoever comes after us knows of the device from here on. */
static int
qemuHotplugInsert(qemuHotplug *plug)
{
    g_mutex_lock(&plug->vm->lock);
    virDomainDeviceInsert(plug->vm->def, &plug->dev);
    plug->priv->plugging = g_strdup(plug->dev.info->alias);
    g_mutex_unlock(&plug->vm->lock);
    virUndoPush(plug->undo, qemuHotplugUndoInsert, plug, NULL);
    return qemuDomainSaveStatus(plug->vm);
}

/* Step 3: QEMU gets the device. */
static int
qemuHotplugTell(qemuHotplug *plug, const qemuHotplugFamily *family)
{
    plug->telling = true;
    if (family->tell && family->tell(plug) < 0)
        return -1;
    return qemuMonitorAddDevice(plug->mon, family->build(plug->vm->def, &plug->dev));
}

bool
qemuHotplugIsAbsent(qemuMonitor *mon, const char *alias)
{
    virErrorInfo cause = {0};
    g_autoptr(GHashTable) ids = NULL;
    bool timeout = virErrorGetLast()->code == VIR_ERR_OPERATION_TIMEOUT;

    if (timeout)
        return false;
    virErrorPreserve(&cause);
    ids = qemuMonitorListDevices(mon);
    virErrorRestore(&cause);
    return ids && !g_hash_table_contains(ids, alias);
}

/* QEMU may have the device, and nobody knows. Then it cannot be given to anybody else. */
static bool
qemuHotplugIsUnknown(const qemuHotplug *plug)
{
    return plug->telling && !qemuHotplugIsAbsent(plug->mon, plug->dev.info->alias);
}

static void
qemuHotplugLeave(qemuHotplug *plug)
{
    g_autofree char *name = virDomainDeviceDescribe(&plug->dev);

    VIR_WARN(
        _("guest '%1$s': QEMU does not say whether it has got %2$s: it stays the guest's until "
          "that is known"),
        plug->vm->name, name);
    virUndoCommit(plug->undo);
    g_mutex_lock(&plug->vm->lock);
    qemuHotplugPushCatchUp(plug->vm);
    g_mutex_unlock(&plug->vm->lock);
}

/* Step 4: it is there. */
static void
qemuHotplugFinish(qemuHotplug *plug)
{
    virUndoCommit(plug->undo);
    g_mutex_lock(&plug->vm->lock);
    g_clear_pointer(&plug->priv->plugging, g_free);
    g_mutex_unlock(&plug->vm->lock);
    qemuDomainNoteStatus(plug->vm);
    g_mutex_lock(&plug->vm->lock);
    qemuEventQueueOther(plug->priv->driver->events, plug->vm, VIR_DOMAIN_EVENT_ID_DEVICE_ADDED,
                        plug->dev.info->alias);
    g_mutex_unlock(&plug->vm->lock);
}

/* One device at a time is noted as on its way: what has become of an earlier one comes first. */
static int
qemuHotplugCheckEarlier(const qemuHotplug *plug)
{
    g_autofree char *cause = NULL;

    if (!plug->priv->plugging || qemuHotplugCatchUp(plug->vm, plug->mon) == 0)
        return 0;
    cause = g_strdup(virErrorGetMessage());
    virReportError(VIR_ERR_OPERATION_FAILED,
                   _("nothing can be plugged into guest '%1$s' as long as QEMU does not say "
                     "whether it has got '%2$s', which it was given before; try again later: %3$s"),
                   plug->vm->name, plug->priv->plugging, cause);
    return -1;
}

int
qemuHotplugAttach(virDomainObj *vm, virDomainDeviceDef *dev)
{
    const qemuHotplugFamily *family = qemuHotplugGetFamily(dev->type);
    g_autoptr(qemuMonitor) mon = qemuDomainGetMonitor(vm);
    g_autoptr(virUndo) undo = virUndoNew();
    qemuHotplug plug = {.vm = vm, .priv = vm->privateData, .mon = mon, .dev = *dev, .undo = undo};

    if (!mon || qemuHotplugCheckEarlier(&plug) < 0) {
        virDomainDeviceFree(dev);
        return -1;
    }
    if (qemuHotplugInsert(&plug) == 0 && (!family->prepare || family->prepare(&plug) == 0) &&
        qemuHotplugTell(&plug, family) == 0) {
        qemuHotplugFinish(&plug);
        return 0;
    }
    if (qemuHotplugIsUnknown(&plug))
        qemuHotplugLeave(&plug);
    else
        (void)!virUndoRollback(undo);
    return -1;
}
