/*
 * virpcinode.c: who has the device nodes of a PCI device open
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "virfile.h"
#include "virgettext.h"
#include "virpciblock.h"
#include "virpciholders.h"

/* A disk of an AHCI controller is six directories deep, its partition seven. */
#define VIR_PCI_NODE_MAX_DEPTH 8

/* Bounds of the whole search: directories of a device, descriptors of a host, processes named. */
#define VIR_PCI_NODE_MAX_DIRS        4096
#define VIR_PCI_NODE_MAX_DESCRIPTORS 262144
#define VIR_PCI_NODE_MAX_PROCESSES   16

#define VIR_PCI_NODE_INTERVAL_US     10000

/* A node is its number; its name saves us from looking at most descriptors. */
typedef struct {
    mode_t type; /* S_IFCHR or S_IFBLK: the two count apart */
    dev_t number;
    char *name; /* last component of its path below /dev */
} virPCINode;

static void
virPCINodeClear(void *opaque)
{
    virPCINode *node = opaque;

    g_free(node->name);
}

typedef struct {
    virSysfsRoot *root;
    GArray *nodes;
    unsigned int dirs;        /* still allowed */
    unsigned int descriptors; /* still allowed */
} virPCINodeSearch;

static void
virPCINodeAdd(virPCINodeSearch *search, mode_t type, dev_t number, const char *name)
{
    virPCINode node = {.type = type, .number = number, .name = g_strdup(name)};

    g_array_append_val(search->nodes, node);
}

/* Takes the node that the directory at @path stands for, if it has one. */
static void
virPCINodeTakeDir(virPCINodeSearch *search, const char *path)
{
    VIR_AUTOCLOSE dirfd = virSysfsOpenDir(search->root, path);
    g_autofree char *number = NULL;
    g_autofree char *subsystem = NULL;
    g_autofree char *name = g_path_get_basename(path);
    unsigned int major;
    unsigned int minor;
    char rest;

    if (dirfd < 0 || virSysfsReadAt(dirfd, "dev", &number) < 0 ||
        sscanf(number, "%u:%u%c", &major, &minor, &rest) != 2)
        return;
    if (virSysfsReadLinkAt(dirfd, "subsystem", &subsystem) == 0 && g_str_equal(subsystem, "block"))
        virPCINodeAdd(search, S_IFBLK, makedev(major, minor), name);
    else
        virPCINodeAdd(search, S_IFCHR, makedev(major, minor), name);
}

static void
virPCINodeCollectDir(const char *name, int type, void *opaque)
{
    virPCIDeviceAddress addr;

    /* Behind a bridge are other devices. */
    if (type == DT_DIR && !virPCIDeviceAddressParse(name, &addr))
        g_ptr_array_add(opaque, g_strdup(name));
}

static void
virPCINodeWalk(virPCINodeSearch *search, const char *path, unsigned int depth)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);

    if (depth == 0 || virSysfsList(search->root, path, virPCINodeCollectDir, names) < 0)
        return;
    for (guint i = 0; i < names->len && search->dirs > 0; i++) {
        g_autofree char *below = g_strdup_printf("%s/%s", path, (char *)names->pdata[i]);

        search->dirs--;
        virPCINodeTakeDir(search, below);
        virPCINodeWalk(search, below, depth - 1);
    }
}

/* The heads of NVMe disks with several paths lie elsewhere in sysfs. */
static void
virPCINodeTakeBlocks(virPCINodeSearch *search, virPCIDevice *dev)
{
    g_auto(GStrv) blocks = virPCIDeviceListBlocks(dev);

    for (char **block = blocks; *block; block++) {
        g_autofree char *path = g_strdup_printf("sys/class/block/%s", *block);

        virPCINodeTakeDir(search, path);
    }
}

static void
virPCINodeTakeGroup(virPCINodeSearch *search, int group)
{
    g_autofree char *name = g_strdup_printf("%d", group);
    g_autofree char *path = g_strdup_printf("dev/vfio/%s", name);
    struct stat st;

    if (group >= 0 && virSysfsStat(search->root, path, &st) == 0 && S_ISCHR(st.st_mode))
        virPCINodeAdd(search, S_IFCHR, st.st_rdev, name);
}

/*
 * Is this descriptor worth asking for its number? That may wait for a server if the file is on one,
 * so only what looks like a node is asked: below /dev, or, for a process with a /dev of its own
 * (which its links do not show), of the same name.
 */
static bool
virPCINodeMayBe(const virPCINodeSearch *search, const char *path)
{
    g_autofree char *target = NULL;
    g_autofree char *base = NULL;

    if (virSysfsReadLinkTarget(search->root, path, &target) < 0 || *target != '/')
        return false;
    if (g_str_has_prefix(target, "/dev/"))
        return true;
    base = g_path_get_basename(target);
    for (guint i = 0; i < search->nodes->len; i++) {
        if (g_str_equal(g_array_index(search->nodes, virPCINode, i).name, base))
            return true;
    }
    return false;
}

