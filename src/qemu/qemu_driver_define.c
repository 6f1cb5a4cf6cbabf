/*
 * qemu_driver_define.c: defining guests, and taking definitions away
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "qemu_capabilities.h"
#include "qemu_domain.h"
#include "qemu_driver_priv.h"
#include "qemu_firmware.h"
#include "qemu_process.h"
#include "qemu_save.h"
#include "qemu_socket.h"
#include "qemu_tpm.h"
#include "virdomainobjstore.h"
#include "virerror.h"
#include "virfile.h"
#include "virgettext.h"

#define VIR_FROM_THIS VIR_FROM_QEMU

int
qemuDriverCheckFlags(const char *what, unsigned int flags, unsigned int known)
{
    if (!(flags & ~known))
        return 0;
    virReportError(VIR_ERR_INVALID_ARG, _("unsupported flags 0x%1$x in %2$s"), flags & ~known,
                   what);
    return -1;
}

/* With the job held: @def, which is taken, is on the disk, and is the guest's. */
static int
qemuDomainSetDefinition(virDomainObj *vm, virDomainDef *def)
{
    qemuDomainPrivate *priv = vm->privateData;
    g_autoptr(virDomainDef) owned = def;
    bool added;

    if (!priv->driver->stateDirectory) {
        virReportError(VIR_ERR_OPERATION_UNSUPPORTED,
                       _("cannot define guest '%1$s': nothing is kept here"), vm->name);
        return -1;
    }
    if (virDomainObjStoreSave(priv->driver->stateDirectory, owned) < 0)
        return -1;
    g_mutex_lock(&vm->lock);
    added = !vm->persistent;
    virDomainObjSetPersistentDef(vm, g_steal_pointer(&owned));
    qemuEventQueueLifecycle(priv->driver->events, vm, VIR_DOMAIN_EVENT_DEFINED,
                            added ? VIR_DOMAIN_EVENT_DEFINED_ADDED
                                  : VIR_DOMAIN_EVENT_DEFINED_UPDATED);
    g_mutex_unlock(&vm->lock);
    return 0;
}

/* The definition that @xml is, with the firmware that it asks for, and the emulator that it would
 * get now: one that is installed later is not to change the guest. NULL with an error reported. */
static virDomainDef *
qemuDomainParse(const qemuDriver *driver, const char *xml)
{
    g_autoptr(virDomainDef) def = virDomainDefParse(xml, strlen(xml), "domain.xml");
    g_autofree char *nvram = driver->stateDirectory
                                 ? g_build_filename(driver->stateDirectory, "nvram", NULL)
                                 : qemuFirmwareGetNVRAMDirectory();

    if (!def || qemuFirmwareFill(def, NULL, nvram) < 0)
        return NULL;
    qemuFillEmulator(def);
    if (driver->runDirectory)
        qemuDomainRecognizeSockets(def, driver->runDirectory);
    return g_steal_pointer(&def);
}

virDomainObj *
qemuDomainAddWithJob(qemuDriver *driver, const virDomainDef *def, qemuDomainJob *job,
                     const char *what)
{
    /* Another thread may be taking the same guest away: then it is made anew. */
    for (;;) {
        g_autoptr(virDomainDef) spare = virDomainDefCopy(def);
        g_autoptr(virDomainObj) vm = spare ? virDomainObjListAdd(driver->domains, &spare) : NULL;

        if (!vm)
            return NULL;
        qemuDomainGetPrivate(driver, vm);
        if (qemuDomainJobBegin(job, vm, what) == 0)
            return g_steal_pointer(&vm);
        if (virErrorGetLast()->code != VIR_ERR_NO_DOMAIN)
            return NULL;
    }
}

void
qemuDomainForget(virDomainObj *vm)
{
    const qemuDomainPrivate *priv = vm->privateData;
    bool useless;

    g_mutex_lock(&vm->lock);
    useless = !vm->persistent && !virDomainObjIsActive(vm);
    g_mutex_unlock(&vm->lock);
    if (useless)
        virDomainObjListRemove(priv->driver->domains, vm);
}

