/*
 * qemu_domain.c: what the QEMU driver knows of a guest, and the job that changes it
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <signal.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include <libvirt/libvirt.h>

#include "qemu_console.h"
#include "qemu_domain.h"
#include "qemu_path.h"
#include "qemu_status.h"
#include "virerror.h"
#include "virfile.h"
#include "virgettext.h"
#include "virlog.h"

#define VIR_FROM_THIS VIR_FROM_QEMU

VIR_LOG_INIT("qemu.domain")

qemuDomainSaving *
qemuDomainSavingNew(const char *path, guint64 device, guint64 inode, bool running)
{
    qemuDomainSaving *saving = g_new0(qemuDomainSaving, 1);

    saving->path = g_strdup(path);
    saving->device = device;
    saving->inode = inode;
    saving->running = running;
    return saving;
}

void
qemuDomainSavingFree(qemuDomainSaving *saving)
{
    if (!saving)
        return;
    g_free(saving->path);
    g_free(saving);
}

static void
qemuDomainPrivateFree(void *opaque)
{
    qemuDomainPrivate *priv = opaque;

    g_cond_clear(&priv->cond);
    g_mutex_clear(&priv->statusLock);
    qemuLogFree(priv->log);
    g_hash_table_unref(priv->consoles);
    virFileClose(&priv->pidfd);
    if (priv->owners)
        g_ptr_array_unref(priv->owners);
    g_free(priv->plugging);
    qemuDomainSavingFree(priv->saving);
    g_free(priv->unread);
    g_free(priv->shutdownReason);
    g_free(priv->endMessage);
    g_free(priv);
}

static qemuDomainPrivate *
qemuDomainPrivateNew(qemuDriver *driver)
{
    qemuDomainPrivate *priv = g_new0(qemuDomainPrivate, 1);

    priv->driver = driver;
    priv->pidfd = -1;
    priv->waitStatus = -1;
    priv->consoles =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)qemuConsoleUnref);
    g_cond_init(&priv->cond);
    g_mutex_init(&priv->statusLock);
    return priv;
}

qemuDomainPrivate *
qemuDomainGetPrivate(qemuDriver *driver, virDomainObj *vm)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = virDomainObjLock(vm);

    if (!vm->privateData) {
        vm->privateData = qemuDomainPrivateNew(driver);
        vm->privateDataFree = qemuDomainPrivateFree;
    }
    return vm->privateData;
}

static void
qemuDomainJobTake(qemuDomainJob *job, virDomainObj *vm, const char *what)
{
    qemuDomainPrivate *priv = vm->privateData;

    priv->job = what;
    priv->jobSince = g_get_monotonic_time();
    job->vm = virDomainObjRef(vm);
}

void
qemuDomainJobEnd(qemuDomainJob *job)
{
    g_autoptr(virDomainObj) vm = g_steal_pointer(&job->vm);
    qemuDomainPrivate *priv;

    if (!vm)
        return;
    g_mutex_lock(&vm->lock);
    priv = vm->privateData;
    priv->job = NULL;
    g_cond_broadcast(&priv->cond);
    g_mutex_unlock(&vm->lock);
}

static int
qemuDomainJobReportBusy(const virDomainObj *vm, const char *what)
{
    const qemuDomainPrivate *priv = vm->privateData;

    virReportError(VIR_ERR_OPERATION_TIMEOUT,
                   _("guest '%1$s' is busy: '%2$s' has been going on for %3$d seconds, and '%4$s' "
                     "has to wait for it; try again later"),
                   vm->name, priv->job,
                   (int)((g_get_monotonic_time() - priv->jobSince) / G_USEC_PER_SEC), what);
    return -1;
}

void
qemuDomainReportUnread(const virDomainObj *vm)
{
    const qemuDomainPrivate *priv = vm->privateData;

    virReportError(
        VIR_ERR_OPERATION_INVALID,
        _("QEMU of guest '%1$s', process %2$d, is still running, and %3$s; the guest can "
          "be destroyed, and nothing else"),
        vm->name, priv->process.pid, priv->unread);
}

/* Until it is free. Wants the lock. */
static int
qemuDomainJobAwait(virDomainObj *vm, const char *what)
{
    gint64 deadline = g_get_monotonic_time() + QEMU_DOMAIN_JOB_TIMEOUT_MS * (gint64)1000;
    qemuDomainPrivate *priv = vm->privateData;

    while (priv->job) {
        if (!g_cond_wait_until(&priv->cond, &vm->lock, deadline) && priv->job)
            return qemuDomainJobReportBusy(vm, what);
    }
    return 0;
}

static int
qemuDomainJobBeginIf(qemuDomainJob *job, virDomainObj *vm, const char *what, bool active)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = virDomainObjLock(vm);
    const qemuDomainPrivate *priv = vm->privateData;

    if (qemuDomainJobAwait(vm, what) < 0)
        return -1;
    if (vm->removed) {
        virReportError(VIR_ERR_NO_DOMAIN, _("Domain not found: guest '%1$s' (%2$s) is gone"),
                       vm->name, vm->uuid);
        return -1;
    }
    if (active && !virDomainObjIsActive(vm)) {
        virReportError(VIR_ERR_OPERATION_INVALID, _("guest '%1$s': domain is not running"),
                       vm->name);
        return -1;
    }
    if (active && priv->unread) {
        qemuDomainReportUnread(vm);
        return -1;
    }
    qemuDomainJobTake(job, vm, what);
    return 0;
}

int
qemuDomainJobBegin(qemuDomainJob *job, virDomainObj *vm, const char *what)
{
    return qemuDomainJobBeginIf(job, vm, what, false);
}

int
qemuDomainJobBeginActive(qemuDomainJob *job, virDomainObj *vm, const char *what)
{
    return qemuDomainJobBeginIf(job, vm, what, true);
}

