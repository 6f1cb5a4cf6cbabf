/*
 * virpcivfnet.c: ask a PF for the MAC address and the VLAN of a VF, and set them
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <linux/if_ether.h>
#include <netlink/addr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/route/link.h>
#include <netlink/route/link/sriov.h>
#include <netlink/socket.h>
#include <string.h>

#include "virerror.h"
#include "virgettext.h"
#include "virnetlink.h"
#include "virpcivf.h"
#include "virpcivfnet.h"

#define VIR_FROM_THIS VIR_FROM_DEVICE

/* The PF's side of a VF. */
typedef struct {
    char *interface;
    unsigned int index;
} virPCIVFPort;

static void
virPCIVFPortClear(virPCIVFPort *port)
{
    g_free(port->interface);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(virPCIVFPort, virPCIVFPortClear)

static int
virPCIVFPortFind(virPCIDevice *vf, virPCIVFPort *port)
{
    virPCIHost *host = virPCIDeviceGetHost(vf);
    g_autoptr(virPCIDevice) pf = NULL;
    virPCIDeviceAddress addr;

    if (!virSysfsRootIsHost(virPCIHostGetRoot(host))) {
        virReportError(VIR_ERR_OPERATION_UNSUPPORTED,
                       _("the MAC address and VLAN of VF %1$s are known on its own host only"),
                       virPCIDeviceGetName(vf));
        return -1;
    }
    if (virPCIDeviceGetVFIndex(vf, &port->index) < 0 || virPCIDeviceGetPF(vf, &addr) < 0 ||
        !(pf = virPCIDeviceNew(host, &addr)))
        return -1;
    if (!(port->interface = virPCIDeviceGetNetName(pf))) {
        virReportError(VIR_ERR_OPERATION_INVALID,
                       _("cannot reach the MAC address and VLAN of VF %1$s: its physical function "
                         "%2$s has no network interface here"),
                       virPCIDeviceGetName(vf), virPCIDeviceGetName(pf));
        return -1;
    }
    return 0;
}

static void
virPCIVFNetConfigTakeVLAN(struct rtnl_link_vf *info, virPCIVFNetConfig *config)
{
    nl_vf_vlans_t *vlans;

    if (rtnl_link_vf_get_vlans(info, &vlans) < 0)
        return;
    if (vlans->size > 0) {
        const nl_vf_vlan_info_t *vlan = &vlans->vlans[0];

        config->hasVLAN = true;
        config->vlan = vlan->vf_vlan;
        config->qos = vlan->vf_vlan_qos;
        config->protocol = vlan->vf_vlan_proto ? vlan->vf_vlan_proto : ETH_P_8021Q;
    }
    rtnl_link_vf_vlan_put(vlans); /* asking for it took a reference */
}

bool
virPCIVFNetConfigFromLink(struct rtnl_link *link, unsigned int index, virPCIVFNetConfig *config)
{
    virPCIVFNetConfig found = {0};
    struct rtnl_link_vf *info;
    struct nl_addr *mac;

    /* libnl 3.7 looks for the VF in a list that is not there. */
    if (rtnl_link_has_vf_list(link) != 1 || !(info = rtnl_link_vf_get(link, index)))
        return false;
    if (rtnl_link_vf_get_addr(info, &mac) == 0 && nl_addr_get_len(mac) >= sizeof(found.mac)) {
        found.hasMAC = true;
        memcpy(found.mac, nl_addr_get_binary_addr(mac), sizeof(found.mac));
    }
    virPCIVFNetConfigTakeVLAN(info, &found);
    rtnl_link_vf_put(info);
    *config = found;
    return true;
}

static struct rtnl_link *
virPCIVFPortGetLink(struct nl_sock *sock, const virPCIVFPort *port)
{
    struct rtnl_link *link;
    int rc = rtnl_link_get_kernel(sock, 0, port->interface, &link);

    if (rc < 0) {
        virReportError(VIR_ERR_SYSTEM_ERROR, _("cannot read network interface '%1$s': %2$s"),
                       port->interface, nl_geterror(rc));
        return NULL;
    }
    return link;
}

static int
virPCIVFPortRead(struct nl_sock *sock, const virPCIVFPort *port, virPCIVFNetConfig *config)
{
    struct rtnl_link *link = virPCIVFPortGetLink(sock, port);
    bool known;

    if (!link)
        return -1;
    known = virPCIVFNetConfigFromLink(link, port->index, config);
    rtnl_link_put(link);
    if (known)
        return 0;
    virReportError(
        VIR_ERR_OPERATION_UNSUPPORTED,
        _("the driver of network interface '%1$s' does not tell the MAC address and VLAN "
          "of VF %2$u"),
        port->interface, port->index);
    return -1;
}

int
virPCIVFNetConfigRead(virPCIDevice *vf, virPCIVFNetConfig *config)
{
    g_auto(virPCIVFPort) port = {0};
    struct nl_sock *sock;
    int rc;

    if (virPCIVFPortFind(vf, &port) < 0 || !(sock = virNetlinkOpen()))
        return -1;
    rc = virPCIVFPortRead(sock, &port, config);
    nl_socket_free(sock);
    return rc;
}

static void
virPCIVFNetConfigAddMAC(const virPCIVFNetConfig *config, struct rtnl_link_vf *info)
{
    struct nl_addr *mac = nl_addr_build(AF_LLC, config->mac, sizeof(config->mac));

    if (!mac)
        g_error("no memory for a MAC address");
    rtnl_link_vf_set_addr(info, mac);
    nl_addr_put(mac);
}

static void
virPCIVFNetConfigAddVLAN(const virPCIVFNetConfig *config, struct rtnl_link_vf *info)
{
    nl_vf_vlans_t *vlans;

    if (rtnl_link_vf_vlan_alloc(&vlans, 1) < 0)
        g_error("no memory for a VLAN");
    vlans->vlans[0].vf_vlan = config->vlan;
    vlans->vlans[0].vf_vlan_qos = config->qos;
    vlans->vlans[0].vf_vlan_proto = (guint16)config->protocol;
    rtnl_link_vf_set_vlans(info, vlans);
    rtnl_link_vf_vlan_put(vlans);
}

struct nl_msg *
virPCIVFNetConfigToMessage(const virPCIVFNetConfig *config, int ifindex, unsigned int index)
{
    struct rtnl_link *pf = rtnl_link_alloc();
    struct rtnl_link *changes = rtnl_link_alloc();
    struct rtnl_link_vf *info = rtnl_link_vf_alloc();
    struct nl_msg *msg = NULL;
    int rc;

    if (!pf || !changes || !info)
        g_error("no memory for a network interface"); /* as GLib does */
    rtnl_link_set_ifindex(pf, ifindex);
    rtnl_link_vf_set_index(info, index);
    if (config->hasMAC)
        virPCIVFNetConfigAddMAC(config, info);
    if (config->hasVLAN)
        virPCIVFNetConfigAddVLAN(config, info);
    if ((rc = rtnl_link_vf_add(changes, info)) < 0 ||
        (rc = rtnl_link_build_change_request(pf, changes, 0, &msg)) < 0)
        virReportError(VIR_ERR_SYSTEM_ERROR, _("cannot describe the network of VF %1$u: %2$s"),
                       index, nl_geterror(rc));
    rtnl_link_vf_put(info);
    rtnl_link_put(changes);
    rtnl_link_put(pf);
    return msg;
}

static int
virPCIVFPortSend(struct nl_sock *sock, const virPCIVFPort *port, const virPCIVFNetConfig *config)
{
    struct rtnl_link *link = virPCIVFPortGetLink(sock, port);
    struct nl_msg *msg;
    int rc;

    if (!link)
        return -1;
    msg = virPCIVFNetConfigToMessage(config, rtnl_link_get_ifindex(link), port->index);
    rtnl_link_put(link);
    if (!msg)
        return -1;
    if ((rc = nl_send_sync(sock, msg)) < 0) { /* frees msg */
        virReportError(VIR_ERR_OPERATION_FAILED,
                       _("network interface '%1$s' cannot set the MAC address and VLAN of VF %2$u: "
                         "%3$s"),
                       port->interface, port->index, nl_geterror(rc));
        return -1;
    }
    return 0;
}

static int
virPCIVFPortVerify(struct nl_sock *sock, const virPCIVFPort *port, const virPCIVFNetConfig *wanted)
{
    virPCIVFNetConfig now;
    virPCIVFNetConfig missing;

    if (virPCIVFPortRead(sock, port, &now) < 0)
        return -1;
    missing = virPCIVFNetConfigDiff(&now, wanted);
    if (!missing.hasMAC && !missing.hasVLAN)
        return 0;
    virReportError(VIR_ERR_OPERATION_FAILED,
                   _("network interface '%1$s' accepted the MAC address and VLAN of VF %2$u, and "
                     "did not set them"),
                   port->interface, port->index);
    return -1;
}

int
virPCIVFNetConfigApply(virPCIDevice *vf, const virPCIVFNetConfig *config)
{
    g_auto(virPCIVFPort) port = {0};
    struct nl_sock *sock;
    int rc = -1;

    if (!config->hasMAC && !config->hasVLAN)
        return 0;
    if (virPCIVFPortFind(vf, &port) < 0 || !(sock = virNetlinkOpen()))
        return -1;
    if (virPCIVFPortSend(sock, &port, config) == 0)
        rc = virPCIVFPortVerify(sock, &port, config);
    nl_socket_free(sock);
    return rc;
}
