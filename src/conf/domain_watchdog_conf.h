/*
 * domain_watchdog_conf.h: <watchdog>: what happens when a guest no longer answers
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

#include "device_conf.h"
#include "virenum.h"

typedef enum {
    VIR_DOMAIN_WATCHDOG_I6300ESB, /* a PCI device */
    VIR_DOMAIN_WATCHDOG_IB700,    /* an ISA device */
    VIR_DOMAIN_WATCHDOG_ITCO,     /* built into q35 */
    VIR_DOMAIN_WATCHDOG_LAST,
} virDomainWatchdogModel;

VIR_ENUM_DECL(virDomainWatchdog);

typedef enum {
    VIR_DOMAIN_WATCHDOG_ACTION_RESET,
    VIR_DOMAIN_WATCHDOG_ACTION_SHUTDOWN,
    VIR_DOMAIN_WATCHDOG_ACTION_POWEROFF,
    VIR_DOMAIN_WATCHDOG_ACTION_PAUSE,
    VIR_DOMAIN_WATCHDOG_ACTION_NONE,
    VIR_DOMAIN_WATCHDOG_ACTION_INJECT_NMI,
    VIR_DOMAIN_WATCHDOG_ACTION_LAST,
} virDomainWatchdogAction;

VIR_ENUM_DECL(virDomainWatchdogAction);

typedef struct {
    virDomainWatchdogModel model;
    virDomainWatchdogAction action;
    virDomainDeviceInfo info;
} virDomainWatchdogDef;

extern const virXMLSchema virDomainWatchdogSchema;
extern const virDomainDeviceClass virDomainWatchdogClass;

void virDomainWatchdogDefFree(virDomainWatchdogDef *watchdog);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virDomainWatchdogDef, virDomainWatchdogDefFree)

/**
 * virDomainWatchdogDefParseXML:
 * @node: <watchdog>, checked against the schema
 *
 * Errors: XML_ERROR or CONFIG_UNSUPPORTED.
 * Returns: the device, owned by the caller, or NULL
 */
virDomainWatchdogDef *virDomainWatchdogDefParseXML(virXMLNode *node);

/* @flags: virDomainDefFormatFlags. */
void virDomainWatchdogDefFormatXML(virXMLWriter *writer, const virDomainWatchdogDef *watchdog,
                                   unsigned int flags);
