/*
 * qemu_driver_guest.c: what guests do, and tell, through their agents
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "qemu_driver_priv.h"
#include "qemu_guest.h"
#include "virerror.h"
#include "virgettext.h"

#define VIR_FROM_THIS VIR_FROM_QEMU

/* A question whose answer is a number of file systems. */
static int
qemuGuestCountFileSystems(virDomainObj *vm, qemuDomainAgentQuestion *question)
{
    g_auto(qemuAnswer) answer = {0};
    gint64 count;

    if (qemuDomainAgentAsk(vm, question, &answer) < 0 ||
        qemuAnswerGetNumber(&answer, 0, &count) < 0)
        return -1;
    return count <= G_MAXINT ? (int)count : qemuAnswerRefuse(&answer, "return");
}

int
qemuDomainFSFreeze(virDomainObj *vm, const GPtrArray *mountpoints, unsigned int flags,
                   GCancellable *cancellable)
{
    qemuDomainAgentQuestion question = {
        .command = "guest-fsfreeze-freeze",
        .patient = true,
        .cancellable = cancellable,
    };

    if (qemuDriverCheckFlags("domfsfreeze", flags, 0) < 0)
        return -1;
    if (mountpoints->len > 0) {
        JsonArray *paths = json_array_new();

        for (guint i = 0; i < mountpoints->len; i++)
            json_array_add_string_element(paths, mountpoints->pdata[i]);
        question.command = "guest-fsfreeze-freeze-list";
        question.arguments = json_object_new();
        json_object_set_array_member(question.arguments, "mountpoints", paths);
    }
    return qemuGuestCountFileSystems(vm, &question);
}

int
qemuDomainFSThaw(virDomainObj *vm, const GPtrArray *mountpoints, unsigned int flags,
                 GCancellable *cancellable)
{
    qemuDomainAgentQuestion question = {
        .command = "guest-fsfreeze-thaw",
        .patient = true,
        .cancellable = cancellable,
    };

    if (qemuDriverCheckFlags("domfsthaw", flags, 0) < 0)
        return -1;
    if (mountpoints->len > 0) {
        virReportError(VIR_ERR_CONFIG_UNSUPPORTED,
                       _("unsupported configuration: guest '%1$s' thaws all of its file systems or "
                         "none: its agent cannot be told which; give no mount points"),
                       vm->name);
        return -1;
    }
    return qemuGuestCountFileSystems(vm, &question);
}

/* One path of guest-fstrim's answer: why it was not trimmed, or NULL. */
static int
qemuGuestGetTrimError(const qemuAnswer *answer, JsonArray *paths, guint i, const char **error)
{
    JsonObject *path;

    if (qemuAnswerGetElement(answer, paths, i, &path) < 0)
        return -1;
    return qemuAnswerFindText(answer, path, "error", error);
}

static int
qemuGuestCheckTrimmed(const virDomainObj *vm, const qemuAnswer *answer)
{
    JsonObject *object;
    JsonArray *paths = NULL;
    const char *first = NULL;
    bool trimmed = false;

    if (qemuAnswerGetObject(answer, &object) < 0 ||
        qemuAnswerFindArray(answer, object, "paths", &paths) < 0)
        return -1;
    for (guint i = 0; paths && i < json_array_get_length(paths); i++) {
        const char *error;

        if (qemuGuestGetTrimError(answer, paths, i, &error) < 0)
            return -1;
        trimmed = trimmed || !error;
        if (!first)
            first = error;
    }
    if (trimmed || !first)
        return 0;
    virReportError(VIR_ERR_OPERATION_FAILED,
                   _("guest '%1$s' cannot trim any of its file systems: %2$.200s"), vm->name,
                   first);
    return -1;
}

int
qemuDomainFSTrim(virDomainObj *vm, guint64 minimum, unsigned int flags, GCancellable *cancellable)
{
    qemuDomainAgentQuestion question = {
        .command = "guest-fstrim",
        .patient = true,
        .cancellable = cancellable,
    };
    g_auto(qemuAnswer) answer = {0};

    if (qemuDriverCheckFlags("domfstrim", flags, 0) < 0)
        return -1;
    if (minimum > G_MAXINT64) {
        virReportError(
            VIR_ERR_INVALID_ARG,
            _("invalid argument: guest '%1$s': no free range has %2$" G_GUINT64_FORMAT " bytes"),
            vm->name, minimum);
        return -1;
    }
    question.arguments = json_object_new();
    json_object_set_int_member(question.arguments, "minimum", (gint64)minimum);
    if (qemuDomainAgentAsk(vm, &question, &answer) < 0)
        return -1;
    return qemuGuestCheckTrimmed(vm, &answer);
}
