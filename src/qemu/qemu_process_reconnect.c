/*
 * qemu_process_reconnect.c: guests that outlive a driver
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include <libvirt/libvirt.h>

#include "qemu_balloon.h"
#include "qemu_hostdev.h"
#include "qemu_hotplug.h"
#include "qemu_process_priv.h"
#include "qemu_save.h"
#include "qemu_tpm.h"
#include "virerror.h"
#include "virfile.h"
#include "virgettext.h"
#include "virlog.h"

#define VIR_FROM_THIS VIR_FROM_QEMU

VIR_LOG_INIT("qemu.process")

/* How long QEMU may take to greet: it runs already. */
#define QEMU_PROCESS_RECONNECT_TIMEOUT_MS (30 * 1000)

/* How long a QEMU that does not answer may take to be seen to end. */
#define QEMU_PROCESS_ENDING_TIMEOUT_MS 1000

/* The longest command line that is searched, in bytes. */
#define QEMU_PROCESS_MAX_CMDLINE (4 * 1024 * 1024)

/* NULL with errno set if it cannot be read. */
static char *
qemuProcessReadFile(const char *path, size_t max, size_t *len)
{
    VIR_AUTOCLOSE fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    char *text = NULL;
    int rc = fd < 0 ? -errno : virFileReadFD(fd, max, &text, len);

    if (rc < 0)
        errno = -rc;
    return text;
}

/* That we lack a descriptor, or memory, says nothing of a process. */
static bool
qemuProcessLacksResources(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOMEM;
}

/* A file of a process in /proc; NULL with errno set. */
static char *
qemuProcessReadProc(pid_t pid, const char *name, size_t *len)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/%s", (int)pid, name);

    return qemuProcessReadFile(path, QEMU_PROCESS_MAX_CMDLINE, len);
}

/* As qemuProcessReadPidFile(). */
static int
qemuProcessIdentifyByWord(pid_t pid, const char *word, virProcessIdentity *process)
{
    g_autofree char *stat = qemuProcessReadProc(pid, "stat", NULL);
    g_autofree char *words = NULL;
    virProcessIdentity identity;
    size_t len = 0;

    if (!stat)
        return qemuProcessLacksResources(errno) ? -1 : 0;
    if (virProcessIdentify(pid, &identity) < 0) {
        virErrorReset();
        return 0;
    }
    if (!(words = qemuProcessReadProc(pid, "cmdline", &len)))
        return qemuProcessLacksResources(errno) ? -1 : 0;
    for (size_t at = 0; at < len; at += strlen(words + at) + 1) {
        if (strcmp(words + at, word) == 0) {
            *process = identity;
            return 1;
        }
    }
    return 0;
}

int
qemuProcessReadPidFile(const char *path, const char *word, virProcessIdentity *process)
{
    g_autofree char *text = qemuProcessReadFile(path, 64, NULL);
    gint64 pid = text ? g_ascii_strtoll(text, NULL, 10) : 0;

    if (!text && qemuProcessLacksResources(errno))
        return -1;
    return pid > 0 && pid <= G_MAXINT32 ? qemuProcessIdentifyByWord((pid_t)pid, word, process) : 0;
}

/* How often it is tried again where there is no descriptor left for a guest. */
#define QEMU_PROCESS_RETRY_US (200 * 1000)

/* Waits before the next attempt to find out about a guest's processes, and warns at the first one.
 * Returns false if the driver closes. */
static bool
qemuProcessAwaitResources(const virDomainObj *vm, bool *warned)
{
    const qemuDomainPrivate *priv = vm->privateData;

    if (!*warned)
        VIR_WARN(_("guest '%1$s' cannot be watched yet: %2$s; it is tried again until it can"),
                 vm->name, g_strerror(errno));
    *warned = true;
    if (qemuDriverIsClosing(priv->driver))
        return false;
    g_usleep(QEMU_PROCESS_RETRY_US);
    return true;
}

int
qemuProcessAwaitPidFile(const virDomainObj *vm, const char *path, const char *word,
                        virProcessIdentity *process)
{
    bool warned = false;
    int rc;

    while ((rc = qemuProcessReadPidFile(path, word, process)) < 0 &&
           qemuProcessAwaitResources(vm, &warned))
        ;
    return rc;
}

/* Of a process; -1 if it has ended, or, while the driver closes, with errno EMFILE and the like.
 * That we lack a descriptor is no end: the devices of a guest that runs would go back to the host.
 */
static int
qemuProcessOpenPidfd(const virDomainObj *vm, pid_t pid)
{
    bool warned = false;
    int error;
    int fd;

    while ((fd = pidfd_open(pid, 0)) < 0 && qemuProcessLacksResources(errno)) {
        error = errno;
        if (qemuProcessAwaitResources(vm, &warned))
            continue;
        errno = error;
        break;
    }
    return fd;
}

