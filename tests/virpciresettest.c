/*
 * virpciresettest.c: tests of virpcireset, virpciresetbus and virpciconfig
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "testscene.h"
#include "virerror.h"
#include "virlock.h"
#include "virpcicap.h"
#include "virpcireset.h"

#define TEST_DEVICE  "0000:02:00.0"
#define TEST_SIBLING "0000:02:00.1"
#define TEST_ON_ROOT "0000:00:05.0"
#define TEST_BRIDGE  "0000:00:1c.0"
#define TEST_VF      "0000:03:00.0"

/* What the device can do: one capability at 0x40. */
typedef enum {
    TEST_CAPS_NONE,
    TEST_CAPS_FLR,
    TEST_CAPS_PM,
} testCaps;

typedef enum {
    TEST_KEEPS_STATE = 1 << 0,     /* says that PM resets it, and does not do it */
    TEST_IS_LOST = 1 << 1,         /* does not come back from a bus reset */
    TEST_HOTPLUG = 1 << 2,         /* the bridge is a hot-plug port */
    TEST_HAS_SUBORDINATE = 1 << 3, /* the kernel resets the bus itself */
    TEST_SIBLING_USED = 1 << 4,
    TEST_USED = 1 << 5,
    TEST_BRIDGE_BEHIND = 1 << 6, /* the sibling is a bridge */
    TEST_LOCKED = 1 << 7,        /* somebody is at work on the device's group */
    TEST_SIBLING_LOCKED = 1 << 8,
    TEST_DECLINES = 1 << 9, /* the kernel resets no bus now */
} testFlags;

typedef struct {
    const char *name;
    const char *address;
    const char *driver;
    const char *siblingDriver;
    testCaps caps;
    testFlags flags;
    const char *kernelMethods; /* NULL: no such file */
    int kernelRC;              /* of a write to "reset"; 1: no such file */
    int rc;
    virPCIResetMethod method; /* if rc is 0 */
    int code;                 /* otherwise */
    const char *says;
    const char *log; /* of writes to configurations: how the bus or the power went */
} testCase;

#define NO_RESET_FILE 1
#define PM_LOG        "02:00.0 4=0400, 02:00.0 44=0003, 02:00.0 44=0000, "
#define BUS_LOG       "00:1c.0 3e=0043, 00:1c.0 3e=0003, "