int
qemuDomainJobBeginAnyway(qemuDomainJob *job, virDomainObj *vm, const char *what)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = virDomainObjLock(vm);

    if (qemuDomainJobAwait(vm, what) < 0)
        return -1;
    qemuDomainJobTake(job, vm, what);
    return 0;
}

void
qemuDomainJobBeginAlways(qemuDomainJob *job, virDomainObj *vm, const char *what)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = virDomainObjLock(vm);
    qemuDomainPrivate *priv = vm->privateData;

    while (priv->job)
        g_cond_wait(&priv->cond, &vm->lock);
    qemuDomainJobTake(job, vm, what);
}

qemuMonitor *
qemuDomainGetMonitor(virDomainObj *vm)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = virDomainObjLock(vm);
    const qemuDomainPrivate *priv = vm->privateData;

    if (priv->unread) {
        qemuDomainReportUnread(vm);
        return NULL;
    }
    if (!priv->mon || priv->monClosed) {
        virReportError(VIR_ERR_OPERATION_FAILED,
                       _("the connection to QEMU of guest '%1$s' has been lost; destroy the guest, "
                         "or restart virtvfiod, which connects again"),
                       vm->name);
        return NULL;
    }
    return qemuMonitorRef(priv->mon);
}

int
qemuDomainSaveStatus(virDomainObj *vm)
{
    qemuDomainPrivate *priv = vm->privateData;
    const char *directory = priv->driver->runDirectory;
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&priv->statusLock);
    g_autofree char *file = g_strconcat(vm->name, ".xml", NULL);
    g_autofree char *text = NULL;
    bool unread;
    int rc;

    if (!directory)
        return 0;
    g_mutex_lock(&vm->lock);
    unread = priv->unread != NULL;
    if (virDomainObjIsActive(vm))
        text = qemuStatusFormat(vm);
    g_mutex_unlock(&vm->lock);
    if (unread)
        return 0;
    rc = text ? virFileWritePrivate(directory, file, text) : virFileRemoveDurable(directory, file);
    if (rc == 0 || (!text && rc == -ENOENT))
        return 0;
    virReportSystemError(-rc, _("cannot write the state of guest '%1$s', '%2$s/%3$s'"), vm->name,
                         directory, file);
    return -1;
}

void
qemuDomainNoteStatus(virDomainObj *vm)
{
    virErrorInfo cause = {0};

    virErrorPreserve(&cause);
    if (qemuDomainSaveStatus(vm) < 0)
        VIR_WARN("%s", virErrorGetMessage());
    virErrorRestore(&cause);
}

/* Whether nothing has changed since it was written; then the next change needs another worker. */
static bool
qemuDomainStatusIsNew(virDomainObj *vm)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = virDomainObjLock(vm);
    qemuDomainPrivate *priv = vm->privateData;

    priv->statusPushed = priv->statusOld;
    priv->statusOld = false;
    return !priv->statusPushed;
}

static void
qemuDomainStatusWork(qemuDriver *driver G_GNUC_UNUSED, void *opaque)
{
    do
        qemuDomainNoteStatus(opaque);
    while (!qemuDomainStatusIsNew(opaque));
}

void
qemuDomainPushStatus(virDomainObj *vm)
{
    qemuDomainPrivate *priv = vm->privateData;

    if (!priv->driver->runDirectory)
        return;
    priv->statusOld = priv->statusPushed;
    if (!priv->statusPushed)
        qemuDriverPush(priv->driver, qemuDomainStatusWork, virDomainObjRef(vm),
                       (GDestroyNotify)virDomainObjUnref);
    priv->statusPushed = true;
}

char *
qemuDomainGetRunDirectory(const virDomainObj *vm)
{
    const qemuDomainPrivate *priv = vm->privateData;

    if (!priv->driver->runDirectory)
        return NULL;
    return g_build_filename(priv->driver->runDirectory, vm->uuid, NULL);
}

qemuPeer
qemuDomainGetPeer(const virDomainObj *vm, const char *path)
{
    const qemuDomainPrivate *priv = vm->privateData;
    const qemuSpawnUser *user = priv->driver->user;

    return (qemuPeer){
        .path = path,
        .distrusted = user ? user->uid : QEMU_PATH_TRUST_ALL,
        .owner = user ? user->uid : geteuid(),
        .pid = priv->process.pid,
    };
}

char *
qemuDomainGetManagedSavePath(const virDomainObj *vm)
{
    const qemuDomainPrivate *priv = vm->privateData;
    g_autofree char *name = g_strconcat(vm->name, ".save", NULL);

    if (!priv->driver->stateDirectory)
        return NULL;
    return g_build_filename(priv->driver->stateDirectory, "save", name, NULL);
}

void
qemuDomainSetManagedSave(virDomainObj *vm, bool there)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = virDomainObjLock(vm);

    vm->hasManagedSave = there;
}

bool
qemuDomainWaitExit(virDomainObj *vm, gint64 timeout_ms)
{
    gint64 deadline = g_get_monotonic_time() + timeout_ms * 1000;
    qemuDomainPrivate *priv = vm->privateData;

    while (!priv->exited && g_cond_wait_until(&priv->cond, &vm->lock, deadline))
        ;
    return priv->exited;
}

void
qemuDomainSignal(virDomainObj *vm, int number)
{
    const qemuDomainPrivate *priv = vm->privateData;

    if (priv->pidfd >= 0 && !priv->exited && pidfd_send_signal(priv->pidfd, number, NULL, 0) < 0 &&
        errno != ESRCH)
        VIR_WARN(_("cannot send signal %1$d to QEMU of guest '%2$s': %3$s"), number, vm->name,
                 g_strerror(errno));
}
