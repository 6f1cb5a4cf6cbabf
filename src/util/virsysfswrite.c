/*
 * virsysfswrite.c: writes to sysfs that the kernel may hold for ever, and waiting for their effect
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/wait.h>
#include <unistd.h>

#include "virfile.h"
#include "virlock.h"
#include "virsysfspriv.h"

void
virSysfsRootSetWriteFunc(virSysfsRoot *root, virSysfsWriteFunc func, void *opaque)
{
    root->writeFunc = func;
    root->writeOpaque = opaque;
}

static int
virSysfsWriteNow(const virSysfsRoot *root, int fd, const char *path, const char *text)
{
    ssize_t len = (ssize_t)strlen(text);
    ssize_t put;

    if (root->writeFunc)
        return root->writeFunc(path, text, root->writeOpaque);
    do {
        put = write(fd, text, (size_t)len);
    } while (put < 0 && errno == EINTR);
    if (put < 0)
        return -errno;
    return put == len ? 0 : -EIO;
}

static int
virSysfsCompareFDs(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

/* Closes every descriptor above standard error but those of @keep, which is sorted. */
static void
virSysfsCloseAllBut(const GArray *keep)
{
    unsigned int next = STDERR_FILENO + 1;

    for (guint i = 0; i < keep->len; i++) {
        unsigned int fd = (unsigned int)g_array_index(keep, int, i);

        if (fd > next)
            close_range(next, fd - 1, 0);
        next = MAX(next, fd + 1);
    }
    close_range(next, ~0U, 0);
}

/*
 * The child's side. It may stay in the kernel long after its parent has ended, so it keeps nothing
 * of its parent's open that somebody could wait for, but the locks: whoever comes next must not
 * touch the device before this write is over. Only calls that are safe after fork().
 */
static void G_GNUC_NORETURN
virSysfsWriteInChild(const virSysfsRoot *root, const GArray *keep, int fd, int status,
                     const char *path, const char *text)
{
    int nothing = open("/dev/null", O_RDWR);
    int rc;

    /* Signals for its parent's process group are not for it: half a transaction is worse. */
    setpgid(0, 0);
    for (int standard = STDIN_FILENO; standard <= STDERR_FILENO; standard++)
        dup2(nothing, standard);
    virSysfsCloseAllBut(keep);

    rc = virSysfsWriteNow(root, fd, path, text);
    _exit(write(status, &rc, sizeof(rc)) == (ssize_t)sizeof(rc) ? EXIT_SUCCESS : EXIT_FAILURE);
}

/* Milliseconds until @end (monotonic time), for poll(2). */
static int
virSysfsTimeLeft(gint64 end)
{
    return (int)CLAMP((end - g_get_monotonic_time()) / 1000, 0, G_MAXINT);
}

/* Waits for the child's answer. */
static int
virSysfsAwaitWrite(int status, int timeout_ms)
{
    gint64 end = g_get_monotonic_time() + (gint64)timeout_ms * 1000;
    struct pollfd pfd = {.fd = status, .events = POLLIN};
    int ready;
    int rc;

    do {
        ready = poll(&pfd, 1, timeout_ms < 0 ? -1 : virSysfsTimeLeft(end));
    } while (ready < 0 && errno == EINTR);
    if (ready == 0)
        return -ETIMEDOUT;
    /* No answer at all: the child was killed, and nobody knows how far it came. */
    return read(status, &rc, sizeof(rc)) == (ssize_t)sizeof(rc) ? rc : -EINTR;
}

static void *
virSysfsReap(void *opaque)
{
    while (waitpid(GPOINTER_TO_INT(opaque), NULL, 0) < 0 && errno == EINTR)
        continue;
    return NULL;
}

void
virSysfsReapLater(pid_t pid)
{
    g_thread_unref(g_thread_new("reap", virSysfsReap, GINT_TO_POINTER(pid)));
}

