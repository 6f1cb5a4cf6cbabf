/*
 * domain_conf.h: <domain>: the definition of a guest
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stdbool.h>

#include <glib.h>

#include "domain_audio_conf.h"
#include "domain_chr_conf.h"
#include "domain_clock_conf.h"
#include "domain_controller_conf.h"
#include "domain_cpu_conf.h"
#include "domain_disk_conf.h"
#include "domain_features_conf.h"
#include "domain_graphics_conf.h"
#include "domain_hostdev_conf.h"
#include "domain_input_conf.h"
#include "domain_iommu_conf.h"
#include "domain_lifecycle_conf.h"
#include "domain_mem_conf.h"
#include "domain_memballoon_conf.h"
#include "domain_metadata_conf.h"
#include "domain_net_conf.h"
#include "domain_numa_conf.h"
#include "domain_os_conf.h"
#include "domain_panic_conf.h"
#include "domain_qemu_conf.h"
#include "domain_redirdev_conf.h"
#include "domain_rng_conf.h"
#include "domain_sysinfo_conf.h"
#include "domain_tpm_conf.h"
#include "domain_vcpu_conf.h"
#include "domain_video_conf.h"
#include "domain_watchdog_conf.h"
#include "virenum.h"

typedef enum {
    VIR_DOMAIN_VIRT_QEMU, /* emulation only (TCG) */
    VIR_DOMAIN_VIRT_KVM,
    VIR_DOMAIN_VIRT_LAST,
} virDomainVirtType;

VIR_ENUM_DECL(virDomainVirt);

/* Texts and arrays are owned. Once parsed, every PCI address in it is assigned
 * and every device has a name. */
struct _virDomainDef {
    virDomainVirtType virtType;
    int id;     /* of a running guest, or -1 */
    char *name; /* at most 255 bytes, no '/', no control characters */
    char *uuid; /* lower case, with dashes */
    virDomainMetadataDef metadata;
    virDomainMemoryDef mem;
    virDomainVcpuDef vcpu;
    virDomainNumaDef numa;
    virDomainCPUDef cpu;
    GPtrArray *sysinfo; /* virDomainSysinfoEntry; NULL without <sysinfo> */
    virDomainOSDef os;
    virDomainFeaturesDef features;
    virDomainClockDef clock;
    virDomainLifecycleDef lifecycle;
    char *emulator;         /* absolute path, or NULL for the one in PATH */
    GPtrArray *disks;       /* virDomainDiskDef */
    GPtrArray *controllers; /* virDomainControllerDef; the root of PCI is the first */
    GPtrArray *nets;        /* virDomainNetDef */
    GPtrArray *hostdevs;    /* virDomainHostdevDef; those that are interfaces first */
    /* virDomainChrDef */
    GPtrArray *serials;  /* ordered by port; the first one is a console too */
    GPtrArray *consoles; /* the others, on virtio */
    GPtrArray *channels;
    GPtrArray *inputs;    /* virDomainInputDef */
    GPtrArray *graphics;  /* virDomainGraphicsDef, at most one of a type */
    GPtrArray *sounds;    /* virDomainSoundDef */
    GPtrArray *videos;    /* virDomainVideoDef; the primary one is the first */
    GPtrArray *rngs;      /* virDomainRNGDef */
    GPtrArray *redirdevs; /* virDomainRedirdevDef */
    /* At most one each. */
    GPtrArray *tpms;        /* virDomainTPMDef */
    GPtrArray *audios;      /* virDomainAudioDef */
    GPtrArray *watchdogs;   /* virDomainWatchdogDef */
    GPtrArray *memballoons; /* virDomainMemballoonDef; may say that there is none */
    GPtrArray *panics;      /* virDomainPanicDef */
    GPtrArray *iommus;      /* virDomainIOMMUDef */
    virDomainQemuDef qemu;
};

/* Whether the machine has PCI Express (q35) or conventional PCI only (pc, that is i440fx). */
bool virDomainDefHasPCIe(const virDomainDef *def);

void virDomainDefFree(virDomainDef *def);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virDomainDef, virDomainDefFree)

/**
 * virDomainDefParse:
 * @text: a <domain> document, not NUL-terminated
 * @len: bytes of @text
 * @source: what the user calls it, for messages
 *
 * Parses the subset of libvirt's domain XML in docs/guestxml, makes up a UUID if there is none,
 * and assigns the PCI addresses that are not given. Pure: looks at nothing of the host.
 *
 * Errors: XML_ERROR with the line for what is wrong, CONFIG_UNSUPPORTED with name and line for what
 * is not understood: nothing is ignored.
 * Returns: the definition, owned by the caller, or NULL
 */
virDomainDef *virDomainDefParse(const char *text, size_t len, const char *source);

/* virDomainDefParse() of what a descriptor holds to its end; SYSTEM_ERROR if it cannot be read. */
virDomainDef *virDomainDefParseFD(int fd, const char *source);

/* virDomainDefParse() of a running guest's definition: the names of devices that are ours stay. */
virDomainDef *virDomainDefParseLive(const char *text, size_t len, const char *source);

/* virDomainDefParseLive() of a <domain> inside a document. */
virDomainDef *virDomainDefParseNode(virXMLNode *root);

/**
 * virDomainDefCopy:
 *
 * Errors: those of virDomainDefParse(), if what is formatted cannot be parsed.
 * Returns: the definition of an inactive guest that is otherwise equal to @def, owned by the
 * caller, or NULL with an error reported
 */
virDomainDef *virDomainDefCopy(const virDomainDef *def);

/**
 * virDomainDefFormat:
 * @flags: virDomainDefFormatFlags; a guest without an id is not running
 *
 * Returns: the definition as XML, owned by the caller; parsing it gives an equal one
 */
char *virDomainDefFormat(const virDomainDef *def, unsigned int flags);

/* virDomainDefFormat() into a document. */
void virDomainDefFormatXML(virXMLWriter *writer, const virDomainDef *def, unsigned int flags);
