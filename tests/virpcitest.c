/*
 * virpcitest.c: tests of virpci, virpcidriver and virpciscan on every scene
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "testscene.h"
#include "virerror.h"
#include "virpci.h"
#include "virpciiommu.h"
#include "virpciscan.h"

/* One "expect" line of a scene. */
typedef struct {
    const char *scene;
    guint line;
} testCase;

static char **
testGetWords(const testScene *scene, const testCase *test)
{
    return g_ptr_array_index(testSceneGetExpectations(scene), test->line);
}

/* "none" in a manifest stands for NULL, and a missing word for "whatever". */
static void
testAssertText(char **words, const char *key, const char *actual)
{
    const char *expected = testSceneGetValue(words, key);

    if (expected)
        g_assert_cmpstr(g_str_equal(expected, "none") ? NULL : expected, ==, actual);
}

static void
testAssertNumber(char **words, const char *key, const char *format, int actual)
{
    g_autofree char *text = NULL;

    if (g_str_equal(format, "%d"))
        text = g_strdup_printf("%d", actual);
    else
        text = g_strdup_printf("0x%0*x", format[0] - '0', (unsigned int)actual);
    testAssertText(words, key, actual < 0 ? NULL : text);
}

static virPCIDeviceAddress
testParseAddress(const char *text)
{
    virPCIDeviceAddress addr;

    g_assert_true(virPCIDeviceAddressParse(text, &addr));
    return addr;
}

static void
testAssertFacts(char **words, const virPCIDeviceFacts *facts)
{
    testAssertText(words, "header", virPCIHeaderTypeToString((int)facts->headerType));
    testAssertText(words, "override", facts->driverOverride);
    testAssertText(words, "physfn", facts->physFn);
    testAssertNumber(words, "numvfs", "%d", facts->numVFs);
    testAssertNumber(words, "numa", "%d", facts->numaNode);
    testAssertNumber(words, "group", "%d", facts->iommuGroup);
    testAssertNumber(words, "vendor", "4x", facts->vendor);
    testAssertNumber(words, "device", "4x", facts->device);
    testAssertNumber(words, "subvendor", "4x", facts->subVendor);
    testAssertNumber(words, "class", "6x", facts->classCode);
}

static void
testAssertBest(virPCIHost *host, char **words, const virPCIDeviceFacts *facts)
{
    g_autoptr(virKModIndex) index = virKModGetIndex(virPCIHostGetKMod(host));
    g_auto(virPCIBestDriver) best = {0};
    g_autofree char *text = NULL;

    if (virPCIFindBestDriver(host, index, facts->modalias, &best))
        text = best.driver ? g_strdup_printf("%s/%s", best.module, best.driver)
                           : g_strdup(best.module);
    testAssertText(words, "best", text);
    testAssertText(words, "pattern", best.pattern);
}

static char *
testJoinBlockers(const virPCIIOMMUGroup *group)
{
    GString *text = g_string_new(NULL);

    for (size_t i = 0; i < group->members->len; i++) {
        const virPCIIOMMUMember *member = &g_array_index(group->members, virPCIIOMMUMember, i);

        if (member->blocks)
            g_string_append_printf(text, "%s%s:%s", text->len > 0 ? "," : "", member->name,
                                   member->driver);
    }
    return g_string_free(text, FALSE);
}

static void
testAssertGroup(virPCIHost *host, const virPCIScan *scan, char **words,
                const virPCIDeviceFacts *facts)
{
    g_autoptr(virPCIIOMMUGroup) group = NULL;
    g_autofree char *blockers = NULL;

    if (facts->iommuGroup < 0) {
        g_assert_null(testSceneGetValue(words, "viable"));
        return;
    }
    group = virPCIIOMMUGroupNew(host, scan, facts->iommuGroup);
    g_assert_nonnull(group);
    blockers = testJoinBlockers(group);
    testAssertText(words, "viable", group->viable ? "yes" : "no");
    testAssertText(words, "blockers", blockers);
    testAssertText(words, "node", group->node);
    g_assert_cmpint(group->viable, ==, *blockers == '\0');
}

