/*
 * remote_domain_event.c: what happens to guests, on its way to clients
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "remote_domain.h"
#include "remote_domain_event.h"
#include "remote_domain_log.h"

static void
remoteDomainTellIOError(remoteEvents *events, const remoteEventGuest *guest, const qemuEvent *event)
{
    const remoteEventIOError error = {
        .path = event->path, .alias = event->alias, .action = event->type, .reason = event->reason};

    if (event->kind == VIR_DOMAIN_EVENT_ID_IO_ERROR)
        remoteEventsIOError(events, guest, &error);
    else
        remoteEventsIOErrorReason(events, guest, &error);
}

/* Those of a guest's own doing. */
static void
remoteDomainTellMore(remoteEvents *events, const remoteEventGuest *guest, const qemuEvent *event)
{
    switch (event->kind) {
    case VIR_DOMAIN_EVENT_ID_RTC_CHANGE:
        remoteEventsClock(events, guest, event->offset_s);
        break;
    case VIR_DOMAIN_EVENT_ID_AGENT_LIFECYCLE:
        remoteEventsAgent(events, guest, event->type, event->detail);
        break;
    case VIR_DOMAIN_EVENT_ID_BALLOON_CHANGE:
        remoteEventsBalloon(events, guest, event->size_kib);
        break;
    case VIR_DOMAIN_EVENT_ID_WATCHDOG:
        remoteEventsWatchdog(events, guest, event->type);
        break;
    case VIR_DOMAIN_EVENT_ID_IO_ERROR:
    case VIR_DOMAIN_EVENT_ID_IO_ERROR_REASON:
        remoteDomainTellIOError(events, guest, event);
        break;
    case VIR_DOMAIN_EVENT_ID_TRAY_CHANGE:
        remoteEventsTray(events, guest, event->alias, event->type);
        break;
    case VIR_DOMAIN_EVENT_ID_METADATA_CHANGE:
        remoteEventsMetadata(events, guest, event->type, event->uri);
        break;
    case VIR_DOMAIN_EVENT_ID_PMWAKEUP:
        remoteEventsWakeup(events, guest);
        break;
    case VIR_DOMAIN_EVENT_ID_PMSUSPEND:
        remoteEventsSuspend(events, guest);
        break;
    case VIR_DOMAIN_EVENT_ID_PMSUSPEND_DISK:
        remoteEventsSuspendDisk(events, guest);
        break;
    case QEMU_EVENT_MONITOR:
        remoteEventsMonitor(events, guest, event->monitorName, event->monitorData, event->time_us);
        break;
    default:
        break;
    }
}

void
remoteDomainTell(const qemuEvent *event, void *opaque)
{
    remoteEvents *events = opaque;
    unsigned char uuid[REMOTE_UUID_SIZE];
    const remoteEventGuest guest = {.name = event->name, .uuid = uuid, .id = event->id};

    remoteDomainLog(event);
    remoteUUIDParse(event->uuid, uuid);
    switch (event->kind) {
    case VIR_DOMAIN_EVENT_ID_LIFECYCLE:
        remoteEventsLifecycle(events, &guest, event->type, event->detail);
        break;
    case VIR_DOMAIN_EVENT_ID_REBOOT:
        remoteEventsReboot(events, &guest);
        break;
    case VIR_DOMAIN_EVENT_ID_DEVICE_ADDED:
        remoteEventsDeviceAdded(events, &guest, event->alias);
        break;
    case VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED:
        remoteEventsDeviceRemoved(events, &guest, event->alias);
        break;
    case VIR_DOMAIN_EVENT_ID_DEVICE_REMOVAL_FAILED:
        remoteEventsDeviceRemovalFailed(events, &guest, event->alias);
        break;
    default:
        remoteDomainTellMore(events, &guest, event);
        break;
    }
}
