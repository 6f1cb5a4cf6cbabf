/*
 * rpcpasstest.c: tests of rpc_pass: descriptors with calls and replies
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "testrpc.h"
#include "virfile.h"

#define TEST_MANY 40

typedef struct {
    testRPC *rpc;
    int fd;      /* the client */
    int pipe[2]; /* whose end for writing is passed */
} testFixture;

static void
testSetUp(testFixture *fixture, const void *opaque G_GNUC_UNUSED)
{
    fixture->rpc = testRPCNew(NULL);
    fixture->fd = testRPCConnect(fixture->rpc);
    g_assert_cmpint(pipe2(fixture->pipe, O_CLOEXEC), ==, 0);
    testRPCCall(fixture->fd, TEST_ALLOW, 1, "allow");
    testRPCExpectReply(fixture->fd, 1, "allow");
}

static void
testTearDown(testFixture *fixture, const void *opaque G_GNUC_UNUSED)
{
    virFileClose(&fixture->fd);
    virFileClose(&fixture->pipe[0]);
    virFileClose(&fixture->pipe[1]);
    testRPCFree(fixture->rpc);
}

/* A call with a text that says it has so many descriptors; caller unrefs. */
static GBytes *
testMakeCall(int procedure, guint32 count, const char *text)
{
    const virRPCHeader header = {TEST_PROGRAM, 1, procedure, VIR_RPC_CALL_FDS, 2, VIR_RPC_OK};
    size_t length = strlen(text);
    size_t padded = (length + 3) / 4 * 4;
    g_autofree guint8 *payload = g_malloc0(8 + padded);
    guint32 words[] = {GUINT32_TO_BE(count), GUINT32_TO_BE((guint32)length)};

    memcpy(payload, words, sizeof(words));
    memcpy(payload + sizeof(words), text, length);
    return virRPCFrameEncodeRaw(&header, payload, sizeof(words) + padded);
}

/* Sends bytes, and with the first of them @count times the same descriptor. */
static void
testSendFDs(int fd, const void *data, size_t length, int passed, size_t count)
{
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(TEST_MANY * sizeof(int))];
    } control = {0};
    int fds[TEST_MANY];
    struct iovec vec = {(void *)(guintptr)data, length};
    struct msghdr message = {
        .msg_iov = &vec,
        .msg_iovlen = 1,
        .msg_control = &control,
        .msg_controllen = CMSG_SPACE(count * sizeof(int)),
    };

    for (size_t i = 0; i < count; i++)
        fds[i] = passed;
    control.header.cmsg_level = SOL_SOCKET;
    control.header.cmsg_type = SCM_RIGHTS;
    control.header.cmsg_len = CMSG_LEN(count * sizeof(int));
    memcpy(CMSG_DATA(&control.header), fds, count * sizeof(int));
    /* The server may have closed: the test looks for that itself. */
    if (sendmsg(fd, &message, MSG_NOSIGNAL) != (ssize_t)length)
        g_assert_true(errno == EPIPE || errno == ECONNRESET);
}

