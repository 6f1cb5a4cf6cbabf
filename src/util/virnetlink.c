/*
 * virnetlink.c: what the kernel says of the network interfaces of this host
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <linux/neighbour.h>
#include <net/if.h>
#include <netlink/addr.h>
#include <netlink/cache.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/route/addr.h>
#include <netlink/route/neighbour.h>
#include <netlink/route/nexthop.h>
#include <netlink/route/route.h>
#include <netlink/socket.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#include "virerror.h"
#include "virgettext.h"
#include "virnetlink.h"

#define VIR_FROM_THIS VIR_FROM_NONE

/* The text of an address: IPv6, and a prefix length. */
#define VIR_NETLINK_ADDRESS_STRLEN 64

/* A dump during which something changed is incomplete, and taken again. */
#define VIR_NETLINK_ATTEMPTS 8

struct nl_sock *
virNetlinkOpen(void)
{
    struct nl_sock *sock = nl_socket_alloc();
    int rc = sock ? nl_connect(sock, NETLINK_ROUTE) : -NLE_NOMEM;

    if (rc < 0) {
        virReportError(VIR_ERR_SYSTEM_ERROR,
                       _("cannot ask the kernel about network interfaces: %1$s"), nl_geterror(rc));
        nl_socket_free(sock);
        return NULL;
    }
    /* A PF with many VFs has more to say than one page. */
    nl_socket_enable_msg_peek(sock);
    return sock;
}

/* A link-local IPv6 address is on every interface that is up: it says nothing. */
static bool
virNetlinkAddressCounts(struct rtnl_addr *addr, int ifindex)
{
    int family = rtnl_addr_get_family(addr);

    return rtnl_addr_get_ifindex(addr) == ifindex && rtnl_addr_get_local(addr) &&
           (family == AF_INET ||
            (family == AF_INET6 && rtnl_addr_get_scope(addr) != RT_SCOPE_LINK));
}

static int
virNetlinkReadAddresses(struct nl_sock *sock, const void *ifindex, GPtrArray *addresses)
{
    struct nl_cache *cache;
    int rc = rtnl_addr_alloc_cache(sock, &cache);

    if (rc < 0)
        return rc;
    for (struct nl_object *object = nl_cache_get_first(cache); object;
         object = nl_cache_get_next(object)) {
        struct rtnl_addr *addr = (struct rtnl_addr *)object;
        char text[VIR_NETLINK_ADDRESS_STRLEN];

        if (virNetlinkAddressCounts(addr, *(const int *)ifindex)) {
            nl_addr2str(rtnl_addr_get_local(addr), text, sizeof(text));
            g_ptr_array_add(addresses, g_strdup(text));
        }
    }
    nl_cache_free(cache);
    return 0;
}

typedef struct {
    int ifindex;
    GPtrArray *gateways;
} virNetlinkRoutes;

static void
virNetlinkTakeNexthop(struct rtnl_nexthop *hop, void *opaque)
{
    virNetlinkRoutes *routes = opaque;
    struct nl_addr *gateway = rtnl_route_nh_get_gateway(hop);
    char text[VIR_NETLINK_ADDRESS_STRLEN] = "";

    if (rtnl_route_nh_get_ifindex(hop) != routes->ifindex)
        return;
    if (!gateway)
        gateway = rtnl_route_nh_get_via(hop); /* of the other family */
    if (gateway)
        nl_addr2str(gateway, text, sizeof(text));
    if (!g_ptr_array_find_with_equal_func(routes->gateways, text, g_str_equal, NULL))
        g_ptr_array_add(routes->gateways, g_strdup(text));
}

static int
virNetlinkTakeRoute(struct nl_msg *msg, void *opaque)
{
    struct nlmsghdr *header = nlmsg_hdr(msg);
    struct rtmsg *message = nlmsg_data(header);
    struct rtnl_route *route;

    /* A host may have a million routes: only default routes are worth an object. */
    if (!nlmsg_valid_hdr(header, sizeof(*message)) || header->nlmsg_type != RTM_NEWROUTE ||
        message->rtm_dst_len != 0 || message->rtm_type != RTN_UNICAST ||
        (message->rtm_flags & RTM_F_CLONED) ||
        (message->rtm_family != AF_INET && message->rtm_family != AF_INET6) ||
        rtnl_route_parse(header, &route) < 0)
        return NL_OK;
    rtnl_route_foreach_nexthop(route, virNetlinkTakeNexthop, opaque);
    rtnl_route_put(route);
    return NL_OK;
}

