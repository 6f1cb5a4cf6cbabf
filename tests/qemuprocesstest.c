/*
 * qemuprocesstest.c: tests of qemu_process with a fake QEMU, and with the real one where it is
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <fcntl.h>
#include <signal.h>
#include <string.h>

#include "domain_conf.h"
#include "qemu_process.h"
#include "virerror.h"

/* A guest on the real QEMU, or, with a mode, on the fake one that behaves so. */
static virDomainDef *
testMakeDef(const char *mode, const char *machine)
{
    g_autofree char *fake = g_build_filename(g_getenv("abs_top_srcdir"), "tests", "qemuprocessdata",
                                             "fakeqemu.py", NULL);
    g_autofree char *emulator = mode ? g_strdup_printf("<emulator>%s</emulator>", fake) : NULL;
    g_autofree char *text =
        g_strdup_printf("<domain type='qemu'><name>%s</name><memory unit='MiB'>16</memory>"
                        "<os><type machine='%s'>hvm</type></os><devices>%s</devices></domain>",
                        mode ? mode : "g", machine, emulator ? emulator : "");
    virDomainDef *def = virDomainDefParse(text, strlen(text), "guest.xml");

    g_assert_nonnull(def);
    return def;
}

static bool
testIsThere(pid_t pid)
{
    return kill(pid, 0) == 0;
}

/* How a QEMU that was started ends, and what is said of it. */
typedef struct {
    const char *mode;
    int rc; /* of qemuProcessWait() */
    const char *message;
} testEnd;

static const testEnd testEnds[] = {
    {"guest-shutdown", 0, ""},
    {"guest-reset", 0, ""},
    {"host-signal", -1,
     "guest 'host-signal' is gone: QEMU ended, and not because the guest did (host-signal)"},
    {"leaves", -1, "QEMU ended, and not because the guest did (no reason given)"},
    {"fails", -1, "guest 'fails' is gone: QEMU failed with exit status 3: the disk is on fire [2J"},
    {"dies", -1, "guest 'dies' is gone: QEMU was killed by signal 9 (Killed)"},
    {"noisy", -1, "line 99999"},
};

static void
testEndsBy(const void *opaque)
{
    const testEnd *test = opaque;
    g_autoptr(virDomainDef) def = testMakeDef(test->mode, "q35");
    g_autoptr(qemuProcess) proc = qemuProcessNew();

    virErrorReset();
    if (qemuProcessStart(proc, def, -1) < 0)
        g_error("%s", virErrorGetMessage());
    g_assert_cmpint(qemuProcessWait(proc), ==, test->rc);
    if (!strstr(virErrorGetMessage(), test->message))
        g_error("\"%s\" does not say \"%s\"", virErrorGetMessage(), test->message);
    g_assert_cmpuint(strlen(virErrorGetMessage()), <, 8192);
    g_assert_false(testIsThere(qemuProcessGetPid(proc)));
    virErrorReset();
}

/* A QEMU that does not come up. */
static const testEnd testStarts[] = {
    {"refuses-argv", -1,
     "QEMU cannot start guest 'refuses-argv': fakeqemu: -machine q35: no such thing\nsee -help"},
    {"refuses", -1,
     "QEMU cannot start guest 'refuses': QEMU's monitor command cont failed: no: cannot continue"},
};

static void
testStartFails(const void *opaque)
{
    const testEnd *test = opaque;
    g_autoptr(virDomainDef) def = testMakeDef(test->mode, "q35");
    g_autoptr(qemuProcess) proc = qemuProcessNew();

    g_assert_cmpint(qemuProcessStart(proc, def, -1), ==, -1);
    g_assert_cmpstr(virErrorGetMessage(), ==, test->message);
    g_assert_false(testIsThere(qemuProcessGetPid(proc)));
    virErrorReset();
}

/* What QEMU inherits: three standard descriptors and its sockets, and no terminal. */
static void
testInherits(void)
{
    g_autoptr(virDomainDef) def = testMakeDef("inspect", "q35");

    for (int stdio = 0; stdio <= 1; stdio++) {
        g_autoptr(qemuProcess) proc = qemuProcessNew();
        g_autofree char *expected =
            g_strdup_printf("QEMU cannot start guest 'inspect': fds=0,1,2,3%s session=True "
                            "stdin=/dev/null stdout=/dev/null death=9",
                            stdio ? ",4" : "");

        g_assert_cmpint(qemuProcessStart(proc, def, stdio ? open("/dev/null", O_RDWR) : -1), ==,
                        -1);
        g_assert_cmpstr(virErrorGetMessage(), ==, expected);
    }
    virErrorReset();
}

static gboolean
testDestroySoon(void *opaque)
{
    qemuProcessDestroy(opaque);
    return G_SOURCE_REMOVE;
}

static gboolean
testShutdownSoon(void *opaque)
{
    qemuProcessShutdown(opaque);
    return G_SOURCE_REMOVE;
}

static void
testEndedWhileStarting(void)
{
    g_autoptr(virDomainDef) def = testMakeDef("mute", "q35");
    g_autoptr(qemuProcess) proc = qemuProcessNew();

    /* A guest that does not run yet has no power button. */
    g_timeout_add(50, testShutdownSoon, proc);
    g_assert_cmpint(qemuProcessStart(proc, def, -1), ==, -1);
    g_assert_cmpstr(virErrorGetMessage(), ==, "guest 'mute' was ended by request before it ran");
    g_assert_false(testIsThere(qemuProcessGetPid(proc)));
    virErrorReset();
}

