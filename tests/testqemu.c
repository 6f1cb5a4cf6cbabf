/*
 * testqemu.c: a QEMU driver in a directory of its own, and what it tells
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <signal.h>
#include <string.h>

#include <glib/gstdio.h>

#include "testqemu.h"
#include "virerror.h"

/* Details by event, as libvirt numbers them. */
static const char *const testDetails[][8] = {
    {"defined added", "defined updated"},
    {"undefined removed"},
    {"started booted", "started migrated", "started restored", "started from snapshot",
     "started wakeup"},
    {"suspended paused", "suspended migrated", "suspended ioerror"},
    {"resumed unpaused"},
    {"stopped shutdown", "stopped destroyed", "stopped crashed", "stopped migrated",
     "stopped saved", "stopped failed"},
    {"shutdown finished", "shutdown guest", "shutdown host"},
    {"pmsuspended memory"},
    {"crashed panicked"},
};

static const char *const testAgents[][3] = {
    {NULL},
    {"agent connected", "agent connected at start", "agent connected by channel"},
    {"agent disconnected", "agent disconnected at start", "agent disconnected by channel"},
};

static const struct {
    int kind;
    const char *text;
} testKinds[] = {
    {VIR_DOMAIN_EVENT_ID_REBOOT, "reboot"},
    {VIR_DOMAIN_EVENT_ID_DEVICE_ADDED, "added"},
    {VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED, "removed"},
    {VIR_DOMAIN_EVENT_ID_DEVICE_REMOVAL_FAILED, "keeps"},
};

static void
testQEMUHandleEvent(const qemuEvent *event, void *opaque)
{
    GAsyncQueue *events = opaque;
    const char *text = "other";

    if (event->kind == VIR_DOMAIN_EVENT_ID_LIFECYCLE)
        text = testDetails[event->type][event->detail];
    if (event->kind == VIR_DOMAIN_EVENT_ID_AGENT_LIFECYCLE)
        text = testAgents[event->type][event->detail];
    for (size_t i = 0; i < G_N_ELEMENTS(testKinds); i++) {
        if (testKinds[i].kind == event->kind)
            text = testKinds[i].text;
    }
    if (event->kind == VIR_DOMAIN_EVENT_ID_BALLOON_CHANGE)
        g_async_queue_push(
            events, g_strdup_printf("%s balloon %" G_GUINT64_FORMAT, event->name, event->size_kib));
    else
        g_async_queue_push(events, g_strjoin(" ", event->name, text, event->alias, NULL));
}

void
testQEMUOpen(testQEMU *test)
{
    g_autofree char *run = test->directory ? g_build_filename(test->directory, "run", NULL) : NULL;
    g_autofree char *state =
        test->directory ? g_build_filename(test->directory, "state", NULL) : NULL;
    g_autofree char *log = test->directory ? g_build_filename(test->directory, "log", NULL) : NULL;
    g_autofree char *cache =
        test->directory ? g_build_filename(test->directory, "cache", NULL) : NULL;
    const qemuDriverConfig config = {
        .stateDirectory = state,
        .runDirectory = run,
        .logDirectory = log,
        .cacheDirectory = cache,
        .user = test->user ? test->user : "",
        .unplugTimeout_ms = test->unplugTimeout_ms,
        .agentTimeout_ms = test->agentTimeout_ms,
        .host = test->host,
        .hostdevMgr = test->hostdevMgr,
        .eventHandler = testQEMUHandleEvent,
        .eventOpaque = test->events,
    };

    test->driver = qemuDriverNew(&config);
    if (!test->driver)
        g_error("%s", virErrorGetMessage());
}

void
testQEMUInit(testQEMU *test, unsigned int flags)
{
    test->events = g_async_queue_new_full(g_free);
    if (!(flags & TEST_QEMU_EMBEDDED))
        test->directory = g_dir_make_tmp("testqemu-XXXXXX", NULL);
    testQEMUOpen(test);
}

void
testQEMURestart(testQEMU *test)
{
    qemuDriverFree(test->driver);
    testQEMUOpen(test);
}