static const testCase cases[] = {
    {"VFIO driver", TEST_DEVICE, "vfio-pci", NULL, TEST_CAPS_PM, 0, "pm bus", 0, 0,
     VIR_PCI_RESET_VFIO, 0, NULL, ""},
    {"FLR before Linux 5.15", TEST_DEVICE, NULL, NULL, TEST_CAPS_FLR, 0, NULL, 0, 0,
     VIR_PCI_RESET_FLR, 0, NULL, ""},
    {"FLR of every VF", TEST_VF, NULL, NULL, TEST_CAPS_NONE, 0, NULL, NO_RESET_FILE, 0,
     VIR_PCI_RESET_FLR, 0, NULL, ""},
    {"FLR that the kernel knows", TEST_DEVICE, NULL, NULL, TEST_CAPS_NONE, 0, "af_flr bus", 0, 0,
     VIR_PCI_RESET_FLR, 0, NULL, ""},
    {"FLR that the kernel does not trust", TEST_DEVICE, NULL, NULL, TEST_CAPS_FLR, 0, "bus", 0, 0,
     VIR_PCI_RESET_KERNEL, 0, NULL, ""},
    {"by the kernel", TEST_DEVICE, NULL, NULL, TEST_CAPS_PM, 0, "pm bus", 0, 0,
     VIR_PCI_RESET_KERNEL, 0, NULL, ""},
    {"by an old kernel", TEST_DEVICE, NULL, NULL, TEST_CAPS_NONE, 0, NULL, 0, 0,
     VIR_PCI_RESET_KERNEL, 0, NULL, ""},
    {"under a stub", TEST_DEVICE, "pci-stub", NULL, TEST_CAPS_NONE, 0, "bus", 0, 0,
     VIR_PCI_RESET_KERNEL, 0, NULL, ""},
    {"the kernel fails", TEST_DEVICE, NULL, NULL, TEST_CAPS_PM, 0, "pm", -EIO, -1, 0,
     VIR_ERR_SYSTEM_ERROR, "the kernel cannot reset device 0000:02:00.0", ""},
    {"switched off", TEST_DEVICE, NULL, NULL, TEST_CAPS_PM, 0, "", 0, -1, 0,
     VIR_ERR_OPERATION_UNSUPPORTED, "switched off", ""},
    {"host driver", TEST_DEVICE, "snd_hda_intel", NULL, TEST_CAPS_PM, 0, "pm", 0, -1, 0,
     VIR_ERR_OPERATION_INVALID, "snd_hda_intel", ""},
    {"FLR under a host driver", TEST_DEVICE, "snd_hda_intel", NULL, TEST_CAPS_FLR, 0, "flr", 0, -1,
     0, VIR_ERR_OPERATION_INVALID, "snd_hda_intel", ""},
    {"locked", TEST_DEVICE, NULL, NULL, TEST_CAPS_FLR, TEST_LOCKED, NULL, 0, -1, 0,
     VIR_ERR_OPERATION_FAILED, "'group-5' is locked by process", ""},
    {"bus with a locked group", TEST_DEVICE, NULL, "vfio-pci", TEST_CAPS_NONE, TEST_SIBLING_LOCKED,
     NULL, NO_RESET_FILE, -1, 0, VIR_ERR_OPERATION_FAILED, "'group-4' is locked by process", ""},
    {"PM beside a locked group", TEST_DEVICE, NULL, "vfio-pci", TEST_CAPS_PM, TEST_SIBLING_LOCKED,
     NULL, NO_RESET_FILE, 0, VIR_PCI_RESET_PM, 0, NULL, PM_LOG},
    {"used", TEST_DEVICE, "vfio-pci", NULL, TEST_CAPS_FLR, TEST_USED, NULL, 0, -1, 0,
     VIR_ERR_OPERATION_INVALID, "guest web1", ""},
    {"bridge", TEST_BRIDGE, NULL, NULL, TEST_CAPS_NONE, 0, NULL, 0, -1, 0,
     VIR_ERR_OPERATION_INVALID, "bridge", ""},
    {"PM", TEST_DEVICE, NULL, NULL, TEST_CAPS_PM, 0, NULL, NO_RESET_FILE, 0, VIR_PCI_RESET_PM, 0,
     NULL, PM_LOG},
    {"PM after the kernel declined", TEST_DEVICE, NULL, NULL, TEST_CAPS_PM, 0, "bus", -ENOTTY, 0,
     VIR_PCI_RESET_PM, 0, NULL, PM_LOG},
    {"PM that keeps the state, so the bus", TEST_DEVICE, NULL, NULL, TEST_CAPS_PM, TEST_KEEPS_STATE,
     NULL, NO_RESET_FILE, 0, VIR_PCI_RESET_BUS, 0, NULL, PM_LOG BUS_LOG},
    {"bus", TEST_DEVICE, NULL, NULL, TEST_CAPS_NONE, 0, NULL, NO_RESET_FILE, 0, VIR_PCI_RESET_BUS,
     0, NULL, BUS_LOG},
    {"bus with an idle VFIO device", TEST_DEVICE, NULL, "vfio-pci", TEST_CAPS_NONE, 0, NULL,
     NO_RESET_FILE, 0, VIR_PCI_RESET_BUS, 0, NULL, BUS_LOG},
    {"bus by the kernel", TEST_DEVICE, NULL, NULL, TEST_CAPS_NONE, TEST_HAS_SUBORDINATE, NULL,
     NO_RESET_FILE, 0, VIR_PCI_RESET_BUS, 0, NULL, ""},
    {"bus after the kernel declined", TEST_DEVICE, NULL, "vfio-pci", TEST_CAPS_NONE,
     TEST_HAS_SUBORDINATE | TEST_DECLINES, NULL, NO_RESET_FILE, 0, VIR_PCI_RESET_BUS, 0, NULL,
     BUS_LOG},
    {"bus behind a hot-plug port after the kernel declined", TEST_DEVICE, NULL, NULL,
     TEST_CAPS_NONE, TEST_HAS_SUBORDINATE | TEST_DECLINES | TEST_HOTPLUG, NULL, NO_RESET_FILE, -1,
     0, VIR_ERR_OPERATION_UNSUPPORTED, "hot-plug port", ""},
    {"bus with a guest's device", TEST_DEVICE, NULL, "vfio-pci", TEST_CAPS_NONE, TEST_SIBLING_USED,
     NULL, NO_RESET_FILE, -1, 0, VIR_ERR_OPERATION_INVALID, "0000:02:00.1 is used by guest web1",
     ""},
    {"bus with a host's device", TEST_DEVICE, NULL, "snd_hda_intel", TEST_CAPS_NONE, 0, NULL,
     NO_RESET_FILE, -1, 0, VIR_ERR_OPERATION_INVALID,
     "0000:02:00.1 is bound to driver snd_hda_intel", ""},
    {"bus with a bridge", TEST_DEVICE, NULL, NULL, TEST_CAPS_NONE, TEST_BRIDGE_BEHIND, NULL,
     NO_RESET_FILE, -1, 0, VIR_ERR_OPERATION_INVALID, "0000:02:00.1 is a bridge", ""},
    {"bus behind a hot-plug port", TEST_DEVICE, NULL, NULL, TEST_CAPS_NONE, TEST_HOTPLUG, NULL,
     NO_RESET_FILE, -1, 0, VIR_ERR_OPERATION_UNSUPPORTED, "hot-plug port", ""},
    {"root bus", TEST_ON_ROOT, NULL, NULL, TEST_CAPS_NONE, 0, NULL, NO_RESET_FILE, -1, 0,
     VIR_ERR_OPERATION_UNSUPPORTED, "root bus", ""},
    {"lost", TEST_DEVICE, NULL, NULL, TEST_CAPS_NONE, TEST_IS_LOST, NULL, NO_RESET_FILE, -1, 0,
     VIR_ERR_OPERATION_FAILED, "did not come back", BUS_LOG},
};

