/*
 * domain_video_conf.c: <video>: the guest's graphics adapters
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <stddef.h>

#include "domain_attribute.h"
#include "domain_device.h"
#include "domain_video_conf.h"
#include "virerror.h"
#include "virgettext.h"

#define VIR_FROM_THIS VIR_FROM_DOMAIN

VIR_ENUM_IMPL(virDomainVideo, VIR_DOMAIN_VIDEO_LAST, "vga", "cirrus", "qxl", "virtio", "bochs",
              "ramfb", "none");

static const virXMLSchema virDomainVideoAccelerationSchema = {
    .name = "acceleration",
    .attributes = VIR_XML_NAMES("accel3d"),
};
static const virXMLSchema virDomainVideoModelSchema = {
    .name = "model",
    .attributes = VIR_XML_NAMES("type", "ram", "vram", "vgamem", "heads", "primary"),
    .children = VIR_XML_CHILDREN(&virDomainVideoAccelerationSchema),
};
const virXMLSchema virDomainVideoSchema = {
    .name = "video",
    .children = VIR_XML_CHILDREN(&virDomainVideoModelSchema, &virDomainVirtioDriverSchema,
                                 &virDomainDeviceAliasSchema, &virDomainDeviceAddressSchema),
    .flags = VIR_XML_MANY,
};

/* What a type has; memory in KiB, the smallest and the largest that QEMU takes, and ours. */
static const struct {
    const char *const *attributes;
    unsigned int vramRange[2];
    unsigned int vram_kib;
    unsigned int maxHeads;
    bool pci;
    bool secondary; /* can be there beside a primary one */
} virDomainVideoTypes[VIR_DOMAIN_VIDEO_LAST] = {
    [VIR_DOMAIN_VIDEO_VGA] = {VIR_XML_NAMES("type", "vram", "heads", "primary"),
                              {1024, 256 * 1024},
                              16 * 1024,
                              1,
                              true,
                              false},
    [VIR_DOMAIN_VIDEO_CIRRUS] = {VIR_XML_NAMES("type", "vram", "heads", "primary"),
                                 {4 * 1024, 16 * 1024},
                                 16 * 1024,
                                 1,
                                 true,
                                 false},
    [VIR_DOMAIN_VIDEO_QXL] = {VIR_XML_NAMES("type", "ram", "vram", "vgamem", "heads", "primary"),
                              {1024, 512 * 1024},
                              64 * 1024,
                              15,
                              true,
                              true},
    [VIR_DOMAIN_VIDEO_VIRTIO] =
        {VIR_XML_NAMES("type", "heads", "primary"), {0, 0}, 0, 16, true, true},
    [VIR_DOMAIN_VIDEO_BOCHS] = {VIR_XML_NAMES("type", "vram", "heads", "primary"),
                                {4 * 1024, 256 * 1024},
                                16 * 1024,
                                1,
                                true,
                                true},
    [VIR_DOMAIN_VIDEO_RAMFB] =
        {VIR_XML_NAMES("type", "heads", "primary"), {0, 0}, 0, 1, false, false},
    [VIR_DOMAIN_VIDEO_NONE] = {VIR_XML_NAMES("type"), {0, 0}, 0, 1, false, false},
};

#define VIR_DOMAIN_QXL_RAM_KIB    (64 * 1024)
#define VIR_DOMAIN_QXL_VGAMEM_KIB (16 * 1024)

virDomainVideoDef *
virDomainVideoDefNew(virDomainVideoType type)
{
    virDomainVideoDef *video = g_new0(virDomainVideoDef, 1);

    video->type = type;
    video->heads = 1;
    video->vram_kib = virDomainVideoTypes[type].vram_kib;
    if (type == VIR_DOMAIN_VIDEO_QXL) {
        video->ram_kib = VIR_DOMAIN_QXL_RAM_KIB;
        video->vgamem_kib = VIR_DOMAIN_QXL_VGAMEM_KIB;
    }
    return video;
}

void
virDomainVideoDefFree(virDomainVideoDef *video)
{
    if (!video)
        return;
    virDomainDeviceInfoClear(&video->info);
    g_free(video);
}

bool
virDomainVideoIsPCI(const virDomainVideoDef *video)
{
    return virDomainVideoTypes[video->type].pci;
}

