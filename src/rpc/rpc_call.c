/*
 * rpc_call.c: calls: in which order they start, and what becomes of one
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "rpc_priv.h"
#include "virfile.h"
#include "virgettext.h"
#include "virlog.h"

#define VIR_FROM_THIS VIR_FROM_RPC

VIR_LOG_INIT("rpc.call")

void
virRPCCallFree(virRPCCall *call)
{
    virFileClose(&call->streamFD);
    virFileClose(&call->replyFD);
    g_clear_pointer(&call->fds, g_array_unref);
    virRPCFrameFree(call->frame);
    virRPCClientUnref(call->client);
    g_free(call);
}

virRPCClient *
virRPCCallGetClient(virRPCCall *call)
{
    return call->client;
}

const virRPCProcedure *
virRPCCallGetProcedure(virRPCCall *call)
{
    return call->procedure;
}

void
virRPCCallSetStream(virRPCCall *call, int fd)
{
    virFileClose(&call->streamFD);
    call->streamFD = fd;
}

/* --- order ------------------------------------------------------------------------------------ */

/* A call that gets an error is answered like one that never waits. */
static bool
virRPCCallHasFlag(const virRPCCall *call, virRPCProcedureFlags flag)
{
    return !call->procedure || (call->procedure->flags & flag);
}

/* Those with priority are counted by themselves: they do not wait for others that hang, and yet a
 * client cannot take all their workers. */
static bool
virRPCCallMayStartLocked(const virRPCClient *client, const virRPCCall *call)
{
    if (!virRPCCallHasFlag(call, VIR_RPC_PARALLEL))
        return client->running == 0;
    return (virRPCCallHasFlag(call, VIR_RPC_PRIORITY)
                ? client->priority
                : client->running - client->priority) < client->server->limits.maxCalls;
}

static void
virRPCCallBeginLocked(virRPCClient *client, const virRPCCall *call)
{
    client->running++;
    client->priority += virRPCCallHasFlag(call, VIR_RPC_PRIORITY);
    client->alone = !virRPCCallHasFlag(call, VIR_RPC_PARALLEL);
}

static void
virRPCCallPushLocked(virRPCClient *client, GList *link)
{
    virRPCServer *server = client->server;
    virRPCCall *call = link->data;

    g_queue_delete_link(&client->waiting, link);
    client->waitingBytes -= call->frame->length;
    virRPCCallBeginLocked(client, call);
    g_thread_pool_push(virRPCCallHasFlag(call, VIR_RPC_PRIORITY) ? server->priorityWorkers
                                                                 : server->workers,
                       call, NULL);
}

/* Starts what may run now. One that may run beside others overtakes those that wait, but for one
 * that has to run alone. */
void
virRPCCallStartLocked(virRPCClient *client)
{
    GList *link = client->waiting.head;

    while (link && !client->closed && !client->finishing && !client->alone &&
           client->outBytes < VIR_RPC_OUT_ENOUGH) {
        GList *next = link->next;
        virRPCCall *call = link->data;

        if (virRPCCallMayStartLocked(client, call))
            virRPCCallPushLocked(client, link);
        else if (!virRPCCallHasFlag(call, VIR_RPC_PARALLEL))
            break;
        link = next;
    }
    if (!virRPCCallTooManyLocked(client))
        virRPCClientResumeReadingLocked(client);
}

bool
virRPCCallTooManyLocked(virRPCClient *client)
{
    return client->waiting.length > client->server->limits.maxWaiting ||
           client->waitingBytes + client->streamBytes > VIR_RPC_WAITING_BYTES;
}

static const virRPCProgram *
virRPCCallFindProgram(const virRPCServer *server, const virRPCHeader *header)
{
    for (guint i = 0; i < server->programs->len; i++) {
        const virRPCProgram *program = server->programs->pdata[i];

        if (program->number == header->program && program->version == header->version)
            return program;
    }
    return NULL;
}

/* Whether the loop answers it: two changes of thread are most of what a short call costs. One that
 * waits for another, and one behind or before which more has come, is a worker's. */