typedef enum {
    QEMU_PROCESS_ENDED,
    QEMU_PROCESS_RUNS,
    QEMU_PROCESS_UNKNOWN, /* the driver closes before it is known */
} qemuProcessFate;

/* What the status file says, or else the pid file. */
static qemuProcessFate
qemuProcessIdentifyQEMU(const virDomainObj *vm, virProcessIdentity *process)
{
    const qemuDomainPrivate *priv = vm->privateData;
    g_autofree char *directory = qemuDomainGetRunDirectory(vm);
    g_autofree char *path = g_build_filename(directory, "pid", NULL);
    int rc;

    *process = priv->process;
    if (process->pid > 0)
        return QEMU_PROCESS_RUNS;
    rc = qemuProcessAwaitPidFile(vm, path, vm->uuid, process);
    if (rc < 0)
        return QEMU_PROCESS_UNKNOWN;
    return rc > 0 ? QEMU_PROCESS_RUNS : QEMU_PROCESS_ENDED;
}

/* Finds QEMU, and has the loop watch it. */
static qemuProcessFate
qemuProcessFind(virDomainObj *vm)
{
    qemuDomainPrivate *priv = vm->privateData;
    virProcessIdentity process;
    qemuProcessFate fate = qemuProcessIdentifyQEMU(vm, &process);
    VIR_AUTOCLOSE pidfd = -1;

    if (fate != QEMU_PROCESS_RUNS)
        return fate;
    pidfd = qemuProcessOpenPidfd(vm, process.pid);
    if (pidfd < 0 && errno != ESRCH && errno != EINVAL)
        return QEMU_PROCESS_UNKNOWN;
    /* Identified once the descriptor is there: from then on the number cannot change hands. */
    if (pidfd < 0 || !virProcessIsRunning(&process))
        return QEMU_PROCESS_ENDED;
    g_mutex_lock(&vm->lock);
    priv->process = process;
    g_mutex_unlock(&vm->lock);
    qemuProcessWatch(vm, virFileStealFD(&pidfd));
    return QEMU_PROCESS_RUNS;
}

/* QEMU's word for the state, and ours. */
static const struct {
    const char *status;
    int state;
    int reason;
} qemuProcessStates[] = {
    {"io-error", VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_IOERROR},
    {"running", VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_UNPAUSED},
    {"suspended", VIR_DOMAIN_PMSUSPENDED, VIR_DOMAIN_PMSUSPENDED_UNKNOWN},
    {"watchdog", VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_WATCHDOG},
};

/* A state that is as it was keeps its reason. */
static void
qemuProcessCatchUpState(virDomainObj *vm, const char *status)
{
    int state = VIR_DOMAIN_PAUSED;
    int reason = VIR_DOMAIN_PAUSED_UNKNOWN;

    for (size_t i = 0; i < G_N_ELEMENTS(qemuProcessStates); i++) {
        if (strcmp(qemuProcessStates[i].status, status) == 0) {
            state = qemuProcessStates[i].state;
            reason = qemuProcessStates[i].reason;
        }
    }
    if (vm->state != state)
        virDomainObjSetState(vm, state, reason);
}

/* Returns -1 with an error reported if QEMU cannot be talked to. */
static int
qemuProcessCatchUp(virDomainObj *vm, qemuMonitor *mon)
{
    g_autofree char *status = NULL;
    bool running = false;

    if (qemuMonitorQueryStatus(mon, &running, &status) < 0)
        return -1;
    g_mutex_lock(&vm->lock);
    if (running || !qemuProcessCatchUpPower(vm, status))
        qemuProcessCatchUpState(vm, running ? "running" : status);
    g_mutex_unlock(&vm->lock);
    return 0;
}

static int
qemuProcessConnect(virDomainObj *vm)
{
    const qemuDomainPrivate *priv = vm->privateData;
    int fd = qemuProcessConnectMonitor(vm);

    if (fd < 0)
        return -1;
    qemuProcessOpenMonitor(vm, fd);
    if (qemuMonitorNegotiate(priv->mon, QEMU_PROCESS_RECONNECT_TIMEOUT_MS) < 0)
        return -1;
    if (priv->saving && qemuSaveGiveUp(vm, priv->mon) < 0)
        return -1;
    if (qemuProcessCatchUp(vm, priv->mon) < 0 ||
        qemuProcessRefresh(vm, priv->mon, VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_REASON_CHANNEL) <
            0)
        return -1;
    qemuBalloonCatchUp(vm, priv->mon);
    return qemuHotplugCatchUp(vm, priv->mon);
}

