/*
 * remote_domain_guest.c: what guests do through their agents
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "qemu_guest.h"
#include "remote_agent.h"
#include "remote_params.h"
#include "virerror.h"
#include "virgettext.h"

#define VIR_FROM_THIS VIR_FROM_REMOTE

/* Borrowed texts. */
static GPtrArray *
remoteGuestTexts(const virRPCString *texts, u_int len)
{
    GPtrArray *array = g_ptr_array_new();

    for (u_int i = 0; i < len; i++)
        g_ptr_array_add(array, texts[i]);
    return array;
}

static int
remoteGuestFreeze(remoteAgent *agent)
{
    const remote_file_systems_args *in = agent->in;
    g_autoptr(GPtrArray) paths =
        remoteGuestTexts(in->mountpoints.mountpoints_val, in->mountpoints.mountpoints_len);
    remote_int *out = agent->out;
    int count = qemuDomainFSFreeze(agent->vm, paths, in->flags, agent->cancellable);

    out->value = count;
    return count < 0 ? -1 : 0;
}

int
remoteDomainFSFreeze(virRPCCall *call, remote_file_systems_args *in, remote_int *out G_GNUC_UNUSED)
{
    return remoteAgentStart(call, &in->domain, in, remoteGuestFreeze);
}

static int
remoteGuestThaw(remoteAgent *agent)
{
    const remote_file_systems_args *in = agent->in;
    g_autoptr(GPtrArray) paths =
        remoteGuestTexts(in->mountpoints.mountpoints_val, in->mountpoints.mountpoints_len);
    remote_int *out = agent->out;
    int count = qemuDomainFSThaw(agent->vm, paths, in->flags, agent->cancellable);

    out->value = count;
    return count < 0 ? -1 : 0;
}

int
remoteDomainFSThaw(virRPCCall *call, remote_file_systems_args *in, remote_int *out G_GNUC_UNUSED)
{
    return remoteAgentStart(call, &in->domain, in, remoteGuestThaw);
}

static int
remoteGuestTrim(remoteAgent *agent)
{
    const remote_trim_args *in = agent->in;

    if (in->mountpoint) {
        virReportError(VIR_ERR_ARGUMENT_UNSUPPORTED,
                       _("argument unsupported: guest '%1$s' trims all of its file systems or "
                         "none: its agent cannot be told which; give no mount point"),
                       agent->vm->name);
        return -1;
    }
    return qemuDomainFSTrim(agent->vm, in->minimum, in->flags, agent->cancellable);
}

int
remoteDomainFSTrim(virRPCCall *call, remote_trim_args *in, virRPCNothing *out G_GNUC_UNUSED)
{
    return remoteAgentStart(call, &in->domain, in, remoteGuestTrim);
}

static void
remoteGuestFillInterface(const qemuGuestInterface *interface, remote_guest_interface *out)
{
    u_int len = interface->addresses->len;

    out->name = g_strdup(interface->name);
    if (interface->mac) {
        out->mac = g_new0(virRPCString, 1);
        *out->mac = g_strdup(interface->mac);
    }
    out->addresses.addresses_len = len;
    out->addresses.addresses_val = g_new0(remote_guest_address, len);
    for (u_int i = 0; i < len; i++) {
        const qemuGuestAddress *address = interface->addresses->pdata[i];

        out->addresses.addresses_val[i] =
            (remote_guest_address){address->type, g_strdup(address->text), address->prefix};
    }
}

/* Takes @interfaces, which may be NULL. */
static int
remoteGuestFillInterfaces(GPtrArray *interfaces, remote_guest_interfaces_ret *out)
{
    g_autoptr(GPtrArray) owned = interfaces;

    if (!owned)
        return -1;
    out->items.items_len = owned->len;
    out->items.items_val = g_new0(remote_guest_interface, owned->len);
    for (guint i = 0; i < owned->len; i++)
        remoteGuestFillInterface(owned->pdata[i], &out->items.items_val[i]);
    return 0;
}

static int
remoteGuestInterfaces(remoteAgent *agent)
{
    const remote_guest_interfaces_args *in = agent->in;

    return remoteGuestFillInterfaces(
        qemuDomainGetGuestInterfaces(agent->vm, in->flags, agent->cancellable), agent->out);
}

/* Who may only look may look at the host's side, and does not have the guest's agent asked. */
int
remoteDomainInterfaceAddresses(virRPCCall *call, remote_guest_interfaces_args *in,
                               remote_guest_interfaces_ret *out)
{
    g_autoptr(virDomainObj) vm = NULL;

    if (in->source == VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_AGENT)
        return remoteRefuseReadOnly(call) < 0
                   ? -1
                   : remoteAgentStart(call, &in->domain, in, remoteGuestInterfaces);
    if (!(vm = remoteDomainFind(call, &in->domain)))
        return -1;
    if (in->source == VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_ARP)
        return remoteGuestFillInterfaces(qemuDomainGetNeighbours(vm, in->flags), out);
    virReportError(VIR_ERR_ARGUMENT_UNSUPPORTED,
                   _("argument unsupported: addresses of guest '%1$s' from source %2$u: there are "
                     "no networks here whose DHCP server has leases; ask its agent (--source "
                     "agent), or this host's neighbours (--source arp)"),
                   vm->name, in->source);
    return -1;
}

