/*
 * qemu_caps.c: what one QEMU program can do: the value, and its JSON
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <json-glib/json-glib.h>

#include "qemu_caps.h"
#include "qemu_monitor.h"
#include "virerror.h"
#include "virfile.h"
#include "virgettext.h"

#define VIR_FROM_THIS VIR_FROM_QEMU

static void
qemuCapsMachineFree(qemuCapsMachine *machine)
{
    g_free(machine->name);
    g_free(machine->alias);
    g_free(machine);
}

qemuCaps *
qemuCapsNew(void)
{
    qemuCaps *caps = g_new0(qemuCaps, 1);

    g_atomic_ref_count_init(&caps->refs);
    caps->machines = g_ptr_array_new_with_free_func((GDestroyNotify)qemuCapsMachineFree);
    return caps;
}

qemuCaps *
qemuCapsRef(qemuCaps *caps)
{
    g_atomic_ref_count_inc(&caps->refs);
    return caps;
}

void
qemuCapsUnref(qemuCaps *caps)
{
    if (!caps || !g_atomic_ref_count_dec(&caps->refs))
        return;
    g_free(caps->key);
    g_free(caps->package);
    g_ptr_array_unref(caps->machines);
    g_strfreev(caps->commands);
    g_strfreev(caps->devices);
    g_strfreev(caps->cpus);
    g_strfreev(caps->vfioProperties);
    g_free(caps);
}

static bool
qemuCapsListHas(GStrv list, const char *word)
{
    return list && g_strv_contains((const char *const *)list, word);
}

bool
qemuCapsHasDevice(const qemuCaps *caps, const char *model)
{
    return qemuCapsListHas(caps->devices, model);
}

bool
qemuCapsHasCommand(const qemuCaps *caps, const char *command)
{
    return qemuCapsListHas(caps->commands, command);
}

bool
qemuCapsHasVFIOProperty(const qemuCaps *caps, const char *property)
{
    return qemuCapsListHas(caps->vfioProperties, property);
}

const qemuCapsMachine *
qemuCapsFindMachine(const qemuCaps *caps, const char *name)
{
    for (guint i = 0; i < caps->machines->len; i++) {
        const qemuCapsMachine *machine = g_ptr_array_index(caps->machines, i);

        if (name ? strcmp(machine->name, name) == 0 || g_strcmp0(machine->alias, name) == 0
                 : machine->isDefault)
            return machine;
    }
    return NULL;
}

char *
qemuCapsMakeKey(const char *path)
{
    VIR_AUTOCLOSE kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
    struct utsname kernel;
    struct stat st;

    if (stat(path, &st) < 0 || uname(&kernel) < 0) {
        virReportSystemError(errno, _("cannot look at QEMU, %1$s"), path);
        return NULL;
    }
    return g_strdup_printf("%s inode %llu time %lld.%09ld size %lld kernel %s KVM %s", path,
                           (unsigned long long)st.st_ino, (long long)st.st_mtim.tv_sec,
                           st.st_mtim.tv_nsec, (long long)st.st_size, kernel.release,
                           kvm >= 0 ? "yes" : "no");
}

static void
qemuCapsSetList(JsonObject *object, const char *name, GStrv list)
{
    JsonArray *array = json_array_new();

    for (size_t i = 0; list && list[i]; i++)
        json_array_add_string_element(array, list[i]);
    json_object_set_array_member(object, name, array);
}

static JsonArray *
qemuCapsMakeMachines(const qemuCaps *caps)
{
    JsonArray *array = json_array_new();

    for (guint i = 0; i < caps->machines->len; i++) {
        const qemuCapsMachine *machine = g_ptr_array_index(caps->machines, i);
        JsonObject *object = json_object_new();

        json_object_set_string_member(object, "name", machine->name);
        if (machine->alias)
            json_object_set_string_member(object, "alias", machine->alias);
        json_object_set_int_member(object, "maxCpus", machine->maxCpus);
        json_object_set_boolean_member(object, "default", machine->isDefault);
        json_array_add_object_element(array, object);
    }
    return array;
}

char *
qemuCapsFormat(const qemuCaps *caps)
{
    g_autoptr(JsonNode) node = json_node_new(JSON_NODE_OBJECT);
    JsonObject *object = json_object_new();

    json_object_set_string_member(object, "key", caps->key);
    json_object_set_int_member(object, "version", caps->version);
    json_object_set_string_member(object, "package", caps->package);
    json_object_set_boolean_member(object, "kvm", caps->kvm);
    json_object_set_array_member(object, "machines", qemuCapsMakeMachines(caps));
    qemuCapsSetList(object, "commands", caps->commands);
    qemuCapsSetList(object, "devices", caps->devices);
    qemuCapsSetList(object, "cpus", caps->cpus);
    qemuCapsSetList(object, "vfioProperties", caps->vfioProperties);
    json_node_take_object(node, object);
    return json_to_string(node, TRUE);
}

static JsonArray *
qemuCapsGetArray(JsonObject *object, const char *name)
{
    JsonNode *node = json_object_get_member(object, name);

    return node && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
}

/* NULL if there is no list of texts. */
static GStrv
qemuCapsGetList(JsonObject *object, const char *name)
{
    JsonArray *array = qemuCapsGetArray(object, name);
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();

    if (!array)
        return NULL;
    for (guint i = 0; i < json_array_get_length(array); i++) {
        JsonNode *node = json_array_get_element(array, i);

        if (!JSON_NODE_HOLDS_VALUE(node) || json_node_get_value_type(node) != G_TYPE_STRING)
            return NULL;
        g_strv_builder_add(builder, json_node_get_string(node));
    }
    return g_strv_builder_end(builder);
}

