/*
 * remote_connect.c: opening and closing a connection, and what it says of itself
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <libvirt/libvirt.h>

#include "capabilities.h"
#include "remote_table.h"
#include "virerror.h"
#include "virgettext.h"

#define VIR_FROM_THIS VIR_FROM_REMOTE

#define REMOTE_URI    "qemu:///system"

/* What a client may ask for by number before it relies on it. The numbers are the protocol's. */
typedef enum {
    REMOTE_FEATURE_TYPED_STRINGS = 9,
    REMOTE_FEATURE_KEEPALIVE = 10,
    REMOTE_FEATURE_XML_MIGRATABLE = 11,
    REMOTE_FEATURE_EVENT_CALLBACKS = 14,
    REMOTE_FEATURE_CLOSE_CALLBACKS = 15,
} remoteFeature;

/* "", "qemu:///system", and that with parameters, which are for the client. */
static bool
remoteConnectIsOurs(const char *uri)
{
    g_autoptr(GUri) parsed = NULL;

    if (!uri || !*uri)
        return true;
    parsed = g_uri_parse(uri, G_URI_FLAGS_NONE, NULL);
    return parsed && g_str_equal(g_uri_get_scheme(parsed), "qemu") &&
           g_str_equal(g_uri_get_path(parsed), "/system") &&
           (!g_uri_get_host(parsed) || !*g_uri_get_host(parsed));
}

int
remoteConnectOpen(virRPCCall *call, remote_open_args *in, virRPCNothing *out G_GNUC_UNUSED)
{
    const char *uri = in->uri ? *in->uri : NULL;
    unsigned int known = VIR_CONNECT_RO | VIR_CONNECT_NO_ALIASES;

    if (!remoteConnectIsOurs(uri)) {
        g_autofree char *quoted = virRPCQuote(uri);

        __extension__ virErrorReport(VIR_FROM_NONE, VIR_ERR_NO_CONNECT, 0,
                                     _("no connection driver available for %1$s"), quoted);
        return -1;
    }
    if (in->flags & ~known) {
        virReportError(VIR_ERR_INVALID_ARG,
                       _("invalid argument: virConnectOpen does not know the flags 0x%1$x"),
                       in->flags & ~known);
        return -1;
    }
    if (remoteClientOpen(remoteClientOf(call), in->flags & VIR_CONNECT_RO) < 0)
        return -1;
    virRPCClientSetReady(virRPCCallGetClient(call));
    return 0;
}

int
remoteConnectClose(virRPCCall *call, virRPCNothing *in G_GNUC_UNUSED,
                   virRPCNothing *out G_GNUC_UNUSED)
{
    virRPCClientFinish(virRPCCallGetClient(call));
    return 0;
}

/* Whoever could connect has been looked at then; there is nothing more to prove. */
int
remoteAuthList(virRPCCall *call G_GNUC_UNUSED, virRPCNothing *in G_GNUC_UNUSED,
               remote_auth_list_ret *out)
{
    out->types.types_val = g_new0(int, 1); /* none */
    out->types.types_len = 1;
    return 0;
}

int
remoteConnectSupportsFeature(virRPCCall *call, remote_int *in, remote_int *out)
{
    /* This one has to work before the connection is open. */
    if (in->value == REMOTE_FEATURE_KEEPALIVE) {
        virRPCClientStartKeepalive(virRPCCallGetClient(call));
        out->value = 1;
        return 0;
    }
    if (remoteClientCheckOpen(remoteClientOf(call)) < 0)
        return -1;
    switch (in->value) {
    case REMOTE_FEATURE_TYPED_STRINGS:
    case REMOTE_FEATURE_XML_MIGRATABLE:
    case REMOTE_FEATURE_EVENT_CALLBACKS:
    case REMOTE_FEATURE_CLOSE_CALLBACKS:
        out->value = 1;
        break;
    default:
        break;
    }
    return 0;
}

