/*
 * qemu_process_end.c: ending the QEMU of a guest, and cleaning up after it
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib/gstdio.h>
#include <libvirt/libvirt.h>

#include "qemu_hostdev.h"
#include "qemu_process_priv.h"
#include "qemu_tpm.h"
#include "virerror.h"
#include "virgettext.h"
#include "virlog.h"

#define VIR_FROM_THIS VIR_FROM_QEMU

VIR_LOG_INIT("qemu.process")

/* QEMU powers off in order when it gets SIGTERM: images are flushed. */
static int
qemuProcessKill(virDomainObj *vm, unsigned int flags)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = virDomainObjLock(vm);
    qemuDomainPrivate *priv = vm->privateData;

    if (priv->pidfd < 0 || priv->exited)
        return 0;
    priv->destroying = true;
    /* One that has not run yet has nothing to lose. */
    qemuDomainSignal(vm, priv->starting ? SIGKILL : SIGTERM);
    if (qemuDomainWaitExit(vm, QEMU_PROCESS_QUIT_TIMEOUT_MS))
        return 0;
    if (flags & QEMU_PROCESS_STOP_GRACEFUL) {
        virReportError(VIR_ERR_RESOURCE_BUSY,
                       _("QEMU of guest '%1$s' does not end when asked to; destroy the guest "
                         "without the flag 'graceful' to have it killed"),
                       vm->name);
        return -1;
    }
    VIR_WARN(_("QEMU of guest '%1$s' does not end when told to, and is killed"), vm->name);
    qemuDomainSignal(vm, SIGKILL);
    if (qemuDomainWaitExit(vm, QEMU_PROCESS_KILL_TIMEOUT_MS))
        return 0;
    virReportError(VIR_ERR_OPERATION_FAILED,
                   _("QEMU of guest '%1$s', process %2$d, has been killed and does not end: the "
                     "kernel holds it, most likely for one of its devices; the guest is cleaned up "
                     "when it ends"),
                   vm->name, priv->process.pid);
    return -1;
}

int
qemuProcessGetEndReason(const virDomainObj *vm)
{
    const qemuDomainPrivate *priv = vm->privateData;

    if (priv->destroying)
        return VIR_DOMAIN_SHUTOFF_DESTROYED;
    if (g_strcmp0(priv->shutdownReason, "guest-panic") == 0)
        return VIR_DOMAIN_SHUTOFF_CRASHED;
    return priv->shutdownReason ? VIR_DOMAIN_SHUTOFF_SHUTDOWN : VIR_DOMAIN_SHUTOFF_CRASHED;
}

/* How QEMU ended, for a message; caller frees. */
static char *
qemuProcessDescribeEnd(const qemuDomainPrivate *priv)
{
    int status = priv->waitStatus;

    if (status >= 0 && WIFSIGNALED(status))
        return virFormat(_("QEMU was killed by signal %1$d (%2$s)"), WTERMSIG(status),
                         g_strsignal(WTERMSIG(status)));
    if (status >= 0 && WEXITSTATUS(status) != 0)
        return virFormat(_("QEMU failed with exit status %1$d"), WEXITSTATUS(status));
    return virFormat(_("QEMU ended, and not because the guest did (%1$s)"),
                     priv->shutdownReason ? priv->shutdownReason : _("no reason given"));
}

static bool
qemuProcessEndedWell(const qemuDomainPrivate *priv)
{
    /* What the guest did itself. A reset ends it with on_reboot=destroy. */
    static const char *const reasons[] = {"guest-shutdown", "guest-reset", NULL};

    if (priv->destroying)
        return true;
    return priv->waitStatus <= 0 && priv->shutdownReason &&
           g_strv_contains(reasons, priv->shutdownReason);
}

/* Keeps, and logs, why it ended. */
static void
qemuProcessNoteEnd(virDomainObj *vm, int reason)
{
    qemuDomainPrivate *priv = vm->privateData;
    g_autofree char *quote = priv->log ? qemuLogQuote(priv->log) : g_strdup("");
    g_autofree char *end = qemuProcessDescribeEnd(priv);
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = virDomainObjLock(vm);

    if (reason == VIR_DOMAIN_SHUTOFF_FAILED || qemuProcessEndedWell(priv))
        return;
    g_free(priv->endMessage);
    priv->endMessage = virFormat(_("guest '%1$s' is gone: %2$s%3$s"), vm->name, end, quote);
}

