/*
 * remote_connect.c: opening and closing a connection, and what it says of itself
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include <libvirt/libvirt.h>

#include "remote_table.h"
#include "virerror.h"
#include "virgettext.h"

#define VIR_FROM_THIS VIR_FROM_REMOTE

#define REMOTE_URI    "qemu:///system"

/* What a client may ask for by number before it relies on it. The numbers are the protocol's. */
typedef enum {
    REMOTE_FEATURE_FD_PASSING = 8,
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
    case REMOTE_FEATURE_FD_PASSING:
        /* All that it is for changes something. */
        if (remoteClientIsReadOnly(remoteClientOf(call)))
            break;
        virRPCClientAllowFDs(virRPCCallGetClient(call));
        out->value = 1;
        break;
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

/* How long QEMU may take to say what it can do. Emulated hosts are slow. */
#define REMOTE_CAPS_TIMEOUT_MS 30000

static qemuCaps *
remoteConnectGetCaps(virRPCCall *call)
{
    remoteDaemon *daemon = remoteClientGetDaemon(remoteClientOf(call));

    return qemuDriverGetCaps(daemon->driver, NULL, REMOTE_CAPS_TIMEOUT_MS);
}

int
remoteConnectGetVersion(virRPCCall *call, virRPCNothing *in G_GNUC_UNUSED, remote_ulong *out)
{
    g_autoptr(qemuCaps) caps = remoteConnectGetCaps(call);

    if (!caps)
        return -1;
    out->value = caps->version;
    return 0;
}

/* Of QEMU's default machine, and no more than we ever give a guest. */
int
remoteConnectGetMaxVcpus(virRPCCall *call, remote_optional_string *in, remote_int *out)
{
    const char *type = in->value ? *in->value : "qemu";
    g_autoptr(qemuCaps) caps = NULL;
    const qemuCapsMachine *machine;

    if (!g_str_equal(type, "qemu") && !g_str_equal(type, "kvm")) {
        g_autofree char *quoted = virRPCQuote(type);

        virReportError(VIR_ERR_INVALID_ARG,
                       _("invalid argument: guests are of type 'kvm' or 'qemu', not '%1$s'"),
                       quoted);
        return -1;
    }
    if (!(caps = remoteConnectGetCaps(call)))
        return -1;
    machine = qemuCapsFindMachine(caps, NULL);
    out->value = machine ? (int)MIN(machine->maxCpus, VIR_DOMAIN_MAX_VCPUS) : 1;
    return 0;
}

int
remoteConnectGetCapabilities(virRPCCall *call, virRPCNothing *in G_GNUC_UNUSED, remote_string *out)
{
    out->value = qemuConnectGetCapabilities(remoteClientGetDaemon(remoteClientOf(call))->driver);
    return out->value ? 0 : -1;
}

/* NULL and "" are the same here. */
static const char *
remoteConnectWord(virRPCString *word)
{
    return word && **word ? *word : NULL;
}

int
remoteConnectGetDomainCapabilities(virRPCCall *call, remote_domain_caps_args *in,
                                   remote_string *out)
{
    qemuDriver *driver = remoteClientGetDaemon(remoteClientOf(call))->driver;

    if (remoteCheckFlags(call, in->flags, 0) < 0)
        return -1;
    out->value = qemuConnectGetDomainCapabilities(
        driver, remoteConnectWord(in->emulator), remoteConnectWord(in->arch),
        remoteConnectWord(in->machine), remoteConnectWord(in->type));
    return out->value ? 0 : -1;
}

int
remoteConnectGetCPUModelNames(virRPCCall *call, remote_cpu_models_args *in,
                              remote_cpu_models_ret *out)
{
    qemuDriver *driver = remoteClientGetDaemon(remoteClientOf(call))->driver;
    g_auto(GStrv) names = NULL;

    if (remoteCheckFlags(call, in->flags, 0) < 0 ||
        !(names = qemuConnectGetCPUModelNames(driver, in->arch)))
        return -1;
    out->total = (int)MIN(g_strv_length(names), REMOTE_CPU_MODELS_MAX);
    if (!in->needResults)
        return 0;
    out->models.models_len = (u_int)out->total;
    out->models.models_val = g_new0(virRPCString, (gsize)out->total);
    for (int i = 0; i < out->total; i++)
        out->models.models_val[i] = g_strdup(names[i]);
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
