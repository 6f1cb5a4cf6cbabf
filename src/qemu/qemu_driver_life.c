/*
 * qemu_driver_life.c: what is done with a guest that is active: from suspend to destroy
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <signal.h>

#include "qemu_driver_priv.h"
#include "qemu_process_priv.h"
#include "virerror.h"
#include "virgettext.h"
#include "virlog.h"

#define VIR_FROM_THIS VIR_FROM_QEMU

VIR_LOG_INIT("qemu.driver")

int
qemuDomainCheckState(virDomainObj *vm, bool resume)
{
    if (vm->state == VIR_DOMAIN_RUNNING || vm->state == VIR_DOMAIN_PAUSED)
        return 0;
    if (vm->state == VIR_DOMAIN_PMSUSPENDED)
        virReportError(VIR_ERR_OPERATION_INVALID,
                       _("guest '%1$s' has suspended itself; wake it up first"), vm->name);
    else
        virReportError(VIR_ERR_OPERATION_INVALID,
                       resume ? _("guest '%1$s' has shut down or crashed, and cannot go on")
                              : _("guest '%1$s' is not running any more"),
                       vm->name);
    return -1;
}

/* The event that comes with the answer has changed the state already: the loop handles both in
 * their order. */
int
qemuDomainStopCPUs(virDomainObj *vm, int reason)
{
    qemuDomainPrivate *priv = vm->privateData;
    g_autoptr(qemuMonitor) mon = qemuDomainGetMonitor(vm);
    int rc;

    if (!mon)
        return -1;
    g_mutex_lock(&vm->lock);
    priv->pausedReason = reason;
    g_mutex_unlock(&vm->lock);
    rc = qemuMonitorStop(mon);
    g_mutex_lock(&vm->lock);
    priv->pausedReason = VIR_DOMAIN_PAUSED_UNKNOWN;
    g_mutex_unlock(&vm->lock);
    return rc;
}

int
qemuDomainSuspend(virDomainObj *vm)
{
    g_auto(qemuDomainJob) job = {0};

    if (qemuDomainJobBeginActive(&job, vm, "suspend") < 0 || qemuDomainCheckState(vm, false) < 0)
        return -1;
    if (vm->state == VIR_DOMAIN_PAUSED)
        return 0;
    if (qemuDomainStopCPUs(vm, VIR_DOMAIN_PAUSED_USER) < 0)
        return -1;
    qemuDomainNoteStatus(vm);
    return 0;
}

int
qemuDomainResume(virDomainObj *vm)
{
    g_auto(qemuDomainJob) job = {0};
    g_autoptr(qemuMonitor) mon = NULL;

    if (qemuDomainJobBeginActive(&job, vm, "resume") < 0 || qemuDomainCheckState(vm, true) < 0)
        return -1;
    if (vm->state == VIR_DOMAIN_RUNNING)
        return 0;
    if (!(mon = qemuDomainGetMonitor(vm)) || qemuMonitorContinue(mon) < 0)
        return -1;
    qemuDomainNoteStatus(vm);
    return 0;
}

/* How a guest can be shut down or rebooted: libvirt numbers the flags alike for both. */
typedef enum {
    QEMU_DOMAIN_POWER_ACPI = VIR_DOMAIN_SHUTDOWN_ACPI_POWER_BTN,
    QEMU_DOMAIN_POWER_AGENT = VIR_DOMAIN_SHUTDOWN_GUEST_AGENT,
} qemuDomainPowerMode;

G_STATIC_ASSERT((int)VIR_DOMAIN_REBOOT_ACPI_POWER_BTN == (int)VIR_DOMAIN_SHUTDOWN_ACPI_POWER_BTN);
G_STATIC_ASSERT((int)VIR_DOMAIN_REBOOT_GUEST_AGENT == (int)VIR_DOMAIN_SHUTDOWN_GUEST_AGENT);

