/*
 * remote_domain_event.c: what happens to guests, on its way to clients
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "remote_domain.h"
#include "remote_domain_event.h"

void
remoteDomainTell(const qemuEvent *event, void *opaque)
{
    remoteEvents *events = opaque;
    unsigned char uuid[REMOTE_UUID_SIZE];
    const remoteEventGuest guest = {.name = event->name, .uuid = uuid, .id = event->id};

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
    case VIR_DOMAIN_EVENT_ID_BALLOON_CHANGE:
        remoteEventsBalloon(events, &guest, event->size_kib);
        break;
    case QEMU_EVENT_MONITOR:
        remoteEventsMonitor(events, &guest, event->monitorName, event->monitorData, event->time_us);
        break;
    default:
        break;
    }
}
