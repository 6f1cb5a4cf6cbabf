/*
 * virdomainobjtest.c: tests of the list of guests and of the directory that they are kept in
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include <glib/gstdio.h>
#include <libvirt/libvirt.h>

#include "virdomainobjstore.h"
#include "virerror.h"

#define UUID_A "aaaaaaaa-0000-4000-8000-000000000001"
#define UUID_B "bbbbbbbb-0000-4000-8000-000000000002"

static virDomainDef *
testMakeDef(const char *name, const char *uuid)
{
    g_autofree char *text =
        g_strdup_printf("<domain type='qemu'><name>%s</name><uuid>%s</uuid>"
                        "<memory unit='MiB'>16</memory><os><type>hvm</type></os></domain>",
                        name, uuid);
    virDomainDef *def = virDomainDefParse(text, strlen(text), "guest.xml");

    g_assert_nonnull(def);
    return def;
}

/* A guest in @list; @id is that of an active one. */
static virDomainObj *
testAdd(virDomainObjList *list, const char *name, const char *uuid, int id)
{
    virDomainDef *def = testMakeDef(name, uuid);
    virDomainObj *vm = virDomainObjListAdd(list, &def);

    g_assert_nonnull(vm);
    g_assert_null(def);
    vm->id = id;
    if (id >= 0)
        virDomainObjSetState(vm, VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_BOOTED);
    return vm;
}

static void
testLookup(void)
{
    g_autoptr(virDomainObjList) list = virDomainObjListNew();
    g_autoptr(virDomainObj) vm = testAdd(list, "a", UUID_A, 7);
    g_autoptr(virDomainObj) byUUID = virDomainObjListFindByUUID(list, UUID_A);
    g_autoptr(virDomainObj) byName = virDomainObjListFindByName(list, "a");
    g_autoptr(virDomainObj) byID = virDomainObjListFindByID(list, 7);

    g_assert_true(byUUID == vm && byName == vm && byID == vm);
    g_assert_null(virDomainObjListFindByUUID(list, UUID_B));
    g_assert_null(virDomainObjListFindByName(list, "b"));
    g_assert_null(virDomainObjListFindByID(list, 8));
    g_assert_null(virDomainObjListFindByID(list, -1));
    virDomainObjListRemove(list, vm);
    g_assert_true(vm->removed);
    g_assert_null(virDomainObjListFindByUUID(list, UUID_A));
    virDomainObjListRemove(list, vm);
}

static void
testHalfMade(void)
{
    g_autoptr(virDomainObjList) list = virDomainObjListNew();
    g_autoptr(virDomainObj) vm G_GNUC_UNUSED = testAdd(list, "a", UUID_A, -1);
    g_autoptr(GPtrArray) none = virDomainObjListCollect(list, 0);

    g_assert_cmpuint(none->len, ==, 0);
    g_assert_null(virDomainObjListFindByName(list, "a"));
}

/* What is added again, and what is said of it. */
static const struct {
    const char *title;
    const char *name;
    const char *uuid;
    const char *message; /* NULL: it is the same guest */
} testSames[] = {
    {"the same", "a", UUID_A, NULL},
    {"another name", "b", UUID_A, "cannot take guest 'b': guest 'a' has its UUID " UUID_A},
    {"another UUID", "a", UUID_B, "a guest of that name exists with UUID " UUID_A},
};

static void
testSame(const void *opaque)
{
    size_t i = GPOINTER_TO_SIZE(opaque);
    g_autoptr(virDomainObjList) list = virDomainObjListNew();
    g_autoptr(virDomainObj) vm = testAdd(list, "a", UUID_A, 1);
    g_autoptr(virDomainDef) def = testMakeDef(testSames[i].name, testSames[i].uuid);
    g_autoptr(virDomainObj) again = virDomainObjListAdd(list, &def);

    g_assert_nonnull(def);
    if (!testSames[i].message) {
        g_assert_true(again == vm);
        return;
    }
    g_assert_null(again);
    g_assert_cmpint(virErrorGetLast()->code, ==, VIR_ERR_DOM_EXIST);
    g_assert_nonnull(strstr(virErrorGetMessage(), testSames[i].message));
    virErrorReset();
}

