/*
 * virtvfiod_socket.h: the sockets that the daemon listens on
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "rpc_server.h"
#include "virtvfiod_config.h"

/* Paths of sockets that were made, to be removed in the end. */
typedef struct _virtvfiodSockets virtvfiodSockets;

virtvfiodSockets *virtvfiodSocketsNew(void);

/* Removes the sockets that we made; their clients stay connected. */
void virtvfiodSocketsFree(virtvfiodSockets *sockets);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virtvfiodSockets, virtvfiodSocketsFree)

/**
 * virtvfiodSocketsListen:
 * @path: of the read-write socket; the read-only one is PATH-ro
 *
 * Takes the sockets that systemd hands over; without any makes those of @path, and those of libvirt
 * if they are configured. Nobody is accepted before the main loop runs.
 *
 * Errors: OPERATION_FAILED if somebody listens there already; SYSTEM_ERROR if one cannot be made.
 * Returns: 0, or -1 with an error reported
 */
int
virtvfiodSocketsListen(virtvfiodSockets *sockets, virRPCServer *server,
                       const virtvfiodConfig *config, const char *path) G_GNUC_WARN_UNUSED_RESULT;
