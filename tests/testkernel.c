/*
 * testkernel.c: the answers of a fake kernel to writes below a scene's sys/bus/pci
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "testkernel.h"
#include "virpciscan.h"

/* Writes are made by child processes, so what they count is in shared memory. */
typedef struct {
    guint count[TEST_KERNEL_OPS + 1]; /* the last one is of all kinds */
} testKernelShared;

struct _testKernel {
    testScene *scene;
    const testKernelRule *rules;
    GHashTable *natural; /* address -> driver that takes it without an override */
    testKernelShared *shared;
};

static char *
testKernelRead(const testScene *scene, const char *below)
{
    g_autofree char *path = testScenePath(scene, below);
    char *text = NULL;

    return g_file_get_contents(path, &text, NULL, NULL) ? g_strchomp(text) : NULL;
}

static char *
testKernelReadLinkName(const testScene *scene, const char *below)
{
    g_autofree char *path = testScenePath(scene, below);
    g_autofree char *target = g_file_read_link(path, NULL);

    return target ? g_path_get_basename(target) : NULL;
}

static void
testKernelRemove(const testScene *scene, const char *below)
{
    g_autofree char *path = testScenePath(scene, below);

    remove(path);
}

static bool
testKernelIsVFIODriver(const char *driver)
{
    return g_str_has_suffix(driver, "vfio-pci") || g_str_has_suffix(driver, "vfio_pci");
}

static char *
testKernelNode(const testScene *scene, const char *address)
{
    g_autofree char *link = g_strdup_printf("sys/bus/pci/devices/%s/iommu_group", address);
    g_autofree char *group = testKernelReadLinkName(scene, link);

    return g_strdup_printf("dev/vfio/%s", group);
}

static void
testKernelShowVFIO(const testScene *scene, const char *address, gboolean node)
{
    g_autofree char *path = testKernelNode(scene, address);

    testSceneAddVFIODev(scene, address, "vfio0");
    if (node)
        testSceneWrite(scene, path, "");
}

static void
testKernelHideVFIO(const testScene *scene, const char *address)
{
    g_autofree char *dev = g_strdup_printf("sys/bus/pci/devices/%s/vfio-dev/vfio0", address);
    g_autofree char *dir = g_path_get_dirname(dev);
    g_autofree char *node = testKernelNode(scene, address);

    testKernelRemove(scene, dev);
    testKernelRemove(scene, dir);
    testKernelRemove(scene, node);
}

static const testKernelRule *
testKernelFindRule(const testKernel *kernel, testKernelOp op)
{
    static const testKernelRule works = {.effect = TEST_KERNEL_WORKS};
    guint *count = kernel->shared->count;
    const testKernelRule *rule = kernel->rules;

    count[op]++;
    count[TEST_KERNEL_OPS]++;
    for (; rule && rule->to > 0; rule++) {
        if ((rule->op == op || rule->op == TEST_KERNEL_OPS) && count[rule->op] >= rule->from &&
            count[rule->op] <= rule->to)
            return rule;
    }
    return &works;
}

static int
testKernelOverride(const testKernel *kernel, const char *address, const char *text)
{
    g_autofree char *below = g_strdup_printf("sys/bus/pci/devices/%s/driver_override", address);
    g_autofree char *value = g_strchomp(g_strdup(text));
    g_autofree char *shown = g_strdup_printf("%s\n", *value ? value : "(null)");

    testSceneWrite(kernel->scene, below, shown);
    return 0;
}

static int
testKernelUnbind(const testKernel *kernel, const char *address)
{
    testKernelHideVFIO(kernel->scene, address);
    testSceneUnbind(kernel->scene, address);
    return 0;
}

/* The driver that the kernel would choose, or NULL. */
static char *
testKernelChoose(const testKernel *kernel, const char *address)
{
    g_autofree char *below = g_strdup_printf("sys/bus/pci/devices/%s/driver_override", address);
    g_autofree char *override = testKernelRead(kernel->scene, below);
    g_autofree char *driver = NULL;
    g_autofree char *dir = NULL;
    g_autofree char *path = NULL;

    if (override && !g_str_equal(override, "(null)"))
        driver = g_steal_pointer(&override);
    else
        driver = g_strdup(g_hash_table_lookup(kernel->natural, address));
    if (!driver)
        return NULL;
    dir = g_build_filename("sys/bus/pci/drivers", driver, NULL);
    path = testScenePath(kernel->scene, dir);
    return g_file_test(path, G_FILE_TEST_IS_DIR) ? g_steal_pointer(&driver) : NULL;
}

