/*
 * node_device_conf.h: a device of the host, as libvirt's clients see it
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stdbool.h>

#include "virpci.h"
#include "virpcivpd.h"

/* What the whole machine is called: the parent of what has none. */
#define VIR_NODE_DEVICE_COMPUTER "computer"

/* What names of network interfaces begin with. */
#define VIR_NODE_DEVICE_NET_PREFIX "net_"

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
    char *vendorName; /* texts; NULL if unknown */
    char *productName;
    virPCIVPD *vpd; /* NULL: it has none */
} virNodeDevicePCI;

/* A network interface. */
typedef struct {
    char *interface;
    char *mac;               /* six bytes; NULL: none, or it is longer */
    unsigned int speed_mbps; /* 0: unknown */
    char *state;             /* of RFC 2863 ("up", "lowerlayerdown"), or NULL */
    bool wireless;
} virNodeDeviceNet;

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
    virNodeDevicePCI *pci; /* what it is: one of the three */
    virNodeDeviceNet *net;
    virNodeDeviceSystem *system;
} virNodeDeviceDef;

void virNodeDeviceDefFree(virNodeDeviceDef *def);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virNodeDeviceDef, virNodeDeviceDefFree)

/* With nothing but its name and its kind. */
virNodeDeviceDef *virNodeDeviceDefNewPCI(const virPCIDeviceAddress *addr);
virNodeDeviceDef *virNodeDeviceDefNewSystem(void);
virNodeDeviceDef *virNodeDeviceDefNewNet(const char *name, const char *interface);

/* "pci_0000_3b_00_0" (caller frees), and back: false if @name is none of a PCI device. */
char *virNodeDevicePCIName(const virPCIDeviceAddress *addr);
bool virNodeDevicePCIParseName(const char *name, virPCIDeviceAddress *addr);

/* "net_eth0_52_54_00_12_34_56": @address as in sysfs, or NULL. What is no letter and no digit of
 * ASCII is an underscore, so there is no way back. Caller frees. */
char *virNodeDeviceNetName(const char *interface, const char *address);

/* The name of the device that one hangs on whose place in sysfs is @path (or NULL): the PCI device
 * next above it, or else the machine. Caller frees. */
char *virNodeDeviceParentOfPath(const char *path);

/* libvirt's <device>; caller frees. */
char *virNodeDeviceDefFormat(const virNodeDeviceDef *def);
