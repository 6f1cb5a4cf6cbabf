/*
 * qemu_command_chr.c: QEMU's command line: character devices
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "qemu_command.h"
#include "qemu_command_priv.h"

/* A key of the key=value,… syntax with a value that may hold anything. */
static void
qemuChardevAppend(GString *chardev, const char *key, const char *value)
{
    g_autofree char *escaped = qemuCommandEscape(value);

    g_string_append_printf(chardev, ",%s=%s", key, escaped);
}

static void
qemuChardevAppendSocket(GString *chardev, const virDomainChrSourceDef *source)
{
    if (source->type == VIR_DOMAIN_CHR_TYPE_UNIX) {
        qemuChardevAppend(chardev, "path", source->path);
    } else {
        qemuChardevAppend(chardev, "host", source->host);
        qemuChardevAppend(chardev, "port", source->service);
        if (source->protocol == VIR_DOMAIN_CHR_PROTOCOL_TELNET)
            g_string_append(chardev, ",telnet=on");
    }
    if (source->mode == VIR_DOMAIN_CHR_MODE_BIND)
        g_string_append(chardev, ",server=on,wait=off");
}

/* QEMU's backend of a type. */
static const char *const qemuChardevBackends[VIR_DOMAIN_CHR_TYPE_LAST] = {
    [VIR_DOMAIN_CHR_TYPE_NULL] = "null",         [VIR_DOMAIN_CHR_TYPE_PTY] = "pty",
    [VIR_DOMAIN_CHR_TYPE_FILE] = "file",         [VIR_DOMAIN_CHR_TYPE_UNIX] = "socket",
    [VIR_DOMAIN_CHR_TYPE_TCP] = "socket",        [VIR_DOMAIN_CHR_TYPE_STDIO] = "socket",
    [VIR_DOMAIN_CHR_TYPE_SPICEVMC] = "spicevmc",
};

void
qemuCommandAddChardev(GPtrArray *argv, const char *id, const virDomainChrSourceDef *source)
{
    g_autoptr(GString) chardev = g_string_new(qemuChardevBackends[source->type]);

    g_string_append_printf(chardev, ",id=%s", id);
    switch (source->type) {
    case VIR_DOMAIN_CHR_TYPE_FILE:
        qemuChardevAppend(chardev, "path", source->path);
        qemuChardevAppend(chardev, "append", virDomainOnOffToString(source->append));
        break;
    case VIR_DOMAIN_CHR_TYPE_UNIX:
    case VIR_DOMAIN_CHR_TYPE_TCP:
        qemuChardevAppendSocket(chardev, source);
        break;
    case VIR_DOMAIN_CHR_TYPE_STDIO:
        g_string_append_printf(chardev, ",fd=%d", QEMU_COMMAND_STDIO_FD);
        break;
    case VIR_DOMAIN_CHR_TYPE_SPICEVMC:
        g_string_append(chardev, ",name=vdagent");
        break;
    case VIR_DOMAIN_CHR_TYPE_NULL:
    case VIR_DOMAIN_CHR_TYPE_PTY:
    case VIR_DOMAIN_CHR_TYPE_LAST:
        break;
    }
    if (source->logFile) {
        qemuChardevAppend(chardev, "logfile", source->logFile);
        qemuChardevAppend(chardev, "logappend", virDomainOnOffToString(source->logAppend));
    }
    qemuCommandAdd(argv, "-chardev", chardev->str);
}

char *
qemuGetChardevName(const virDomainChrDef *chr)
{
    return g_strconcat("char", chr->info.alias, NULL);
}

