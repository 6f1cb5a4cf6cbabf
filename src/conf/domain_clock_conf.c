/*
 * domain_clock_conf.c: <clock>: what the guest's clock shows, and its timers
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "domain_clock_conf.h"
#include "virerror.h"
#include "virgettext.h"

VIR_ENUM_IMPL(virDomainClock, VIR_DOMAIN_CLOCK_LAST, "utc", "localtime", "timezone", "variable",
              "absolute");
VIR_ENUM_IMPL(virDomainTimer, VIR_DOMAIN_TIMER_LAST, "rtc", "pit", "hpet", "tsc", "kvmclock",
              "hypervclock");
VIR_ENUM_IMPL(virDomainTickpolicy, VIR_DOMAIN_TICKPOLICY_LAST, "", "delay", "catchup", "discard");
VIR_ENUM_IMPL(virDomainTrack, VIR_DOMAIN_TRACK_LAST, "", "guest", "wall", "realtime");

VIR_ENUM_DECL(virDomainClockBasis);
VIR_ENUM_IMPL(virDomainClockBasis, 2, "utc", "localtime");

/* The end of the year 9999, and more than any clock is wrong by. */
#define VIR_DOMAIN_CLOCK_MAX_S      G_GINT64_CONSTANT(253402300799)
#define VIR_DOMAIN_ADJUSTMENT_MAX_S G_GINT64_CONSTANT(10000000000)
#define VIR_DOMAIN_TIMEZONE_MAX     64
#define VIR_DOMAIN_TIMEZONE_CHARS   G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "/_+-"
#define VIR_DOMAIN_TSC_MAX_HZ       G_GUINT64_CONSTANT(100000000000)

static const virXMLSchema virDomainTimerSchema = {
    .name = "timer",
    .attributes = VIR_XML_NAMES("name", "present", "tickpolicy", "track", "frequency"),
    .flags = VIR_XML_MANY,
};
const virXMLSchema virDomainClockSchema = {
    .name = "clock",
    .attributes = VIR_XML_NAMES("offset", "adjustment", "basis", "timezone", "start"),
    .children = VIR_XML_CHILDREN(&virDomainTimerSchema),
};

void
virDomainClockDefClear(virDomainClockDef *clock)
{
    g_clear_pointer(&clock->timezone, g_free);
}

static const char *
virDomainTickpolicyWord(int value)
{
    return virDomainTickpolicyToString(value + 1);
}

static const char *
virDomainTrackWord(int value)
{
    return virDomainTrackToString(value + 1);
}

/* An attribute that only some kinds of a thing have. */
static int
virDomainClockCheckAttribute(virXMLNode *node, const char *attribute, bool fits, const char *kind)
{
    if (fits || !virXMLHasAttribute(node, attribute))
        return 0;
    virXMLReportError(node, VIR_ERR_CONFIG_UNSUPPORTED,
                      _("unsupported configuration: attribute '%1$s' of a <%2$s> that is '%3$s'"),
                      attribute, virXMLGetName(node), kind);
    return -1;
}

static int
virDomainTimerAttributesParseXML(virXMLNode *node, virDomainTimerName name,
                                 virDomainTimerDef *timer)
{
    const char *kind = virDomainTimerToString((int)name);
    bool rtc = name == VIR_DOMAIN_TIMER_RTC;
    int policy = -1;
    int track = -1;

    if (virDomainClockCheckAttribute(node, "track", rtc, kind) < 0 ||
        virDomainClockCheckAttribute(node, "tickpolicy", rtc || name == VIR_DOMAIN_TIMER_PIT,
                                     kind) < 0 ||
        virDomainClockCheckAttribute(node, "frequency", name == VIR_DOMAIN_TIMER_TSC, kind) < 0 ||
        virDomainYesNoParseXML(node, "present", &timer->present) < 0 ||
        virXMLGetEnum(node, "tickpolicy", virDomainTickpolicyWord, &policy) < 0 ||
        virXMLGetEnum(node, "track", virDomainTrackWord, &track) < 0 ||
        virXMLGetNumber(node, "frequency", VIR_DOMAIN_TSC_MAX_HZ, &timer->frequency) < 0)
        return -1;
    timer->tickpolicy = (virDomainTickpolicy)(policy + 1);
    timer->track = (virDomainTrack)(track + 1);
    if ((rtc || name == VIR_DOMAIN_TIMER_TSC) && timer->present == VIR_TRISTATE_OFF) {
        virXMLReportError(
            node, VIR_ERR_CONFIG_UNSUPPORTED,
            _("unsupported configuration: timer '%1$s' with present='no'; every guest "
              "has it"),
            kind);
        return -1;
    }
    if (rtc && timer->tickpolicy == VIR_DOMAIN_TICKPOLICY_DISCARD) {
        virXMLReportError(node, VIR_ERR_CONFIG_UNSUPPORTED,
                          _("unsupported configuration: tickpolicy='discard' of the RTC; it has "
                            "'delay' and 'catchup'"));
        return -1;
    }
    return 0;
}

