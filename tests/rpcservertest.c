/*
 * rpcservertest.c: tests of rpc_server, rpc_client and rpc_call
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <malloc.h>
#include <string.h>
#include <sys/socket.h>

#include "testrpc.h"
#include "virfile.h"

static virRPCServerLimits
testLimits(void)
{
    virRPCServerLimits limits;

    virRPCServerLimitsInit(&limits);
    return limits;
}

/* --- order ------------------------------------------------------------------------------------ */

static void
testCallsOverlap(void)
{
    g_autoptr(testRPC) rpc = testRPCNew(NULL);
    VIR_AUTOCLOSE fd = testRPCConnect(rpc);

    testRPCCall(fd, TEST_WAIT, 1, "slow");
    testRPCAwaitInside(rpc, 1);
    testRPCCall(fd, TEST_ECHO, 2, "fast");
    testRPCExpectReply(fd, 2, "fast");
    testRPCOpenGate(rpc);
    testRPCExpectReply(fd, 1, "slow");
}

static void
testAloneWaitsAndIsWaitedFor(void)
{
    g_autoptr(testRPC) rpc = testRPCNew(NULL);
    VIR_AUTOCLOSE fd = testRPCConnect(rpc);
    VIR_AUTOCLOSE other = testRPCConnect(rpc);
    g_autofree char *log = NULL;

    testRPCCall(fd, TEST_WAIT, 1, "first");
    testRPCAwaitInside(rpc, 1);
    testRPCCall(fd, TEST_ALONE, 2, "second");
    testRPCCall(fd, TEST_QUICK, 3, "third");
    testRPCCall(fd, TEST_ALONE, 4, "fourth");
    testRPCPing(fd);
    testRPCExpectPong(fd);
    testRPCCall(other, TEST_ALONE, 1, "other");
    testRPCExpectReply(other, 1, "other");
    testRPCOpenGate(rpc);
    testRPCExpectReply(fd, 1, "first");
    testRPCExpectReply(fd, 2, "second");
    testRPCExpectReply(fd, 3, "third");
    testRPCExpectReply(fd, 4, "fourth");
    log = testRPCGetLog(rpc);
    g_assert_cmpstr(log, ==, "first other second third fourth ");
}

static void
testNeverMoreThanAllowedAtOnce(void)
{
    virRPCServerLimits limits = testLimits();
    g_autoptr(testRPC) rpc = NULL;
    VIR_AUTOCLOSE fd = -1;
    g_autofree char *log = NULL;

    limits.maxCalls = 2;
    rpc = testRPCNew(&limits);
    fd = testRPCConnect(rpc);
    for (guint32 i = 0; i < 4; i++)
        testRPCCall(fd, TEST_WAIT, i, "w");
    /* What never waits is not held up by them. */
    testRPCCall(fd, TEST_QUICK, 9, "quick");
    testRPCExpectReply(fd, 9, "quick");
    testRPCAwaitInside(rpc, 2);
    log = testRPCGetLog(rpc);
    g_assert_true(g_str_equal(log, "w w quick ") || g_str_equal(log, "w quick w ") ||
                  g_str_equal(log, "quick w w "));
    testRPCOpenGate(rpc);
    for (guint32 i = 0; i < 4; i++)
        virRPCFrameFree(testRPCReceive(fd));
}

/* Every worker hangs: another client's call that never waits, and a ping, are answered. */
static void
testWorkersAreBusy(void)
{
    virRPCServerLimits limits = testLimits();
    g_autoptr(testRPC) rpc = NULL;
    VIR_AUTOCLOSE fd = -1;
    VIR_AUTOCLOSE other = -1;

    limits.workers = 3;
    rpc = testRPCNew(&limits);
    fd = testRPCConnect(rpc);
    other = testRPCConnect(rpc);
    for (guint32 i = 0; i < 4; i++)
        testRPCCall(fd, TEST_WAIT, i, "w");
    testRPCAwaitInside(rpc, 3);
    testRPCPing(fd);
    testRPCExpectPong(fd);
    testRPCCall(other, TEST_QUICK, 1, "quick");
    testRPCExpectReply(other, 1, "quick");
    testRPCCall(other, TEST_ECHO, 2, "later");
    testRPCOpenGate(rpc);
    testRPCExpectReply(other, 2, "later");
}

typedef struct {
    const char *name;
    gsize length; /* of each call's text */
    unsigned int maxWaiting;
} testFlood;

/* Each is stopped by one limit, long before the other. */
static const testFlood testFloods[] = {
    {"who sends short call upon short call is not read from any more", 10, 100},
    {"who sends long call upon long call is not read from any more", 2000, 10000},
};

