/*
 * testbind.h: a scene with a kernel, a journal and locks, for tests that change bindings
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "testkernel.h"
#include "virpcibind.h"

typedef struct {
    testScene *scene;
    testKernel *kernel;
    char *runDirectory; /* temporary, outside the scene's tree */
    char *lockDirectory;
    virPCIBindContext ctx;
} testBind;

/* The holder is "administrator", the deadline 300 ms. */
testBind *testBindNew(const char *scene, const testKernelRule *rules);
void testBindFree(testBind *bind);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(testBind, testBindFree)

virPCIDeviceAddress testBindParse(const char *address);

/* A plan for the NULL-terminated @devices, each with @driver. */
virPCIBindPlan *testBindPlan(testBind *bind, const char *const *devices, const char *driver);

/* The plan has a blocker of that code that names that device. */
void testBindAssertBlocked(const virPCIBindPlan *plan, virPCIBlockerCode code, const char *device);