/* Where a socket is, and which end of it QEMU is. */
static void
qemuChardevSetSocket(JsonObject *data, const virDomainChrSourceDef *source)
{
    bool server = source->mode == VIR_DOMAIN_CHR_MODE_BIND;
    JsonObject *address = json_object_new();
    JsonObject *at = json_object_new();

    if (source->type == VIR_DOMAIN_CHR_TYPE_UNIX) {
        qemuCommandSetMembers(address, "type", "unix", NULL);
        qemuCommandSetMembers(at, "path", source->path, NULL);
    } else {
        qemuCommandSetMembers(address, "type", "inet", NULL);
        qemuCommandSetMembers(at, "host", source->host, "port", source->service, NULL);
        json_object_set_boolean_member(data, "telnet",
                                       source->protocol == VIR_DOMAIN_CHR_PROTOCOL_TELNET);
    }
    json_object_set_object_member(address, "data", at);
    json_object_set_object_member(data, "addr", address);
    json_object_set_boolean_member(data, "server", server);
    if (server)
        json_object_set_boolean_member(data, "wait", FALSE);
}

JsonObject *
qemuBuildChardev(const virDomainChrDef *chr)
{
    const virDomainChrSourceDef *source = &chr->source;
    g_autofree char *id = qemuGetChardevName(chr);
    JsonObject *arguments = json_object_new();
    JsonObject *backend = json_object_new();
    JsonObject *data = json_object_new();

    if (source->type == VIR_DOMAIN_CHR_TYPE_FILE) {
        qemuCommandSetMembers(data, "out", source->path, NULL);
        json_object_set_boolean_member(data, "append", source->append);
    } else if (source->type == VIR_DOMAIN_CHR_TYPE_UNIX ||
               source->type == VIR_DOMAIN_CHR_TYPE_TCP) {
        qemuChardevSetSocket(data, source);
    }
    if (source->logFile) {
        qemuCommandSetMembers(data, "logfile", source->logFile, NULL);
        json_object_set_boolean_member(data, "logappend", source->logAppend);
    }
    qemuCommandSetMembers(backend, "type", qemuChardevBackends[source->type], NULL);
    json_object_set_object_member(backend, "data", data);
    qemuCommandSetMembers(arguments, "id", id, NULL);
    json_object_set_object_member(arguments, "backend", backend);
    return arguments;
}

static const char *
qemuGetChrDriver(const virDomainChrDef *chr)
{
    if (chr->device == VIR_DOMAIN_CHR_DEVICE_SERIAL)
        return virDomainSerialTargetToString((int)chr->target);
    return chr->device == VIR_DOMAIN_CHR_DEVICE_CONSOLE ? "virtconsole" : "virtserialport";
}

JsonObject *
qemuBuildChrDevice(const virDomainDef *def, const virDomainChrDef *chr)
{
    g_autofree char *chardev = qemuGetChardevName(chr);
    JsonObject *device = json_object_new();

    qemuCommandSetMembers(device, "driver", qemuGetChrDriver(chr), "chardev", chardev, "id",
                          chr->info.alias, NULL);
    if (chr->device == VIR_DOMAIN_CHR_DEVICE_SERIAL && chr->target == VIR_DOMAIN_SERIAL_TARGET_ISA)
        json_object_set_int_member(device, "index", chr->port);
    if (chr->name)
        qemuCommandSetMembers(device, "name", chr->name, NULL);
    qemuCommandSetAddress(device, def, &chr->info);
    return device;
}

static void
qemuCommandAddChr(GPtrArray *argv, const virDomainDef *def, const virDomainChrDef *chr)
{
    g_autofree char *chardev = qemuGetChardevName(chr);

    qemuCommandAddChardev(argv, chardev, &chr->source);
    qemuCommandAddDevice(argv, qemuBuildChrDevice(def, chr));
}

void
qemuCommandAddChrs(GPtrArray *argv, const virDomainDef *def)
{
    const GPtrArray *const lists[] = {def->serials, def->consoles, def->channels};

    for (size_t i = 0; i < G_N_ELEMENTS(lists); i++) {
        for (guint j = 0; j < lists[i]->len; j++)
            qemuCommandAddChr(argv, def, g_ptr_array_index(lists[i], j));
    }
}
