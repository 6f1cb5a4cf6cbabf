/*
 * qemu_security.c: QEMU's own user, and the files that it is given
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "qemu_conf.h"
#include "qemu_security.h"
#include "virerror.h"
#include "virfile.h"
#include "virgettext.h"
#include "virlog.h"
#include "virpci.h"

#define VIR_FROM_THIS VIR_FROM_SECURITY

VIR_LOG_INIT("qemu.security")

qemuSecurityOwner *
qemuSecurityOwnerNew(const char *path, uid_t uid, gid_t gid)
{
    qemuSecurityOwner *owner = g_new0(qemuSecurityOwner, 1);

    owner->path = g_strdup(path);
    owner->uid = uid;
    owner->gid = gid;
    return owner;
}

void
qemuSecurityOwnerFree(qemuSecurityOwner *owner)
{
    g_free(owner->path);
    g_free(owner);
}

void
qemuSecurityUserFree(qemuSpawnUser *user)
{
    if (!user)
        return;
    g_array_unref(user->groups);
    g_free(user);
}

/* Large enough for what NSS gives: an entry with hundreds of members. */
#define QEMU_SECURITY_NSS_BUFFER (256 * 1024)

#define QEMU_SECURITY_MAX_GROUPS 1024

/* The number that @text is, or -1. */
static gint64
qemuSecurityParseNumber(const char *text)
{
    guint64 number;

    return g_ascii_string_to_unsigned(text, 10, 0, G_MAXUINT32 - 1, &number, NULL) ? (gint64)number
                                                                                   : -1;
}

static int
qemuSecurityFindGroup(const char *name, gid_t *gid)
{
    g_autofree char *buf = g_malloc(QEMU_SECURITY_NSS_BUFFER);
    gint64 number = qemuSecurityParseNumber(name);
    struct group entry;
    struct group *found = NULL;

    if (number >= 0) {
        *gid = (gid_t)number;
        return 0;
    }
    if (getgrnam_r(name, &entry, buf, QEMU_SECURITY_NSS_BUFFER, &found) == 0 && found) {
        *gid = entry.gr_gid;
        return 0;
    }
    virReportError(
        VIR_ERR_CONFIG_UNSUPPORTED,
        _("there is no group '%1$s' for QEMU to run as; create it, or configure another"), name);
    return -1;
}

/* The groups that @name is a member of, as /etc/group says: kvm among them. */
static GArray *
qemuSecurityListGroups(const char *name, gid_t gid)
{
    GArray *groups = g_array_sized_new(FALSE, TRUE, sizeof(gid_t), QEMU_SECURITY_MAX_GROUPS);
    int n = QEMU_SECURITY_MAX_GROUPS;

    g_array_set_size(groups, QEMU_SECURITY_MAX_GROUPS);
    if (getgrouplist(name, gid, (gid_t *)(void *)groups->data, &n) < 0)
        n = 0;
    g_array_set_size(groups, (guint)n);
    return groups;
}

static qemuSpawnUser *
qemuSecurityUserNew(const char *name, uid_t uid, gid_t gid)
{
    qemuSpawnUser *user = g_new0(qemuSpawnUser, 1);

    user->uid = uid;
    user->gid = gid;
    user->groups =
        name ? qemuSecurityListGroups(name, gid) : g_array_new(FALSE, FALSE, sizeof(gid_t));
    return user;
}

/* NULL if there is no such user; no error is reported. */
static qemuSpawnUser *
qemuSecurityLookUpUser(const char *name)
{
    g_autofree char *buf = g_malloc(QEMU_SECURITY_NSS_BUFFER);
    gint64 number = qemuSecurityParseNumber(name);
    struct passwd entry;
    struct passwd *found = NULL;

    if (number >= 0)
        (void)!getpwuid_r((uid_t)number, &entry, buf, QEMU_SECURITY_NSS_BUFFER, &found);
    else
        (void)!getpwnam_r(name, &entry, buf, QEMU_SECURITY_NSS_BUFFER, &found);
    if (found)
        return qemuSecurityUserNew(entry.pw_name, entry.pw_uid, entry.pw_gid);
    return number >= 0 ? qemuSecurityUserNew(NULL, (uid_t)number, (gid_t)number) : NULL;
}

