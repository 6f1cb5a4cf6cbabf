/*
 * qemudrivertest.c: tests of qemu_driver with the real QEMU: the life of guests
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "qemu_security.h"
#include "testqemu.h"
#include "virerror.h"

#define UUID "c9c1b2a4-0d2f-4b5e-9c53-0f1f2ac7d0f1"

static virDomainObj *
testDefine(testQEMU *test, const char *name, const char *more)
{
    g_autofree char *xml = testQEMUMakeXML(name, false, more);
    virDomainObj *vm = qemuDomainDefineXML(test->driver, xml, 0);

    if (!vm)
        g_error("%s", virErrorGetMessage());
    return vm;
}

static void
testAssertState(virDomainObj *vm, int expectedState, int expectedReason)
{
    int state;
    int reason;

    qemuDomainGetState(vm, &state, &reason);
    g_assert_cmpint(state, ==, expectedState);
    g_assert_cmpint(reason, ==, expectedReason);
}

static void
testOK(int rc)
{
    if (rc < 0)
        g_error("%s", virErrorGetMessage());
}

static void
testLife(void)
{
    g_auto(testQEMU) test = {0};
    g_autoptr(virDomainObj) vm = NULL;
    virDomainInfo info;

    if (!testQEMUIsThere())
        return;
    testQEMUInit(&test, 0);
    vm = testDefine(&test, "g", NULL);
    testQEMUAwait(&test, "g defined added");
    testAssertState(vm, VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_SHUTOFF_UNKNOWN);

    testOK(qemuDomainCreate(vm, 0, NULL));
    testQEMUAwaitAll(&test, "g resumed unpaused", "g started booted", NULL);
    testAssertState(vm, VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_BOOTED);
    g_assert_cmpint(qemuDomainGetID(vm), ==, 1);
    qemuDomainGetInfo(vm, &info);
    g_assert_cmpuint(info.maxMem, ==, 16384);
    g_assert_cmpuint(info.nrVirtCpu, ==, 1);
    g_assert_cmpuint(info.cpuTime, >, 0);

    testOK(qemuDomainSuspend(vm));
    testOK(qemuDomainSuspend(vm));
    testAssertState(vm, VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_USER);
    testOK(qemuDomainResume(vm));
    testOK(qemuDomainResume(vm));
    testAssertState(vm, VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_UNPAUSED);
    testOK(qemuDomainReset(vm, 0));
    testQEMUAwaitAll(&test, "g suspended paused", "g resumed unpaused", "g reboot", NULL);
    /* Its firmware knows no power button. */
    testOK(qemuDomainShutdown(vm, 0));
    testOK(qemuDomainReboot(vm, VIR_DOMAIN_REBOOT_ACPI_POWER_BTN));
    testAssertState(vm, VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_UNPAUSED);

    testOK(qemuDomainDestroy(vm, 0));
    /* Firmware that finds nothing to boot may reset the machine once more. */
    testQEMUAwaitLater(&test, "g shutdown host");
    testQEMUAwait(&test, "g stopped destroyed");
    testAssertState(vm, VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_SHUTOFF_DESTROYED);
    g_assert_cmpint(qemuDomainGetID(vm), ==, -1);
    g_assert_false(testProcessIsThere(qemuDomainGetPid(vm)));
    testOK(qemuDomainUndefine(vm, 0));
    testQEMUAwait(&test, "g undefined removed");
    g_assert_cmpint(qemuDomainCreate(vm, 0, NULL), ==, -1);
    testQEMUAssertError(VIR_ERR_NO_DOMAIN, "Domain not found");
}

static void
testStartPaused(void)
{
    g_auto(testQEMU) test = {0};
    g_autoptr(virDomainObj) vm = NULL;

    if (!testQEMUIsThere())
        return;
    testQEMUInit(&test, 0);
    vm = testDefine(&test, "g", NULL);
    testOK(qemuDomainCreate(vm, VIR_DOMAIN_START_PAUSED, NULL));
    testQEMUAwaitAll(&test, "g defined added", "g started booted", "g suspended paused", NULL);
    testAssertState(vm, VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_USER);
    testOK(qemuDomainResume(vm));
    testQEMUAwait(&test, "g resumed unpaused");
    testOK(qemuDomainDestroy(vm, VIR_DOMAIN_DESTROY_GRACEFUL));
    testOK(qemuDomainUndefine(vm, 0));
}