static void
testAssertBinding(char **words, const char *driver, const char *module, virPCIStubDriver type,
                  virPCIDriverBasis basis)
{
    const char *expectedBasis = testSceneGetValue(words, "basis");

    g_assert_cmpstr(driver, ==, testSceneGetValue(words, "driver"));
    g_assert_cmpstr(module, ==, testSceneGetValue(words, "module"));
    g_assert_cmpstr(virPCIStubDriverToString((int)type), ==, testSceneGetValue(words, "type"));
    g_assert_cmpstr(virPCIDriverBasisToString((int)basis), ==,
                    expectedBasis ? expectedBasis : "none");
}

/* A device that cannot be asked: the error has the expected code, and outputs are untouched. */
static void
testAssertMissing(testScene *scene, char **words)
{
    const virPCIDeviceAddress addr = testParseAddress(words[1]);
    virPCIBinding untouched = {.type = VIR_PCI_STUB_DRIVER_XEN};

    virErrorReset();
    g_assert_cmpint(virPCIBindingRead(testSceneGetHost(scene), &addr, &untouched), ==, -1);
    g_assert_cmpstr(virErrorCodeName(virErrorGetLast()->code), ==,
                    testSceneGetValue(words, "missing"));
    g_assert_nonnull(strstr(virErrorGetMessage(), words[1]));
    g_assert_cmpint((int)untouched.type, ==, VIR_PCI_STUB_DRIVER_XEN);
    g_assert_null(untouched.driver);
}

/* One device asked by itself. */
static void
testSingle(const void *opaque)
{
    const testCase *test = opaque;
    g_autoptr(testScene) scene = testSceneNew(test->scene);
    char **words = testGetWords(scene, test);
    virPCIHost *host = testSceneGetHost(scene);
    g_autoptr(virPCIDevice) dev = NULL;
    g_auto(virPCIDeviceFacts) facts = {0};
    g_auto(virPCIBinding) binding = {0};
    g_autofree char *driver = NULL;
    virPCIStubDriver type = VIR_PCI_STUB_DRIVER_LAST;
    virPCIDeviceAddress addr = testParseAddress(words[1]);

    if (testSceneGetValue(words, "missing")) {
        testAssertMissing(scene, words);
        return;
    }
    dev = virPCIDeviceNew(host, &addr);
    g_assert_nonnull(dev);
    g_assert_cmpstr(virPCIDeviceGetName(dev), ==, words[1]);

    g_assert_cmpint(virPCIDeviceGetDriverNameAndType(dev, &driver, &type), ==, 0);
    g_assert_cmpint(virPCIDeviceGetBinding(dev, &binding), ==, 0);
    g_assert_cmpstr(driver, ==, binding.driver);
    g_assert_cmpint((int)type, ==, (int)binding.type);
    testAssertBinding(words, binding.driver, binding.module, binding.type, binding.basis);

    g_assert_cmpint(virPCIDeviceReadFacts(dev, &facts), ==, 0);
    testAssertFacts(words, &facts);
    testAssertBest(host, words, &facts);
    testAssertGroup(host, NULL, words, &facts);
}

/* The same device as part of a scan. */
static void
testScanned(const void *opaque)
{
    const testCase *test = opaque;
    g_autoptr(testScene) scene = testSceneNew(test->scene);
    char **words = testGetWords(scene, test);
    virPCIHost *host = testSceneGetHost(scene);
    g_autoptr(virPCIScan) scan = virPCIScanNew(host);
    virPCIDeviceAddress addr = testParseAddress(words[1]);
    const virPCIScanDevice *device;
    g_autoptr(virPCIDevice) dev = NULL;
    g_auto(virPCIDeviceFacts) facts = {0};

    g_assert_nonnull(scan);
    device = virPCIScanFind(scan, &addr);
    g_assert_nonnull(device);
    if (testSceneGetValue(words, "missing")) {
        g_assert_cmpint((int)device->type, ==, VIR_PCI_STUB_DRIVER_NONE);
        return;
    }
    testAssertBinding(words, device->driver ? device->driver->name : NULL,
                      device->driver ? device->driver->module : NULL, device->type, device->basis);
    dev = virPCIDeviceNew(host, &addr);
    g_assert_cmpint(virPCIDeviceReadFacts(dev, &facts), ==, 0);
    testAssertGroup(host, scan, words, &facts);
}