/* Thousands of calls without reading a reply: they wait on the client's side, and none is lost. */
static void
testFloodOfCalls(const void *opaque)
{
    enum { CALLS = 3000 };
    const testFlood *test = opaque;
    const virRPCHeader header = {TEST_PROGRAM, 1, TEST_WAIT, VIR_RPC_CALL, 1, 0};
    virRPCServerLimits limits = testLimits();
    g_autoptr(testRPC) rpc = NULL;
    VIR_AUTOCLOSE fd = -1;
    g_autofree char *text = g_strnfill(test->length, 'f');
    g_autoptr(GBytes) call = virRPCFrameEncode(&header, (xdrproc_t)xdr_virRPCString, (void *)&text);
    gsize size;
    const guint8 *data = g_bytes_get_data(call, &size);
    size_t sent;

    limits.maxWaiting = test->maxWaiting;
    rpc = testRPCNew(&limits);
    fd = testRPCConnect(rpc);
    sent = testRPCFlood(fd, call, CALLS);
    g_assert_cmpuint(sent, <, CALLS * size);
    testRPCOpenGate(rpc);
    testRPCSendBytes(fd, data + sent % size, size - sent % size);
    for (size_t received = 0; received <= sent / size; received++)
        testRPCExpectReply(fd, 1, text);
}

/* --- limits ----------------------------------------------------------------------------------- */

static void
testSilentClientIsAskedAndDropped(void)
{
    virRPCServerLimits limits = testLimits();
    g_autoptr(testRPC) rpc = NULL;
    VIR_AUTOCLOSE fd = -1;

    limits.keepalive_ms = 20;
    limits.keepaliveCount = 3;
    rpc = testRPCNew(&limits);
    fd = testRPCConnect(rpc);
    g_test_expect_message("rpc.client", G_LOG_LEVEL_WARNING, "*does not answer*");
    testRPCCall(fd, TEST_KEEPALIVE, 1, "ask");
    testRPCExpectReply(fd, 1, "ask");
    for (int i = 0; i < 3; i++) {
        g_autoptr(virRPCFrame) frame = testRPCReceive(fd);

        g_assert_nonnull(frame);
        g_assert_cmphex(frame->header.program, ==, 0x6b656570);
        g_assert_cmpint(frame->header.procedure, ==, 1);
        g_assert_cmpint(frame->header.type, ==, VIR_RPC_EVENT);
        g_assert_cmpuint(frame->header.serial, ==, 0);
        g_assert_cmpuint(frame->length, ==, 0);
    }
    testRPCExpectEnd(fd);
    g_test_assert_expected_messages();
}

static void
testAnsweringClientStays(void)
{
    virRPCServerLimits limits = testLimits();
    g_autoptr(testRPC) rpc = NULL;
    VIR_AUTOCLOSE fd = -1;

    limits.keepalive_ms = 20;
    limits.keepaliveCount = 2;
    rpc = testRPCNew(&limits);
    fd = testRPCConnect(rpc);
    testRPCCall(fd, TEST_KEEPALIVE, 1, "ask");
    testRPCExpectReply(fd, 1, "ask");
    for (int i = 0; i < 8; i++) {
        g_autoptr(virRPCFrame) frame = testRPCReceive(fd);

        g_assert_nonnull(frame);
        testRPCSend(fd, (virRPCHeader){0x6b656570, 1, 2, VIR_RPC_EVENT, 0, 0}, NULL);
    }
}

static void
testNobodyStaysWithoutBeingReady(void)
{
    virRPCServerLimits limits = testLimits();
    g_autoptr(testRPC) rpc = NULL;
    VIR_AUTOCLOSE ready = -1;
    VIR_AUTOCLOSE idle = -1;

    limits.ready_ms = 50;
    rpc = testRPCNew(&limits);
    ready = testRPCConnect(rpc);
    testRPCCall(ready, TEST_READY, 1, "here");
    testRPCExpectReply(ready, 1, "here");
    idle = testRPCConnect(rpc);
    testRPCExpectEnd(idle);
    testRPCCall(ready, TEST_ECHO, 2, "still here");
    testRPCExpectReply(ready, 2, "still here");
}

