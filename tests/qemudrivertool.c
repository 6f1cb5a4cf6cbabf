/*
 * qemudrivertool.c: a QEMU driver that does what it is told, and is killed where it is told to be
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Usage: qemudrivertool DIRECTORY COMMAND…
 *   define=FILE create=FILE start=NAME pause=NAME suspend=NAME resume=NAME destroy=NAME
 *   undefine=NAME save=NAME (to DIRECTORY/saved) restore managedsave=NAME cycle=NAME (100 starts
 * and destroys; CYCLES says another number) state
 *
 * Functions that change something, or talk to QEMU, are wrapped by the linker (tests/meson.build)
 * and counted. At call KILL_AT this program kills itself; at call KILL_QEMU_AT the QEMU that it
 * started last. There is no other way to be killed at each step without a hook in the driver.
 */

#include <config.h>

#include <dirent.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "qemu_domain.h"
#include "qemu_driver.h"
#include "virerror.h"
#include "virlog.h"

static int toolCalls;
static pid_t toolQEMU;
static char *toolSaved; /* where guests are saved */

static int
toolGetNumber(const char *name)
{
    const char *text = g_getenv(name);

    return text ? atoi(text) : 0;
}

static void
toolCount(void)
{
    static int killAt;
    static int killQEMUAt;
    int call = g_atomic_int_add(&toolCalls, 1) + 1;

    if (call == 1) {
        killAt = toolGetNumber("KILL_AT");
        killQEMUAt = toolGetNumber("KILL_QEMU_AT");
    }
    if (call == killAt)
        kill(getpid(), SIGKILL);
    if (call == killQEMUAt && toolQEMU > 0)
        kill(toolQEMU, SIGKILL);
}

#define TOOL_WRAP(type, name, parameters, ...)                                                     \
    type __real_##name parameters;                                                                 \
    type __wrap_##name parameters;                                                                 \
    type __wrap_##name parameters                                                                  \
    {                                                                                              \
        toolCount();                                                                               \
        return __real_##name(__VA_ARGS__);                                                         \
    }                                                                                              \
    G_STATIC_ASSERT(1)

TOOL_WRAP(int, fsync, (int fd), fd);
TOOL_WRAP(int, renameat, (int from, const char *a, int to, const char *b), from, a, to, b);
TOOL_WRAP(int, unlinkat, (int fd, const char *path, int flags), fd, path, flags);
TOOL_WRAP(int, unlink, (const char *path), path);
TOOL_WRAP(int, g_unlink, (const char *path), path);
TOOL_WRAP(int, g_rmdir, (const char *path), path);
TOOL_WRAP(int, g_mkdir_with_parents, (const char *path, int mode), path, mode);
TOOL_WRAP(int, bind, (int fd, const struct sockaddr *addr, socklen_t len), fd, addr, len);
TOOL_WRAP(int, connect, (int fd, const struct sockaddr *addr, socklen_t len), fd, addr, len);
TOOL_WRAP(ssize_t, send, (int fd, const void *buf, size_t len, int flags), fd, buf, len, flags);
TOOL_WRAP(ssize_t, sendmsg, (int fd, const struct msghdr *message, int flags), fd, message, flags);
TOOL_WRAP(ssize_t, pwrite, (int fd, const void *buf, size_t len, off_t at), fd, buf, len, at);
TOOL_WRAP(int, linkat, (int from, const char *a, int to, const char *b, int flags), from, a, to, b,
          flags);
TOOL_WRAP(int, pidfd_open, (pid_t pid, unsigned int flags), pid, flags);
TOOL_WRAP(int, pidfd_send_signal, (int fd, int number, siginfo_t *info, unsigned int flags), fd,
          number, info, flags);
TOOL_WRAP(int, waitid, (idtype_t type, id_t id, siginfo_t *info, int options), type, id, info,
          options);

gboolean
__real_g_spawn_async_with_pipes_and_fds(const char *directory, const char *const *argv,
                                        const char *const *envp, GSpawnFlags flags,
                                        GSpawnChildSetupFunc setup, void *opaque, int in, int out,
                                        int err, const int *from, const int *to, gsize n, GPid *pid,
                                        int *inPipe, int *outPipe, int *errPipe, GError **error);
gboolean
__wrap_g_spawn_async_with_pipes_and_fds(const char *directory, const char *const *argv,
                                        const char *const *envp, GSpawnFlags flags,
                                        GSpawnChildSetupFunc setup, void *opaque, int in, int out,
                                        int err, const int *from, const int *to, gsize n, GPid *pid,
                                        int *inPipe, int *outPipe, int *errPipe, GError **error);

gboolean
__wrap_g_spawn_async_with_pipes_and_fds(const char *directory, const char *const *argv,
                                        const char *const *envp, GSpawnFlags flags,
                                        GSpawnChildSetupFunc setup, void *opaque, int in, int out,
                                        int err, const int *from, const int *to, gsize n, GPid *pid,
                                        int *inPipe, int *outPipe, int *errPipe, GError **error)
{
    gboolean done;

    toolCount();
    done = __real_g_spawn_async_with_pipes_and_fds(directory, argv, envp, flags, setup, opaque, in,
                                                   out, err, from, to, n, pid, inPipe, outPipe,
                                                   errPipe, error);
    if (done)
        toolQEMU = *pid;
    return done;
}

