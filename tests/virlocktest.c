/*
 * virlocktest.c: tests of virlock
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "testscene.h"
#include "virerror.h"
#include "virfile.h"
#include "virlock.h"

typedef struct {
    char *directory;
} testFixture;

static void
testSetUp(testFixture *fixture, const void *opaque G_GNUC_UNUSED)
{
    fixture->directory = testSceneMakeTemporary();
}

static void
testTearDown(testFixture *fixture, const void *opaque G_GNUC_UNUSED)
{
    testSceneRemoveTemporary(fixture->directory);
    g_free(fixture->directory);
}

static void
testSecondIsRefused(testFixture *fixture, const void *opaque G_GNUC_UNUSED)
{
    virLock *lock = virLockAcquire(fixture->directory, "group-11", "guest web1", 0);
    g_autofree char *holder = g_strdup_printf("process %d (guest web1)", (int)getpid());
    g_autoptr(virLock) other = NULL;
    g_autoptr(virLock) again = NULL;

    g_assert_nonnull(lock);
    g_assert_null(virLockAcquire(fixture->directory, "group-11", "administrator", 0));
    g_assert_cmpint(virErrorGetLast()->code, ==, VIR_ERR_OPERATION_FAILED);
    g_assert_nonnull(strstr(virErrorGetMessage(), holder));
    other = virLockAcquire(fixture->directory, "group-12", "administrator", 0);
    g_assert_nonnull(other);
    virLockRelease(lock);
    again = virLockAcquire(fixture->directory, "group-11", "administrator", 0);
    g_assert_nonnull(again);
}

/* Starts a process that takes the lock, says so, and holds it until its input ends. */
static pid_t
testHoldInChild(const testFixture *fixture, int *hold)
{
    int ready[2];
    int until[2];
    char byte;
    pid_t pid;

    g_assert_cmpint(pipe(ready), ==, 0);
    g_assert_cmpint(pipe(until), ==, 0);
    if ((pid = fork()) == 0) {
        virLock *lock = virLockAcquire(fixture->directory, "group-11", "child", 0);

        close(until[1]);
        if (!lock || write(ready[1], "x", 1) != 1 || read(until[0], &byte, 1) != 0)
            _exit(EXIT_FAILURE);
        _exit(EXIT_SUCCESS);
    }
    g_assert_cmpint((int)read(ready[0], &byte, 1), ==, 1);
    close(ready[0]);
    close(ready[1]);
    close(until[0]);
    *hold = until[1];
    return pid;
}

static void
testEndsWithTheProcess(testFixture *fixture, const void *opaque G_GNUC_UNUSED)
{
    int hold;
    pid_t pid = testHoldInChild(fixture, &hold);
    g_autoptr(virLock) lock = NULL;

    g_assert_null(virLockAcquire(fixture->directory, "group-11", "parent", 0));
    g_assert_nonnull(strstr(virErrorGetMessage(), "(child)"));
    close(hold);
    g_assert_cmpint(waitpid(pid, NULL, 0), ==, pid);
    lock = virLockAcquire(fixture->directory, "group-11", "parent", 0);
    g_assert_nonnull(lock);
}

static void *
testCloseLater(void *opaque)
{
    g_usleep(50000);
    close(GPOINTER_TO_INT(opaque));
    return NULL;
}

static void
testWaits(testFixture *fixture, const void *opaque G_GNUC_UNUSED)
{
    int hold;
    pid_t pid = testHoldInChild(fixture, &hold);
    GThread *thread = g_thread_new("close", testCloseLater, GINT_TO_POINTER(hold));
    g_autoptr(virLock) lock = virLockAcquire(fixture->directory, "group-11", "parent", 20000);

    g_assert_nonnull(lock);
    g_thread_join(thread);
    g_assert_cmpint(waitpid(pid, NULL, 0), ==, pid);
}

/* A holder that has not signed yet, or whose file somebody edited: the kernel knows who it is. */
static void
testUnsigned(testFixture *fixture, const void *opaque)
{
    int hold;
    pid_t pid = testHoldInChild(fixture, &hold);
    g_autofree char *path = g_build_filename(fixture->directory, "group-11", NULL);
    g_autofree char *holder = g_strdup_printf("by process %d:", (int)pid);
    VIR_AUTOCLOSE fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);

    g_assert_cmpint(virFileWriteText(fd, opaque), ==, 0);
    g_assert_null(virLockAcquire(fixture->directory, "group-11", "y", 0));
    if (!strstr(virErrorGetMessage(), holder))
        g_error("'%s' is not in '%s'", holder, virErrorGetMessage());
    close(hold);
    g_assert_cmpint(waitpid(pid, NULL, 0), ==, pid);
}