/* Those beyond the limit wait until somebody leaves, and lose nothing of what they have sent. */
static void
testMoreClientsWait(void)
{
    virRPCServerLimits limits = testLimits();
    g_autoptr(testRPC) rpc = NULL;
    int fds[3];

    limits.maxClients = 2;
    rpc = testRPCNew(&limits);
    testRPCListen(rpc);
    for (guint32 i = 0; i < 3; i++) {
        fds[i] = testRPCConnectListener(rpc);
        testRPCCall(fds[i], TEST_READY, i, "hello");
    }
    testRPCExpectReply(fds[0], 0, "hello");
    testRPCExpectReply(fds[1], 1, "hello");
    g_assert_cmpuint(testRPCCountClients(rpc), ==, 2);
    virFileClose(&fds[0]);
    testRPCExpectReply(fds[2], 2, "hello");
    virFileClose(&fds[1]);
    virFileClose(&fds[2]);
}

static void
testMoreUnreadyClientsWait(void)
{
    virRPCServerLimits limits = testLimits();
    g_autoptr(testRPC) rpc = NULL;
    int fds[2];

    limits.maxUnready = 1;
    rpc = testRPCNew(&limits);
    testRPCListen(rpc);
    for (guint32 i = 0; i < 2; i++) {
        fds[i] = testRPCConnectListener(rpc);
        testRPCCall(fds[i], TEST_ECHO, i, "hello");
    }
    testRPCExpectReply(fds[0], 0, "hello");
    g_assert_cmpuint(testRPCCountClients(rpc), ==, 1);
    testRPCCall(fds[0], TEST_READY, 2, "ready");
    testRPCExpectReply(fds[0], 2, "ready");
    testRPCExpectReply(fds[1], 1, "hello");
    virFileClose(&fds[0]);
    virFileClose(&fds[1]);
}

static void
testEventsThatNobodyReads(void)
{
    virRPCServerLimits limits = testLimits();
    g_autofree char *text = g_strnfill(1000, 'e');
    g_autoptr(testRPC) rpc = NULL;
    VIR_AUTOCLOSE fd = -1;
    VIR_AUTOCLOSE other = -1;
    g_autoptr(virRPCClient) client = NULL;

    limits.maxBacklog = (size_t)1024 * 1024;
    rpc = testRPCNew(&limits);
    fd = testRPCConnect(rpc);
    other = testRPCConnect(rpc);
    testRPCCall(fd, TEST_SUBSCRIBE, 1, "all");
    testRPCExpectReply(fd, 1, "all");
    client = testRPCTakeSubscriber(rpc);
    g_test_expect_message("rpc.client", G_LOG_LEVEL_WARNING, "*does not read its events*");
    while (testRPCCountGone(rpc) == 0)
        testRPCSendEvent(client, text);
    g_test_assert_expected_messages();
    testRPCCall(other, TEST_ECHO, 1, "others notice nothing");
    testRPCExpectReply(other, 1, "others notice nothing");
    g_assert_cmpuint(testRPCCountClients(rpc), ==, 1);
}

static void
testEventsArriveInOrder(void)
{
    g_autoptr(testRPC) rpc = testRPCNew(NULL);
    VIR_AUTOCLOSE fd = testRPCConnect(rpc);
    g_autoptr(virRPCClient) client = NULL;

    testRPCCall(fd, TEST_SUBSCRIBE, 1, "all");
    testRPCExpectReply(fd, 1, "all");
    client = testRPCTakeSubscriber(rpc);
    for (int i = 0; i < 100; i++) {
        g_autofree char *text = g_strdup_printf("%d", i);

        testRPCSendEvent(client, text);
    }
    for (int i = 0; i < 100; i++) {
        g_autoptr(virRPCFrame) frame = testRPCReceive(fd);
        g_autofree char *text = g_strdup_printf("%d", i);

        g_assert_cmpint(frame->header.type, ==, VIR_RPC_EVENT);
        g_assert_cmpint(frame->header.procedure, ==, TEST_EVENT);
        g_assert_cmpuint(frame->header.serial, ==, 0);
        g_assert_cmpmem(frame->payload + 4, strlen(text), text, strlen(text));
    }
}

/* How often it is in the text. */
static unsigned int
testCount(const char *text, const char *part)
{
    g_auto(GStrv) parts = g_strsplit(text, part, -1);

    return g_strv_length(parts) - 1;
}

/* 40 replies of 1 MiB for one who reads none of them: they are made as they are read. */
static void
testSlowReaderGetsAll(void)
{
    enum { CALLS = 40 };
    g_autofree char *log = NULL;
    g_autoptr(testRPC) rpc = testRPCNew(NULL);
    VIR_AUTOCLOSE fd = testRPCConnect(rpc);
    VIR_AUTOCLOSE other = testRPCConnect(rpc);

    for (guint32 i = 0; i < CALLS; i++)
        testRPCCall(fd, TEST_GROW, i, "1048576");
    /* Others notice nothing; and meanwhile all could have been made. */
    for (guint32 i = 0; i < CALLS; i++) {
        testRPCCall(other, TEST_GROW, i, "1000000");
        virRPCFrameFree(testRPCReceive(other));
    }
    log = testRPCGetLog(rpc);
    g_assert_cmpuint(testCount(log, "1048576"), <, CALLS / 2);
    for (guint32 i = 0; i < CALLS; i++) {
        g_autoptr(virRPCFrame) frame = testRPCReceive(fd);

        g_assert_nonnull(frame);
        g_assert_cmpuint(frame->length, ==, 4 + 1024 * 1024);
    }
}

