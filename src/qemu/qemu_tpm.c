/*
 * qemu_tpm.c: swtpm, the process that emulates a guest's TPM, and what the TPM remembers
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "qemu_process_priv.h"
#include "qemu_tpm.h"
#include "virerror.h"
#include "virfile.h"
#include "virgettext.h"
#include "virlog.h"

#define VIR_FROM_THIS VIR_FROM_QEMU

VIR_LOG_INIT("qemu.tpm")

/* The descriptor at which swtpm has its listening socket. */
#define QEMU_TPM_FD 3

/* How long swtpm may take to end: by itself after QEMU, when told to, when killed. */
#define QEMU_TPM_END_TIMEOUT_MS 2000

static char *
qemuTPMGetStateDirectory(const qemuDriver *driver, const char *uuid)
{
    return g_build_filename(driver->stateDirectory, "swtpm", uuid, NULL);
}

/* The word of swtpm's command line that no other process has. */
static char *
qemuTPMGetStateArgument(const virDomainObj *vm)
{
    const qemuDomainPrivate *priv = vm->privateData;
    g_autofree char *directory = qemuTPMGetStateDirectory(priv->driver, vm->uuid);

    return g_strdup_printf("dir=%s,mode=0600", directory);
}

/* QEMU's user may have been another one when the TPM was used last. Who owned the directory may
 * have put anything into it: only files that have no other name change hands. */
static int
qemuTPMGiveState(int dirFD, const char *path, const qemuSpawnUser *user)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name;

    while (dir && (name = g_dir_read_name(dir))) {
        VIR_AUTOCLOSE fd =
            openat(dirFD, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
        struct stat st;

        if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_nlink != 1)
            continue;
        if (fchown(fd, user->uid, user->gid) < 0)
            return -1;
    }
    return fchown(dirFD, user->uid, user->gid);
}

static int
qemuTPMMakeStateDirectory(const virDomainObj *vm)
{
    const qemuDomainPrivate *priv = vm->privateData;
    const qemuSpawnUser *user = priv->driver->user;
    g_autofree char *path = qemuTPMGetStateDirectory(priv->driver, vm->uuid);
    g_autofree char *parent = g_path_get_dirname(path);
    VIR_AUTOCLOSE fd = -1;
    struct stat st;

    if (g_mkdir_with_parents(parent, 0711) == 0 && (mkdir(path, 0700) == 0 || errno == EEXIST) &&
        (fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)) >= 0 &&
        fstat(fd, &st) == 0 &&
        (!user || st.st_uid == user->uid || qemuTPMGiveState(fd, path, user) == 0))
        return 0;
    virReportSystemError(errno, _("cannot make the directory of the TPM of guest '%1$s', '%2$s'"),
                         vm->name, path);
    return -1;
}

/* A socket that listens, so that QEMU has not to wait for swtpm. */
static int
qemuTPMListen(const virDomainObj *vm, const char *path)
{
    const qemuDomainPrivate *priv = vm->privateData;
    const qemuSpawnUser *user = priv->driver->user;
    int fd = qemuPeerListen(path, user ? user->uid : (uid_t)-1, user ? user->gid : (gid_t)-1);

    if (fd >= 0)
        return fd;
    virReportSystemError(-fd, _("cannot make the socket '%1$s'"), path);
    return -1;
}

static char *
qemuTPMGetPidFile(const virDomainObj *vm)
{
    g_autofree char *directory = qemuDomainGetRunDirectory(vm);

    return g_build_filename(directory, "swtpm.pid", NULL);
}

static char *
qemuTPMFindProgram(const virDomainObj *vm)
{
    char *program = g_find_program_in_path("swtpm");

    if (!program)
        virReportError(VIR_ERR_OPERATION_FAILED,
                       _("guest '%1$s' has a <tpm>, and swtpm, which emulates it, is not installed "
                         "(Debian: apt-get install swtpm)"),
                       vm->name);
    return program;
}

static char **
qemuTPMMakeArguments(const virDomainObj *vm, const char *program)
{
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    g_autofree char *state = qemuTPMGetStateArgument(vm);

    g_strv_builder_add_many(builder, program, "socket", "--tpm2", "--tpmstate", state, "--ctrl",
                            "type=unixio,fd=" G_STRINGIFY(QEMU_TPM_FD), "--terminate", NULL);
    return g_strv_builder_end(builder);
}

static int
qemuTPMOpenPidFile(const virDomainObj *vm)
{
    g_autofree char *path = qemuTPMGetPidFile(vm);
    int fd = qemuPeerCreateFile(path);

    if (fd >= 0)
        return fd;
    virReportSystemError(-fd, _("cannot write '%1$s'"), path);
    return -1;
}

