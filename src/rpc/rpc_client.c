/*
 * rpc_client.c: a client, as a server sees it
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <glib-unix.h>

#include "rpc_priv.h"
#include "virfile.h"
#include "virgettext.h"
#include "virlog.h"

VIR_LOG_INIT("rpc.client")

virRPCClient *
virRPCClientRef(virRPCClient *client)
{
    return g_atomic_rc_box_acquire(client);
}

static void
virRPCClientClear(void *opaque)
{
    virRPCClient *client = opaque;

    virRPCReaderFree(client->reader);
    virRPCPassDrop(client);
    g_ptr_array_unref(client->streams);
    g_object_unref(client->cancellable);
    g_mutex_clear(&client->lock);
}

void
virRPCClientUnref(virRPCClient *client)
{
    if (client)
        g_atomic_rc_box_release_full(client, virRPCClientClear);
}

static void
virRPCClientUnrefData(void *client)
{
    virRPCClientUnref(client);
}

/* Has the loop call @func with the client. Takes @source; returns it, owned by the caller. */
GSource *
virRPCClientAttach(virRPCClient *client, GSource *source, GSourceFunc func)
{
    g_source_set_callback(source, func, virRPCClientRef(client), virRPCClientUnrefData);
    /* None of them runs a loop; but GLib wakes the loop up twice for each that it has to keep from
     * it. */
    g_source_set_can_recurse(source, TRUE);
    g_source_attach(source, client->server->context);
    return source;
}

void
virRPCClientCallLater(virRPCClient *client, GSourceFunc func)
{
    GSource *source = g_idle_source_new();

    /* A busy loop never comes to what is less urgent. */
    g_source_set_priority(source, G_PRIORITY_DEFAULT);
    g_source_unref(virRPCClientAttach(client, source, func));
}

void
virRPCSourceDestroy(GSource **source)
{
    if (!*source)
        return;
    g_source_destroy(*source);
    g_clear_pointer(source, g_source_unref);
}

/* --- the end ---------------------------------------------------------------------------------- */

/* The hook `gone` runs when the last call is over. */
static void
virRPCClientCheckOverLocked(virRPCClient *client)
{
    virRPCCall *call;

    if (!client->closed || client->running > 0 || client->over)
        return;
    client->over = true;
    call = g_new0(virRPCCall, 1);
    call->client = virRPCClientRef(client);
    call->streamFD = call->replyFD = -1;
    g_thread_pool_push(client->server->workers, call, NULL);
}

static void
virRPCClientFreeStream(void *stream, void *opaque G_GNUC_UNUSED)
{
    virRPCStreamFree(stream);
}

void
virRPCClientClose(virRPCClient *client)
{
    g_mutex_lock(&client->lock);
    if (client->closed) {
        g_mutex_unlock(&client->lock);
        return;
    }
    VIR_DEBUG("client %" G_GUINT64_FORMAT ": closed", client->id);
    client->closed = true;
    virRPCSourceDestroy(&client->readable);
    virRPCSourceDestroy(&client->hungUp);
    virRPCSourceDestroy(&client->writable);
    virRPCSourceDestroy(&client->readyTimer);
    virRPCSourceDestroy(&client->keepaliveTimer);
    g_queue_clear_full(&client->out, virRPCOutputFree);
    g_queue_clear_full(&client->waiting, (GDestroyNotify)virRPCCallFree);
    client->outBytes = client->eventBytes = client->waitingBytes = client->streamBytes = 0;
    g_ptr_array_foreach(client->streams, virRPCClientFreeStream, NULL);
    g_ptr_array_set_size(client->streams, 0);
    virRPCPassDrop(client);
    virFileClose(&client->fd);
    virRPCClientCheckOverLocked(client);
    g_mutex_unlock(&client->lock);
    g_cancellable_cancel(client->cancellable);
    virRPCServerForget(client);
}

