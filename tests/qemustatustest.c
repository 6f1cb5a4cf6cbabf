/*
 * qemustatustest.c: tests of what a driver makes of the status files that it finds
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <glib/gstdio.h>
#include <libvirt/libvirt.h>

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
    GLogLevelFlags fatal;
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
    /* It warns of that, while others say other things. */
    fatal = g_log_set_always_fatal(G_LOG_LEVEL_CRITICAL | G_LOG_FATAL_MASK);
    testQEMUOpen(&test);
    g_log_set_always_fatal(fatal);
    vm = qemuDomainLookupByName(test.driver, "plain");
    g_assert_true(qemuDomainIsActive(vm));
    g_assert_cmpint(qemuDomainGetPid(vm), ==, pid);
    g_assert_cmpint(g_unlink(aside), ==, 0);
}

static int testNoDescriptors; /* atomic: how often there is none left for a process */

/* In place of the C library's. */
int
pidfd_open(pid_t pid, unsigned int flags)
{
    if (g_atomic_int_get(&testNoDescriptors) > 0) {
        g_atomic_int_add(&testNoDescriptors, -1);
        errno = EMFILE;
        return -1;
    }
    return (int)syscall(SYS_pidfd_open, pid, flags);
}

/* That a driver lacks a descriptor when it starts does not mean that its guests have ended. */
static void
testLacksDescriptors(void)
{
    g_auto(testQEMU) test = {0};
    g_autofree char *xml = testQEMUMakeXML("plain", true, NULL);
    g_autoptr(virDomainObj) vm = NULL;
    GLogLevelFlags fatal;
    pid_t pid;

    testQEMUInit(&test, 0);
    vm = qemuDomainCreateXML(test.driver, xml, 0, NULL);
    if (!vm)
        g_error("%s", virErrorGetMessage());
    pid = qemuDomainGetPid(vm);
    g_clear_pointer(&vm, virDomainObjUnref);
    g_clear_pointer(&test.driver, qemuDriverFree);
    g_atomic_int_set(&testNoDescriptors, 2);
    /* A worker warns of it, some time. */
    fatal = g_log_set_always_fatal(G_LOG_LEVEL_CRITICAL | G_LOG_FATAL_MASK);
    testQEMUOpen(&test);
    vm = qemuDomainLookupByName(test.driver, "plain");
    g_assert_nonnull(vm);
    if (qemuDomainReset(vm, 0) < 0)
        g_error("%s", virErrorGetMessage());
    g_assert_cmpint(g_atomic_int_get(&testNoDescriptors), ==, 0);
    g_log_set_always_fatal(fatal);
    g_assert_cmpint(qemuDomainGetPid(vm), ==, pid);
}

static bool
testStatusHas(testQEMU *test, const char *name, const char *text)
{
    g_autofree char *file = g_strconcat(name, ".xml", NULL);
    g_autofree char *path = g_build_filename(test->directory, "run", file, NULL);
    g_autofree char *status = NULL;

    g_assert_true(g_file_get_contents(path, &status, NULL, NULL));
    return strstr(status, text);
}

/* A guest that did not care for its power button, and was reset, powers off for good later. */
static void
testResetForgetsReboot(void)
{
    g_auto(testQEMU) test = {0};
    g_autofree char *xml = testQEMUMakeXML("deaf", true, NULL);
    g_autoptr(virDomainObj) vm = NULL;

    testQEMUInit(&test, 0);
    vm = qemuDomainCreateXML(test.driver, xml, 0, NULL);
    if (!vm || qemuDomainReboot(vm, VIR_DOMAIN_REBOOT_ACPI_POWER_BTN) < 0)
        g_error("%s", virErrorGetMessage());
    g_assert_true(testStatusHas(&test, "deaf", "<fakeReboot/>"));
    g_assert_cmpint(qemuDomainReset(vm, 0), ==, 0);
    g_assert_false(testStatusHas(&test, "deaf", "<fakeReboot/>"));
    g_assert_cmpint(qemuDomainDestroy(vm, 0), ==, 0);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/qemustatus/a copy of a status file", testCopy);
    g_test_add_func("/qemustatus/a driver without descriptors", testLacksDescriptors);
    g_test_add_func("/qemustatus/a reset forgets a reboot that was asked for",
                    testResetForgetsReboot);
    return g_test_run();
}
