/*
 * qemu_driver_device.c: attaching and detaching devices, in what runs and in what is defined
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "domain_address.h"
#include "domain_device_find.h"
#include "qemu_driver_priv.h"
#include "qemu_hotplug.h"
#include "virdomainobjstore.h"
#include "virerror.h"
#include "virgettext.h"

#define VIR_FROM_THIS VIR_FROM_QEMU

#define QEMU_AFFECT_FLAGS                                                                          \
    (VIR_DOMAIN_AFFECT_CURRENT | VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_AFFECT_CONFIG)

/* What a call is to change, and what it has found. */
typedef struct {
    virDomainObj *vm;
    const char *alias; /* what the device is found by, or the next one */
    virXMLNode *node;
    bool live;
    virDomainDef *config;     /* what will be the persistent definition; owned; or NULL */
    virDomainDeviceDef plug;  /* what will be plugged in; owned */
    virDomainDeviceDef found; /* what will be unplugged; of the live definition */
} qemuDeviceChange;

static void
qemuDeviceChangeClear(qemuDeviceChange *change)
{
    virDomainDefFree(change->config);
    virDomainDeviceFree(&change->plug);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(qemuDeviceChange, qemuDeviceChangeClear)

/* With the job held: which definitions are meant, and whether there are such. */
static int
qemuDeviceChangeBegin(qemuDeviceChange *change, unsigned int flags)
{
    const virDomainObj *vm = change->vm;
    bool config = flags & VIR_DOMAIN_AFFECT_CONFIG;

    change->live = flags & VIR_DOMAIN_AFFECT_LIVE;
    if (!change->live && !config) {
        change->live = virDomainObjIsActive(vm);
        config = !change->live;
    }
    if (change->live && !virDomainObjIsActive(vm)) {
        virReportError(VIR_ERR_OPERATION_INVALID, _("guest '%1$s': domain is not running"),
                       vm->name);
        return -1;
    }
    if (config && !vm->persistent) {
        virReportError(VIR_ERR_OPERATION_INVALID,
                       _("guest '%1$s' is transient: it has no persistent definition to change"),
                       vm->name);
        return -1;
    }
    if (config && !(change->config = virDomainDefCopy(virDomainObjGetPersistentDef(vm))))
        return -1;
    return 0;
}

/* The changed definition as it would be read again: all that is checked of one is checked. */
static int
qemuDeviceChangeCheckConfig(qemuDeviceChange *change)
{
    virDomainDef *whole = virDomainDefCopy(change->config);

    if (!whole)
        return -1;
    virDomainDefFree(change->config);
    change->config = whole;
    return 0;
}

static int
qemuDeviceChangeSaveConfig(qemuDeviceChange *change)
{
    qemuDomainPrivate *priv = change->vm->privateData;
    g_autoptr(GMutexLocker) locker = NULL;

    if (!change->config)
        return 0;
    if (virDomainObjStoreSave(priv->driver->stateDirectory, change->config) < 0)
        return -1;
    locker = virDomainObjLock(change->vm);
    virDomainObjSetPersistentDef(change->vm, g_steal_pointer(&change->config));
    return 0;
}

static int
qemuDevicePlanAttach(qemuDeviceChange *change)
{
    virDomainDeviceDef dev;

    if (change->config) {
        if (virDomainDeviceParseXML(change->node, change->config, &dev) < 0)
            return -1;
        virDomainDeviceInsert(change->config, &dev);
        if (qemuDeviceChangeCheckConfig(change) < 0)
            return -1;
    }
    return change->live ? qemuHotplugPlan(change->vm, change->node, &change->plug) : 0;
}

static int
qemuDeviceAttach(qemuDeviceChange *change)
{
    virDomainDeviceDef plug = change->plug;

    change->plug = (virDomainDeviceDef){.type = plug.type};
    if (change->live && qemuHotplugAttach(change->vm, &plug) < 0)
        return -1;
    return qemuDeviceChangeSaveConfig(change);
}

int
qemuDomainAttachDeviceFlags(virDomainObj *vm, const char *xml, unsigned int flags)
{
    g_auto(qemuDomainJob) job = {0};
    g_auto(qemuDeviceChange) change = {.vm = vm};
    g_autoptr(virXMLDoc) doc = NULL;

    if (qemuDriverCheckFlags("attach-device", flags, QEMU_AFFECT_FLAGS) < 0 ||
        !(doc = virXMLParse(xml, strlen(xml), "device.xml")) ||
        qemuDomainJobBegin(&job, vm, "attach-device") < 0)
        return -1;
    change.node = virXMLGetRoot(doc);
    if (qemuDeviceChangeBegin(&change, flags) < 0 || qemuDevicePlanAttach(&change) < 0)
        return -1;
    return qemuDeviceAttach(&change);
}

static int
qemuDeviceFind(const qemuDeviceChange *change, const virDomainDef *def, virDomainDeviceDef *found)
{
    if (change->node)
        return virDomainDeviceFindByXML(def, change->node, found);
    if ((def->id >= 0 || virDomainDeviceAliasIsUser(change->alias)) &&
        virDomainDeviceFindByAlias(def, change->alias, found))
        return 0;
    virReportError(VIR_ERR_DEVICE_MISSING,
                   _("device not found: guest '%1$s' has no device with the alias '%2$.200s'"),
                   def->name, change->alias);
    return -1;
}

static int
qemuDevicePlanDetach(qemuDeviceChange *change)
{
    virDomainDeviceDef dev;

    if (change->config) {
        if (qemuDeviceFind(change, change->config, &dev) < 0)
            return -1;
        virDomainDeviceSteal(change->config, &dev);
        virDomainDeviceFree(&dev);
        if (qemuDeviceChangeCheckConfig(change) < 0)
            return -1;
    }
    if (!change->live)
        return 0;
    if (qemuDeviceFind(change, change->vm->def, &change->found) < 0)
        return -1;
    return qemuHotplugCheckDetach(change->vm, &change->found);
}

/* With the flags checked. */
static int
qemuDeviceDetach(qemuDeviceChange *change, unsigned int flags)
{
    g_auto(qemuDomainJob) job = {0};

    if (qemuDomainJobBegin(&job, change->vm, "detach-device") < 0 ||
        qemuDeviceChangeBegin(change, flags) < 0 || qemuDevicePlanDetach(change) < 0)
        return -1;
    if (change->live && qemuHotplugDetach(change->vm, &change->found) < 0)
        return -1;
    return qemuDeviceChangeSaveConfig(change);
}

int
qemuDomainDetachDeviceFlags(virDomainObj *vm, const char *xml, unsigned int flags)
{
    g_auto(qemuDeviceChange) change = {.vm = vm};
    g_autoptr(virXMLDoc) doc = NULL;

    if (qemuDriverCheckFlags("detach-device", flags, QEMU_AFFECT_FLAGS) < 0 ||
        !(doc = virXMLParse(xml, strlen(xml), "device.xml")))
        return -1;
    change.node = virXMLGetRoot(doc);
    return qemuDeviceDetach(&change, flags);
}

int
qemuDomainDetachDeviceAlias(virDomainObj *vm, const char *alias, unsigned int flags)
{
    g_auto(qemuDeviceChange) change = {.vm = vm, .alias = alias};

    if (qemuDriverCheckFlags("detach-device-alias", flags, QEMU_AFFECT_FLAGS) < 0)
        return -1;
    return qemuDeviceDetach(&change, flags);
}
