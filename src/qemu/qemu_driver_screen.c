/*
 * qemu_driver_screen.c: what a guest shows: pictures of it, and viewers
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "qemu_driver_priv.h"
#include "virerror.h"
#include "virfile.h"
#include "virgettext.h"

#define VIR_FROM_THIS VIR_FROM_QEMU

/* What QEMU writes since there is one, and what libvirt's driver gives. */
#define QEMU_SCREEN_MIME "image/x-portable-pixmap"

/* --- pictures --------------------------------------------------------------------------------- */

/* A head of a guest's adapter. */
typedef struct {
    char *alias;
    unsigned int head;
} qemuScreen;

static void
qemuScreenClear(qemuScreen *screen)
{
    g_free(screen->alias);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(qemuScreen, qemuScreenClear)

/* The screens are the heads of the first adapter, then those of the next one. Wants the lock. */
static int
qemuScreenFindLocked(const virDomainObj *vm, unsigned int number, qemuScreen *screen)
{
    unsigned int total = 0;

    for (guint i = 0; i < vm->def->videos->len; i++) {
        const virDomainVideoDef *video = g_ptr_array_index(vm->def->videos, i);

        if (video->type == VIR_DOMAIN_VIDEO_NONE)
            continue;
        if (number - total < video->heads) {
            screen->alias = g_strdup(video->info.alias);
            screen->head = number - total;
            return 0;
        }
        total += video->heads;
    }
    if (total == 0)
        virReportError(VIR_ERR_OPERATION_UNSUPPORTED,
                       _("Operation not supported: guest '%1$s' has no <video>, so there is no "
                         "screen to take a picture of"),
                       vm->name);
    else
        virReportError(VIR_ERR_INVALID_ARG,
                       _("invalid argument: guest '%1$s' has no screen %2$u: the last one is "
                         "%3$u"),
                       vm->name, number, total - 1);
    return -1;
}

static int
qemuScreenFind(virDomainObj *vm, unsigned int number, qemuScreen *screen)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = virDomainObjLock(vm);

    return qemuScreenFindLocked(vm, number, screen);
}

/* The same file, opened again: not for more than @flags. */
static int
qemuScreenReopen(int fd, int flags)
{
    g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", fd);
    int again = open(path, flags | O_CLOEXEC);

    if (again < 0)
        virReportSystemError(errno, "%s", _("cannot make a file in memory for a picture"));
    return again;
}

/* A file that has no name anywhere; -1 with an error reported. */
static int
qemuScreenMakeFile(void)
{
    int fd = memfd_create("screenshot", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    if (fd < 0)
        virReportSystemError(errno, "%s", _("cannot make a file in memory for a picture"));
    return fd;
}

/* QEMU has the file open as long as it likes: what the client reads changes no more. */
static int
qemuScreenSeal(int fd)
{
    if (fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) < 0) {
        virReportSystemError(errno, "%s", _("cannot keep QEMU from changing a picture"));
        return -1;
    }
    return 0;
}

static int
qemuScreenDump(qemuMonitor *mon, const qemuScreen *screen, guint64 set)
{
    g_autofree char *path = g_strdup_printf("/dev/fdset/%" G_GUINT64_FORMAT, set);
    JsonObject *arguments = json_object_new();

    json_object_set_string_member(arguments, "filename", path);
    json_object_set_string_member(arguments, "device", screen->alias);
    json_object_set_int_member(arguments, "head", screen->head);
    return qemuMonitorCommand(mon, "screendump", arguments, NULL);
}

/* QEMU writes to a descriptor that can do nothing else, and has it no longer than that. */
static int
qemuScreenDumpTo(qemuMonitor *mon, const qemuScreen *screen, int fd)
{
    int theirs = qemuScreenReopen(fd, O_WRONLY);
    guint64 set;
    int rc;

    if (theirs < 0 || qemuMonitorAddFD(mon, theirs, &set) < 0)
        return -1;
    rc = qemuScreenDump(mon, screen, set);
    qemuMonitorRemoveFD(mon, set);
    return rc;
}

