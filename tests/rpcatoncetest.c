/*
 * rpcatoncetest.c: tests of calls that the loop answers by itself
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "testrpc.h"
#include "virfile.h"

static GBytes *
testAtOnceBytes(guint32 serial)
{
    const virRPCHeader header = {TEST_PROGRAM, 1, TEST_AT_ONCE, VIR_RPC_CALL, serial, 0};
    virRPCString text = (char[]){"at once"};

    return virRPCFrameEncode(&header, (xdrproc_t)xdr_virRPCString, &text);
}

static void
testLoopAnswersAtOnce(void)
{
    virRPCServerLimits limits;
    g_autoptr(testRPC) rpc = NULL;
    VIR_AUTOCLOSE fd = -1;
    VIR_AUTOCLOSE other = -1;

    virRPCServerLimitsInit(&limits);
    limits.workers = 1;
    rpc = testRPCNew(&limits);
    fd = testRPCConnect(rpc);
    other = testRPCConnect(rpc);
    testRPCCall(fd, TEST_WAIT, 1, "w");
    testRPCAwaitInside(rpc, 1);
    testRPCCall(fd, TEST_AT_ONCE, 2, "");
    testRPCExpectReply(fd, 2, "loop");
    testRPCCall(other, TEST_AT_ONCE, 3, "");
    testRPCExpectReply(other, 3, "loop");
    testRPCOpenGate(rpc);
    testRPCExpectReply(fd, 1, "w");
}

/* Others get their turn. */
static void
testLoopDoesNotAnswerMany(void)
{
    g_autoptr(testRPC) rpc = testRPCNew(NULL);
    VIR_AUTOCLOSE fd = testRPCConnect(rpc);
    g_autoptr(GBytes) bytes = testAtOnceBytes(1);
    gsize length = g_bytes_get_size(bytes);
    g_autofree guint8 *data = g_malloc(length * 2);

    memcpy(data, g_bytes_get_data(bytes, NULL), length);
    memcpy(data + length, g_bytes_get_data(bytes, NULL), length);
    testRPCSendBytes(fd, data, length * 2);
    testRPCExpectReply(fd, 1, "worker");
    testRPCExpectReply(fd, 1, "worker");
    testRPCSendBytes(fd, data, length + 1);
    testRPCExpectReply(fd, 1, "worker");
    testRPCSendBytes(fd, data + length + 1, length - 1);
    testRPCExpectReply(fd, 1, "loop");
}

typedef struct {
    const char *name;
    int running;        /* what runs, until the gate is opened */
    int waiting;        /* what waits for that, or 0 */
    unsigned int calls; /* as many may run */
} testBusy;

static const testBusy testBusies[] = {
    {"behind one that waits", TEST_WAIT, TEST_ALONE, 5},
    {"beside one that runs alone", TEST_WAIT_ALONE, 0, 5},
    {"when as many run as may", TEST_WAIT, 0, 1},
};

/* What has to wait for another call waits. */
static void
testLoopDoesNotOvertake(const void *opaque)
{
    const testBusy *test = opaque;
    virRPCServerLimits limits;
    g_autoptr(testRPC) rpc = NULL;
    VIR_AUTOCLOSE fd = -1;
    VIR_AUTOCLOSE other = -1;

    virRPCServerLimitsInit(&limits);
    limits.maxCalls = test->calls;
    rpc = testRPCNew(&limits);
    fd = testRPCConnect(rpc);
    other = testRPCConnect(rpc);
    testRPCCall(fd, test->running, 1, "running");
    testRPCAwaitInside(rpc, 1);
    if (test->waiting != 0)
        testRPCCall(fd, test->waiting, 2, "waiting");
    testRPCSync(fd);
    testRPCCall(fd, TEST_AT_ONCE, 3, "");
    testRPCSync(other); /* not behind it: only what comes by itself is answered at once */
    testRPCOpenGate(rpc);
    testRPCExpectReply(fd, 1, "running");
    if (test->waiting != 0)
        testRPCExpectReply(fd, 2, "waiting");
    testRPCExpectReply(fd, 3, "worker");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/rpcatonce/what is in memory is answered at once, by the loop",
                    testLoopAnswersAtOnce);
    g_test_add_func("/rpcatonce/the loop does not answer many calls", testLoopDoesNotAnswerMany);
    for (size_t i = 0; i < G_N_ELEMENTS(testBusies); i++) {
        g_autofree char *path = g_strconcat("/rpcatonce/not ", testBusies[i].name, NULL);

        g_test_add_data_func(path, &testBusies[i], testLoopDoesNotOvertake);
    }
    return g_test_run();
}
