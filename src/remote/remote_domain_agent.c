/*
 * remote_domain_agent.c: commands for guest agents, which may take as long as a guest likes
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "remote_agent.h"
#include "rpc_xdr.h"
#include "virerror.h"
#include "virgettext.h"

#define VIR_FROM_THIS VIR_FROM_REMOTE

/* Threads that wait for agents: of one guest one talks, and others wait for half a minute. */
#define REMOTE_AGENT_MAX 100

typedef struct {
    remoteAgent agent;
    remoteAgentFunc func;
} remoteAgentThread;

/* The call's end is the last: nothing of the daemon's is used after it. */
static void *
remoteAgentRun(void *opaque)
{
    remoteAgentThread *thread = opaque;
    remoteAgent *agent = &thread->agent;
    virRPCCall *call = agent->call;
    const virRPCProcedure *procedure = virRPCCallGetProcedure(call);
    remoteDaemon *daemon = remoteClientGetDaemon(remoteClientOf(call));
    g_autofree void *out = agent->out;
    int rc;

    virErrorReset();
    rc = thread->func(agent);
    virDomainObjUnref(agent->vm);
    virRPCFree(procedure->argsFilter, agent->in);
    g_free(agent->in);
    g_free(thread);
    g_atomic_int_add(&daemon->agents, -1);
    virRPCCallFinish(call, rc, out);
    return NULL;
}

static int
remoteAgentStartThread(remoteAgentThread *thread)
{
    g_autoptr(GError) err = NULL;
    GThread *started = g_thread_try_new("agent", remoteAgentRun, thread, &err);

    if (!started) {
        virReportError(VIR_ERR_OPERATION_FAILED,
                       _("guest '%1$s': no thread for a command for its agent: %2$s"),
                       thread->agent.vm->name, err->message);
        return -1;
    }
    g_thread_unref(started);
    return 0;
}

/* The arguments move to the thread, and back if there is none: they are the caller's to free. */
static int
remoteAgentTry(remoteAgentThread *thread, void *in)
{
    size_t size = virRPCCallGetProcedure(thread->agent.call)->argsSize;
    void *moved = g_memdup2(in, size);

    thread->agent.in = moved;
    memset(in, 0, size);
    if (remoteAgentStartThread(thread) == 0)
        return 0;
    memcpy(in, moved, size);
    g_free(moved);
    return -1;
}

int
remoteAgentStart(virRPCCall *call, const remote_domain *domain, void *in, remoteAgentFunc func)
{
    remoteDaemon *daemon = remoteClientGetDaemon(remoteClientOf(call));
    g_autoptr(virDomainObj) vm = remoteDomainFind(call, domain);
    g_autofree remoteAgentThread *thread = NULL;
    int rc = -1;

    if (!vm)
        return -1;
    thread = g_new0(remoteAgentThread, 1);
    thread->func = func;
    thread->agent.call = call;
    thread->agent.vm = vm;
    thread->agent.cancellable = virRPCClientGetCancellable(virRPCCallGetClient(call));
    thread->agent.out = g_malloc0(virRPCCallGetProcedure(call)->retSize);
    if (g_atomic_int_add(&daemon->agents, 1) >= REMOTE_AGENT_MAX)
        virReportError(VIR_ERR_OPERATION_FAILED,
                       _("%1$d commands for guest agents wait for an answer already; end some of "
                         "them, or give them a timeout"),
                       REMOTE_AGENT_MAX);
    else
        rc = remoteAgentTry(thread, in);
    if (rc < 0) {
        g_atomic_int_add(&daemon->agents, -1);
        g_free(thread->agent.out);
        return -1;
    }
    vm = NULL;
    thread = NULL;
    return VIR_RPC_LATER;
}

static int
remoteAgentCommand(remoteAgent *agent)
{
    const remote_agent_command_args *in = agent->in;
    remote_optional_string *out = agent->out;
    char *reply = qemuDomainAgentCommand(agent->vm, in->command, in->timeout_s, in->flags,
                                         agent->cancellable);

    if (!reply)
        return -1;
    out->value = g_new0(char *, 1);
    *out->value = reply;
    return 0;
}

int
remoteDomainQemuAgentCommand(virRPCCall *call, remote_agent_command_args *in,
                             remote_optional_string *out G_GNUC_UNUSED)
{
    return remoteAgentStart(call, &in->domain, in, remoteAgentCommand);
}
