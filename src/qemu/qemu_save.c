/*
 * qemu_save.c: guests that are saved, and go on later
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libvirt/libvirt.h>

#include "qemu_driver_priv.h"
#include "qemu_migration.h"
#include "qemu_process.h"
#include "qemu_save.h"
#include "qemu_save_file.h"
#include "virerror.h"
#include "virfile.h"
#include "virgettext.h"
#include "virlog.h"

#define VIR_FROM_THIS VIR_FROM_QEMU

VIR_LOG_INIT("qemu.save")

/* The machine that runs, by its full name: an alias may be another machine for a later QEMU. */
static int
qemuSaveGetMachine(qemuMonitor *mon, char **machine)
{
    g_autoptr(JsonNode) node = NULL;
    JsonObject *arguments = json_object_new();
    const char *type;

    json_object_set_string_member(arguments, "path", "/machine");
    json_object_set_string_member(arguments, "property", "type");
    if (qemuMonitorCommand(mon, "qom-get", arguments, &node) < 0)
        return -1;
    type = JSON_NODE_HOLDS_VALUE(node) ? json_node_get_string(node) : NULL;
    if (!type || !g_str_has_suffix(type, "-machine")) {
        virReportError(VIR_ERR_OPERATION_FAILED,
                       _("QEMU's monitor did not say which machine it emulates"));
        return -1;
    }
    *machine = g_strndup(type, strlen(type) - strlen("-machine"));
    return 0;
}

/* The definition that goes into the file; caller frees. NULL with an error reported. */
static char *
qemuSaveMakeXML(const virDomainDef *running, const char *machine)
{
    g_autoptr(virDomainDef) def = virDomainDefCopy(running);

    if (!def)
        return NULL;
    g_free(def->os.machine);
    def->os.machine = g_strdup(machine);
    return virDomainDefFormat(def, VIR_DOMAIN_DEF_FORMAT_INACTIVE | VIR_DOMAIN_DEF_FORMAT_SECURE);
}

/* What somebody wants the guest to go on with has to be the same guest. Returns what is to be
 * written, owned by the caller, or NULL with an error reported. */
static char *
qemuSaveCheckXML(const virDomainDef *running, const char *machine, const char *xml)
{
    g_autoptr(virDomainDef) def = NULL;

    if (!xml)
        return qemuSaveMakeXML(running, machine);
    if (!(def = virDomainDefParse(xml, strlen(xml), "domain.xml")) ||
        qemuSaveCheckSame(running, def) < 0)
        return NULL;
    return qemuSaveMakeXML(def, machine);
}

/* Noted before anything is done to the guest. NULL: it is over. */
static int
qemuSaveNote(virDomainObj *vm, const qemuSaveFile *file, bool running)
{
    qemuDomainPrivate *priv = vm->privateData;
    struct stat st;

    if (file && fstat(file->fd, &st) < 0) {
        virReportSystemError(errno, _("cannot read the state of '%1$s'"), file->path);
        return -1;
    }
    g_mutex_lock(&vm->lock);
    g_clear_pointer(&priv->saving, qemuDomainSavingFree);
    if (file) {
        priv->saving = qemuDomainSavingNew(file->path, st.st_dev, st.st_ino, running);
        priv->saving->since = g_get_monotonic_time();
    }
    g_mutex_unlock(&vm->lock);
    return qemuDomainSaveStatus(vm);
}

bool
qemuSaveIsDone(const qemuDomainSaving *saving)
{
    struct stat st;

    return lstat(saving->path, &st) == 0 && st.st_dev == saving->device &&
           st.st_ino == saving->inode;
}

/* The guest is as it was before. */
static void
qemuSaveUndo(virDomainObj *vm, qemuMonitor *mon, bool running)
{
    virErrorInfo cause = {0};

    virErrorPreserve(&cause);
    if (running && vm->state == VIR_DOMAIN_PAUSED && !qemuMonitorIsClosed(mon) &&
        qemuMonitorContinue(mon) < 0)
        VIR_WARN(_("guest '%1$s' could not be saved, and does not go on: %2$s"), vm->name,
                 virErrorGetMessage());
    if (qemuSaveNote(vm, NULL, false) < 0)
        VIR_WARN("%s", virErrorGetMessage());
    virErrorRestore(&cause);
}

/* Up to the file that is there. */
static int
qemuSaveWrite(virDomainObj *vm, qemuMonitor *mon, qemuSaveFile *file, qemuSaveHeader *header)
{
    if (vm->state == VIR_DOMAIN_RUNNING && qemuDomainStopCPUs(vm, VIR_DOMAIN_PAUSED_SAVE) < 0)
        return -1;
    if (qemuMigrationSave(mon, vm->name, file->fd, &header->dataLen) < 0)
        return -1;
    return qemuSaveFileCommit(file, header);
}

/* What is at that place is what the next start goes on with, whoever has asked for it, and also if
 * QEMU cannot be ended now. */
static void
qemuSaveNoteManaged(virDomainObj *vm, const char *path)
{
    g_autofree char *managed = qemuDomainGetManagedSavePath(vm);

    if (g_strcmp0(path, managed) == 0)
        qemuDomainSetManagedSave(vm, true);
}

/* Whether it is to run when it goes on. */
static bool
qemuSaveGoesOn(bool running, unsigned int flags)
{
    if (flags & VIR_DOMAIN_SAVE_RUNNING)
        return true;
    return running && !(flags & VIR_DOMAIN_SAVE_PAUSED);
}

