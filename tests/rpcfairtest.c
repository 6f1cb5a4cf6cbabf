/*
 * rpcfairtest.c: tests of what one client may cost the others, and its own events
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "testrpc.h"
#include "virfile.h"

static virRPCServerLimits
testLimits(void)
{
    virRPCServerLimits limits;

    virRPCServerLimitsInit(&limits);
    return limits;
}

/* A client whose calls with priority hang has no more of their workers than it may have. */
static void
testPriorityIsShared(void)
{
    enum { CALLS = 50 };
    virRPCServerLimits limits = testLimits();
    g_autoptr(testRPC) rpc = NULL;
    VIR_AUTOCLOSE fd = -1;
    VIR_AUTOCLOSE other = -1;

    limits.maxCalls = 2;
    limits.priorityWorkers = 3;
    rpc = testRPCNew(&limits);
    fd = testRPCConnect(rpc);
    other = testRPCConnect(rpc);
    for (guint32 i = 0; i < CALLS; i++)
        testRPCCall(fd, TEST_LINGER, i, "w");
    testRPCPing(fd);
    testRPCExpectPong(fd);
    testRPCCall(other, TEST_QUICK, 1, "others notice nothing");
    testRPCExpectReply(other, 1, "others notice nothing");
    testRPCAwaitInside(rpc, 2);
    /* Nor do its other calls wait for them. */
    testRPCCall(fd, TEST_ECHO, CALLS, "not held up");
    testRPCExpectReply(fd, CALLS, "not held up");
    testRPCOpenGate(rpc);
    for (guint32 i = 0; i < CALLS; i++) {
        g_autoptr(virRPCFrame) frame = testRPCReceive(fd);

        g_assert_nonnull(frame);
        g_assert_cmpint(frame->header.status, ==, VIR_RPC_OK);
    }
}

/* As calls of another kind do. Each is longer than what is read at a time. */
static void
testPriorityWaitsOutside(void)
{
    virRPCServerLimits limits = testLimits();
    g_autofree char *text = g_strnfill(70000, 'w');
    g_autoptr(testRPC) rpc = NULL;
    VIR_AUTOCLOSE fd = -1;
    VIR_AUTOCLOSE other = -1;

    limits.maxCalls = 1;
    limits.maxWaiting = 2;
    rpc = testRPCNew(&limits);
    fd = testRPCConnect(rpc);
    other = testRPCConnect(rpc);
    for (guint32 i = 0; i < 5; i++)
        testRPCCall(fd, TEST_LINGER, i, text);
    testRPCPing(fd);
    testRPCAwaitInside(rpc, 1);
    testRPCCall(other, TEST_ECHO, 1, "others notice nothing");
    testRPCExpectReply(other, 1, "others notice nothing");
    testRPCOpenGate(rpc);
    testRPCExpectReply(fd, 0, text); /* and no answer to the ping before */
}

/* The loop has always something to do, and yet the next client is let in. */
static void
testBusyLoopLetsOthersIn(void)
{
    virRPCServerLimits limits = testLimits();
    g_autoptr(testRPC) rpc = NULL;
    VIR_AUTOCLOSE fd = -1;
    VIR_AUTOCLOSE other = -1;

    limits.maxUnready = 1;
    rpc = testRPCNew(&limits);
    testRPCListen(rpc);
    testRPCKeepBusy(rpc);
    fd = testRPCConnectListener(rpc);
    testRPCCall(fd, TEST_READY, 1, "ready");
    testRPCExpectReply(fd, 1, "ready");
    other = testRPCConnectListener(rpc);
    testRPCCall(other, TEST_ECHO, 1, "let in");
    testRPCExpectReply(other, 1, "let in");
}

/* A reply that is larger than all events may be, half read when one comes: nobody is dropped. */
static void
testRepliesAreNoEvents(void)
{
    virRPCServerLimits limits = testLimits();
    g_autoptr(testRPC) rpc = NULL;
    VIR_AUTOCLOSE fd = -1;
    g_autoptr(virRPCClient) client = NULL;
    g_autoptr(virRPCFrame) reply = NULL;
    g_autoptr(virRPCFrame) event = NULL;

    limits.maxBacklog = (size_t)64 * 1024;
    rpc = testRPCNew(&limits);
    fd = testRPCConnect(rpc);
    testRPCCall(fd, TEST_SUBSCRIBE, 1, "all");
    testRPCExpectReply(fd, 1, "all");
    client = testRPCTakeSubscriber(rpc);
    testRPCCall(fd, TEST_GROW, 2, "4000000");
    testRPCAwaitReadable(fd);
    testRPCSendEvent(client, "an event");
    reply = testRPCReceive(fd);
    g_assert_nonnull(reply);
    g_assert_cmpint(reply->header.type, ==, VIR_RPC_REPLY);
    g_assert_cmpuint(reply->length, ==, 4 + 4000000);
    event = testRPCReceive(fd);
    g_assert_nonnull(event);
    g_assert_cmpint(event->header.type, ==, VIR_RPC_EVENT);
    testRPCCall(fd, TEST_ECHO, 3, "still here");
    testRPCExpectReply(fd, 3, "still here");
}

typedef struct {
    const char *name;
    void (*func)(void);
} testCase;

static const testCase testCases[] = {
    {"a client cannot take all workers of calls with priority", testPriorityIsShared},
    {"who sends such call upon call is not read from any more", testPriorityWaitsOutside},
    {"a busy loop lets the next client in", testBusyLoopLetsOthersIn},
    {"a long reply that is not read yet is no pile of events", testRepliesAreNoEvents},
};

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(testCases); i++) {
        g_autofree char *path = g_strconcat("/rpcfair/", testCases[i].name, NULL);

        g_test_add_func(path, testCases[i].func);
    }
    return g_test_run();
}