/* 0 leaves the choice to us. */
static int
qemuDomainCheckMode(const char *what, unsigned int flags)
{
    if (flags == 0 || flags & (QEMU_DOMAIN_POWER_ACPI | QEMU_DOMAIN_POWER_AGENT))
        return 0;
    virReportError(VIR_ERR_ARGUMENT_UNSUPPORTED,
                   _("cannot %1$s the guest in this way: only ACPI, the guest's power button "
                     "(--mode acpi), and the guest agent (--mode agent) are supported"),
                   what);
    return -1;
}

/* Whether the agent is to be asked, and what is tried next: nothing asked for is everything that
 * there is. */
static unsigned int
qemuDomainChooseModes(virDomainObj *vm, unsigned int flags)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = virDomainObjLock(vm);
    const virDomainChrDef *chr = qemuDomainFindAgent(vm->def);

    if (flags != 0)
        return flags;
    return chr && chr->state == VIR_DOMAIN_CHANNEL_STATE_CONNECTED &&
                   vm->state == VIR_DOMAIN_RUNNING
               ? QEMU_DOMAIN_POWER_AGENT | QEMU_DOMAIN_POWER_ACPI
               : QEMU_DOMAIN_POWER_ACPI;
}

/* Says what is to happen when the guest has powered off. */
static int
qemuDomainSetFakeReboot(virDomainObj *vm, qemuMonitor *mon, bool reboot)
{
    qemuDomainPrivate *priv = vm->privateData;

    g_mutex_lock(&vm->lock);
    priv->fakeReboot = reboot;
    g_mutex_unlock(&vm->lock);
    return qemuDomainSaveStatus(vm) < 0 ? -1 : qemuProcessSetActions(vm, mon);
}

/* The agent's guest powers off, or reboots by itself. Nobody else has to wait for it. */
static int
qemuDomainAskAgent(virDomainObj *vm, const char *what, bool reboot)
{
    g_auto(qemuDomainJob) job = {0};
    g_autoptr(qemuMonitor) mon = NULL;

    if (qemuDomainJobBeginActive(&job, vm, what) < 0 || !(mon = qemuDomainGetMonitor(vm)) ||
        qemuDomainSetFakeReboot(vm, mon, false) < 0)
        return -1;
    qemuDomainJobEnd(&job);
    return qemuDomainAgentPower(vm, reboot);
}

/* Presses the power button. If that fails, a guest that powers off later does what it did before.
 */
static int
qemuDomainPowerdown(virDomainObj *vm, const char *what, bool reboot)
{
    const qemuDomainPrivate *priv = vm->privateData;
    g_auto(qemuDomainJob) job = {0};
    g_autoptr(qemuMonitor) mon = NULL;
    virErrorInfo cause = {0};
    bool before;

    if (qemuDomainJobBeginActive(&job, vm, what) < 0 || !(mon = qemuDomainGetMonitor(vm)))
        return -1;
    before = priv->fakeReboot;
    reboot = reboot && vm->def->lifecycle.onReboot != VIR_DOMAIN_ACTION_DESTROY;
    if (qemuDomainSetFakeReboot(vm, mon, reboot) == 0 && qemuMonitorSystemPowerdown(mon) == 0)
        return 0;
    virErrorPreserve(&cause);
    if (qemuDomainSetFakeReboot(vm, mon, before) < 0)
        VIR_WARN("%s", virErrorGetMessage());
    virErrorRestore(&cause);
    return -1;
}

static int
qemuDomainPower(virDomainObj *vm, const char *what, unsigned int flags, bool reboot)
{
    unsigned int modes;

    if (qemuDomainCheckMode(what, flags) < 0)
        return -1;
    modes = qemuDomainChooseModes(vm, flags);
    if (modes & QEMU_DOMAIN_POWER_AGENT) {
        if (qemuDomainAskAgent(vm, what, reboot) == 0)
            return 0;
        if (!(modes & QEMU_DOMAIN_POWER_ACPI))
            return -1;
        VIR_INFO("%s; its power button is pressed", virErrorGetMessage());
        virErrorReset();
    }
    return qemuDomainPowerdown(vm, what, reboot);
}

int
qemuDomainShutdown(virDomainObj *vm, unsigned int flags)
{
    return qemuDomainPower(vm, "shut down", flags, false);
}