static void
testIndex(const void *opaque)
{
    const testCase *test = opaque;
    g_autoptr(testScene) scene = testSceneNew(test->scene);
    char **words = testGetWords(scene, test);
    virPCIHost *host = testSceneGetHost(scene);
    g_autoptr(virKModIndex) index = virKModGetIndex(virPCIHostGetKMod(host));

    testAssertText(words, "status", virKModIndexStatusToString((int)virKModIndexGetStatus(index)));
    testAssertNumber(words, "patterns", "%d", (int)virKModIndexCount(index));
    testAssertText(words, "path", virKModIndexGetPath(index));
}

/* @cases keeps the cases, which need @name, until the program ends. */
static void
testAddScene(const char *name, GPtrArray *cases)
{
    g_autoptr(testScene) scene = testSceneNew(name);
    const GPtrArray *expectations = testSceneGetExpectations(scene);

    for (guint i = 0; i < expectations->len; i++) {
        char **words = g_ptr_array_index(expectations, i);
        g_autofree char *single = g_strdup_printf("/virpci/%s/%s", name, words[1]);
        g_autofree char *scanned = g_strdup_printf("/virpci/%s/%s in a scan", name, words[1]);
        testCase *test = g_new0(testCase, 1);

        g_ptr_array_add(cases, test);
        test->scene = name;
        test->line = i;
        if (g_str_equal(words[1], "index")) {
            g_test_add_data_func(single, test, testIndex);
        } else {
            g_test_add_data_func(single, test, testSingle);
            g_test_add_data_func(scanned, test, testScanned);
        }
    }
}

/* A device unplugged after it was looked up. */
static void
testVanished(void)
{
    g_autoptr(testScene) scene = testSceneNew("smartnic-host");
    virPCIDeviceAddress addr = testParseAddress("0000:3b:00.2");
    g_autoptr(virPCIDevice) dev = virPCIDeviceNew(testSceneGetHost(scene), &addr);
    char *driver = NULL;
    virPCIStubDriver type = VIR_PCI_STUB_DRIVER_LAST;
    virPCIDeviceFacts facts = {.vendor = 4711};

    testSceneUnplug(scene, "0000:3b:00.2");
    g_assert_cmpint(virPCIDeviceGetDriverNameAndType(dev, &driver, &type), ==, -1);
    g_assert_cmpint(virErrorGetLast()->code, ==, VIR_ERR_DEVICE_MISSING);
    g_assert_null(driver);
    g_assert_cmpint((int)type, ==, VIR_PCI_STUB_DRIVER_LAST);
    g_assert_cmpint(virPCIDeviceReadFacts(dev, &facts), ==, -1);
    g_assert_cmpint(facts.vendor, ==, 4711);
    g_assert_null(virPCIDeviceNew(testSceneGetHost(scene), &addr));
}

static void
testUnboundIsNoError(void)
{
    g_autoptr(testScene) scene = testSceneNew("smartnic-host");
    virPCIDeviceAddress addr = testParseAddress("0000:3b:00.2");
    g_autoptr(virPCIDevice) dev = virPCIDeviceNew(testSceneGetHost(scene), &addr);
    g_autofree char *driver = NULL;
    virPCIStubDriver type = VIR_PCI_STUB_DRIVER_LAST;

    testSceneUnbind(scene, "0000:3b:00.2");
    g_assert_cmpint(virPCIDeviceGetDriverNameAndType(dev, &driver, &type), ==, 0);
    g_assert_null(driver);
    g_assert_cmpint((int)type, ==, VIR_PCI_STUB_DRIVER_NONE);
}

/* The other side of a bind: it ends when the reader says that it has not seen the end yet. */
static void
testFinishBinding(const char *source G_GNUC_UNUSED, GLogLevelFlags level G_GNUC_UNUSED,
                  const char *message, void *opaque)
{
    if (strstr(message, "attempt 3"))
        testSceneAddVFIODev(opaque, "0000:01:00.0", "vfio0");
}

