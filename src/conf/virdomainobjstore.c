/*
 * virdomainobjstore.c: persistent definitions in the state directory
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "virdomainobjstore.h"
#include "virerror.h"
#include "virfile.h"
#include "virgettext.h"
#include "virlog.h"

#define VIR_FROM_THIS VIR_FROM_DOMAIN

VIR_LOG_INIT("conf.domainobjstore")

#define VIR_DOMAIN_OBJ_STORE_XML       ".xml"
#define VIR_DOMAIN_OBJ_STORE_AUTOSTART ".autostart"

/* The end of a temporary file's name, of virFileWritePrivate(). */
#define VIR_DOMAIN_OBJ_STORE_NEW ".new"

static int
virDomainObjStoreWrite(const char *directory, const char *file, const char *text)
{
    int rc = g_mkdir_with_parents(directory, 0711) < 0 ? -errno : 0;

    if (rc == 0)
        rc = virFileWritePrivate(directory, file, text);
    if (rc < 0)
        virReportSystemError(-rc, _("cannot write '%1$s/%2$s'"), directory, file);
    return rc < 0 ? -1 : 0;
}

static int
virDomainObjStoreUnlink(const char *directory, const char *file)
{
    int rc = virFileRemoveDurable(directory, file);

    if (rc == 0 || rc == -ENOENT)
        return 0;
    virReportSystemError(-rc, _("cannot remove '%1$s/%2$s'"), directory, file);
    return -1;
}

int
virDomainObjStoreSave(const char *directory, const virDomainDef *def)
{
    g_autofree char *file = g_strconcat(def->name, VIR_DOMAIN_OBJ_STORE_XML, NULL);
    g_autofree char *text =
        virDomainDefFormat(def, VIR_DOMAIN_DEF_FORMAT_INACTIVE | VIR_DOMAIN_DEF_FORMAT_SECURE);

    return virDomainObjStoreWrite(directory, file, text);
}

int
virDomainObjStoreSetAutostart(const char *directory, const char *name, bool autostart)
{
    g_autofree char *file = g_strconcat(name, VIR_DOMAIN_OBJ_STORE_AUTOSTART, NULL);

    return autostart ? virDomainObjStoreWrite(directory, file, "")
                     : virDomainObjStoreUnlink(directory, file);
}

int
virDomainObjStoreRemove(const char *directory, const char *name)
{
    g_autofree char *file = g_strconcat(name, VIR_DOMAIN_OBJ_STORE_XML, NULL);

    /* In this order a crash in between leaves a guest that does not start by itself. */
    if (virDomainObjStoreSetAutostart(directory, name, false) < 0)
        return -1;
    return virDomainObjStoreUnlink(directory, file);
}

static int
virDomainObjStoreCompare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

GPtrArray *
virDomainObjStoreList(const char *directory, const char *suffix)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GDir) dir = g_dir_open(directory, 0, NULL);
    const char *name;

    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename(directory, name, NULL);

        if (g_str_has_suffix(name, suffix) && g_file_test(path, G_FILE_TEST_IS_REGULAR))
            g_ptr_array_add(names, g_strdup(name));
    }
    g_ptr_array_sort(names, virDomainObjStoreCompare);
    return names;
}

void
virDomainObjStoreSweep(const char *directory)
{
    g_autoptr(GPtrArray) files = virDomainObjStoreList(directory, VIR_DOMAIN_OBJ_STORE_NEW);

    for (guint i = 0; i < files->len; i++) {
        if (virDomainObjStoreUnlink(directory, g_ptr_array_index(files, i)) < 0)
            VIR_WARN("%s", virErrorGetMessage());
    }
}

char *
virDomainObjStoreReadFile(const char *directory, const char *file)
{
    g_autofree char *path = g_build_filename(directory, file, NULL);
    VIR_AUTOCLOSE fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    char *text = NULL;
    size_t len = 0;
    int rc = fd < 0 ? -errno : virFileReadFD(fd, VIR_XML_MAX_SIZE, &text, &len);

    if (rc < 0)
        virReportSystemError(-rc, _("cannot read '%1$s'"), path);
    return text;
}

void
virDomainObjStoreSetAside(const char *directory, const char *file)
{
    g_autofree char *from = g_build_filename(directory, file, NULL);
    g_autofree char *to = g_strconcat(from, ".damaged", NULL);

    VIR_WARN(_("'%1$s' is damaged and set aside as '%2$s': %3$s"), from, to, virErrorGetMessage());
    virErrorReset();
    if (rename(from, to) < 0)
        VIR_WARN(_("cannot rename '%1$s': %2$s"), from, g_strerror(errno));
}

/* Returns -1 with an error reported if the file is none of ours. One that cannot be read now is
 * left for another time. */
static int
virDomainObjStoreLoadFile(const char *directory, const char *file, virDomainObjList *list)
{
    g_autofree char *text = virDomainObjStoreReadFile(directory, file);
    g_autofree char *marker = NULL;
    g_autoptr(virDomainDef) def = NULL;
    g_autoptr(virDomainObj) vm = NULL;
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = NULL;

    if (!text) {
        VIR_WARN("%s", virErrorGetMessage());
        return 0;
    }
    if (!(def = virDomainDefParse(text, strlen(text), file)))
        return -1;
    if (strncmp(file, def->name, strlen(file) - strlen(VIR_DOMAIN_OBJ_STORE_XML)) != 0 ||
        strlen(file) != strlen(def->name) + strlen(VIR_DOMAIN_OBJ_STORE_XML)) {
        virReportError(VIR_ERR_XML_ERROR, _("it defines guest '%1$s'"), def->name);
        return -1;
    }
    marker = g_strdup_printf("%s/%s" VIR_DOMAIN_OBJ_STORE_AUTOSTART, directory, def->name);
    if (!(vm = virDomainObjListAdd(list, &def)))
        return -1;
    locker = virDomainObjLock(vm);
    vm->persistent = true;
    vm->autostart = g_file_test(marker, G_FILE_TEST_EXISTS);
    return 0;
}

void
virDomainObjStoreLoad(const char *directory, virDomainObjList *list)
{
    g_autoptr(GPtrArray) files = virDomainObjStoreList(directory, VIR_DOMAIN_OBJ_STORE_XML);

    virDomainObjStoreSweep(directory);
    for (guint i = 0; i < files->len; i++) {
        if (virDomainObjStoreLoadFile(directory, g_ptr_array_index(files, i), list) < 0)
            virDomainObjStoreSetAside(directory, g_ptr_array_index(files, i));
    }
}
