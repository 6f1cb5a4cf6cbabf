/*
 * domain_loader_conf.c: <loader>, <nvram>, <firmware> of <os>: the guest's firmware
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "device_conf.h"
#include "domain_loader_conf.h"
#include "virerror.h"
#include "virgettext.h"

VIR_ENUM_IMPL(virDomainLoader, VIR_DOMAIN_LOADER_LAST, "", "rom", "pflash");

VIR_ENUM_DECL(virDomainFirmware);
VIR_ENUM_IMPL(virDomainFirmware, 1, "efi");
VIR_ENUM_DECL(virDomainFirmwareFeature);
VIR_ENUM_IMPL(virDomainFirmwareFeature, 2, "enrolled-keys", "secure-boot");

const virXMLSchema virDomainLoaderSchema = {
    .name = "loader",
    .attributes = VIR_XML_NAMES("readonly", "type", "secure", "stateless"),
    .flags = VIR_XML_TEXT,
};
const virXMLSchema virDomainNvramSchema = {
    .name = "nvram",
    .attributes = VIR_XML_NAMES("template"),
    .flags = VIR_XML_TEXT,
};
static const virXMLSchema virDomainFirmwareFeatureSchema = {
    .name = "feature",
    .attributes = VIR_XML_NAMES("enabled", "name"),
    .flags = VIR_XML_MANY,
};
const virXMLSchema virDomainFirmwareSchema = {
    .name = "firmware",
    .children = VIR_XML_CHILDREN(&virDomainFirmwareFeatureSchema),
};

void
virDomainLoaderDefClear(virDomainLoaderDef *loader)
{
    g_clear_pointer(&loader->path, g_free);
    g_clear_pointer(&loader->nvram, g_free);
    g_clear_pointer(&loader->nvramTemplate, g_free);
}

static const char *
virDomainLoaderWord(int value)
{
    return virDomainLoaderToString(value + 1);
}

/* The path in an element, which may be empty. */
static int
virDomainLoaderPathParseXML(virXMLNode *node, char **path)
{
    g_autofree char *text = virXMLGetText(node);

    return *text ? virDomainPathParseXML(node, NULL, path) : 0;
}

static int
virDomainFirmwareFeaturesParseXML(virXMLNode *node, virDomainLoaderDef *loader)
{
    for (virXMLNode *child = virXMLGetChild(node, "feature"); child; child = virXMLGetNext(child)) {
        virTristate enabled = VIR_TRISTATE_ABSENT;
        virTristate *feature;
        int name = 0;
        int rc;

        if ((rc = virXMLGetEnum(child, "name", virDomainFirmwareFeatureToString, &name)) == 0)
            return virXMLReportMissing(child, "name");
        if (rc < 0 || (rc = virDomainYesNoParseXML(child, "enabled", &enabled)) < 0)
            return -1;
        if (rc == 0)
            return virXMLReportMissing(child, "enabled");
        feature = name ? &loader->secureBoot : &loader->enrolledKeys;
        if (*feature != VIR_TRISTATE_ABSENT) {
            virXMLReportError(child, VIR_ERR_XML_ERROR, _("firmware feature '%1$s' is given twice"),
                              virDomainFirmwareFeatureToString(name));
            return -1;
        }
        *feature = enabled;
    }
    if (loader->enrolledKeys != VIR_TRISTATE_ON || loader->secureBoot != VIR_TRISTATE_OFF)
        return 0;
    virXMLReportError(node, VIR_ERR_XML_ERROR,
                      _("keys are enrolled for secure boot: 'enrolled-keys' needs 'secure-boot'"));
    return -1;
}

static int
virDomainLoaderElementParseXML(virXMLNode *node, virDomainLoaderDef *loader)
{
    int type = -1;

    if (virXMLGetEnum(node, "type", virDomainLoaderWord, &type) < 0 ||
        virDomainYesNoParseXML(node, "readonly", &loader->readonly) < 0 ||
        virDomainYesNoParseXML(node, "secure", &loader->secure) < 0 ||
        virDomainYesNoParseXML(node, "stateless", &loader->stateless) < 0 ||
        virDomainLoaderPathParseXML(node, &loader->path) < 0)
        return -1;
    loader->type = (virDomainLoaderType)(type + 1);
    if (loader->path && loader->type == VIR_DOMAIN_LOADER_DEFAULT && !loader->efi)
        loader->type = VIR_DOMAIN_LOADER_ROM;
    return 0;
}

static int
virDomainLoaderFail(virXMLNode *node, const char *reason)
{
    virXMLReportError(node, VIR_ERR_XML_ERROR, "%s", reason);
    return -1;
}

