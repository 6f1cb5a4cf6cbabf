/*
 * qemu_log.c: what QEMU writes to its stderr
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib-unix.h>

#include "qemu_log.h"
#include "virerror.h"
#include "virfile.h"
#include "virgettext.h"
#include "virlog.h"

#define VIR_FROM_THIS VIR_FROM_QEMU

VIR_LOG_INIT("qemu.log")

struct _qemuLog {
    qemuLoop *loop;
    char *path;  /* NULL of a pipe */
    int fd;      /* the file, or the pipe's writing end until QEMU has it */
    off_t start; /* where in the file QEMU's words begin */
    GMutex lock; /* of the two below */
    int pipeFD;  /* the pipe's reading end, or -1 */
    GString *tail;
    GSource *source; /* the loop's */
};

static void
qemuLogKeep(qemuLog *log, const char *data, gsize len)
{
    g_string_append_len(log->tail, data, (gssize)len);
    if (log->tail->len > QEMU_LOG_MAX_QUOTE)
        g_string_erase(log->tail, 0, (gssize)(log->tail->len - QEMU_LOG_MAX_QUOTE));
}

/* More than a pipe holds: one that is never empty must not keep us from everything else. */
#define QEMU_LOG_MAX_READS 32

/* Reads what is in the pipe now. Returns false at the end. */
static bool
qemuLogReadPipe(qemuLog *log)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&log->lock);
    char buf[4096];
    ssize_t got = -EBADF;

    for (int i = 0; log->pipeFD >= 0 && i < QEMU_LOG_MAX_READS; i++) {
        if ((got = virFileReadSome(log->pipeFD, buf, sizeof(buf))) <= 0)
            break;
        VIR_INFO("QEMU: %.*s", (int)got, buf);
        qemuLogKeep(log, buf, (gsize)got);
    }
    return got > 0 || got == -EAGAIN;
}

static gboolean
qemuLogPipeReadable(int fd G_GNUC_UNUSED, GIOCondition condition G_GNUC_UNUSED, void *opaque)
{
    return qemuLogReadPipe(opaque) ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

static int
qemuLogOpenPipe(qemuLog *log)
{
    int fds[2];

    if (pipe2(fds, O_CLOEXEC) < 0) {
        virReportSystemError(errno, _("cannot create a pipe"));
        return -1;
    }
    log->pipeFD = fds[0];
    log->fd = fds[1];
    g_unix_set_fd_nonblocking(log->pipeFD, TRUE, NULL);
    log->source = g_unix_fd_source_new(log->pipeFD, G_IO_IN | G_IO_HUP | G_IO_ERR);
    g_source_set_callback(log->source, G_SOURCE_FUNC(qemuLogPipeReadable), log, NULL);
    g_source_attach(log->source, qemuLoopGetContext(log->loop));
    return 0;
}

static int
qemuLogOpenFile(qemuLog *log, const char *directory, const char *name)
{
    log->path = g_strdup_printf("%s/%s.log", directory, name);
    if (g_mkdir_with_parents(directory, 0700) == 0)
        log->fd = open(log->path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (log->fd < 0) {
        virReportSystemError(errno, _("cannot open the log of guest '%1$s', '%2$s'"), name,
                             log->path);
        return -1;
    }
    return 0;
}

qemuLog *
qemuLogOpen(qemuLoop *loop, const char *directory, const char *name)
{
    g_autoptr(qemuLog) log = g_new0(qemuLog, 1);
    int rc;

    log->loop = loop;
    log->fd = -1;
    log->pipeFD = -1;
    log->tail = g_string_new(NULL);
    g_mutex_init(&log->lock);
    rc = directory ? qemuLogOpenFile(log, directory, name) : qemuLogOpenPipe(log);
    return rc < 0 ? NULL : g_steal_pointer(&log);
}

static void
qemuLogUnwatch(void *opaque)
{
    qemuLog *log = opaque;

    qemuLoopDropSource(&log->source);
}

void
qemuLogFree(qemuLog *log)
{
    if (!log)
        return;
    /* In the loop's thread it cannot be in the middle of reading. */
    if (log->source && !qemuLoopIsCurrent(log->loop))
        qemuLoopRun(log->loop, qemuLogUnwatch, log);
    qemuLogUnwatch(log);
    virFileClose(&log->fd);
    virFileClose(&log->pipeFD);
    g_string_free(log->tail, TRUE);
    g_mutex_clear(&log->lock);
    g_free(log->path);
    g_free(log);
}

int
qemuLogGetFD(const qemuLog *log)
{
    return log->fd;
}

void
qemuLogStarted(qemuLog *log)
{
    if (!log->path)
        virFileClose(&log->fd);
}

/* The log is for reading by people: what cannot be written is no reason to do anything. */
static void
qemuLogWrite(qemuLog *log, const char *text)
{
    if (virFileWriteText(log->fd, text) < 0)
        VIR_DEBUG("cannot write to %s", log->path);
}

void
qemuLogAdd(qemuLog *log, const char *text)
{
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    g_autofree char *time = g_date_time_format(now, "%Y-%m-%d %H:%M:%S+0000");
    g_autofree char *line = g_strdup_printf("%s: %s\n", time, text);

    if (!log->path)
        return;
    qemuLogWrite(log, line);
    log->start = lseek(log->fd, 0, SEEK_END);
}

/* The end of the file from @from on, at most @max bytes; caller frees. */
static char *
qemuLogReadEnd(const qemuLog *log, off_t from, size_t max, size_t *len)
{
    off_t end = lseek(log->fd, 0, SEEK_END);
    off_t start = MAX(end - (off_t)max, from);
    g_autofree char *text = g_malloc0(max + 1);
    ssize_t got = start < end ? pread(log->fd, text, (size_t)(end - start), start) : 0;

    *len = got > 0 ? (size_t)got : 0;
    return g_steal_pointer(&text);
}

void
qemuLogTrim(qemuLog *log)
{
    g_autofree char *text = NULL;
    struct stat st;
    size_t len;

    if (!log->path || fstat(log->fd, &st) < 0 || st.st_size <= QEMU_LOG_MAX_FILE)
        return;
    text = qemuLogReadEnd(log, 0, QEMU_LOG_MAX_QUOTE, &len);
    if (ftruncate(log->fd, 0) < 0)
        return;
    log->start = 0;
    qemuLogAdd(log, "the log was too long: all but its end was dropped");
    qemuLogWrite(log, text);
}

/* What a terminal would obey becomes blanks. */
static void
qemuLogMakeHarmless(char *text)
{
    for (char *cur = text; *cur; cur++) {
        if (g_ascii_iscntrl(*cur) && *cur != '\n')
            *cur = ' ';
    }
    g_strstrip(text);
}

char *
qemuLogQuote(qemuLog *log)
{
    g_autofree char *end = NULL;
    g_autofree char *text = NULL;
    size_t len = 0;

    if (log->path) {
        end = qemuLogReadEnd(log, log->start, QEMU_LOG_MAX_QUOTE, &len);
        text = g_utf8_make_valid(end, (gssize)len);
    } else {
        qemuLogReadPipe(log);
        g_mutex_lock(&log->lock);
        text = g_utf8_make_valid(log->tail->str, (gssize)log->tail->len);
        g_mutex_unlock(&log->lock);
    }
    qemuLogMakeHarmless(text);
    return *text ? g_strconcat(": ", text, NULL) : g_strdup("");
}
