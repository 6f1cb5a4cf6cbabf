/*
 * qemu_process_monitor.c: the socket of a guest's monitor
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "qemu_process_priv.h"
#include "virerror.h"
#include "virfile.h"
#include "virgettext.h"

#define VIR_FROM_THIS VIR_FROM_QEMU

char *
qemuProcessGetMonitorPath(const virDomainObj *vm)
{
    g_autofree char *directory = qemuDomainGetRunDirectory(vm);

    return g_build_filename(directory, "monitor.sock", NULL);
}

static int
qemuProcessFillAddress(const char *path, struct sockaddr_un *addr)
{
    addr->sun_family = AF_UNIX;
    if (g_strlcpy(addr->sun_path, path, sizeof(addr->sun_path)) < sizeof(addr->sun_path))
        return 0;
    virReportError(VIR_ERR_CONFIG_UNSUPPORTED,
                   _("the path of a guest's monitor, '%1$s', is longer than %2$d bytes, which is "
                     "too long for a socket; use a shorter run directory"),
                   path, (int)sizeof(addr->sun_path) - 1);
    return -1;
}

int
qemuProcessConnectMonitor(const virDomainObj *vm)
{
    g_autofree char *path = qemuProcessGetMonitorPath(vm);
    VIR_AUTOCLOSE fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_un addr = {0};

    if (qemuProcessFillAddress(path, &addr) < 0)
        return -1;
    if (fd < 0 || connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0) {
        virReportSystemError(errno, _("cannot connect to QEMU's monitor of guest '%1$s', '%2$s'"),
                             vm->name, path);
        return -1;
    }
    return virFileStealFD(&fd);
}

int
qemuProcessListenMonitor(const virDomainObj *vm, int *listening, int *connected)
{
    g_autofree char *path = qemuProcessGetMonitorPath(vm);
    VIR_AUTOCLOSE fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_un addr = {0};
    int ours;

    if (qemuProcessFillAddress(path, &addr) < 0)
        return -1;
    unlink(path);
    if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 || listen(fd, 1) < 0) {
        virReportSystemError(errno, _("cannot make the socket '%1$s'"), path);
        return -1;
    }
    if ((ours = qemuProcessConnectMonitor(vm)) < 0)
        return -1;
    *listening = virFileStealFD(&fd);
    *connected = ours;
    return 0;
}
