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
#include "virerror.h"
#include "virgettext.h"

#define VIR_FROM_THIS VIR_FROM_QEMU

/* What a call is to change, and what it has found. */
typedef struct {
    qemuDomainChange base;
    const char *alias; /* what the device is found by, or the next one */
    virXMLNode *node;
    virDomainDeviceDef plug;  /* what will be plugged in; owned */
    virDomainDeviceDef found; /* what will be unplugged; of the live definition */
} qemuDeviceChange;

static void
qemuDeviceChangeClear(qemuDeviceChange *change)
{
    qemuDomainChangeClear(&change->base);
    virDomainDeviceFree(&change->plug);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(qemuDeviceChange, qemuDeviceChangeClear)

/* The MAC address of an interface, emulated or not; NULL if the device is none. */
static guint8 *
qemuDeviceGetMac(const virDomainDeviceDef *dev)
{
    if (dev->type == VIR_DOMAIN_DEVICE_NET)
        return dev->data.net->mac;
    return dev->type == VIR_DOMAIN_DEVICE_HOSTDEV && dev->data.hostdev->parentNet
               ? dev->data.hostdev->parentNet->mac
               : NULL;
}

/* A device is read once for each definition; what is made up for it has to be the same in both. */
static int
qemuDevicePlanAttach(qemuDeviceChange *change)
{
    virDomainDeviceDef dev = {0};
    guint8 *mac;

    if (change->base.live && qemuHotplugPlan(change->base.vm, change->node, &change->plug) < 0)
        return -1;
    if (!change->base.config)
        return 0;
    if (virDomainDeviceParseXML(change->node, change->base.config, &dev) < 0)
        return -1;
    if (change->base.live && (mac = qemuDeviceGetMac(&dev)))
        memcpy(mac, qemuDeviceGetMac(&change->plug), VIR_MAC_BUFLEN);
    virDomainDeviceInsert(change->base.config, &dev);
    return qemuDomainChangeCheckConfig(&change->base);
}

static int
qemuDeviceAttach(qemuDeviceChange *change)
{
    virDomainDeviceDef plug = change->plug;

    change->plug = (virDomainDeviceDef){.type = plug.type};
    if (change->base.live && qemuHotplugAttach(change->base.vm, &plug) < 0)
        return -1;
    return qemuDomainChangeSaveConfig(&change->base);
}

int
qemuDomainAttachDeviceFlags(virDomainObj *vm, const char *xml, unsigned int flags)
{
    g_auto(qemuDomainJob) job = {0};
    g_auto(qemuDeviceChange) change = {0};
    g_autoptr(virXMLDoc) doc = NULL;

    if (qemuDriverCheckFlags("attach-device", flags, QEMU_AFFECT_FLAGS) < 0 ||
        !(doc = virXMLParse(xml, strlen(xml), "device.xml")) ||
        qemuDomainJobBegin(&job, vm, "attach-device") < 0)
        return -1;
    change.node = virXMLGetRoot(doc);
    if (qemuDomainChangeBegin(&change.base, vm, flags) < 0 || qemuDevicePlanAttach(&change) < 0)
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

    if (change->base.config) {
        if (qemuDeviceFind(change, change->base.config, &dev) < 0)
            return -1;
        virDomainDeviceSteal(change->base.config, &dev);
        virDomainDeviceFree(&dev);
        if (qemuDomainChangeCheckConfig(&change->base) < 0)
            return -1;
    }
    if (!change->base.live)
        return 0;
    if (qemuDeviceFind(change, change->base.vm->def, &change->found) < 0)
        return -1;
    return qemuHotplugCheckDetach(change->base.vm, &change->found);
}

/* With the flags checked. */
static int
qemuDeviceDetach(qemuDeviceChange *change, virDomainObj *vm, unsigned int flags)
{
    g_auto(qemuDomainJob) job = {0};

    if (qemuDomainJobBegin(&job, vm, "detach-device") < 0 ||
        qemuDomainChangeBegin(&change->base, vm, flags) < 0 || qemuDevicePlanDetach(change) < 0)
        return -1;
    if (change->base.live && qemuHotplugDetach(vm, &change->found) < 0)
        return -1;
    return qemuDomainChangeSaveConfig(&change->base);
}

int
qemuDomainDetachDeviceFlags(virDomainObj *vm, const char *xml, unsigned int flags)
{
    g_auto(qemuDeviceChange) change = {0};
    g_autoptr(virXMLDoc) doc = NULL;

    if (qemuDriverCheckFlags("detach-device", flags, QEMU_AFFECT_FLAGS) < 0 ||
        !(doc = virXMLParse(xml, strlen(xml), "device.xml")))
        return -1;
    change.node = virXMLGetRoot(doc);
    return qemuDeviceDetach(&change, vm, flags);
}

int
qemuDomainDetachDeviceAlias(virDomainObj *vm, const char *alias, unsigned int flags)
{
    g_auto(qemuDeviceChange) change = {.alias = alias};

    if (qemuDriverCheckFlags("detach-device-alias", flags, QEMU_AFFECT_FLAGS) < 0)
        return -1;
    return qemuDeviceDetach(&change, vm, flags);
}
