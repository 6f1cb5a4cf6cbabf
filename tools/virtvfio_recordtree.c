/*
 * virtvfio_recordtree.c: what virtvfio reads of a host, copied into memory and into an archive
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <archive.h>
#include <archive_entry.h>

#include "virerror.h"
#include "virfile.h"
#include "virgettext.h"
#include "virlog.h"
#include "virpciaddress.h"
#include "virtvfio_recordtree.h"

VIR_LOG_INIT("tools.record")

#define VIR_FROM_THIS            VIR_FROM_NONE

#define VIRTVFIO_RECORD_MAX_FILE (64 * 1024 * 1024)
#define VIRTVFIO_RECORD_CONFIG   64 /* the standard header; serial numbers come behind it */

typedef struct {
    mode_t type;  /* S_IFDIR, S_IFLNK, S_IFREG */
    GBytes *data; /* of a file, or the target of a link with its NUL */
} virtvfioRecordEntry;

struct _virtvfioRecord {
    virPCIHost *host;
    virSysfsRoot *root;
    GTree *entries; /* path -> virtvfioRecordEntry, in the order of strcmp(): parents come first */
    virtvfioRecordCounts counts;
};

static void
virtvfioRecordEntryFree(void *opaque)
{
    virtvfioRecordEntry *entry = opaque;

    g_clear_pointer(&entry->data, g_bytes_unref);
    g_free(entry);
}

static int
virtvfioRecordCompare(const void *a, const void *b, void *opaque G_GNUC_UNUSED)
{
    return strcmp(a, b);
}

/* Takes @data over. What is there already stays. */
static void
virtvfioRecordAdd(virtvfioRecord *record, const char *path, mode_t type, GBytes *data)
{
    g_autofree char *parent = g_path_get_dirname(path);
    virtvfioRecordEntry *entry;

    if (g_tree_lookup(record->entries, path)) {
        g_clear_pointer(&data, g_bytes_unref);
        return;
    }
    if (strcmp(parent, ".") != 0)
        virtvfioRecordAdd(record, parent, S_IFDIR, NULL);
    entry = g_new0(virtvfioRecordEntry, 1);
    entry->type = type;
    entry->data = data;
    g_tree_insert(record->entries, g_strdup(path), entry);
}

static void
virtvfioRecordAddDir(virtvfioRecord *record, const char *path)
{
    virtvfioRecordAdd(record, path, S_IFDIR, NULL);
}

static void
virtvfioRecordAddFile(virtvfioRecord *record, const char *path, const void *data, size_t len)
{
    virtvfioRecordAdd(record, path, S_IFREG, g_bytes_new(data, len));
}

/* A line of text, as files of sysfs and /proc hold it. */
static void
virtvfioRecordAddText(virtvfioRecord *record, const char *path, const char *text)
{
    g_autofree char *line = g_strdup_printf("%s\n", text);

    virtvfioRecordAddFile(record, path, line, strlen(line));
}

