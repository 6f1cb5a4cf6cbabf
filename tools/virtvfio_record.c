/*
 * virtvfio_record.c: the record command: what virtvfio reads of a host, in a file
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "virerror.h"
#include "virfile.h"
#include "virgettext.h"
#include "virtvfio.h"
#include "virtvfio_json.h"
#include "virtvfio_output.h"
#include "virtvfio_recordtree.h"

#define VIR_FROM_THIS VIR_FROM_NONE

typedef enum {
    VIRTVFIO_RECORD_KEEP, /* a file that exists is an error */
    VIRTVFIO_RECORD_REPLACE,
} virtvfioRecordMode;

static void
virtvfioRecordShowProgress(size_t done, size_t total)
{
    if (!isatty(STDERR_FILENO) || total < 256)
        return;
    if (done != total && done % 64 != 0)
        return;
    g_printerr("\r\033[K"); /* over the line before */
    if (done < total)
        virPrintErr(_("recording device %1$zu of %2$zu"), done, total);
}

/* Gives the complete file its name. */
static int
virtvfioRecordRename(const char *temporary, const char *file, virtvfioRecordMode mode)
{
    if (mode == VIRTVFIO_RECORD_REPLACE)
        return g_rename(temporary, file) < 0 ? -errno : 0;
    if (renameat2(AT_FDCWD, temporary, AT_FDCWD, file, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL) /* a file system that does not know the flag */
        return -errno;
    if (g_access(file, F_OK) == 0)
        return -EEXIST;
    return g_rename(temporary, file) < 0 ? -errno : 0;
}

static int
virtvfioRecordReportFile(int err, const char *file)
{
    if (err == EEXIST)
        virReportError(VIR_ERR_OPERATION_INVALID,
                       _("'%1$s' exists: choose another name, or replace it with --force"), file);
    else
        virReportSystemError(err, _("cannot write '%1$s'"), file);
    return -1;
}

/* Asked before the work; whoever creates the file after that is noticed by the rename. */
static int
virtvfioRecordCheckFile(const char *file, virtvfioRecordMode mode)
{
    struct stat st;

    if (lstat(file, &st) < 0)
        return 0;
    if (mode == VIRTVFIO_RECORD_KEEP)
        return virtvfioRecordReportFile(EEXIST, file);
    if (!S_ISREG(st.st_mode)) {
        virReportError(VIR_ERR_OPERATION_INVALID,
                       _("'%1$s' is no regular file, and is not replaced: use '-o -' for a pipe"),
                       file);
        return -1;
    }
    return 0;
}

/* A file is complete under its name, or not there. */
static int
virtvfioRecordToFile(const virtvfioRecord *record, const char *file, virtvfioRecordMode mode,
                     goffset *size)
{
    g_autofree char *temporary = g_strconcat(file, ".XXXXXX", NULL);
    VIR_AUTOCLOSE fd = g_mkstemp_full(temporary, O_WRONLY | O_CLOEXEC, 0666);
    struct stat st;
    int rc = 0;

    if (fd < 0)
        return virtvfioRecordReportFile(errno, file);
    if (virtvfioRecordWrite(record, fd, file) < 0) {
        g_unlink(temporary);
        return -1;
    }
    if (fsync(fd) < 0 || fstat(fd, &st) < 0)
        rc = -errno;
    if (rc < 0 || (rc = virtvfioRecordRename(temporary, file, mode)) < 0) {
        g_unlink(temporary);
        return virtvfioRecordReportFile(-rc, file);
    }
    *size = st.st_size;
    return 0;
}

static int
virtvfioRecordPrint(const virtvfioRecordCounts *counts, const char *file, goffset size)
{
    g_autofree char *bytes = g_format_size((guint64)size);
    g_autofree char *text =
        virFormat(_("Recorded in '%1$s' (%2$s): %3$zu PCI devices, %4$zu drivers, %5$zu IOMMU "
                    "groups.\nNo serial number, MAC address or host name is in it: see for "
                    "yourself with 'tar -tvf'.\nTo look at it, unpack it into an empty directory "
                    "DIR: virtvfio --root DIR list\n"),
                  file, bytes, counts->devices, counts->drivers, counts->groups);

    return virtvfioWrite(text);
}

static int
virtvfioRecordPrintJSON(const virtvfioRecordCounts *counts, const char *file, goffset size)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();

    json_builder_begin_object(builder);
    virtvfioJSONAddText(builder, "file", file);
    virtvfioJSONAddNumber(builder, "bytes", size);
    virtvfioJSONAddNumber(builder, "devices", (gint64)counts->devices);
    virtvfioJSONAddNumber(builder, "drivers", (gint64)counts->drivers);
    virtvfioJSONAddNumber(builder, "iommu_groups", (gint64)counts->groups);
    json_builder_end_object(builder);
    return virtvfioJSONWrite(builder);
}

static int
virtvfioRecordRun(const virtvfioContext *ctx, const char *file, virtvfioRecordMode mode)
{
    bool toStdout = strcmp(file, "-") == 0;
    g_autoptr(virtvfioRecord) record = NULL;
    const virtvfioRecordCounts *counts;
    goffset size = 0;

    if (toStdout && virtvfioIsTerminal()) {
        virReportError(VIR_ERR_OPERATION_INVALID,
                       _("an archive is nothing for a terminal: give a file with -o, or a pipe"));
        return -1;
    }
    if (!toStdout && virtvfioRecordCheckFile(file, mode) < 0)
        return -1;

    record = virtvfioRecordNew(ctx->host, virtvfioRecordShowProgress);
    if (toStdout)
        return virtvfioRecordWrite(record, STDOUT_FILENO, _("standard output"));
    if (virtvfioRecordToFile(record, file, mode, &size) < 0)
        return -1;
    counts = virtvfioRecordGetCounts(record);
    return ctx->json ? virtvfioRecordPrintJSON(counts, file, size)
                     : virtvfioRecordPrint(counts, file, size);
}

int
virtvfioCmdRecord(virtvfioContext *ctx, int argc, char **argv)
{
    g_autofree char *file = NULL;
    gboolean force = FALSE;
    const GOptionEntry options[] = {
        {"output", 'o', 0, G_OPTION_ARG_FILENAME, &file,
         N_("the archive to write, - for standard output"), N_("FILE.tar")},
        {"force", 0, 0, G_OPTION_ARG_NONE, &force, N_("replace the file if it exists"), NULL},
        {NULL},
    };
    const virtvfioUsage usage = {
        .arguments = "-o FILE.tar",
        .summary = _("Writes what virtvfio reads of this host to a tar archive, for a bug report. "
                     "Unpacked into\na directory, it is what --root takes."),
        .description = _("It holds PCI devices, their drivers and IOMMU groups, and modules.alias. "
                         "It holds no serial\nnumbers, no MAC addresses and no name of the host."),
        .options = options,
    };
    int rc;

    if ((rc = virtvfioParse(ctx, &usage, &argc, &argv)) != VIRTVFIO_GO_ON)
        return rc;
    if (!file || !*file) {
        virReportError(VIR_ERR_INVALID_ARG,
                       _("no file given: see 'virtvfio record --help' for option -o"));
        return VIRTVFIO_USAGE;
    }
    return virtvfioRecordRun(ctx, file, force ? VIRTVFIO_RECORD_REPLACE : VIRTVFIO_RECORD_KEEP) < 0
               ? VIRTVFIO_FAILED
               : VIRTVFIO_DONE;
}
