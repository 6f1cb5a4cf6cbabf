/*
 * qemu_process_setup.c: what QEMU is told while the guest does not run yet
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <libvirt/libvirt.h>

#include "qemu_balloon.h"
#include "qemu_graphics.h"
#include "qemu_process_priv.h"
#include "qemu_scope.h"
#include "virerror.h"
#include "virgettext.h"
#include "virlog.h"

VIR_LOG_INIT("qemu.process")

/* A guest that asks for no limit runs without a scope as well, in the control group of the daemon.
 */
void
qemuProcessMakeScope(virDomainObj *vm)
{
    const qemuDomainPrivate *priv = vm->privateData;
    g_autoptr(GDBusConnection) bus = priv->driver->scopes ? qemuScopeGetBus() : NULL;

    if (!bus || qemuScopeStart(bus, vm->name, priv->process.pid) == 0)
        return;
    VIR_WARN(_("guest '%1$s' runs without a scope of its own: %2$s"), vm->name,
             virErrorGetMessage());
    virErrorReset();
}

int
qemuProcessSetActions(virDomainObj *vm, qemuMonitor *mon)
{
    bool still;

    g_mutex_lock(&vm->lock);
    still = qemuProcessStandsStill(vm);
    g_mutex_unlock(&vm->lock);
    return qemuMonitorSetAction(mon, still ? "pause" : "poweroff",
                                vm->def->lifecycle.onCrash == VIR_DOMAIN_ACTION_DESTROY ? "shutdown"
                                                                                        : "pause");
}

/* QEMU has no option for an interface whose cable is out. */
static int
qemuProcessSetLinks(const virDomainDef *def, qemuMonitor *mon)
{
    for (guint i = 0; i < def->nets->len; i++) {
        const virDomainNetDef *net = g_ptr_array_index(def->nets, i);

        if (net->link == VIR_DOMAIN_NET_LINK_DOWN &&
            qemuMonitorSetLink(mon, net->info.alias, false) < 0)
            return -1;
    }
    return 0;
}

static int
qemuProcessSetBalloon(const virDomainDef *def, qemuMonitor *mon)
{
    const virDomainMemballoonDef *balloon = qemuBalloonFind(def);

    if (balloon && balloon->period_s && qemuBalloonSetPeriod(def, mon, balloon->period_s) < 0)
        return -1;
    return def->mem.current_kib < def->mem.total_kib
               ? qemuMonitorSetBalloon(mon, def->mem.current_kib)
               : 0;
}

/* A display with a password lets nobody in before it is set; it is on no command line. */
static int
qemuProcessSetPasswords(const virDomainDef *def, qemuMonitor *mon)
{
    g_autoptr(GPtrArray) commands = qemuGraphicsGetPasswordCommands(def);

    for (guint i = 0; i < commands->len; i++) {
        const qemuGraphicsCommand *command = g_ptr_array_index(commands, i);

        if (qemuMonitorCommand(mon, command->name,
                               json_object_ref(json_node_get_object(command->arguments)), NULL) < 0)
            return -1;
    }
    return 0;
}

int
qemuProcessSetUp(virDomainObj *vm, qemuMonitor *mon)
{
    const virDomainDef *def = vm->def;

    if (qemuProcessSetActions(vm, mon) < 0 || qemuProcessSetLinks(def, mon) < 0 ||
        qemuProcessSetPasswords(def, mon) < 0)
        return -1;
    if (qemuProcessSetBalloon(def, mon) < 0)
        return -1;
    return qemuProcessRefresh(vm, mon,
                              VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_REASON_DOMAIN_STARTED);
}
