/*
 * qemu_driver_guest_user.c: clocks and users of guests
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "qemu_driver_priv.h"
#include "qemu_guest.h"
#include "qemu_monitor.h"
#include "virerror.h"
#include "virgettext.h"
#include "virlog.h"

#define VIR_FROM_THIS VIR_FROM_QEMU

VIR_LOG_INIT("qemu.guest")

#define QEMU_GUEST_NS_PER_S G_GINT64_CONSTANT(1000000000)

int
qemuDomainGetTime(virDomainObj *vm, gint64 *seconds, unsigned int *nseconds, unsigned int flags,
                  GCancellable *cancellable)
{
    qemuDomainAgentQuestion question = {.command = "guest-get-time", .cancellable = cancellable};
    g_auto(qemuAnswer) answer = {0};
    gint64 time_ns;

    if (qemuDriverCheckFlags("domtime", flags, 0) < 0 ||
        qemuDomainAgentAsk(vm, &question, &answer) < 0 ||
        qemuAnswerGetNumber(&answer, 0, &time_ns) < 0)
        return -1;
    *seconds = time_ns / QEMU_GUEST_NS_PER_S;
    *nseconds = (unsigned int)(time_ns % QEMU_GUEST_NS_PER_S);
    return 0;
}

/* Ticks that the guest has missed would be added to the time that it has been told now. */
static void
qemuGuestForgetTicks(virDomainObj *vm)
{
    g_auto(qemuDomainJob) job = {0};
    g_autoptr(qemuMonitor) mon = NULL;

    if (qemuDomainJobBeginActive(&job, vm, "domtime") == 0 && (mon = qemuDomainGetMonitor(vm)) &&
        qemuMonitorResetReinjection(mon) == 0)
        return;
    VIR_WARN(_("guest '%1$s' may add lost ticks to the time that it was set to: %2$s"), vm->name,
             virErrorGetMessage());
    virErrorReset();
}

int
qemuDomainSetTime(virDomainObj *vm, gint64 time_ns, unsigned int flags, GCancellable *cancellable)
{
    qemuDomainAgentQuestion question = {.command = "guest-set-time", .cancellable = cancellable};
    g_auto(qemuAnswer) answer = {0};

    if (qemuDriverCheckFlags("domtime", flags, VIR_DOMAIN_TIME_SYNC) < 0)
        return -1;
    if (!(flags & VIR_DOMAIN_TIME_SYNC)) {
        question.arguments = json_object_new();
        json_object_set_int_member(question.arguments, "time", time_ns);
    }
    if (qemuDomainAgentAsk(vm, &question, &answer) < 0)
        return -1;
    qemuGuestForgetTicks(vm);
    return 0;
}

int
qemuDomainSetUserPassword(virDomainObj *vm, const char *user, const char *password,
                          unsigned int flags, GCancellable *cancellable)
{
    qemuDomainAgentQuestion question = {
        .command = "guest-set-user-password",
        .cancellable = cancellable,
    };
    g_autofree char *encoded = NULL;
    g_auto(qemuAnswer) answer = {0};

    if (qemuDriverCheckFlags("set-user-password", flags, VIR_DOMAIN_PASSWORD_ENCRYPTED) < 0)
        return -1;
    encoded = g_base64_encode((const guchar *)password, strlen(password));
    question.arguments = json_object_new();
    json_object_set_boolean_member(question.arguments, "crypted",
                                   (flags & VIR_DOMAIN_PASSWORD_ENCRYPTED) != 0);
    json_object_set_string_member(question.arguments, "username", user);
    json_object_set_string_member(question.arguments, "password", encoded);
    return qemuDomainAgentAsk(vm, &question, &answer);
}

GPtrArray *
qemuDomainGetAuthorizedKeys(virDomainObj *vm, const char *user, unsigned int flags,
                            GCancellable *cancellable)
{
    qemuDomainAgentQuestion question = {
        .command = "guest-ssh-get-authorized-keys",
        .cancellable = cancellable,
    };
    g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func(g_free);
    g_auto(qemuAnswer) answer = {0};
    JsonObject *object;
    JsonArray *array;

    if (qemuDriverCheckFlags("get-user-sshkeys", flags, 0) < 0)
        return NULL;
    question.arguments = json_object_new();
    json_object_set_string_member(question.arguments, "username", user);
    if (qemuDomainAgentAsk(vm, &question, &answer) < 0 ||
        qemuAnswerGetObject(&answer, &object) < 0 ||
        qemuAnswerFindArray(&answer, object, "keys", &array) < 0)
        return NULL;
    if (!array || json_array_get_length(array) > QEMU_GUEST_KEYS_MAX) {
        qemuAnswerRefuse(&answer, "keys");
        return NULL;
    }
    for (guint i = 0; i < json_array_get_length(array); i++) {
        const char *key;

        if (qemuAnswerGetElementText(&answer, array, i, &key) < 0)
            return NULL;
        g_ptr_array_add(keys, g_strdup(key));
    }
    return g_steal_pointer(&keys);
}

static int
qemuGuestCheckKeys(const GPtrArray *keys, unsigned int flags)
{
    const unsigned int known =
        VIR_DOMAIN_AUTHORIZED_SSH_KEYS_SET_APPEND | VIR_DOMAIN_AUTHORIZED_SSH_KEYS_SET_REMOVE;

    if (qemuDriverCheckFlags("set-user-sshkeys", flags, known) < 0)
        return -1;
    if ((flags & known) == known) {
        virReportError(VIR_ERR_INVALID_ARG, "%s",
                       _("invalid argument: keys cannot be both added and removed"));
        return -1;
    }
    if (flags && keys->len == 0) {
        virReportError(VIR_ERR_INVALID_ARG, "%s",
                       _("invalid argument: no key is given to be added or removed"));
        return -1;
    }
    return 0;
}

int
qemuDomainSetAuthorizedKeys(virDomainObj *vm, const char *user, const GPtrArray *keys,
                            unsigned int flags, GCancellable *cancellable)
{
    qemuDomainAgentQuestion question = {
        .command = "guest-ssh-add-authorized-keys",
        .cancellable = cancellable,
    };
    g_auto(qemuAnswer) answer = {0};
    JsonArray *array;

    if (qemuGuestCheckKeys(keys, flags) < 0)
        return -1;
    array = json_array_new();
    for (guint i = 0; i < keys->len; i++)
        json_array_add_string_element(array, keys->pdata[i]);
    question.arguments = json_object_new();
    json_object_set_string_member(question.arguments, "username", user);
    json_object_set_array_member(question.arguments, "keys", array);
    if (flags & VIR_DOMAIN_AUTHORIZED_SSH_KEYS_SET_REMOVE)
        question.command = "guest-ssh-remove-authorized-keys";
    else if (!(flags & VIR_DOMAIN_AUTHORIZED_SSH_KEYS_SET_APPEND))
        json_object_set_boolean_member(question.arguments, "reset", TRUE);
    return qemuDomainAgentAsk(vm, &question, &answer);
}