/* What virt-install does: create, then define what is running. */
static void
testTransientBecomesPersistent(void)
{
    g_auto(testQEMU) test = {0};
    g_autofree char *xml = testQEMUMakeXML("g", false, "<uuid>" UUID "</uuid>");
    g_autofree char *later = testQEMUMakeXML("g", false, "<uuid>" UUID "</uuid><vcpu>3</vcpu>");
    g_autofree char *live = NULL;
    g_autofree char *inactive = NULL;
    g_autoptr(virDomainObj) vm = NULL;
    g_autoptr(virDomainObj) same = NULL;

    if (!testQEMUIsThere())
        return;
    testQEMUInit(&test, 0);
    vm = qemuDomainCreateXML(test.driver, xml, 0, NULL);
    g_assert_nonnull(vm);
    g_assert_false(qemuDomainIsPersistent(vm));
    g_assert_cmpint(qemuDomainUndefine(vm, 0), ==, -1);
    testQEMUAssertError(VIR_ERR_OPERATION_INVALID, "is transient");
    g_assert_cmpint(qemuDomainSetAutostart(vm, true), ==, -1);
    testQEMUAssertError(VIR_ERR_OPERATION_INVALID, "is transient");
    g_assert_null(qemuDomainCreateXML(test.driver, xml, 0, NULL));
    testQEMUAssertError(VIR_ERR_OPERATION_INVALID, "domain is already running");

    same = qemuDomainDefineXML(test.driver, later, 0);
    g_assert_true(same == vm);
    g_assert_true(qemuDomainIsPersistent(vm));
    live = qemuDomainGetXMLDesc(vm, 0);
    inactive = qemuDomainGetXMLDesc(vm, VIR_DOMAIN_XML_INACTIVE);
    g_assert_nonnull(strstr(inactive, "3</vcpu>"));
    g_assert_null(strstr(live, "3</vcpu>"));
    testOK(qemuDomainDestroy(vm, 0));
    g_free(live);
    live = qemuDomainGetXMLDesc(vm, 0);
    g_assert_cmpstr(live, ==, inactive);
    testOK(qemuDomainUndefine(vm, 0));
}

static void
testTransientIsGone(void)
{
    g_auto(testQEMU) test = {0};
    g_autofree char *xml = testQEMUMakeXML("g", false, NULL);
    g_autoptr(virDomainObj) vm = NULL;

    if (!testQEMUIsThere())
        return;
    testQEMUInit(&test, 0);
    vm = qemuDomainCreateXML(test.driver, xml, 0, NULL);
    g_assert_nonnull(vm);
    testOK(qemuDomainDestroy(vm, 0));
    g_assert_null(qemuDomainLookupByName(test.driver, "g"));
    testQEMUAssertError(VIR_ERR_NO_DOMAIN, "no domain with matching name 'g'");
}

/* A running guest whose definition is taken away goes on, and is then gone. */
static void
testUndefineRunning(void)
{
    g_auto(testQEMU) test = {0};
    g_autoptr(virDomainObj) vm = NULL;

    if (!testQEMUIsThere())
        return;
    testQEMUInit(&test, 0);
    vm = testDefine(&test, "g", NULL);
    testOK(qemuDomainCreate(vm, 0, NULL));
    testOK(qemuDomainUndefine(vm, 0));
    g_assert_true(qemuDomainIsActive(vm));
    testOK(qemuDomainDestroy(vm, 0));
    g_assert_null(qemuDomainLookupByName(test.driver, "g"));
    virErrorReset();
}

/* Somebody else kills QEMU. */
static void
testKilled(void)
{
    g_auto(testQEMU) test = {0};
    g_autoptr(virDomainObj) vm = NULL;

    if (!testQEMUIsThere())
        return;
    testQEMUInit(&test, 0);
    vm = testDefine(&test, "g", NULL);
    testOK(qemuDomainCreate(vm, 0, NULL));
    g_assert_cmpint(kill(qemuDomainGetPid(vm), SIGKILL), ==, 0);
    testQEMUAwaitLater(&test, "g stopped crashed");
    testAssertState(vm, VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_SHUTOFF_CRASHED);
    testOK(qemuDomainCreate(vm, 0, NULL));
    testOK(qemuDomainDestroy(vm, 0));
    testOK(qemuDomainUndefine(vm, 0));
}

