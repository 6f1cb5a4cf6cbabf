/*
 * remote_domain_key.c: keys and buttons of guests
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "remote_domain.h"

int
remoteDomainSendKey(virRPCCall *call, remote_send_key_args *in, virRPCNothing *out G_GNUC_UNUSED)
{
    g_autoptr(virDomainObj) vm = remoteDomainFind(call, &in->domain);
    g_autoptr(GArray) codes = g_array_new(FALSE, FALSE, sizeof(guint));

    g_array_append_vals(codes, in->codes.codes_val, in->codes.codes_len);
    return vm ? qemuDomainSendKey(vm, in->set, in->hold_ms, codes, in->flags) : -1;
}

int
remoteDomainInjectNMI(virRPCCall *call, remote_domain_flags *in, virRPCNothing *out G_GNUC_UNUSED)
{
    g_autoptr(virDomainObj) vm = remoteDomainFind(call, &in->domain);

    return vm ? qemuDomainInjectNMI(vm, in->flags) : -1;
}
