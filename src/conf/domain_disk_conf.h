/*
 * domain_disk_conf.h: <disk>: disks and CD-ROMs of a guest
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stdbool.h>

#include <glib.h>

#include "device_conf.h"
#include "domain_controller_conf.h"
#include "domain_virtio_conf.h"
#include "virenum.h"

typedef enum {
    VIR_DOMAIN_DISK_TYPE_FILE,
    VIR_DOMAIN_DISK_TYPE_BLOCK, /* a block device of the host */
    VIR_DOMAIN_DISK_TYPE_LAST,
} virDomainDiskType;

typedef enum {
    VIR_DOMAIN_DISK_DEVICE_DISK,
    VIR_DOMAIN_DISK_DEVICE_CDROM,
    VIR_DOMAIN_DISK_DEVICE_LAST,
} virDomainDiskDevice;

typedef enum {
    VIR_DOMAIN_DISK_BUS_VIRTIO,
    VIR_DOMAIN_DISK_BUS_SCSI,
    VIR_DOMAIN_DISK_BUS_SATA,
    VIR_DOMAIN_DISK_BUS_IDE,
    VIR_DOMAIN_DISK_BUS_USB,
    VIR_DOMAIN_DISK_BUS_LAST,
} virDomainDiskBus;

typedef enum {
    VIR_DOMAIN_DISK_FORMAT_RAW,
    VIR_DOMAIN_DISK_FORMAT_QCOW2,
    VIR_DOMAIN_DISK_FORMAT_LAST,
} virDomainDiskFormat;

/* Of what follows, DEFAULT is QEMU's own choice. */
typedef enum {
    VIR_DOMAIN_DISK_CACHE_DEFAULT,
    VIR_DOMAIN_DISK_CACHE_NONE,
    VIR_DOMAIN_DISK_CACHE_WRITETHROUGH,
    VIR_DOMAIN_DISK_CACHE_WRITEBACK,
    VIR_DOMAIN_DISK_CACHE_DIRECTSYNC,
    VIR_DOMAIN_DISK_CACHE_UNSAFE,
    VIR_DOMAIN_DISK_CACHE_LAST,
} virDomainDiskCache;

typedef enum {
    VIR_DOMAIN_DISK_IO_DEFAULT,
    VIR_DOMAIN_DISK_IO_NATIVE,
    VIR_DOMAIN_DISK_IO_THREADS,
    VIR_DOMAIN_DISK_IO_URING,
    VIR_DOMAIN_DISK_IO_LAST,
} virDomainDiskIO;

typedef enum {
    VIR_DOMAIN_DISK_DISCARD_DEFAULT,
    VIR_DOMAIN_DISK_DISCARD_UNMAP,
    VIR_DOMAIN_DISK_DISCARD_IGNORE,
    VIR_DOMAIN_DISK_DISCARD_LAST,
} virDomainDiskDiscard;

typedef enum {
    VIR_DOMAIN_DISK_DETECT_ZEROES_DEFAULT,
    VIR_DOMAIN_DISK_DETECT_ZEROES_OFF,
    VIR_DOMAIN_DISK_DETECT_ZEROES_ON,
    VIR_DOMAIN_DISK_DETECT_ZEROES_UNMAP,
    VIR_DOMAIN_DISK_DETECT_ZEROES_LAST,
} virDomainDiskDetectZeroes;

/* What a guest notices of an error on the host. */
typedef enum {
    VIR_DOMAIN_DISK_ERROR_DEFAULT,
    VIR_DOMAIN_DISK_ERROR_STOP,
    VIR_DOMAIN_DISK_ERROR_REPORT,
    VIR_DOMAIN_DISK_ERROR_IGNORE,
    VIR_DOMAIN_DISK_ERROR_ENOSPACE, /* stop if the host has no space left, report the rest */
    VIR_DOMAIN_DISK_ERROR_LAST,
} virDomainDiskErrorPolicy;

VIR_ENUM_DECL(virDomainDiskType);
VIR_ENUM_DECL(virDomainDiskDevice);
VIR_ENUM_DECL(virDomainDiskBus);
VIR_ENUM_DECL(virDomainDiskFormat);
VIR_ENUM_DECL(virDomainDiskCache);
VIR_ENUM_DECL(virDomainDiskIO);
VIR_ENUM_DECL(virDomainDiskDiscard);
VIR_ENUM_DECL(virDomainDiskDetectZeroes);
VIR_ENUM_DECL(virDomainDiskErrorPolicy);

/* What QEMU has room for. */
#define VIR_DOMAIN_DISK_QUEUES_MAX     1024
#define VIR_DOMAIN_DISK_QUEUE_SIZE_MAX 1024

/* Texts are owned, and NULL if absent. */
typedef struct {
    virDomainDiskType type;
    virDomainDiskDevice device;
    char *source; /* absolute path; NULL for a CD-ROM drive without a disc */
    virDomainDiskFormat format;
    virDomainDiskCache cache;
    virDomainDiskIO io;
    virDomainDiskDiscard discard;
    virDomainDiskDetectZeroes detectZeroes;
    virDomainDiskErrorPolicy errorPolicy;
    unsigned int iothread; /* which of <iothreads> serves it; 0 is QEMU's main thread */
    char *target;          /* "vda": unique in a guest; gives the order on a bus */
    virDomainDiskBus bus;
    virDomainVirtioDef virtio; /* of bus virtio, as the next two */
    unsigned int queues;       /* up to VIR_DOMAIN_DISK_QUEUES_MAX; 0 is QEMU's default */
    unsigned int queueSize;    /* requests in one: a power of 2; 0 is QEMU's default */
    bool readonly;
    bool shareable;                 /* by several guests at a time */
    bool noBacking;                 /* the image has no backing file, whatever it says */
    char *serial;                   /* at most 36 bytes */
    char *wwn;                      /* 16 hexadecimal digits, below 2^63 */
    unsigned int logicalBlockSize;  /* bytes; 0 is QEMU's default */
    unsigned int physicalBlockSize; /* likewise */
    virDomainDeviceInfo info;
} virDomainDiskDef;

extern const virXMLSchema virDomainDiskSchema;
extern const virDomainDeviceClass virDomainDiskClass;

void virDomainDiskDefFree(virDomainDiskDef *disk);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virDomainDiskDef, virDomainDiskDefFree)

/**
 * virDomainDiskDefParseXML:
 * @node: <disk>, checked against the schema
 *
 * Errors: XML_ERROR or CONFIG_UNSUPPORTED.
 * Returns: the disk, owned by the caller, or NULL
 */
virDomainDiskDef *virDomainDiskDefParseXML(virXMLNode *node);
void
virDomainDiskDefFormatXML(virXMLWriter *writer, const virDomainDiskDef *disk, unsigned int flags);

/* The number that a target's letters are: 0 for "vda", 26 for "vdaa". -1 if it is no target. */
int virDomainDiskTargetIndex(const char *target);

/* The type of the controllers of a disk with an address of type DRIVE. */
virDomainControllerType virDomainDiskGetControllerType(const virDomainDiskDef *disk);

/**
 * virDomainDiskValidate:
 *
 * What of a disk contradicts the rest of it.
 *
 * Errors: XML_ERROR or CONFIG_UNSUPPORTED naming the disk.
 * Returns: 0, or -1 with an error reported
 */
int virDomainDiskValidate(const virDomainDiskDef *disk) G_GNUC_WARN_UNUSED_RESULT;
