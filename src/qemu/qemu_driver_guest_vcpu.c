/*
 * qemu_driver_guest_vcpu.c: processors as guests have them
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "qemu_driver_priv.h"
#include "qemu_guest.h"
#include "virbitmap.h"
#include "virerror.h"
#include "virgettext.h"

#define VIR_FROM_THIS        VIR_FROM_QEMU

#define QEMU_GUEST_VCPUS_MAX (VIR_BITMAP_MAX + 1)

typedef struct {
    virBitmap *all;
    virBitmap *online;
    virBitmap *offlinable;
} qemuGuestVcpus;

static void
qemuGuestVcpusClear(qemuGuestVcpus *vcpus)
{
    g_clear_pointer(&vcpus->all, virBitmapFree);
    g_clear_pointer(&vcpus->online, virBitmapFree);
    g_clear_pointer(&vcpus->offlinable, virBitmapFree);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(qemuGuestVcpus, qemuGuestVcpusClear)

static int
qemuGuestParseVcpu(const qemuAnswer *answer, JsonObject *object, qemuGuestVcpus *vcpus)
{
    static const qemuAnswerRange range = {0, VIR_BITMAP_MAX};
    gint64 number;
    bool online;
    bool offlinable = false;

    if (qemuAnswerGetInt(answer, object, "logical-id", &range, &number) < 0 ||
        qemuAnswerGetBoolean(answer, object, "online", &online) < 0 ||
        (json_object_has_member(object, "can-offline") &&
         qemuAnswerGetBoolean(answer, object, "can-offline", &offlinable) < 0))
        return -1;
    virBitmapAdd(vcpus->all, (unsigned int)number);
    if (online)
        virBitmapAdd(vcpus->online, (unsigned int)number);
    if (offlinable)
        virBitmapAdd(vcpus->offlinable, (unsigned int)number);
    return 0;
}

/* Fills @vcpus, also on failure. */
static int
qemuGuestAskVcpus(virDomainObj *vm, GCancellable *cancellable, qemuGuestVcpus *vcpus)
{
    qemuDomainAgentQuestion question = {.command = "guest-get-vcpus", .cancellable = cancellable};
    g_auto(qemuAnswer) answer = {0};
    JsonArray *array;

    *vcpus = (qemuGuestVcpus){virBitmapNew(), virBitmapNew(), virBitmapNew()};
    if (qemuDomainAgentAsk(vm, &question, &answer) < 0 ||
        qemuAnswerGetArray(&answer, QEMU_GUEST_VCPUS_MAX, &array) < 0)
        return -1;
    for (guint i = 0; i < json_array_get_length(array); i++) {
        JsonObject *object;

        if (qemuAnswerGetElement(&answer, array, i, &object) < 0 ||
            qemuGuestParseVcpu(&answer, object, vcpus) < 0)
            return -1;
    }
    return 0;
}

static void
qemuGuestTellVcpus(const qemuDomainStatsSink *sink, const char *field, const virBitmap *set)
{
    g_autofree char *text = virBitmapFormat(set);

    sink->add(field, VIR_TYPED_PARAM_STRING, 0, text, sink->opaque);
}

int
qemuDomainGetGuestVcpus(virDomainObj *vm, unsigned int flags, const qemuDomainStatsSink *sink,
                        GCancellable *cancellable)
{
    g_auto(qemuGuestVcpus) vcpus = {0};

    if (qemuDriverCheckFlags("guestvcpus", flags, 0) < 0 ||
        qemuGuestAskVcpus(vm, cancellable, &vcpus) < 0)
        return -1;
    qemuGuestTellVcpus(sink, "vcpus", vcpus.all);
    qemuGuestTellVcpus(sink, "online", vcpus.online);
    qemuGuestTellVcpus(sink, "offlinable", vcpus.offlinable);
    return 0;
}

/* Those of @cpus after @after. */
static JsonArray *
qemuGuestFormatVcpus(const virBitmap *cpus, int after, bool online)
{
    JsonArray *array = json_array_new();

    for (int i = virBitmapNext(cpus, after); i >= 0; i = virBitmapNext(cpus, i)) {
        JsonObject *vcpu = json_object_new();

        json_object_set_int_member(vcpu, "logical-id", i);
        json_object_set_boolean_member(vcpu, "online", online);
        json_array_add_object_element(array, vcpu);
    }
    return array;
}

/* An agent that has not done all of it says how many; the rest of them fails when it is the first.
 */
static int
qemuGuestSwitchVcpus(virDomainObj *vm, const virBitmap *cpus, bool online,
                     GCancellable *cancellable)
{
    int last = -1;

    while (virBitmapNext(cpus, last) >= 0) {
        qemuDomainAgentQuestion question = {
            .command = "guest-set-vcpus",
            .arguments = json_object_new(),
            .cancellable = cancellable,
        };
        g_auto(qemuAnswer) answer = {0};
        gint64 done;

        json_object_set_array_member(question.arguments, "vcpus",
                                     qemuGuestFormatVcpus(cpus, last, online));
        if (qemuDomainAgentAsk(vm, &question, &answer) < 0 ||
            qemuAnswerGetNumber(&answer, 1, &done) < 0)
            return -1;
        for (; done > 0; done--) {
            last = virBitmapNext(cpus, last);
            if (last < 0)
                return qemuAnswerRefuse(&answer, "return");
        }
    }
    return 0;
}

int
qemuDomainSetGuestVcpus(virDomainObj *vm, const char *cpus, bool online, unsigned int flags,
                        GCancellable *cancellable)
{
    g_autoptr(virBitmap) wanted = NULL;
    g_auto(qemuGuestVcpus) vcpus = {0};

    if (qemuDriverCheckFlags("guestvcpus", flags, 0) < 0)
        return -1;
    if (!(wanted = virBitmapParse(cpus, VIR_BITMAP_MAX))) {
        virReportError(
            VIR_ERR_INVALID_ARG,
            _("invalid argument: '%1$.200s' is no list of processors, such as \"0-3,^2\""), cpus);
        return -1;
    }
    if (qemuGuestAskVcpus(vm, cancellable, &vcpus) < 0)
        return -1;
    for (int i = virBitmapNext(wanted, -1); i >= 0; i = virBitmapNext(wanted, i)) {
        if (virBitmapIsSet(vcpus.all, (unsigned int)i))
            continue;
        virReportError(VIR_ERR_INVALID_ARG,
                       _("invalid argument: guest '%1$s' has no processor %2$d"), vm->name, i);
        return -1;
    }
    return qemuGuestSwitchVcpus(vm, wanted, online, cancellable);
}
