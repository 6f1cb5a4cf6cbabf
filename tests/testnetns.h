/*
 * testnetns.h: a network namespace of its own for a test
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

#include "testscene.h"

/* Gives this process an empty network namespace. False (errno) without the right to do so. */
gboolean testNetnsEnter(void);

/* Adds an interface and sets it up. False if this kernel has no kind of interface for that; the
 * rest ends the test if it fails. */
gboolean testNetnsAddInterface(const char *name);
void testNetnsAddAddress(const char *interface, const char *address);
void testNetnsAddRoute(const char *interface, const char *destination, const char *gateway);

/* Adds a bridge. False if this kernel has none. */
gboolean testNetnsAddBridge(const char *name, unsigned int mtu);

/* What the kernel says of an interface. */
typedef struct {
    gboolean up;
    unsigned int master; /* number of the bridge that it is on, or 0 */
    unsigned int mtu;
    char mac[18]; /* 00:11:22:33:44:55 */
} testNetnsLink;

/* False if there is none of that name. */
gboolean testNetnsReadLink(const char *name, testNetnsLink *link);

/* @mac is one's that has @address, behind @interface. */
void testNetnsAddNeighbour(const char *interface, const char *address, const char *mac);

/* What a child exits with if it may not do, or has not, what it needs: its test is skipped. */
#define TEST_NETNS_SKIPPED 77

/* Calls @func with a scene in a child, which may make it its own root; the parent cleans up. */
void testNetnsRunInChild(const char *name, void (*func)(testScene *scene));