static bool
qemuCapsParseMachines(qemuCaps *caps, JsonArray *array)
{
    for (guint i = 0; array && i < json_array_get_length(array); i++) {
        JsonNode *node = json_array_get_element(array, i);
        JsonObject *object = JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
        const char *name = qemuMonitorGetString(object, "name");
        qemuCapsMachine *machine;

        if (!name)
            return false;
        machine = g_new0(qemuCapsMachine, 1);
        machine->name = g_strdup(name);
        machine->alias = g_strdup(qemuMonitorGetString(object, "alias"));
        machine->maxCpus = (unsigned int)qemuMonitorGetInt(object, "maxCpus");
        machine->isDefault = qemuMonitorGetBoolean(object, "default");
        g_ptr_array_add(caps->machines, machine);
    }
    return array != NULL;
}

static qemuCaps *
qemuCapsParseObject(JsonObject *object)
{
    g_autoptr(qemuCaps) caps = qemuCapsNew();

    caps->key = g_strdup(qemuMonitorGetString(object, "key"));
    caps->version = (unsigned int)qemuMonitorGetInt(object, "version");
    caps->package = g_strdup(qemuMonitorGetString(object, "package"));
    caps->kvm = qemuMonitorGetBoolean(object, "kvm");
    caps->commands = qemuCapsGetList(object, "commands");
    caps->devices = qemuCapsGetList(object, "devices");
    caps->cpus = qemuCapsGetList(object, "cpus");
    caps->vfioProperties = qemuCapsGetList(object, "vfioProperties");
    if (!caps->key || caps->version == 0 || !caps->package || !caps->commands || !caps->devices ||
        !caps->cpus || !caps->vfioProperties ||
        !qemuCapsParseMachines(caps, qemuCapsGetArray(object, "machines")))
        return NULL;
    return g_steal_pointer(&caps);
}

qemuCaps *
qemuCapsParse(const char *text, size_t len)
{
    g_autoptr(JsonParser) parser = json_parser_new_immutable();
    JsonNode *root;

    if (!json_parser_load_from_data(parser, text, (gssize)len, NULL) ||
        !(root = json_parser_get_root(parser)) || !JSON_NODE_HOLDS_OBJECT(root))
        return NULL;
    return qemuCapsParseObject(json_node_get_object(root));
}
