/*
 * qemu_process.c: starting the QEMU of a guest
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>
#include <libvirt/libvirt.h>

#include "qemu_affinity.h"
#include "qemu_capabilities.h"
#include "qemu_command.h"
#include "qemu_firmware.h"
#include "qemu_hostdev.h"
#include "qemu_interface.h"
#include "qemu_memlock.h"
#include "qemu_migration.h"
#include "qemu_process_priv.h"
#include "qemu_socket.h"
#include "qemu_tpm.h"
#include "virerror.h"
#include "virfile.h"
#include "virgettext.h"
#include "virlog.h"

#define VIR_FROM_THIS VIR_FROM_QEMU

VIR_LOG_INIT("qemu.process")

/* A start that is under way. */
typedef struct {
    virDomainObj *vm;
    qemuDriver *driver;
    const qemuProcessStartArgs *args;
    int stdioFD; /* args->stdioFD, until QEMU has it */
    char *emulator;
    int monitorFD;  /* what becomes QEMU's monitor: a listening or a connected socket */
    int ourFD;      /* our end of it */
    int pidFD;      /* of the file that the child writes its pid to */
    GArray *fds;    /* qemuSpawnFD: what QEMU inherits */
    GArray *taps;   /* int: tap devices of its interfaces, until QEMU has them */
    int spawnError; /* of qemuSpawn() in the loop's thread */
} qemuProcessLaunch;

static void
qemuProcessCloseTaps(qemuProcessLaunch *launch)
{
    for (guint i = 0; i < launch->taps->len; i++)
        virFileClose(&g_array_index(launch->taps, int, i));
    g_array_set_size(launch->taps, 0);
}

static void
qemuProcessLaunchClear(qemuProcessLaunch *launch)
{
    virFileClose(&launch->stdioFD);
    virFileClose(&launch->monitorFD);
    virFileClose(&launch->ourFD);
    virFileClose(&launch->pidFD);
    qemuProcessCloseTaps(launch);
    qemuPortsRelease(launch->driver->ports, launch->vm);
    g_array_unref(launch->taps);
    g_array_unref(launch->fds);
    g_free(launch->emulator);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(qemuProcessLaunch, qemuProcessLaunchClear)

static int
qemuProcessCheckFile(const virDomainDef *def, const char *element, const char *path)
{
    VIR_AUTOCLOSE fd = path ? open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK) : -1;

    if (!path || fd >= 0)
        return 0;
    virReportSystemError(errno, _("cannot read the <%1$s> of guest '%2$s', %3$s"), element,
                         def->name, path);
    return -1;
}

/* QEMU is told a time; without the zone's rules there is none. */
static int
qemuProcessCheckTimezone(const virDomainDef *def)
{
    g_autoptr(GTimeZone) zone = NULL;

    if (!def->clock.timezone || (zone = g_time_zone_new_identifier(def->clock.timezone)))
        return 0;
    virReportError(VIR_ERR_OPERATION_FAILED,
                   _("this host does not know the time zone '%1$s' of guest '%2$s'"),
                   def->clock.timezone, def->name);
    return -1;
}

char *
qemuProcessCheck(const virDomainDef *def)
{
    g_autofree char *emulator = qemuFindEmulator(def);

    if (!emulator || qemuCheckKVM(def) < 0 ||
        qemuProcessCheckFile(def, "kernel", def->os.kernel) < 0 ||
        qemuProcessCheckFile(def, "initrd", def->os.initrd) < 0 ||
        qemuProcessCheckFile(def, "loader", def->os.loader.path) < 0 ||
        qemuProcessCheckTimezone(def) < 0 || qemuMemlockCheck(def) < 0)
        return NULL;
    return g_steal_pointer(&emulator);
}

/* How long a start waits for what QEMU can do, if nobody has asked it yet. */
#define QEMU_PROCESS_CAPS_TIMEOUT_MS (60 * 1000)

/* Guests without KVM start on whatever is there: nothing has to be known first. */
static int
qemuProcessCheckCaps(qemuDriver *driver, const virDomainDef *def, const char *emulator)
{
    g_autoptr(qemuCaps) caps = NULL;

    if (def->virtType != VIR_DOMAIN_VIRT_KVM || !driver->cacheDirectory)
        return 0;
    if (!(caps = qemuCapsCacheGet(driver->caps, emulator, QEMU_PROCESS_CAPS_TIMEOUT_MS)))
        return -1;
    return qemuCheckCapsKVM(def, caps);
}

