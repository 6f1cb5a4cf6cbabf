/*
 * domain_controller_conf.h: <controller>: the guest's buses: PCI, USB, SCSI, SATA, IDE,
 * virtio-serial
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stdbool.h>

#include <glib.h>

#include "device_conf.h"
#include "domain_virtio_conf.h"
#include "virenum.h"

typedef enum {
    VIR_DOMAIN_CONTROLLER_TYPE_PCI,
    VIR_DOMAIN_CONTROLLER_TYPE_USB,
    VIR_DOMAIN_CONTROLLER_TYPE_IDE,
    VIR_DOMAIN_CONTROLLER_TYPE_SATA,
    VIR_DOMAIN_CONTROLLER_TYPE_SCSI,
    VIR_DOMAIN_CONTROLLER_TYPE_VIRTIO_SERIAL,
    VIR_DOMAIN_CONTROLLER_TYPE_LAST,
} virDomainControllerType;

VIR_ENUM_DECL(virDomainController);

/* Of type PCI. The index of a controller is the number of the bus behind it. */
typedef enum {
    VIR_DOMAIN_CONTROLLER_PCIE_ROOT,      /* bus 0 of q35; the machine has it */
    VIR_DOMAIN_CONTROLLER_PCIE_ROOT_PORT, /* slot 0 only; on bus 0 */
    VIR_DOMAIN_CONTROLLER_PCIE_UPSTREAM_PORT,
    VIR_DOMAIN_CONTROLLER_PCIE_DOWNSTREAM_PORT, /* slot 0 only; on an upstream port's bus */
    VIR_DOMAIN_CONTROLLER_PCIE_TO_PCI_BRIDGE,   /* conventional PCI on q35 */
    VIR_DOMAIN_CONTROLLER_PCI_ROOT,             /* bus 0 of i440fx; the machine has it */
    VIR_DOMAIN_CONTROLLER_PCI_BRIDGE,           /* more conventional PCI */
    VIR_DOMAIN_CONTROLLER_PCI_LAST,
} virDomainControllerModelPCI;

VIR_ENUM_DECL(virDomainControllerPCI);

typedef enum {
    VIR_DOMAIN_CONTROLLER_USB_QEMU_XHCI,
    VIR_DOMAIN_CONTROLLER_USB_NEC_XHCI,
    VIR_DOMAIN_CONTROLLER_USB_PIIX3_UHCI,
    VIR_DOMAIN_CONTROLLER_USB_ICH9_EHCI1,
    VIR_DOMAIN_CONTROLLER_USB_ICH9_UHCI1, /* companions of an EHCI1 with the same index */
    VIR_DOMAIN_CONTROLLER_USB_ICH9_UHCI2,
    VIR_DOMAIN_CONTROLLER_USB_ICH9_UHCI3,
    VIR_DOMAIN_CONTROLLER_USB_NONE, /* says that there is no USB */
    VIR_DOMAIN_CONTROLLER_USB_LAST,
} virDomainControllerModelUSB;

VIR_ENUM_DECL(virDomainControllerUSB);

typedef enum {
    VIR_DOMAIN_CONTROLLER_SCSI_VIRTIO,
    VIR_DOMAIN_CONTROLLER_SCSI_LSILOGIC,
    VIR_DOMAIN_CONTROLLER_SCSI_LAST,
} virDomainControllerModelSCSI;

VIR_ENUM_DECL(virDomainControllerSCSI);

/* An index that nobody has chosen yet, and a chassis or port number likewise. */
#define VIR_DOMAIN_CONTROLLER_UNSET -1

/* Of virtio-scsi: what QEMU has room for. */
#define VIR_DOMAIN_CONTROLLER_QUEUES_MAX 1022

/* The highest index: buses have 8 bits. */
#define VIR_DOMAIN_CONTROLLER_MAX_INDEX 255

typedef struct {
    virDomainControllerType type;
    int model;                 /* of the type's enumeration; 0 for types that have none */
    virDomainVirtioDef virtio; /* of virtio-scsi and virtio-serial */
    int index;                 /* unique in its type, but for USB companions */
    int chassis;               /* of a PCI Express port: what the guest's firmware shows */
    int port;                  /* likewise */
    int chassisNumber;         /* of a PCI bridge */
    unsigned int ports;        /* of xhci and virtio-serial: how many; 0 is QEMU's default */
    unsigned int
        iothread;        /* of virtio-scsi: which of <iothreads> serves it; 0 is QEMU's main one */
    int masterStartPort; /* of a USB companion: its first port of the EHCI's */
    unsigned int queues; /* of virtio-scsi, as the next two; 0 is QEMU's default */
    unsigned int commandsPerLUN;
    unsigned int maxSectors;
    virDomainDeviceInfo info;
} virDomainControllerDef;

extern const virXMLSchema virDomainControllerSchema;
extern const virDomainDeviceClass virDomainControllerClass;

virDomainControllerDef *
virDomainControllerDefNew(virDomainControllerType type, int model, int index);
void virDomainControllerDefFree(virDomainControllerDef *controller);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virDomainControllerDef, virDomainControllerDefFree)

/* Whether it is bus 0 of PCI. */
bool virDomainControllerIsPCIRoot(const virDomainControllerDef *controller);
/* Whether it is a pcie-root-port. */
bool virDomainControllerIsRootPort(const virDomainControllerDef *controller);
/* Whether it is a virtio device: virtio-scsi or virtio-serial. */
bool virDomainControllerIsVirtio(const virDomainControllerDef *controller);
/* Whether it is part of an ICH9 EHCI: has its index, and its ports. */
bool virDomainControllerIsCompanion(const virDomainControllerDef *controller);
/* Whether the machine of @def has it, so that QEMU is not to make it. */
bool
virDomainControllerIsBuiltIn(const virDomainDef *def, const virDomainControllerDef *controller);

/* The number of USB ports that devices can use, from 1; 0 for a companion, which has none itself.
 */
unsigned int virDomainControllerGetUSBPorts(const virDomainControllerDef *controller);

/* The controller of that type and index that is no companion, or NULL. Borrowed. */
virDomainControllerDef *
virDomainControllerFind(const virDomainDef *def, virDomainControllerType type, int index);

/* Orders controllers by type and index. */
void virDomainControllersSort(virDomainDef *def);

/* Adds a controller at its place: ordered by type and index. Takes it. */
void virDomainControllerInsert(virDomainDef *def, virDomainControllerDef *controller);

/**
 * virDomainControllerDefParseXML:
 * @node: <controller>, checked against the schema
 * @def: the guest, with its machine
 *
 * Errors: XML_ERROR or CONFIG_UNSUPPORTED.
 * Returns: the controller, owned by the caller, or NULL
 */
virDomainControllerDef *virDomainControllerDefParseXML(virXMLNode *node, const virDomainDef *def);
void virDomainControllerDefFormatXML(virXMLWriter *writer, const virDomainControllerDef *controller,
                                     unsigned int flags);
