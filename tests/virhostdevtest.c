/*
 * virhostdevtest.c: tests of virhostdev on scenes: who may have which device, and why not
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <gio/gio.h>

#include "testscene.h"
#include "virerror.h"
#include "virhostdev.h"

#define TEST_MAX_DEVICES 3

/* A device that a guest asks for. */
typedef struct {
    const char *address;
    const char *model; /* of <driver model='…'/>, or NULL */
    bool managed;
} testDevice;

/* What a guest asks for on a scene, and what comes of it. */
typedef struct {
    const char *name;
    const char *scene; /* "assign" if NULL */
    testDevice devices[TEST_MAX_DEVICES];
    int code;                /* VIR_ERR_OK: the guest gets them */
    const char *messages[6]; /* what the error says, in this order */
} testCase;

static const testCase testCases[] = {
    {"vfio-pci", .devices = {{"0000:01:00.0"}}},
    {"a variant by its alias",
     "kernel-before-6.1",
     {{"0000:3b:00.1"}},
     VIR_ERR_OPERATION_INVALID,
     /* accepted as a VFIO driver: what is missing is the IOMMU */
     {"0000:3b:00.1", "it is in no IOMMU group: the IOMMU is off"}},
    {"a variant by its alias, with its group", .devices = {{"0000:02:00.0"}}},
    {"a variant by its vfio-dev", .devices = {{"0000:03:00.0"}}},
    {"a VF of a SmartNIC", "smartnic-host", .devices = {{"0000:3b:00.2"}}},
    {"three devices", .devices = {{"0000:01:00.0"}, {"0000:02:00.0"}, {"0000:04:00.0"}}},
    {"both members of a group", .devices = {{"0000:0c:00.0"}, {"0000:0c:00.1"}}},
    {"the model by its driver's name", .devices = {{"0000:04:00.0", "xe-vfio-pci"}}},
    {"the model by its module's name", .devices = {{"0000:04:00.0", "xe_vfio_pci"}}},
    {"the model by its module's name with dashes", .devices = {{"0000:02:00.0", "mlx5-vfio-pci"}}},
    {"another model",
     NULL,
     {{"0000:02:00.0", "vfio-pci"}},
     VIR_ERR_OPERATION_INVALID,
     {"cannot give host device 0000:02:00.0 to guest 'g': ",
      "VFIO driver mlx5_vfio_pci (module mlx5_vfio_pci)", "<driver model='vfio-pci'/>",
      "as root: virtvfio bind 0000:02:00.0 --driver vfio-pci"}},
    {"a driver of the host",
     NULL,
     {{"0000:05:00.0"}},
     VIR_ERR_OPERATION_INVALID,
     {"cannot give host device 0000:05:00.0 to guest 'g': it is on driver mlx5_core",
      "managed='no' needs it on vfio-pci", "the best one for it is mlx5_vfio_pci",
      "to bind it, as root: virtvfio bind 0000:05:00.0"}},
    {"unbound",
     NULL,
     {{"0000:06:00.0"}},
     VIR_ERR_OPERATION_INVALID,
     {"it is on no driver", "the best one for it is vfio-pci",
      "as root: virtvfio bind 0000:06:00.0"}},
    {"unbound, and the best driver's module is not loaded",
     NULL,
     {{"0000:08:00.0"}},
     VIR_ERR_OPERATION_INVALID,
     {"the best one for it is qat_vfio_pci", "as root: virtvfio bind 0000:08:00.0"}},
    {"a decoy",
     NULL,
     {{"0000:07:00.0"}},
     VIR_ERR_OPERATION_INVALID,
     {"it is on driver decoy-vfio-pci, which is no VFIO driver"}},
    {"no VFIO driver in the kernel",
     "no-match",
     {{"0000:01:00.0"}},
     VIR_ERR_OPERATION_INVALID,
     {"it is on no driver", "this kernel knows no VFIO driver for it"}},
    {"no such device", NULL, {{"0000:1f:00.0"}}, VIR_ERR_DEVICE_MISSING, {"0000:1f:00.0"}},
    {"a bridge", NULL, {{"0000:09:00.0"}}, VIR_ERR_CONFIG_UNSUPPORTED, {"it is a bridge"}},
    {"managed, without the right to bind",
     NULL,
     {{"0000:05:00.0", .managed = true}},
     VIR_ERR_CONFIG_UNSUPPORTED,
     {"guest 'g' has host devices with managed='yes'", "managed='no'"}},
    {"a group that others use",
     NULL,
     {{"0000:0b:00.0"}},
     VIR_ERR_OPERATION_INVALID,
     {"its IOMMU group 11 has members on drivers of the host: ", "0000:0b:00.1 (driver e1000e)",
      "0000:0b:00.2 (driver decoy-vfio-pci)", "as root: virtvfio bind 0000:0b:00.1 0000:0b:00.2"}},
    {"no group, and others have one",
     NULL,
     {{"0000:0d:00.0"}},
     VIR_ERR_OPERATION_INVALID,
     {"it is in no IOMMU group: no IOMMU of this host covers it"}},
    {"no node",
     NULL,
     {{"0000:0e:00.0"}},
     VIR_ERR_OPERATION_INVALID,
     {"there is no /dev/vfio/14, although vfio-pci is a VFIO driver"}},
    {"a device twice",
     NULL,
     {{"0000:01:00.0"}, {"0000:01:00.0"}},
     VIR_ERR_XML_ERROR,
     {"0000:01:00.0", "it is listed twice"}},
    {"every problem at once",
     NULL,
     {{"0000:1f:00.0"}, {"0000:05:00.0"}, {"0000:0b:00.0"}},
     VIR_ERR_DEVICE_MISSING,
     {"cannot give 3 host devices to guest 'g':\n0000:1f:00.0: ", "\n0000:05:00.0: it is on driver",
      "\n0000:0b:00.0: its IOMMU group 11"}},
    {"one of three",
     NULL,
     {{"0000:01:00.0"}, {"0000:06:00.0"}, {"0000:02:00.0"}},
     VIR_ERR_OPERATION_INVALID,
     {"cannot give host device 0000:06:00.0 to guest 'g': it is on no"}},
};