static void
testRefusedByQEMU(void)
{
    g_auto(testQEMU) test = {0};
    g_autofree char *xml = testQEMUMakeXML("g", false, NULL);
    g_auto(GStrv) parts = g_strsplit(xml, "'q35'", 2);
    g_autofree char *wrong = g_strjoinv("'pc-q35-99.0'", parts);

    if (!testQEMUIsThere())
        return;
    testQEMUInit(&test, 0);
    g_assert_null(qemuDomainCreateXML(test.driver, wrong, 0, NULL));
    testQEMUAssertError(VIR_ERR_OPERATION_FAILED, "unsupported machine type");
}

static void
testOwner(void)
{
    g_auto(testQEMU) test = {0};
    g_autofree char *xml = testQEMUMakeXML("g", false, NULL);
    g_autoptr(virDomainObj) vm = NULL;
    g_autoptr(virDomainObj) other = NULL;

    if (!testQEMUIsThere())
        return;
    testQEMUInit(&test, 0);
    vm = qemuDomainCreateXML(test.driver, xml, VIR_DOMAIN_START_AUTODESTROY, &test);
    other = testDefine(&test, "other", NULL);
    testOK(qemuDomainCreate(other, 0, &xml));
    {
        g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = virDomainObjLock(vm);

        qemuDriverReleaseOwner(test.driver, &xml); /* which has none, and looks at none */
    }
    g_assert_true(qemuDomainIsActive(vm));
    g_assert_true(qemuDomainIsActive(other));
    qemuDriverReleaseOwner(test.driver, &test);
    g_assert_false(qemuDomainIsActive(vm));
    {
        g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = virDomainObjLock(other);

        qemuDriverReleaseOwner(test.driver, &test); /* nor has this one any more */
    }
    g_assert_true(qemuDomainIsActive(other));
}

/* A new driver finds what an earlier one has defined and started. */
static void
testRestart(void)
{
    g_auto(testQEMU) test = {0};
    g_autoptr(virDomainObj) vm = NULL;
    pid_t pid;

    if (!testQEMUIsThere())
        return;
    testQEMUInit(&test, 0);
    vm = testDefine(&test, "g", NULL);
    testOK(qemuDomainSetAutostart(vm, true));
    testOK(qemuDomainCreate(vm, 0, NULL));
    testOK(qemuDomainSuspend(vm));
    pid = qemuDomainGetPid(vm);
    g_clear_pointer(&vm, virDomainObjUnref);
    testQEMURestart(&test);
    vm = qemuDomainLookupByName(test.driver, "g");
    g_assert_nonnull(vm);
    g_assert_true(qemuDomainGetAutostart(vm));
    g_assert_true(qemuDomainIsPersistent(vm));
    testOK(qemuDomainResume(vm));
    testAssertState(vm, VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_UNPAUSED);
    g_assert_cmpint(qemuDomainGetPid(vm), ==, pid);
    g_assert_cmpint(qemuDomainGetID(vm), ==, 1);
    g_assert_true(testProcessIsThere(pid));
    testOK(qemuDomainDestroy(vm, 0));
    testOK(qemuDomainCreate(vm, 0, NULL));
    g_assert_cmpint(qemuDomainGetID(vm), ==, 2);
}

/* The guest ends, or changes, while there is no driver. */
static void
testEndsMeanwhile(void)
{
    g_auto(testQEMU) test = {0};
    g_autoptr(virDomainObj) vm = NULL;
    pid_t pid;

    if (!testQEMUIsThere())
        return;
    testQEMUInit(&test, 0);
    vm = testDefine(&test, "g", NULL);
    testOK(qemuDomainCreate(vm, 0, NULL));
    pid = qemuDomainGetPid(vm);
    g_clear_pointer(&vm, virDomainObjUnref);
    g_clear_pointer(&test.driver, qemuDriverFree);
    g_assert_cmpint(kill(pid, SIGKILL), ==, 0);
    g_assert_cmpint(waitpid(pid, NULL, 0), ==, pid);
    testQEMUOpen(&test);
    testQEMUAwaitLater(&test, "g stopped failed");
    vm = qemuDomainLookupByName(test.driver, "g");
    testAssertState(vm, VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_SHUTOFF_UNKNOWN);
    testOK(qemuDomainCreate(vm, 0, NULL));
}