int
qemuSaveGuest(virDomainObj *vm, const char *path, const char *xml, unsigned int flags)
{
    g_autoptr(qemuMonitor) mon = NULL;
    g_autofree char *machine = NULL;
    g_autofree char *text = NULL;
    g_auto(qemuSaveFile) file = {0};
    qemuSaveHeader header = {0};
    bool running = vm->state == VIR_DOMAIN_RUNNING;

    if (qemuDomainCheckState(vm, false) < 0 || !(mon = qemuDomainGetMonitor(vm)) ||
        qemuMigrationCheck(vm->def, mon) < 0 || qemuSaveGetMachine(mon, &machine) < 0 ||
        !(text = qemuSaveCheckXML(vm->def, machine, xml)) ||
        qemuSaveFileCreate(&file, path, text) < 0)
        return -1;
    header.running = qemuSaveGoesOn(running, flags);
    header.xmlLen = strlen(text);
    if (qemuSaveNote(vm, &file, running) < 0 || qemuSaveWrite(vm, mon, &file, &header) < 0) {
        if (!file.committed) {
            qemuSaveUndo(vm, mon, running);
            return -1;
        }
        VIR_WARN("%s", virErrorGetMessage());
        virErrorReset();
    }
    qemuSaveNoteManaged(vm, path);
    return qemuProcessStop(vm, VIR_DOMAIN_SHUTOFF_SAVED, 0);
}

int
qemuSaveGiveUp(virDomainObj *vm, qemuMonitor *mon)
{
    qemuDomainPrivate *priv = vm->privateData;
    bool running = priv->saving->running;

    if (qemuMigrationSettle(mon) < 0 || (running && qemuMonitorContinue(mon) < 0))
        return -1;
    VIR_WARN(
        _("guest '%1$s' was being saved to '%2$s' when the driver ended; it goes on, and is not "
          "saved"),
        vm->name, priv->saving->path);
    g_mutex_lock(&vm->lock);
    g_clear_pointer(&priv->saving, qemuDomainSavingFree);
    g_mutex_unlock(&vm->lock);
    return 0;
}

int
qemuSaveCheckSame(const virDomainDef *guest, const virDomainDef *def)
{
    if (strcmp(guest->name, def->name) == 0 && strcmp(guest->uuid, def->uuid) == 0)
        return 0;
    virReportError(VIR_ERR_CONFIG_UNSUPPORTED,
                   _("the definition of guest '%1$s' (%2$s) cannot be that of the saved guest "
                     "'%3$s' (%4$s): name and uuid have to be the same"),
                   def->name, def->uuid, guest->name, guest->uuid);
    return -1;
}

int
qemuSaveStart(virDomainObj *vm, qemuSaveStartArgs *args)
{
    const qemuProcessIncoming incoming = {
        .fd = args->fd,
        .len = args->header.dataLen,
        .path = args->consume,
    };
    const qemuProcessStartArgs start = {
        .def = g_steal_pointer(&args->def),
        .flags = args->flags | (args->header.running ? 0 : VIR_DOMAIN_START_PAUSED),
        .owner = args->owner,
        .stdioFD = -1,
        .incoming = &incoming,
    };

    return qemuProcessStart(vm, &start);
}

int
qemuSaveStartManaged(virDomainObj *vm, unsigned int flags, const void *owner)
{
    g_autofree char *path = qemuDomainGetManagedSavePath(vm);
    g_autofree char *xml = NULL;
    qemuSaveStartArgs args = {.flags = flags, .owner = owner, .consume = path};
    VIR_AUTOCLOSE fd = qemuSaveFileOpen(path, &args.header, &xml);
    g_autoptr(virDomainDef) def = fd < 0 ? NULL : virDomainDefParse(xml, strlen(xml), path);

    if (!def || qemuSaveCheckSame(vm->def, def) < 0) {
        g_autofree char *cause = g_strdup(virErrorGetMessage());

        virReportError(VIR_ERR_OPERATION_FAILED,
                       _("guest '%1$s' cannot go on where it was saved: %2$s; to boot it instead, "
                         "and lose what was saved, say --force-boot"),
                       vm->name, cause);
        return -1;
    }
    args.fd = fd;
    args.def = g_steal_pointer(&def);
    return qemuSaveStart(vm, &args);
}

int
qemuSaveRemoveManaged(virDomainObj *vm)
{
    g_autofree char *path = qemuDomainGetManagedSavePath(vm);
    g_autofree char *directory = g_path_get_dirname(path);
    g_autofree char *name = g_path_get_basename(path);
    int rc = virFileRemoveDurable(directory, name);

    if (rc < 0) {
        virReportSystemError(-rc, _("cannot remove '%1$s'"), path);
        return -1;
    }
    qemuDomainSetManagedSave(vm, false);
    return 0;
}

void
qemuDomainLoadManagedSave(qemuDriver *driver, virDomainObj *vm)
{
    g_autofree char *path = NULL;
    g_autofree char *used = NULL;

    qemuDomainGetPrivate(driver, vm);
    path = qemuDomainGetManagedSavePath(vm);
    used = g_strconcat(path, ".used", NULL);
    if (unlink(used) == 0)
        VIR_WARN(_("guest '%1$s' had just gone on where it was saved when the driver ended; what "
                   "was saved is gone with it"),
                 vm->name);
    qemuDomainSetManagedSave(vm, g_file_test(path, G_FILE_TEST_EXISTS));
}
