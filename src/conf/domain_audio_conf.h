/*
 * domain_audio_conf.h: <audio> and <sound>: sound cards, and where their sound goes
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

#include "device_conf.h"
#include "virenum.h"

typedef enum {
    VIR_DOMAIN_AUDIO_NONE,
    VIR_DOMAIN_AUDIO_SPICE, /* to whoever looks through spice */
    VIR_DOMAIN_AUDIO_LAST,
} virDomainAudioType;

VIR_ENUM_DECL(virDomainAudio);

/* A guest has at most one, with id 1. */
typedef struct {
    virDomainAudioType type;
    virDomainDeviceInfo info; /* empty: it is no device that the guest sees */
} virDomainAudioDef;

typedef enum {
    VIR_DOMAIN_SOUND_ICH9,
    VIR_DOMAIN_SOUND_LAST,
} virDomainSoundModel;

VIR_ENUM_DECL(virDomainSound);

/* With a codec that plays and records. */
typedef struct {
    virDomainSoundModel model;
    virDomainDeviceInfo info;
} virDomainSoundDef;

extern const virXMLSchema virDomainAudioSchema;
extern const virDomainDeviceClass virDomainAudioClass;
extern const virXMLSchema virDomainSoundSchema;
extern const virDomainDeviceClass virDomainSoundClass;

void virDomainAudioDefFree(virDomainAudioDef *audio);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virDomainAudioDef, virDomainAudioDefFree)
void virDomainSoundDefFree(virDomainSoundDef *sound);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virDomainSoundDef, virDomainSoundDefFree)

/**
 * virDomainAudioDefParseXML, virDomainSoundDefParseXML:
 * @node: <audio> or <sound>, checked against its schema
 *
 * Errors: XML_ERROR or CONFIG_UNSUPPORTED.
 * Returns: what it describes, owned by the caller, or NULL
 */
virDomainAudioDef *virDomainAudioDefParseXML(virXMLNode *node);
virDomainSoundDef *virDomainSoundDefParseXML(virXMLNode *node);

/* @flags: virDomainDefFormatFlags. */
void virDomainAudioDefFormatXML(virXMLWriter *writer, const virDomainAudioDef *audio,
                                unsigned int flags);
void virDomainSoundDefFormatXML(virXMLWriter *writer, const virDomainSoundDef *sound,
                                unsigned int flags);
