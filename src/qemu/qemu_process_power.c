/*
 * qemu_process_power.c: what follows when a guest powers off, reboots or crashes
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include <libvirt/libvirt.h>

#include "qemu_process_priv.h"
#include "virerror.h"
#include "virgettext.h"
#include "virlog.h"

VIR_LOG_INIT("qemu.process")

bool
qemuProcessStandsStill(const virDomainObj *vm)
{
    const qemuDomainPrivate *priv = vm->privateData;
    const virDomainLifecycleDef *lifecycle = &vm->def->lifecycle;

    return priv->fakeReboot || lifecycle->onPoweroff != VIR_DOMAIN_ACTION_DESTROY ||
           lifecycle->onReboot == VIR_DOMAIN_ACTION_PRESERVE;
}

static int
qemuProcessBootAgain(virDomainObj *vm)
{
    g_autoptr(qemuMonitor) mon = qemuDomainGetMonitor(vm);

    if (!mon || qemuMonitorSystemReset(mon) < 0 || qemuProcessSetActions(vm, mon) < 0)
        return -1;
    return qemuMonitorContinue(mon);
}

/* The guest has powered off or crashed, and is to start again. */
static void
qemuProcessRebootWork(qemuDriver *driver G_GNUC_UNUSED, void *opaque)
{
    const qemuProcessTask *task = opaque;
    virDomainObj *vm = task->vm;
    qemuDomainPrivate *priv = vm->privateData;
    g_auto(qemuDomainJob) job = {0};
    int reason;
    int rc;

    qemuDomainJobBeginAlways(&job, vm, "reboot");
    if (vm->id != task->id)
        return;
    g_mutex_lock(&vm->lock);
    priv->fakeReboot = false;
    reason =
        vm->state == VIR_DOMAIN_CRASHED ? VIR_DOMAIN_RUNNING_CRASHED : VIR_DOMAIN_RUNNING_BOOTED;
    g_mutex_unlock(&vm->lock);
    rc = qemuProcessBootAgain(vm);
    g_mutex_lock(&vm->lock);
    priv->rebooting = false;
    if (rc == 0)
        virDomainObjSetState(vm, VIR_DOMAIN_RUNNING, reason);
    g_mutex_unlock(&vm->lock);
    if (rc < 0)
        VIR_WARN(_("guest '%1$s' has ended to boot again, and cannot be started: %2$s"), vm->name,
                 virErrorGetMessage());
    else
        qemuDomainNoteStatus(vm);
    if (rc < 0 && qemuProcessStop(vm, VIR_DOMAIN_SHUTOFF_FAILED, 0) < 0)
        VIR_WARN("%s", virErrorGetMessage());
}

void
qemuProcessReboot(virDomainObj *vm)
{
    qemuDomainPrivate *priv = vm->privateData;

    if (!priv->rebooting)
        qemuProcessPush(vm, vm->id, qemuProcessRebootWork);
    priv->rebooting = true;
}

/* The guest has powered off, QEMU stands still, and nobody wants to look at it. */
static void
qemuProcessEndWork(qemuDriver *driver G_GNUC_UNUSED, void *opaque)
{
    const qemuProcessTask *task = opaque;
    virDomainObj *vm = task->vm;
    qemuDomainPrivate *priv = vm->privateData;
    g_auto(qemuDomainJob) job = {0};
    bool panic;

    qemuDomainJobBeginAlways(&job, vm, "clean up");
    g_mutex_lock(&vm->lock);
    priv->endPushed = false;
    panic = g_strcmp0(priv->shutdownReason, "guest-panic") == 0;
    g_mutex_unlock(&vm->lock);
    if (vm->id == task->id &&
        qemuProcessStop(vm, panic ? VIR_DOMAIN_SHUTOFF_CRASHED : VIR_DOMAIN_SHUTOFF_SHUTDOWN, 0) <
            0)
        VIR_WARN("%s", virErrorGetMessage());
}

static void
qemuProcessPushEndOnce(virDomainObj *vm)
{
    qemuDomainPrivate *priv = vm->privateData;

    if (!priv->endPushed)
        qemuProcessPush(vm, vm->id, qemuProcessEndWork);
    priv->endPushed = true;
}

/* @reason: as of QEMU's SHUTDOWN event */
static void
qemuProcessPushEnd(virDomainObj *vm, const char *reason)
{
    qemuDomainPrivate *priv = vm->privateData;

    g_free(priv->shutdownReason);
    priv->shutdownReason = g_strdup(reason);
    qemuProcessPushEndOnce(vm);
}

