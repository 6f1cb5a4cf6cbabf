/*
 * qemu_driver_save.c: the calls that save guests, and let them go on
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <string.h>

#include "qemu_driver_priv.h"
#include "qemu_migration.h"
#include "qemu_save.h"
#include "qemu_save_file.h"
#include "virerror.h"
#include "virfile.h"
#include "virgettext.h"

#define VIR_FROM_THIS VIR_FROM_QEMU

#define QEMU_SAVE_FLAGS                                                                            \
    (VIR_DOMAIN_SAVE_BYPASS_CACHE | VIR_DOMAIN_SAVE_RUNNING | VIR_DOMAIN_SAVE_PAUSED)

static int
qemuDomainSaveCheckFlags(const char *what, unsigned int flags)
{
    const unsigned int both = VIR_DOMAIN_SAVE_RUNNING | VIR_DOMAIN_SAVE_PAUSED;

    if (qemuDriverCheckFlags(what, flags, QEMU_SAVE_FLAGS) < 0)
        return -1;
    if ((flags & both) == both) {
        virReportError(VIR_ERR_INVALID_ARG,
                       _("a saved guest is running or paused when it goes on, not both"));
        return -1;
    }
    if (flags & VIR_DOMAIN_SAVE_BYPASS_CACHE) {
        virReportError(VIR_ERR_ARGUMENT_UNSUPPORTED,
                       _("cannot bypass the file system's cache for the file of a saved guest; "
                         "leave --bypass-cache out"));
        return -1;
    }
    return 0;
}

int
qemuDomainSave(virDomainObj *vm, const char *path, const char *xml, unsigned int flags)
{
    g_auto(qemuDomainJob) job = {0};

    if (qemuDomainSaveCheckFlags("save", flags) < 0 ||
        qemuDomainJobBeginActive(&job, vm, "save") < 0)
        return -1;
    return qemuSaveGuest(vm, path, xml, flags);
}

static int
qemuDomainCheckManagedSave(const virDomainObj *vm)
{
    const qemuDomainPrivate *priv = vm->privateData;

    if (vm->persistent && !priv->autodestroy && priv->driver->stateDirectory)
        return 0;
    virReportError(VIR_ERR_OPERATION_INVALID,
                   _("guest '%1$s' has no next start that could go on where it is saved: it is "
                     "transient, or ends with its client; save it to a file"),
                   vm->name);
    return -1;
}

int
qemuDomainManagedSave(virDomainObj *vm, unsigned int flags)
{
    g_auto(qemuDomainJob) job = {0};
    g_autofree char *path = NULL;
    g_autofree char *directory = NULL;

    if (qemuDomainSaveCheckFlags("managed save", flags) < 0 ||
        qemuDomainJobBeginActive(&job, vm, "managed save") < 0 ||
        qemuDomainCheckManagedSave(vm) < 0)
        return -1;
    path = qemuDomainGetManagedSavePath(vm);
    directory = g_path_get_dirname(path);
    if (g_mkdir_with_parents(directory, 0700) < 0) {
        virReportSystemError(errno, _("cannot make the directory '%1$s'"), directory);
        return -1;
    }
    return qemuSaveGuest(vm, path, NULL, flags);
}

bool
qemuDomainHasManagedSaveImage(virDomainObj *vm)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = virDomainObjLock(vm);

    return vm->hasManagedSave;
}

int
qemuDomainManagedSaveRemove(virDomainObj *vm, unsigned int flags)
{
    g_auto(qemuDomainJob) job = {0};

    if (qemuDriverCheckFlags("managed save remove", flags, 0) < 0 ||
        qemuDomainJobBegin(&job, vm, "remove the managed save") < 0)
        return -1;
    if (vm->hasManagedSave)
        return qemuSaveRemoveManaged(vm);
    virReportError(VIR_ERR_OPERATION_INVALID, _("guest '%1$s' has no managed save"), vm->name);
    return -1;
}

/* The definition to go on with: that of the file, or @xml if it is the same guest's. */
static virDomainDef *
qemuDomainRestoreParse(const char *saved, const char *xml, const char *path)
{
    g_autoptr(virDomainDef) old = virDomainDefParse(saved, strlen(saved), path);
    g_autoptr(virDomainDef) def = NULL;

    if (!old || !xml)
        return g_steal_pointer(&old);
    if (!(def = virDomainDefParse(xml, strlen(xml), "domain.xml")) ||
        qemuSaveCheckSame(old, def) < 0)
        return NULL;
    /* The memory is that of this machine, whatever its name means by now. */
    g_free(def->os.machine);
    def->os.machine = g_strdup(old->os.machine);
    return g_steal_pointer(&def);
}

static void
qemuDomainRestoreSetRunning(qemuSaveHeader *header, unsigned int flags)
{
    if (flags & (VIR_DOMAIN_SAVE_RUNNING | VIR_DOMAIN_SAVE_PAUSED))
        header->running = flags & VIR_DOMAIN_SAVE_RUNNING;
}

