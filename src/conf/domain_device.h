/*
 * domain_device.h: one device of a guest, whatever family it is of
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stdbool.h>

#include <glib.h>

#include "domain_conf.h"

/* The families, in the order in which definitions and command lines have them. */
typedef enum {
    VIR_DOMAIN_DEVICE_DISK,
    VIR_DOMAIN_DEVICE_CONTROLLER,
    VIR_DOMAIN_DEVICE_NET,
    VIR_DOMAIN_DEVICE_SERIAL,
    VIR_DOMAIN_DEVICE_CONSOLE,
    VIR_DOMAIN_DEVICE_CHANNEL,
    VIR_DOMAIN_DEVICE_INPUT,
    VIR_DOMAIN_DEVICE_TPM,
    VIR_DOMAIN_DEVICE_GRAPHICS,
    VIR_DOMAIN_DEVICE_SOUND,
    VIR_DOMAIN_DEVICE_AUDIO,
    VIR_DOMAIN_DEVICE_VIDEO,
    VIR_DOMAIN_DEVICE_HOSTDEV,
    VIR_DOMAIN_DEVICE_REDIRDEV,
    VIR_DOMAIN_DEVICE_WATCHDOG,
    VIR_DOMAIN_DEVICE_MEMBALLOON,
    VIR_DOMAIN_DEVICE_RNG,
    VIR_DOMAIN_DEVICE_PANIC,
    VIR_DOMAIN_DEVICE_IOMMU,
    VIR_DOMAIN_DEVICE_LAST,
} virDomainDeviceType;

/* A device that belongs to a definition, or that is on its way in or out. */
typedef struct {
    virDomainDeviceType type;
    union {
        void *any;
        virDomainDiskDef *disk;
        virDomainControllerDef *controller;
        virDomainNetDef *net;
        virDomainChrDef *chr; /* serial, console, channel */
        virDomainInputDef *input;
        virDomainTPMDef *tpm;
        virDomainGraphicsDef *graphics;
        virDomainSoundDef *sound;
        virDomainAudioDef *audio;
        virDomainVideoDef *video;
        virDomainHostdevDef *hostdev;
        virDomainRedirdevDef *redirdev;
        virDomainWatchdogDef *watchdog;
        virDomainMemballoonDef *memballoon;
        virDomainRNGDef *rng;
        virDomainPanicDef *panic;
        virDomainIOMMUDef *iommu;
    } data;
    virDomainDeviceInfo *info; /* of the device */
} virDomainDeviceDef;

/* What a device is to the guest's PCI buses. */
typedef enum {
    VIR_DOMAIN_PCI_NONE,            /* not there */
    VIR_DOMAIN_PCI_EXPRESS,         /* PCI Express endpoint: has a root port of its own */
    VIR_DOMAIN_PCI_CONVENTIONAL,    /* conventional PCI: behind a bridge */
    VIR_DOMAIN_PCI_INTEGRATED,      /* part of the machine: on bus 0 */
    VIR_DOMAIN_PCI_ROOT_PORT,       /* on bus 0, eight to a slot */
    VIR_DOMAIN_PCI_UPSTREAM_PORT,   /* of a switch: on a root port */
    VIR_DOMAIN_PCI_DOWNSTREAM_PORT, /* of a switch: behind its upstream port */
} virDomainPCIKind;

/* How much a device insists on a place. */
typedef enum {
    VIR_DOMAIN_PCI_ANYWHERE,
    VIR_DOMAIN_PCI_PREFERRED, /* at @at if its slot is free */
    VIR_DOMAIN_PCI_JOINED,    /* at @at, in a slot with its companions */
    VIR_DOMAIN_PCI_FIXED,     /* at @at, where the machine has it */
} virDomainPCIWish;

typedef struct {
    virDomainPCIKind kind;
    virDomainPCIWish wish;
    virPCIDeviceAddress at;
} virDomainPCIPlace;

/*
 * What there is to know of a family. Functions that are NULL: nothing of that kind. To add a
 * family: a list in virDomainDef, a value of virDomainDeviceType, one of these, and its row in
 * domain_device.c.
 */
struct _virDomainDeviceClass {
    const virXMLSchema *schema;      /* its name is the element's */
    const virXMLSchema *otherSchema; /* of another element that is such a device, before those; or
                                        NULL */
    size_t list;                     /* offset of the GPtrArray in virDomainDef */
    size_t info;                     /* offset of the virDomainDeviceInfo in a device */
    const char *alias; /* default names: this and a number ("net0"); NULL is no names */

    /* Which elements of such a name are such devices; all if it is NULL. */
    bool (*takes)(virXMLNode *node);
    /* The device, checked also against those of @def; NULL with an error reported. */
    void *(*parse)(virXMLNode *node, const virDomainDef *def);
    void (*format)(virXMLWriter *writer, const void *device, unsigned int flags);
    void (*free)(void *device);

    /* What messages call it ("disk 'vda'"); caller frees. */
    char *(*describe)(const void *device);
    /* A default name that follows from what the device is, in place of @alias; caller frees. */
    char *(*makeAlias)(const virDomainDef *def, const void *device);
    virDomainDeviceAddressType (*addressType)(const void *device);
    /* Of a device with PCI addresses. */
    virDomainPCIPlace (*pciPlace)(const virDomainDef *def, const void *device);
    /* Of a virtio device on PCI; NULL if this one is none. */
    const virDomainVirtioDef *(*virtio)(const void *device);
};