static int
toolReport(const char *command, int rc)
{
    if (rc < 0)
        g_printerr("%s: %s\n", command, virErrorGetMessage());
    return rc;
}

static int
toolFromXML(qemuDriver *driver, const char *command, const char *path)
{
    g_autofree char *xml = NULL;
    g_autoptr(virDomainObj) vm = NULL;

    if (!g_file_get_contents(path, &xml, NULL, NULL))
        return -1;
    vm = strcmp(command, "define") == 0 ? qemuDomainDefineXML(driver, xml, 0)
                                        : qemuDomainCreateXML(driver, xml, 0, NULL);
    return vm ? 0 : -1;
}

/* How many descriptors this process has open. */
static int
toolCountFDs(void)
{
    DIR *dir = opendir("/proc/self/fd");
    int n = 0;

    while (dir && readdir(dir))
        n++;
    if (dir)
        closedir(dir);
    return n;
}

/* Starts and destroys a guest again and again; nothing must add up. */
static int
toolCycle(virDomainObj *vm)
{
    int cycles = toolGetNumber("CYCLES");
    int before = 0;

    for (int i = 0; i < (cycles ? cycles : 100); i++) {
        if (qemuDomainCreate(vm, 0, NULL) < 0 || qemuDomainDestroy(vm, 0) < 0)
            return -1;
        if (i == 0)
            before = toolCountFDs();
    }
    g_print("descriptors %d then %d\n", before, toolCountFDs());
    return toolCountFDs() == before ? 0 : -1;
}

static int
toolCall(virDomainObj *vm, const char *command)
{
    if (strcmp(command, "start") == 0)
        return qemuDomainCreate(vm, 0, NULL);
    if (strcmp(command, "pause") == 0)
        return qemuDomainCreate(vm, VIR_DOMAIN_START_PAUSED, NULL);
    if (strcmp(command, "suspend") == 0)
        return qemuDomainSuspend(vm);
    if (strcmp(command, "resume") == 0)
        return qemuDomainResume(vm);
    if (strcmp(command, "destroy") == 0)
        return qemuDomainDestroy(vm, 0);
    if (strcmp(command, "undefine") == 0)
        return qemuDomainUndefine(vm, 0);
    if (strcmp(command, "save") == 0)
        return qemuDomainSave(vm, toolSaved, NULL, 0);
    if (strcmp(command, "managedsave") == 0)
        return qemuDomainManagedSave(vm, 0);
    if (strcmp(command, "cycle") == 0)
        return toolCycle(vm);
    g_error("no such command: %s", command);
}

/* A line per guest, once nobody is doing anything with it. */
static int
toolPrintState(qemuDriver *driver)
{
    g_autoptr(GPtrArray) vms = qemuDriverListDomains(driver, 0);

    for (guint i = 0; i < vms->len; i++) {
        virDomainObj *vm = g_ptr_array_index(vms, i);
        g_auto(qemuDomainJob) job = {0};
        int state;
        int reason;

        qemuDomainJobBeginAlways(&job, vm, "look");
        if (vm->removed)
            continue;
        qemuDomainGetState(vm, &state, &reason);
        g_print("%s %d %d %d %d\n", vm->name, state, reason, qemuDomainGetID(vm),
                qemuDomainIsActive(vm) ? (int)qemuDomainGetPid(vm) : 0);
    }
    return 0;
}

static int
toolDo(qemuDriver *driver, const char *text)
{
    g_auto(GStrv) words = g_strsplit(text, "=", 2);
    g_autoptr(virDomainObj) vm = NULL;

    if (strcmp(text, "restore") == 0)
        return qemuDomainRestore(driver, toolSaved, NULL, 0);
    if (strcmp(text, "state") == 0)
        return toolPrintState(driver);
    if (strcmp(words[0], "define") == 0 || strcmp(words[0], "create") == 0)
        return toolFromXML(driver, words[0], words[1]);
    vm = qemuDomainLookupByName(driver, words[1]);
    return vm ? toolCall(vm, words[0]) : -1;
}

int
main(int argc, char **argv)
{
    g_autofree char *run = g_build_filename(argv[1], "run", NULL);
    g_autofree char *state = g_build_filename(argv[1], "state", NULL);
    g_autofree char *log = g_build_filename(argv[1], "log", NULL);
    const qemuDriverConfig config = {
        .runDirectory = run, .stateDirectory = state, .logDirectory = log, .user = ""};
    g_autoptr(qemuDriver) driver = NULL;
    int rc = 0;

    signal(SIGPIPE, SIG_IGN);
    toolSaved = g_build_filename(argv[1], "saved", NULL);
    virLogToStderr("qemudrivertool", g_getenv("VERBOSE") != NULL);
    if (!(driver = qemuDriverNew(&config)))
        return toolReport("open", -1) < 0;
    for (int i = 2; i < argc; i++) {
        if (toolReport(argv[i], toolDo(driver, argv[i])) < 0)
            rc = 1;
    }
    return rc;
}
