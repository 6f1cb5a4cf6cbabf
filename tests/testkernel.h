/*
 * testkernel.h: the answers of a fake kernel to writes below a scene's sys/bus/pci
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

#include "testscene.h"

/* The writes that change a binding. */
typedef enum {
    TEST_KERNEL_OVERRIDE,
    TEST_KERNEL_UNBIND,
    TEST_KERNEL_PROBE,
    TEST_KERNEL_OPS, /* in a rule: writes of every kind, counted together */
} testKernelOp;

/* What comes of a write, if not what should. */
typedef enum {
    TEST_KERNEL_WORKS,
    TEST_KERNEL_FAILS,     /* with errno @value, and does nothing */
    TEST_KERNEL_HANGS,     /* does nothing, and never returns */
    TEST_KERNEL_NOTHING,   /* success, and does nothing */
    TEST_KERNEL_OTHER,     /* the probe binds driver @driver instead */
    TEST_KERNEL_LATE,      /* vfio-dev and node appear @value ms after the write returned */
    TEST_KERNEL_NODE_LATE, /* the node only */
    TEST_KERNEL_NO_DEV,    /* they never appear */
    TEST_KERNEL_NO_NODE,   /* vfio-dev does, the node does not */
    TEST_KERNEL_UNPLUG,    /* the device is gone, and the write fails with ENODEV */
    TEST_KERNEL_KILL,      /* works, and the process that wrote is killed */
} testKernelEffect;

/* From the @from-th to the @to-th write of a kind (counted from 1). */
typedef struct {
    testKernelOp op;
    testKernelEffect effect;
    guint from;
    guint to;
    int value;
    const char *driver;
} testKernelRule;

typedef struct _testKernel testKernel;

/**
 * testKernelNew:
 * @scene: its host gets this kernel
 * @rules: ended by a rule that is all zero; NULL: everything works; borrowed
 *
 * Without driver_override a device goes to the driver that it had in the manifest.
 */
testKernel *testKernelNew(testScene *scene, const testKernelRule *rules);
void testKernelFree(testKernel *kernel);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(testKernel, testKernelFree)

/* virSysfsWriteFunc that makes one write to a kernel (@opaque); for the child that writes. */
int testKernelWrite(const char *path, const char *text, void *opaque);

/* How many writes there were; kept across fork(). */
guint testKernelCountWrites(const testKernel *kernel);

/* The whole tree as text: every path with its kind and content. Caller frees. */
char *testKernelSnapshot(const testScene *scene);

/* Two snapshots are equal; otherwise names the first line that differs, and ends the test. */
void testKernelAssertSame(const char *after, const char *before);
