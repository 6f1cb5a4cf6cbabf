/*
 * virpciblock.c: the block devices behind a PCI device, and what the host does with them
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "virerror.h"
#include "virfile.h"
#include "virgettext.h"
#include "virlog.h"
#include "virpciblock.h"

VIR_LOG_INIT("util.pciblock")

/* A host with a hundred thousand mounts has a table of this size. */
#define VIR_PCI_BLOCK_MAX_TABLE (16U * 1024 * 1024)

/* So many mount points of one disk are named. */
#define VIR_PCI_BLOCK_MAX_NAMED 3

static virSysfsRoot *
virPCIBlockGetRoot(virPCIDevice *dev)
{
    return virPCIHostGetRoot(virPCIDeviceGetHost(dev));
}

/*
 * The heads of NVMe namespaces with several paths lie in a directory of their subsystem, which
 * belongs to no PCI device: "…/virtual/nvme-subsystem/nvme-subsys0/nvme0n1". It links to the
 * controllers, and those lie below theirs.
 */
static char **
virPCIBlockListSubsystems(virPCIDevice *dev)
{
    virSysfsRoot *root = virPCIBlockGetRoot(dev);
    g_auto(GStrv) names = virSysfsListNames(root, "sys/class/nvme-subsystem");
    g_autoptr(GStrvBuilder) own = g_strv_builder_new();

    for (char **name = names; *name; name++) {
        g_autofree char *dir = g_strdup_printf("sys/class/nvme-subsystem/%s", *name);
        g_auto(GStrv) entries = virSysfsListNames(root, dir);
        bool ours = false;

        for (char **entry = entries; *entry && !ours; entry++) {
            g_autofree char *controller = g_strdup_printf("sys/class/nvme/%s", *entry);

            ours = g_str_has_prefix(*entry, "nvme") && virPCIDeviceIsAbove(dev, controller);
        }
        if (ours)
            g_strv_builder_add(own, *name);
    }
    return g_strv_builder_end(own);
}

static bool
virPCIBlockIsInSubsystem(virPCIDevice *dev, const char *path, char **subsystems)
{
    g_autofree char *target = NULL;

    if (!*subsystems || virSysfsReadLinkTarget(virPCIBlockGetRoot(dev), path, &target) < 0)
        return false;
    for (char **name = subsystems; *name; name++) {
        g_autofree char *part = g_strdup_printf("/nvme-subsystem/%s/", *name);

        if (strstr(target, part))
            return true;
    }
    return false;
}

char **
virPCIDeviceListBlocks(virPCIDevice *dev)
{
    g_auto(GStrv) names = virSysfsListNames(virPCIBlockGetRoot(dev), "sys/class/block");
    g_auto(GStrv) subsystems = virPCIBlockListSubsystems(dev);
    g_autoptr(GStrvBuilder) blocks = g_strv_builder_new();

    for (char **name = names; *name; name++) {
        g_autofree char *path = g_strdup_printf("sys/class/block/%s", *name);

        if (virPCIDeviceIsAbove(dev, path) || virPCIBlockIsInSubsystem(dev, path, subsystems))
            g_strv_builder_add(blocks, *name);
    }
    return g_strv_builder_end(blocks);
}

/* What the tables of this machine say, read once for all disks. */
typedef struct {
    virSysfsRoot *root;
    char **mounts; /* lines */
    char **swaps;
    char **btrfs; /* UUIDs of mounted file systems */
    GPtrArray *users;
} virPCIBlockTables;

/* Reads a table of /proc into its lines; empty if it cannot be read. */
static char **
virPCIBlockReadTable(virSysfsRoot *root, const char *path)
{
    VIR_AUTOCLOSE fd = virSysfsOpen(root, path, O_RDONLY);
    g_autofree char *text = NULL;
    int rc = fd < 0 ? fd : virFileReadFD(fd, VIR_PCI_BLOCK_MAX_TABLE, &text, NULL);

    if (rc < 0 && rc != -ENOENT) {
        g_autofree char *described = virSysfsRootDescribe(root, path);

        VIR_WARN(_("cannot read %1$s: disks that are in use may not be recognized: %2$s"),
                 described, g_strerror(-rc));
    }
    return g_strsplit(text ? text : "", "\n", -1);
}

/* Is the node that a table names this disk? Only this host's own nodes say so by number. */
static bool
virPCIBlockIsNode(const virPCIBlockTables *tables, const char *node, const char *name,
                  const char *number)
{
    g_autofree char *path = g_strcompress(node); /* the tables write a blank as \040 */
    g_autofree char *have = NULL;
    struct stat st;

    if (!g_str_has_prefix(path, "/dev/"))
        return false;
    if (g_str_equal(path + strlen("/dev/"), name))
        return true;
    if (virSysfsStat(tables->root, path + 1, &st) < 0 || !S_ISBLK(st.st_mode))
        return false;
    have = g_strdup_printf("%u:%u", major(st.st_rdev), minor(st.st_rdev));
    return g_strcmp0(have, number) == 0;
}

/* Fields of a line of mountinfo, by proc(5); behind a "-" come type and source. */
#define VIR_PCI_MOUNT_NUMBER 2
#define VIR_PCI_MOUNT_POINT  4
#define VIR_PCI_MOUNT_FIXED  6