int
remoteConnectGetType(virRPCCall *call G_GNUC_UNUSED, virRPCNothing *in G_GNUC_UNUSED,
                     remote_string *out)
{
    out->value = g_strdup("QEMU");
    return 0;
}

/* "QEMU emulator version 7.2.19 (Debian …)" */
static bool
remoteConnectParseVersion(const char *text, quad_t *version)
{
    static const char words[] = "version ";
    const char *found = strstr(text, words);
    unsigned int major;
    unsigned int minor;
    unsigned int micro;

    if (!found || sscanf(found + strlen(words), "%3u.%3u.%3u", &major, &minor, &micro) != 3)
        return false;
    *version = (quad_t)major * 1000000 + minor * 1000 + micro;
    return true;
}

int
remoteConnectGetVersion(virRPCCall *call G_GNUC_UNUSED, virRPCNothing *in G_GNUC_UNUSED,
                        remote_ulong *out)
{
    struct utsname name;
    g_autofree char *emulator = NULL;
    g_autofree char *text = NULL;
    quad_t version;

    uname(&name);
    emulator = g_strdup_printf("qemu-system-%s", name.machine);
    {
        const char *const argv[] = {emulator, "--version", NULL};

        if (!g_spawn_sync(NULL, (char **)(guintptr)argv, NULL,
                          G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, &text, NULL,
                          NULL, NULL) ||
            !remoteConnectParseVersion(text, &version)) {
            virReportError(VIR_ERR_OPERATION_FAILED,
                           _("'%1$s --version' does not say which QEMU this is: is it installed?"),
                           emulator);
            return -1;
        }
    }
    out->value = (u_quad_t)version;
    return 0;
}

int
remoteConnectGetCapabilities(virRPCCall *call, virRPCNothing *in G_GNUC_UNUSED, remote_string *out)
{
    remoteDaemon *daemon = remoteClientGetDaemon(remoteClientOf(call));
    g_autoptr(virCaps) caps = virCapsNew(virPCIHostGetRoot(daemon->host));

    if (!caps)
        return -1;
    out->value = virCapsFormat(caps);
    return 0;
}

/* The level of libvirt whose calls and answers we speak: clients derive from it what to expect. */
int
remoteConnectGetLibVersion(virRPCCall *call G_GNUC_UNUSED, virRPCNothing *in G_GNUC_UNUSED,
                           remote_ulong *out)
{
    out->value = LIBVIR_VERSION_NUMBER;
    return 0;
}

int
remoteConnectGetHostname(virRPCCall *call G_GNUC_UNUSED, virRPCNothing *in G_GNUC_UNUSED,
                         remote_string *out)
{
    char name[HOST_NAME_MAX + 1] = "";

    if (gethostname(name, sizeof(name) - 1) < 0) {
        virReportSystemError(errno, "%s", _("cannot read this host's name"));
        return -1;
    }
    out->value = g_utf8_make_valid(name, -1);
    return 0;
}

int
remoteConnectGetURI(virRPCCall *call G_GNUC_UNUSED, virRPCNothing *in G_GNUC_UNUSED,
                    remote_string *out)
{
    out->value = g_strdup(REMOTE_URI);
    return 0;
}

/* Nothing leaves the host: there are UNIX sockets only. */
int
remoteConnectIsSecure(virRPCCall *call G_GNUC_UNUSED, virRPCNothing *in G_GNUC_UNUSED,
                      remote_int *out)
{
    out->value = 1;
    return 0;
}

/* Our connection to the hypervisor cannot be lost, so there is never anything to tell. */
int
remoteConnectRegisterCloseCallback(virRPCCall *call G_GNUC_UNUSED, virRPCNothing *in G_GNUC_UNUSED,
                                   virRPCNothing *out G_GNUC_UNUSED)
{
    return 0;
}

int
remoteConnectUnregisterCloseCallback(virRPCCall *call G_GNUC_UNUSED,
                                     virRPCNothing *in G_GNUC_UNUSED,
                                     virRPCNothing *out G_GNUC_UNUSED)
{
    return 0;
}