/* Only "virtvfio run" has a standard input and output to give. */
static int
qemuProcessCheckStdio(const virDomainDef *def, int stdioFD)
{
    if (virDomainDefHasStdio(def) && stdioFD < 0) {
        virReportError(VIR_ERR_CONFIG_UNSUPPORTED,
                       _("unsupported configuration: guest '%1$s' has <serial type='stdio'>, "
                         "which is for 'virtvfio run': a guest of the daemon has no terminal"),
                       def->name);
        return -1;
    }
    return 0;
}

/* From here on the guest is active. @live is taken. */
static void
qemuProcessActivate(virDomainObj *vm, virDomainDef *live, const qemuProcessStartArgs *args)
{
    qemuDomainPrivate *priv = vm->privateData;
    int id = qemuDriverNextID(priv->driver);
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = virDomainObjLock(vm);

    if (vm->persistent)
        vm->newDef = vm->def;
    else
        virDomainDefFree(vm->def);
    vm->def = live;
    vm->def->id = id;
    vm->id = id;
    virDomainObjSetState(vm, VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_STARTING_UP);
    priv->starting = true;
    priv->destroying = false;
    priv->fakeReboot = false;
    priv->rebooting = false;
    priv->catchUpPushed = false;
    priv->endPushed = false;
    priv->autodestroy = args->flags & VIR_DOMAIN_START_AUTODESTROY;
    priv->owner = priv->autodestroy ? args->owner : NULL;
    qemuDriverNoteOwned(priv->driver, priv->owner, 1);
    priv->exited = false;
    priv->monClosed = false;
    priv->waitStatus = -1;
    priv->process = (virProcessIdentity){0, 0};
    priv->tpm = (virProcessIdentity){0, 0};
    priv->keepTPM = false;
    priv->pausedReason = VIR_DOMAIN_PAUSED_UNKNOWN;
    g_clear_pointer(&priv->shutdownReason, g_free);
    g_clear_pointer(&priv->endMessage, g_free);
}

static int
qemuProcessMakeRunDirectory(const qemuProcessLaunch *launch)
{
    g_autofree char *path = qemuDomainGetRunDirectory(launch->vm);
    const qemuSpawnUser *user = launch->driver->user;

    if (!path)
        return 0;
    if (g_mkdir_with_parents(path, 0700) < 0 || (user && chown(path, user->uid, user->gid) < 0)) {
        virReportSystemError(errno, _("cannot make the run directory of guest '%1$s', '%2$s'"),
                             launch->vm->name, path);
        return -1;
    }
    return 0;
}

static int
qemuProcessPrepareHost(const qemuProcessLaunch *launch)
{
    qemuDomainPrivate *priv = launch->vm->privateData;
    const virDomainDef *def = launch->vm->def;
    qemuLog *log;

    if (qemuDomainSaveStatus(launch->vm) < 0 || qemuProcessMakeRunDirectory(launch) < 0 ||
        !(log = qemuLogOpen(launch->driver->loop, launch->driver->logDirectory, def->name)))
        return -1;
    g_mutex_lock(&launch->vm->lock);
    priv->log = log;
    g_mutex_unlock(&launch->vm->lock);
    if (def->hostdevs->len > 0 && qemuHostdevPreparePCIDevices(launch->driver->hostdevMgr, def) < 0)
        return -1;
    if (qemuFirmwareCreateNVRAM(def) < 0 || qemuTPMStart(launch->vm) < 0)
        return -1;
    return qemuDomainSecure(launch->vm, NULL);
}

static int
qemuProcessMakeMonitor(qemuProcessLaunch *launch)
{
    int fds[2];

    if (launch->driver->runDirectory)
        return qemuProcessListenMonitor(launch->vm, &launch->monitorFD, &launch->ourFD);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0) {
        virReportSystemError(errno, _("cannot create a socket"));
        return -1;
    }
    launch->ourFD = fds[0];
    launch->monitorFD = fds[1];
    return 0;
}

/* The child itself writes its pid down: there is no time at which it runs and nobody knows. */
static int
qemuProcessOpenPidFile(qemuProcessLaunch *launch)
{
    g_autofree char *directory = qemuDomainGetRunDirectory(launch->vm);
    g_autofree char *path = directory ? g_build_filename(directory, "pid", NULL) : NULL;
    int fd;

    if (!path)
        return 0;
    fd = qemuPeerCreateFile(path);
    if (fd < 0) {
        virReportSystemError(-fd, _("cannot write '%1$s'"), path);
        return -1;
    }
    launch->pidFD = fd;
    return 0;
}

