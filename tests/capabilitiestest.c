/*
 * capabilitiestest.c: tests of capabilities and sysinfo
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "capabilities.h"
#include "sysinfo.h"
#include "testscene.h"
#include "virerror.h"

/* VIR_TEST_REGENERATE=1 writes the file anew. */
static void
testExpectFile(const char *name, const char *found)
{
    g_autofree char *path =
        g_build_filename(g_getenv("abs_top_srcdir"), "tests", "capabilitiesdata", name, NULL);
    g_autofree char *expected = NULL;

    if (g_getenv("VIR_TEST_REGENERATE"))
        g_assert_true(g_file_set_contents(path, found, -1, NULL));
    g_assert_true(g_file_get_contents(path, &expected, NULL, NULL));
    g_assert_cmpstr(found, ==, expected);
}

static virCaps *
testCaps(testScene *scene)
{
    virCaps *caps = virCapsNew(virPCIHostGetRoot(testSceneGetHost(scene)));

    g_assert_nonnull(caps);
    g_free(caps->arch);
    caps->arch = g_strdup("x86_64");
    return caps;
}

static void
testHostAndGuests(void)
{
    g_autoptr(testScene) scene = testSceneNew("numa-server");
    g_autoptr(virCaps) caps = testCaps(scene);
    g_autofree char *xml = NULL;
    virCapsGuest *guest = virCapsAddGuest(caps, "x86_64", 64, "/usr/bin/qemu-system-x86_64");

    guest->kvm = true;
    virCapsGuestAddMachine(guest, "pc-q35-7.2", NULL, 288);
    virCapsGuestAddMachine(guest, "q35", "pc-q35-7.2", 288);
    virCapsAddGuest(caps, "aarch64", 64, "/usr/bin/qemu-system-<aarch64>");
    xml = virCapsFormat(caps);
    testExpectFile("numa-server.xml", xml);
}

/* Without firmware's, the UUID comes from the machine's identity: the same every time, and not it.
 */
static void
testUUIDWithoutFirmware(void)
{
    g_autoptr(testScene) scene = testSceneNew("numa-server");
    g_autoptr(virCaps) first = NULL;
    g_autoptr(virCaps) second = NULL;

    testSceneWrite(scene, "sys/class/dmi/id/product_uuid", "Not Settable\n");
    first = testCaps(scene);
    second = testCaps(scene);
    g_assert_true(g_uuid_string_is_valid(first->uuid));
    g_assert_cmpstr(first->uuid, ==, second->uuid);
    g_assert_null(strstr(first->uuid, "0123456789"));
}

static void
testExpectSysinfo(testScene *scene, bool all, const char *expected)
{
    g_autofree char *xml = virSysinfoRead(virPCIHostGetRoot(testSceneGetHost(scene)), all);

    g_assert_cmpstr(xml, ==, expected);
}

static void
testSysinfo(void)
{
    g_autoptr(testScene) scene = testSceneNew("many-vfs");

    testExpectSysinfo(scene, true, NULL);
    g_assert_cmpint(virErrorGetLast()->code, ==, VIR_ERR_CONFIG_UNSUPPORTED);
    testSceneWrite(scene, "sys/class/dmi/id/product_serial", " S-1 \n");
    testExpectSysinfo(scene, false, NULL);
    testSceneWrite(scene, "sys/class/dmi/id/bios_vendor", "A & B\n");
    testSceneWrite(scene, "sys/class/dmi/id/bios_version", "\n");
    testSceneWrite(scene, "sys/class/dmi/id/product_name", "Box\n");
    testExpectSysinfo(scene, true,
                      "<sysinfo type='smbios'>\n"
                      "  <bios>\n"
                      "    <entry name='vendor'>A &amp; B</entry>\n"
                      "  </bios>\n"
                      "  <system>\n"
                      "    <entry name='product'>Box</entry>\n"
                      "    <entry name='serial'>S-1</entry>\n"
                      "  </system>\n"
                      "</sysinfo>\n");
    testExpectSysinfo(scene, false,
                      "<sysinfo type='smbios'>\n"
                      "  <bios>\n"
                      "    <entry name='vendor'>A &amp; B</entry>\n"
                      "  </bios>\n"
                      "  <system>\n"
                      "    <entry name='product'>Box</entry>\n"
                      "  </system>\n"
                      "</sysinfo>\n");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/capabilities/host and guests", testHostAndGuests);
    g_test_add_func("/sysinfo/what the firmware says, and not to everybody", testSysinfo);
    g_test_add_func("/capabilities/the UUID without the firmware's", testUUIDWithoutFirmware);
    return g_test_run();
}
