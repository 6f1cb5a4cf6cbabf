/*
 * virtvfio_names.h: names of PCI devices from the hardware database
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

#include "virpci.h"

/* systemd's hardware database, through libudev. Without it there are no names, and no error. */
typedef struct _virtvfioNames virtvfioNames;

virtvfioNames *virtvfioNamesNew(void);
void virtvfioNamesFree(virtvfioNames *names);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virtvfioNames, virtvfioNamesFree)

/* Texts are owned; NULL if the database does not know. */
typedef struct {
    char *vendor;
    char *model;
    char *classText; /* of the subclass if known ("Ethernet controller"), else of the class */
} virtvfioDeviceNames;

void virtvfioDeviceNamesClear(virtvfioDeviceNames *found);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(virtvfioDeviceNames, virtvfioDeviceNamesClear)

/* Fills @found; virtvfioDeviceNamesClear() it after. */
void virtvfioNamesLookup(virtvfioNames *names, const virPCIDeviceFacts *facts,
                         virtvfioDeviceNames *found);

/* "Ethernet controller: Intel Corporation I350", or NULL if nothing is known. Caller frees. */
char *virtvfioNamesDescribe(virtvfioNames *names, const virPCIDeviceFacts *facts);
