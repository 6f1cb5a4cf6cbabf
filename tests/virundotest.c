/*
 * virundotest.c: tests of virundo
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "virerror.h"
#include "virundo.h"

#define VIR_FROM_THIS VIR_FROM_NONE

static GString *testTrace;
static guint testFreed;

static int
testStep(void *opaque)
{
    const char *name = opaque;

    g_string_append(testTrace, name);
    if (name[0] != 'x')
        return 0;
    virReportError(VIR_ERR_OPERATION_FAILED, "step %s", name);
    return -1;
}

static void
testFree(void *opaque)
{
    testFreed++;
    g_free(opaque);
}

static virUndo *
testPushAll(const char *names)
{
    virUndo *undo = virUndoNew();

    g_string_truncate(testTrace, 0);
    testFreed = 0;
    for (; *names; names++)
        virUndoPush(undo, testStep, g_strndup(names, 1), testFree);
    return undo;
}

static void
testReverseOrder(void)
{
    g_autoptr(virUndo) undo = testPushAll("abc");

    g_assert_cmpint(virUndoRollback(undo), ==, 0);
    g_assert_cmpstr(testTrace->str, ==, "cba");
    g_assert_cmpuint(testFreed, ==, 3);
    g_assert_cmpint(virUndoRollback(undo), ==, 0);
    g_assert_cmpstr(testTrace->str, ==, "cba");
}

static void
testCommit(void)
{
    g_autoptr(virUndo) undo = testPushAll("abc");

    virUndoCommit(undo);
    g_assert_cmpint(virUndoRollback(undo), ==, 0);
    g_assert_cmpstr(testTrace->str, ==, "");
    g_assert_cmpuint(testFreed, ==, 3);
}

/* A step back that fails does not stop the others, and the first cause stays the error. */
static void
testFailure(void)
{
    g_autoptr(virUndo) undo = testPushAll("axb");

    virReportError(VIR_ERR_INTERNAL_ERROR, "the cause");
    g_test_expect_message("util.undo", G_LOG_LEVEL_WARNING, "*step x*");
    g_assert_cmpint(virUndoRollback(undo), ==, -1);
    g_test_assert_expected_messages();
    g_assert_cmpstr(testTrace->str, ==, "bxa");
    g_assert_cmpstr(virErrorGetMessage(), ==, "the cause");
}

static void
testFreeTakesNothingBack(void)
{
    virUndo *undo = testPushAll("ab");

    virUndoFree(undo);
    g_assert_cmpstr(testTrace->str, ==, "");
    g_assert_cmpuint(testFreed, ==, 2);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    testTrace = g_string_new(NULL);
    g_test_add_func("/virundo/reverse order", testReverseOrder);
    g_test_add_func("/virundo/commit", testCommit);
    g_test_add_func("/virundo/failure", testFailure);
    g_test_add_func("/virundo/free", testFreeTakesNothingBack);
    return g_test_run();
}