int
qemuSecurityFindUser(const char *name, const char *group, qemuSpawnUser **found)
{
    const char *wanted = name ? name : QEMU_DEFAULT_USER;
    g_autoptr(qemuSpawnUser) user = NULL;

    if (geteuid() != 0 || !*wanted) {
        *found = NULL;
        return 0;
    }
    if (!(user = qemuSecurityLookUpUser(wanted))) {
        if (!name) {
            VIR_INFO("there is no user %s: QEMU runs as root", wanted);
            *found = NULL;
            return 0;
        }
        virReportError(VIR_ERR_CONFIG_UNSUPPORTED,
                       _("there is no user '%1$s' for QEMU to run as; create it, or configure "
                         "another"),
                       name);
        return -1;
    }
    if (group && qemuSecurityFindGroup(group, &user->gid) < 0)
        return -1;
    *found = g_steal_pointer(&user);
    return 0;
}

static bool
qemuSecurityIsMember(const qemuSpawnUser *user, gid_t gid)
{
    bool member = user->gid == gid;

    for (guint i = 0; i < user->groups->len; i++)
        member |= g_array_index(user->groups, gid_t, i) == gid;
    return member;
}

/* Whether the file's mode lets @user use it: @bits are R_OK and W_OK. */
static bool
qemuSecurityMayUse(const qemuSpawnUser *user, const struct stat *st, mode_t bits)
{
    if (st->st_uid == user->uid)
        return (st->st_mode >> 6 & bits) == bits;
    if (qemuSecurityIsMember(user, st->st_gid))
        return (st->st_mode >> 3 & bits) == bits;
    return (st->st_mode & bits) == bits;
}

/* What qemuSecurityPlan() goes on with. */
typedef struct {
    const qemuSpawnUser *user;
    GPtrArray *owners;
} qemuSecurityPlanner;

static int
qemuSecurityPlanFile(qemuSecurityPlanner *planner, const char *path, mode_t bits)
{
    struct stat st;

    if (!path)
        return 0;
    if (stat(path, &st) < 0) {
        virReportSystemError(errno, _("cannot look at '%1$s', which QEMU is to use"), path);
        return -1;
    }
    if (!qemuSecurityMayUse(planner->user, &st, bits))
        g_ptr_array_add(planner->owners, qemuSecurityOwnerNew(path, st.st_uid, st.st_gid));
    return 0;
}

/* QEMU's user may not make files where root may. */
static int
qemuSecurityPlanOutput(qemuSecurityPlanner *planner, const char *path)
{
    VIR_AUTOCLOSE fd =
        open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, S_IRUSR | S_IWUSR);

    if (fd < 0 && errno != ENXIO) {
        virReportSystemError(errno, _("cannot make '%1$s', which QEMU is to write to"), path);
        return -1;
    }
    return qemuSecurityPlanFile(planner, path, W_OK);
}

char *
qemuSecurityGetPath(virPCIHost *host, const virDomainDeviceDef *dev)
{
    g_autoptr(virPCIDevice) device = NULL;
    g_auto(virPCIDeviceFacts) facts = {0};

    if (dev->type == VIR_DOMAIN_DEVICE_DISK)
        return g_strdup(dev->data.disk->source ? dev->data.disk->source : "");
    if (dev->type != VIR_DOMAIN_DEVICE_HOSTDEV)
        return g_strdup("");
    if (!(device = virPCIDeviceNew(host, &dev->data.hostdev->source)) ||
        virPCIDeviceReadFacts(device, &facts) < 0)
        return NULL;
    return g_strdup_printf("/dev/vfio/%d", facts.iommuGroup);
}

