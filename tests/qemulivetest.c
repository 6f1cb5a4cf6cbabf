/*
 * qemulivetest.c: tests of what QEMU tells of a running guest, for its live definition
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "testqemu.h"
#include "virerror.h"

#define TEST_CHANNEL                                                                               \
    "<devices><serial type='pty'/><channel type='unix'><target type='virtio' "                     \
    "name='org.qemu.guest_agent.0'/></channel><channel type='unix'><target type='virtio' "         \
    "name='other'/></channel></devices>"

/* A guest that runs; with a mode, on the fake QEMU, whose <devices> are the first ones. */
static virDomainObj *
testStart(testQEMU *test, const char *name, bool fake, const char *devices)
{
    g_autofree char *inner = g_strndup(devices, strlen(devices) - strlen("</devices>"));
    g_autofree char *xml = testQEMUMakeXML(name, fake, fake ? NULL : devices);
    g_autofree char *merged = NULL;
    g_auto(GStrv) parts = g_strsplit(xml, "<devices>", 2);
    virDomainObj *vm;

    if (fake)
        merged = g_strconcat(parts[0], inner, parts[1], NULL);
    vm = qemuDomainCreateXML(test->driver, fake ? merged : xml, 0, NULL);
    if (!vm)
        g_error("%s", virErrorGetMessage());
    return vm;
}

/* Asserts whether the guest's XML, as @flags say, holds @text. */
static void
testXML(virDomainObj *vm, unsigned int flags, const char *text, bool expected)
{
    g_autofree char *xml = g_strdelimit(qemuDomainGetXMLDesc(vm, flags), "\"", '\'');

    if ((strstr(xml, text) != NULL) != expected)
        g_error("\"%s\" is %s in %s", text, expected ? "not" : "there", xml);
}

static void
testTerminal(void)
{
    g_auto(testQEMU) test = {0};
    g_autoptr(virDomainObj) vm = NULL;

    testQEMUInit(&test, 0);
    vm = testStart(&test, "g", true, TEST_CHANNEL);
    testXML(vm, 0, "<console type='pty' tty='/dev/pts/12345'>", true);
    testXML(vm, 0, "<source path='/dev/pts/12345'/>", true);
    testXML(vm, VIR_DOMAIN_XML_INACTIVE, "/dev/pts", false);
    g_clear_pointer(&vm, virDomainObjUnref);
    testQEMURestart(&test);
    vm = qemuDomainLookupByName(test.driver, "g");
    g_assert_cmpint(qemuDomainSuspend(vm), ==, 0);
    testXML(vm, 0, "<console type='pty' tty='/dev/pts/12345'>", true);
}

/* A QEMU that its guest has taken over does not choose what we open. */
static void
testTerminalIsNone(void)
{
    g_auto(testQEMU) test = {0};
    g_autoptr(virDomainObj) vm = NULL;

    testQEMUInit(&test, 0);
    g_test_expect_message("qemu.process", G_LOG_LEVEL_WARNING,
                          "*says that 'serial0' leads to 'pty:/etc/shadow', which is no terminal*");
    vm = testStart(&test, "lies", true, TEST_CHANNEL);
    g_test_assert_expected_messages();
    testXML(vm, 0, "shadow", false);
    testXML(vm, 0, "tty=", false);
}

static void
testChannel(void)
{
    g_auto(testQEMU) test = {0};
    g_autoptr(virDomainObj) vm = NULL;

    testQEMUInit(&test, 0);
    vm = testStart(&test, "agent", true, TEST_CHANNEL);
    testQEMUAwaitLater(&test, "agent agent disconnected at start");
    testXML(vm, 0, "name='org.qemu.guest_agent.0' state='disconnected'", true);
    /* The fake guest opens its channels when it is reset, and closes them. */
    g_assert_cmpint(qemuDomainReset(vm, 0), ==, 0);
    testQEMUAwaitLater(&test, "agent agent connected by channel");
    testXML(vm, 0, "name='org.qemu.guest_agent.0' state='connected'", true);
    testXML(vm, VIR_DOMAIN_XML_INACTIVE, "state='", false);
    g_assert_cmpint(qemuDomainReset(vm, 0), ==, 0);
    testQEMUAwaitLater(&test, "agent agent disconnected by channel");
}

