/*
 * rpcoddtest.c: what a stranger may send to a server: every answer of libvirt's daemon, and its
 * limits
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "testrpc.h"
#include "virfile.h"

typedef struct {
    const char *name;
    virRPCHeader header;
    const char *text;
    int code; /* of the error that comes back; 0: nothing does */
    const char *message;
} testOddCall;

static const testOddCall testOddCalls[] = {
    {"an unknown procedure is named",
     {TEST_PROGRAM, 1, 9999, VIR_RPC_CALL, 5, 0},
     "x",
     VIR_ERR_RPC,
     "unknown procedure: 9999"},
    {"procedure 0 is unknown",
     {TEST_PROGRAM, 1, 0, VIR_RPC_CALL, 5, 0},
     "x",
     VIR_ERR_RPC,
     "unknown procedure: 0"},
    {"a negative procedure is unknown",
     {TEST_PROGRAM, 1, -1, VIR_RPC_CALL, 5, 0},
     "x",
     VIR_ERR_RPC,
     "unknown procedure: -1"},
    {"an unknown program is named",
     {0x12345678, 1, TEST_ECHO, VIR_RPC_CALL, 5, 0},
     "x",
     VIR_ERR_RPC,
     "Cannot find program 305419896 version 1"},
    {"an unknown version is named",
     {TEST_PROGRAM, 2, TEST_ECHO, VIR_RPC_CALL, 5, 0},
     "x",
     VIR_ERR_RPC,
     "Cannot find program 536903814 version 2"},
    {"a ping that is a call has no program",
     {0x6b656570, 1, 1, VIR_RPC_CALL, 5, 0},
     NULL,
     VIR_ERR_RPC,
     "Cannot find program 1801807216 version 1"},
    {"a call that says it is an error is refused",
     {TEST_PROGRAM, 1, TEST_ECHO, VIR_RPC_CALL, 5, 1},
     "x",
     VIR_ERR_RPC,
     "Unexpected message status 1"},
    {"arguments that are missing are refused",
     {TEST_PROGRAM, 1, TEST_ECHO, VIR_RPC_CALL, 5, 0},
     NULL,
     VIR_ERR_RPC,
     "Unable to decode message payload"},
    {"what is not admitted is refused",
     {TEST_PROGRAM, 1, TEST_DENIED, VIR_RPC_CALL, 5, 0},
     "x",
     VIR_ERR_OPERATION_DENIED,
     "not for you"},
    {"an error of the handler arrives",
     {TEST_PROGRAM, 1, TEST_FAIL, VIR_RPC_CALL, 5, 0},
     "the reason",
     VIR_ERR_OPERATION_FAILED,
     "the reason"},
    {"a handler that fails without a word is an internal error",
     {TEST_PROGRAM, 1, TEST_FAIL_MUTE, VIR_RPC_CALL, 5, 0},
     "x",
     VIR_ERR_INTERNAL_ERROR,
     "internal error: procedure 10 failed without saying why"},
    {"a result that the protocol does not allow is an error",
     {TEST_PROGRAM, 1, TEST_BAD_TEXT, VIR_RPC_CALL, 5, 0},
     "x",
     VIR_ERR_RPC,
     "the message holds a text or a list that the protocol does not allow"},
    {"a result of 4 MiB and a byte is an error",
     {TEST_PROGRAM, 1, TEST_GROW, VIR_RPC_CALL, 5, 0},
     "4194305",
     VIR_ERR_RPC,
     "the message holds a text or a list that the protocol does not allow"},
    {"a reply from a client is dropped", {TEST_PROGRAM, 1, 1, VIR_RPC_REPLY, 5, 0}, "x", 0, NULL},
    {"an event from a client is dropped", {TEST_PROGRAM, 1, 1, VIR_RPC_EVENT, 5, 0}, "x", 0, NULL},
    {"a reply with descriptors is dropped",
     {TEST_PROGRAM, 1, 1, VIR_RPC_REPLY_FDS, 5, 0},
     "x",
     0,
     NULL},
    {"an unknown type is dropped", {TEST_PROGRAM, 1, 1, 7, 5, 0}, "x", 0, NULL},
    {"a negative type is dropped", {TEST_PROGRAM, 1, 1, -1, 5, 0}, "x", 0, NULL},
    {"data of a stream that is not there is dropped",
     {TEST_PROGRAM, 1, TEST_STREAM, VIR_RPC_STREAM, 5, 2},
     "x",
     0,
     NULL},
    {"a hole of a stream that is not there is dropped",
     {TEST_PROGRAM, 1, TEST_STREAM, VIR_RPC_STREAM_HOLE, 5, 2},
     "x",
     0,
     NULL},
    {"a ping of another version is dropped",
     {0x6b656570, 2, 1, VIR_RPC_EVENT, 0, 0},
     NULL,
     0,
     NULL},
    {"an unknown keepalive message is dropped",
     {0x6b656570, 1, 9, VIR_RPC_EVENT, 0, 0},
     NULL,
     0,
     NULL},
    {"a pong that nobody asked for is dropped",
     {0x6b656570, 1, 2, VIR_RPC_EVENT, 0, 0},
     NULL,
     0,
     NULL},
};

