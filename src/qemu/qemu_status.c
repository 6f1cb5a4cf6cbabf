/*
 * qemu_status.c: the status file of an active guest, as XML
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "qemu_status.h"
#include "virerror.h"
#include "virgettext.h"
#include "virxmlwriter.h"

#define VIR_FROM_THIS      VIR_FROM_QEMU

#define QEMU_STATUS_STATES 8

VIR_ENUM_IMPL(qemuStatusState, QEMU_STATUS_STATES, "nostate", "running", "blocked", "paused",
              "shutdown", "shutoff", "crashed", "pmsuspended");

/* No schema: it is our own file, and a version that adds an element can be gone back from. */

void
qemuStatusFree(qemuStatus *status)
{
    if (!status)
        return;
    virDomainDefFree(status->def);
    g_ptr_array_unref(status->owners);
    g_free(status->plugging);
    qemuDomainSavingFree(status->saving);
    g_free(status);
}

static void
qemuStatusFormatFlag(virXMLWriter *writer, const char *name, bool flag)
{
    virXMLWriterElement(writer, name, flag ? "" : NULL);
}

static void
qemuStatusFormatProcess(virXMLWriter *writer, const char *name, const virProcessIdentity *process)
{
    if (process->pid <= 0)
        return;
    virXMLWriterStart(writer, name);
    virXMLWriterAttribute(writer, "pid", "%d", process->pid);
    virXMLWriterAttribute(writer, "started", "%" G_GUINT64_FORMAT, process->started);
    virXMLWriterEnd(writer);
}

static void
qemuStatusFormatOwners(virXMLWriter *writer, const GPtrArray *owners)
{
    for (guint i = 0; owners && i < owners->len; i++) {
        const qemuSecurityOwner *owner = g_ptr_array_index(owners, i);

        virXMLWriterStart(writer, "owner");
        virXMLWriterAttribute(writer, "uid", "%u", owner->uid);
        virXMLWriterAttribute(writer, "gid", "%u", owner->gid);
        virXMLWriterAttribute(writer, "device", "%" G_GUINT64_FORMAT, owner->device);
        virXMLWriterAttribute(writer, "inode", "%" G_GUINT64_FORMAT, owner->inode);
        if (owner->alias)
            virXMLWriterAttribute(writer, "for", "%s", owner->alias);
        virXMLWriterText(writer, owner->path);
        virXMLWriterEnd(writer);
    }
}

static void
qemuStatusFormatSaving(virXMLWriter *writer, const qemuDomainSaving *saving)
{
    if (!saving)
        return;
    virXMLWriterStart(writer, "saving");
    virXMLWriterAttribute(writer, "device", "%" G_GUINT64_FORMAT, saving->device);
    virXMLWriterAttribute(writer, "inode", "%" G_GUINT64_FORMAT, saving->inode);
    virXMLWriterAttribute(writer, "running", "%d", saving->running);
    virXMLWriterText(writer, saving->path);
    virXMLWriterEnd(writer);
}

char *
qemuStatusFormat(const virDomainObj *vm)
{
    const qemuDomainPrivate *priv = vm->privateData;
    g_autoptr(virXMLWriter) writer = virXMLWriterNew();

    virXMLWriterStart(writer, "domstatus");
    virXMLWriterAttribute(writer, "id", "%d", vm->id);
    virXMLWriterAttribute(writer, "state", "%s", qemuStatusStateToString(vm->state));
    virXMLWriterAttribute(writer, "reason", "%d", vm->reason);
    qemuStatusFormatProcess(writer, "process", &priv->process);
    qemuStatusFormatProcess(writer, "tpm", &priv->tpm);
    qemuStatusFormatFlag(writer, "starting", priv->starting);
    qemuStatusFormatFlag(writer, "fakeReboot", priv->fakeReboot);
    qemuStatusFormatFlag(writer, "autodestroy", priv->autodestroy);
    qemuStatusFormatFlag(writer, "keepTPM", priv->keepTPM);
    if (priv->plugging) {
        virXMLWriterStart(writer, "plugging");
        virXMLWriterText(writer, priv->plugging);
        virXMLWriterEnd(writer);
    }
    qemuStatusFormatSaving(writer, priv->saving);
    qemuStatusFormatOwners(writer, priv->owners);
    virDomainDefFormatXML(writer, vm->def, VIR_DOMAIN_DEF_FORMAT_SECURE);
    virXMLWriterEnd(writer);
    return virXMLWriterFinish(writer);
}

/* A number that has to be there. */
static int
qemuStatusParseNumber(virXMLNode *node, const char *name, guint64 max, guint64 *value)
{
    int rc = virXMLGetNumber(node, name, max, value);

    if (rc == 0)
        return virXMLReportMissing(node, name);
    return rc < 0 ? -1 : 0;
}

