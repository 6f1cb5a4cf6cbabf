/*
 * qemu_security_user.c: QEMU's own user
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include "qemu_conf.h"
#include "qemu_security.h"
#include "virerror.h"
#include "virgettext.h"
#include "virlog.h"

#define VIR_FROM_THIS VIR_FROM_SECURITY

VIR_LOG_INIT("qemu.security")

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
            VIR_WARN(
                _("there is no user %1$s: QEMU of guests runs as root, and a guest that breaks "
                  "out of it has the host; make the user with 'systemd-sysusers "
                  "virtvfio.conf', or name another one in virtvfiod.conf"),
                wanted);
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