/* What has changed while no driver was there is told by the next one, once. */
static void
testChannelMeanwhile(void)
{
    g_auto(testQEMU) test = {0};
    g_autoptr(virDomainObj) vm = NULL;

    testQEMUInit(&test, 0);
    vm = testStart(&test, "agent", true, TEST_CHANNEL);
    testQEMUAwaitLater(&test, "agent agent disconnected at start");
    g_clear_pointer(&vm, virDomainObjUnref);
    testQEMURestart(&test);
    vm = qemuDomainLookupByName(test.driver, "agent");
    g_assert_cmpint(qemuDomainReset(vm, 0), ==, 0);
    testQEMUAwaitLater(&test, "agent agent connected by channel");
    testXML(vm, 0, "name='other' state='connected'", true);
}

/* The port that QEMU has found is in the XML, and a restarted driver still knows it. */
static void
testRealPorts(void)
{
    g_auto(testQEMU) test = {0};
    g_autoptr(virDomainObj) vm = NULL;

    if (!testQEMUIsThere())
        return;
    testQEMUInit(&test, 0);
    vm = testStart(&test, "g", false,
                   "<devices><serial type='pty'/><graphics type='vnc' autoport='yes' "
                   "websocket='-1'/></devices>");
    testXML(vm, 0, "port='-1'", false);
    testXML(vm, 0, "websocket='-1'", false);
    testXML(vm, 0, "port='59", true);
    testXML(vm, 0, "websocket='57", true);
    testXML(vm, 0, "<console type='pty' tty='/dev/pts/", true);
    g_clear_pointer(&vm, virDomainObjUnref);
    testQEMURestart(&test);
    vm = qemuDomainLookupByName(test.driver, "g");
    g_assert_cmpint(qemuDomainSuspend(vm), ==, 0);
    testXML(vm, 0, "port='59", true);
    testXML(vm, 0, "<console type='pty' tty='/dev/pts/", true);
}

/* A port that no definition can have would be in the status file, which nobody could read then. */
static void
testPortIsNone(void)
{
    static const char vnc[] =
        "<devices><graphics type='vnc' autoport='yes' listen='127.0.0.1'/></devices>";
    g_auto(testQEMU) test = {0};
    g_autoptr(virDomainObj) vm = NULL;

    testQEMUInit(&test, 0);
    vm = testStart(&test, "lies", true, vnc);
    testXML(vm, 0, "port='80'", false);
    g_clear_pointer(&vm, virDomainObjUnref);
    vm = testStart(&test, "plain", true, vnc);
    testXML(vm, 0, "port='5907'", true);
    g_clear_pointer(&vm, virDomainObjUnref);
    testQEMURestart(&test);
    vm = qemuDomainLookupByName(test.driver, "lies");
    g_assert_nonnull(vm);
    g_assert_cmpint(qemuDomainReset(vm, 0), ==, 0);
}

/* Where a start has put a socket is no part of a definition: not after a restart of the driver, and
 * not if somebody defines a guest by the XML of one that runs. */
static void
testSocketsOfAStart(void)
{
    g_auto(testQEMU) test = {0};
    g_autoptr(virDomainObj) vm = NULL;
    g_autoptr(virDomainObj) same = NULL;
    g_autofree char *live = NULL;

    testQEMUInit(&test, 0);
    vm = testStart(&test, "plain", true, TEST_CHANNEL);
    live = qemuDomainGetXMLDesc(vm, 0);
    testXML(vm, 0, "/channel-other'/>", true);
    testXML(vm, VIR_DOMAIN_XML_INACTIVE, "/channel-other", false);
    g_clear_pointer(&vm, virDomainObjUnref);
    testQEMURestart(&test);
    vm = qemuDomainLookupByName(test.driver, "plain");
    testXML(vm, 0, "/channel-other'/>", true);
    testXML(vm, VIR_DOMAIN_XML_INACTIVE, "/channel-other", false);
    same = qemuDomainDefineXML(test.driver, live, 0);
    g_assert_true(same == vm);
    testXML(vm, VIR_DOMAIN_XML_INACTIVE, "/channel-other", false);
    g_assert_false(qemuDomainIsUpdated(vm));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/qemulive/terminal of a serial port", testTerminal);
    g_test_add_func("/qemulive/terminal that is none", testTerminalIsNone);
    g_test_add_func("/qemulive/sockets of a start", testSocketsOfAStart);
    g_test_add_func("/qemulive/port that is none", testPortIsNone);
    g_test_add_func("/qemulive/channel opens and closes", testChannel);
    g_test_add_func("/qemulive/channel while no driver is there", testChannelMeanwhile);
    g_test_add_func("/qemulive/ports that QEMU has found", testRealPorts);
    return g_test_run();
}
