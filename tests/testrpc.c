/*
 * testrpc.c: a server with a test program, and a client that says whatever a test wants
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <glib-unix.h>

#include "testrpc.h"
#include "testscene.h"
#include "virfile.h"

#define VIR_FROM_THIS   VIR_FROM_TEST

#define TEST_TIMEOUT_MS 10000

struct _testRPC {
    GMainContext *context;
    GMainLoop *loop;
    GThread *thread;
    virRPCServer *server;
    char *directory;

    GMutex lock;
    GCond cond;
    gboolean open;
    unsigned int inside;
    unsigned int gone;
    unsigned int clients;
    gboolean done; /* what the loop was asked for last */
    gboolean stopped;
    int streamFD;
    virRPCClient *subscriber;
    GString *log;
};

typedef struct {
    virRPCString text;
} testText;

static bool_t
xdr_testText(XDR *xdrs, testText *text)
{
    return xdr_virRPCString(xdrs, &text->text);
}

/* --- the program ------------------------------------------------------------------------------ */

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

static const virRPCProgram testProgram = {TEST_PROGRAM, 1, testProcedures,
                                          G_N_ELEMENTS(testProcedures)};

/* --- the server ------------------------------------------------------------------------------- */

static void *
testConnected(virRPCClient *client, void *opaque)
{
    testRPC *rpc = opaque;

    g_assert_cmpuint(virRPCClientGetUID(client), ==, getuid());
    g_assert_cmpint(virRPCClientGetPID(client), ==, getpid());
    g_assert_true(virRPCClientIsInGroup(client, getgid()));
    return rpc;
}

static int
testAdmit(virRPCClient *client G_GNUC_UNUSED, const virRPCProcedure *procedure,
          void *opaque G_GNUC_UNUSED)
{
    if (procedure->number != TEST_DENIED)
        return 0;
    virReportError(VIR_ERR_OPERATION_DENIED, "%s", "not for you");
    return -1;
}

static void
testGone(virRPCClient *client G_GNUC_UNUSED, void *data, void *opaque)
{
    testRPC *rpc = opaque;

    g_assert_true(data == rpc);
    g_mutex_lock(&rpc->lock);
    rpc->gone++;
    g_cond_broadcast(&rpc->cond);
    g_mutex_unlock(&rpc->lock);
}

static const virRPCServerHooks testHooks = {testConnected, testAdmit, testGone};

static void *
testRPCThread(void *opaque)
{
    testRPC *rpc = opaque;

    g_main_loop_run(rpc->loop);
    return NULL;
}

typedef struct {
    testRPC *rpc;
    void (*func)(testRPC *rpc, int number);
    int number;
} testRequest;

static gboolean
testRPCDo(void *opaque)
{
    testRequest *request = opaque;
    testRPC *rpc = request->rpc;

    g_mutex_lock(&rpc->lock); /* for the request */
    g_mutex_unlock(&rpc->lock);
    request->func(rpc, request->number);
    g_mutex_lock(&rpc->lock);
    rpc->done = TRUE;
    g_cond_broadcast(&rpc->cond);
    g_mutex_unlock(&rpc->lock);
    return G_SOURCE_REMOVE;
}

/* Has the server's thread do something, and waits for it. */
static void
testRPCInThread(testRPC *rpc, void (*func)(testRPC *rpc, int number), int number)
{
    testRequest request = {rpc, func, number};
    g_autoptr(GSource) source = g_idle_source_new();

    g_mutex_lock(&rpc->lock);
    rpc->done = FALSE;
    g_source_set_priority(source, G_PRIORITY_DEFAULT);
    g_source_set_callback(source, testRPCDo, &request, NULL);
    g_source_attach(source, rpc->context);
    while (!rpc->done)
        g_cond_wait(&rpc->cond, &rpc->lock);
    g_mutex_unlock(&rpc->lock);
}

static void
testDoAdd(testRPC *rpc, int fd)
{
    virRPCServerAdd(rpc->server, fd, 0);
}

static void
testDoListen(testRPC *rpc, int fd)
{
    virRPCServerListen(rpc->server, fd, 0);
}

static gboolean
testKeepBusy(void *opaque G_GNUC_UNUSED)
{
    return G_SOURCE_CONTINUE;
}

static void
testDoKeepBusy(testRPC *rpc, int number G_GNUC_UNUSED)
{
    g_autoptr(GSource) source = g_idle_source_new();

    g_source_set_priority(source, G_PRIORITY_DEFAULT);
    g_source_set_callback(source, testKeepBusy, NULL, NULL);
    g_source_attach(source, rpc->context);
}

static void
testDoFree(testRPC *rpc, int number G_GNUC_UNUSED)
{
    virRPCServerFree(rpc->server);
}

static void
testDoCount(testRPC *rpc, int number G_GNUC_UNUSED)
{
    rpc->clients = virRPCServerCountClients(rpc->server);
}

static void
testStopped(void *opaque)
{
    testRPC *rpc = opaque;

    g_mutex_lock(&rpc->lock);
    rpc->stopped = TRUE;
    g_cond_broadcast(&rpc->cond);
    g_mutex_unlock(&rpc->lock);
}

static void
testDoStop(testRPC *rpc, int number G_GNUC_UNUSED)
{
    virRPCServerStop(rpc->server, testStopped, rpc);
}

