/*
 * bench.h: times of two sides in one run, as a ratio
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

/* What a benchmark works on; each program has its own. */
typedef struct _benchState benchState;
typedef void (*benchFunc)(benchState *state);

/* One line of the report. Both sides are run in turn, and their medians compared. */
typedef struct {
    const char *what;
    const char *against;
    const char *setting; /* for the program; or NULL */
    benchFunc prepare;   /* before each side, not timed */
    benchFunc measured;
    benchFunc reference;
    double target;
    gboolean faster; /* reference/measured, at least the target; otherwise the inverse, at most */
} benchCase;

void benchNothing(benchState *state);

/* Ends the program, with errno's text. */
void benchFail(const char *what) G_GNUC_NORETURN;

/* One line: both times, their ratio, and whether that is what was wanted. */
void benchReport(const benchCase *bench, double measuredNs, double referenceNs);

/* Nanoseconds that @func takes: the median of 15 rounds, after one that does not count. */
double benchMeasure(benchState *state, benchFunc func);

/* Measures both sides in turn, and reports them. Returns the time of the measured one. */
double benchRun(benchState *state, const benchCase *bench);
