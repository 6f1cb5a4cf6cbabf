/*
 * virpci.h: a PCI device of a host and its facts
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stdbool.h>

#include <glib.h>

#include "virenum.h"
#include "virmodalias.h"
#include "virpciaddress.h"
#include "virpcidriver.h"
#include "virpcihost.h"

/* A device at an address of a host. Holds no descriptor and caches nothing: every question is
 * answered from sysfs as it is then. Immutable; safe from any number of threads. */
typedef struct _virPCIDevice virPCIDevice;

typedef enum {
    VIR_PCI_HEADER_ENDPOINT,
    VIR_PCI_HEADER_PCI_BRIDGE,
    VIR_PCI_HEADER_CARDBUS_BRIDGE,
    VIR_PCI_HEADER_LAST,
} virPCIHeaderType;

VIR_ENUM_DECL(virPCIHeaderType);

/**
 * virPCIDeviceNew:
 * @addr: address of the device, copied
 *
 * Errors: DEVICE_MISSING if there is no device at @addr now.
 * Returns: the device, owned by the caller, or NULL
 */
virPCIDevice *virPCIDeviceNew(virPCIHost *host, const virPCIDeviceAddress *addr);
void virPCIDeviceFree(virPCIDevice *dev);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virPCIDevice, virPCIDeviceFree)

/* Its address, as text too ("0000:3b:00.2"), and its host. Borrowed. */
const virPCIDeviceAddress *virPCIDeviceGetAddress(const virPCIDevice *dev);
const char *virPCIDeviceGetName(const virPCIDevice *dev);
virPCIHost *virPCIDeviceGetHost(const virPCIDevice *dev);

/**
 * virPCIDeviceIsAbove:
 * @path: link below the root, into the tree of devices ("sys/class/net/enp1s0")
 *
 * Returns: true if what the link names hangs on @dev, however many other devices (a virtio device,
 * a bridge, a USB hub) are between the two
 */
bool virPCIDeviceIsAbove(const virPCIDevice *dev, const char *path);

/**
 * virPCIDeviceGetDriverNameAndType:
 * @dev: PCI device
 * @drvName: filled with the bound driver's name, or NULL if unbound; caller frees
 * @drvType: filled with VIR_PCI_STUB_DRIVER_VFIO if that driver offers the vfio-pci userspace API
 *
 * Reads sysfs, and the running kernel's modules.alias at most once per change of it. Does not block
 * on the device. A missing or unreadable modules.alias is not an error.
 *
 * Errors: DEVICE_MISSING if @dev vanished, SYSTEM_ERROR if its driver link cannot be read.
 * Returns: 0, or -1 with an error reported and the outputs untouched
 * Source: Linux Documentation/ABI/testing/sysfs-devices-vfio-dev; kernel commit cc6711b0bf36
 */
int virPCIDeviceGetDriverNameAndType(virPCIDevice *dev, char **drvName, virPCIStubDriver *drvType)
    G_GNUC_WARN_UNUSED_RESULT;

/* The same with the module and with the rule that decided; virPCIBindingClear() @binding after. */
int virPCIDeviceGetBinding(virPCIDevice *dev, virPCIBinding *binding) G_GNUC_WARN_UNUSED_RESULT;

/* What sysfs says of a device, besides its driver. Texts are owned. */
typedef struct {
    int vendor; /* 16 bits each; -1 if sysfs does not tell */
    int device;
    int subVendor;
    int subDevice;
    int classCode;  /* 24 bits: class, subclass, interface; -1 if unknown */
    char *modalias; /* as in sysfs, or NULL */
    virPCIHeaderType headerType;
    char *driverOverride; /* NULL if none is set */
    bool locked; /* the kernel is binding or unbinding it: the one above and numVFs are unknown */
    int iommuGroup; /* -1 if none */
    int numaNode;   /* -1 if none or unknown */
    char *physFn;   /* address of the PF if this is a VF, or NULL */
    int numVFs;     /* VFs that exist now: 0 for what is no PF */
} virPCIDeviceFacts;

void virPCIDeviceFactsClear(virPCIDeviceFacts *facts);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(virPCIDeviceFacts, virPCIDeviceFactsClear)

/**
 * virPCIDeviceReadFacts:
 * @facts: filled; virPCIDeviceFactsClear() it after
 *
 * A file of sysfs that is absent or holds nonsense makes its fact unknown, and no error.
 *
 * Errors: DEVICE_MISSING if @dev vanished.
 * Returns: 0, or -1 with an error reported and @facts untouched
 */
int virPCIDeviceReadFacts(virPCIDevice *dev, virPCIDeviceFacts *facts) G_GNUC_WARN_UNUSED_RESULT;

/**
 * virPCIReadShownFacts:
 * @dirfd: of virPCIDeviceOpenDir()
 * @facts: filled; virPCIDeviceFactsClear() it after
 *
 * As virPCIDeviceReadFacts(), for who shows the device and decides nothing: without what takes the
 * device's lock to read, and with it a question to another process (driverOverride and numVFs stay
 * empty), and without asking the device whether it is a bridge if the kernel says that it is none.
 */
void virPCIReadShownFacts(int dirfd, virPCIDeviceFacts *facts);

/* The VFIO driver that serves a device best. Texts are owned. */
typedef struct {
    char *pattern; /* the alias that matched; NULL if vfio-pci is taken for want of an index */
    char *module;  /* what to load */
    char *driver;  /* what to write to driver_override; NULL if that module is not loaded */
} virPCIBestDriver;

void virPCIBestDriverClear(virPCIBestDriver *best);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(virPCIBestDriver, virPCIBestDriverClear)

/**
 * virPCIFindBestDriver:
 * @index: the alias index to ask
 * @modalias: the device's modalias, or NULL if unknown
 * @best: filled if there is one, otherwise untouched; virPCIBestDriverClear() it after
 *
 * The most specific alias wins (virKModIndexFindBest()). Where no alias matches because the index
 * is missing, unreadable or damaged, or because vfio-pci is built in (its alias is in no file),
 * vfio-pci is the answer: it takes every device.
 *
 * Returns: true if there is one
 */
bool virPCIFindBestDriver(virPCIHost *host, const virKModIndex *index, const char *modalias,
                          virPCIBestDriver *best);