/* Btrfs and others mount under a number of their own, so the source counts too. */
static bool
virPCIBlockIsMountedBy(const virPCIBlockTables *tables, char **fields, const char *name,
                       const char *number)
{
    char **field = fields + VIR_PCI_MOUNT_FIXED;

    if (g_strcmp0(fields[VIR_PCI_MOUNT_NUMBER], number) == 0)
        return true;
    while (*field && !g_str_equal(*field, "-"))
        field++;
    return *field && field[1] && field[2] && virPCIBlockIsNode(tables, field[2], name, number);
}

static void
virPCIBlockAddMounts(const virPCIBlockTables *tables, const char *name, const char *number)
{
    g_autoptr(GString) points = g_string_new(NULL);
    unsigned int count = 0;

    for (char **line = tables->mounts; *line; line++) {
        g_auto(GStrv) fields = g_strsplit(*line, " ", -1);
        g_autofree char *raw = NULL;
        g_autofree char *point = NULL;

        if (g_strv_length(fields) < VIR_PCI_MOUNT_FIXED ||
            !virPCIBlockIsMountedBy(tables, fields, name, number) ||
            count++ >= VIR_PCI_BLOCK_MAX_NAMED)
            continue;
        raw = g_strcompress(fields[VIR_PCI_MOUNT_POINT]);
        point = g_utf8_make_valid(raw, -1);
        g_string_append_printf(points, "%s%s", points->len > 0 ? ", " : "", point);
    }
    if (count > VIR_PCI_BLOCK_MAX_NAMED)
        g_string_append(points, ", …");
    if (count > 0)
        g_ptr_array_add(tables->users,
                        virFormat(_("disk %1$s is mounted on %2$s"), name, points->str));
}

static void
virPCIBlockAddBtrfs(const virPCIBlockTables *tables, const char *name)
{
    for (char **uuid = tables->btrfs; *uuid; uuid++) {
        g_autofree char *path = g_strdup_printf("sys/fs/btrfs/%s/devices/%s", *uuid, name);

        if (virSysfsExists(tables->root, path))
            g_ptr_array_add(tables->users,
                            virFormat(_("disk %1$s is part of the mounted btrfs file system %2$s"),
                                      name, *uuid));
    }
}

static void
virPCIBlockAddSwap(const virPCIBlockTables *tables, const char *name, const char *number)
{
    for (char **line = tables->swaps; *line; line++) {
        g_auto(GStrv) fields = g_strsplit_set(*line, " \t", 2);

        if (*fields && virPCIBlockIsNode(tables, fields[0], name, number)) {
            g_ptr_array_add(tables->users, virFormat(_("disk %1$s is swap space"), name));
            return;
        }
    }
}

/* RAID, LVM, encryption, bcache: what is built on a disk is in its directory of holders. */
static void
virPCIBlockAddHolders(const virPCIBlockTables *tables, const char *name)
{
    g_autofree char *dir = g_strdup_printf("sys/class/block/%s/holders", name);
    g_auto(GStrv) holders = virSysfsListNames(tables->root, dir);

    for (char **holder = holders; *holder; holder++) {
        g_autofree char *path = g_strdup_printf("sys/class/block/%s/dm/name", *holder);
        g_autofree char *mapped = NULL;

        if (virSysfsRead(tables->root, path, &mapped) == 0 && *mapped)
            g_ptr_array_add(tables->users, virFormat(_("disk %1$s is part of %2$s (%3$s)"), name,
                                                     *holder, mapped));
        else
            g_ptr_array_add(tables->users,
                            virFormat(_("disk %1$s is part of %2$s"), name, *holder));
    }
}

static void
virPCIBlockAddUsers(const virPCIBlockTables *tables, const char *name)
{
    g_autofree char *path = g_strdup_printf("sys/class/block/%s/dev", name);
    g_autofree char *number = NULL;

    /* A hidden path of an NVMe disk has no number: then it is used through its head. */
    if (virSysfsRead(tables->root, path, &number) == 0) {
        virPCIBlockAddMounts(tables, name, number);
        virPCIBlockAddSwap(tables, name, number);
    }
    virPCIBlockAddBtrfs(tables, name);
    virPCIBlockAddHolders(tables, name);
}

GPtrArray *
virPCIDeviceDescribeBlockUsers(virPCIDevice *dev)
{
    virSysfsRoot *root = virPCIBlockGetRoot(dev);
    g_auto(GStrv) blocks = virPCIDeviceListBlocks(dev);
    g_auto(GStrv) mounts = NULL;
    g_auto(GStrv) swaps = NULL;
    g_auto(GStrv) btrfs = NULL;
    GPtrArray *users = g_ptr_array_new_with_free_func(g_free);
    virPCIBlockTables tables;

    if (!*blocks)
        return users;
    mounts = virPCIBlockReadTable(root, "proc/self/mountinfo");
    swaps = virPCIBlockReadTable(root, "proc/swaps");
    btrfs = virSysfsListNames(root, "sys/fs/btrfs");
    tables = (virPCIBlockTables){root, mounts, swaps, btrfs, users};
    for (char **block = blocks; *block; block++)
        virPCIBlockAddUsers(&tables, *block);
    return users;
}