static void
qemuProcessRemoveRunDirectory(const virDomainObj *vm)
{
    g_autofree char *path = qemuDomainGetRunDirectory(vm);
    g_autoptr(GDir) dir = path ? g_dir_open(path, 0, NULL) : NULL;
    const char *name;

    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *file = g_build_filename(path, name, NULL);

        if (g_unlink(file) < 0)
            VIR_WARN(_("cannot remove '%1$s': %2$s"), file, g_strerror(errno));
    }
    if (dir && g_rmdir(path) < 0)
        VIR_WARN(_("cannot remove '%1$s': %2$s"), path, g_strerror(errno));
}

/* The host is as it was before the guest. */
static void
qemuProcessRestoreHost(virDomainObj *vm)
{
    qemuDomainPrivate *priv = vm->privateData;

    qemuTPMStop(vm);
    qemuDomainUnsecure(vm, NULL);
    if (vm->def->hostdevs->len > 0)
        qemuHostdevReAttachPCIDevices(priv->driver->hostdevMgr, vm->def);
    qemuProcessRemoveRunDirectory(vm);
}

static int
qemuProcessGetEventDetail(int reason, bool starting)
{
    switch (reason) {
    case VIR_DOMAIN_SHUTOFF_SHUTDOWN:
        return VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN;
    case VIR_DOMAIN_SHUTOFF_DESTROYED:
        return VIR_DOMAIN_EVENT_STOPPED_DESTROYED;
    case VIR_DOMAIN_SHUTOFF_SAVED:
        return VIR_DOMAIN_EVENT_STOPPED_SAVED;
    case VIR_DOMAIN_SHUTOFF_CRASHED:
        return starting ? VIR_DOMAIN_EVENT_STOPPED_FAILED : VIR_DOMAIN_EVENT_STOPPED_CRASHED;
    default:
        return VIR_DOMAIN_EVENT_STOPPED_FAILED;
    }
}

static void
qemuProcessDeactivate(virDomainObj *vm, int reason)
{
    qemuDomainPrivate *priv = vm->privateData;
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = virDomainObjLock(vm);
    const qemuEvent stopped = {
        .kind = VIR_DOMAIN_EVENT_ID_LIFECYCLE,
        .type = VIR_DOMAIN_EVENT_STOPPED,
        .detail = qemuProcessGetEventDetail(reason, priv->starting),
        .reason = priv->endMessage,
    };

    qemuProcessUnwatch(vm);
    g_clear_pointer(&priv->owners, g_ptr_array_unref);
    g_clear_pointer(&priv->plugging, g_free);
    g_clear_pointer(&priv->saving, qemuDomainSavingFree);
    qemuDriverNoteOwned(priv->driver, g_steal_pointer(&priv->owner), -1);
    priv->autodestroy = false;
    vm->id = -1;
    vm->def->id = -1;
    if (vm->newDef) {
        virDomainDefFree(vm->def);
        vm->def = g_steal_pointer(&vm->newDef);
    }
    virDomainObjSetState(vm, VIR_DOMAIN_SHUTOFF, reason);
    qemuEventQueueAny(priv->driver->events, vm, &stopped);
    priv->starting = false;
}

int
qemuProcessStop(virDomainObj *vm, int reason, unsigned int flags)
{
    qemuDomainPrivate *priv = vm->privateData;
    g_autoptr(qemuLog) log = NULL;
    bool transient;
    bool keepTPM;

    if (qemuProcessKill(vm, flags) < 0)
        return -1;
    /* Its last words. */
    qemuLoopSettle(priv->driver->loop);
    qemuDomainCloseConsoles(vm);
    qemuProcessCloseMonitor(vm);
    qemuProcessNoteEnd(vm, reason);
    qemuProcessRestoreHost(vm);
    g_mutex_lock(&vm->lock);
    transient = !vm->persistent;
    keepTPM = priv->keepTPM;
    log = g_steal_pointer(&priv->log);
    g_mutex_unlock(&vm->lock);
    qemuProcessDeactivate(vm, reason);
    qemuProcessForgetUnread(vm);
    qemuDomainNoteStatus(vm);
    if (transient && !keepTPM)
        qemuTPMForget(priv->driver, vm->uuid);
    if (transient)
        virDomainObjListRemove(priv->driver->domains, vm);
    VIR_DEBUG("guest %s has ended, reason %d", vm->name, reason);
    return 0;
}