/* QEMU takes powers of two; the others are rounded up, as libvirt does. */
static int
virDomainVideoMemoryParseXML(virXMLNode *model, const char *name, const unsigned int range[2],
                             unsigned int *size_kib)
{
    unsigned int size = 0;

    if (virDomainRangeParseXML(model, name, range, &size) < 0)
        return -1;
    if (size == 0)
        return 0;
    *size_kib = range[0];
    while (*size_kib < size)
        *size_kib *= 2;
    return 0;
}

static int
virDomainVideoAccelerationParseXML(virXMLNode *model)
{
    virXMLNode *acceleration = virXMLGetChild(model, "acceleration");
    int accel3d = 0;

    if (!acceleration)
        return 0;
    if (virXMLGetEnum(acceleration, "accel3d", virDomainYesNoToString, &accel3d) < 0)
        return -1;
    if (!accel3d)
        return 0;
    virXMLReportError(acceleration, VIR_ERR_CONFIG_UNSUPPORTED,
                      _("unsupported configuration: accel3d='yes'; a display with OpenGL is not "
                        "supported"));
    return -1;
}

static int
virDomainVideoModelParseXML(virXMLNode *model, virDomainVideoDef *video)
{
    const unsigned int headsRange[2] = {1, virDomainVideoTypes[video->type].maxHeads};
    const unsigned int qxlRange[2] = {1024, 512 * 1024};
    g_autofree char *where = g_strdup_printf("type='%s'", virDomainVideoToString((int)video->type));
    int primary = 0;

    if (virDomainCheckAttributes(model, &virDomainVideoModelSchema,
                                 virDomainVideoTypes[video->type].attributes, where) < 0 ||
        virDomainVideoMemoryParseXML(model, "vram", virDomainVideoTypes[video->type].vramRange,
                                     &video->vram_kib) < 0 ||
        virDomainVideoMemoryParseXML(model, "ram", qxlRange, &video->ram_kib) < 0 ||
        virDomainVideoMemoryParseXML(model, "vgamem", qxlRange, &video->vgamem_kib) < 0 ||
        virDomainRangeParseXML(model, "heads", headsRange, &video->heads) < 0 ||
        virXMLGetEnum(model, "primary", virDomainYesNoToString, &primary) < 0)
        return -1;
    video->primary = primary;
    return virDomainVideoAccelerationParseXML(model);
}

static int
virDomainVideoDriverParseXML(virXMLNode *node, virDomainVideoDef *video)
{
    if (video->type == VIR_DOMAIN_VIDEO_VIRTIO || !virXMLGetChild(node, "driver"))
        return virDomainVirtioParseXML(node, &video->virtio);
    virXMLReportError(node, VIR_ERR_CONFIG_UNSUPPORTED,
                      _("unsupported configuration: <driver> of a <video> of type '%1$s'; it is of "
                        "type 'virtio'"),
                      virDomainVideoToString((int)video->type));
    return -1;
}

virDomainVideoDef *
virDomainVideoDefParseXML(virXMLNode *node)
{
    virXMLNode *model = virXMLGetChild(node, "model");
    int type = VIR_DOMAIN_VIDEO_VGA;
    g_autoptr(virDomainVideoDef) video = NULL;

    if (model && virXMLGetEnum(model, "type", virDomainVideoToString, &type) < 0)
        return NULL;
    video = virDomainVideoDefNew((virDomainVideoType)type);
    if ((model && virDomainVideoModelParseXML(model, video) < 0) ||
        virDomainVideoDriverParseXML(node, video) < 0 ||
        virDomainDeviceInfoParseXML(node, &video->info) < 0)
        return NULL;
    return g_steal_pointer(&video);
}

/* The index of the primary adapter, or -1 with an error reported. */
static int
virDomainVideosFindPrimary(const GPtrArray *videos)
{
    int primary = -1;

    for (guint i = 0; i < videos->len; i++) {
        const virDomainVideoDef *video = g_ptr_array_index(videos, i);

        if (!video->primary)
            continue;
        if (primary >= 0) {
            virReportError(VIR_ERR_XML_ERROR, _("two <video> devices are primary='yes'"));
            return -1;
        }
        primary = (int)i;
    }
    return MAX(primary, 0);
}

