/*
 * qemu_socket.c: what a start chooses for a guest: paths of sockets, and ports
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include <gio/gio.h>

#include "domain_attribute.h"
#include "qemu_socket.h"
#include "virerror.h"
#include "virgettext.h"

#define VIR_FROM_THIS VIR_FROM_QEMU

/* A path that a start chooses, and what the socket is called in the guest's directory. */
typedef int (*qemuSocketVisit)(char **path, const char *file, void *opaque);

static int
qemuSocketVisitChannel(virDomainChrDef *chr, qemuSocketVisit visit, void *opaque)
{
    g_autofree char *file = g_strconcat("channel-", chr->name, NULL);

    return chr->source.autoPath ? visit(&chr->source.path, file, opaque) : 0;
}

static int
qemuSocketForEachChannel(const virDomainDef *def, qemuSocketVisit visit, void *opaque)
{
    for (guint i = 0; i < def->channels->len; i++) {
        if (qemuSocketVisitChannel(g_ptr_array_index(def->channels, i), visit, opaque) < 0)
            return -1;
    }
    return 0;
}

static int
qemuSocketForEach(const virDomainDef *def, qemuSocketVisit visit, void *opaque)
{
    if (qemuSocketForEachChannel(def, visit, opaque) < 0)
        return -1;
    for (guint i = 0; i < def->graphics->len; i++) {
        virDomainGraphicsDef *graphics = g_ptr_array_index(def->graphics, i);
        g_autofree char *file =
            g_strconcat(virDomainGraphicsToString((int)graphics->type), ".sock", NULL);

        if (graphics->autoSocket && visit(&graphics->socket, file, opaque) < 0)
            return -1;
    }
    for (guint i = 0; i < def->tpms->len; i++) {
        virDomainTPMDef *tpm = g_ptr_array_index(def->tpms, i);

        if (visit(&tpm->socket, "swtpm.sock", opaque) < 0)
            return -1;
    }
    return 0;
}

static int
qemuSocketNote(char **path G_GNUC_UNUSED, const char *file G_GNUC_UNUSED, void *opaque)
{
    *(bool *)opaque = true;
    return 0;
}

bool
qemuDomainNeedsSockets(const virDomainDef *def)
{
    bool needs = false;

    return qemuSocketForEach(def, qemuSocketNote, &needs) == 0 && needs;
}

static int
qemuSocketChoose(char **path, const char *file, void *opaque)
{
    g_autofree char *chosen = g_build_filename(opaque, file, NULL);

    if (strlen(chosen) > VIR_DOMAIN_SOCKET_PATH_MAX) {
        virReportError(VIR_ERR_CONFIG_UNSUPPORTED,
                       _("the socket '%1$s' cannot be made: its path has %2$zu bytes, and the "
                         "kernel takes %3$d; give a shorter path in the definition"),
                       chosen, strlen(chosen), VIR_DOMAIN_SOCKET_PATH_MAX);
        return -1;
    }
    g_free(*path);
    *path = g_steal_pointer(&chosen);
    return 0;
}

int
qemuDomainPrepareSockets(virDomainDef *def, const char *dir)
{
    g_autofree char *directory = g_strdup(dir);

    return qemuSocketForEach(def, qemuSocketChoose, directory);
}

static bool
qemuSocketIsBelow(const char *path, const char *directory)
{
    return path && g_str_has_prefix(path, directory) && path[strlen(directory)] == '/';
}

void
qemuDomainRecognizeSockets(virDomainDef *def, const char *runDirectory)
{
    for (guint i = 0; i < def->channels->len; i++) {
        virDomainChrSourceDef *source =
            &((virDomainChrDef *)g_ptr_array_index(def->channels, i))->source;

        if (source->type == VIR_DOMAIN_CHR_TYPE_UNIX && source->mode == VIR_DOMAIN_CHR_MODE_BIND)
            source->autoPath |= qemuSocketIsBelow(source->path, runDirectory);
    }
    for (guint i = 0; i < def->graphics->len; i++) {
        virDomainGraphicsDef *graphics = g_ptr_array_index(def->graphics, i);

        graphics->autoSocket |= qemuSocketIsBelow(graphics->socket, runDirectory);
    }
}