/* The hardware: configurations are files of the scene, and writes to them have effects. */
typedef struct {
    testScene *scene;
    const testCase *test;
    GString *log;
    char *written; /* file that tells of writes to attributes; from a child process */
    char *lockDirectory;
} testMachine;

static bool
testIsLocked(const testMachine *machine, const char *group)
{
    g_autoptr(virLock) lock = virLockAcquire(machine->lockDirectory, group, "test", 0);

    if (!lock)
        virErrorReset();
    return !lock;
}

static char *
testConfigPath(const testMachine *machine, const char *address)
{
    g_autofree char *below = g_strdup_printf("sys/bus/pci/devices/%s/config", address);

    return testScenePath(machine->scene, below);
}

static void
testReadConfig(const testMachine *machine, const char *address, guint8 *config)
{
    g_autofree char *path = testConfigPath(machine, address);
    g_autofree char *data = NULL;
    gsize len;

    g_assert_true(g_file_get_contents(path, &data, &len, NULL));
    g_assert_cmpuint(len, ==, VIR_PCI_CONFIG_SIZE);
    memcpy(config, data, VIR_PCI_CONFIG_SIZE);
}

static void
testStoreConfig(const testMachine *machine, const char *address, const guint8 *config)
{
    g_autofree char *path = testConfigPath(machine, address);

    g_assert_true(g_file_set_contents_full(path, (const char *)config, VIR_PCI_CONFIG_SIZE,
                                           G_FILE_SET_CONTENTS_NONE, 0644, NULL));
}

