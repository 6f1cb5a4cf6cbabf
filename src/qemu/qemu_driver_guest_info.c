/*
 * qemu_driver_guest_info.c: what agents tell of their guests, as values with names
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "qemu_driver_priv.h"
#include "qemu_guest_priv.h"
#include "virerror.h"
#include "virgettext.h"

#define VIR_FROM_THIS VIR_FROM_QEMU

/* More would not fit into an answer of libvirt's anyway. */
#define QEMU_GUEST_LIST_MAX 2048

typedef struct {
    virDomainObj *vm;
    const qemuDomainStatsSink *sink;
    GCancellable *cancellable;
} qemuGuestInfo;

static void
qemuGuestTell(const qemuGuestInfo *self, const char *field, int type, guint64 number)
{
    self->sink->add(field, type, number, NULL, self->sink->opaque);
}

static void
qemuGuestTellText(const qemuGuestInfo *self, const char *field, const char *text)
{
    if (text)
        self->sink->add(field, VIR_TYPED_PARAM_STRING, 0, text, self->sink->opaque);
}

/* Of an element of a list: @prefix "fs.0", @name "type". */
static void
qemuGuestTellOf(const qemuGuestInfo *self, const char *prefix, const char *name, int type,
                guint64 number)
{
    g_autofree char *field = g_strconcat(prefix, ".", name, NULL);

    qemuGuestTell(self, field, type, number);
}

static void
qemuGuestTellTextOf(const qemuGuestInfo *self, const char *prefix, const char *name,
                    const char *text)
{
    g_autofree char *field = g_strconcat(prefix, ".", name, NULL);

    qemuGuestTellText(self, field, text);
}

static int
qemuGuestAsk(const qemuGuestInfo *self, const char *command, qemuAnswer *answer)
{
    qemuDomainAgentQuestion question = {.command = command, .cancellable = self->cancellable};

    return qemuDomainAgentAsk(self->vm, &question, answer);
}

static int
qemuGuestTellUser(const qemuGuestInfo *self, const qemuAnswer *answer, JsonObject *user,
                  const char *prefix)
{
    JsonNode *node = json_object_get_member(user, "login-time");
    const char *name;
    const char *domain;
    double login_s;

    if (qemuAnswerGetText(answer, user, "user", &name) < 0 ||
        qemuAnswerFindText(answer, user, "domain", &domain) < 0)
        return -1;
    if (!node || !JSON_NODE_HOLDS_VALUE(node) ||
        (json_node_get_value_type(node) != G_TYPE_DOUBLE &&
         json_node_get_value_type(node) != G_TYPE_INT64))
        return qemuAnswerRefuse(answer, "login-time");
    login_s = json_node_get_double(node);
    if (!(login_s >= 0 && login_s < 1e15))
        return qemuAnswerRefuse(answer, "login-time");
    qemuGuestTellTextOf(self, prefix, "name", name);
    qemuGuestTellTextOf(self, prefix, "domain", domain);
    qemuGuestTellOf(self, prefix, "login-time", VIR_TYPED_PARAM_ULLONG, (guint64)(login_s * 1000));
    return 0;
}

static int
qemuGuestTellUsers(const qemuGuestInfo *self)
{
    g_auto(qemuAnswer) answer = {0};
    JsonArray *array;

    if (qemuGuestAsk(self, "guest-get-users", &answer) < 0 ||
        qemuAnswerGetArray(&answer, QEMU_GUEST_LIST_MAX, &array) < 0)
        return -1;
    qemuGuestTell(self, "user.count", VIR_TYPED_PARAM_UINT, json_array_get_length(array));
    for (guint i = 0; i < json_array_get_length(array); i++) {
        g_autofree char *prefix = g_strdup_printf("user.%u", i);
        JsonObject *user;

        if (qemuAnswerGetElement(&answer, array, i, &user) < 0 ||
            qemuGuestTellUser(self, &answer, user, prefix) < 0)
            return -1;
    }
    return 0;
}

static int
qemuGuestTellOS(const qemuGuestInfo *self)
{
    static const char *const names[] = {
        "id",      "name",    "pretty-name", "version",        "version-id",
        "machine", "variant", "variant-id",  "kernel-release", "kernel-version"};
    g_auto(qemuAnswer) answer = {0};
    JsonObject *os;

    if (qemuGuestAsk(self, "guest-get-osinfo", &answer) < 0 ||
        qemuAnswerGetObject(&answer, &os) < 0)
        return -1;
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        const char *text;

        if (qemuAnswerFindText(&answer, os, names[i], &text) < 0)
            return -1;
        qemuGuestTellTextOf(self, "os", names[i], text);
    }
    return 0;
}

