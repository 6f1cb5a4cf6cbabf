/*
 * qemu_process.c: one QEMU, from its start to its end
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gio/gio.h>
#include <glib-unix.h>

#include "qemu_affinity.h"
#include "qemu_capabilities.h"
#include "qemu_command.h"
#include "qemu_firmware.h"
#include "qemu_interface.h"
#include "qemu_memlock.h"
#include "qemu_monitor.h"
#include "qemu_process.h"
#include "virerror.h"
#include "virfile.h"
#include "virgettext.h"
#include "virlog.h"

#define VIR_FROM_THIS VIR_FROM_QEMU

VIR_LOG_INIT("qemu.process")

/* How long a killed process may take to be gone. */
#define QEMU_PROCESS_KILL_TIMEOUT_MS 30000

/* How much of QEMU's stderr is kept, in bytes: its end. */
#define QEMU_PROCESS_STDERR_MAX 4096

struct _qemuProcess {
    GMainContext *context;
    char *name; /* the guest's */
    GSubprocess *child;
    pid_t pid;
    GCancellable *cancel; /* of the wait for its end */
    bool running;         /* it came up and the guest was started */
    bool ended;
    qemuMonitor *monitor;
    char *shutdownReason; /* of the SHUTDOWN event, or NULL */
    bool destroyed;       /* we ended it */
    GSource *killTimer;
    int stderrFD;
    GSource *stderrSource;
    GString *stderrTail;
};

static void
qemuProcessDropSource(GSource **source)
{
    if (!*source)
        return;
    g_source_destroy(*source);
    g_clear_pointer(source, g_source_unref);
}

static void
qemuProcessKeepStderr(qemuProcess *proc, const char *data, gsize len)
{
    g_string_append_len(proc->stderrTail, data, (gssize)len);
    if (proc->stderrTail->len > QEMU_PROCESS_STDERR_MAX)
        g_string_erase(proc->stderrTail, 0,
                       (gssize)(proc->stderrTail->len - QEMU_PROCESS_STDERR_MAX));
}

/* More than a pipe holds: one that is never empty must not keep us from everything else. */
#define QEMU_PROCESS_STDERR_READS 32

/* Reads what is there now. Returns false at the end. */
static bool
qemuProcessReadStderr(qemuProcess *proc)
{
    char buf[4096];
    ssize_t got = 0;

    for (int i = 0; i < QEMU_PROCESS_STDERR_READS; i++) {
        if ((got = virFileReadSome(proc->stderrFD, buf, sizeof(buf))) <= 0)
            break;
        VIR_INFO("QEMU: %.*s", (int)got, buf);
        qemuProcessKeepStderr(proc, buf, (gsize)got);
    }
    return got > 0 || got == -EAGAIN;
}

static gboolean
qemuProcessStderrReadable(int fd G_GNUC_UNUSED, GIOCondition condition G_GNUC_UNUSED, void *opaque)
{
    qemuProcess *proc = opaque;

    if (qemuProcessReadStderr(proc))
        return G_SOURCE_CONTINUE;
    qemuProcessDropSource(&proc->stderrSource);
    return G_SOURCE_REMOVE;
}

/* What QEMU wrote last, made safe for a terminal, with ": " before it; "" if it wrote nothing. */
static char *
qemuProcessQuoteStderr(const qemuProcess *proc)
{
    g_autofree char *text = g_utf8_make_valid(proc->stderrTail->str, (gssize)proc->stderrTail->len);

    for (char *cur = text; *cur; cur++) {
        if (g_ascii_iscntrl(*cur) && *cur != '\n')
            *cur = ' ';
    }
    g_strstrip(text);
    return *text ? g_strconcat(": ", text, NULL) : g_strdup("");
}

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
    struct rlimit limit;

    if (!emulator || qemuCheckKVM(def) < 0 ||
        qemuProcessCheckFile(def, "kernel", def->os.kernel) < 0 ||
        qemuProcessCheckFile(def, "initrd", def->os.initrd) < 0 ||
        qemuProcessCheckFile(def, "loader", def->os.loader.path) < 0 ||
        qemuProcessCheckTimezone(def) < 0 || qemuMemlockRaise(def, &limit) < 0)
        return NULL;
    qemuMemlockRestore(&limit);
    return g_steal_pointer(&emulator);
}

