/*
 * qemu_driver_console.c: sitting down at a terminal or a channel of a guest
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "qemu_console.h"
#include "qemu_domain.h"
#include "qemu_driver_priv.h"
#include "virerror.h"
#include "virfile.h"
#include "virgettext.h"

#define VIR_FROM_THIS VIR_FROM_QEMU

/* What a session's end has to know. */
typedef struct {
    virDomainObj *vm;
    char *alias;
} qemuDomainConsole;

static void
qemuDomainConsoleFree(void *opaque)
{
    qemuDomainConsole *mine = opaque;

    virDomainObjUnref(mine->vm);
    g_free(mine->alias);
    g_free(mine);
}

static void
qemuDomainConsoleEnded(qemuConsole *console, void *opaque)
{
    const qemuDomainConsole *mine = opaque;
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = virDomainObjLock(mine->vm);
    const qemuDomainPrivate *priv = mine->vm->privateData;

    /* Another one may have taken its place by force. */
    if (g_hash_table_lookup(priv->consoles, mine->alias) == console)
        g_hash_table_remove(priv->consoles, mine->alias);
}

/* Functions from here on want the guest's lock. */

static virDomainChrDef *
qemuDomainFindChr(const GPtrArray *list, const char *name)
{
    for (guint i = 0; i < list->len; i++) {
        virDomainChrDef *chr = g_ptr_array_index(list, i);

        if (!name || g_strcmp0(chr->info.alias, name) == 0 || g_strcmp0(chr->name, name) == 0)
            return chr;
    }
    return NULL;
}

static virDomainChrDef *
qemuDomainFindConsole(const virDomainObj *vm, const char *name)
{
    virDomainChrDef *chr = qemuDomainFindChr(vm->def->serials, name);

    if (chr || (chr = qemuDomainFindChr(vm->def->consoles, name)))
        return chr;
    if (name)
        virReportError(VIR_ERR_INVALID_ARG,
                       _("guest '%1$s' has no serial port or console with the alias '%2$.200s'"),
                       vm->name, name);
    else
        virReportError(VIR_ERR_OPERATION_INVALID,
                       _("guest '%1$s' has no serial port and no console; add <serial type='pty'/> "
                         "to its definition"),
                       vm->name);
    return NULL;
}

static virDomainChrDef *
qemuDomainFindChannel(const virDomainObj *vm, const char *name)
{
    virDomainChrDef *chr = qemuDomainFindChr(vm->def->channels, name);

    if (!chr)
        virReportError(VIR_ERR_INVALID_ARG, _("guest '%1$s' has no channel '%2$.200s'"), vm->name,
                       name ? name : "");
    return chr;
}

/* QEMU has allocated the terminal, so it belongs to QEMU's user. */
static int
qemuDomainOpenTerminal(const virDomainObj *vm, const virDomainChrDef *chr, unsigned int flags)
{
    const qemuDomainPrivate *priv = vm->privateData;
    const qemuSpawnUser *user = priv->driver->user;
    VIR_AUTOCLOSE fd =
        open(chr->source.path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
    struct stat sb;

    if (fd < 0 || fstat(fd, &sb) < 0) {
        virReportSystemError(errno, _("cannot open the terminal of '%1$s' of guest '%2$s', %3$s"),
                             chr->info.alias, vm->name, chr->source.path);
        return -1;
    }
    if (!S_ISCHR(sb.st_mode) || sb.st_uid != (user ? user->uid : geteuid())) {
        virReportError(VIR_ERR_OPERATION_FAILED,
                       _("cannot open '%1$s' of guest '%2$s': %3$s is no terminal of its QEMU"),
                       chr->info.alias, vm->name, chr->source.path);
        return -1;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) < 0 && flags & VIR_DOMAIN_CONSOLE_SAFE) {
        virReportError(VIR_ERR_OPERATION_FAILED,
                       _("cannot open '%1$s' of guest '%2$s' safely: another program has locked "
                         "%3$s"),
                       chr->info.alias, vm->name, chr->source.path);
        return -1;
    }
    return virFileStealFD(&fd);
}

static int
qemuDomainConnectSocket(const virDomainObj *vm, const virDomainChrDef *chr)
{
    const qemuPeer peer = qemuDomainGetPeer(vm, chr->source.path);
    const char *why = NULL;
    int fd = qemuPeerConnect(&peer, &why);

    if (fd >= 0)
        return fd;
    if (fd == -EAGAIN)
        virReportError(
            VIR_ERR_OPERATION_FAILED,
            _("cannot open '%1$s' of guest '%2$s': other programs are connected to %3$s"),
            chr->info.alias, vm->name, chr->source.path);
    else
        virReportError(VIR_ERR_OPERATION_FAILED,
                       _("cannot open '%1$s' of guest '%2$s', %3$s: %4$s"), chr->info.alias,
                       vm->name, chr->source.path, why);
    return -1;
}