static bool
virRPCCallIsAtOnceLocked(const virRPCClient *client, const virRPCCall *call, bool only)
{
    return only && virRPCCallHasFlag(call, VIR_RPC_AT_ONCE) && client->waiting.length == 0 &&
           !client->alone && client->outBytes == 0 && virRPCCallMayStartLocked(client, call);
}

static virRPCCall *
virRPCCallMakeOf(virRPCClient *client, virRPCFrame *frame, GArray *fds)
{
    virRPCCall *call = g_new0(virRPCCall, 1);

    call->client = virRPCClientRef(client);
    call->frame = frame;
    call->fds = fds;
    call->streamFD = call->replyFD = -1;
    call->program = virRPCCallFindProgram(client->server, &frame->header);
    if (call->program)
        call->procedure = virRPCProgramFind(call->program, frame->header.procedure);
    return call;
}

/* Takes @frame, and @fds, which may be NULL. In the loop's thread. @only: nothing else has been
 * received with it. */
void
virRPCCallNew(virRPCClient *client, virRPCFrame *frame, GArray *fds, bool only)
{
    virRPCCall *call = virRPCCallMakeOf(client, frame, fds);

    g_mutex_lock(&client->lock);
    if (client->closed || client->finishing) {
        g_mutex_unlock(&client->lock);
        virRPCCallFree(call);
        return;
    }
    if (virRPCCallIsAtOnceLocked(client, call, only)) {
        virRPCCallBeginLocked(client, call);
        g_mutex_unlock(&client->lock);
        virRPCCallWork(call, client->server);
        return;
    }
    g_queue_push_tail(&client->waiting, call);
    client->waitingBytes += frame->length;
    virRPCCallStartLocked(client);
    g_mutex_unlock(&client->lock);
}

/* --- work ------------------------------------------------------------------------------------- */

/* If the call can be made at all. */
static int
virRPCCallCheck(virRPCServer *server, virRPCCall *call)
{
    const virRPCHeader *header = &call->frame->header;

    if (!call->program) {
        virReportError(VIR_ERR_RPC, _("Cannot find program %1$u version %2$u"), header->program,
                       header->version);
        return -1;
    }
    if (header->status != VIR_RPC_OK) {
        virReportError(VIR_ERR_RPC, _("Unexpected message status %1$d"), header->status);
        return -1;
    }
    if (!call->procedure) {
        if (call->program->refuse && call->program->refuse(header->procedure))
            return -1;
        /* Clients look for these words, and go on without the call then: not translated. */
        virReportError(VIR_ERR_RPC, "unknown procedure: %d", header->procedure);
        return -1;
    }
    return server->hooks->admit(call->client, call->procedure, server->opaque);
}

/* The head of the answer to a call. */
static virRPCHeader
virRPCCallReply(const virRPCCall *call)
{
    virRPCHeader reply = call->frame->header;

    reply.type = VIR_RPC_REPLY;
    reply.status = VIR_RPC_OK;
    return reply;
}

/* NULL with an error reported. */
static GBytes *
virRPCCallEncode(const virRPCCall *call, void *ret)
{
    virRPCHeader reply = virRPCCallReply(call);

    if (call->replyFD < 0)
        return virRPCFrameEncode(&reply, call->procedure->retFilter, ret);
    reply.type = VIR_RPC_REPLY_FDS;
    return virRPCFrameEncodePassing(&reply, 1, call->procedure->retFilter, ret);
}

static GBytes *
virRPCCallEncodeError(const virRPCCall *call)
{
    const virRPCHeader reply = virRPCCallReply(call);

    if (virErrorGetLast()->code == VIR_ERR_OK) {
        virReportError(VIR_ERR_INTERNAL_ERROR,
                       _("internal error: procedure %1$d failed without saying why"),
                       reply.procedure);
    }
    VIR_DEBUG("procedure %d: %s", reply.procedure, virErrorGetMessage());
    return virRPCFrameEncodeError(&reply, virErrorGetLast());
}

