/*
 * testrpchandler.c: the program that the server of tests serves
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <glib-unix.h>

#include "testrpcpriv.h"
#include "virfile.h"

#define VIR_FROM_THIS VIR_FROM_TEST

bool_t
xdr_testText(XDR *xdrs, testText *text)
{
    return xdr_virRPCString(xdrs, &text->text);
}

static testRPC *
testRPCOf(virRPCCall *call)
{
    return virRPCClientGetData(virRPCCallGetClient(call));
}

static void
testRPCWaitAtGate(testRPC *rpc)
{
    rpc->inside++;
    g_cond_broadcast(&rpc->cond);
    while (!rpc->open)
        g_cond_wait(&rpc->cond, &rpc->lock);
    rpc->inside--;
    g_cond_broadcast(&rpc->cond);
}

static int
testHandleText(virRPCCall *call, void *opaqueArgs, void *opaqueRet)
{
    const testText *args = opaqueArgs;
    testText *ret = opaqueRet;
    testRPC *rpc = testRPCOf(call);
    int number = virRPCCallGetProcedure(call)->number;

    g_mutex_lock(&rpc->lock);
    g_string_append_printf(rpc->log, "%.20s ", args->text);
    if (number == TEST_WAIT || number == TEST_WAIT_ALONE || number == TEST_LINGER)
        testRPCWaitAtGate(rpc);
    g_mutex_unlock(&rpc->lock);
    ret->text = g_strdup(args->text);
    return 0;
}

static void
testOpenTerminal(int fds[2])
{
    fds[0] = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    g_assert_cmpint(grantpt(fds[0]), ==, 0);
    g_assert_cmpint(unlockpt(fds[0]), ==, 0);
    fds[1] = open(ptsname(fds[0]), O_RDWR | O_NOCTTY | O_CLOEXEC);
    g_assert_cmpint(fds[1], >=, 0);
}

static int
testHandleStream(virRPCCall *call, void *opaqueArgs, void *opaqueRet)
{
    const testText *args = opaqueArgs;
    testText *ret = opaqueRet;
    testRPC *rpc = testRPCOf(call);
    int fds[2];

    if (strcmp(args->text, "terminal") == 0)
        testOpenTerminal(fds);
    else
        g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
    g_assert_true(g_unix_set_fd_nonblocking(fds[0], TRUE, NULL));
    virRPCCallSetStream(call, fds[0]);
    g_mutex_lock(&rpc->lock);
    rpc->streamFD = fds[1];
    g_mutex_unlock(&rpc->lock);
    ret->text = g_strdup("open");
    return 0;
}

static int
testHandleClient(virRPCCall *call, void *opaqueArgs, void *opaqueRet)
{
    const testText *args = opaqueArgs;
    virRPCClient *client = virRPCCallGetClient(call);
    testText *ret = opaqueRet;
    testRPC *rpc = testRPCOf(call);

    switch (virRPCCallGetProcedure(call)->number) {
    case TEST_FINISH:
        virRPCClientFinish(client);
        break;
    case TEST_KEEPALIVE:
        virRPCClientStartKeepalive(client);
        break;
    case TEST_ALLOW:
        virRPCClientAllowFDs(client);
        break;
    case TEST_READY:
        virRPCClientSetReady(client);
        break;
    default:
        g_mutex_lock(&rpc->lock);
        g_clear_pointer(&rpc->subscriber, virRPCClientUnref);
        rpc->subscriber = virRPCClientRef(client);
        g_mutex_unlock(&rpc->lock);
        break;
    }
    ret->text = g_strdup(args->text);
    return 0;
}

static int
testHandleFail(virRPCCall *call, void *opaqueArgs, void *opaqueRet)
{
    const testText *args = opaqueArgs;
    testText *ret = opaqueRet;

    ret->text = g_strdup("half a result");
    if (virRPCCallGetProcedure(call)->number == TEST_FAIL)
        virReportError(VIR_ERR_OPERATION_FAILED, "%s", args->text);
    return -1;
}

static int
testHandleResult(virRPCCall *call, void *opaqueArgs, void *opaqueRet)
{
    const testText *args = opaqueArgs;
    testText *ret = opaqueRet;
    testRPC *rpc = testRPCOf(call);

    g_mutex_lock(&rpc->lock);
    g_string_append_printf(rpc->log, "%.20s ", args->text);
    g_mutex_unlock(&rpc->lock);
    if (virRPCCallGetProcedure(call)->number == TEST_BAD_TEXT)
        ret->text = g_strdup("\xff");
    else
        ret->text = g_strnfill(g_ascii_strtoull(args->text, NULL, 10), 'x');
    return 0;
}

static int
testHandleAtOnce(virRPCCall *call, void *opaqueArgs G_GNUC_UNUSED, void *opaqueRet)
{
    testText *ret = opaqueRet;

    ret->text = g_strdup(g_main_context_is_owner(testRPCOf(call)->context) ? "loop" : "worker");
    return 0;
}

static int
testHandleTake(virRPCCall *call, void *opaqueArgs, void *opaqueRet)
{
    const testText *args = opaqueArgs;
    testText *ret = opaqueRet;
    unsigned int count = 0;
    int fd;

    for (; (fd = virRPCCallStealFD(call, count)) >= 0; count++) {
        g_assert_cmpint(virRPCCallStealFD(call, count), ==, -1);
        g_assert_cmpint(virFileWriteText(fd, args->text), ==, 0);
        virFileClose(&fd);
    }
    ret->text = g_strdup_printf("%u", count);
    return 0;
}

static int
testHandleGive(virRPCCall *call, void *opaqueArgs, void *opaqueRet)
{
    const testText *args = opaqueArgs;
    testText *ret = opaqueRet;

    virRPCCallSetReplyFD(call, virRPCCallStealFD(call, 0));
    ret->text = g_strdup(strcmp(args->text, "bad") == 0 ? "\xff" : args->text);
    return 0;
}

#define ROW(number, handler, flags)                                                                \
    {                                                                                              \
        number, (xdrproc_t)xdr_testText, (xdrproc_t)xdr_testText, sizeof(testText),                \
            sizeof(testText), handler, flags, NULL                                                 \
    }

static const virRPCProcedure testProcedures[] = {
    ROW(TEST_ECHO, testHandleText, VIR_RPC_PARALLEL),
    ROW(TEST_ALONE, testHandleText, 0),
    ROW(TEST_WAIT, testHandleText, VIR_RPC_PARALLEL),
    ROW(TEST_QUICK, testHandleText, VIR_RPC_PARALLEL | VIR_RPC_PRIORITY),
    ROW(TEST_STREAM, testHandleStream, VIR_RPC_PARALLEL),
    ROW(TEST_FINISH, testHandleClient, 0),
    ROW(TEST_KEEPALIVE, testHandleClient, VIR_RPC_PARALLEL | VIR_RPC_PRIORITY),
    ROW(TEST_READY, testHandleClient, VIR_RPC_PARALLEL | VIR_RPC_PRIORITY),
    ROW(TEST_FAIL, testHandleFail, VIR_RPC_PARALLEL),
    ROW(TEST_FAIL_MUTE, testHandleFail, VIR_RPC_PARALLEL),
    ROW(TEST_BAD_TEXT, testHandleResult, VIR_RPC_PARALLEL),
    ROW(TEST_DENIED, testHandleText, VIR_RPC_PARALLEL),
    ROW(TEST_GROW, testHandleResult, VIR_RPC_PARALLEL),
    ROW(TEST_SUBSCRIBE, testHandleClient, VIR_RPC_PARALLEL | VIR_RPC_PRIORITY),
    ROW(TEST_AT_ONCE, testHandleAtOnce, VIR_RPC_PARALLEL | VIR_RPC_AT_ONCE),
    ROW(TEST_ALLOW, testHandleClient, VIR_RPC_PARALLEL | VIR_RPC_PRIORITY),
    ROW(TEST_TAKE, testHandleTake, VIR_RPC_PARALLEL),
    ROW(TEST_GIVE, testHandleGive, VIR_RPC_PARALLEL),
    ROW(TEST_LINGER, testHandleText, VIR_RPC_PARALLEL | VIR_RPC_PRIORITY),
    ROW(TEST_WAIT_ALONE, testHandleText, 0),
};

const virRPCProgram testProgram = {TEST_PROGRAM, 1, testProcedures, G_N_ELEMENTS(testProcedures)};
