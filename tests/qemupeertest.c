/*
 * qemupeertest.c: tests of sockets in directories that others can write to
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "qemu_path.h"
#include "qemu_peer.h"
#include "testqemu.h"
#include "virerror.h"
#include "virfile.h"

/* A directory of QEMU's user with a socket at which this process listens. */
typedef struct {
    char *directory;
    char *path;
    char *other;
    int listening;
} testPlace;

static void
testPlaceInit(testPlace *place)
{
    place->directory = g_dir_make_tmp("testpeer-XXXXXX", NULL);
    place->path = g_build_filename(place->directory, "socket", NULL);
    place->other = g_build_filename(place->directory, "other", NULL);
    place->listening = qemuPeerListen(place->path, geteuid(), getegid());
    g_assert_cmpint(place->listening, >=, 0);
}

static void
testPlaceClear(testPlace *place)
{
    virFileClose(&place->listening);
    g_unlink(place->path);
    g_unlink(place->other);
    g_assert_cmpint(g_rmdir(place->directory), ==, 0);
    g_free(place->directory);
    g_free(place->path);
    g_free(place->other);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(testPlace, testPlaceClear)

/* What is done to the place before somebody connects; it may change whom they expect. */
typedef void (*testChange)(const testPlace *place, qemuPeer *peer);

typedef struct {
    const char *title;
    testChange change;
    int rc; /* 0: it is connected to */
    const char *why;
} testCase;

static void
testMoveBehindLink(const testPlace *place)
{
    g_assert_cmpint(g_rename(place->path, place->other), ==, 0);
    g_assert_cmpint(symlink(place->other, place->path), ==, 0);
}

static void
testDistrustedLink(const testPlace *place, qemuPeer *peer)
{
    testMoveBehindLink(place);
    peer->distrusted = geteuid();
}

static void
testTrustedLink(const testPlace *place, qemuPeer *peer G_GNUC_UNUSED)
{
    testMoveBehindLink(place);
}

static void
testSecondName(const testPlace *place, qemuPeer *peer G_GNUC_UNUSED)
{
    g_assert_cmpint(link(place->path, place->other), ==, 0);
}

static void
testFile(const testPlace *place, qemuPeer *peer G_GNUC_UNUSED)
{
    VIR_AUTOCLOSE fd = qemuPeerCreateFile(place->path);

    g_assert_cmpint(fd, >=, 0);
}

static void
testAnotherOwner(const testPlace *place G_GNUC_UNUSED, qemuPeer *peer)
{
    peer->owner = geteuid() + 1;
}

static void
testThisProcess(const testPlace *place G_GNUC_UNUSED, qemuPeer *peer)
{
    peer->pid = getpid();
}

static void
testAnotherProcess(const testPlace *place G_GNUC_UNUSED, qemuPeer *peer)
{
    peer->pid = getppid();
}

static void
testNothing(const testPlace *place, qemuPeer *peer G_GNUC_UNUSED)
{
    g_assert_cmpint(g_unlink(place->path), ==, 0);
}

static const testCase testCases[] = {
    {"is connected to", NULL, 0, NULL},
    {"of the right process is connected to", testThisProcess, 0, NULL},
    {"behind an administrator's link is connected to", testTrustedLink, 0, NULL},
    {"behind a link of QEMU's user is not", testDistrustedLink, -EPERM, "symbolic link"},
    {"with a second name is not", testSecondName, -EPERM, "not the socket that was made"},
    {"that is a file is not", testFile, -EPERM, "no socket"},
    {"of another owner is not", testAnotherOwner, -EPERM, "not the socket that was made"},
    {"of another process is not", testAnotherProcess, -EPERM, "not this guest's QEMU"},
    {"that is not there is not", testNothing, -ENOENT, "No such file"},
};

static void
testConnect(const void *opaque)
{
    const testCase *test = opaque;
    g_auto(testPlace) place = {0};
    qemuPeer peer = {.distrusted = QEMU_PATH_TRUST_ALL, .owner = geteuid()};
    const char *why = NULL;
    int fd;

    testPlaceInit(&place);
    peer.path = place.path;
    if (test->change)
        test->change(&place, &peer);
    fd = qemuPeerConnect(&peer, &why);
    if (test->rc < 0) {
        g_assert_cmpint(fd, ==, test->rc);
        g_assert_nonnull(strstr(why, test->why));
        return;
    }
    g_assert_cmpint(fd, >=, 0);
    g_assert_null(why);
    g_assert_cmpint(fcntl(fd, F_GETFL) & O_NONBLOCK, ==, O_NONBLOCK);
    virFileClose(&fd);
}

/* As many as the kernel keeps, and one more. */
static void
testBusy(void)
{
    g_auto(testPlace) place = {0};
    qemuPeer peer = {.distrusted = QEMU_PATH_TRUST_ALL, .owner = geteuid()};
    g_autoptr(GArray) fds = g_array_new(FALSE, FALSE, sizeof(int));
    const char *why = NULL;
    int fd;

    testPlaceInit(&place);
    peer.path = place.path;
    while ((fd = qemuPeerConnect(&peer, &why)) >= 0)
        g_array_append_val(fds, fd);
    g_assert_cmpint(fd, ==, -EAGAIN);
    peer.wait_ms = 20;
    g_assert_cmpint(qemuPeerConnect(&peer, &why), ==, -EAGAIN);
    for (guint i = 0; i < fds->len; i++)
        virFileClose(&g_array_index(fds, int, i));
}

static void
testListen(void)
{
    g_auto(testPlace) place = {0};
    VIR_AUTOCLOSE fd = -1;
    struct stat st;

    testPlaceInit(&place);
    g_assert_cmpint(symlink("/nonexistent", place.other), ==, 0);
    fd = qemuPeerListen(place.other, (uid_t)-1, (gid_t)-1);
    g_assert_cmpint(fd, >=, 0);
    g_assert_cmpint(lstat(place.other, &st), ==, 0);
    g_assert_true(S_ISSOCK(st.st_mode));
    g_assert_cmpint(st.st_mode & 0777, ==, 0600);
}

/* What has another name is not emptied. */
static void
testCreateFile(void)
{
    g_auto(testPlace) place = {0};
    g_autofree char *text = NULL;
    VIR_AUTOCLOSE fd = -1;

    testPlaceInit(&place);
    g_assert_true(g_file_set_contents(place.other, "precious", -1, NULL));
    g_assert_cmpint(g_unlink(place.path), ==, 0);
    g_assert_cmpint(link(place.other, place.path), ==, 0);
    fd = qemuPeerCreateFile(place.path);
    g_assert_cmpint(fd, >=, 0);
    g_assert_cmpint(virFileWriteText(fd, "1\n"), ==, 0);
    g_assert_true(g_file_get_contents(place.other, &text, NULL, NULL));
    g_assert_cmpstr(text, ==, "precious");
}

/* --- a guest ---------------------------------------------------------------------------------- */

#define TEST_CHANNEL "<channel type='unix'><target type='virtio' name='talk'/></channel>"

typedef struct {
    testQEMU qemu;
    virDomainObj *vm;
    char *socket; /* of the monitor or the channel */
    char *other;
} testGuest;

static void
testGuestInit(testGuest *guest, const char *socket)
{
    g_autofree char *plain = testQEMUMakeXML("g", true, NULL);
    g_auto(GStrv) parts = g_strsplit(plain, "<devices>", 2);
    g_autofree char *xml = g_strconcat(parts[0], "<devices>" TEST_CHANNEL, parts[1], NULL);

    testQEMUInit(&guest->qemu, 0);
    guest->vm = qemuDomainCreateXML(guest->qemu.driver, xml, 0, NULL);
    if (!guest->vm)
        g_error("%s", virErrorGetMessage());
    guest->socket = g_build_filename(guest->qemu.directory, "run", guest->vm->uuid, socket, NULL);
    guest->other = g_build_filename(guest->qemu.directory, "run", guest->vm->uuid, "x", NULL);
}

static void
testGuestClear(testGuest *guest)
{
    g_clear_pointer(&guest->vm, virDomainObjUnref);
    testQEMUClear(&guest->qemu);
    g_free(guest->socket);
    g_free(guest->other);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(testGuest, testGuestClear)

/* This process listens where QEMU should. */
static void
testChannel(void)
{
    g_auto(testGuest) guest = {0};
    VIR_AUTOCLOSE listening = -1;
    int fd = -1;

    testGuestInit(&guest, "channel-talk");
    listening = qemuPeerListen(guest.socket, (uid_t)-1, (gid_t)-1);
    g_assert_cmpint(listening, >=, 0);
    g_assert_cmpint(qemuDomainOpenChannel(guest.vm, "talk", 0, &fd), ==, -1);
    testQEMUAssertError(VIR_ERR_OPERATION_FAILED, "not this guest's QEMU that listens there");
}

static void
testMonitor(void)
{
    g_auto(testGuest) guest = {0};
    g_autofree char *known = NULL;

    testGuestInit(&guest, "monitor.sock");
    /* The next driver finds on the disk what QEMU can do, and has nothing to say about it. */
    known = qemuConnectGetDomainCapabilities(guest.qemu.driver, NULL, NULL, NULL, "qemu");
    g_assert_nonnull(known);
    g_assert_cmpint(link(guest.socket, guest.other), ==, 0);
    g_clear_pointer(&guest.vm, virDomainObjUnref);
    testQEMURestart(&guest.qemu);
    guest.vm = qemuDomainLookupByName(guest.qemu.driver, "g");
    g_assert_nonnull(guest.vm);
    g_assert_cmpint(qemuDomainSuspend(guest.vm), ==, -1);
    g_assert_cmpint(g_unlink(guest.other), ==, 0);
    g_clear_pointer(&guest.vm, virDomainObjUnref);
    testQEMURestart(&guest.qemu);
    guest.vm = qemuDomainLookupByName(guest.qemu.driver, "g");
    g_assert_cmpint(qemuDomainSuspend(guest.vm), ==, 0);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    /* That a monitor is not connected to is warned of. */
    g_log_set_always_fatal(G_LOG_LEVEL_CRITICAL | G_LOG_FATAL_MASK);
    for (size_t i = 0; i < G_N_ELEMENTS(testCases); i++) {
        g_autofree char *name = g_strconcat("/qemupeer/a socket ", testCases[i].title, NULL);

        g_test_add_data_func(name, &testCases[i], testConnect);
    }
    g_test_add_func("/qemupeer/a busy socket is told from others", testBusy);
    g_test_add_func("/qemupeer/a new socket replaces a link, for its owner alone", testListen);
    g_test_add_func("/qemupeer/a new file replaces a link, which stays as it is", testCreateFile);
    g_test_add_func("/qemupeer/a channel leads to QEMU alone", testChannel);
    g_test_add_func("/qemupeer/a new driver connects to its own monitor alone", testMonitor);
    return g_test_run();
}
