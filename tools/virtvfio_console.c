/*
 * virtvfio_console.c: a guest's serial port on our standard input and output
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

#include <glib-unix.h>

#include "virerror.h"
#include "virfile.h"
#include "virgettext.h"
#include "virtvfio_console.h"

#define VIR_FROM_THIS VIR_FROM_NONE

/*
 * One direction: waits until @from has something, then until @to takes something, and so on. Our
 * standard input and output are shared with the shell, so they must not be made non-blocking; a
 * descriptor that poll() calls writable takes a page without blocking.
 */
typedef struct {
    GMainContext *context;
    int from;
    int to;
    char buf[4096];
    size_t len;
    size_t done;
    bool dropping;   /* @to is gone */
    GSource *source; /* NULL once there is nothing more to copy */
} virtvfioPump;

struct _virtvfioConsole {
    GMainContext *context;
    int fd; /* our end */
    virtvfioPump input;
    virtvfioPump output;
};

#define VIRTVFIO_CONSOLE_DRAIN_MS 1000

static gboolean virtvfioPumpReady(int fd, GIOCondition condition, void *opaque);

static void
virtvfioPumpStop(virtvfioPump *pump)
{
    if (!pump->source)
        return;
    g_source_destroy(pump->source);
    g_clear_pointer(&pump->source, g_source_unref);
}

static void
virtvfioPumpWait(virtvfioPump *pump)
{
    bool writing = pump->done < pump->len;

    virtvfioPumpStop(pump);
    pump->source = writing ? g_unix_fd_source_new(pump->to, G_IO_OUT | G_IO_ERR)
                           : g_unix_fd_source_new(pump->from, G_IO_IN | G_IO_HUP | G_IO_ERR);
    g_source_set_callback(pump->source, G_SOURCE_FUNC(virtvfioPumpReady), pump, NULL);
    g_source_attach(pump->source, pump->context);
}

static bool
virtvfioPumpMayRetry(ssize_t rc)
{
    return rc < 0 && (errno == EAGAIN || errno == EINTR);
}

/* A reader that goes away must not stop the writer: what it does not want is dropped. */
static void
virtvfioPumpWrite(virtvfioPump *pump)
{
    ssize_t rc = write(pump->to, pump->buf + pump->done, pump->len - pump->done);

    if (rc > 0) {
        pump->done += (size_t)rc;
    } else if (!virtvfioPumpMayRetry(rc)) {
        pump->dropping = true;
        pump->done = pump->len;
    }
}

/* Returns false at the end of the input. */
static bool
virtvfioPumpRead(virtvfioPump *pump)
{
    ssize_t rc = read(pump->from, pump->buf, sizeof(pump->buf));

    if (rc > 0 && !pump->dropping) {
        pump->len = (size_t)rc;
        pump->done = 0;
    }
    return rc > 0 || virtvfioPumpMayRetry(rc);
}

static gboolean
virtvfioPumpReady(int fd G_GNUC_UNUSED, GIOCondition condition G_GNUC_UNUSED, void *opaque)
{
    virtvfioPump *pump = opaque;

    bool goOn = true;

    if (pump->done < pump->len)
        virtvfioPumpWrite(pump);
    else
        goOn = virtvfioPumpRead(pump);
    if (goOn)
        virtvfioPumpWait(pump);
    else
        virtvfioPumpStop(pump);
    return G_SOURCE_REMOVE;
}

static void
virtvfioPumpStart(virtvfioPump *pump, GMainContext *context, int from, int to)
{
    pump->context = context;
    pump->from = from;
    pump->to = to;
    virtvfioPumpWait(pump);
}

virtvfioConsole *
virtvfioConsoleNew(int *peer)
{
    virtvfioConsole *console;
    int fds[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0) {
        virReportSystemError(errno, _("cannot create a socket for the guest's console"));
        return NULL;
    }
    console = g_new0(virtvfioConsole, 1);
    console->context = g_main_context_ref_thread_default();
    console->fd = fds[0];
    g_unix_set_fd_nonblocking(console->fd, TRUE, NULL);
    virtvfioPumpStart(&console->input, console->context, STDIN_FILENO, console->fd);
    virtvfioPumpStart(&console->output, console->context, console->fd, STDOUT_FILENO);
    *peer = fds[1];
    return console;
}

static gboolean
virtvfioConsoleExpire(void *opaque)
{
    *(bool *)opaque = true;
    return G_SOURCE_CONTINUE;
}

void
virtvfioConsoleFree(virtvfioConsole *console)
{
    g_autoptr(GSource) timer = NULL;
    bool expired = false;

    if (!console)
        return;
    virtvfioPumpStop(&console->input);
    timer = g_timeout_source_new(VIRTVFIO_CONSOLE_DRAIN_MS);
    g_source_set_callback(timer, virtvfioConsoleExpire, &expired, NULL);
    g_source_attach(timer, console->context);
    while (console->output.source && !expired)
        g_main_context_iteration(console->context, TRUE);
    g_source_destroy(timer);

    virtvfioPumpStop(&console->output);
    virFileClose(&console->fd);
    g_main_context_unref(console->context);
    g_free(console);
}
