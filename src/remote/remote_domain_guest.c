/*
 * remote_domain_guest.c: what guests do through their agents
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "qemu_guest.h"
#include "remote_agent.h"
#include "virerror.h"
#include "virgettext.h"

#define VIR_FROM_THIS VIR_FROM_REMOTE

/* Borrowed texts. */
static GPtrArray *
remoteGuestTexts(const virRPCString *texts, u_int len)
{
    GPtrArray *array = g_ptr_array_new();

    for (u_int i = 0; i < len; i++)
        g_ptr_array_add(array, texts[i]);
    return array;
}

static int
remoteGuestFreeze(remoteAgent *agent)
{
    const remote_file_systems_args *in = agent->in;
    g_autoptr(GPtrArray) paths =
        remoteGuestTexts(in->mountpoints.mountpoints_val, in->mountpoints.mountpoints_len);
    remote_int *out = agent->out;
    int count = qemuDomainFSFreeze(agent->vm, paths, in->flags, agent->cancellable);

    out->value = count;
    return count < 0 ? -1 : 0;
}

int
remoteDomainFSFreeze(virRPCCall *call, remote_file_systems_args *in, remote_int *out G_GNUC_UNUSED)
{
    return remoteAgentStart(call, &in->domain, in, remoteGuestFreeze);
}

static int
remoteGuestThaw(remoteAgent *agent)
{
    const remote_file_systems_args *in = agent->in;
    g_autoptr(GPtrArray) paths =
        remoteGuestTexts(in->mountpoints.mountpoints_val, in->mountpoints.mountpoints_len);
    remote_int *out = agent->out;
    int count = qemuDomainFSThaw(agent->vm, paths, in->flags, agent->cancellable);

    out->value = count;
    return count < 0 ? -1 : 0;
}

int
remoteDomainFSThaw(virRPCCall *call, remote_file_systems_args *in, remote_int *out G_GNUC_UNUSED)
{
    return remoteAgentStart(call, &in->domain, in, remoteGuestThaw);
}

static int
remoteGuestTrim(remoteAgent *agent)
{
    const remote_trim_args *in = agent->in;

    if (in->mountpoint) {
        virReportError(VIR_ERR_ARGUMENT_UNSUPPORTED,
                       _("argument unsupported: guest '%1$s' trims all of its file systems or "
                         "none: its agent cannot be told which; give no mount point"),
                       agent->vm->name);
        return -1;
    }
    return qemuDomainFSTrim(agent->vm, in->minimum, in->flags, agent->cancellable);
}

int
remoteDomainFSTrim(virRPCCall *call, remote_trim_args *in, virRPCNothing *out G_GNUC_UNUSED)
{
    return remoteAgentStart(call, &in->domain, in, remoteGuestTrim);
}
