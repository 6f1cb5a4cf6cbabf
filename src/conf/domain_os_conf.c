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

VIR_ENUM_IMPL(virDomainBootDev, VIR_DOMAIN_BOOT_LAST, "cdrom", "hd", "network");
VIR_ENUM_DECL(virDomainSmbiosMode);
VIR_ENUM_IMPL(virDomainSmbiosMode, 2, "emulate", "sysinfo");

#define VIR_DOMAIN_BOOTMENU_MAX_MS 65535
#define VIR_DOMAIN_CMDLINE_MAX     16384 /* more than any kernel takes */

static const virXMLSchema virDomainOSTypeSchema = {
    .name = "type",
    .attributes = VIR_XML_NAMES("arch", "machine"),
    .flags = VIR_XML_TEXT,
};
static const virXMLSchema virDomainOSBootDevSchema = {
    .name = "boot",
    .attributes = VIR_XML_NAMES("dev"),
    .flags = VIR_XML_MANY,
};
static const virXMLSchema virDomainOSBootmenuSchema = {
    .name = "bootmenu",
    .attributes = VIR_XML_NAMES("enable", "timeout"),
};
static const virXMLSchema virDomainOSSmbiosSchema = {
    .name = "smbios",
    .attributes = VIR_XML_NAMES("mode"),
};
static const virXMLSchema virDomainOSKernelSchema = {.name = "kernel", .flags = VIR_XML_TEXT};
static const virXMLSchema virDomainOSInitrdSchema = {.name = "initrd", .flags = VIR_XML_TEXT};
static const virXMLSchema virDomainOSCmdlineSchema = {.name = "cmdline", .flags = VIR_XML_TEXT};

const virXMLSchema virDomainOSSchema = {
    .name = "os",
    .attributes = VIR_XML_NAMES("firmware"),
    .children =
        VIR_XML_CHILDREN(&virDomainOSTypeSchema, &virDomainFirmwareSchema, &virDomainLoaderSchema,
                         &virDomainNvramSchema, &virDomainOSKernelSchema, &virDomainOSInitrdSchema,
                         &virDomainOSCmdlineSchema, &virDomainOSBootDevSchema,
                         &virDomainOSBootmenuSchema, &virDomainOSSmbiosSchema),
};

/* "q35" and "pc", or "pc-q35-" or "pc-i440fx-" and a version. */
bool
virDomainOSMachineIsSupported(const char *machine)
{
    static const char *const prefixes[] = {"pc-q35-", "pc-i440fx-"};

    if (strcmp(machine, VIR_DOMAIN_OS_MACHINE) == 0 || strcmp(machine, "pc") == 0)
        return true;
    for (size_t i = 0; i < G_N_ELEMENTS(prefixes); i++) {
        const char *version = machine + strlen(prefixes[i]);

        if (g_str_has_prefix(machine, prefixes[i]) && *version != '\0' &&
            version[strspn(version, "0123456789.")] == '\0')
            return true;
    }
    return false;
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
                          _("unsupported configuration: machine '%1$s'; supported: 'q35' and 'pc' "
                            "and their versions ('pc-q35-7.2', 'pc-i440fx-7.2')"),
                          os->machine);
        return -1;
    }
    return 0;
}

static int
virDomainOSBootDevsParseXML(virXMLNode *os, virDomainOSDef *def)
{
    for (virXMLNode *node = virXMLGetChild(os, "boot"); node; node = virXMLGetNext(node)) {
        int dev = 0;
        int rc = virXMLGetEnum(node, "dev", virDomainBootDevToString, &dev);

        if (rc == 0)
            return virXMLReportMissing(node, "dev");
        if (rc < 0)
            return -1;
        if (virDomainOSGetBootRank(def, (virDomainBootDev)dev) > 0) {
            virXMLReportError(node, VIR_ERR_XML_ERROR, _("boot device '%1$s' is given twice"),
                              virDomainBootDevToString(dev));
            return -1;
        }
        def->bootDevs[def->nbootDevs++] = (virDomainBootDev)dev;
    }
    return 0;
}

unsigned int
virDomainOSGetBootRank(const virDomainOSDef *os, virDomainBootDev dev)
{
    for (unsigned int i = 0; i < os->nbootDevs; i++) {
        if (os->bootDevs[i] == dev)
            return i + 1;
    }
    return 0;
}