static int
qemuSecurityAddDevice(qemuSecurityPlanner *planner, virPCIHost *host, const virDomainDeviceDef *dev)
{
    g_autofree char *path = qemuSecurityGetPath(host, dev);
    bool readonly = dev->type == VIR_DOMAIN_DEVICE_DISK && dev->data.disk->readonly;

    if (!path)
        return -1;
    return *path ? qemuSecurityPlanFile(planner, path, readonly ? R_OK : R_OK | W_OK) : 0;
}

GPtrArray *
qemuSecurityPlanDevice(const qemuSpawnUser *user, virPCIHost *host, const virDomainDeviceDef *dev)
{
    g_autoptr(GPtrArray) owners =
        g_ptr_array_new_with_free_func((GDestroyNotify)qemuSecurityOwnerFree);
    qemuSecurityPlanner planner = {user, owners};

    if (user && qemuSecurityAddDevice(&planner, host, dev) < 0)
        return NULL;
    return g_steal_pointer(&owners);
}

static int
qemuSecurityAddDevices(qemuSecurityPlanner *planner, virPCIHost *host, const virDomainDef *def)
{
    virDomainDeviceIter iter = virDomainDeviceIterInit(def);
    virDomainDeviceDef dev;

    while (virDomainDeviceIterNext(&iter, &dev)) {
        if (qemuSecurityAddDevice(planner, host, &dev) < 0)
            return -1;
    }
    return 0;
}

GPtrArray *
qemuSecurityPlan(const qemuSpawnUser *user, virPCIHost *host, const virDomainDef *def)
{
    g_autoptr(GPtrArray) owners =
        g_ptr_array_new_with_free_func((GDestroyNotify)qemuSecurityOwnerFree);
    qemuSecurityPlanner planner = {user, owners};

    if (!user)
        return g_steal_pointer(&owners);
    if (qemuSecurityPlanFile(&planner, def->os.kernel, R_OK) < 0 ||
        qemuSecurityPlanFile(&planner, def->os.initrd, R_OK) < 0 ||
        qemuSecurityPlanFile(&planner, def->os.loader.path, R_OK) < 0 ||
        qemuSecurityPlanFile(&planner, def->os.loader.nvram, R_OK | W_OK) < 0)
        return NULL;
    for (guint i = 0; i < def->serials->len; i++) {
        const virDomainChrDef *chr = g_ptr_array_index(def->serials, i);

        if (chr->source.type == VIR_DOMAIN_CHR_TYPE_FILE &&
            qemuSecurityPlanOutput(&planner, chr->source.path) < 0)
            return NULL;
    }
    if (qemuSecurityAddDevices(&planner, host, def) < 0)
        return NULL;
    return g_steal_pointer(&owners);
}

int
qemuSecurityApply(const qemuSpawnUser *user, const GPtrArray *owners)
{
    for (guint i = 0; i < owners->len; i++) {
        const qemuSecurityOwner *owner = g_ptr_array_index(owners, i);

        if (chown(owner->path, user->uid, user->gid) < 0) {
            virReportSystemError(errno, _("cannot give '%1$s' to QEMU's user"), owner->path);
            return -1;
        }
    }
    return 0;
}

void
qemuSecurityRestore(const qemuSpawnUser *user, const GPtrArray *owners)
{
    for (guint i = owners->len; user && i > 0; i--) {
        const qemuSecurityOwner *owner = g_ptr_array_index(owners, i - 1);
        struct stat st;

        /* The node of a device that has been given back to the host is gone; and what somebody
         * else has changed since is theirs. */
        if (stat(owner->path, &st) < 0 || st.st_uid != user->uid || st.st_gid != user->gid)
            continue;
        if (chown(owner->path, owner->uid, owner->gid) < 0)
            VIR_WARN(_("cannot give '%1$s' back to its owner: %2$s"), owner->path,
                     g_strerror(errno));
    }
}
