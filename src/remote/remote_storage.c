/*
 * remote_storage.c: disk images as volumes, for clients that look a guest's disk up before they use
 * it
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * There are no storage pools here: none is listed, found by its name, or defined. virt-install
 * makes the folder of a disk a pool unless the disk is a volume; so a file that is there is one, of
 * its folder. All of it is worked out from the path, which is the volume's key and whose folder is
 * the pool's name.
 */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "remote_domain.h"
#include "virerror.h"
#include "virfile.h"
#include "virgettext.h"
#include "virxmlwriter.h"

#define VIR_FROM_THIS VIR_FROM_STORAGE

typedef struct {
    guint64 capacity; /* bytes, as a guest sees it */
    guint64 allocation;
    const char *format; /* static */
} remoteVolume;

/* QEMU docs/interop/qcow2.txt: the magic number, the version, 16 other bytes, the size of the disk.
 */
typedef struct {
    char magic[4];
    guint32 version;
    char other[16];
    guint64 size;
} remoteVolumeHeader;

static int
remoteVolumeNotFound(const char *path)
{
    g_autofree char *quoted = virRPCQuote(path);

    virReportError(VIR_ERR_NO_STORAGE_VOL,
                   _("Storage volume not found: no storage vol with matching path '%1$s'"), quoted);
    return -1;
}

/* Of a regular file; a device is no volume, and is not opened. */
static int
remoteVolumeRead(const char *path, remoteVolume *volume)
{
    remoteVolumeHeader header;
    struct stat status;
    VIR_AUTOCLOSE fd = -1;

    if (!g_path_is_absolute(path) || stat(path, &status) < 0 || !S_ISREG(status.st_mode))
        return remoteVolumeNotFound(path);
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 || fstat(fd, &status) < 0 || !S_ISREG(status.st_mode))
        return remoteVolumeNotFound(path);
    *volume = (remoteVolume){(guint64)status.st_size, (guint64)status.st_blocks * 512, "raw"};
    if (virFileReadSome(fd, &header, sizeof(header)) == (ssize_t)sizeof(header) &&
        memcmp(header.magic, "QFI\xfb", sizeof(header.magic)) == 0) {
        volume->format = "qcow2";
        volume->capacity = GUINT64_FROM_BE(header.size);
    }
    return 0;
}

int
remoteStorageVolLookupByPath(virRPCCall *call G_GNUC_UNUSED, remote_string *in, remote_volume *out)
{
    g_autofree char *path = NULL;
    remoteVolume volume;

    if (remoteVolumeRead(in->value, &volume) < 0)
        return -1;
    path = g_canonicalize_filename(in->value, "/");
    out->pool = g_path_get_dirname(path);
    out->name = g_path_get_basename(path);
    out->key = g_steal_pointer(&path);
    return 0;
}

int
remoteStorageVolGetInfo(virRPCCall *call G_GNUC_UNUSED, remote_volume *in, remote_volume_info *out)
{
    remoteVolume volume;

    if (remoteVolumeRead(in->key, &volume) < 0)
        return -1;
    out->type = VIR_STORAGE_VOL_FILE;
    out->capacity = volume.capacity;
    out->allocation = volume.allocation;
    return 0;
}

static void
remoteStorageWriteBytes(virXMLWriter *writer, const char *name, guint64 bytes)
{
    g_autofree char *text = g_strdup_printf("%" G_GUINT64_FORMAT, bytes);

    virXMLWriterStart(writer, name);
    virXMLWriterAttribute(writer, "unit", "bytes");
    virXMLWriterText(writer, text);
    virXMLWriterEnd(writer);
}

int
remoteStorageVolGetXMLDesc(virRPCCall *call, remote_volume_flags *in, remote_string *out)
{
    g_autoptr(virXMLWriter) writer = NULL;
    remoteVolume volume;

    if (remoteCheckFlags(call, in->flags, 0) < 0 || remoteVolumeRead(in->volume.key, &volume) < 0)
        return -1;
    writer = virXMLWriterNew();
    virXMLWriterStart(writer, "volume");
    virXMLWriterAttribute(writer, "type", "file");
    virXMLWriterElement(writer, "name", in->volume.name);
    virXMLWriterElement(writer, "key", in->volume.key);
    remoteStorageWriteBytes(writer, "capacity", volume.capacity);
    remoteStorageWriteBytes(writer, "allocation", volume.allocation);
    virXMLWriterStart(writer, "target");
    virXMLWriterElement(writer, "path", in->volume.key);
    virXMLWriterStart(writer, "format");
    virXMLWriterAttribute(writer, "type", "%s", volume.format);
    virXMLWriterEnd(writer);
    virXMLWriterEnd(writer);
    virXMLWriterEnd(writer);
    out->value = virXMLWriterFinish(writer);
    return 0;
}

