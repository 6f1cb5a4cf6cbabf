/*
 * virsysfsreader.c: reads of sysfs that the kernel may hold for ever
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "virfile.h"
#include "virsysfspriv.h"

/*
 * A thread that the kernel holds can neither go on nor end, nor can its process. So a child reads,
 * one for all reads of a process; it is left behind when it does not answer in time. It lives as
 * long as its end of the socket does.
 */
static GMutex virSysfsReaderLock; /* protects what follows */
static int virSysfsReaderFD = -1;
static pid_t virSysfsReaderPID;
static pid_t virSysfsReaderOwner; /* a fork's child needs a reader of its own */

#define VIR_SYSFS_READER_MAX_PATH 256

typedef struct {
    int rc; /* bytes of @text, or a negative errno value */
    char text[VIR_SYSFS_MAX_TEXT];
} virSysfsReaderAnswer;

/* The child's side. Only calls that are safe after fork(). */
static void G_GNUC_NORETURN
virSysfsReaderRun(int fd)
{
    static virSysfsReaderAnswer answer;
    char path[VIR_SYSFS_READER_MAX_PATH + 1];
    int nothing = open("/dev/null", O_RDWR);
    ssize_t len;

    /* Ctrl-C is for its parent, whose end it notices. */
    setpgid(0, 0);
    for (int standard = STDIN_FILENO; standard <= STDERR_FILENO; standard++)
        dup2(nothing, standard);
    dup2(fd, STDERR_FILENO + 1);
    fd = STDERR_FILENO + 1;
    close_range((unsigned int)fd + 1, ~0U, 0);

    while ((len = recv(fd, path, sizeof(path) - 1, 0)) > 0) {
        int file;

        path[len] = '\0';
        /* It may block for as long as it takes: the deadline is the parent's. */
        file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
        answer.rc =
            file < 0 ? -errno : (int)virFileReadSome(file, answer.text, sizeof(answer.text));
        virFileClose(&file);
        if (send(fd, &answer, offsetof(virSysfsReaderAnswer, text) + (size_t)MAX(answer.rc, 0),
                 MSG_NOSIGNAL) < 0)
            break;
    }
    _exit(0);
}

static void
virSysfsReaderForget(void)
{
    virFileClose(&virSysfsReaderFD);
    if (virSysfsReaderPID > 0 && virSysfsReaderOwner == getpid())
        virSysfsReapLater(virSysfsReaderPID);
    virSysfsReaderPID = 0;
}

static int
virSysfsReaderStart(void)
{
    int ends[2];

    if (virSysfsReaderFD >= 0 && virSysfsReaderOwner == getpid())
        return 0;
    virSysfsReaderForget();
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
        return -errno;
    if ((virSysfsReaderPID = fork()) == 0)
        virSysfsReaderRun(ends[1]);
    virFileClose(&ends[1]);
    if (virSysfsReaderPID < 0) {
        int rc = -errno;

        virFileClose(&ends[0]);
        return rc;
    }
    virSysfsReaderFD = ends[0];
    virSysfsReaderOwner = getpid();
    return 0;
}

/* Returns the answer's rc; a reader that does not answer is forgotten. */
static int
virSysfsReaderAsk(const char *path, virSysfsReaderAnswer *answer)
{
    struct pollfd pfd = {.events = POLLIN};
    int rc = virSysfsReaderStart();
    int ready;

    if (rc < 0)
        return rc;
    pfd.fd = virSysfsReaderFD;
    if (send(virSysfsReaderFD, path, strlen(path), MSG_NOSIGNAL) < 0) {
        virSysfsReaderForget();
        return -EIO;
    }
    do {
        ready = poll(&pfd, 1, VIR_SYSFS_PATIENCE_MS);
    } while (ready < 0 && errno == EINTR);
    if (ready > 0 && recv(virSysfsReaderFD, answer, sizeof(*answer), 0) >=
                         (ssize_t)offsetof(virSysfsReaderAnswer, text))
        return answer->rc;
    virSysfsReaderForget();
    return ready == 0 ? -ETIMEDOUT : -EIO;
}

int
virSysfsReadPatiently(const virSysfsRoot *root, const char *path, char **text)
{
    g_autofree virSysfsReaderAnswer *answer = NULL;
    g_autofree char *absolute = NULL;
    int rc;

    if (!root->isHost)
        return virSysfsRead(root, path, text);
    absolute = g_strdup_printf("/%s", path);
    if (strlen(absolute) > VIR_SYSFS_READER_MAX_PATH)
        return -ENAMETOOLONG;
    answer = g_new(virSysfsReaderAnswer, 1);
    g_mutex_lock(&virSysfsReaderLock);
    /* The reader may have been killed since: once more, with a new one. */
    if ((rc = virSysfsReaderAsk(absolute, answer)) == -EIO)
        rc = virSysfsReaderAsk(absolute, answer);
    g_mutex_unlock(&virSysfsReaderLock);
    return rc < 0 ? rc : virSysfsTakeText(answer->text, (size_t)rc, text);
}
