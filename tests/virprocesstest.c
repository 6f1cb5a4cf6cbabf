/*
 * virprocesstest.c: tests of virprocess
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "virerror.h"
#include "virprocess.h"

#define NUMBERS "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 "

static const struct {
    const char *name;
    const char *text;
    guint64 started; /* 0: this is no such text */
} stats[] = {
    {"a plain name", "4711 (qemu) S " NUMBERS "987654 1 2 3\n", 987654},
    {"a name with blanks and brackets", "4711 (a) S 1 (b c)) R " NUMBERS "42 1\n", 42},
    {"the start is the last field", "4711 (qemu) S " NUMBERS "42\n", 42},
    {"too few fields", "4711 (qemu) S " NUMBERS, 0},
    {"no number", "4711 (qemu) S " NUMBERS "x 1\n", 0},
    {"a negative number", "4711 (qemu) S " NUMBERS "-1 1\n", 0},
    {"a number of more than 63 bits", "4711 (qemu) S " NUMBERS "99999999999999999999 1\n", 0},
    {"no name", "4711 qemu S " NUMBERS "42 1\n", 0},
    {"nothing", "", 0},
};

static void
testParse(const void *opaque)
{
    size_t i = GPOINTER_TO_SIZE(opaque);
    guint64 started = 0;

    g_assert_cmpint(virProcessParseStat(stats[i].text, &started), ==, stats[i].started > 0);
    g_assert_cmpuint(started, ==, stats[i].started);
}

static void
testSelf(void)
{
    virProcessIdentity self = virProcessGetSelf();
    virProcessIdentity again;

    g_assert_cmpint(self.pid, ==, (int)getpid());
    g_assert_cmpuint(self.started, >, 0);
    g_assert_cmpint(virProcessIdentify(getpid(), &again), ==, 0);
    g_assert_cmpuint(again.started, ==, self.started);
    g_assert_true(virProcessIsRunning(&self));
}

/* The number is in use, but not by the process that was meant. */
static void
testRecycled(void)
{
    virProcessIdentity other = virProcessGetSelf();

    other.started--;
    g_assert_false(virProcessIsRunning(&other));
    other.started = 0;
    g_assert_true(virProcessIsRunning(&other));
}

static void
testEnded(void)
{
    virProcessIdentity process;
    pid_t pid = fork();

    if (pid == 0) {
        pause();
        _exit(0);
    }
    g_assert_cmpint(virProcessIdentify(pid, &process), ==, 0);
    g_assert_true(virProcessIsRunning(&process));
    g_assert_cmpint(kill(pid, SIGKILL), ==, 0);
    g_assert_cmpint(waitpid(pid, NULL, 0), ==, pid);
    g_assert_false(virProcessIsRunning(&process));
    process.started = 0;
    g_assert_false(virProcessIsRunning(&process));
    g_assert_cmpint(virProcessIdentify(pid, &process), ==, -1);
    g_assert_cmpint(virErrorGetLast()->code, ==, VIR_ERR_OPERATION_INVALID);
    g_assert_cmpint(virProcessIdentify(-1, &process), ==, -1);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(stats); i++) {
        g_autofree char *path = g_strdup_printf("/virprocess/stat/%s", stats[i].name);

        g_test_add_data_func(path, GSIZE_TO_POINTER(i), testParse);
    }
    g_test_add_func("/virprocess/this process", testSelf);
    g_test_add_func("/virprocess/a number that is used again", testRecycled);
    g_test_add_func("/virprocess/a process that has ended", testEnded);
    return g_test_run();
}
