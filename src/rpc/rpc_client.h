/*
 * rpc_client.h: a client, as a server sees it
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include <gio/gio.h>

#include "rpc_frame.h"
#include "rpc_program.h"

/* Any thread may use a reference; what is sent to a client that is gone is dropped. */
virRPCClient *virRPCClientRef(virRPCClient *client);
void virRPCClientUnref(virRPCClient *client);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virRPCClient, virRPCClientUnref)

/* What the hook `connected` returned. Valid until the hook `gone`. */
void *virRPCClientGetData(virRPCClient *client);

/* A number that no other client of the server has had. */
guint64 virRPCClientGetID(const virRPCClient *client);

/* The peer's process, as the kernel knew it when it connected. */
uid_t virRPCClientGetUID(const virRPCClient *client);
gid_t virRPCClientGetGID(const virRPCClient *client);
pid_t virRPCClientGetPID(const virRPCClient *client);

/* If the peer's process was in @group when it connected, in whichever way. Only while connected. */
gboolean virRPCClientIsInGroup(const virRPCClient *client, gid_t group);

/* virRPCListenFlags of its socket. */
unsigned int virRPCClientGetFlags(const virRPCClient *client);

/* It has said who it is and what it wants: the time limit for that does not hold any more. */
void virRPCClientSetReady(virRPCClient *client);

/* Cancelled when it is gone or the server stops: for whoever answers its calls later. Borrowed. */
GCancellable *virRPCClientGetCancellable(virRPCClient *client);

/* It answers questions whether it is there: from now on they are asked. */
void virRPCClientStartKeepalive(virRPCClient *client);

/* No calls any more; it is disconnected when the running ones have been answered. */
void virRPCClientFinish(virRPCClient *client);

/**
 * virRPCClientSendEvent:
 * @value: payload, borrowed
 *
 * Never blocks. A client that does not read its events is disconnected when too many have piled up.
 */
void virRPCClientSendEvent(virRPCClient *client, const virRPCProgram *program, int procedure,
                           xdrproc_t filter, void *value);

/* The client that calls; borrowed. */
virRPCClient *virRPCCallGetClient(virRPCCall *call);

const virRPCProcedure *virRPCCallGetProcedure(virRPCCall *call);

/**
 * virRPCCallSetStream:
 * @fd: taken over: a pipe, socket, terminal or file that is not blocking
 *
 * When the call has succeeded and its reply is on the way, what can be read from @fd is sent to the
 * client, and what the client sends is written to @fd, until one of them ends it.
 */
void virRPCCallSetStream(virRPCCall *call, int fd);

/* Descriptors may go with calls and replies from now on: the client has asked, and is to be told,
 * that they may. One that sends some without that is disconnected. */
void virRPCClientAllowFDs(virRPCClient *client);
bool virRPCClientPassesFDs(virRPCClient *client);

/* A descriptor that came with the call, by its number from 0; the caller closes it. -1: it did not,
 * or has been taken. It may be anything. */
int virRPCCallStealFD(virRPCCall *call, unsigned int index);

/* Has the reply, if it is no error, take @fd along, which is taken over. Only for who passes
 * descriptors. */
void virRPCCallSetReplyFD(virRPCCall *call, int fd);

/**
 * virRPCCallFinish:
 * @call: whose handler returns, or has returned, VIR_RPC_LATER; taken
 * @rc, @ret: as the handler's
 *
 * From any thread, once; also when the client is gone.
 */
void virRPCCallFinish(virRPCCall *call, int rc, void *ret);