static int
virSysfsWriteByChild(const virSysfsRoot *root, int fd, const char *path, const char *text,
                     int timeout_ms)
{
    g_autoptr(GArray) keep = virLockListFDs();
    int ends[2];
    pid_t pid;
    int rc;

    if (pipe2(ends, O_CLOEXEC) < 0)
        return -errno;
    g_array_append_val(keep, fd);
    g_array_append_val(keep, ends[1]);
    g_array_sort(keep, virSysfsCompareFDs);
    if ((pid = fork()) < 0) {
        rc = -errno;
        close(ends[0]);
        close(ends[1]);
        return rc;
    }
    if (pid == 0)
        virSysfsWriteInChild(root, keep, fd, ends[1], path, text);

    close(ends[1]);
    rc = virSysfsAwaitWrite(ends[0], timeout_ms);
    close(ends[0]);
    if (rc == -ETIMEDOUT) {
        virLockLeave();
        virSysfsReapLater(pid);
    } else {
        virSysfsReap(GINT_TO_POINTER(pid));
    }
    return rc;
}

int
virSysfsWrite(const virSysfsRoot *root, const char *path, const char *text, int timeout_ms)
{
    VIR_AUTOCLOSE fd = -1;

    if (!root->isHost && !root->writeFunc)
        return -EROFS;
    if ((fd = virSysfsOpen(root, path, O_WRONLY)) < 0)
        return fd;
    return virSysfsWriteByChild(root, fd, path, text, timeout_ms);
}

/* Watches for new entries. A directory that is not there is watched for in the one above it. */
static bool
virSysfsWatch(const virSysfsRoot *root, int inotify, const char *directory)
{
    g_autofree char *parent = g_path_get_dirname(directory);
    VIR_AUTOCLOSE fd = virSysfsOpenDir(root, directory);
    g_autofree char *path = NULL;

    if (fd < 0)
        return strcmp(parent, directory) != 0 && virSysfsWatch(root, inotify, parent);
    path = g_strdup_printf("/proc/self/fd/%d", fd);
    return inotify_add_watch(inotify, path, IN_CREATE | IN_MOVED_TO) >= 0;
}

bool
virSysfsAwaitEntry(const virSysfsRoot *root, const char *directory, const char *name,
                   int timeout_ms)
{
    VIR_AUTOCLOSE inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    g_autofree char *path = g_build_filename(directory, name, NULL);
    gint64 end = g_get_monotonic_time() + (gint64)timeout_ms * 1000;

    for (;;) {
        struct pollfd pfd = {.fd = inotify, .events = POLLIN};
        char events[4096];

        /* Watched first, looked for then: what comes in between is seen. */
        if (!virSysfsWatch(root, inotify, directory))
            return false;
        if (virSysfsExists(root, path))
            return true;
        if (virSysfsTimeLeft(end) == 0)
            return false;
        if (poll(&pfd, 1, virSysfsTimeLeft(end)) > 0 && read(inotify, events, sizeof(events)) < 0 &&
            errno != EAGAIN)
            return false;
    }
}

void
virSysfsRootSetWriteBytesFunc(virSysfsRoot *root, virSysfsWriteBytesFunc func, void *opaque)
{
    root->writeBytesFunc = func;
    root->writeBytesOpaque = opaque;
}

int
virSysfsWriteBytes(const virSysfsRoot *root, const char *path, size_t offset, const void *buf,
                   size_t len)
{
    VIR_AUTOCLOSE fd = -1;
    ssize_t put;

    if (root->writeBytesFunc)
        return root->writeBytesFunc(path, offset, buf, len, root->writeBytesOpaque);
    if (!root->isHost)
        return -EROFS;
    if ((fd = virSysfsOpen(root, path, O_WRONLY)) < 0)
        return fd;
    do {
        put = pwrite(fd, buf, len, (off_t)offset);
    } while (put < 0 && errno == EINTR);
    if (put < 0)
        return -errno;
    return (size_t)put == len ? 0 : -EIO;
}
