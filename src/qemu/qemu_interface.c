/*
 * qemu_interface.c: the host's end of a guest's network interfaces: tap devices
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gio/gio.h>

#include "qemu_interface.h"
#include "virerror.h"
#include "virfile.h"
#include "virgettext.h"
#include "virnettap.h"

#define VIR_FROM_THIS VIR_FROM_QEMU

/* The descriptor that the helper is told of, and how long it may take. */
#define QEMU_INTERFACE_HELPER_FD         3
#define QEMU_INTERFACE_HELPER_TIMEOUT_MS (30 * 1000)

/* Where distributions put it. */
static const char *const qemuInterfaceHelpers[] = {
    "/usr/lib/qemu/qemu-bridge-helper",
    "/usr/libexec/qemu-bridge-helper",
    "/usr/lib64/qemu/qemu-bridge-helper",
};

/* The descriptor in a message, or -1. */
static int
qemuInterfaceTakeFD(struct msghdr *message)
{
    for (struct cmsghdr *cmsg = CMSG_FIRSTHDR(message); cmsg; cmsg = CMSG_NXTHDR(message, cmsg)) {
        int fd;

        if (cmsg->cmsg_level != SOL_SOCKET || cmsg->cmsg_type != SCM_RIGHTS ||
            cmsg->cmsg_len != CMSG_LEN(sizeof(fd)))
            continue;
        memcpy(&fd, CMSG_DATA(cmsg), sizeof(fd));
        return fd;
    }
    return -1;
}

/* Waits for a message with a descriptor. Returns it, -ETIMEDOUT, -ENODATA if there is none in it or
 * the helper has ended, or another negative errno value. */
