/*
 * domain_devices_complete.c: devices that follow from others, and those that do not go together
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "domain_devices_complete.h"
#include "virerror.h"
#include "virgettext.h"

#define VIR_FROM_THIS VIR_FROM_DOMAIN

static const virDomainGraphicsDef *
virDomainGraphicsFind(const virDomainDef *def, virDomainGraphicsType type)
{
    for (guint i = 0; i < def->graphics->len; i++) {
        const virDomainGraphicsDef *graphics = g_ptr_array_index(def->graphics, i);

        if (graphics->type == type)
            return graphics;
    }
    return NULL;
}

static int
virDomainGraphicsCheckAll(const virDomainDef *def)
{
    for (guint i = 0; i < def->graphics->len; i++) {
        const virDomainGraphicsDef *graphics = g_ptr_array_index(def->graphics, i);

        if (virDomainGraphicsFind(def, graphics->type) == graphics)
            continue;
        virReportError(VIR_ERR_CONFIG_UNSUPPORTED,
                       _("unsupported configuration: two <graphics> of type '%1$s'"),
                       virDomainGraphicsToString((int)graphics->type));
        return -1;
    }
    return 0;
}

static int
virDomainSpiceCheckNeeded(const virDomainDef *def)
{
    const virDomainAudioDef *audio =
        def->audios->len > 0 ? g_ptr_array_index(def->audios, 0) : NULL;

    if (virDomainGraphicsFind(def, VIR_DOMAIN_GRAPHICS_SPICE))
        return 0;
    if (audio && audio->type == VIR_DOMAIN_AUDIO_SPICE) {
        virReportError(VIR_ERR_XML_ERROR,
                       _("<audio type='spice'> needs a <graphics type='spice'>"));
        return -1;
    }
    if (def->redirdevs->len > 0) {
        virReportError(VIR_ERR_XML_ERROR,
                       _("<redirdev type='spicevmc'> needs a <graphics type='spice'>"));
        return -1;
    }
    for (guint i = 0; i < def->channels->len; i++) {
        const virDomainChrDef *chr = g_ptr_array_index(def->channels, i);

        if (chr->source.type != VIR_DOMAIN_CHR_TYPE_SPICEVMC)
            continue;
        virReportError(VIR_ERR_XML_ERROR,
                       _("<channel type='spicevmc'> needs a <graphics type='spice'>"));
        return -1;
    }
    return 0;
}

/* Otherwise QEMU would open a sound device of the host. */
static void
virDomainAudioAdd(virDomainDef *def)
{
    virDomainAudioDef *audio;

    if (def->audios->len > 0 || (def->graphics->len == 0 && def->sounds->len == 0))
        return;
    audio = g_new0(virDomainAudioDef, 1);
    if (virDomainGraphicsFind(def, VIR_DOMAIN_GRAPHICS_SPICE))
        audio->type = VIR_DOMAIN_AUDIO_SPICE;
    g_ptr_array_add(def->audios, audio);
}

/* A guest that wants none says so. */
static void
virDomainMemballoonAdd(virDomainDef *def)
{
    if (def->memballoons->len == 0)
        g_ptr_array_add(def->memballoons, g_new0(virDomainMemballoonDef, 1));
}

/* What only q35 has built in, or has at all. */
static int
virDomainCheckMachine(const virDomainDef *def)
{
    const virDomainWatchdogDef *watchdog =
        def->watchdogs->len > 0 ? g_ptr_array_index(def->watchdogs, 0) : NULL;
    const char *what = NULL;

    if (virDomainDefHasPCIe(def))
        return 0;
    if (def->iommus->len > 0)
        what = "<iommu model='intel'>";
    else if (watchdog && watchdog->model == VIR_DOMAIN_WATCHDOG_ITCO)
        what = "<watchdog model='itco'>";
    if (!what)
        return 0;
    virReportError(VIR_ERR_CONFIG_UNSUPPORTED,
                   _("unsupported configuration: %1$s on machine '%2$s'; it needs q35"), what,
                   def->os.machine);
    return -1;
}

/* QEMU ends when a guest turns its IOMMU on and a host device behind it cannot follow. */
static int
virDomainIOMMUCheckAll(const virDomainDef *def)
{
    const virDomainIOMMUDef *iommu =
        def->iommus->len > 0 ? g_ptr_array_index(def->iommus, 0) : NULL;

    if (!iommu)
        return 0;
    if (def->hostdevs->len > 0 && iommu->cachingMode != VIR_TRISTATE_ON) {
        virReportError(VIR_ERR_CONFIG_UNSUPPORTED,
                       _("unsupported configuration: host devices behind an <iommu> without "
                         "caching_mode='on' in its <driver>"));
        return -1;
    }
    if (iommu->eim == VIR_TRISTATE_ON && def->virtType != VIR_DOMAIN_VIRT_KVM) {
        virReportError(VIR_ERR_CONFIG_UNSUPPORTED,
                       _("unsupported configuration: eim='on' of <iommu> without KVM"));
        return -1;
    }
    if (iommu->intremap == VIR_TRISTATE_ON && def->features.ioapic == VIR_DOMAIN_IOAPIC_KVM) {
        virReportError(VIR_ERR_CONFIG_UNSUPPORTED,
                       _("unsupported configuration: intremap='on' of <iommu> with <ioapic "
                         "driver='kvm'/>; it needs driver='qemu'"));
        return -1;
    }
    return 0;
}

static int
virDomainInputsCheckPS2(const virDomainDef *def)
{
    bool found[VIR_DOMAIN_INPUT_LAST] = {false};

    for (guint i = 0; i < def->inputs->len; i++) {
        const virDomainInputDef *input = g_ptr_array_index(def->inputs, i);

        if (input->bus != VIR_DOMAIN_INPUT_BUS_PS2)
            continue;
        if (found[input->type]) {
            virReportError(VIR_ERR_CONFIG_UNSUPPORTED,
                           _("unsupported configuration: two <input type='%1$s' bus='ps2'>; the "
                             "machine has one"),
                           virDomainInputToString((int)input->type));
            return -1;
        }
        found[input->type] = true;
    }
    return 0;
}

int
virDomainDevicesComplete(virDomainDef *def)
{
    if (virDomainGraphicsCheckAll(def) < 0 || virDomainSpiceCheckNeeded(def) < 0 ||
        virDomainCheckMachine(def) < 0 || virDomainIOMMUCheckAll(def) < 0 ||
        virDomainInputsCheckPS2(def) < 0 ||
        virDomainVideosComplete(def->videos, def->graphics->len > 0) < 0)
        return -1;
    if (def->graphics->len > 0)
        virDomainInputsAddPS2(def->inputs);
    virDomainAudioAdd(def);
    virDomainMemballoonAdd(def);
    return 0;
}
