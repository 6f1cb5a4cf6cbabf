/*
 * virdomainobj.c: a guest that is known: what is defined, what runs, and its state
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <libvirt/libvirt.h>

#include "virdomainobj.h"

virDomainObj *
virDomainObjNew(virDomainDef *def)
{
    virDomainObj *vm = g_new0(virDomainObj, 1);

    g_atomic_ref_count_init(&vm->refs);
    g_mutex_init(&vm->lock);
    vm->name = g_strdup(def->name);
    vm->uuid = g_strdup(def->uuid);
    vm->def = def;
    vm->id = -1;
    vm->state = VIR_DOMAIN_SHUTOFF;
    vm->reason = VIR_DOMAIN_SHUTOFF_UNKNOWN;
    return vm;
}

virDomainObj *
virDomainObjRef(virDomainObj *vm)
{
    g_atomic_ref_count_inc(&vm->refs);
    return vm;
}

void
virDomainObjUnref(virDomainObj *vm)
{
    if (!vm || !g_atomic_ref_count_dec(&vm->refs))
        return;
    if (vm->privateDataFree)
        vm->privateDataFree(vm->privateData);
    virDomainDefFree(vm->def);
    virDomainDefFree(vm->newDef);
    g_free(vm->name);
    g_free(vm->uuid);
    g_mutex_clear(&vm->lock);
    g_free(vm);
}

bool
virDomainObjIsActive(const virDomainObj *vm)
{
    return vm->id >= 0;
}

void
virDomainObjSetState(virDomainObj *vm, int state, int reason)
{
    vm->state = state;
    vm->reason = reason;
}

const virDomainDef *
virDomainObjGetPersistentDef(const virDomainObj *vm)
{
    if (!vm->persistent)
        return NULL;
    return vm->newDef ? vm->newDef : vm->def;
}

void
virDomainObjSetPersistentDef(virDomainObj *vm, virDomainDef *def)
{
    virDomainDef **place = virDomainObjIsActive(vm) ? &vm->newDef : &vm->def;

    virDomainDefFree(*place);
    *place = def;
    vm->persistent = true;
}