/* What is to follow, if QEMU stands still. False if it ends for another reason. */
static bool
qemuProcessGetAction(const virDomainObj *vm, const char *reason, virDomainAction *action)
{
    static const char *const resets[] = {
        "guest-reset",
        "host-qmp-system-reset",
        "subsystem-reset",
        NULL,
    };
    const qemuDomainPrivate *priv = vm->privateData;
    const virDomainLifecycleDef *lifecycle = &vm->def->lifecycle;

    if (g_strcmp0(reason, "guest-shutdown") == 0)
        *action = priv->fakeReboot ? lifecycle->onReboot : lifecycle->onPoweroff;
    else if (g_strcmp0(reason, "guest-panic") == 0)
        *action = lifecycle->onCrash;
    else if (reason && g_strv_contains(resets, reason))
        *action = lifecycle->onReboot;
    else
        return false;
    return true;
}

static void
qemuProcessNoteShutdown(virDomainObj *vm, bool guest)
{
    qemuDomainPrivate *priv = vm->privateData;

    virDomainObjSetState(vm, VIR_DOMAIN_SHUTDOWN, VIR_DOMAIN_SHUTDOWN_UNKNOWN);
    qemuEventQueueLifecycle(priv->driver->events, vm, VIR_DOMAIN_EVENT_SHUTDOWN,
                            guest ? VIR_DOMAIN_EVENT_SHUTDOWN_GUEST
                                  : VIR_DOMAIN_EVENT_SHUTDOWN_HOST);
    priv->fakeReboot = false;
    qemuDomainPushStatus(vm);
}

void
qemuProcessHandleShutdown(virDomainObj *vm, JsonObject *data)
{
    qemuDomainPrivate *priv = vm->privateData;
    const char *reason = qemuMonitorGetString(data, "reason");
    virDomainAction action;
    bool decide = qemuProcessStandsStill(vm) && qemuProcessGetAction(vm, reason, &action);

    if (decide && action == VIR_DOMAIN_ACTION_RESTART) {
        qemuProcessReboot(vm);
        return;
    }
    g_free(priv->shutdownReason);
    priv->shutdownReason = g_strdup(reason ? reason : "unknown");
    if (vm->state != VIR_DOMAIN_SHUTDOWN)
        qemuProcessNoteShutdown(vm, qemuMonitorGetBoolean(data, "guest"));
    if (decide && action == VIR_DOMAIN_ACTION_DESTROY)
        qemuProcessPushEndOnce(vm);
}

void
qemuProcessHandleGuestPanicked(virDomainObj *vm, JsonObject *data)
{
    const qemuDomainPrivate *priv = vm->privateData;
    const char *action = qemuMonitorGetString(data, "action");
    virDomainAction next = vm->def->lifecycle.onCrash;

    VIR_WARN(_("guest '%1$s' has crashed, and says so itself"), vm->name);
    if (g_strcmp0(action, "run") == 0)
        return;
    virDomainObjSetState(vm, VIR_DOMAIN_CRASHED, VIR_DOMAIN_CRASHED_PANICKED);
    qemuEventQueueLifecycle(priv->driver->events, vm, VIR_DOMAIN_EVENT_CRASHED,
                            VIR_DOMAIN_EVENT_CRASHED_PANICKED);
    qemuDomainPushStatus(vm);
    if (next == VIR_DOMAIN_ACTION_RESTART)
        qemuProcessReboot(vm);
    /* QEMU does not end by itself when it is to stand still at a power-off. */
    else if (next == VIR_DOMAIN_ACTION_DESTROY && g_strcmp0(action, "pause") == 0)
        qemuProcessPushEnd(vm, "guest-panic");
}

/* Nobody has been there to hear why it stands still: what may be worth a look is kept. */
static virDomainAction
qemuProcessGetLostAction(const virDomainObj *vm)
{
    const qemuDomainPrivate *priv = vm->privateData;
    const virDomainLifecycleDef *lifecycle = &vm->def->lifecycle;

    if (priv->fakeReboot)
        return lifecycle->onReboot;
    return lifecycle->onReboot == VIR_DOMAIN_ACTION_PRESERVE ? VIR_DOMAIN_ACTION_PRESERVE
                                                             : lifecycle->onPoweroff;
}

bool
qemuProcessCatchUpPower(virDomainObj *vm, const char *status)
{
    bool shutdown = strcmp(status, "shutdown") == 0;
    virDomainAction action = shutdown ? qemuProcessGetLostAction(vm) : vm->def->lifecycle.onCrash;

    if (!shutdown && strcmp(status, "guest-panicked") != 0)
        return false;
    virDomainObjSetState(vm, shutdown ? VIR_DOMAIN_SHUTDOWN : VIR_DOMAIN_CRASHED,
                         shutdown ? (int)VIR_DOMAIN_SHUTDOWN_UNKNOWN
                                  : (int)VIR_DOMAIN_CRASHED_PANICKED);
    if (action == VIR_DOMAIN_ACTION_RESTART)
        qemuProcessReboot(vm);
    else if (action == VIR_DOMAIN_ACTION_DESTROY)
        qemuProcessPushEnd(vm, shutdown ? "guest-shutdown" : "guest-panic");
    return true;
}
