/*
 * remote_client.c: what the daemon knows of one client
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "remote_client.h"
#include "virerror.h"
#include "virgettext.h"

#define VIR_FROM_THIS VIR_FROM_RPC

struct _remoteClient {
    remoteDaemon *daemon;
    gint unknown;  /* atomic */
    gint open;     /* atomic */
    gint readOnly; /* atomic */
};

remoteClient *
remoteClientNew(remoteDaemon *daemon, bool readOnly)
{
    remoteClient *client = g_new0(remoteClient, 1);

    client->daemon = daemon;
    client->readOnly = readOnly;
    return client;
}

void
remoteClientFree(remoteClient *client)
{
    g_free(client);
}

remoteClient *
remoteClientOf(virRPCCall *call)
{
    return virRPCClientGetData(virRPCCallGetClient(call));
}

remoteDaemon *
remoteClientGetDaemon(const remoteClient *client)
{
    return client->daemon;
}

int
remoteClientOpen(remoteClient *client, bool readOnly)
{
    if (g_atomic_int_get(&client->open)) {
        virReportError(VIR_ERR_INTERNAL_ERROR, "%s", _("internal error: connection already open"));
        return -1;
    }
    if (readOnly)
        g_atomic_int_set(&client->readOnly, TRUE);
    g_atomic_int_set(&client->open, TRUE);
    return 0;
}

void
remoteClientSetKnown(remoteClient *client, bool known)
{
    g_atomic_int_set(&client->unknown, !known);
}

bool
remoteClientIsKnown(remoteClient *client)
{
    return !g_atomic_int_get(&client->unknown);
}

int
remoteClientCheckOpen(remoteClient *client)
{
    if (g_atomic_int_get(&client->open))
        return 0;
    virReportError(VIR_ERR_INTERNAL_ERROR, "%s",
                   _("internal error: hypervisor connection not open"));
    return -1;
}

bool
remoteClientIsReadOnly(remoteClient *client)
{
    return g_atomic_int_get(&client->readOnly);
}