static int
qemuGuestTellTimezone(const qemuGuestInfo *self)
{
    static const qemuAnswerRange range = {-G_MAXINT32, G_MAXINT32};
    g_auto(qemuAnswer) answer = {0};
    JsonObject *zone;
    const char *name;
    gint64 offset_s;

    if (qemuGuestAsk(self, "guest-get-timezone", &answer) < 0 ||
        qemuAnswerGetObject(&answer, &zone) < 0 ||
        qemuAnswerFindText(&answer, zone, "zone", &name) < 0 ||
        qemuAnswerGetInt(&answer, zone, "offset", &range, &offset_s) < 0)
        return -1;
    qemuGuestTellText(self, "timezone.name", name);
    qemuGuestTell(self, "timezone.offset", VIR_TYPED_PARAM_INT, (guint64)offset_s);
    return 0;
}

static int
qemuGuestTellHostname(const qemuGuestInfo *self)
{
    g_autofree char *name = qemuDomainGetGuestHostname(self->vm, 0, self->cancellable);

    if (!name)
        return -1;
    qemuGuestTellText(self, "hostname", name);
    return 0;
}

static void
qemuGuestTellFileSystem(const qemuGuestInfo *self, const qemuGuestFileSystem *fs,
                        const char *prefix)
{
    qemuGuestTellTextOf(self, prefix, "name", fs->name);
    qemuGuestTellTextOf(self, prefix, "mountpoint", fs->mountpoint);
    qemuGuestTellTextOf(self, prefix, "fstype", fs->type);
    if (fs->sized) {
        qemuGuestTellOf(self, prefix, "total-bytes", VIR_TYPED_PARAM_ULLONG, fs->total);
        qemuGuestTellOf(self, prefix, "used-bytes", VIR_TYPED_PARAM_ULLONG, fs->used);
    }
    qemuGuestTellOf(self, prefix, "disk.count", VIR_TYPED_PARAM_UINT, fs->disks->len);
    for (guint i = 0; i < fs->disks->len; i++) {
        const qemuGuestDisk *disk = fs->disks->pdata[i];
        g_autofree char *of = g_strdup_printf("%s.disk.%u", prefix, i);

        qemuGuestTellTextOf(self, of, "alias", disk->target);
        qemuGuestTellTextOf(self, of, "serial", disk->serial);
        qemuGuestTellTextOf(self, of, "device", disk->device);
    }
}

static int
qemuGuestTellFileSystems(const qemuGuestInfo *self)
{
    g_autoptr(GPtrArray) systems = qemuDomainGetGuestFileSystems(self->vm, 0, self->cancellable);

    if (!systems)
        return -1;
    qemuGuestTell(self, "fs.count", VIR_TYPED_PARAM_UINT, systems->len);
    for (guint i = 0; i < systems->len; i++) {
        g_autofree char *prefix = g_strdup_printf("fs.%u", i);

        qemuGuestTellFileSystem(self, systems->pdata[i], prefix);
    }
    return 0;
}

static int
qemuGuestTellDependencies(const qemuGuestInfo *self, const qemuAnswer *answer, JsonObject *disk,
                          const char *prefix)
{
    JsonArray *array;

    if (qemuAnswerFindArray(answer, disk, "dependencies", &array) < 0)
        return -1;
    if (!array)
        return 0;
    if (json_array_get_length(array) > QEMU_GUEST_LIST_MAX)
        return qemuAnswerRefuse(answer, "dependencies");
    qemuGuestTellOf(self, prefix, "dependency.count", VIR_TYPED_PARAM_UINT,
                    json_array_get_length(array));
    for (guint i = 0; i < json_array_get_length(array); i++) {
        g_autofree char *of = g_strdup_printf("%s.dependency.%u", prefix, i);
        const char *name;

        if (qemuAnswerGetElementText(answer, array, i, &name) < 0)
            return -1;
        qemuGuestTellTextOf(self, of, "name", name);
    }
    return 0;
}

static int
qemuGuestTellDisk(const qemuGuestInfo *self, const qemuAnswer *answer, JsonObject *disk,
                  const char *prefix)
{
    JsonNode *address = json_object_get_member(disk, "address");
    g_autoptr(virDomainDef) def = NULL;
    g_autoptr(qemuGuestDisk) place = NULL;
    const char *name;
    const char *alias;
    bool partition;

    if (qemuAnswerGetText(answer, disk, "name", &name) < 0 ||
        qemuAnswerGetBoolean(answer, disk, "partition", &partition) < 0 ||
        qemuAnswerFindText(answer, disk, "alias", &alias) < 0)
        return -1;
    if (address && !JSON_NODE_HOLDS_OBJECT(address))
        return qemuAnswerRefuse(answer, "address");
    if (address && (!(def = qemuDomainStatsCopyDef(self->vm)) ||
                    !(place = qemuGuestParseDisk(answer, json_node_get_object(address), def))))
        return -1;
    qemuGuestTellTextOf(self, prefix, "name", name);
    qemuGuestTellOf(self, prefix, "partition", VIR_TYPED_PARAM_BOOLEAN, partition);
    if (qemuGuestTellDependencies(self, answer, disk, prefix) < 0)
        return -1;
    if (place) {
        qemuGuestTellTextOf(self, prefix, "serial", place->serial);
        qemuGuestTellTextOf(self, prefix, "alias", place->target);
        qemuGuestTellTextOf(self, prefix, "guest_bus", place->bus);
    }
    qemuGuestTellTextOf(self, prefix, "guest_alias", alias);
    return 0;
}

