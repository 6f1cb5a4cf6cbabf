/*
 * testrpcclient.c: a client that says whatever a test wants
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "testrpc.h"

#define TEST_TIMEOUT_MS 10000
#define TEST_FULL_MS    500

typedef struct {
    virRPCString text;
} testText;

static bool_t
xdr_testText(XDR *xdrs, testText *text)
{
    return xdr_virRPCString(xdrs, &text->text);
}

void
testRPCSendBytes(int fd, const void *data, size_t length)
{
    const guint8 *rest = data;

    while (length > 0) {
        ssize_t done = send(fd, rest, length, MSG_NOSIGNAL);

        if (done < 0 && (errno == EPIPE || errno == ECONNRESET))
            return; /* the server has closed: the test looks for that itself */
        g_assert_cmpint(done, >, 0);
        rest += done;
        length -= (size_t)done;
    }
}

void
testRPCSend(int fd, virRPCHeader header, const char *text)
{
    testText payload = {.text = g_strdup(text)};
    g_autoptr(GBytes) bytes = text ? virRPCFrameEncode(&header, (xdrproc_t)xdr_testText, &payload)
                                   : virRPCFrameEncodeRaw(&header, NULL, 0);

    g_free(payload.text);
    testRPCSendBytes(fd, g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
}

void
testRPCCall(int fd, int procedure, guint32 serial, const char *text)
{
    testRPCSend(fd, (virRPCHeader){TEST_PROGRAM, 1, procedure, VIR_RPC_CALL, serial, 0}, text);
}

void
testRPCPing(int fd)
{
    testRPCSend(fd, (virRPCHeader){0x6b656570, 1, 1, VIR_RPC_EVENT, 0, 0}, NULL);
}

void
testRPCAwaitReadable(int fd)
{
    struct pollfd pollfd = {.fd = fd, .events = POLLIN};

    if (poll(&pollfd, 1, TEST_TIMEOUT_MS) != 1)
        g_error("the server is silent");
}

size_t
testRPCFlood(int fd, GBytes *bytes, size_t count)
{
    gsize size;
    const guint8 *data = g_bytes_get_data(bytes, &size);
    struct pollfd pollfd = {.fd = fd, .events = POLLOUT};
    size_t total = 0;

    while (total < size * count && poll(&pollfd, 1, TEST_FULL_MS) == 1) {
        size_t at = total % size;
        ssize_t done = send(fd, data + at, size - at, MSG_DONTWAIT | MSG_NOSIGNAL);

        g_assert_true(done > 0 || errno == EAGAIN);
        total += done > 0 ? (size_t)done : 0;
    }
    return total;
}

/* False at the end of the connection. */
static gboolean
testRPCReceiveBytes(int fd, guint8 *data, size_t length)
{
    while (length > 0) {
        ssize_t done;

        testRPCAwaitReadable(fd);
        done = recv(fd, data, length, 0);
        if (done == 0 || (done < 0 && errno == ECONNRESET))
            return FALSE;
        g_assert_cmpint(done, >, 0);
        data += done;
        length -= (size_t)done;
    }
    return TRUE;
}

virRPCFrame *
testRPCReceive(int fd)
{
    g_autoptr(virRPCReader) reader = virRPCReaderNew();
    g_autofree guint8 *rest = NULL;
    virRPCFrame *frame = NULL;
    guint32 word;
    guint32 length;

    if (!testRPCReceiveBytes(fd, (guint8 *)&word, sizeof(word)))
        return NULL;
    length = GUINT32_FROM_BE(word) - (guint32)sizeof(word);
    rest = g_malloc(length);
    if (!testRPCReceiveBytes(fd, rest, length))
        return NULL;
    virRPCReaderAppend(reader, (const guint8 *)&word, sizeof(word));
    virRPCReaderAppend(reader, rest, length);
    g_assert_cmpint(virRPCReaderNext(reader, &frame), ==, 1);
    return frame;
}

void
testRPCExpectReply(int fd, guint32 serial, const char *text)
{
    g_autoptr(virRPCFrame) frame = testRPCReceive(fd);
    testText payload;

    g_assert_nonnull(frame);
    g_assert_cmpint(frame->header.type, ==, VIR_RPC_REPLY);
    g_assert_cmpint(frame->header.status, ==, VIR_RPC_OK);
    g_assert_cmpuint(frame->header.serial, ==, serial);
    g_assert_cmpint(virRPCDecode(frame->payload, frame->length, (xdrproc_t)xdr_testText, &payload,
                                 sizeof(payload)),
                    ==, 0);
    g_assert_cmpstr(payload.text, ==, text);
    g_free(payload.text);
}

void
testRPCExpectError(int fd, guint32 serial, int code, const char *message)
{
    g_autoptr(virRPCFrame) frame = testRPCReceive(fd);
    g_autofree char *found = NULL;
    guint32 word;
    guint32 length;

    g_assert_nonnull(frame);
    g_assert_cmpint(frame->header.type, ==, VIR_RPC_REPLY);
    g_assert_cmpint(frame->header.status, ==, VIR_RPC_ERROR);
    g_assert_cmpuint(frame->header.serial, ==, serial);
    g_assert_cmpuint(frame->length, >, 16);
    memcpy(&word, frame->payload, sizeof(word));
    memcpy(&length, frame->payload + 12, sizeof(length));
    length = GUINT32_FROM_BE(length);
    g_assert_cmpuint(frame->length, >=, 16 + length);
    found = g_strndup((const char *)frame->payload + 16, length);
    g_assert_cmpstr(found, ==, message);
    g_assert_cmpint((int)GUINT32_FROM_BE(word), ==, code);
}

void
testRPCExpectPong(int fd)
{
    g_autoptr(virRPCFrame) frame = testRPCReceive(fd);

    g_assert_nonnull(frame);
    g_assert_cmphex(frame->header.program, ==, 0x6b656570);
    g_assert_cmpint(frame->header.procedure, ==, 2);
    g_assert_cmpint(frame->header.type, ==, VIR_RPC_EVENT);
}

void
testRPCSync(int fd)
{
    testRPCPing(fd);
    testRPCExpectPong(fd);
}

void
testRPCExpectEnd(int fd)
{
    g_assert_null(testRPCReceive(fd));
}