static int
virDomainTimerParseXML(virXMLNode *node, bool kvm, virDomainClockDef *clock)
{
    virDomainTimerDef *timer;
    int name = 0;
    int rc = virXMLGetEnum(node, "name", virDomainTimerToString, &name);

    if (rc == 0)
        return virXMLReportMissing(node, "name");
    if (rc < 0)
        return -1;
    timer = &clock->timers[name];
    if (timer->given) {
        virXMLReportError(node, VIR_ERR_XML_ERROR, _("timer '%1$s' is given twice"),
                          virDomainTimerToString(name));
        return -1;
    }
    timer->given = true;
    if (virDomainTimerAttributesParseXML(node, (virDomainTimerName)name, timer) < 0)
        return -1;
    /* What is not there in emulation is absent in truth, too. */
    if (!kvm && (name == VIR_DOMAIN_TIMER_KVMCLOCK || name == VIR_DOMAIN_TIMER_HYPERVCLOCK) &&
        timer->present != VIR_TRISTATE_OFF) {
        virXMLReportError(node, VIR_ERR_CONFIG_UNSUPPORTED,
                          _("unsupported configuration: timer '%1$s' needs <domain type='kvm'>; "
                            "emulation does not have it"),
                          virDomainTimerToString(name));
        return -1;
    }
    return 0;
}

/* Seconds with a sign: 1, or 0 and untouched for none. 'reset' is that what a guest has changed of
 * its clock is not kept, which is so for every guest. */
static int
virDomainClockAdjustmentParseXML(virXMLNode *node, bool reset, gint64 *value)
{
    g_autofree char *text = virXMLGetAttribute(node, "adjustment");
    gint64 number;

    if (!text || (reset && strcmp(text, "reset") == 0))
        return 0;
    if (!g_ascii_string_to_signed(text, 10, -VIR_DOMAIN_ADJUSTMENT_MAX_S,
                                  VIR_DOMAIN_ADJUSTMENT_MAX_S, &number, NULL)) {
        virXMLReportError(node, VIR_ERR_XML_ERROR,
                          _("attribute 'adjustment' of <clock> is '%1$s' and must be seconds, at "
                            "most %2$lld"),
                          text, (long long)VIR_DOMAIN_ADJUSTMENT_MAX_S);
        return -1;
    }
    *value = number;
    return 1;
}

static int
virDomainClockTimezoneParseXML(virXMLNode *node, virDomainClockDef *clock)
{
    int rc = virDomainTextParseXML(node, "timezone", VIR_DOMAIN_TIMEZONE_MAX, &clock->timezone);

    if (rc == 0)
        return virXMLReportMissing(node, "timezone");
    if (rc < 0)
        return -1;
    if (clock->timezone[strspn(clock->timezone, VIR_DOMAIN_TIMEZONE_CHARS)] != '\0' ||
        !g_ascii_isalpha(clock->timezone[0])) {
        virXMLReportError(node, VIR_ERR_XML_ERROR, _("'%1$s' is no time zone like 'Europe/Berlin'"),
                          clock->timezone);
        return -1;
    }
    return 0;
}

