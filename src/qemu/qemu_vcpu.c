/*
 * qemu_vcpu.c: the processors of a running guest: which there are, one more, one less
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "qemu_affinity.h"
#include "qemu_hotplug_priv.h"
#include "qemu_vcpu.h"
#include "virerror.h"
#include "virgettext.h"
#include "virlog.h"

#define VIR_FROM_THIS VIR_FROM_QEMU

VIR_LOG_INIT("qemu.vcpu")

/* What those that we plug in are called: this and their number. */
#define QEMU_VCPU_ALIAS      "vcpu"

#define QEMU_VCPU_PERIPHERAL "/machine/peripheral/"

/* The answer to a question whose answer is a list. */
static JsonArray *
qemuVcpuQuery(qemuMonitor *mon, const char *command, guint timeout_ms, JsonNode **result)
{
    if (qemuMonitorCommandTimed(mon, command, NULL, timeout_ms, result) < 0)
        return NULL;
    if (JSON_NODE_HOLDS_ARRAY(*result))
        return json_node_get_array(*result);
    virReportError(VIR_ERR_OPERATION_FAILED,
                   _("QEMU's monitor did not say which processors the guest has"));
    return NULL;
}

/* NULL if it is no object. */
static JsonObject *
qemuVcpuGetElement(JsonArray *array, guint at)
{
    JsonNode *node = json_array_get_element(array, at);

    return JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
}

static int
qemuVcpuCompare(const void *a, const void *b)
{
    const qemuVcpu *one = a;
    const qemuVcpu *other = b;

    return one->number < other->number ? -1 : one->number > other->number;
}

GArray *
qemuVcpuList(qemuMonitor *mon, guint timeout_ms)
{
    g_autoptr(JsonNode) result = NULL;
    JsonArray *array = qemuVcpuQuery(mon, "query-cpus-fast", timeout_ms, &result);
    GArray *vcpus;

    if (!array)
        return NULL;
    vcpus = g_array_new(FALSE, TRUE, sizeof(qemuVcpu));
    for (guint i = 0; i < json_array_get_length(array); i++) {
        JsonObject *object = qemuVcpuGetElement(array, i);
        const qemuVcpu vcpu = {
            .number = (unsigned int)qemuMonitorGetInt(object, "cpu-index"),
            .thread = (pid_t)qemuMonitorGetInt(object, "thread-id"),
        };

        if (vcpu.number < VIR_DOMAIN_MAX_VCPUS)
            g_array_append_val(vcpus, vcpu);
    }
    g_array_sort(vcpus, qemuVcpuCompare);
    return vcpus;
}

/* A place for a processor. */
typedef struct {
    JsonObject *object; /* QEMU's; borrowed */
    gint64 at[4];       /* socket, die, core, thread */
} qemuVcpuSlot;

static int
qemuVcpuSlotCompare(const void *a, const void *b)
{
    const qemuVcpuSlot *one = a;
    const qemuVcpuSlot *other = b;

    for (size_t i = 0; i < G_N_ELEMENTS(one->at); i++) {
        if (one->at[i] != other->at[i])
            return one->at[i] < other->at[i] ? -1 : 1;
    }
    return 0;
}

/* All places, by the number of the processor that is there or would be: an array of qemuVcpuSlot,
 * which live as long as @result. */
static GArray *
qemuVcpuListSlots(qemuMonitor *mon, JsonNode **result)
{
    static const char *const names[] = {"socket-id", "die-id", "core-id", "thread-id"};
    JsonArray *array =
        qemuVcpuQuery(mon, "query-hotpluggable-cpus", QEMU_MONITOR_COMMAND_TIMEOUT_MS, result);
    GArray *slots;

    if (!array)
        return NULL;
    slots = g_array_new(FALSE, TRUE, sizeof(qemuVcpuSlot));
    for (guint i = 0; i < json_array_get_length(array); i++) {
        qemuVcpuSlot slot = {.object = qemuVcpuGetElement(array, i)};
        JsonObject *props = qemuMonitorGetObject(slot.object, "props");

        for (size_t j = 0; j < G_N_ELEMENTS(names); j++)
            slot.at[j] = qemuMonitorGetInt(props, names[j]);
        if (props && qemuMonitorGetString(slot.object, "type"))
            g_array_append_val(slots, slot);
    }
    g_array_sort(slots, qemuVcpuSlotCompare);
    return slots;
}

/* For device_add: the type and place that QEMU has named. */
static JsonObject *
qemuVcpuBuild(const qemuVcpuSlot *slot, guint number)
{
    JsonObject *props = qemuMonitorGetObject(slot->object, "props");
    g_autoptr(GList) names = json_object_get_members(props);
    g_autofree char *alias = g_strdup_printf(QEMU_VCPU_ALIAS "%u", number);
    JsonObject *device = json_object_new();

    json_object_set_string_member(device, "driver", qemuMonitorGetString(slot->object, "type"));
    json_object_set_string_member(device, "id", alias);
    for (const GList *name = names; name; name = name->next)
        json_object_set_member(device, name->data, json_object_dup_member(props, name->data));
    return device;
}

static void
qemuVcpuSetCount(virDomainObj *vm, unsigned int count)
{
    g_mutex_lock(&vm->lock);
    vm->def->vcpu.current = count;
    g_mutex_unlock(&vm->lock);
    qemuDomainNoteStatus(vm);
}