static int
virNetlinkReadRoutes(struct nl_sock *sock, const void *ifindex, GPtrArray *gateways)
{
    virNetlinkRoutes routes = {.ifindex = *(const int *)ifindex, .gateways = gateways};
    struct rtmsg request = {.rtm_family = AF_UNSPEC};
    int rc;

    if ((rc = nl_socket_modify_cb(sock, NL_CB_VALID, NL_CB_CUSTOM, virNetlinkTakeRoute, &routes)) <
            0 ||
        (rc = nl_send_simple(sock, RTM_GETROUTE, NLM_F_DUMP, &request, sizeof(request))) < 0)
        return rc;
    return nl_recvmsgs_default(sock);
}

/* Adds what is @about something: 0, or an error of libnl's. */
typedef int (*virNetlinkReader)(struct nl_sock *sock, const void *about, GPtrArray *texts);

/* Reads one list, each time on a socket of its own: what is left of a broken dump is of no use.
 * NULL with @rc, of libnl's, or 0 if the error has been reported. */
static GPtrArray *
virNetlinkReadList(const void *about, virNetlinkReader reader, int *rc)
{
    g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);

    for (int attempt = 0; attempt < VIR_NETLINK_ATTEMPTS; attempt++) {
        struct nl_sock *sock = virNetlinkOpen();

        if (!sock) {
            *rc = 0;
            return NULL;
        }
        g_ptr_array_set_size(texts, 0);
        *rc = reader(sock, about, texts);
        nl_socket_free(sock);
        if (*rc != -NLE_DUMP_INTR)
            break;
    }
    return *rc < 0 ? NULL : g_steal_pointer(&texts);
}

int
virNetlinkReadInterface(const char *name, virNetlinkInterface *interface)
{
    g_auto(virNetlinkInterface) found = {0};
    int ifindex = (int)if_nametoindex(name);
    int rc = 0;

    if (ifindex == 0) {
        virReportSystemError(errno, _("cannot find network interface '%1$s'"), name);
        return -1;
    }
    if (!(found.addresses = virNetlinkReadList(&ifindex, virNetlinkReadAddresses, &rc)) ||
        !(found.gateways = virNetlinkReadList(&ifindex, virNetlinkReadRoutes, &rc))) {
        if (rc < 0) /* otherwise it is reported */
            virReportError(VIR_ERR_SYSTEM_ERROR,
                           _("cannot read the addresses and routes of interface '%1$s': %2$s"),
                           name, nl_geterror(rc));
        return -1;
    }
    *interface = found;
    found = (virNetlinkInterface){0};
    return 0;
}

void
virNetlinkInterfaceClear(virNetlinkInterface *interface)
{
    g_clear_pointer(&interface->addresses, g_ptr_array_unref);
    g_clear_pointer(&interface->gateways, g_ptr_array_unref);
}

/* One that does not answer any more is nobody's address. */
static bool
virNetlinkNeighbourIs(struct rtnl_neigh *neighbour, const guint8 mac[VIR_MAC_BUFLEN])
{
    struct nl_addr *link = rtnl_neigh_get_lladdr(neighbour);
    struct nl_addr *address = rtnl_neigh_get_dst(neighbour);

    return link && address && nl_addr_get_len(link) == VIR_MAC_BUFLEN &&
           memcmp(nl_addr_get_binary_addr(link), mac, VIR_MAC_BUFLEN) == 0 &&
           (nl_addr_get_family(address) == AF_INET || nl_addr_get_family(address) == AF_INET6) &&
           !(rtnl_neigh_get_state(neighbour) & (NUD_FAILED | NUD_INCOMPLETE));
}

static int
virNetlinkReadNeighboursOf(struct nl_sock *sock, const void *mac, GPtrArray *addresses)
{
    struct nl_cache *cache;
    int rc = rtnl_neigh_alloc_cache(sock, &cache);

    if (rc < 0)
        return rc;
    for (struct nl_object *object = nl_cache_get_first(cache); object;
         object = nl_cache_get_next(object)) {
        struct rtnl_neigh *neighbour = (struct rtnl_neigh *)object;
        char text[VIR_NETLINK_ADDRESS_STRLEN];

        if (virNetlinkNeighbourIs(neighbour, mac)) {
            nl_addr2str(rtnl_neigh_get_dst(neighbour), text, sizeof(text));
            g_ptr_array_add(addresses, g_strdup(text));
        }
    }
    nl_cache_free(cache);
    return 0;
}

GPtrArray *
virNetlinkReadNeighbours(const guint8 mac[VIR_MAC_BUFLEN])
{
    int rc = 0;
    GPtrArray *found = virNetlinkReadList(mac, virNetlinkReadNeighboursOf, &rc);

    if (rc < 0) /* otherwise it is reported */
        virReportError(VIR_ERR_SYSTEM_ERROR, _("cannot read the neighbours of this host: %1$s"),
                       nl_geterror(rc));
    return found;
}