static void
testAutostart(void)
{
    g_auto(testQEMU) test = {0};
    g_autoptr(virDomainObj) vm = NULL;
    g_autoptr(virDomainObj) other = NULL;

    if (!testQEMUIsThere())
        return;
    testQEMUInit(&test, 0);
    vm = testDefine(&test, "g", NULL);
    other = testDefine(&test, "other", NULL);
    testOK(qemuDomainSetAutostart(vm, true));
    qemuDriverAutostart(test.driver);
    testQEMUAwaitLater(&test, "g started booted");
    testOK(qemuDomainDestroy(vm, 0));
    /* Once only. */
    qemuDriverAutostart(test.driver);
    testOK(qemuDomainSetAutostart(vm, false));
    g_assert_false(qemuDomainIsActive(vm));
    g_assert_false(qemuDomainIsActive(other));
}

/* A second driver on the same directories. */
static void
testTwoDrivers(void)
{
    g_auto(testQEMU) test = {0};
    g_autofree char *run = NULL;
    qemuDriverConfig config = {.user = ""};

    testQEMUInit(&test, 0);
    run = g_build_filename(test.directory, "run", NULL);
    config.runDirectory = run;
    config.stateDirectory = test.directory;
    g_assert_null(qemuDriverNew(&config));
    testQEMUAssertError(VIR_ERR_OPERATION_FAILED, "the QEMU driver");
}

static void
testConflicts(void)
{
    g_auto(testQEMU) test = {0};
    g_autoptr(virDomainObj) vm = NULL;
    g_autofree char *sameUUID = testQEMUMakeXML("h", false, "<uuid>" UUID "</uuid>");
    g_autofree char *sameName = testQEMUMakeXML("g", false, NULL);

    testQEMUInit(&test, 0);
    vm = testDefine(&test, "g", "<uuid>" UUID "</uuid>");
    g_assert_null(qemuDomainDefineXML(test.driver, sameUUID, 0));
    testQEMUAssertError(VIR_ERR_DOM_EXIST, "guest 'g' has its UUID " UUID);
    g_assert_null(qemuDomainDefineXML(test.driver, sameName, 0));
    testQEMUAssertError(VIR_ERR_DOM_EXIST, "a guest of that name exists with UUID " UUID);
    g_assert_null(qemuDomainCreateXML(test.driver, sameName, 0, NULL));
    testQEMUAssertError(VIR_ERR_DOM_EXIST, "a guest of that name exists");
    g_assert_null(qemuDomainDefineXML(test.driver, "<domain/>", 0));
    testQEMUAssertError(VIR_ERR_XML_ERROR, "domain.xml line 1");
    testOK(qemuDomainUndefine(vm, VIR_DOMAIN_UNDEFINE_MANAGED_SAVE));
}

/* What an inactive guest refuses, and what is refused of any. */
static void
testInvalid(void)
{
    g_auto(testQEMU) test = {0};
    g_autoptr(virDomainObj) vm = NULL;
    static const char notRunning[] = "guest 'g': domain is not running";

    testQEMUInit(&test, 0);
    vm = testDefine(&test, "g", NULL);
    g_assert_cmpint(qemuDomainSuspend(vm), ==, -1);
    testQEMUAssertError(VIR_ERR_OPERATION_INVALID, notRunning);
    g_assert_cmpint(qemuDomainResume(vm), ==, -1);
    testQEMUAssertError(VIR_ERR_OPERATION_INVALID, notRunning);
    g_assert_cmpint(qemuDomainShutdown(vm, 0), ==, -1);
    testQEMUAssertError(VIR_ERR_OPERATION_INVALID, notRunning);
    g_assert_cmpint(qemuDomainReset(vm, 0), ==, -1);
    testQEMUAssertError(VIR_ERR_OPERATION_INVALID, notRunning);
    g_assert_cmpint(qemuDomainDestroy(vm, 0), ==, -1);
    testQEMUAssertError(VIR_ERR_OPERATION_INVALID, notRunning);
    g_assert_cmpint(qemuDomainShutdown(vm, VIR_DOMAIN_SHUTDOWN_GUEST_AGENT), ==, -1);
    testQEMUAssertError(VIR_ERR_OPERATION_INVALID, notRunning);
    g_assert_cmpint(qemuDomainShutdown(vm, VIR_DOMAIN_SHUTDOWN_SIGNAL), ==, -1);
    testQEMUAssertError(VIR_ERR_ARGUMENT_UNSUPPORTED, "only ACPI");
    g_assert_cmpint(qemuDomainDestroy(vm, 64), ==, -1);
    testQEMUAssertError(VIR_ERR_INVALID_ARG, "unsupported flags 0x40 in destroy");
    g_assert_null(qemuDomainLookupByUUID(test.driver, UUID));
    testQEMUAssertError(VIR_ERR_NO_DOMAIN, "no domain with matching uuid '" UUID "'");
    g_assert_null(qemuDomainLookupByID(test.driver, 5));
    testQEMUAssertError(VIR_ERR_NO_DOMAIN, "no domain with matching id 5");
    testOK(qemuDomainUndefine(vm, 0));
}

