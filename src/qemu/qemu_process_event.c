/*
 * qemu_process_event.c: what QEMU tells of a guest, and its end: all of it by the loop
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <string.h>
#include <sys/wait.h>

#include <glib-unix.h>
#include <libvirt/libvirt.h>

#include "qemu_balloon.h"
#include "qemu_hotplug.h"
#include "qemu_process_priv.h"
#include "qemu_save.h"
#include "virerror.h"
#include "virfile.h"
#include "virgettext.h"
#include "virlog.h"

VIR_LOG_INIT("qemu.process")

/* Nothing here waits, and the guest's lock is held throughout. What takes longer is pushed to a
 * worker, which begins a job first. */
typedef void (*qemuProcessHandler)(virDomainObj *vm, JsonObject *data);

static void
qemuProcessTaskFree(void *opaque)
{
    qemuProcessTask *task = opaque;

    virDomainObjUnref(task->vm);
    g_free(task);
}

void
qemuProcessPush(virDomainObj *vm, int id, qemuDriverWork work)
{
    const qemuDomainPrivate *priv = vm->privateData;
    qemuProcessTask *task = g_new0(qemuProcessTask, 1);

    task->vm = virDomainObjRef(vm);
    task->id = id;
    qemuDriverPush(priv->driver, work, task, qemuProcessTaskFree);
}

static void
qemuProcessEndedWork(qemuDriver *driver G_GNUC_UNUSED, void *opaque)
{
    const qemuProcessTask *task = opaque;
    virDomainObj *vm = task->vm;
    const qemuDomainPrivate *priv = vm->privateData;
    g_auto(qemuDomainJob) job = {0};
    bool ended;
    bool saved;
    int reason;

    qemuDomainJobBeginAlways(&job, vm, "clean up");
    saved = priv->saving && qemuSaveIsDone(priv->saving);
    g_mutex_lock(&vm->lock);
    ended = vm->id == task->id && priv->exited;
    reason = saved ? VIR_DOMAIN_SHUTOFF_SAVED : qemuProcessGetEndReason(vm);
    g_mutex_unlock(&vm->lock);
    if (ended && qemuProcessStop(vm, reason, 0) < 0)
        VIR_WARN("%s", virErrorGetMessage());
}

void
qemuProcessPushEnded(virDomainObj *vm, int id)
{
    qemuProcessPush(vm, id, qemuProcessEndedWork);
}

/* Its last words may still be under way when it is gone: both ends are waited for. */
static void
qemuProcessCheckEnded(virDomainObj *vm)
{
    const qemuDomainPrivate *priv = vm->privateData;

    if (priv->exited && (priv->monClosed || !priv->mon))
        qemuProcessPushEnded(vm, vm->id);
}

static void
qemuProcessReap(qemuDomainPrivate *priv)
{
    siginfo_t info = {0};

    /* A QEMU that an earlier driver started is another's child: how it ended is not known. */
    if (waitid((idtype_t)P_PIDFD, (id_t)priv->pidfd, &info, WEXITED) < 0)
        return;
    priv->waitStatus =
        info.si_code == CLD_EXITED ? W_EXITCODE(info.si_status, 0) : W_EXITCODE(0, info.si_status);
}

static gboolean
qemuProcessHandleExit(int fd, GIOCondition condition G_GNUC_UNUSED, void *opaque)
{
    virDomainObj *vm = opaque;
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = virDomainObjLock(vm);
    qemuDomainPrivate *priv = vm->privateData;

    if (priv->pidfd != fd || priv->exited)
        return G_SOURCE_REMOVE;
    VIR_DEBUG("QEMU of guest %s, process %d, has ended", vm->name, priv->process.pid);
    qemuProcessReap(priv);
    priv->exited = true;
    g_cond_broadcast(&priv->cond);
    qemuProcessCheckEnded(vm);
    return G_SOURCE_REMOVE;
}