/* vfio-dev and the node come after the write has returned, from a process of their own. */
static void
testKernelShowLate(const testKernel *kernel, const char *address, int delay_ms)
{
    if (fork() != 0)
        return;
    close_range(3, ~0U, 0);
    g_usleep((gulong)delay_ms * 1000);
    testKernelShowVFIO(kernel->scene, address, TRUE);
    _exit(0);
}

static int
testKernelProbe(const testKernel *kernel, const char *address, const testKernelRule *rule)
{
    g_autofree char *driver = rule->effect == TEST_KERNEL_OTHER ? g_strdup(rule->driver)
                                                                : testKernelChoose(kernel, address);
    g_autofree char *link = g_strdup_printf("sys/bus/pci/devices/%s/driver", address);
    g_autofree char *bound = testKernelReadLinkName(kernel->scene, link);

    if (!driver || bound)
        return 0;
    testSceneBind(kernel->scene, address, driver);
    if (!testKernelIsVFIODriver(driver) || rule->effect == TEST_KERNEL_NO_DEV)
        return 0;
    if (rule->effect != TEST_KERNEL_LATE)
        testKernelShowVFIO(kernel->scene, address,
                           rule->effect != TEST_KERNEL_NO_NODE &&
                               rule->effect != TEST_KERNEL_NODE_LATE);
    if (rule->effect == TEST_KERNEL_LATE || rule->effect == TEST_KERNEL_NODE_LATE)
        testKernelShowLate(kernel, address, rule->value);
    return 0;
}

static int
testKernelDo(const testKernel *kernel, testKernelOp op, const char *address, const char *text,
             const testKernelRule *rule)
{
    switch (op) {
    case TEST_KERNEL_OVERRIDE:
        return testKernelOverride(kernel, address, text);
    case TEST_KERNEL_UNBIND:
        return testKernelUnbind(kernel, address);
    case TEST_KERNEL_PROBE:
        return testKernelProbe(kernel, address, rule);
    case TEST_KERNEL_OPS:
    default:
        return -EINVAL;
    }
}

int
testKernelWrite(const char *path, const char *text, void *opaque)
{
    const testKernel *kernel = opaque;
    testKernelOp op;
    g_autofree char *address = NULL;
    const testKernelRule *rule;
    int rc;

    if (g_str_has_suffix(path, "/driver_override")) {
        g_autofree char *dir = g_path_get_dirname(path);

        op = TEST_KERNEL_OVERRIDE;
        address = g_path_get_basename(dir);
    } else {
        op = g_str_has_suffix(path, "/unbind") ? TEST_KERNEL_UNBIND : TEST_KERNEL_PROBE;
        address = g_strdup(text);
    }

    rule = testKernelFindRule(kernel, op);
    switch (rule->effect) {
    case TEST_KERNEL_FAILS:
        return -rule->value;
    case TEST_KERNEL_NOTHING:
        return 0;
    case TEST_KERNEL_HANGS:
        alarm(30); /* for ever, but for a test that forgets about it */
        pause();
        return 0;
    case TEST_KERNEL_UNPLUG:
        testSceneUnplug(kernel->scene, address);
        return -ENODEV;
    case TEST_KERNEL_WORKS:
    case TEST_KERNEL_OTHER:
    case TEST_KERNEL_LATE:
    case TEST_KERNEL_NODE_LATE:
    case TEST_KERNEL_NO_DEV:
    case TEST_KERNEL_NO_NODE:
    case TEST_KERNEL_KILL:
    default:
        break;
    }
    rc = testKernelDo(kernel, op, address, text, rule);
    if (rule->effect == TEST_KERNEL_KILL)
        kill(getppid(), SIGKILL);
    return rc;
}

