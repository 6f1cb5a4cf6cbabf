/*
 * qemu_driver_guest_net.c: what guests are called and under which addresses they are reached
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "qemu_driver_priv.h"
#include "qemu_guest.h"
#include "virerror.h"
#include "virgettext.h"
#include "virnetlink.h"

#define VIR_FROM_THIS VIR_FROM_QEMU

static void
qemuGuestAddressFree(void *opaque)
{
    qemuGuestAddress *address = opaque;

    g_free(address->text);
    g_free(address);
}

static void
qemuGuestInterfaceFree(void *opaque)
{
    qemuGuestInterface *interface = opaque;

    g_free(interface->name);
    g_free(interface->mac);
    g_ptr_array_unref(interface->addresses);
    g_free(interface);
}

static qemuGuestInterface *
qemuGuestInterfaceNew(char *name, const char *mac)
{
    qemuGuestInterface *interface = g_new0(qemuGuestInterface, 1);

    interface->name = name;
    interface->mac = g_strdup(mac);
    interface->addresses = g_ptr_array_new_with_free_func(qemuGuestAddressFree);
    return interface;
}

static void
qemuGuestInterfaceAdd(qemuGuestInterface *interface, int type, const char *text,
                      unsigned int prefix)
{
    qemuGuestAddress *address = g_new0(qemuGuestAddress, 1);

    address->type = type;
    address->text = g_strdup(text);
    address->prefix = prefix;
    g_ptr_array_add(interface->addresses, address);
}

/* "eth0:1" is a further name of eth0: all its addresses are one interface's. NULL with an error
 * reported; borrowed. */
static qemuGuestInterface *
qemuGuestInterfaceFind(const qemuAnswer *answer, GPtrArray *interfaces, JsonObject *object)
{
    const char *whole;
    const char *mac;
    g_autofree char *name = NULL;

    if (qemuAnswerGetText(answer, object, "name", &whole) < 0 ||
        qemuAnswerFindText(answer, object, "hardware-address", &mac) < 0)
        return NULL;
    name = g_strndup(whole, strcspn(whole, ":"));
    for (guint i = 0; i < interfaces->len; i++) {
        qemuGuestInterface *interface = interfaces->pdata[i];

        if (strcmp(interface->name, name) == 0)
            return interface;
    }
    g_ptr_array_add(interfaces, qemuGuestInterfaceNew(g_steal_pointer(&name), mac));
    return interfaces->pdata[interfaces->len - 1];
}

/* One may have the zone of a link-local address ("fe80::1%2"). */
static bool
qemuGuestAddressIs(const char *text, int type)
{
    g_autofree char *plain = g_strndup(text, strcspn(text, "%"));
    g_autoptr(GInetAddress) address = g_inet_address_new_from_string(plain);

    return address &&
           g_inet_address_get_family(address) ==
               (type == VIR_IP_ADDR_TYPE_IPV4 ? G_SOCKET_FAMILY_IPV4 : G_SOCKET_FAMILY_IPV6);
}

static int
qemuGuestParseAddress(const qemuAnswer *answer, JsonObject *object, qemuGuestInterface *interface)
{
    qemuAnswerRange range = {0, 32};
    int type = VIR_IP_ADDR_TYPE_IPV4;
    const char *family;
    const char *text;
    gint64 prefix;

    if (qemuAnswerGetText(answer, object, "ip-address-type", &family) < 0 ||
        qemuAnswerGetText(answer, object, "ip-address", &text) < 0)
        return -1;
    if (strcmp(family, "ipv6") == 0) {
        type = VIR_IP_ADDR_TYPE_IPV6;
        range.max = 128;
    } else if (strcmp(family, "ipv4") != 0) {
        return qemuAnswerRefuse(answer, "ip-address-type");
    }
    if (qemuAnswerGetInt(answer, object, "prefix", &range, &prefix) < 0)
        return -1;
    if (!qemuGuestAddressIs(text, type))
        return qemuAnswerRefuse(answer, "ip-address");
    qemuGuestInterfaceAdd(interface, type, text, (unsigned int)prefix);
    return 0;
}

static int
qemuGuestParseInterface(const qemuAnswer *answer, JsonObject *object, GPtrArray *interfaces)
{
    qemuGuestInterface *interface = qemuGuestInterfaceFind(answer, interfaces, object);
    JsonArray *addresses;

    if (!interface || qemuAnswerFindArray(answer, object, "ip-addresses", &addresses) < 0)
        return -1;
    for (guint i = 0; addresses && i < json_array_get_length(addresses); i++) {
        JsonObject *address;

        if (interface->addresses->len >= QEMU_GUEST_ADDRESSES_MAX)
            return qemuAnswerRefuse(answer, "ip-addresses");
        if (qemuAnswerGetElement(answer, addresses, i, &address) < 0 ||
            qemuGuestParseAddress(answer, address, interface) < 0)
            return -1;
    }
    return 0;
}