static int
qemuVcpuPlugAll(virDomainObj *vm, qemuMonitor *mon, const GArray *slots, unsigned int wanted)
{
    for (guint i = 0; i < slots->len && vm->def->vcpu.current < wanted; i++) {
        const qemuVcpuSlot *slot = &g_array_index(slots, qemuVcpuSlot, i);

        if (qemuMonitorGetString(slot->object, "qom-path"))
            continue;
        if (qemuMonitorAddDevice(mon, qemuVcpuBuild(slot, i)) < 0)
            return -1;
        qemuVcpuSetCount(vm, vm->def->vcpu.current + 1);
    }
    if (vm->def->vcpu.current == wanted)
        return 0;
    virReportError(VIR_ERR_OPERATION_FAILED,
                   _("guest '%1$s': QEMU has no place for another processor: there are %2$u"),
                   vm->name, vm->def->vcpu.current);
    return -1;
}

int
qemuVcpuPlug(virDomainObj *vm, unsigned int wanted)
{
    const qemuDomainPrivate *priv = vm->privateData;
    g_autoptr(qemuMonitor) mon = qemuDomainGetMonitor(vm);
    g_autoptr(JsonNode) result = NULL;
    g_autoptr(GArray) slots = NULL;

    if (!mon || !(slots = qemuVcpuListSlots(mon, &result)))
        return -1;
    if (qemuVcpuPlugAll(vm, mon, slots, wanted) < 0) {
        virErrorInfo cause = {0};

        /* QEMU may have one and not have said so. */
        virErrorPreserve(&cause);
        (void)qemuVcpuCatchUp(vm, mon);
        virErrorRestore(&cause);
        return -1;
    }
    return qemuAffinityApply(vm->def, priv->process.pid);
}

/* The name of the last one that was plugged in, or NULL; caller frees. */
static char *
qemuVcpuFindLast(const GArray *slots, guint *before)
{
    while ((*before)-- > 0) {
        const qemuVcpuSlot *slot = &g_array_index(slots, qemuVcpuSlot, *before);
        const char *path = qemuMonitorGetString(slot->object, "qom-path");

        if (path && g_str_has_prefix(path, QEMU_VCPU_PERIPHERAL QEMU_VCPU_ALIAS))
            return g_strdup(path + strlen(QEMU_VCPU_PERIPHERAL));
    }
    return NULL;
}

static int
qemuVcpuCheckUnplug(const virDomainObj *vm, const GArray *slots, unsigned int wanted)
{
    guint before = slots->len;
    unsigned int least = vm->def->vcpu.current;

    for (;;) {
        g_autofree char *alias = qemuVcpuFindLast(slots, &before);

        if (!alias)
            break;
        least--;
    }
    if (wanted >= least)
        return 0;
    virReportError(VIR_ERR_OPERATION_INVALID,
                   _("guest '%1$s' was started with %2$u processors, which stay while it runs: "
                     "only those that were plugged in since can go"),
                   vm->name, least);
    return -1;
}

static int
qemuVcpuUnplugOne(virDomainObj *vm, qemuMonitor *mon, const char *alias)
{
    qemuDomainUnplug outcome = QEMU_DOMAIN_UNPLUG_ASKED;
    int rc = qemuHotplugAsk(vm, mon, alias, &outcome);

    if (outcome == QEMU_DOMAIN_UNPLUG_DONE) {
        virErrorReset();
        qemuVcpuSetCount(vm, vm->def->vcpu.current - 1);
        return 0;
    }
    if (rc < 0) {
        g_autofree char *cause = g_strdup(virErrorGetMessage());

        virReportError(virErrorGetLast()->code,
                       _("cannot unplug processor '%1$s' of guest '%2$s': %3$s"), alias, vm->name,
                       cause);
    } else if (outcome == QEMU_DOMAIN_UNPLUG_REFUSED)
        virReportError(VIR_ERR_OPERATION_FAILED,
                       _("guest '%1$s' does not release processor '%2$s'"), vm->name, alias);
    else
        virReportError(
            VIR_ERR_OPERATION_TIMEOUT,
            _("guest '%1$s' has been asked to release processor '%2$s', and has not done "
              "so yet; if it does, it has one less then"),
            vm->name, alias);
    return -1;
}

int
qemuVcpuUnplug(virDomainObj *vm, unsigned int wanted)
{
    g_autoptr(qemuMonitor) mon = qemuDomainGetMonitor(vm);
    g_autoptr(JsonNode) result = NULL;
    g_autoptr(GArray) slots = NULL;
    guint before;

    if (!mon || !(slots = qemuVcpuListSlots(mon, &result)) ||
        qemuVcpuCheckUnplug(vm, slots, wanted) < 0)
        return -1;
    before = slots->len;
    while (vm->def->vcpu.current > wanted) {
        g_autofree char *alias = qemuVcpuFindLast(slots, &before);

        if (!alias || qemuVcpuUnplugOne(vm, mon, alias) < 0)
            return -1;
    }
    return 0;
}

bool
qemuVcpuCatchUp(virDomainObj *vm, qemuMonitor *mon)
{
    g_autoptr(GArray) vcpus = NULL;

    if (vm->def->vcpu.max == 1)
        return false;
    if (!(vcpus = qemuVcpuList(mon, QEMU_MONITOR_COMMAND_TIMEOUT_MS))) {
        VIR_WARN(_("guest '%1$s': QEMU does not say how many processors it has: %2$s"), vm->name,
                 virErrorGetMessage());
        virErrorReset();
        return false;
    }
    if (vcpus->len == 0 || vcpus->len > vm->def->vcpu.max || vcpus->len == vm->def->vcpu.current)
        return false;
    qemuVcpuSetCount(vm, vcpus->len);
    return true;
}
