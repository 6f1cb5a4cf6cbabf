/*
 * qemu_command_machine.c: QEMU's command line: the machine and what it boots
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "qemu_command_priv.h"

void
qemuCommandAddMachine(GPtrArray *argv, const virDomainDef *def)
{
    g_autofree char *name = qemuCommandEscape(def->name);

    qemuCommandAddFormat(argv, "-name", "guest=%s,debug-threads=on", name);
    qemuCommandAdd(argv, "-uuid", def->uuid);
    qemuCommandAdd(argv, "-S", NULL);
    qemuCommandAdd(argv, "-machine", def->os.machine);
    if (def->virtType == VIR_DOMAIN_VIRT_KVM) {
        qemuCommandAdd(argv, "-accel", "kvm");
        qemuCommandAdd(argv, "-cpu", "host");
    } else {
        qemuCommandAdd(argv, "-accel", "tcg");
    }
    qemuCommandAddFormat(argv, "-m", "size=%" G_GUINT64_FORMAT "k", def->mem.total_kib);
    qemuCommandAddFormat(argv, "-smp", "cpus=%u", def->vcpu.max);
    qemuCommandAddFormat(argv, "-rtc", "base=%s", virDomainClockToString(def->clock.offset));
}

/* Nothing that the definition does not name, and no rights that QEMU does not need. */
void
qemuCommandAddLimits(GPtrArray *argv, const virDomainDef *def)
{
    qemuCommandAdd(argv, "-no-user-config", NULL);
    qemuCommandAdd(argv, "-nodefaults", NULL);
    qemuCommandAdd(argv, "-display", "none");
    qemuCommandAdd(argv, "-sandbox",
                   "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny");
    qemuCommandAdd(argv, "-boot", "strict=on");
    if (def->lifecycle.onReboot == VIR_DOMAIN_REBOOT_DESTROY)
        qemuCommandAdd(argv, "-no-reboot", NULL);
}

void
qemuCommandAddKernel(GPtrArray *argv, const virDomainOSDef *os)
{
    if (os->kernel)
        qemuCommandAdd(argv, "-kernel", os->kernel);
    if (os->initrd)
        qemuCommandAdd(argv, "-initrd", os->initrd);
    if (os->cmdline)
        qemuCommandAdd(argv, "-append", os->cmdline);
}
