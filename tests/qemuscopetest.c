/*
 * qemuscopetest.c: tests of qemu_scope, with somebody on a bus of its own who says to be systemd
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "qemu_scope.h"
#include "virerror.h"

static const char testInterface[] =
    "<node><interface name='org.freedesktop.systemd1.Manager'>"
    "<method name='Subscribe'/>"
    "<method name='StartTransientUnit'><arg type='s'/><arg type='s'/><arg type='a(sv)'/>"
    "<arg type='a(sa(sv))'/><arg type='o' direction='out'/></method>"
    "<signal name='JobRemoved'><arg type='u'/><arg type='o'/><arg type='s'/><arg "
    "type='s'/></signal>"
    "</interface></node>";

#define TEST_PATH "/org/freedesktop/systemd1"
#define TEST_JOB  TEST_PATH "/job/7"

/* A bus with the fake systemd, which has a thread. */
typedef struct {
    GTestDBus *daemon;
    GDBusConnection *ours;
    GDBusConnection *theirs;
    GMainContext *context;
    GMainLoop *loop;
    GThread *thread;
    const char *result; /* of the job; NULL: StartTransientUnit fails */
    char *asked;        /* the last arguments but those of Subscribe, as text */
} testBus;

static void
testSignal(testBus *test, const char *job, const char *result)
{
    g_assert_true(g_dbus_connection_emit_signal(
        test->theirs, NULL, TEST_PATH, "org.freedesktop.systemd1.Manager", "JobRemoved",
        g_variant_new("(uoss)", 7, job, "unit", result), NULL));
}

static void
testHandleCall(GDBusConnection *bus G_GNUC_UNUSED, const char *sender G_GNUC_UNUSED,
               const char *path G_GNUC_UNUSED, const char *interface G_GNUC_UNUSED,
               const char *method, GVariant *arguments, GDBusMethodInvocation *call,
               gpointer opaque)
{
    testBus *test = opaque;

    if (strcmp(method, "Subscribe") == 0) {
        g_dbus_method_invocation_return_value(call, NULL);
        return;
    }
    g_free(test->asked);
    test->asked = g_variant_print(arguments, FALSE);
    if (!test->result) {
        g_dbus_method_invocation_return_dbus_error(call, "org.freedesktop.systemd1.UnitExists",
                                                   "Unit is there already.");
    } else {
        /* Another one's job; and one may end before who asked for it is told its name. */
        testSignal(test, TEST_PATH "/job/6", "failed");
        testSignal(test, TEST_JOB, test->result);
        g_dbus_method_invocation_return_value(call, g_variant_new("(o)", TEST_JOB));
    }
}

static const GDBusInterfaceVTable testVTable = {.method_call = testHandleCall};

static GDBusConnection *
testConnect(testBus *test)
{
    g_autoptr(GError) error = NULL;
    GDBusConnection *bus =
        g_dbus_connection_new_for_address_sync(g_test_dbus_get_bus_address(test->daemon),
                                               G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                                                   G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                               NULL, NULL, &error);

    g_assert_no_error(error);
    return bus;
}

static gpointer
testServe(gpointer opaque)
{
    testBus *test = opaque;

    g_main_context_push_thread_default(test->context);
    g_main_loop_run(test->loop);
    g_main_context_pop_thread_default(test->context);
    return NULL;
}

static void
testBusInit(testBus *test, const char *result)
{
    g_autoptr(GDBusNodeInfo) info = g_dbus_node_info_new_for_xml(testInterface, NULL);
    g_autoptr(GVariant) reply = NULL;

    test->result = result;
    test->daemon = g_test_dbus_new(G_TEST_DBUS_NONE);
    g_test_dbus_up(test->daemon);
    test->ours = testConnect(test);
    test->theirs = testConnect(test);
    test->context = g_main_context_new();
    test->loop = g_main_loop_new(test->context, FALSE);
    g_main_context_push_thread_default(test->context);
    g_assert_cmpuint(g_dbus_connection_register_object(test->theirs, TEST_PATH, info->interfaces[0],
                                                       &testVTable, test, NULL, NULL),
                     >, 0);
    g_main_context_pop_thread_default(test->context);
    reply = g_dbus_connection_call_sync(
        test->theirs, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
        "RequestName", g_variant_new("(su)", "org.freedesktop.systemd1", 0), NULL,
        G_DBUS_CALL_FLAGS_NONE, -1, NULL, NULL);
    g_assert_nonnull(reply);
    test->thread = g_thread_new("systemd", testServe, test);
}

