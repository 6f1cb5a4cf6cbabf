/*
 * qemuconsoletest.c: tests of sitting down at a real QEMU's terminals and channels
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "testboot.h"
#include "testqemu.h"
#include "virerror.h"
#include "virfile.h"

typedef struct {
    testQEMU qemu;
    char *image;
    virDomainObj *vm;
} testSeat;

/* A paused guest with a terminal, @more, and nobody at it. */
static void
testSeatInit(testSeat *seat, const char *more)
{
    g_autofree char *devices = NULL;
    g_autofree char *xml = NULL;

    testQEMUInit(&seat->qemu, 0);
    seat->image = testBootMakeImage();
    devices = testBootMakeXML(seat->image, more);
    xml = testQEMUMakeXML("g", false, devices);
    seat->vm = qemuDomainCreateXML(seat->qemu.driver, xml, VIR_DOMAIN_START_PAUSED, NULL);
    if (!seat->vm)
        g_error("%s", virErrorGetMessage());
}

static void
testSeatClear(testSeat *seat)
{
    g_clear_pointer(&seat->vm, virDomainObjUnref);
    if (!seat->image)
        return;
    testQEMUClear(&seat->qemu);
    g_unlink(seat->image);
    g_free(seat->image);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(testSeat, testSeatClear)

static int
testOpen(virDomainObj *vm, const char *name, unsigned int flags)
{
    int fd = -1;

    if (qemuDomainOpenConsole(vm, name, flags, &fd) < 0)
        g_error("%s", virErrorGetMessage());
    return fd;
}

/* Asserts that the session ends, whatever comes before. */
static void
testAwaitEnd(int fd)
{
    struct pollfd poller = {.fd = fd, .events = POLLIN};
    char buffer[256];
    ssize_t length;

    do {
        if (poll(&poller, 1, 60 * 1000) <= 0)
            g_error("the session does not end");
    } while ((length = read(fd, buffer, sizeof(buffer))) > 0);
    g_assert_cmpint(length, ==, 0);
}

static void
testTerminal(void)
{
    g_auto(testSeat) seat = {0};
    VIR_AUTOCLOSE fd = -1;

    if (!testQEMUIsThere())
        return;
    testSeatInit(&seat, NULL);
    fd = testOpen(seat.vm, NULL, 0);
    g_assert_cmpint(qemuDomainResume(seat.vm), ==, 0);
    testBootAwait(fd, "R");
    testBootSend(fd, "hello, world");
    testBootAwait(fd, "hello, world");
    /* The guest's end closes it. */
    testBootSend(fd, TEST_BOOT_POWEROFF);
    testAwaitEnd(fd);
}

static void
testOneAtATime(void)
{
    g_auto(testSeat) seat = {0};
    VIR_AUTOCLOSE first = -1;
    VIR_AUTOCLOSE second = -1;
    VIR_AUTOCLOSE third = -1;
    int fd = -1;

    if (!testQEMUIsThere())
        return;
    testSeatInit(&seat, NULL);
    first = testOpen(seat.vm, "serial0", VIR_DOMAIN_CONSOLE_SAFE);
    g_assert_cmpint(qemuDomainOpenConsole(seat.vm, NULL, 0, &fd), ==, -1);
    testQEMUAssertError(VIR_ERR_OPERATION_FAILED, "Active console session exists for this domain");
    second = testOpen(seat.vm, NULL, VIR_DOMAIN_CONSOLE_FORCE);
    testAwaitEnd(first);
    g_assert_cmpint(qemuDomainResume(seat.vm), ==, 0);
    testBootAwait(second, "R");

    /* Who leaves makes room, as soon as the loop has seen it. */
    virFileClose(&second);
    while (qemuDomainOpenConsole(seat.vm, NULL, 0, &third) < 0)
        g_thread_yield();
    testBootSend(third, "again");
    testBootAwait(third, "again");
}

/* Another program has the terminal, and says so. */
static void
testLocked(void)
{
    g_auto(testSeat) seat = {0};
    g_autofree char *xml = NULL;
    g_auto(GStrv) parts = NULL;
    VIR_AUTOCLOSE other = -1;
    VIR_AUTOCLOSE fd = -1;

    if (!testQEMUIsThere())
        return;
    testSeatInit(&seat, NULL);
    xml = qemuDomainGetXMLDesc(seat.vm, 0);
    parts = g_strsplit_set(strstr(xml, "tty=") + strlen("tty="), "'\"", 3);
    other = open(parts[1], O_RDWR | O_NOCTTY | O_CLOEXEC);
    g_assert_cmpint(flock(other, LOCK_EX), ==, 0);
    g_assert_cmpint(qemuDomainOpenConsole(seat.vm, NULL, VIR_DOMAIN_CONSOLE_SAFE, &fd), ==, -1);
    testQEMUAssertError(VIR_ERR_OPERATION_FAILED, "another program has locked");
    fd = testOpen(seat.vm, NULL, 0);
}

static void
testRefused(void)
{
    g_auto(testSeat) seat = {0};
    int fd = -1;

    if (!testQEMUIsThere())
        return;
    testSeatInit(&seat, "<serial type='null'/>");
    g_assert_cmpint(qemuDomainOpenConsole(seat.vm, "serial7", 0, &fd), ==, -1);
    testQEMUAssertError(VIR_ERR_INVALID_ARG, "no serial port or console with the alias 'serial7'");
    g_assert_cmpint(qemuDomainOpenConsole(seat.vm, "serial1", 0, &fd), ==, -1);
    testQEMUAssertError(VIR_ERR_OPERATION_UNSUPPORTED, "cannot open 'serial1' of guest 'g'");
    g_assert_cmpint(qemuDomainOpenChannel(seat.vm, NULL, 0, &fd), ==, -1);
    testQEMUAssertError(VIR_ERR_INVALID_ARG, "has no channel");
    g_assert_cmpint(qemuDomainOpenConsole(seat.vm, NULL, 64, &fd), ==, -1);
    testQEMUAssertError(VIR_ERR_INVALID_ARG, "0x40");
    g_assert_cmpint(qemuDomainDestroy(seat.vm, 0), ==, 0);
    g_assert_cmpint(qemuDomainOpenConsole(seat.vm, NULL, 0, &fd), ==, -1);
    testQEMUAssertError(VIR_ERR_OPERATION_INVALID, "domain is not running");
    g_assert_cmpint(fd, ==, -1);
}

static void
testSocket(void)
{
    g_auto(testSeat) seat = {0};
    VIR_AUTOCLOSE fd = -1;

    if (!testQEMUIsThere())
        return;
    testSeatInit(&seat, "<channel type='unix'><target type='virtio' name='talk'/></channel>");
    g_assert_cmpint(qemuDomainOpenChannel(seat.vm, "talk", 0, &fd), ==, 0);
    g_assert_cmpint(qemuDomainDestroy(seat.vm, 0), ==, 0);
    testAwaitEnd(fd);
}

static void
testDriverEnds(void)
{
    g_auto(testSeat) seat = {0};
    VIR_AUTOCLOSE fd = -1;

    if (!testQEMUIsThere())
        return;
    testSeatInit(&seat, NULL);
    fd = testOpen(seat.vm, NULL, 0);
    g_clear_pointer(&seat.vm, virDomainObjUnref);
    testQEMURestart(&seat.qemu);
    testAwaitEnd(fd);
    seat.vm = qemuDomainLookupByName(seat.qemu.driver, "g");
    virFileClose(&fd);
    /* What a guest says to nobody is lost. */
    fd = testOpen(seat.vm, NULL, 0);
    g_assert_cmpint(qemuDomainResume(seat.vm), ==, 0);
    testBootAwait(fd, "R");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/qemuconsole/terminal", testTerminal);
    g_test_add_func("/qemuconsole/one at a time", testOneAtATime);
    g_test_add_func("/qemuconsole/another program has it", testLocked);
    g_test_add_func("/qemuconsole/refused", testRefused);
    g_test_add_func("/qemuconsole/channel on a socket", testSocket);
    g_test_add_func("/qemuconsole/driver ends", testDriverEnds);
    return g_test_run();
}
