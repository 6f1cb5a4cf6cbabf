/*
 * qemu_firmware.c: which firmware a guest with <os firmware='efi'> gets
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "qemu_firmware.h"
#include "qemu_firmware_descriptor.h"
#include "virerror.h"
#include "virfile.h"
#include "virgettext.h"
#include "virlog.h"

#define VIR_FROM_THIS VIR_FROM_QEMU

VIR_LOG_INIT("qemu.firmware")

#define QEMU_FIRMWARE_MAX_DESCRIPTOR (256 * 1024)
#define QEMU_FIRMWARE_MAX_NVRAM      (64 * 1024 * 1024)

/* The descriptors' files by name, each at its path that counts. */
static GHashTable *
qemuFirmwareListFiles(const char *const *directories)
{
    GHashTable *files = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);

    for (size_t i = 0; directories[i]; i++) {
        g_autoptr(GDir) dir = g_dir_open(directories[i], 0, NULL);
        const char *name;

        /* None of the folders has to be there. */
        while (dir && (name = g_dir_read_name(dir))) {
            if (g_str_has_suffix(name, ".json") && name[0] != '.')
                g_hash_table_replace(files, g_strdup(name),
                                     g_build_filename(directories[i], name, NULL));
        }
    }
    return files;
}

/* NULL if the file is empty, or cannot be used: then that is logged. */
static qemuFirmware *
qemuFirmwareRead(const char *path)
{
    VIR_AUTOCLOSE fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    g_autofree char *text = NULL;
    g_autofree char *reason = NULL;
    qemuFirmware *firmware;
    size_t len = 0;
    int rc = fd < 0 ? -errno : virFileReadFD(fd, QEMU_FIRMWARE_MAX_DESCRIPTOR, &text, &len);

    if (rc < 0) {
        VIR_WARN(_("cannot read the firmware descriptor %1$s: %2$s"), path, g_strerror(-rc));
        return NULL;
    }
    if (len == 0)
        return NULL;
    if (!(firmware = qemuFirmwareParse(text, &reason)))
        VIR_WARN(_("the firmware descriptor %1$s is not used: %2$s"), path, reason);
    return firmware;
}

/* A feature that is asked for, refused, or of no matter. */
static bool
qemuFirmwareFitsFeature(const qemuFirmware *firmware, qemuFirmwareFeatures feature,
                        virTristate wanted)
{
    bool has = firmware->features & feature;

    return wanted == VIR_TRISTATE_ABSENT || has == (wanted == VIR_TRISTATE_ON);
}

static bool
qemuFirmwareFitsLoader(const qemuFirmware *firmware, const virDomainLoaderDef *loader)
{
    bool stateless = firmware->stateless || !firmware->flash;
    bool nvram = loader->nvram || loader->nvramTemplate;

    if (loader->type != VIR_DOMAIN_LOADER_DEFAULT &&
        firmware->flash != (loader->type == VIR_DOMAIN_LOADER_PFLASH))
        return false;
    if (loader->path && strcmp(loader->path, firmware->executable) != 0)
        return false;
    if (stateless ? nvram || loader->stateless == VIR_TRISTATE_OFF
                  : loader->stateless == VIR_TRISTATE_ON)
        return false;
    return qemuFirmwareFitsFeature(firmware, QEMU_FIRMWARE_SECURE_BOOT, loader->secureBoot) &&
           qemuFirmwareFitsFeature(firmware, QEMU_FIRMWARE_ENROLLED_KEYS, loader->enrolledKeys) &&
           qemuFirmwareFitsFeature(firmware, QEMU_FIRMWARE_REQUIRES_SMM, loader->secure);
}

static bool
qemuFirmwareFits(const qemuFirmware *firmware, const virDomainDef *def)
{
    const virDomainFeaturesDef *features = &def->features;

    if (!firmware->uefi || !firmware->usable ||
        !qemuFirmwareFitsMachine(firmware, def->os.machine) ||
        !qemuFirmwareFitsLoader(firmware, &def->os.loader))
        return false;
    if (firmware->features & QEMU_FIRMWARE_REQUIRES_SMM && features->smm == VIR_TRISTATE_OFF)
        return false;
    if (features->suspendToMem == VIR_TRISTATE_ON && !(firmware->features & QEMU_FIRMWARE_ACPI_S3))
        return false;
    return features->suspendToDisk != VIR_TRISTATE_ON || firmware->features & QEMU_FIRMWARE_ACPI_S4;
}

static gint
qemuFirmwareSort(gconstpointer a, gconstpointer b)
{
    return strcmp(a, b);
}

/* The best firmware, or NULL. */
static qemuFirmware *
qemuFirmwareChoose(const virDomainDef *def, const char *const *directories)
{
    g_autoptr(GHashTable) files = qemuFirmwareListFiles(directories);
    g_autoptr(GList) names = g_list_sort(g_hash_table_get_keys(files), qemuFirmwareSort);

    for (GList *name = names; name; name = name->next) {
        const char *path = g_hash_table_lookup(files, name->data);
        g_autoptr(qemuFirmware) firmware = qemuFirmwareRead(path);

        if (!firmware || !qemuFirmwareFits(firmware, def))
            continue;
        VIR_DEBUG("guest '%s' gets the firmware of %s", def->name, path);
        return g_steal_pointer(&firmware);
    }
    return NULL;
}

