/*
 * virtvfiod_systemd.c: what systemd, if it started the daemon, hands over and is told
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <sys/socket.h>

#include <glib.h>
#include <systemd/sd-daemon.h>

#include "virerror.h"
#include "virgettext.h"
#include "virlibrary.h"
#include "virlog.h"
#include "virtvfiod_systemd.h"

#define VIR_FROM_THIS VIR_FROM_RPC

VIR_LOG_INIT("daemon.systemd")

/* The name of the interface that the header describes. */
#define VIRTVFIOD_SYSTEMD_SONAME "libsystemd.so.0"

#define VIRTVFIOD_SYSTEMD_FUNCTIONS(FUNCTION)                                                      \
    FUNCTION(sd_is_socket)                                                                         \
    FUNCTION(sd_listen_fds)                                                                        \
    FUNCTION(sd_notify)

typedef struct {
    VIRTVFIOD_SYSTEMD_FUNCTIONS(VIR_LIBRARY_MEMBER)
} virtvfiodSystemdLib;

/* With it come compression and cryptography, a tenth of the daemon's memory: only systemd's
 * environment has it loaded. NULL if it cannot be. Main thread. */
static const virtvfiodSystemdLib *
virtvfiodSystemdGetLib(void)
{
    static const char *const names[] = {VIRTVFIOD_SYSTEMD_FUNCTIONS(VIR_LIBRARY_NAME)};
    static virtvfiodSystemdLib lib;

    G_STATIC_ASSERT(sizeof(lib) == G_N_ELEMENTS(names) * sizeof(gpointer));
    if (lib.sd_notify || virLibraryLoad(VIRTVFIOD_SYSTEMD_SONAME, names, G_N_ELEMENTS(names), &lib))
        return &lib;
    return NULL;
}

void
virtvfiodSystemdNotify(const char *state)
{
    const virtvfiodSystemdLib *lib;

    if (!g_getenv("NOTIFY_SOCKET"))
        return;
    if ((lib = virtvfiodSystemdGetLib()))
        lib->sd_notify(0, state);
    else
        VIR_WARN(_("systemd cannot be told that the daemon is at '%1$s': there is no %2$s"), state,
                 VIRTVFIOD_SYSTEMD_SONAME);
}

static int
virtvfiodSystemdCheck(const virtvfiodSystemdLib *lib, int fd)
{
    if (lib->sd_is_socket(fd, AF_UNIX, SOCK_STREAM, 1) > 0)
        return 0;
    virReportError(VIR_ERR_OPERATION_FAILED,
                   _("descriptor %1$d, which systemd handed over, is no listening UNIX socket"),
                   fd);
    return -1;
}

int
virtvfiodSystemdListenFds(int *first)
{
    const virtvfiodSystemdLib *lib;
    int count;

    if (!g_getenv("LISTEN_FDS"))
        return 0;
    if (!(lib = virtvfiodSystemdGetLib())) {
        virReportError(VIR_ERR_OPERATION_FAILED,
                       _("cannot take the sockets that systemd handed over: there is no %1$s"),
                       VIRTVFIOD_SYSTEMD_SONAME);
        return -1;
    }
    count = lib->sd_listen_fds(1);
    for (int i = 0; i < count; i++) {
        if (virtvfiodSystemdCheck(lib, SD_LISTEN_FDS_START + i) < 0)
            return -1;
    }
    *first = SD_LISTEN_FDS_START;
    return MAX(count, 0);
}
