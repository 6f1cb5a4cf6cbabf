/*
 * qemulogtest.c: tests of qemu_log, and of the driver's two threads
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>
#include <libvirt/libvirt.h>

#include "qemu_event.h"
#include "qemu_log.h"

static void
testWrite(const qemuLog *log, const char *text)
{
    g_assert_cmpint(write(qemuLogGetFD(log), text, strlen(text)), ==, (gssize)strlen(text));
}

static void
testFile(void)
{
    g_autofree char *directory = g_dir_make_tmp("qemulogtest-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(directory, "g.log", NULL);
    g_autofree char *chunk = g_strnfill(QEMU_LOG_MAX_FILE, 'x');
    g_autofree char *quote = NULL;
    g_autofree char *none = NULL;
    g_autofree char *end = NULL;
    g_autoptr(qemuLoop) loop = qemuLoopNew();
    g_autoptr(qemuLog) log = NULL;
    struct stat st;

    g_assert_true(g_file_set_contents(path, "an earlier run\n", -1, NULL));
    log = qemuLogOpen(loop, directory, "g");
    g_assert_nonnull(log);
    qemuLogAdd(log, "starting");
    none = qemuLogQuote(log);
    g_assert_cmpstr(none, ==, "");
    testWrite(log, "bad \x1b[2J thing\n");
    quote = qemuLogQuote(log);
    g_assert_cmpstr(quote, ==, ": bad  [2J thing");

    testWrite(log, chunk);
    testWrite(log, "the end\n");
    qemuLogTrim(log);
    g_assert_cmpint(stat(path, &st), ==, 0);
    g_assert_cmpint(st.st_size, <, 2 * QEMU_LOG_MAX_QUOTE);
    end = qemuLogQuote(log);
    g_assert_true(g_str_has_suffix(end, "xthe end"));
    /* QEMU goes on at the end, wherever that is now. */
    testWrite(log, "more\n");
    g_assert_cmpint(stat(path, &st), ==, 0);
    g_assert_cmpint(st.st_size, <, 2 * QEMU_LOG_MAX_QUOTE);
    g_unlink(path);
    g_assert_cmpint(g_rmdir(directory), ==, 0);
}

static void
testPipe(void)
{
    g_autoptr(qemuLoop) loop = qemuLoopNew();
    g_autoptr(qemuLog) log = qemuLogOpen(loop, NULL, "g");
    g_autofree char *chunk = g_strnfill(3 * QEMU_LOG_MAX_QUOTE, 'x');
    g_autofree char *quote = NULL;

    testWrite(log, chunk);
    testWrite(log, "last");
    qemuLogStarted(log);
    quote = qemuLogQuote(log);
    g_assert_cmpuint(strlen(quote), ==, QEMU_LOG_MAX_QUOTE + 2);
    g_assert_true(g_str_has_suffix(quote, "xlast"));
}

static void
testCount(void *opaque)
{
    g_atomic_int_inc((int *)opaque);
}

static void
testLoop(void)
{
    qemuLoop *loop = qemuLoopNew();
    int calls = 0;

    g_assert_false(qemuLoopIsCurrent(loop));
    for (int i = 0; i < 100; i++)
        qemuLoopPost(loop, testCount, &calls);
    qemuLoopRun(loop, testCount, &calls);
    /* In their order: the last one has been, so all have. */
    g_assert_cmpint(g_atomic_int_get(&calls), ==, 101);
    qemuLoopPost(loop, testCount, &calls);
    qemuLoopFree(loop);
    g_assert_cmpint(calls, ==, 102);
    /* One that is ended at once. */
    qemuLoopFree(qemuLoopNew());
}

/* A handler that queues, and counts. */
typedef struct {
    qemuEventQueue *queue;
    virDomainObj *vm;
    int seen;
} testEvents;

static void
testHandle(const qemuEvent *event, void *opaque)
{
    testEvents *test = opaque;

    g_assert_cmpstr(event->name, ==, "g");
    g_assert_cmpint(event->detail, ==, test->seen);
    test->seen++;
    if (test->seen == 3)
        qemuEventQueueSetHandler(test->queue, NULL, NULL);
}

static void
testEventOrder(void)
{
    static const char xml[] =
        "<domain type='qemu'><name>g</name><memory>16384</memory><os><type>hvm"
        "</type></os></domain>";
    g_autoptr(virDomainObj) vm = virDomainObjNew(virDomainDefParse(xml, strlen(xml), "g.xml"));
    testEvents test = {.queue = qemuEventQueueNew(), .vm = vm};

    qemuEventQueueSetHandler(test.queue, testHandle, &test);
    for (int i = 0; i < 5; i++)
        qemuEventQueueLifecycle(test.queue, vm, VIR_DOMAIN_EVENT_STARTED, i);
    qemuEventQueueFlush(test.queue);
    /* It has taken itself away in the third. */
    g_assert_cmpint(test.seen, ==, 3);
    qemuEventQueueFree(test.queue);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/qemulog/file", testFile);
    g_test_add_func("/qemulog/pipe", testPipe);
    g_test_add_func("/qemulog/loop", testLoop);
    g_test_add_func("/qemulog/events in their order", testEventOrder);
    return g_test_run();
}