/* The class functions of a family that has @nameDefParseXML(), @nameDefFormatXML(), @nameDefFree().
 */
#define VIR_DOMAIN_DEVICE_CLASS_FUNCTIONS(name)                                                    \
    static void *name##ClassParse(virXMLNode *node, const virDomainDef *def G_GNUC_UNUSED)         \
    {                                                                                              \
        return name##DefParseXML(node);                                                            \
    }                                                                                              \
    static void name##ClassFormat(virXMLWriter *writer, const void *device, unsigned int flags)    \
    {                                                                                              \
        name##DefFormatXML(writer, device, flags);                                                 \
    }                                                                                              \
    static void name##ClassFree(void *device)                                                      \
    {                                                                                              \
        name##DefFree(device);                                                                     \
    }                                                                                              \
    G_STATIC_ASSERT(1)

const virDomainDeviceClass *virDomainDeviceGetClass(virDomainDeviceType type);

/* Whether @node is a device of the family, by itself. */
bool virDomainDeviceClassTakes(const virDomainDeviceClass *class, virXMLNode *node);

/* The list of a family in @def, in which its devices are owned. Borrowed. */
GPtrArray *virDomainDefGetDevices(const virDomainDef *def, virDomainDeviceType type);

/**
 * virDomainDeviceIter:
 *
 * Goes through all devices of a definition, family by family. Devices may be
 * added meanwhile, and may then be seen or not, or push one to be seen twice; removing may not.
 *
 *     virDomainDeviceIter iter = virDomainDeviceIterInit(def);
 *     virDomainDeviceDef dev;
 *
 *     while (virDomainDeviceIterNext(&iter, &dev))
 *         …
 */
typedef struct {
    const virDomainDef *def;
    unsigned int type;
    guint position;
} virDomainDeviceIter;

virDomainDeviceIter virDomainDeviceIterInit(const virDomainDef *def);
bool virDomainDeviceIterNext(virDomainDeviceIter *iter, virDomainDeviceDef *dev);

/* A device as virDomainDeviceDef. @device is borrowed. */
virDomainDeviceDef virDomainDeviceWrap(virDomainDeviceType type, void *device);

/* What messages call a device; caller frees. */
char *virDomainDeviceDescribe(const virDomainDeviceDef *dev);

/* The type of address that a device has; NONE if it has none. */
virDomainDeviceAddressType virDomainDeviceGetAddressType(const virDomainDeviceDef *dev);

/* Finds a device by its name. Returns whether there is one, and fills @dev if so. */
bool
virDomainDeviceFindByAlias(const virDomainDef *def, const char *alias, virDomainDeviceDef *dev);

/**
 * virDomainDeviceGetBootIndex:
 * @info: of a device of @def
 *
 * Its own boot order; or, if no device has one, the place of its class in <os>, if it is the first
 * of it. Where <os> names none either, the first disk is booted.
 *
 * Returns: the order from 1, or 0 if it is not booted
 */
unsigned int virDomainDeviceGetBootIndex(const virDomainDef *def, const virDomainDeviceInfo *info);

/**
 * virDomainDeviceAssignAlias:
 * @def: the definition that @dev is in or will be in
 * @dev: a device with its address
 *
 * Gives a device without a name one that no other device of @def has: libvirt's ("hostdev0",
 * "virtio-disk0", "pci.1"). A name that is there is kept.
 */
void virDomainDeviceAssignAlias(const virDomainDef *def, const virDomainDeviceDef *dev);

/* virDomainDeviceAssignAlias() for all devices. */
void virDomainDefAssignAliases(virDomainDef *def);

/* Takes back the names that are not the user's. */
void virDomainDefDropAliases(virDomainDef *def);

/**
 * virDomainDeviceParseXML:
 * @node: an element below <devices>, not checked yet
 * @def: the definition that the device is for: neither changed nor asked for an address
 * @dev: filled; free with virDomainDeviceFree() or add it to its list
 *
 * Errors: XML_ERROR or CONFIG_UNSUPPORTED, also if no such element is a device by itself.
 * Returns: 0, or -1 with an error reported and @dev untouched
 */
int virDomainDeviceParseXML(virXMLNode *node, const virDomainDef *def, virDomainDeviceDef *dev)
    G_GNUC_WARN_UNUSED_RESULT;
void
virDomainDeviceFormatXML(virXMLWriter *writer, const virDomainDeviceDef *dev, unsigned int flags);
void virDomainDeviceFree(virDomainDeviceDef *dev);

/**
 * virDomainDefCheckDevices:
 *
 * What no device can know alone: boot orders and the user's names are unique, boot orders are not
 * mixed with <boot dev='…'/> of <os>, and an address is of the type that its device has.
 *
 * Errors: XML_ERROR or CONFIG_UNSUPPORTED naming the devices.
 * Returns: 0, or -1 with an error reported
 */
int virDomainDefCheckDevices(const virDomainDef *def) G_GNUC_WARN_UNUSED_RESULT;