/* Four guests: running (transient), paused with autostart, shut off, crashed. */
static const struct {
    unsigned int flags;
    const char *names;
} testFilters[] = {
    {0, "crashed off paused running "},
    {VIR_CONNECT_LIST_DOMAINS_ACTIVE, "crashed paused running "},
    {VIR_CONNECT_LIST_DOMAINS_INACTIVE, "off "},
    {VIR_CONNECT_LIST_DOMAINS_ACTIVE | VIR_CONNECT_LIST_DOMAINS_INACTIVE,
     "crashed off paused running "},
    {VIR_CONNECT_LIST_DOMAINS_TRANSIENT, "running "},
    {VIR_CONNECT_LIST_DOMAINS_PERSISTENT, "crashed off paused "},
    {VIR_CONNECT_LIST_DOMAINS_AUTOSTART, "paused "},
    {VIR_CONNECT_LIST_DOMAINS_RUNNING, "running "},
    {VIR_CONNECT_LIST_DOMAINS_PAUSED | VIR_CONNECT_LIST_DOMAINS_SHUTOFF, "off paused "},
    {VIR_CONNECT_LIST_DOMAINS_OTHER, "crashed "},
    {VIR_CONNECT_LIST_DOMAINS_HAS_SNAPSHOT, ""},
    {VIR_CONNECT_LIST_DOMAINS_NO_MANAGEDSAVE, "crashed off paused running "},
    {VIR_CONNECT_LIST_DOMAINS_ACTIVE | VIR_CONNECT_LIST_DOMAINS_SHUTOFF, ""},
};

static void
testCollect(void)
{
    g_autoptr(virDomainObjList) list = virDomainObjListNew();
    g_autoptr(virDomainObj) running G_GNUC_UNUSED = testAdd(list, "running", UUID_A, 1);
    g_autoptr(virDomainObj) paused = testAdd(list, "paused", UUID_B, 2);
    g_autoptr(virDomainObj) off = testAdd(list, "off", "cccccccc-0000-4000-8000-000000000003", -1);
    g_autoptr(virDomainObj) crashed =
        testAdd(list, "crashed", "dddddddd-0000-4000-8000-000000000004", 3);

    paused->persistent = off->persistent = crashed->persistent = true;
    paused->autostart = true;
    virDomainObjSetState(paused, VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_USER);
    virDomainObjSetState(crashed, VIR_DOMAIN_CRASHED, VIR_DOMAIN_CRASHED_PANICKED);
    for (size_t i = 0; i < G_N_ELEMENTS(testFilters); i++) {
        g_autoptr(GPtrArray) found = virDomainObjListCollect(list, testFilters[i].flags);
        g_autoptr(GString) names = g_string_new(NULL);

        for (guint k = 0; k < found->len; k++) {
            const virDomainObj *vm = g_ptr_array_index(found, k);

            g_string_append_printf(names, "%s ", vm->name);
        }
        g_assert_cmpstr(names->str, ==, testFilters[i].names);
    }
}

static void
testPersistentDef(void)
{
    g_autoptr(virDomainObj) vm = virDomainObjNew(testMakeDef("a", UUID_A));
    const virDomainDef *live = vm->def;

    g_assert_null(virDomainObjGetPersistentDef(vm));
    vm->id = 1;
    virDomainObjSetPersistentDef(vm, testMakeDef("a", UUID_A));
    g_assert_true(vm->def == live);
    g_assert_true(virDomainObjGetPersistentDef(vm) == vm->newDef);
    g_assert_true(vm->persistent);
}

/* Guests are added, looked for and taken out by several threads. */
static void *
testRace(void *opaque)
{
    virDomainObjList *list = opaque;

    for (int i = 0; i < 200; i++) {
        virDomainDef *def = testMakeDef("a", UUID_A);
        g_autoptr(virDomainObj) vm = virDomainObjListAdd(list, &def);
        g_autoptr(GPtrArray) all = NULL;
        g_autoptr(virDomainObj) found = NULL;

        virDomainDefFree(def);
        g_mutex_lock(&vm->lock);
        vm->persistent = true;
        g_mutex_unlock(&vm->lock);
        all = virDomainObjListCollect(list, 0);
        found = virDomainObjListFindByName(list, "a");
        virDomainObjListRemove(list, vm);
    }
    return NULL;
}

static void
testThreads(void)
{
    g_autoptr(virDomainObjList) list = virDomainObjListNew();
    GThread *threads[4];

    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = g_thread_new("race", testRace, list);
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
        g_thread_join(threads[i]);
    g_assert_null(virDomainObjListFindByName(list, "a"));
}

/* Removes @directory with the files in it. */
static void
testRemoveDirectory(const char *directory)
{
    g_autoptr(GPtrArray) files = virDomainObjStoreList(directory, "");

    for (guint i = 0; i < files->len; i++) {
        g_autofree char *path = g_build_filename(directory, g_ptr_array_index(files, i), NULL);

        g_unlink(path);
    }
    g_assert_cmpint(g_rmdir(directory), ==, 0);
}