/* Ends with NULL; caller frees the array, and its texts are borrowed from @own. */
static const char **
qemuFirmwareStandardDirectories(char **own)
{
    const char *const standard[] = {"/usr/share/qemu/firmware", "/etc/qemu/firmware", NULL, NULL};
    const char **directories = g_memdup2(standard, sizeof(standard));

    *own = g_build_filename(g_get_user_config_dir(), "qemu", "firmware", NULL);
    directories[2] = *own;
    return directories;
}

char **
qemuFirmwareListExecutables(const char *machine, const char *const *directories)
{
    g_autofree char *own = NULL;
    g_autofree const char **standard = qemuFirmwareStandardDirectories(&own);
    g_autoptr(GHashTable) files = qemuFirmwareListFiles(directories ? directories : standard);
    g_autoptr(GList) names = g_list_sort(g_hash_table_get_keys(files), qemuFirmwareSort);
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GStrvBuilder) found = g_strv_builder_new();

    for (GList *name = names; name; name = name->next) {
        g_autoptr(qemuFirmware) firmware = qemuFirmwareRead(g_hash_table_lookup(files, name->data));

        if (firmware && firmware->uefi && firmware->usable &&
            qemuFirmwareFitsMachine(firmware, machine) &&
            g_hash_table_add(seen, g_strdup(firmware->executable)))
            g_strv_builder_add(found, firmware->executable);
    }
    return g_strv_builder_end(found);
}

static void
qemuFirmwareTake(virDomainDef *def, qemuFirmware *firmware, const char *nvramDirectory)
{
    virDomainLoaderDef *loader = &def->os.loader;

    if (!loader->path)
        loader->path = g_steal_pointer(&firmware->executable);
    loader->type = firmware->flash ? VIR_DOMAIN_LOADER_PFLASH : VIR_DOMAIN_LOADER_ROM;
    if (firmware->flash)
        loader->readonly = VIR_TRISTATE_ON;
    if (firmware->features & QEMU_FIRMWARE_REQUIRES_SMM)
        loader->secure = VIR_TRISTATE_ON;
    if (firmware->stateless || !firmware->flash)
        return;
    if (!loader->nvramTemplate)
        loader->nvramTemplate = g_steal_pointer(&firmware->nvramTemplate);
    if (!loader->nvram)
        loader->nvram = g_strdup_printf("%s/%s_VARS.fd", nvramDirectory, def->name);
}

int
qemuFirmwareFill(virDomainDef *def, const char *const *directories, const char *nvramDirectory)
{
    g_autofree char *own = NULL;
    g_autofree const char **standard = qemuFirmwareStandardDirectories(&own);
    g_autoptr(GString) where = g_string_new(NULL);
    g_autoptr(qemuFirmware) firmware = NULL;

    if (!def->os.loader.efi)
        return 0;
    if (!directories)
        directories = standard;
    if ((firmware = qemuFirmwareChoose(def, directories))) {
        qemuFirmwareTake(def, firmware, nvramDirectory);
        return 0;
    }
    for (size_t i = 0; directories[i]; i++)
        g_string_append_printf(where, "%s%s", i > 0 ? ", " : "", directories[i]);
    virReportError(VIR_ERR_OPERATION_FAILED,
                   _("no UEFI firmware for guest '%1$s': none that is described in %2$s fits its "
                     "machine, <firmware> and <loader>; install one (Debian: apt-get install "
                     "ovmf), or name files in <loader> and <nvram>"),
                   def->name, where->str);
    return -1;
}

char *
qemuFirmwareGetNVRAMDirectory(void)
{
    return geteuid() == 0 ? g_strdup("/var/lib/virtvfio/nvram")
                          : g_build_filename(g_get_user_state_dir(), "virtvfio", "nvram", NULL);
}

/* The template's bytes; a file of variables has no fixed size. */
static int
qemuFirmwareReadTemplate(const char *path, char **buf, size_t *len)
{
    VIR_AUTOCLOSE fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

    return fd < 0 ? -errno : virFileReadFD(fd, QEMU_FIRMWARE_MAX_NVRAM, buf, len);
}

int
qemuFirmwareCreateNVRAM(const virDomainDef *def)
{
    const virDomainLoaderDef *loader = &def->os.loader;
    g_autofree char *directory = NULL;
    g_autofree char *bytes = NULL;
    g_autoptr(GError) error = NULL;
    size_t len = 0;
    int rc;

    if (!loader->nvram || access(loader->nvram, F_OK) == 0)
        return 0;
    if (!loader->nvramTemplate) {
        virReportError(VIR_ERR_OPERATION_FAILED,
                       _("the <nvram> of guest '%1$s', %2$s, does not exist, and no template says "
                         "what it is to hold at first"),
                       def->name, loader->nvram);
        return -1;
    }
    if ((rc = qemuFirmwareReadTemplate(loader->nvramTemplate, &bytes, &len)) < 0) {
        virReportSystemError(-rc,
                             _("cannot read the template of the <nvram> of guest '%1$s', %2$s"),
                             def->name, loader->nvramTemplate);
        return -1;
    }
    directory = g_path_get_dirname(loader->nvram);
    if (g_mkdir_with_parents(directory, S_IRWXU | S_IXGRP | S_IXOTH) < 0) {
        virReportSystemError(errno, _("cannot make the folder %1$s"), directory);
        return -1;
    }
    if (!g_file_set_contents_full(loader->nvram, bytes, (gssize)len,
                                  G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE,
                                  S_IRUSR | S_IWUSR, &error)) {
        virReportError(VIR_ERR_OPERATION_FAILED,
                       _("cannot write the <nvram> of guest '%1$s': %2$s"), def->name,
                       error->message);
        return -1;
    }
    return 0;
}
