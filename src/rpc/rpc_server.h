/*
 * rpc_server.h: who may connect, how many, and the threads that work for them
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "rpc_program.h"

typedef enum {
    VIR_RPC_READ_ONLY = 1 << 0, /* its clients may look; what that means is the hooks' business */
} virRPCListenFlags;

typedef struct {
    unsigned int maxClients;      /* per socket; more wait to be accepted */
    unsigned int maxUnready;      /* of those, per socket, that are not ready yet */
    unsigned int ready_ms;        /* how long a client may take for that; 0 is for ever */
    unsigned int workers;         /* threads, for all clients */
    unsigned int priorityWorkers; /* threads for calls that never wait */
    unsigned int maxCalls;        /* of one client, running at a time; and as many with priority */
    unsigned int maxWaiting;      /* calls of one client that wait; then it is not read from */
    size_t maxBacklog;         /* bytes of events that a client has not read; then it is dropped */
    unsigned int keepalive_ms; /* silence after which a client is asked if it is there; 0: never */
    unsigned int keepaliveCount; /* questions without an answer after which it is dropped */
} virRPCServerLimits;

/* What is reasonable for a daemon. */
void virRPCServerLimitsInit(virRPCServerLimits *limits);

typedef struct {
    /* A client has connected: its data, or NULL to refuse it. In the loop's thread. */
    void *(*connected)(virRPCClient *client, void *opaque);
    /* May the client call this now? 0, or -1 with an error reported. In a worker. */
    int (*admit)(virRPCClient *client, const virRPCProcedure *procedure, void *opaque);
    /* The client is gone and its last call is over: frees its data. In a worker; may block. */
    void (*gone)(virRPCClient *client, void *data, void *opaque);
} virRPCServerHooks;

/**
 * virRPCServerNew:
 * @context: main context (NULL: the default one) whose thread does all input and output; every
 * function below is called from that thread
 * @limits: copied
 * @hooks, @opaque: outlive the server
 *
 * The process ignores SIGPIPE.
 */
virRPCServer *virRPCServerNew(GMainContext *context, const virRPCServerLimits *limits,
                              const virRPCServerHooks *hooks, void *opaque);

/* Drops every client, waits for calls that are running, and frees. */
void virRPCServerFree(virRPCServer *server);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virRPCServer, virRPCServerFree)

/* @program outlives the server. Before the first client. */
void virRPCServerAddProgram(virRPCServer *server, const virRPCProgram *program);

/* Accepts from a listening socket, which is taken over and not blocking. virRPCListenFlags */
void virRPCServerListen(virRPCServer *server, int fd, unsigned int flags);

/* Takes over a connected socket, as if it had been accepted; it counts against no limit. */
void virRPCServerAdd(virRPCServer *server, int fd, unsigned int flags);

/**
 * virRPCServerStop:
 * @done: called once, when the last client has gone, maybe before this returns
 *
 * Accepts nobody and reads nothing any more. Running calls end and are answered; waiting ones are
 * dropped; then each client is disconnected.
 */
void virRPCServerStop(virRPCServer *server, void (*done)(void *opaque), void *opaque);

/* Connected clients. */
unsigned int virRPCServerCountClients(virRPCServer *server);
