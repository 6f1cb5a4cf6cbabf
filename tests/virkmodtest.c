/*
 * virkmodtest.c: tests of virkmod and virkmodindex
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "testscene.h"
#include "virerror.h"
#include "virkmod.h"

#define ALIAS_PATH "lib/modules/6.12.0-test/modules.alias"
#define VARIANT    "alias vfio_pci:v000015B3d0000101Esv*sd*bc*sc*i* mlx5_vfio_pci\n"
#define OTHER      "alias vfio_pci:v000015B3d0000101Esv*sd*bc*sc*i* acme_vfio_pci\n"

static virKMod *
testGetKMod(testScene *scene)
{
    return virPCIHostGetKMod(testSceneGetHost(scene));
}

static bool
testKnows(virKMod *kmod, const char *module)
{
    g_autoptr(virKModIndex) index = virKModGetIndex(kmod);

    return virKModIndexFindModule(index, module) != NULL;
}

static void
testModuleNames(void)
{
    g_autoptr(testScene) scene = testSceneNew("mainline-variants");
    g_autoptr(virKModIndex) index = virKModGetIndex(testGetKMod(scene));
    const virKModIndexEntry *entry = virKModIndexFindModule(index, "xe_vfio_pci");

    g_assert_nonnull(entry);
    g_assert_true(entry == virKModIndexFindModule(index, "xe-vfio-pci"));
    g_assert_cmpstr(entry->module, ==, "xe_vfio_pci");
    g_assert_cmpstr(entry->patternText, ==, "vfio_pci:v00008086d0000E222sv*sd*bc*sc*i*");
    g_assert_null(virKModIndexFindModule(index, "xe_vfio"));
    g_assert_null(virKModIndexFindModule(index, "xe_vfio_pci2"));
    g_assert_null(virKModIndexFindModule(index, ""));
}

static void
testModulesAndDrivers(void)
{
    g_autoptr(testScene) scene = testSceneNew("mainline-variants");
    virKMod *kmod = testGetKMod(scene);
    g_autofree char *module = virKModDriverGetModule(kmod, "xe-vfio-pci");
    g_autofree char *driver = virKModModuleGetDriver(kmod, "xe-vfio-pci");
    g_autofree char *fromModule = virKModModuleGetDriver(kmod, "xe_vfio_pci");

    g_assert_cmpstr(module, ==, "xe_vfio_pci");
    g_assert_cmpstr(driver, ==, "xe-vfio-pci");
    g_assert_cmpstr(fromModule, ==, "xe-vfio-pci");
    g_assert_null(virKModDriverGetModule(kmod, "xe_vfio_pci"));
    g_assert_null(virKModModuleGetDriver(kmod, "vfio_pci_core"));
    g_assert_null(virKModModuleGetDriver(kmod, "absent"));
    g_assert_true(virKModModuleIsLoaded(kmod, "xe-vfio-pci"));
    g_assert_false(virKModModuleIsLoaded(kmod, "absent"));
    g_assert_true(virKModModuleHolds(kmod, "xe_vfio_pci", "vfio_pci_core"));
    g_assert_false(virKModModuleHolds(kmod, "vfio_pci_core", "xe_vfio_pci"));
}

/* A name never becomes more than one component of a path. */
static void
testNamesThatArePaths(void)
{
    const char *names[] = {"", ".", "..", "../pci", "/", "a/b"};
    g_autoptr(testScene) scene = testSceneNew("mainline-variants");
    virKMod *kmod = testGetKMod(scene);

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_assert_null(virKModDriverGetModule(kmod, names[i]));
        g_assert_null(virKModModuleGetDriver(kmod, names[i]));
        g_assert_false(virKModModuleIsLoaded(kmod, names[i]));
        g_assert_false(virKModModuleHolds(kmod, names[i], "vfio_pci_core"));
    }
}

static void
testLocation(void)
{
    g_autoptr(testScene) scene = testSceneNew("mainline-variants");
    g_autoptr(testScene) odd = testSceneNew("no-osrelease");

    g_assert_cmpstr(virKModGetRelease(testGetKMod(scene)), ==, "7.1.0-test");
    g_assert_cmpstr(virKModGetDirectory(testGetKMod(scene)), ==, "lib/modules/7.1.0-test");
    g_assert_null(virKModGetRelease(testGetKMod(odd)));
    g_assert_null(virKModGetDirectory(testGetKMod(odd)));
}

