/*
 * remote_client.h: what the daemon knows, and what it knows of one client
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stdbool.h>

#include "qemu_driver.h"
#include "remote_event.h"
#include "remote_polkit.h"
#include "rpc_client.h"
#include "virhostdev.h"
#include "virpcihost.h"

/* What handlers work with. It outlives every client; its other fields do not change while there are
 * any. */
typedef struct {
    virPCIHost *host;
    virHostdevManager *hostdevs;
    qemuDriver *driver;
    remoteEvents *events;
    remotePolkit *polkit; /* NULL: never asked */
    gint agents;          /* commands for guest agents under way; atomic */
} remoteDaemon;

/* A client's state. Any thread. */
typedef struct _remoteClient remoteClient;

remoteClient *remoteClientNew(remoteDaemon *daemon, bool readOnly);
void remoteClientFree(remoteClient *client);

/* The client that calls; borrowed. */
remoteClient *remoteClientOf(virRPCCall *call);

remoteDaemon *remoteClientGetDaemon(const remoteClient *client);

/**
 * remoteClientOpen:
 * @readOnly: the client itself wants to look only
 *
 * Errors: INTERNAL_ERROR (rpc) if the connection is open already.
 */
int remoteClientOpen(remoteClient *client, bool readOnly) G_GNUC_WARN_UNUSED_RESULT;

/* Whether the client may do anything yet but say who it is; a new one is known. */
void remoteClientSetKnown(remoteClient *client, bool known);
bool remoteClientIsKnown(remoteClient *client);

/* 0, or -1 with an error reported: the connection is not open. */
int remoteClientCheckOpen(remoteClient *client) G_GNUC_WARN_UNUSED_RESULT;

/* It may look and nothing else: because of the socket, or because it said so. */
bool remoteClientIsReadOnly(remoteClient *client);