static void
testSendCall(const testFixture *fixture, int procedure, guint32 count, const char *text)
{
    g_autoptr(GBytes) bytes = testMakeCall(procedure, count, text);

    testRPCSendBytes(fixture->fd, g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
}

/* What the server has written to the pipe, to its end: so it has closed it. */
static void
testExpectPipe(testFixture *fixture, const char *expected)
{
    g_autofree char *found = NULL;
    struct pollfd pollfd = {.fd = fixture->pipe[0], .events = POLLIN};

    virFileClose(&fixture->pipe[1]);
    g_assert_cmpint(poll(&pollfd, 1, 10000), ==, 1);
    g_assert_cmpint(virFileReadFD(fixture->pipe[0], 1000, &found, NULL), ==, 0);
    g_assert_cmpstr(found, ==, expected);
}

/* The next calls, with and without a descriptor, are answered. */
static void
testExpectUsable(const testFixture *fixture)
{
    testRPCCall(fixture->fd, TEST_ECHO, 99, "usable");
    testRPCExpectReply(fixture->fd, 99, "usable");
}

static void
testOne(testFixture *fixture, const void *opaque G_GNUC_UNUSED)
{
    testSendCall(fixture, TEST_TAKE, 1, "hello");
    testSendFDs(fixture->fd, "", 1, fixture->pipe[1], 1);
    testRPCExpectReply(fixture->fd, 2, "1");
    testExpectUsable(fixture);
    testExpectPipe(fixture, "hello");
}

static void
testSeveral(testFixture *fixture, const void *opaque G_GNUC_UNUSED)
{
    testSendCall(fixture, TEST_TAKE, 32, "x");
    for (size_t i = 0; i < 32; i++)
        testSendFDs(fixture->fd, "", 1, fixture->pipe[1], 1);
    testRPCExpectReply(fixture->fd, 2, "32");
    testSendCall(fixture, TEST_TAKE, 1, "y");
    testSendFDs(fixture->fd, "", 1, fixture->pipe[1], 1);
    testRPCExpectReply(fixture->fd, 2, "1");
    testExpectUsable(fixture);
    testExpectPipe(fixture, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxy");
}

static void
testNone(testFixture *fixture, const void *opaque G_GNUC_UNUSED)
{
    testSendCall(fixture, TEST_TAKE, 0, "x");
    testRPCExpectReply(fixture->fd, 2, "0");
    testExpectUsable(fixture);
}

/* What comes after it waits for the descriptor, and then comes in order. */
static void
testPieces(testFixture *fixture, const void *opaque G_GNUC_UNUSED)
{
    g_autoptr(GBytes) bytes = testMakeCall(TEST_TAKE, 2, "in pieces");
    const guint8 *data = g_bytes_get_data(bytes, NULL);

    testRPCSync(fixture->fd);
    for (size_t i = 0; i < g_bytes_get_size(bytes); i++)
        testRPCSendBytes(fixture->fd, data + i, 1);
    testSendFDs(fixture->fd, "", 1, fixture->pipe[1], 1);
    testSendFDs(fixture->fd, "", 1, fixture->pipe[1], 1);
    testRPCCall(fixture->fd, TEST_ALONE, 3, "after it");
    testRPCExpectReply(fixture->fd, 2, "2");
    testRPCExpectReply(fixture->fd, 3, "after it");
    testRPCSync(fixture->fd);
    testExpectPipe(fixture, "in piecesin pieces");
}

/* A handler that wants none: it is closed. */
static void
testUnwanted(testFixture *fixture, const void *opaque G_GNUC_UNUSED)
{
    testSendCall(fixture, TEST_ECHO, 1, "x");
    testSendFDs(fixture->fd, "", 1, fixture->pipe[1], 1);
    testRPCExpectReply(fixture->fd, 2, "x");
    testSendCall(fixture, 9999, 1, "x");
    testSendFDs(fixture->fd, "", 1, fixture->pipe[1], 1);
    testRPCExpectError(fixture->fd, 2, VIR_ERR_RPC, "unknown procedure: 9999");
    testExpectUsable(fixture);
    testExpectPipe(fixture, "");
}

/* One that leaves before all have come, or before its call has begun, leaves none behind. */
static void
testLeave(testFixture *fixture, const void *opaque G_GNUC_UNUSED)
{
    testRPCCall(fixture->fd, TEST_WAIT, 3, "first");
    testRPCCall(fixture->fd, TEST_ALONE, 4, "second");
    testSendCall(fixture, TEST_TAKE, 1, "x");
    testSendFDs(fixture->fd, "", 1, fixture->pipe[1], 1);
    testSendCall(fixture, TEST_TAKE, 2, "x");
    testSendFDs(fixture->fd, "", 1, fixture->pipe[1], 1);
    testRPCAwaitInside(fixture->rpc, 1);
    virFileClose(&fixture->fd);
    testExpectPipe(fixture, "");
    testRPCOpenGate(fixture->rpc);
    testRPCAwaitGone(fixture->rpc, 1);
}

/* Receives a byte and the descriptor that comes with it. */
static int
testReceiveFD(int fd)
{
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int))];
    } control = {0};
    char byte;
    struct iovec vec = {&byte, 1};
    struct msghdr message = {
        .msg_iov = &vec,
        .msg_iovlen = 1,
        .msg_control = &control,
        .msg_controllen = sizeof(control.space),
    };
    int received;

    g_assert_cmpint(recvmsg(fd, &message, MSG_CMSG_CLOEXEC), ==, 1);
    g_assert_cmpint(control.header.cmsg_type, ==, SCM_RIGHTS);
    g_assert_cmpuint(control.header.cmsg_len, ==, CMSG_LEN(sizeof(int)));
    memcpy(&received, CMSG_DATA(&control.header), sizeof(int));
    return received;
}

