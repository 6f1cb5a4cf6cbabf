/*
 * qemu_command.c: QEMU's command line for a guest
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "qemu_command.h"
#include "qemu_command_priv.h"

static void
qemuCommandAddMonitor(GPtrArray *argv, unsigned int flags)
{
    qemuCommandAddFormat(argv, "-chardev", "socket,id=charmonitor,fd=%d%s", QEMU_COMMAND_MONITOR_FD,
                         flags & QEMU_COMMAND_MONITOR_LISTENS ? ",server=on,wait=off" : "");
    qemuCommandAdd(argv, "-mon", "chardev=charmonitor,id=monitor,mode=control");
}

char **
qemuBuildCommandLine(const virDomainDef *def, const char *emulator, unsigned int flags)
{
    GPtrArray *argv = g_ptr_array_new();

    g_ptr_array_add(argv, g_strdup(emulator));
    qemuCommandAddMachine(argv, def);
    qemuCommandAddLimits(argv, def);
    qemuCommandAddKernel(argv, &def->os);
    qemuCommandAddMonitor(argv, flags);
    qemuCommandAddDevices(argv, def);
    if (flags & QEMU_COMMAND_INCOMING)
        qemuCommandAdd(argv, "-incoming", "defer");
    for (guint i = 0; i < def->qemu.args->len; i++)
        qemuCommandAdd(argv, g_ptr_array_index(def->qemu.args, i), NULL);
    g_ptr_array_add(argv, NULL);
    return (char **)g_ptr_array_free(argv, FALSE);
}
