/*
 * qemuscreentest.c: tests of the QEMU driver: what guests show
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "testqemu.h"
#include "virerror.h"
#include "virfile.h"

#define TEST_TWO "<video><model type='vga'/></video><video><model type='virtio' heads='2'/></video>"

/* A guest on a fake QEMU that does what its name says. */
typedef struct {
    testQEMU qemu;
    virDomainObj *vm;
} testScreen;

static void
testScreenClear(testScreen *test)
{
    virDomainObjUnref(test->vm);
    testQEMUClear(&test->qemu);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(testScreen, testScreenClear)

static void
testScreenInit(testScreen *test, const char *mode, const char *devices)
{
    g_autofree char *xml = testQEMUMakeXML(mode, true, NULL);
    g_auto(GStrv) parts = g_strsplit(xml, "</devices>", 2);
    g_autofree char *whole = g_strconcat(parts[0], devices, "</devices>", parts[1], NULL);

    testQEMUInit(&test->qemu, 0);
    test->vm = qemuDomainCreateXML(test->qemu.driver, whole, 0, NULL);
    if (!test->vm)
        g_error("%s", virErrorGetMessage());
}

static void
testExpectPicture(int fd, const char *content)
{
    char found[100] = "";

    g_assert_cmpint(pread(fd, found, sizeof(found) - 1, 0), ==, (ssize_t)strlen(content));
    g_assert_cmpstr(found, ==, content);
}

static const struct {
    unsigned int number;
    const char *content;
} testHeads[] = {{0, "video0 0"}, {1, "video1 0"}, {2, "video1 1"}};

static void
testEveryHead(void)
{
    g_auto(testScreen) test = {0};

    testScreenInit(&test, "screen", TEST_TWO);
    for (size_t i = 0; i < G_N_ELEMENTS(testHeads); i++) {
        VIR_AUTOCLOSE fd = -1;
        const char *mime = NULL;

        g_assert_cmpint(qemuDomainScreenshot(test.vm, testHeads[i].number, 0, &mime, &fd), ==, 0);
        g_assert_cmpstr(mime, ==, "image/x-portable-pixmap");
        g_assert_cmpint(fcntl(fd, F_GETFL) & (O_ACCMODE | O_NONBLOCK), ==, O_RDONLY | O_NONBLOCK);
        testExpectPicture(fd, testHeads[i].content);
    }
}

/* A QEMU that its guest has taken over cannot have its client read for ever. */
static void
testLater(void)
{
    g_auto(testScreen) test = {0};
    VIR_AUTOCLOSE first = -1;
    VIR_AUTOCLOSE second = -1;
    const char *mime;

    testScreenInit(&test, "screen-late", TEST_TWO);
    g_assert_cmpint(qemuDomainScreenshot(test.vm, 0, 0, &mime, &first), ==, 0);
    g_assert_cmpint(qemuDomainScreenshot(test.vm, 1, 0, &mime, &second), ==, 0);
    testExpectPicture(first, "video0 0");
    testExpectPicture(second, "video1 0");
}

static const struct {
    const char *title;
    const char *mode;
    const char *devices;
    unsigned int number;
    unsigned int flags;
    int code;
    const char *message;
} testRefusals[] = {
    {"a screen that is not there", "screen", TEST_TWO, 3, 0, VIR_ERR_INVALID_ARG,
     "guest 'screen' has no screen 3: the last one is 2"},
    {"the largest number", "screen", TEST_TWO, UINT_MAX, 0, VIR_ERR_INVALID_ARG,
     "has no screen 4294967295"},
    {"no adapter", "screen", "", 0, 0, VIR_ERR_OPERATION_UNSUPPORTED, "has no <video>"},
    {"an adapter of type none", "screen", "<video><model type='none'/></video>", 0, 0,
     VIR_ERR_OPERATION_UNSUPPORTED, "has no <video>"},
    {"flags", "screen", TEST_TWO, 0, 1, VIR_ERR_INVALID_ARG, "screenshot"},
    {"a QEMU that says no", "screen-refuses", TEST_TWO, 0, 0, VIR_ERR_OPERATION_FAILED,
     "no screen today"},
    {"a QEMU that takes nothing", "screen-mute", TEST_TWO, 0, 0, VIR_ERR_OPERATION_FAILED,
     "where it has put a descriptor"},
    {"a QEMU that goes away", "screen-drops", TEST_TWO, 0, 0, VIR_ERR_OPERATION_FAILED,
     "screendump"},
};

static void
testRefused(const void *opaque)
{
    const size_t i = GPOINTER_TO_SIZE(opaque);
    g_auto(testScreen) test = {0};
    const char *mime = "untouched";
    int fd = -7;

    testScreenInit(&test, testRefusals[i].mode, testRefusals[i].devices);
    g_assert_cmpint(
        qemuDomainScreenshot(test.vm, testRefusals[i].number, testRefusals[i].flags, &mime, &fd),
        ==, -1);
    testQEMUAssertError(testRefusals[i].code, testRefusals[i].message);
    g_assert_cmpstr(mime, ==, "untouched");
    g_assert_cmpint(fd, ==, -7);
}

#define TEST_VIEWERS "<graphics type='vnc'><listen type='none'/></graphics>"

/* What the other end says, to its end; takes @fd. */
static void
testExpectViewer(int fd, const char *expected)
{
    g_autofree char *found = NULL;

    g_assert_cmpint(virFileReadFD(fd, 100, &found, NULL), ==, 0);
    g_assert_cmpstr(found, ==, expected);
    virFileClose(&fd);
}

static void
testViewer(void)
{
    g_auto(testScreen) test = {0};
    int fds[2];
    int fd;

    testScreenInit(&test, "screen", TEST_VIEWERS);
    g_assert_cmpint(qemuDomainOpenGraphicsFD(test.vm, 0, 0, &fd), ==, 0);
    testExpectViewer(fd, "vnc False");
    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
    g_assert_cmpint(qemuDomainOpenGraphics(test.vm, 0, fds[1], VIR_DOMAIN_OPEN_GRAPHICS_SKIPAUTH),
                    ==, 0);
    testExpectViewer(fds[0], "vnc True");
}

static const struct {
    const char *title;
    const char *mode;
    unsigned int number;
    int type; /* of socket, or 0: none */
    unsigned int flags;
    int code;
    const char *message;
} testNoViewers[] = {
    {"a display that is not there", "screen", 1, SOCK_STREAM, 0, VIR_ERR_INVALID_ARG,
     "guest 'screen' has no <graphics> number 1, counted from 0: it has 1"},
    {"the largest number", "screen", UINT_MAX, SOCK_STREAM, 0, VIR_ERR_INVALID_ARG,
     "has no <graphics> number 4294967295"},
    {"a file", "screen", 0, 0, 0, VIR_ERR_INVALID_ARG, "needs a stream socket"},
    {"a socket for datagrams", "screen", 0, SOCK_DGRAM, 0, VIR_ERR_INVALID_ARG,
     "needs a stream socket"},
    {"flags", "screen", 0, SOCK_STREAM, 2, VIR_ERR_INVALID_ARG, "open graphics"},
    {"a QEMU that says no", "screen-refuses", 0, SOCK_STREAM, 0, VIR_ERR_OPERATION_FAILED,
     "no viewers today"},
};

static void
testNoViewer(const void *opaque)
{
    const size_t i = GPOINTER_TO_SIZE(opaque);
    const int type = testNoViewers[i].type;
    g_auto(testScreen) test = {0};
    int fds[2];

    testScreenInit(&test, testNoViewers[i].mode, TEST_VIEWERS);
    if (type != 0)
        g_assert_cmpint(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, fds), ==, 0);
    else
        g_assert_cmpint(pipe2(fds, O_CLOEXEC), ==, 0);
    g_assert_cmpint(
        qemuDomainOpenGraphics(test.vm, testNoViewers[i].number, fds[1], testNoViewers[i].flags),
        ==, -1);
    testQEMUAssertError(testNoViewers[i].code, testNoViewers[i].message);
    /* Ours is closed, and QEMU has none that it has forgotten. */
    if (type != SOCK_DGRAM)
        testExpectViewer(fds[0], "");
    else
        virFileClose(&fds[0]);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_log_set_always_fatal(G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL);
    g_test_add_func("/qemuscreen/picture/every head of every adapter", testEveryHead);
    g_test_add_func("/qemuscreen/picture/what QEMU writes later is not in it", testLater);
    for (size_t i = 0; i < G_N_ELEMENTS(testRefusals); i++) {
        g_autofree char *path =
            g_strdup_printf("/qemuscreen/picture/refused/%s", testRefusals[i].title);

        g_test_add_data_func(path, GSIZE_TO_POINTER(i), testRefused);
    }
    g_test_add_func("/qemuscreen/viewer/by a socket of ours, and by one of its own", testViewer);
    for (size_t i = 0; i < G_N_ELEMENTS(testNoViewers); i++) {
        g_autofree char *path =
            g_strdup_printf("/qemuscreen/viewer/refused/%s", testNoViewers[i].title);

        g_test_add_data_func(path, GSIZE_TO_POINTER(i), testNoViewer);
    }
    return g_test_run();
}