/* A call whose handler passes back what it got, in order with other replies. */
static void
testReply(testFixture *fixture, const void *opaque G_GNUC_UNUSED)
{
    for (guint32 i = 0; i < 3; i++) {
        g_autoptr(virRPCFrame) frame = NULL;
        VIR_AUTOCLOSE received = -1;

        testSendCall(fixture, TEST_GIVE, 1, "back");
        testSendFDs(fixture->fd, "", 1, fixture->pipe[1], 1);
        testRPCCall(fixture->fd, TEST_ALONE, 5, "next");
        frame = testRPCReceive(fixture->fd);
        g_assert_nonnull(frame);
        g_assert_cmpint(frame->header.type, ==, VIR_RPC_REPLY_FDS);
        g_assert_cmpint(frame->header.status, ==, VIR_RPC_OK);
        g_assert_cmpuint(frame->header.serial, ==, 2);
        g_assert_cmpmem(frame->payload, frame->length, "\0\0\0\1\0\0\0\4back", 12);
        received = testReceiveFD(fixture->fd);
        testRPCExpectReply(fixture->fd, 5, "next");
        g_assert_cmpint(write(received, "x", 1), ==, 1);
    }
    testExpectPipe(fixture, "xxx");
}

/* A result that cannot be sent takes no descriptor along. */
static void
testReplyFails(testFixture *fixture, const void *opaque G_GNUC_UNUSED)
{
    testSendCall(fixture, TEST_GIVE, 1, "bad");
    testSendFDs(fixture->fd, "", 1, fixture->pipe[1], 1);
    testRPCExpectError(fixture->fd, 2, VIR_ERR_RPC,
                       "the message holds a text or a list that the protocol does not allow");
    testExpectUsable(fixture);
    testExpectPipe(fixture, "");
}

/* --- what makes no sense ends the connection -------------------------------------------------- */

typedef struct {
    const char *name;
    guint32 count;
    size_t fds[3]; /* with each byte after the call */
    size_t bytes;
} testOdd;

static const testOdd testOdds[] = {
    {"33 are announced", 33, {1, 1, 1}, 3},
    {"four thousand million are announced", G_MAXUINT32, {1, 1, 1}, 3},
    {"a byte without one", 1, {0}, 1},
    {"a second byte without one", 2, {1, 0}, 2},
    {"two with a byte", 1, {2}, 1},
    {"one more than announced", 1, {1, 1}, 2},
    {"40 with a byte", 32, {40}, 1},
};

static void
testSendOdd(testFixture *fixture, const testOdd *odd)
{
    testSendCall(fixture, TEST_TAKE, odd->count, "x");
    for (size_t i = 0; i < odd->bytes; i++) {
        if (odd->fds[i] > 0)
            testSendFDs(fixture->fd, "", 1, fixture->pipe[1], odd->fds[i]);
        else
            testRPCSendBytes(fixture->fd, "", 1);
    }
}