GPtrArray *
qemuDomainGetGuestInterfaces(virDomainObj *vm, unsigned int flags, GCancellable *cancellable)
{
    qemuDomainAgentQuestion question = {
        .command = "guest-network-get-interfaces",
        .cancellable = cancellable,
    };
    g_autoptr(GPtrArray) interfaces = g_ptr_array_new_with_free_func(qemuGuestInterfaceFree);
    g_auto(qemuAnswer) answer = {0};
    JsonArray *array;

    if (qemuDriverCheckFlags("domifaddr", flags, 0) < 0 ||
        qemuDomainAgentAsk(vm, &question, &answer) < 0 ||
        qemuAnswerGetArray(&answer, QEMU_GUEST_INTERFACES_MAX, &array) < 0)
        return NULL;
    for (guint i = 0; i < json_array_get_length(array); i++) {
        JsonObject *object;

        if (qemuAnswerGetElement(&answer, array, i, &object) < 0 ||
            qemuGuestParseInterface(&answer, object, interfaces) < 0)
            return NULL;
    }
    return g_steal_pointer(&interfaces);
}

/* An interface of the guest's, by what this host knows; none if there is nothing. */
static int
qemuGuestAddNeighbours(GPtrArray *interfaces, const virDomainNetDef *net)
{
    g_autoptr(GPtrArray) addresses = virNetlinkReadNeighbours(net->mac);
    g_autofree char *mac = virMacAddrFormat(net->mac);
    qemuGuestInterface *interface;

    if (!addresses)
        return -1;
    if (addresses->len == 0)
        return 0;
    interface = qemuGuestInterfaceNew(g_strdup(net->tap ? net->tap : net->info.alias), mac);
    g_ptr_array_add(interfaces, interface);
    for (guint i = 0; i < addresses->len && i < QEMU_GUEST_ADDRESSES_MAX; i++) {
        const char *text = addresses->pdata[i];

        /* How long the network's prefix is the neighbours do not say. */
        qemuGuestInterfaceAdd(
            interface, strchr(text, ':') ? VIR_IP_ADDR_TYPE_IPV6 : VIR_IP_ADDR_TYPE_IPV4, text, 0);
    }
    return 0;
}

GPtrArray *
qemuDomainGetNeighbours(virDomainObj *vm, unsigned int flags)
{
    g_autoptr(GPtrArray) interfaces = g_ptr_array_new_with_free_func(qemuGuestInterfaceFree);
    g_autoptr(virDomainDef) def = NULL;

    if (qemuDriverCheckFlags("domifaddr", flags, 0) < 0 || qemuDomainCheckRuns(vm) < 0 ||
        !(def = qemuDomainStatsCopyDef(vm)))
        return NULL;
    for (guint i = 0; i < def->nets->len; i++) {
        if (qemuGuestAddNeighbours(interfaces, def->nets->pdata[i]) < 0)
            return NULL;
    }
    return g_steal_pointer(&interfaces);
}

/* The agent is the only one to ask: there are no networks whose DHCP servers know names. */
static int
qemuGuestCheckNameSource(const virDomainObj *vm, unsigned int flags)
{
    if (qemuDriverCheckFlags("domhostname", flags,
                             VIR_DOMAIN_GET_HOSTNAME_LEASE | VIR_DOMAIN_GET_HOSTNAME_AGENT) < 0)
        return -1;
    if (!(flags & VIR_DOMAIN_GET_HOSTNAME_LEASE))
        return 0;
    virReportError(VIR_ERR_ARGUMENT_UNSUPPORTED,
                   _("argument unsupported: the name of guest '%1$s' from DHCP leases (--source "
                     "lease): there are no networks here whose server has any; ask its agent "
                     "(--source agent)"),
                   vm->name);
    return -1;
}

char *
qemuDomainGetGuestHostname(virDomainObj *vm, unsigned int flags, GCancellable *cancellable)
{
    qemuDomainAgentQuestion question = {
        .command = "guest-get-host-name",
        .cancellable = cancellable,
    };
    g_auto(qemuAnswer) answer = {0};
    JsonObject *object;
    const char *name;

    if (qemuGuestCheckNameSource(vm, flags) < 0 || qemuDomainAgentAsk(vm, &question, &answer) < 0 ||
        qemuAnswerGetObject(&answer, &object) < 0 ||
        qemuAnswerGetText(&answer, object, "host-name", &name) < 0)
        return NULL;
    return g_strdup(name);
}