static void
qemuProcessLogCommand(qemuLog *log, char **argv)
{
    g_autoptr(GString) text = g_string_new("starting:");

    for (size_t i = 0; argv[i]; i++) {
        g_autofree char *word = g_shell_quote(argv[i]);

        g_string_append_printf(text, " %s", word);
    }
    qemuLogAdd(log, text->str);
}

/* What the definition adds to the environment. */
static GPtrArray *
qemuProcessMakeEnvironment(const virDomainDef *def)
{
    GPtrArray *env = g_ptr_array_new();

    for (guint i = 0; i < def->qemu.env->len; i++)
        g_ptr_array_add(env, g_ptr_array_index(def->qemu.env, i));
    g_ptr_array_add(env, NULL);
    return env;
}

static void
qemuProcessInherit(qemuProcessLaunch *launch, int from, int to)
{
    const qemuSpawnFD fd = {from, to};

    if (from >= 0)
        g_array_append_val(launch->fds, fd);
}

/* QEMU inherits the tap devices of its interfaces. */
static int
qemuProcessOpenInterfaces(qemuProcessLaunch *launch)
{
    const virDomainDef *def = launch->vm->def;

    for (guint i = 0; i < def->nets->len; i++) {
        const virDomainNetDef *net = g_ptr_array_index(def->nets, i);
        int fd;

        if (!virDomainNetHasTap(net))
            continue;
        if ((fd = qemuInterfaceOpen(net)) < 0)
            return -1;
        g_array_append_val(launch->taps, fd);
        qemuProcessInherit(launch, fd, QEMU_COMMAND_NET_FD((int)i));
    }
    return 0;
}

/* The spawning alone. What must not outlive us is killed with the thread that started it, so that
 * has to be one that lasts: the loop's. */
static void
qemuProcessSpawn(void *opaque)
{
    qemuProcessLaunch *launch = opaque;
    qemuDomainPrivate *priv = launch->vm->privateData;
    const virDomainDef *def = launch->vm->def;
    unsigned int flags = (launch->driver->runDirectory ? QEMU_COMMAND_MONITOR_LISTENS : 0) |
                         (launch->args->incoming ? QEMU_COMMAND_INCOMING : 0);
    g_auto(GStrv) argv = qemuBuildCommandLine(def, launch->emulator, flags);
    g_autoptr(GPtrArray) env = qemuProcessMakeEnvironment(def);
    const qemuSpawnRequest request = {
        .argv = argv,
        .env = (char **)env->pdata,
        .fds = launch->fds,
        .stderrFD = qemuLogGetFD(priv->log),
        .pidFD = launch->pidFD,
        .memlock = qemuMemlockNeed(def) * 1024,
        .user = launch->driver->user,
        .dieWithUs = priv->autodestroy || !launch->driver->runDirectory,
    };
    pid_t pid;
    int pidfd;

    qemuProcessLogCommand(priv->log, argv);
    if ((launch->spawnError = qemuSpawn(&request, &pid, &pidfd)) < 0)
        return;
    g_mutex_lock(&launch->vm->lock);
    if (virProcessIdentify(pid, &priv->process) < 0)
        priv->process = (virProcessIdentity){(int)pid, 0};
    g_mutex_unlock(&launch->vm->lock);
    qemuLogStarted(priv->log);
    qemuProcessWatch(launch->vm, pidfd);
}

/* qemuProcessSpawn() in the loop's thread, and its error in this one. */
typedef struct {
    qemuProcessLaunch *launch;
    virErrorInfo error;
} qemuProcessSpawnCall;

static void
qemuProcessSpawnInLoop(void *opaque)
{
    qemuProcessSpawnCall *call = opaque;

    qemuProcessSpawn(call->launch);
    virErrorPreserve(&call->error);
}

static int
qemuProcessSpawnWhereItLasts(qemuProcessLaunch *launch)
{
    qemuDomainPrivate *priv = launch->vm->privateData;
    qemuProcessSpawnCall call = {launch, {0}};

    if (!priv->autodestroy && launch->driver->runDirectory) {
        qemuProcessSpawn(launch);
        return launch->spawnError;
    }
    qemuLoopRun(launch->driver->loop, qemuProcessSpawnInLoop, &call);
    virErrorRestore(&call.error);
    return launch->spawnError;
}

