/*
 * virpcibench.c: what the hot paths cost, as ratios to a floor or a peer measured in the same run
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "testscenepriv.h"
#include "virpcibindplan.h"
#include "virfile.h"
#include "virkmod.h"
#include "virpciscan.h"

#define BENCH_VFS     4096
#define BENCH_PLANNED 256
#define BENCH_QUERIES 1000
#define BENCH_LINES   27000
#define BENCH_ALIAS   "lib/modules/6.12.0-test/modules.alias"

struct _benchState {
    testScene *scene; /* 4096 VFs and a full-size modules.alias, in memory */
    GPtrArray *links; /* "ADDRESS/driver" of every VF */
    char *diskRoot;   /* the same modules.alias where it can leave the page cache */
    char *diskAlias;
    virPCIHost *disk;
    testScene *planned;  /* a PF and its 256 VFs, each with a group and an interface */
    GPtrArray *vfs;      /* their addresses */
    const char *modinfo; /* a module file, for the peer */
    double *hostQueryNs; /* one warm query with the tree as "/"; shared with that process */
};

/* The floor of a scan: one system call per device, and nothing done with the answer. */
static void
benchReadLinks(benchState *state)
{
    g_autofree char *path = testScenePath(state->scene, "sys/bus/pci/devices");
    VIR_AUTOCLOSE dirfd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    char target[256];

    for (guint i = 0; i < BENCH_VFS; i++) {
        if (readlinkat(dirfd, g_ptr_array_index(state->links, i), target, sizeof(target)) < 0)
            benchFail(g_ptr_array_index(state->links, i));
    }
}

static void
benchScan(benchState *state)
{
    g_autoptr(virPCIScan) scan = virPCIScanNew(testSceneGetHost(state->scene));

    if (!scan || virPCIScanCount(scan) != BENCH_VFS)
        g_error("the scan did not see every VF");
}

/* The floor of a plan: every file that it is about, read once, and nothing done with them. */
static void
benchReadFacts(benchState *state)
{
    static const char *const files[] = {"modalias", "config", "driver_override", "numa_node"};
    static const char *const links[] = {"driver", "iommu_group", "physfn"};
    g_autofree char *path = testScenePath(state->planned, "sys/bus/pci/devices");
    VIR_AUTOCLOSE dirfd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    char data[4096];

    for (guint i = 0; i < BENCH_PLANNED; i++) {
        VIR_AUTOCLOSE fd =
            openat(dirfd, g_ptr_array_index(state->vfs, i), O_PATH | O_DIRECTORY | O_CLOEXEC);

        for (size_t f = 0; f < G_N_ELEMENTS(files); f++) {
            VIR_AUTOCLOSE file = openat(fd, files[f], O_RDONLY | O_CLOEXEC);

            if (file < 0 ? errno != ENOENT : read(file, data, sizeof(data)) < 0)
                benchFail(files[f]);
        }
        for (size_t l = 0; l < G_N_ELEMENTS(links); l++) {
            if (readlinkat(fd, links[l], data, sizeof(data)) < 0)
                benchFail(links[l]);
        }
    }
}

/* What 'virtvfio bind' with 256 VFs of one PF finds out before it changes anything. */
static void
benchPlan(benchState *state)
{
    virPCIBindContext ctx = {.host = testSceneGetHost(state->planned), .holder = "administrator"};
    virPCIBindRequest requests[BENCH_PLANNED] = {0};
    g_autoptr(virPCIBindPlan) plan = NULL;

    for (guint i = 0; i < BENCH_PLANNED; i++) {
        if (!virPCIDeviceAddressParse(g_ptr_array_index(state->vfs, i), &requests[i].address))
            g_error("no address");
    }
    plan = virPCIBindPlanNew(&ctx, requests, BENCH_PLANNED);
    if (plan->items->len != BENCH_PLANNED || plan->blockers->len > 0)
        g_error("the plan has %u devices and %u blockers", plan->items->len, plan->blockers->len);
    for (guint i = 0; i < plan->items->len; i++) {
        const virPCIBindItem *item = g_ptr_array_index(plan->items, i);

        if (g_strcmp0(item->module, "mlx5_vfio_pci") != 0)
            g_error("a device would not go to its variant");
    }
}