static int
remoteGuestHostname(remoteAgent *agent)
{
    const remote_domain_flags *in = agent->in;
    remote_string *out = agent->out;

    out->value = qemuDomainGetGuestHostname(agent->vm, in->flags, agent->cancellable);
    return out->value ? 0 : -1;
}

int
remoteDomainGetHostname(virRPCCall *call, remote_domain_flags *in, remote_string *out G_GNUC_UNUSED)
{
    return remoteAgentStart(call, &in->domain, in, remoteGuestHostname);
}

/* Takes @params. */
static int
remoteGuestReturnParams(GArray *params, int rc, const remoteAgent *agent,
                        remote_guest_info_ret *out)
{
    bool many = params->len > REMOTE_GUEST_INFO_MAX;

    out->params.params_val = remoteParamsSteal(params, &out->params.params_len);
    if (rc < 0 || !many)
        return rc;
    virReportError(VIR_ERR_OPERATION_FAILED,
                   _("the agent of guest '%1$s' tells more than the %2$d values that fit into an "
                     "answer; ask for fewer kinds"),
                   agent->vm->name, REMOTE_GUEST_INFO_MAX);
    return -1;
}

static int
remoteGuestInfo(remoteAgent *agent)
{
    const remote_domain_vcpus_args *in = agent->in;
    GArray *params = remoteParamsNew();
    const qemuDomainStatsSink sink = {remoteParamsAddValue, params};
    int rc = remoteCheckFlags(agent->call, in->flags, 0);

    if (rc == 0)
        rc = qemuDomainGetGuestInfo(agent->vm, in->count, &sink, agent->cancellable);
    return remoteGuestReturnParams(params, rc, agent, agent->out);
}

int
remoteDomainGetGuestInfo(virRPCCall *call, remote_domain_vcpus_args *in,
                         remote_guest_info_ret *out G_GNUC_UNUSED)
{
    return remoteAgentStart(call, &in->domain, in, remoteGuestInfo);
}

static int
remoteGuestVcpus(remoteAgent *agent)
{
    const remote_domain_flags *in = agent->in;
    remote_guest_vcpus_ret *out = agent->out;
    GArray *params = remoteParamsNew();
    const qemuDomainStatsSink sink = {remoteParamsAddValue, params};
    int rc = qemuDomainGetGuestVcpus(agent->vm, in->flags, &sink, agent->cancellable);

    out->params.params_val = remoteParamsSteal(params, &out->params.params_len);
    return rc;
}

int
remoteDomainGetGuestVcpus(virRPCCall *call, remote_domain_flags *in,
                          remote_guest_vcpus_ret *out G_GNUC_UNUSED)
{
    return remoteAgentStart(call, &in->domain, in, remoteGuestVcpus);
}

static int
remoteGuestSetVcpus(remoteAgent *agent)
{
    const remote_guest_vcpus_args *in = agent->in;

    return qemuDomainSetGuestVcpus(agent->vm, in->cpus, in->state == 1, in->flags,
                                   agent->cancellable);
}

int
remoteDomainSetGuestVcpus(virRPCCall *call, remote_guest_vcpus_args *in,
                          virRPCNothing *out G_GNUC_UNUSED)
{
    if (in->state != 0 && in->state != 1) {
        virReportError(VIR_ERR_INVALID_ARG,
                       _("invalid argument: %1$d as the state of processors: 0 is off, 1 is on"),
                       in->state);
        return -1;
    }
    return remoteAgentStart(call, &in->domain, in, remoteGuestSetVcpus);
}

static virRPCString *
remoteGuestCopyDisks(const qemuGuestFileSystem *fs, u_int *len)
{
    virRPCString *names = g_new0(virRPCString, fs->disks->len);

    for (guint i = 0; i < fs->disks->len; i++) {
        const qemuGuestDisk *disk = fs->disks->pdata[i];

        if (disk->target)
            names[(*len)++] = g_strdup(disk->target);
    }
    return names;
}

static int
remoteGuestFileSystems(remoteAgent *agent)
{
    const remote_domain_flags *in = agent->in;
    remote_guest_file_systems_ret *out = agent->out;
    g_autoptr(GPtrArray) systems =
        qemuDomainGetGuestFileSystems(agent->vm, in->flags, agent->cancellable);

    if (!systems)
        return -1;
    out->total = systems->len;
    out->items.items_len = systems->len;
    out->items.items_val = g_new0(remote_guest_file_system, systems->len);
    for (guint i = 0; i < systems->len; i++) {
        const qemuGuestFileSystem *fs = systems->pdata[i];
        remote_guest_file_system *item = &out->items.items_val[i];

        item->mountpoint = g_strdup(fs->mountpoint);
        item->name = g_strdup(fs->name);
        item->type = g_strdup(fs->type);
        item->disks.disks_val = remoteGuestCopyDisks(fs, &item->disks.disks_len);
    }
    return 0;
}

int
remoteDomainGetFSInfo(virRPCCall *call, remote_domain_flags *in,
                      remote_guest_file_systems_ret *out G_GNUC_UNUSED)
{
    return remoteAgentStart(call, &in->domain, in, remoteGuestFileSystems);
}