/* From here on QEMU is there, and paused. */
static int
qemuProcessLaunchQEMU(qemuProcessLaunch *launch)
{
    qemuDomainPrivate *priv = launch->vm->privateData;
    bool destroying;

    if (qemuProcessMakeMonitor(launch) < 0 || qemuProcessOpenPidFile(launch) < 0)
        return -1;
    qemuProcessInherit(launch, launch->monitorFD, QEMU_COMMAND_MONITOR_FD);
    qemuProcessInherit(launch, launch->stdioFD, QEMU_COMMAND_STDIO_FD);
    if (qemuProcessOpenInterfaces(launch) < 0 || qemuProcessSpawnWhereItLasts(launch) < 0)
        return -1;
    /* QEMU alone has them now: if it ends, we see the end of its monitor. */
    virFileClose(&launch->monitorFD);
    virFileClose(&launch->stdioFD);
    qemuProcessCloseTaps(launch);
    g_mutex_lock(&launch->vm->lock);
    destroying = priv->destroying;
    if (destroying)
        qemuDomainSignal(launch->vm, SIGKILL);
    g_mutex_unlock(&launch->vm->lock);
    return destroying ? -1 : qemuDomainSaveStatus(launch->vm);
}

static int
qemuProcessNegotiate(qemuProcessLaunch *launch)
{
    const virDomainDef *def = launch->vm->def;
    const qemuDomainPrivate *priv = launch->vm->privateData;
    const qemuProcessIncoming *incoming = launch->args->incoming;

    qemuProcessOpenMonitor(launch->vm, virFileStealFD(&launch->ourFD));
    qemuProcessMakeScope(launch->vm);
    if (qemuMonitorNegotiate(priv->mon, QEMU_MONITOR_START_TIMEOUT_MS) < 0 ||
        qemuAffinityApply(def, priv->process.pid) < 0 ||
        qemuProcessSetUp(launch->vm, priv->mon) < 0 ||
        (incoming && qemuMigrationLoad(priv->mon, def->name, incoming->fd, incoming->len) < 0))
        return -1;
    if (def->hostdevs->len == 0)
        return 0;
    return qemuHostdevSetProcess(launch->driver->hostdevMgr, def, priv->process.pid);
}

/* The name of a saved guest's file while it is not known yet whether the guest goes on. */
static char *
qemuProcessMakeUsedName(const qemuProcessIncoming *incoming)
{
    return incoming && incoming->path ? g_strconcat(incoming->path, ".used", NULL) : NULL;
}

/* Lets the guest go on. One that does leaves no file behind that it could be started from again:
 * its disks would not be what its memory says they are. */
static int
qemuProcessContinue(const qemuProcessLaunch *launch, bool paused)
{
    const qemuDomainPrivate *priv = launch->vm->privateData;
    const qemuProcessIncoming *incoming = launch->args->incoming;
    g_autofree char *used = qemuProcessMakeUsedName(incoming);

    if (used && renameat(AT_FDCWD, incoming->path, AT_FDCWD, used) < 0) {
        virReportSystemError(errno, _("cannot rename '%1$s' to '%2$s'"), incoming->path, used);
        return -1;
    }
    if (!paused && qemuMonitorContinue(priv->mon) < 0) {
        if (used && renameat(AT_FDCWD, used, AT_FDCWD, incoming->path) < 0)
            VIR_WARN(_("cannot rename '%1$s' to '%2$s': %3$s"), used, incoming->path,
                     g_strerror(errno));
        return -1;
    }
    if (used && unlink(used) < 0)
        VIR_WARN(_("cannot remove '%1$s': %2$s"), used, g_strerror(errno));
    if (used)
        qemuDomainSetManagedSave(launch->vm, false);
    return 0;
}

/* QEMU is ready: the guest runs, unless it is to wait. */
static int
qemuProcessBegin(const qemuProcessLaunch *launch)
{
    virDomainObj *vm = launch->vm;
    qemuDomainPrivate *priv = vm->privateData;
    bool paused = launch->args->flags & VIR_DOMAIN_START_PAUSED;
    bool restored = launch->args->incoming != NULL;

    if (qemuProcessContinue(launch, paused) < 0)
        return -1;
    g_mutex_lock(&vm->lock);
    priv->starting = false;
    if (paused) {
        virDomainObjSetState(vm, VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_USER);
    } else if (vm->state == VIR_DOMAIN_PAUSED) {
        virDomainObjSetState(vm, VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_BOOTED);
        qemuEventQueueLifecycle(launch->driver->events, vm, VIR_DOMAIN_EVENT_RESUMED,
                                VIR_DOMAIN_EVENT_RESUMED_UNPAUSED);
    }
    if (restored && vm->state == VIR_DOMAIN_RUNNING)
        virDomainObjSetState(vm, VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_RESTORED);
    qemuEventQueueLifecycle(launch->driver->events, vm, VIR_DOMAIN_EVENT_STARTED,
                            restored ? VIR_DOMAIN_EVENT_STARTED_RESTORED
                                     : VIR_DOMAIN_EVENT_STARTED_BOOTED);
    if (paused)
        qemuEventQueueLifecycle(launch->driver->events, vm, VIR_DOMAIN_EVENT_SUSPENDED,
                                VIR_DOMAIN_EVENT_SUSPENDED_PAUSED);
    g_mutex_unlock(&vm->lock);
    qemuDomainNoteStatus(vm);
    return 0;
}

