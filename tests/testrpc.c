/*
 * testrpc.c: a server in a thread of its own, for tests
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <glib-unix.h>

#include "testrpcpriv.h"
#include "testscene.h"
#include "virfile.h"

#define VIR_FROM_THIS   VIR_FROM_TEST

#define TEST_TIMEOUT_MS 10000

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
