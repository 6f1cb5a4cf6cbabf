/*
 * remotenodedevicetest.c: tests of remote_nodedev on a host with thousands of devices
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>
#include <sys/socket.h>

#include <libvirt/libvirt.h>

#include <glib-unix.h>

#include "remote_table.h"
#include "rpc_server.h"
#include "testrpc.h"
#include "testscene.h"
#include "testscenepriv.h"
#include "virfile.h"

#define TEST_VFS 4096

/* How often one client has them listed, and described; and how many questions it has under way. */
#define TEST_LISTS  60
#define TEST_ROUNDS 3
#define TEST_AHEAD  64

/* Of the table. */
typedef enum {
    TEST_OPEN = 1,
    TEST_GET_TYPE = 3,
    TEST_LOOKUP = 113,
    TEST_XML = 114,
    TEST_CAPS = 116,
    TEST_LIST = 285,
} testProcedure;

typedef struct {
    testScene *scene;
    remoteDaemon daemon;
    GMainContext *context;
    GMainLoop *loop;
    GThread *thread;
    virRPCServer *server;
    int one;
    int two;
    gint over; /* the first client has got all answers; atomic */
} testFixture;

/* --- the server ------------------------------------------------------------------------------- */

static void *
testConnected(virRPCClient *client G_GNUC_UNUSED, void *opaque)
{
    testFixture *fixture = opaque;

    return remoteClientNew(&fixture->daemon, true);
}

static void
testGone(virRPCClient *client G_GNUC_UNUSED, void *data, void *opaque G_GNUC_UNUSED)
{
    remoteClientFree(data);
}

static const virRPCServerHooks testHooks = {testConnected, remoteAdmit, testGone};

static void *
testLoop(void *opaque)
{
    testFixture *fixture = opaque;

    g_main_loop_run(fixture->loop);
    return NULL;
}

