/*
 * virkmod.c: kernel modules: the current alias index, module and driver names, loading
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "virerror.h"
#include "virgettext.h"
#include "virkmod.h"
#include "virkmodlib.h"
#include "virlog.h"

#define VIR_FROM_THIS VIR_FROM_NONE

VIR_LOG_INIT("util.kmod")

/* A context is not safe to share between threads, and reads nothing until it is used. The library
 * has been loaded when there is one. */
typedef struct kmod_ctx virKModContext;

static void
virKModContextFree(virKModContext *ctx)
{
    virKModLibGet()->kmod_unref(ctx);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(virKModContext, virKModContextFree)

typedef struct kmod_module virKModModule;

static void
virKModModuleFree(virKModModule *mod)
{
    virKModLibGet()->kmod_module_unref(mod);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(virKModModule, virKModModuleFree)

struct _virKMod {
    virSysfsRoot *root;
    char *release;
    char *directory;
    char *aliasPath;

    GMutex lock; /* protects what follows */
    virKModIndex *index;
    gboolean warned;
};

/* Where modules are: "lib/modules", but on systems that have nothing in "lib". */
static const char *
virKModFindParent(const virKMod *kmod)
{
    g_autofree char *below = g_build_filename("usr/lib/modules", kmod->release, NULL);
    const char *path = below + strlen("usr/");

    if (!virSysfsExists(kmod->root, path) && virSysfsExists(kmod->root, below))
        return "usr/lib/modules";
    return "lib/modules";
}

/* A release that is none leaves all of it unknown. */
static void
virKModLocate(virKMod *kmod)
{
    if (virSysfsRead(kmod->root, "proc/sys/kernel/osrelease", &kmod->release) < 0 ||
        !*kmod->release || strchr(kmod->release, '/') || kmod->release[0] == '.') {
        g_clear_pointer(&kmod->release, g_free);
        return;
    }
    kmod->directory = g_build_filename(virKModFindParent(kmod), kmod->release, NULL);
    kmod->aliasPath = g_build_filename(kmod->directory, "modules.alias", NULL);
}

virKMod *
virKModNew(virSysfsRoot *root)
{
    virKMod *kmod = g_atomic_rc_box_new0(virKMod);

    kmod->root = virSysfsRootRef(root);
    g_mutex_init(&kmod->lock);
    virKModLocate(kmod);
    return kmod;
}

static void
virKModDispose(void *opaque)
{
    virKMod *kmod = opaque;

    virKModIndexUnref(kmod->index);
    g_mutex_clear(&kmod->lock);
    g_free(kmod->aliasPath);
    g_free(kmod->directory);
    g_free(kmod->release);
    virSysfsRootUnref(kmod->root);
}

void
virKModUnref(virKMod *kmod)
{
    if (kmod)
        g_atomic_rc_box_release_full(kmod, virKModDispose);
}

const char *
virKModGetRelease(const virKMod *kmod)
{
    return kmod->release;
}

const char *
virKModGetDirectory(const virKMod *kmod)
{
    return kmod->directory;
}

static void
virKModWarnIndex(const virKMod *kmod, const virKModIndex *index)
{
    g_autofree char *path = kmod->aliasPath ? virSysfsRootDescribe(kmod->root, kmod->aliasPath)
                                            : g_strdup("modules.alias");

    switch (virKModIndexGetStatus(index)) {
    case VIR_KMOD_INDEX_MISSING:
    case VIR_KMOD_INDEX_UNREADABLE:
        VIR_WARN(
            _("cannot read '%1$s' (%2$s): VFIO drivers are recognised by name and by sysfs only"),
            path, g_strerror(virKModIndexGetErrno(index)));
        break;
    case VIR_KMOD_INDEX_MALFORMED:
        VIR_WARN(_("%1$u lines of '%2$s' were not understood and do not count; run depmod"),
                 virKModIndexGetBadLines(index), path);
        break;
    case VIR_KMOD_INDEX_OK:
    case VIR_KMOD_INDEX_LAST:
    default:
        break;
    }
}

virKModIndex *
virKModGetIndex(virKMod *kmod)
{
    virKModIndex *index;

    g_mutex_lock(&kmod->lock);
    if (!kmod->index || !virKModIndexIsCurrent(kmod->index, kmod->root)) {
        virKModIndexUnref(kmod->index);
        kmod->index = virKModIndexLoad(kmod->root, kmod->aliasPath);
        if (!kmod->warned && virKModIndexGetStatus(kmod->index) != VIR_KMOD_INDEX_OK) {
            kmod->warned = TRUE;
            virKModWarnIndex(kmod, kmod->index);
        }
    }
    index = virKModIndexRef(kmod->index);
    g_mutex_unlock(&kmod->lock);
    return index;
}

/* A name that came from a user, a file or a link goes into a path only as one component. */
static bool
virKModIsPathComponent(const char *name)
{
    return *name && !strchr(name, '/') && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

char *
virKModDriverGetModule(const virKMod *kmod, const char *driver)
{
    g_autofree char *path = NULL;
    char *module = NULL;

    if (!virKModIsPathComponent(driver))
        return NULL;
    path = g_strdup_printf("sys/bus/pci/drivers/%s/module", driver);
    return virSysfsReadLink(kmod->root, path, &module) < 0 ? NULL : module;
}

/* sys/module/MODULE/@below, with the name as the kernel writes it; NULL if it is no name. */
static char *
virKModModulePath(const char *module, const char *below)
{
    g_autofree char *normal = g_strdelimit(g_strdup(module), "-", '_');

    return virKModIsPathComponent(normal) ? g_build_filename("sys/module", normal, below, NULL)
                                          : NULL;
}

char *
virKModModuleGetDriver(const virKMod *kmod, const char *module)
{
    g_autofree char *path = virKModModulePath(module, "drivers");
    g_auto(GStrv) names = path ? virSysfsListNames(kmod->root, path) : NULL;

    for (size_t i = 0; names && names[i]; i++) {
        if (g_str_has_prefix(names[i], "pci:"))
            return g_strdup(names[i] + strlen("pci:"));
    }
    return NULL;
}

bool
virKModModuleIsLoaded(const virKMod *kmod, const char *module)
{
    g_autofree char *path = virKModModulePath(module, NULL);

    return path && virSysfsExists(kmod->root, path);
}

bool
virKModModuleHolds(const virKMod *kmod, const char *user, const char *used)
{
    g_autofree char *holders = virKModModulePath(used, "holders");
    g_autofree char *path = NULL;

    if (!holders || !virKModIsPathComponent(user))
        return false;
    path = g_build_filename(holders, user, NULL);
    return virSysfsExists(kmod->root, path);
}

/* libkmod's own messages go where ours go, at a level that only --verbose shows. */
static void virKModLog(void *opaque, int priority, const char *file, int line, const char *func,
                       const char *format, va_list args) G_GNUC_PRINTF(6, 0);

static void
virKModLog(void *opaque G_GNUC_UNUSED, int priority G_GNUC_UNUSED, const char *file G_GNUC_UNUSED,
           int line G_GNUC_UNUSED, const char *func G_GNUC_UNUSED, const char *format, va_list args)
{
    g_logv(virLogSource, G_LOG_LEVEL_DEBUG, format, args);
}

typedef struct kmod_list virKModList;

static void
virKModListFree(virKModList *list)
{
    virKModLibGet()->kmod_module_unref_list(list);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(virKModList, virKModListFree)

static bool
virKModIsBlacklisted(virKModContext *ctx, virKModModule *mod)
{
    const virKModLib *lib = virKModLibGet();
    g_autoptr(virKModList) all = NULL;
    g_autoptr(virKModList) allowed = NULL;

    /* There is no "list of one": a lookup by name gives it. */
    if (lib->kmod_module_new_from_lookup(ctx, lib->kmod_module_get_name(mod), &all) < 0 || !all)
        return false;
    return lib->kmod_module_apply_filter(ctx, KMOD_FILTER_BLACKLIST, all, &allowed) == 0 &&
           !allowed;
}

virKModModuleState
virKModGetModuleState(const virKMod *kmod, const char *module)
{
    const virKModLib *lib;
    g_autoptr(virKModContext) ctx = NULL;
    g_autoptr(virKModModule) mod = NULL;

    if (virKModModuleIsLoaded(kmod, module))
        return VIR_KMOD_MODULE_LOADED;
    if (!virSysfsRootIsHost(kmod->root) || !(lib = virKModLibGet()) ||
        !(ctx = lib->kmod_new(NULL, NULL)) || lib->kmod_module_new_from_name(ctx, module, &mod) < 0)
        return VIR_KMOD_MODULE_MISSING;
    lib->kmod_set_log_fn(ctx, virKModLog, NULL);
    if (lib->kmod_module_get_initstate(mod) == KMOD_MODULE_BUILTIN)
        return VIR_KMOD_MODULE_LOADED;
    if (!lib->kmod_module_get_path(mod))
        return VIR_KMOD_MODULE_MISSING;
    return virKModIsBlacklisted(ctx, mod) ? VIR_KMOD_MODULE_BLACKLISTED : VIR_KMOD_MODULE_LOADABLE;
}

static int
virKModReportLoad(const char *module, int rc)
{
    if (rc == KMOD_PROBE_APPLY_BLACKLIST) {
        virReportError(VIR_ERR_OPERATION_DENIED,
                       _("kernel module '%1$s' is blacklisted on this host: remove its 'blacklist' "
                         "line from modprobe.d, or load it by hand"),
                       module);
    } else {
        virReportSystemError(rc < 0 ? -rc : EINVAL, _("cannot load kernel module '%1$s'"), module);
    }
    return -1;
}

int
virKModLoad(const virKMod *kmod, const char *module)
{
    const virKModLib *lib = NULL;
    g_autoptr(virKModContext) ctx = NULL;
    g_autoptr(virKModModule) mod = NULL;
    int rc;

    if (!virSysfsRootIsHost(kmod->root)) {
        virReportError(VIR_ERR_OPERATION_INVALID,
                       _("cannot load kernel module '%1$s': this is a recorded tree, not a running "
                         "host"),
                       module);
        return -1;
    }
    if (virKModModuleIsLoaded(kmod, module))
        return 0;
    if (!(lib = virKModLibGet()) || !(ctx = lib->kmod_new(NULL, NULL))) {
        virReportSystemError(lib ? errno : ELIBACC, _("cannot load kernel module '%1$s'"), module);
        return -1;
    }
    lib->kmod_set_log_fn(ctx, virKModLog, NULL);
    /* By its name, never by an alias: an administrator's alias could name something else. */
    if ((rc = lib->kmod_module_new_from_name(ctx, module, &mod)) < 0)
        return virKModReportLoad(module, rc);
    if (!lib->kmod_module_get_path(mod) &&
        lib->kmod_module_get_initstate(mod) != KMOD_MODULE_BUILTIN) {
        virReportError(VIR_ERR_OPERATION_FAILED, _("there is no kernel module '%1$s' in '%2$s'"),
                       module, lib->kmod_get_dirname(ctx));
        return -1;
    }
    rc = lib->kmod_module_probe_insert_module(mod, KMOD_PROBE_APPLY_BLACKLIST, NULL, NULL, NULL,
                                              NULL);
    return rc == 0 ? 0 : virKModReportLoad(module, rc);
}
