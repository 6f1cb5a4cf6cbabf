/*
 * domain_vcpu_conf.h: <vcpu>, <iothreads>, <cputune>: a guest's threads and where on the host they
 * run
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

#include "domain_iothread_conf.h"
#include "domain_value_conf.h"

#define VIR_DOMAIN_MAX_VCPUS     255
#define VIR_DOMAIN_MAX_HOST_CPU  VIR_BITMAP_MAX
#define VIR_DOMAIN_MAX_HOST_NODE 1023

/* virDomainVcpuDefClear() frees what it holds. Sets are of processors of the host. */
typedef struct {
    unsigned int max;
    unsigned int current;   /* those that are there at the start; the others can be plugged in */
    virBitmap *cpuset;      /* where QEMU runs if nothing finer is said; NULL is anywhere */
    virBitmap *emulatorpin; /* QEMU's other threads; NULL is @cpuset */
    virBitmap **pins;       /* @max of them, by vCPU; NULL is @cpuset */
    virDomainIOThreadsDef iothreads;
} virDomainVcpuDef;

extern const virXMLSchema virDomainVcpuSchema;
extern const virXMLSchema virDomainCputuneSchema;

/**
 * virDomainVcpuDefParseXML:
 * @root: <domain>, checked against a schema with the above
 * @vcpu: filled, zero before
 *
 * Errors: XML_ERROR or CONFIG_UNSUPPORTED.
 * Returns: 0, or -1 with an error reported; virDomainVcpuDefClear() @vcpu in either case
 */
int virDomainVcpuDefParseXML(virXMLNode *root, virDomainVcpuDef *vcpu) G_GNUC_WARN_UNUSED_RESULT;
void virDomainVcpuDefFormatXML(virXMLWriter *writer, const virDomainVcpuDef *vcpu);

/* Gives a definition another number of processors, at least one; pins and <vcpu current> of those
 * that are no more go. */
void virDomainVcpuDefSetMax(virDomainVcpuDef *vcpu, unsigned int max);
void virDomainVcpuDefClear(virDomainVcpuDef *vcpu);
