/*
 * qemu_command_clock.c: QEMU's command line: clock and timers
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "qemu_command_priv.h"

/* @now_s as a clock on the wall of @zone shows it, as if that were UTC. Takes @zone. */
static gint64
qemuCommandLocalTime(GTimeZone *zone, gint64 now_s)
{
    g_autoptr(GTimeZone) owned = zone;
    int interval = g_time_zone_find_interval(owned, G_TIME_TYPE_UNIVERSAL, now_s);

    return now_s + g_time_zone_get_offset(owned, interval);
}

/* What the guest's clock shows when the host has @now_s, in seconds since 1970. */
static gint64
qemuCommandClockStart(const virDomainClockDef *clock, gint64 now_s)
{
    switch (clock->offset) {
    case VIR_DOMAIN_CLOCK_ABSOLUTE:
        return clock->start_s;
    case VIR_DOMAIN_CLOCK_TIMEZONE: {
        GTimeZone *zone = g_time_zone_new_identifier(clock->timezone);

        /* qemuProcessCheck() has seen that there is such a zone. */
        return qemuCommandLocalTime(zone ? zone : g_time_zone_new_utc(), now_s);
    }
    case VIR_DOMAIN_CLOCK_VARIABLE:
        return clock->adjustment_s + (clock->basis == VIR_DOMAIN_CLOCK_LOCALTIME
                                          ? qemuCommandLocalTime(g_time_zone_new_local(), now_s)
                                          : now_s);
    case VIR_DOMAIN_CLOCK_UTC:
    case VIR_DOMAIN_CLOCK_LOCALTIME:
    case VIR_DOMAIN_CLOCK_LAST:
    default:
        return now_s;
    }
}

static void
qemuCommandAddRTC(GPtrArray *argv, const virDomainClockDef *clock, gint64 now_s)
{
    static const char *const tracks[VIR_DOMAIN_TRACK_LAST] = {NULL, "vm", "host", "rt"};
    const virDomainTimerDef *timer = &clock->timers[VIR_DOMAIN_TIMER_RTC];
    g_autoptr(GString) text = g_string_new("base=");

    if (clock->offset == VIR_DOMAIN_CLOCK_UTC || clock->offset == VIR_DOMAIN_CLOCK_LOCALTIME) {
        g_string_append(text, virDomainClockToString((int)clock->offset));
    } else {
        gint64 start_s = MAX(qemuCommandClockStart(clock, now_s), 0);
        g_autoptr(GDateTime) start = g_date_time_new_from_unix_utc(start_s);
        g_autofree char *date = g_date_time_format(start, "%Y-%m-%dT%H:%M:%S");

        g_string_append(text, date);
    }
    if (tracks[timer->track])
        g_string_append_printf(text, ",clock=%s", tracks[timer->track]);
    if (timer->tickpolicy == VIR_DOMAIN_TICKPOLICY_CATCHUP)
        g_string_append(text, ",driftfix=slew");
    qemuCommandAdd(argv, "-rtc", text->str);
}

void
qemuCommandAddClock(GPtrArray *argv, const virDomainDef *def)
{
    virDomainTickpolicy pit = def->clock.timers[VIR_DOMAIN_TIMER_PIT].tickpolicy;
    gint64 now_s = def->clock.now_s ? def->clock.now_s : g_get_real_time() / G_USEC_PER_SEC;

    qemuCommandAddRTC(argv, &def->clock, now_s);
    /* KVM's PIT catches up by itself; QEMU's own, under emulation, has no policy. */
    if (def->virtType == VIR_DOMAIN_VIRT_KVM &&
        (pit == VIR_DOMAIN_TICKPOLICY_DELAY || pit == VIR_DOMAIN_TICKPOLICY_DISCARD))
        qemuCommandAddFormat(argv, "-global", "kvm-pit.lost_tick_policy=%s",
                             virDomainTickpolicyToString((int)pit));
}
