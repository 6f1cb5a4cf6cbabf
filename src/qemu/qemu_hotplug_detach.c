/*
 * qemu_hotplug_detach.c: devices that a running guest gives back
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <libvirt/libvirt.h>

#include "domain_device_find.h"
#include "qemu_hotplug_priv.h"
#include "qemu_vcpu.h"
#include "virerror.h"
#include "virgettext.h"
#include "virlog.h"

#define VIR_FROM_THIS VIR_FROM_QEMU

VIR_LOG_INIT("qemu.hotplug")

static void
qemuHotplugQueueEvent(const virDomainObj *vm, int kind, const char *alias)
{
    const qemuDomainPrivate *priv = vm->privateData;

    qemuEventQueueOther(priv->driver->events, vm, kind, alias);
}

void
qemuHotplugRemove(virDomainObj *vm, qemuMonitor *mon, const virDomainDeviceDef *dev, bool event)
{
    const qemuHotplugFamily *family = qemuHotplugGetFamily(dev->type);
    g_autofree char *alias = g_strdup(dev->info->alias);
    virDomainDeviceDef gone = *dev;

    VIR_DEBUG("guest %s no longer has %s", vm->name, alias);
    if (family->forget && mon)
        family->forget(vm, mon, dev);
    if (family->release)
        family->release(vm, dev);
    g_mutex_lock(&vm->lock);
    virDomainDeviceSteal(vm->def, dev);
    g_mutex_unlock(&vm->lock);
    virDomainDeviceFree(&gone);
    if (family->settle)
        family->settle(vm);
    qemuDomainNoteStatus(vm);
    g_mutex_lock(&vm->lock);
    if (event)
        qemuHotplugQueueEvent(vm, VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED, alias);
    g_mutex_unlock(&vm->lock);
}

/* Names of devices that the definition has and QEMU does not. */
static GPtrArray *
qemuHotplugFindGone(const virDomainDef *def, GHashTable *ids)
{
    GPtrArray *gone = g_ptr_array_new_with_free_func(g_free);
    virDomainDeviceIter iter = virDomainDeviceIterInit(def);
    virDomainDeviceDef dev;

    while (virDomainDeviceIterNext(&iter, &dev)) {
        if (qemuHotplugGetFamily(dev.type) && !g_hash_table_contains(ids, dev.info->alias))
            g_ptr_array_add(gone, g_strdup(dev.info->alias));
    }
    return gone;
}

/* A guest whose devices are all part of it has nothing to catch up with. */
static bool
qemuHotplugMayDiffer(const virDomainDef *def)
{
    return def->disks->len > 0 || def->nets->len > 0 || def->hostdevs->len > 0 ||
           def->channels->len > 0 || def->rngs->len > 0;
}

int
qemuHotplugCatchUp(virDomainObj *vm, qemuMonitor *mon)
{
    qemuDomainPrivate *priv = vm->privateData;
    g_autoptr(GHashTable) ids = NULL;
    g_autoptr(GPtrArray) gone = NULL;
    g_autofree char *plugging = NULL;
    virDomainDeviceDef dev;

    (void)qemuVcpuCatchUp(vm, mon);
    if (!qemuHotplugMayDiffer(vm->def))
        return 0;
    if (!(ids = qemuMonitorListDevices(mon)))
        return -1;
    gone = qemuHotplugFindGone(vm->def, ids);
    g_mutex_lock(&vm->lock);
    plugging = g_steal_pointer(&priv->plugging);
    if (plugging && g_hash_table_contains(ids, plugging))
        qemuHotplugQueueEvent(vm, VIR_DOMAIN_EVENT_ID_DEVICE_ADDED, plugging);
    g_mutex_unlock(&vm->lock);
    for (guint i = 0; i < gone->len; i++) {
        const char *alias = g_ptr_array_index(gone, i);

        if (virDomainDeviceFindByAlias(vm->def, alias, &dev))
            qemuHotplugRemove(vm, mon, &dev, g_strcmp0(alias, plugging) != 0);
    }
    if (plugging)
        qemuDomainNoteStatus(vm);
    return 0;
}

/* A worker's task about one run of a guest. */
typedef struct {
    virDomainObj *vm;
    int id;
} qemuHotplugTask;

static void
qemuHotplugTaskFree(void *opaque)
{
    qemuHotplugTask *task = opaque;

    virDomainObjUnref(task->vm);
    g_free(task);
}

/* Where the monitor is lost, the next driver catches up. */
static void
qemuHotplugBeginCatchUp(virDomainObj *vm)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = virDomainObjLock(vm);
    qemuDomainPrivate *priv = vm->privateData;

    priv->catchUpPushed = false;
}

static void
qemuHotplugCatchUpWork(qemuDriver *driver G_GNUC_UNUSED, void *opaque)
{
    const qemuHotplugTask *task = opaque;
    g_auto(qemuDomainJob) job = {0};
    g_autoptr(qemuMonitor) mon = NULL;

    qemuDomainJobBeginAlways(&job, task->vm, "catch up");
    qemuHotplugBeginCatchUp(task->vm);
    if (task->vm->id != task->id)
        return;
    if (!(mon = qemuDomainGetMonitor(task->vm)) || qemuHotplugCatchUp(task->vm, mon) < 0)
        VIR_DEBUG("guest %s: %s", task->vm->name, virErrorGetMessage());
}

void
qemuHotplugPushCatchUp(virDomainObj *vm)
{
    qemuDomainPrivate *priv = vm->privateData;
    qemuHotplugTask *task;

    if (priv->catchUpPushed)
        return;
    priv->catchUpPushed = true;
    task = g_new0(qemuHotplugTask, 1);
    task->vm = virDomainObjRef(vm);
    task->id = vm->id;
    qemuDriverPush(priv->driver, qemuHotplugCatchUpWork, task, qemuHotplugTaskFree);
}

