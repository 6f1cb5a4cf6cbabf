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

/* What a child exits with if it may not do, or has not, what it needs: its test is skipped. */
#define TEST_NETNS_SKIPPED 77

/* Calls @func with a scene in a child, which may make it its own root; the parent cleans up. */
void testNetnsRunInChild(const char *name, void (*func)(testScene *scene));
