/*
 * qemuagenttest.c: tests of what is asked of a guest agent, with one that follows a script
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include <gio/gunixsocketaddress.h>

#include "qemu_agent.h"
#include "testqemu.h"
#include "virerror.h"

#define TEST_AGENT   "org.qemu.guest_agent.0"
#define TEST_CHANNEL "<channel type='unix'><target type='virtio' name='" TEST_AGENT "'/></channel>"
#define TEST_COMMAND "{\"execute\":\"guest-info\"}"
#define TEST_PATIENT (60 * 1000)

/* What the agent does with one command. */
typedef struct {
    const char *title;
    const char *noise; /* said before the answer to guest-sync-delimited */
    const char *reply; /* to the command; NULL: nothing */
    guint timeout_ms;
    bool deaf;  /* there is no answer to guest-sync-delimited */
    bool leave; /* the agent hangs up instead of an answer */
    bool flood; /* the answer does not end */
    int code;   /* 0: the call succeeds */
    const char *text;
} testScript;

typedef struct {
    testQEMU qemu;
    virDomainObj *vm;
    const testScript *script;
    GSocket *listener;
    GThread *thread;
    char *command;             /* what the agent was told after the greeting */
    GCancellable *cancellable; /* who has asked goes after the command; or NULL */
    bool opens;                /* the guest opens or closes its channel after the command */
    bool late;                 /* and the channel's other end is closed before that is told */
} testAgent;

static void
testSay(GSocket *socket, const char *text, gsize len)
{
    while (len > 0) {
        gssize put = g_socket_send(socket, text, len, NULL, NULL);

        if (put <= 0)
            return;
        text += put;
        len -= (gsize)put;
    }
}

/* The next line; NULL when the driver has hung up. */
static char *
testHear(GSocket *socket)
{
    g_autoptr(GString) line = g_string_new(NULL);
    char c;

    while (g_socket_receive(socket, &c, 1, NULL, NULL) == 1) {
        if (c == '\n')
            return g_string_free(g_steal_pointer(&line), FALSE);
        g_string_append_c(line, c);
    }
    return NULL;
}

static void
testGreet(const testAgent *test, GSocket *socket, const char *line)
{
    const char *id = strstr(line, "\"id\":");
    g_autofree char *text = NULL;

    g_assert_nonnull(strstr(line, "\"guest-sync-delimited\""));
    g_assert_nonnull(id);
    if (test->script->noise)
        testSay(socket, test->script->noise, strlen(test->script->noise));
    text = g_strdup_printf("\xff{\"return\": %" G_GINT64_FORMAT "}\n",
                           g_ascii_strtoll(id + strlen("\"id\":"), NULL, 10));
    testSay(socket, text, strlen(text));
}

static void
testFlood(GSocket *socket)
{
    g_autofree char *text = g_strnfill(QEMU_AGENT_MAX_INPUT + 1, 'x');

    testSay(socket, text, strlen(text));
}

static void
testServe(testAgent *test, GSocket *socket)
{
    const testScript *script = test->script;
    g_autofree char *greeting = testHear(socket);
    g_autofree char *rest = NULL;

    g_assert_nonnull(greeting);
    if (!script->deaf) {
        testGreet(test, socket, greeting);
        test->command = testHear(socket);
        if (script->flood)
            testFlood(socket);
        if (script->reply)
            testSay(socket, script->reply, strlen(script->reply));
        if (test->cancellable)
            g_cancellable_cancel(test->cancellable);
        if (test->late)
            g_assert_true(g_socket_close(socket, NULL));
        if (test->opens)
            g_assert_cmpint(qemuDomainReset(test->vm, 0), ==, 0);
        if (script->leave || test->late)
            return;
    }
    rest = testHear(socket);
    g_assert_null(rest);
}

static void *
testRunAgent(void *opaque)
{
    testAgent *test = opaque;
    g_autoptr(GError) error = NULL;
    g_autoptr(GSocket) socket = g_socket_accept(test->listener, NULL, &error);

    g_assert_no_error(error);
    testServe(test, socket);
    return NULL;
}

/* A guest that runs; with an agent that is connected if there is a script. */
static void
testAgentInit(testAgent *test, const testScript *script, const char *devices)
{
    g_autofree char *xml = testQEMUMakeXML("agent", true, NULL);
    g_autofree char *whole = NULL;
    g_autofree char *path = NULL;
    g_autoptr(GSocketAddress) address = NULL;
    g_auto(GStrv) parts = g_strsplit(xml, "<devices>", 2);

    test->script = script;
    test->qemu.agentTimeout_ms = script && script->timeout_ms ? script->timeout_ms : TEST_PATIENT;
    testQEMUInit(&test->qemu, 0);
    whole = g_strconcat(parts[0], "<devices>", devices, parts[1], NULL);
    test->vm = qemuDomainCreateXML(test->qemu.driver, whole, 0, NULL);
    if (!test->vm)
        g_error("%s", virErrorGetMessage());
    if (!script)
        return;
    /* The fake QEMU hands on to it who comes to the agent's channel. */
    path = g_build_filename(test->qemu.directory, "run", test->vm->uuid,
                            "channel-" TEST_AGENT ".test", NULL);
    address = g_unix_socket_address_new(path);
    test->listener = g_socket_new(G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, 0, NULL);
    g_assert_true(g_socket_bind(test->listener, address, FALSE, NULL));
    g_assert_true(g_socket_listen(test->listener, NULL));
    g_assert_cmpint(qemuDomainReset(test->vm, 0), ==, 0);
    testQEMUAwaitLater(&test->qemu, "agent agent connected by channel");
}

