/*
 * domain_clock_conf.h: <clock>: what the guest's clock shows, and its timers
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stdbool.h>

#include <glib.h>

#include "domain_value_conf.h"

/* What the guest's clock shows at its start. */
typedef enum {
    VIR_DOMAIN_CLOCK_UTC,
    VIR_DOMAIN_CLOCK_LOCALTIME,
    VIR_DOMAIN_CLOCK_TIMEZONE,
    VIR_DOMAIN_CLOCK_VARIABLE, /* so much beside UTC or local time */
    VIR_DOMAIN_CLOCK_ABSOLUTE, /* always the same time */
    VIR_DOMAIN_CLOCK_LAST,
} virDomainClockOffset;

VIR_ENUM_DECL(virDomainClock);

typedef enum {
    VIR_DOMAIN_TIMER_RTC,
    VIR_DOMAIN_TIMER_PIT,
    VIR_DOMAIN_TIMER_HPET,
    VIR_DOMAIN_TIMER_TSC,
    VIR_DOMAIN_TIMER_KVMCLOCK,
    VIR_DOMAIN_TIMER_HYPERVCLOCK,
    VIR_DOMAIN_TIMER_LAST,
} virDomainTimerName;

VIR_ENUM_DECL(virDomainTimer);

/* What becomes of ticks that the guest has missed. */
typedef enum {
    VIR_DOMAIN_TICKPOLICY_DEFAULT,
    VIR_DOMAIN_TICKPOLICY_DELAY,
    VIR_DOMAIN_TICKPOLICY_CATCHUP,
    VIR_DOMAIN_TICKPOLICY_DISCARD,
    VIR_DOMAIN_TICKPOLICY_LAST,
} virDomainTickpolicy;

VIR_ENUM_DECL(virDomainTickpolicy);

/* The clock of the host that the RTC follows. */
typedef enum {
    VIR_DOMAIN_TRACK_DEFAULT,
    VIR_DOMAIN_TRACK_GUEST,
    VIR_DOMAIN_TRACK_WALL,
    VIR_DOMAIN_TRACK_REALTIME,
    VIR_DOMAIN_TRACK_LAST,
} virDomainTrack;

VIR_ENUM_DECL(virDomainTrack);

typedef struct {
    bool given; /* there is a <timer> of that name */
    virTristate present;
    virDomainTickpolicy tickpolicy; /* of RTC and PIT */
    virDomainTrack track;           /* of RTC */
    guint64 frequency;              /* of TSC, in Hz; 0 is the host's */
} virDomainTimerDef;

/* virDomainClockDefClear() frees what it holds. */
typedef struct {
    virDomainClockOffset offset;
    virDomainClockOffset basis; /* of VARIABLE: UTC or LOCALTIME */
    gint64 adjustment_s;        /* of VARIABLE */
    gint64 start_s;             /* of ABSOLUTE: seconds since 1970 */
    char *timezone;             /* of TIMEZONE: "Europe/Berlin" */
    virDomainTimerDef timers[VIR_DOMAIN_TIMER_LAST];
    gint64 now_s; /* the host's time for a test; 0 is to look at the clock */
} virDomainClockDef;

extern const virXMLSchema virDomainClockSchema;

/**
 * virDomainClockDefParseXML:
 * @root: <domain>, checked against a schema with the above
 * @kvm: if the guest runs under KVM; timers that need it are refused otherwise
 * @clock: filled, zero before
 *
 * Errors: XML_ERROR or CONFIG_UNSUPPORTED.
 * Returns: 0, or -1 with an error reported; virDomainClockDefClear() @clock in either case
 */
int virDomainClockDefParseXML(virXMLNode *root, bool kvm, virDomainClockDef *clock)
    G_GNUC_WARN_UNUSED_RESULT;
void virDomainClockDefFormatXML(virXMLWriter *writer, const virDomainClockDef *clock);
void virDomainClockDefClear(virDomainClockDef *clock);