int
qemuDomainRestore(qemuDriver *driver, const char *path, const char *xml, unsigned int flags)
{
    qemuSaveStartArgs args = {0};
    g_autofree char *saved = NULL;
    VIR_AUTOCLOSE fd = -1;
    g_autoptr(virDomainDef) def = NULL;
    g_autoptr(virDomainObj) vm = NULL;
    g_auto(qemuDomainJob) job = {0};

    if (qemuDomainSaveCheckFlags("restore", flags) < 0 ||
        (fd = qemuSaveFileOpen(path, &args.header, &saved)) < 0 ||
        !(def = qemuDomainRestoreParse(saved, xml, path)) ||
        !(vm = qemuDomainAddWithJob(driver, def, &job, "restore")))
        return -1;
    if (vm->id >= 0) {
        virReportError(VIR_ERR_OPERATION_INVALID, _("guest '%1$s': domain is already running"),
                       vm->name);
        return -1;
    }
    qemuDomainRestoreSetRunning(&args.header, flags);
    args.fd = fd;
    args.def = g_steal_pointer(&def);
    if (qemuSaveStart(vm, &args) == 0)
        return 0;
    qemuDomainForget(vm);
    return -1;
}

char *
qemuDomainSaveImageGetXMLDesc(const char *path, unsigned int flags)
{
    qemuSaveHeader header;
    g_autofree char *xml = NULL;
    VIR_AUTOCLOSE fd = -1;
    g_autoptr(virDomainDef) def = NULL;

    if (qemuDriverCheckFlags("save-image-dumpxml", flags, VIR_DOMAIN_SAVE_IMAGE_XML_SECURE) < 0 ||
        (fd = qemuSaveFileOpen(path, &header, &xml)) < 0 ||
        !(def = virDomainDefParse(xml, strlen(xml), path)))
        return NULL;
    return virDomainDefFormat(def, VIR_DOMAIN_DEF_FORMAT_INACTIVE |
                                       (flags ? VIR_DOMAIN_DEF_FORMAT_SECURE : 0));
}

int
qemuDomainSaveImageDefineXML(const char *path, const char *xml, unsigned int flags)
{
    qemuSaveHeader header = {0};
    g_autofree char *saved = NULL;
    g_autofree char *text = NULL;
    VIR_AUTOCLOSE fd = -1;
    g_autoptr(virDomainDef) def = NULL;

    if (qemuDomainSaveCheckFlags("save-image-define", flags) < 0 ||
        (fd = qemuSaveFileOpen(path, &header, &saved)) < 0 ||
        !(def = qemuDomainRestoreParse(saved, xml, path)))
        return -1;
    qemuDomainRestoreSetRunning(&header, flags);
    text = virDomainDefFormat(def, VIR_DOMAIN_DEF_FORMAT_INACTIVE | VIR_DOMAIN_DEF_FORMAT_SECURE);
    return qemuSaveFileReplace(path, text, header.running);
}

/* The monitor of a guest that is being saved, to be unreferenced; @since is filled. NULL without an
 * error if it is not. */
static qemuMonitor *
qemuDomainGetJobMonitor(virDomainObj *vm, gint64 *since)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = virDomainObjLock(vm);
    const qemuDomainPrivate *priv = vm->privateData;

    if (!priv->saving || !priv->mon || priv->monClosed)
        return NULL;
    *since = priv->saving->since;
    return qemuMonitorRef(priv->mon);
}

static int
qemuDomainCheckActive(virDomainObj *vm)
{
    if (qemuDomainIsActive(vm))
        return 0;
    virReportError(VIR_ERR_OPERATION_INVALID, _("guest '%1$s': domain is not running"), vm->name);
    return -1;
}

int
qemuDomainGetJobStats(virDomainObj *vm, qemuDomainJobStats *stats)
{
    gint64 since = 0;
    g_autoptr(qemuMonitor) mon = qemuDomainGetJobMonitor(vm, &since);
    qemuMigrationProgress progress = {0};

    if (qemuDomainCheckActive(vm) < 0)
        return -1;
    memset(stats, 0, sizeof(*stats));
    if (!mon)
        return 0;
    if (qemuMigrationGetProgress(mon, &progress) < 0)
        return -1;
    stats->type = VIR_DOMAIN_JOB_UNBOUNDED;
    stats->operation = VIR_DOMAIN_JOB_OPERATION_SAVE;
    stats->elapsed_ms = (guint64)((g_get_monotonic_time() - since) / 1000);
    stats->total = progress.total;
    stats->processed = progress.processed;
    stats->remaining = progress.remaining;
    return 0;
}

int
qemuDomainAbortJob(virDomainObj *vm)
{
    gint64 since = 0;
    g_autoptr(qemuMonitor) mon = qemuDomainGetJobMonitor(vm, &since);

    if (qemuDomainCheckActive(vm) < 0)
        return -1;
    if (mon)
        return qemuMigrationCancel(mon);
    virReportError(VIR_ERR_OPERATION_INVALID,
                   _("guest '%1$s' has no job that can be aborted: it is not being saved"),
                   vm->name);
    return -1;
}
