/*
 * virtvfio_sockets.c: the directory for the sockets of a guest that "virtvfio run" starts
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>

#include <glib/gstdio.h>

#include "qemu_socket.h"
#include "virerror.h"
#include "virgettext.h"
#include "virlog.h"
#include "virtvfio_sockets.h"

VIR_LOG_INIT("tools.sockets")

#define VIR_FROM_THIS             VIR_FROM_NONE

#define VIRTVFIO_SOCKETS_TEMPLATE "virtvfio-XXXXXX"

/* swtpm would have to be started, and a password told through the monitor. */
static int
virtvfioSocketsCheck(const virDomainDef *def)
{
    if (def->tpms->len > 0) {
        virReportError(
            VIR_ERR_CONFIG_UNSUPPORTED,
            _("unsupported configuration: guest '%1$s' has a <tpm>, for which \"virtvfio "
              "run\" starts no swtpm; remove it"),
            def->name);
        return -1;
    }
    for (guint i = 0; i < def->graphics->len; i++) {
        const virDomainGraphicsDef *graphics = g_ptr_array_index(def->graphics, i);

        if (!graphics->passwd)
            continue;
        virReportError(
            VIR_ERR_CONFIG_UNSUPPORTED,
            _("unsupported configuration: the <graphics> of guest '%1$s' has a password, "
              "which \"virtvfio run\" does not set; use <listen type='socket'/> instead"),
            def->name);
        return -1;
    }
    return 0;
}

static int
virtvfioSocketsMake(bool dryRun, char **dir)
{
    g_autoptr(GError) error = NULL;

    if (dryRun) {
        *dir = g_build_filename(g_get_tmp_dir(), VIRTVFIO_SOCKETS_TEMPLATE, NULL);
        return 0;
    }
    if ((*dir = g_dir_make_tmp(VIRTVFIO_SOCKETS_TEMPLATE, &error)))
        return 0;
    virReportError(VIR_ERR_SYSTEM_ERROR, _("cannot make a directory for sockets: %1$s"),
                   error->message);
    return -1;
}

int
virtvfioSocketsPrepare(virDomainDef *def, bool dryRun, char **dir)
{
    g_autofree char *made = NULL;

    if (!dryRun && virtvfioSocketsCheck(def) < 0)
        return -1;
    if (qemuDomainPreparePorts(def, NULL, NULL) < 0)
        return -1;
    if (!qemuDomainNeedsSockets(def))
        return 0;
    if (virtvfioSocketsMake(dryRun, &made) < 0)
        return -1;
    if (qemuDomainPrepareSockets(def, made) < 0) {
        if (!dryRun)
            g_rmdir(made);
        return -1;
    }
    if (!dryRun)
        *dir = g_steal_pointer(&made);
    return 0;
}

void
virtvfioSocketsRemove(const char *dir)
{
    g_autoptr(GDir) files = dir ? g_dir_open(dir, 0, NULL) : NULL;
    const char *name;

    while (files && (name = g_dir_read_name(files))) {
        g_autofree char *path = g_build_filename(dir, name, NULL);

        g_unlink(path);
    }
    if (dir && g_rmdir(dir) < 0)
        VIR_WARN(_("cannot remove %1$s: %2$s"), dir, g_strerror(errno));
}
