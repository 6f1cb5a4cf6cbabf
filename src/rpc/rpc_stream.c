/*
 * rpc_stream.c: bytes in both directions between a client and a descriptor
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <unistd.h>

#include <glib-unix.h>

#include "rpc_priv.h"
#include "virfile.h"
#include "virgettext.h"

#define VIR_FROM_THIS            VIR_FROM_STREAMS

#define VIR_RPC_STREAM_READ_SIZE (64 * 1024)

/* All but what never changes is under the client's lock; sources run, and a stream ends, in the
 * loop's thread. */
struct _virRPCStream {
    virRPCClient *client; /* which owns the stream */
    virRPCHeader header;  /* of every packet */
    int fd;
    GSource *readable;
    GSource *writable;
    GQueue in; /* GBytes, to be written to fd */
    size_t inDone;
    bool ended;    /* fd has nothing more to read */
    bool finished; /* the client has nothing more to send */
};

void
virRPCStreamFree(virRPCStream *stream)
{
    virRPCSourceDestroy(&stream->readable);
    virRPCSourceDestroy(&stream->writable);
    g_queue_clear_full(&stream->in, (GDestroyNotify)g_bytes_unref);
    virFileClose(&stream->fd);
    g_free(stream);
}

static void
virRPCStreamSendLocked(virRPCStream *stream, int status, const guint8 *data, size_t length)
{
    virRPCHeader header = stream->header;

    header.status = status;
    virRPCClientSendLocked(stream->client, virRPCFrameEncodeRaw(&header, data, length));
}

/* The stream is gone after it. */
static void
virRPCStreamRemoveLocked(virRPCStream *stream)
{
    virRPCClient *client = stream->client;

    for (GList *entry = stream->in.head; entry; entry = entry->next)
        client->streamBytes -= g_bytes_get_size(entry->data);
    g_ptr_array_remove(client->streams, stream);
    virRPCStreamFree(stream);
    virRPCCallStartLocked(client);
}

/* Tells the client why; the stream is gone after it. */
static void
virRPCStreamFailLocked(virRPCStream *stream, int err)
{
    virReportSystemError(err, "%s", _("the other end of the stream has failed"));
    virRPCClientSendLocked(stream->client,
                           virRPCFrameEncodeError(&stream->header, virErrorGetLast()));
    virRPCStreamRemoveLocked(stream);
}

/* --- from the descriptor to the client -------------------------------------------------------- */

static void
virRPCStreamReadLocked(virRPCStream *stream)
{
    guint8 buffer[VIR_RPC_STREAM_READ_SIZE];
    ssize_t length = read(stream->fd, buffer, sizeof(buffer));

    if (length > 0) {
        virRPCStreamSendLocked(stream, VIR_RPC_CONTINUE, buffer, (size_t)length);
    } else if (length == 0 || errno == EIO /* a terminal without its other side */) {
        virRPCSourceDestroy(&stream->readable);
        stream->ended = true;
        virRPCStreamSendLocked(stream, VIR_RPC_CONTINUE, NULL, 0);
    } else if (errno != EAGAIN && errno != EINTR) {
        virRPCStreamFailLocked(stream, errno);
    }
}

static gboolean
virRPCStreamReadable(int fd G_GNUC_UNUSED, GIOCondition condition G_GNUC_UNUSED, void *opaque)
{
    virRPCStream *stream = opaque;
    g_autoptr(virRPCClient) client = virRPCClientRef(stream->client);

    g_mutex_lock(&client->lock);
    if (client->outBytes < VIR_RPC_OUT_ENOUGH) {
        virRPCStreamReadLocked(stream);
    } else {
        virRPCSourceDestroy(&stream->readable);
        client->streamsPaused = true;
    }
    g_mutex_unlock(&client->lock);
    return G_SOURCE_CONTINUE; /* destroyed above if there is nothing more */
}

static void
virRPCStreamReadMoreLocked(virRPCStream *stream)
{
    if (stream->readable || stream->ended)
        return;
    stream->readable = g_unix_fd_source_new(stream->fd, G_IO_IN);
    g_source_set_callback(stream->readable, G_SOURCE_FUNC(virRPCStreamReadable), stream, NULL);
    g_source_attach(stream->readable, stream->client->server->context);
}

void
virRPCStreamResumeLocked(virRPCClient *client)
{
    if (!client->streamsPaused)
        return;
    client->streamsPaused = false;
    for (guint i = 0; i < client->streams->len; i++)
        virRPCStreamReadMoreLocked(client->streams->pdata[i]);
}