static int
qemuStatusParseOwner(virXMLNode *node, qemuStatus *status)
{
    g_autofree char *path = virXMLGetText(node);
    g_autofree char *alias = virXMLGetAttribute(node, "for");
    qemuSecurityOwner owner = {0};
    guint64 uid = 0;
    guint64 gid = 0;

    if (qemuStatusParseNumber(node, "uid", G_MAXUINT32, &uid) < 0 ||
        qemuStatusParseNumber(node, "gid", G_MAXUINT32, &gid) < 0 ||
        qemuStatusParseNumber(node, "device", G_MAXUINT64, &owner.device) < 0 ||
        qemuStatusParseNumber(node, "inode", G_MAXUINT64, &owner.inode) < 0)
        return -1;
    owner.path = path;
    owner.alias = alias;
    owner.uid = (uid_t)uid;
    owner.gid = (gid_t)gid;
    g_ptr_array_add(status->owners, qemuSecurityOwnerCopy(&owner));
    return 0;
}

static int
qemuStatusParseProcess(virXMLNode *node, virProcessIdentity *process)
{
    guint64 pid = 0;
    guint64 started = 0;

    if (qemuStatusParseNumber(node, "pid", G_MAXINT32, &pid) < 0 ||
        qemuStatusParseNumber(node, "started", G_MAXINT64, &started) < 0)
        return -1;
    process->pid = (int)pid;
    process->started = started;
    return 0;
}

static int
qemuStatusParseSaving(virXMLNode *node, qemuStatus *status)
{
    g_autofree char *path = virXMLGetText(node);
    guint64 device = 0;
    guint64 inode = 0;
    guint64 running = 0;

    if (qemuStatusParseNumber(node, "device", G_MAXUINT64, &device) < 0 ||
        qemuStatusParseNumber(node, "inode", G_MAXUINT64, &inode) < 0 ||
        qemuStatusParseNumber(node, "running", 1, &running) < 0)
        return -1;
    status->saving = qemuDomainSavingNew(path, device, inode, running == 1);
    return 0;
}

static int
qemuStatusParseState(virXMLNode *root, qemuStatus *status)
{
    guint64 id = 0;
    guint64 reason = 0;
    int rc = virXMLGetEnum(root, "state", qemuStatusStateToString, &status->state);

    if (rc == 0)
        return virXMLReportMissing(root, "state");
    if (rc < 0 || qemuStatusParseNumber(root, "id", G_MAXINT32, &id) < 0 ||
        qemuStatusParseNumber(root, "reason", G_MAXUINT8, &reason) < 0)
        return -1;
    status->id = (int)id;
    status->reason = (int)reason;
    return 0;
}

static int
qemuStatusParseRoot(virXMLNode *root, virXMLNode *domain, qemuStatus *status)
{
    virXMLNode *process = virXMLGetChild(root, "process");
    virXMLNode *tpm = virXMLGetChild(root, "tpm");
    virXMLNode *plugging = virXMLGetChild(root, "plugging");
    virXMLNode *saving = virXMLGetChild(root, "saving");

    if (!(status->def = virDomainDefParseNode(domain)) || qemuStatusParseState(root, status) < 0 ||
        (process && qemuStatusParseProcess(process, &status->process) < 0) ||
        (saving && qemuStatusParseSaving(saving, status) < 0) ||
        (tpm && qemuStatusParseProcess(tpm, &status->tpm) < 0))
        return -1;
    status->plugging = plugging ? virXMLGetText(plugging) : NULL;
    status->starting = virXMLGetChild(root, "starting") != NULL;
    status->fakeReboot = virXMLGetChild(root, "fakeReboot") != NULL;
    status->autodestroy = virXMLGetChild(root, "autodestroy") != NULL;
    status->keepTPM = virXMLGetChild(root, "keepTPM") != NULL;
    for (virXMLNode *node = virXMLGetChild(root, "owner"); node; node = virXMLGetNext(node)) {
        if (qemuStatusParseOwner(node, status) < 0)
            return -1;
    }
    return 0;
}

qemuStatus *
qemuStatusParse(const char *text, const char *source)
{
    g_autoptr(virXMLDoc) doc = virXMLParse(text, strlen(text), source);
    g_autoptr(qemuStatus) status = g_new0(qemuStatus, 1);
    virXMLNode *domain;

    status->owners = qemuSecurityOwnersNew();
    if (!doc)
        return NULL;
    if (!(domain = virXMLRequireChild(virXMLGetRoot(doc), "domain")) ||
        qemuStatusParseRoot(virXMLGetRoot(doc), domain, status) < 0)
        return NULL;
    return g_steal_pointer(&status);
}