/* A guest that runs and cannot be talked to is left alone: it may be doing its work. */
static void
qemuProcessGiveUpMonitor(virDomainObj *vm)
{
    qemuDomainPrivate *priv = vm->privateData;
    bool exited;

    /* One that is ending closes its monitor first. */
    g_mutex_lock(&vm->lock);
    exited = qemuDomainWaitExit(vm, QEMU_PROCESS_ENDING_TIMEOUT_MS);
    g_mutex_unlock(&vm->lock);
    if (!exited)
        VIR_WARN(_("guest '%1$s' runs, and QEMU does not answer: %2$s; it can be destroyed, and "
                   "nothing else"),
                 vm->name, virErrorGetMessage());
    virErrorReset();
    qemuProcessCloseMonitor(vm);
    g_mutex_lock(&vm->lock);
    priv->monClosed = true;
    if (priv->exited)
        qemuProcessPushEnded(vm, vm->id);
    g_mutex_unlock(&vm->lock);
}

static void
qemuProcessTakeOver(virDomainObj *vm)
{
    qemuDomainPrivate *priv = vm->privateData;
    qemuLog *log = qemuLogOpen(priv->driver->loop, priv->driver->logDirectory, vm->name);

    if (!log)
        VIR_WARN("%s", virErrorGetMessage());
    else
        qemuLogAdd(log, "a new driver has taken the guest over");
    g_mutex_lock(&vm->lock);
    priv->log = log;
    g_mutex_unlock(&vm->lock);
    if (vm->def->hostdevs->len > 0 &&
        qemuHostdevUpdateActivePCIDevices(priv->driver->hostdevMgr, vm->def) < 0)
        VIR_WARN("%s", virErrorGetMessage());
    /* Those that could be listed at least. */
    if (vm->def->hostdevs->len > 0 &&
        qemuHostdevSetProcess(priv->driver->hostdevMgr, vm->def, priv->process.pid) < 0)
        VIR_WARN("%s", virErrorGetMessage());
    if (qemuProcessConnect(vm) < 0)
        qemuProcessGiveUpMonitor(vm);
    qemuDomainNoteStatus(vm);
}

/* Why a guest that is not taken over is off. */
static int
qemuProcessGetLostReason(const virDomainObj *vm)
{
    const qemuDomainPrivate *priv = vm->privateData;

    if (priv->saving && qemuSaveIsDone(priv->saving))
        return VIR_DOMAIN_SHUTOFF_SAVED;
    if (priv->starting)
        return VIR_DOMAIN_SHUTOFF_FAILED;
    if (priv->autodestroy)
        return VIR_DOMAIN_SHUTOFF_DESTROYED;
    return vm->state == VIR_DOMAIN_SHUTDOWN ? VIR_DOMAIN_SHUTOFF_SHUTDOWN
                                            : VIR_DOMAIN_SHUTOFF_UNKNOWN;
}

void
qemuProcessReconnect(virDomainObj *vm)
{
    qemuDomainPrivate *priv = vm->privateData;
    qemuProcessFate fate = qemuProcessFind(vm);
    bool found = fate == QEMU_PROCESS_RUNS;

    if (fate == QEMU_PROCESS_UNKNOWN)
        return;
    qemuTPMFind(vm);
    if (found && priv->unread) {
        qemuProcessTakeOverUnread(vm);
        return;
    }
    if (found && !priv->starting && !priv->autodestroy &&
        !(priv->saving && qemuSaveIsDone(priv->saving))) {
        VIR_DEBUG("taking over guest %s, process %d", vm->name, priv->process.pid);
        qemuProcessTakeOver(vm);
        return;
    }
    VIR_DEBUG("guest %s %s", vm->name, found ? "was being started" : "has ended meanwhile");
    /* The journal and the ledger know its devices: they are its own until they are given back. */
    if (vm->def->hostdevs->len > 0 &&
        qemuHostdevUpdateActivePCIDevices(priv->driver->hostdevMgr, vm->def) < 0)
        VIR_WARN("%s", virErrorGetMessage());
    if (qemuProcessStop(vm, qemuProcessGetLostReason(vm), 0) < 0)
        VIR_WARN("%s", virErrorGetMessage());
}

void
qemuProcessLeave(virDomainObj *vm)
{
    qemuDomainPrivate *priv = vm->privateData;
    g_autoptr(qemuLog) log = NULL;

    qemuDomainCloseConsoles(vm);
    qemuProcessCloseMonitor(vm);
    g_mutex_lock(&vm->lock);
    qemuProcessUnwatch(vm);
    log = g_steal_pointer(&priv->log);
    g_mutex_unlock(&vm->lock);
}