/* --- the end ---------------------------------------------------------------------------------- */

static void
testFinishIsAnswered(void)
{
    g_autoptr(testRPC) rpc = testRPCNew(NULL);
    VIR_AUTOCLOSE fd = testRPCConnect(rpc);

    testRPCCall(fd, TEST_FINISH, 1, "bye");
    testRPCCall(fd, TEST_ECHO, 2, "after the end");
    testRPCExpectReply(fd, 1, "bye");
    testRPCExpectEnd(fd);
    testRPCAwaitGone(rpc, 1);
}

/* What is on its way to a slow reader arrives before the end does: more than a socket takes, but no
 * more than calls begin with. */
static void
testFinishWaitsForTheReader(void)
{
    g_autoptr(testRPC) rpc = testRPCNew(NULL);
    VIR_AUTOCLOSE fd = testRPCConnect(rpc);
    VIR_AUTOCLOSE other = testRPCConnect(rpc);
    g_autoptr(virRPCFrame) frame = NULL;

    testRPCCall(fd, TEST_GROW, 1, "400000");
    testRPCCall(fd, TEST_FINISH, 2, "bye");
    for (guint32 i = 0; i < 40; i++) {
        testRPCCall(other, TEST_ALONE, i, "meanwhile");
        testRPCExpectReply(other, i, "meanwhile");
    }
    frame = testRPCReceive(fd);
    g_assert_nonnull(frame);
    g_assert_cmpuint(frame->length, ==, 4 + 400000);
    testRPCExpectReply(fd, 2, "bye");
    testRPCExpectEnd(fd);
}

static void
testClientGoneInTheMiddle(void)
{
    g_autoptr(testRPC) rpc = testRPCNew(NULL);
    int fd = testRPCConnect(rpc);
    VIR_AUTOCLOSE other = testRPCConnect(rpc);

    testRPCCall(fd, TEST_WAIT, 1, "w");
    testRPCCall(fd, TEST_ALONE, 2, "never begun");
    testRPCAwaitInside(rpc, 1);
    virFileClose(&fd);
    while (testRPCCountClients(rpc) > 1)
        g_thread_yield();
    g_assert_cmpuint(testRPCCountGone(rpc), ==, 0);
    testRPCCall(other, TEST_ECHO, 1, "others notice nothing");
    testRPCExpectReply(other, 1, "others notice nothing");
    testRPCOpenGate(rpc);
    testRPCAwaitGone(rpc, 1);
}

static void
testStopAnswersWhatRuns(void)
{
    g_autoptr(testRPC) rpc = testRPCNew(NULL);
    VIR_AUTOCLOSE fd = testRPCConnect(rpc);
    VIR_AUTOCLOSE idle = testRPCConnect(rpc);
    g_autofree char *log = NULL;

    testRPCCall(fd, TEST_WAIT, 1, "running");
    testRPCAwaitInside(rpc, 1);
    testRPCCall(fd, TEST_ALONE, 2, "waiting");
    testRPCPing(fd);
    testRPCExpectPong(fd);
    testRPCStop(rpc);
    testRPCExpectEnd(idle);
    g_assert_cmpuint(testRPCCountClients(rpc), ==, 1);
    testRPCOpenGate(rpc);
    testRPCExpectReply(fd, 1, "running");
    testRPCExpectEnd(fd);
    testRPCAwaitStopped(rpc);
    log = testRPCGetLog(rpc);
    g_assert_cmpstr(log, ==, "running ");
}

static void
testStopWithoutClients(void)
{
    g_autoptr(testRPC) rpc = testRPCNew(NULL);

    testRPCStop(rpc);
    testRPCAwaitStopped(rpc);
}

/* Bytes in use; 0 under AddressSanitizer, which looks for leaks itself. */
static size_t
testMemory(void)
{
    return mallinfo2().uordblks + mallinfo2().hblkhd;
}