/* Between fork and exec: only what is safe there. @opaque is our process id. */
static void
qemuProcessChildSetup(void *opaque)
{
    /* No terminal: its Ctrl-C is for us. */
    setsid();
    /* QEMU must not outlive us, however we end. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != GPOINTER_TO_INT(opaque))
        _exit(EXIT_FAILURE);
}

static int
qemuProcessOpenStderr(qemuProcess *proc, GSubprocessLauncher *launcher)
{
    int fds[2];

    if (pipe2(fds, O_CLOEXEC) < 0) {
        virReportSystemError(errno, _("cannot create a pipe"));
        return -1;
    }
    g_subprocess_launcher_take_stderr_fd(launcher, fds[1]);
    proc->stderrFD = fds[0];
    g_unix_set_fd_nonblocking(proc->stderrFD, TRUE, NULL);
    proc->stderrSource = g_unix_fd_source_new(proc->stderrFD, G_IO_IN | G_IO_HUP | G_IO_ERR);
    g_source_set_callback(proc->stderrSource, G_SOURCE_FUNC(qemuProcessStderrReadable), proc, NULL);
    g_source_attach(proc->stderrSource, proc->context);
    return 0;
}

static void
qemuProcessHandleShutdown(const char *reason, void *opaque)
{
    qemuProcess *proc = opaque;

    g_free(proc->shutdownReason);
    proc->shutdownReason = g_strdup(reason);
}

static int
qemuProcessOpenMonitor(qemuProcess *proc, GSubprocessLauncher *launcher)
{
    static const qemuMonitorHandlers handlers = {.shutdown = qemuProcessHandleShutdown};
    int fds[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0) {
        virReportSystemError(errno, _("cannot create a socket"));
        return -1;
    }
    g_subprocess_launcher_take_fd(launcher, fds[1], QEMU_COMMAND_MONITOR_FD);
    proc->monitor = qemuMonitorNew(fds[0], &handlers, proc);
    return 0;
}

static void
qemuProcessHandleExit(GObject *source, GAsyncResult *result, void *opaque)
{
    qemuProcess *proc = opaque;

    /* After a cancellation there is no proc any more. */
    if (g_subprocess_wait_finish(G_SUBPROCESS(source), result, NULL))
        proc->ended = true;
}

static int
qemuProcessSpawn(qemuProcess *proc, GSubprocessLauncher *launcher, char **argv)
{
    g_autoptr(GError) error = NULL;

    proc->child = g_subprocess_launcher_spawnv(launcher, (const char *const *)argv, &error);
    if (!proc->child) {
        virReportError(VIR_ERR_OPERATION_FAILED, _("cannot start %1$s: %2$s"), argv[0],
                       error->message);
        return -1;
    }
    proc->pid = (pid_t)g_ascii_strtoll(g_subprocess_get_identifier(proc->child), NULL, 10);
    g_subprocess_wait_async(proc->child, proc->cancel, qemuProcessHandleExit, proc);
    return 0;
}

/* What the definition adds to the environment. */
static void
qemuProcessSetEnvironment(GSubprocessLauncher *launcher, const virDomainDef *def)
{
    for (guint i = 0; i < def->qemu.env->len; i++) {
        g_auto(GStrv) parts = g_strsplit(g_ptr_array_index(def->qemu.env, i), "=", 2);

        g_subprocess_launcher_setenv(launcher, parts[0], parts[1], TRUE);
    }
}

/* QEMU inherits the tap devices of its interfaces. */
static int
qemuProcessOpenInterfaces(const virDomainDef *def, GSubprocessLauncher *launcher)
{
    for (guint i = 0; i < def->nets->len; i++) {
        const virDomainNetDef *net = g_ptr_array_index(def->nets, i);
        int fd;

        if (!virDomainNetHasTap(net))
            continue;
        if ((fd = qemuInterfaceOpen(net)) < 0)
            return -1;
        g_subprocess_launcher_take_fd(launcher, fd, QEMU_COMMAND_NET_FD((int)i));
    }
    return 0;
}

