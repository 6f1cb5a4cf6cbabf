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

/* Others get their turn, and what has to wait for another call waits. */
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
    testRPCCall(fd, TEST_WAIT, 2, "w");
    testRPCCall(fd, TEST_ALONE, 3, "alone");
    testRPCCall(fd, TEST_AT_ONCE, 4, "");
    testRPCOpenGate(rpc);
    testRPCExpectReply(fd, 2, "w");
    testRPCExpectReply(fd, 3, "alone");
    testRPCExpectReply(fd, 4, "worker");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/rpcatonce/what is in memory is answered at once, by the loop",
                    testLoopAnswersAtOnce);
    g_test_add_func("/rpcatonce/the loop does not answer many calls, or one that waits",
                    testLoopDoesNotAnswerMany);
    return g_test_run();
}