static void
testShutdownIsObeyed(void)
{
    g_autoptr(virDomainDef) def = testMakeDef("obedient", "q35");
    g_autoptr(qemuProcess) proc = qemuProcessNew();

    g_assert_cmpint(qemuProcessStart(proc, def, -1), ==, 0);
    g_idle_add(testShutdownSoon, proc);
    g_assert_cmpint(qemuProcessWait(proc), ==, 0);
}

static void
testDestroyKills(void)
{
    g_autoptr(virDomainDef) def = testMakeDef("stubborn", "q35");
    g_autoptr(qemuProcess) proc = qemuProcessNew();

    g_assert_cmpint(qemuProcessStart(proc, def, -1), ==, 0);
    g_test_expect_message("qemu.process", G_LOG_LEVEL_WARNING, "*does not end when told to*");
    g_idle_add(testDestroySoon, proc);
    g_assert_cmpint(qemuProcessWait(proc), ==, 0);
    g_test_assert_expected_messages();
}

static void
testFreeKills(void)
{
    g_autoptr(virDomainDef) def = testMakeDef("stubborn", "q35");
    qemuProcess *proc = qemuProcessNew();
    pid_t pid;

    g_assert_cmpint(qemuProcessStart(proc, def, -1), ==, 0);
    pid = qemuProcessGetPid(proc);
    qemuProcessFree(proc);
    g_assert_false(testIsThere(pid));
}

static void
testNoEmulator(void)
{
    g_autoptr(virDomainDef) def = testMakeDef("x", "q35");
    g_autoptr(qemuProcess) proc = qemuProcessNew();

    g_free(def->emulator);
    def->emulator = g_strdup("/nonexistent/qemu");
    g_assert_cmpint(qemuProcessStart(proc, def, -1), ==, -1);
    g_assert_cmpstr(virErrorGetMessage(), ==,
                    "the <emulator> of guest 'x', /nonexistent/qemu, is no program that can be "
                    "run");
    virErrorReset();
}

static void
testNoKernel(void)
{
    g_autoptr(virDomainDef) def = testMakeDef("x", "q35");

    def->os.kernel = g_strdup("/nonexistent/vmlinuz");
    g_assert_null(qemuProcessCheck(def));
    g_assert_cmpstr(virErrorGetMessage(), ==,
                    "cannot read the <kernel> of guest 'x', /nonexistent/vmlinuz: No such file or "
                    "directory");
    virErrorReset();
}

/* The real QEMU; nothing boots, and firmware knows no power button. */
static bool
testHasQEMU(void)
{
    g_autofree char *path = g_find_program_in_path("qemu-system-x86_64");

    if (!path)
        g_test_skip("needs qemu-system-x86_64");
    return path != NULL;
}

static void
testRealQEMU(void)
{
    g_autoptr(virDomainDef) def = testMakeDef(NULL, "q35");
    g_autoptr(qemuProcess) proc = qemuProcessNew();

    if (!testHasQEMU())
        return;
    if (qemuProcessStart(proc, def, -1) < 0)
        g_error("%s", virErrorGetMessage());
    g_assert_true(testIsThere(qemuProcessGetPid(proc)));
    g_idle_add(testDestroySoon, proc);
    g_assert_cmpint(qemuProcessWait(proc), ==, 0);
    g_assert_false(testIsThere(qemuProcessGetPid(proc)));
}

static void
testRealQEMURefuses(void)
{
    g_autoptr(virDomainDef) def = testMakeDef(NULL, "pc-q35-99.0");
    g_autoptr(qemuProcess) proc = qemuProcessNew();

    if (!testHasQEMU())
        return;
    g_assert_cmpint(qemuProcessStart(proc, def, -1), ==, -1);
    g_assert_nonnull(strstr(virErrorGetMessage(), "QEMU cannot start guest 'g': "));
    g_assert_nonnull(strstr(virErrorGetMessage(), "unsupported machine type"));
    virErrorReset();
}

static void
testAddCases(const char *group, const testEnd *tests, size_t n, GTestDataFunc func)
{
    for (size_t i = 0; i < n; i++) {
        g_autofree char *path = g_strdup_printf("/qemuprocess/%s/%s", group, tests[i].mode);

        g_test_add_data_func(path, &tests[i], func);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    testAddCases("end", testEnds, G_N_ELEMENTS(testEnds), testEndsBy);
    testAddCases("start fails", testStarts, G_N_ELEMENTS(testStarts), testStartFails);
    g_test_add_func("/qemuprocess/inherits", testInherits);
    g_test_add_func("/qemuprocess/ended while starting", testEndedWhileStarting);
    g_test_add_func("/qemuprocess/shutdown is obeyed", testShutdownIsObeyed);
    g_test_add_func("/qemuprocess/destroy kills what does not quit", testDestroyKills);
    g_test_add_func("/qemuprocess/free kills", testFreeKills);
    g_test_add_func("/qemuprocess/no emulator", testNoEmulator);
    g_test_add_func("/qemuprocess/no kernel", testNoKernel);
    g_test_add_func("/qemuprocess/real QEMU", testRealQEMU);
    g_test_add_func("/qemuprocess/real QEMU refuses", testRealQEMURefuses);
    return g_test_run();
}