/* A link at @path to @directory/@name, both below the root. */
static void
virtvfioRecordAddLink(virtvfioRecord *record, const char *path, const char *directory,
                      const char *name)
{
    g_autoptr(GString) target = g_string_new(NULL);

    /* Only plain names: "." and ".." would say something else than the link did. */
    if (!*name || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return;
    for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/'))
        g_string_append(target, "../");
    g_string_append_printf(target, "%s/%s", directory, name);
    virtvfioRecordAdd(record, path, S_IFLNK, g_bytes_new(target->str, target->len + 1));
}

static bool
virtvfioRecordIsNumber(const char *text)
{
    return *text && text[strspn(text, G_CSET_DIGITS)] == '\0';
}

static bool
virtvfioRecordIsNumbered(const char *name, const char *prefix)
{
    return g_str_has_prefix(name, prefix) && virtvfioRecordIsNumber(name + strlen(prefix));
}

static bool
virtvfioRecordIsAddress(const char *name)
{
    virPCIDeviceAddress addr;

    return virPCIDeviceAddressParse(name, &addr);
}

/* "pci0000:00": a host bridge's bus */
static bool
virtvfioRecordIsBus(const char *name)
{
    return g_str_has_prefix(name, "pci") && name[strspn(name, "pci0123456789abcdef:")] == '\0';
}

/* The text of the link sys/bus/pci/devices/@name, or NULL if it is none. */
static char *
virtvfioRecordReadDeviceLink(const virtvfioRecord *record, const char *name)
{
    g_autofree char *path = g_build_filename("sys/bus/pci/devices", name, NULL);
    VIR_AUTOCLOSE fd = virSysfsOpen(record->root, path, O_PATH | O_NOFOLLOW);
    char target[4096];
    ssize_t len;

    if (fd < 0 || (len = readlinkat(fd, "", target, sizeof(target))) < 0)
        return NULL;
    return g_strndup(target, (size_t)len);
}

/* The directory of the device: "sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0". */
static char *
virtvfioRecordDevicePath(const virtvfioRecord *record, const char *name)
{
    g_autofree char *target = virtvfioRecordReadDeviceLink(record, name);
    g_auto(GStrv) parts = g_strsplit(target ? target : "", "/", -1);
    GString *path = g_string_new("sys/devices");

    for (size_t i = 0; parts[i]; i++) {
        if (strcmp(parts[i], name) != 0 &&
            (virtvfioRecordIsBus(parts[i]) || virtvfioRecordIsAddress(parts[i])))
            g_string_append_printf(path, "/%s", parts[i]);
    }
    g_string_append_printf(path, "/%s", name);
    return g_string_free(path, FALSE);
}

/* Reading these may wait for the kernel to finish with the device, which may last for ever. */
static void
virtvfioRecordLockedAttributes(virtvfioRecord *record, const char *from, const char *directory)
{
    static const char *const names[] = {"driver_override", "sriov_numvfs"};

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *source = g_build_filename(from, names[i], NULL);
        g_autofree char *path = g_build_filename(directory, names[i], NULL);
        g_autofree char *text = NULL;
        int rc = virSysfsReadPatiently(record->root, source, &text);

        if (rc == 0)
            virtvfioRecordAddText(record, path, text);
        else if (rc == -ETIMEDOUT)
            VIR_WARN(_("'/%1$s' is not in the record: the kernel is binding or unbinding the "
                       "device, and does not let it be read"),
                     source);
    }
}

static void
virtvfioRecordAttributes(virtvfioRecord *record, int dirfd, const char *directory)
{
    static const char *const names[] = {
        "modalias",         "vendor", "device",         "subsystem_vendor",
        "subsystem_device", "class",  "sriov_totalvfs", "numa_node",
    };
    g_autofree char *config = g_build_filename(directory, "config", NULL);
    guint8 header[VIRTVFIO_RECORD_CONFIG];
    ssize_t len = virSysfsReadBytesAt(dirfd, "config", header, sizeof(header));

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = g_build_filename(directory, names[i], NULL);
        g_autofree char *text = NULL;

        if (virSysfsReadAt(dirfd, names[i], &text) == 0)
            virtvfioRecordAddText(record, path, text);
    }
    if (len > 0)
        virtvfioRecordAddFile(record, config, header, (size_t)len);
}

/* The link @name of the device's directory; what it names is in @targets. */
static void
virtvfioRecordDeviceLink(virtvfioRecord *record, int dirfd, const char *directory, const char *name,
                         const char *targets)
{
    g_autofree char *path = g_build_filename(directory, name, NULL);
    g_autofree char *base = NULL;

    if (virSysfsReadLinkAt(dirfd, name, &base) == 0)
        virtvfioRecordAddLink(record, path, targets, base);
}

/* @from/vfio-dev, with its numbered entries. */
static void
virtvfioRecordVFIODev(virtvfioRecord *record, int dirfd, const char *from, const char *directory)
{
    g_autofree char *source = g_build_filename(from, "vfio-dev", NULL);
    g_autofree char *path = g_build_filename(directory, "vfio-dev", NULL);
    g_auto(GStrv) names = NULL;

    if (!virSysfsIsDirAt(dirfd, "vfio-dev"))
        return;
    virtvfioRecordAddDir(record, path);
    names = virSysfsListNames(record->root, source);
    for (size_t i = 0; names[i]; i++) {
        g_autofree char *entry = g_build_filename(path, names[i], NULL);

        if (virtvfioRecordIsNumbered(names[i], "vfio"))
            virtvfioRecordAddDir(record, entry);
    }
}