static int
virDomainVideosCheck(const GPtrArray *videos)
{
    for (guint i = 0; i < videos->len; i++) {
        const virDomainVideoDef *video = g_ptr_array_index(videos, i);

        if (videos->len == 1 || (video->type != VIR_DOMAIN_VIDEO_NONE &&
                                 (i == 0 || virDomainVideoTypes[video->type].secondary)))
            continue;
        virReportError(VIR_ERR_CONFIG_UNSUPPORTED,
                       _("unsupported configuration: a <video> of type '%1$s' beside another that "
                         "is primary"),
                       virDomainVideoToString((int)video->type));
        return -1;
    }
    return 0;
}

int
virDomainVideosComplete(GPtrArray *videos, bool graphics)
{
    virDomainVideoDef *first;
    int primary;

    if (videos->len == 0 && graphics)
        g_ptr_array_add(videos, virDomainVideoDefNew(VIR_DOMAIN_VIDEO_VGA));
    if (videos->len == 0)
        return 0;
    if ((primary = virDomainVideosFindPrimary(videos)) < 0)
        return -1;
    first = g_ptr_array_steal_index(videos, (guint)primary);
    first->primary = first->type != VIR_DOMAIN_VIDEO_NONE;
    g_ptr_array_insert(videos, 0, first);
    return virDomainVideosCheck(videos);
}

void
virDomainVideoDefFormatXML(virXMLWriter *writer, const virDomainVideoDef *video, unsigned int flags)
{
    virXMLWriterStart(writer, "video");
    virXMLWriterStart(writer, "model");
    virXMLWriterAttribute(writer, "type", "%s", virDomainVideoToString((int)video->type));
    if (video->ram_kib)
        virXMLWriterAttribute(writer, "ram", "%u", video->ram_kib);
    if (video->vram_kib)
        virXMLWriterAttribute(writer, "vram", "%u", video->vram_kib);
    if (video->vgamem_kib)
        virXMLWriterAttribute(writer, "vgamem", "%u", video->vgamem_kib);
    if (video->type != VIR_DOMAIN_VIDEO_NONE)
        virXMLWriterAttribute(writer, "heads", "%u", video->heads);
    if (video->primary)
        virXMLWriterAttribute(writer, "primary", "yes");
    virXMLWriterEnd(writer);
    virDomainVirtioFormatDriver(writer, &video->virtio);
    virDomainDeviceInfoFormatXML(writer, &video->info, flags);
    virXMLWriterEnd(writer);
}

VIR_DOMAIN_DEVICE_CLASS_FUNCTIONS(virDomainVideo);

static char *
virDomainVideoDescribe(const void *device)
{
    const virDomainVideoDef *video = device;

    return virFormat(_("video '%1$s'"), virDomainVideoToString((int)video->type));
}

static virDomainDeviceAddressType
virDomainVideoAddressType(const void *device)
{
    return virDomainVideoIsPCI(device) ? VIR_DOMAIN_DEVICE_ADDRESS_PCI
                                       : VIR_DOMAIN_DEVICE_ADDRESS_NONE;
}

/* The primary one is where libvirt has it; the others are ordinary devices. */
static virDomainPCIPlace
virDomainVideoPCIPlace(const virDomainDef *def, const void *device)
{
    const virDomainVideoDef *video = device;

    if (video->primary)
        return (virDomainPCIPlace){
            .kind = VIR_DOMAIN_PCI_INTEGRATED,
            .wish = VIR_DOMAIN_PCI_PREFERRED,
            .at = {.slot = virDomainDefHasPCIe(def) ? 1 : 2},
        };
    return (virDomainPCIPlace){.kind = video->type == VIR_DOMAIN_VIDEO_VIRTIO
                                           ? VIR_DOMAIN_PCI_EXPRESS
                                           : VIR_DOMAIN_PCI_CONVENTIONAL};
}

static const virDomainVirtioDef *
virDomainVideoGetVirtio(const void *device)
{
    const virDomainVideoDef *video = device;

    return video->type == VIR_DOMAIN_VIDEO_VIRTIO ? &video->virtio : NULL;
}

const virDomainDeviceClass virDomainVideoClass = {
    .schema = &virDomainVideoSchema,
    .list = offsetof(virDomainDef, videos),
    .info = offsetof(virDomainVideoDef, info),
    .alias = "video",
    .parse = virDomainVideoClassParse,
    .format = virDomainVideoClassFormat,
    .free = virDomainVideoClassFree,
    .describe = virDomainVideoDescribe,
    .addressType = virDomainVideoAddressType,
    .pciPlace = virDomainVideoPCIPlace,
    .virtio = virDomainVideoGetVirtio,
};