/* Whether it is the device that somebody waits for. */
static bool
qemuHotplugIsAwaited(const qemuDomainPrivate *priv, const char *alias)
{
    return priv->unplugging && g_strcmp0(priv->unplugging, alias) == 0;
}

/* QEMU tells of every part of a device; only devices of the definition have a name. */
void
qemuHotplugHandleDeleted(virDomainObj *vm, JsonObject *data)
{
    qemuDomainPrivate *priv = vm->privateData;
    const char *alias = qemuMonitorGetString(data, "device");

    if (!alias)
        return;
    VIR_DEBUG("guest %s has released %s", vm->name, alias);
    if (!qemuHotplugIsAwaited(priv, alias)) {
        qemuHotplugPushCatchUp(vm);
        return;
    }
    priv->unplug = QEMU_DOMAIN_UNPLUG_DONE;
    g_cond_broadcast(&priv->cond);
}

void
qemuHotplugHandleRefused(virDomainObj *vm, JsonObject *data)
{
    qemuDomainPrivate *priv = vm->privateData;
    const char *alias = qemuMonitorGetString(data, "device");

    if (!alias)
        return;
    VIR_DEBUG("guest %s keeps %s", vm->name, alias);
    qemuHotplugQueueEvent(vm, VIR_DOMAIN_EVENT_ID_DEVICE_REMOVAL_FAILED, alias);
    if (!qemuHotplugIsAwaited(priv, alias) || priv->unplug == QEMU_DOMAIN_UNPLUG_DONE)
        return;
    priv->unplug = QEMU_DOMAIN_UNPLUG_REFUSED;
    g_cond_broadcast(&priv->cond);
}

/* QEMU may answer device_del after it has told of its effect, or before. */
static void
qemuHotplugAwait(virDomainObj *vm, guint timeout_ms)
{
    gint64 deadline = g_get_monotonic_time() + timeout_ms * (gint64)1000;
    qemuDomainPrivate *priv = vm->privateData;

    while (priv->unplug == QEMU_DOMAIN_UNPLUG_ASKED && !priv->exited && !priv->monClosed &&
           g_cond_wait_until(&priv->cond, &vm->lock, deadline))
        ;
}

int
qemuHotplugAsk(virDomainObj *vm, qemuMonitor *mon, const char *alias, qemuDomainUnplug *outcome)
{
    qemuDomainPrivate *priv = vm->privateData;
    int rc;

    g_mutex_lock(&vm->lock);
    priv->unplugging = alias;
    priv->unplug = QEMU_DOMAIN_UNPLUG_ASKED;
    g_mutex_unlock(&vm->lock);
    rc = qemuMonitorDelDevice(mon, alias);
    if (rc < 0 && virErrorGetLast()->code == VIR_ERR_DEVICE_MISSING) {
        *outcome = QEMU_DOMAIN_UNPLUG_DONE;
        rc = 0;
    }
    g_mutex_lock(&vm->lock);
    if (rc == 0 && *outcome != QEMU_DOMAIN_UNPLUG_DONE)
        qemuHotplugAwait(vm, priv->driver->unplugTimeout_ms);
    if (*outcome != QEMU_DOMAIN_UNPLUG_DONE)
        *outcome = priv->unplug;
    priv->unplugging = NULL;
    g_mutex_unlock(&vm->lock);
    return rc;
}

/* QEMU would not even ask the guest. */
static int
qemuHotplugReportNotAsked(virDomainObj *vm, qemuMonitor *mon, const virDomainDeviceDef *dev)
{
    g_autofree char *cause = g_strdup(virErrorGetMessage());
    g_autofree char *name = virDomainDeviceDescribe(dev);
    g_autoptr(GHashTable) ids = NULL;
    virErrorInfo saved = {0};
    int code = virErrorGetLast()->code;

    virErrorPreserve(&saved);
    ids = code == VIR_ERR_OPERATION_TIMEOUT ? NULL : qemuMonitorListDevices(mon);
    virErrorRestore(&saved);
    /* One that has hung up has not refused. */
    if (!ids)
        return -1;
    g_mutex_lock(&vm->lock);
    qemuHotplugQueueEvent(vm, VIR_DOMAIN_EVENT_ID_DEVICE_REMOVAL_FAILED, dev->info->alias);
    g_mutex_unlock(&vm->lock);
    virReportError(VIR_ERR_OPERATION_FAILED, _("cannot unplug %1$s of guest '%2$s': %3$s"), name,
                   vm->name, cause);
    return -1;
}

int
qemuHotplugDetach(virDomainObj *vm, const virDomainDeviceDef *dev)
{
    g_autoptr(qemuMonitor) mon = qemuDomainGetMonitor(vm);
    g_autofree char *name = virDomainDeviceDescribe(dev);
    qemuDomainUnplug outcome = QEMU_DOMAIN_UNPLUG_ASKED;
    int rc;

    if (!mon)
        return -1;
    rc = qemuHotplugAsk(vm, mon, dev->info->alias, &outcome);
    if (outcome == QEMU_DOMAIN_UNPLUG_DONE) {
        virErrorReset();
        qemuHotplugRemove(vm, mon, dev, true);
        return 0;
    }
    if (rc < 0)
        return qemuHotplugReportNotAsked(vm, mon, dev);
    if (outcome == QEMU_DOMAIN_UNPLUG_REFUSED) {
        virReportError(VIR_ERR_OPERATION_FAILED,
                       _("guest '%1$s' does not release %2$s: unplug of device was rejected by the "
                         "guest"),
                       vm->name, name);
        return -1;
    }
    VIR_INFO("guest %s has been asked to release %s, and has not done so yet", vm->name, name);
    return 0;
}
