/*
 * virhostdevlater.c: recovery in the background, and who waits for it
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "virerror.h"
#include "virgettext.h"
#include "virhostdevlater.h"
#include "virhostdevrequest.h"

#define VIR_FROM_THIS VIR_FROM_DEVICE

struct _virHostdevLater {
    const virHostdevNet *net;
    virPCIBindContext bind;
    virHostdevLedger *ledger;
    gint stop;       /* what is not begun is left */
    GArray *pending; /* virHostdevDevice, before it begins; constant then */
    GThread *thread; /* NULL: there was nothing to do */
    GMutex lock;     /* of what follows */
    GCond cond;
    bool done;
};

static void
virHostdevLaterAdd(virHostdevLater *later, const virPCIDeviceAddress *address)
{
    const virHostdevDevice device = virHostdevDeviceRead(later->bind.host, address);

    g_array_append_val(later->pending, device);
}

static void
virHostdevLaterFind(virHostdevLater *later)
{
    g_autoptr(GPtrArray) nets = virHostdevNetListAbandoned(later->net);
    g_autoptr(GPtrArray) records = virJournalList(later->bind.journal);

    for (guint i = 0; i < nets->len; i++)
        virHostdevLaterAdd(later, &((virHostdevNetRecord *)g_ptr_array_index(nets, i))->address);
    for (guint i = 0; i < records->len; i++) {
        const virJournalRecord *record = g_ptr_array_index(records, i);

        if (virPCIBindNeedsRecovery(records, record))
            virHostdevLaterAdd(later, &record->address);
    }
}

static void *
virHostdevLaterRun(void *opaque)
{
    virHostdevLater *later = opaque;

    virHostdevRecover(later->net, &later->bind, later->ledger);
    g_mutex_lock(&later->lock);
    later->done = true;
    g_cond_broadcast(&later->cond);
    g_mutex_unlock(&later->lock);
    return NULL;
}

virHostdevLater *
virHostdevLaterNew(const virHostdevNet *net, const virPCIBindContext *bind,
                   virHostdevLedger *ledger)
{
    virHostdevLater *later = g_new0(virHostdevLater, 1);

    later->net = net;
    later->bind = *bind;
    later->bind.stop = &later->stop;
    later->ledger = ledger;
    later->pending = g_array_new(FALSE, FALSE, sizeof(virHostdevDevice));
    g_mutex_init(&later->lock);
    g_cond_init(&later->cond);
    virHostdevLaterFind(later);
    later->done = later->pending->len == 0;
    if (!later->done)
        later->thread = g_thread_new("recovery", virHostdevLaterRun, later);
    return later;
}

/* One that is being recovered and that @devices have to do with; NULL if there is none. */
static const virHostdevDevice *
virHostdevLaterMatch(const virHostdevLater *later, const GArray *devices)
{
    for (guint i = 0; i < later->pending->len; i++) {
        const virHostdevDevice *pending = &g_array_index(later->pending, virHostdevDevice, i);

        for (guint j = 0; devices && j < devices->len; j++) {
            const virHostdevDevice *device = &g_array_index(devices, virHostdevDevice, j);

            if (virPCIDeviceAddressCompare(&device->address, &pending->address) == 0 ||
                (device->group >= 0 && device->group == pending->group))
                return pending;
        }
        if (!devices)
            return pending;
    }
    return NULL;
}

int
virHostdevLaterAwait(virHostdevLater *later, const GArray *devices, int wait_ms)
{
    const gint64 deadline = g_get_monotonic_time() + wait_ms * (gint64)1000;
    const virHostdevDevice *device = virHostdevLaterMatch(later, devices);
    g_autofree char *name = NULL;
    bool done;

    if (!device)
        return 0;
    g_mutex_lock(&later->lock);
    while (!later->done) {
        if (wait_ms < 0)
            g_cond_wait(&later->cond, &later->lock);
        else if (!g_cond_wait_until(&later->cond, &later->lock, deadline))
            break;
    }
    done = later->done;
    g_mutex_unlock(&later->lock);
    if (done)
        return 0;
    name = virPCIDeviceAddressAsString(&device->address);
    virReportError(VIR_ERR_OPERATION_TIMEOUT,
                   _("%1$s is still being put in order after a crash, and waiting for that has "
                     "taken %2$d seconds; 'virtvfio status' shows how far it is, try again later"),
                   name, wait_ms / 1000);
    return -1;
}

void
virHostdevLaterStop(virHostdevLater *later)
{
    g_atomic_int_set(&later->stop, 1);
}

void
virHostdevLaterFree(virHostdevLater *later)
{
    if (!later)
        return;
    virHostdevLaterStop(later);
    if (later->thread)
        g_thread_join(later->thread);
    g_array_unref(later->pending);
    g_mutex_clear(&later->lock);
    g_cond_clear(&later->cond);
    g_free(later);
}
