/*
 * remote_agent.h: calls that wait for guest agents, which may take as long as a guest likes
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "remote_domain.h"

/* A call under way. */
typedef struct {
    virRPCCall *call;
    virDomainObj *vm;
    GCancellable *cancellable; /* who has asked has gone */
    void *in;                  /* the handler's arguments and results, decoded */
    void *out;
} remoteAgent;

/* What a handler would do, with agent->in and agent->out of the row's types; any thread. */
typedef int (*remoteAgentFunc)(remoteAgent *agent);

/**
 * remoteAgentStart:
 * @domain: the guest
 * @in: the handler's arguments, which are taken: they are empty after it
 *
 * For a handler to return: has @func called in a thread of its own, not in a worker: a guest whose
 * agent never answers would keep it from everybody else.
 *
 * Errors: NO_DOMAIN; OPERATION_FAILED if too many such calls wait already.
 * Returns: VIR_RPC_LATER, or -1 with an error reported
 */
int remoteAgentStart(virRPCCall *call, const remote_domain *domain, void *in, remoteAgentFunc func)
    G_GNUC_WARN_UNUSED_RESULT;
