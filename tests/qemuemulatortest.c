/*
 * qemuemulatortest.c: tests of which QEMU a definition names
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "qemu_capabilities.h"
#include "testqemu.h"
#include "virdomainobjstore.h"
#include "virerror.h"

#define TEST_PROGRAM "qemu-system-x86_64"

/* A directory with a QEMU, in PATH and nothing else. */
typedef struct {
    char *directory;
    char *program;
} testPath;

static void
testPathInit(testPath *path)
{
    g_autofree char *fake = g_build_filename(g_getenv("abs_top_srcdir"), "tests", "qemuprocessdata",
                                             "fakeqemu.py", NULL);

    path->directory = g_dir_make_tmp("qemuemulatortest-XXXXXX", NULL);
    path->program = g_build_filename(path->directory, TEST_PROGRAM, NULL);
    g_assert_cmpint(symlink(fake, path->program), ==, 0);
    g_setenv("PATH", path->directory, TRUE);
}

static void
testPathClear(testPath *path)
{
    g_unlink(path->program);
    g_assert_cmpint(g_rmdir(path->directory), ==, 0);
    g_free(path->program);
    g_free(path->directory);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(testPath, testPathClear)

static virDomainDef *
testParse(const char *more)
{
    g_autofree char *xml = testQEMUMakeXML("g", false, more);
    virDomainDef *def = virDomainDefParse(xml, strlen(xml), "g.xml");

    if (!def)
        g_error("%s", virErrorGetMessage());
    return def;
}

static void
testFill(void)
{
    g_auto(testPath) path = {0};
    g_autoptr(virDomainDef) named =
        testParse("<devices><emulator>/usr/local/bin/qemu</emulator></devices>");
    g_autoptr(virDomainDef) def = testParse(NULL);

    testPathInit(&path);
    qemuFillEmulator(named);
    g_assert_cmpstr(named->emulator, ==, "/usr/local/bin/qemu");
    qemuFillEmulator(def);
    g_assert_cmpstr(def->emulator, ==, path.program);
}

static void
testFillNothing(void)
{
    g_auto(testPath) path = {0};
    g_autoptr(virDomainDef) def = testParse(NULL);

    testPathInit(&path);
    g_setenv("PATH", "/nonexistent", TRUE);
    qemuFillEmulator(def);
    g_assert_null(def->emulator);
    /* A path that is another one elsewhere is none. */
    g_assert_cmpint(chdir(path.directory), ==, 0);
    g_setenv("PATH", ".", TRUE);
    qemuFillEmulator(def);
    g_assert_cmpint(chdir("/"), ==, 0);
    g_assert_true(!def->emulator || g_path_is_absolute(def->emulator));
}

/* Whether the guest's document names that QEMU, or none. */
static void
testAssertNamed(virDomainObj *vm, unsigned int flags, const char *program)
{
    g_autofree char *xml = qemuDomainGetXMLDesc(vm, flags);
    g_autofree char *element = program ? g_strdup_printf("<emulator>%s</emulator>", program) : NULL;

    g_assert_nonnull(xml);
    if (element ? !strstr(xml, element) : strstr(xml, "<emulator>") != NULL)
        g_error("not so: %s in %s", element ? element : "no emulator", xml);
}

static void
testDefine(void)
{
    g_auto(testPath) path = {0};
    g_auto(testQEMU) test = {0};
    g_autofree char *xml = testQEMUMakeXML("g", false, NULL);
    g_autoptr(virDomainObj) vm = NULL;

    testPathInit(&path);
    g_setenv("PATH", "/nonexistent", TRUE);
    testQEMUInit(&test, 0);
    /* QEMU may be installed later. */
    vm = qemuDomainDefineXML(test.driver, xml, 0);
    g_assert_nonnull(vm);
    testAssertNamed(vm, 0, NULL);
    g_clear_pointer(&vm, virDomainObjUnref);
    g_setenv("PATH", path.directory, TRUE);
    vm = qemuDomainLookupByName(test.driver, "g");
    testAssertNamed(vm, 0, NULL);
    {
        g_autofree char *same = qemuDomainGetXMLDesc(vm, VIR_DOMAIN_XML_INACTIVE);
        g_autoptr(virDomainObj) again = qemuDomainDefineXML(test.driver, same, 0);

        g_assert_true(again == vm);
    }
    testAssertNamed(vm, 0, path.program);
    testAssertNamed(vm, VIR_DOMAIN_XML_INACTIVE, path.program);
    g_assert_cmpint(qemuDomainUndefine(vm, 0), ==, 0);
}

/* One that was defined by an older daemon: it is as it was, but a guest that runs says on what. */
static void
testLoad(void)
{
    g_auto(testPath) path = {0};
    g_auto(testQEMU) test = {0};
    g_autoptr(virDomainDef) def = testParse(NULL);
    g_autofree char *state = NULL;
    g_autoptr(virDomainObj) vm = NULL;

    testPathInit(&path);
    testQEMUInit(&test, 0);
    g_clear_pointer(&test.driver, qemuDriverFree);
    state = g_build_filename(test.directory, "state", NULL);
    g_assert_cmpint(virDomainObjStoreSave(state, def), ==, 0);
    testQEMUOpen(&test);
    vm = qemuDomainLookupByName(test.driver, "g");
    g_assert_nonnull(vm);
    testAssertNamed(vm, 0, NULL);
    if (qemuDomainCreate(vm, 0, NULL) < 0)
        g_error("%s", virErrorGetMessage());
    testAssertNamed(vm, 0, path.program);
    testAssertNamed(vm, VIR_DOMAIN_XML_INACTIVE, NULL);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/qemuemulator/the one in PATH, if none is named", testFill);
    g_test_add_func("/qemuemulator/none is there to be named", testFillNothing);
    g_test_add_func("/qemuemulator/a definition names it", testDefine);
    g_test_add_func("/qemuemulator/a definition without one is as good", testLoad);
    return g_test_run();
}