void
qemuProcessWatch(virDomainObj *vm, int pidfd)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = virDomainObjLock(vm);
    qemuDomainPrivate *priv = vm->privateData;

    priv->pidfd = pidfd;
    priv->exited = false;
    priv->exitWatch = g_unix_fd_source_new(pidfd, G_IO_IN);
    g_source_set_callback(priv->exitWatch, G_SOURCE_FUNC(qemuProcessHandleExit),
                          virDomainObjRef(vm), (GDestroyNotify)virDomainObjUnref);
    g_source_attach(priv->exitWatch, qemuLoopGetContext(priv->driver->loop));
}

void
qemuProcessUnwatch(virDomainObj *vm)
{
    qemuDomainPrivate *priv = vm->privateData;

    qemuLoopDropSource(&priv->exitWatch);
    virFileClose(&priv->pidfd);
}

static void
qemuProcessHandleStop(virDomainObj *vm, JsonObject *data G_GNUC_UNUSED)
{
    qemuDomainPrivate *priv = vm->privateData;
    int reason = priv->pausedReason;

    if (vm->state != VIR_DOMAIN_RUNNING || priv->rebooting)
        return;
    priv->pausedReason = VIR_DOMAIN_PAUSED_UNKNOWN;
    virDomainObjSetState(vm, VIR_DOMAIN_PAUSED, reason);
    qemuEventQueueLifecycle(priv->driver->events, vm, VIR_DOMAIN_EVENT_SUSPENDED,
                            reason == VIR_DOMAIN_PAUSED_IOERROR
                                ? VIR_DOMAIN_EVENT_SUSPENDED_IOERROR
                                : VIR_DOMAIN_EVENT_SUSPENDED_PAUSED);
    qemuDomainPushStatus(vm);
}

static void
qemuProcessHandleResume(virDomainObj *vm, JsonObject *data G_GNUC_UNUSED)
{
    qemuDomainPrivate *priv = vm->privateData;

    if (vm->state != VIR_DOMAIN_PAUSED && vm->state != VIR_DOMAIN_PMSUSPENDED)
        return;
    virDomainObjSetState(vm, VIR_DOMAIN_RUNNING,
                         priv->starting ? VIR_DOMAIN_RUNNING_BOOTED : VIR_DOMAIN_RUNNING_UNPAUSED);
    qemuEventQueueLifecycle(priv->driver->events, vm, VIR_DOMAIN_EVENT_RESUMED,
                            VIR_DOMAIN_EVENT_RESUMED_UNPAUSED);
    if (!priv->starting)
        qemuDomainPushStatus(vm);
}

static void
qemuProcessHandleReset(virDomainObj *vm, JsonObject *data G_GNUC_UNUSED)
{
    const qemuDomainPrivate *priv = vm->privateData;

    qemuEventQueueOther(priv->driver->events, vm, VIR_DOMAIN_EVENT_ID_REBOOT, NULL);
}

static void
qemuProcessHandleSuspend(virDomainObj *vm, JsonObject *data G_GNUC_UNUSED)
{
    const qemuDomainPrivate *priv = vm->privateData;

    if (vm->state != VIR_DOMAIN_RUNNING)
        return;
    virDomainObjSetState(vm, VIR_DOMAIN_PMSUSPENDED, VIR_DOMAIN_PMSUSPENDED_UNKNOWN);
    qemuEventQueueLifecycle(priv->driver->events, vm, VIR_DOMAIN_EVENT_PMSUSPENDED,
                            VIR_DOMAIN_EVENT_PMSUSPENDED_MEMORY);
    qemuEventQueueOther(priv->driver->events, vm, VIR_DOMAIN_EVENT_ID_PMSUSPEND, NULL);
    qemuDomainPushStatus(vm);
}

/* It powers off next. */
static void
qemuProcessHandleSuspendDisk(virDomainObj *vm, JsonObject *data G_GNUC_UNUSED)
{
    const qemuDomainPrivate *priv = vm->privateData;

    qemuEventQueueOther(priv->driver->events, vm, VIR_DOMAIN_EVENT_ID_PMSUSPEND_DISK, NULL);
}