/* Does this driver's module own a VFIO alias, asked of an index that is known already. */
static void
benchWarmQueries(benchState *state)
{
    virKMod *kmod = virPCIHostGetKMod(testSceneGetHost(state->scene));

    for (guint i = 0; i < BENCH_QUERIES; i++) {
        g_autoptr(virKModIndex) index = virKModGetIndex(kmod);

        if (!virKModIndexFindModule(index, "mlx5_vfio_pci"))
            g_error("the index does not know mlx5_vfio_pci");
    }
}

/* The peer that reads line by line, as a script or a first draft would. */
static void
benchScanLines(benchState *state)
{
    g_autofree char *path = testScenePath(state->scene, BENCH_ALIAS);
    FILE *file = fopen(path, "re");
    char *line = NULL;
    size_t size = 0;
    guint found = 0;

    if (!file)
        benchFail(path);
    while (getline(&line, &size, file) > 0) {
        if (g_str_has_prefix(line, "alias vfio_pci:") && g_str_has_suffix(line, " mlx5_vfio_pci\n"))
            found++;
    }
    free(line);
    fclose(file);
    if (found == 0)
        g_error("the line scan did not find mlx5_vfio_pci");
}

/* The peer that asks the tool, of the smallest module there can be. */
static void
benchModinfo(benchState *state)
{
    g_autofree char *file = g_strdup(state->modinfo);
    char program[] = "modinfo";
    char option[] = "-F";
    char field[] = "alias";
    char *argv[] = {program, option, field, file, NULL};
    g_autofree char *out = NULL;
    g_autoptr(GError) error = NULL;

    if (!g_spawn_sync(NULL, argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &out, NULL, NULL,
                      &error) ||
        !strstr(out, "vfio_pci:"))
        g_error("modinfo: %s", error ? error->message : out);
}

/* Cold: nothing of the file in memory, and with the right to say so nothing of its path either. */
static void
benchDropCache(benchState *state)
{
    VIR_AUTOCLOSE all = open("/proc/sys/vm/drop_caches", O_WRONLY | O_CLOEXEC);
    VIR_AUTOCLOSE fd = open(state->diskAlias, O_RDONLY | O_CLOEXEC);

    if (fd < 0 || fdatasync(fd) < 0)
        benchFail(state->diskAlias);
    if (all >= 0 && write(all, "3", 1) == 1)
        return;
    if (posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) != 0)
        benchFail(state->diskAlias);
}

/* The floor of a first query: the file's bytes, in one buffer, and nothing done with them. */
static void
benchReadFile(benchState *state)
{
    VIR_AUTOCLOSE fd = open(state->diskAlias, O_RDONLY | O_CLOEXEC);
    g_autofree char *data = NULL;

    if (fd < 0 || virFileReadFD(fd, 16 * 1024 * 1024, &data, NULL) < 0)
        benchFail(state->diskAlias);
}

/* A process that has not asked anything yet: on the running host the release is not on a disk. */
static void
benchForget(benchState *state)
{
    virPCIHostUnref(state->disk);
    state->disk = virPCIHostNew(state->diskRoot);
}

static void
benchForgetAndDrop(benchState *state)
{
    benchForget(state);
    benchDropCache(state);
}

static void
benchFirstQuery(benchState *state)
{
    g_autoptr(virKModIndex) index = virKModGetIndex(virPCIHostGetKMod(state->disk));

    if (!virKModIndexFindModule(index, "mlx5_vfio_pci"))
        g_error("the index does not know mlx5_vfio_pci");
}

/* Per device, of a whole scan. */
static const benchCase scanCases[] = {
    {"scan of 4096 VFs, the name decides", "readlinkat of each", "vfio-pci", benchNothing,
     benchScan, benchReadLinks, 1.3, FALSE},
    {"scan of 4096 VFs, the alias decides", "readlinkat of each", "mlx5_vfio_pci", benchNothing,
     benchScan, benchReadLinks, 1.3, FALSE},
    {"scan of 4096 VFs, vfio-dev asked, absent", "readlinkat of each", "mlx5_core", benchNothing,
     benchScan, benchReadLinks, 2.0, FALSE},
    {"scan of 4096 VFs, vfio-dev asked, present", "readlinkat of each", "nvidia", benchNothing,
     benchScan, benchReadLinks, 2.0, FALSE},
};