/* Host devices of a guest, as virHostdevPreparePCIDevices() takes them. */
static GPtrArray *
testMakeHostdevs(const testDevice *devices)
{
    GPtrArray *hostdevs = g_ptr_array_new_with_free_func((GDestroyNotify)virDomainHostdevDefFree);

    for (size_t i = 0; i < TEST_MAX_DEVICES && devices[i].address; i++) {
        virDomainHostdevDef *hostdev = g_new0(virDomainHostdevDef, 1);

        g_assert_true(virPCIDeviceAddressParse(devices[i].address, &hostdev->source));
        hostdev->driverModel = g_strdup(devices[i].model);
        hostdev->managed = devices[i].managed;
        g_ptr_array_add(hostdevs, hostdev);
    }
    return hostdevs;
}

static int
testPrepare(virHostdevManager *mgr, const char *guest, const GPtrArray *hostdevs)
{
    return virHostdevPreparePCIDevices(
        mgr, "QEMU", guest, (virDomainHostdevDef *const *)hostdevs->pdata, hostdevs->len);
}

static void
testReAttach(virHostdevManager *mgr, const char *guest, const GPtrArray *hostdevs)
{
    virHostdevReAttachPCIDevices(mgr, "QEMU", guest, (virDomainHostdevDef *const *)hostdevs->pdata,
                                 hostdevs->len);
}

static void
testAssertUsers(virHostdevManager *mgr, const GPtrArray *hostdevs, const char *user)
{
    for (guint i = 0; i < hostdevs->len; i++) {
        const virDomainHostdevDef *hostdev = g_ptr_array_index(hostdevs, i);

        g_autofree char *found = virHostdevManagerGetUser(mgr, &hostdev->source);

        g_assert_cmpstr(found, ==, user);
    }
}

