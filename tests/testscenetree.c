/*
 * testscenetree.c: the files of a fake host, and what the kernel would do to them
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "testscenepriv.h"
#include "virmodalias.h"

char *
testScenePath(const testScene *scene, const char *below)
{
    return g_build_filename(scene->root, below, NULL);
}

void
testSceneMakeDir(const testScene *scene, const char *below)
{
    g_autofree char *path = testScenePath(scene, below);

    if (g_mkdir_with_parents(path, 0755) < 0)
        g_error("cannot make %s: %s", path, g_strerror(errno));
}

static void
testSceneMakeParent(const testScene *scene, const char *below)
{
    g_autofree char *parent = g_path_get_dirname(below);

    testSceneMakeDir(scene, parent);
}

void
testSceneWriteBytes(const testScene *scene, const char *below, const char *data, gssize len)
{
    g_autofree char *path = testScenePath(scene, below);
    g_autoptr(GError) error = NULL;

    testSceneMakeParent(scene, below);
    /* Not durable: a scene is thousands of small files. That mode does not shorten a longer file.
     */
    unlink(path);
    if (!g_file_set_contents_full(path, data, len, G_FILE_SET_CONTENTS_NONE, 0644, &error))
        g_error("%s", error->message);
}

void
testSceneWrite(const testScene *scene, const char *below, const char *text)
{
    testSceneWriteBytes(scene, below, text, -1);
}

void
testSceneWriteFormat(const testScene *scene, const char *below, const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list args;

    va_start(args, format);
    text = g_strdup_vprintf(format, args);
    va_end(args);
    testSceneWrite(scene, below, text);
}

void
testSceneLink(const testScene *scene, const char *below, const char *target)
{
    g_autofree char *path = testScenePath(scene, below);

    testSceneMakeParent(scene, below);
    if (unlink(path) < 0 && errno != ENOENT)
        g_error("cannot remove %s: %s", path, g_strerror(errno));
    if (symlink(target, path) < 0)
        g_error("cannot make link %s: %s", path, g_strerror(errno));
}

static void
testSceneRemoveFile(const testScene *scene, const char *below)
{
    g_autofree char *path = testScenePath(scene, below);

    unlink(path);
}

/* Where the device's directory is: all devices of a bus lie beside each other. */
static char *
testSceneDeviceDir(const char *address)
{
    g_autofree char *bus = g_strndup(address, strlen("0000:00"));

    return g_strdup_printf("sys/devices/pci%s/%s", bus, address);
}

static char *
testSceneDeviceFile(const char *address, const char *name)
{
    g_autofree char *dir = testSceneDeviceDir(address);

    return g_build_filename(dir, name, NULL);
}

static void
testSceneWriteAttribute(const testScene *scene, const char *address, const char *name,
                        const char *text)
{
    g_autofree char *path = testSceneDeviceFile(address, name);

    testSceneWriteFormat(scene, path, "%s\n", text);
}

void
testSceneUnbind(const testScene *scene, const char *address)
{
    g_autofree char *link = testSceneDeviceFile(address, "driver");
    g_autofree char *path = testScenePath(scene, link);
    g_autofree char *target = g_file_read_link(path, NULL);
    g_autofree char *driver = target ? g_path_get_basename(target) : NULL;
    g_autofree char *back =
        driver ? g_strdup_printf("sys/bus/pci/drivers/%s/%s", driver, address) : NULL;

    testSceneRemoveFile(scene, link);
    if (back)
        testSceneRemoveFile(scene, back);
}

void
testSceneBind(const testScene *scene, const char *address, const char *driver)
{
    g_autofree char *link = testSceneDeviceFile(address, "driver");
    g_autofree char *target = g_strdup_printf("../../../bus/pci/drivers/%s", driver);
    g_autofree char *back = g_strdup_printf("sys/bus/pci/drivers/%s/%s", driver, address);
    g_autofree char *dir = testSceneDeviceDir(address);
    g_autofree char *backTarget = g_strdup_printf("../../../../../%s", dir);

    testSceneUnbind(scene, address);
    testSceneLink(scene, back, backTarget);
    testSceneLink(scene, link, target);
}

void
testSceneAddVFIODev(const testScene *scene, const char *address, const char *name)
{
    g_autofree char *dir = testSceneDeviceFile(address, "vfio-dev");
    g_autofree char *path = g_build_filename(dir, name, NULL);

    testSceneMakeDir(scene, path);
}

void
testSceneUnplug(const testScene *scene, const char *address)
{
    g_autofree char *link = g_strdup_printf("sys/bus/pci/devices/%s", address);
    g_autofree char *dir = testSceneDeviceDir(address);
    g_autofree char *from = testScenePath(scene, dir);
    g_autofree char *gone = g_strdup_printf("%s/gone-%s", scene->root, address);

    testSceneUnbind(scene, address);
    testSceneRemoveFile(scene, link);
    if (rename(from, gone) < 0)
        g_error("cannot remove %s: %s", from, g_strerror(errno));
}

