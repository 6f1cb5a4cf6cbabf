/*
 * qemu_driver_rename.c: another name for a guest
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "qemu_driver_priv.h"
#include "virdomainobjstore.h"
#include "virerror.h"
#include "virgettext.h"
#include "virlog.h"

#define VIR_FROM_THIS VIR_FROM_QEMU

VIR_LOG_INIT("qemu.rename")

/* Whether the firmware's variables are in a file that has the guest's name: it would be another
 * guest's of that name, too. */
static bool
qemuRenameHasNVRAM(const virDomainObj *vm)
{
    const char *nvram = vm->def->os.loader.nvram;
    g_autofree char *own = g_strconcat(vm->name, "_VARS.fd", NULL);
    g_autofree char *name = nvram ? g_path_get_basename(nvram) : NULL;

    return name && strcmp(name, own) == 0;
}

static int
qemuRenameCheck(const virDomainObj *vm)
{
    if (virDomainObjIsActive(vm)) {
        virReportError(VIR_ERR_OPERATION_INVALID,
                       _("guest '%1$s' cannot be renamed while it is active; shut it down first"),
                       vm->name);
        return -1;
    }
    if (vm->hasManagedSave) {
        virReportError(VIR_ERR_OPERATION_INVALID,
                       _("guest '%1$s' has been saved under this name and cannot be renamed; start "
                         "it, or remove what was saved (managedsave-remove)"),
                       vm->name);
        return -1;
    }
    if (qemuRenameHasNVRAM(vm)) {
        virReportError(VIR_ERR_OPERATION_INVALID,
                       _("guest '%1$s' cannot be renamed: its firmware variables in '%2$s' have "
                         "its name; move them, and change <nvram> in its definition"),
                       vm->name, vm->def->os.loader.nvram);
        return -1;
    }
    return 0;
}

/* Its definition under the new name; NULL with an error reported. */
static virDomainDef *
qemuRenameMakeDef(const virDomainObj *vm, const char *name)
{
    g_autoptr(virDomainDef) def = virDomainDefCopy(vm->def);

    if (!def)
        return NULL;
    g_free(def->name);
    def->name = g_strdup(name);
    /* What is checked of a name when it is read is checked. */
    return virDomainDefCopy(def);
}

static void
qemuRenameUndoFiles(const char *directory, const virDomainObj *vm, const char *name)
{
    virErrorInfo cause = {0};

    virErrorPreserve(&cause);
    if (virDomainObjStoreRemove(directory, name) < 0 ||
        virDomainObjStoreSave(directory, vm->def) < 0 ||
        virDomainObjStoreSetAutostart(directory, vm->name, vm->autostart) < 0)
        VIR_WARN(_("cannot undo the renaming of guest '%1$s' to '%2$s': %3$s"), vm->name, name,
                 virErrorGetMessage());
    virErrorRestore(&cause);
}

/* The new file is whole before the old one goes. */
static int
qemuRenameFiles(const char *directory, const virDomainObj *vm, const virDomainDef *def)
{
    if (virDomainObjStoreSave(directory, def) == 0 &&
        virDomainObjStoreSetAutostart(directory, def->name, vm->autostart) == 0 &&
        virDomainObjStoreRemove(directory, vm->name) == 0)
        return 0;
    qemuRenameUndoFiles(directory, vm, def->name);
    return -1;
}

static void
qemuRenameTell(virDomainObj *vm, int type, int detail)
{
    const qemuDomainPrivate *priv = vm->privateData;
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = virDomainObjLock(vm);

    qemuEventQueueLifecycle(priv->driver->events, vm, type, detail);
}

/* @other is what the guest is from now on, and known to nobody yet. */
static int
qemuRenameTo(virDomainObj *vm, virDomainObj *other)
{
    const qemuDomainPrivate *priv = vm->privateData;
    qemuDriver *driver = priv->driver;
    g_auto(qemuDomainJob) job = {0};

    qemuDomainGetPrivate(driver, other);
    other->persistent = true;
    other->autostart = vm->autostart;
    qemuDomainJobBeginAlways(&job, other, "rename");
    if (virDomainObjListReserve(driver->domains, vm, other->name) < 0)
        return -1;
    if (qemuRenameFiles(driver->stateDirectory, vm, other->def) < 0) {
        virDomainObjListRelease(driver->domains, other->name);
        return -1;
    }
    virDomainObjListReplace(driver->domains, vm, other);
    qemuRenameTell(vm, VIR_DOMAIN_EVENT_UNDEFINED, VIR_DOMAIN_EVENT_UNDEFINED_RENAMED);
    qemuRenameTell(other, VIR_DOMAIN_EVENT_DEFINED, VIR_DOMAIN_EVENT_DEFINED_RENAMED);
    return 0;
}

int
qemuDomainRename(virDomainObj *vm, const char *name, unsigned int flags)
{
    g_auto(qemuDomainJob) job = {0};
    g_autoptr(virDomainObj) other = NULL;
    virDomainDef *def;

    if (qemuDriverCheckFlags("rename", flags, 0) < 0 ||
        qemuDomainJobBegin(&job, vm, "rename") < 0 || qemuRenameCheck(vm) < 0 ||
        !(def = qemuRenameMakeDef(vm, name)))
        return -1;
    other = virDomainObjNew(def);
    return qemuRenameTo(vm, other);
}
