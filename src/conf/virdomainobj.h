/*
 * virdomainobj.h: a guest that is known: what is defined, what runs, and its state
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "domain_conf.h"

/*
 * Referenced by whoever uses it. @name and @uuid never change; everything else is read and written
 * with the lock held, and the lock is never held over anything that waits or writes to a disk.
 *
 * An active guest's @def is what runs. @newDef is then what its next start will use, if the guest
 * is persistent. The definition of an inactive guest is @def.
 */
typedef struct {
    gatomicrefcount refs;
    GMutex lock;
    char *name;
    char *uuid;
    virDomainDef *def;
    virDomainDef *newDef; /* NULL unless active and persistent */
    int id;               /* positive and never used again; -1 if inactive */
    int state;            /* virDomainState */
    int reason;           /* virDomainRunningReason, virDomainPausedReason, … */
    bool persistent;
    bool autostart;
    bool hasManagedSave; /* its next start goes on where it was saved */
    bool removed;        /* no longer in its list: undefined, or transient and ended */
    void *privateData;
    GDestroyNotify privateDataFree;
} virDomainObj;

/* Takes @def. An inactive guest that is not persistent. */
virDomainObj *virDomainObjNew(virDomainDef *def);
virDomainObj *virDomainObjRef(virDomainObj *vm);
void virDomainObjUnref(virDomainObj *vm);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virDomainObj, virDomainObjUnref)

/* Locked until the end of the scope of a g_autoptr(GMutexLocker) that holds this. */
#define virDomainObjLock(vm) g_mutex_locker_new(&(vm)->lock)

/* These want the lock. */
bool virDomainObjIsActive(const virDomainObj *vm);
void virDomainObjSetState(virDomainObj *vm, int state, int reason);

/* What the next start uses, or NULL for a transient guest. Borrowed. */
const virDomainDef *virDomainObjGetPersistentDef(const virDomainObj *vm);

/* Makes @def, which is taken, the persistent definition. */
void virDomainObjSetPersistentDef(virDomainObj *vm, virDomainDef *def);
