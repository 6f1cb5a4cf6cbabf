/*
 * remote_event_guest.c: telling of what happens to guests
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include <libvirt/libvirt.h>

#include "remote_event_priv.h"
#include "remote_table.h"

/* The message of an event's payload, which tells of that event of libvirt's, or of a monitor's. */
typedef enum {
    REMOTE_MESSAGE_MONITOR = 6, /* of the program of QEMU's own */
    REMOTE_MESSAGE_LIFECYCLE = 318,
    REMOTE_MESSAGE_REBOOT = 319,
    REMOTE_MESSAGE_RTC_CHANGE = 320,
    REMOTE_MESSAGE_WATCHDOG = 321,
    REMOTE_MESSAGE_IO_ERROR = 322,
    REMOTE_MESSAGE_IO_ERROR_REASON = 324,
    REMOTE_MESSAGE_TRAY_CHANGE = 328,
    REMOTE_MESSAGE_PMWAKEUP = 329,
    REMOTE_MESSAGE_PMSUSPEND = 330,
    REMOTE_MESSAGE_BALLOON_CHANGE = 331,
    REMOTE_MESSAGE_PMSUSPEND_DISK = 332,
    REMOTE_MESSAGE_DEVICE_REMOVED = 333,
    REMOTE_MESSAGE_AGENT_LIFECYCLE = 348,
    REMOTE_MESSAGE_DEVICE_ADDED = 354,
    REMOTE_MESSAGE_DEVICE_REMOVAL_FAILED = 367,
    REMOTE_MESSAGE_METADATA_CHANGE = 379,
} remoteMessage;

/* Texts of a payload are borrowed. */
static virRPCString
remoteEventsText(const char *text)
{
    return (char *)(guintptr)text;
}

static remote_domain
remoteEventsDomain(const remoteEventGuest *guest)
{
    remote_domain domain = {.name = remoteEventsText(guest->name), .id = guest->id};

    memcpy(domain.uuid, guest->uuid, sizeof(domain.uuid));
    return domain;
}

static void
remoteEventsTellGuest(remoteEvents *events, const remoteEventGuest *guest, remoteTelling telling)
{
    telling.kind = REMOTE_EVENTS_DOMAIN;
    telling.object = guest->uuid;
    telling.length = REMOTE_UUID_SIZE;
    remoteEventsTell(events, &telling);
}

/* @EVENT with a payload of @type. */
#define REMOTE_TELL(EVENT, type)                                                                   \
    remoteEventsTellGuest(events, guest,                                                           \
                          (remoteTelling){.event = VIR_DOMAIN_EVENT_ID_##EVENT,                    \
                                          .message = REMOTE_MESSAGE_##EVENT,                       \
                                          .filter = (xdrproc_t)xdr_##type,                         \
                                          .payload = &payload})

void
remoteEventsLifecycle(remoteEvents *events, const remoteEventGuest *guest, int event, int detail)
{
    remote_event_lifecycle payload = {
        .domain = remoteEventsDomain(guest), .event = event, .detail = detail};

    REMOTE_TELL(LIFECYCLE, remote_event_lifecycle);
}

void
remoteEventsReboot(remoteEvents *events, const remoteEventGuest *guest)
{
    remote_event_domain payload = {.domain = remoteEventsDomain(guest)};

    REMOTE_TELL(REBOOT, remote_event_domain);
}

void
remoteEventsBalloon(remoteEvents *events, const remoteEventGuest *guest, guint64 size_kib)
{
    remote_event_balloon payload = {.domain = remoteEventsDomain(guest), .size_kib = size_kib};

    REMOTE_TELL(BALLOON_CHANGE, remote_event_balloon);
}

void
remoteEventsAgent(remoteEvents *events, const remoteEventGuest *guest, int state, int reason)
{
    remote_event_agent payload = {
        .domain = remoteEventsDomain(guest), .state = state, .reason = reason};

    REMOTE_TELL(AGENT_LIFECYCLE, remote_event_agent);
}

void
remoteEventsClock(remoteEvents *events, const remoteEventGuest *guest, gint64 offset_s)
{
    remote_event_clock payload = {.domain = remoteEventsDomain(guest), .offset_s = offset_s};

    REMOTE_TELL(RTC_CHANGE, remote_event_clock);
}

