/*
 * virlock.c: locks between processes, with the name of who holds one
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "virerror.h"
#include "virfile.h"
#include "virgettext.h"
#include "virlock.h"

#define VIR_FROM_THIS VIR_FROM_LOCKING

/* "PID PURPOSE" of the holder; a longer purpose is cut. */
#define VIR_LOCK_MAX_TEXT    200

#define VIR_LOCK_INTERVAL_US 10000

struct _virLock {
    int fd;
    const GThread *owner;
    bool left; /* to a child that still works under it */
};

static GMutex virLockMutex; /* protects what follows */
static GList *virLockAll;

GArray *
virLockListFDs(void)
{
    GArray *fds = g_array_new(FALSE, FALSE, sizeof(int));

    g_mutex_lock(&virLockMutex);
    for (const GList *item = virLockAll; item; item = item->next) {
        const virLock *lock = item->data;

        if (lock->owner == g_thread_self())
            g_array_append_val(fds, lock->fd);
    }
    g_mutex_unlock(&virLockMutex);
    return fds;
}

void
virLockLeave(void)
{
    g_mutex_lock(&virLockMutex);
    for (const GList *item = virLockAll; item; item = item->next) {
        virLock *lock = item->data;

        if (lock->owner == g_thread_self())
            lock->left = true;
    }
    g_mutex_unlock(&virLockMutex);
}

/* What the holder wrote; it may be in the middle of writing it. */
static char *
virLockDescribeHolder(int fd)
{
    g_autofree char *text = NULL;
    const char *purpose;
    guint64 pid;

    if (virFileReadFD(fd, VIR_LOCK_MAX_TEXT, &text, NULL) < 0 ||
        !(purpose = strchr(g_strchomp(text), ' ')) || !g_utf8_validate(text, -1, NULL))
        return g_strdup(_("another process"));
    text[purpose - text] = '\0';
    if (!g_ascii_string_to_unsigned(text, 10, 1, G_MAXINT, &pid, NULL))
        return g_strdup(_("another process"));
    return virFormat(_("process %1$d (%2$s)"), (int)pid, purpose + 1);
}

static int
virLockSign(int fd, const char *purpose)
{
    g_autofree char *text =
        g_strdup_printf("%d %.*s\n", (int)getpid(), VIR_LOCK_MAX_TEXT - 20, purpose);

    return virFileReplaceText(fd, text);
}

/* There is no event for the end of somebody else's lock that could be waited for with a deadline.
 */
static int
virLockWait(int fd, int timeout_ms)
{
    gint64 end = g_get_monotonic_time() + (gint64)timeout_ms * 1000;

    while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        if (errno != EWOULDBLOCK || g_get_monotonic_time() >= end)
            return -1;
        g_usleep(VIR_LOCK_INTERVAL_US);
    }
    return 0;
}

virLock *
virLockAcquire(const char *directory, const char *name, const char *purpose, int timeout_ms)
{
    g_autofree char *path = g_build_filename(directory, name, NULL);
    VIR_AUTOCLOSE fd = -1;
    virLock *lock;
    int rc;

    if (g_mkdir_with_parents(directory, 0755) < 0) {
        virReportSystemError(errno, _("cannot make directory '%1$s'"), directory);
        return NULL;
    }
    if ((fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644)) < 0) {
        virReportSystemError(errno, _("cannot open lock file '%1$s'"), path);
        return NULL;
    }
    if (virLockWait(fd, timeout_ms) < 0) {
        g_autofree char *holder = NULL;

        if (errno != EWOULDBLOCK) {
            virReportSystemError(errno, _("cannot lock '%1$s'"), path);
            return NULL;
        }
        holder = virLockDescribeHolder(fd);
        virReportError(VIR_ERR_OPERATION_FAILED,
                       _("'%1$s' is locked by %2$s: try again when that is done"), name, holder);
        return NULL;
    }
    if ((rc = virLockSign(fd, purpose)) < 0) {
        virReportSystemError(-rc, _("cannot write lock file '%1$s'"), path);
        return NULL;
    }
    lock = g_new0(virLock, 1);
    lock->fd = virFileStealFD(&fd);
    lock->owner = g_thread_self();
    g_mutex_lock(&virLockMutex);
    virLockAll = g_list_prepend(virLockAll, lock);
    g_mutex_unlock(&virLockMutex);
    return lock;
}

void
virLockRelease(virLock *lock)
{
    if (!lock)
        return;
    g_mutex_lock(&virLockMutex);
    virLockAll = g_list_remove(virLockAll, lock);
    g_mutex_unlock(&virLockMutex);
    /*
     * Closing is not enough: between fork() and exec() or close(), any child that any thread starts
     * has our files open too.
     */
    if (!lock->left)
        flock(lock->fd, LOCK_UN);
    virFileClose(&lock->fd);
    g_free(lock);
}
