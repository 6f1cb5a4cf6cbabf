/*
 * virdomainobjlist.h: all guests that are known, by UUID, by name and by id
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "virdomainobj.h"

/*
 * For any number of threads. It takes guests' locks while it holds its own, so none of its
 * functions is called with a guest's lock held.
 */
typedef struct _virDomainObjList virDomainObjList;

virDomainObjList *virDomainObjListNew(void);
void virDomainObjListFree(virDomainObjList *list);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virDomainObjList, virDomainObjListFree)

/**
 * virDomainObjListAdd:
 * @def: the definition of a guest; taken, and set to NULL, if it is a new one
 *
 * Finds the guest of that UUID and name, or adds one. A new one is seen by no function below but
 * virDomainObjListRemove() and virDomainObjListAdd() until it is active or persistent.
 *
 * Errors: DOM_EXIST if a guest has that name with another UUID, or that UUID with another name.
 * Returns: the guest, to be unreferenced, or NULL with an error reported
 */
virDomainObj *virDomainObjListAdd(virDomainObjList *list, virDomainDef **def);

/* Takes a guest out, if it is in the list; marks it as removed. */
void virDomainObjListRemove(virDomainObjList *list, virDomainObj *vm);

/**
 * virDomainObjListReserve, virDomainObjListRelease:
 * @name: that @vm is to have; lives until it is released, or @vm replaced
 *
 * Nobody else gets that name, nor that of @vm.
 *
 * Errors: DOM_EXIST if a guest has that name.
 * Returns: 0, or -1 with an error reported
 */
int virDomainObjListReserve(virDomainObjList *list, virDomainObj *vm, const char *name)
    G_GNUC_WARN_UNUSED_RESULT;
void virDomainObjListRelease(virDomainObjList *list, const char *name);

/* Puts @other, whose name has been reserved and whose UUID is that of @vm, in the place of @vm,
 * which is marked as removed. */
void virDomainObjListReplace(virDomainObjList *list, virDomainObj *vm, virDomainObj *other);

/* The guest, to be unreferenced, or NULL. No error is reported. */
virDomainObj *virDomainObjListFindByUUID(virDomainObjList *list, const char *uuid);
virDomainObj *virDomainObjListFindByName(virDomainObjList *list, const char *name);
virDomainObj *virDomainObjListFindByID(virDomainObjList *list, int id);

/**
 * virDomainObjListCollect:
 * @flags: virConnectListAllDomainsFlags; a group of which no flag is set does not filter
 *
 * Guests have no snapshots and checkpoints.
 *
 * Returns: the guests, ordered by name; unreferenced with the array
 */
GPtrArray *virDomainObjListCollect(virDomainObjList *list, unsigned int flags);
