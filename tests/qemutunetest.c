/*
 * qemutunetest.c: tests of the QEMU driver: memory and processors of guests
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "testqemu.h"
#include "virerror.h"

#define LIVE   VIR_DOMAIN_AFFECT_LIVE
#define CONFIG VIR_DOMAIN_AFFECT_CONFIG
#define MIB    1024

/* A guest on a fake QEMU that does what its name says. */
typedef struct {
    testQEMU qemu;
    virDomainObj *vm;
} testTune;

static void
testTuneClear(testTune *test)
{
    virDomainObjUnref(test->vm);
    testQEMUClear(&test->qemu);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(testTune, testTuneClear)

static void
testOK(int rc)
{
    if (rc < 0)
        g_error("%s", virErrorGetMessage());
}

static void
testTuneInit(testTune *test, const char *mode, const char *more)
{
    g_autofree char *xml = testQEMUMakeXML(mode, true, more);

    test->qemu.unplugTimeout_ms = strstr(mode, "late") ? 50 : 20000;
    testQEMUInit(&test->qemu, 0);
    test->vm = qemuDomainDefineXML(test->qemu.driver, xml, 0);
    if (!test->vm)
        g_error("%s", virErrorGetMessage());
}

static void
testTuneStart(testTune *test, const char *mode, const char *more)
{
    testTuneInit(test, mode, more);
    testOK(qemuDomainCreate(test->vm, 0, NULL));
}

static void
testAwait(testTune *test, const char *event)
{
    g_autofree char *expected = g_strdup_printf("%s %s", test->vm->name, event);

    testQEMUAwaitLater(&test->qemu, expected);
}

static bool
testHas(testTune *test, unsigned int flags, const char *text)
{
    g_autofree char *xml = qemuDomainGetXMLDesc(test->vm, flags);

    return strstr(xml, text);
}

static guint64
testGetMemory(testTune *test)
{
    virDomainInfo info;

    qemuDomainGetInfo(test->vm, &info);
    return info.memory;
}

static void
testMemoryLive(void)
{
    g_auto(testTune) test = {0};

    testTuneStart(&test, "tunes", NULL);
    testOK(qemuDomainSetMemoryFlags(test.vm, 8 * MIB, LIVE));
    testAwait(&test, "balloon 8192");
    g_assert_cmpuint(testGetMemory(&test), ==, 8192);
    g_assert_true(testHas(&test, 0, "<currentMemory unit='KiB'>8192<"));
    g_assert_true(testHas(&test, VIR_DOMAIN_XML_INACTIVE, "<currentMemory unit='KiB'>16384<"));
    testOK(qemuDomainSetMemoryFlags(test.vm, 16 * MIB, 0));
    testAwait(&test, "balloon 16384");
    g_assert_cmpuint(testGetMemory(&test), ==, 16384);
}

/* The guest does not leave memory to the host yet: that it was asked for is no fact. */
static void
testMemoryLate(void)
{
    g_auto(testTune) test = {0};

    testTuneStart(&test, "tunes-late", NULL);
    testOK(qemuDomainSetMemoryFlags(test.vm, 8 * MIB, LIVE));
    g_assert_cmpuint(testGetMemory(&test), ==, 16384);
}

static void
testMemoryBoth(void)
{
    g_auto(testTune) test = {0};

    testTuneStart(&test, "tunes", NULL);
    testOK(qemuDomainSetMemoryFlags(test.vm, 8 * MIB, LIVE | CONFIG));
    testAwait(&test, "balloon 8192");
    g_assert_true(testHas(&test, VIR_DOMAIN_XML_INACTIVE, "<currentMemory unit='KiB'>8192<"));
    testOK(qemuDomainSetMemoryFlags(test.vm, 4 * MIB, CONFIG));
    g_assert_true(testHas(&test, VIR_DOMAIN_XML_INACTIVE, "<currentMemory unit='KiB'>4096<"));
    g_assert_cmpuint(testGetMemory(&test), ==, 8192);
}

/* QEMU's no leaves the definition alone. */
static void
testMemoryRefusedByQEMU(void)
{
    g_auto(testTune) test = {0};

    testTuneStart(&test, "refuses-tune", NULL);
    g_assert_cmpint(qemuDomainSetMemoryFlags(test.vm, 8 * MIB, LIVE | CONFIG), ==, -1);
    testQEMUAssertError(VIR_ERR_OPERATION_FAILED, "no balloon today");
    g_assert_true(testHas(&test, VIR_DOMAIN_XML_INACTIVE, "<currentMemory unit='KiB'>16384<"));
    g_assert_cmpint(qemuDomainSetMemoryStatsPeriod(test.vm, 3, LIVE | CONFIG), ==, -1);
    testQEMUAssertError(VIR_ERR_OPERATION_FAILED, "no balloon today");
    g_assert_false(testHas(&test, VIR_DOMAIN_XML_INACTIVE, "<stats"));
    g_assert_false(testHas(&test, 0, "<stats"));
}

static void
testMemoryMaximum(void)
{
    g_auto(testTune) test = {0};

    testTuneInit(&test, "tunes", NULL);
    testOK(qemuDomainSetMemoryFlags(test.vm, 32 * MIB, VIR_DOMAIN_MEM_MAXIMUM));
    g_assert_cmpuint(qemuDomainGetMaxMemory(test.vm), ==, 32768);
    g_assert_cmpuint(testGetMemory(&test), ==, 16384);
    testOK(qemuDomainSetMemoryFlags(test.vm, 8 * MIB, VIR_DOMAIN_MEM_MAXIMUM | CONFIG));
    g_assert_cmpuint(qemuDomainGetMaxMemory(test.vm), ==, 8192);
    g_assert_cmpuint(testGetMemory(&test), ==, 8192);
}

#define NONE  "<memballoon model='none'/>"
#define CELLS "<cpu><numa><cell id='0' cpus='0' memory='16' unit='MiB'/></numa></cpu>"

/* What is refused, of a guest that runs or not, and changes nothing. */
static const struct {
    const char *title;
    const char *more;
    bool running;
    guint64 size_kib;
    unsigned int flags;
    int code;
    const char *message;
} testMemoryRefusals[] = {
    {"more than the maximum", NULL, true, 17 * MIB, LIVE, VIR_ERR_INVALID_ARG,
     "cannot set memory higher than max memory"},
    {"more than the defined maximum", NULL, false, 17 * MIB, 0, VIR_ERR_INVALID_ARG,
     "cannot set memory higher than max memory"},
    {"next to nothing", NULL, true, 1023, LIVE, VIR_ERR_INVALID_ARG, "the least is 1024 KiB"},
    {"the maximum of a running guest", NULL, true, 32 * MIB, VIR_DOMAIN_MEM_MAXIMUM,
     VIR_ERR_OPERATION_INVALID, "cannot resize the maximum memory on an active domain"},
    {"the maximum of NUMA cells", CELLS, false, 32 * MIB, VIR_DOMAIN_MEM_MAXIMUM,
     VIR_ERR_OPERATION_INVALID, "is that of its NUMA <cell>s"},
    {"live, of one that does not run", NULL, false, 8 * MIB, LIVE, VIR_ERR_OPERATION_INVALID,
     "domain is not running"},
    {"unknown flags", NULL, true, 8 * MIB, 64, VIR_ERR_INVALID_ARG, "unsupported flags 0x40"},
};

static void
testMemoryRefused(const void *opaque)
{
    size_t i = GPOINTER_TO_SIZE(opaque);
    g_auto(testTune) test = {0};
    g_autofree char *before = NULL;
    g_autofree char *after = NULL;

    testTuneInit(&test, "tunes", testMemoryRefusals[i].more);
    if (testMemoryRefusals[i].running)
        testOK(qemuDomainCreate(test.vm, 0, NULL));
    before = qemuDomainGetXMLDesc(test.vm, 0);
    g_assert_cmpint(qemuDomainSetMemoryFlags(test.vm, testMemoryRefusals[i].size_kib,
                                             testMemoryRefusals[i].flags),
                    ==, -1);
    testQEMUAssertError(testMemoryRefusals[i].code, testMemoryRefusals[i].message);
    after = qemuDomainGetXMLDesc(test.vm, 0);
    g_assert_cmpstr(after, ==, before);
}

static guint64
testFindStat(const virDomainMemoryStatStruct *stats, int n, int tag)
{
    for (int i = 0; i < n; i++) {
        if (stats[i].tag == tag)
            return stats[i].val;
    }
    return G_MAXUINT64;
}

static void
testMemoryStats(void)
{
    virDomainMemoryStatStruct stats[VIR_DOMAIN_MEMORY_STAT_NR];
    g_auto(testTune) test = {0};
    int n;

    testTuneInit(&test, "tunes", NULL);
    g_assert_cmpint(qemuDomainMemoryStats(test.vm, stats, G_N_ELEMENTS(stats), 0), ==, -1);
    testQEMUAssertError(VIR_ERR_OPERATION_INVALID, "domain is not running");
    testOK(qemuDomainCreate(test.vm, 0, NULL));
    n = qemuDomainMemoryStats(test.vm, stats, G_N_ELEMENTS(stats), 0);
    g_assert_cmpint(n, ==, 6);
    g_assert_cmpuint(testFindStat(stats, n, VIR_DOMAIN_MEMORY_STAT_ACTUAL_BALLOON), ==, 16384);
    g_assert_cmpuint(testFindStat(stats, n, VIR_DOMAIN_MEMORY_STAT_RSS), >, 1000);
    g_assert_cmpuint(testFindStat(stats, n, VIR_DOMAIN_MEMORY_STAT_SWAP_IN), ==, 2);
    g_assert_cmpuint(testFindStat(stats, n, VIR_DOMAIN_MEMORY_STAT_MAJOR_FAULT), ==, 7);
    g_assert_cmpuint(testFindStat(stats, n, VIR_DOMAIN_MEMORY_STAT_UNUSED), ==, 4096);
    g_assert_cmpuint(testFindStat(stats, n, VIR_DOMAIN_MEMORY_STAT_AVAILABLE), ==, 15360);
    for (unsigned int max = 0; max < 6; max++)
        g_assert_cmpint(qemuDomainMemoryStats(test.vm, stats, max, 0), ==, (int)max);

    testOK(qemuDomainSetMemoryStatsPeriod(test.vm, 3, LIVE));
    n = qemuDomainMemoryStats(test.vm, stats, G_N_ELEMENTS(stats), 0);
    g_assert_cmpuint(testFindStat(stats, n, VIR_DOMAIN_MEMORY_STAT_LAST_UPDATE), ==, 1234567890);
    g_assert_true(testHas(&test, 0, "<stats period='3'/>"));
    g_assert_false(testHas(&test, VIR_DOMAIN_XML_INACTIVE, "<stats"));
    testOK(qemuDomainSetMemoryStatsPeriod(test.vm, 5, LIVE | CONFIG));
    g_assert_true(testHas(&test, VIR_DOMAIN_XML_INACTIVE, "<stats period='5'/>"));
    g_assert_cmpint(qemuDomainSetMemoryStatsPeriod(test.vm, -1, LIVE), ==, -1);
    testQEMUAssertError(VIR_ERR_INVALID_ARG, "-1 seconds");
}

/* A guest that wants no balloon. */
static void
testNoBalloon(void)
{
    virDomainMemoryStatStruct stats[VIR_DOMAIN_MEMORY_STAT_NR];
    g_auto(testTune) test = {0};
    g_autofree char *xml = NULL;
    g_auto(GStrv) parts = NULL;
    g_autofree char *without = NULL;

    testTuneInit(&test, "tunes", NULL);
    xml = testQEMUMakeXML("plain", true, NULL);
    parts = g_strsplit(xml, "</emulator>", 2);
    without = g_strjoinv("</emulator>" NONE, parts);
    virDomainObjUnref(test.vm);
    test.vm = qemuDomainDefineXML(test.qemu.driver, without, 0);
    g_assert_nonnull(test.vm);
    testOK(qemuDomainCreate(test.vm, 0, NULL));
    g_assert_cmpint(qemuDomainSetMemoryFlags(test.vm, 8 * MIB, LIVE), ==, -1);
    testQEMUAssertError(VIR_ERR_OPERATION_INVALID, "guest 'plain' has no <memballoon>");
    g_assert_cmpint(qemuDomainSetMemoryStatsPeriod(test.vm, 3, LIVE), ==, -1);
    testQEMUAssertError(VIR_ERR_OPERATION_INVALID, "guest 'plain' has no <memballoon>");
    g_assert_cmpint(qemuDomainMemoryStats(test.vm, stats, G_N_ELEMENTS(stats), 0), ==, 2);
    testOK(qemuDomainSetMemoryFlags(test.vm, 32 * MIB, VIR_DOMAIN_MEM_MAXIMUM | CONFIG));
    g_assert_true(testHas(&test, VIR_DOMAIN_XML_INACTIVE, ">32768</currentMemory>"));
}

/* What has happened to a guest while there was no driver. */
static void
testMemoryMeanwhile(void)
{
    g_auto(testTune) test = {0};

    testTuneStart(&test, "tunes", NULL);
    testOK(qemuDomainSetMemoryFlags(test.vm, 8 * MIB, LIVE));
    testAwait(&test, "balloon 8192");
    g_clear_pointer(&test.vm, virDomainObjUnref);
    testQEMURestart(&test.qemu);
    test.vm = qemuDomainLookupByName(test.qemu.driver, "tunes");
    /* Its job comes after the reconnection's. */
    testOK(qemuDomainReset(test.vm, 0));
    g_assert_cmpuint(testGetMemory(&test), ==, 8192);
}

/* How much a guest says that it has left is its own word: one that says it has next to nothing must
 * not get lost when the driver is restarted. */
static void
testMemoryNextToNothing(void)
{
    g_auto(testTune) test = {0};
    g_autofree char *reply = NULL;

    testTuneStart(&test, "tunes", NULL);
    reply = qemuDomainMonitorCommand(test.vm,
                                     "{\"execute\":\"balloon\",\"arguments\":{\"value\":4096}}", 0);
    g_assert_nonnull(reply);
    testAwait(&test, "balloon 1024");
    g_assert_cmpuint(testGetMemory(&test), ==, 1024);
    g_clear_pointer(&test.vm, virDomainObjUnref);
    testQEMURestart(&test.qemu);
    test.vm = qemuDomainLookupByName(test.qemu.driver, "tunes");
    testOK(qemuDomainReset(test.vm, 0));
    g_assert_true(qemuDomainIsActive(test.vm));
    g_assert_cmpuint(testGetMemory(&test), ==, 1024);
}

static void
testAddMemory(void)
{
    g_test_add_func("/qemutune/memory/live", testMemoryLive);
    g_test_add_func("/qemutune/memory/the guest takes its time", testMemoryLate);
    g_test_add_func("/qemutune/memory/live and config", testMemoryBoth);
    g_test_add_func("/qemutune/memory/maximum", testMemoryMaximum);
    g_test_add_func("/qemutune/memory/statistics", testMemoryStats);
    g_test_add_func("/qemutune/memory/no balloon", testNoBalloon);
    g_test_add_func("/qemutune/memory/after a restart", testMemoryMeanwhile);
    g_test_add_func("/qemutune/memory/next to nothing, and a restart", testMemoryNextToNothing);
    g_test_add_func("/qemutune/memory/refused/QEMU refuses", testMemoryRefusedByQEMU);
    for (size_t i = 0; i < G_N_ELEMENTS(testMemoryRefusals); i++) {
        g_autofree char *path =
            g_strdup_printf("/qemutune/memory/refused/%s", testMemoryRefusals[i].title);

        g_test_add_data_func(path, GSIZE_TO_POINTER(i), testMemoryRefused);
    }
}

#define VCPUS "<vcpu current='1'>3</vcpu>"

/* Of the running guest, and of its definition. */
static void
testAssertVcpus(testTune *test, int live, int config)
{
    g_assert_cmpint(qemuDomainGetVcpusFlags(test->vm, LIVE), ==, live);
    g_assert_cmpint(qemuDomainGetVcpusFlags(test->vm, CONFIG), ==, config);
}

static void
testVcpusLive(void)
{
    g_auto(testTune) test = {0};
    virVcpuInfo infos[3];

    testTuneStart(&test, "tunes", VCPUS);
    testAssertVcpus(&test, 1, 1);
    for (int i = 0; i < 2; i++) {
        testOK(qemuDomainSetVcpusFlags(test.vm, 3, LIVE));
        testAssertVcpus(&test, 3, 1);
        g_assert_true(testHas(&test, 0, "<vcpu placement='static'>3<"));
        testOK(qemuDomainSetVcpusFlags(test.vm, 2, LIVE));
        testAssertVcpus(&test, 2, 1);
        g_assert_cmpint(qemuDomainGetVcpus(test.vm, infos, 3), ==, 2);
        g_assert_cmpuint(infos[1].number, ==, 1);
        testOK(qemuDomainSetVcpusFlags(test.vm, 1, 0));
        testAssertVcpus(&test, 1, 1);
    }
    testOK(qemuDomainSetVcpusFlags(test.vm, 2, LIVE | CONFIG));
    testAssertVcpus(&test, 2, 2);
    testOK(qemuDomainSetVcpusFlags(test.vm, 5, CONFIG | VIR_DOMAIN_VCPU_MAXIMUM));
    g_assert_cmpint(qemuDomainGetVcpusFlags(test.vm, CONFIG | VIR_DOMAIN_VCPU_MAXIMUM), ==, 5);
    g_assert_cmpint(qemuDomainGetVcpusFlags(test.vm, LIVE | VIR_DOMAIN_VCPU_MAXIMUM), ==, 3);
}

/* What the guest or QEMU does not do is no fact, and not in the definition either. */
static const struct {
    const char *mode;
    unsigned int before;
    unsigned int count;
    int after;
    int code;
    const char *message;
} testVcpuFailures[] = {
    {"refuses-add", 1, 2, 1, VIR_ERR_OPERATION_FAILED, "vfio: no such luck"},
    {"drops-add", 1, 2, 1, VIR_ERR_OPERATION_FAILED, "QEMU closed its monitor"},
    {"refuses-del", 3, 1, 3, VIR_ERR_OPERATION_FAILED,
     "cannot unplug processor 'vcpu2' of guest 'refuses-del'"},
    {"keeps", 3, 1, 3, VIR_ERR_OPERATION_FAILED,
     "guest 'keeps' does not release processor 'vcpu2'"},
    {"deletes-late", 3, 2, 3, VIR_ERR_OPERATION_TIMEOUT, "and has not done so yet"},
};

static void
testVcpuFailure(const void *opaque)
{
    size_t i = GPOINTER_TO_SIZE(opaque);
    g_auto(testTune) test = {0};

    testTuneStart(&test, testVcpuFailures[i].mode, VCPUS);
    if (testVcpuFailures[i].before > 1)
        testOK(qemuDomainSetVcpusFlags(test.vm, testVcpuFailures[i].before, LIVE));
    g_assert_cmpint(qemuDomainSetVcpusFlags(test.vm, testVcpuFailures[i].count, LIVE | CONFIG), ==,
                    -1);
    testQEMUAssertError(testVcpuFailures[i].code, testVcpuFailures[i].message);
    testAssertVcpus(&test, testVcpuFailures[i].after, 1);
}

/* A processor is released while no driver is there. */
static void
testVcpusMeanwhile(void)
{
    g_auto(testTune) test = {0};

    testTuneStart(&test, "deletes-late", VCPUS);
    testOK(qemuDomainSetVcpusFlags(test.vm, 3, LIVE));
    g_assert_cmpint(qemuDomainSetVcpusFlags(test.vm, 2, LIVE), ==, -1);
    testOK(qemuDomainReset(test.vm, 0));
    g_clear_pointer(&test.vm, virDomainObjUnref);
    testQEMURestart(&test.qemu);
    test.vm = qemuDomainLookupByName(test.qemu.driver, "deletes-late");
    /* Its job comes after the reconnection's. */
    testOK(qemuDomainReset(test.vm, 0));
    testAssertVcpus(&test, 2, 1);
}

static const struct {
    const char *title;
    const char *more;
    bool running;
    unsigned int count;
    unsigned int flags;
    int code;
    const char *message;
} testVcpuRefusals[] = {
    {"none", VCPUS, true, 0, LIVE, VIR_ERR_INVALID_ARG, "a guest has at least one processor"},
    {"more than the maximum", VCPUS, true, 4, LIVE, VIR_ERR_INVALID_ARG,
     "requested vcpus is greater than max allowable vcpus"},
    {"more than the defined maximum", VCPUS, false, 4, 0, VIR_ERR_INVALID_ARG,
     "requested vcpus is greater than max allowable vcpus"},
    {"those of the start", "<vcpu current='2'>3</vcpu>", true, 1, LIVE, VIR_ERR_OPERATION_INVALID,
     "was started with 2 processors, which stay while it runs"},
    {"the maximum of a running guest", VCPUS, true, 5, LIVE | VIR_DOMAIN_VCPU_MAXIMUM,
     VIR_ERR_OPERATION_INVALID, "maximum vcpu count of a live domain can't be modified"},
    {"a maximum that is no number of processors", VCPUS, false, 256, VIR_DOMAIN_VCPU_MAXIMUM,
     VIR_ERR_INVALID_ARG, "at most 255"},
    {"a maximum that the topology does not have",
     "<vcpu>4</vcpu><cpu><topology sockets='1' cores='2' threads='2'/></cpu>", false, 3,
     VIR_DOMAIN_VCPU_MAXIMUM, VIR_ERR_XML_ERROR, "topology"},
    {"through the agent", VCPUS, true, 2, LIVE | VIR_DOMAIN_VCPU_GUEST,
     VIR_ERR_ARGUMENT_UNSUPPORTED, "through the guest agent"},
    {"removable at the start", VCPUS, true, 2, CONFIG | VIR_DOMAIN_VCPU_HOTPLUGGABLE,
     VIR_ERR_CONFIG_UNSUPPORTED, "though they are there at its start"},
    {"live, of one that does not run", VCPUS, false, 2, LIVE, VIR_ERR_OPERATION_INVALID,
     "domain is not running"},
};

static void
testVcpuRefused(const void *opaque)
{
    size_t i = GPOINTER_TO_SIZE(opaque);
    g_auto(testTune) test = {0};
    g_autofree char *before = NULL;
    g_autofree char *after = NULL;

    testTuneInit(&test, "tunes", testVcpuRefusals[i].more);
    if (testVcpuRefusals[i].running)
        testOK(qemuDomainCreate(test.vm, 0, NULL));
    before = qemuDomainGetXMLDesc(test.vm, 0);
    g_assert_cmpint(
        qemuDomainSetVcpusFlags(test.vm, testVcpuRefusals[i].count, testVcpuRefusals[i].flags), ==,
        -1);
    testQEMUAssertError(testVcpuRefusals[i].code, testVcpuRefusals[i].message);
    after = qemuDomainGetXMLDesc(test.vm, 0);
    g_assert_cmpstr(after, ==, before);
}

static void
testPins(void)
{
    g_auto(testTune) test = {0};
    g_autoptr(virBitmap) first = virBitmapParse("0", VIR_BITMAP_MAX);
    g_autoptr(virBitmap) nowhere = virBitmapParse("4095", VIR_BITMAP_MAX);
    g_autoptr(GPtrArray) pins = NULL;
    virBitmap *emulator = NULL;

    testTuneStart(&test, "tunes", VCPUS);
    testOK(qemuDomainPinVcpuFlags(test.vm, 2, first, LIVE));
    testOK(qemuDomainPinEmulator(test.vm, first, LIVE | CONFIG));
    g_assert_true(testHas(&test, 0, "<vcpupin vcpu='2' cpuset='0'/>"));
    g_assert_false(testHas(&test, VIR_DOMAIN_XML_INACTIVE, "<vcpupin"));
    g_assert_true(testHas(&test, VIR_DOMAIN_XML_INACTIVE, "<emulatorpin cpuset='0'/>"));
    pins = qemuDomainGetVcpuPins(test.vm, LIVE);
    g_assert_cmpuint(pins->len, ==, 3);
    g_assert_null(pins->pdata[0]);
    g_assert_true(virBitmapIsSet(pins->pdata[2], 0));
    testOK(qemuDomainGetEmulatorPin(test.vm, LIVE, &emulator));
    g_assert_true(virBitmapIsSet(emulator, 0));
    virBitmapFree(emulator);

    /* What the host has not got changes nothing. */
    g_assert_cmpint(qemuDomainPinEmulator(test.vm, nowhere, LIVE | CONFIG), ==, -1);
    testQEMUAssertError(VIR_ERR_SYSTEM_ERROR, "on the host's processors 4095");
    g_assert_true(testHas(&test, 0, "<emulatorpin cpuset='0'/>"));
    g_assert_true(testHas(&test, VIR_DOMAIN_XML_INACTIVE, "<emulatorpin cpuset='0'/>"));
    g_assert_cmpint(qemuDomainPinVcpuFlags(test.vm, 3, first, LIVE), ==, -1);
    testQEMUAssertError(VIR_ERR_INVALID_ARG, "vcpu 3 is out of range");
    g_assert_null(qemuDomainGetVcpuPins(test.vm, LIVE | CONFIG));
    testQEMUAssertError(VIR_ERR_INVALID_ARG, "cannot be asked for in one call");
}

static void
testIOThreads(void)
{
    g_auto(testTune) test = {0};
    g_autoptr(virBitmap) first = virBitmapParse("0", VIR_BITMAP_MAX);
    g_autoptr(GPtrArray) live = NULL;
    g_autoptr(GPtrArray) config = NULL;
    const qemuDomainIOThread *thread;

    testTuneStart(&test, "tunes", "<iothreads>2</iothreads>");
    testOK(qemuDomainPinIOThread(test.vm, 2, first, CONFIG));
    g_assert_true(
        testHas(&test, VIR_DOMAIN_XML_INACTIVE, "<iothreadpin iothread='2' cpuset='0'/>"));
    g_assert_false(testHas(&test, 0, "<iothreadpin"));
    testOK(qemuDomainPinIOThread(test.vm, 1, first, LIVE));
    g_assert_true(testHas(&test, 0, "<iothreadpin iothread='1' cpuset='0'/>"));

    live = qemuDomainGetIOThreads(test.vm, 0);
    g_assert_nonnull(live);
    g_assert_cmpuint(live->len, ==, 2);
    thread = live->pdata[0];
    g_assert_cmpuint(thread->number, ==, 1);
    g_assert_nonnull(thread->cpus);

    config = qemuDomainGetIOThreads(test.vm, CONFIG);
    g_assert_nonnull(config);
    thread = config->pdata[0];
    g_assert_cmpuint(thread->number, ==, 1);
    g_assert_null(thread->cpus);
    thread = config->pdata[1];
    g_assert_true(virBitmapIsSet(thread->cpus, 0));
    g_assert_false(virBitmapIsSet(thread->cpus, 1));

    g_assert_cmpint(qemuDomainPinIOThread(test.vm, 3, first, LIVE), ==, -1);
    testQEMUAssertError(VIR_ERR_INVALID_ARG, "iothread 3 not found: guest 'tunes' has 2 of them");
    g_assert_cmpint(qemuDomainPinIOThread(test.vm, 0, first, CONFIG), ==, -1);
    testQEMUAssertError(VIR_ERR_INVALID_ARG, "iothread 0 not found");
}

static void
testAddVcpus(void)
{
    g_test_add_func("/qemutune/vcpus/live and config", testVcpusLive);
    g_test_add_func("/qemutune/vcpus/released after a restart", testVcpusMeanwhile);
    g_test_add_func("/qemutune/vcpus/pins", testPins);
    g_test_add_func("/qemutune/threads that serve disks", testIOThreads);
    for (size_t i = 0; i < G_N_ELEMENTS(testVcpuFailures); i++) {
        g_autofree char *path =
            g_strdup_printf("/qemutune/vcpus/fails/%s", testVcpuFailures[i].mode);

        g_test_add_data_func(path, GSIZE_TO_POINTER(i), testVcpuFailure);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(testVcpuRefusals); i++) {
        g_autofree char *path =
            g_strdup_printf("/qemutune/vcpus/refused/%s", testVcpuRefusals[i].title);

        g_test_add_data_func(path, GSIZE_TO_POINTER(i), testVcpuRefused);
    }
}

/* What QEMU does not say is warned of. */
static gboolean
testIgnoreWarnings(const char *source G_GNUC_UNUSED, GLogLevelFlags level,
                   const char *message G_GNUC_UNUSED, void *opaque G_GNUC_UNUSED)
{
    return !(level & G_LOG_LEVEL_WARNING);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_log_set_fatal_handler(testIgnoreWarnings, NULL);
    g_log_set_always_fatal(G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL);
    testAddMemory();
    testAddVcpus();
    return g_test_run();
}
