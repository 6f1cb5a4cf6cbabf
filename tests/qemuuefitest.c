/*
 * qemuuefitest.c: a guest on the real QEMU with the firmware that its descriptors name
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The firmware tells on the serial port that it finds nothing to boot. Emulated it takes some
 * seconds.
 */

#include <config.h>

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>

#include "testqemu.h"
#include "virerror.h"

#define TEST_USER      65534
#define TEST_TIMEOUT_S 60

#define TEST_GUEST                                                                                 \
    "<domain type='qemu'><name>g</name><memory unit='MiB'>128</memory>"                            \
    "<os firmware='efi'><type machine='q35'>hvm</type>"                                            \
    "<firmware><feature enabled='no' name='secure-boot'/></firmware></os>"                         \
    "<features><acpi/></features><devices>"                                                        \
    "<serial type='unix'><source mode='connect' path='%s'/></serial></devices></domain>"

typedef struct {
    testQEMU qemu;
    char *port;      /* where QEMU finds the guest's serial port */
    GSocket *serial; /* which listens */
    char *nvram;
} testUEFI;

static void
testOK(int rc)
{
    if (rc < 0)
        g_error("%s", virErrorGetMessage());
}

/* False, and the test skipped, if that cannot be. */
static bool
testUEFIInit(testUEFI *test)
{
    g_autoptr(GSocketAddress) address = NULL;

    if (!testQEMUIsThere())
        return false;
    if (!g_file_test("/usr/share/OVMF", G_FILE_TEST_IS_DIR)) {
        g_test_skip("needs the UEFI firmware OVMF (Debian: ovmf)");
        return false;
    }
    test->qemu.user = geteuid() == 0 ? G_STRINGIFY(TEST_USER) : NULL;
    testQEMUInit(&test->qemu, 0);
    g_assert_cmpint(g_chmod(test->qemu.directory, 0711), ==, 0);
    test->port = g_build_filename(test->qemu.directory, "port", NULL);
    test->nvram = g_build_filename(test->qemu.directory, "state", "nvram", "g_VARS.fd", NULL);
    address = g_unix_socket_address_new(test->port);
    test->serial = g_socket_new(G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, 0, NULL);
    g_assert_true(g_socket_bind(test->serial, address, FALSE, NULL));
    g_assert_true(g_socket_listen(test->serial, NULL));
    g_socket_set_timeout(test->serial, TEST_TIMEOUT_S);
    return true;
}

static void
testUEFIClear(testUEFI *test)
{
    g_autofree char *directory = test->nvram ? g_path_get_dirname(test->nvram) : NULL;

    g_clear_object(&test->serial);
    if (test->port)
        g_assert_cmpint(g_unlink(test->port), ==, 0);
    if (directory)
        g_assert_cmpint(g_rmdir(directory), ==, 0);
    if (test->qemu.driver)
        testQEMUClear(&test->qemu);
    g_free(test->port);
    g_free(test->nvram);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(testUEFI, testUEFIClear)

static void
testAssertNVRAM(testUEFI *test, uid_t uid)
{
    struct stat st;

    g_assert_cmpint(stat(test->nvram, &st), ==, 0);
    g_assert_cmpuint(st.st_uid, ==, geteuid() == 0 ? uid : geteuid());
    g_assert_cmpuint(st.st_mode & 07777, ==, 0600);
}

/* Waits until the firmware says that on the serial port of a guest that has been started. */
static void
testAwaitSerial(testUEFI *test, const char *text)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GSocket) port = g_socket_accept(test->serial, NULL, &error);
    g_autoptr(GString) said = g_string_new(NULL);
    char buf[4096];

    g_assert_no_error(error);
    g_socket_set_timeout(port, TEST_TIMEOUT_S);
    while (!strstr(said->str, text)) {
        gssize n = g_socket_receive(port, buf, sizeof(buf), NULL, &error);

        if (n <= 0)
            g_error("the firmware does not say \"%s\": \"%s\", %s", text, said->str,
                    error ? error->message : "end");
        for (gssize i = 0; i < n; i++)
            g_string_append_c(said, buf[i] ? buf[i] : ' ');
    }
}

static void
testBoot(void)
{
    g_auto(testUEFI) test = {0};
    g_autoptr(virDomainObj) vm = NULL;
    g_autofree char *xml = NULL;

    if (!testUEFIInit(&test))
        return;
    xml = g_strdup_printf(TEST_GUEST, test.port);
    vm = qemuDomainDefineXML(test.qemu.driver, xml, 0);
    if (!vm)
        g_error("%s", virErrorGetMessage());
    g_assert_false(g_file_test(test.nvram, G_FILE_TEST_EXISTS));
    /* The second time with the variables of the first. */
    for (int i = 0; i < 2; i++) {
        testOK(qemuDomainCreate(vm, 0, NULL));
        testAssertNVRAM(&test, TEST_USER);
        testAwaitSerial(&test, "BdsDxe");
        testOK(qemuDomainDestroy(vm, 0));
        testAssertNVRAM(&test, 0);
    }
    g_assert_cmpint(qemuDomainUndefine(vm, 0), ==, -1);
    testQEMUAssertError(VIR_ERR_OPERATION_INVALID, "say --nvram to remove them with it");
    testAssertNVRAM(&test, 0);
    testOK(qemuDomainUndefine(vm, VIR_DOMAIN_UNDEFINE_NVRAM));
    g_assert_false(g_file_test(test.nvram, G_FILE_TEST_EXISTS));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/qemuuefi/boots, and keeps its variables", testBoot);
    return g_test_run();
}
