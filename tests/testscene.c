/*
 * testscene.c: fake hosts for tests, built from a readable manifest
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <ftw.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "testscene.h"
#include "virmodalias.h"
#include "virpciaddress.h"

struct _testScene {
    char *root;
    gboolean temporary;
    char *kernel;
    GString *aliases; /* NULL until the first alias directive */
    GPtrArray *expectations;
    virPCIHost *host;
};

static char *
testSceneDataPath(const char *name)
{
    return g_build_filename(g_getenv("abs_top_srcdir"), "tests", "virpcitestdata", name, NULL);
}

char *
testScenePath(const testScene *scene, const char *below)
{
    return g_build_filename(scene->root, below, NULL);
}

static void
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

static void
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

static void G_GNUC_PRINTF(3, 4)
    testSceneWriteFormat(const testScene *scene, const char *below, const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list args;

    va_start(args, format);
    text = g_strdup_vprintf(format, args);
    va_end(args);
    testSceneWrite(scene, below, text);
}

static void
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

const char *
testSceneGetValue(char **words, const char *key)
{
    size_t len = strlen(key);

    for (; *words; words++) {
        if (strncmp(*words, key, len) == 0 && (*words)[len] == '=')
            return *words + len + 1;
    }
    return NULL;
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

static void
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

static void
testSceneAddDriver(testScene *scene, char **words)
{
    g_autofree char *dir = g_strdup_printf("sys/bus/pci/drivers/%s", words[1]);

    testSceneMakeDir(scene, dir);
}

static void
testSceneAddModule(testScene *scene, char **words)
{
    const char *drivers = testSceneGetValue(words, "drivers");
    const char *uses = testSceneGetValue(words, "uses");
    g_auto(GStrv) driverNames = g_strsplit(drivers ? drivers : "", ",", -1);
    g_auto(GStrv) usedNames = g_strsplit(uses ? uses : "", ",", -1);
    g_autofree char *dir = g_strdup_printf("sys/module/%s", words[1]);

    testSceneMakeDir(scene, dir);
    for (char **name = driverNames; *name; name++) {
        g_autofree char *link = g_strdup_printf("sys/bus/pci/drivers/%s/module", *name);
        g_autofree char *target = g_strdup_printf("../../../../module/%s", words[1]);
        g_autofree char *back = g_strdup_printf("%s/drivers/pci:%s", dir, *name);
        g_autofree char *backTarget = g_strdup_printf("../../../bus/pci/drivers/%s", *name);

        testSceneLink(scene, link, target);
        testSceneLink(scene, back, backTarget);
    }
    for (char **name = usedNames; *name; name++) {
        g_autofree char *link = g_strdup_printf("sys/module/%s/holders/%s", *name, words[1]);
        g_autofree char *target = g_strdup_printf("../../%s", words[1]);

        testSceneLink(scene, link, target);
    }
}

static void
testSceneAddNode(testScene *scene, char **words)
{
    g_autofree char *node = g_strdup_printf("dev/vfio/%s", words[1]);

    testSceneWrite(scene, "dev/vfio/vfio", "");
    testSceneWrite(scene, node, "");
}

static void
testSceneTakeDevice(testScene *scene, char **words)
{
    testSceneAddDevice(scene, words);
}

static void
testSceneSetKernel(testScene *scene, char **words)
{
    g_free(scene->kernel);
    scene->kernel = g_strdup(words[1]);
    testSceneWriteFormat(scene, "proc/sys/kernel/osrelease", "%s\n", words[1]);
}

static void
testSceneAddAliasBytes(testScene *scene, char **words)
{
    g_autoptr(GBytes) bytes = g_uri_unescape_bytes(words[1], -1, NULL, NULL);
    gsize len;
    const char *data = g_bytes_get_data(bytes, &len);

    g_string_append_len(scene->aliases, data, (gssize)len);
}

static void
testSceneAddAliasRepeat(testScene *scene, char **words)
{
    gsize count = (gsize)g_ascii_strtoull(words[2], NULL, 10);

    for (gsize i = 0; i < count; i++)
        g_string_append_c(scene->aliases, words[1][0]);
}

static void
testSceneAddAliasFile(testScene *scene, char **words)
{
    g_autofree char *path = testSceneDataPath(words[1]);
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;

    if (!g_file_get_contents(path, &text, NULL, &error))
        g_error("%s", error->message);
    g_string_append(scene->aliases, text);
}

static void
testSceneAddLink(testScene *scene, char **words)
{
    testSceneLink(scene, words[1], words[2]);
}

static void
testSceneAddDir(testScene *scene, char **words)
{
    testSceneMakeDir(scene, words[1]);
}

static void
testSceneAddFile(testScene *scene, char **words)
{
    testSceneWriteFormat(scene, words[1], "%s\n", words[2]);
}

static void
testSceneAddExpectation(testScene *scene, char **words)
{
    g_ptr_array_add(scene->expectations, g_strdupv(words));
}

static const struct {
    const char *name;
    guint words;
    void (*add)(testScene *scene, char **words);
} testSceneDirectives[] = {
    {"kernel", 2, testSceneSetKernel},
    {"device", 2, testSceneTakeDevice},
    {"driver", 2, testSceneAddDriver},
    {"module", 2, testSceneAddModule},
    {"node", 2, testSceneAddNode},
    {"alias-bytes", 2, testSceneAddAliasBytes},
    {"alias-repeat", 3, testSceneAddAliasRepeat},
    {"alias-file", 2, testSceneAddAliasFile},
    {"link", 3, testSceneAddLink},
    {"dir", 2, testSceneAddDir},
    {"file", 3, testSceneAddFile},
    {"expect", 2, testSceneAddExpectation},
};

static void
testSceneTakeLine(testScene *scene, const char *line)
{
    g_auto(GStrv) words = NULL;
    int count;

    if (g_str_has_prefix(line, "alias") && !scene->aliases)
        scene->aliases = g_string_new(NULL);
    if (g_str_has_prefix(line, "alias ")) {
        g_string_append_printf(scene->aliases, "%s\n", line);
        return;
    }
    if (*line == '\0' || *line == '#')
        return;
    if (!g_shell_parse_argv(line, &count, &words, NULL))
        g_error("manifest line '%s' cannot be split into words", line);
    for (size_t i = 0; i < G_N_ELEMENTS(testSceneDirectives); i++) {
        if (g_str_equal(words[0], testSceneDirectives[i].name) &&
            (guint)count >= testSceneDirectives[i].words) {
            testSceneDirectives[i].add(scene, words);
            return;
        }
    }
    g_error("manifest line '%s' is not understood", line);
}

static testScene *
testSceneLoad(const char *name, const char *directory)
{
    g_autofree char *file = g_strdup_printf("%s.scene", name);
    g_autofree char *path = testSceneDataPath(file);
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;
    g_autoptr(GError) error = NULL;
    testScene *scene = g_new0(testScene, 1);

    scene->root = g_strdup(directory);
    scene->expectations = g_ptr_array_new_with_free_func((GDestroyNotify)g_strfreev);
    if (!g_file_get_contents(path, &text, NULL, &error))
        g_error("%s", error->message);

    testSceneMakeDir(scene, "sys/bus/pci/devices");
    testSceneMakeDir(scene, "sys/bus/pci/drivers");
    lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line; line++)
        testSceneTakeLine(scene, *line);
    if (scene->aliases) {
        g_autofree char *alias = g_strdup_printf("lib/modules/%s/modules.alias", scene->kernel);

        testSceneWriteBytes(scene, alias, scene->aliases->str, (gssize)scene->aliases->len);
    }
    return scene;
}