/* From here on QEMU is there, and paused. */
static int
qemuProcessLaunch(qemuProcess *proc, const virDomainDef *def, int stdioFD)
{
    g_autoptr(GSubprocessLauncher) launcher =
        g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_STDOUT_SILENCE);
    g_autofree char *emulator = NULL;
    g_auto(GStrv) argv = NULL;
    struct rlimit limit;
    int rc;

    g_subprocess_launcher_set_child_setup(launcher, qemuProcessChildSetup,
                                          GINT_TO_POINTER(getpid()), NULL);
    if (stdioFD >= 0)
        g_subprocess_launcher_take_fd(launcher, stdioFD, QEMU_COMMAND_STDIO_FD);
    if (!(emulator = qemuProcessCheck(def)) || qemuFirmwareCreateNVRAM(def) < 0 ||
        qemuProcessOpenStderr(proc, launcher) < 0 || qemuProcessOpenMonitor(proc, launcher) < 0 ||
        qemuProcessOpenInterfaces(def, launcher) < 0 || qemuMemlockRaise(def, &limit) < 0)
        return -1;
    qemuProcessSetEnvironment(launcher, def);
    argv = qemuBuildCommandLine(def, emulator);
    rc = qemuProcessSpawn(proc, launcher, argv);
    qemuMemlockRestore(&limit);
    return rc;
}

static gboolean
qemuProcessExpire(void *opaque)
{
    *(bool *)opaque = true;
    return G_SOURCE_CONTINUE;
}

/* Runs the main context until QEMU has ended, at most so long. */
static void
qemuProcessWaitEnd(qemuProcess *proc, guint timeout_ms)
{
    g_autoptr(GSource) timer = g_timeout_source_new(timeout_ms);
    bool expired = false;

    g_source_set_callback(timer, qemuProcessExpire, &expired, NULL);
    g_source_attach(timer, proc->context);
    while (proc->child && !proc->ended && !expired)
        g_main_context_iteration(proc->context, TRUE);
    g_source_destroy(timer);
}

/* A process that sits in the kernel takes the signal when it comes out. */
static void
qemuProcessKill(qemuProcess *proc)
{
    if (!proc->child || proc->ended)
        return;
    g_subprocess_force_exit(proc->child);
    qemuProcessWaitEnd(proc, QEMU_PROCESS_KILL_TIMEOUT_MS);
}

/* Reports why the guest did not come up. A QEMU that refuses says why on stderr, closes its monitor
 * and ends; any other is killed. */
static int
qemuProcessFailStart(qemuProcess *proc)
{
    g_autofree char *cause = g_strdup(virErrorGetMessage());
    g_autofree char *quote = NULL;
    bool closed = qemuMonitorIsClosed(proc->monitor);

    if (closed)
        qemuProcessWaitEnd(proc, QEMU_PROCESS_QUIT_TIMEOUT_MS);
    qemuProcessKill(proc);
    qemuProcessReadStderr(proc);
    quote = qemuProcessQuoteStderr(proc);
    if (proc->destroyed)
        virReportError(VIR_ERR_OPERATION_FAILED,
                       _("guest '%1$s' was ended by request before it ran"), proc->name);
    else if (closed && *quote)
        virReportError(VIR_ERR_OPERATION_FAILED, _("QEMU cannot start guest '%1$s'%2$s"),
                       proc->name, quote);
    else
        virReportError(VIR_ERR_OPERATION_FAILED, _("QEMU cannot start guest '%1$s': %2$s%3$s"),
                       proc->name, cause, quote);
    return -1;
}

/* QEMU has no option for an interface whose cable is out. */
static int
qemuProcessSetLinks(qemuProcess *proc, const virDomainDef *def)
{
    for (guint i = 0; i < def->nets->len; i++) {
        const virDomainNetDef *net = g_ptr_array_index(def->nets, i);

        if (net->link == VIR_DOMAIN_NET_LINK_DOWN &&
            qemuMonitorSetLink(proc->monitor, net->info.alias, false) < 0)
            return -1;
    }
    return 0;
}

/* What is set while the guest does not run yet. */
static int
qemuProcessSetUp(qemuProcess *proc, const virDomainDef *def)
{
    if (qemuMonitorNegotiate(proc->monitor, QEMU_MONITOR_START_TIMEOUT_MS) < 0 ||
        qemuAffinityApply(def, proc->pid) < 0 || qemuProcessSetLinks(proc, def) < 0)
        return -1;
    return def->mem.current_kib < def->mem.total_kib
               ? qemuMonitorSetBalloon(proc->monitor, def->mem.current_kib)
               : 0;
}

int
qemuProcessStart(qemuProcess *proc, const virDomainDef *def, int stdioFD)
{
    proc->name = g_strdup(def->name);
    if (qemuProcessLaunch(proc, def, stdioFD) < 0)
        return -1;
    if (qemuProcessSetUp(proc, def) < 0 || qemuMonitorContinue(proc->monitor) < 0)
        return qemuProcessFailStart(proc);
    proc->running = true;
    return 0;
}

