/*
 * node_device_conf.h: a device of the host, as libvirt's clients see it
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stdbool.h>

#include "virpci.h"

/* What the whole machine is called: the parent of what has none. */
#define VIR_NODE_DEVICE_COMPUTER "computer"

/* A PCI Express link. Texts are the kernel's, without units ("8.0"); NULL if it does not say. */
typedef struct {
    char *speed;
    unsigned int width; /* lanes; 0: unknown */
} virNodeDeviceLink;

typedef struct {
    virPCIDeviceAddress addr;
    virPCIDeviceFacts facts;
    GArray *functions; /* virPCIDeviceAddress: its VFs */
    unsigned int maxFunctions;
    GArray *group; /* virPCIDeviceAddress: the members of its IOMMU group */
    virNodeDeviceLink capable;
    virNodeDeviceLink current;
} virNodeDevicePCI;

typedef struct {
    char *uuid;
    char *vendor; /* texts of the firmware; NULL if it has none */
    char *product;
    char *version;
    char *firmwareVendor;
    char *firmwareVersion;
    char *firmwareDate;
} virNodeDeviceSystem;

/* Texts are owned. */
typedef struct {
    char *name;            /* "pci_0000_3b_00_0" */
    char *path;            /* in sysfs, or NULL */
    char *parent;          /* name, or NULL */
    char *driver;          /* or NULL */
    virNodeDevicePCI *pci; /* what it is: one of the two */
    virNodeDeviceSystem *system;
} virNodeDeviceDef;

void virNodeDeviceDefFree(virNodeDeviceDef *def);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virNodeDeviceDef, virNodeDeviceDefFree)

/* With nothing but its name and its kind. */
virNodeDeviceDef *virNodeDeviceDefNewPCI(const virPCIDeviceAddress *addr);
virNodeDeviceDef *virNodeDeviceDefNewSystem(void);

/* "pci_0000_3b_00_0" (caller frees), and back: false if @name is none of a PCI device. */
char *virNodeDevicePCIName(const virPCIDeviceAddress *addr);
bool virNodeDevicePCIParseName(const char *name, virPCIDeviceAddress *addr);

/* libvirt's <device>; caller frees. */
char *virNodeDeviceDefFormat(const virNodeDeviceDef *def);
