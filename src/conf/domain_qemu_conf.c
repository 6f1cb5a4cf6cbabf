/*
 * domain_qemu_conf.c: <qemu:commandline>: the way out for what this project does not know
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <stdbool.h>
#include <string.h>

#include "device_conf.h"
#include "domain_attribute.h"
#include "domain_qemu_conf.h"
#include "virerror.h"
#include "virgettext.h"

static const virXMLSchema virDomainQemuArgSchema = {
    .name = "arg",
    .ns = VIR_DOMAIN_QEMU_NS,
    .attributes = VIR_XML_NAMES("value"),
    .flags = VIR_XML_MANY,
};
static const virXMLSchema virDomainQemuEnvSchema = {
    .name = "env",
    .ns = VIR_DOMAIN_QEMU_NS,
    .attributes = VIR_XML_NAMES("name", "value"),
    .flags = VIR_XML_MANY,
};
const virXMLSchema virDomainQemuSchema = {
    .name = "commandline",
    .ns = VIR_DOMAIN_QEMU_NS,
    .children = VIR_XML_CHILDREN(&virDomainQemuArgSchema, &virDomainQemuEnvSchema),
};

void
virDomainQemuDefInit(virDomainQemuDef *qemu)
{
    qemu->args = g_ptr_array_new_with_free_func(g_free);
    qemu->env = g_ptr_array_new_with_free_func(g_free);
}

void
virDomainQemuDefClear(virDomainQemuDef *qemu)
{
    g_clear_pointer(&qemu->args, g_ptr_array_unref);
    g_clear_pointer(&qemu->env, g_ptr_array_unref);
}

static int
virDomainQemuArgParseXML(virXMLNode *node, GPtrArray *args)
{
    char *value = virXMLGetAttribute(node, "value");

    if (!value)
        return virXMLReportMissing(node, "value");
    g_ptr_array_add(args, value);
    return 0;
}

static bool
virDomainQemuEnvHasName(const GPtrArray *env, const char *name)
{
    g_autofree char *prefix = g_strconcat(name, "=", NULL);

    for (guint i = 0; i < env->len; i++) {
        if (g_str_has_prefix(g_ptr_array_index(env, i), prefix))
            return true;
    }
    return false;
}

#define VIR_DOMAIN_ENV_CHARS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"

static int
virDomainQemuEnvParseXML(virXMLNode *node, GPtrArray *env)
{
    g_autofree char *name = virXMLGetAttribute(node, "name");
    g_autofree char *value = virXMLGetAttribute(node, "value");

    if (!name)
        return virXMLReportMissing(node, "name");
    if (!*name || g_ascii_isdigit(name[0]) || name[strspn(name, VIR_DOMAIN_ENV_CHARS)] != '\0') {
        virXMLReportError(node, VIR_ERR_XML_ERROR,
                          _("'%1$s' is no name of an environment variable: letters, digits and "
                            "'_', not a digit first"),
                          name);
        return -1;
    }
    if (virDomainQemuEnvHasName(env, name)) {
        virXMLReportError(node, VIR_ERR_XML_ERROR, _("environment variable '%1$s' is given twice"),
                          name);
        return -1;
    }
    g_ptr_array_add(env, g_strdup_printf("%s=%s", name, value ? value : ""));
    return 0;
}

int
virDomainQemuDefParseXML(virXMLNode *node, virDomainQemuDef *qemu)
{
    for (virXMLNode *arg = virXMLGetChild(node, "arg"); arg; arg = virXMLGetNext(arg)) {
        if (virDomainQemuArgParseXML(arg, qemu->args) < 0)
            return -1;
    }
    for (virXMLNode *env = virXMLGetChild(node, "env"); env; env = virXMLGetNext(env)) {
        if (virDomainQemuEnvParseXML(env, qemu->env) < 0)
            return -1;
    }
    return 0;
}

static bool
virDomainQemuDefIsEmpty(const virDomainQemuDef *qemu)
{
    return qemu->args->len == 0 && qemu->env->len == 0;
}

void
virDomainQemuDefFormatNamespace(virXMLWriter *writer, const virDomainQemuDef *qemu)
{
    if (!virDomainQemuDefIsEmpty(qemu))
        virXMLWriterAttribute(writer, "xmlns:" VIR_DOMAIN_QEMU_PREFIX, "%s", VIR_DOMAIN_QEMU_NS);
}

void
virDomainQemuDefFormatXML(virXMLWriter *writer, const virDomainQemuDef *qemu)
{
    if (virDomainQemuDefIsEmpty(qemu))
        return;
    virXMLWriterStart(writer, VIR_DOMAIN_QEMU_PREFIX ":commandline");
    for (guint i = 0; i < qemu->args->len; i++)
        virDomainElementFormatXML(writer, VIR_DOMAIN_QEMU_PREFIX ":arg", "value",
                                  g_ptr_array_index(qemu->args, i));
    for (guint i = 0; i < qemu->env->len; i++) {
        const char *variable = g_ptr_array_index(qemu->env, i);
        const char *equals = strchr(variable, '=');

        virXMLWriterStart(writer, VIR_DOMAIN_QEMU_PREFIX ":env");
        virXMLWriterAttribute(writer, "name", "%.*s", (int)(equals - variable), variable);
        virXMLWriterAttribute(writer, "value", "%s", equals + 1);
        virXMLWriterEnd(writer);
    }
    virXMLWriterEnd(writer);
}