static void
testForget(const testMachine *machine, const char *address)
{
    guint8 config[VIR_PCI_CONFIG_SIZE];

    testReadConfig(machine, address, config);
    memset(config + 0x04, 0, 2);
    memset(config + 0x10, 0, 0x28 - 0x10);
    if (machine->test->flags & TEST_IS_LOST && g_str_equal(address, TEST_DEVICE))
        memset(config, 0xff, 4);
    testStoreConfig(machine, address, config);
}

static int
testWriteBytes(const char *path, size_t offset, const void *buf, size_t len, void *opaque)
{
    testMachine *machine = opaque;
    g_autofree char *dir = g_path_get_dirname(path);
    g_autofree char *address = g_path_get_basename(dir);
    guint8 config[VIR_PCI_CONFIG_SIZE];
    guint8 before[VIR_PCI_CONFIG_SIZE];

    testReadConfig(machine, address, config);
    memcpy(before, config, sizeof(before));
    g_assert_cmpuint(offset + len, <=, sizeof(config));
    memcpy(config + offset, buf, len);
    testStoreConfig(machine, address, config);

    /* Nobody binds what is being reset, the neighbours neither if they are. */
    g_assert_true(testIsLocked(machine, "group-5"));
    if (g_str_equal(address, TEST_BRIDGE))
        g_assert_true(testIsLocked(machine, "group-4"));

    /* Not those that restore: they are proved by what the configuration is in the end. */
    if (offset == 0x44 || offset == 0x3e || (offset == 4 && config[5] == 0x04))
        g_string_append_printf(machine->log, "%s %zx=%02x%02x, ", address + strlen("0000:"), offset,
                               config[offset + 1], config[offset]);
    if (offset == 0x44 && (before[0x44] & 3) == 3 && (config[0x44] & 3) == 0 &&
        !(machine->test->flags & TEST_KEEPS_STATE))
        testForget(machine, address);
    if (offset == 0x3e && before[0x3e] & 0x40 && !(config[0x3e] & 0x40)) {
        testForget(machine, TEST_DEVICE);
        testForget(machine, TEST_SIBLING);
    }
    return 0;
}

