/*
 * remote_domain_user.c: clocks and users of guests, through their agents
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "qemu_guest.h"
#include "remote_agent.h"
#include "virerror.h"
#include "virgettext.h"

#define VIR_FROM_THIS         VIR_FROM_REMOTE

#define REMOTE_GUEST_NS_PER_S G_GINT64_CONSTANT(1000000000)

static int
remoteUserGetTime(remoteAgent *agent)
{
    const remote_domain_flags *in = agent->in;
    remote_guest_time_ret *out = agent->out;
    unsigned int nseconds;
    gint64 seconds;

    if (qemuDomainGetTime(agent->vm, &seconds, &nseconds, in->flags, agent->cancellable) < 0)
        return -1;
    out->seconds = seconds;
    out->nseconds = nseconds;
    return 0;
}

int
remoteDomainGetTime(virRPCCall *call, remote_domain_flags *in,
                    remote_guest_time_ret *out G_GNUC_UNUSED)
{
    return remoteAgentStart(call, &in->domain, in, remoteUserGetTime);
}

static int
remoteUserSetTime(remoteAgent *agent)
{
    const remote_guest_time_args *in = agent->in;
    gint64 time_ns = in->seconds * REMOTE_GUEST_NS_PER_S + in->nseconds;

    return qemuDomainSetTime(agent->vm, time_ns, in->flags, agent->cancellable);
}

int
remoteDomainSetTime(virRPCCall *call, remote_guest_time_args *in, virRPCNothing *out G_GNUC_UNUSED)
{
    /* Agents count nanoseconds, in 63 bits. */
    if (in->seconds < 0 || in->seconds >= G_MAXINT64 / REMOTE_GUEST_NS_PER_S ||
        in->nseconds >= REMOTE_GUEST_NS_PER_S) {
        virReportError(VIR_ERR_INVALID_ARG,
                       _("invalid argument: %1$lld seconds and %2$u nanoseconds since 1970 as the "
                         "time of a guest"),
                       (long long)in->seconds, in->nseconds);
        return -1;
    }
    return remoteAgentStart(call, &in->domain, in, remoteUserSetTime);
}

static int
remoteUserSetPassword(remoteAgent *agent)
{
    const remote_guest_password_args *in = agent->in;

    return qemuDomainSetUserPassword(agent->vm, *in->user, *in->password, in->flags,
                                     agent->cancellable);
}

int
remoteDomainSetUserPassword(virRPCCall *call, remote_guest_password_args *in,
                            virRPCNothing *out G_GNUC_UNUSED)
{
    if (!in->user || !in->password) {
        virReportError(VIR_ERR_INVALID_ARG, "%s",
                       _("invalid argument: the password of a user of a guest without the user or "
                         "the password"));
        return -1;
    }
    return remoteAgentStart(call, &in->domain, in, remoteUserSetPassword);
}

static int
remoteUserGetKeys(remoteAgent *agent)
{
    const remote_domain_string_flags *in = agent->in;
    remote_guest_keys_ret *out = agent->out;
    g_autoptr(GPtrArray) keys =
        qemuDomainGetAuthorizedKeys(agent->vm, in->value, in->flags, agent->cancellable);

    if (!keys)
        return -1;
    out->keys.keys_len = keys->len;
    out->keys.keys_val = g_new0(virRPCString, keys->len);
    for (guint i = 0; i < keys->len; i++)
        out->keys.keys_val[i] = g_strdup(keys->pdata[i]);
    return 0;
}

int
remoteDomainAuthorizedSSHKeysGet(virRPCCall *call, remote_domain_string_flags *in,
                                 remote_guest_keys_ret *out G_GNUC_UNUSED)
{
    return remoteAgentStart(call, &in->domain, in, remoteUserGetKeys);
}

static int
remoteUserSetKeys(remoteAgent *agent)
{
    const remote_guest_keys_args *in = agent->in;
    g_autoptr(GPtrArray) keys = g_ptr_array_new();

    for (u_int i = 0; i < in->keys.keys_len; i++)
        g_ptr_array_add(keys, in->keys.keys_val[i]);
    return qemuDomainSetAuthorizedKeys(agent->vm, in->user, keys, in->flags, agent->cancellable);
}

int
remoteDomainAuthorizedSSHKeysSet(virRPCCall *call, remote_guest_keys_args *in,
                                 virRPCNothing *out G_GNUC_UNUSED)
{
    return remoteAgentStart(call, &in->domain, in, remoteUserSetKeys);
}

int
remoteDomainAgentSetResponseTimeout(virRPCCall *call, remote_domain_int_flags *in, remote_int *out)
{
    g_autoptr(virDomainObj) vm = remoteDomainFind(call, &in->domain);

    out->value = 0;
    return vm ? qemuDomainAgentSetResponseTimeout(vm, in->value, in->flags) : -1;
}
