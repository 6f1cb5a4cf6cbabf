/*
 * testkernelserver.h: a fake kernel in a process of its own, for tests with threads
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "testkernel.h"

/*
 * Writes are made by children, and a child of a process with threads may not even allocate memory:
 * so it only sends what is to be written, and this server does it, one write after the other.
 */
typedef struct _testKernelServer testKernelServer;

/**
 * testKernelServerNew:
 * @kernel: answers the writes; borrowed
 * @scene: whose writes go to the server from now on
 * @hold: address of a device: the first unbind of it takes until testKernelServerRelease(), and
 * nothing else waits for that; or NULL
 *
 * To be called before threads are started.
 */
testKernelServer *testKernelServerNew(testKernel *kernel, testScene *scene, const char *hold);
void testKernelServerFree(testKernelServer *server);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(testKernelServer, testKernelServerFree)

/* Waits until the write that is to be held has come. */
void testKernelServerAwaitHeld(testKernelServer *server);

/* Lets it go on. */
void testKernelServerRelease(testKernelServer *server);