static void
testBusClear(testBus *test)
{
    g_main_loop_quit(test->loop);
    g_thread_join(test->thread);
    g_assert_true(g_dbus_connection_close_sync(test->ours, NULL, NULL));
    g_assert_true(g_dbus_connection_close_sync(test->theirs, NULL, NULL));
    g_object_unref(test->ours);
    g_object_unref(test->theirs);
    g_main_loop_unref(test->loop);
    g_main_context_unref(test->context);
    g_test_dbus_stop(test->daemon);
    g_object_unref(test->daemon);
    g_free(test->asked);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(testBus, testBusClear)

static void
testAssertError(int code, const char *text)
{
    if (!strstr(virErrorGetMessage(), text))
        g_error("\"%s\" does not say \"%s\"", virErrorGetMessage(), text);
    g_assert_cmpint(virErrorGetLast()->code, ==, code);
    virErrorReset();
}

static void
testName(void)
{
    static const char *const names[][2] = {
        {"web_1.example", "virtvfio-web_1.example.scope"},
        {"a-b c", "virtvfio-a\\x2db\\x20c.scope"},
        {"\303\244\\@", "virtvfio-\\xc3\\xa4\\x5c\\x40.scope"},
        {"..", "virtvfio-...scope"},
    };
    g_autofree char *widest = g_strnfill(255 - strlen("virtvfio-.scope"), 'n');
    g_autofree char *wider = g_strconcat(widest, "n", NULL);
    g_autofree char *fits = qemuScopeGetName(widest);

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *name = qemuScopeGetName(names[i][0]);

        g_assert_cmpstr(name, ==, names[i][1]);
    }
    g_assert_nonnull(fits);
    g_assert_null(qemuScopeGetName(wider));
}

static void
testStart(void)
{
    g_auto(testBus) test = {0};

    testBusInit(&test, "done");
    g_assert_cmpint(qemuScopeStart(test.ours, "a-b", 4711), ==, 0);
    g_assert_cmpstr(test.asked, ==,
                    "('virtvfio-a\\\\x2db.scope', 'fail', "
                    "[('Description', <'guest a-b of virtvfio'>), ('Slice', <'machine.slice'>), "
                    "('After', <['virtvfiod.service']>), "
                    "('Before', <['virt-guest-shutdown.target']>), "
                    "('CollectMode', <'inactive-or-failed'>), ('PIDs', <[uint32 4711]>)], [])");
}

static void
testFails(void)
{
    g_auto(testBus) test = {0};

    testBusInit(&test, "failed");
    g_assert_cmpint(qemuScopeStart(test.ours, "g", 1), ==, -1);
    testAssertError(VIR_ERR_OPERATION_FAILED,
                    "systemd does not make 'virtvfio-g.scope': its job ended: failed");
    test.result = NULL;
    g_assert_cmpint(qemuScopeStart(test.ours, "g", 1), ==, -1);
    testAssertError(VIR_ERR_OPERATION_FAILED,
                    "systemd does not do StartTransientUnit for 'virtvfio-g.scope': Unit is there "
                    "already.");
}

int
main(int argc, char **argv)
{
    g_autofree char *daemon = g_find_program_in_path("dbus-daemon");

    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/qemuscope/name", testName);
    if (daemon) {
        g_test_add_func("/qemuscope/start", testStart);
        g_test_add_func("/qemuscope/systemd refuses", testFails);
    } else {
        g_test_message("dbus-daemon is not installed: the fake systemd is not asked");
    }
    return g_test_run();
}