static gboolean
virRPCClientCloseNow(void *opaque)
{
    virRPCClientClose(opaque);
    return G_SOURCE_REMOVE;
}

void
virRPCClientCloseLaterLocked(virRPCClient *client)
{
    if (!client->closed)
        virRPCClientCallLater(client, virRPCClientCloseNow);
}

void
virRPCClientCheckDoneLocked(virRPCClient *client)
{
    if (client->finishing && client->running == 0 && client->outBytes == 0)
        virRPCClientCloseLaterLocked(client);
    virRPCClientCheckOverLocked(client);
}

void
virRPCClientFinish(virRPCClient *client)
{
    g_mutex_lock(&client->lock);
    client->finishing = true;
    g_queue_clear_full(&client->waiting, (GDestroyNotify)virRPCCallFree);
    client->waitingBytes = 0;
    virRPCSourceDestroy(&client->readable);
    virRPCClientCheckDoneLocked(client);
    g_mutex_unlock(&client->lock);
}

/* --- output ----------------------------------------------------------------------------------- */

static gboolean virRPCClientWritable(int fd, GIOCondition condition, void *opaque);

/* Writes what the socket takes. False (errno) if the peer is gone. */
static bool
virRPCClientWriteLocked(virRPCClient *client)
{
    virRPCOutput *output;

    while ((output = g_queue_peek_head(&client->out))) {
        ssize_t done = virRPCOutputSend(client->fd, output, client->outDone);

        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return errno == EAGAIN;
        client->outDone += (size_t)done;
        client->outBytes -= (size_t)done;
        if (client->outDone == g_bytes_get_size(output->bytes)) {
            if (output->event)
                client->eventBytes -= client->outDone;
            virRPCOutputFree(g_queue_pop_head(&client->out));
            client->outDone = 0;
        }
    }
    return true;
}

/* True unless the peer is gone. */
static bool
virRPCClientFlushLocked(virRPCClient *client)
{
    if (client->closed)
        return false;
    if (!virRPCClientWriteLocked(client)) {
        virRPCSourceDestroy(&client->writable);
        virRPCClientCloseLaterLocked(client);
        return false;
    }
    if (client->outBytes == 0) {
        virRPCSourceDestroy(&client->writable);
    } else if (!client->writable) {
        client->writable = g_unix_fd_source_new(client->fd, G_IO_OUT);
        virRPCClientAttach(client, client->writable, G_SOURCE_FUNC(virRPCClientWritable));
    }
    if (client->outBytes < VIR_RPC_OUT_ENOUGH) {
        virRPCCallStartLocked(client);
        virRPCStreamResumeLocked(client);
    }
    virRPCClientCheckDoneLocked(client);
    return true;
}

static gboolean
virRPCClientWritable(int fd G_GNUC_UNUSED, GIOCondition condition G_GNUC_UNUSED, void *opaque)
{
    virRPCClient *client = opaque;

    g_mutex_lock(&client->lock);
    virRPCClientFlushLocked(client);
    g_mutex_unlock(&client->lock);
    return G_SOURCE_CONTINUE; /* destroyed above if there is nothing left */
}

/* Takes @output. False if the client is gone. */
bool
virRPCClientSendOutputLocked(virRPCClient *client, virRPCOutput *output)
{
    bool first = g_queue_is_empty(&client->out);
    size_t length = g_bytes_get_size(output->bytes);

    if (client->closed) {
        virRPCOutputFree(output);
        return false;
    }
    g_queue_push_tail(&client->out, output);
    client->outBytes += length;
    if (output->event)
        client->eventBytes += length;
    return first ? virRPCClientFlushLocked(client) : true;
}

/* Takes @bytes. False if the client is gone. */
bool
virRPCClientSendLocked(virRPCClient *client, GBytes *bytes)
{
    return virRPCClientSendOutputLocked(client, virRPCOutputNew(bytes, -1));
}

