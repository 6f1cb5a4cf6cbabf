/*
 * qemu_console.c: a client at a terminal or a socket of a guest
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <sys/stat.h>

#include <gio/gio.h>
#include <gio/gunixinputstream.h>
#include <gio/gunixoutputstream.h>

#include "qemu_console.h"
#include "virlog.h"

VIR_LOG_INIT("qemu.console")

struct _qemuConsole {
    gatomicrefcount refs;
    qemuLoop *loop;
    int guestFD; /* until the loop has made streams of them */
    int clientFD;
    GCancellable *cancellable;
    qemuConsoleEnded ended;
    void *opaque;
    GDestroyNotify destroy;
};

void
qemuConsoleUnref(qemuConsole *console)
{
    if (!console || !g_atomic_ref_count_dec(&console->refs))
        return;
    g_object_unref(console->cancellable);
    g_free(console);
}

static void
qemuConsoleCancelNow(void *opaque)
{
    g_autoptr(qemuConsole) console = opaque;

    g_cancellable_cancel(console->cancellable);
}

/* By the loop: GLib loses a source that one thread drops while another one cancels it. */
void
qemuConsoleCancel(qemuConsole *console)
{
    g_atomic_ref_count_inc(&console->refs);
    qemuLoopPost(console->loop, qemuConsoleCancelNow, console);
}

/* Closes @fd with its last reference. */
static GIOStream *
qemuConsoleMakeStream(int fd)
{
    g_autoptr(GSocket) socket = NULL;
    g_autoptr(GInputStream) input = NULL;
    g_autoptr(GOutputStream) output = NULL;
    struct stat sb;

    /* A socket whose peer is gone is written to without a signal. */
    if (fstat(fd, &sb) == 0 && S_ISSOCK(sb.st_mode) && (socket = g_socket_new_from_fd(fd, NULL)))
        return G_IO_STREAM(g_socket_connection_factory_create_connection(socket));
    input = g_unix_input_stream_new(fd, TRUE);
    output = g_unix_output_stream_new(fd, FALSE);
    return g_simple_io_stream_new(input, output);
}

static void
qemuConsoleDone(GObject *source G_GNUC_UNUSED, GAsyncResult *result, void *opaque)
{
    qemuConsole *console = opaque;
    g_autoptr(GError) err = NULL;

    if (!g_io_stream_splice_finish(result, &err))
        VIR_DEBUG("console ended: %s", err->message);
    console->ended(console, console->opaque);
    if (console->destroy)
        console->destroy(console->opaque);
    qemuConsoleUnref(console);
}

/* In the loop's thread. */
static void
qemuConsoleStart(void *opaque)
{
    qemuConsole *console = opaque;
    g_autoptr(GIOStream) guest = qemuConsoleMakeStream(console->guestFD);
    g_autoptr(GIOStream) client = qemuConsoleMakeStream(console->clientFD);

    g_io_stream_splice_async(guest, client, G_IO_STREAM_SPLICE_NONE, G_PRIORITY_DEFAULT,
                             console->cancellable, qemuConsoleDone, console);
}

qemuConsole *
qemuConsoleNew(qemuLoop *loop, int guestFD, int clientFD, qemuConsoleEnded ended, void *opaque,
               GDestroyNotify destroy)
{
    qemuConsole *console = g_new0(qemuConsole, 1);

    g_atomic_ref_count_init(&console->refs);
    g_atomic_ref_count_inc(&console->refs);
    console->loop = loop;
    console->guestFD = guestFD;
    console->clientFD = clientFD;
    console->cancellable = g_cancellable_new();
    console->ended = ended;
    console->opaque = opaque;
    console->destroy = destroy;
    qemuLoopPost(loop, qemuConsoleStart, console);
    return console;
}