int
qemuDomainScreenshot(virDomainObj *vm, unsigned int number, unsigned int flags, const char **mime,
                     int *fd)
{
    g_auto(qemuDomainJob) job = {0};
    g_autoptr(qemuMonitor) mon = NULL;
    g_auto(qemuScreen) screen = {0};
    VIR_AUTOCLOSE file = -1;
    int ours;

    if (qemuDriverCheckFlags("screenshot", flags, 0) < 0 ||
        qemuDomainJobBeginActive(&job, vm, "screenshot") < 0 ||
        qemuScreenFind(vm, number, &screen) < 0 || !(mon = qemuDomainGetMonitor(vm)) ||
        (file = qemuScreenMakeFile()) < 0 || qemuScreenDumpTo(mon, &screen, file) < 0 ||
        qemuScreenSeal(file) < 0 || (ours = qemuScreenReopen(file, O_RDONLY | O_NONBLOCK)) < 0)
        return -1;
    *mime = QEMU_SCREEN_MIME;
    *fd = ours;
    return 0;
}

/* --- viewers ---------------------------------------------------------------------------------- */

#define QEMU_SCREEN_FD_NAME "viewer"

/* QEMU's word for the display's protocol, or NULL with an error reported. */
static const char *
qemuScreenFindProtocol(virDomainObj *vm, unsigned int number)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = virDomainObjLock(vm);
    const GPtrArray *list = vm->def->graphics;

    if (number < list->len) {
        const virDomainGraphicsDef *graphics = g_ptr_array_index(list, number);

        return virDomainGraphicsToString((int)graphics->type);
    }
    virReportError(
        VIR_ERR_INVALID_ARG,
        _("invalid argument: guest '%1$s' has no <graphics> number %2$u, counted from 0: "
          "it has %3$u"),
        vm->name, number, list->len);
    return NULL;
}

/* Nothing but a stream socket: QEMU would read from whatever it is, and wait. */
static int
qemuScreenCheckSocket(int fd)
{
    int type = -1;
    socklen_t length = sizeof(type);

    if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) == 0 && type == SOCK_STREAM)
        return 0;
    virReportError(VIR_ERR_INVALID_ARG, "%s",
                   _("invalid argument: a viewer needs a stream socket, which this is not"));
    return -1;
}

/* Takes @fd. */
static int
qemuScreenAddClient(qemuMonitor *mon, const char *protocol, bool skipAuth, int fd)
{
    JsonObject *arguments;

    if (qemuMonitorPassFD(mon, QEMU_SCREEN_FD_NAME, fd) < 0)
        return -1;
    arguments = json_object_new();
    json_object_set_string_member(arguments, "protocol", protocol);
    json_object_set_string_member(arguments, "fdname", QEMU_SCREEN_FD_NAME);
    json_object_set_boolean_member(arguments, "skipauth", skipAuth);
    if (qemuMonitorCommand(mon, "add_client", arguments, NULL) == 0)
        return 0;
    qemuMonitorCloseFD(mon, QEMU_SCREEN_FD_NAME);
    return -1;
}

int
qemuDomainOpenGraphics(virDomainObj *vm, unsigned int number, int fd, unsigned int flags)
{
    VIR_AUTOCLOSE theirs = fd;
    g_auto(qemuDomainJob) job = {0};
    g_autoptr(qemuMonitor) mon = NULL;
    const char *protocol;

    if (qemuDriverCheckFlags("open graphics", flags, VIR_DOMAIN_OPEN_GRAPHICS_SKIPAUTH) < 0 ||
        qemuScreenCheckSocket(theirs) < 0 ||
        qemuDomainJobBeginActive(&job, vm, "open graphics") < 0 ||
        !(protocol = qemuScreenFindProtocol(vm, number)) || !(mon = qemuDomainGetMonitor(vm)))
        return -1;
    return qemuScreenAddClient(mon, protocol, flags & VIR_DOMAIN_OPEN_GRAPHICS_SKIPAUTH,
                               virFileStealFD(&theirs));
}

int
qemuDomainOpenGraphicsFD(virDomainObj *vm, unsigned int number, unsigned int flags, int *fd)
{
    VIR_AUTOCLOSE ours = -1;
    int fds[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0) {
        virReportSystemError(errno, "%s", _("cannot create a socket"));
        return -1;
    }
    ours = fds[0];
    if (qemuDomainOpenGraphics(vm, number, fds[1], flags) < 0)
        return -1;
    *fd = virFileStealFD(&ours);
    return 0;
}
