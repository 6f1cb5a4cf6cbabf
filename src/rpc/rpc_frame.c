/*
 * rpc_frame.c: messages of libvirt's RPC protocol, as bytes
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "rpc_frame.h"
#include "virgettext.h"

#define VIR_FROM_THIS VIR_FROM_RPC

/* A reader's memory beyond this is given back once it is not needed. */
#define VIR_RPC_READER_KEEP (256 * 1024)

#define VIR_RPC_MESSAGE_MAX (64 * 1024)

struct _virRPCReader {
    GByteArray *buffer;
    guint start; /* of what has not been handed out yet */
};

void
virRPCFrameFree(virRPCFrame *frame)
{
    if (!frame)
        return;
    g_free(frame->payload);
    g_free(frame);
}

virRPCReader *
virRPCReaderNew(void)
{
    virRPCReader *reader = g_new0(virRPCReader, 1);

    reader->buffer = g_byte_array_new();
    return reader;
}

void
virRPCReaderFree(virRPCReader *reader)
{
    if (!reader)
        return;
    g_byte_array_unref(reader->buffer);
    g_free(reader);
}

void
virRPCReaderAppend(virRPCReader *reader, const guint8 *data, size_t length)
{
    if (reader->start > 0)
        g_byte_array_remove_range(reader->buffer, 0, reader->start);
    reader->start = 0;
    g_byte_array_append(reader->buffer, data, (guint)length);
}

static guint32
virRPCGetWord(const guint8 *data)
{
    guint32 word;

    memcpy(&word, data, sizeof(word));
    return GUINT32_FROM_BE(word);
}

static void
virRPCHeaderDecode(const guint8 *data, virRPCHeader *header)
{
    header->program = virRPCGetWord(data);
    header->version = virRPCGetWord(data + 4);
    header->procedure = (gint32)virRPCGetWord(data + 8);
    header->type = (gint32)virRPCGetWord(data + 12);
    header->serial = virRPCGetWord(data + 16);
    header->status = (gint32)virRPCGetWord(data + 20);
}

static virRPCFrame *
virRPCReaderTake(virRPCReader *reader, guint32 length)
{
    const guint8 *data = reader->buffer->data + reader->start;
    virRPCFrame *frame = g_new0(virRPCFrame, 1);

    virRPCHeaderDecode(data + sizeof(guint32), &frame->header);
    frame->length = length - VIR_RPC_HEADER_SIZE;
    frame->payload = g_memdup2(data + VIR_RPC_HEADER_SIZE, frame->length);
    reader->start += length;
    if (reader->start == reader->buffer->len) {
        if (reader->start > VIR_RPC_READER_KEEP) {
            g_byte_array_unref(reader->buffer);
            reader->buffer = g_byte_array_new();
        }
        g_byte_array_set_size(reader->buffer, 0);
        reader->start = 0;
    }
    return frame;
}

int
virRPCReaderNext(virRPCReader *reader, virRPCFrame **frame)
{
    guint available = reader->buffer->len - reader->start;
    guint32 length;

    if (available < sizeof(length))
        return 0;
    length = virRPCGetWord(reader->buffer->data + reader->start);
    if (length < VIR_RPC_HEADER_SIZE || length > VIR_RPC_LENGTH_MAX) {
        virReportError(VIR_ERR_RPC, _("a message cannot be %1$u bytes long"), length);
        return -1;
    }
    if (available < length)
        return 0;
    *frame = virRPCReaderTake(reader, length);
    return 1;
}

static void
virRPCAppendWord(GByteArray *out, guint32 word)
{
    word = GUINT32_TO_BE(word);
    g_byte_array_append(out, (const guint8 *)&word, sizeof(word));
}

/* A message of which the length is still to be set. */
static GByteArray *
virRPCFrameStart(const virRPCHeader *header)
{
    GByteArray *out = g_byte_array_sized_new(VIR_RPC_HEADER_SIZE);

    virRPCAppendWord(out, 0);
    virRPCAppendWord(out, header->program);
    virRPCAppendWord(out, header->version);
    virRPCAppendWord(out, (guint32)header->procedure);
    virRPCAppendWord(out, (guint32)header->type);
    virRPCAppendWord(out, header->serial);
    virRPCAppendWord(out, (guint32)header->status);
    return out;
}

static GBytes *
virRPCFrameFinish(GByteArray *out)
{
    guint32 length = GUINT32_TO_BE(out->len);

    memcpy(out->data, &length, sizeof(length));
    return g_byte_array_free_to_bytes(out);
}

GBytes *
virRPCFrameEncode(const virRPCHeader *header, xdrproc_t filter, void *value)
{
    g_autoptr(GByteArray) out = virRPCFrameStart(header);

    if (virRPCEncode(out, filter, value, VIR_RPC_PAYLOAD_MAX) < 0)
        return NULL;
    return virRPCFrameFinish(g_steal_pointer(&out));
}

GBytes *
virRPCFrameEncodeRaw(const virRPCHeader *header, const guint8 *payload, size_t length)
{
    GByteArray *out = virRPCFrameStart(header);

    g_return_val_if_fail(length <= VIR_RPC_PAYLOAD_MAX, NULL);
    if (length > 0)
        g_byte_array_append(out, payload, (guint)length);
    return virRPCFrameFinish(out);
}

/* What an error is on the wire; the objects and texts that libvirt has besides stay empty. */
typedef struct {
    int code;
    int domain;
    virRPCString message;
    int sysErrno;
} virRPCErrorBody;

static bool_t
xdr_virRPCErrorBody(XDR *xdrs, virRPCErrorBody *body)
{
    bool_t absent = FALSE;
    bool_t present = TRUE;
    int level = VIR_ERR_ERROR;
    int none = -1;

    return xdr_int(xdrs, &body->code) && xdr_int(xdrs, &body->domain) && xdr_bool(xdrs, &present) &&
           xdr_virRPCString(xdrs, &body->message) && xdr_int(xdrs, &level) &&
           xdr_bool(xdrs, &absent) /* the guest */ && xdr_bool(xdrs, &absent) &&
           xdr_bool(xdrs, &absent) && xdr_bool(xdrs, &absent) && xdr_int(xdrs, &body->sysErrno) &&
           xdr_int(xdrs, &none) && xdr_bool(xdrs, &absent) /* the network */;
}

GBytes *
virRPCFrameEncodeError(const virRPCHeader *header, const virErrorInfo *error)
{
    virRPCHeader copy = *header;
    gsize length = strlen(error->message);
    g_autofree char *message =
        g_utf8_make_valid(error->message, (gssize)MIN(length, VIR_RPC_MESSAGE_MAX));
    virRPCErrorBody body = {
        .code = error->code != VIR_ERR_OK ? error->code : VIR_ERR_INTERNAL_ERROR,
        .domain = error->domain,
        .message = message,
        .sysErrno = error->sysErrno != 0 ? error->sysErrno : -1,
    };

    copy.status = VIR_RPC_ERROR;
    return virRPCFrameEncode(&copy, (xdrproc_t)xdr_virRPCErrorBody, &body);
}
