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

#include "testscenepriv.h"

static char *
testSceneDataPath(const char *name)
{
    return g_build_filename(g_getenv("abs_top_srcdir"), "tests", "virpcitestdata", name, NULL);
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
testSceneAddLine(testScene *scene, char **words)
{
    g_autofree char *path = testScenePath(scene, words[1]);
    g_autofree char *before = NULL;

    if (!g_file_get_contents(path, &before, NULL, NULL))
        before = g_strdup("");
    testSceneWriteFormat(scene, words[1], "%s%s\n", before, words[2]);
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
    {"line", 3, testSceneAddLine},
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

char *
testSceneMakeTemporary(void)
{
    /* A tree is hundreds of small files: memory is several times faster than a disk. */
    const char *parent = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : g_get_tmp_dir();
    char *directory = g_build_filename(parent, "virtvfio-scene-XXXXXX", NULL);

    if (!g_mkdtemp(directory))
        g_error("cannot make %s: %s", directory, g_strerror(errno));
    return directory;
}

static int
testSceneRemoveOne(const char *path, const struct stat *st G_GNUC_UNUSED, int type G_GNUC_UNUSED,
                   struct FTW *where G_GNUC_UNUSED)
{
    return remove(path);
}

void
testSceneRemoveTemporary(const char *directory)
{
    /* FTW_PHYS: the links of a scene lead anywhere, and are removed as links. */
    if (nftw(directory, testSceneRemoveOne, 16, FTW_DEPTH | FTW_PHYS) != 0)
        g_error("cannot remove %s: %s", directory, g_strerror(errno));
}

testScene *
testSceneNew(const char *name)
{
    g_autofree char *directory = testSceneMakeTemporary();
    testScene *scene = testSceneLoad(name, directory);

    scene->temporary = TRUE;
    return scene;
}

void
testSceneBuild(const char *name, const char *directory)
{
    testSceneFree(testSceneLoad(name, directory));
}

void
testSceneFree(testScene *scene)
{
    if (!scene)
        return;
    virPCIHostUnref(scene->host);
    if (scene->temporary)
        testSceneRemoveTemporary(scene->root);
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
