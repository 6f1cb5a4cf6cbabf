/*
 * rpcstreamtest.c: tests of rpc_stream
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "testrpc.h"
#include "virfile.h"

#define TEST_SERIAL 7

typedef struct {
    testRPC *rpc;
    int fd;    /* the client */
    int other; /* what the stream leads to */
} testFixture;

static void
testSetUp(testFixture *fixture, const void *opaque G_GNUC_UNUSED)
{
    fixture->rpc = testRPCNew(NULL);
    fixture->fd = testRPCConnect(fixture->rpc);
    testRPCCall(fixture->fd, TEST_STREAM, TEST_SERIAL, "x");
    testRPCExpectReply(fixture->fd, TEST_SERIAL, "open");
    fixture->other = testRPCTakeStream(fixture->rpc);
}

static void
testTearDown(testFixture *fixture, const void *opaque G_GNUC_UNUSED)
{
    virFileClose(&fixture->fd);
    virFileClose(&fixture->other);
    testRPCFree(fixture->rpc);
}

static void
testSendPacket(const testFixture *fixture, int status, const void *data, size_t length)
{
    const virRPCHeader header = {TEST_PROGRAM, 1, TEST_STREAM, VIR_RPC_STREAM, TEST_SERIAL, status};
    g_autoptr(GBytes) bytes = virRPCFrameEncodeRaw(&header, data, length);

    testRPCSendBytes(fixture->fd, g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
}

/* The next packet of the stream, with that status. */
static virRPCFrame *
testReceivePacket(const testFixture *fixture, int status)
{
    virRPCFrame *frame = testRPCReceive(fixture->fd);

    g_assert_nonnull(frame);
    g_assert_cmphex(frame->header.program, ==, TEST_PROGRAM);
    g_assert_cmpint(frame->header.procedure, ==, TEST_STREAM);
    g_assert_cmpint(frame->header.type, ==, VIR_RPC_STREAM);
    g_assert_cmpuint(frame->header.serial, ==, TEST_SERIAL);
    g_assert_cmpint(frame->header.status, ==, status);
    return frame;
}

static void
testExpectPacket(const testFixture *fixture, int status, const char *data)
{
    g_autoptr(virRPCFrame) frame = testReceivePacket(fixture, status);

    g_assert_cmpmem(frame->payload, frame->length, data, strlen(data));
}

static void
testExpectOther(const testFixture *fixture, const char *data)
{
    size_t length = strlen(data);
    g_autofree char *found = g_malloc0(length + 1);

    g_assert_cmpint(recv(fixture->other, found, length, MSG_WAITALL), ==, (ssize_t)length);
    g_assert_cmpstr(found, ==, data);
}

static void
testExpectUsable(const testFixture *fixture)
{
    testRPCCall(fixture->fd, TEST_ECHO, 99, "usable");
    testRPCExpectReply(fixture->fd, 99, "usable");
}

static void
testBothWays(testFixture *fixture, const void *opaque G_GNUC_UNUSED)
{
    testRPCSendBytes(fixture->other, "login: ", 7);
    testExpectPacket(fixture, VIR_RPC_CONTINUE, "login: ");
    testSendPacket(fixture, VIR_RPC_CONTINUE, "root\r", 5);
    testExpectOther(fixture, "root\r");
    testExpectUsable(fixture);
    testRPCSendBytes(fixture->other, "\0\xff", 2);
    {
        g_autoptr(virRPCFrame) frame = testReceivePacket(fixture, VIR_RPC_CONTINUE);

        g_assert_cmpmem(frame->payload, frame->length, "\0\xff", 2);
    }
}

static void
testClientFinishes(testFixture *fixture, const void *opaque G_GNUC_UNUSED)
{
    char byte;

    testSendPacket(fixture, VIR_RPC_CONTINUE, "bye", 3);
    testSendPacket(fixture, VIR_RPC_OK, NULL, 0);
    testExpectPacket(fixture, VIR_RPC_OK, "");
    testExpectOther(fixture, "bye");
    g_assert_cmpint(recv(fixture->other, &byte, 1, 0), ==, 0);
    /* What comes too late is for nobody. */
    testSendPacket(fixture, VIR_RPC_CONTINUE, "too late", 8);
    testExpectUsable(fixture);
}

static void
testClientAborts(testFixture *fixture, const void *opaque G_GNUC_UNUSED)
{
    char byte;

    testSendPacket(fixture, VIR_RPC_ERROR, NULL, 0);
    testExpectPacket(fixture, VIR_RPC_OK, "");
    g_assert_cmpint(recv(fixture->other, &byte, 1, 0), ==, 0);
    testExpectUsable(fixture);
}

static void
testOtherEnds(testFixture *fixture, const void *opaque G_GNUC_UNUSED)
{
    testRPCSendBytes(fixture->other, "down", 4);
    g_assert_cmpint(shutdown(fixture->other, SHUT_WR), ==, 0);
    testExpectPacket(fixture, VIR_RPC_CONTINUE, "down");
    testExpectPacket(fixture, VIR_RPC_CONTINUE, "");
    testExpectUsable(fixture);
    /* The other direction still works, and the client says when it is over. */
    testSendPacket(fixture, VIR_RPC_CONTINUE, "more", 4);
    testExpectOther(fixture, "more");
    testSendPacket(fixture, VIR_RPC_OK, NULL, 0);
    testExpectPacket(fixture, VIR_RPC_OK, "");
}

static void
testOtherFails(testFixture *fixture, const void *opaque G_GNUC_UNUSED)
{
    g_autoptr(virRPCFrame) frame = NULL;
    g_autoptr(virRPCFrame) end = NULL;

    virFileClose(&fixture->other);
    end = testReceivePacket(fixture, VIR_RPC_CONTINUE);
    g_assert_cmpuint(end->length, ==, 0);
    testSendPacket(fixture, VIR_RPC_CONTINUE, "to nobody", 9);
    frame = testReceivePacket(fixture, VIR_RPC_ERROR);
    g_assert_cmpuint(frame->length, >, 60); /* an error with a text */
    testExpectUsable(fixture);
}

static void
testClientGoes(testFixture *fixture, const void *opaque G_GNUC_UNUSED)
{
    char byte;

    virFileClose(&fixture->fd);
    testRPCAwaitGone(fixture->rpc, 1);
    g_assert_cmpint(recv(fixture->other, &byte, 1, 0), ==, 0);
}

static void *
testFeed(void *opaque)
{
    const int *fd = opaque;
    g_autofree char *text = g_strnfill(1024 * 1024, 'c');

    for (int i = 0; i < 8; i++)
        testRPCSendBytes(*fd, text, 1024 * 1024);
    return NULL;
}

/* 8 MiB for a client that does not read at first: they wait at their source. */
static void
testMuchToTheClient(testFixture *fixture, const void *opaque G_GNUC_UNUSED)
{
    GThread *thread = g_thread_new("feed", testFeed, &fixture->other);
    size_t total = 0;

    testRPCCall(fixture->fd, TEST_ECHO, 98, "before or after");
    while (total < (size_t)8 * 1024 * 1024) {
        g_autoptr(virRPCFrame) frame = testRPCReceive(fixture->fd);

        g_assert_nonnull(frame);
        if (frame->header.type == VIR_RPC_STREAM)
            total += frame->length;
    }
    g_thread_join(thread);
    g_assert_cmpuint(total, ==, (size_t)8 * 1024 * 1024);
}

static void *
testDrain(void *opaque)
{
    const int *fd = opaque;
    g_autofree char *buffer = g_malloc(65536);
    size_t total = 0;
    ssize_t length;

    while ((length = recv(*fd, buffer, 65536, 0)) > 0)
        total += (size_t)length;
    return GSIZE_TO_POINTER(total);
}

/* 8 MiB for a guest that does not read at first: the client has to wait, and loses nothing. */
static void
testMuchFromTheClient(testFixture *fixture, const void *opaque G_GNUC_UNUSED)
{
    g_autofree char *text = g_strnfill(64 * 1024, 'c');
    GThread *thread = NULL;

    for (int i = 0; i < 128; i++) {
        if (i == 20) /* more than what we hold back is on its way */
            thread = g_thread_new("drain", testDrain, &fixture->other);
        testSendPacket(fixture, VIR_RPC_CONTINUE, text, 64 * 1024);
    }
    testSendPacket(fixture, VIR_RPC_OK, NULL, 0);
    testExpectPacket(fixture, VIR_RPC_OK, "");
    g_assert_cmpuint(GPOINTER_TO_SIZE(g_thread_join(thread)), ==, (size_t)128 * 64 * 1024);
}

/* More than we hold back for a guest that reads nothing: the client is not read from, and goes. */
static void
testClientGoesUnread(testFixture *fixture, const void *opaque G_GNUC_UNUSED)
{
    g_autofree char *text = g_strnfill(64 * 1024, 'c');
    g_autofree char *buffer = g_malloc(64 * 1024);
    ssize_t length;

    for (int i = 0; i < 20; i++)
        testSendPacket(fixture, VIR_RPC_CONTINUE, text, 64 * 1024);
    virFileClose(&fixture->fd);
    testRPCAwaitGone(fixture->rpc, 1);
    while ((length = recv(fixture->other, buffer, 64 * 1024, 0)) > 0)
        ;
    g_assert_cmpint(length, ==, 0);
}

/* What one side does not read, the other is not to give for ever. */
static void
testNobodyReads(int fd, virRPCHeader header, size_t length)
{
    g_autofree guint8 *zeroes = g_malloc0(length);
    g_autoptr(GBytes) bytes = header.program != 0 ? virRPCFrameEncodeRaw(&header, zeroes, length)
                                                  : g_bytes_new(zeroes, length);
    size_t total = testRPCFlood(fd, bytes, (size_t)16 * 1024 * 1024 / length);

    g_assert_cmpuint(total, <, (size_t)16 * 1024 * 1024);
}

static void
testClientDoesNotRead(testFixture *fixture, const void *opaque G_GNUC_UNUSED)
{
    testNobodyReads(fixture->other, (virRPCHeader){0}, 4096);
}

static void
testOtherDoesNotRead(testFixture *fixture, const void *opaque G_GNUC_UNUSED)
{
    testNobodyReads(
        fixture->fd,
        (virRPCHeader){TEST_PROGRAM, 1, TEST_STREAM, VIR_RPC_STREAM, TEST_SERIAL, VIR_RPC_CONTINUE},
        4096);
}

/* More than the other side takes at once, but less than what the client may have under way. */
static void
testSendMuch(const testFixture *fixture)
{
    g_autofree char *text = g_strnfill((gsize)700 * 1024, 'c');

    testSendPacket(fixture, VIR_RPC_CONTINUE, text, (size_t)700 * 1024);
}

static void
testReopen(testFixture *fixture, const char *what)
{
    virFileClose(&fixture->other);
    testRPCCall(fixture->fd, TEST_STREAM, TEST_SERIAL, what);
    testRPCExpectReply(fixture->fd, TEST_SERIAL, "open");
    fixture->other = testRPCTakeStream(fixture->rpc);
}

/* What nobody has read of streams that are over is not held against the client. */
static void
testAbortsWithMuch(testFixture *fixture, const void *opaque G_GNUC_UNUSED)
{
    for (int i = 0; i < 4; i++) {
        testSendMuch(fixture);
        testSendPacket(fixture, VIR_RPC_ERROR, NULL, 0);
        testExpectPacket(fixture, VIR_RPC_OK, "");
        testReopen(fixture, "again");
    }
    testExpectUsable(fixture);
}

/* The end waits until all has been read; what comes behind it is for nobody. */
static void
testTooLate(testFixture *fixture, const void *opaque G_GNUC_UNUSED)
{
    testSendMuch(fixture);
    testSendPacket(fixture, VIR_RPC_OK, NULL, 0);
    testSendPacket(fixture, VIR_RPC_CONTINUE, "too late", 8);
    testRPCSync(fixture->fd);
    g_assert_cmpuint(GPOINTER_TO_SIZE(testDrain(&fixture->other)), ==, (size_t)700 * 1024);
    testExpectPacket(fixture, VIR_RPC_OK, "");
}

/* Its other side is closed: the kernel calls that an error. */
static void
testTerminalEnds(testFixture *fixture, const void *opaque G_GNUC_UNUSED)
{
    testSendPacket(fixture, VIR_RPC_OK, NULL, 0);
    testExpectPacket(fixture, VIR_RPC_OK, "");
    testReopen(fixture, "terminal");
    virFileClose(&fixture->other);
    testExpectPacket(fixture, VIR_RPC_CONTINUE, "");
    testExpectUsable(fixture);
}

/* All that names a stream has to be right. */
static const virRPCHeader testOthers[] = {
    {TEST_PROGRAM, 1, TEST_STREAM, VIR_RPC_STREAM, 8, VIR_RPC_CONTINUE},
    {TEST_PROGRAM, 1, TEST_ECHO, VIR_RPC_STREAM, TEST_SERIAL, VIR_RPC_CONTINUE},
    {TEST_PROGRAM, 2, TEST_STREAM, VIR_RPC_STREAM, TEST_SERIAL, VIR_RPC_CONTINUE},
    {TEST_PROGRAM + 1, 1, TEST_STREAM, VIR_RPC_STREAM, TEST_SERIAL, VIR_RPC_CONTINUE},
};

static void
testForOthers(testFixture *fixture, const void *opaque G_GNUC_UNUSED)
{
    for (size_t i = 0; i < G_N_ELEMENTS(testOthers); i++)
        testRPCSend(fixture->fd, testOthers[i], "for another");
    testSendPacket(fixture, VIR_RPC_CONTINUE, "for us", 6);
    testExpectOther(fixture, "for us");
}

typedef struct {
    const char *name;
    void (*func)(testFixture *fixture, const void *opaque);
} testCase;

static const testCase testCases[] = {
    {"bytes go both ways", testBothWays},
    {"the client finishes", testClientFinishes},
    {"the client gives up", testClientAborts},
    {"the other side ends", testOtherEnds},
    {"the other side fails", testOtherFails},
    {"the client goes", testClientGoes},
    {"much goes to a client that reads slowly", testMuchToTheClient},
    {"much goes from a client to one that reads slowly", testMuchFromTheClient},
    {"a client goes that is not read from", testClientGoesUnread},
    {"a client that does not read is not sent more and more", testClientDoesNotRead},
    {"what the other side does not read is not taken for ever", testOtherDoesNotRead},
    {"the client gives up with much under way, several times", testAbortsWithMuch},
    {"nothing comes behind the end", testTooLate},
    {"a terminal ends", testTerminalEnds},
    {"packets of another serial, procedure, version or program are not for us", testForOthers},
};

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    signal(SIGPIPE, SIG_IGN); /* as the server's user has to */
    for (size_t i = 0; i < G_N_ELEMENTS(testCases); i++) {
        g_autofree char *path = g_strconcat("/rpcstream/", testCases[i].name, NULL);

        g_test_add(path, testFixture, NULL, testSetUp, testCases[i].func, testTearDown);
    }
    return g_test_run();
}
