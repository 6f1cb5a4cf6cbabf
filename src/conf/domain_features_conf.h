/*
 * domain_features_conf.h: <features>, <pm>: what the machine has
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stdbool.h>

#include <glib.h>

#include "domain_value_conf.h"

/* Enlightenments for Windows that are on or off and nothing more. */
typedef enum {
    VIR_DOMAIN_HYPERV_RELAXED,
    VIR_DOMAIN_HYPERV_VAPIC,
    VIR_DOMAIN_HYPERV_SPINLOCKS,
    VIR_DOMAIN_HYPERV_VPINDEX,
    VIR_DOMAIN_HYPERV_RUNTIME,
    VIR_DOMAIN_HYPERV_SYNIC,
    VIR_DOMAIN_HYPERV_STIMER,
    VIR_DOMAIN_HYPERV_RESET,
    VIR_DOMAIN_HYPERV_VENDOR_ID,
    VIR_DOMAIN_HYPERV_FREQUENCIES,
    VIR_DOMAIN_HYPERV_REENLIGHTENMENT,
    VIR_DOMAIN_HYPERV_TLBFLUSH,
    VIR_DOMAIN_HYPERV_IPI,
    VIR_DOMAIN_HYPERV_EVMCS,
    VIR_DOMAIN_HYPERV_AVIC,
    VIR_DOMAIN_HYPERV_LAST,
} virDomainHypervFeature;

VIR_ENUM_DECL(virDomainHyperv);

typedef enum {
    VIR_DOMAIN_HYPERV_MODE_CUSTOM,
    VIR_DOMAIN_HYPERV_MODE_PASSTHROUGH, /* all that the host's KVM offers */
    VIR_DOMAIN_HYPERV_MODE_LAST,
} virDomainHypervMode;

VIR_ENUM_DECL(virDomainHypervMode);

typedef struct {
    bool present;
    virDomainHypervMode mode;
    virTristate state[VIR_DOMAIN_HYPERV_LAST];
    unsigned int spinlockRetries; /* 0 if SPINLOCKS is not on */
    virTristate stimerDirect;
    char *vendorID; /* NULL if VENDOR_ID is not on */
} virDomainHypervDef;

typedef enum {
    VIR_DOMAIN_IOAPIC_DEFAULT,
    VIR_DOMAIN_IOAPIC_KVM,
    VIR_DOMAIN_IOAPIC_QEMU,
    VIR_DOMAIN_IOAPIC_LAST,
} virDomainIOAPIC;

VIR_ENUM_DECL(virDomainIOAPIC);

/* virDomainFeaturesDefClear() frees what it holds. */
typedef struct {
    bool acpi;
    bool apic;
    virTristate apicEOI;
    bool pae;
    bool kvm; /* there is a <kvm> */
    virTristate kvmHidden;
    virTristate kvmHintDedicated;
    virTristate kvmPollControl;
    virDomainHypervDef hyperv;
    virDomainIOAPIC ioapic;
    virTristate smm;
    virTristate vmport;
    virTristate pmu;
    virTristate vmcoreinfo;   /* a guest's kernel says where QEMU finds what a dump needs */
    virTristate suspendToMem; /* <pm> */
    virTristate suspendToDisk;
} virDomainFeaturesDef;

extern const virXMLSchema virDomainFeaturesSchema;
extern const virXMLSchema virDomainPMSchema;

/**
 * virDomainFeaturesDefParseXML:
 * @root: <domain>, checked against a schema with the above
 * @kvm: if the guest runs under KVM; what needs it is refused otherwise
 * @features: filled, zero before
 *
 * Errors: XML_ERROR or CONFIG_UNSUPPORTED.
 * Returns: 0, or -1 with an error reported; virDomainFeaturesDefClear() @features in either case
 */
int virDomainFeaturesDefParseXML(virXMLNode *root, bool kvm, virDomainFeaturesDef *features)
    G_GNUC_WARN_UNUSED_RESULT;
void virDomainFeaturesDefFormatXML(virXMLWriter *writer, const virDomainFeaturesDef *features);
void virDomainPMFormatXML(virXMLWriter *writer, const virDomainFeaturesDef *features);
void virDomainFeaturesDefClear(virDomainFeaturesDef *features);

/* domain_hyperv_conf.c */
extern const virXMLSchema virDomainHypervSchema;
int
virDomainHypervDefParseXML(virXMLNode *node, virDomainHypervDef *hyperv) G_GNUC_WARN_UNUSED_RESULT;
void virDomainHypervDefFormatXML(virXMLWriter *writer, const virDomainHypervDef *hyperv);
