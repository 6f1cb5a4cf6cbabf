/*
 * qemu_hotplug_update.c: devices of a running guest that change
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "qemu_command_priv.h"
#include "qemu_hotplug_priv.h"
#include "qemu_hotplug_update.h"
#include "virerror.h"
#include "virgettext.h"

#define VIR_FROM_THIS VIR_FROM_QEMU

/* --- what can change -------------------------------------------------------------------------- */

/* The disc of a drive: of @a it becomes @b's, and the other way round. */
static void
qemuHotplugSwapDisc(virDomainDiskDef *a, virDomainDiskDef *b)
{
    const virDomainDiskDef before = *a;

    a->source = b->source;
    a->type = b->type;
    a->format = b->format;
    b->source = before.source;
    b->type = before.type;
    b->format = before.format;
}

static void
qemuHotplugSwapLink(virDomainNetDef *a, virDomainNetDef *b)
{
    const virDomainNetLink before = a->link;

    a->link = b->link;
    b->link = before;
}

static void
qemuHotplugSwap(const virDomainDeviceDef *a, const virDomainDeviceDef *b)
{
    if (a->type == VIR_DOMAIN_DEVICE_DISK)
        qemuHotplugSwapDisc(a->data.disk, b->data.disk);
    else
        qemuHotplugSwapLink(a->data.net, b->data.net);
}

static char *
qemuHotplugFormat(const virDomainDeviceDef *dev)
{
    g_autoptr(virXMLWriter) writer = virXMLWriterNew();

    virDomainDeviceFormatXML(writer, dev, VIR_DOMAIN_DEF_FORMAT_INACTIVE);
    return virXMLWriterFinish(writer);
}

/* @wanted with the disc or the link of @dev. Of copies: others read @dev meanwhile. */
static char *
qemuHotplugFormatBefore(const virDomainDeviceDef *dev, const virDomainDeviceDef *wanted)
{
    virDomainDeviceDef before;
    virDomainDiskDef disk;
    virDomainNetDef net;

    if (dev->type == VIR_DOMAIN_DEVICE_DISK) {
        disk = *wanted->data.disk;
        disk.source = dev->data.disk->source;
        disk.type = dev->data.disk->type;
        disk.format = dev->data.disk->format;
        before = virDomainDeviceWrap(VIR_DOMAIN_DEVICE_DISK, &disk);
    } else {
        net = *wanted->data.net;
        net.link = dev->data.net->link;
        before = virDomainDeviceWrap(VIR_DOMAIN_DEVICE_NET, &net);
    }
    return qemuHotplugFormat(&before);
}

static int
qemuHotplugReportUpdate(const virDomainDeviceDef *dev)
{
    g_autofree char *name = virDomainDeviceDescribe(dev);

    virReportError(VIR_ERR_CONFIG_UNSUPPORTED,
                   _("unsupported configuration: %1$s cannot be changed so while the guest runs: "
                     "only the disc of a CD-ROM drive and the link of an interface can"),
                   name);
    return -1;
}

int
qemuHotplugCheckUpdate(const virDomainDeviceDef *dev, const virDomainDeviceDef *wanted)
{
    g_autofree char *now = NULL;
    g_autofree char *then = NULL;

    if (dev->type != VIR_DOMAIN_DEVICE_NET &&
        (dev->type != VIR_DOMAIN_DEVICE_DISK ||
         dev->data.disk->device != VIR_DOMAIN_DISK_DEVICE_CDROM ||
         wanted->data.disk->device != VIR_DOMAIN_DISK_DEVICE_CDROM))
        return qemuHotplugReportUpdate(dev);
    /* With what may differ made equal, nothing may. */
    now = qemuHotplugFormat(dev);
    then = qemuHotplugFormatBefore(dev, wanted);
    return strcmp(now, then) == 0 ? 0 : qemuHotplugReportUpdate(dev);
}

/* --- the link of an interface ----------------------------------------------------------------- */

static bool
qemuHotplugIsUp(const virDomainNetDef *net)
{
    return net->link != VIR_DOMAIN_NET_LINK_DOWN;
}

static int
qemuHotplugUpdateLink(qemuMonitor *mon, const virDomainNetDef *net, const virDomainNetDef *wanted)
{
    if (qemuHotplugIsUp(net) == qemuHotplugIsUp(wanted))
        return 0;
    return qemuMonitorSetLink(mon, net->info.alias, qemuHotplugIsUp(wanted));
}

/* --- the disc of a drive ---------------------------------------------------------------------- */

/* A drive whose disc changes. */
typedef struct {
    qemuHotplug plug; /* of @next, which is in no definition */
    const virDomainDiskDef *disk;
    const virDomainDiskDef *next;
    bool force;
} qemuHotplugDisc;

static int
qemuHotplugTray(qemuMonitor *mon, const virDomainDiskDef *disk, const char *command, bool force)
{
    JsonObject *arguments = json_object_new();

    json_object_set_string_member(arguments, "id", disk->info.alias);
    if (force)
        json_object_set_boolean_member(arguments, "force", true);
    return qemuMonitorCommand(mon, command, arguments, NULL);
}

