/*
 * qemumonitortest.c: tests of qemu_monitor and qemu_monitor_io with a scripted QEMU
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <glib-unix.h>

#include "qemu_monitor.h"
#include "qemu_stats.h"
#include "qemu_monitor_io.h"
#include "testqmp.h"
#include "virerror.h"
#include "virfile.h"

#define GREETING                                                                                   \
    "{\"QMP\": {\"version\": {\"qemu\": {\"micro\": 22, \"minor\": 2, \"major\": 7}, "             \
    "\"package\": \"x\"}, \"capabilities\": [\"oob\"]}}\r\n"
#define OK "{\"return\": {}, \"id\": \"ID\"}\r\n"

/* A monitor, its loop, and what it has told. */
typedef struct {
    qemuLoop *loop;
    qemuMonitor *mon;
    GAsyncQueue *told; /* "EVENT reason", "closed" */
} testMonitor;

static void
testHandleEvent(qemuMonitor *mon G_GNUC_UNUSED, const char *name, JsonObject *data, void *opaque)
{
    const testMonitor *test = opaque;
    const char *reason = qemuMonitorGetString(data, "reason");

    g_assert_true(qemuLoopIsCurrent(test->loop));
    g_async_queue_push(test->told, g_strconcat(name, reason ? " " : NULL, reason, NULL));
}

static void
testHandleMonitorClosed(qemuMonitor *mon, void *opaque)
{
    const testMonitor *test = opaque;

    g_assert_true(qemuMonitorIsClosed(mon));
    g_async_queue_push(test->told, g_strdup("closed"));
}

static void
testMonitorInit(testMonitor *test, int fd)
{
    static const qemuMonitorHandlers handlers = {
        .event = testHandleEvent,
        .closed = testHandleMonitorClosed,
    };

    test->told = g_async_queue_new_full(g_free);
    test->loop = qemuLoopNew();
    test->mon = qemuMonitorNew(test->loop, fd, &handlers, test, NULL);
}

