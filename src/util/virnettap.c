/*
 * virnettap.c: tap devices that are made for a guest and go with it
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netlink/addr.h>
#include <netlink/netlink.h>
#include <netlink/route/link.h>
#include <netlink/socket.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "virerror.h"
#include "virfile.h"
#include "virgettext.h"
#include "virnetlink.h"
#include "virnettap.h"

#define VIR_FROM_THIS VIR_FROM_NONE

typedef struct rtnl_link virNetTapLink;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virNetTapLink, rtnl_link_put)

typedef struct nl_sock virNetTapSock;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virNetTapSock, nl_socket_free)

/* The device alone, which nobody can have made before us. */
static int
virNetTapOpen(const char *name)
{
    VIR_AUTOCLOSE fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
    struct ifreq request = {0};

    if (fd < 0) {
        virReportSystemError(errno, _("cannot open /dev/net/tun for tap device '%1$s'"), name);
        return -1;
    }
    g_strlcpy(request.ifr_name, name, sizeof(request.ifr_name));
    request.ifr_flags = (short)(IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | IFF_TUN_EXCL);
    if (ioctl(fd, TUNSETIFF, &request) == 0)
        return virFileStealFD(&fd);
    if (errno == EPERM)
        virReportSystemError(errno, _("cannot make tap device '%1$s', which takes root"), name);
    else if (if_nametoindex(name) != 0)
        virReportError(VIR_ERR_OPERATION_FAILED,
                       _("cannot make tap device '%1$s': the host has a network interface of that "
                         "name; remove it, or choose another name"),
                       name);
    else
        virReportSystemError(errno, _("cannot make tap device '%1$s'"), name);
    return -1;
}

/* The bridge that a device is put on: its number, and its MTU where nobody says another. */
static int
virNetTapFindBridge(struct nl_sock *sock, const virNetTap *tap, virNetTapLink *changes)
{
    g_autoptr(virNetTapLink) bridge = NULL;
    const char *type;
    int rc = rtnl_link_get_kernel(sock, 0, tap->bridge, &bridge);

    if (rc < 0) {
        virReportError(VIR_ERR_OPERATION_FAILED, _("cannot find bridge '%1$s': %2$s"), tap->bridge,
                       nl_geterror(rc));
        return -1;
    }
    type = rtnl_link_get_type(bridge);
    if (g_strcmp0(type, "bridge") != 0) {
        virReportError(VIR_ERR_OPERATION_FAILED,
                       _("network interface '%1$s' is no bridge of the kernel, but of type '%2$s'"),
                       tap->bridge, type ? type : _("device"));
        return -1;
    }
    rtnl_link_set_master(changes, rtnl_link_get_ifindex(bridge));
    if (!tap->mtu)
        rtnl_link_set_mtu(changes, rtnl_link_get_mtu(bridge));
    return 0;
}

static int
virNetTapChange(struct nl_sock *sock, const virNetTap *tap, virNetTapLink *changes)
{
    guint8 mac[VIR_MAC_BUFLEN];
    g_autoptr(virNetTapLink) link = rtnl_link_alloc();
    struct nl_addr *addr;
    int rc;

    memcpy(mac, tap->mac, sizeof(mac));
    mac[0] = 0xfe;
    addr = nl_addr_build(AF_LLC, mac, sizeof(mac));
    rtnl_link_set_addr(changes, addr);
    nl_addr_put(addr);
    if (tap->mtu)
        rtnl_link_set_mtu(changes, tap->mtu);
    rtnl_link_set_flags(changes, IFF_UP);
    rtnl_link_set_name(link, tap->name);
    rtnl_link_set_ifindex(link, (int)if_nametoindex(tap->name));
    if ((rc = rtnl_link_change(sock, link, changes, 0)) == 0)
        return 0;
    virReportError(VIR_ERR_SYSTEM_ERROR, _("cannot set tap device '%1$s' up: %2$s"), tap->name,
                   nl_geterror(rc));
    return -1;
}

int
virNetTapCreate(const virNetTap *tap)
{
    VIR_AUTOCLOSE fd = virNetTapOpen(tap->name);
    g_autoptr(virNetTapLink) changes = NULL;
    g_autoptr(virNetTapSock) sock = NULL;

    if (fd < 0 || !(sock = virNetlinkOpen()))
        return -1;
    changes = rtnl_link_alloc();
    if ((tap->bridge && virNetTapFindBridge(sock, tap, changes) < 0) ||
        virNetTapChange(sock, tap, changes) < 0)
        return -1;
    return virFileStealFD(&fd);
}