static int
qemuDomainOpenChr(const virDomainObj *vm, const virDomainChrDef *chr, unsigned int flags)
{
    const virDomainChrSourceDef *source = &chr->source;

    if (source->type == VIR_DOMAIN_CHR_TYPE_PTY && source->path)
        return qemuDomainOpenTerminal(vm, chr, flags);
    if (source->type == VIR_DOMAIN_CHR_TYPE_UNIX && source->mode == VIR_DOMAIN_CHR_MODE_BIND)
        return qemuDomainConnectSocket(vm, chr);
    virReportError(VIR_ERR_OPERATION_UNSUPPORTED,
                   _("cannot open '%1$s' of guest '%2$s': it leads to no terminal, and to no UNIX "
                     "socket that QEMU listens on"),
                   chr->info.alias, vm->name);
    return -1;
}

/* One at a time: two would each see half of what the guest says. */
static int
qemuDomainCheckSession(const virDomainObj *vm, const virDomainChrDef *chr, bool force)
{
    const qemuDomainPrivate *priv = vm->privateData;
    qemuConsole *console = g_hash_table_lookup(priv->consoles, chr->info.alias);

    if (console && !force) {
        virReportError(VIR_ERR_OPERATION_FAILED,
                       _("Active console session exists for this domain: somebody has '%1$s' of "
                         "guest '%2$s' open; 'virsh console --force' takes it over"),
                       chr->info.alias, vm->name);
        return -1;
    }
    if (console)
        qemuConsoleCancel(console);
    return 0;
}

static int
qemuDomainOpenSession(virDomainObj *vm, const virDomainChrDef *chr, bool force, unsigned int flags)
{
    const qemuDomainPrivate *priv = vm->privateData;
    VIR_AUTOCLOSE guest = -1;
    qemuDomainConsole *mine;
    int fds[2];

    if (qemuDomainCheckSession(vm, chr, force) < 0 ||
        (guest = qemuDomainOpenChr(vm, chr, flags)) < 0)
        return -1;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) < 0) {
        virReportSystemError(errno, _("cannot create a socket"));
        return -1;
    }
    mine = g_new0(qemuDomainConsole, 1);
    mine->vm = virDomainObjRef(vm);
    mine->alias = g_strdup(chr->info.alias);
    g_hash_table_insert(priv->consoles, g_strdup(chr->info.alias),
                        qemuConsoleNew(priv->driver->loop, virFileStealFD(&guest), fds[1],
                                       qemuDomainConsoleEnded, mine, qemuDomainConsoleFree));
    return fds[0];
}

typedef virDomainChrDef *(*qemuDomainChrFinder)(const virDomainObj *vm, const char *name);

static int
qemuDomainOpen(virDomainObj *vm, qemuDomainChrFinder find, const char *name, unsigned int flags)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = virDomainObjLock(vm);
    const virDomainChrDef *chr;

    if (!virDomainObjIsActive(vm)) {
        virReportError(VIR_ERR_OPERATION_INVALID, _("guest '%1$s': domain is not running"),
                       vm->name);
        return -1;
    }
    if (!(chr = find(vm, name)))
        return -1;
    return qemuDomainOpenSession(vm, chr, flags & VIR_DOMAIN_CONSOLE_FORCE, flags);
}

int
qemuDomainOpenConsole(virDomainObj *vm, const char *devname, unsigned int flags, int *fd)
{
    int opened;

    if (qemuDriverCheckFlags("open a console", flags,
                             VIR_DOMAIN_CONSOLE_FORCE | VIR_DOMAIN_CONSOLE_SAFE) < 0 ||
        (opened = qemuDomainOpen(vm, qemuDomainFindConsole, devname, flags)) < 0)
        return -1;
    *fd = opened;
    return 0;
}

int
qemuDomainOpenChannel(virDomainObj *vm, const char *name, unsigned int flags, int *fd)
{
    G_STATIC_ASSERT((int)VIR_DOMAIN_CHANNEL_FORCE == (int)VIR_DOMAIN_CONSOLE_FORCE);
    int opened;

    if (qemuDriverCheckFlags("open a channel", flags, VIR_DOMAIN_CHANNEL_FORCE) < 0 ||
        (opened = qemuDomainOpen(vm, qemuDomainFindChannel, name, flags)) < 0)
        return -1;
    *fd = opened;
    return 0;
}

void
qemuDomainCloseConsoles(virDomainObj *vm)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = virDomainObjLock(vm);
    const qemuDomainPrivate *priv = vm->privateData;
    GHashTableIter iter;
    void *console;

    g_hash_table_iter_init(&iter, priv->consoles);
    while (g_hash_table_iter_next(&iter, NULL, &console))
        qemuConsoleCancel(console);
}
