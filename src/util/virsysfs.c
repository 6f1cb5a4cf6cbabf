/*
 * virsysfs.c: the only door to sysfs, /proc and /dev, of this host or of a recorded tree
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "virerror.h"
#include "virfile.h"
#include "virgettext.h"
#include "virsysfs.h"

#define VIR_FROM_THIS VIR_FROM_NONE

/* An attribute in sysfs is at most one page. */
#define VIR_SYSFS_MAX_TEXT 4096

struct _virSysfsRoot {
    int fd;
    bool isHost;
    char *path;                  /* as given, without a trailing slash; "" for "/" */
    virSysfsWriteFunc writeFunc; /* NULL but in tests */
    void *writeOpaque;
};

virSysfsRoot *
virSysfsRootNew(const char *path)
{
    g_autofree char *canonical = g_canonicalize_filename(path ? path : "/", NULL);
    VIR_AUTOCLOSE fd = open(canonical, O_PATH | O_DIRECTORY | O_CLOEXEC);
    struct stat given;
    struct stat host;
    virSysfsRoot *root;

    if (fd < 0 || fstat(fd, &given) < 0 || stat("/", &host) < 0) {
        virReportSystemError(errno, _("cannot use directory '%1$s' as root"), canonical);
        return NULL;
    }

    root = g_atomic_rc_box_new0(virSysfsRoot);
    root->fd = virFileStealFD(&fd);
    root->isHost = given.st_dev == host.st_dev && given.st_ino == host.st_ino;
    root->path = root->isHost ? g_strdup("") : g_steal_pointer(&canonical);
    return root;
}

virSysfsRoot *
virSysfsRootRef(virSysfsRoot *root)
{
    return g_atomic_rc_box_acquire(root);
}

static void
virSysfsRootDispose(void *opaque)
{
    virSysfsRoot *root = opaque;

    virFileClose(&root->fd);
    g_free(root->path);
}

void
virSysfsRootUnref(virSysfsRoot *root)
{
    if (root)
        g_atomic_rc_box_release_full(root, virSysfsRootDispose);
}

bool
virSysfsRootIsHost(const virSysfsRoot *root)
{
    return root->isHost;
}

char *
virSysfsRootDescribe(const virSysfsRoot *root, const char *path)
{
    return g_strdup_printf("%s/%s", root->path, path);
}

/* O_NONBLOCK: a FIFO planted in a recorded tree must not hold us. It means nothing in sysfs. */
#define VIR_SYSFS_OPEN_FLAGS (O_CLOEXEC | O_NOCTTY | O_NONBLOCK)

int
virSysfsOpen(const virSysfsRoot *root, const char *path, int flags)
{
    /* RESOLVE_NO_MAGICLINKS: a recorded tree has no business with /proc/self/fd. */
    struct open_how how = {
        .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
    };
    long fd;

    flags |= O_CLOEXEC;
    if (!(flags & O_PATH)) /* openat2 refuses with O_PATH what open(2) ignores */
        flags |= VIR_SYSFS_OPEN_FLAGS;
    how.flags = (unsigned int)flags;
    do {
        fd = root->isHost ? openat(root->fd, path, flags)
                          : syscall(SYS_openat2, root->fd, path, &how, sizeof(how));
        /* EAGAIN: a rename went on below the root while the path was resolved. */
    } while (fd < 0 && (errno == EINTR || errno == EAGAIN));
    return fd < 0 ? -errno : (int)fd;
}

int
virSysfsOpenDir(const virSysfsRoot *root, const char *path)
{
    return virSysfsOpen(root, path, O_PATH | O_DIRECTORY);
}

static int
virSysfsOpenAt(int dirfd, const char *name)
{
    int fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | VIR_SYSFS_OPEN_FLAGS);

    return fd < 0 ? -errno : fd;
}

static int
virSysfsReadText(int fd, char **text)
{
    g_autofree char *raw = NULL;
    size_t len;
    int rc;

    if ((rc = virFileReadFD(fd, VIR_SYSFS_MAX_TEXT, &raw, &len)) < 0)
        return rc;
    if (len > 0 && raw[len - 1] == '\n')
        raw[--len] = '\0';
    /* Wrong for a NUL byte too, since the length is given. */
    if (!g_utf8_validate(raw, (gssize)len, NULL))
        return -EILSEQ;
    *text = g_steal_pointer(&raw);
    return 0;
}

int
virSysfsReadAt(int dirfd, const char *name, char **text)
{
    VIR_AUTOCLOSE fd = virSysfsOpenAt(dirfd, name);

    return fd < 0 ? fd : virSysfsReadText(fd, text);
}

int
virSysfsRead(const virSysfsRoot *root, const char *path, char **text)
{
    VIR_AUTOCLOSE fd = virSysfsOpen(root, path, O_RDONLY);

    return fd < 0 ? fd : virSysfsReadText(fd, text);
}

ssize_t
virSysfsReadBytesAt(int dirfd, const char *name, void *buf, size_t max)
{
    VIR_AUTOCLOSE fd = virSysfsOpenAt(dirfd, name);

    return fd < 0 ? fd : virFileReadSome(fd, buf, max);
}

int
virSysfsReadLinkAt(int dirfd, const char *name, char **base)
{
    char target[VIR_SYSFS_MAX_TEXT];
    ssize_t len = readlinkat(dirfd, name, target, sizeof(target));
    const char *slash;

    if (len < 0)
        return -errno;
    if ((size_t)len == sizeof(target))
        return -ENAMETOOLONG;
    target[len] = '\0';
    slash = strrchr(target, '/');
    name = slash ? slash + 1 : target;
    /* What the kernel writes ends in a name; a recorded tree may hold anything. */
    if (!*name || strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
        !g_utf8_validate(name, -1, NULL))
        return -EBADMSG;
    *base = g_strdup(name);
    return 0;
}