/* Takes @bytes. What the client has asked for may take it long to read: that is not counted. */
static void
virRPCClientSendEventLocked(virRPCClient *client, GBytes *bytes)
{
    virRPCOutput *output = virRPCOutputNew(bytes, -1);

    output->event = true;
    if (client->closed || client->dropped) {
        virRPCOutputFree(output);
    } else if (client->eventBytes + g_bytes_get_size(bytes) > client->server->limits.maxBacklog) {
        VIR_WARN(_("the client of process %1$d does not read its events and is disconnected"),
                 client->peer.pid);
        virRPCOutputFree(output);
        client->dropped = true;
        virRPCClientCloseLaterLocked(client);
    } else {
        virRPCClientSendOutputLocked(client, output);
    }
}

void
virRPCClientSendEvent(virRPCClient *client, const virRPCProgram *program, int procedure,
                      xdrproc_t filter, void *value)
{
    const virRPCHeader header = {.program = program->number,
                                 .version = program->version,
                                 .procedure = procedure,
                                 .type = VIR_RPC_EVENT};
    GBytes *bytes = virRPCFrameEncode(&header, filter, value);

    if (!bytes) {
        VIR_WARN(_("an event cannot be sent: %1$s"), virErrorGetMessage());
        return;
    }
    g_mutex_lock(&client->lock);
    virRPCClientSendEventLocked(client, bytes);
    g_mutex_unlock(&client->lock);
}

/* --- keepalive -------------------------------------------------------------------------------- */

static void
virRPCClientSendKeepalive(virRPCClient *client, int procedure)
{
    const virRPCHeader header = {.program = VIR_RPC_KEEPALIVE_PROGRAM,
                                 .version = 1,
                                 .procedure = procedure,
                                 .type = VIR_RPC_EVENT};

    g_mutex_lock(&client->lock);
    /* Who has that much to read knows that we are there; and nobody is to fill our memory. */
    if (client->outBytes < VIR_RPC_OUT_ENOUGH)
        virRPCClientSendLocked(client, virRPCFrameEncodeRaw(&header, NULL, 0));
    g_mutex_unlock(&client->lock);
}

static bool
virRPCClientIsRead(virRPCClient *client)
{
    bool isRead;

    g_mutex_lock(&client->lock);
    isRead = client->readable != NULL;
    g_mutex_unlock(&client->lock);
    return isRead;
}

static gboolean
virRPCClientKeepalive(void *opaque)
{
    virRPCClient *client = opaque;
    const virRPCServerLimits *limits = &client->server->limits;
    gint64 silence_us = g_get_monotonic_time() - client->received_us;

    /* The timer is not exact to the millisecond. An answer that we do not read is no silence. */
    if (silence_us < (gint64)limits->keepalive_ms * 900 || !virRPCClientIsRead(client))
        return G_SOURCE_CONTINUE;
    if (client->pings >= limits->keepaliveCount) {
        VIR_WARN(_("the client of process %1$d does not answer and is disconnected"),
                 client->peer.pid);
        virRPCClientClose(client);
        return G_SOURCE_REMOVE;
    }
    client->pings++;
    virRPCClientSendKeepalive(client, VIR_RPC_KEEPALIVE_PING);
    return G_SOURCE_CONTINUE;
}

void
virRPCClientStartKeepalive(virRPCClient *client)
{
    g_mutex_lock(&client->lock);
    if (!client->closed && !client->keepaliveTimer && client->server->limits.keepalive_ms > 0) {
        client->keepaliveTimer =
            virRPCClientAttach(client, g_timeout_source_new(client->server->limits.keepalive_ms),
                               virRPCClientKeepalive);
    }
    g_mutex_unlock(&client->lock);
}

/* --- input ------------------------------------------------------------------------------------ */

/* Takes the frame. What makes no sense from a client is dropped without a word, as libvirt does; -1
 * with an error reported if what comes next would make none either. */