/* The files that are written to: their presence is all that matters. */
static void
testKernelMakeFiles(testKernel *kernel)
{
    g_autoptr(virPCIScan) scan = virPCIScanNew(testSceneGetHost(kernel->scene));

    testSceneWrite(kernel->scene, "sys/bus/pci/drivers_probe", "");
    for (size_t i = 0; i < virPCIScanCount(scan); i++) {
        const virPCIScanDevice *device = virPCIScanGet(scan, i);

        if (device->driver) {
            g_hash_table_insert(kernel->natural, virPCIDeviceAddressAsString(&device->addr),
                                g_strdup(device->driver->name));
        }
    }
    {
        g_auto(GStrv) drivers = virSysfsListNames(
            virPCIHostGetRoot(testSceneGetHost(kernel->scene)), "sys/bus/pci/drivers");

        for (char **driver = drivers; *driver; driver++) {
            g_autofree char *below = g_strdup_printf("sys/bus/pci/drivers/%s/unbind", *driver);

            testSceneWrite(kernel->scene, below, "");
        }
    }
}

testKernel *
testKernelNew(testScene *scene, const testKernelRule *rules)
{
    testKernel *kernel = g_new0(testKernel, 1);

    kernel->scene = scene;
    kernel->rules = rules;
    kernel->natural = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    kernel->shared = mmap(NULL, sizeof(*kernel->shared), PROT_READ | PROT_WRITE,
                          MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (kernel->shared == MAP_FAILED)
        g_error("mmap: %s", g_strerror(errno));
    testKernelMakeFiles(kernel);
    virSysfsRootSetWriteFunc(virPCIHostGetRoot(testSceneGetHost(scene)), testKernelWrite, kernel);
    return kernel;
}

void
testKernelFree(testKernel *kernel)
{
    if (!kernel)
        return;
    munmap(kernel->shared, sizeof(*kernel->shared));
    g_hash_table_unref(kernel->natural);
    g_free(kernel);
}

guint
testKernelCountWrites(const testKernel *kernel)
{
    return kernel->shared->count[TEST_KERNEL_OPS];
}

/* nftw(3) has no argument for its callback. */
static GPtrArray *testSnapshotLines;
static size_t testSnapshotPrefix;

static int
testSnapshotAdd(const char *path, const struct stat *st, int type G_GNUC_UNUSED,
                struct FTW *where G_GNUC_UNUSED)
{
    const char *below = path + testSnapshotPrefix;
    g_autofree char *content = NULL;

    if (S_ISLNK(st->st_mode))
        content = g_file_read_link(path, NULL);
    else if (S_ISREG(st->st_mode))
        g_file_get_contents(path, &content, NULL, NULL);
    g_ptr_array_add(testSnapshotLines, g_strdup_printf("%s %o %s", below, st->st_mode & S_IFMT,
                                                       content ? content : ""));
    return 0;
}

static int
testSnapshotCompare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

char *
testKernelSnapshot(const testScene *scene)
{
    const char *root = testSceneGetRoot(scene);
    char *text;

    testSnapshotLines = g_ptr_array_new_with_free_func(g_free);
    testSnapshotPrefix = strlen(root);
    if (nftw(root, testSnapshotAdd, 16, FTW_PHYS) != 0)
        g_error("cannot walk %s", root);
    g_ptr_array_sort(testSnapshotLines, testSnapshotCompare);
    g_ptr_array_add(testSnapshotLines, NULL);
    text = g_strjoinv("\n", (char **)testSnapshotLines->pdata);
    g_clear_pointer(&testSnapshotLines, g_ptr_array_unref);
    return text;
}

void
testKernelAssertSame(const char *after, const char *before)
{
    g_auto(GStrv) now = g_strsplit(after, "\n", -1);
    g_auto(GStrv) then = g_strsplit(before, "\n", -1);
    size_t i = 0;

    if (g_str_equal(after, before))
        return;
    while (now[i] && then[i] && g_str_equal(now[i], then[i]))
        i++;
    g_error("the tree is not what it was: '%s' was '%s'", now[i] ? now[i] : "(end)",
            then[i] ? then[i] : "(end)");
}
