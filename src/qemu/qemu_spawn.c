/*
 * qemu_spawn.c: starting a QEMU process with nothing that it does not need
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "qemu_spawn.h"
#include "virerror.h"
#include "virgettext.h"

#define VIR_FROM_THIS VIR_FROM_QEMU

/* The first descriptor after the standard ones. */
#define QEMU_SPAWN_FIRST_FD 3

/* What the child may say of itself if it fails: nobody else can. */
#define QEMU_SPAWN_EXIT_FAILED 126

typedef struct {
    const qemuSpawnRequest *request;
    pid_t parent;
} qemuSpawnSetup;

/* From here to exec only what is safe after fork in a program with threads: system calls. */

/* A limit that is high enough stays. What cannot be raised was checked by who asked. */
static void
qemuSpawnRaiseMemlock(guint64 need)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_MEMLOCK, &limit) < 0 || limit.rlim_cur == RLIM_INFINITY ||
        limit.rlim_cur >= need)
        return;
    limit.rlim_cur = need;
    if (limit.rlim_max != RLIM_INFINITY && limit.rlim_max < need)
        limit.rlim_max = need;
    (void)!setrlimit(RLIMIT_MEMLOCK, &limit);
}

/* Guest memory is in a core dump. A limit of 0 does not keep the kernel from writing one to a
 * program, as systemd has it do; one that is too small for anything does. */
static void
qemuSpawnForbidCore(void)
{
    const struct rlimit limit = {.rlim_cur = 1, .rlim_max = 1};

    (void)!setrlimit(RLIMIT_CORE, &limit);
}

static bool
qemuSpawnBecome(const qemuSpawnUser *user)
{
    return setgroups(user->groups->len, (const gid_t *)(void *)user->groups->data) == 0 &&
           setresgid(user->gid, user->gid, user->gid) == 0 &&
           setresuid(user->uid, user->uid, user->uid) == 0;
}

static bool
qemuSpawnWritePid(int fd)
{
    char digits[16];
    size_t start = sizeof(digits);
    pid_t pid = getpid();

    digits[--start] = '\n';
    for (; pid > 0; pid /= 10)
        digits[--start] = (char)('0' + pid % 10);
    return write(fd, digits + start, sizeof(digits) - start) == (ssize_t)(sizeof(digits) - start);
}

static void
qemuSpawnChildSetup(void *opaque)
{
    const qemuSpawnSetup *setup = opaque;
    const qemuSpawnRequest *request = setup->request;
    sigset_t none;

    setsid();
    umask(S_IRWXG | S_IRWXO);
    qemuSpawnForbidCore();
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (request->pidFD >= 0 && !qemuSpawnWritePid(request->pidFD))
        _exit(QEMU_SPAWN_EXIT_FAILED);
    if (request->memlock > 0)
        qemuSpawnRaiseMemlock(request->memlock);
    if (request->user && !qemuSpawnBecome(request->user))
        _exit(QEMU_SPAWN_EXIT_FAILED);
    /* What it executes gives it no rights that it does not have, set-user-ID or not. */
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        _exit(QEMU_SPAWN_EXIT_FAILED);
    /* After the change of user, which would undo it. */
    if (request->dieWithUs && (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != setup->parent))
        _exit(QEMU_SPAWN_EXIT_FAILED);
}

/* Not reached by a process that has got its end and was reaped: it is ours until we reap it. */
static int
qemuSpawnOpenPidfd(pid_t pid)
{
    int fd = pidfd_open(pid, 0);

    if (fd >= 0)
        return fd;
    virReportSystemError(errno, _("cannot watch process %1$d"), (int)pid);
    kill(pid, SIGKILL);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
    return -1;
}

/* Nothing of ours: what a service manager or a shell has told us is not for a guest's process. */
static const char *const qemuSpawnEnvironment[][2] = {
    {"PATH", "/usr/sbin:/usr/bin:/sbin:/bin"},
    {"LC_ALL", "C"},
    {"HOME", "/"},
};

static char **
qemuSpawnMakeEnvironment(char **more)
{
    char **env = NULL;

    for (size_t i = 0; i < G_N_ELEMENTS(qemuSpawnEnvironment); i++)
        env = g_environ_setenv(env, qemuSpawnEnvironment[i][0], qemuSpawnEnvironment[i][1], TRUE);
    for (size_t i = 0; more && more[i]; i++) {
        g_auto(GStrv) parts = g_strsplit(more[i], "=", 2);

        env = g_environ_setenv(env, parts[0], parts[1], TRUE);
    }
    return env;
}

int
qemuSpawn(const qemuSpawnRequest *request, pid_t *pid, int *pidfd)
{
    const GSpawnFlags flags =
        G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDOUT_TO_DEV_NULL |
        (request->stderrFD < 0 ? G_SPAWN_STDERR_TO_DEV_NULL : G_SPAWN_DEFAULT);
    qemuSpawnSetup setup = {request, getpid()};
    g_auto(GStrv) env = qemuSpawnMakeEnvironment(request->env);
    g_autofree int *from = g_new0(int, request->fds->len + 1);
    g_autofree int *to = g_new0(int, request->fds->len + 1);
    g_autoptr(GError) error = NULL;
    GPid child;
    int fd;

    for (guint i = 0; i < request->fds->len; i++) {
        from[i] = g_array_index(request->fds, qemuSpawnFD, i).from;
        to[i] = g_array_index(request->fds, qemuSpawnFD, i).to;
    }
    if (!g_spawn_async_with_pipes_and_fds(NULL, (const char *const *)request->argv,
                                          (const char *const *)env, flags, qemuSpawnChildSetup,
                                          &setup, -1, -1, request->stderrFD, from, to,
                                          request->fds->len, &child, NULL, NULL, NULL, &error)) {
        virReportError(VIR_ERR_OPERATION_FAILED, _("cannot start %1$s: %2$s"), request->argv[0],
                       error->message);
        return -1;
    }
    if ((fd = qemuSpawnOpenPidfd(child)) < 0)
        return -1;
    *pid = child;
    *pidfd = fd;
    return 0;
}