static int
qemuInterfaceReceiveFD(int sock)
{
    char byte;
    union {
        struct cmsghdr align;
        char buf[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec iov = {.iov_base = &byte, .iov_len = 1};
    struct msghdr message = {
        .msg_iov = &iov,
        .msg_iovlen = 1,
        .msg_control = control.buf,
        .msg_controllen = sizeof(control.buf),
    };
    struct pollfd pfd = {.fd = sock, .events = POLLIN};
    ssize_t len;
    int fd;
    int rc;

    do {
        rc = poll(&pfd, 1, QEMU_INTERFACE_HELPER_TIMEOUT_MS);
    } while (rc < 0 && errno == EINTR);
    if (rc <= 0)
        return rc < 0 ? -errno : -ETIMEDOUT;
    do {
        len = recvmsg(sock, &message, MSG_CMSG_CLOEXEC);
    } while (len < 0 && errno == EINTR);
    if (len < 0)
        return -errno;
    fd = qemuInterfaceTakeFD(&message);
    return fd < 0 ? -ENODATA : fd;
}

/* What the helper wrote on its standard error, on one line; never NULL. It has ended. */
static char *
qemuInterfaceReadError(GSubprocess *child)
{
    g_autofree char *text = NULL;

    if (!g_subprocess_communicate_utf8(child, NULL, NULL, NULL, &text, NULL) || !text)
        return g_strdup("");
    return g_strdup(g_strdelimit(g_strstrip(text), "\n\r\t", ' '));
}

static int
qemuInterfaceReportHelper(GSubprocess *child, const char *bridge, int error)
{
    g_autofree char *said = NULL;

    if (error == -ETIMEDOUT) {
        g_subprocess_force_exit(child);
        virReportError(VIR_ERR_OPERATION_TIMEOUT,
                       _("qemu-bridge-helper did not put a tap device on bridge '%1$s' in time"),
                       bridge);
        return -1;
    }
    if (error != -ENODATA) {
        g_subprocess_force_exit(child);
        virReportSystemError(-error, _("cannot hear of qemu-bridge-helper for bridge '%1$s'"),
                             bridge);
        return -1;
    }
    said = qemuInterfaceReadError(child);
    virReportError(
        VIR_ERR_OPERATION_FAILED,
        _("qemu-bridge-helper cannot put a tap device on bridge '%1$s': %2$s; the bridge "
          "has to exist, and to be allowed in /etc/qemu/bridge.conf"),
        bridge, *said ? said : _("it does not say why"));
    return -1;
}

static GSubprocess *
qemuInterfaceSpawnHelper(const char *helper, const char *bridge, int *sock)
{
    g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(
        G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_PIPE);
    g_autofree char *bridgeOption = g_strconcat("--br=", bridge, NULL);
    g_autofree char *fdOption = g_strdup_printf("--fd=%d", QEMU_INTERFACE_HELPER_FD);
    const char *argv[] = {helper, "--use-vnet", fdOption, bridgeOption, NULL};
    g_autoptr(GError) error = NULL;
    GSubprocess *child;
    int fds[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0) {
        virReportSystemError(errno, _("cannot create a socket"));
        return NULL;
    }
    g_subprocess_launcher_take_fd(launcher, fds[1], QEMU_INTERFACE_HELPER_FD);
    if (!(child = g_subprocess_launcher_spawnv(launcher, argv, &error))) {
        virFileClose(&fds[0]);
        virReportError(VIR_ERR_OPERATION_FAILED, _("cannot start %1$s: %2$s"), helper,
                       error->message);
        return NULL;
    }
    *sock = fds[0];
    return child;
}

int
qemuInterfaceRunHelper(const char *helper, const char *bridge)
{
    VIR_AUTOCLOSE sock = -1;
    g_autoptr(GSubprocess) child = qemuInterfaceSpawnHelper(helper, bridge, &sock);
    int fd;

    if (!child)
        return -1;
    if ((fd = qemuInterfaceReceiveFD(sock)) < 0)
        return qemuInterfaceReportHelper(child, bridge, fd);
    return fd;
}

static int
qemuInterfaceOpenBridge(const char *bridge)
{
    for (size_t i = 0; i < G_N_ELEMENTS(qemuInterfaceHelpers); i++) {
        if (g_file_test(qemuInterfaceHelpers[i], G_FILE_TEST_IS_EXECUTABLE))
            return qemuInterfaceRunHelper(qemuInterfaceHelpers[i], bridge);
    }
    virReportError(VIR_ERR_OPERATION_FAILED,
                   _("cannot put a tap device on bridge '%1$s': there is no %2$s; install QEMU's "
                     "common files (Debian: qemu-system-common)"),
                   bridge, qemuInterfaceHelpers[0]);
    return -1;
}

/* A name that does not exist would make a new device, which is not what the user has set up. */
static int
qemuInterfaceOpenTap(const char *name)
{
    VIR_AUTOCLOSE fd = -1;
    struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR};

    if (if_nametoindex(name) == 0) {
        virReportSystemError(
            errno,
            _("there is no tap device '%1$s'; make it (ip tuntap add dev %1$s mode "
              "tap vnet_hdr user USER)"),
            name);
        return -1;
    }
    if ((fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC)) < 0) {
        virReportSystemError(errno, _("cannot open /dev/net/tun for tap device '%1$s'"), name);
        return -1;
    }
    g_strlcpy(request.ifr_name, name, sizeof(request.ifr_name));
    if (ioctl(fd, TUNSETIFF, &request) < 0) {
        virReportSystemError(errno,
                             _("cannot use '%1$s' as a tap device; it has to be one with one queue "
                               "that nobody else has open"),
                             name);
        return -1;
    }
    return virFileStealFD(&fd);
}

static int
qemuInterfaceMakeTap(const virDomainNetDef *net)
{
    virNetTap tap = {.name = net->tap, .bridge = net->bridge, .mtu = net->mtu};

    memcpy(tap.mac, net->mac, sizeof(tap.mac));
    return virNetTapCreate(&tap);
}

int
qemuInterfaceOpen(const virDomainNetDef *net)
{
    if (net->tapIsOurs)
        return qemuInterfaceMakeTap(net);
    return net->type == VIR_DOMAIN_NET_TYPE_BRIDGE ? qemuInterfaceOpenBridge(net->bridge)
                                                   : qemuInterfaceOpenTap(net->tap);
}