static int
virDomainOSBootmenuParseXML(virXMLNode *node, virDomainOSDef *os)
{
    int rc = virDomainYesNoParseXML(node, "enable", &os->bootmenu);

    if (rc == 0)
        return virXMLReportMissing(node, "enable");
    if (rc < 0 || (rc = virDomainNumberParseXML(node, "timeout", VIR_DOMAIN_BOOTMENU_MAX_MS,
                                                &os->bootmenuTimeout_ms)) < 0)
        return -1;
    os->hasBootmenuTimeout = rc == 1;
    return 0;
}

static int
virDomainOSSmbiosParseXML(virXMLNode *node, virDomainOSDef *os)
{
    int mode = 0;
    int rc = virXMLGetEnum(node, "mode", virDomainSmbiosModeToString, &mode);

    if (rc == 0)
        return virXMLReportMissing(node, "mode");
    if (rc < 0)
        return -1;
    os->smbios = mode ? VIR_DOMAIN_SMBIOS_SYSINFO : VIR_DOMAIN_SMBIOS_EMULATE;
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
    if (os->cmdline && strlen(os->cmdline) > VIR_DOMAIN_CMDLINE_MAX) {
        virXMLReportError(cmdline, VIR_ERR_XML_ERROR, _("<cmdline> has more than %1$d bytes"),
                          VIR_DOMAIN_CMDLINE_MAX);
        return -1;
    }
    return virDomainOSBootDevsParseXML(node, os);
}

int
virDomainOSDefParseXML(virXMLNode *node, virDomainOSDef *os)
{
    virXMLNode *type = virXMLRequireChild(node, "type");
    virXMLNode *bootmenu = virXMLGetChild(node, "bootmenu");
    virXMLNode *smbios = virXMLGetChild(node, "smbios");

    if (!type || virDomainOSTypeParseXML(type, os) < 0 ||
        virDomainLoaderDefParseXML(node, &os->loader) < 0 ||
        (bootmenu && virDomainOSBootmenuParseXML(bootmenu, os) < 0) ||
        (smbios && virDomainOSSmbiosParseXML(smbios, os) < 0))
        return -1;
    return virDomainOSBootParseXML(node, os);
}

static void
virDomainOSBootFormatXML(virXMLWriter *writer, const virDomainOSDef *os)
{
    for (unsigned int i = 0; i < os->nbootDevs; i++) {
        virXMLWriterStart(writer, "boot");
        virXMLWriterAttribute(writer, "dev", "%s", virDomainBootDevToString((int)os->bootDevs[i]));
        virXMLWriterEnd(writer);
    }
    if (os->bootmenu != VIR_TRISTATE_ABSENT) {
        virXMLWriterStart(writer, "bootmenu");
        virDomainYesNoFormatXML(writer, "enable", os->bootmenu);
        if (os->hasBootmenuTimeout)
            virXMLWriterAttribute(writer, "timeout", "%u", os->bootmenuTimeout_ms);
        virXMLWriterEnd(writer);
    }
}

void
virDomainOSDefFormatXML(virXMLWriter *writer, const virDomainOSDef *os)
{
    virXMLWriterStart(writer, "os");
    if (os->loader.efi)
        virXMLWriterAttribute(writer, "firmware", "efi");
    virXMLWriterStart(writer, "type");
    virXMLWriterAttribute(writer, "arch", "%s", os->arch);
    virXMLWriterAttribute(writer, "machine", "%s", os->machine);
    virXMLWriterText(writer, "hvm");
    virXMLWriterEnd(writer);
    virDomainLoaderDefFormatXML(writer, &os->loader);
    virXMLWriterElement(writer, "kernel", os->kernel);
    virXMLWriterElement(writer, "initrd", os->initrd);
    virXMLWriterElement(writer, "cmdline", os->cmdline);
    virDomainOSBootFormatXML(writer, os);
    if (os->smbios != VIR_DOMAIN_SMBIOS_DEFAULT) {
        virXMLWriterStart(writer, "smbios");
        virXMLWriterAttribute(writer, "mode", "%s",
                              virDomainSmbiosModeToString(os->smbios == VIR_DOMAIN_SMBIOS_SYSINFO));
        virXMLWriterEnd(writer);
    }
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
    virDomainLoaderDefClear(&os->loader);
}