static void
testSceneWriteIdentity(const testScene *scene, const char *address, const char *modalias)
{
    const struct {
        const char *file;
        virModAliasField field;
    } files[] = {
        {"vendor", VIR_MODALIAS_VENDOR},
        {"device", VIR_MODALIAS_DEVICE},
        {"subsystem_vendor", VIR_MODALIAS_SUBVENDOR},
        {"subsystem_device", VIR_MODALIAS_SUBDEVICE},
    };
    virModAlias id;

    testSceneWriteAttribute(scene, address, "modalias", modalias);
    if (!virModAliasParse(modalias, &id))
        return;
    for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *text = g_strdup_printf("0x%04x", id.value[files[i].field]);

        testSceneWriteAttribute(scene, address, files[i].file, text);
    }
    {
        g_autofree char *text =
            g_strdup_printf("0x%02x%02x%02x", id.value[VIR_MODALIAS_BASE_CLASS],
                            id.value[VIR_MODALIAS_SUB_CLASS], id.value[VIR_MODALIAS_INTERFACE]);

        testSceneWriteAttribute(scene, address, "class", text);
    }
}

static void
testSceneWriteConfig(const testScene *scene, const char *address, const char *header)
{
    g_autofree char *path = testSceneDeviceFile(address, "config");
    char config[64] = {0};

    config[0x0e] = (char)(header ? header[0] - '0' : 0);
    testSceneWriteBytes(scene, path, config, sizeof(config));
    if (config[0x0e] != 0) {
        g_autofree char *bus = testSceneDeviceFile(address, "secondary_bus_number");

        testSceneWrite(scene, bus, "1\n");
    }
}

static void
testSceneJoinGroup(const testScene *scene, const char *address, const char *group)
{
    g_autofree char *link = testSceneDeviceFile(address, "iommu_group");
    g_autofree char *target = g_strdup_printf("../../../kernel/iommu_groups/%s", group);
    g_autofree char *member =
        g_strdup_printf("sys/kernel/iommu_groups/%s/devices/%s", group, address);
    g_autofree char *dir = testSceneDeviceDir(address);
    g_autofree char *memberTarget = g_strdup_printf("../../../../../%s", dir);

    testSceneLink(scene, link, target);
    testSceneLink(scene, member, memberTarget);
}

void
testSceneAddDevice(const testScene *scene, char **words)
{
    static const struct {
        const char *key;
        const char *file;
    } plain[] = {{"numa", "numa_node"}, {"numvfs", "sriov_numvfs"}};
    const char *address = words[1];
    const char *override = testSceneGetValue(words, "override");
    const char *value;
    g_autofree char *link = g_strdup_printf("sys/bus/pci/devices/%s", address);
    g_autofree char *dir = testSceneDeviceDir(address);
    g_autofree char *target = g_strdup_printf("../../../../%s", dir);

    testSceneMakeDir(scene, dir);
    testSceneLink(scene, link, target);
    if ((value = testSceneGetValue(words, "modalias")))
        testSceneWriteIdentity(scene, address, value);
    testSceneWriteConfig(scene, address, testSceneGetValue(words, "header"));
    testSceneWriteAttribute(scene, address, "driver_override", override ? override : "(null)");
    for (size_t i = 0; i < G_N_ELEMENTS(plain); i++) {
        if ((value = testSceneGetValue(words, plain[i].key)))
            testSceneWriteAttribute(scene, address, plain[i].file, value);
    }
    if ((value = testSceneGetValue(words, "driver")))
        testSceneBind(scene, address, value);
    if ((value = testSceneGetValue(words, "group")))
        testSceneJoinGroup(scene, address, value);
    if ((value = testSceneGetValue(words, "vfio-dev")))
        testSceneAddVFIODev(scene, address, value);
    if ((value = testSceneGetValue(words, "physfn"))) {
        g_autofree char *physfn = testSceneDeviceFile(address, "physfn");
        g_autofree char *physfnTarget = g_strdup_printf("../%s", value);

        testSceneLink(scene, physfn, physfnTarget);
    }
}

void
testSceneAddVF(const testScene *scene, const char *address, const char *driver)
{
    g_autofree char *bound = g_strdup_printf("driver=%s", driver);
    g_autofree char *name = g_strdup(address);
    char device[] = "device";
    char modalias[] = "modalias=pci:v000015B3d0000101Esv000015B3sd00000058bc02sc00i00";
    char *words[] = {device, name, modalias, bound, NULL};

    testSceneAddDevice(scene, words);
}