static void
virtvfioRecordDevice(virtvfioRecord *record, const char *name)
{
    g_autofree char *from = g_build_filename("sys/bus/pci/devices", name, NULL);
    g_autofree char *directory = virtvfioRecordDevicePath(record, name);
    g_autofree char *parent = g_path_get_dirname(directory);
    VIR_AUTOCLOSE dirfd = virSysfsOpenDir(record->root, from);
    g_auto(GStrv) names = NULL;

    if (dirfd < 0)
        return;
    virtvfioRecordAddDir(record, directory);
    virtvfioRecordAddLink(record, from, parent, name);
    virtvfioRecordAttributes(record, dirfd, directory);
    virtvfioRecordLockedAttributes(record, from, directory);
    virtvfioRecordDeviceLink(record, dirfd, directory, "driver", "sys/bus/pci/drivers");
    virtvfioRecordDeviceLink(record, dirfd, directory, "iommu_group", "sys/kernel/iommu_groups");
    virtvfioRecordDeviceLink(record, dirfd, directory, "physfn", "sys/bus/pci/devices");
    names = virSysfsListNames(record->root, from);
    for (size_t i = 0; names[i]; i++) {
        if (virtvfioRecordIsNumbered(names[i], "virtfn"))
            virtvfioRecordDeviceLink(record, dirfd, directory, names[i], "sys/bus/pci/devices");
    }
    virtvfioRecordVFIODev(record, dirfd, from, directory);
    record->counts.devices++;
}

static void
virtvfioRecordDevices(virtvfioRecord *record, virtvfioRecordFunc progress)
{
    g_auto(GStrv) names = virSysfsListNames(record->root, "sys/bus/pci/devices");
    size_t total = g_strv_length(names);

    virtvfioRecordAddDir(record, "sys/bus/pci/devices");
    for (size_t i = 0; i < total; i++) {
        if (virtvfioRecordIsAddress(names[i]))
            virtvfioRecordDevice(record, names[i]);
        progress(i + 1, total);
    }
}

/* sys/module/@module: that it is loaded, its PCI drivers, and who uses it */
static void
virtvfioRecordModule(virtvfioRecord *record, const char *module)
{
    g_autofree char *path = g_build_filename("sys/module", module, NULL);
    g_autofree char *drivers = g_build_filename(path, "drivers", NULL);
    g_autofree char *holders = g_build_filename(path, "holders", NULL);
    g_auto(GStrv) names = virSysfsListNames(record->root, drivers);
    g_auto(GStrv) users = virSysfsListNames(record->root, holders);

    if (!virSysfsExists(record->root, path))
        return;
    virtvfioRecordAddDir(record, path);
    for (size_t i = 0; names[i]; i++) {
        g_autofree char *link = g_build_filename(drivers, names[i], NULL);

        if (g_str_has_prefix(names[i], "pci:"))
            virtvfioRecordAddLink(record, link, "sys/bus/pci/drivers", names[i] + strlen("pci:"));
    }
    for (size_t i = 0; users[i]; i++) {
        g_autofree char *link = g_build_filename(holders, users[i], NULL);
        g_autofree char *user = g_build_filename("sys/module", users[i], NULL);

        virtvfioRecordAddLink(record, link, "sys/module", users[i]);
        virtvfioRecordAddDir(record, user);
    }
}

static void
virtvfioRecordDriver(virtvfioRecord *record, const char *driver)
{
    g_autofree char *path = g_build_filename("sys/bus/pci/drivers", driver, NULL);
    g_autofree char *link = g_build_filename(path, "module", NULL);
    g_autofree char *module = virKModDriverGetModule(virPCIHostGetKMod(record->host), driver);
    g_auto(GStrv) names = virSysfsListNames(record->root, path);

    virtvfioRecordAddDir(record, path);
    if (module) {
        virtvfioRecordAddLink(record, link, "sys/module", module);
        virtvfioRecordModule(record, module);
    }
    for (size_t i = 0; names[i]; i++) {
        g_autofree char *device = g_build_filename(path, names[i], NULL);

        if (virtvfioRecordIsAddress(names[i]))
            virtvfioRecordAddLink(record, device, "sys/bus/pci/devices", names[i]);
    }
    record->counts.drivers++;
}

static void
virtvfioRecordDrivers(virtvfioRecord *record)
{
    static const char *const modules[] = {"vfio", "vfio_pci", "vfio_pci_core", "vfio_iommu_type1",
                                          "vfio_iommu_spapr_tce"};
    g_autoptr(virKModIndex) index = virKModGetIndex(virPCIHostGetKMod(record->host));
    g_auto(GStrv) drivers = virSysfsListNames(record->root, "sys/bus/pci/drivers");

    for (size_t i = 0; drivers[i]; i++)
        virtvfioRecordDriver(record, drivers[i]);
    for (size_t i = 0; i < G_N_ELEMENTS(modules); i++)
        virtvfioRecordModule(record, modules[i]);
    for (size_t i = 0; i < virKModIndexCount(index); i++)
        virtvfioRecordModule(record, virKModIndexGet(index, i)->module);
}

