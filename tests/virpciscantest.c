/*
 * virpciscantest.c: tests of virpciscan and virpciiommu beyond the scenes
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <unistd.h>

#include "testscene.h"
#include "virerror.h"
#include "virpciiommu.h"
#include "virpciscan.h"

static virPCIDeviceAddress
testParseAddress(const char *text)
{
    virPCIDeviceAddress addr;

    g_assert_true(virPCIDeviceAddressParse(text, &addr));
    return addr;
}

static void
testOrder(void)
{
    g_autoptr(testScene) scene = testSceneNew("smartnic-host");
    g_autoptr(virPCIScan) scan = virPCIScanNew(testSceneGetHost(scene));

    g_assert_cmpuint(virPCIScanCount(scan), ==, 9);
    for (size_t i = 1; i < virPCIScanCount(scan); i++) {
        g_assert_cmpint(virPCIDeviceAddressCompare(&virPCIScanGet(scan, i - 1)->addr,
                                                   &virPCIScanGet(scan, i)->addr),
                        <, 0);
    }
}

static void
testNoSuchDevice(void)
{
    g_autoptr(testScene) scene = testSceneNew("smartnic-host");
    g_autoptr(virPCIScan) scan = virPCIScanNew(testSceneGetHost(scene));
    virPCIDeviceAddress addr = testParseAddress("0000:ff:00.0");

    g_assert_null(virPCIScanFind(scan, &addr));
}

static void
testHostWithoutPCI(void)
{
    g_autofree char *dir = g_dir_make_tmp("virtvfio-XXXXXX", NULL);
    g_autoptr(virPCIHost) host = virPCIHostNew(dir);
    g_autoptr(virPCIScan) scan = virPCIScanNew(host);
    virPCIDeviceAddress addr = testParseAddress("0000:00:00.0");

    g_assert_nonnull(scan);
    g_assert_cmpuint(virPCIScanCount(scan), ==, 0);
    g_assert_null(virPCIScanFind(scan, &addr));
    g_assert_cmpint(rmdir(dir), ==, 0);
}

/* A scan holds a device that was unbound after it as it was; the next one sees the change. */
static void
testSnapshot(void)
{
    g_autoptr(testScene) scene = testSceneNew("smartnic-host");
    g_autoptr(virPCIScan) before = virPCIScanNew(testSceneGetHost(scene));
    virPCIDeviceAddress addr = testParseAddress("0000:3b:00.2");
    g_autoptr(virPCIScan) after = NULL;

    testSceneBind(scene, "0000:3b:00.2", "vfio-pci");
    after = virPCIScanNew(testSceneGetHost(scene));
    g_assert_cmpstr(virPCIScanFind(before, &addr)->driver->name, ==, "mlx5_vfio_pci");
    g_assert_cmpstr(virPCIScanFind(after, &addr)->driver->name, ==, "vfio-pci");
    g_assert_cmpint((int)virPCIScanFind(after, &addr)->basis, ==, VIR_PCI_DRIVER_BASIS_NAME);
}

/* 4096 VFs, a quarter each on a variant, vfio-pci, a vGPU driver and the host's driver. */
static void
testManyVFs(void)
{
    static const struct {
        const char *driver;
        virPCIStubDriver type;
        virPCIDriverBasis basis;
    } kinds[] = {
        {"mlx5_vfio_pci", VIR_PCI_STUB_DRIVER_VFIO, VIR_PCI_DRIVER_BASIS_ALIAS},
        {"vfio-pci", VIR_PCI_STUB_DRIVER_VFIO, VIR_PCI_DRIVER_BASIS_NAME},
        {"nvidia", VIR_PCI_STUB_DRIVER_VFIO, VIR_PCI_DRIVER_BASIS_VFIO_DEV},
        {"mlx5_core", VIR_PCI_STUB_DRIVER_NONE, VIR_PCI_DRIVER_BASIS_NONE},
    };
    g_autoptr(testScene) scene = testSceneNew("many-vfs");
    g_autoptr(virPCIScan) scan = NULL;

    for (guint i = 0; i < 4096; i++) {
        g_autofree char *address =
            g_strdup_printf("%04x:%02x:%02x.%x", 1 + i / 2048, i / 256 % 8, i / 8 % 32, i % 8);

        testSceneAddVF(scene, address, kinds[i % 4].driver);
        if (kinds[i % 4].basis == VIR_PCI_DRIVER_BASIS_VFIO_DEV)
            testSceneAddVFIODev(scene, address, "vfio0");
    }
    scan = virPCIScanNew(testSceneGetHost(scene));
    g_assert_cmpuint(virPCIScanCount(scan), ==, 4096);
    for (size_t i = 0; i < 4096; i++) {
        const virPCIScanDevice *device = virPCIScanGet(scan, i);
        g_auto(virPCIBinding) binding = {0};

        g_assert_cmpstr(device->driver->name, ==, kinds[i % 4].driver);
        g_assert_cmpint((int)device->type, ==, (int)kinds[i % 4].type);
        g_assert_cmpint((int)device->basis, ==, (int)kinds[i % 4].basis);
        g_assert_cmpint(virPCIBindingRead(testSceneGetHost(scene), &device->addr, &binding), ==, 0);
        g_assert_cmpint((int)binding.type, ==, (int)device->type);
        g_assert_cmpint((int)binding.basis, ==, (int)device->basis);
    }
}

static void
testDescribeBlockers(void)
{
    g_autoptr(testScene) scene = testSceneNew("groups");
    g_autoptr(virPCIIOMMUGroup) group = virPCIIOMMUGroupNew(testSceneGetHost(scene), NULL, 2);
    g_autoptr(virPCIIOMMUGroup) viable = virPCIIOMMUGroupNew(testSceneGetHost(scene), NULL, 1);
    g_autofree char *text = virPCIIOMMUGroupDescribeBlockers(group);
    g_autofree char *none = virPCIIOMMUGroupDescribeBlockers(viable);

    g_assert_cmpstr(text, ==, "0000:02:00.1 (driver e1000e), 0000:02:00.2 (driver pciback)");
    g_assert_cmpstr(none, ==, "");
    g_assert_cmpuint(viable->members->len, ==, 4);
}

static void
testNoSuchGroup(void)
{
    g_autoptr(testScene) scene = testSceneNew("groups");

    g_assert_null(virPCIIOMMUGroupNew(testSceneGetHost(scene), NULL, 4711));
    g_assert_cmpint(virErrorGetLast()->code, ==, VIR_ERR_SYSTEM_ERROR);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_log_set_always_fatal(G_LOG_LEVEL_CRITICAL | G_LOG_FATAL_MASK);
    g_test_add_func("/virpciscan/order", testOrder);
    g_test_add_func("/virpciscan/no such device", testNoSuchDevice);
    g_test_add_func("/virpciscan/host without PCI", testHostWithoutPCI);
    g_test_add_func("/virpciscan/snapshot", testSnapshot);
    g_test_add_func("/virpciscan/4096 VFs", testManyVFs);
    g_test_add_func("/virpciiommu/describe blockers", testDescribeBlockers);
    g_test_add_func("/virpciiommu/no such group", testNoSuchGroup);
    return g_test_run();
}
