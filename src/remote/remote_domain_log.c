/*
 * remote_domain_log.c: what happens to guests, for the administrator who reads the log
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <libvirt/libvirt.h>

#include "remote_domain_log.h"
#include "virgettext.h"
#include "virlog.h"

VIR_LOG_INIT("remote.guest")

static const char *
remoteDomainDescribeStop(int detail)
{
    switch (detail) {
    case VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN:
        return N_("ended: it shut itself down");
    case VIR_DOMAIN_EVENT_STOPPED_DESTROYED:
        return N_("ended: it was destroyed");
    case VIR_DOMAIN_EVENT_STOPPED_SAVED:
        return N_("ended: it was saved");
    case VIR_DOMAIN_EVENT_STOPPED_FAILED:
        return N_("not started");
    default:
        return N_("ended");
    }
}

/* NULL if there is nothing to say. */
static const char *
remoteDomainDescribe(int type, int detail)
{
    switch (type) {
    case VIR_DOMAIN_EVENT_DEFINED:
        return N_("defined");
    case VIR_DOMAIN_EVENT_UNDEFINED:
        return N_("undefined");
    case VIR_DOMAIN_EVENT_STARTED:
        return N_("started");
    case VIR_DOMAIN_EVENT_SUSPENDED:
        return detail == VIR_DOMAIN_EVENT_SUSPENDED_IOERROR
                   ? N_("stands still after an error of a disk")
                   : N_("stands still");
    case VIR_DOMAIN_EVENT_RESUMED:
        return N_("runs");
    case VIR_DOMAIN_EVENT_STOPPED:
        return remoteDomainDescribeStop(detail);
    default:
        return NULL;
    }
}

static void
remoteDomainLogLifecycle(const qemuEvent *event)
{
    const char *what = remoteDomainDescribe(event->type, event->detail);

    if (event->type == VIR_DOMAIN_EVENT_STOPPED && event->reason)
        VIR_WARN("%s", event->reason);
    else if (what)
        VIR_INFO(_("guest '%1$s': %2$s"), event->name, _(what));
}

void
remoteDomainLog(const qemuEvent *event)
{
    if (event->kind == VIR_DOMAIN_EVENT_ID_LIFECYCLE)
        remoteDomainLogLifecycle(event);
    else if (event->kind == VIR_DOMAIN_EVENT_ID_IO_ERROR_REASON)
        VIR_WARN(_("guest '%1$s': QEMU cannot read or write '%2$s' (%3$s)"), event->name,
                 event->path, *event->reason ? event->reason : _("no reason given"));
}