/* Asks, with arguments of that shape. */
static void
testAsk(int fd, int procedure, guint32 serial, xdrproc_t filter, void *args)
{
    const virRPCHeader header = {TEST_PROGRAM, 1, procedure, VIR_RPC_CALL, serial, 0};
    g_autoptr(GBytes) bytes = virRPCFrameEncode(&header, filter, args);

    g_assert_nonnull(bytes);
    testRPCSendBytes(fd, g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
}

/* The next answer, which is no error. */
static virRPCFrame *
testAnswer(int fd)
{
    virRPCFrame *frame = testRPCReceive(fd);

    g_assert_nonnull(frame);
    g_assert_cmpint(frame->header.type, ==, VIR_RPC_REPLY);
    g_assert_cmpint(frame->header.status, ==, VIR_RPC_OK);
    return frame;
}

static int
testConnect(testFixture *fixture)
{
    remote_open_args args = {.flags = VIR_CONNECT_RO};
    int fds[2];

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
    g_assert_true(g_unix_set_fd_nonblocking(fds[0], TRUE, NULL));
    virRPCServerAdd(fixture->server, fds[0], 0);
    testAsk(fds[1], TEST_OPEN, 0, (xdrproc_t)xdr_remote_open_args, &args);
    return fds[1];
}

static void
testAddVFs(const testScene *scene)
{
    for (guint i = 0; i < TEST_VFS; i++) {
        g_autofree char *address =
            g_strdup_printf("%04x:%02x:%02x.%x", 1 + i / 2048, i / 256 % 8, i / 8 % 32, i % 8);

        testSceneAddVF(scene, address, "mlx5_core");
    }
}

static void
testSetUp(testFixture *fixture, const void *opaque G_GNUC_UNUSED)
{
    virRPCServerLimits limits;

    virRPCServerLimitsInit(&limits);
    fixture->scene = testSceneNew("many-vfs");
    testAddVFs(fixture->scene);
    fixture->daemon.host = testSceneGetHost(fixture->scene);
    fixture->context = g_main_context_new();
    fixture->loop = g_main_loop_new(fixture->context, FALSE);
    fixture->server = virRPCServerNew(fixture->context, &limits, &testHooks, fixture);
    virRPCServerAddProgram(fixture->server, &remoteProgram);
    fixture->one = testConnect(fixture);
    fixture->two = testConnect(fixture);
    fixture->thread = g_thread_new("server", testLoop, fixture);
    virRPCFrameFree(testAnswer(fixture->one));
    virRPCFrameFree(testAnswer(fixture->two));
}

static void
testTearDown(testFixture *fixture, const void *opaque G_GNUC_UNUSED)
{
    g_main_loop_quit(fixture->loop);
    g_thread_join(fixture->thread);
    virRPCServerFree(fixture->server);
    g_main_loop_unref(fixture->loop);
    g_main_context_unref(fixture->context);
    virFileClose(&fixture->one);
    virFileClose(&fixture->two);
    testSceneFree(fixture->scene);
}

/* --- the clients ------------------------------------------------------------------------------ */

static void
testAskList(int fd)
{
    remote_list_args args = {.needResults = 1, .flags = VIR_CONNECT_LIST_NODE_DEVICES_CAP_PCI_DEV};

    testAsk(fd, TEST_LIST, 1, (xdrproc_t)xdr_remote_list_args, &args);
}

static void
testGetList(int fd, remote_node_devices_ret *list)
{
    g_autoptr(virRPCFrame) frame = NULL;

    testAskList(fd);
    frame = testAnswer(fd);
    g_assert_cmpint(virRPCDecode(frame->payload, frame->length,
                                 (xdrproc_t)xdr_remote_node_devices_ret, list, sizeof(*list)),
                    ==, 0);
    g_assert_cmpuint(list->items.items_len, ==, TEST_VFS);
}

static void *
testList(void *opaque)
{
    testFixture *fixture = opaque;

    for (int i = 0; i < TEST_LISTS; i++) {
        remote_node_devices_ret list;

        testGetList(fixture->one, &list);
        virRPCFree((xdrproc_t)xdr_remote_node_devices_ret, &list);
    }
    g_atomic_int_set(&fixture->over, TRUE);
    return NULL;
}

/* Has some questions under way at any time, so that the daemon has as much to do as one client may
 * give it. */
static void
testDescribeAll(int fd, const remote_node_devices_ret *list)
{
    guint32 answered = 0;

    for (guint32 i = 0; answered < TEST_VFS; i++) {
        if (i < TEST_VFS) {
            remote_string_flags args = {.value = list->items.items_val[i].name};

            testAsk(fd, TEST_XML, i, (xdrproc_t)xdr_remote_string_flags, &args);
        }
        if (i < TEST_AHEAD)
            continue;
        virRPCFrameFree(testAnswer(fd));
        answered++;
    }
}

static void *
testDescribe(void *opaque)
{
    testFixture *fixture = opaque;
    remote_node_devices_ret list;

    testGetList(fixture->one, &list);
    for (int round = 0; round < TEST_ROUNDS; round++)
        testDescribeAll(fixture->one, &list);
    virRPCFree((xdrproc_t)xdr_remote_node_devices_ret, &list);
    g_atomic_int_set(&fixture->over, TRUE);
    return NULL;
}

/* One question of each kind: of what is in memory, of what is in a file, of a device; and each is
 * answered. */
static void
testAskAFew(int fd)
{
    remote_string name = {.value = (char *)(guintptr) "pci_0001_01_02_3"};
    virRPCNothing nothing = {0};

    testAsk(fd, TEST_GET_TYPE, 1, (xdrproc_t)xdr_virRPCNothing, &nothing);
    virRPCFrameFree(testAnswer(fd));
    testAsk(fd, TEST_LOOKUP, 2, (xdrproc_t)xdr_remote_string, &name);
    virRPCFrameFree(testAnswer(fd));
    testAsk(fd, TEST_CAPS, 3, (xdrproc_t)xdr_remote_string, &name);
    virRPCFrameFree(testAnswer(fd));
}

/* How often the other client gets its answers while the first one works. */
static unsigned int
testCountBeside(testFixture *fixture, GThreadFunc work)
{
    GThread *thread;
    unsigned int answered = 0;

    g_atomic_int_set(&fixture->over, FALSE);
    thread = g_thread_new("client", work, fixture);
    for (; !g_atomic_int_get(&fixture->over); answered++)
        testAskAFew(fixture->two);
    g_thread_join(thread);
    return answered;
}

/* The other client's share of the daemon, whatever the host's speed. */
static void
testOthersAreAnswered(testFixture *fixture, const void *opaque G_GNUC_UNUSED)
{
    unsigned int lists = testCountBeside(fixture, testList);
    unsigned int descriptions = testCountBeside(fixture, testDescribe);

    g_test_message("three answers: %u times beside %d lists, %u times beside %d descriptions",
                   lists, TEST_LISTS, descriptions, TEST_ROUNDS * TEST_VFS);
    g_assert_cmpuint(lists, >, TEST_LISTS / 4);
    g_assert_cmpuint(descriptions, >, TEST_ROUNDS * TEST_VFS / 300);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add("/remotenodedevice/others are answered while one looks at 4096 devices", testFixture,
               NULL, testSetUp, testOthersAreAnswered, testTearDown);
    return g_test_run();
}