/* A member of a group: a link to a PCI device, or what is asked of another one. */
static void
virtvfioRecordMember(virtvfioRecord *record, const char *path, const char *name)
{
    VIR_AUTOCLOSE dirfd = -1;

    if (virtvfioRecordIsAddress(name)) {
        virtvfioRecordAddLink(record, path, "sys/bus/pci/devices", name);
        return;
    }
    if ((dirfd = virSysfsOpenDir(record->root, path)) < 0)
        return;
    virtvfioRecordAddDir(record, path);
    virtvfioRecordDeviceLink(record, dirfd, path, "driver", "sys/bus/platform/drivers");
    virtvfioRecordVFIODev(record, dirfd, path, path);
}

static void
virtvfioRecordGroups(virtvfioRecord *record)
{
    g_auto(GStrv) groups = virSysfsListNames(record->root, "sys/kernel/iommu_groups");

    for (size_t i = 0; groups[i]; i++) {
        g_autofree char *path =
            g_build_filename("sys/kernel/iommu_groups", groups[i], "devices", NULL);
        g_auto(GStrv) names = NULL;

        if (!virtvfioRecordIsNumber(groups[i]))
            continue;
        virtvfioRecordAddDir(record, path);
        names = virSysfsListNames(record->root, path);
        for (size_t j = 0; names[j]; j++) {
            g_autofree char *member = g_build_filename(path, names[j], NULL);

            virtvfioRecordMember(record, member, names[j]);
        }
        record->counts.groups++;
    }
}

/* The kernel's command line may hold anything: only the words about IOMMU and VFIO. */
static void
virtvfioRecordCommandLine(virtvfioRecord *record)
{
    static const char *const prefixes[] = {"iommu", "intel_iommu", "amd_iommu", "intremap",
                                           "vfio",  "arm-smmu",    "pcie_acs"};
    g_autofree char *text = NULL;
    g_autoptr(GPtrArray) kept = g_ptr_array_new();
    g_auto(GStrv) words = NULL;
    g_autofree char *line = NULL;

    if (virSysfsRead(record->root, "proc/cmdline", &text) < 0)
        return;
    words = g_strsplit(text, " ", -1);
    for (size_t i = 0; words[i]; i++) {
        for (size_t j = 0; j < G_N_ELEMENTS(prefixes); j++) {
            if (g_str_has_prefix(words[i], prefixes[j])) {
                g_ptr_array_add(kept, words[i]);
                break;
            }
        }
    }
    g_ptr_array_add(kept, NULL);
    line = g_strjoinv(" ", (char **)kept->pdata);
    virtvfioRecordAddText(record, "proc/cmdline", line);
}

/* Of the processor, only who made it: whether the IOMMU is VT-d. */
static void
virtvfioRecordProcessor(virtvfioRecord *record)
{
    char text[4096] = "";
    VIR_AUTOCLOSE fd = virSysfsOpen(record->root, "proc/cpuinfo", O_RDONLY);
    g_auto(GStrv) lines = NULL;

    if (fd < 0 || virFileReadSome(fd, text, sizeof(text) - 1) <= 0)
        return;
    lines = g_strsplit(text, "\n", -1);
    for (size_t i = 0; lines[i]; i++) {
        if (g_str_has_prefix(lines[i], "vendor_id")) {
            virtvfioRecordAddText(record, "proc/cpuinfo", lines[i]);
            return;
        }
    }
}

static void
virtvfioRecordModuleFile(virtvfioRecord *record, const char *directory, const char *name)
{
    g_autofree char *path = g_build_filename(directory, name, NULL);
    VIR_AUTOCLOSE fd = virSysfsOpen(record->root, path, O_RDONLY);
    g_autofree char *data = NULL;
    size_t len;

    if (fd >= 0 && virFileReadFD(fd, VIRTVFIO_RECORD_MAX_FILE, &data, &len) == 0)
        virtvfioRecordAddFile(record, path, data, len);
}

