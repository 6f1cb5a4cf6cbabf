/*
 * domain_audio_conf.c: <audio> and <sound>: sound cards, and where their sound goes
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <stddef.h>

#include "domain_attribute.h"
#include "domain_audio_conf.h"
#include "domain_device.h"
#include "virgettext.h"

VIR_ENUM_IMPL(virDomainAudio, VIR_DOMAIN_AUDIO_LAST, "none", "spice");
VIR_ENUM_IMPL(virDomainSound, VIR_DOMAIN_SOUND_LAST, "ich9");

const virXMLSchema virDomainAudioSchema = {
    .name = "audio",
    .attributes = VIR_XML_NAMES("id", "type"),
};
static const virXMLSchema virDomainSoundAudioSchema = {
    .name = "audio",
    .attributes = VIR_XML_NAMES("id"),
};
const virXMLSchema virDomainSoundSchema = {
    .name = "sound",
    .attributes = VIR_XML_NAMES("model"),
    .children = VIR_XML_CHILDREN(&virDomainSoundAudioSchema, &virDomainDeviceAliasSchema,
                                 &virDomainDeviceAddressSchema),
    .flags = VIR_XML_MANY,
};

void
virDomainAudioDefFree(virDomainAudioDef *audio)
{
    g_free(audio);
}

void
virDomainSoundDefFree(virDomainSoundDef *sound)
{
    if (!sound)
        return;
    virDomainDeviceInfoClear(&sound->info);
    g_free(sound);
}

/* The only one has the number 1. */
static int
virDomainAudioCheckID(virXMLNode *node)
{
    const unsigned int range[2] = {1, 1};
    unsigned int id = 0;

    if (virDomainRangeParseXML(node, "id", range, &id) < 0)
        return -1;
    return id == 0 ? virXMLReportMissing(node, "id") : 0;
}

virDomainAudioDef *
virDomainAudioDefParseXML(virXMLNode *node)
{
    virDomainAudioDef *audio;
    int type = 0;

    if (virDomainRequireEnum(node, "type", virDomainAudioToString, &type) < 0 ||
        virDomainAudioCheckID(node) < 0)
        return NULL;
    audio = g_new0(virDomainAudioDef, 1);
    audio->type = type;
    return audio;
}

virDomainSoundDef *
virDomainSoundDefParseXML(virXMLNode *node)
{
    g_autoptr(virDomainSoundDef) sound = g_new0(virDomainSoundDef, 1);
    virXMLNode *audio = virXMLGetChild(node, "audio");
    int model = 0;

    if (virDomainRequireEnum(node, "model", virDomainSoundToString, &model) < 0 ||
        (audio && virDomainAudioCheckID(audio) < 0) ||
        virDomainDeviceInfoParseXML(node, &sound->info) < 0)
        return NULL;
    sound->model = model;
    return g_steal_pointer(&sound);
}

void
virDomainAudioDefFormatXML(virXMLWriter *writer, const virDomainAudioDef *audio,
                           unsigned int flags G_GNUC_UNUSED)
{
    virXMLWriterStart(writer, "audio");
    virXMLWriterAttribute(writer, "id", "1");
    virXMLWriterAttribute(writer, "type", "%s", virDomainAudioToString((int)audio->type));
    virXMLWriterEnd(writer);
}

void
virDomainSoundDefFormatXML(virXMLWriter *writer, const virDomainSoundDef *sound, unsigned int flags)
{
    virXMLWriterStart(writer, "sound");
    virXMLWriterAttribute(writer, "model", "%s", virDomainSoundToString((int)sound->model));
    virDomainElementFormatXML(writer, "audio", "id", "1");
    virDomainDeviceInfoFormatXML(writer, &sound->info, flags);
    virXMLWriterEnd(writer);
}

VIR_DOMAIN_DEVICE_CLASS_FUNCTIONS(virDomainAudio);

static char *
virDomainAudioDescribe(const void *device G_GNUC_UNUSED)
{
    return g_strdup(_("audio backend"));
}

const virDomainDeviceClass virDomainAudioClass = {
    .schema = &virDomainAudioSchema,
    .list = offsetof(virDomainDef, audios),
    .info = offsetof(virDomainAudioDef, info),
    .parse = virDomainAudioClassParse,
    .format = virDomainAudioClassFormat,
    .free = virDomainAudioClassFree,
    .describe = virDomainAudioDescribe,
};

VIR_DOMAIN_DEVICE_CLASS_FUNCTIONS(virDomainSound);

static char *
virDomainSoundDescribe(const void *device G_GNUC_UNUSED)
{
    return g_strdup(_("sound card"));
}

static virDomainDeviceAddressType
virDomainSoundAddressType(const void *device G_GNUC_UNUSED)
{
    return VIR_DOMAIN_DEVICE_ADDRESS_PCI;
}

/* Where the chipset has it. */
static virDomainPCIPlace
virDomainSoundPCIPlace(const virDomainDef *def, const void *device G_GNUC_UNUSED)
{
    return (virDomainPCIPlace){
        .kind = virDomainDefHasPCIe(def) ? VIR_DOMAIN_PCI_INTEGRATED : VIR_DOMAIN_PCI_CONVENTIONAL,
        .wish = virDomainDefHasPCIe(def) ? VIR_DOMAIN_PCI_PREFERRED : VIR_DOMAIN_PCI_ANYWHERE,
        .at = {.slot = 0x1b},
    };
}

const virDomainDeviceClass virDomainSoundClass = {
    .schema = &virDomainSoundSchema,
    .list = offsetof(virDomainDef, sounds),
    .info = offsetof(virDomainSoundDef, info),
    .alias = "sound",
    .parse = virDomainSoundClassParse,
    .format = virDomainSoundClassFormat,
    .free = virDomainSoundClassFree,
    .describe = virDomainSoundDescribe,
    .addressType = virDomainSoundAddressType,
    .pciPlace = virDomainSoundPCIPlace,
};
