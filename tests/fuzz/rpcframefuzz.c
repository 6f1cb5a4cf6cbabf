/*
 * rpcframefuzz.c: bytes from a stranger: frames are the same in pieces, and never more than came
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "fuzz.h"
#include "rpc_frame.h"

/* How often a frame follows another is not what is looked for. */
#define FUZZ_FRAMES 64

static GPtrArray *
fuzzRead(const uint8_t *data, size_t size, size_t piece, int *end)
{
    g_autoptr(virRPCReader) reader = virRPCReaderNew();
    GPtrArray *frames = g_ptr_array_new_with_free_func((GDestroyNotify)virRPCFrameFree);

    *end = 0;
    for (size_t at = 0; at < size; at += piece) {
        virRPCFrame *frame = NULL;

        virRPCReaderAppend(reader, data + at, MIN(piece, size - at));
        while (frames->len < FUZZ_FRAMES && (*end = virRPCReaderNext(reader, &frame)) == 1)
            g_ptr_array_add(frames, frame);
        if (*end < 0 || frames->len == FUZZ_FRAMES)
            break;
    }
    return frames;
}

/* A frame's text, if it is one, comes back as it was. */
static void
fuzzText(virRPCFrame *frame)
{
    virRPCString text;
    g_autofree guint8 *out = NULL;
    size_t length;

    if (virRPCDecode(frame->payload, frame->length, (xdrproc_t)xdr_virRPCString, &text,
                     sizeof(text)) < 0)
        return;
    g_assert_true(g_utf8_validate(text, -1, NULL));
    out = virRPCEncode((xdrproc_t)xdr_virRPCString, &text, 0, frame->length, &length);
    g_assert_nonnull(out);
    g_assert_cmpuint(length, <=, frame->length);
    virRPCFree((xdrproc_t)xdr_virRPCString, &text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int endWhole;
    int endPieces;
    g_autoptr(GPtrArray) whole = fuzzRead(data, size, MAX(size, 1), &endWhole);
    g_autoptr(GPtrArray) pieces = fuzzRead(data, size, 7, &endPieces);
    size_t total = 0;

    g_assert_cmpuint(whole->len, ==, pieces->len);
    g_assert_cmpint(endWhole, ==, endPieces);
    for (guint i = 0; i < whole->len; i++) {
        virRPCFrame *one = whole->pdata[i];
        virRPCFrame *other = pieces->pdata[i];
        g_autoptr(GBytes) again = virRPCFrameEncodeRaw(&one->header, one->payload, one->length);

        g_assert_cmpmem(&one->header, sizeof(one->header), &other->header, sizeof(one->header));
        g_assert_cmpmem(one->payload, one->length, other->payload, other->length);
        g_assert_cmpmem(g_bytes_get_data(again, NULL), g_bytes_get_size(again), data + total,
                        g_bytes_get_size(again));
        total += g_bytes_get_size(again);
        g_assert_cmpuint(total, <=, size);
        fuzzText(one);
    }
    return 0;
}
