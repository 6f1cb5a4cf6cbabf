/*
 * qemustatustest.c: tests of what a driver makes of the status files that it finds
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <glib/gstdio.h>

#include "testqemu.h"
#include "virerror.h"

/* Somebody has copied a status file: the guest has one state, and that is in the file with its
 * name. */
static void
testCopy(void)
{
    g_auto(testQEMU) test = {0};
    g_autofree char *xml = testQEMUMakeXML("plain", true, NULL);
    g_autoptr(virDomainObj) vm = NULL;
    g_autofree char *path = NULL;
    g_autofree char *copy = NULL;
    g_autofree char *aside = NULL;
    g_autofree char *text = NULL;
    pid_t pid;

    testQEMUInit(&test, 0);
    vm = qemuDomainDefineXML(test.driver, xml, 0);
    if (!vm || qemuDomainCreate(vm, 0, NULL) < 0)
        g_error("%s", virErrorGetMessage());
    pid = qemuDomainGetPid(vm);
    g_clear_pointer(&vm, virDomainObjUnref);
    g_clear_pointer(&test.driver, qemuDriverFree);
    path = g_build_filename(test.directory, "run", "plain.xml", NULL);
    copy = g_build_filename(test.directory, "run", "plain (copy).xml", NULL);
    aside = g_strconcat(copy, ".damaged", NULL);
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_assert_true(g_file_set_contents(copy, text, -1, NULL));
    g_test_expect_message("conf.domainobjstore", G_LOG_LEVEL_WARNING,
                          "*plain (copy).xml' is damaged and set aside*guest 'plain'*");
    testQEMUOpen(&test);
    g_test_assert_expected_messages();
    vm = qemuDomainLookupByName(test.driver, "plain");
    g_assert_true(qemuDomainIsActive(vm));
    g_assert_cmpint(qemuDomainGetPid(vm), ==, pid);
    g_assert_cmpint(g_unlink(aside), ==, 0);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/qemustatus/a copy of a status file", testCopy);
    return g_test_run();
}
