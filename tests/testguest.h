/*
 * testguest.h: guests whose host devices tests prepare and give back
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "testbind.h"
#include "virhostdev.h"

/* Devices of the scene "smartnic-host". */
#define VF      "0000:3b:00.3" /* on mlx5_core; its best driver is mlx5_vfio_pci */
#define DISK    "0000:5e:00.0" /* on nvme */
#define BOUND   "0000:3b:00.2" /* on mlx5_vfio_pci already, by hand */
#define BLOCKED "0000:01:00.0" /* its group has a member on a driver of the host */

/* Up to two devices of a guest, as its XML would have them. */
typedef struct {
    virDomainHostdevDef defs[2];
    virDomainHostdevDef *list[2];
    size_t n;
} testGuest;

testGuest *testGuestNew(const char *first, const char *second, const char *model);
void testGuestFree(testGuest *guest);
int testPrepare(virHostdevManager *mgr, const char *name, testGuest *guest);
void testReAttach(virHostdevManager *mgr, const char *name, testGuest *guest);
virHostdevManager *testManage(testBind *bind);
void testAssertDriver(testBind *bind, const char *device, const char *driver);
void testAssertUser(virHostdevManager *mgr, const char *device, const char *user);

/* Nothing is held and nothing active, here and on the disk, and the tree is as it was. */
void testAssertUntouched(testBind *bind, virHostdevManager *mgr, const char *before);

/* Recovers as "virtvfio recover" does: so many devices come back. */
void testRecover(testBind *bind, guint wanted);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(testGuest, testGuestFree)