static void
testHostileRelease(const void *opaque)
{
    g_autoptr(testScene) scene = testSceneNew("no-osrelease");

    testSceneWrite(scene, "proc/sys/kernel/osrelease", opaque);
    g_assert_null(virKModGetDirectory(testGetKMod(scene)));
}

static void
testUnchangedFileIsReadOnce(void)
{
    g_autoptr(testScene) scene = testSceneNew("smartnic-host");
    virKMod *kmod = testGetKMod(scene);
    g_autoptr(virKModIndex) first = virKModGetIndex(kmod);
    g_autoptr(virKModIndex) second = virKModGetIndex(kmod);

    g_assert_true(first == second);
}

/* depmod renames a new file over the old one, here with the same size and modification time. */
static void
testReplacedFile(void)
{
    g_autoptr(testScene) scene = testSceneNew("no-lib-modules");
    virKMod *kmod = testGetKMod(scene);
    g_autofree char *path = testScenePath(scene, ALIAS_PATH);
    g_autofree char *next = testScenePath(scene, "lib/modules/6.12.0-test/next");
    struct timespec times[2];
    struct stat st;

    g_assert_false(testKnows(kmod, "mlx5_vfio_pci"));
    testSceneWrite(scene, ALIAS_PATH, VARIANT);
    g_assert_true(testKnows(kmod, "mlx5_vfio_pci"));

    g_assert_cmpint(stat(path, &st), ==, 0);
    testSceneWrite(scene, "lib/modules/6.12.0-test/next", OTHER);
    times[0] = st.st_atim;
    times[1] = st.st_mtim;
    g_assert_cmpint(utimensat(AT_FDCWD, next, times, 0), ==, 0);
    g_assert_cmpint(rename(next, path), ==, 0);
    g_assert_false(testKnows(kmod, "mlx5_vfio_pci"));
    g_assert_true(testKnows(kmod, "acme_vfio_pci"));

    g_assert_cmpint(unlink(path), ==, 0);
    g_assert_false(testKnows(kmod, "acme_vfio_pci"));
}

/* An index that somebody holds stays what it was. */
static void
testSnapshotStays(void)
{
    g_autoptr(testScene) scene = testSceneNew("smartnic-host");
    virKMod *kmod = testGetKMod(scene);
    g_autoptr(virKModIndex) before = virKModGetIndex(kmod);

    testSceneWrite(scene, ALIAS_PATH, OTHER);
    g_assert_true(testKnows(kmod, "acme_vfio_pci"));
    g_assert_nonnull(virKModIndexFindModule(before, "mlx5_vfio_pci"));
    g_assert_null(virKModIndexFindModule(before, "acme_vfio_pci"));
}

typedef struct {
    virKMod *kmod;
    int *stop;
    guint answers;
    guint wrong;
} testReader;

static void *
testReadIndex(void *opaque)
{
    testReader *reader = opaque;

    /* Once in any case: it may be slow to start. */
    do {
        g_autoptr(virKModIndex) index = virKModGetIndex(reader->kmod);
        bool variant = virKModIndexFindModule(index, "mlx5_vfio_pci") != NULL;
        bool other = virKModIndexFindModule(index, "acme_vfio_pci") != NULL;

        /* Always one version or the other, whole. */
        if (variant == other || virKModIndexGetStatus(index) != VIR_KMOD_INDEX_OK)
            reader->wrong++;
        reader->answers++;
    } while (!g_atomic_int_get(reader->stop));
    return NULL;
}

