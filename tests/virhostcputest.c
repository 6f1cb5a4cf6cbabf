/*
 * virhostcputest.c: tests of virhostcpu, virhostmem and virhostpages
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "testscene.h"
#include "virerror.h"
#include "virhostcpu.h"
#include "virhostmem.h"
#include "virhostpages.h"

typedef struct {
    const char *text;
    const char *expected; /* the numbers, or NULL if it is no list */
} testList;

static const testList testLists[] = {
    {"0", "0 "},
    {"0-3", "0 1 2 3 "},
    {"0-1,4,8-9", "0 1 4 8 9 "},
    {"", ""},
    {"65535", "65535 "},
    {"65536", NULL},
    {"0-65536", NULL},
    {"3-0", NULL},
    {"1,1", NULL},
    {"4,0-2", NULL},
    {"0-", NULL},
    {"-1", NULL},
    {"0 1", NULL},
    {"0,,1", NULL},
    {"0-4294967296", NULL},
    {"99999999999999999999", NULL},
    {"+1", NULL},
    {"x", NULL},
};

static void
testParseList(const void *opaque)
{
    const testList *test = opaque;
    g_autoptr(GArray) numbers = virHostCPUParseList(test->text);
    g_autoptr(GString) found = g_string_new("");

    for (guint i = 0; numbers && i < numbers->len; i++)
        g_string_append_printf(found, "%u ", g_array_index(numbers, unsigned int, i));
    g_assert_cmpstr(numbers ? found->str : NULL, ==, test->expected);
}

static virSysfsRoot *
testRoot(testScene *scene)
{
    return virPCIHostGetRoot(testSceneGetHost(scene));
}

static void
testTopology(void)
{
    g_autoptr(testScene) scene = testSceneNew("numa-server");
    g_autoptr(virHostTopology) topology = virHostTopologyRead(testRoot(scene));
    const virHostCPU *cpu;

    g_assert_nonnull(topology);
    g_assert_cmpuint(topology->cpus->len, ==, 7);
    g_assert_cmpuint(topology->present->len, ==, 8);
    g_assert_cmpuint(topology->nodes->len, ==, 2);
    g_assert_cmpuint(g_array_index(topology->nodes, virHostNode, 1).memory_kib, ==, 15990784);
    g_assert_cmpuint(topology->sockets, ==, 1);
    g_assert_cmpuint(topology->cores, ==, 2);
    g_assert_cmpuint(topology->threads, ==, 2);
    g_assert_cmpuint(topology->mhz, ==, 2593);
    cpu = &g_array_index(topology->cpus, virHostCPU, 6);
    g_assert_cmpuint(cpu->id, ==, 6);
    g_assert_cmpuint(cpu->node, ==, 1);
    g_assert_cmpuint(cpu->socket, ==, 1);
    g_assert_cmpuint(cpu->core, ==, 0);
    g_assert_cmpstr(cpu->siblings, ==, "2,6");
}

/* A container, say: a list of processors and nothing else. */
static void
testTopologyOfLittle(void)
{
    g_autoptr(testScene) scene = testSceneNew("no-match");
    g_autoptr(virHostTopology) topology = NULL;

    g_assert_null(virHostTopologyRead(testRoot(scene)));
    g_assert_cmpint(virErrorGetLast()->code, ==, VIR_ERR_SYSTEM_ERROR);
    testSceneWrite(scene, "sys/devices/system/cpu/online", "0-1\n");
    topology = virHostTopologyRead(testRoot(scene));
    g_assert_nonnull(topology);
    g_assert_cmpuint(topology->cpus->len, ==, 2);
    g_assert_cmpuint(topology->present->len, ==, 2);
    g_assert_cmpuint(topology->nodes->len, ==, 1);
    g_assert_cmpstr(g_array_index(topology->cpus, virHostCPU, 1).siblings, ==, "1");
    g_assert_cmpuint(topology->mhz, ==, 0);
}