/* In the child that writes. */
static int
testWrite(const char *path, const char *text, void *opaque)
{
    testMachine *machine = opaque;
    g_autofree char *line = g_strdup_printf("%s=%s\n", path, text);
    int fd = open(machine->written, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

    if (fd < 0 || write(fd, line, strlen(line)) < 0)
        return -errno;
    close(fd);
    if (g_str_has_suffix(path, "/reset_subordinate"))
        return machine->test->flags & TEST_DECLINES ? -ENOTTY : 0;
    return g_str_has_suffix(path, "/reset") ? machine->test->kernelRC : 0;
}

static char *
testUser(const virPCIDeviceAddress *addr, void *opaque)
{
    const testMachine *machine = opaque;
    g_autofree char *name = virPCIDeviceAddressAsString(addr);
    bool used = g_str_equal(name, TEST_SIBLING) ? machine->test->flags & TEST_SIBLING_USED
                                                : machine->test->flags & TEST_USED;

    return used ? g_strdup("guest web1") : NULL;
}

static virPCIResetContext
testGetContext(testMachine *machine)
{
    return (virPCIResetContext){
        .user = testUser,
        .opaque = machine,
        .lockDirectory = machine->lockDirectory,
        .holder = "administrator",
        .back_ms = 200,
    };
}

static void
testPlugIn(const testMachine *machine, const char *address, guint8 header, testCaps caps)
{
    guint8 config[VIR_PCI_CONFIG_SIZE] = {
        [0x00] = 0x02, [0x01] = 0x10, [0x04] = 0x07, [0x06] = 0x10, [0x0e] = header, [0x3c] = 0x0b,
    };

    if (header == 0)
        config[0x13] = 0xfe;
    else
        config[0x3e] = 0x03;
    if (caps != TEST_CAPS_NONE)
        config[0x34] = 0x40;
    config[0x40] = caps == TEST_CAPS_PM ? VIR_PCI_CAP_PM : VIR_PCI_CAP_EXPRESS;
    config[0x47] = caps == TEST_CAPS_FLR ? 0x10 : 0;
    if (header == 1 && machine->test->flags & TEST_HOTPLUG) {
        config[0x34] = 0x40;
        config[0x43] = 0x01;
        config[0x54] = 0x40;
    }
    testStoreConfig(machine, address, config);
}

static void
testWriteAttribute(const testMachine *machine, const char *address, const char *name,
                   const char *text)
{
    g_autofree char *below = g_strdup_printf("sys/bus/pci/devices/%s/%s", address, name);

    testSceneWrite(machine->scene, below, text);
}

static void
testBuild(testMachine *machine)
{
    const testCase *test = machine->test;
    virSysfsRoot *root = virPCIHostGetRoot(testSceneGetHost(machine->scene));

    testPlugIn(machine, TEST_DEVICE, 0, test->caps);
    testPlugIn(machine, TEST_ON_ROOT, 0, test->caps);
    testPlugIn(machine, TEST_VF, 0, test->caps);
    testPlugIn(machine, TEST_SIBLING, test->flags & TEST_BRIDGE_BEHIND ? 1 : 0, TEST_CAPS_NONE);
    testPlugIn(machine, TEST_BRIDGE, 1, TEST_CAPS_NONE);
    if (test->driver)
        testSceneBind(machine->scene, TEST_DEVICE, test->driver);
    if (test->siblingDriver)
        testSceneBind(machine->scene, TEST_SIBLING, test->siblingDriver);
    if (test->kernelMethods)
        testWriteAttribute(machine, test->address, "reset_method", test->kernelMethods);
    if (test->kernelRC != NO_RESET_FILE)
        testWriteAttribute(machine, test->address, "reset", "");
    if (test->flags & TEST_HAS_SUBORDINATE)
        testWriteAttribute(machine, TEST_BRIDGE, "reset_subordinate", "");
    machine->written = testScenePath(machine->scene, "written");
    machine->lockDirectory = testScenePath(machine->scene, "lock");
    virSysfsRootSetWriteFunc(root, testWrite, machine);
    virSysfsRootSetWriteBytesFunc(root, testWriteBytes, machine);
}

static void
testClear(testMachine *machine)
{
    g_free(machine->written);
    g_free(machine->lockDirectory);
}

/* The attributes that were written to, in order. */
static void
testAssertWritten(const testMachine *machine, const virPCIResetMethod *method)
{
    const testCase *test = machine->test;
    g_autofree char *written = NULL;
    g_autofree char *expected = NULL;

    if (!g_file_get_contents(machine->written, &written, NULL, NULL))
        written = g_strdup("");
    if (test->flags & TEST_HAS_SUBORDINATE)
        expected = g_strdup("sys/bus/pci/devices/" TEST_BRIDGE "/reset_subordinate=1\n");
    else if ((method && *method == VIR_PCI_RESET_KERNEL) || test->kernelRC < 0)
        expected = g_strdup("sys/bus/pci/devices/" TEST_DEVICE "/reset=1\n");
    else
        expected = g_strdup("");
    g_assert_cmpstr(written, ==, expected);
}

/* Whatever happened, everybody but a lost device has the configuration that he had. */
static void
testAssertRestored(const testMachine *machine, guint8 (*before)[VIR_PCI_CONFIG_SIZE])
{
    const char *addresses[] = {TEST_DEVICE, TEST_SIBLING, TEST_BRIDGE};

    for (size_t i = 0; i < G_N_ELEMENTS(addresses); i++) {
        guint8 after[VIR_PCI_CONFIG_SIZE];

        if (i == 0 && machine->test->flags & TEST_IS_LOST)
            continue;
        testReadConfig(machine, addresses[i], after);
        g_assert_cmpmem(after, sizeof(after), before[i], sizeof(after));
    }
}

static void
testReset(const void *opaque)
{
    const testCase *test = opaque;
    g_autoptr(testScene) scene = testSceneNew("reset");
    g_autoptr(GString) log = g_string_new(NULL);
    testMachine machine = {.scene = scene, .test = test, .log = log};
    guint8 before[3][VIR_PCI_CONFIG_SIZE];
    g_autoptr(virPCIDevice) dev = NULL;
    virPCIDeviceAddress addr;
    virPCIResetMethod method = VIR_PCI_RESET_LAST;

    testBuild(&machine);
    testReadConfig(&machine, TEST_DEVICE, before[0]);
    testReadConfig(&machine, TEST_SIBLING, before[1]);
    testReadConfig(&machine, TEST_BRIDGE, before[2]);
    g_assert_true(virPCIDeviceAddressParse(test->address, &addr));
    dev = virPCIDeviceNew(testSceneGetHost(scene), &addr);
    g_assert_nonnull(dev);

    {
        const virPCIResetContext ctx = testGetContext(&machine);
        const char *busy = test->flags & TEST_LOCKED           ? "group-5"
                           : test->flags & TEST_SIBLING_LOCKED ? "group-4"
                                                               : "group-99";
        g_autoptr(virLock) lock = virLockAcquire(machine.lockDirectory, busy, "somebody", 0);

        g_assert_nonnull(lock);
        g_assert_cmpint(virPCIDeviceReset(dev, &ctx, &method), ==, test->rc);
    }
    g_assert_false(testIsLocked(&machine, "group-4"));
    g_assert_false(testIsLocked(&machine, "group-5"));
    if (test->rc == 0) {
        g_assert_cmpint((int)method, ==, (int)test->method);
    } else {
        g_assert_cmpint((int)method, ==, VIR_PCI_RESET_LAST);
        g_assert_cmpint(virErrorGetLast()->code, ==, test->code);
        g_assert_nonnull(strstr(virErrorGetMessage(), test->says));
    }
    g_assert_cmpstr(log->str, ==, test->log);
    testAssertWritten(&machine, test->rc == 0 ? &method : NULL);
    testAssertRestored(&machine, before);
    virErrorReset();
    testClear(&machine);
}

/* Only the header can be read: nothing is written in the blind. */
static void
testUnprivileged(void)
{
    static const testCase test = {.address = TEST_DEVICE, .kernelRC = NO_RESET_FILE};
    g_autoptr(testScene) scene = testSceneNew("reset");
    testMachine machine = {.scene = scene, .test = &test};
    g_autoptr(virPCIDevice) dev = NULL;
    g_autofree char *path = NULL;
    virPCIDeviceAddress addr;
    virPCIResetMethod method;
    virPCIResetContext ctx;

    testBuild(&machine);
    path = testConfigPath(&machine, TEST_DEVICE);
    g_assert_cmpint(truncate(path, VIR_PCI_CONFIG_HEADER_SIZE), ==, 0);
    g_assert_true(virPCIDeviceAddressParse(TEST_DEVICE, &addr));
    dev = virPCIDeviceNew(testSceneGetHost(scene), &addr);
    ctx = testGetContext(&machine);
    g_assert_cmpint(virPCIDeviceReset(dev, &ctx, &method), ==, -1);
    g_assert_cmpint(virErrorGetLast()->sysErrno, ==, EPERM);
    virErrorReset();
    testClear(&machine);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *path = g_strdup_printf("/virpcireset/%s", cases[i].name);

        g_test_add_data_func(path, &cases[i], testReset);
    }
    g_test_add_func("/virpcireset/without privileges", testUnprivileged);
    return g_test_run();
}
