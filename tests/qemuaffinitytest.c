/*
 * qemuaffinitytest.c: tests of qemu_affinity, on threads of this process
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "domain_conf.h"
#include "qemu_affinity.h"
#include "virerror.h"

/* A thread that is called as QEMU calls one, and sleeps. */
typedef struct {
    const char *name;
    GThread *thread;
    pid_t tid;
    GMutex lock;
    GCond changed;
    bool end;
} testThread;

static void *
testThreadRun(void *opaque)
{
    testThread *thread = opaque;

    g_assert_cmpint(pthread_setname_np(pthread_self(), thread->name), ==, 0);
    g_mutex_lock(&thread->lock);
    thread->tid = (pid_t)syscall(SYS_gettid);
    g_cond_broadcast(&thread->changed);
    while (!thread->end)
        g_cond_wait(&thread->changed, &thread->lock);
    g_mutex_unlock(&thread->lock);
    return NULL;
}

static void
testThreadStart(testThread *thread)
{
    thread->thread = g_thread_new("test", testThreadRun, thread);
    g_mutex_lock(&thread->lock);
    while (thread->tid == 0)
        g_cond_wait(&thread->changed, &thread->lock);
    g_mutex_unlock(&thread->lock);
}

static void
testThreadEnd(testThread *thread)
{
    g_mutex_lock(&thread->lock);
    thread->end = true;
    g_cond_broadcast(&thread->changed);
    g_mutex_unlock(&thread->lock);
    g_thread_join(thread->thread);
}

/* The first two processors that we may run on; they are the same one where there is one only. */
static void
testFindCPUs(int cpus[2])
{
    cpu_set_t set;
    int found = 0;

    g_assert_cmpint(sched_getaffinity(0, sizeof(set), &set), ==, 0);
    for (int i = 0; i < CPU_SETSIZE && found < 2; i++) {
        if (CPU_ISSET(i, &set))
            cpus[found++] = i;
    }
    g_assert_cmpint(found, >, 0);
    if (found == 1)
        cpus[1] = cpus[0];
}

static void
testAssertOn(pid_t tid, int cpu)
{
    cpu_set_t set;

    g_assert_cmpint(sched_getaffinity(tid, sizeof(set), &set), ==, 0);
    g_assert_cmpint(CPU_COUNT(&set), ==, 1);
    g_assert_true(CPU_ISSET(cpu, &set));
}

static virDomainDef *
testDef(const char *vcpu, const char *cputune)
{
    g_autofree char *xml = g_strdup_printf(
        "<domain type='qemu'><name>g</name><memory>65536"
        "</memory><vcpu %s>2</vcpu><iothreads>2</iothreads><cputune>%s</cputune><os>"
        "<type>hvm</type></os></domain>",
        vcpu, cputune);
    virDomainDef *def = virDomainDefParse(xml, strlen(xml), "guest.xml");

    g_assert_nonnull(def);
    return def;
}

/* Threads of a QEMU, and on which of two processors each comes to run; 'B' is the second. */
typedef struct {
    const char *name;
    const char *cputune;
    const char *threads[3];
    int on[3];
} testPinned;

static const testPinned testPinneds[] = {
    {"vCPUs and the rest",
     "<vcpupin vcpu='1' cpuset='B'/><emulatorpin cpuset='B'/>",
     {"CPU 0/KVM", "CPU 1/TCG", "CPU 12 is mine"},
     {0, 1, 1}},
    {"threads that serve disks",
     "<iothreadpin iothread='2' cpuset='B'/>",
     {"IO iothread1", "IO iothread2", "IO mon_iothread"},
     {0, 1, 0}},
};

static void
testPins(const void *opaque)
{
    const testPinned *test = opaque;
    testThread threads[G_N_ELEMENTS(test->threads)] = {0};
    int cpus[2];
    g_autofree char *vcpu = NULL;
    g_autofree char *second = NULL;
    g_autoptr(GString) cputune = g_string_new(test->cputune);
    g_autoptr(virDomainDef) def = NULL;

    testFindCPUs(cpus);
    vcpu = g_strdup_printf("cpuset='%d'", cpus[0]);
    second = g_strdup_printf("'%d'", cpus[1]);
    g_string_replace(cputune, "'B'", second, 0);
    def = testDef(vcpu, cputune->str);
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++) {
        threads[i].name = test->threads[i];
        testThreadStart(&threads[i]);
    }
    g_assert_cmpint(qemuAffinityApply(def, getpid()), ==, 0);
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++) {
        testAssertOn(threads[i].tid, cpus[test->on[i]]);
        testThreadEnd(&threads[i]);
    }
}

static void
testNothing(void)
{
    g_autoptr(virDomainDef) def = testDef("", "");
    cpu_set_t before;
    cpu_set_t after;

    g_assert_cmpint(sched_getaffinity(0, sizeof(before), &before), ==, 0);
    g_assert_cmpint(qemuAffinityApply(def, getpid()), ==, 0);
    g_assert_cmpint(sched_getaffinity(0, sizeof(after), &after), ==, 0);
    g_assert_true(CPU_EQUAL(&before, &after));
}

static void
testAbsentCPU(void)
{
    g_autoptr(virDomainDef) def = testDef("cpuset='4095'", "");

    g_assert_cmpint(qemuAffinityApply(def, getpid()), ==, -1);
    g_assert_nonnull(strstr(virErrorGetMessage(), "of guest 'g' on the host's processors 4095"));
    virErrorReset();
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/qemuaffinity/nothing is asked for", testNothing);
    g_test_add_func("/qemuaffinity/a processor that is not there", testAbsentCPU);
    for (size_t i = 0; i < G_N_ELEMENTS(testPinneds); i++) {
        g_autofree char *path = g_strconcat("/qemuaffinity/", testPinneds[i].name, NULL);

        g_test_add_data_func(path, &testPinneds[i], testPins);
    }
    return g_test_run();
}