/* @fd is borrowed. */
static int
qemuTPMSpawn(virDomainObj *vm, int fd)
{
    qemuDomainPrivate *priv = vm->privateData;
    const qemuSpawnFD inherited = {fd, QEMU_TPM_FD};
    g_autoptr(GArray) fds = g_array_new(FALSE, FALSE, sizeof(qemuSpawnFD));
    g_autofree char *program = qemuTPMFindProgram(vm);
    g_auto(GStrv) argv = program ? qemuTPMMakeArguments(vm, program) : NULL;
    VIR_AUTOCLOSE pidFD = program ? qemuTPMOpenPidFile(vm) : -1;
    VIR_AUTOCLOSE pidfd = -1;
    const qemuSpawnRequest request = {
        .argv = argv,
        .fds = fds,
        .stderrFD = qemuLogGetFD(priv->log),
        .pidFD = pidFD,
        .user = priv->driver->user,
    };
    virProcessIdentity process;
    pid_t pid;

    g_array_append_val(fds, inherited);
    if (pidFD < 0 || qemuSpawn(&request, &pid, &pidfd) < 0)
        return -1;
    if (virProcessIdentify(pid, &process) < 0) {
        process = (virProcessIdentity){(int)pid, 0};
        virErrorReset();
    }
    g_mutex_lock(&vm->lock);
    priv->tpm = process;
    g_mutex_unlock(&vm->lock);
    return 0;
}

/* swtpm's options end at a comma, and nothing escapes one. */
static int
qemuTPMCheckDirectory(const virDomainObj *vm)
{
    const qemuDomainPrivate *priv = vm->privateData;

    if (!strchr(priv->driver->stateDirectory, ','))
        return 0;
    virReportError(
        VIR_ERR_CONFIG_UNSUPPORTED,
        _("unsupported configuration: guest '%1$s' has a <tpm>, and swtpm, which emulates "
          "it, takes no directory with a comma, as '%2$s' is: choose another one "
          "(--state-dir)"),
        vm->name, priv->driver->stateDirectory);
    return -1;
}

int
qemuTPMStart(virDomainObj *vm)
{
    const qemuDomainPrivate *priv = vm->privateData;
    const virDomainTPMDef *tpm;
    VIR_AUTOCLOSE fd = -1;

    if (vm->def->tpms->len == 0 || !priv->driver->runDirectory)
        return 0;
    tpm = g_ptr_array_index(vm->def->tpms, 0);
    if (qemuTPMCheckDirectory(vm) < 0 || qemuTPMMakeStateDirectory(vm) < 0 ||
        (fd = qemuTPMListen(vm, tpm->socket)) < 0 || qemuTPMSpawn(vm, fd) < 0)
        return -1;
    VIR_DEBUG("swtpm of guest %s is process %d", vm->name, priv->tpm.pid);
    return 0;
}

void
qemuTPMFind(virDomainObj *vm)
{
    qemuDomainPrivate *priv = vm->privateData;
    virProcessIdentity process = {0, 0};

    if (vm->def->tpms->len > 0) {
        g_autofree char *pidFile = qemuTPMGetPidFile(vm);
        g_autofree char *state = qemuTPMGetStateArgument(vm);

        process = priv->tpm;
        if (process.pid == 0 && qemuProcessAwaitPidFile(vm, pidFile, state, &process) < 0)
            VIR_DEBUG("swtpm of guest %s is left alone", vm->name);
    }
    g_mutex_lock(&vm->lock);
    priv->tpm = process;
    g_mutex_unlock(&vm->lock);
}

/* Returns false if it is there still. */
static bool
qemuTPMWait(int pidfd)
{
    struct pollfd fd = {.fd = pidfd, .events = POLLIN};
    int rc;

    do
        rc = poll(&fd, 1, QEMU_TPM_END_TIMEOUT_MS);
    while (rc < 0 && errno == EINTR);
    return rc > 0;
}

void
qemuTPMStop(virDomainObj *vm)
{
    qemuDomainPrivate *priv = vm->privateData;
    virProcessIdentity process = priv->tpm;
    VIR_AUTOCLOSE pidfd = process.pid > 0 ? pidfd_open(process.pid, 0) : -1;
    bool unused = priv->process.pid == 0 || priv->starting;
    siginfo_t info = {0};

    g_mutex_lock(&vm->lock);
    priv->tpm = (virProcessIdentity){0, 0};
    g_mutex_unlock(&vm->lock);
    if (pidfd < 0 || !virProcessIsRunning(&process))
        return;
    /* QEMU has hung up, and it ends by itself; at a QEMU that has not come up nobody
     * waits for that. */
    if (unused || !qemuTPMWait(pidfd)) {
        pidfd_send_signal(pidfd, SIGTERM, NULL, 0);
        if (!qemuTPMWait(pidfd)) {
            VIR_WARN(_("swtpm of guest '%1$s' does not end when told to, and is killed"), vm->name);
            pidfd_send_signal(pidfd, SIGKILL, NULL, 0);
            qemuTPMWait(pidfd);
        }
    }
    /* Nothing if an earlier driver has started it. */
    (void)!waitid((idtype_t)P_PIDFD, (id_t)pidfd, &info, WEXITED | WNOHANG);
}

void
qemuTPMForget(const qemuDriver *driver, const char *uuid)
{
    g_autofree char *path = driver->stateDirectory ? qemuTPMGetStateDirectory(driver, uuid) : NULL;
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