/* Up to the end of the connection there may be an answer to what made sense. */
static void
testExpectEndSoon(const testFixture *fixture)
{
    virRPCFrame *frame;

    while ((frame = testRPCReceive(fixture->fd)))
        virRPCFrameFree(frame);
}

static void
testOddly(testFixture *fixture, const void *opaque)
{
    g_autofree char *found = NULL;

    testSendOdd(fixture, opaque);
    testExpectEndSoon(fixture);
    testRPCAwaitGone(fixture->rpc, 1);
    /* All are closed; a call before that may have had its own. */
    virFileClose(&fixture->pipe[1]);
    g_assert_cmpint(virFileReadFD(fixture->pipe[0], 1, &found, NULL), ==, 0);
}

/* More than there is room for: the kernel drops those, and the rest must not pass for all. */
static void
testCutOff(testFixture *fixture, const void *opaque G_GNUC_UNUSED)
{
    const guint8 zeroes[32] = {0};

    testSendCall(fixture, TEST_TAKE, sizeof(zeroes), "x");
    testSendFDs(fixture->fd, zeroes, sizeof(zeroes), fixture->pipe[1], TEST_MANY);
    testRPCExpectEnd(fixture->fd);
    testExpectPipe(fixture, "");
}

/* With a message that says nothing of it. */
static void
testUnannounced(testFixture *fixture, const void *opaque G_GNUC_UNUSED)
{
    const virRPCHeader header = {TEST_PROGRAM, 1, 1, VIR_RPC_EVENT, 0, 0};
    g_autoptr(GBytes) bytes = virRPCFrameEncodeRaw(&header, NULL, 0);

    testSendFDs(fixture->fd, g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes),
                fixture->pipe[1], 1);
    testRPCExpectEnd(fixture->fd);
    testExpectPipe(fixture, "");
}

/* Without room for the number. */
static void
testShort(testFixture *fixture, const void *opaque G_GNUC_UNUSED)
{
    testRPCSend(fixture->fd,
                (virRPCHeader){TEST_PROGRAM, 1, TEST_TAKE, VIR_RPC_CALL_FDS, 2, VIR_RPC_OK}, NULL);
    testRPCExpectEnd(fixture->fd);
}

/* One that has not asked is not given any, and sends none. */
static void
testNotAllowed(testFixture *fixture, const void *opaque G_GNUC_UNUSED)
{
    virFileClose(&fixture->fd);
    fixture->fd = testRPCConnect(fixture->rpc);
    testSendCall(fixture, TEST_TAKE, 1, "x");
    testSendFDs(fixture->fd, "", 1, fixture->pipe[1], 1);
    testRPCExpectEnd(fixture->fd);
    testExpectPipe(fixture, "");
}

static void
testAdd(const char *name, const void *data, void (*func)(testFixture *fixture, const void *data))
{
    g_autofree char *path = g_strconcat("/rpcpass/", name, NULL);

    g_test_add(path, testFixture, data, testSetUp, func, testTearDown);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    testAdd("a call with one", NULL, testOne);
    testAdd("a call with as many as there can be", NULL, testSeveral);
    testAdd("a call with none", NULL, testNone);
    testAdd("a call in pieces, and what comes after it", NULL, testPieces);
    testAdd("what nobody wants is closed", NULL, testUnwanted);
    testAdd("a client that leaves", NULL, testLeave);
    testAdd("a reply with one", NULL, testReply);
    testAdd("a reply that becomes an error", NULL, testReplyFails);
    testAdd("the end/with a message that says nothing of it", NULL, testUnannounced);
    testAdd("the end/more than there is room for", NULL, testCutOff);
    testAdd("the end/no number of them", NULL, testShort);
    testAdd("the end/a client that has not asked", NULL, testNotAllowed);
    for (size_t i = 0; i < G_N_ELEMENTS(testOdds); i++) {
        g_autofree char *name = g_strconcat("the end/", testOdds[i].name, NULL);

        testAdd(name, &testOdds[i], testOddly);
    }
    return g_test_run();
}
