/*
 * crashpoint.c: ends, or stops, a program at a chosen point of a change of bindings
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Preloaded into the program under test. The points, counted from 1 over the program and the
 * children that write to sysfs for it:
 *
 *   before write NAME, after write NAME   every write(2) to a file of sysfs
 *   before rename, after rename           every renameat(2): a journal record gets its name
 *   after remove                          every unlinkat(2) that removed something
 *   before send NAME, after send NAME     every command that goes to QEMU's monitor with send(2)
 *
 * CRASHPOINT="kill:POINT:LOG" sends SIGKILL to the program and to the child that writes, so that
 * nothing of either goes on; "stop:POINT:LOG" stops whoever is at the point (SIGCONT goes on),
 * once. POINT is a number or the text of a point, which is appended to the file LOG, after its
 * number and the process that is there. Points that CRASHPOINT_BUT names are not counted.
 */

#include <config.h>

#include <fcntl.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

typedef struct {
    unsigned int points;
    int reached; /* a point that is named is meant once */
} crashShared;

static crashShared *crashState; /* shared with the children; NULL: nothing is to happen */
static pid_t crashProgram;
static int crashStops;
static char crashPoint[64];
static char crashLog[256];
static char crashBut[64];

static void __attribute__((constructor)) crashSetUp(void)
{
    const char *wanted = getenv("CRASHPOINT");
    char action[8];
    void *shared;

    if (!wanted || sscanf(wanted, "%7[^:]:%63[^:]:%255s", action, crashPoint, crashLog) != 3)
        return;
    if (getenv("CRASHPOINT_BUT"))
        snprintf(crashBut, sizeof(crashBut), "%s", getenv("CRASHPOINT_BUT"));
    unsetenv("CRASHPOINT"); /* programs that it starts are not meant */
    unsetenv("LD_PRELOAD");
    shared =
        mmap(NULL, sizeof(*crashState), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        return;
    crashStops = strcmp(action, "stop") == 0;
    crashProgram = getpid();
    crashState = shared;
}

static void
crashWriteLog(unsigned int number, const char *point)
{
    int fd = open(crashLog, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);

    if (fd < 0)
        return;
    dprintf(fd, "%u %d %s\n", number, (int)getpid(), point);
    close(fd);
}

static void
crashAt(const char *point)
{
    unsigned int number;

    if (strcmp(point, crashBut) == 0)
        return;
    number = ++crashState->points;
    if (crashState->reached ||
        (strcmp(crashPoint, point) != 0 && (unsigned int)atoi(crashPoint) != number))
        return;
    crashState->reached = 1;
    crashWriteLog(number, point);
    if (crashStops) {
        raise(SIGSTOP);
        return;
    }
    kill(crashProgram, SIGKILL);
    kill(getpid(), SIGKILL);
}

/* The name of the sysfs attribute that is open; false if it is none. */
static int
crashIsSysfs(int fd, char name[64])
{
    struct statfs fs;
    char link[64];
    char target[512];
    ssize_t len;
    const char *base;

    if (fstatfs(fd, &fs) < 0 || fs.f_type != SYSFS_MAGIC)
        return 0;
    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    if ((len = readlink(link, target, sizeof(target) - 1)) < 0)
        return 0;
    target[len] = '\0';
    base = strrchr(target, '/');
    snprintf(name, 64, "%.63s", base ? base + 1 : target);
    return 1;
}

ssize_t
write(int fd, const void *data, size_t len)
{
    char point[96];
    char name[64];
    ssize_t rc;

    if (!crashState || !crashIsSysfs(fd, name))
        return syscall(SYS_write, fd, data, len);
    snprintf(point, sizeof(point), "before write %s", name);
    crashAt(point);
    rc = syscall(SYS_write, fd, data, len);
    snprintf(point, sizeof(point), "after write %s", name);
    crashAt(point);
    return rc;
}

/* The name of the command that is sent to QEMU; false if it is something else. */
static int
crashIsCommand(const void *data, size_t len, char name[64])
{
    static const char key[] = "\"execute\":\"";
    const char *at = memmem(data, len, key, strlen(key));
    char text[64] = "";
    size_t left;

    if (!at)
        return 0;
    at += strlen(key);
    left = len - (size_t)(at - (const char *)data);
    memcpy(text, at, left < sizeof(text) ? left : sizeof(text) - 1);
    return sscanf(text, "%63[a-z_-]", name) == 1;
}

ssize_t
send(int fd, const void *data, size_t len, int flags)
{
    char point[96];
    char name[64];
    ssize_t rc;

    if (!crashState || !crashIsCommand(data, len, name))
        return syscall(SYS_sendto, fd, data, len, flags, NULL, 0);
    snprintf(point, sizeof(point), "before send %s", name);
    crashAt(point);
    rc = syscall(SYS_sendto, fd, data, len, flags, NULL, 0);
    snprintf(point, sizeof(point), "after send %s", name);
    crashAt(point);
    return rc;
}

int
renameat(int oldDir, const char *oldName, int newDir, const char *newName)
{
    int rc;

    if (crashState)
        crashAt("before rename");
    rc = (int)syscall(SYS_renameat2, oldDir, oldName, newDir, newName, 0);
    if (crashState)
        crashAt("after rename");
    return rc;
}

int
unlinkat(int dir, const char *name, int flags)
{
    int rc = (int)syscall(SYS_unlinkat, dir, name, flags);

    if (crashState && rc == 0)
        crashAt("after remove");
    return rc;
}