static void
qemuProcessHandleWakeup(virDomainObj *vm, JsonObject *data G_GNUC_UNUSED)
{
    const qemuDomainPrivate *priv = vm->privateData;

    if (vm->state != VIR_DOMAIN_PMSUSPENDED)
        return;
    virDomainObjSetState(vm, VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_WAKEUP);
    qemuEventQueueLifecycle(priv->driver->events, vm, VIR_DOMAIN_EVENT_STARTED,
                            VIR_DOMAIN_EVENT_STARTED_WAKEUP);
    qemuEventQueueOther(priv->driver->events, vm, VIR_DOMAIN_EVENT_ID_PMWAKEUP, NULL);
    qemuDomainPushStatus(vm);
}

/* QEMU's words for what it does, by libvirt's number; one that is not there is 0. */
static int
qemuProcessFindAction(const char *const *words, const char *word)
{
    for (int i = 0; word && words[i]; i++) {
        if (strcmp(words[i], word) == 0)
            return i;
    }
    return 0;
}

/* The disk of a node that we named; NULL if there is none. */
static const virDomainDiskDef *
qemuProcessFindDisk(const virDomainObj *vm, const char *node)
{
    for (guint i = 0; node && i < vm->def->disks->len; i++) {
        const virDomainDiskDef *disk = g_ptr_array_index(vm->def->disks, i);
        g_autofree char *prefix = g_strdup_printf("libvirt-%s-", disk->target);

        if (g_str_has_prefix(node, prefix))
            return disk;
    }
    return NULL;
}

static void
qemuProcessTellIOError(const virDomainObj *vm, JsonObject *data)
{
    static const char *const actions[] = {"ignore", "stop", "report", NULL};
    const qemuDomainPrivate *priv = vm->privateData;
    const virDomainDiskDef *disk = qemuProcessFindDisk(vm, qemuMonitorGetString(data, "node-name"));
    qemuEvent event = {
        .kind = VIR_DOMAIN_EVENT_ID_IO_ERROR,
        .type = qemuProcessFindAction(actions, qemuMonitorGetString(data, "action")),
        .alias = disk && disk->info.alias ? disk->info.alias : "",
        .path = disk && disk->source ? disk->source : "",
        .reason = qemuMonitorGetBoolean(data, "nospace") ? "enospc" : "",
    };

    qemuEventQueueAny(priv->driver->events, vm, &event);
    event.kind = VIR_DOMAIN_EVENT_ID_IO_ERROR_REASON;
    qemuEventQueueAny(priv->driver->events, vm, &event);
}

/* Only an action that stops the guest changes the reason of the STOP that follows. */
static void
qemuProcessHandleIOError(virDomainObj *vm, JsonObject *data)
{
    qemuDomainPrivate *priv = vm->privateData;

    if (g_strcmp0(qemuMonitorGetString(data, "action"), "stop") == 0)
        priv->pausedReason = VIR_DOMAIN_PAUSED_IOERROR;
    qemuProcessTellIOError(vm, data);
}

static void
qemuProcessHandleWatchdog(virDomainObj *vm, JsonObject *data)
{
    static const char *const actions[] = {"none",     "pause", "reset",      "poweroff",
                                          "shutdown", "debug", "inject-nmi", NULL};
    qemuDomainPrivate *priv = vm->privateData;
    const char *action = qemuMonitorGetString(data, "action");
    const qemuEvent event = {.kind = VIR_DOMAIN_EVENT_ID_WATCHDOG,
                             .type = qemuProcessFindAction(actions, action)};

    if (g_strcmp0(action, "pause") == 0)
        priv->pausedReason = VIR_DOMAIN_PAUSED_WATCHDOG;
    qemuEventQueueAny(priv->driver->events, vm, &event);
}

static void
qemuProcessHandleRTCChange(virDomainObj *vm, JsonObject *data)
{
    const qemuDomainPrivate *priv = vm->privateData;
    const qemuEvent event = {.kind = VIR_DOMAIN_EVENT_ID_RTC_CHANGE,
                             .offset_s = qemuMonitorGetInt(data, "offset")};

    qemuEventQueueAny(priv->driver->events, vm, &event);
}