/* What goes together, whoever chooses the firmware. */
static int
virDomainLoaderCheck(virXMLNode *os, const virDomainLoaderDef *loader)
{
    virXMLNode *nvram = virXMLGetChild(os, "nvram");
    virXMLNode *node = virXMLGetChild(os, "loader");
    bool flash = loader->type == VIR_DOMAIN_LOADER_PFLASH ||
                 (loader->efi && loader->type == VIR_DOMAIN_LOADER_DEFAULT);

    if (node && !loader->efi && !loader->path)
        return virDomainLoaderFail(node, _("<loader> needs a path, or <os> firmware='efi'"));
    if (virXMLGetChild(os, "firmware") && !loader->efi)
        return virDomainLoaderFail(virXMLGetChild(os, "firmware"),
                                   _("<firmware> chooses among firmwares: it needs <os> "
                                     "firmware='efi'"));
    if (!flash && (loader->secure == VIR_TRISTATE_ON || loader->stateless == VIR_TRISTATE_ON))
        return virDomainLoaderFail(node, _("a <loader> that is secure or stateless has "
                                           "type='pflash'"));
    if (nvram && (!flash || loader->stateless == VIR_TRISTATE_ON))
        return virDomainLoaderFail(nvram, _("<nvram> needs a <loader type='pflash'> that is not "
                                            "stateless"));
    if (nvram && !loader->efi && !loader->nvram)
        return virDomainLoaderFail(nvram, _("<nvram> needs the path of the guest's own file"));
    return 0;
}

int
virDomainLoaderDefParseXML(virXMLNode *os, virDomainLoaderDef *loader)
{
    virXMLNode *firmware = virXMLGetChild(os, "firmware");
    virXMLNode *node = virXMLGetChild(os, "loader");
    virXMLNode *nvram = virXMLGetChild(os, "nvram");
    int kind;
    int rc = virXMLGetEnum(os, "firmware", virDomainFirmwareToString, &kind);

    if (rc < 0)
        return -1;
    loader->efi = rc == 1;
    if ((firmware && virDomainFirmwareFeaturesParseXML(firmware, loader) < 0) ||
        (node && virDomainLoaderElementParseXML(node, loader) < 0) ||
        (nvram && virDomainLoaderPathParseXML(nvram, &loader->nvram) < 0) ||
        (nvram && virXMLHasAttribute(nvram, "template") &&
         virDomainPathParseXML(nvram, "template", &loader->nvramTemplate) < 0))
        return -1;
    return virDomainLoaderCheck(os, loader);
}

static void
virDomainFirmwareFeatureFormatXML(virXMLWriter *writer, const char *name, virTristate enabled)
{
    if (enabled == VIR_TRISTATE_ABSENT)
        return;
    virXMLWriterStart(writer, "feature");
    virDomainYesNoFormatXML(writer, "enabled", enabled);
    virXMLWriterAttribute(writer, "name", "%s", name);
    virXMLWriterEnd(writer);
}

static void
virDomainLoaderElementFormatXML(virXMLWriter *writer, const virDomainLoaderDef *loader)
{
    if (!loader->path && loader->type == VIR_DOMAIN_LOADER_DEFAULT &&
        loader->readonly == VIR_TRISTATE_ABSENT && loader->secure == VIR_TRISTATE_ABSENT &&
        loader->stateless == VIR_TRISTATE_ABSENT)
        return;
    virXMLWriterStart(writer, "loader");
    virDomainYesNoFormatXML(writer, "readonly", loader->readonly);
    if (loader->type != VIR_DOMAIN_LOADER_DEFAULT)
        virXMLWriterAttribute(writer, "type", "%s", virDomainLoaderToString(loader->type));
    virDomainYesNoFormatXML(writer, "secure", loader->secure);
    virDomainYesNoFormatXML(writer, "stateless", loader->stateless);
    if (loader->path)
        virXMLWriterText(writer, loader->path);
    virXMLWriterEnd(writer);
}

void
virDomainLoaderDefFormatXML(virXMLWriter *writer, const virDomainLoaderDef *loader)
{
    if (loader->secureBoot != VIR_TRISTATE_ABSENT || loader->enrolledKeys != VIR_TRISTATE_ABSENT) {
        virXMLWriterStart(writer, "firmware");
        virDomainFirmwareFeatureFormatXML(writer, "enrolled-keys", loader->enrolledKeys);
        virDomainFirmwareFeatureFormatXML(writer, "secure-boot", loader->secureBoot);
        virXMLWriterEnd(writer);
    }
    virDomainLoaderElementFormatXML(writer, loader);
    if (loader->nvram || loader->nvramTemplate) {
        virXMLWriterStart(writer, "nvram");
        if (loader->nvramTemplate)
            virXMLWriterAttribute(writer, "template", "%s", loader->nvramTemplate);
        if (loader->nvram)
            virXMLWriterText(writer, loader->nvram);
        virXMLWriterEnd(writer);
    }
}