/* A thread's own try for the lock, and what came of it. */
typedef struct {
    const testFixture *fixture;
    const char *name;
    char *error; /* NULL if it had it */
    guint listed;
} testTry;

static void *
testTryInThread(void *opaque)
{
    testTry *try = opaque;
    g_autoptr(virLock) lock = virLockAcquire(try->fixture->directory, try->name, "thread", 0);
    g_autoptr(GArray) fds = virLockListFDs();

    try->error = lock ? NULL : g_strdup(virErrorGetMessage());
    try->listed = fds->len;
    return NULL;
}

static testTry
testRunThread(const testFixture *fixture, const char *name)
{
    testTry try = {.fixture = fixture, .name = name};

    g_thread_join(g_thread_new("try", testTryInThread, &try));
    return try;
}

/* Two threads of one process are kept apart as two processes are, and a child that one of them
 * starts is given nothing of the other's. */
static void
testThreads(testFixture *fixture, const void *opaque G_GNUC_UNUSED)
{
    virLock *lock = virLockAcquire(fixture->directory, "group-11", "guest web1", 0);
    testTry same = testRunThread(fixture, "group-11");
    testTry other = testRunThread(fixture, "group-12");
    testTry again;

    g_assert_nonnull(lock);
    g_assert_nonnull(strstr(same.error, "(guest web1)"));
    g_assert_cmpuint(same.listed, ==, 0);
    g_assert_null(other.error);
    g_assert_cmpuint(other.listed, ==, 1);
    virLockRelease(lock);
    again = testRunThread(fixture, "group-11");
    g_assert_null(again.error);
    g_free(same.error);
}

/* A child that happens to have the file open (any fork() of any thread) does not keep the lock,
 * unless it was left behind with it. */
static void
testChildren(testFixture *fixture, const void *opaque)
{
    bool left = GPOINTER_TO_INT(opaque);
    virLock *lock = virLockAcquire(fixture->directory, "group-11", "parent", 0);
    g_autoptr(virLock) again = NULL;
    g_autoptr(virLock) last = NULL;
    int until[2];
    char byte;
    pid_t pid;

    g_assert_cmpint(pipe(until), ==, 0);
    if ((pid = fork()) == 0) {
        close(until[1]);
        _exit(read(until[0], &byte, 1) == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
    }
    if (left)
        virLockLeave();
    virLockRelease(lock);
    again = virLockAcquire(fixture->directory, "group-11", "parent", 0);
    g_assert_cmpint(again != NULL, ==, !left);
    close(until[0]);
    close(until[1]);
    g_assert_cmpint(waitpid(pid, NULL, 0), ==, pid);
    if (left) {
        last = virLockAcquire(fixture->directory, "group-11", "parent", 0);
        g_assert_nonnull(last);
    }
}

static void
testBadDirectory(void)
{
    g_assert_null(virLockAcquire("/proc/virtvfio-no-such", "group-11", "x", 0));
    g_assert_cmpint(virErrorGetLast()->code, ==, VIR_ERR_SYSTEM_ERROR);
}

#define TEST(path, data, func) g_test_add(path, testFixture, data, testSetUp, func, testTearDown)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    TEST("/virlock/the second is refused", NULL, testSecondIsRefused);
    TEST("/virlock/it ends with the process", NULL, testEndsWithTheProcess);
    TEST("/virlock/it can be waited for", NULL, testWaits);
    TEST("/virlock/threads", NULL, testThreads);
    TEST("/virlock/a child that has it open", GINT_TO_POINTER(false), testChildren);
    TEST("/virlock/a child that was left behind", GINT_TO_POINTER(true), testChildren);
    TEST("/virlock/unsigned/empty", "", testUnsigned);
    TEST("/virlock/unsigned/garbage", "nobody knows", testUnsigned);
    TEST("/virlock/unsigned/one word", "4711", testUnsigned);
    TEST("/virlock/unsigned/by the last holder", "1 guest web1", testUnsigned);
    g_test_add_func("/virlock/bad directory", testBadDirectory);
    return g_test_run();
}
