/*
 * domain_os_conf.h: <os>: the machine and what it boots
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stdbool.h>

#include <glib.h>

#include "domain_loader_conf.h"
#include "virenum.h"
#include "virxml.h"
#include "virxmlwriter.h"

/* The only architecture, and the machine of a guest that names none. */
#define VIR_DOMAIN_OS_ARCH    "x86_64"
#define VIR_DOMAIN_OS_MACHINE "q35"

/* True if a document may name it: "q35", "pc" and their versions. */
bool virDomainOSMachineIsSupported(const char *machine);

/* Classes of devices, for <boot dev='…'/>: those that a guest can have. */
typedef enum {
    VIR_DOMAIN_BOOT_CDROM,
    VIR_DOMAIN_BOOT_DISK,
    VIR_DOMAIN_BOOT_NET,
    VIR_DOMAIN_BOOT_LAST,
} virDomainBootDev;

VIR_ENUM_DECL(virDomainBootDev);

/* Where the guest's SMBIOS tables come from. */
typedef enum {
    VIR_DOMAIN_SMBIOS_DEFAULT, /* as EMULATE */
    VIR_DOMAIN_SMBIOS_EMULATE,
    VIR_DOMAIN_SMBIOS_SYSINFO, /* <sysinfo> adds to them */
} virDomainSmbios;

/* Texts are owned. */
typedef struct {
    char *arch;    /* "x86_64" */
    char *machine; /* "q35" or "pc", or a version ("pc-q35-7.2", "pc-i440fx-7.2") */
    char *kernel;  /* absolute path, or NULL to boot from a device */
    char *initrd;  /* NULL without one */
    char *cmdline; /* NULL without one */
    virDomainLoaderDef loader;
    virDomainBootDev bootDevs[VIR_DOMAIN_BOOT_LAST]; /* best first, @nbootDevs of them */
    unsigned int nbootDevs;
    virTristate bootmenu;
    bool hasBootmenuTimeout;
    unsigned int bootmenuTimeout_ms;
    virDomainSmbios smbios;
} virDomainOSDef;

extern const virXMLSchema virDomainOSSchema;

/**
 * virDomainOSDefParseXML:
 * @node: <os>, checked against the schema
 * @os: filled, zero before
 *
 * Errors: XML_ERROR or CONFIG_UNSUPPORTED.
 * Returns: 0, or -1 with an error reported; virDomainOSDefClear() @os in either case
 */
int virDomainOSDefParseXML(virXMLNode *node, virDomainOSDef *os) G_GNUC_WARN_UNUSED_RESULT;
void virDomainOSDefFormatXML(virXMLWriter *writer, const virDomainOSDef *os);
void virDomainOSDefClear(virDomainOSDef *os);

/* The place of a class of devices in the list of <boot dev='…'/>, from 1; 0 if it is not there. */
unsigned int virDomainOSGetBootRank(const virDomainOSDef *os, virDomainBootDev dev);