/* Whatever it was: the connection is as good as before. */
static void
testOddCallIsAnswered(const void *opaque)
{
    const testOddCall *test = opaque;
    g_autoptr(testRPC) rpc = testRPCNew(NULL);
    VIR_AUTOCLOSE fd = testRPCConnect(rpc);

    testRPCSend(fd, test->header, test->text);
    if (test->code != 0)
        testRPCExpectError(fd, 5, test->code, test->message);
    testRPCCall(fd, TEST_ECHO, 6, "still there");
    testRPCExpectReply(fd, 6, "still there");
}

typedef struct {
    const char *name;
    guint32 word;
} testBadLength;

static const testBadLength testBadLengths[] = {
    {"a length of 3 ends the connection", 3},
    {"a length of 27 ends the connection", 27},
    {"a length above the largest ends the connection", 33554437},
};

static void
testBadLengthEnds(const void *opaque)
{
    const testBadLength *test = opaque;
    guint32 word = GUINT32_TO_BE(test->word);
    g_autoptr(testRPC) rpc = testRPCNew(NULL);
    VIR_AUTOCLOSE fd = testRPCConnect(rpc);

    testRPCSendBytes(fd, &word, sizeof(word));
    testRPCExpectEnd(fd);
    testRPCAwaitGone(rpc, 1);
}

static void
testDescriptorsEndTheConnection(void)
{
    g_autoptr(testRPC) rpc = testRPCNew(NULL);
    VIR_AUTOCLOSE fd = testRPCConnect(rpc);

    testRPCSend(fd, (virRPCHeader){TEST_PROGRAM, 1, 1, VIR_RPC_CALL_FDS, 5, 0}, "x");
    testRPCExpectEnd(fd);
}

