/*
 * testnetns.c: a network namespace of its own for a test
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <net/if.h>
#include <netlink/netlink.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/neighbour.h>
#include <netlink/route/nexthop.h>
#include <netlink/route/route.h>
#include <netlink/socket.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "testnetns.h"
#include "virnetlink.h"

gboolean
testNetnsEnter(void)
{
    return unshare(CLONE_NEWNET) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0;
}

static void
testNetnsCheck(int rc, const char *what)
{
    if (rc < 0)
        g_error("%s: %s", what, nl_geterror(rc));
}

gboolean
testNetnsAddInterface(const char *name)
{
    /* Any kind will do that needs no device; which ones a kernel has differs. */
    static const char *const kinds[] = {"dummy", "ifb", "bridge"};
    struct nl_sock *sock = virNetlinkOpen();
    int rc = -NLE_OPNOTSUPP;

    g_assert_nonnull(sock);
    for (size_t i = 0; i < G_N_ELEMENTS(kinds) && rc < 0; i++) {
        struct rtnl_link *link = rtnl_link_alloc();

        rtnl_link_set_name(link, name);
        rtnl_link_set_type(link, kinds[i]);
        rtnl_link_set_flags(link, IFF_UP);
        rc = rtnl_link_add(sock, link, NLM_F_CREATE | NLM_F_EXCL);
        rtnl_link_put(link);
    }
    nl_socket_free(sock);
    return rc == 0;
}

gboolean
testNetnsAddBridge(const char *name, unsigned int mtu)
{
    struct nl_sock *sock = virNetlinkOpen();
    struct rtnl_link *link = rtnl_link_alloc();
    int rc;

    g_assert_nonnull(sock);
    rtnl_link_set_name(link, name);
    rtnl_link_set_type(link, "bridge");
    rtnl_link_set_mtu(link, mtu);
    rtnl_link_set_flags(link, IFF_UP);
    rc = rtnl_link_add(sock, link, NLM_F_CREATE | NLM_F_EXCL);
    rtnl_link_put(link);
    nl_socket_free(sock);
    return rc == 0;
}

gboolean
testNetnsReadLink(const char *name, testNetnsLink *link)
{
    struct nl_sock *sock = virNetlinkOpen();
    struct rtnl_link *found = NULL;
    int rc;

    g_assert_nonnull(sock);
    rc = rtnl_link_get_kernel(sock, 0, name, &found);
    nl_socket_free(sock);
    if (rc < 0)
        return FALSE;
    link->up = (rtnl_link_get_flags(found) & IFF_UP) != 0;
    link->master = (unsigned int)rtnl_link_get_master(found);
    link->mtu = rtnl_link_get_mtu(found);
    nl_addr2str(rtnl_link_get_addr(found), link->mac, sizeof(link->mac));
    rtnl_link_put(found);
    return TRUE;
}

static struct nl_addr *
testNetnsParse(const char *text)
{
    struct nl_addr *addr;

    testNetnsCheck(nl_addr_parse(text, AF_UNSPEC, &addr), text);
    return addr;
}

void
testNetnsAddAddress(const char *interface, const char *address)
{
    struct nl_sock *sock = virNetlinkOpen();
    struct nl_addr *local = testNetnsParse(address);
    struct rtnl_addr *addr = rtnl_addr_alloc();

    g_assert_nonnull(sock);
    rtnl_addr_set_ifindex(addr, (int)if_nametoindex(interface));
    rtnl_addr_set_local(addr, local);
    /* Do not look for others with it: an address that is being checked has no routes. */
    if (nl_addr_get_family(local) == AF_INET6)
        rtnl_addr_set_flags(addr, IFA_F_NODAD);
    testNetnsCheck(rtnl_addr_add(sock, addr, 0), address);
    rtnl_addr_put(addr);
    nl_addr_put(local);
    nl_socket_free(sock);
}

void
testNetnsAddNeighbour(const char *interface, const char *address, const char *mac)
{
    struct nl_sock *sock = virNetlinkOpen();
    struct nl_addr *dst = testNetnsParse(address);
    struct nl_addr *link = testNetnsParse(mac);
    struct rtnl_neigh *neighbour = rtnl_neigh_alloc();

    g_assert_nonnull(sock);
    rtnl_neigh_set_ifindex(neighbour, (int)if_nametoindex(interface));
    rtnl_neigh_set_dst(neighbour, dst);
    rtnl_neigh_set_lladdr(neighbour, link);
    rtnl_neigh_set_state(neighbour, NUD_PERMANENT);
    testNetnsCheck(rtnl_neigh_add(sock, neighbour, NLM_F_CREATE), address);
    rtnl_neigh_put(neighbour);
    nl_addr_put(link);
    nl_addr_put(dst);
    nl_socket_free(sock);
}

void
testNetnsAddRoute(const char *interface, const char *destination, const char *gateway)
{
    struct nl_sock *sock = virNetlinkOpen();
    struct nl_addr *dst = testNetnsParse(destination);
    struct rtnl_route *route = rtnl_route_alloc();
    struct rtnl_nexthop *hop = rtnl_route_nh_alloc();

    g_assert_nonnull(sock);
    rtnl_route_set_dst(route, dst);
    rtnl_route_set_family(route, (uint8_t)nl_addr_get_family(dst));
    rtnl_route_nh_set_ifindex(hop, (int)if_nametoindex(interface));
    if (gateway) {
        struct nl_addr *via = testNetnsParse(gateway);

        rtnl_route_nh_set_gateway(hop, via);
        nl_addr_put(via);
    }
    rtnl_route_add_nexthop(route, hop);
    testNetnsCheck(rtnl_route_add(sock, route, NLM_F_CREATE), destination);
    rtnl_route_put(route);
    nl_addr_put(dst);
    nl_socket_free(sock);
}

void
testNetnsRunInChild(const char *name, void (*func)(testScene *scene))
{
    g_autoptr(testScene) scene = testSceneNew(name);
    pid_t pid = fork();
    int status;

    g_assert_cmpint(pid, >=, 0);
    if (pid == 0) {
        func(scene);
        _exit(EXIT_SUCCESS);
    }
    g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
    g_assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == TEST_NETNS_SKIPPED)
        g_test_skip("no right to a root and a network of its own, or no kind of interface");
    else
        g_assert_cmpint(WEXITSTATUS(status), ==, EXIT_SUCCESS);
}