/* --- from the client to the descriptor -------------------------------------------------------- */

static gboolean virRPCStreamWritable(int fd, GIOCondition condition, void *opaque);

static void
virRPCStreamAwaitWritableLocked(virRPCStream *stream)
{
    if (stream->writable)
        return;
    stream->writable = g_unix_fd_source_new(stream->fd, G_IO_OUT);
    g_source_set_callback(stream->writable, G_SOURCE_FUNC(virRPCStreamWritable), stream, NULL);
    g_source_attach(stream->writable, stream->client->server->context);
}

/* Writes what fd takes; the stream may be gone after it. */
static void
virRPCStreamWriteLocked(virRPCStream *stream)
{
    GBytes *bytes;

    while ((bytes = g_queue_peek_head(&stream->in))) {
        gsize size;
        const guint8 *data = g_bytes_get_data(bytes, &size);
        ssize_t done = write(stream->fd, data + stream->inDone, size - stream->inDone);

        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0 && errno == EAGAIN) {
            virRPCStreamAwaitWritableLocked(stream);
            return;
        }
        if (done < 0) {
            virRPCStreamFailLocked(stream, errno);
            return;
        }
        stream->inDone += (size_t)done;
        if (stream->inDone < size)
            continue;
        stream->inDone = 0;
        stream->client->streamBytes -= size;
        g_bytes_unref(g_queue_pop_head(&stream->in));
    }
    virRPCSourceDestroy(&stream->writable);
    if (stream->finished) {
        virRPCStreamSendLocked(stream, VIR_RPC_OK, NULL, 0);
        virRPCStreamRemoveLocked(stream);
    } else {
        virRPCCallStartLocked(stream->client);
    }
}

static gboolean
virRPCStreamWritable(int fd G_GNUC_UNUSED, GIOCondition condition G_GNUC_UNUSED, void *opaque)
{
    virRPCStream *stream = opaque;
    g_autoptr(virRPCClient) client = virRPCClientRef(stream->client);

    g_mutex_lock(&client->lock);
    virRPCStreamWriteLocked(stream);
    g_mutex_unlock(&client->lock);
    return G_SOURCE_CONTINUE; /* destroyed above if there is nothing more */
}

static virRPCStream *
virRPCStreamFindLocked(virRPCClient *client, const virRPCHeader *header)
{
    for (guint i = 0; i < client->streams->len; i++) {
        virRPCStream *stream = client->streams->pdata[i];

        if (stream->header.serial == header->serial && stream->header.program == header->program &&
            stream->header.version == header->version &&
            stream->header.procedure == header->procedure)
            return stream;
    }
    return NULL;
}

static void
virRPCStreamReceiveLocked(virRPCStream *stream, const virRPCFrame *frame)
{
    switch (frame->header.status) {
    case VIR_RPC_CONTINUE:
        if (frame->length == 0 || stream->finished)
            return;
        g_queue_push_tail(&stream->in, g_bytes_new(frame->payload, frame->length));
        stream->client->streamBytes += frame->length;
        break;
    case VIR_RPC_OK:
        stream->finished = true;
        break;
    case VIR_RPC_ERROR:
        /* The client gives up: what it has sent is of no use to it any more. */
        virRPCStreamSendLocked(stream, VIR_RPC_OK, NULL, 0);
        virRPCStreamRemoveLocked(stream);
        return;
    default:
        return;
    }
    virRPCStreamWriteLocked(stream);
}

void
virRPCStreamReceive(virRPCClient *client, const virRPCFrame *frame)
{
    virRPCStream *stream;

    g_mutex_lock(&client->lock);
    /* One that has ended meanwhile, on our side, may still be sent to. */
    stream = virRPCStreamFindLocked(client, &frame->header);
    if (stream)
        virRPCStreamReceiveLocked(stream, frame);
    g_mutex_unlock(&client->lock);
}

/* Takes @fd. From any thread. */
void
virRPCStreamStartLocked(virRPCClient *client, const virRPCHeader *header, int fd)
{
    virRPCStream *stream = g_new0(virRPCStream, 1);

    stream->client = client;
    stream->header = *header;
    stream->header.type = VIR_RPC_STREAM;
    stream->fd = fd;
    g_ptr_array_add(client->streams, stream);
    virRPCStreamReadMoreLocked(stream);
}
