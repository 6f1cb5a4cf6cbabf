/*
 * node_device_net.h: network interfaces among the host's devices
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "node_device_conf.h"
#include "virpcihost.h"

/* Those of the network namespace in which sysfs was mounted. Nothing is kept; any thread. */

/* The names of all, ordered by interface: a strv, caller frees. */
char **virNodeDeviceNetList(virPCIHost *host);

/* The interface of that node device; NULL: there is none such. Caller frees. */
char *virNodeDeviceNetFind(virPCIHost *host, const char *name);

/* The node device of an interface ("eth0"), or NULL if there is none such. Caller frees. */
char *virNodeDeviceNetNameOf(virPCIHost *host, const char *interface);

/* Where a link of sysfs that stands for a device leads ("/sys/devices/pci0000:00/0000:00:01.0"), or
 * NULL if it is gone. @entry: below the root. Caller frees. */
char *virNodeDeviceFollow(virPCIHost *host, const char *entry);

/* An interface's place in sysfs ("/sys/devices/…/net/eth0"), or NULL if it is gone. Caller frees.
 */
char *virNodeDeviceNetPath(virPCIHost *host, const char *interface);

/* All about it; what cannot be read is not there. Caller frees. */
virNodeDeviceDef *
virNodeDeviceNetDescribe(virPCIHost *host, const char *name, const char *interface);