/* The number after "Uid:" or "Gid:" of a process. */
static unsigned int
testGetProcessID(pid_t pid, const char *word)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/status", (int)pid);
    g_autofree char *text = NULL;
    const char *line;

    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    line = strstr(text, word);
    g_assert_nonnull(line);
    return (unsigned int)g_ascii_strtoull(line + strlen(word), NULL, 10);
}

static void
testAssertOwner(const char *path, uid_t uid)
{
    struct stat st;

    g_assert_cmpint(stat(path, &st), ==, 0);
    g_assert_cmpuint(st.st_uid, ==, uid);
}

#define TEST_NOBODY 65534

/* QEMU's own user gets what it needs for as long as it needs it, also if the driver is another one
 * at the end. */
static void
testUser(void)
{
    g_auto(testQEMU) test = {.user = "65534"};
    g_autoptr(virDomainObj) vm = NULL;
    g_autofree char *output = NULL;
    g_autofree char *more = NULL;

    if (!testQEMUIsThere())
        return;
    if (geteuid() != 0) {
        g_test_skip("needs root");
        return;
    }
    testQEMUInit(&test, 0);
    g_assert_cmpint(g_chmod(test.directory, 0711), ==, 0);
    output = g_build_filename(test.directory, "serial.txt", NULL);
    more = g_strdup_printf("<devices><serial type='file'><source path='%s'/></serial></devices>",
                           output);
    vm = testDefine(&test, "g", more);
    testOK(qemuDomainCreate(vm, 0, NULL));
    g_assert_cmpuint(testGetProcessID(qemuDomainGetPid(vm), "Uid:"), ==, TEST_NOBODY);
    g_assert_cmpuint(testGetProcessID(qemuDomainGetPid(vm), "Gid:"), ==, TEST_NOBODY);
    testAssertOwner(output, TEST_NOBODY);
    testOK(qemuDomainDestroy(vm, 0));
    testAssertOwner(output, 0);

    testOK(qemuDomainCreate(vm, 0, NULL));
    g_clear_pointer(&vm, virDomainObjUnref);
    testQEMURestart(&test);
    testAssertOwner(output, TEST_NOBODY);
    vm = qemuDomainLookupByName(test.driver, "g");
    testOK(qemuDomainDestroy(vm, 0));
    testAssertOwner(output, 0);
    g_assert_cmpint(g_unlink(output), ==, 0);
}

static void
testUnknownUser(void)
{
    qemuSpawnUser *user = NULL;

    g_assert_cmpint(qemuSecurityFindUser("", NULL, &user), ==, 0);
    g_assert_null(user);
    if (geteuid() != 0) {
        g_test_skip("only root can choose");
        return;
    }
    g_assert_cmpint(qemuSecurityFindUser("no such user", NULL, &user), ==, -1);
    testQEMUAssertError(VIR_ERR_CONFIG_UNSUPPORTED, "there is no user 'no such user'");
    g_assert_cmpint(qemuSecurityFindUser("nobody", "no such group", &user), ==, -1);
    testQEMUAssertError(VIR_ERR_CONFIG_UNSUPPORTED, "there is no group 'no such group'");
    g_assert_cmpint(qemuSecurityFindUser("nobody", "0", &user), ==, 0);
    g_assert_cmpuint(user->uid, ==, TEST_NOBODY);
    g_assert_cmpuint(user->gid, ==, 0);
    qemuSecurityUserFree(user);
}