int
remoteStorageVolGetPath(virRPCCall *call G_GNUC_UNUSED, remote_volume *in, remote_string *out)
{
    remoteVolume volume;

    if (remoteVolumeRead(in->key, &volume) < 0)
        return -1;
    out->value = g_strdup(in->key);
    return 0;
}

/* A folder has the same UUID whoever asks. */
static void
remotePoolUUID(const char *folder, char text[REMOTE_UUID_TEXT_SIZE])
{
    g_autofree char *hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, folder, -1);

    g_snprintf(text, REMOTE_UUID_TEXT_SIZE, "%.8s-%.4s-4%.3s-8%.3s-%.12s", hash, hash + 8,
               hash + 12, hash + 15, hash + 18);
}

int
remoteStoragePoolLookupByVolume(virRPCCall *call G_GNUC_UNUSED, remote_volume *in, remote_pool *out)
{
    char uuid[REMOTE_UUID_TEXT_SIZE];
    remoteVolume volume;

    if (remoteVolumeRead(in->key, &volume) < 0)
        return -1;
    out->name = g_path_get_dirname(in->key);
    remotePoolUUID(out->name, uuid);
    remoteUUIDParse(uuid, (unsigned char *)out->uuid);
    return 0;
}

/* The folder that a pool is, by its name. */
static const char *
remotePoolFolder(const remote_pool *pool)
{
    g_autofree char *quoted = NULL;

    if (g_path_is_absolute(pool->name) && g_file_test(pool->name, G_FILE_TEST_IS_DIR))
        return pool->name;
    quoted = virRPCQuote(pool->name);
    virReportError(VIR_ERR_NO_STORAGE_POOL,
                   _("Storage pool not found: no folder '%1$s' with volumes"), quoted);
    return NULL;
}

/* What the file system that the folder is on has. */
int
remoteStoragePoolGetInfo(virRPCCall *call G_GNUC_UNUSED, remote_pool *in, remote_pool_info *out)
{
    const char *folder = remotePoolFolder(in);
    struct statvfs status;

    if (!folder)
        return -1;
    if (statvfs(folder, &status) < 0) {
        virReportError(VIR_ERR_SYSTEM_ERROR,
                       _("cannot find how much room there is in '%1$s': %2$s"), folder,
                       g_strerror(errno));
        return -1;
    }
    out->state = VIR_STORAGE_POOL_RUNNING;
    out->capacity = (guint64)status.f_blocks * status.f_frsize;
    out->allocation = (guint64)(status.f_blocks - status.f_bfree) * status.f_frsize;
    out->available = (guint64)status.f_bavail * status.f_frsize;
    return 0;
}

int
remoteStoragePoolGetXMLDesc(virRPCCall *call, remote_pool_flags *in, remote_string *out)
{
    const char *folder = remotePoolFolder(&in->pool);
    g_autoptr(virXMLWriter) writer = NULL;
    char uuid[REMOTE_UUID_TEXT_SIZE];

    if (!folder || remoteCheckFlags(call, in->flags, VIR_STORAGE_XML_INACTIVE) < 0)
        return -1;
    remotePoolUUID(folder, uuid);
    writer = virXMLWriterNew();
    virXMLWriterStart(writer, "pool");
    virXMLWriterAttribute(writer, "type", "dir");
    virXMLWriterElement(writer, "name", folder);
    virXMLWriterElement(writer, "uuid", uuid);
    virXMLWriterStart(writer, "target");
    virXMLWriterElement(writer, "path", folder);
    virXMLWriterEnd(writer);
    virXMLWriterEnd(writer);
    out->value = virXMLWriterFinish(writer);
    return 0;
}
