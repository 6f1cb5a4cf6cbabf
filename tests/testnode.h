/*
 * testnode.h: device nodes of a scene, and processes that have them open
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <sys/types.h>

#include "testscene.h"

/* A node of the scene, in the place of what may be there. False, and the test is skipped, if we may
 * not make such a node. */
gboolean testNodeMake(const testScene *scene, const char *below, mode_t type, dev_t number);

/* Process @pid of the scene, with a descriptor of what @link says. */
void testNodeOpen(const testScene *scene, const char *pid, const char *comm, const char *link);
void testNodeClose(const testScene *scene, const char *pid);

/* The node of IOMMU group @group, which QEMU, process 4711, has open until testNodeClose(). */
gboolean testNodeOpenGroup(const testScene *scene, int group);