static void
testTimes(void)
{
    g_autoptr(testScene) scene = testSceneNew("numa-server");
    virHostCPUTimes times = {0};

    g_assert_cmpint(virHostCPUTimesRead(testRoot(scene), -1, &times), ==, 0);
    g_assert_cmpuint(times.user_ns, ==, 1200000000);
    g_assert_cmpuint(times.kernel_ns, ==, 330000000);
    g_assert_cmpuint(times.idle_ns, ==, 4000000000);
    g_assert_cmpuint(times.iowait_ns, ==, 50000000);
    g_assert_cmpint(virHostCPUTimesRead(testRoot(scene), 1, &times), ==, 0);
    g_assert_cmpuint(times.user_ns, ==, 500000000);
    g_assert_cmpint(virHostCPUTimesRead(testRoot(scene), 2, &times), ==, -1);
    g_assert_cmpint(virErrorGetLast()->code, ==, VIR_ERR_INVALID_ARG);
    testSceneWrite(scene, "proc/stat", "cpu  1 2 3\n");
    g_assert_cmpint(virHostCPUTimesRead(testRoot(scene), -1, &times), ==, -1);
    g_assert_cmpint(virErrorGetLast()->code, ==, VIR_ERR_SYSTEM_ERROR);
}

static void
testMemory(void)
{
    g_autoptr(testScene) scene = testSceneNew("numa-server");
    virHostMemory memory = {0};

    g_assert_cmpint(virHostMemoryRead(testRoot(scene), -1, &memory), ==, 0);
    g_assert_cmpuint(memory.total_kib, ==, 32768000);
    g_assert_cmpuint(memory.free_kib, ==, 16384000);
    g_assert_cmpuint(memory.buffers_kib, ==, 512000);
    g_assert_cmpuint(memory.cached_kib, ==, 4096000);
    g_assert_cmpint(virHostMemoryRead(testRoot(scene), 1, &memory), ==, 0);
    g_assert_cmpuint(memory.free_kib, ==, 8384000);
    g_assert_cmpint(virHostMemoryRead(testRoot(scene), 2, &memory), ==, -1);
    g_assert_cmpint(virErrorGetLast()->code, ==, VIR_ERR_INVALID_ARG);
    testSceneWrite(scene, "proc/meminfo", "MemTotal: 7 kB\n");
    g_assert_cmpint(virHostMemoryRead(testRoot(scene), -1, &memory), ==, -1);
    g_assert_cmpint(virErrorGetLast()->code, ==, VIR_ERR_SYSTEM_ERROR);
    g_assert_cmpuint(memory.free_kib, ==, 8384000);
}

static void
testExpectPages(const virSysfsRoot *root, int node, const char *expected)
{
    g_autoptr(GArray) pages = virHostPagesRead(root, node);
    g_autoptr(GString) found = g_string_new(NULL);

    g_assert_nonnull(pages);
    for (guint i = 0; i < pages->len; i++) {
        const virHostPages *some = &g_array_index(pages, virHostPages, i);

        g_string_append_printf(found, "%u:%" G_GUINT64_FORMAT "/%" G_GUINT64_FORMAT " ",
                               some->size_kib, some->free, some->total);
    }
    g_assert_cmpstr(found->str, ==, expected);
}

static void
testPages(void)
{
    g_autoptr(testScene) scene = testSceneNew("numa-server");
    const virSysfsRoot *root = testRoot(scene);

    testExpectPages(root, 0, "4:2000000/2883584 2048:500/512 1048576:1/4 ");
    testExpectPages(root, 1, "4:2096000/3866624 2048:256/256 1048576:0/0 ");
    testExpectPages(root, -1, "4:4096000/8192000 ");
    g_assert_null(virHostPagesRead(root, 2));
    g_assert_cmpint(virErrorGetLast()->code, ==, VIR_ERR_INVALID_ARG);
    /* What is no such folder, and what is not said. */
    testSceneWrite(scene, "sys/kernel/mm/hugepages/hugepages-64kB/nr_hugepages", "many\n");
    testSceneWrite(scene, "sys/kernel/mm/hugepages/hugepages-0kB/nr_hugepages", "7\n");
    testSceneWrite(scene, "sys/kernel/mm/hugepages/hugepages-2M/nr_hugepages", "7\n");
    /* More than there is. */
    testSceneWrite(scene, "sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "99999999\n");
    testExpectPages(root, -1, "4:4096000/0 64:0/0 2048:0/99999999 ");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(testLists); i++) {
        g_autofree char *path = g_strdup_printf("/virhostcpu/list '%s'", testLists[i].text);

        g_test_add_data_func(path, &testLists[i], testParseList);
    }
    g_test_add_func("/virhostcpu/the topology of a server", testTopology);
    g_test_add_func("/virhostcpu/a host that says little", testTopologyOfLittle);
    g_test_add_func("/virhostcpu/what processors do", testTimes);
    g_test_add_func("/virhostmem/the memory of a host and of a node", testMemory);
    g_test_add_func("/virhostpages/the pages of a host and of a node", testPages);
    return g_test_run();
}