void
remoteEventsWatchdog(remoteEvents *events, const remoteEventGuest *guest, int action)
{
    remote_event_action payload = {.domain = remoteEventsDomain(guest), .action = action};

    REMOTE_TELL(WATCHDOG, remote_event_action);
}

void
remoteEventsIOError(remoteEvents *events, const remoteEventGuest *guest,
                    const remoteEventIOError *error)
{
    remote_event_io_error payload = {.domain = remoteEventsDomain(guest),
                                     .path = remoteEventsText(error->path),
                                     .alias = remoteEventsText(error->alias),
                                     .action = error->action};

    REMOTE_TELL(IO_ERROR, remote_event_io_error);
}

void
remoteEventsIOErrorReason(remoteEvents *events, const remoteEventGuest *guest,
                          const remoteEventIOError *error)
{
    remote_event_io_error_reason payload = {.domain = remoteEventsDomain(guest),
                                            .path = remoteEventsText(error->path),
                                            .alias = remoteEventsText(error->alias),
                                            .action = error->action,
                                            .reason = remoteEventsText(error->reason)};

    REMOTE_TELL(IO_ERROR_REASON, remote_event_io_error_reason);
}

void
remoteEventsTray(remoteEvents *events, const remoteEventGuest *guest, const char *alias, int reason)
{
    remote_event_tray payload = {
        .domain = remoteEventsDomain(guest), .alias = remoteEventsText(alias), .reason = reason};

    REMOTE_TELL(TRAY_CHANGE, remote_event_tray);
}

void
remoteEventsMetadata(remoteEvents *events, const remoteEventGuest *guest, int type, const char *uri)
{
    virRPCString text = remoteEventsText(uri);
    remote_event_metadata payload = {
        .domain = remoteEventsDomain(guest), .type = type, .uri = uri ? &text : NULL};

    REMOTE_TELL(METADATA_CHANGE, remote_event_metadata);
}

void
remoteEventsWakeup(remoteEvents *events, const remoteEventGuest *guest)
{
    remote_event_power payload = {.domain = remoteEventsDomain(guest)};

    REMOTE_TELL(PMWAKEUP, remote_event_power);
}

void
remoteEventsSuspend(remoteEvents *events, const remoteEventGuest *guest)
{
    remote_event_power payload = {.domain = remoteEventsDomain(guest)};

    REMOTE_TELL(PMSUSPEND, remote_event_power);
}

void
remoteEventsSuspendDisk(remoteEvents *events, const remoteEventGuest *guest)
{
    remote_event_power payload = {.domain = remoteEventsDomain(guest)};

    REMOTE_TELL(PMSUSPEND_DISK, remote_event_power);
}

/* With a device's alias, and nothing else. */
#define REMOTE_DEVICE_EVENT(name, EVENT)                                                           \
    void remoteEventsDevice##name(remoteEvents *events, const remoteEventGuest *guest,             \
                                  const char *alias)                                               \
    {                                                                                              \
        remote_event_device payload = {.domain = remoteEventsDomain(guest),                        \
                                       .alias = remoteEventsText(alias)};                          \
                                                                                                   \
        REMOTE_TELL(EVENT, remote_event_device);                                                   \
    }

REMOTE_DEVICE_EVENT(Added, DEVICE_ADDED)
REMOTE_DEVICE_EVENT(Removed, DEVICE_REMOVED)
REMOTE_DEVICE_EVENT(RemovalFailed, DEVICE_REMOVAL_FAILED)

void
remoteEventsMonitor(remoteEvents *events, const remoteEventGuest *guest, const char *name,
                    const char *data, gint64 time_us)
{
    virRPCString details = remoteEventsText(data);
    remote_event_monitor payload = {.domain = remoteEventsDomain(guest),
                                    .event = remoteEventsText(name),
                                    .seconds = time_us / G_USEC_PER_SEC,
                                    .microseconds = (u_int)(time_us % G_USEC_PER_SEC),
                                    .details = data ? &details : NULL};
    const remoteTelling telling = {.kind = REMOTE_EVENTS_MONITOR,
                                   .object = guest->uuid,
                                   .length = REMOTE_UUID_SIZE,
                                   .name = name,
                                   .program = &remoteQEMUProgram,
                                   .message = REMOTE_MESSAGE_MONITOR,
                                   .filter = (xdrproc_t)xdr_remote_event_monitor,
                                   .payload = &payload};

    remoteEventsTell(events, &telling);
}
