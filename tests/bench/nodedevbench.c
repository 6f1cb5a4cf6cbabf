/*
 * nodedevbench.c: what the host's devices cost to list and to describe, beside a floor in the same
 * run
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libvirt/libvirt.h>

#include "bench.h"
#include "node_device_driver.h"
#include "testscenepriv.h"
#include "virfile.h"

#define BENCH_FEW       512
#define BENCH_VFS       4096
#define BENCH_ROUNDS    100
#define BENCH_DESCRIBED "0001:01:02.3"

struct _benchState {
    testScene *scene;
    guint count; /* of the devices that are there now */
};

static void
benchAddUpTo(benchState *state, guint count)
{
    for (guint i = state->count; i < count; i++) {
        g_autofree char *address =
            g_strdup_printf("%04x:%02x:%02x.%x", 1 + i / 2048, i / 256 % 8, i / 8 % 32, i % 8);

        testSceneAddVF(state->scene, address, "mlx5_core");
    }
    state->count = count;
}

/* The floor of a list: their names, and where each of them is. */
static void
benchReadNames(benchState *state)
{
    g_autofree char *path = testScenePath(state->scene, "sys/bus/pci/devices");
    DIR *dir = opendir(path);
    struct dirent *entry;
    guint seen = 0;
    char target[256];

    while (dir && (entry = readdir(dir))) {
        if (entry->d_name[0] == '.')
            continue;
        if (readlinkat(dirfd(dir), entry->d_name, target, sizeof(target)) < 0)
            benchFail(entry->d_name);
        seen++;
    }
    if (!dir || seen != state->count)
        benchFail(path);
    closedir(dir);
}

static void
benchList(benchState *state)
{
    g_auto(GStrv) names = virNodeDeviceListNames(testSceneGetHost(state->scene),
                                                 VIR_CONNECT_LIST_NODE_DEVICES_CAP_PCI_DEV);

    if (!names || g_strv_length(names) != state->count)
        g_error("the list has not every device");
}

/* The floor of a description: what is always there, read once, and nothing done with it. */
static void
benchReadOne(benchState *state)
{
    static const char *const files[] = {"modalias", "numa_node", "max_link_speed", "vpd"};
    static const char *const links[] = {"driver", "iommu_group", "physfn"};
    g_autofree char *path = testScenePath(state->scene, "sys/bus/pci/devices/" BENCH_DESCRIBED);
    char data[4096];

    for (int round = 0; round < BENCH_ROUNDS; round++) {
        VIR_AUTOCLOSE fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

        for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
            VIR_AUTOCLOSE file = openat(fd, files[i], O_RDONLY | O_CLOEXEC);

            if (file < 0 ? errno != ENOENT : read(file, data, sizeof(data)) < 0)
                benchFail(files[i]);
        }
        for (size_t i = 0; i < G_N_ELEMENTS(links); i++) {
            if (readlinkat(fd, links[i], data, sizeof(data)) < 0 && errno != ENOENT)
                benchFail(links[i]);
        }
    }
}

static void
benchDescribe(benchState *state)
{
    g_autofree char *name = g_strdelimit(g_strdup("pci_" BENCH_DESCRIBED), ":.", '_');

    for (int round = 0; round < BENCH_ROUNDS; round++) {
        g_autoptr(virNodeDeviceDef) def =
            virNodeDeviceDescribe(testSceneGetHost(state->scene), name);
        g_autofree char *xml = def ? virNodeDeviceDefFormat(def) : NULL;

        if (!xml || !strstr(xml, "mlx5_core"))
            g_error("the device is not described");
    }
}

static const benchCase listCases[] = {
    {"list of 512 devices", "their names and links", NULL, benchNothing, benchList, benchReadNames,
     1.5, FALSE},
    {"list of 4096 devices", "their names and links", NULL, benchNothing, benchList, benchReadNames,
     1.5, FALSE},
};

static const benchCase describeCase = {"100 descriptions of one device, as XML",
                                       "reading its files once",
                                       NULL,
                                       benchNothing,
                                       benchDescribe,
                                       benchReadOne,
                                       0,
                                       FALSE};

int
main(void)
{
    benchState state = {.scene = testSceneNew("many-vfs")};

    benchAddUpTo(&state, BENCH_FEW);
    (void)benchRun(&state, &listCases[0]);
    benchAddUpTo(&state, BENCH_VFS);
    (void)benchRun(&state, &listCases[1]);
    (void)benchRun(&state, &describeCase);
    testSceneFree(state.scene);
    return EXIT_SUCCESS;
}