/* The largest message is taken, though not as one string. */
static void
testLargestMessage(void)
{
    g_autoptr(testRPC) rpc = testRPCNew(NULL);
    VIR_AUTOCLOSE fd = testRPCConnect(rpc);
    g_autofree guint8 *payload = g_malloc0(VIR_RPC_PAYLOAD_MAX);
    const virRPCHeader header = {TEST_PROGRAM, 1, TEST_ECHO, VIR_RPC_CALL, 5, 0};
    g_autoptr(GBytes) bytes = NULL;

    memcpy(payload, "\0\0\0\4true", 8);
    bytes = virRPCFrameEncodeRaw(&header, payload, VIR_RPC_PAYLOAD_MAX);
    testRPCSendBytes(fd, g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
    testRPCExpectReply(fd, 5, "true");
    testRPCCall(fd, TEST_GROW, 6, "4194304");
    g_clear_pointer(&payload, g_free);
    payload = (guint8 *)g_strnfill(VIR_RPC_STRING_MAX, 'x');
    testRPCExpectReply(fd, 6, (const char *)payload);
}

static void
testPiecesAndPairs(void)
{
    g_autoptr(testRPC) rpc = testRPCNew(NULL);
    VIR_AUTOCLOSE fd = testRPCConnect(rpc);
    /* Two calls of 36 bytes, word by word, then at once. */
    static const guint8 calls[] = "\0\0\0\044\x20\0\x80\x86\0\0\0\1\0\0\0\2\0\0\0\0\0\0\0\0\0\0\0\0"
                                  "\0\0\0\4one_"
                                  "\0\0\0\044\x20\0\x80\x86\0\0\0\1\0\0\0\2\0\0\0\0\0\0\0\1\0\0\0\0"
                                  "\0\0\0\4two_";

    for (size_t i = 0; i < sizeof(calls) - 1; i += 2)
        testRPCSendBytes(fd, calls + i, 2);
    testRPCExpectReply(fd, 0, "one_");
    testRPCExpectReply(fd, 1, "two_");
    testRPCSendBytes(fd, calls, sizeof(calls) - 1);
    testRPCExpectReply(fd, 0, "one_");
    testRPCExpectReply(fd, 1, "two_");
}

/* The worker has failed before, and said why. */
static void
testErrorsOfOthers(void)
{
    virRPCServerLimits limits;
    g_autoptr(testRPC) rpc = NULL;
    VIR_AUTOCLOSE fd = -1;

    virRPCServerLimitsInit(&limits);
    limits.workers = 1;
    rpc = testRPCNew(&limits);
    fd = testRPCConnect(rpc);
    testRPCCall(fd, TEST_FAIL, 1, "of the first");
    testRPCExpectError(fd, 1, VIR_ERR_OPERATION_FAILED, "of the first");
    testRPCCall(fd, TEST_FAIL_MUTE, 2, "");
    testRPCExpectError(fd, 2, VIR_ERR_INTERNAL_ERROR,
                       "internal error: procedure 10 failed without saying why");
}

static void
testNoLimits(void)
{
    virRPCServerLimits limits;
    g_autoptr(testRPC) rpc = NULL;
    VIR_AUTOCLOSE fd = -1;

    virRPCServerLimitsInit(&limits);
    limits.ready_ms = limits.keepalive_ms = 0;
    rpc = testRPCNew(&limits);
    fd = testRPCConnect(rpc);
    testRPCCall(fd, TEST_KEEPALIVE, 1, "ask");
    testRPCExpectReply(fd, 1, "ask");
    for (guint32 i = 0; i < 20; i++) {
        testRPCCall(fd, TEST_ECHO, i, "still here");
        testRPCExpectReply(fd, i, "still here");
    }
}

typedef struct {
    const char *name;
    void (*func)(void);
} testCase;

static const testCase testCases[] = {
    {"descriptors that we do not take end the connection", testDescriptorsEndTheConnection},
    {"the largest message and the longest text are taken", testLargestMessage},
    {"calls come in pieces and in pairs", testPiecesAndPairs},
    {"the error of another call is not told again", testErrorsOfOthers},
    {"times of 0 do not limit a client", testNoLimits},
};

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(testOddCalls); i++) {
        g_autofree char *path = g_strconcat("/rpcodd/", testOddCalls[i].name, NULL);

        g_test_add_data_func(path, &testOddCalls[i], testOddCallIsAnswered);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(testBadLengths); i++) {
        g_autofree char *path = g_strconcat("/rpcodd/", testBadLengths[i].name, NULL);

        g_test_add_data_func(path, &testBadLengths[i], testBadLengthEnds);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(testCases); i++) {
        g_autofree char *path = g_strconcat("/rpcodd/", testCases[i].name, NULL);

        g_test_add_func(path, testCases[i].func);
    }
    return g_test_run();
}
