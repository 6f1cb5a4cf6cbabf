/*
 * qemu_process_monitor.c: the socket of a guest's monitor
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <unistd.h>

#include "domain_attribute.h"
#include "qemu_path.h"
#include "qemu_process_priv.h"
#include "virerror.h"
#include "virfile.h"
#include "virgettext.h"

#define VIR_FROM_THIS VIR_FROM_QEMU

/* How long a driver waits for QEMU to notice that those before it are gone. */
#define QEMU_PROCESS_CONNECT_TIMEOUT_MS (30 * 1000)

char *
qemuProcessGetMonitorPath(const virDomainObj *vm)
{
    g_autofree char *directory = qemuDomainGetRunDirectory(vm);

    return g_build_filename(directory, "monitor.sock", NULL);
}

/* The socket is ours, and so is who listened first: a driver, which may be gone. */
int
qemuProcessConnectMonitor(const virDomainObj *vm)
{
    const qemuDomainPrivate *priv = vm->privateData;
    const qemuSpawnUser *user = priv->driver->user;
    g_autofree char *path = qemuProcessGetMonitorPath(vm);
    const qemuPeer peer = {
        .path = path,
        .distrusted = user ? user->uid : QEMU_PATH_TRUST_ALL,
        .owner = geteuid(),
        .wait_ms = QEMU_PROCESS_CONNECT_TIMEOUT_MS,
    };
    const char *why = NULL;
    int fd = qemuPeerConnect(&peer, &why);

    if (fd >= 0)
        return fd;
    virReportError(VIR_ERR_OPERATION_FAILED,
                   _("cannot connect to QEMU's monitor of guest '%1$s', '%2$s': %3$s"), vm->name,
                   path, why);
    return -1;
}

static int
qemuProcessReportListen(const char *path, int rc)
{
    if (rc == -ENAMETOOLONG)
        virReportError(VIR_ERR_CONFIG_UNSUPPORTED,
                       _("the path of a guest's monitor, '%1$s', is longer than %2$d bytes, which "
                         "is too long for a socket; use a shorter run directory"),
                       path, VIR_DOMAIN_SOCKET_PATH_MAX);
    else
        virReportSystemError(-rc, _("cannot make the socket '%1$s'"), path);
    return -1;
}

int
qemuProcessListenMonitor(const virDomainObj *vm, int *listening, int *connected)
{
    g_autofree char *path = qemuProcessGetMonitorPath(vm);
    VIR_AUTOCLOSE fd = qemuPeerListen(path, (uid_t)-1, (gid_t)-1);
    int ours;

    if (fd < 0)
        return qemuProcessReportListen(path, fd);
    if ((ours = qemuProcessConnectMonitor(vm)) < 0)
        return -1;
    *listening = virFileStealFD(&fd);
    *connected = ours;
    return 0;
}
