/*
 * virlock.c: locks between processes, with the name of who holds one
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "virerror.h"
#include "virfile.h"
#include "virgettext.h"
#include "virlock.h"

#define VIR_FROM_THIS VIR_FROM_LOCKING

/* "PID PURPOSE" of the holder; a longer purpose is cut. */
#define VIR_LOCK_MAX_TEXT    200

#define VIR_LOCK_INTERVAL_US 10000

/* Between its lock and its name in the file a holder does two system calls. */
#define VIR_LOCK_SIGN_TRIES       50
#define VIR_LOCK_SIGN_INTERVAL_US 2000

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

/* The process whose lock the kernel has on this file; 0 if it is not to be known. */
static int
virLockFindOwner(int fd)
{
    g_autofree char *table = NULL;
    g_autofree char *file = NULL;
    g_auto(GStrv) lines = NULL;
    struct stat st;

    if (fstat(fd, &st) < 0 || !g_file_get_contents("/proc/locks", &table, NULL, NULL))
        return 0;
    file = g_strdup_printf("%02x:%02x:%lu", major(st.st_dev), minor(st.st_dev), st.st_ino);
    lines = g_strsplit(table, "\n", -1);
    for (char **line = lines; *line; line++) {
        char which[64];
        int pid;

        /* "7: FLOCK  ADVISORY  WRITE 711 00:19:4711 0 EOF"; who waits has an arrow there */
        if (sscanf(*line, "%*d: FLOCK ADVISORY WRITE %d %63s", &pid, which) == 2 &&
            strcmp(which, file) == 0)
            return MAX(pid, 0);
    }
    return 0;
}

/* What the holder wrote; NULL if that is not as we write it. */
static char *
virLockReadSignature(int fd, int *pid)
{
    g_autofree char *text = NULL;
    char *purpose;
    guint64 number;

    if (lseek(fd, 0, SEEK_SET) < 0 || virFileReadFD(fd, VIR_LOCK_MAX_TEXT, &text, NULL) < 0 ||
        !(purpose = strchr(g_strchomp(text), ' ')) || !g_utf8_validate(text, -1, NULL))
        return NULL;
    *purpose = '\0';
    if (!g_ascii_string_to_unsigned(text, 10, 1, G_MAXINT, &number, NULL))
        return NULL;
    *pid = (int)number;
    return g_strdup(purpose + 1);
}

/*
 * The file may still have the name of the last holder, this process's own perhaps, while the new
 * one is about to write its own: the kernel knows whose turn it is.
 */
static char *
virLockDescribeHolder(int fd)
{
    int owner = 0;

    for (guint i = 0; i < VIR_LOCK_SIGN_TRIES; i++) {
        int pid = 0;
        int found = virLockFindOwner(fd);
        g_autofree char *purpose = virLockReadSignature(fd, &pid);

        owner = found > 0 ? found : owner;
        if (purpose && (owner == 0 || owner == pid))
            return virFormat(_("process %1$d (%2$s)"), pid, purpose);
        if (owner == 0)
            break;
        g_usleep(VIR_LOCK_SIGN_INTERVAL_US);
    }
    return owner > 0 ? virFormat(_("process %1$d"), owner) : g_strdup(_("another process"));
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