static const benchCase firstCases[] = {
    {"first query, file not in memory", "reading the file", NULL, benchForgetAndDrop,
     benchFirstQuery, benchReadFile, 1.5, FALSE},
    {"first query, file in memory", "reading the file", NULL, benchForget, benchFirstQuery,
     benchReadFile, 0, FALSE},
};

static const benchCase planCases[] = {
    {"plan of 256 VFs of one PF", "reading their files once", NULL, benchNothing, benchPlan,
     benchReadFacts, 0, FALSE},
};

static void
benchBindAll(benchState *state, const char *driver)
{
    for (guint i = 0; i < BENCH_VFS; i++) {
        g_autofree char *address = g_path_get_dirname(g_ptr_array_index(state->links, i));

        testSceneBind(state->scene, address, driver);
        if (g_str_equal(driver, "nvidia"))
            testSceneAddVFIODev(state->scene, address, "vfio0");
    }
}

/* As many lines, and as long ones, as a distribution's kernel has. */
static char *
benchMakeAliasFile(const char *vfioLines)
{
    GString *text = g_string_new("# Aliases extracted from modules themselves.\n");

    for (guint i = 0; i < BENCH_LINES; i++) {
        g_string_append_printf(text, "alias pci:v%08Xd%08Xsv*sd*bc*sc*i* module_%u\n", i % 977 + 1,
                               i * 7919 % 65521, i % 4001);
    }
    g_string_append(text, vfioLines);
    return g_string_free(text, FALSE);
}

static void
benchAddPlanned(benchState *state, const char *address, const char *more)
{
    g_autofree char *line = g_strdup_printf(
        "device %s driver=mlx5_core modalias=pci:v000015B3d0000%sv000015B3sd00000058bc02sc00i00 %s",
        address, strstr(more, "physfn") ? "101Es" : "101Ds", more);
    g_auto(GStrv) words = g_strsplit(line, " ", -1);

    testSceneAddDevice(state->planned, words);
}

static void
benchSetUpPlan(benchState *state)
{
    state->planned = testSceneNew("many-vfs");
    state->vfs = g_ptr_array_new_with_free_func(g_free);
    benchAddPlanned(state, "0001:01:00.0", "group=1 numa=0 numvfs=256");
    for (guint i = 0; i < BENCH_PLANNED; i++) {
        char *address = g_strdup_printf("0001:%02x:%02x.%x", 2 + i / 256, i / 8 % 32, i % 8);
        g_autofree char *more = g_strdup_printf("group=%u numa=0 physfn=0001:01:00.0", i + 2);

        g_autofree char *link = g_strdup_printf("sys/class/net/eth%u", i);
        g_autofree char *net =
            g_strdup_printf("../../devices/pci0001:%02x/%s/net/eth%u", 2 + i / 256, address, i);

        benchAddPlanned(state, address, more);
        testSceneLink(state->planned, link, net);
        g_ptr_array_add(state->vfs, address);
    }
}

/* What counts is the ratio, and that it stays below a millisecond for each device. */
static void
benchRunPlan(benchState *state)
{
    double ms = benchRun(state, &planCases[0]) / BENCH_PLANNED / 1e6;

    g_print("%-42s %10.4f ms for each device, target <= 1 ms %s\n", "", ms,
            ms <= 1 ? "met" : "MISSED");
}

