/*
 * qemu_driver_update.c: changing devices, in what runs and in what is defined
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "domain_device_find.h"
#include "qemu_domain.h"
#include "qemu_driver_priv.h"
#include "qemu_hotplug_update.h"
#include "virerror.h"
#include "virgettext.h"

#define VIR_FROM_THIS VIR_FROM_QEMU

/* A device as it is to be, and the one of the definition that it is. */
typedef struct {
    virDomainDeviceDef wanted; /* owned */
    virDomainDeviceDef found;
} qemuDeviceUpdate;

static void
qemuDeviceUpdateClear(qemuDeviceUpdate *update)
{
    virDomainDeviceFree(&update->wanted);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(qemuDeviceUpdate, qemuDeviceUpdateClear)

/* What the document leaves open is as it was: name, place, MAC address. */
static void
qemuDeviceUpdateComplete(qemuDeviceUpdate *update, virXMLNode *node)
{
    virDomainDeviceInfo *info = update->wanted.info;
    const virDomainDeviceInfo *before = update->found.info;

    g_free(info->alias);
    info->alias = g_strdup(before->alias);
    if (info->type == VIR_DOMAIN_DEVICE_ADDRESS_NONE) {
        info->type = before->type;
        info->addr = before->addr;
    }
    if (update->wanted.type == VIR_DOMAIN_DEVICE_NET && !virXMLGetChild(node, "mac"))
        memcpy(update->wanted.data.net->mac, update->found.data.net->mac,
               sizeof(update->found.data.net->mac));
}

static int
qemuDeviceUpdateFind(const virDomainDef *def, virXMLNode *node, qemuDeviceUpdate *update)
{
    if (virDomainDeviceFindByXML(def, node, &update->found) < 0 ||
        virDomainDeviceParseWanted(def, node, &update->wanted) < 0)
        return -1;
    qemuDeviceUpdateComplete(update, node);
    return 0;
}

/* Of a definition all of a disk, an interface or a display may change. */
static int
qemuDeviceUpdateConfig(qemuDomainChange *change, virXMLNode *node)
{
    g_auto(qemuDeviceUpdate) update = {0};
    virDomainDeviceDef old;
    GPtrArray *list;
    guint at = 0;

    if (!change->config)
        return 0;
    if (qemuDeviceUpdateFind(change->config, node, &update) < 0)
        return -1;
    if (update.found.type != VIR_DOMAIN_DEVICE_DISK && update.found.type != VIR_DOMAIN_DEVICE_NET &&
        update.found.type != VIR_DOMAIN_DEVICE_GRAPHICS) {
        g_autofree char *name = virDomainDeviceDescribe(&update.found);

        virReportError(VIR_ERR_CONFIG_UNSUPPORTED,
                       _("unsupported configuration: update of %1$s: only disks, interfaces and "
                         "graphics can; take it away and add another one"),
                       name);
        return -1;
    }
    list = virDomainDefGetDevices(change->config, update.found.type);
    (void)g_ptr_array_find(list, update.found.data.any, &at);
    old = update.found;
    list->pdata[at] = g_steal_pointer(&update.wanted.data.any);
    virDomainDeviceFree(&old);
    return qemuDomainChangeCheckConfig(change);
}

static int
qemuDeviceUpdateAll(qemuDomainChange *change, virXMLNode *node, bool force)
{
    g_auto(qemuDeviceUpdate) live = {0};

    if (qemuDeviceUpdateConfig(change, node) < 0)
        return -1;
    if (change->live && (qemuDeviceUpdateFind(change->vm->def, node, &live) < 0 ||
                         qemuHotplugCheckUpdate(&live.found, &live.wanted) < 0 ||
                         qemuHotplugUpdate(change->vm, &live.found, &live.wanted, force) < 0))
        return -1;
    return qemuDomainChangeSaveConfig(change);
}

int
qemuDomainUpdateDeviceFlags(virDomainObj *vm, const char *xml, unsigned int flags)
{
    g_auto(qemuDomainJob) job = {0};
    g_auto(qemuDomainChange) change = {0};
    g_autoptr(virXMLDoc) doc = NULL;

    if (qemuDriverCheckFlags("update-device", flags,
                             QEMU_AFFECT_FLAGS | VIR_DOMAIN_DEVICE_MODIFY_FORCE) < 0 ||
        !(doc = virXMLParse(xml, strlen(xml), "device.xml")) ||
        qemuDomainJobBegin(&job, vm, "update-device") < 0 ||
        qemuDomainChangeBegin(&change, vm, flags) < 0)
        return -1;
    return qemuDeviceUpdateAll(&change, virXMLGetRoot(doc), flags & VIR_DOMAIN_DEVICE_MODIFY_FORCE);
}