static void
testStore(void)
{
    g_autofree char *top = g_dir_make_tmp("virdomainobjtest-XXXXXX", NULL);
    g_autofree char *directory = g_build_filename(top, "qemu", NULL);
    g_autofree char *left = g_build_filename(directory, "a.xml.new", NULL);
    g_autoptr(virDomainDef) a = testMakeDef("a", UUID_A);
    g_autoptr(virDomainDef) b = testMakeDef("b c.xml", UUID_B);
    g_autoptr(virDomainObjList) list = virDomainObjListNew();
    g_autoptr(virDomainObj) found = NULL;
    g_autoptr(virDomainObj) other = NULL;

    virDomainObjStoreLoad(directory, list);
    g_assert_cmpint(virDomainObjStoreSave(directory, a), ==, 0);
    g_assert_cmpint(virDomainObjStoreSave(directory, b), ==, 0);
    g_assert_cmpint(virDomainObjStoreSetAutostart(directory, "a", true), ==, 0);
    g_assert_true(g_file_set_contents(left, "<doma", -1, NULL));
    virDomainObjStoreLoad(directory, list);
    found = virDomainObjListFindByName(list, "a");
    g_assert_false(g_file_test(left, G_FILE_TEST_EXISTS));
    g_assert_true(found && found->autostart && found->persistent && !virDomainObjIsActive(found));
    other = virDomainObjListFindByUUID(list, UUID_B);
    g_assert_true(other && !other->autostart);
    g_assert_cmpstr(other->name, ==, "b c.xml");

    g_assert_cmpint(virDomainObjStoreRemove(directory, "a"), ==, 0);
    g_assert_cmpint(virDomainObjStoreRemove(directory, "a"), ==, 0);
    g_assert_cmpint(virDomainObjStoreRemove(directory, "b c.xml"), ==, 0);
    testRemoveDirectory(directory);
    g_assert_cmpint(g_rmdir(top), ==, 0);
}

/* What a state directory may hold that nobody can use. */
static const struct {
    const char *title;
    const char *file;
    const char *text;
    const char *warning;
} testDamages[] = {
    {"an empty file", "x.xml", "", "*x.xml' is damaged and set aside as *x.xml.damaged': *"},
    {"half a file", "x.xml", "<domain type='qemu'><name>x</na", "*is damaged and set aside*"},
    {"another guest's file", "x.xml",
     "<domain type='qemu'><name>y</name><memory>16384</memory><os><type>hvm</type></os></domain>",
     "*it defines guest 'y'*"},
    {"bytes", "x.xml", "\x01\x02\xff", "*is damaged and set aside*"},
};

static void
testDamaged(const void *opaque)
{
    size_t i = GPOINTER_TO_SIZE(opaque);
    g_autofree char *directory = g_dir_make_tmp("virdomainobjtest-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(directory, testDamages[i].file, NULL);
    g_autofree char *aside = g_strconcat(path, ".damaged", NULL);
    g_autoptr(virDomainObjList) list = virDomainObjListNew();
    g_autoptr(virDomainDef) good = testMakeDef("z", UUID_A);
    g_autoptr(virDomainObj) found = NULL;

    g_assert_true(g_file_set_contents(path, testDamages[i].text, -1, NULL));
    g_assert_cmpint(virDomainObjStoreSave(directory, good), ==, 0);
    g_test_expect_message("conf.domainobjstore", G_LOG_LEVEL_WARNING, testDamages[i].warning);
    virDomainObjStoreLoad(directory, list);
    g_test_assert_expected_messages();
    g_assert_true(g_file_test(aside, G_FILE_TEST_EXISTS));
    g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
    found = virDomainObjListFindByName(list, "z");
    g_assert_nonnull(found);
    testRemoveDirectory(directory);
}

static void
testCannotWrite(void)
{
    g_autoptr(virDomainDef) def = testMakeDef("a", UUID_A);

    g_assert_cmpint(virDomainObjStoreSave("/dev/null/x", def), ==, -1);
    g_assert_cmpstr(virErrorGetMessage(), ==, "cannot write '/dev/null/x/a.xml': Not a directory");
    virErrorReset();
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/virdomainobj/found by UUID, name and id", testLookup);
    g_test_add_func("/virdomainobj/one that is being made is not seen", testHalfMade);
    for (size_t i = 0; i < G_N_ELEMENTS(testSames); i++) {
        g_autofree char *path = g_strdup_printf("/virdomainobj/add/%s", testSames[i].title);

        g_test_add_data_func(path, GSIZE_TO_POINTER(i), testSame);
    }
    g_test_add_func("/virdomainobj/filters", testCollect);
    g_test_add_func("/virdomainobj/live and persistent definitions are two", testPersistentDef);
    g_test_add_func("/virdomainobj/threads", testThreads);
    g_test_add_func("/virdomainobj/store/saved, loaded, removed", testStore);
    for (size_t i = 0; i < G_N_ELEMENTS(testDamages); i++) {
        g_autofree char *path =
            g_strdup_printf("/virdomainobj/store/damaged/%s", testDamages[i].title);

        g_test_add_data_func(path, GSIZE_TO_POINTER(i), testDamaged);
    }
    g_test_add_func("/virdomainobj/store/cannot write", testCannotWrite);
    return g_test_run();
}