int
qemuDomainReboot(virDomainObj *vm, unsigned int flags)
{
    return qemuDomainPower(vm, "reboot", flags, true);
}

/* What a guest was asked for before, and has not done, is forgotten with everything else: if it
 * powers off later, that is what is meant. */
int
qemuDomainReset(virDomainObj *vm, unsigned int flags)
{
    const qemuDomainPrivate *priv = vm->privateData;
    g_auto(qemuDomainJob) job = {0};
    g_autoptr(qemuMonitor) mon = NULL;

    if (qemuDriverCheckFlags("reset", flags, 0) < 0 ||
        qemuDomainJobBeginActive(&job, vm, "reset") < 0 || !(mon = qemuDomainGetMonitor(vm)) ||
        (priv->fakeReboot && qemuDomainSetFakeReboot(vm, mon, false) < 0))
        return -1;
    return qemuMonitorSystemReset(mon);
}

/* Whoever has the job waits for QEMU: its end is what ends that. A QEMU that does not answer does
 * not end by itself either, and nobody would ever get the job. Wants the lock. */
static void
qemuDomainEndJob(virDomainObj *vm)
{
    gint64 deadline = g_get_monotonic_time() + QEMU_PROCESS_QUIT_TIMEOUT_MS * (gint64)1000;
    qemuDomainPrivate *priv = vm->privateData;
    int id = vm->id;

    qemuDomainSignal(vm, priv->starting ? SIGKILL : SIGTERM);
    while (priv->job && !priv->exited && vm->id == id) {
        if (g_cond_wait_until(&priv->cond, &vm->lock, deadline) || !priv->job || vm->id != id)
            continue;
        if (priv->pidfd >= 0)
            VIR_WARN(_("QEMU of guest '%1$s' does not end when told to, and is killed"), vm->name);
        qemuDomainSignal(vm, SIGKILL);
        return;
    }
}

/* Returns false if the guest is not active. */
static bool
qemuDomainInterrupt(virDomainObj *vm, unsigned int flags)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = virDomainObjLock(vm);
    qemuDomainPrivate *priv = vm->privateData;

    if (!virDomainObjIsActive(vm))
        return false;
    if (!(flags & VIR_DOMAIN_DESTROY_GRACEFUL)) {
        priv->destroying = true;
        if (priv->job)
            qemuDomainEndJob(vm);
    }
    return true;
}

/* What is done with the guest may hang in the kernel, and nobody gets it out of there. */
static int
qemuDomainDestroyBegin(qemuDomainJob *job, virDomainObj *vm, unsigned int flags)
{
    g_autofree char *cause = NULL;

    if (qemuDomainJobBeginAnyway(job, vm, "destroy") == 0)
        return 0;
    if (flags & VIR_DOMAIN_DESTROY_GRACEFUL)
        return -1;
    cause = g_strdup(virErrorGetMessage());
    virReportError(VIR_ERR_OPERATION_TIMEOUT,
                   _("%1$s. Its QEMU, if there is one, has been killed; the guest is cleaned up "
                     "when what is going on comes to an end"),
                   cause);
    return -1;
}

int
qemuDomainDestroy(virDomainObj *vm, unsigned int flags)
{
    g_auto(qemuDomainJob) job = {0};
    int id = qemuDomainGetID(vm);

    if (qemuDriverCheckFlags("destroy", flags, VIR_DOMAIN_DESTROY_GRACEFUL) < 0)
        return -1;
    if (!qemuDomainInterrupt(vm, flags)) {
        virReportError(VIR_ERR_OPERATION_INVALID, _("guest '%1$s': domain is not running"),
                       vm->name);
        return -1;
    }
    if (qemuDomainDestroyBegin(&job, vm, flags) < 0)
        return -1;
    /* It has ended meanwhile: that was wanted. */
    if (vm->id != id)
        return 0;
    return qemuProcessStop(vm, VIR_DOMAIN_SHUTOFF_DESTROYED,
                           flags & VIR_DOMAIN_DESTROY_GRACEFUL ? QEMU_PROCESS_STOP_GRACEFUL : 0);
}