static void
testMonitorClear(testMonitor *test)
{
    qemuMonitorClose(test->mon);
    qemuMonitorUnref(test->mon);
    qemuLoopFree(test->loop);
    g_async_queue_unref(test->told);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(testMonitor, testMonitorClear)

/* What the monitor tells next. */
static void
testAwait(testMonitor *test, const char *expected)
{
    g_autofree char *told = g_async_queue_pop(test->told);

    g_assert_cmpstr(told, ==, expected);
}

/* In place of json-glib's: of what two copies of a node have in common the references are not
 * counted atomically. An answer that the loop copied for another thread would stay, once in a long
 * while. */
JsonNode *
json_node_copy(JsonNode *node G_GNUC_UNUSED)
{
    g_error("an answer is copied");
}

/* The whole conversation, at once and in single bytes. */
static void
testConversation(const void *opaque)
{
    static const testStep script[] = {
        {"qmp_capabilities", OK},
        {"query-status", "{\"return\": {\"status\": \"prelaunch\", \"running\": false}, "
                         "\"id\": \"ID\"}\r\n"},
        {"cont", "{\"timestamp\": {}, \"event\": \"RESUME\"}\r\n" OK},
        {"query-status", "{\"id\": \"ID\", \"return\": {\"running\": true}}\r\n"},
        {"system_powerdown", OK "{\"event\": \"SHUTDOWN\", \"data\": {\"guest\": true, "
                                "\"reason\": \"guest-shutdown\"}}\r\n"},
        {"quit", NULL},
        {NULL},
    };
    g_auto(testPeer) peer = {0};
    int fd = testPeerInit(&peer, script);
    g_auto(testMonitor) test = {0};
    g_autofree char *package = NULL;
    g_autofree char *status = NULL;
    bool running = true;

    testMonitorInit(&test, fd);
    peer.slow = GPOINTER_TO_INT(opaque);
    testSay(&peer, GREETING);
    g_assert_cmpint(qemuMonitorNegotiate(test.mon, 10000), ==, 0);
    g_assert_cmpuint(qemuMonitorGetVersion(test.mon), ==, 7002022);
    package = qemuMonitorGetPackage(test.mon);
    g_assert_cmpstr(package, ==, "x");
    g_assert_cmpint(qemuMonitorQueryStatus(test.mon, &running, &status), ==, 0);
    g_assert_false(running);
    g_assert_cmpstr(status, ==, "prelaunch");
    g_assert_cmpint(qemuMonitorContinue(test.mon), ==, 0);
    testAwait(&test, "RESUME");
    g_assert_cmpint(qemuMonitorQueryStatus(test.mon, &running, NULL), ==, 0);
    g_assert_true(running);

    g_assert_cmpint(qemuMonitorSystemPowerdown(test.mon), ==, 0);
    testAwait(&test, "SHUTDOWN guest-shutdown");
    g_assert_false(qemuMonitorIsClosed(test.mon));
    g_assert_cmpint(qemuMonitorQuit(test.mon), ==, -1);
    testAwait(&test, "closed");
    g_assert_true(qemuMonitorIsClosed(test.mon));
    virErrorReset();
}

/* A peer that says something before it greets, or instead. */
typedef struct {
    const char *name;
    const char *says; /* NULL closes at once */
    int rc;           /* of qemuMonitorNegotiate() */
    const char *message;
} testOpening;

static const testOpening testOpenings[] = {
    {"greets", GREETING, 0, ""},
    {"garbage first", "hello?\n\n{\n[1]\n17\n\"QMP\"\n" GREETING, 0, ""},
    {"bytes that are no UTF-8", "\xff\xfe\n" GREETING, 0, ""},
    {"an unknown kind of message", "{\"QMQ\": {}}\n" GREETING, 0, ""},
    {"members of the wrong type", "{\"QMP\": 7}\n{\"event\": {}}\n{\"event\": 5}\n" GREETING, 0,
     ""},
    {"a reply that nobody waits for",
     "{\"return\": {}, \"id\": \"virtvfio-9\"}\n"
     "{\"return\": {}, \"id\": 1}\n{\"error\": 3}\n" GREETING,
     0, ""},
    {"events first", "{\"event\": \"STOP\"}\n{\"event\": \"SHUTDOWN\", \"data\": []}\n" GREETING, 0,
     ""},
    {"a greeting without a version", "{\"QMP\": {\"version\": \"7\"}}\n", 0, ""},
    {"nothing", "", -1, "QEMU did not open its monitor in time"},
    {"half a greeting", "{\"QMP\": {", -1, "QEMU did not open its monitor in time"},
    {"good-bye", NULL, -1, "QEMU closed its monitor"},
    {"nothing but garbage", "1\n2\n3\n4\n5\n6\n7\n8\n9\n1\n2\n3\n4\n5\n6\n7\n8\n9\n", -1,
     "QEMU's monitor sends nothing that makes sense"},
};

static void
testOpen(const void *opaque)
{
    static const testStep script[] = {{"qmp_capabilities", OK}, {NULL}};
    const testOpening *test = opaque;
    g_auto(testPeer) peer = {0};
    int fd = testPeerInit(&peer, script);
    g_auto(testMonitor) monitor = {0};

    testMonitorInit(&monitor, fd);
    virErrorReset();
    if (test->says)
        testSay(&peer, test->says);
    else
        shutdown(peer.fd, SHUT_RDWR);
    /* Only where silence is the case is the time used up. */
    g_assert_cmpint(
        qemuMonitorNegotiate(monitor.mon, strstr(test->message, "in time") ? 50 : 10000), ==,
        test->rc);
    g_assert_nonnull(strstr(virErrorGetMessage(), test->message));
    virErrorReset();
}

static void
testCommandFails(void)
{
    static const testStep script[] = {
        {"qmp_capabilities", OK},
        {"cont", "{\"error\": {\"class\": \"GenericError\", \"desc\": \"no such luck\"}, "
                 "\"id\": \"ID\"}\n"},
        {"cont", "{\"error\": {}, \"id\": \"ID\"}\n"},
        {"query-status", "{\"return\": [], \"id\": \"ID\"}\n"},
        {"cont", NULL},
        {NULL},
    };
    static const char *const messages[] = {
        "QEMU's monitor command cont failed: no such luck",
        "QEMU's monitor command cont failed: QEMU did not say why",
        "QEMU's monitor did not say whether the guest runs",
        "QEMU's monitor command cont failed: QEMU closed its monitor",
        "QEMU's monitor command cont failed: QEMU closed its monitor",
    };
    g_auto(testPeer) peer = {0};
    int fd = testPeerInit(&peer, script);
    g_auto(testMonitor) monitor = {0};
    bool running = true;

    testMonitorInit(&monitor, fd);
    testSay(&peer, GREETING);
    g_assert_cmpint(qemuMonitorNegotiate(monitor.mon, 10000), ==, 0);
    for (size_t i = 0; i < G_N_ELEMENTS(messages); i++) {
        g_assert_cmpint(i == 2 ? qemuMonitorQueryStatus(monitor.mon, &running, NULL)
                               : qemuMonitorContinue(monitor.mon),
                        ==, -1);
        g_assert_cmpstr(virErrorGetMessage(), ==, messages[i]);
        g_assert_cmpint(virErrorGetLast()->code, ==, VIR_ERR_OPERATION_FAILED);
    }
    g_assert_true(running);
    virErrorReset();
}

/* QEMU's errors, and the codes that they become. */
static void
testErrorCodes(void)
{
    static const testStep script[] = {
        {"qmp_capabilities", OK},
        {"device_del", "{\"error\": {\"class\": \"DeviceNotFound\", \"desc\": \"Device 'x' not "
                       "found\"}, \"id\": \"ID\"}\n"},
        {"device_add", "{\"error\": {\"class\": \"GenericError\", \"desc\": \"no room\"}, "
                       "\"id\": \"ID\"}\n"},
        {"slow", "{\"event\": \"X\"}\n"},
        {"cont", OK},
        {NULL},
    };
    g_auto(testPeer) peer = {0};
    int fd = testPeerInit(&peer, script);
    g_auto(testMonitor) test = {0};

    testMonitorInit(&test, fd);
    testSay(&peer, GREETING);
    g_assert_cmpint(qemuMonitorNegotiate(test.mon, 10000), ==, 0);
    g_assert_cmpint(qemuMonitorDelDevice(test.mon, "x"), ==, -1);
    g_assert_cmpint(virErrorGetLast()->code, ==, VIR_ERR_DEVICE_MISSING);
    g_assert_cmpint(qemuMonitorAddDevice(test.mon, json_object_new()), ==, -1);
    g_assert_cmpint(virErrorGetLast()->code, ==, VIR_ERR_OPERATION_FAILED);
    g_assert_cmpint(qemuMonitorCommandTimed(test.mon, "slow", NULL, 20, NULL), ==, -1);
    g_assert_cmpint(virErrorGetLast()->code, ==, VIR_ERR_OPERATION_TIMEOUT);
    /* Nobody waits for it any more. */
    testSay(&peer, "{\"return\": {}, \"id\": \"virtvfio-4\"}\n");
    g_assert_cmpint(qemuMonitorContinue(test.mon), ==, 0);
    virErrorReset();
}

/* A thread that asks until the monitor is closed. */
static void *
testAsk(void *opaque)
{
    qemuMonitor *mon = opaque;
    int answers = 0;

    while (qemuMonitorContinue(mon) == 0)
        answers++;
    return GINT_TO_POINTER(answers);
}

/* Many threads ask at once; each gets its own answer, and all of them the end. */
static void
testThreads(void)
{
    testStep script[102] = {{"qmp_capabilities", OK}};
    g_auto(testPeer) peer = {0};
    g_auto(testMonitor) test = {0};
    GThread *threads[8];
    int answers = 0;
    int fd;

    for (size_t i = 1; i < 101; i++)
        script[i] = (testStep){"cont", OK};
    script[101] = (testStep){"cont", NULL};
    fd = testPeerInit(&peer, script);
    testMonitorInit(&test, fd);
    testSay(&peer, GREETING);
    g_assert_cmpint(qemuMonitorNegotiate(test.mon, 10000), ==, 0);
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = g_thread_new("ask", testAsk, test.mon);
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
        answers += GPOINTER_TO_INT(g_thread_join(threads[i]));
    g_assert_cmpint(answers, ==, 100);
}

static void *
testAskOnce(void *opaque)
{
    return GINT_TO_POINTER(qemuMonitorContinue(opaque));
}

/* Closing our end is an answer for whoever waits. */
static void
testCloseWhileWaiting(void)
{
    static const testStep script[] = {
        {"qmp_capabilities", OK}, {"cont", "{\"event\": \"GOT IT\"}\n"}, {NULL}};
    g_auto(testPeer) peer = {0};
    int fd = testPeerInit(&peer, script);
    g_auto(testMonitor) test = {0};
    GThread *thread;

    testMonitorInit(&test, fd);
    testSay(&peer, GREETING);
    g_assert_cmpint(qemuMonitorNegotiate(test.mon, 10000), ==, 0);
    thread = g_thread_new("ask", testAskOnce, test.mon);
    testAwait(&test, "GOT IT");
    qemuMonitorClose(test.mon);
    g_assert_cmpint(GPOINTER_TO_INT(g_thread_join(thread)), ==, -1);
    g_assert_cmpint(qemuMonitorContinue(test.mon), ==, -1);
    virErrorReset();
}

/* What an I/O test sees. */
typedef struct {
    qemuMonitorIO *io;
    guint replies;
    guint failures;
    guint closed;
    char *last; /* the last failure, or the reason of the end */
    qemuMonitorIOErrorKind kind;
} testSeen;

static void
testSeenClear(testSeen *seen)
{
    qemuMonitorIOFree(seen->io);
    g_free(seen->last);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(testSeen, testSeenClear)

static void
testHandleReply(JsonNode *result, const qemuMonitorIOError *error, void *opaque)
{
    testSeen *seen = opaque;

    g_assert_true((result != NULL) != (error != NULL));
    if (result) {
        seen->replies++;
        return;
    }
    seen->failures++;
    g_free(seen->last);
    seen->last = g_strdup(error->message);
    seen->kind = error->kind;
}

static void
testHandleClosed(const char *reason, void *opaque)
{
    testSeen *seen = opaque;

    seen->closed++;
    g_free(seen->last);
    seen->last = g_strdup(reason);
}

static void
testFreeInReply(JsonNode *result, const qemuMonitorIOError *error G_GNUC_UNUSED, void *opaque)
{
    testSeen *seen = opaque;

    seen->replies += result != NULL;
    g_clear_pointer(&seen->io, qemuMonitorIOFree);
}

static const qemuMonitorIOHandlers testIOHandlers = {.closed = testHandleClosed};

static void
testSend(testSeen *seen, const char *command, guint timeout_ms, qemuMonitorIOReply reply)
{
    const qemuMonitorIOWaiter waiter = {.reply = reply, .opaque = seen};

    qemuMonitorIOSend(seen->io, command, NULL, timeout_ms, &waiter);
}

static void
testTimeout(void)
{
    static const testStep script[] = {{"slow", "{\"event\": \"X\"}\n"}, {"fast", OK}, {NULL}};
    g_auto(testPeer) peer = {0};
    g_auto(testSeen) seen = {0};

    seen.io = qemuMonitorIONew(testPeerInit(&peer, script), &testIOHandlers, &seen);
    testSend(&seen, "slow", 20, testHandleReply);
    while (seen.failures == 0)
        g_main_context_iteration(NULL, TRUE);
    g_assert_cmpstr(seen.last, ==, "QEMU did not answer slow in time");
    g_assert_cmpint(seen.kind, ==, QEMU_MONITOR_IO_TIMEOUT);
    /* Its answer comes now, and is nobody's. */
    testSay(&peer, "{\"return\": {}, \"id\": \"virtvfio-1\"}\n");
    testSend(&seen, "fast", 10000, testHandleReply);
    while (seen.replies == 0)
        g_main_context_iteration(NULL, TRUE);
    g_assert_cmpuint(seen.replies, ==, 1);
    g_assert_cmpuint(seen.failures, ==, 1);
    g_assert_cmpuint(seen.closed, ==, 0);
}

/* The answers come in another order than the commands. */
static void
testOrder(void)
{
    static const testStep script[] = {
        {"first", "{\"event\": \"X\"}\n"},
        {"second", OK "{\"error\": {\"desc\": \"late\"}, \"id\": \"virtvfio-1\"}\n"},
        {NULL},
    };
    g_auto(testPeer) peer = {0};
    g_auto(testSeen) first = {0};
    testSeen second = {0};

    first.io = qemuMonitorIONew(testPeerInit(&peer, script), &testIOHandlers, &first);
    testSend(&first, "first", 10000, testHandleReply);
    second.io = first.io;
    testSend(&second, "second", 10000, testHandleReply);
    while (first.failures + first.replies == 0)
        g_main_context_iteration(NULL, TRUE);
    g_assert_cmpuint(second.replies, ==, 1);
    g_assert_cmpstr(first.last, ==, "late");
}

static void
testCloseFailsAll(void)
{
    static const testStep script[] = {{"one", "{\"event\": \"X\"}\n"}, {"two", NULL}, {NULL}};
    g_auto(testPeer) peer = {0};
    g_auto(testSeen) seen = {0};

    seen.io = qemuMonitorIONew(testPeerInit(&peer, script), &testIOHandlers, &seen);
    testSend(&seen, "one", 10000, testHandleReply);
    testSend(&seen, "two", 10000, testHandleReply);
    while (seen.closed == 0)
        g_main_context_iteration(NULL, TRUE);
    g_assert_cmpuint(seen.failures, ==, 2);
    g_assert_cmpint(seen.kind, ==, QEMU_MONITOR_IO_CLOSED);
    testSend(&seen, "three", 10000, testHandleReply);
    g_assert_cmpuint(seen.failures, ==, 3);
    g_assert_cmpuint(seen.closed, ==, 1);
}

static void
testFreeInHandler(void)
{
    static const testStep script[] = {{"bye", OK OK OK}, {NULL}};
    g_auto(testPeer) peer = {0};
    g_auto(testSeen) seen = {0};

    seen.io = qemuMonitorIONew(testPeerInit(&peer, script), &testIOHandlers, &seen);
    testSend(&seen, "bye", 10000, testFreeInReply);
    while (seen.io)
        g_main_context_iteration(NULL, TRUE);
    g_assert_cmpuint(seen.replies, ==, 1);
    g_assert_cmpuint(seen.closed, ==, 0);
}

/* Writes to the peer's end from a thread: more than fits into the socket. */
static void *
testFlood(void *opaque)
{
    const testPeer *peer = opaque;
    g_autofree char *chunk = g_malloc(64 * 1024);

    memset(chunk, 'x', 64 * 1024);
    /* Ends when our side closes. */
    while (send(peer->fd, chunk, 64 * 1024, MSG_NOSIGNAL) > 0)
        ;
    return NULL;
}

static void
testEndlessLine(void)
{
    g_auto(testPeer) peer = {0};
    g_auto(testSeen) seen = {0};
    GThread *thread;

    seen.io = qemuMonitorIONew(testPeerInit(&peer, NULL), &testIOHandlers, &seen);
    thread = g_thread_new("flood", testFlood, &peer);
    while (seen.closed == 0)
        g_main_context_iteration(NULL, TRUE);
    g_thread_join(thread);
    g_assert_cmpstr(seen.last, ==, "QEMU's monitor sent a line without an end");
}

/* json-glib would follow it until the stack ends. */
static void
testDeepNesting(void)
{
    static const testStep script[] = {{"cont", OK}, {NULL}};
    g_auto(testPeer) peer = {0};
    g_auto(testSeen) seen = {0};
    g_autofree char *deep = g_strnfill(100 * 1000, '[');

    seen.io = qemuMonitorIONew(testPeerInit(&peer, script), &testIOHandlers, &seen);
    testSay(&peer, deep);
    testSay(&peer,
            "\n{\"event\": \"a string with \\\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["
            "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\"}\n");
    testSend(&seen, "cont", 10000, testHandleReply);
    while (seen.replies == 0)
        g_main_context_iteration(NULL, TRUE);
    g_assert_cmpuint(seen.closed, ==, 0);
}

/* Garbage is warned of, and the tests send it on purpose. */
static gboolean
testIgnoreWarnings(const char *source G_GNUC_UNUSED, GLogLevelFlags level,
                   const char *message G_GNUC_UNUSED, void *opaque G_GNUC_UNUSED)
{
    return !(level & G_LOG_LEVEL_WARNING);
}

/* Disks that QEMU has: by their aliases, whatever the path to their device; and some nonsense. */
static void
testDisks(void)
{
    static const testStep script[] = {
        {"qmp_capabilities", OK},
        {"query-block",
         "{\"return\": [{\"qdev\": \"/machine/peripheral/ua-a/virtio-backend\", \"io-status\": "
         "\"nospace\", \"inserted\": {\"image\": {\"virtual-size\": 4096}}}, {\"qdev\": \"b\", "
         "\"io-status\": \"failed\"}, {\"qdev\": \"c\", \"io-status\": \"ok\", \"inserted\": 5}, "
         "{\"qdev\": 7}, [], 3], \"id\": \"ID\"}\r\n"},
        {"query-block", "{\"return\": {}, \"id\": \"ID\"}\r\n"},
        {NULL},
    };
    g_auto(testPeer) peer = {0};
    int fd = testPeerInit(&peer, script);
    g_auto(testMonitor) test = {0};
    g_autoptr(GHashTable) disks = NULL;
    const qemuStatsDisk *disk;

    testMonitorInit(&test, fd);
    testSay(&peer, GREETING);
    g_assert_cmpint(qemuMonitorNegotiate(test.mon, 10000), ==, 0);
    disks = qemuStatsGetDisks(test.mon, 10000);
    g_assert_cmpuint(g_hash_table_size(disks), ==, 3);
    disk = g_hash_table_lookup(disks, "ua-a");
    g_assert_cmpuint(disk->size, ==, 4096);
    g_assert_cmpint(disk->error, ==, VIR_DOMAIN_DISK_ERROR_NO_SPACE);
    disk = g_hash_table_lookup(disks, "b");
    g_assert_cmpuint(disk->size, ==, 0);
    g_assert_cmpint(disk->error, ==, VIR_DOMAIN_DISK_ERROR_UNSPEC);
    disk = g_hash_table_lookup(disks, "c");
    g_assert_cmpint(disk->error, ==, VIR_DOMAIN_DISK_ERROR_NONE);
    g_assert_null(qemuStatsGetDisks(test.mon, 10000));
    g_assert_cmpstr(virErrorGetMessage(), ==, "QEMU's monitor answered query-block with no list");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_log_set_fatal_handler(testIgnoreWarnings, NULL);
    g_log_set_always_fatal(G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL);
    g_test_add_data_func("/qemumonitor/conversation", GINT_TO_POINTER(0), testConversation);
    g_test_add_data_func("/qemumonitor/conversation byte by byte", GINT_TO_POINTER(1),
                         testConversation);
    for (size_t i = 0; i < G_N_ELEMENTS(testOpenings); i++) {
        g_autofree char *path = g_strdup_printf("/qemumonitor/open/%s", testOpenings[i].name);

        g_test_add_data_func(path, &testOpenings[i], testOpen);
    }
    g_test_add_func("/qemumonitor/command fails", testCommandFails);
    g_test_add_func("/qemumonitor/codes of errors", testErrorCodes);
    g_test_add_func("/qemumonitor/disks", testDisks);
    g_test_add_func("/qemumonitor/threads", testThreads);
    g_test_add_func("/qemumonitor/closed while somebody waits", testCloseWhileWaiting);
    g_test_add_func("/qemumonitor/io/timeout", testTimeout);
    g_test_add_func("/qemumonitor/io/answers in another order", testOrder);
    g_test_add_func("/qemumonitor/io/the end fails all commands", testCloseFailsAll);
    g_test_add_func("/qemumonitor/io/freed in a handler", testFreeInHandler);
    g_test_add_func("/qemumonitor/io/a line without an end", testEndlessLine);
    g_test_add_func("/qemumonitor/io/deep nesting", testDeepNesting);
    return g_test_run();
}
