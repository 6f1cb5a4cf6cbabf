/*
 * device_conf.h: what every device of a guest has: its address, name, boot order and option ROM
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stdbool.h>

#include <glib.h>

#include "domain_value_conf.h"
#include "virenum.h"
#include "virpciaddress.h"
#include "virxml.h"
#include "virxmlwriter.h"

/* Words of on/off and yes/no attributes; the value is a truth value. */
VIR_ENUM_DECL(virDomainOnOff);
VIR_ENUM_DECL(virDomainYesNo);

/* A definition (domain_conf.h), and what there is to know of a family of devices (domain_device.h).
 */
typedef struct _virDomainDef virDomainDef;
typedef struct _virDomainDeviceClass virDomainDeviceClass;

/* How a device is addressed in the guest; one that nothing is known of yet has type NONE. */
typedef enum {
    VIR_DOMAIN_DEVICE_ADDRESS_NONE,
    VIR_DOMAIN_DEVICE_ADDRESS_PCI,
    VIR_DOMAIN_DEVICE_ADDRESS_DRIVE,
    VIR_DOMAIN_DEVICE_ADDRESS_VIRTIO_SERIAL,
    VIR_DOMAIN_DEVICE_ADDRESS_USB,
    VIR_DOMAIN_DEVICE_ADDRESS_ISA,
    VIR_DOMAIN_DEVICE_ADDRESS_LAST,
} virDomainDeviceAddressType;

/* "none" for NONE, which no document can say. */
VIR_ENUM_DECL(virDomainDeviceAddress);

typedef struct {
    unsigned int controller; /* index of a controller of the device's bus */
    unsigned int bus;
    unsigned int target;
    unsigned int unit;
} virDomainDeviceDriveAddress;

typedef struct {
    unsigned int controller; /* index of a virtio-serial controller */
    unsigned int bus;
    unsigned int port; /* 0 is the one for a console */
} virDomainDeviceVirtioSerialAddress;

typedef struct {
    unsigned int bus;  /* index of a USB controller */
    unsigned int port; /* 1 is the first */
} virDomainDeviceUSBAddress;

typedef struct {
    unsigned int iobase; /* 0 is QEMU's choice, as for @irq */
    unsigned int irq;
} virDomainDeviceISAAddress;

/* Whether the guest sees a device's option ROM. */
typedef enum {
    VIR_DOMAIN_ROM_BAR_DEFAULT,
    VIR_DOMAIN_ROM_BAR_OFF,
    VIR_DOMAIN_ROM_BAR_ON,
} virDomainRomBar;

/* What every device has. Texts are owned. */
typedef struct {
    char *alias; /* its name: the user's ("ua-nic"), ours ("net0"), NULL only before it is in a
                    definition */
    virDomainDeviceAddressType type;
    union {
        virPCIDeviceAddress pci; /* in the guest: its bus is the index of a PCI controller */
        virDomainDeviceDriveAddress drive;
        virDomainDeviceVirtioSerialAddress virtioSerial;
        virDomainDeviceUSBAddress usb;
        virDomainDeviceISAAddress isa;
    } addr;
    bool multifunction;     /* of type PCI: function 0 of a slot that has others too */
    unsigned int bootIndex; /* the firmware's order, from 1; 0 is not at all */
    virTristate romEnabled; /* OFF: no option ROM at all; the two below say nothing then */
    virDomainRomBar romBar;
    char *romFile; /* absolute path of an option ROM in place of the device's own, or NULL */
} virDomainDeviceInfo;

void virDomainDeviceInfoClear(virDomainDeviceInfo *info);

/* The user's names begin with "ua-", so that they are apart from those that we give. */
bool virDomainDeviceAliasIsUser(const char *alias);

typedef enum {
    VIR_DOMAIN_DEF_FORMAT_INACTIVE = 1 << 0, /* nothing that only a running guest has */
    VIR_DOMAIN_DEF_FORMAT_SECURE = 1 << 1,   /* with passwords */
} virDomainDefFormatFlags;

/*
 * <address> of a host device's <source>; <address>, <alias>, <boot order='…'/> and <rom> of a
 * device of the guest. virDomainDeviceInfoParseXML() reads those that a device's schema lists.
 */
extern const virXMLSchema virPCIDeviceAddressSchema;
extern const virXMLSchema virDomainDeviceAddressSchema;
extern const virXMLSchema virDomainDeviceAliasSchema;
extern const virXMLSchema virDomainDeviceBootSchema;
extern const virXMLSchema virDomainDeviceRomSchema;

/**
 * virPCIDeviceAddressParseXML:
 * @node: an element with the attributes domain, bus, slot and function
 * @addr: filled
 *
 * Domain and function may be absent and are 0 then.
 *
 * Errors: XML_ERROR if a part is missing or out of range.
 * Returns: 0, or -1 with an error reported and @addr untouched
 */
int
virPCIDeviceAddressParseXML(virXMLNode *node, virPCIDeviceAddress *addr) G_GNUC_WARN_UNUSED_RESULT;

/* Adds the four attributes to the element started last. */
void virPCIDeviceAddressFormatXML(virXMLWriter *writer, const virPCIDeviceAddress *addr);

/**
 * virDomainDeviceInfoParseXML:
 * @node: a device, checked against a schema with some of those above
 * @info: filled, zero before
 *
 * Errors: XML_ERROR or CONFIG_UNSUPPORTED.
 * Returns: 0, or -1 with an error reported; virDomainDeviceInfoClear() @info in either case
 */
int
virDomainDeviceInfoParseXML(virXMLNode *node, virDomainDeviceInfo *info) G_GNUC_WARN_UNUSED_RESULT;

/* Adds the elements to a device's; @flags are virDomainDefFormatFlags. */
void virDomainDeviceInfoFormatXML(virXMLWriter *writer, const virDomainDeviceInfo *info,
                                  unsigned int flags);

/**
 * virDomainPathParseXML:
 * @node: an element
 * @attribute: its attribute that holds a path, or NULL for its text
 * @path: filled with an absolute path; caller frees
 *
 * Errors: XML_ERROR if the path is absent, relative or holds control characters.
 * Returns: 0, or -1 with an error reported and @path untouched
 */
int virDomainPathParseXML(virXMLNode *node, const char *attribute, char **path)
    G_GNUC_WARN_UNUSED_RESULT;

/* True if @text has a character below space, or DEL. */
bool virDomainTextHasControl(const char *text);