static int
qemuGuestTellDisks(const qemuGuestInfo *self)
{
    g_auto(qemuAnswer) answer = {0};
    JsonArray *array;

    if (qemuGuestAsk(self, "guest-get-disks", &answer) < 0 ||
        qemuAnswerGetArray(&answer, QEMU_GUEST_LIST_MAX, &array) < 0)
        return -1;
    qemuGuestTell(self, "disk.count", VIR_TYPED_PARAM_UINT, json_array_get_length(array));
    for (guint i = 0; i < json_array_get_length(array); i++) {
        g_autofree char *prefix = g_strdup_printf("disk.%u", i);
        JsonObject *disk;

        if (qemuAnswerGetElement(&answer, array, i, &disk) < 0 ||
            qemuGuestTellDisk(self, &answer, disk, prefix) < 0)
            return -1;
    }
    return 0;
}

static void
qemuGuestTellInterface(const qemuGuestInfo *self, const qemuGuestInterface *interface,
                       const char *prefix)
{
    qemuGuestTellTextOf(self, prefix, "name", interface->name);
    qemuGuestTellTextOf(self, prefix, "hwaddr", interface->mac);
    qemuGuestTellOf(self, prefix, "addr.count", VIR_TYPED_PARAM_UINT, interface->addresses->len);
    for (guint i = 0; i < interface->addresses->len; i++) {
        const qemuGuestAddress *address = interface->addresses->pdata[i];
        g_autofree char *of = g_strdup_printf("%s.addr.%u", prefix, i);

        qemuGuestTellTextOf(self, of, "type",
                            address->type == VIR_IP_ADDR_TYPE_IPV6 ? "ipv6" : "ipv4");
        qemuGuestTellTextOf(self, of, "addr", address->text);
        qemuGuestTellOf(self, of, "prefix", VIR_TYPED_PARAM_UINT, address->prefix);
    }
}

static int
qemuGuestTellInterfaces(const qemuGuestInfo *self)
{
    g_autoptr(GPtrArray) interfaces = qemuDomainGetGuestInterfaces(self->vm, 0, self->cancellable);

    if (!interfaces)
        return -1;
    qemuGuestTell(self, "if.count", VIR_TYPED_PARAM_UINT, interfaces->len);
    for (guint i = 0; i < interfaces->len; i++) {
        g_autofree char *prefix = g_strdup_printf("if.%u", i);

        qemuGuestTellInterface(self, interfaces->pdata[i], prefix);
    }
    return 0;
}

static const struct {
    unsigned int type;
    int (*tell)(const qemuGuestInfo *self);
} qemuGuestInfos[] = {
    {VIR_DOMAIN_GUEST_INFO_USERS, qemuGuestTellUsers},
    {VIR_DOMAIN_GUEST_INFO_OS, qemuGuestTellOS},
    {VIR_DOMAIN_GUEST_INFO_TIMEZONE, qemuGuestTellTimezone},
    {VIR_DOMAIN_GUEST_INFO_HOSTNAME, qemuGuestTellHostname},
    {VIR_DOMAIN_GUEST_INFO_FILESYSTEM, qemuGuestTellFileSystems},
    {VIR_DOMAIN_GUEST_INFO_DISKS, qemuGuestTellDisks},
    {VIR_DOMAIN_GUEST_INFO_INTERFACES, qemuGuestTellInterfaces},
};

/* Of everything what the agent has no command for is left out; what is asked for by name is not. */
int
qemuDomainGetGuestInfo(virDomainObj *vm, unsigned int types, const qemuDomainStatsSink *sink,
                       GCancellable *cancellable)
{
    const qemuGuestInfo self = {vm, sink, cancellable};
    unsigned int known = 0;

    for (size_t i = 0; i < G_N_ELEMENTS(qemuGuestInfos); i++)
        known |= qemuGuestInfos[i].type;
    if (types & ~known) {
        virReportError(VIR_ERR_INVALID_ARG,
                       _("invalid argument: unsupported guest information types 0x%1$x"),
                       types & ~known);
        return -1;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(qemuGuestInfos); i++) {
        if ((types && !(types & qemuGuestInfos[i].type)) || qemuGuestInfos[i].tell(&self) == 0)
            continue;
        if (types || virErrorGetLast()->code != VIR_ERR_OPERATION_UNSUPPORTED)
            return -1;
        virErrorReset();
    }
    return 0;
}