static gint
testCompareNames(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Everything below a directory: names, types, sizes, times, targets and contents. */
static void
testSnapshotAdd(GString *text, const char *path)
{
    g_autoptr(GFile) file = g_file_new_for_path(path);
    g_autoptr(GFileInfo) info =
        g_file_query_info(file, "standard::*,time::modified,time::modified-usec,unix::mode",
                          G_FILE_QUERY_INFO_NOFOLLOW_SYMLINKS, NULL, NULL);
    g_autofree char *content = NULL;
    g_autoptr(GDir) dir = NULL;
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    const char *target;
    const char *name;

    g_assert_nonnull(info);
    target = g_file_info_get_symlink_target(info);
    g_string_append_printf(text, "%s %o %" G_GUINT64_FORMAT ".%u %s\n", path,
                           g_file_info_get_attribute_uint32(info, "unix::mode"),
                           g_file_info_get_attribute_uint64(info, "time::modified"),
                           g_file_info_get_attribute_uint32(info, "time::modified-usec"),
                           target ? target : "");
    if (g_file_info_get_file_type(info) == G_FILE_TYPE_REGULAR) {
        g_assert_true(g_file_get_contents(path, &content, NULL, NULL));
        g_string_append(text, content);
    }
    if (g_file_info_get_file_type(info) != G_FILE_TYPE_DIRECTORY)
        return;
    dir = g_dir_open(path, 0, NULL);
    while ((name = g_dir_read_name(dir)))
        g_ptr_array_add(names, g_build_filename(path, name, NULL));
    g_ptr_array_sort(names, testCompareNames);
    for (guint i = 0; i < names->len; i++)
        testSnapshotAdd(text, g_ptr_array_index(names, i));
}

static char *
testSnapshot(const testScene *scene)
{
    GString *text = g_string_new(NULL);

    testSnapshotAdd(text, testSceneGetRoot(scene));
    return g_string_free(text, FALSE);
}

static void
testPrepareCase(const void *opaque)
{
    const testCase *test = opaque;
    g_autoptr(testScene) scene = testSceneNew(test->scene ? test->scene : "assign");
    g_autofree char *before = testSnapshot(scene);
    g_autoptr(virHostdevManager) mgr = virHostdevManagerNew(testSceneGetHost(scene), NULL);
    g_autoptr(GPtrArray) hostdevs = testMakeHostdevs(test->devices);
    g_autofree char *after = NULL;
    const char *rest;

    virErrorReset();
    if (testPrepare(mgr, "g", hostdevs) == 0) {
        g_assert_cmpint(test->code, ==, VIR_ERR_OK);
        testAssertUsers(mgr, hostdevs, "g");
        testReAttach(mgr, "g", hostdevs);
    }
    testAssertUsers(mgr, hostdevs, NULL);
    g_assert_cmpint(virErrorGetLast()->code, ==, test->code);

    rest = virErrorGetMessage();
    for (size_t i = 0; i < G_N_ELEMENTS(test->messages) && test->messages[i]; i++) {
        const char *found = strstr(rest, test->messages[i]);

        if (!found)
            g_error("\"%s\" does not say \"%s\"", virErrorGetMessage(), test->messages[i]);
        /* The end of one line may be the start of the next one. */
        rest = found + 1;
    }
    after = testSnapshot(scene);
    g_assert_true(g_str_equal(after, before)); /* not cmpstr: it would print the whole tree */
    virErrorReset();
}

static void
testUsedByAnother(void)
{
    const testDevice devices[TEST_MAX_DEVICES] = {{"0000:01:00.0"}};
    g_autoptr(testScene) scene = testSceneNew("assign");
    g_autoptr(virHostdevManager) mgr = virHostdevManagerNew(testSceneGetHost(scene), NULL);
    g_autoptr(GPtrArray) hostdevs = testMakeHostdevs(devices);

    g_assert_cmpint(testPrepare(mgr, "first", hostdevs), ==, 0);
    g_assert_cmpint(testPrepare(mgr, "second", hostdevs), ==, -1);
    g_assert_cmpint(virErrorGetLast()->code, ==, VIR_ERR_OPERATION_INVALID);
    g_assert_nonnull(strstr(virErrorGetMessage(), "guest 'first' of QEMU has it"));
    testAssertUsers(mgr, hostdevs, "first");

    /* Who does not have it cannot give it back. */
    testReAttach(mgr, "second", hostdevs);
    testAssertUsers(mgr, hostdevs, "first");
    testReAttach(mgr, "first", hostdevs);
    g_assert_cmpint(testPrepare(mgr, "second", hostdevs), ==, 0);
    virErrorReset();
}

static void
testGroupUsedByAnother(void)
{
    const testDevice first[TEST_MAX_DEVICES] = {{"0000:0c:00.0"}};
    const testDevice second[TEST_MAX_DEVICES] = {{"0000:01:00.0"}, {"0000:0c:00.1"}};
    g_autoptr(testScene) scene = testSceneNew("assign");
    g_autoptr(virHostdevManager) mgr = virHostdevManagerNew(testSceneGetHost(scene), NULL);
    g_autoptr(GPtrArray) firstDevs = testMakeHostdevs(first);
    g_autoptr(GPtrArray) secondDevs = testMakeHostdevs(second);

    g_assert_cmpint(testPrepare(mgr, "first", firstDevs), ==, 0);
    g_assert_cmpint(testPrepare(mgr, "second", secondDevs), ==, -1);
    g_assert_nonnull(strstr(virErrorGetMessage(),
                            "host device 0000:0c:00.1 to guest 'second': guest 'first' of QEMU has "
                            "0000:0c:00.0, and members of one IOMMU group (12)"));
    testAssertUsers(mgr, secondDevs, NULL);
    /* The same guest may have both. */
    g_assert_cmpint(testPrepare(mgr, "first", secondDevs), ==, 0);
    virErrorReset();
}

/* The binding is read for every start: what was right the last time may have changed. */
static void
testBindingIsReadAnew(void)
{
    const testDevice devices[TEST_MAX_DEVICES] = {{"0000:01:00.0"}};
    g_autoptr(testScene) scene = testSceneNew("assign");
    g_autoptr(virHostdevManager) mgr = virHostdevManagerNew(testSceneGetHost(scene), NULL);
    g_autoptr(GPtrArray) hostdevs = testMakeHostdevs(devices);

    g_assert_cmpint(testPrepare(mgr, "g", hostdevs), ==, 0);
    testReAttach(mgr, "g", hostdevs);
    testSceneBind(scene, "0000:01:00.0", "decoy-vfio-pci");
    g_assert_cmpint(testPrepare(mgr, "g", hostdevs), ==, 0); /* its vfio-dev is still there */
    testReAttach(mgr, "g", hostdevs);
    testSceneUnbind(scene, "0000:01:00.0");
    g_assert_cmpint(testPrepare(mgr, "g", hostdevs), ==, -1);
    g_assert_nonnull(strstr(virErrorGetMessage(), "it is on no driver"));
    virErrorReset();
}

/* Guest "web1", which this process runs, has the device: as the ledger says it. */
static char *
testMakeLedger(const char *address)
{
    g_autofree char *run = testSceneMakeTemporary();
    g_autofree char *dir = g_build_filename(run, "active", NULL);
    g_autofree char *path = g_build_filename(dir, address, NULL);
    g_autofree char *text = g_strdup_printf(
        "[active]\naddress=%s\ndriver=QEMU\nguest=web1\npid=%d\n", address, (int)getpid());

    g_assert_cmpint(g_mkdir_with_parents(dir, 0755), ==, 0);
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
    return g_steal_pointer(&run);
}

/* virSysfsWriteFunc */
static int
testRefuseWrite(const char *path G_GNUC_UNUSED, const char *text G_GNUC_UNUSED,
                void *opaque G_GNUC_UNUSED)
{
    return -EIO;
}

/* What only a reset of the bus could reset, beside a guest's device; and nothing stays claimed. */
static void
testResetBesideGuest(void)
{
    const char *const addresses[] = {"0000:02:00.0", "0000:02:00.1"};
    guint8 config[256] = {[0] = 0x02, [1] = 0x10};
    g_autoptr(testScene) scene = testSceneNew("reset");
    g_autofree char *run = testMakeLedger(addresses[1]);
    g_autoptr(virHostdevManager) mgr = virHostdevManagerNew(testSceneGetHost(scene), run);
    g_autofree char *below = g_strdup_printf("sys/bus/pci/devices/%s/config", addresses[0]);
    g_autofree char *path = testScenePath(scene, below);
    g_autofree char *claim = g_build_filename(run, "active", addresses[0], NULL);
    virPCIResetMethod method = VIR_PCI_RESET_LAST;
    virPCIDeviceAddress address;

    virSysfsRootSetWriteFunc(virPCIHostGetRoot(testSceneGetHost(scene)), testRefuseWrite, NULL);
    g_assert_true(g_file_set_contents(path, (const char *)config, sizeof(config), NULL));
    g_assert_true(virPCIDeviceAddressParse(addresses[0], &address));
    g_assert_cmpint(virHostdevPCINodeDeviceReset(mgr, &address, &method), ==, -1);
    g_assert_nonnull(strstr(virErrorGetMessage(), "0000:02:00.1 is used by guest web1"));
    g_assert_cmpint((int)method, ==, VIR_PCI_RESET_LAST);
    g_assert_false(g_file_test(claim, G_FILE_TEST_EXISTS));
    testSceneRemoveTemporary(run);
    virErrorReset();
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(testCases); i++) {
        g_autofree char *path = g_strdup_printf("/virhostdev/prepare/%s", testCases[i].name);

        g_test_add_data_func(path, &testCases[i], testPrepareCase);
    }
    g_test_add_func("/virhostdev/used by another guest", testUsedByAnother);
    g_test_add_func("/virhostdev/group used by another guest", testGroupUsedByAnother);
    g_test_add_func("/virhostdev/binding is read anew", testBindingIsReadAnew);
    g_test_add_func("/virhostdev/reset beside a guest's device", testResetBesideGuest);
    return g_test_run();
}