int
qemuDomainPrepareChannelSocket(virDomainChrDef *channel, const char *dir)
{
    g_autofree char *directory = g_strdup(dir);

    return qemuSocketVisitChannel(channel, qemuSocketChoose, directory);
}

struct _qemuPorts {
    GMutex lock;
    GHashTable *owners; /* port -> who has chosen it */
};

qemuPorts *
qemuPortsNew(void)
{
    qemuPorts *ports = g_new0(qemuPorts, 1);

    g_mutex_init(&ports->lock);
    ports->owners = g_hash_table_new(NULL, NULL);
    return ports;
}

void
qemuPortsFree(qemuPorts *ports)
{
    if (!ports)
        return;
    g_hash_table_unref(ports->owners);
    g_mutex_clear(&ports->lock);
    g_free(ports);
}

static gboolean
qemuPortsIsOwner(void *port G_GNUC_UNUSED, void *value, void *owner)
{
    return value == owner;
}

void
qemuPortsRelease(qemuPorts *ports, const void *owner)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&ports->lock);

    g_hash_table_foreach_remove(ports->owners, qemuPortsIsOwner, (void *)(guintptr)owner);
}

/* Returns false if another start has it. */
static bool
qemuPortsClaim(qemuPorts *ports, int port, const void *owner)
{
    g_autoptr(GMutexLocker) locker = NULL;

    if (!ports)
        return true;
    locker = g_mutex_locker_new(&ports->lock);
    return !g_hash_table_contains(ports->owners, GINT_TO_POINTER(port)) &&
           g_hash_table_insert(ports->owners, GINT_TO_POINTER(port), (void *)(guintptr)owner);
}

/* True if nobody listens on a port now. */
static bool
qemuPortIsFree(GInetAddress *address, guint16 port)
{
    g_autoptr(GSocketAddress) at = g_inet_socket_address_new(address, port);
    g_autoptr(GSocket) probe = g_socket_new(g_inet_address_get_family(address),
                                            G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL);

    return probe && g_socket_bind(probe, at, TRUE, NULL) && g_socket_listen(probe, NULL);
}

static int
qemuGraphicsFindPort(virDomainGraphicsDef *graphics, qemuPorts *ports, const void *owner)
{
    const char *text = graphics->address ? graphics->address : VIR_DOMAIN_GRAPHICS_LOOPBACK;
    g_autoptr(GInetAddress) address = g_inet_address_new_from_string(text);

    for (int port = VIR_DOMAIN_GRAPHICS_PORT_MIN; address && port <= G_MAXUINT16; port++) {
        /* In this order: who had claimed it until now listens on it by now. */
        if (!qemuPortsClaim(ports, port, owner) || !qemuPortIsFree(address, (guint16)port))
            continue;
        graphics->port = port;
        return 0;
    }
    virReportError(VIR_ERR_OPERATION_FAILED,
                   _("cannot find a free port for <graphics type='%1$s'> on '%2$s'; give the port, "
                     "and an IP address of this host"),
                   virDomainGraphicsToString((int)graphics->type), text);
    return -1;
}

int
qemuDomainPreparePorts(virDomainDef *def, qemuPorts *ports, const void *owner)
{
    for (guint i = 0; i < def->graphics->len; i++) {
        virDomainGraphicsDef *graphics = g_ptr_array_index(def->graphics, i);

        if (graphics->autoport)
            graphics->port = VIR_DOMAIN_GRAPHICS_PORT_AUTO;
        if (graphics->type == VIR_DOMAIN_GRAPHICS_SPICE &&
            graphics->listen == VIR_DOMAIN_GRAPHICS_LISTEN_ADDRESS &&
            graphics->port == VIR_DOMAIN_GRAPHICS_PORT_AUTO &&
            qemuGraphicsFindPort(graphics, ports, owner) < 0)
            return -1;
    }
    return 0;
}