static void
virtvfioRecordKernel(virtvfioRecord *record)
{
    virKMod *kmod = virPCIHostGetKMod(record->host);
    const char *release = virKModGetRelease(kmod);
    const char *directory = virKModGetDirectory(kmod);

    if (release)
        virtvfioRecordAddText(record, "proc/sys/kernel/osrelease", release);
    if (directory) {
        virtvfioRecordModuleFile(record, directory, "modules.alias");
        virtvfioRecordModuleFile(record, directory, "modules.builtin");
    }
    virtvfioRecordCommandLine(record);
    virtvfioRecordProcessor(record);
}

/* Names that matter by being there: IOMMUs as directories, nodes as empty files. */
static void
virtvfioRecordNames(virtvfioRecord *record)
{
    g_auto(GStrv) units = virSysfsListNames(record->root, "sys/class/iommu");
    g_auto(GStrv) nodes = virSysfsListNames(record->root, "dev/vfio");

    for (size_t i = 0; units[i]; i++) {
        g_autofree char *path = g_build_filename("sys/class/iommu", units[i], NULL);

        virtvfioRecordAddDir(record, path);
    }
    for (size_t i = 0; nodes[i]; i++) {
        g_autofree char *path = g_build_filename("dev/vfio", nodes[i], NULL);

        if (virtvfioRecordIsNumber(nodes[i]) || strcmp(nodes[i], "vfio") == 0)
            virtvfioRecordAddFile(record, path, "", 0);
    }
}

virtvfioRecord *
virtvfioRecordNew(virPCIHost *host, virtvfioRecordFunc progress)
{
    virtvfioRecord *record = g_new0(virtvfioRecord, 1);

    record->host = virPCIHostRef(host);
    record->root = virPCIHostGetRoot(host);
    record->entries = g_tree_new_full(virtvfioRecordCompare, NULL, g_free, virtvfioRecordEntryFree);
    virtvfioRecordKernel(record);
    virtvfioRecordNames(record);
    virtvfioRecordDrivers(record);
    virtvfioRecordGroups(record);
    virtvfioRecordDevices(record, progress);
    return record;
}

void
virtvfioRecordFree(virtvfioRecord *record)
{
    if (!record)
        return;
    g_tree_unref(record->entries);
    virPCIHostUnref(record->host);
    g_free(record);
}

const virtvfioRecordCounts *
virtvfioRecordGetCounts(const virtvfioRecord *record)
{
    return &record->counts;
}

typedef struct archive virtvfioArchive;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virtvfioArchive, archive_write_free)

typedef struct archive_entry virtvfioArchiveEntry;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virtvfioArchiveEntry, archive_entry_free)

typedef struct {
    virtvfioArchive *archive;
    bool failed;
} virtvfioRecordWriter;

/* GTraverseFunc: TRUE ends the walk. */
static gboolean
virtvfioRecordWriteEntry(void *path, void *value, void *opaque)
{
    const virtvfioRecordEntry *entry = value;
    virtvfioRecordWriter *writer = opaque;
    g_autoptr(virtvfioArchiveEntry) header = archive_entry_new();
    size_t len = 0;
    const void *data = entry->data ? g_bytes_get_data(entry->data, &len) : NULL;
    bool isFile = entry->type == S_IFREG;

    archive_entry_set_pathname(header, path);
    archive_entry_set_filetype(header, entry->type);
    archive_entry_set_perm(header, isFile ? 0644 : 0755);
    archive_entry_set_mtime(header, 0, 0);
    archive_entry_set_size(header, isFile ? (la_int64_t)len : 0);
    if (entry->type == S_IFLNK)
        archive_entry_set_symlink(header, data);
    writer->failed =
        archive_write_header(writer->archive, header) < ARCHIVE_WARN ||
        (isFile && len > 0 && archive_write_data(writer->archive, data, len) != (la_ssize_t)len);
    return writer->failed;
}

int
virtvfioRecordWrite(const virtvfioRecord *record, int fd, const char *name)
{
    g_autoptr(virtvfioArchive) archive = archive_write_new();
    virtvfioRecordWriter writer = {.archive = archive};
    int err;

    archive_write_set_format_pax_restricted(archive);
    archive_write_set_bytes_in_last_block(archive, 1); /* the same bytes in a pipe and a file */
    writer.failed = archive_write_open_fd(archive, fd) != ARCHIVE_OK;
    if (!writer.failed)
        g_tree_foreach(record->entries, virtvfioRecordWriteEntry, &writer);
    if (!writer.failed && archive_write_close(archive) == ARCHIVE_OK)
        return 0;
    err = archive_errno(archive);
    virReportSystemError(err > 0 ? err : EIO, _("cannot write the archive to %1$s"), name);
    return -1;
}
