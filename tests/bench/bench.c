/*
 * bench.c: times of two sides in one run, as a ratio
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "bench.h"

#define BENCH_ROUNDS 15

void
benchFail(const char *what)
{
    g_error("%s: %s", what, g_strerror(errno));
}

void
benchNothing(benchState *state G_GNUC_UNUSED)
{
}

static int
benchCompareTimes(const void *a, const void *b)
{
    gint64 left = *(const gint64 *)a;
    gint64 right = *(const gint64 *)b;

    return left < right ? -1 : left > right;
}

static gint64
benchNow(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (gint64)now.tv_sec * 1000000000 + now.tv_nsec;
}

static gint64
benchTime(benchState *state, benchFunc prepare, benchFunc func)
{
    gint64 start;

    prepare(state);
    start = benchNow();
    func(state);
    return benchNow() - start;
}

static double
benchMedian(gint64 *times)
{
    qsort(times, BENCH_ROUNDS, sizeof(*times), benchCompareTimes);
    return (double)times[BENCH_ROUNDS / 2];
}

void
benchReport(const benchCase *bench, double measuredNs, double referenceNs)
{
    double ratio = bench->faster ? referenceNs / measuredNs : measuredNs / referenceNs;
    const char *verdict;

    if (bench->target <= 0)
        verdict = "for information";
    else if (bench->faster ? ratio >= bench->target : ratio <= bench->target)
        verdict = "met";
    else
        verdict = "MISSED";
    g_print("%-42s %10.1f us  %-26s %10.1f us  ratio %8.2f  target %s %-6g %s\n", bench->what,
            measuredNs / 1000, bench->against, referenceNs / 1000, ratio,
            bench->faster ? ">=" : "<=", bench->target, verdict);
}

double
benchMeasure(benchState *state, benchFunc func)
{
    gint64 times[BENCH_ROUNDS];

    func(state);
    for (guint i = 0; i < BENCH_ROUNDS; i++)
        times[i] = benchTime(state, benchNothing, func);
    return benchMedian(times);
}

/* Returns the time of the measured side. */
double
benchRun(benchState *state, const benchCase *bench)
{
    gint64 measured[BENCH_ROUNDS];
    gint64 reference[BENCH_ROUNDS];
    double ns;

    bench->prepare(state);
    bench->measured(state);
    bench->reference(state);
    for (guint i = 0; i < BENCH_ROUNDS; i++) {
        measured[i] = benchTime(state, bench->prepare, bench->measured);
        reference[i] = benchTime(state, bench->prepare, bench->reference);
    }
    ns = benchMedian(measured);
    benchReport(bench, ns, benchMedian(reference));
    return ns;
}