static int
virRPCClientReceive(virRPCClient *client, virRPCFrame *frame, bool only)
{
    const virRPCHeader *header = &frame->header;

    if (header->program == VIR_RPC_KEEPALIVE_PROGRAM && header->version == 1 &&
        header->type == VIR_RPC_EVENT) {
        if (header->procedure == VIR_RPC_KEEPALIVE_PING)
            virRPCClientSendKeepalive(client, VIR_RPC_KEEPALIVE_PONG);
    } else if (header->type == VIR_RPC_CALL) {
        virRPCCallNew(client, frame, NULL, only);
        return 1;
    } else if (header->type == VIR_RPC_CALL_FDS) {
        return virRPCPassBegin(client, frame);
    } else if (header->type == VIR_RPC_STREAM) {
        virRPCStreamReceive(client, frame);
    }
    virRPCFrameFree(frame);
    return 1;
}

/* Deals with the next message that has been read, the @first or not: 1; 0 if there is none; -1 with
 * an error reported if the connection is of no use any more. */
static int
virRPCClientReceiveNext(virRPCClient *client, bool first)
{
    virRPCFrame *frame = NULL;
    int rc;

    if (client->passing)
        return virRPCPassContinue(client);
    rc = virRPCReaderNext(client->reader, &frame);
    if (rc != 1)
        return rc;
    return virRPCClientReceive(client, frame, first && virRPCReaderIsEmpty(client->reader));
}

/* False if the connection is of no use any more. */
static bool
virRPCClientRead(virRPCClient *client, int fd)
{
    guint8 *buffer = client->server->buffer;
    ssize_t length = virRPCPassRead(client, fd, buffer, VIR_RPC_READ_SIZE);
    bool first = true;
    int rc;

    if (length < 0)
        return errno == EAGAIN || errno == EINTR;
    if (length == 0)
        return false;
    client->pings = 0;
    client->received_us = g_get_monotonic_time();
    virRPCReaderAppend(client->reader, buffer, (size_t)length);
    for (; (rc = virRPCClientReceiveNext(client, first)) == 1; first = false)
        ;
    if (rc == 0)
        rc = virRPCPassCheck(client);
    if (rc < 0)
        VIR_DEBUG("client %" G_GUINT64_FORMAT ": %s", client->id, virErrorGetMessage());
    return rc == 0;
}

static gboolean
virRPCClientHungUp(int fd G_GNUC_UNUSED, GIOCondition condition G_GNUC_UNUSED, void *opaque)
{
    virRPCClientClose(opaque);
    return G_SOURCE_REMOVE;
}

/* What it waits for may never come, a guest that reads its console, say: when it goes, we have to
 * know all the same. */
static void
virRPCClientPauseReadingLocked(virRPCClient *client)
{
    if (!client->readable)
        return;
    virRPCSourceDestroy(&client->readable);
    client->hungUp = g_unix_fd_source_new(client->fd, G_IO_HUP);
    virRPCClientAttach(client, client->hungUp, G_SOURCE_FUNC(virRPCClientHungUp));
}

static gboolean
virRPCClientReadable(int fd, GIOCondition condition G_GNUC_UNUSED, void *opaque)
{
    virRPCClient *client = opaque;

    if (!virRPCClientRead(client, fd)) {
        virRPCClientClose(client);
        return G_SOURCE_REMOVE;
    }
    g_mutex_lock(&client->lock);
    if (virRPCCallTooManyLocked(client))
        virRPCClientPauseReadingLocked(client);
    g_mutex_unlock(&client->lock);
    return G_SOURCE_CONTINUE;
}

void
virRPCClientResumeReadingLocked(virRPCClient *client)
{
    if (client->readable || client->closed || client->finishing)
        return;
    virRPCSourceDestroy(&client->hungUp);
    client->readable = g_unix_fd_source_new(client->fd, G_IO_IN);
    virRPCClientAttach(client, client->readable, G_SOURCE_FUNC(virRPCClientReadable));
}

