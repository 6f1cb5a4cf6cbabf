/*
 * qemu_process_unread.c: guests that outlive a driver, and whose status file nobody can read
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include <libvirt/libvirt.h>

#include "qemu_command_priv.h"
#include "qemu_hostdev.h"
#include "qemu_process_priv.h"
#include "virdomainobjstore.h"
#include "virerror.h"
#include "virgettext.h"
#include "virlog.h"

#define VIR_FROM_THIS VIR_FROM_QEMU

VIR_LOG_INIT("qemu.process")

/*
 * What runs is found by what it has in its run directory and on its command line. It is shown, so
 * that it is not started a second time, and it can be destroyed. Which devices it has by now was in
 * the file alone, so nothing else is done with it.
 */

/* How often it is tried again where there is no descriptor left. */
#define QEMU_PROCESS_UNREAD_RETRY_US (200 * 1000)

/* The process that a run directory belongs to, if it has @word on its command line. */
static bool
qemuProcessUnreadHas(const char *path, const char *word, virProcessIdentity *process)
{
    int rc;

    while ((rc = qemuProcessReadPidFile(path, word, process)) < 0)
        g_usleep(QEMU_PROCESS_UNREAD_RETRY_US);
    return rc > 0;
}

/* The UUID of the guest with that name whose QEMU runs; caller frees. NULL if there is none. */
static char *
qemuProcessUnreadSearch(const qemuDriver *driver, const char *name, virProcessIdentity *process)
{
    g_autoptr(GDir) dir = g_dir_open(driver->runDirectory, 0, NULL);
    g_autofree char *word = qemuCommandMakeName(name);
    const char *uuid;

    while (dir && (uuid = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename(driver->runDirectory, uuid, "pid", NULL);

        if (qemuProcessUnreadHas(path, uuid, process) && qemuProcessUnreadHas(path, word, process))
            return g_strdup(uuid);
    }
    return NULL;
}

/* A definition with nothing in it. */
static virDomainDef *
qemuProcessUnreadMakeDef(const char *name, const char *uuid)
{
    g_autofree char *xml =
        g_markup_printf_escaped("<domain type='qemu'><name>%s</name><uuid>%s</uuid>"
                                "<memory unit='MiB'>1</memory><os><type>hvm</type></os></domain>",
                                name, uuid);

    return virDomainDefParse(xml, strlen(xml), name);
}

/* @reason is taken. */
static void
qemuProcessUnreadAdopt(qemuDriver *driver, virDomainObj *vm, virProcessIdentity process,
                       char *reason)
{
    qemuDomainPrivate *priv = qemuDomainGetPrivate(driver, vm);
    int id = qemuDriverNextID(driver);
    g_autoptr(virDomainDef) live = virDomainDefCopy(vm->def);
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = virDomainObjLock(vm);

    if (vm->persistent && live) {
        vm->newDef = vm->def;
        vm->def = g_steal_pointer(&live);
    }
    vm->id = id;
    vm->def->id = id;
    virDomainObjSetState(vm, VIR_DOMAIN_NOSTATE, 0);
    priv->process = process;
    priv->keepTPM = true;
    priv->unread = reason;
}

bool
qemuProcessFindUnread(qemuDriver *driver, const char *file, qemuDomainJob *job)
{
    g_autofree char *name = g_strndup(file, strlen(file) - strlen(".xml"));
    g_autofree char *cause = g_strdup(virErrorGetMessage());
    virProcessIdentity process = {0, 0};
    g_autofree char *uuid = qemuProcessUnreadSearch(driver, name, &process);
    g_autoptr(virDomainDef) def = uuid ? qemuProcessUnreadMakeDef(name, uuid) : NULL;
    g_autoptr(virDomainObj) vm = NULL;

    if (!uuid)
        return false;
    virErrorReset();
    if (!def || !(vm = virDomainObjListAdd(driver->domains, &def)) || virDomainObjIsActive(vm)) {
        VIR_WARN(_("process %1$d is QEMU of a guest '%2$s' with the UUID %3$s, whose status file "
                   "'%4$s/%5$s' cannot be read (%6$s), and which cannot be shown: %7$s; end the "
                   "process before you start another guest with its disks"),
                 process.pid, name, uuid, driver->runDirectory, file, cause, virErrorGetMessage());
        virErrorReset();
        return true;
    }
    qemuDomainGetPrivate(driver, vm);
    qemuDomainJobBeginAlways(job, vm, "reconnect");
    qemuProcessUnreadAdopt(driver, vm, process,
                           virFormat(_("its status file '%1$s/%2$s' cannot be read: %3$s"),
                                     driver->runDirectory, file, cause));
    return true;
}

void
qemuProcessTakeOverUnread(virDomainObj *vm)
{
    const qemuDomainPrivate *priv = vm->privateData;
    const virDomainDef *def = vm->def;

    qemuDomainReportUnread(vm);
    VIR_WARN("%s", virErrorGetMessage());
    virErrorReset();
    /* Those that it was defined with, at least. */
    if (def->hostdevs->len == 0)
        return;
    if (qemuHostdevUpdateActivePCIDevices(priv->driver->hostdevMgr, def) < 0)
        VIR_WARN("%s", virErrorGetMessage());
    if (qemuHostdevSetProcess(priv->driver->hostdevMgr, def, priv->process.pid) < 0)
        VIR_WARN("%s", virErrorGetMessage());
}

void
qemuProcessForgetUnread(virDomainObj *vm)
{
    qemuDomainPrivate *priv = vm->privateData;
    g_autofree char *file = g_strconcat(vm->name, ".xml", NULL);
    g_autofree char *reason = NULL;

    g_mutex_lock(&vm->lock);
    reason = g_steal_pointer(&priv->unread);
    g_mutex_unlock(&vm->lock);
    if (!reason)
        return;
    virReportError(VIR_ERR_OPERATION_FAILED, _("guest '%1$s' has ended, and %2$s"), vm->name,
                   reason);
    virDomainObjStoreSetAside(priv->driver->runDirectory, file);
}
