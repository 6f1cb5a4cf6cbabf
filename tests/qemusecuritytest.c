/*
 * qemusecuritytest.c: what the real QEMU of a guest has, as the kernel shows it
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "testqemu.h"
#include "virerror.h"
#include "virfile.h"

#define TEST_USER 65534

/* A guest on the real QEMU, which runs as another user if we can have it so. */
typedef struct {
    testQEMU qemu;
    virDomainObj *vm;
} testGuest;

static void
testGuestClear(testGuest *test)
{
    virDomainObjUnref(test->vm);
    if (test->qemu.driver)
        testQEMUClear(&test->qemu);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(testGuest, testGuestClear)

static void
testGuestStart(testGuest *test, const char *more)
{
    g_autofree char *xml = testQEMUMakeXML("g", false, more);

    test->qemu.user = geteuid() == 0 ? G_STRINGIFY(TEST_USER) : NULL;
    testQEMUInit(&test->qemu, 0);
    g_assert_cmpint(g_chmod(test->qemu.directory, 0711), ==, 0);
    test->vm = qemuDomainCreateXML(test->qemu.driver, xml, 0, NULL);
    if (!test->vm)
        g_error("%s", virErrorGetMessage());
}

/* A file of the QEMU process in /proc; caller frees. */
static char *
testReadProc(const testGuest *test, const char *name, gsize *len)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/%s", (int)qemuDomainGetPid(test->vm), name);
    g_autoptr(GError) error = NULL;
    char *text = NULL;

    if (!g_file_get_contents(path, &text, len, &error))
        g_error("%s", error->message);
    return text;
}

static void
testAssertLine(const char *text, const char *line)
{
    g_autofree char *wanted = g_strconcat("\n", line, "\n", NULL);

    if (!strstr(text, wanted))
        g_error("no line \"%s\" in: %s", line, text);
}

/* Another user's, with no capability and no way to one, behind a filter of system calls. */
static void
testStatus(void)
{
    g_auto(testGuest) test = {0};
    g_autofree char *status = NULL;

    if (!testQEMUIsThere())
        return;
    testGuestStart(&test, NULL);
    status = testReadProc(&test, "status", NULL);
    testAssertLine(status, "Umask:\t0077");
    testAssertLine(status, "NoNewPrivs:\t1");
    testAssertLine(status, "Seccomp:\t2");
    if (geteuid() != 0)
        return;
    testAssertLine(status, "Uid:\t65534\t65534\t65534\t65534");
    testAssertLine(status, "Gid:\t65534\t65534\t65534\t65534");
    testAssertLine(status, "Groups:\t65534 ");
    testAssertLine(status, "CapInh:\t0000000000000000");
    testAssertLine(status, "CapPrm:\t0000000000000000");
    testAssertLine(status, "CapEff:\t0000000000000000");
    testAssertLine(status, "CapAmb:\t0000000000000000");
}

static void
testNoCore(void)
{
    g_auto(testGuest) test = {0};
    g_autofree char *limits = NULL;

    if (!testQEMUIsThere())
        return;
    testGuestStart(&test, NULL);
    limits = testReadProc(&test, "limits", NULL);
    g_assert_true(g_regex_match_simple("\nMax core file size +1 +1 ", limits, 0, 0));
}

/* What we were told in our environment stays with us. */
static void
testEnvironment(void)
{
    static const char expected[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin\0LC_ALL=C\0HOME=/\0"
                                   "MALLOC_PERTURB_=1";
    g_auto(testGuest) test = {0};
    g_autofree char *environment = NULL;
    gsize len = 0;

    if (!testQEMUIsThere())
        return;
    g_assert_true(g_setenv("NOTIFY_SOCKET", "/nonexistent/notify", TRUE));
    testGuestStart(&test,
                   "<qemu:commandline xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>"
                   "<qemu:env name='MALLOC_PERTURB_' value='1'/></qemu:commandline>");
    g_unsetenv("NOTIFY_SOCKET");
    environment = testReadProc(&test, "environ", &len);
    g_assert_cmpmem(environment, len, expected, sizeof(expected));
}

/* What a descriptor of QEMU may be. */
static bool
testIsKnown(int fd, const char *target)
{
    static const char *const kinds[] = {"anon_inode:", "pipe:", "socket:", "/memfd:"};

    if (fd <= 2)
        return strcmp(target, fd < 2 ? "/dev/null" : target) == 0;
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        if (g_str_has_prefix(target, kinds[i]))
            return true;
    }
    return false;
}

/* No file of ours, also of those that somebody has opened without O_CLOEXEC. */
static void
testDescriptors(void)
{
    g_auto(testGuest) test = {0};
    VIR_AUTOCLOSE ours = open("/", O_RDONLY | O_DIRECTORY);
    g_autofree char *path = NULL;
    g_autoptr(GDir) dir = NULL;
    const char *name;

    g_assert_cmpint(ours, >=, 0);
    if (!testQEMUIsThere())
        return;
    testGuestStart(&test, NULL);
    path = g_strdup_printf("/proc/%d/fd", (int)qemuDomainGetPid(test.vm));
    dir = g_dir_open(path, 0, NULL);
    g_assert_nonnull(dir);
    while ((name = g_dir_read_name(dir))) {
        g_autofree char *link = g_build_filename(path, name, NULL);
        g_autofree char *target = g_file_read_link(link, NULL);

        if (target && !testIsKnown(atoi(name), target))
            g_error("QEMU has %s open, as %s", target, name);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/qemusecurity/user, capabilities, filter", testStatus);
    g_test_add_func("/qemusecurity/no core dump", testNoCore);
    g_test_add_func("/qemusecurity/environment", testEnvironment);
    g_test_add_func("/qemusecurity/descriptors", testDescriptors);
    return g_test_run();
}
