/*
 * virpcivftest.c: tests of virpcivf
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>
#include <unistd.h>

#include "testscene.h"
#include "virerror.h"
#include "virpcivf.h"

static virPCIDevice *
testGetDevice(testScene *scene, const char *address)
{
    virPCIDeviceAddress addr;
    virPCIDevice *dev;

    g_assert_true(virPCIDeviceAddressParse(address, &addr));
    dev = virPCIDeviceNew(testSceneGetHost(scene), &addr);
    g_assert_nonnull(dev);
    return dev;
}

static char *
testDescribeVFs(testScene *scene, const char *address)
{
    g_autoptr(virPCIDevice) dev = testGetDevice(scene, address);
    g_autoptr(GArray) vfs = virPCIDeviceGetVFs(dev);
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < vfs->len; i++) {
        const virPCIVF *vf = &g_array_index(vfs, virPCIVF, i);
        g_autofree char *name = virPCIDeviceAddressAsString(&vf->addr);

        g_string_append_printf(text, "%u=%s ", vf->index, name);
    }
    return g_string_free(text, FALSE);
}

static void
testLink(testScene *scene, const char *below, const char *target)
{
    g_autofree char *path = testScenePath(scene, below);

    g_assert_cmpint(symlink(target, path), ==, 0);
}

static void
testVFs(void)
{
    g_autoptr(testScene) scene = testSceneNew("holders");
    g_autofree char *of = testDescribeVFs(scene, "0000:04:00.0");
    g_autofree char *none = testDescribeVFs(scene, "0000:05:00.0");

    g_assert_cmpstr(of, ==, "0=0000:04:00.2 1=0000:04:00.3 2=0000:04:00.4 3=0000:04:00.5 ");
    g_assert_cmpstr(none, ==, "");
}

/* By number, not by text; and what is no such link is no VF. */
static void
testOddVFs(void)
{
    g_autoptr(testScene) scene = testSceneNew("holders");
    g_autofree char *found = NULL;

    testLink(scene, "sys/devices/pci0000:05/0000:05:00.0/virtfn10", "../0000:05:01.2");
    testLink(scene, "sys/devices/pci0000:05/0000:05:00.0/virtfn9", "../0000:05:01.1");
    testLink(scene, "sys/devices/pci0000:05/0000:05:00.0/virtfn", "../0000:05:01.3");
    testLink(scene, "sys/devices/pci0000:05/0000:05:00.0/virtfn65536", "../0000:05:01.3");
    testLink(scene, "sys/devices/pci0000:05/0000:05:00.0/virtfn-1", "../0000:05:01.3");
    testLink(scene, "sys/devices/pci0000:05/0000:05:00.0/virtfn1", "../nonsense");
    testSceneWrite(scene, "sys/devices/pci0000:05/0000:05:00.0/virtfn2", "no link\n");
    found = testDescribeVFs(scene, "0000:05:00.0");
    g_assert_cmpstr(found, ==, "9=0000:05:01.1 10=0000:05:01.2 ");
}

static const struct {
    const char *address;
    const char *pf; /* NULL if it is no VF */
    unsigned int index;
} functions[] = {
    {"0000:04:00.2", "0000:04:00.0", 0},
    {"0000:04:00.5", "0000:04:00.0", 3},
    {"0000:04:00.0", NULL, 99},
    {"0000:05:00.0", NULL, 99},
};

static void
testFunction(const void *opaque)
{
    size_t i = GPOINTER_TO_SIZE(opaque);
    g_autoptr(testScene) scene = testSceneNew("holders");
    g_autoptr(virPCIDevice) dev = testGetDevice(scene, functions[i].address);
    const int rc = functions[i].pf ? 0 : -1;
    virPCIDeviceAddress pf = {0xffffffff, 0, 0, 0};
    unsigned int index = 99;
    g_autofree char *name = NULL;

    g_assert_cmpint(virPCIDeviceGetPF(dev, &pf), ==, rc);
    name = virPCIDeviceAddressAsString(&pf);
    g_assert_cmpstr(name, ==, functions[i].pf ? functions[i].pf : "ffffffff:00:00.0");
    g_assert_cmpint(virPCIDeviceGetVFIndex(dev, &index), ==, rc);
    g_assert_cmpuint(index, ==, functions[i].index);
    if (rc < 0) {
        g_assert_cmpint(virErrorGetLast()->code, ==, VIR_ERR_OPERATION_INVALID);
        g_assert_nonnull(strstr(virErrorGetMessage(), functions[i].address));
    }
    virErrorReset();
}

/* The PF has fewer VFs by now. */
static void
testForgotten(void)
{
    g_autoptr(testScene) scene = testSceneNew("holders");
    g_autoptr(virPCIDevice) dev = testGetDevice(scene, "0000:04:00.5");
    g_autofree char *link = testScenePath(scene, "sys/devices/pci0000:04/0000:04:00.0/virtfn3");
    unsigned int index = 99;

    g_assert_cmpint(unlink(link), ==, 0);
    g_assert_cmpint(virPCIDeviceGetVFIndex(dev, &index), ==, -1);
    g_assert_cmpint(virErrorGetLast()->code, ==, VIR_ERR_DEVICE_MISSING);
    g_assert_cmpuint(index, ==, 99);
    virErrorReset();
}

static void
testNetName(void)
{
    static const struct {
        const char *address;
        const char *name;
    } names[] = {
        {"0000:04:00.0", "enp4s0"}, /* and not its representor, whose name comes first */
        {"0000:01:00.0", "enp1s0f0"},
        {"0000:02:00.0", NULL},
    };
    g_autoptr(testScene) scene = testSceneNew("holders");

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autoptr(virPCIDevice) dev = testGetDevice(scene, names[i].address);
        g_autofree char *found = virPCIDeviceGetNetName(dev);

        g_assert_cmpstr(found, ==, names[i].name);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/virpcivf/VFs of a PF", testVFs);
    g_test_add_func("/virpcivf/odd entries are no VFs", testOddVFs);
    for (size_t i = 0; i < G_N_ELEMENTS(functions); i++) {
        g_autofree char *path =
            g_strdup_printf("/virpcivf/PF and index of %s", functions[i].address);

        g_test_add_data_func(path, GSIZE_TO_POINTER(i), testFunction);
    }
    g_test_add_func("/virpcivf/a VF that its PF forgot", testForgotten);
    g_test_add_func("/virpcivf/network interface", testNetName);
    return g_test_run();
}
