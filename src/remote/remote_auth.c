/*
 * remote_auth.c: who a client is, where its socket's permissions do not say enough
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "remote_table.h"
#include "rpc_server.h"
#include "virerror.h"
#include "virgettext.h"
#include "virlog.h"

#define VIR_FROM_THIS VIR_FROM_POLKIT

VIR_LOG_INIT("remote.auth")

/* The numbers are the protocol's. */
typedef enum {
    REMOTE_AUTH_NONE = 0,
    REMOTE_AUTH_POLKIT = 2,
} remoteAuth;

int
remoteAuthList(virRPCCall *call, virRPCNothing *in G_GNUC_UNUSED, remote_auth_list_ret *out)
{
    out->types.types_val = g_new0(int, 1);
    out->types.types_len = 1;
    out->types.types_val[0] =
        remoteClientIsKnown(remoteClientOf(call)) ? REMOTE_AUTH_NONE : REMOTE_AUTH_POLKIT;
    return 0;
}

static void
remoteAuthPolkitDone(void *opaque, int rc)
{
    virRPCCall *call = opaque;
    remote_int out = {.value = 1}; /* there is nothing more to do */

    if (rc == 0)
        remoteClientSetKnown(remoteClientOf(call), true);
    else
        VIR_INFO("%s", virErrorGetMessage());
    virRPCCallFinish(call, rc, &out);
}

int
remoteAuthPolkit(virRPCCall *call, virRPCNothing *in G_GNUC_UNUSED, remote_int *out G_GNUC_UNUSED)
{
    virRPCClient *client = virRPCCallGetClient(call);
    remotePolkit *polkit = remoteClientGetDaemon(remoteClientOf(call))->polkit;
    bool readOnly = virRPCClientGetFlags(client) & VIR_RPC_READ_ONLY;
    virProcessIdentity process;

    if (remoteClientIsKnown(remoteClientOf(call)) || !polkit) {
        virReportError(VIR_ERR_AUTH_FAILED, "%s",
                       _("authentication failed: polkit is not asked about this connection"));
        return -1;
    }
    if (virProcessIdentify(virRPCClientGetPID(client), &process) < 0) {
        g_autofree char *reason = g_strdup(virErrorGetMessage());

        virReportError(VIR_ERR_AUTH_FAILED,
                       _("authentication failed: process %1$d, which has connected, cannot be "
                         "looked at: %2$s"),
                       (int)virRPCClientGetPID(client), reason);
        return -1;
    }
    remotePolkitCheck(polkit, &process, virRPCClientGetUID(client),
                      readOnly ? REMOTE_POLKIT_MONITOR : REMOTE_POLKIT_MANAGE,
                      virRPCClientGetCancellable(client), remoteAuthPolkitDone, call);
    return VIR_RPC_LATER;
}