qemuProcess *
qemuProcessNew(void)
{
    qemuProcess *proc = g_new0(qemuProcess, 1);

    proc->context = g_main_context_ref_thread_default();
    proc->cancel = g_cancellable_new();
    proc->stderrFD = -1;
    proc->stderrTail = g_string_new(NULL);
    return proc;
}

void
qemuProcessFree(qemuProcess *proc)
{
    if (!proc)
        return;
    qemuProcessKill(proc);
    g_cancellable_cancel(proc->cancel);
    g_object_unref(proc->cancel);
    g_clear_object(&proc->child);
    qemuMonitorFree(proc->monitor);
    qemuProcessDropSource(&proc->killTimer);
    qemuProcessDropSource(&proc->stderrSource);
    virFileClose(&proc->stderrFD);
    g_string_free(proc->stderrTail, TRUE);
    g_free(proc->shutdownReason);
    g_free(proc->name);
    g_main_context_unref(proc->context);
    g_free(proc);
}

pid_t
qemuProcessGetPid(const qemuProcess *proc)
{
    return proc->pid;
}

void
qemuProcessShutdown(qemuProcess *proc)
{
    if (proc->running)
        qemuMonitorSystemPowerdown(proc->monitor);
    else
        qemuProcessDestroy(proc);
}

static gboolean
qemuProcessKillTimeout(void *opaque)
{
    qemuProcess *proc = opaque;

    VIR_WARN(_("QEMU of guest '%1$s' does not end when told to, and is killed"), proc->name);
    g_subprocess_force_exit(proc->child);
    qemuProcessDropSource(&proc->killTimer);
    return G_SOURCE_REMOVE;
}

void
qemuProcessDestroy(qemuProcess *proc)
{
    proc->destroyed = true;
    if (!proc->child || proc->killTimer)
        return;
    if (!proc->running) {
        g_subprocess_force_exit(proc->child);
        return;
    }
    qemuMonitorQuit(proc->monitor);
    proc->killTimer = g_timeout_source_new(QEMU_PROCESS_QUIT_TIMEOUT_MS);
    g_source_set_callback(proc->killTimer, qemuProcessKillTimeout, proc, NULL);
    g_source_attach(proc->killTimer, proc->context);
}

/* How QEMU ended, for a message; caller frees. */
static char *
qemuProcessDescribeEnd(const qemuProcess *proc)
{
    if (g_subprocess_get_if_signaled(proc->child))
        return virFormat(_("QEMU was killed by signal %1$d (%2$s)"),
                         g_subprocess_get_term_sig(proc->child),
                         g_strsignal(g_subprocess_get_term_sig(proc->child)));
    if (g_subprocess_get_exit_status(proc->child) != 0)
        return virFormat(_("QEMU failed with exit status %1$d"),
                         g_subprocess_get_exit_status(proc->child));
    return virFormat(_("QEMU ended, and not because the guest did (%1$s)"),
                     proc->shutdownReason ? proc->shutdownReason : _("no reason given"));
}

static bool
qemuProcessEndedWell(const qemuProcess *proc)
{
    /* What the guest did itself. A reset ends it with on_reboot=destroy. */
    static const char *const reasons[] = {"guest-shutdown", "guest-reset", NULL};

    if (proc->destroyed)
        return true;
    return g_subprocess_get_successful(proc->child) && proc->shutdownReason &&
           g_strv_contains(reasons, proc->shutdownReason);
}

int
qemuProcessWait(qemuProcess *proc)
{
    g_autofree char *end = NULL;
    g_autofree char *quote = NULL;

    /* Its last event may still be under way when it is gone. */
    while (!proc->ended || !qemuMonitorIsClosed(proc->monitor))
        g_main_context_iteration(proc->context, TRUE);
    qemuProcessDropSource(&proc->killTimer);
    qemuProcessReadStderr(proc);
    if (qemuProcessEndedWell(proc))
        return 0;

    end = qemuProcessDescribeEnd(proc);
    quote = qemuProcessQuoteStderr(proc);
    virReportError(VIR_ERR_OPERATION_FAILED, _("guest '%1$s' is gone: %2$s%3$s"), proc->name, end,
                   quote);
    return -1;
}