static void
testComeAndGo(testRPC *rpc, unsigned int count)
{
    static const guint8 half[] = "\0\0\0\100\x20\0";
    unsigned int before = testRPCCountGone(rpc);

    for (unsigned int i = 0; i < count; i++) {
        VIR_AUTOCLOSE fd = testRPCConnectListener(rpc);

        switch (i % 4) {
        case 0: /* a word, and gone */
            break;
        case 1:
            testRPCSendBytes(fd, half, sizeof(half));
            break;
        case 2:
            testRPCCall(fd, TEST_ECHO, 1, "who does not wait for it");
            break;
        default:
            testRPCCall(fd, TEST_ECHO, 1, "x");
            testRPCExpectReply(fd, 1, "x");
            break;
        }
    }
    testRPCAwaitGone(rpc, before + count);
    g_assert_cmpuint(testRPCCountClients(rpc), ==, 0);
}

static void
testThousandsComeAndGo(void)
{
    g_autoptr(testRPC) rpc = testRPCNew(NULL);
    size_t before;
    size_t after;

    testRPCListen(rpc);
    testComeAndGo(rpc, 400);
    before = testMemory();
    testComeAndGo(rpc, 4000);
    after = testMemory();
    g_test_message("%zu bytes before 4000 connections, %zu after", before, after);
    g_assert_cmpuint(after, <, before + (size_t)256 * 1024);
}

/* --- all at once ------------------------------------------------------------------------------ */

static void *
testBattery(void *opaque)
{
    testRPC *rpc = opaque;
    static const int procedures[] = {TEST_ECHO, TEST_QUICK, TEST_ALONE, TEST_SUBSCRIBE};

    for (guint32 round = 0; round < 20; round++) {
        VIR_AUTOCLOSE fd = testRPCConnectListener(rpc);

        for (guint32 i = 0; i < 20; i++)
            testRPCCall(fd, procedures[i % G_N_ELEMENTS(procedures)], i, "battery");
        for (guint32 i = 0; i < (round % 3 == 0 ? 7 : 20);) {
            g_autoptr(virRPCFrame) frame = testRPCReceive(fd);

            g_assert_nonnull(frame);
            i += frame->header.type == VIR_RPC_REPLY;
        }
    }
    return NULL;
}

static void
testManyThreads(void)
{
    g_autoptr(testRPC) rpc = testRPCNew(NULL);
    GThread *threads[8];

    testRPCListen(rpc);
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = g_thread_new("client", testBattery, rpc);
    for (int i = 0; i < 200; i++) {
        g_autoptr(virRPCClient) client = testRPCTakeSubscriber(rpc);

        if (client)
            testRPCSendEvent(client, "an event in between");
        else
            g_thread_yield();
    }
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
        g_thread_join(threads[i]);
    testRPCAwaitGone(rpc, 20 * G_N_ELEMENTS(threads));
}

typedef struct {
    const char *name;
    void (*func)(void);
} testCase;

static const testCase testCases[] = {
    {"a call overlaps another", testCallsOverlap},
    {"a call that runs alone waits, and is waited for", testAloneWaitsAndIsWaitedFor},
    {"a client has no more calls running than allowed", testNeverMoreThanAllowedAtOnce},
    {"calls that never wait are answered when all workers hang", testWorkersAreBusy},
    {"a silent client is asked, and dropped", testSilentClientIsAskedAndDropped},
    {"a client that answers stays", testAnsweringClientStays},
    {"nobody stays without being ready", testNobodyStaysWithoutBeingReady},
    {"clients beyond the limit wait for their turn", testMoreClientsWait},
    {"clients that are not ready keep the next one waiting", testMoreUnreadyClientsWait},
    {"who does not read events is dropped", testEventsThatNobodyReads},
    {"events arrive in order", testEventsArriveInOrder},
    {"who reads slowly gets all replies", testSlowReaderGetsAll},
    {"the end of a connection is answered", testFinishIsAnswered},
    {"the end of a connection waits for a slow reader", testFinishWaitsForTheReader},
    {"a client goes in the middle of a call", testClientGoneInTheMiddle},
    {"stopping answers what runs and drops what waits", testStopAnswersWhatRuns},
    {"stopping without clients is over at once", testStopWithoutClients},
    {"thousands come and go, and leave nothing behind", testThousandsComeAndGo},
    {"many threads at once", testManyThreads},
};

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(testFloods); i++) {
        g_autofree char *path = g_strconcat("/rpcserver/", testFloods[i].name, NULL);

        g_test_add_data_func(path, &testFloods[i], testFloodOfCalls);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(testCases); i++) {
        g_autofree char *path = g_strconcat("/rpcserver/", testCases[i].name, NULL);

        g_test_add_func(path, testCases[i].func);
    }
    return g_test_run();
}