/* Removes a directory; asserts that it holds files only. */
static void
testRemoveDirectory(const char *top, const char *name)
{
    g_autofree char *path = g_build_filename(top, name, NULL);
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *entry;

    while (dir && (entry = g_dir_read_name(dir))) {
        g_autofree char *file = g_build_filename(path, entry, NULL);

        if (strcmp(name, "run") == 0 && strcmp(entry, "driver.lock") != 0 &&
            strcmp(entry, "driver") != 0 && strcmp(entry, "autostarted") != 0)
            g_error("%s is left", file);
        g_assert_cmpint(g_unlink(file), ==, 0);
    }
    if (dir)
        g_assert_cmpint(g_rmdir(path), ==, 0);
}

void
testQEMUClear(testQEMU *test)
{
    static const char *const directories[] = {"run", "state/save", "state", "log", "cache"};
    g_autoptr(GPtrArray) vms = qemuDriverListDomains(test->driver, VIR_CONNECT_LIST_DOMAINS_ACTIVE);

    for (guint i = 0; i < vms->len; i++)
        g_assert_cmpint(qemuDomainDestroy(g_ptr_array_index(vms, i), 0), ==, 0);
    g_ptr_array_set_size(vms, 0);
    qemuDriverFree(test->driver);
    g_async_queue_unref(test->events);
    for (size_t i = 0; test->directory && i < G_N_ELEMENTS(directories); i++)
        testRemoveDirectory(test->directory, directories[i]);
    if (test->directory)
        g_assert_cmpint(g_rmdir(test->directory), ==, 0);
    g_free(test->directory);
}

/* Longer than anything here takes. */
#define TEST_QEMU_TIMEOUT (4 * 60 * (gint64)G_USEC_PER_SEC)

static char *
testQEMUNext(testQEMU *test, const char *expected)
{
    char *event = g_async_queue_timeout_pop(test->events, TEST_QEMU_TIMEOUT);

    if (!event)
        g_error("the event \"%s\" does not come", expected);
    return event;
}

void
testQEMUAwait(testQEMU *test, const char *expected)
{
    g_autofree char *event = testQEMUNext(test, expected);

    g_assert_cmpstr(event, ==, expected);
}

void
testQEMUAwaitAll(testQEMU *test, ...)
{
    const char *expected;
    va_list ap;

    va_start(ap, test);
    while ((expected = va_arg(ap, const char *)))
        testQEMUAwait(test, expected);
    va_end(ap);
}

void
testQEMUAwaitLater(testQEMU *test, const char *expected)
{
    for (;;) {
        g_autofree char *event = testQEMUNext(test, expected);

        if (strcmp(event, expected) == 0)
            return;
    }
}

char *
testQEMUMakeXML(const char *name, bool fake, const char *more)
{
    g_autofree char *path = g_build_filename(g_getenv("abs_top_srcdir"), "tests", "qemuprocessdata",
                                             "fakeqemu.py", NULL);
    g_autofree char *emulator =
        fake ? g_strdup_printf("<devices><emulator>%s</emulator></devices>", path) : g_strdup("");

    return g_strdup_printf("<domain type='qemu'><name>%s</name><memory unit='MiB'>16</memory>"
                           "<os><type machine='q35'>hvm</type></os>%s%s</domain>",
                           name, more ? more : "", emulator);
}

bool
testQEMUIsThere(void)
{
    g_autofree char *path = g_find_program_in_path("qemu-system-x86_64");

    if (!path)
        g_test_skip("needs qemu-system-x86_64");
    return path != NULL;
}

void
testQEMUAssertError(int code, const char *text)
{
    if (!strstr(virErrorGetMessage(), text))
        g_error("\"%s\" does not say \"%s\"", virErrorGetMessage(), text);
    g_assert_cmpint(virErrorGetLast()->code, ==, code);
    virErrorReset();
}

bool
testProcessIsThere(pid_t pid)
{
    return kill(pid, 0) == 0;
}