/* A status file that nobody understands is set aside, and the guest is off. */
static void
testDamagedStatus(void)
{
    g_auto(testQEMU) test = {0};
    g_autofree char *path = NULL;
    g_autofree char *aside = NULL;
    g_autoptr(virDomainObj) vm = NULL;

    testQEMUInit(&test, 0);
    vm = testDefine(&test, "g", NULL);
    g_clear_pointer(&vm, virDomainObjUnref);
    g_clear_pointer(&test.driver, qemuDriverFree);
    path = g_build_filename(test.directory, "run", "g.xml", NULL);
    aside = g_strconcat(path, ".damaged", NULL);
    g_assert_true(g_file_set_contents(path, "<domstatus id='1'><domain/></domstatus>", -1, NULL));
    g_test_expect_message("conf.domainobjstore", G_LOG_LEVEL_WARNING, "*is damaged and set aside*");
    testQEMUOpen(&test);
    g_test_assert_expected_messages();
    vm = qemuDomainLookupByName(test.driver, "g");
    g_assert_false(qemuDomainIsActive(vm));
    g_assert_cmpint(g_unlink(aside), ==, 0);
}

/* What QEMU writes is in the guest's log, with our command line before it. */
static void
testLog(void)
{
    g_auto(testQEMU) test = {0};
    g_autoptr(virDomainObj) vm = NULL;
    g_autofree char *path = NULL;
    g_autofree char *text = NULL;

    if (!testQEMUIsThere())
        return;
    testQEMUInit(&test, 0);
    vm = testDefine(&test, "g", NULL);
    testOK(qemuDomainCreate(vm, 0, NULL));
    testOK(qemuDomainDestroy(vm, 0));
    path = g_build_filename(test.directory, "log", "g.log", NULL);
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_assert_nonnull(strstr(text, "starting: '/"));
    g_assert_nonnull(strstr(text, "server=on,wait=off"));
    g_assert_nonnull(strstr(text, "terminating on signal 15"));
}

static void *
testStartAndDestroy(void *opaque)
{
    for (int i = 0; i < 3; i++) {
        (void)!qemuDomainCreate(opaque, 0, NULL);
        (void)!qemuDomainSuspend(opaque);
        (void)!qemuDomainDestroy(opaque, 0);
    }
    return NULL;
}

/* Several threads do what they want with the same guests; each call works or is refused. */
static void
testThreads(void)
{
    g_auto(testQEMU) test = {0};
    g_autoptr(virDomainObj) a = NULL;
    g_autoptr(virDomainObj) b = NULL;
    GThread *threads[4];

    if (!testQEMUIsThere())
        return;
    testQEMUInit(&test, 0);
    a = testDefine(&test, "a", NULL);
    b = testDefine(&test, "b", NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = g_thread_new("life", testStartAndDestroy, i % 2 ? a : b);
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
        g_thread_join(threads[i]);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/qemudriver/life of a guest", testLife);
    g_test_add_func("/qemudriver/start paused", testStartPaused);
    g_test_add_func("/qemudriver/transient, then defined", testTransientBecomesPersistent);
    g_test_add_func("/qemudriver/transient, then gone", testTransientIsGone);
    g_test_add_func("/qemudriver/undefined while running", testUndefineRunning);
    g_test_add_func("/qemudriver/QEMU is killed", testKilled);
    g_test_add_func("/qemudriver/QEMU refuses", testRefusedByQEMU);
    g_test_add_func("/qemudriver/autodestroy", testOwner);
    g_test_add_func("/qemudriver/driver restarts", testRestart);
    g_test_add_func("/qemudriver/guest ends while no driver is there", testEndsMeanwhile);
    g_test_add_func("/qemudriver/autostart", testAutostart);
    g_test_add_func("/qemudriver/one driver for a directory", testTwoDrivers);
    g_test_add_func("/qemudriver/conflicting names and UUIDs", testConflicts);
    g_test_add_func("/qemudriver/invalid calls", testInvalid);
    g_test_add_func("/qemudriver/QEMU's own user", testUser);
    g_test_add_func("/qemudriver/users and groups", testUnknownUser);
    g_test_add_func("/qemudriver/damaged status file", testDamagedStatus);
    g_test_add_func("/qemudriver/log", testLog);
    g_test_add_func("/qemudriver/threads", testThreads);
    return g_test_run();
}