static int
virDomainClockOffsetParseXML(virXMLNode *node, virDomainClockDef *clock)
{
    const char *kind = virDomainClockToString(clock->offset);
    bool variable = clock->offset == VIR_DOMAIN_CLOCK_VARIABLE;
    bool zone = clock->offset == VIR_DOMAIN_CLOCK_TIMEZONE;
    bool absolute = clock->offset == VIR_DOMAIN_CLOCK_ABSOLUTE;
    bool host =
        clock->offset == VIR_DOMAIN_CLOCK_UTC || clock->offset == VIR_DOMAIN_CLOCK_LOCALTIME;
    guint64 start = 0;
    int basis = 0;
    int adjusted;
    int rc;

    if (virDomainClockCheckAttribute(node, "adjustment", variable || host, kind) < 0 ||
        virDomainClockCheckAttribute(node, "basis", variable, kind) < 0 ||
        virDomainClockCheckAttribute(node, "timezone", zone, kind) < 0 ||
        virDomainClockCheckAttribute(node, "start", absolute, kind) < 0 ||
        (adjusted = virDomainClockAdjustmentParseXML(node, host, &clock->adjustment_s)) < 0 ||
        virXMLGetEnum(node, "basis", virDomainClockBasisToString, &basis) < 0 ||
        (zone && virDomainClockTimezoneParseXML(node, clock) < 0) ||
        (rc = virXMLGetNumber(node, "start", VIR_DOMAIN_CLOCK_MAX_S, &start)) < 0)
        return -1;
    if (absolute && rc == 0)
        return virXMLReportMissing(node, "start");
    clock->basis = basis ? VIR_DOMAIN_CLOCK_LOCALTIME : VIR_DOMAIN_CLOCK_UTC;
    clock->start_s = (gint64)start;
    if (host && adjusted) {
        clock->basis = clock->offset;
        clock->offset = VIR_DOMAIN_CLOCK_VARIABLE;
    }
    return 0;
}

int
virDomainClockDefParseXML(virXMLNode *root, bool kvm, virDomainClockDef *clock)
{
    virXMLNode *node = virXMLGetChild(root, "clock");
    int offset = VIR_DOMAIN_CLOCK_UTC;

    if (!node)
        return 0;
    if (virXMLGetEnum(node, "offset", virDomainClockToString, &offset) < 0)
        return -1;
    clock->offset = (virDomainClockOffset)offset;
    if (virDomainClockOffsetParseXML(node, clock) < 0)
        return -1;
    for (virXMLNode *timer = virXMLGetChild(node, "timer"); timer; timer = virXMLGetNext(timer)) {
        if (virDomainTimerParseXML(timer, kvm, clock) < 0)
            return -1;
    }
    return 0;
}

static void
virDomainTimerFormatXML(virXMLWriter *writer, int name, const virDomainTimerDef *timer)
{
    virXMLWriterStart(writer, "timer");
    virXMLWriterAttribute(writer, "name", "%s", virDomainTimerToString(name));
    virDomainYesNoFormatXML(writer, "present", timer->present);
    if (timer->tickpolicy != VIR_DOMAIN_TICKPOLICY_DEFAULT)
        virXMLWriterAttribute(writer, "tickpolicy", "%s",
                              virDomainTickpolicyToString(timer->tickpolicy));
    if (timer->track != VIR_DOMAIN_TRACK_DEFAULT)
        virXMLWriterAttribute(writer, "track", "%s", virDomainTrackToString(timer->track));
    if (timer->frequency > 0)
        virXMLWriterAttribute(writer, "frequency", "%" G_GUINT64_FORMAT, timer->frequency);
    virXMLWriterEnd(writer);
}

void
virDomainClockDefFormatXML(virXMLWriter *writer, const virDomainClockDef *clock)
{
    virXMLWriterStart(writer, "clock");
    virXMLWriterAttribute(writer, "offset", "%s", virDomainClockToString(clock->offset));
    if (clock->offset == VIR_DOMAIN_CLOCK_VARIABLE) {
        virXMLWriterAttribute(writer, "adjustment", "%" G_GINT64_FORMAT, clock->adjustment_s);
        virXMLWriterAttribute(writer, "basis", "%s", virDomainClockToString(clock->basis));
    }
    if (clock->offset == VIR_DOMAIN_CLOCK_ABSOLUTE)
        virXMLWriterAttribute(writer, "start", "%" G_GINT64_FORMAT, clock->start_s);
    if (clock->timezone)
        virXMLWriterAttribute(writer, "timezone", "%s", clock->timezone);
    for (int i = 0; i < VIR_DOMAIN_TIMER_LAST; i++) {
        if (clock->timers[i].given)
            virDomainTimerFormatXML(writer, i, &clock->timers[i]);
    }
    virXMLWriterEnd(writer);
}