static gboolean
virRPCClientNotReady(void *opaque)
{
    virRPCClient *client = opaque;
    bool running;

    g_mutex_lock(&client->lock);
    running = client->running > 0;
    g_mutex_unlock(&client->lock);
    if (running)
        return G_SOURCE_CONTINUE; /* it waits for us: for somebody who types a password */
    VIR_INFO("the client of process %d has asked for nothing: disconnected", client->peer.pid);
    virRPCClientClose(client);
    return G_SOURCE_REMOVE;
}

void
virRPCClientSetReady(virRPCClient *client)
{
    g_mutex_lock(&client->lock);
    virRPCSourceDestroy(&client->readyTimer);
    g_mutex_unlock(&client->lock);
    virRPCServerClientReady(client);
}

/* Makes a client of a connected socket. The loop's thread only. */
void
virRPCClientNew(virRPCServer *server, virRPCListener *listener, int fd, unsigned int flags)
{
    g_autoptr(virRPCClient) client = g_atomic_rc_box_new0(virRPCClient);
    socklen_t length = sizeof(client->peer);

    client->server = server;
    client->listener = listener;
    client->id = ++server->lastID;
    client->flags = flags;
    client->fd = fd;
    client->reader = virRPCReaderNew();
    client->streams = g_ptr_array_new();
    client->cancellable = g_cancellable_new();
    client->received_us = g_get_monotonic_time();
    g_mutex_init(&client->lock);
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &client->peer, &length) < 0)
        client->peer = (struct ucred){.pid = 0, .uid = (uid_t)-1, .gid = (gid_t)-1};
    client->data = server->stopping ? NULL : server->hooks->connected(client, server->opaque);
    if (!client->data) {
        virFileClose(&client->fd);
        return;
    }
    g_hash_table_add(server->clients, virRPCClientRef(client));
    g_mutex_lock(&server->lock);
    server->alive++;
    g_mutex_unlock(&server->lock);
    if (listener) {
        listener->clients++;
        listener->unready++;
        client->countedUnready = true;
    }
    g_mutex_lock(&client->lock);
    if (server->limits.ready_ms > 0) {
        client->readyTimer = virRPCClientAttach(
            client, g_timeout_source_new(server->limits.ready_ms), virRPCClientNotReady);
    }
    virRPCClientResumeReadingLocked(client);
    g_mutex_unlock(&client->lock);
}

/* --- what others ask -------------------------------------------------------------------------- */

void *
virRPCClientGetData(virRPCClient *client)
{
    return client->data;
}

guint64
virRPCClientGetID(const virRPCClient *client)
{
    return client->id;
}

uid_t
virRPCClientGetUID(const virRPCClient *client)
{
    return client->peer.uid;
}

gid_t
virRPCClientGetGID(const virRPCClient *client)
{
    return client->peer.gid;
}

pid_t
virRPCClientGetPID(const virRPCClient *client)
{
    return client->peer.pid;
}

gboolean
virRPCClientIsInGroup(const virRPCClient *client, gid_t group)
{
    socklen_t length = 0;
    g_autofree gid_t *groups = NULL;

    if (client->peer.gid == group)
        return TRUE;
    if (getsockopt(client->fd, SOL_SOCKET, SO_PEERGROUPS, NULL, &length) == 0 || errno != ERANGE)
        return FALSE;
    groups = g_malloc(length);
    if (getsockopt(client->fd, SOL_SOCKET, SO_PEERGROUPS, groups, &length) < 0)
        return FALSE;
    for (size_t i = 0; i < length / sizeof(*groups); i++) {
        if (groups[i] == group)
            return TRUE;
    }
    return FALSE;
}

GCancellable *
virRPCClientGetCancellable(virRPCClient *client)
{
    return client->cancellable;
}

unsigned int
virRPCClientGetFlags(const virRPCClient *client)
{
    return client->flags;
}
