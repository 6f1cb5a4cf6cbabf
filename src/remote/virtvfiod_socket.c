/*
 * virtvfiod_socket.c: the sockets that the daemon listens on
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <glib-unix.h>

#include "virerror.h"
#include "virfile.h"
#include "virgettext.h"
#include "virlog.h"
#include "virtvfiod_socket.h"
#include "virtvfiod_systemd.h"

#define VIR_FROM_THIS VIR_FROM_RPC

VIR_LOG_INIT("remote.socket")

/* Where libvirt's clients look: for qemu:///system, and for no URI at all. */
static const char *const virtvfiodLibvirtPaths[] = {
    "/run/libvirt/virtqemud-sock",
    "/run/libvirt/libvirt-sock",
};

#define VIRTVFIOD_READ_ONLY_SUFFIX "-ro"

struct _virtvfiodSockets {
    GPtrArray *paths;
};

virtvfiodSockets *
virtvfiodSocketsNew(void)
{
    virtvfiodSockets *sockets = g_new0(virtvfiodSockets, 1);

    sockets->paths = g_ptr_array_new_with_free_func(g_free);
    return sockets;
}

void
virtvfiodSocketsFree(virtvfiodSockets *sockets)
{
    if (!sockets)
        return;
    for (guint i = 0; i < sockets->paths->len; i++)
        unlink(sockets->paths->pdata[i]);
    g_ptr_array_unref(sockets->paths);
    g_free(sockets);
}

static int
virtvfiodSocketAddress(const char *path, struct sockaddr_un *address)
{
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (g_strlcpy(address->sun_path, path, sizeof(address->sun_path)) < sizeof(address->sun_path))
        return 0;
    virReportError(VIR_ERR_INVALID_ARG,
                   _("the socket's path %1$s is longer than the %2$zu bytes of a socket's name"),
                   path, sizeof(address->sun_path) - 1);
    return -1;
}

/* Removes what a daemon left that has ended; one that still listens is an error. */
static int
virtvfiodSocketRemoveStale(const char *path, const struct sockaddr_un *address)
{
    VIR_AUTOCLOSE fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    struct stat st;

    if (lstat(path, &st) < 0)
        return 0; /* nothing there, or bind() says more */
    if (!S_ISSOCK(st.st_mode)) {
        virReportError(VIR_ERR_OPERATION_FAILED,
                       _("cannot listen on %1$s: it exists and is no socket"), path);
        return -1;
    }
    if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 || errno == EAGAIN) {
        virReportError(VIR_ERR_OPERATION_FAILED,
                       _("cannot listen on %1$s: another daemon does so; stop that, or use "
                         "another path"),
                       path);
        return -1;
    }
    unlink(path);
    return 0;
}

/* Root's and the group's; the read-only one is everybody's, and so is one where polkit is asked. */
static int
virtvfiodSocketGive(const char *path, const virtvfiodConfig *config, unsigned int flags)
{
    bool polkit = config->auth == VIRTVFIOD_AUTH_POLKIT;
    mode_t mode = flags & VIR_RPC_READ_ONLY ? 0666 : config->group ? 0660 : polkit ? 0666 : 0600;

    if (mode == 0660 && chown(path, (uid_t)-1, config->gid) < 0) {
        virReportSystemError(errno, _("cannot give the socket %1$s to the group %2$s"), path,
                             config->group);
        return -1;
    }
    if (chmod(path, mode) < 0) {
        virReportSystemError(errno, _("cannot set the permissions of the socket %1$s"), path);
        return -1;
    }
    return 0;
}

static int
virtvfiodSocketMake(virtvfiodSockets *sockets, const virtvfiodConfig *config, const char *path,
                    unsigned int flags)
{
    g_autofree char *directory = g_path_get_dirname(path);
    VIR_AUTOCLOSE fd = -1;
    struct sockaddr_un address;
    mode_t mask;
    int rc;

    if (virtvfiodSocketAddress(path, &address) < 0)
        return -1;
    if (g_mkdir_with_parents(directory, 0755) < 0) {
        virReportSystemError(errno, _("cannot make the directory %1$s"), directory);
        return -1;
    }
    if (virtvfiodSocketRemoveStale(path, &address) < 0)
        return -1;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    mask = umask(0177); /* nobody connects before we know who may */
    rc = fd < 0 ? -1 : bind(fd, (const struct sockaddr *)&address, sizeof(address));
    umask(mask);
    if (rc < 0) {
        virReportSystemError(errno, _("cannot make the socket %1$s"), path);
        return -1;
    }
    g_ptr_array_add(sockets->paths, g_strdup(path));
    VIR_DEBUG("listening on %s", path);
    if (virtvfiodSocketGive(path, config, flags) < 0)
        return -1;
    if (listen(fd, SOMAXCONN) < 0) {
        virReportSystemError(errno, _("cannot listen on %1$s"), path);
        return -1;
    }
    return virFileStealFD(&fd);
}

static int
virtvfiodSocketListen(virtvfiodSockets *sockets, virRPCServer *server,
                      const virtvfiodConfig *config, const char *path)
{
    g_autofree char *readOnly = g_strconcat(path, VIRTVFIOD_READ_ONLY_SUFFIX, NULL);
    int fd = virtvfiodSocketMake(sockets, config, path, 0);

    if (fd < 0)
        return -1;
    virRPCServerListen(server, fd, 0);
    if (!config->readOnlySocket)
        return 0;
    fd = virtvfiodSocketMake(sockets, config, readOnly, VIR_RPC_READ_ONLY);
    if (fd < 0)
        return -1;
    virRPCServerListen(server, fd, VIR_RPC_READ_ONLY);
    return 0;
}

/* A socket of systemd's is read-only if its path says so. */
static int
virtvfiodSocketTake(virRPCServer *server, int fd)
{
    struct sockaddr_un address = {0};
    socklen_t length = sizeof(address);
    unsigned int flags;

    if (getsockname(fd, (struct sockaddr *)&address, &length) < 0) {
        virReportSystemError(errno, _("cannot read the name of descriptor %1$d"), fd);
        return -1;
    }
    address.sun_path[sizeof(address.sun_path) - 1] = '\0';
    flags = g_str_has_suffix(address.sun_path, VIRTVFIOD_READ_ONLY_SUFFIX) ? VIR_RPC_READ_ONLY : 0;
    g_unix_set_fd_nonblocking(fd, TRUE, NULL);
    VIR_DEBUG("systemd listens on %s", address.sun_path);
    virRPCServerListen(server, fd, flags);
    return 0;
}

int
virtvfiodSocketsListen(virtvfiodSockets *sockets, virRPCServer *server,
                       const virtvfiodConfig *config, const char *path)
{
    int first = -1;
    int count = virtvfiodSystemdListenFds(&first);

    if (count < 0)
        return -1;
    for (int i = 0; i < count; i++) {
        if (virtvfiodSocketTake(server, first + i) < 0)
            return -1;
    }
    if (count == 0 && virtvfiodSocketListen(sockets, server, config, path) < 0)
        return -1;
    for (size_t i = 0; config->libvirtSockets && i < G_N_ELEMENTS(virtvfiodLibvirtPaths); i++) {
        if (virtvfiodSocketListen(sockets, server, config, virtvfiodLibvirtPaths[i]) < 0)
            return -1;
    }
    return 0;
}