/* As the handler; 0 with the reply in @bytes. After VIR_RPC_LATER the call is not ours any more. */
static int
virRPCCallMake(virRPCCall *call, GBytes **bytes)
{
    const virRPCProcedure *procedure = call->procedure;
    g_autofree void *args = g_malloc0(MAX(procedure->argsSize, 1));
    g_autofree void *ret = g_malloc0(MAX(procedure->retSize, 1));
    int rc;

    if (virRPCDecode(call->frame->payload, call->frame->length, procedure->argsFilter, args,
                     procedure->argsSize) < 0)
        return -1;
    /* What came is not needed twice. */
    g_clear_pointer(&call->frame->payload, g_free);
    rc = procedure->handler(call, args, ret);
    if (rc == 0 && !(*bytes = virRPCCallEncode(call, ret)))
        rc = -1;
    virRPCFree(procedure->argsFilter, args);
    virRPCFree(procedure->retFilter, ret);
    return rc;
}

/* As virRPCCallMake(), with an error in @bytes after -1. */
static int
virRPCCallAnswer(virRPCServer *server, virRPCCall *call, GBytes **bytes)
{
    int rc;

    virErrorReset();
    rc = virRPCCallCheck(server, call);
    if (rc == 0)
        rc = virRPCCallMake(call, bytes);
    if (rc < 0)
        *bytes = virRPCCallEncodeError(call);
    return rc;
}

/* A call of a client that is gone is not begun; the loop's writes to it are seen after the lock. */
static bool
virRPCCallIsWanted(virRPCClient *client)
{
    bool wanted;

    g_mutex_lock(&client->lock);
    wanted = !client->closed;
    g_mutex_unlock(&client->lock);
    return wanted;
}

/* Takes the call and @bytes, which may be NULL. */
static void
virRPCCallEnd(virRPCCall *call, GBytes *bytes, bool succeeded)
{
    virRPCClient *client = call->client;

    g_mutex_lock(&client->lock);
    /* Not before the reply: what is not waiting may start as soon as that is on its way. */
    client->running--;
    client->priority -= virRPCCallHasFlag(call, VIR_RPC_PRIORITY);
    client->alone = false;
    if (bytes && virRPCClientSendLocked(client, bytes) && succeeded) {
        if (call->replyFD >= 0)
            virRPCClientSendOutputLocked(
                client, virRPCOutputNew(g_bytes_new_static("", 1), virFileStealFD(&call->replyFD)));
        if (call->streamFD >= 0)
            virRPCStreamStartLocked(client, &call->frame->header, virFileStealFD(&call->streamFD));
    }
    virRPCCallStartLocked(client);
    virRPCClientCheckDoneLocked(client);
    g_mutex_unlock(&client->lock);
    virRPCCallFree(call);
}

static void
virRPCCallRun(virRPCServer *server, virRPCCall *call)
{
    GBytes *bytes = NULL;
    int rc = -1;

    if (virRPCCallIsWanted(call->client))
        rc = virRPCCallAnswer(server, call, &bytes);
    if (rc != VIR_RPC_LATER)
        virRPCCallEnd(call, bytes, rc == 0);
}

void
virRPCCallFinish(virRPCCall *call, int rc, void *ret)
{
    GBytes *bytes = NULL;

    if (rc == 0)
        bytes = virRPCCallEncode(call, ret);
    virRPCFree(call->procedure->retFilter, ret);
    rc = bytes ? 0 : -1;
    virRPCCallEnd(call, bytes ? bytes : virRPCCallEncodeError(call), rc == 0);
}

/* What a worker does, or the loop. */
void
virRPCCallWork(void *data, void *opaque)
{
    virRPCServer *server = opaque;
    virRPCCall *call = data;

    if (call->frame) {
        virRPCCallRun(server, call);
        return;
    }
    virRPCCallIsWanted(call->client);
    server->hooks->gone(call->client, call->client->data, server->opaque);
    virRPCCallFree(call);
    virRPCServerGone(server);
}
