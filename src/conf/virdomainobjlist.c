/*
 * virdomainobjlist.c: all guests that are known, by UUID, by name and by id
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include <libvirt/libvirt.h>

#include "virdomainobjlist.h"
#include "virerror.h"
#include "virgettext.h"

#define VIR_FROM_THIS VIR_FROM_DOMAIN

/* Keys are the guests' own. */
struct _virDomainObjList {
    GRWLock lock;
    GHashTable *byUUID;
    GHashTable *byName; /* borrows the guests of byUUID */
};

virDomainObjList *
virDomainObjListNew(void)
{
    virDomainObjList *list = g_new0(virDomainObjList, 1);

    g_rw_lock_init(&list->lock);
    list->byUUID =
        g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)virDomainObjUnref);
    list->byName = g_hash_table_new(g_str_hash, g_str_equal);
    return list;
}

void
virDomainObjListFree(virDomainObjList *list)
{
    if (!list)
        return;
    g_hash_table_unref(list->byName);
    g_hash_table_unref(list->byUUID);
    g_rw_lock_clear(&list->lock);
    g_free(list);
}

/* Whether @def names the guest that it would be added as. */
static int
virDomainObjListCheckSame(const virDomainObj *byUUID, const virDomainObj *byName,
                          const virDomainDef *def)
{
    /* One that is being renamed has two names. */
    if (byUUID == byName && (!byUUID || strcmp(byUUID->name, def->name) == 0))
        return 0;
    if (byUUID)
        virReportError(VIR_ERR_DOM_EXIST,
                       _("cannot take guest '%1$s': guest '%2$s' has its UUID %3$s; undefine that "
                         "one first, or give this one another UUID"),
                       def->name, byUUID->name, def->uuid);
    else
        virReportError(
            VIR_ERR_DOM_EXIST,
            _("cannot take guest '%1$s' with UUID %2$s: a guest of that name exists with "
              "UUID %3$s; undefine that one first, or use its UUID"),
            def->name, def->uuid, byName->uuid);
    return -1;
}

virDomainObj *
virDomainObjListAdd(virDomainObjList *list, virDomainDef **def)
{
    g_autoptr(GRWLockWriterLocker) locker G_GNUC_UNUSED = g_rw_lock_writer_locker_new(&list->lock);
    virDomainObj *vm = g_hash_table_lookup(list->byUUID, (*def)->uuid);
    const virDomainObj *byName = g_hash_table_lookup(list->byName, (*def)->name);

    if (virDomainObjListCheckSame(vm, byName, *def) < 0)
        return NULL;
    if (!vm) {
        vm = virDomainObjNew(g_steal_pointer(def));
        g_hash_table_insert(list->byUUID, vm->uuid, vm);
        g_hash_table_insert(list->byName, vm->name, vm);
    }
    return virDomainObjRef(vm);
}

void
virDomainObjListRemove(virDomainObjList *list, virDomainObj *vm)
{
    g_autoptr(GRWLockWriterLocker) locker G_GNUC_UNUSED = g_rw_lock_writer_locker_new(&list->lock);

    if (g_hash_table_lookup(list->byUUID, vm->uuid) != vm)
        return;
    g_mutex_lock(&vm->lock);
    vm->removed = true;
    g_mutex_unlock(&vm->lock);
    g_hash_table_remove(list->byName, vm->name);
    g_hash_table_remove(list->byUUID, vm->uuid);
}

int
virDomainObjListReserve(virDomainObjList *list, virDomainObj *vm, const char *name)
{
    g_autoptr(GRWLockWriterLocker) locker G_GNUC_UNUSED = g_rw_lock_writer_locker_new(&list->lock);
    const virDomainObj *other = g_hash_table_lookup(list->byName, name);

    if (other) {
        virReportError(VIR_ERR_DOM_EXIST,
                       _("guest '%1$s' cannot be renamed to '%2$s': a guest of that name exists "
                         "with UUID %3$s"),
                       vm->name, name, other->uuid);
        return -1;
    }
    g_hash_table_insert(list->byName, (char *)(guintptr)name, vm);
    return 0;
}

void
virDomainObjListRelease(virDomainObjList *list, const char *name)
{
    g_autoptr(GRWLockWriterLocker) locker G_GNUC_UNUSED = g_rw_lock_writer_locker_new(&list->lock);

    g_hash_table_remove(list->byName, name);
}

void
virDomainObjListReplace(virDomainObjList *list, virDomainObj *vm, virDomainObj *other)
{
    g_autoptr(GRWLockWriterLocker) locker G_GNUC_UNUSED = g_rw_lock_writer_locker_new(&list->lock);

    g_mutex_lock(&vm->lock);
    vm->removed = true;
    g_mutex_unlock(&vm->lock);
    g_hash_table_remove(list->byName, vm->name);
    g_hash_table_replace(list->byName, other->name, other);
    g_hash_table_remove(list->byUUID, vm->uuid);
    g_hash_table_insert(list->byUUID, other->uuid, virDomainObjRef(other));
}

/* A guest that is being made, or has just ended for ever, is nobody's business. */
static bool
virDomainObjListIsSeen(virDomainObj *vm)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = virDomainObjLock(vm);

    return virDomainObjIsActive(vm) || vm->persistent;
}