testScene *
testSceneNew(const char *name)
{
    /* A tree is hundreds of small files: memory is several times faster than a disk. */
    const char *parent = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : g_get_tmp_dir();
    g_autofree char *directory = g_build_filename(parent, "virtvfio-scene-XXXXXX", NULL);
    testScene *scene;

    if (!g_mkdtemp(directory))
        g_error("cannot make %s: %s", directory, g_strerror(errno));
    scene = testSceneLoad(name, directory);
    scene->temporary = TRUE;
    return scene;
}

void
testSceneBuild(const char *name, const char *directory)
{
    testSceneFree(testSceneLoad(name, directory));
}

static int
testSceneRemoveOne(const char *path, const struct stat *st G_GNUC_UNUSED, int type G_GNUC_UNUSED,
                   struct FTW *where G_GNUC_UNUSED)
{
    return remove(path);
}

void
testSceneFree(testScene *scene)
{
    if (!scene)
        return;
    virPCIHostUnref(scene->host);
    /* FTW_PHYS: the links of a scene lead anywhere, and are removed as links. */
    if (scene->temporary && nftw(scene->root, testSceneRemoveOne, 16, FTW_DEPTH | FTW_PHYS) != 0)
        g_error("cannot remove %s: %s", scene->root, g_strerror(errno));
    if (scene->aliases)
        g_string_free(scene->aliases, TRUE);
    g_ptr_array_unref(scene->expectations);
    g_free(scene->kernel);
    g_free(scene->root);
    g_free(scene);
}

const char *
testSceneGetRoot(const testScene *scene)
{
    return scene->root;
}

void
testSceneLinkRelease(const testScene *scene)
{
    struct utsname name;
    g_autofree char *link = NULL;

    if (uname(&name) < 0)
        g_error("uname: %s", g_strerror(errno));
    link = g_build_filename("lib/modules", name.release, NULL);
    testSceneLink(scene, link, scene->kernel);
}

gboolean
testSceneEnter(testScene *scene)
{
    if (chroot(scene->root) < 0 && (unshare(CLONE_NEWUSER) < 0 || chroot(scene->root) < 0))
        return FALSE;
    if (chdir("/") < 0)
        return FALSE;
    scene->temporary = FALSE;
    g_free(scene->root);
    scene->root = g_strdup("/");
    g_clear_pointer(&scene->host, virPCIHostUnref);
    return TRUE;
}

virPCIHost *
testSceneGetHost(testScene *scene)
{
    if (!scene->host && !(scene->host = virPCIHostNew(scene->root)))
        g_error("no host on %s", scene->root);
    return scene->host;
}

const GPtrArray *
testSceneGetExpectations(const testScene *scene)
{
    return scene->expectations;
}

static int
testSceneCompareNames(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

char **
testSceneListNames(void)
{
    g_autofree char *path = testSceneDataPath("");
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    GPtrArray *names = g_ptr_array_new();
    const char *file;

    while (dir && (file = g_dir_read_name(dir))) {
        if (g_str_has_suffix(file, ".scene"))
            g_ptr_array_add(names, g_strndup(file, strlen(file) - strlen(".scene")));
    }
    g_ptr_array_sort(names, testSceneCompareNames);
    g_ptr_array_add(names, NULL);
    return (char **)g_ptr_array_free(names, FALSE);
}
