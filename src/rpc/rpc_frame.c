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

/* It grows by doubling, but not beyond the largest message and some. */
#define VIR_RPC_READER_MAX  ((size_t)VIR_RPC_LENGTH_MAX + 64 * 1024)

#define VIR_RPC_MESSAGE_MAX (64 * 1024)

struct _virRPCReader {
    guint8 *data;
    size_t size;  /* allocated */
    size_t start; /* of what has not been handed out yet */
    size_t end;
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
    return g_new0(virRPCReader, 1);
}

void
virRPCReaderFree(virRPCReader *reader)
{
    if (!reader)
        return;
    g_free(reader->data);
    g_free(reader);
}

void
virRPCReaderAppend(virRPCReader *reader, const guint8 *data, size_t length)
{
    size_t held = reader->end - reader->start;

    if (reader->start > 0)
        memmove(reader->data, reader->data + reader->start, held);
    if (held + length > reader->size) {
        reader->size = MAX(held + length, MIN(2 * reader->size, VIR_RPC_READER_MAX));
        reader->data = g_realloc(reader->data, reader->size);
    }
    memcpy(reader->data + held, data, length);
    reader->start = 0;
    reader->end = held + length;
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

size_t
virRPCReaderSkip(virRPCReader *reader, size_t length)
{
    length = MIN(length, reader->end - reader->start);
    reader->start += length;
    if (reader->start < reader->end)
        return length;
    reader->start = reader->end = 0;
    if (reader->size > VIR_RPC_READER_KEEP) {
        g_clear_pointer(&reader->data, g_free);
        reader->size = 0;
    }
    return length;
}

static virRPCFrame *
virRPCReaderTake(virRPCReader *reader, guint32 length)
{
    const guint8 *data = reader->data + reader->start;
    virRPCFrame *frame = g_new0(virRPCFrame, 1);

    virRPCHeaderDecode(data + sizeof(guint32), &frame->header);
    frame->length = length - VIR_RPC_HEADER_SIZE;
    frame->payload = g_memdup2(data + VIR_RPC_HEADER_SIZE, frame->length);
    virRPCReaderSkip(reader, length);
    return frame;
}

int
virRPCReaderNext(virRPCReader *reader, virRPCFrame **frame)
{
    size_t available = reader->end - reader->start;
    guint32 length;

    if (available < sizeof(length))
        return 0;
    length = virRPCGetWord(reader->data + reader->start);
    if (length < VIR_RPC_HEADER_SIZE || length > VIR_RPC_LENGTH_MAX) {
        virReportError(VIR_ERR_RPC, _("a message cannot be %1$u bytes long"), length);
        return -1;
    }
    if (available < length)
        return 0;
    *frame = virRPCReaderTake(reader, length);
    return 1;
}

bool
virRPCReaderIsEmpty(const virRPCReader *reader)
{
    return reader->start == reader->end;
}

static void
virRPCPutWord(guint8 *data, guint32 word)
{
    word = GUINT32_TO_BE(word);
    memcpy(data, &word, sizeof(word));
}

/* Takes the bytes, which begin with room for a header. */
static GBytes *
virRPCFrameFinish(const virRPCHeader *header, guint8 *data, size_t length)
{
    virRPCPutWord(data, (guint32)length);
    virRPCPutWord(data + 4, header->program);
    virRPCPutWord(data + 8, header->version);
    virRPCPutWord(data + 12, (guint32)header->procedure);
    virRPCPutWord(data + 16, (guint32)header->type);
    virRPCPutWord(data + 20, header->serial);
    virRPCPutWord(data + 24, (guint32)header->status);
    return g_bytes_new_take(data, length);
}

GBytes *
virRPCFrameEncode(const virRPCHeader *header, xdrproc_t filter, void *value)
{
    size_t length;
    guint8 *data = virRPCEncode(filter, value, VIR_RPC_HEADER_SIZE, VIR_RPC_PAYLOAD_MAX, &length);

    return data ? virRPCFrameFinish(header, data, length) : NULL;
}

GBytes *
virRPCFrameEncodePassing(const virRPCHeader *header, guint32 count, xdrproc_t filter, void *value)
{
    const size_t room = VIR_RPC_HEADER_SIZE + sizeof(count);
    size_t length;
    guint8 *data = virRPCEncode(filter, value, room, VIR_RPC_PAYLOAD_MAX - sizeof(count), &length);

    if (!data)
        return NULL;
    virRPCPutWord(data + VIR_RPC_HEADER_SIZE, count);
    return virRPCFrameFinish(header, data, length);
}

GBytes *
virRPCFrameEncodeRaw(const virRPCHeader *header, const guint8 *payload, size_t length)
{
    guint8 *data;

    g_return_val_if_fail(length <= VIR_RPC_PAYLOAD_MAX, NULL);
    data = g_malloc(VIR_RPC_HEADER_SIZE + length);
    if (length > 0)
        memcpy(data + VIR_RPC_HEADER_SIZE, payload, length);
    return virRPCFrameFinish(header, data, VIR_RPC_HEADER_SIZE + length);
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

/* One sentence in one line, whatever QEMU's is; caller frees. What a guest's agent or QEMU has a
 * share in ends up on an administrator's terminal, which is not to obey it. */
static char *
virRPCFrameMakeMessage(const char *text)
{
    gsize length = strlen(text);
    g_autofree char *valid = g_utf8_make_valid(text, (gssize)MIN(length, VIR_RPC_MESSAGE_MAX));
    g_auto(GStrv) lines = g_strsplit_set(g_strstrip(valid), "\r\n", -1);
    g_autofree char *line = g_strjoinv("; ", lines);
    GString *harmless = g_string_new(NULL);

    for (const char *at = line; *at; at += g_utf8_skip[(guchar)*at]) {
        gunichar c = g_utf8_get_char(at);

        g_string_append_unichar(harmless, g_unichar_iscntrl(c) ? ' ' : c);
    }
    return g_string_free(harmless, FALSE);
}

GBytes *
virRPCFrameEncodeError(const virRPCHeader *header, const virErrorInfo *error)
{
    virRPCHeader copy = *header;
    g_autofree char *message = virRPCFrameMakeMessage(error->message);
    virRPCErrorBody body = {
        .code = error->code != VIR_ERR_OK ? error->code : VIR_ERR_INTERNAL_ERROR,
        .domain = error->domain,
        .message = message,
        .sysErrno = error->sysErrno != 0 ? error->sysErrno : -1,
    };

    copy.status = VIR_RPC_ERROR;
    return virRPCFrameEncode(&copy, (xdrproc_t)xdr_virRPCErrorBody, &body);
}