static void
benchSetUp(benchState *state, const char *directory)
{
    g_autofree char *vfioLines = NULL;
    g_autofree char *text = NULL;
    g_autofree char *alias = NULL;
    g_autofree char *osrelease = NULL;
    g_autofree char *parent = NULL;

    state->scene = testSceneNew("many-vfs");
    state->links = g_ptr_array_new_with_free_func(g_free);
    alias = testScenePath(state->scene, BENCH_ALIAS);
    if (!g_file_get_contents(alias, &vfioLines, NULL, NULL))
        benchFail(alias);
    text = benchMakeAliasFile(vfioLines);
    testSceneWrite(state->scene, BENCH_ALIAS, text);
    for (guint i = 0; i < BENCH_VFS; i++) {
        g_autofree char *address =
            g_strdup_printf("%04x:%02x:%02x.%x", 1 + i / 2048, i / 256 % 8, i / 8 % 32, i % 8);

        testSceneAddVF(state->scene, address, "mlx5_core");
        g_ptr_array_add(state->links, g_strdup_printf("%s/driver", address));
    }

    testSceneLinkRelease(state->scene);

    state->diskRoot = g_build_filename(directory, "bench-root", NULL);
    state->diskAlias = g_build_filename(state->diskRoot, BENCH_ALIAS, NULL);
    osrelease = g_build_filename(state->diskRoot, "proc/sys/kernel/osrelease", NULL);
    parent = g_path_get_dirname(osrelease);
    g_mkdir_with_parents(parent, 0755);
    g_free(parent);
    parent = g_path_get_dirname(state->diskAlias);
    g_mkdir_with_parents(parent, 0755);
    if (!g_file_set_contents(osrelease, "6.12.0-test\n", -1, NULL) ||
        !g_file_set_contents(state->diskAlias, text, -1, NULL))
        benchFail(state->diskRoot);
}

static void
benchRunAll(benchState *state, const benchCase *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (cases[i].setting)
            benchBindAll(state, cases[i].setting);
        (void)benchRun(state, &cases[i]);
    }
}

/* With the tree as this process's "/": what happens on the running host. False without the right.
 */
static gboolean
benchRunAsHost(benchState *state)
{
    pid_t pid = fork();
    int status = 0;

    if (pid == 0) {
        if (!testSceneEnter(state->scene))
            _exit(EXIT_FAILURE);
        g_print("\nthe tree as the running host's /\n");
        benchRunAll(state, scanCases, G_N_ELEMENTS(scanCases));
        *state->hostQueryNs = benchMeasure(state, benchWarmQueries) / BENCH_QUERIES;
        _exit(EXIT_SUCCESS);
    }
    if (pid < 0 || waitpid(pid, &status, 0) < 0)
        benchFail("the run as the host's /");
    return status == 0;
}

/* The query was measured on the host's "/", where there is no modinfo; its peers are, here. */
static void
benchReportQueries(benchState *state)
{
    const benchCase lines = {
        .what = "warm query", .against = "line-by-line scan", .target = 100, .faster = TRUE};
    const benchCase modinfo = {.what = "warm query",
                               .against = "modinfo of a tiny module",
                               .target = 1000,
                               .faster = TRUE};

    benchReport(&lines, *state->hostQueryNs, benchMeasure(state, benchScanLines));
    benchReport(&modinfo, *state->hostQueryNs, benchMeasure(state, benchModinfo));
}

static double *
benchShareNumber(void)
{
    double *number =
        mmap(NULL, sizeof(*number), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (number == MAP_FAILED)
        benchFail("mmap");
    return number;
}

int
main(int argc, char **argv)
{
    benchState state = {.hostQueryNs = benchShareNumber()};

    if (argc != 3)
        g_error("usage: virpcibench MODULE.ko DIRECTORY");
    state.modinfo = argv[1];
    g_setenv("PATH", "/usr/sbin:/sbin:/usr/bin:/bin", TRUE);
    benchSetUp(&state, argv[2]);
    benchRunAll(&state, firstCases, G_N_ELEMENTS(firstCases));
    benchSetUpPlan(&state);
    benchRunPlan(&state);
    if (benchRunAsHost(&state))
        benchReportQueries(&state);
    else
        g_print("\nleft out, for want of the right to chroot: the tree as the host's /\n");
    g_print("\nthe tree as a recorded one (--root): every path is kept inside it\n");
    benchRunAll(&state, scanCases, G_N_ELEMENTS(scanCases));
    g_ptr_array_unref(state.links);
    virPCIHostUnref(state.disk);
    g_free(state.diskAlias);
    g_free(state.diskRoot);
    g_ptr_array_unref(state.vfs);
    testSceneFree(state.planned);
    testSceneFree(state.scene);
    return EXIT_SUCCESS;
}
