/*
 * virpcidriver.h: is a bound driver a VFIO driver, and how do we know
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stdbool.h>

#include <glib.h>

#include "virenum.h"
#include "virpciaddress.h"
#include "virpcihost.h"

/* What a driver is for us. */
typedef enum {
    VIR_PCI_STUB_DRIVER_NONE, /* a driver of the host, or none at all */
    VIR_PCI_STUB_DRIVER_XEN,
    VIR_PCI_STUB_DRIVER_VFIO, /* vfio-pci, or a variant that offers its userspace API */
    VIR_PCI_STUB_DRIVER_LAST,
} virPCIStubDriver;

VIR_ENUM_DECL(virPCIStubDriver);

/* Which rule decided. */
typedef enum {
    VIR_PCI_DRIVER_BASIS_NONE,     /* no rule: not a VFIO driver */
    VIR_PCI_DRIVER_BASIS_NAME,     /* its name is vfio-pci or pciback */
    VIR_PCI_DRIVER_BASIS_ALIAS,    /* its module owns a "vfio_pci:" alias */
    VIR_PCI_DRIVER_BASIS_VFIO_DEV, /* the device has a vfio-dev directory (Linux 6.1) */
    VIR_PCI_DRIVER_BASIS_LAST,
} virPCIDriverBasis;

VIR_ENUM_DECL(virPCIDriverBasis);

/* What is known of a driver without looking at a device. Texts are owned. */
typedef struct {
    char *name;
    char *module;                   /* NULL if there is no module link (built in) */
    virPCIStubDriver type;          /* by name or alias; NONE if neither decides */
    virPCIDriverBasis basis;        /* NONE, NAME or ALIAS */
    const virKModIndexEntry *alias; /* the module's first entry in @index, or NULL */
    bool mayBeBinding; /* its module uses the VFIO core: no proof, but worth a second look */
    virKModIndex *index;
} virPCIDriver;

/**
 * virPCIDriverNew:
 * @name: name of a PCI driver, as in a device's "driver" link
 * @index: the alias index to ask, kept by the result; NULL asks for the current one, and only if
 *         the name does not decide
 *
 * Applies the rules that need no device: the exact names, then the alias index.
 */
virPCIDriver *virPCIDriverNew(virPCIHost *host, const char *name, virKModIndex *index);
void virPCIDriverFree(virPCIDriver *driver);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virPCIDriver, virPCIDriverFree)

/* A device's driver at one moment. All zero (driver NULL) is "unbound". */
typedef struct {
    char *driver;
    char *module; /* NULL if built in */
    virPCIStubDriver type;
    virPCIDriverBasis basis;
} virPCIBinding;

void virPCIBindingClear(virPCIBinding *binding);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(virPCIBinding, virPCIBindingClear)

/**
 * virPCIBindingRead:
 * @host: the machine
 * @addr: the device
 * @binding: filled; virPCIBindingClear() it after
 *
 * The recognition, in this order: no driver link; the exact names; the module's alias; the device's
 * vfio-dev directory. A device in the middle of being bound has a driver and no vfio-dev yet: if
 * the driver is a candidate (virPCIDriver.mayBeBinding), it is looked at again for at most 31 ms;
 * if the driver changes meanwhile, it starts anew.
 *
 * Errors: DEVICE_MISSING if there is no such device, SYSTEM_ERROR if its driver link is no link or
 * cannot be read.
 * Returns: 0, or -1 with an error reported and @binding untouched
 */
int virPCIBindingRead(virPCIHost *host, const virPCIDeviceAddress *addr, virPCIBinding *binding)
    G_GNUC_WARN_UNUSED_RESULT;

/* How often, and with what pauses, a device that may be in the middle of binding is looked at. */
#define VIR_PCI_BINDING_RETRIES 5
guint virPCIBindingRetryDelay(guint attempt); /* microseconds: 1, 2, 4, 8, 16 ms */

/* What every rule sees on one device, also those behind the one that decides. Texts are owned. */
typedef struct {
    virPCIBinding binding;          /* the verdict */
    virPCIStubDriver typeByName;    /* of the driver's name alone */
    virKModIndexStatus indexStatus; /* of the alias index */
    char *aliasPattern;             /* the module's first "vfio_pci:" pattern, or NULL */
    char *vfioDev;                  /* name below vfio-dev ("vfio0"), or NULL */
    bool usesVFIOCore;              /* its module uses vfio-pci-core, which proves nothing */
} virPCIBindingEvidence;

void virPCIBindingEvidenceClear(virPCIBindingEvidence *evidence);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(virPCIBindingEvidence, virPCIBindingEvidenceClear)

/**
 * virPCIBindingReadName:
 * @dirfd: of virPCIDeviceOpenDir() for @addr
 * @name: filled with the bound driver's name if there is one; caller frees
 *
 * Errors: DEVICE_MISSING if the device has gone, SYSTEM_ERROR if the link cannot be read.
 * Returns: 1 if the device is bound, 0 if it is not, -1 with an error reported
 */
int virPCIBindingReadName(virPCIHost *host, const virPCIDeviceAddress *addr, int dirfd, char **name)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * virPCIBindingReadEvidence:
 * @evidence: filled; virPCIBindingEvidenceClear() it after
 *
 * virPCIBindingRead(), and then every rule's own answer. For explanations.
 *
 * Errors and return value: as virPCIBindingRead()
 */
int virPCIBindingReadEvidence(virPCIHost *host, const virPCIDeviceAddress *addr,
                              virPCIBindingEvidence *evidence) G_GNUC_WARN_UNUSED_RESULT;

/* Enough for virPCIDeviceFormatPath() with every address and @below of at most 32 characters. */
#define VIR_PCI_DEVICE_PATHLEN 80

/* The device's directory below the root, and @below in it ("" for none). @addr is valid. */
void virPCIDeviceFormatPath(const virPCIDeviceAddress *addr, const char *below,
                            char path[VIR_PCI_DEVICE_PATHLEN]);

/**
 * virPCIDeviceOpenDir:
 *
 * Errors: DEVICE_MISSING if there is no such device, SYSTEM_ERROR for the rest.
 * Returns: a descriptor of the device's directory in sysfs, good for the virSysfs…At functions and
 *          owned by the caller; or -1 with an error reported
 */
int
virPCIDeviceOpenDir(virPCIHost *host, const virPCIDeviceAddress *addr) G_GNUC_WARN_UNUSED_RESULT;
