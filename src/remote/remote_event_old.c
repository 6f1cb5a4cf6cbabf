/*
 * remote_event_old.c: events for clients that are older than the numbers of callbacks
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * They say once that they want to know of an event, and are told of all guests. The message has a
 * number of its own and is what others get without what came later: the callback's number, and the
 * reason of those that are about power.
 */

#include <config.h>

#include <libvirt/libvirt.h>

#include "remote_event_priv.h"
#include "remote_table.h"
#include "virerror.h"
#include "virgettext.h"

#define VIR_FROM_THIS     VIR_FROM_RPC

#define REMOTE_OLD_NUMBER ((size_t)BYTES_PER_XDR_UNIT)
#define REMOTE_OLD_REASON (2 * REMOTE_OLD_NUMBER)

static const struct {
    int message;    /* 0: there is none */
    size_t skipped; /* bytes of the payload that are not in it */
} remoteOldMessages[] = {
    [VIR_DOMAIN_EVENT_ID_LIFECYCLE] = {107, REMOTE_OLD_NUMBER},
    [VIR_DOMAIN_EVENT_ID_REBOOT] = {169, REMOTE_OLD_NUMBER},
    [VIR_DOMAIN_EVENT_ID_RTC_CHANGE] = {170, REMOTE_OLD_NUMBER},
    [VIR_DOMAIN_EVENT_ID_WATCHDOG] = {171, REMOTE_OLD_NUMBER},
    [VIR_DOMAIN_EVENT_ID_IO_ERROR] = {172, REMOTE_OLD_NUMBER},
    [VIR_DOMAIN_EVENT_ID_IO_ERROR_REASON] = {195, REMOTE_OLD_NUMBER},
    [VIR_DOMAIN_EVENT_ID_TRAY_CHANGE] = {268, REMOTE_OLD_NUMBER},
    [VIR_DOMAIN_EVENT_ID_PMWAKEUP] = {269, REMOTE_OLD_REASON},
    [VIR_DOMAIN_EVENT_ID_PMSUSPEND] = {270, REMOTE_OLD_REASON},
    [VIR_DOMAIN_EVENT_ID_BALLOON_CHANGE] = {276, REMOTE_OLD_NUMBER},
    [VIR_DOMAIN_EVENT_ID_PMSUSPEND_DISK] = {292, REMOTE_OLD_REASON},
    [VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED] = {311, REMOTE_OLD_NUMBER},
};

typedef struct {
    const remoteTelling *telling;
    size_t skipped;
} remoteOld;

/* Only ever encoded. */
static bool_t
xdr_remoteOld(XDR *xdrs, remoteOld *self)
{
    size_t length = xdr_sizeof(self->telling->filter, self->telling->payload);
    g_autofree char *bytes = g_malloc(length);
    XDR whole;

    xdrmem_create(&whole, bytes, (u_int)length, XDR_ENCODE);
    return length > self->skipped && self->telling->filter(&whole, self->telling->payload) &&
           xdr_opaque(xdrs, bytes + self->skipped, (u_int)(length - self->skipped));
}

void
remoteEventsTellOld(virRPCClient *client, const remoteTelling *telling)
{
    remoteOld old = {telling, remoteOldMessages[telling->event].skipped};

    virRPCClientSendEvent(client, &remoteProgram, remoteOldMessages[telling->event].message,
                          (xdrproc_t)xdr_remoteOld, &old);
}

static int
remoteOldRegister(virRPCCall *call, int event)
{
    remoteEvents *events = remoteClientGetDaemon(remoteClientOf(call))->events;

    if (event < 0 || (size_t)event >= G_N_ELEMENTS(remoteOldMessages) ||
        !remoteOldMessages[event].message) {
        virReportError(VIR_ERR_INTERNAL_ERROR, _("internal error: unsupported event ID %1$d"),
                       event);
        return -1;
    }
    return remoteEventsAddOld(events, virRPCCallGetClient(call), event);
}

static int
remoteOldDeregister(virRPCCall *call, int event)
{
    remoteEvents *events = remoteClientGetDaemon(remoteClientOf(call))->events;

    return remoteEventsRemoveOld(events, virRPCCallGetClient(call), event);
}

int
remoteConnectDomainEventRegister(virRPCCall *call, virRPCNothing *in G_GNUC_UNUSED, remote_int *out)
{
    if (remoteOldRegister(call, VIR_DOMAIN_EVENT_ID_LIFECYCLE) < 0)
        return -1;
    out->value = 1; /* callbacks */
    return 0;
}

int
remoteConnectDomainEventDeregister(virRPCCall *call, virRPCNothing *in G_GNUC_UNUSED,
                                   remote_int *out G_GNUC_UNUSED)
{
    return remoteOldDeregister(call, VIR_DOMAIN_EVENT_ID_LIFECYCLE);
}

int
remoteConnectDomainEventRegisterAnyOld(virRPCCall *call, remote_int *in,
                                       virRPCNothing *out G_GNUC_UNUSED)
{
    return remoteOldRegister(call, in->value);
}

int
remoteConnectDomainEventDeregisterAnyOld(virRPCCall *call, remote_int *in,
                                         virRPCNothing *out G_GNUC_UNUSED)
{
    return remoteOldDeregister(call, in->value);
}
