/*
 * qemu_driver_key.c: keys that a guest's keyboard is pressed on, and its NMI button
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <linux/input-event-codes.h>

#include "qemu_driver_priv.h"
#include "virerror.h"
#include "virgettext.h"

#define VIR_FROM_THIS VIR_FROM_QEMU

/* QEMU's names of keys whose Linux number is not that of the PC's first keyboards. */
static const char *const qemuKeyNames[] = {
    [KEY_KPENTER] = "kp_enter",
    [KEY_RIGHTCTRL] = "ctrl_r",
    [KEY_KPSLASH] = "kp_divide",
    [KEY_SYSRQ] = "sysrq",
    [KEY_RIGHTALT] = "alt_r",
    [KEY_HOME] = "home",
    [KEY_UP] = "up",
    [KEY_PAGEUP] = "pgup",
    [KEY_LEFT] = "left",
    [KEY_RIGHT] = "right",
    [KEY_END] = "end",
    [KEY_DOWN] = "down",
    [KEY_PAGEDOWN] = "pgdn",
    [KEY_INSERT] = "insert",
    [KEY_DELETE] = "delete",
    [KEY_PAUSE] = "pause",
    [KEY_LEFTMETA] = "meta_l",
    [KEY_RIGHTMETA] = "meta_r",
    [KEY_COMPOSE] = "compose",
};

static int
qemuKeyAdd(JsonArray *keys, unsigned int set, guint code)
{
    const char *name = set == VIR_KEYCODE_SET_LINUX && code < G_N_ELEMENTS(qemuKeyNames)
                           ? qemuKeyNames[code]
                           : NULL;
    JsonObject *key;

    if (!name && (code == 0 || code > (set == VIR_KEYCODE_SET_LINUX ? KEY_F12 : 0xff))) {
        virReportError(VIR_ERR_INVALID_ARG,
                       _("invalid argument: a guest's keyboard has no key with code %1$u"), code);
        return -1;
    }
    key = json_object_new();
    json_object_set_string_member(key, "type", name ? "qcode" : "number");
    if (name)
        json_object_set_string_member(key, "data", name);
    else
        json_object_set_int_member(key, "data", code);
    json_array_add_object_element(keys, key);
    return 0;
}

/* NULL with an error reported. */
static JsonArray *
qemuKeyList(unsigned int set, const GArray *codes)
{
    g_autoptr(JsonArray) keys = json_array_new();

    if (set != VIR_KEYCODE_SET_LINUX && set != VIR_KEYCODE_SET_QNUM) {
        virReportError(VIR_ERR_ARGUMENT_UNSUPPORTED,
                       _("argument unsupported: keys are named by the code sets 'linux' and "
                         "'qnum', not by set %1$u"),
                       set);
        return NULL;
    }
    if (codes->len == 0 || codes->len > VIR_DOMAIN_SEND_KEY_MAX_KEYS) {
        virReportError(VIR_ERR_INVALID_ARG,
                       _("invalid argument: %1$u keys at a time; 1 to %2$d can be pressed"),
                       codes->len, VIR_DOMAIN_SEND_KEY_MAX_KEYS);
        return NULL;
    }
    for (guint i = 0; i < codes->len; i++) {
        if (qemuKeyAdd(keys, set, g_array_index(codes, guint, i)) < 0)
            return NULL;
    }
    return g_steal_pointer(&keys);
}

int
qemuDomainSendKey(virDomainObj *vm, unsigned int set, unsigned int hold_ms, const GArray *codes,
                  unsigned int flags)
{
    g_auto(qemuDomainJob) job = {0};
    g_autoptr(qemuMonitor) mon = NULL;
    g_autoptr(JsonArray) keys = NULL;
    JsonObject *arguments;

    if (qemuDriverCheckFlags("send-key", flags, 0) < 0 || !(keys = qemuKeyList(set, codes)) ||
        qemuDomainJobBeginActive(&job, vm, "send-key") < 0 || !(mon = qemuDomainGetMonitor(vm)))
        return -1;
    arguments = json_object_new();
    json_object_set_array_member(arguments, "keys", g_steal_pointer(&keys));
    if (hold_ms > 0)
        json_object_set_int_member(arguments, "hold-time", hold_ms);
    return qemuMonitorCommand(mon, "send-key", arguments, NULL);
}

int
qemuDomainInjectNMI(virDomainObj *vm, unsigned int flags)
{
    g_auto(qemuDomainJob) job = {0};
    g_autoptr(qemuMonitor) mon = NULL;

    if (qemuDriverCheckFlags("inject-nmi", flags, 0) < 0 ||
        qemuDomainJobBeginActive(&job, vm, "inject-nmi") < 0 || !(mon = qemuDomainGetMonitor(vm)))
        return -1;
    return qemuMonitorCommand(mon, "inject-nmi", NULL, NULL);
}