static void
qemuProcessHandleTray(virDomainObj *vm, JsonObject *data)
{
    const qemuDomainPrivate *priv = vm->privateData;
    const char *alias = qemuMonitorGetString(data, "id");
    const qemuEvent event = {.kind = VIR_DOMAIN_EVENT_ID_TRAY_CHANGE,
                             .type = qemuMonitorGetBoolean(data, "tray-open")
                                         ? VIR_DOMAIN_EVENT_TRAY_CHANGE_OPEN
                                         : VIR_DOMAIN_EVENT_TRAY_CHANGE_CLOSE,
                             .alias = alias};

    if (alias)
        qemuEventQueueAny(priv->driver->events, vm, &event);
}

static const struct {
    const char *name;
    qemuProcessHandler handler;
} qemuProcessHandlers[] = {
    {"BALLOON_CHANGE", qemuBalloonHandleChange},
    {"BLOCK_IO_ERROR", qemuProcessHandleIOError},
    {"DEVICE_DELETED", qemuHotplugHandleDeleted},
    {"DEVICE_UNPLUG_GUEST_ERROR", qemuHotplugHandleRefused},
    {"DEVICE_TRAY_MOVED", qemuProcessHandleTray},
    {"GUEST_PANICKED", qemuProcessHandleGuestPanicked},
    {"MEM_UNPLUG_ERROR", qemuHotplugHandleRefused},
    {"RESET", qemuProcessHandleReset},
    {"RESUME", qemuProcessHandleResume},
    {"RTC_CHANGE", qemuProcessHandleRTCChange},
    {"SHUTDOWN", qemuProcessHandleShutdown},
    {"STOP", qemuProcessHandleStop},
    {"SUSPEND", qemuProcessHandleSuspend},
    {"SUSPEND_DISK", qemuProcessHandleSuspendDisk},
    {"VSERPORT_CHANGE", qemuProcessHandleChannel},
    {"WAKEUP", qemuProcessHandleWakeup},
    {"WATCHDOG", qemuProcessHandleWatchdog},
};

static void
qemuProcessHandleEvent(qemuMonitor *mon, const char *name, JsonObject *data, void *opaque)
{
    virDomainObj *vm = opaque;
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = virDomainObjLock(vm);
    const qemuDomainPrivate *priv = vm->privateData;

    if (priv->mon != mon)
        return;
    qemuEventQueueMonitor(priv->driver->events, vm, name, data);
    for (size_t i = 0; i < G_N_ELEMENTS(qemuProcessHandlers); i++) {
        if (strcmp(qemuProcessHandlers[i].name, name) == 0)
            qemuProcessHandlers[i].handler(vm, data);
    }
}

static void
qemuProcessHandleClosed(qemuMonitor *mon, void *opaque)
{
    virDomainObj *vm = opaque;
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = virDomainObjLock(vm);
    qemuDomainPrivate *priv = vm->privateData;

    if (priv->mon != mon)
        return;
    priv->monClosed = true;
    g_cond_broadcast(&priv->cond);
    qemuProcessCheckEnded(vm);
}

void
qemuProcessOpenMonitor(virDomainObj *vm, int fd)
{
    static const qemuMonitorHandlers handlers = {
        .event = qemuProcessHandleEvent,
        .closed = qemuProcessHandleClosed,
    };
    qemuDomainPrivate *priv = vm->privateData;
    qemuMonitor *mon = qemuMonitorNew(priv->driver->loop, fd, &handlers, virDomainObjRef(vm),
                                      (GDestroyNotify)virDomainObjUnref);
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = virDomainObjLock(vm);

    priv->mon = mon;
    /* It may have closed before we could know which one it is. */
    priv->monClosed = qemuMonitorIsClosed(mon);
}

void
qemuProcessCloseMonitor(virDomainObj *vm)
{
    qemuDomainPrivate *priv = vm->privateData;
    g_autoptr(qemuMonitor) mon = NULL;

    g_mutex_lock(&vm->lock);
    mon = g_steal_pointer(&priv->mon);
    g_mutex_unlock(&vm->lock);
    if (mon)
        qemuMonitorClose(mon);
}