static int
qemuHotplugInsert(qemuMonitor *mon, const virDomainDiskDef *disk)
{
    g_autofree char *node = qemuGetDiskNodeName(disk, QEMU_DISK_NODE_FORMAT);
    JsonObject *arguments = json_object_new();

    json_object_set_string_member(arguments, "id", disk->info.alias);
    json_object_set_string_member(arguments, "node-name", node);
    return qemuMonitorCommand(mon, "blockdev-insert-medium", arguments, NULL);
}

static int
qemuHotplugUndoOpen(void *opaque)
{
    const qemuHotplugDisc *disc = opaque;

    return qemuHotplugTray(disc->plug.mon, disc->disk, "blockdev-close-tray", false);
}

static int
qemuHotplugUndoTakeOut(void *opaque)
{
    const qemuHotplugDisc *disc = opaque;

    return qemuHotplugInsert(disc->plug.mon, disc->disk);
}

static int
qemuHotplugUndoDelNodes(void *opaque)
{
    const qemuHotplugDisc *disc = opaque;

    return qemuHotplugAddNodes(disc->plug.mon, disc->disk);
}

static int
qemuHotplugUndoAddNodes(void *opaque)
{
    const qemuHotplugDisc *disc = opaque;

    return qemuHotplugDelNodes(disc->plug.mon, disc->next);
}

static int
qemuHotplugUndoPutIn(void *opaque)
{
    const qemuHotplugDisc *disc = opaque;

    return qemuHotplugTray(disc->plug.mon, disc->disk, "blockdev-remove-medium", false);
}

static int
qemuHotplugTakeOut(qemuHotplugDisc *disc)
{
    qemuMonitor *mon = disc->plug.mon;

    if (qemuHotplugTray(mon, disc->disk, "blockdev-open-tray", disc->force) < 0)
        return -1;
    virUndoPush(disc->plug.undo, qemuHotplugUndoOpen, disc, NULL);
    if (!disc->disk->source)
        return 0;
    if (qemuHotplugTray(mon, disc->disk, "blockdev-remove-medium", false) < 0)
        return -1;
    virUndoPush(disc->plug.undo, qemuHotplugUndoTakeOut, disc, NULL);
    if (qemuHotplugDelNodes(mon, disc->disk) < 0)
        return -1;
    virUndoPush(disc->plug.undo, qemuHotplugUndoDelNodes, disc, NULL);
    return 0;
}

/* An ejected drive stays open, as if the guest's user had pressed the button. */
static int
qemuHotplugPutIn(qemuHotplugDisc *disc)
{
    qemuMonitor *mon = disc->plug.mon;

    if (!disc->next->source)
        return 0;
    if (qemuHotplugAddNodes(mon, disc->next) < 0)
        return -1;
    virUndoPush(disc->plug.undo, qemuHotplugUndoAddNodes, disc, NULL);
    if (qemuHotplugInsert(mon, disc->next) < 0)
        return -1;
    virUndoPush(disc->plug.undo, qemuHotplugUndoPutIn, disc, NULL);
    return qemuHotplugTray(mon, disc->next, "blockdev-close-tray", false);
}

static int
qemuHotplugUpdateDisc(virDomainObj *vm, qemuMonitor *mon, virDomainDiskDef *disk,
                      virDomainDiskDef *next, bool force)
{
    g_autoptr(virUndo) undo = virUndoNew();
    qemuHotplugDisc disc = {
        .plug = {.vm = vm, .priv = vm->privateData, .mon = mon, .undo = undo},
        .disk = disk,
        .next = next,
        .force = force,
    };
    /* Both discs are files of one device. */
    g_autofree char *out = g_strconcat(disk->info.alias, "-out", NULL);

    disc.plug.dev = virDomainDeviceWrap(VIR_DOMAIN_DEVICE_DISK, next);
    qemuDomainRenameOwners(vm, disk->info.alias, out);
    if (qemuHotplugSecure(&disc.plug) == 0 && qemuHotplugTakeOut(&disc) == 0 &&
        qemuHotplugPutIn(&disc) == 0) {
        virUndoCommit(undo);
        qemuDomainUnsecure(vm, out);
        return 0;
    }
    (void)!virUndoRollback(undo);
    qemuDomainRenameOwners(vm, out, disk->info.alias);
    qemuDomainNoteStatus(vm);
    return -1;
}

int
qemuHotplugUpdate(virDomainObj *vm, const virDomainDeviceDef *dev, virDomainDeviceDef *wanted,
                  bool force)
{
    g_autoptr(qemuMonitor) mon = qemuDomainGetMonitor(vm);
    int rc;

    if (!mon)
        return -1;
    if (dev->type == VIR_DOMAIN_DEVICE_DISK)
        rc = qemuHotplugUpdateDisc(vm, mon, dev->data.disk, wanted->data.disk, force);
    else
        rc = qemuHotplugUpdateLink(mon, dev->data.net, wanted->data.net);
    if (rc < 0)
        return -1;
    g_mutex_lock(&vm->lock);
    qemuHotplugSwap(dev, wanted);
    g_mutex_unlock(&vm->lock);
    qemuDomainNoteStatus(vm);
    return 0;
}
