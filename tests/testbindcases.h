/*
 * testbindcases.h: the table of what the kernel may do to a change of binding, and what is promised
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "testkernel.h"

#define TEST_BIND_CASE_DEVICES 2
#define TEST_BIND_CASE_RULES   2

/*
 * A row of tests/virpcibinddata/cases.json, which tests/e2e/l1/cases_table.py runs on a real
 * kernel:
 *
 *   name             a sentence
 *   devices          "first": has a variant; "second": has none; "third": without a driver
 *   driver           asked for; absent: the best
 *   kernel           what comes of a write, here: testKernelRule by names
 *   not-on-fake      instead of kernel: why no fake kernel does that
 *   while-held       what happens between bind and restore, which then is what fails
 *   code, message    of the error, "ok" if there is none; the message is part of it
 *   left             devices whose records stay; otherwise all is as before, in every file
 *   real             how the real kernel is brought to do that: functions of cases_table.py
 *   not-on-real      instead of real: why it cannot be
 *
 * {…} in a text stands for what has another name on each host: a device, {host} for the first
 * device's driver, {group} for its IOMMU group, {variant} for a variant driver, {module} for its
 * module, with hyphens, {other} for another driver.
 */
typedef struct {
    char *name;
    char *devices[TEST_BIND_CASE_DEVICES + 1]; /* addresses */
    char *driver;
    testKernelRule rules[TEST_BIND_CASE_RULES + 1];
    char *whileHeld;
    char *code;
    char *message;
    char *left[TEST_BIND_CASE_DEVICES + 1];
} testBindCase;

/* Every row for fake kernels (testBindCase), for the scene "smartnic-host". */
GPtrArray *testBindCasesLoad(void);
