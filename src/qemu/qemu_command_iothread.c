/*
 * qemu_command_iothread.c: QEMU's command line: threads that serve disks
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "qemu_command_priv.h"

void
qemuCommandSetIOThread(JsonObject *device, unsigned int iothread)
{
    g_autofree char *name = g_strdup_printf(VIR_DOMAIN_IOTHREAD_ALIAS "%u", iothread);

    if (iothread > 0)
        qemuCommandSetMembers(device, "iothread", name, NULL);
}

void
qemuCommandAddIOThreads(GPtrArray *argv, const virDomainDef *def)
{
    for (unsigned int i = 1; i <= def->vcpu.iothreads.count; i++) {
        g_autofree char *name = g_strdup_printf(VIR_DOMAIN_IOTHREAD_ALIAS "%u", i);
        JsonObject *object = json_object_new();

        qemuCommandSetMembers(object, "qom-type", "iothread", "id", name, NULL);
        qemuCommandAddObject(argv, object);
    }
}
