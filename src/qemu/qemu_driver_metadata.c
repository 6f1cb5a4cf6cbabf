/*
 * qemu_driver_metadata.c: what people and programs note about a guest
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "qemu_driver_priv.h"

static void
qemuMetadataTell(const virDomainObj *vm, const virDomainMetadataNote *note)
{
    const qemuDomainPrivate *priv = vm->privateData;
    const qemuEvent event = {
        .kind = VIR_DOMAIN_EVENT_ID_METADATA_CHANGE, .type = note->type, .uri = note->uri};

    qemuEventQueueAny(priv->driver->events, vm, &event);
}

int
qemuDomainSetMetadata(virDomainObj *vm, const virDomainMetadataNote *note, unsigned int flags)
{
    g_auto(qemuDomainJob) job = {0};
    g_auto(qemuDomainChange) change = {0};
    g_auto(virDomainMetadataDef) live = {0};

    if (qemuDriverCheckFlags("metadata", flags, QEMU_AFFECT_FLAGS) < 0 ||
        qemuDomainJobBegin(&job, vm, "metadata") < 0 ||
        qemuDomainChangeBegin(&change, vm, flags) < 0)
        return -1;
    virDomainMetadataDefCopy(&live, &vm->def->metadata);
    if ((change.live && virDomainMetadataDefSet(&live, note) < 0) ||
        (change.config && virDomainMetadataDefSet(&change.config->metadata, note) < 0) ||
        qemuDomainChangeCheckConfig(&change) < 0 || qemuDomainChangeSaveConfig(&change) < 0)
        return -1;
    g_mutex_lock(&vm->lock);
    if (change.live) {
        virDomainMetadataDef old = vm->def->metadata;

        vm->def->metadata = live;
        live = old;
    }
    qemuMetadataTell(vm, note);
    g_mutex_unlock(&vm->lock);
    if (change.live)
        qemuDomainNoteStatus(vm);
    return 0;
}

char *
qemuDomainGetMetadata(virDomainObj *vm, int type, const char *uri, unsigned int flags)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = NULL;
    const virDomainDef *def;

    if (qemuDriverCheckFlags("metadata", flags, QEMU_AFFECT_FLAGS) < 0)
        return NULL;
    locker = virDomainObjLock(vm);
    def = qemuDomainGetReadDef(vm, flags);
    return def ? virDomainMetadataDefGet(&def->metadata, type, uri) : NULL;
}