testRPC *
testRPCNew(const virRPCServerLimits *limits)
{
    testRPC *rpc = g_new0(testRPC, 1);
    virRPCServerLimits defaults;

    virRPCServerLimitsInit(&defaults);
    g_mutex_init(&rpc->lock);
    g_cond_init(&rpc->cond);
    rpc->streamFD = -1;
    rpc->log = g_string_new("");
    rpc->context = g_main_context_new();
    rpc->loop = g_main_loop_new(rpc->context, FALSE);
    rpc->server = virRPCServerNew(rpc->context, limits ? limits : &defaults, &testHooks, rpc);
    virRPCServerAddProgram(rpc->server, &testProgram);
    rpc->thread = g_thread_new("server", testRPCThread, rpc);
    return rpc;
}

void
testRPCFree(testRPC *rpc)
{
    testRPCOpenGate(rpc);
    testRPCInThread(rpc, testDoFree, 0);
    g_main_loop_quit(rpc->loop);
    g_thread_join(rpc->thread);
    virRPCClientUnref(rpc->subscriber);
    virFileClose(&rpc->streamFD);
    g_main_loop_unref(rpc->loop);
    g_main_context_unref(rpc->context);
    g_string_free(rpc->log, TRUE);
    if (rpc->directory)
        testSceneRemoveTemporary(rpc->directory);
    g_free(rpc->directory);
    g_mutex_clear(&rpc->lock);
    g_cond_clear(&rpc->cond);
    g_free(rpc);
}

int
testRPCConnect(testRPC *rpc)
{
    int fds[2];

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
    g_assert_true(g_unix_set_fd_nonblocking(fds[0], TRUE, NULL));
    testRPCInThread(rpc, testDoAdd, fds[0]);
    return fds[1];
}

static struct sockaddr_un
testRPCAddress(testRPC *rpc)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    g_snprintf(address.sun_path, sizeof(address.sun_path), "%s/sock", rpc->directory);
    return address;
}

void
testRPCListen(testRPC *rpc)
{
    struct sockaddr_un address;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    rpc->directory = testSceneMakeTemporary();
    address = testRPCAddress(rpc);
    g_assert_cmpint(bind(fd, (const struct sockaddr *)&address, sizeof(address)), ==, 0);
    g_assert_cmpint(listen(fd, 128), ==, 0);
    testRPCInThread(rpc, testDoListen, fd);
}

int
testRPCConnectListener(testRPC *rpc)
{
    struct sockaddr_un address = testRPCAddress(rpc);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    g_assert_cmpint(connect(fd, (const struct sockaddr *)&address, sizeof(address)), ==, 0);
    return fd;
}

void
testRPCKeepBusy(testRPC *rpc)
{
    testRPCInThread(rpc, testDoKeepBusy, 0);
}

void
testRPCOpenGate(testRPC *rpc)
{
    g_mutex_lock(&rpc->lock);
    rpc->open = TRUE;
    g_cond_broadcast(&rpc->cond);
    g_mutex_unlock(&rpc->lock);
}

static void
testRPCAwait(testRPC *rpc, const unsigned int *number, unsigned int wanted)
{
    gint64 end_us = g_get_monotonic_time() + (gint64)TEST_TIMEOUT_MS * 1000;

    g_mutex_lock(&rpc->lock);
    while (*number != wanted) {
        if (!g_cond_wait_until(&rpc->cond, &rpc->lock, end_us))
            g_error("%u are awaited, there are %u", wanted, *number);
    }
    g_mutex_unlock(&rpc->lock);
}

void
testRPCAwaitInside(testRPC *rpc, unsigned int count)
{
    testRPCAwait(rpc, &rpc->inside, count);
}

void
testRPCAwaitGone(testRPC *rpc, unsigned int count)
{
    testRPCAwait(rpc, &rpc->gone, count);
}

static unsigned int
testRPCGet(testRPC *rpc, const unsigned int *number)
{
    unsigned int found;

    g_mutex_lock(&rpc->lock);
    found = *number;
    g_mutex_unlock(&rpc->lock);
    return found;
}

unsigned int
testRPCCountGone(testRPC *rpc)
{
    return testRPCGet(rpc, &rpc->gone);
}

unsigned int
testRPCCountInside(testRPC *rpc)
{
    return testRPCGet(rpc, &rpc->inside);
}

unsigned int
testRPCCountClients(testRPC *rpc)
{
    testRPCInThread(rpc, testDoCount, 0);
    return rpc->clients;
}

char *
testRPCGetLog(testRPC *rpc)
{
    char *log;

    g_mutex_lock(&rpc->lock);
    log = g_strdup(rpc->log->str);
    g_mutex_unlock(&rpc->lock);
    return log;
}

int
testRPCTakeStream(testRPC *rpc)
{
    int fd;

    g_mutex_lock(&rpc->lock);
    fd = virFileStealFD(&rpc->streamFD);
    g_mutex_unlock(&rpc->lock);
    return fd;
}

virRPCClient *
testRPCTakeSubscriber(testRPC *rpc)
{
    virRPCClient *client;

    g_mutex_lock(&rpc->lock);
    client = g_steal_pointer(&rpc->subscriber);
    g_mutex_unlock(&rpc->lock);
    return client;
}

void
testRPCSendEvent(virRPCClient *client, const char *text)
{
    testText payload = {.text = g_strdup(text)};

    virRPCClientSendEvent(client, &testProgram, TEST_EVENT, (xdrproc_t)xdr_testText, &payload);
    g_free(payload.text);
}

void
testRPCStop(testRPC *rpc)
{
    testRPCInThread(rpc, testDoStop, 0);
}

void
testRPCAwaitStopped(testRPC *rpc)
{
    gint64 end_us = g_get_monotonic_time() + (gint64)TEST_TIMEOUT_MS * 1000;

    g_mutex_lock(&rpc->lock);
    while (!rpc->stopped)
        g_assert_true(g_cond_wait_until(&rpc->cond, &rpc->lock, end_us));
    g_mutex_unlock(&rpc->lock);
}