virDomainObj *
qemuDomainDefineXML(qemuDriver *driver, const char *xml, unsigned int flags)
{
    g_autoptr(virDomainDef) def = NULL;
    g_autoptr(virDomainObj) vm = NULL;
    g_auto(qemuDomainJob) job = {0};

    if (qemuDriverCheckFlags("define", flags, VIR_DOMAIN_DEFINE_VALIDATE) < 0 ||
        !(def = qemuDomainParse(driver, xml)) ||
        !(vm = qemuDomainAddWithJob(driver, def, &job, "define")))
        return NULL;
    if (qemuDomainSetDefinition(vm, g_steal_pointer(&def)) < 0) {
        qemuDomainForget(vm);
        return NULL;
    }
    return g_steal_pointer(&vm);
}

/* But for NVRAM, TPM and managed save these are about what guests never have here. */
#define QEMU_UNDEFINE_FLAGS                                                                        \
    (VIR_DOMAIN_UNDEFINE_MANAGED_SAVE | VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA |                   \
     VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA | VIR_DOMAIN_UNDEFINE_NVRAM |                        \
     VIR_DOMAIN_UNDEFINE_KEEP_NVRAM | VIR_DOMAIN_UNDEFINE_TPM | VIR_DOMAIN_UNDEFINE_KEEP_TPM)

/* The firmware's variables are the guest's memory of itself: whoever undefines it has to say what
 * becomes of them. */
static int
qemuDomainUndefineNVRAM(const virDomainDef *def, unsigned int flags)
{
    const char *nvram = def->os.loader.nvram;

    if (!nvram || flags & VIR_DOMAIN_UNDEFINE_KEEP_NVRAM || !g_file_test(nvram, G_FILE_TEST_EXISTS))
        return 0;
    if (!(flags & VIR_DOMAIN_UNDEFINE_NVRAM)) {
        virReportError(
            VIR_ERR_OPERATION_INVALID,
            _("guest '%1$s' has firmware variables in '%2$s'; say --nvram to remove them "
              "with it, or --keep-nvram"),
            def->name, nvram);
        return -1;
    }
    if (unlink(nvram) == 0 || errno == ENOENT)
        return 0;
    virReportSystemError(errno, _("cannot remove the firmware variables of guest '%1$s', '%2$s'"),
                         def->name, nvram);
    return -1;
}

static int
qemuDomainUndefineManagedSave(virDomainObj *vm, unsigned int flags)
{
    if (!vm->hasManagedSave)
        return 0;
    if (flags & VIR_DOMAIN_UNDEFINE_MANAGED_SAVE)
        return qemuSaveRemoveManaged(vm);
    virReportError(VIR_ERR_OPERATION_INVALID,
                   _("guest '%1$s' has been saved, to go on with its next start; say "
                     "--managed-save to remove that with it"),
                   vm->name);
    return -1;
}

static int
qemuDomainCheckUndefineFlags(unsigned int flags)
{
    const unsigned int both = VIR_DOMAIN_UNDEFINE_TPM | VIR_DOMAIN_UNDEFINE_KEEP_TPM;

    if (qemuDriverCheckFlags("undefine", flags, QEMU_UNDEFINE_FLAGS) < 0)
        return -1;
    if ((flags & both) != both)
        return 0;
    virReportError(VIR_ERR_INVALID_ARG, "%s",
                   _("invalid argument: undefine can keep what the TPM remembers (--keep-tpm) or "
                     "remove it (--tpm), not both"));
    return -1;
}

/* What its TPM remembers goes with the definition, or when a guest that runs on ends. */
static void
qemuDomainUndefineTPM(virDomainObj *vm, unsigned int flags)
{
    qemuDomainPrivate *priv = vm->privateData;
    bool keep = flags & VIR_DOMAIN_UNDEFINE_KEEP_TPM;

    g_mutex_lock(&vm->lock);
    priv->keepTPM = keep;
    g_mutex_unlock(&vm->lock);
    if (vm->id >= 0)
        qemuDomainNoteStatus(vm);
    else if (!keep)
        qemuTPMForget(priv->driver, vm->uuid);
}