int
virSysfsReadLink(const virSysfsRoot *root, const char *path, char **base)
{
    VIR_AUTOCLOSE fd = virSysfsOpen(root, path, O_PATH | O_NOFOLLOW);

    return fd < 0 ? fd : virSysfsReadLinkAt(fd, "", base);
}

bool
virSysfsIsDirAt(int dirfd, const char *name)
{
    struct stat st;

    return fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
}

/* One system call on this host; two, and a third to close, where the root must be enforced. */
int
virSysfsStat(const virSysfsRoot *root, const char *path, struct stat *st)
{
    VIR_AUTOCLOSE fd = -1;

    if (root->isHost)
        return fstatat(root->fd, path, st, 0) < 0 ? -errno : 0;
    if ((fd = virSysfsOpen(root, path, O_PATH)) < 0)
        return fd;
    return fstat(fd, st) < 0 ? -errno : 0;
}

bool
virSysfsExists(const virSysfsRoot *root, const char *path)
{
    struct stat st;

    return virSysfsStat(root, path, &st) == 0;
}

bool
virSysfsIsDir(const virSysfsRoot *root, const char *path)
{
    VIR_AUTOCLOSE fd = -1;

    if (root->isHost)
        return virSysfsIsDirAt(root->fd, path);
    fd = virSysfsOpen(root, path, O_PATH | O_DIRECTORY | O_NOFOLLOW);
    return fd >= 0;
}

int
virSysfsList(const virSysfsRoot *root, const char *path, virSysfsListFunc func, void *opaque)
{
    int fd = virSysfsOpen(root, path, O_RDONLY | O_DIRECTORY);
    struct dirent *entry;
    DIR *dir;

    if (fd < 0)
        return fd;
    if (!(dir = fdopendir(fd))) {
        int rc = -errno;

        virFileClose(&fd);
        return rc;
    }
    while ((entry = readdir(dir))) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            func(entry->d_name, entry->d_type, opaque);
    }
    closedir(dir);
    return 0;
}

static void
virSysfsAddName(const char *name, int type G_GNUC_UNUSED, void *opaque)
{
    g_ptr_array_add(opaque, g_strdup(name));
}

static int
virSysfsCompareNames(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

char **
virSysfsListNames(const virSysfsRoot *root, const char *path)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();

    if (virSysfsList(root, path, virSysfsAddName, names) < 0)
        g_ptr_array_set_size(names, 0);
    g_ptr_array_sort(names, virSysfsCompareNames);
    g_ptr_array_add(names, NULL);
    return (char **)g_ptr_array_free(g_steal_pointer(&names), FALSE);
}

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

/*
 * The child's side. It may stay in the kernel long after its parent has ended, so it keeps nothing
 * of its parent's open that somebody could wait for. Only calls that are safe after fork().
 */
static void G_GNUC_NORETURN
virSysfsWriteInChild(const virSysfsRoot *root, int fd, int status, const char *path,
                     const char *text)
{
    int nothing = open("/dev/null", O_RDWR);
    int rc;

    /* Signals for its parent's process group are not for it: half a transaction is worse. */
    setpgid(0, 0);
    for (int standard = STDIN_FILENO; standard <= STDERR_FILENO; standard++)
        dup2(nothing, standard);
    /* The two that it needs become 3 and 4. */
    fd = fcntl(fd, F_DUPFD, 100);
    status = fcntl(status, F_DUPFD, 100);
    dup2(fd, 3);
    dup2(status, 4);
    close_range(5, ~0U, 0);

    rc = virSysfsWriteNow(root, 3, path, text);
    _exit(write(4, &rc, sizeof(rc)) == (ssize_t)sizeof(rc) ? EXIT_SUCCESS : EXIT_FAILURE);
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
        gint64 left = (end - g_get_monotonic_time()) / 1000;

        ready = poll(&pfd, 1, timeout_ms < 0 ? -1 : (int)CLAMP(left, 0, G_MAXINT));
    } while (ready < 0 && errno == EINTR);
    if (ready == 0)
        return -ETIMEDOUT;
    /* No answer at all: the child was killed, and nobody knows how far it came. */
    return read(status, &rc, sizeof(rc)) == (ssize_t)sizeof(rc) ? rc : -EINTR;
}

/* A child that was left behind ends some day, and somebody must take note of it. */
static void *
virSysfsReap(void *opaque)
{
    while (waitpid(GPOINTER_TO_INT(opaque), NULL, 0) < 0 && errno == EINTR)
        continue;
    return NULL;
}

static int
virSysfsWriteByChild(const virSysfsRoot *root, int fd, const char *path, const char *text,
                     int timeout_ms)
{
    int ends[2];
    pid_t pid;
    int rc;

    if (pipe2(ends, O_CLOEXEC) < 0)
        return -errno;
    if ((pid = fork()) < 0) {
        rc = -errno;
        close(ends[0]);
        close(ends[1]);
        return rc;
    }
    if (pid == 0)
        virSysfsWriteInChild(root, fd, ends[1], path, text);

    close(ends[1]);
    rc = virSysfsAwaitWrite(ends[0], timeout_ms);
    close(ends[0]);
    if (rc == -ETIMEDOUT)
        g_thread_unref(g_thread_new("reap", virSysfsReap, GINT_TO_POINTER(pid)));
    else
        virSysfsReap(GINT_TO_POINTER(pid));
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
