/*
 * remote_domain_agent.c: commands for guest agents, which may take as long as a guest likes
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "remote_client.h"
#include "remote_domain.h"
#include "virerror.h"
#include "virgettext.h"

#define VIR_FROM_THIS VIR_FROM_REMOTE

/* Threads that wait for agents: of one guest one talks, and others wait for half a minute. */
#define REMOTE_AGENT_MAX 100

/* A command under way. */
typedef struct {
    virRPCCall *call;
    virDomainObj *vm;
    char *command;
    int timeout_s;
    unsigned int flags;
} remoteAgent;

/* The call's end is the last: nothing of the daemon's is used after it. */
static void
remoteAgentEnd(remoteAgent *agent, char *reply)
{
    remoteDaemon *daemon = remoteClientGetDaemon(remoteClientOf(agent->call));
    virRPCCall *call = agent->call;
    remote_optional_string out = {NULL};

    if (reply) {
        out.value = g_new0(char *, 1);
        *out.value = reply;
    }
    virDomainObjUnref(agent->vm);
    g_free(agent->command);
    g_free(agent);
    g_atomic_int_add(&daemon->agents, -1);
    virRPCCallFinish(call, reply ? 0 : -1, &out);
}

static void *
remoteAgentRun(void *opaque)
{
    remoteAgent *agent = opaque;
    GCancellable *client = virRPCClientGetCancellable(virRPCCallGetClient(agent->call));

    remoteAgentEnd(agent, qemuDomainAgentCommand(agent->vm, agent->command, agent->timeout_s,
                                                 agent->flags, client));
    return NULL;
}

static int
remoteAgentStart(remoteAgent *agent)
{
    g_autoptr(GError) err = NULL;
    GThread *thread = g_thread_try_new("agent", remoteAgentRun, agent, &err);

    if (!thread) {
        virReportError(VIR_ERR_OPERATION_FAILED,
                       _("guest '%1$s': no thread for a command for its agent: %2$s"),
                       agent->vm->name, err->message);
        return -1;
    }
    g_thread_unref(thread);
    return VIR_RPC_LATER;
}

/* Not in a worker: a guest whose agent never answers would keep it from everybody else. */
int
remoteDomainQemuAgentCommand(virRPCCall *call, remote_agent_command_args *in,
                             remote_optional_string *out G_GNUC_UNUSED)
{
    remoteDaemon *daemon = remoteClientGetDaemon(remoteClientOf(call));
    g_autoptr(virDomainObj) vm = remoteDomainFind(call, &in->domain);
    g_autofree remoteAgent *agent = NULL;
    int rc = -1;

    if (!vm)
        return -1;
    agent = g_new0(remoteAgent, 1);
    agent->call = call;
    agent->vm = vm;
    agent->command = g_strdup(in->command);
    agent->timeout_s = in->timeout_s;
    agent->flags = in->flags;
    if (g_atomic_int_add(&daemon->agents, 1) >= REMOTE_AGENT_MAX)
        virReportError(VIR_ERR_OPERATION_FAILED,
                       _("%1$d commands for guest agents wait for an answer already; end some of "
                         "them, or give them a timeout"),
                       REMOTE_AGENT_MAX);
    else
        rc = remoteAgentStart(agent);
    if (rc < 0) {
        g_atomic_int_add(&daemon->agents, -1);
        g_free(agent->command);
        return -1;
    }
    vm = NULL;
    agent = NULL;
    return rc;
}
