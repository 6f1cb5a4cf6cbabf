/*
 * virnetlink.h: what the kernel says of the network interfaces of this host
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

#include "virmacaddr.h"

struct nl_sock;

/* What hangs on an interface. Arrays of owned texts, never NULL once filled. */
typedef struct {
    GPtrArray *addresses; /* "192.0.2.1/24", every one but link-local IPv6 */
    GPtrArray *gateways;  /* of its default routes: "192.0.2.254", "" for one without a gateway */
} virNetlinkInterface;

void virNetlinkInterfaceClear(virNetlinkInterface *interface);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(virNetlinkInterface, virNetlinkInterfaceClear)

/**
 * virNetlinkReadInterface:
 * @name: interface of this process's network namespace
 * @interface: filled; virNetlinkInterfaceClear() it after
 *
 * Default routes of every table count, so those of a VRF or of a policy do too. Time grows with the
 * number of routes of the host, memory does not.
 *
 * Errors: SYSTEM_ERROR if there is no such interface or the kernel does not answer.
 * Returns: 0, or -1 with an error reported and @interface untouched
 */
int
virNetlinkReadInterface(const char *name, virNetlinkInterface *interface) G_GNUC_WARN_UNUSED_RESULT;

/**
 * virNetlinkReadNeighbours:
 * @mac: of a machine on one of this host's networks
 *
 * Returns: its addresses that this host has talked with, as owned texts ("192.0.2.1"), IPv6 among
 * them; the array is the caller's. NULL with SYSTEM_ERROR reported if the kernel does not answer.
 */
GPtrArray *virNetlinkReadNeighbours(const guint8 mac[VIR_MAC_BUFLEN]);

/**
 * virNetlinkOpen:
 *
 * Errors: SYSTEM_ERROR.
 * Returns: a connected socket for links, addresses and routes, freed by nl_socket_free(); or NULL
 */
struct nl_sock *virNetlinkOpen(void);