static void
testStartAgent(testAgent *test)
{
    test->thread = g_thread_new("agent", testRunAgent, test);
}

static void
testAgentClear(testAgent *test)
{
    if (test->thread)
        g_thread_join(test->thread);
    g_clear_object(&test->listener);
    g_clear_pointer(&test->vm, virDomainObjUnref);
    testQEMUClear(&test->qemu);
    g_free(test->command);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(testAgent, testAgentClear)

#define TEST_REFUSAL "{\"error\": {\"class\": \"GenericError\", \"desc\": \"no such luck\"}}\n"

static const testScript testScripts[] = {
    {.title = "answers", .reply = "{\"return\": {\"version\": \"7.2\"}}\n"},
    {
        .title = "says what nobody understands before the answer",
        .noise =
            "{\"return\": 1}\n{\"return\": {\"version\": \"old\"}}\ngarb\x80ge\n{\"return\": [",
        .reply =
            "\n[]\n{\"event\": \"x\"}\nnonsense\n\xfe\n{\"return\": {\"version\": \"7.2\"}}\r\n",
    },
    {
        .title = "refuses",
        .reply = TEST_REFUSAL,
        .code = VIR_ERR_OPERATION_FAILED,
        .text = "refuses 'guest-info': no such luck",
    },
    {
        .title = "has no such command",
        .reply = "{\"error\": {\"class\": \"CommandNotFound\", \"desc\": \"not found\"}}\n",
        .code = VIR_ERR_OPERATION_UNSUPPORTED,
        .text = "refuses 'guest-info': not found",
    },
    {
        .title = "does not greet",
        .deaf = true,
        .timeout_ms = 300,
        .code = VIR_ERR_AGENT_UNRESPONSIVE,
        .text = "does not answer to 'guest-sync-delimited' in time",
    },
    {
        .title = "is silent",
        .timeout_ms = 2000,
        .code = VIR_ERR_AGENT_UNRESPONSIVE,
        .text = "does not answer to 'guest-info' in time",
    },
    {
        .title = "says half a line and is silent",
        .reply = "{\"return\": {",
        .timeout_ms = 2000,
        .code = VIR_ERR_AGENT_UNRESPONSIVE,
        .text = "does not answer to 'guest-info' in time",
    },
    {
        .title = "hangs up",
        .reply = "{\"return\": {",
        .leave = true,
        .code = VIR_ERR_AGENT_UNRESPONSIVE,
        .text = "has closed its channel",
    },
    {
        .title = "answers without an end",
        .flood = true,
        .code = VIR_ERR_OPERATION_FAILED,
        .text = "says more than",
    },
};

static void
testCommand(const void *opaque)
{
    const testScript *script = opaque;
    g_auto(testAgent) test = {0};
    g_autofree char *reply = NULL;

    testAgentInit(&test, script, TEST_CHANNEL);
    testStartAgent(&test);
    /* What is sent is one line, and the text is the client's. */
    reply = qemuDomainAgentCommand(test.vm, "{\"execute\":\n\"guest-info\"}", -1, 0, NULL);
    if (script->code) {
        g_assert_null(reply);
        testQEMUAssertError(script->code, script->text);
        return;
    }
    g_assert_nonnull(reply);
    g_strchomp(reply);
    g_assert_cmpstr(reply, ==, "{\"return\": {\"version\": \"7.2\"}}");
    g_thread_join(g_steal_pointer(&test.thread));
    g_assert_cmpstr(test.command, ==, "{\"execute\": \"guest-info\"}");
}

static void
testAssertNoAnswer(testAgent *test, const char *command, int timeout_s, int code, const char *text)
{
    g_autofree char *reply = qemuDomainAgentCommand(test->vm, command, timeout_s, 0, NULL);

    g_assert_null(reply);
    testQEMUAssertError(code, text);
}

static void
testNotThere(void)
{
    g_auto(testAgent) test = {0};

    testAgentInit(&test, NULL, TEST_CHANNEL);
    testAssertNoAnswer(&test, TEST_COMMAND, -1, VIR_ERR_AGENT_UNRESPONSIVE, "is not connected");
    g_assert_cmpint(qemuDomainShutdown(test.vm, VIR_DOMAIN_SHUTDOWN_GUEST_AGENT), ==, -1);
    testQEMUAssertError(VIR_ERR_AGENT_UNRESPONSIVE, "is not connected");
    g_assert_cmpint(qemuDomainReset(test.vm, 0), ==, 0);
    testQEMUAwaitLater(&test.qemu, "agent agent connected by channel");
    testAssertNoAnswer(&test, TEST_COMMAND, -1, VIR_ERR_AGENT_UNRESPONSIVE, "cannot be reached");
    testAssertNoAnswer(&test, "guest-info", -1, VIR_ERR_INVALID_ARG, "is a JSON object");
    testAssertNoAnswer(&test, "{\"execute\": 7}", -1, VIR_ERR_INVALID_ARG, "is a JSON object");
    testAssertNoAnswer(&test, TEST_COMMAND, -3, VIR_ERR_INVALID_ARG, "-3 seconds");
    g_assert_cmpint(qemuDomainSuspend(test.vm), ==, 0);
    testAssertNoAnswer(&test, TEST_COMMAND, -1, VIR_ERR_OPERATION_INVALID, "is not running");
}

static void
testNoChannel(void)
{
    g_auto(testAgent) test = {0};

    testAgentInit(&test, NULL, "");
    testAssertNoAnswer(&test, TEST_COMMAND, -1, VIR_ERR_ARGUMENT_UNSUPPORTED, TEST_AGENT);
}

/* It says nothing, and who has asked, without a limit, does not wait any more. */
static const testScript testPatience = {.title = "is silent for ever"};

static void
testCancelled(void)
{
    g_auto(testAgent) test = {0};
    g_autoptr(GCancellable) cancellable = g_cancellable_new();

    test.cancellable = cancellable;
    testAgentInit(&test, &testPatience, TEST_CHANNEL);
    testStartAgent(&test);
    g_assert_null(qemuDomainAgentCommand(test.vm, TEST_COMMAND, -2, 0, cancellable));
    testQEMUAssertError(VIR_ERR_AGENT_UNRESPONSIVE, "who asked has gone");
}

/* It says nothing; that the guest's end of the channel closes is the answer. */
static const testScript testPower = {.title = "powers off"};

static void
testShutdown(void)
{
    g_auto(testAgent) test = {.opens = true};

    testAgentInit(&test, &testPower, TEST_CHANNEL);
    testStartAgent(&test);
    if (qemuDomainShutdown(test.vm, VIR_DOMAIN_SHUTDOWN_GUEST_AGENT) < 0)
        g_error("%s", virErrorGetMessage());
    g_thread_join(g_steal_pointer(&test.thread));
    g_assert_cmpstr(test.command, ==,
                    "{\"execute\":\"guest-shutdown\",\"arguments\":{\"mode\":\"powerdown\"}}");
}

static void
testShutdownAtOnce(void)
{
    g_auto(testAgent) test = {.opens = true, .late = true};

    testAgentInit(&test, &testPower, TEST_CHANNEL);
    testStartAgent(&test);
    if (qemuDomainShutdown(test.vm, VIR_DOMAIN_SHUTDOWN_GUEST_AGENT) < 0)
        g_error("%s", virErrorGetMessage());
}

static const testScript testRefusal = {.title = "refuses", .reply = TEST_REFUSAL};

static void
testReboot(void)
{
    g_auto(testAgent) test = {0};

    testAgentInit(&test, &testRefusal, TEST_CHANNEL);
    testStartAgent(&test);
    g_assert_cmpint(qemuDomainReboot(test.vm, VIR_DOMAIN_REBOOT_GUEST_AGENT), ==, -1);
    testQEMUAssertError(VIR_ERR_OPERATION_FAILED, "refuses 'guest-shutdown': no such luck");
    g_thread_join(g_steal_pointer(&test.thread));
    g_assert_cmpstr(test.command, ==,
                    "{\"execute\":\"guest-shutdown\",\"arguments\":{\"mode\":\"reboot\"}}");
}

static void
testFallBack(void)
{
    g_auto(testAgent) test = {0};

    testAgentInit(&test, &testRefusal, TEST_CHANNEL);
    testStartAgent(&test);
    if (qemuDomainShutdown(test.vm, 0) < 0)
        g_error("%s", virErrorGetMessage());
    testQEMUAwaitLater(&test.qemu, "agent stopped shutdown");
    g_assert_nonnull(strstr(test.command, "guest-shutdown"));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(testScripts); i++) {
        g_autofree char *name = g_strconcat("/qemuagent/the agent ", testScripts[i].title, NULL);

        g_test_add_data_func(name, &testScripts[i], testCommand);
    }
    g_test_add_func("/qemuagent/who is not there is not asked", testNotThere);
    g_test_add_func("/qemuagent/a guest without a channel has no agent", testNoChannel);
    g_test_add_func("/qemuagent/who has asked may go", testCancelled);
    g_test_add_func("/qemuagent/shuts a guest down, and says nothing", testShutdown);
    g_test_add_func("/qemuagent/a guest that ends before that is told has been shut down",
                    testShutdownAtOnce);
    g_test_add_func("/qemuagent/a reboot that is refused is told", testReboot);
    g_test_add_func("/qemuagent/the power button is pressed if the agent fails", testFallBack);
    return g_test_run();
}
