/*
 * qemu_peer.c: sockets in directories that QEMU's user can write to
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <glib-unix.h>

#include "qemu_path.h"
#include "qemu_peer.h"
#include "virfile.h"
#include "virgettext.h"

/* The socket itself, checked, with O_PATH: whatever its name leads to later. */
static int
qemuPeerFind(const qemuPeer *peer, const char **why)
{
    VIR_AUTOCLOSE fd = qemuPathOpen(peer->path, peer->distrusted, 0, NULL);
    struct stat st;

    if (fd == -EPERM)
        *why = _("it is a symbolic link of QEMU's user, which is not followed");
    if (fd < 0)
        return fd;
    if (fstat(fd, &st) < 0)
        return -errno;
    if (!S_ISSOCK(st.st_mode))
        *why = _("it is no socket");
    else if (st.st_uid != peer->owner || st.st_nlink != 1)
        *why = _("it is not the socket that was made for this guest");
    else
        return virFileStealFD(&fd);
    return -EPERM;
}

static int
qemuPeerCheckProcess(int fd, pid_t pid, const char **why)
{
    struct ucred peer = {0};
    socklen_t len = sizeof(peer);

    if (pid == 0)
        return 0;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
        return -errno;
    if (peer.pid == pid)
        return 0;
    *why = _("it is not this guest's QEMU that listens there");
    return -EPERM;
}

/* A socket that waits so long when it is connected. */
static int
qemuPeerMakeSocket(guint wait_ms)
{
    const struct timeval timeout = {wait_ms / 1000, wait_ms % 1000 * 1000};
    VIR_AUTOCLOSE fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || (wait_ms == 0 && !g_unix_set_fd_nonblocking(fd, TRUE, NULL)) ||
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)) < 0)
        return -1;
    return virFileStealFD(&fd);
}

static int
qemuPeerConnectFound(const qemuPeer *peer, int found, const char **why)
{
    VIR_AUTOCLOSE fd = qemuPeerMakeSocket(peer->wait_ms);
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    int rc;

    g_snprintf(addr.sun_path, sizeof(addr.sun_path), "/proc/self/fd/%d", found);
    if (fd < 0 || connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 ||
        !g_unix_set_fd_nonblocking(fd, TRUE, NULL))
        return -errno;
    rc = qemuPeerCheckProcess(fd, peer->pid, why);
    return rc < 0 ? rc : virFileStealFD(&fd);
}

int
qemuPeerConnect(const qemuPeer *peer, const char **why)
{
    const char *reason = NULL;
    VIR_AUTOCLOSE found = -1;
    int fd = qemuPeerFind(peer, &reason);

    if (fd >= 0) {
        found = fd;
        fd = qemuPeerConnectFound(peer, found, &reason);
    }
    if (fd < 0)
        *why = reason ? reason : g_strerror(-fd);
    return fd;
}

/* The socket that was bound to @path, and not what somebody has put there since. */
static int
qemuPeerGive(const char *path, uid_t uid, gid_t gid)
{
    VIR_AUTOCLOSE fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    struct stat st;

    if (fd < 0 || fstat(fd, &st) < 0)
        return -errno;
    if (!S_ISSOCK(st.st_mode) || st.st_uid != geteuid() || st.st_nlink != 1)
        return -EPERM;
    return fchownat(fd, "", uid, gid, AT_EMPTY_PATH) < 0 ? -errno : 0;
}

int
qemuPeerListen(const char *path, uid_t uid, gid_t gid)
{
    VIR_AUTOCLOSE fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    int rc = 0;

    if (g_strlcpy(addr.sun_path, path, sizeof(addr.sun_path)) >= sizeof(addr.sun_path))
        return -ENAMETOOLONG;
    /* The file gets the mode that the socket has before it has a name. */
    if (fd < 0 || fchmod(fd, S_IRUSR | S_IWUSR) < 0)
        return -errno;
    unlink(path);
    if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
        return -errno;
    if (uid != (uid_t)-1 && (rc = qemuPeerGive(path, uid, gid)) < 0)
        return rc;
    return listen(fd, 1) < 0 ? -errno : virFileStealFD(&fd);
}

int
qemuPeerCreateFile(const char *path)
{
    int fd;

    unlink(path);
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
    return fd < 0 ? -errno : fd;
}
