/*
 * rpc_frame.h: messages of libvirt's RPC protocol, as bytes
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stdbool.h>

#include "rpc_xdr.h"
#include "virerror.h"

/* On the wire: a length that counts itself, six words of header, the payload; all big endian. */
#define VIR_RPC_HEADER_SIZE 28
#define VIR_RPC_LENGTH_MAX  33554436
#define VIR_RPC_PAYLOAD_MAX (VIR_RPC_LENGTH_MAX - VIR_RPC_HEADER_SIZE)

typedef enum {
    VIR_RPC_CALL = 0,
    VIR_RPC_REPLY = 1,
    VIR_RPC_EVENT = 2,
    VIR_RPC_STREAM = 3,
    VIR_RPC_CALL_FDS = 4,
    VIR_RPC_REPLY_FDS = 5,
    VIR_RPC_STREAM_HOLE = 6,
} virRPCType;

typedef enum {
    VIR_RPC_OK = 0,
    VIR_RPC_ERROR = 1,
    VIR_RPC_CONTINUE = 2, /* streams only */
} virRPCStatus;

/* As received: any field may hold anything. */
typedef struct {
    guint32 program;
    guint32 version;
    gint32 procedure;
    gint32 type;    /* virRPCType */
    guint32 serial; /* chosen by the caller, echoed by the reply and by stream packets */
    gint32 status;  /* virRPCStatus */
} virRPCHeader;

typedef struct {
    virRPCHeader header;
    guint8 *payload; /* owned; NULL if there is none */
    size_t length;   /* of the payload, in bytes */
} virRPCFrame;

void virRPCFrameFree(virRPCFrame *frame);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virRPCFrame, virRPCFrameFree)

/* Puts frames together from pieces of any size. It holds no more than what was appended. */
typedef struct _virRPCReader virRPCReader;

virRPCReader *virRPCReaderNew(void);
void virRPCReaderFree(virRPCReader *reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virRPCReader, virRPCReaderFree)

/* What was read from the connection. */
void virRPCReaderAppend(virRPCReader *reader, const guint8 *data, size_t length);

/**
 * virRPCReaderNext:
 * @frame: filled with the next frame; caller frees
 *
 * Errors: RPC if a length is too short for a header or longer than allowed. What follows cannot be
 * understood then.
 * Returns: 1 if there was a frame; 0 if more has to be read; -1 with an error reported
 */
int virRPCReaderNext(virRPCReader *reader, virRPCFrame **frame) G_GNUC_WARN_UNUSED_RESULT;

/* Nothing has been appended since the frames that were taken, not even a part of one. */
bool virRPCReaderIsEmpty(const virRPCReader *reader);

/* Drops up to @length bytes of what has come and is no frame. Returns how many. */
size_t virRPCReaderSkip(virRPCReader *reader, size_t length);

/**
 * virRPCFrameEncode:
 * @filter, @value: the payload
 *
 * Errors: RPC if the payload cannot be encoded or is too long.
 * Returns: the whole message, owned by the caller, or NULL
 */
GBytes *virRPCFrameEncode(const virRPCHeader *header, xdrproc_t filter, void *value);

/* As virRPCFrameEncode(), of a message that says before its payload how many descriptors follow. */
GBytes *
virRPCFrameEncodePassing(const virRPCHeader *header, guint32 count, xdrproc_t filter, void *value);

/* A message with a payload of @length raw bytes (at most VIR_RPC_PAYLOAD_MAX), as streams have. */
GBytes *virRPCFrameEncodeRaw(const virRPCHeader *header, const guint8 *payload, size_t length);

/**
 * virRPCFrameEncodeError:
 * @header: of the message that reports @error; its status is taken as ERROR
 *
 * Returns: a message with @error's code, domain and text (cut at 64 KiB), owned by the caller
 */
GBytes *virRPCFrameEncodeError(const virRPCHeader *header, const virErrorInfo *error);