static void
testThreads(void)
{
    g_autoptr(testScene) scene = testSceneNew("no-lib-modules");
    g_autofree char *path = testScenePath(scene, ALIAS_PATH);
    g_autofree char *next = testScenePath(scene, "lib/modules/6.12.0-test/next");
    testReader readers[4] = {0};
    GThread *threads[G_N_ELEMENTS(readers)];
    int stop = 0;

    testSceneWrite(scene, ALIAS_PATH, VARIANT);
    for (size_t i = 0; i < G_N_ELEMENTS(readers); i++) {
        readers[i].kmod = testGetKMod(scene);
        readers[i].stop = &stop;
        threads[i] = g_thread_new("reader", testReadIndex, &readers[i]);
    }
    for (guint round = 0; round < 500; round++) {
        testSceneWrite(scene, "lib/modules/6.12.0-test/next", round % 2 ? VARIANT : OTHER);
        g_assert_cmpint(rename(next, path), ==, 0);
    }
    g_atomic_int_set(&stop, 1);
    for (size_t i = 0; i < G_N_ELEMENTS(readers); i++) {
        g_thread_join(threads[i]);
        g_assert_cmpuint(readers[i].answers, >, 0);
        g_assert_cmpuint(readers[i].wrong, ==, 0);
    }
}

static void
testCountWarning(const char *source G_GNUC_UNUSED, GLogLevelFlags level G_GNUC_UNUSED,
                 const char *message G_GNUC_UNUSED, void *opaque)
{
    (*(guint *)opaque)++;
}

static void
testOneWarning(const void *opaque)
{
    g_autoptr(testScene) scene = testSceneNew(opaque);
    guint warnings = 0;
    guint handler =
        g_log_set_handler("util.kmod", G_LOG_LEVEL_WARNING, testCountWarning, &warnings);

    for (guint i = 0; i < 3; i++)
        virKModIndexUnref(virKModGetIndex(testGetKMod(scene)));
    testSceneWrite(scene, "lib/modules/6.12.0-test/touched", "");
    virKModIndexUnref(virKModGetIndex(testGetKMod(scene)));
    g_log_remove_handler("util.kmod", handler);
    g_assert_cmpuint(warnings, ==, g_str_equal(opaque, "smartnic-host") ? 0 : 1);
}

static void
testLoadInRecordedTree(void)
{
    g_autoptr(testScene) scene = testSceneNew("smartnic-host");

    g_assert_cmpint(virKModLoad(testGetKMod(scene), "vfio_pci"), ==, -1);
    g_assert_cmpint(virErrorGetLast()->code, ==, VIR_ERR_OPERATION_INVALID);
    g_assert_nonnull(strstr(virErrorGetMessage(), "vfio_pci"));
}

static void
testLoadUnknownModule(void)
{
    g_autoptr(virPCIHost) host = virPCIHostNew(NULL);

    g_assert_cmpint(virKModLoad(virPCIHostGetKMod(host), "virtvfio_no_such_module"), ==, -1);
    g_assert_cmpint(virErrorGetLast()->code, ==, VIR_ERR_OPERATION_FAILED);
    g_assert_nonnull(strstr(virErrorGetMessage(), "virtvfio_no_such_module"));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_log_set_always_fatal(G_LOG_LEVEL_CRITICAL | G_LOG_FATAL_MASK);
    g_test_add_func("/virkmod/module names in the index", testModuleNames);
    g_test_add_func("/virkmod/modules and drivers", testModulesAndDrivers);
    g_test_add_func("/virkmod/names that are paths", testNamesThatArePaths);
    g_test_add_func("/virkmod/location", testLocation);
    g_test_add_data_func("/virkmod/hostile release: up", "..\n", testHostileRelease);
    g_test_add_data_func("/virkmod/hostile release: path", "6.1/../../etc\n", testHostileRelease);
    g_test_add_data_func("/virkmod/hostile release: empty", "\n", testHostileRelease);
    g_test_add_func("/virkmod/unchanged file is read once", testUnchangedFileIsReadOnce);
    g_test_add_func("/virkmod/replaced file", testReplacedFile);
    g_test_add_func("/virkmod/snapshot stays", testSnapshotStays);
    g_test_add_func("/virkmod/threads", testThreads);
    g_test_add_data_func("/virkmod/one warning: missing", "no-lib-modules", testOneWarning);
    g_test_add_data_func("/virkmod/one warning: unreadable", "alias-unreadable", testOneWarning);
    g_test_add_data_func("/virkmod/one warning: malformed", "alias-crlf", testOneWarning);
    g_test_add_data_func("/virkmod/no warning: ok", "smartnic-host", testOneWarning);
    g_test_add_func("/virkmod/load in a recorded tree", testLoadInRecordedTree);
    g_test_add_func("/virkmod/load an unknown module", testLoadUnknownModule);
    return g_test_run();
}
