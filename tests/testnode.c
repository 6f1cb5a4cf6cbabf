/*
 * testnode.c: device nodes of a scene, and processes that have them open
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "testnode.h"

gboolean
testNodeMake(const testScene *scene, const char *below, mode_t type, dev_t number)
{
    g_autofree char *path = testScenePath(scene, below);
    g_autofree char *dir = g_path_get_dirname(path);

    g_assert_cmpint(g_mkdir_with_parents(dir, 0755), ==, 0);
    if (unlink(path) < 0)
        g_assert_cmpint(errno, ==, ENOENT);
    if (mknod(path, type | 0600, number) == 0)
        return TRUE;
    g_assert_cmpint(errno, ==, EPERM);
    g_test_skip("no right to make device nodes");
    return FALSE;
}

static char *
testNodeDescriptor(const testScene *scene, const char *pid)
{
    g_autofree char *fd = g_strdup_printf("proc/%s/fd/7", pid);

    return testScenePath(scene, fd);
}

void
testNodeOpen(const testScene *scene, const char *pid, const char *comm, const char *link)
{
    g_autofree char *name = g_strdup_printf("proc/%s/comm", pid);
    g_autofree char *path = testNodeDescriptor(scene, pid);
    g_autofree char *dir = g_path_get_dirname(path);

    testSceneWrite(scene, name, comm);
    g_assert_cmpint(g_mkdir_with_parents(dir, 0755), ==, 0);
    g_assert_cmpint(symlink(link, path), ==, 0);
}

void
testNodeClose(const testScene *scene, const char *pid)
{
    g_autofree char *path = testNodeDescriptor(scene, pid);

    g_assert_cmpint(unlink(path), ==, 0);
}

gboolean
testNodeOpenGroup(const testScene *scene, int group)
{
    g_autofree char *node = g_strdup_printf("dev/vfio/%d", group);
    g_autofree char *link = g_strdup_printf("/%s", node);

    if (!testNodeMake(scene, node, S_IFCHR, makedev(511, (unsigned int)group)))
        return FALSE;
    testNodeOpen(scene, "4711", "qemu-system-x86\n", link);
    return TRUE;
}
