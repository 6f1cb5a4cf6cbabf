/*
 * testqemu.h: a QEMU driver in a directory of its own, and what it tells
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "qemu_driver.h"

typedef struct {
    char *directory; /* temporary; NULL of an embedded driver */
    qemuDriver *driver;
    const char *user; /* QEMU's; NULL for ours */
    virPCIHost *host; /* or NULL */
    virHostdevManager *hostdevMgr;
    guint unplugTimeout_ms;
    guint agentTimeout_ms;
    GAsyncQueue *events; /* texts: "NAME started booted", "NAME reboot" */
} testQEMU;

typedef enum {
    TEST_QEMU_EMBEDDED = 1 << 0,
} testQEMUFlags;

/* Starts a driver; what is set of the fields after @driver is its configuration. */
void testQEMUInit(testQEMU *test, unsigned int flags);

/* Ends every guest and the driver, and asserts that it has left no file in its run directory. */
void testQEMUClear(testQEMU *test);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(testQEMU, testQEMUClear)

/* Starts a driver in the directory of one that has been ended. */
void testQEMUOpen(testQEMU *test);

/* Ends the driver, and starts another one in the same directory. */
void testQEMURestart(testQEMU *test);

/* Asserts that the next event is @expected; waits for it. */
void testQEMUAwait(testQEMU *test, const char *expected);

/* Asserts that all @expected events come, up to NULL, in this order. */
void testQEMUAwaitAll(testQEMU *test, ...) G_GNUC_NULL_TERMINATED;

/* Waits for @expected, whatever comes before. */
void testQEMUAwaitLater(testQEMU *test, const char *expected);

/* The XML of a guest on the real QEMU, or, with a mode, which is then its name, on the fake one
 * that behaves so. @more is put into <domain>. Caller frees. */
char *testQEMUMakeXML(const char *name, bool fake, const char *more);

/* False, and the test skipped, if the real QEMU is not installed. */
bool testQEMUIsThere(void);

/* Asserts that the call failed with this code and a message that holds this text. */
void testQEMUAssertError(int code, const char *text);

bool testProcessIsThere(pid_t pid);