/* Reports why QEMU did not come up. One that refuses says why on stderr, closes its monitor and
 * ends. */
static void
qemuProcessReportFailure(virDomainObj *vm)
{
    qemuDomainPrivate *priv = vm->privateData;
    g_autofree char *cause = g_strdup(virErrorGetMessage());
    g_autofree char *quote = NULL;
    bool closed = priv->mon && qemuMonitorIsClosed(priv->mon);
    bool destroying;

    g_mutex_lock(&vm->lock);
    destroying = priv->destroying;
    if (closed)
        qemuDomainWaitExit(vm, QEMU_PROCESS_QUIT_TIMEOUT_MS);
    g_mutex_unlock(&vm->lock);
    quote = qemuLogQuote(priv->log);
    if (destroying)
        virReportError(VIR_ERR_OPERATION_FAILED,
                       _("guest '%1$s' was ended by request before it ran"), vm->name);
    else if (closed && *quote)
        virReportError(VIR_ERR_OPERATION_FAILED, _("QEMU cannot start guest '%1$s'%2$s"), vm->name,
                       quote);
    else
        virReportError(VIR_ERR_OPERATION_FAILED, _("QEMU cannot start guest '%1$s': %2$s%3$s"),
                       vm->name, cause, quote);
}

static int
qemuProcessRun(qemuProcessLaunch *launch)
{
    const qemuDomainPrivate *priv = launch->vm->privateData;

    if (qemuProcessPrepareHost(launch) < 0)
        return -1;
    if (qemuProcessLaunchQEMU(launch) == 0 && qemuProcessNegotiate(launch) == 0 &&
        qemuProcessBegin(launch) == 0)
        return 0;
    if (priv->process.pid > 0)
        qemuProcessReportFailure(launch->vm);
    return -1;
}

/* What a start chooses; who has an embedded driver has chosen already. */
static int
qemuProcessChooseSockets(const virDomainObj *vm, virDomainDef *live)
{
    const qemuDomainPrivate *priv = vm->privateData;
    g_autofree char *directory = qemuDomainGetRunDirectory(vm);

    if (!directory)
        return 0;
    return qemuDomainPrepareSockets(live, directory) < 0
               ? -1
               : qemuDomainPreparePorts(live, priv->driver->ports, vm);
}

int
qemuProcessStart(virDomainObj *vm, const qemuProcessStartArgs *args)
{
    qemuDomainPrivate *priv = vm->privateData;
    g_auto(qemuProcessLaunch) launch = {
        .vm = vm,
        .driver = priv->driver,
        .args = args,
        .stdioFD = args->stdioFD,
        .monitorFD = -1,
        .ourFD = -1,
        .pidFD = -1,
        .fds = g_array_new(FALSE, FALSE, sizeof(qemuSpawnFD)),
        .taps = g_array_new(FALSE, FALSE, sizeof(int)),
    };
    g_autoptr(virDomainDef) live = args->def ? args->def : virDomainDefCopy(vm->def);
    virErrorInfo cause = {0};

    if (!live || qemuProcessCheckStdio(live, args->stdioFD) < 0 ||
        !(launch.emulator = qemuProcessCheck(live)) ||
        qemuProcessCheckCaps(priv->driver, live, launch.emulator) < 0 ||
        qemuProcessChooseSockets(vm, live) < 0)
        return -1;
    if (!live->emulator)
        live->emulator = g_strdup(launch.emulator);
    qemuProcessActivate(vm, g_steal_pointer(&live), args);
    VIR_DEBUG("starting guest %s as %d", vm->name, vm->id);
    if (qemuProcessRun(&launch) == 0)
        return 0;
    virErrorPreserve(&cause);
    if (qemuProcessStop(vm, VIR_DOMAIN_SHUTOFF_FAILED, 0) < 0)
        VIR_WARN("%s", virErrorGetMessage());
    virErrorRestore(&cause);
    return -1;
}
