/*
 * qemumemlocktest.c: tests of qemu_memlock
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "qemu_memlock.h"
#include "virerror.h"

static virDomainDef *
testMakeDef(const char *devices)
{
    g_autofree char *text =
        g_strdup_printf("<domain type='qemu'><name>g</name><memory unit='MiB'>512</memory>"
                        "<os><type>hvm</type></os><devices>%s</devices></domain>",
                        devices);
    virDomainDef *def = virDomainDefParse(text, strlen(text), "guest.xml");

    g_assert_nonnull(def);
    return def;
}

#define HOSTDEV                                                                                    \
    "<hostdev mode='subsystem' type='pci'><source><address bus='1' slot='0'/></source></hostdev>"

static void
testNeed(void)
{
    g_autoptr(virDomainDef) none = testMakeDef("");
    g_autoptr(virDomainDef) one = testMakeDef(HOSTDEV);

    g_assert_cmpuint(qemuMemlockNeed(none), ==, 0);
    g_assert_cmpuint(qemuMemlockNeed(one), ==, (512 + 1024) * 1024);
}

static void
testSetLimit(rlim_t soft, rlim_t hard)
{
    const struct rlimit limit = {.rlim_cur = soft, .rlim_max = hard};

    g_assert_cmpint(setrlimit(RLIMIT_MEMLOCK, &limit), ==, 0);
}

/* In a process of its own: what is given up does not come back. */
#define HOSTDEV_AT(bus)                                                                            \
    "<hostdev mode='subsystem' type='pci'><source><address bus='" bus "' slot='0'/></source>"      \
    "</hostdev>"
#define IOMMU "<iommu model='intel'><driver caching_mode='on'/></iommu>"

/* Each device has an address space of its own then. */
static void
testNeedBehindIOMMU(void)
{
    g_autoptr(virDomainDef) none = testMakeDef(IOMMU);
    g_autoptr(virDomainDef) two = testMakeDef(IOMMU HOSTDEV_AT("1") HOSTDEV_AT("2"));

    g_assert_cmpuint(qemuMemlockNeed(none), ==, 0);
    g_assert_cmpuint(qemuMemlockNeed(two), ==, two->mem.total_kib * 2 + 1024 * 1024);
}

static void
testRefusedInChild(void)
{
    g_autoptr(virDomainDef) none = testMakeDef("");
    g_autoptr(virDomainDef) one = testMakeDef(HOSTDEV);

    testSetLimit(65536, 65536);
    if (geteuid() == 0)
        g_assert_cmpint(setuid(65534), ==, 0);
    g_assert_cmpint(qemuMemlockCheck(none), ==, 0);
    g_assert_cmpint(qemuMemlockCheck(one), ==, -1);
    g_printerr("%s\n", virErrorGetMessage());
}

static void
testRefused(void)
{
    g_test_trap_subprocess("/qemumemlock/subprocess/refused", 0, 0);
    g_test_trap_assert_passed();
    g_test_trap_assert_stderr("*guest 'g' needs to lock 1536 MiB of memory*the limit is 64 KiB*");
}

/* Also in a process of its own: a soft limit can be raised to the hard one by anybody. */
static void
testRaisableInChild(void)
{
    g_autoptr(virDomainDef) one = testMakeDef(HOSTDEV);

    testSetLimit(65536, G_GUINT64_CONSTANT(1536) << 20);
    if (geteuid() == 0)
        g_assert_cmpint(setuid(65534), ==, 0);
    g_assert_cmpint(qemuMemlockCheck(one), ==, 0);
}

static void
testRaisable(void)
{
    struct rlimit limit;

    g_assert_cmpint(getrlimit(RLIMIT_MEMLOCK, &limit), ==, 0);
    if (limit.rlim_max < G_GUINT64_CONSTANT(1536) << 20) {
        g_test_skip("needs a hard limit on locked memory of 1536 MiB");
        return;
    }
    g_test_trap_subprocess("/qemumemlock/subprocess/raisable", 0, 0);
    g_test_trap_assert_passed();
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/qemumemlock/need", testNeed);
    g_test_add_func("/qemumemlock/need behind an IOMMU", testNeedBehindIOMMU);
    g_test_add_func("/qemumemlock/refused", testRefused);
    g_test_add_func("/qemumemlock/subprocess/refused", testRefusedInChild);
    g_test_add_func("/qemumemlock/raisable", testRaisable);
    g_test_add_func("/qemumemlock/subprocess/raisable", testRaisableInChild);
    return g_test_run();
}