static virDomainObj *
virDomainObjListFind(virDomainObjList *list, GHashTable *table, const char *key)
{
    g_autoptr(GRWLockReaderLocker) locker G_GNUC_UNUSED = g_rw_lock_reader_locker_new(&list->lock);
    virDomainObj *vm = g_hash_table_lookup(table, key);

    return vm && virDomainObjListIsSeen(vm) ? virDomainObjRef(vm) : NULL;
}

virDomainObj *
virDomainObjListFindByUUID(virDomainObjList *list, const char *uuid)
{
    return virDomainObjListFind(list, list->byUUID, uuid);
}

virDomainObj *
virDomainObjListFindByName(virDomainObjList *list, const char *name)
{
    return virDomainObjListFind(list, list->byName, name);
}

virDomainObj *
virDomainObjListFindByID(virDomainObjList *list, int id)
{
    g_autoptr(GRWLockReaderLocker) locker G_GNUC_UNUSED = g_rw_lock_reader_locker_new(&list->lock);
    GHashTableIter iter;
    void *value;

    g_hash_table_iter_init(&iter, list->byUUID);
    while (id >= 0 && g_hash_table_iter_next(&iter, NULL, &value)) {
        virDomainObj *vm = value;
        g_autoptr(GMutexLocker) vmLocker G_GNUC_UNUSED = virDomainObjLock(vm);

        if (vm->id == id)
            return virDomainObjRef(vm);
    }
    return NULL;
}

/* Whether a property that is @yes passes a pair of filters. */
static bool
virDomainObjListFilter(unsigned int flags, unsigned int whenYes, unsigned int whenNo, bool yes)
{
    return !(flags & (whenYes | whenNo)) || (flags & (yes ? whenYes : whenNo));
}

static bool
virDomainObjListFilterState(unsigned int flags, int state)
{
    static const unsigned int all =
        VIR_CONNECT_LIST_DOMAINS_RUNNING | VIR_CONNECT_LIST_DOMAINS_PAUSED |
        VIR_CONNECT_LIST_DOMAINS_SHUTOFF | VIR_CONNECT_LIST_DOMAINS_OTHER;

    if (!(flags & all))
        return true;
    if (state == VIR_DOMAIN_RUNNING)
        return flags & VIR_CONNECT_LIST_DOMAINS_RUNNING;
    if (state == VIR_DOMAIN_PAUSED)
        return flags & VIR_CONNECT_LIST_DOMAINS_PAUSED;
    if (state == VIR_DOMAIN_SHUTOFF)
        return flags & VIR_CONNECT_LIST_DOMAINS_SHUTOFF;
    return flags & VIR_CONNECT_LIST_DOMAINS_OTHER;
}

static bool
virDomainObjListMatches(virDomainObj *vm, unsigned int flags)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = virDomainObjLock(vm);

    if (!virDomainObjIsActive(vm) && !vm->persistent)
        return false;
    return virDomainObjListFilter(flags, VIR_CONNECT_LIST_DOMAINS_ACTIVE,
                                  VIR_CONNECT_LIST_DOMAINS_INACTIVE, virDomainObjIsActive(vm)) &&
           virDomainObjListFilter(flags, VIR_CONNECT_LIST_DOMAINS_PERSISTENT,
                                  VIR_CONNECT_LIST_DOMAINS_TRANSIENT, vm->persistent) &&
           virDomainObjListFilter(flags, VIR_CONNECT_LIST_DOMAINS_AUTOSTART,
                                  VIR_CONNECT_LIST_DOMAINS_NO_AUTOSTART, vm->autostart) &&
           virDomainObjListFilter(flags, VIR_CONNECT_LIST_DOMAINS_MANAGEDSAVE,
                                  VIR_CONNECT_LIST_DOMAINS_NO_MANAGEDSAVE, vm->hasManagedSave) &&
           virDomainObjListFilter(flags, VIR_CONNECT_LIST_DOMAINS_HAS_SNAPSHOT,
                                  VIR_CONNECT_LIST_DOMAINS_NO_SNAPSHOT, false) &&
           virDomainObjListFilter(flags, VIR_CONNECT_LIST_DOMAINS_HAS_CHECKPOINT,
                                  VIR_CONNECT_LIST_DOMAINS_NO_CHECKPOINT, false) &&
           virDomainObjListFilterState(flags, vm->state);
}

static int
virDomainObjListCompare(const void *a, const void *b)
{
    const virDomainObj *const *first = a;
    const virDomainObj *const *second = b;

    return strcmp((*first)->name, (*second)->name);
}

GPtrArray *
virDomainObjListCollect(virDomainObjList *list, unsigned int flags)
{
    GPtrArray *found = g_ptr_array_new_with_free_func((GDestroyNotify)virDomainObjUnref);
    GHashTableIter iter;
    void *vm;

    g_rw_lock_reader_lock(&list->lock);
    g_hash_table_iter_init(&iter, list->byUUID);
    while (g_hash_table_iter_next(&iter, NULL, &vm)) {
        if (virDomainObjListMatches(vm, flags))
            g_ptr_array_add(found, virDomainObjRef(vm));
    }
    g_rw_lock_reader_unlock(&list->lock);
    g_ptr_array_sort(found, virDomainObjListCompare);
    return found;
}