int
qemuDomainUndefine(virDomainObj *vm, unsigned int flags)
{
    qemuDomainPrivate *priv = vm->privateData;
    g_auto(qemuDomainJob) job = {0};

    if (qemuDomainCheckUndefineFlags(flags) < 0 || qemuDomainJobBegin(&job, vm, "undefine") < 0)
        return -1;
    if (!vm->persistent) {
        virReportError(VIR_ERR_OPERATION_INVALID,
                       _("guest '%1$s' is transient: it has no definition to take away"), vm->name);
        return -1;
    }
    if (qemuDomainUndefineManagedSave(vm, flags) < 0 ||
        qemuDomainUndefineNVRAM(virDomainObjGetPersistentDef(vm), flags) < 0 ||
        virDomainObjStoreRemove(priv->driver->stateDirectory, vm->name) < 0)
        return -1;
    g_mutex_lock(&vm->lock);
    vm->persistent = false;
    vm->autostart = false;
    g_clear_pointer(&vm->newDef, virDomainDefFree);
    qemuEventQueueLifecycle(priv->driver->events, vm, VIR_DOMAIN_EVENT_UNDEFINED,
                            VIR_DOMAIN_EVENT_UNDEFINED_REMOVED);
    g_mutex_unlock(&vm->lock);
    qemuDomainUndefineTPM(vm, flags);
    qemuDomainForget(vm);
    return 0;
}

static int
qemuDomainCreateWithJob(virDomainObj *vm, const qemuProcessStartArgs *args)
{
    const qemuDomainPrivate *priv = vm->privateData;

    if (vm->id < 0)
        return qemuProcessStart(vm, args);
    virDomainDefFree(args->def);
    if (priv->unread) {
        qemuDomainReportUnread(vm);
        return -1;
    }
    virReportError(VIR_ERR_OPERATION_INVALID, _("guest '%1$s': domain is already running"),
                   vm->name);
    return -1;
}

/* @def and args->stdioFD are taken. */
static virDomainObj *
qemuDomainCreateFrom(qemuDriver *driver, virDomainDef *def, qemuProcessStartArgs *args)
{
    g_autoptr(virDomainDef) owned = def;
    g_autoptr(virDomainObj) vm = NULL;
    g_auto(qemuDomainJob) job = {0};
    VIR_AUTOCLOSE stdioFD = args->stdioFD;

    if (!(vm = qemuDomainAddWithJob(driver, owned, &job, "create")))
        return NULL;
    args->def = g_steal_pointer(&owned);
    args->stdioFD = virFileStealFD(&stdioFD);
    if (qemuDomainCreateWithJob(vm, args) < 0) {
        qemuDomainForget(vm);
        return NULL;
    }
    return g_steal_pointer(&vm);
}

#define QEMU_CREATE_FLAGS                                                                          \
    (VIR_DOMAIN_START_PAUSED | VIR_DOMAIN_START_AUTODESTROY | VIR_DOMAIN_START_VALIDATE)

virDomainObj *
qemuDomainCreateXML(qemuDriver *driver, const char *xml, unsigned int flags, const void *owner)
{
    qemuProcessStartArgs args = {.flags = flags, .owner = owner, .stdioFD = -1};
    virDomainDef *def;

    if (qemuDriverCheckFlags("create", flags, QEMU_CREATE_FLAGS) < 0 ||
        !(def = qemuDomainParse(driver, xml)))
        return NULL;
    return qemuDomainCreateFrom(driver, def, &args);
}

virDomainObj *
qemuDomainCreateDef(qemuDriver *driver, virDomainDef *def, unsigned int flags, int stdioFD)
{
    qemuProcessStartArgs args = {.flags = flags, .stdioFD = stdioFD};

    return qemuDomainCreateFrom(driver, def, &args);
}

int
qemuDomainCreate(virDomainObj *vm, unsigned int flags, const void *owner)
{
    const qemuProcessStartArgs args = {.flags = flags, .owner = owner, .stdioFD = -1};
    const unsigned int known =
        QEMU_CREATE_FLAGS | VIR_DOMAIN_START_BYPASS_CACHE | VIR_DOMAIN_START_FORCE_BOOT;
    g_auto(qemuDomainJob) job = {0};

    if (qemuDriverCheckFlags("start", flags, known) < 0 ||
        qemuDomainJobBegin(&job, vm, "start") < 0)
        return -1;
    if (vm->id < 0 && vm->hasManagedSave) {
        if (!(flags & VIR_DOMAIN_START_FORCE_BOOT))
            return qemuSaveStartManaged(vm, flags, owner);
        if (qemuSaveRemoveManaged(vm) < 0)
            return -1;
    }
    return qemuDomainCreateWithJob(vm, &args);
}
