/*
 * testcrash.c: a process that dies at any point of what it does
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "testcrash.h"
#include "testkernel.h"
#include "virerror.h"

/*
 * AddressSanitizer's: memory that was freed is kept for long by default, and every fork, of which
 * there are more than a thousand here, copies the page tables of all of it: two thirds of the time.
 */
const char *__asan_default_options(void);

const char *
__asan_default_options(void)
{
    return "quarantine_size_mb=2";
}

static guint testSteps;
static guint testKillAtStep; /* 0: never */

static void
testCountStep(void)
{
    if (testKillAtStep > 0 && ++testSteps == testKillAtStep)
        kill(getpid(), SIGKILL);
}

int
renameat(int oldDir, const char *oldName, int newDir, const char *newName)
{
    int rc = (int)syscall(SYS_renameat2, oldDir, oldName, newDir, newName, 0);

    testCountStep();
    return rc;
}

int
unlinkat(int dir, const char *name, int flags)
{
    int rc = (int)syscall(SYS_unlinkat, dir, name, flags);
    int saved = errno;

    /* Only what was there: the journal also makes sure that a temporary file is not. */
    if (rc == 0)
        testCountStep();
    errno = saved;
    return rc;
}

gboolean
testCrashRun(testCrashFunc func, void *opaque, guint killAtStep)
{
    pid_t pid = fork();
    int status;

    if (pid == 0) {
        testSteps = 0;
        testKillAtStep = killAtStep;
        if (func(opaque) == 0)
            _exit(EXIT_SUCCESS);
        fprintf(stderr, "%s\n", virErrorGetMessage());
        _exit(EXIT_FAILURE);
    }
    g_assert_cmpint(pid, >, 0);
    g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
    if (WIFSIGNALED(status)) {
        g_assert_cmpint(WTERMSIG(status), ==, SIGKILL);
        return TRUE;
    }
    g_assert_cmpint(WEXITSTATUS(status), ==, EXIT_SUCCESS);
    return FALSE;
}

void
testCrashCount(testOutcomes *outcomes, const char *after, const char *before, const char *wanted)
{
    outcomes->points++;
    if (g_str_equal(after, before))
        outcomes->old++;
    else if (g_str_equal(after, wanted))
        outcomes->new ++;
    else
        testKernelAssertSame(after, wanted);
}

void
testCrashPrint(const char *name, const testOutcomes *steps, const testOutcomes *writes)
{
    g_test_message("crash matrix: %s: %u points (%u on the disk, %u in the kernel), %u old, %u new",
                   name, steps->points + writes->points, steps->points, writes->points,
                   steps->old + writes->old, steps->new + writes->new);
    g_assert_cmpuint(steps->points, >=, 2);
    g_assert_cmpuint(writes->points, >=, 2);
}
