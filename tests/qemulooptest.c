/*
 * qemulooptest.c: the thread that serves monitors, timers and ends of processes
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <sys/socket.h>
#include <unistd.h>

#include <glib-unix.h>

#include "qemu_loop.h"

static gboolean
testTakeByte(int fd, GIOCondition condition G_GNUC_UNUSED, void *opaque)
{
    char byte;

    if (read(fd, &byte, 1) == 1)
        g_atomic_int_inc((int *)opaque);
    return G_SOURCE_CONTINUE;
}

static gboolean
testKeepBusy(void *opaque G_GNUC_UNUSED)
{
    return G_SOURCE_CONTINUE;
}

/* What was said before is taken, a piece a round, by a loop that somebody else floods. */
static void
testSettle(void)
{
    g_autoptr(qemuLoop) loop = qemuLoopNew();
    g_autoptr(GSource) busy = g_idle_source_new();
    GSource *source;
    int taken = 0;
    int fds[2];

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
    source = g_unix_fd_source_new(fds[0], G_IO_IN);
    g_source_set_callback(source, G_SOURCE_FUNC(testTakeByte), &taken, NULL);
    g_source_attach(source, qemuLoopGetContext(loop));
    g_source_set_priority(busy, G_PRIORITY_DEFAULT);
    g_source_set_callback(busy, testKeepBusy, NULL, NULL);
    g_source_attach(busy, qemuLoopGetContext(loop));
    g_assert_cmpint(write(fds[1], "end", 3), ==, 3);
    qemuLoopSettle(loop);
    g_assert_cmpint(g_atomic_int_get(&taken), ==, 3);
    g_source_destroy(busy);
    qemuLoopDropSource(&source);
    close(fds[0]);
    close(fds[1]);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/qemuloop/what was said before is taken, however busy the loop is",
                    testSettle);
    return g_test_run();
}