static bool
virPCINodeIsOpenAs(const virPCINodeSearch *search, const char *path)
{
    struct stat st;

    if (!virPCINodeMayBe(search, path) || virSysfsStat(search->root, path, &st) < 0)
        return false;
    for (guint i = 0; i < search->nodes->len; i++) {
        const virPCINode *node = &g_array_index(search->nodes, virPCINode, i);

        if ((st.st_mode & S_IFMT) == node->type && st.st_rdev == node->number)
            return true;
    }
    return false;
}

static bool
virPCINodeIsOpenIn(virPCINodeSearch *search, const char *pid)
{
    g_autofree char *dir = g_strdup_printf("proc/%s/fd", pid);
    g_auto(GStrv) names = virSysfsListNames(search->root, dir);

    for (char **name = names; *name && search->descriptors > 0; name++) {
        g_autofree char *path = g_strdup_printf("%s/%s", dir, *name);

        search->descriptors--;
        if (virPCINodeIsOpenAs(search, path))
            return true;
    }
    return false;
}

static void
virPCINodeDescribeProcess(virPCINodeSearch *search, const char *pid, GString *text)
{
    g_autofree char *path = g_strdup_printf("proc/%s/comm", pid);
    g_autofree char *name = NULL;

    if (text->len > 0)
        g_string_append(text, ", ");
    if (virSysfsRead(search->root, path, &name) < 0) {
        virAppend(text, _("process %1$s"), pid); /* it has just ended */
        return;
    }
    /* Any user chooses the names of his processes, and this is for root's terminal. */
    for (char *at = name; *at; at++) {
        if (g_ascii_iscntrl(*at))
            *at = '?';
    }
    virAppend(text, _("%1$s (process %2$s)"), name, pid);
}

static char *
virPCINodeDescribeProcesses(virPCINodeSearch *search)
{
    g_auto(GStrv) names = virSysfsListNames(search->root, "proc");
    g_autoptr(GString) text = g_string_new(NULL);
    unsigned int found = 0;

    for (char **pid = names; *pid; pid++) {
        if (!g_ascii_isdigit(**pid) || !virPCINodeIsOpenIn(search, *pid))
            continue;
        if (found++ == VIR_PCI_NODE_MAX_PROCESSES) {
            g_string_append(text, ", …");
            break;
        }
        virPCINodeDescribeProcess(search, *pid, text);
    }
    return found > 0 ? g_string_free(g_steal_pointer(&text), FALSE) : NULL;
}

static virPCINodeSearch
virPCINodeSearchNew(virPCIHost *host)
{
    GArray *nodes = g_array_new(FALSE, FALSE, sizeof(virPCINode));

    g_array_set_clear_func(nodes, virPCINodeClear);
    return (virPCINodeSearch){
        .root = virPCIHostGetRoot(host),
        .nodes = nodes,
        .dirs = VIR_PCI_NODE_MAX_DIRS,
        .descriptors = VIR_PCI_NODE_MAX_DESCRIPTORS,
    };
}

/* Ends the search. */
static char *
virPCINodeSearchFinish(virPCINodeSearch *search)
{
    char *found = search->nodes->len > 0 ? virPCINodeDescribeProcesses(search) : NULL;

    g_array_unref(search->nodes);
    return found;
}

char *
virPCIHoldersListProcesses(virPCIDevice *dev, const virPCIDeviceFacts *facts)
{
    virPCINodeSearch search = virPCINodeSearchNew(virPCIDeviceGetHost(dev));
    char path[VIR_PCI_DEVICE_PATHLEN];

    virPCIDeviceFormatPath(virPCIDeviceGetAddress(dev), "", path);
    virPCINodeWalk(&search, path, VIR_PCI_NODE_MAX_DEPTH);
    virPCINodeTakeBlocks(&search, dev);
    virPCINodeTakeGroup(&search, facts->iommuGroup);
    return virPCINodeSearchFinish(&search);
}

static char *
virPCINodeListGroupProcesses(virPCIHost *host, int group)
{
    virPCINodeSearch search = virPCINodeSearchNew(host);

    virPCINodeTakeGroup(&search, group);
    return virPCINodeSearchFinish(&search);
}

/* Whether somebody has the group, until the end of the wait. No event tells of its end. */
static bool
virPCINodeAwaitGroup(const virSysfsRoot *root, int group, int timeout_ms)
{
    g_autofree char *node = g_strdup_printf("dev/vfio/%d", group);
    gint64 end = g_get_monotonic_time() + (gint64)timeout_ms * 1000;

    for (;;) {
        VIR_AUTOCLOSE fd = virSysfsOpen(root, node, O_RDWR);

        if (fd != -EBUSY)
            return false;
        if (g_get_monotonic_time() >= end)
            return true;
        g_usleep(VIR_PCI_NODE_INTERVAL_US);
    }
}

char *
virPCIHoldersAwaitGroup(virPCIHost *host, int group, int timeout_ms)
{
    bool isHost = virSysfsRootIsHost(virPCIHostGetRoot(host));
    char *found;

    if (group < 0 || (isHost && !virPCINodeAwaitGroup(virPCIHostGetRoot(host), group, timeout_ms)))
        return NULL;
    found = virPCINodeListGroupProcesses(host, group);
    return found || !isHost ? found : g_strdup(_("a process that cannot be seen"));
}