static void
testMiddleOfBinding(const void *opaque)
{
    gboolean inScan = GPOINTER_TO_INT(opaque);
    g_autoptr(testScene) scene = testSceneNew("decoys");
    virPCIHost *host = testSceneGetHost(scene);
    virPCIDeviceAddress addr = testParseAddress("0000:01:00.0");
    guint handler = g_log_set_handler("util.pci", G_LOG_LEVEL_DEBUG, testFinishBinding, scene);
    virPCIStubDriver type;

    if (inScan) {
        g_autoptr(virPCIScan) scan = virPCIScanNew(host);

        type = virPCIScanFind(scan, &addr)->type;
    } else {
        g_auto(virPCIBinding) binding = {0};

        g_assert_cmpint(virPCIBindingRead(host, &addr, &binding), ==, 0);
        type = binding.type;
    }
    g_log_remove_handler("util.pci", handler);
    g_assert_cmpint((int)type, ==, VIR_PCI_STUB_DRIVER_VFIO);
}

/* A driver that no second look is worth is answered at once: the wait is for candidates only. */
static void
testHostDriverIsNotWaitedFor(void)
{
    g_autoptr(testScene) scene = testSceneNew("smartnic-host");
    virPCIHost *host = testSceneGetHost(scene);
    g_autoptr(virPCIDriver) host_driver = virPCIDriverNew(host, "mlx5_core", NULL);
    g_autoptr(testScene) decoys = testSceneNew("decoys");
    g_autoptr(virPCIDriver) decoy =
        virPCIDriverNew(testSceneGetHost(decoys), "decoy-vfio-pci", NULL);

    g_assert_false(host_driver->mayBeBinding);
    g_assert_true(decoy->mayBeBinding);
}

static void
testEvidence(void)
{
    g_autoptr(testScene) scene = testSceneNew("smartnic-host");
    g_autoptr(testScene) decoys = testSceneNew("decoys");
    virPCIDeviceAddress variant = testParseAddress("0000:3b:00.2");
    virPCIDeviceAddress decoy = testParseAddress("0000:01:00.0");
    g_auto(virPCIBindingEvidence) evidence = {0};
    g_auto(virPCIBindingEvidence) decoyEvidence = {0};

    g_assert_cmpint(virPCIBindingReadEvidence(testSceneGetHost(scene), &variant, &evidence), ==, 0);
    g_assert_cmpstr(evidence.binding.driver, ==, "mlx5_vfio_pci");
    g_assert_cmpint((int)evidence.typeByName, ==, VIR_PCI_STUB_DRIVER_NONE);
    g_assert_cmpstr(evidence.aliasPattern, ==, "vfio_pci:v000015B3d0000101Esv*sd*bc*sc*i*");
    g_assert_cmpstr(evidence.vfioDev, ==, "vfio0");
    g_assert_true(evidence.usesVFIOCore);

    g_assert_cmpint(virPCIBindingReadEvidence(testSceneGetHost(decoys), &decoy, &decoyEvidence), ==,
                    0);
    g_assert_cmpint((int)decoyEvidence.binding.type, ==, VIR_PCI_STUB_DRIVER_NONE);
    g_assert_null(decoyEvidence.aliasPattern);
    g_assert_null(decoyEvidence.vfioDev);
    g_assert_true(decoyEvidence.usesVFIOCore);
}

int
main(int argc, char **argv)
{
    g_autoptr(GPtrArray) cases = g_ptr_array_new_with_free_func(g_free);
    g_auto(GStrv) scenes = NULL;

    g_test_init(&argc, &argv, NULL);
    /* Scenes with a broken index warn, and are meant to. */
    g_log_set_always_fatal(G_LOG_LEVEL_CRITICAL | G_LOG_FATAL_MASK);
    scenes = testSceneListNames();
    g_assert_cmpuint(g_strv_length(scenes), >, 20);
    for (char **name = scenes; *name; name++)
        testAddScene(*name, cases);
    g_test_add_func("/virpci/vanished", testVanished);
    g_test_add_func("/virpci/unbound is no error", testUnboundIsNoError);
    g_test_add_data_func("/virpci/in the middle of binding", GINT_TO_POINTER(FALSE),
                         testMiddleOfBinding);
    g_test_add_data_func("/virpci/in the middle of binding, in a scan", GINT_TO_POINTER(TRUE),
                         testMiddleOfBinding);
    g_test_add_func("/virpci/host drivers are not waited for", testHostDriverIsNotWaitedFor);
    g_test_add_func("/virpci/evidence", testEvidence);
    return g_test_run();
}
