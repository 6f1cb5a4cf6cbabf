/*
 * virpcinames.h: names of PCI devices from the hardware database
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

#include "virpci.h"

/* systemd's hardware database, through libudev. Without it there are no names, and no error. */
typedef struct _virPCINames virPCINames;

virPCINames *virPCINamesNew(void);
void virPCINamesFree(virPCINames *names);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virPCINames, virPCINamesFree)

/* Texts are owned; NULL if the database does not know. */
typedef struct {
    char *vendor;
    char *model;
    char *classText; /* of the subclass if known ("Ethernet controller"), else of the class */
} virPCIDeviceNames;

void virPCIDeviceNamesClear(virPCIDeviceNames *found);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(virPCIDeviceNames, virPCIDeviceNamesClear)

/* Fills @found; virPCIDeviceNamesClear() it after. */
void
virPCINamesLookup(virPCINames *names, const virPCIDeviceFacts *facts, virPCIDeviceNames *found);

/**
 * virPCINamesRecall:
 * @facts: what sysfs says of a device
 * @found: filled; the caller clears it
 *
 * As virPCINamesLookup(), for a process that asks again and again: kinds of devices are remembered
 * until it ends, and a database that is renewed meanwhile is not looked at. Any thread may call it.
 */
void virPCINamesRecall(const virPCIDeviceFacts *facts, virPCIDeviceNames *found);

/* "Ethernet controller: Intel Corporation I350", or NULL if nothing is known. Caller frees. */
char *virPCINamesDescribe(virPCINames *names, const virPCIDeviceFacts *facts);
