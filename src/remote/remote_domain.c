/*
 * remote_domain.c: guests: which there are, finding one
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <stdio.h>

#include "remote_domain.h"
#include "virerror.h"
#include "virgettext.h"

#define VIR_FROM_THIS VIR_FROM_QEMU

/* All of virConnectListAllDomainsFlags. */
#define REMOTE_DOMAIN_LIST_FLAGS ((VIR_CONNECT_LIST_DOMAINS_NO_CHECKPOINT << 1) - 1)

void
remoteUUIDFormat(const char *uuid, char text[REMOTE_UUID_TEXT_SIZE])
{
    char *at = text;

    for (size_t i = 0; i < REMOTE_UUID_SIZE; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *at++ = '-';
        at += sprintf(at, "%02x", (unsigned char)uuid[i]);
    }
}

void
remoteUUIDParse(const char *text, unsigned char uuid[REMOTE_UUID_SIZE])
{
    for (size_t i = 0; i < REMOTE_UUID_SIZE; i++) {
        if (*text == '-')
            text++;
        uuid[i] =
            (unsigned char)(g_ascii_xdigit_value(text[0]) << 4 | g_ascii_xdigit_value(text[1]));
        text += 2;
    }
}

qemuDriver *
remoteDomainDriver(virRPCCall *call)
{
    return remoteClientGetDaemon(remoteClientOf(call))->driver;
}

virDomainObj *
remoteDomainFind(virRPCCall *call, const remote_domain *domain)
{
    char uuid[REMOTE_UUID_TEXT_SIZE];
    virDomainObj *vm;

    remoteUUIDFormat(domain->uuid, uuid);
    vm = qemuDomainLookupByUUID(remoteDomainDriver(call), uuid);
    /* The client knows it by its name. */
    if (!vm)
        virReportError(VIR_ERR_NO_DOMAIN,
                       _("Domain not found: no domain with matching uuid '%1$s' (%2$.200s)"), uuid,
                       domain->name);
    return vm;
}

void
remoteDomainFill(remote_domain *domain, virDomainObj *vm)
{
    domain->name = g_strdup(vm->name);
    remoteUUIDParse(vm->uuid, (unsigned char *)domain->uuid);
    domain->id = qemuDomainGetID(vm);
}

int
remoteDomainReturn(remote_domain *domain, virDomainObj *vm)
{
    if (!vm)
        return -1;
    remoteDomainFill(domain, vm);
    virDomainObjUnref(vm);
    return 0;
}

int
remoteConnectListAllDomains(virRPCCall *call, remote_list_args *in, remote_domains_ret *out)
{
    g_autoptr(GPtrArray) vms = NULL;

    if (remoteCheckFlags(call, in->flags, REMOTE_DOMAIN_LIST_FLAGS) < 0)
        return -1;
    vms = qemuDriverListDomains(remoteDomainDriver(call), in->flags);
    out->total = vms->len;
    if (!in->needResults)
        return 0;
    out->items.items_len = vms->len;
    out->items.items_val = g_new0(remote_domain, vms->len);
    for (guint i = 0; i < vms->len; i++)
        remoteDomainFill(&out->items.items_val[i], g_ptr_array_index(vms, i));
    return 0;
}

int
remoteDomainLookupByID(virRPCCall *call, remote_int *in, remote_domain *out)
{
    return remoteDomainReturn(out, qemuDomainLookupByID(remoteDomainDriver(call), in->value));
}

int
remoteDomainLookupByName(virRPCCall *call, remote_string *in, remote_domain *out)
{
    return remoteDomainReturn(out, qemuDomainLookupByName(remoteDomainDriver(call), in->value));
}

int
remoteDomainLookupByUUID(virRPCCall *call, remote_uuid_args *in, remote_domain *out)
{
    char uuid[REMOTE_UUID_TEXT_SIZE];

    remoteUUIDFormat(in->uuid, uuid);
    return remoteDomainReturn(out, qemuDomainLookupByUUID(remoteDomainDriver(call), uuid));
}

/* --- how older clients ask: how many are there, then which --------------------------------------
 */

static int
remoteDomainCount(virRPCCall *call, unsigned int flags)
{
    g_autoptr(GPtrArray) vms = qemuDriverListDomains(remoteDomainDriver(call), flags);

    return (int)vms->len;
}

int
remoteConnectNumOfDomains(virRPCCall *call, virRPCNothing *in G_GNUC_UNUSED, remote_int *out)
{
    out->value = remoteDomainCount(call, VIR_CONNECT_LIST_DOMAINS_ACTIVE);
    return 0;
}

int
remoteConnectNumOfDefinedDomains(virRPCCall *call, virRPCNothing *in G_GNUC_UNUSED, remote_int *out)
{
    out->value = remoteDomainCount(call, VIR_CONNECT_LIST_DOMAINS_INACTIVE);
    return 0;
}

/* One that has ended meanwhile has no number. */
int
remoteConnectListDomains(virRPCCall *call, remote_int *in, remote_ids *out)
{
    g_autoptr(GPtrArray) vms =
        qemuDriverListDomains(remoteDomainDriver(call), VIR_CONNECT_LIST_DOMAINS_ACTIVE);
    guint max = (guint)CLAMP(in->value, 0, REMOTE_LIST_MAX);

    out->ids.ids_val = g_new0(int, vms->len);
    for (guint i = 0; i < vms->len && out->ids.ids_len < max; i++) {
        int id = qemuDomainGetID(g_ptr_array_index(vms, i));

        if (id >= 0)
            out->ids.ids_val[out->ids.ids_len++] = id;
    }
    return 0;
}

int
remoteConnectListDefinedDomains(virRPCCall *call, remote_int *in, remote_names *out)
{
    g_autoptr(GPtrArray) vms =
        qemuDriverListDomains(remoteDomainDriver(call), VIR_CONNECT_LIST_DOMAINS_INACTIVE);
    guint count = MIN(vms->len, (guint)CLAMP(in->value, 0, REMOTE_LIST_MAX));

    out->names.names_len = count;
    out->names.names_val = g_new0(virRPCString, count);
    for (guint i = 0; i < count; i++) {
        const virDomainObj *vm = g_ptr_array_index(vms, i);

        out->names.names_val[i] = g_strdup(vm->name);
    }
    return 0;
}
