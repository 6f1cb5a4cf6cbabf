/*
 * domain_os_conf.c: <os>: the machine and what it boots
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "device_conf.h"
#include "domain_os_conf.h"
#include "virerror.h"
#include "virgettext.h"

#define VIR_DOMAIN_OS_ARCH    "x86_64"
#define VIR_DOMAIN_OS_MACHINE "q35"

static const virXMLSchema virDomainOSTypeSchema = {
    .name = "type",
    .attributes = VIR_XML_NAMES("arch", "machine"),
    .flags = VIR_XML_TEXT,
};
static const virXMLSchema virDomainOSKernelSchema = {.name = "kernel", .flags = VIR_XML_TEXT};
static const virXMLSchema virDomainOSInitrdSchema = {.name = "initrd", .flags = VIR_XML_TEXT};
static const virXMLSchema virDomainOSCmdlineSchema = {.name = "cmdline", .flags = VIR_XML_TEXT};

const virXMLSchema virDomainOSSchema = {
    .name = "os",
    .children = VIR_XML_CHILDREN(&virDomainOSTypeSchema, &virDomainOSKernelSchema,
                                 &virDomainOSInitrdSchema, &virDomainOSCmdlineSchema),
};

/* "q35" or "pc-q35-" and a version. Other machines have no PCI Express root to put devices on. */
static bool
virDomainOSMachineIsSupported(const char *machine)
{
    const char *prefix = "pc-q35-";

    if (strcmp(machine, VIR_DOMAIN_OS_MACHINE) == 0)
        return true;
    if (!g_str_has_prefix(machine, prefix) || machine[strlen(prefix)] == '\0')
        return false;
    machine += strlen(prefix);
    return machine[strspn(machine, "0123456789.")] == '\0';
}

static int
virDomainOSTypeParseXML(virXMLNode *node, virDomainOSDef *os)
{
    g_autofree char *type = virXMLGetText(node);

    os->arch = virXMLGetAttribute(node, "arch");
    if (!os->arch)
        os->arch = g_strdup(VIR_DOMAIN_OS_ARCH);
    os->machine = virXMLGetAttribute(node, "machine");
    if (!os->machine)
        os->machine = g_strdup(VIR_DOMAIN_OS_MACHINE);

    if (strcmp(type, "hvm") != 0) {
        virXMLReportError(node, VIR_ERR_CONFIG_UNSUPPORTED,
                          _("unsupported configuration: os type '%1$s'; supported: 'hvm'"), type);
        return -1;
    }
    if (strcmp(os->arch, VIR_DOMAIN_OS_ARCH) != 0) {
        virXMLReportError(node, VIR_ERR_CONFIG_UNSUPPORTED,
                          _("unsupported configuration: arch '%1$s'; supported: '%2$s'"), os->arch,
                          VIR_DOMAIN_OS_ARCH);
        return -1;
    }
    if (!virDomainOSMachineIsSupported(os->machine)) {
        virXMLReportError(node, VIR_ERR_CONFIG_UNSUPPORTED,
                          _("unsupported configuration: machine '%1$s'; supported: 'q35' and its "
                            "versions ('pc-q35-7.2'), which have PCI Express"),
                          os->machine);
        return -1;
    }
    return 0;
}

static int
virDomainOSBootParseXML(virXMLNode *node, virDomainOSDef *os)
{
    virXMLNode *kernel = virXMLGetChild(node, "kernel");
    virXMLNode *initrd = virXMLGetChild(node, "initrd");
    virXMLNode *cmdline = virXMLGetChild(node, "cmdline");

    if (!kernel && (initrd || cmdline)) {
        virXMLReportError(initrd ? initrd : cmdline, VIR_ERR_XML_ERROR,
                          _("<initrd> and <cmdline> need a <kernel>"));
        return -1;
    }
    if ((kernel && virDomainPathParseXML(kernel, NULL, &os->kernel) < 0) ||
        (initrd && virDomainPathParseXML(initrd, NULL, &os->initrd) < 0))
        return -1;
    if (cmdline)
        os->cmdline = virXMLGetText(cmdline);
    return 0;
}

int
virDomainOSDefParseXML(virXMLNode *node, virDomainOSDef *os)
{
    virXMLNode *type = virXMLGetChild(node, "type");

    if (!type) {
        virXMLReportError(node, VIR_ERR_XML_ERROR, _("<os> lacks <type>"));
        return -1;
    }
    if (virDomainOSTypeParseXML(type, os) < 0)
        return -1;
    return virDomainOSBootParseXML(node, os);
}

void
virDomainOSDefFormatXML(virXMLWriter *writer, const virDomainOSDef *os)
{
    virXMLWriterStart(writer, "os");
    virXMLWriterStart(writer, "type");
    virXMLWriterAttribute(writer, "arch", "%s", os->arch);
    virXMLWriterAttribute(writer, "machine", "%s", os->machine);
    virXMLWriterText(writer, "hvm");
    virXMLWriterEnd(writer);
    virXMLWriterElement(writer, "kernel", os->kernel);
    virXMLWriterElement(writer, "initrd", os->initrd);
    virXMLWriterElement(writer, "cmdline", os->cmdline);
    virXMLWriterEnd(writer);
}

void
virDomainOSDefClear(virDomainOSDef *os)
{
    g_clear_pointer(&os->arch, g_free);
    g_clear_pointer(&os->machine, g_free);
    g_clear_pointer(&os->kernel, g_free);
    g_clear_pointer(&os->initrd, g_free);
    g_clear_pointer(&os->cmdline, g_free);
}
