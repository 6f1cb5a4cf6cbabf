/*
 * domain_conf.c: <domain>: the definition of a guest
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "domain_address.h"
#include "domain_conf.h"
#include "virerror.h"
#include "virgettext.h"

#define VIR_FROM_THIS VIR_FROM_DOMAIN

VIR_ENUM_IMPL(virDomainVirt, VIR_DOMAIN_VIRT_LAST, "qemu", "kvm");
VIR_ENUM_IMPL(virDomainReboot, VIR_DOMAIN_REBOOT_LAST, "restart", "destroy");
VIR_ENUM_IMPL(virDomainClock, VIR_DOMAIN_CLOCK_LAST, "utc", "localtime");

/* The only thing that can follow a power-off or a crash: the guest is gone. */
VIR_ENUM_DECL(virDomainDestroy);
VIR_ENUM_IMPL(virDomainDestroy, 1, "destroy");

VIR_ENUM_DECL(virDomainPlacement);
VIR_ENUM_IMPL(virDomainPlacement, 1, "static");

static const virXMLSchema virDomainNameSchema = {.name = "name", .flags = VIR_XML_TEXT};
static const virXMLSchema virDomainUUIDSchema = {.name = "uuid", .flags = VIR_XML_TEXT};
static const virXMLSchema virDomainMemorySchema = {
    .name = "memory",
    .attributes = VIR_XML_NAMES("unit"),
    .flags = VIR_XML_TEXT,
};
static const virXMLSchema virDomainCurrentMemorySchema = {
    .name = "currentMemory",
    .attributes = VIR_XML_NAMES("unit"),
    .flags = VIR_XML_TEXT,
};
static const virXMLSchema virDomainVcpuSchema = {
    .name = "vcpu",
    .attributes = VIR_XML_NAMES("placement"),
    .flags = VIR_XML_TEXT,
};
static const virXMLSchema virDomainACPISchema = {.name = "acpi"};
static const virXMLSchema virDomainAPICSchema = {.name = "apic"};
static const virXMLSchema virDomainFeaturesSchema = {
    .name = "features",
    .children = VIR_XML_CHILDREN(&virDomainACPISchema, &virDomainAPICSchema),
};
static const virXMLSchema virDomainClockSchema = {
    .name = "clock",
    .attributes = VIR_XML_NAMES("offset"),
};
static const virXMLSchema virDomainOnPoweroffSchema = {
    .name = "on_poweroff",
    .flags = VIR_XML_TEXT,
};
static const virXMLSchema virDomainOnRebootSchema = {.name = "on_reboot", .flags = VIR_XML_TEXT};
static const virXMLSchema virDomainOnCrashSchema = {.name = "on_crash", .flags = VIR_XML_TEXT};
static const virXMLSchema virDomainEmulatorSchema = {.name = "emulator", .flags = VIR_XML_TEXT};
static const virXMLSchema virDomainDevicesSchema = {
    .name = "devices",
    .children =
        VIR_XML_CHILDREN(&virDomainEmulatorSchema, &virDomainControllerSchema,
                         &virDomainSerialSchema, &virDomainConsoleSchema, &virDomainHostdevSchema),
};

static const virXMLSchema virDomainSchema = {
    .name = "domain",
    .attributes = VIR_XML_NAMES("type"),
    .children = VIR_XML_CHILDREN(
        &virDomainNameSchema, &virDomainUUIDSchema, &virDomainMemorySchema,
        &virDomainCurrentMemorySchema, &virDomainVcpuSchema, &virDomainOSSchema,
        &virDomainFeaturesSchema, &virDomainClockSchema, &virDomainOnPoweroffSchema,
        &virDomainOnRebootSchema, &virDomainOnCrashSchema, &virDomainDevicesSchema),
};

static virDomainDef *
virDomainDefNew(void)
{
    virDomainDef *def = g_new0(virDomainDef, 1);

    def->vcpus = 1;
    def->controllers = g_ptr_array_new_with_free_func((GDestroyNotify)virDomainControllerDefFree);
    def->hostdevs = g_ptr_array_new_with_free_func((GDestroyNotify)virDomainHostdevDefFree);
    def->serials = g_ptr_array_new_with_free_func((GDestroyNotify)virDomainChrDefFree);
    return def;
}

void
virDomainDefFree(virDomainDef *def)
{
    if (!def)
        return;
    g_free(def->name);
    g_free(def->uuid);
    virDomainOSDefClear(&def->os);
    g_free(def->emulator);
    g_ptr_array_unref(def->controllers);
    g_ptr_array_unref(def->hostdevs);
    g_ptr_array_unref(def->serials);
    g_free(def);
}

/* The child element that has to be there, or NULL with an error reported. */
static virXMLNode *
virDomainRequireChild(virXMLNode *root, const char *name)
{
    virXMLNode *node = virXMLGetChild(root, name);

    if (!node)
        virXMLReportError(root, VIR_ERR_XML_ERROR, _("<%1$s> lacks <%2$s>"), virXMLGetName(root),
                          name);
    return node;
}

#define VIR_DOMAIN_NAME_MAX 255

static int
virDomainNameParseXML(virXMLNode *root, virDomainDef *def)
{
    virXMLNode *node = virDomainRequireChild(root, "name");

    if (!node)
        return -1;
    def->name = virXMLGetText(node);
    if (!*def->name || strlen(def->name) > VIR_DOMAIN_NAME_MAX || strchr(def->name, '/') ||
        virDomainTextHasControl(def->name)) {
        virXMLReportError(node, VIR_ERR_XML_ERROR,
                          _("a guest's name has 1 to %1$d bytes, no '/' and no control characters"),
                          VIR_DOMAIN_NAME_MAX);
        return -1;
    }
    return 0;
}

static int
virDomainUUIDParseXML(virXMLNode *root, virDomainDef *def)
{
    virXMLNode *node = virXMLGetChild(root, "uuid");
    g_autofree char *text = NULL;

    if (!node) {
        def->uuid = g_uuid_string_random();
        return 0;
    }
    text = virXMLGetText(node);
    if (!g_uuid_string_is_valid(text)) {
        virXMLReportError(node, VIR_ERR_XML_ERROR,
                          _("'%1$s' is no UUID like c9c1b2a4-0d2f-4b5e-9c53-0f1f2ac7d0f1"), text);
        return -1;
    }
    def->uuid = g_ascii_strdown(text, -1);
    return 0;
}

/* Bytes in a unit of memory, or 0 if there is no such unit. Case is ignored, as in libvirt. */
static guint64
virDomainMemoryUnit(const char *unit)
{
    static const struct {
        const char *name;
        guint64 bytes;
    } units[] = {
        {"b", 1},
        {"byte", 1},
        {"bytes", 1},
        {"KB", 1000},
        {"k", G_GUINT64_CONSTANT(1) << 10},
        {"KiB", G_GUINT64_CONSTANT(1) << 10},
        {"MB", 1000 * 1000},
        {"M", G_GUINT64_CONSTANT(1) << 20},
        {"MiB", G_GUINT64_CONSTANT(1) << 20},
        {"GB", 1000 * 1000 * 1000},
        {"G", G_GUINT64_CONSTANT(1) << 30},
        {"GiB", G_GUINT64_CONSTANT(1) << 30},
        {"TB", G_GUINT64_CONSTANT(1000) * 1000 * 1000 * 1000},
        {"T", G_GUINT64_CONSTANT(1) << 40},
        {"TiB", G_GUINT64_CONSTANT(1) << 40},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(units); i++) {
        if (g_ascii_strcasecmp(unit, units[i].name) == 0)
            return units[i].bytes;
    }
    return 0;
}

/* A size in KiB, rounded up. */
static int
virDomainSizeParseXML(virXMLNode *node, guint64 *size_kib)
{
    g_autofree char *unit = virXMLGetAttribute(node, "unit");
    guint64 bytes = virDomainMemoryUnit(unit ? unit : "KiB");
    guint64 number = 0;

    if (bytes == 0) {
        virXMLReportError(
            node, VIR_ERR_XML_ERROR,
            _("'%1$s' is no unit of memory; use KiB, MiB, GiB, TiB, KB, MB, GB, TB or "
              "bytes"),
            unit);
        return -1;
    }
    if (virXMLGetNumber(node, NULL, G_MAXUINT64, &number) < 0)
        return -1;
    if (number > VIR_DOMAIN_MAX_MEMORY_KIB * 1024 / bytes || number * bytes < 1024 * 1024) {
        virXMLReportError(node, VIR_ERR_XML_ERROR, _("<%1$s> must be from 1 MiB to %2$llu TiB"),
                          virXMLGetName(node), (unsigned long long)VIR_DOMAIN_MAX_MEMORY_KIB >> 30);
        return -1;
    }
    *size_kib = (number * bytes + 1023) / 1024;
    return 0;
}

static int
virDomainMemoryParseXML(virXMLNode *root, virDomainDef *def)
{
    virXMLNode *memory = virDomainRequireChild(root, "memory");
    virXMLNode *current = virXMLGetChild(root, "currentMemory");
    guint64 current_kib;

    if (!memory || virDomainSizeParseXML(memory, &def->memory_kib) < 0)
        return -1;
    if (!current)
        return 0;
    if (virDomainSizeParseXML(current, &current_kib) < 0)
        return -1;
    if (current_kib != def->memory_kib) {
        virXMLReportError(current, VIR_ERR_CONFIG_UNSUPPORTED,
                          _("unsupported configuration: <currentMemory> differs from <memory>; a "
                            "guest with VFIO devices has all its memory from the start"));
        return -1;
    }
    return 0;
}

static int
virDomainVcpuParseXML(virXMLNode *root, virDomainDef *def)
{
    virXMLNode *node = virXMLGetChild(root, "vcpu");
    guint64 vcpus = 0;
    int placement;

    if (!node)
        return 0;
    if (virXMLGetEnum(node, "placement", virDomainPlacementToString, &placement) < 0 ||
        virXMLGetNumber(node, NULL, VIR_DOMAIN_MAX_VCPUS, &vcpus) < 0)
        return -1;
    if (vcpus == 0) {
        virXMLReportError(node, VIR_ERR_XML_ERROR, _("a guest has at least one <vcpu>"));
        return -1;
    }
    def->vcpus = (unsigned int)vcpus;
    return 0;
}

static int
virDomainClockParseXML(virXMLNode *root, virDomainDef *def)
{
    virXMLNode *node = virXMLGetChild(root, "clock");
    int offset = 0;

    if (node && virXMLGetEnum(node, "offset", virDomainClockToString, &offset) < 0)
        return -1;
    def->clock = offset;
    return 0;
}

static int
virDomainLifecycleParseXML(virXMLNode *root, virDomainDef *def)
{
    virXMLNode *poweroff = virXMLGetChild(root, "on_poweroff");
    virXMLNode *reboot = virXMLGetChild(root, "on_reboot");
    virXMLNode *crash = virXMLGetChild(root, "on_crash");
    int destroy;
    int action = 0;

    if ((poweroff && virXMLGetEnum(poweroff, NULL, virDomainDestroyToString, &destroy) < 0) ||
        (crash && virXMLGetEnum(crash, NULL, virDomainDestroyToString, &destroy) < 0) ||
        (reboot && virXMLGetEnum(reboot, NULL, virDomainRebootToString, &action) < 0))
        return -1;
    def->onReboot = action;
    return 0;
}

static bool
virDomainHasHostdev(const virDomainDef *def, const virPCIDeviceAddress *source)
{
    for (guint i = 0; i < def->hostdevs->len; i++) {
        const virDomainHostdevDef *hostdev = g_ptr_array_index(def->hostdevs, i);

        if (virPCIDeviceAddressCompare(&hostdev->source, source) == 0)
            return true;
    }
    return false;
}

static int
virDomainHostdevsParseXML(virXMLNode *devices, virDomainDef *def)
{
    for (virXMLNode *node = virXMLGetChild(devices, "hostdev"); node; node = virXMLGetNext(node)) {
        g_autoptr(virDomainHostdevDef) hostdev = virDomainHostdevDefParseXML(node);

        if (!hostdev)
            return -1;
        if (virDomainHasHostdev(def, &hostdev->source)) {
            g_autofree char *address = virPCIDeviceAddressAsString(&hostdev->source);

            virXMLReportError(node, VIR_ERR_XML_ERROR, _("host device %1$s is given twice"),
                              address);
            return -1;
        }
        g_ptr_array_add(def->hostdevs, g_steal_pointer(&hostdev));
    }
    return 0;
}

static int
virDomainControllersParseXML(virXMLNode *devices, virDomainDef *def)
{
    for (virXMLNode *node = virXMLGetChild(devices, "controller"); node;
         node = virXMLGetNext(node)) {
        virDomainControllerDef *controller = virDomainControllerDefParseXML(node);

        if (!controller)
            return -1;
        g_ptr_array_add(def->controllers, controller);
    }
    return 0;
}

static int
virDomainDevicesParseXML(virXMLNode *root, virDomainDef *def)
{
    virXMLNode *devices = virXMLGetChild(root, "devices");
    virXMLNode *emulator = devices ? virXMLGetChild(devices, "emulator") : NULL;

    if (!devices)
        return 0;
    if (emulator && virDomainPathParseXML(emulator, NULL, &def->emulator) < 0)
        return -1;
    if (virDomainControllersParseXML(devices, def) < 0 ||
        virDomainHostdevsParseXML(devices, def) < 0)
        return -1;
    return virDomainChrDefParseXML(devices, def->serials);
}

static int
virDomainTypeParseXML(virXMLNode *root, virDomainDef *def)
{
    int type = 0;
    int rc = virXMLGetEnum(root, "type", virDomainVirtToString, &type);

    if (rc == 0)
        virXMLReportError(root, VIR_ERR_XML_ERROR,
                          _("<domain> lacks the attribute 'type': 'kvm', or 'qemu' for emulation "
                            "without KVM"));
    def->virtType = type;
    return rc == 1 ? 0 : -1;
}

static virDomainDef *
virDomainDefParseDoc(virXMLDoc *doc)
{
    g_autoptr(virDomainDef) def = virDomainDefNew();
    virXMLNode *root = virXMLGetRoot(doc);
    virXMLNode *os;

    if (virXMLCheck(root, &virDomainSchema) < 0 || virDomainTypeParseXML(root, def) < 0 ||
        virDomainNameParseXML(root, def) < 0 || virDomainUUIDParseXML(root, def) < 0 ||
        virDomainMemoryParseXML(root, def) < 0 || virDomainVcpuParseXML(root, def) < 0 ||
        !(os = virDomainRequireChild(root, "os")) || virDomainOSDefParseXML(os, &def->os) < 0 ||
        virDomainClockParseXML(root, def) < 0 || virDomainLifecycleParseXML(root, def) < 0 ||
        virDomainDevicesParseXML(root, def) < 0 || virDomainAssignPCIAddresses(def) < 0)
        return NULL;
    return g_steal_pointer(&def);
}

virDomainDef *
virDomainDefParse(const char *text, size_t len, const char *source)
{
    g_autoptr(virXMLDoc) doc = virXMLParse(text, len, source);

    return doc ? virDomainDefParseDoc(doc) : NULL;
}

virDomainDef *
virDomainDefParseFD(int fd, const char *source)
{
    g_autoptr(virXMLDoc) doc = virXMLParseFD(fd, source);

    return doc ? virDomainDefParseDoc(doc) : NULL;
}

static void
virDomainSizeFormatXML(virXMLWriter *writer, const char *name, guint64 size_kib)
{
    g_autofree char *text = g_strdup_printf("%" G_GUINT64_FORMAT, size_kib);

    virXMLWriterStart(writer, name);
    virXMLWriterAttribute(writer, "unit", "KiB");
    virXMLWriterText(writer, text);
    virXMLWriterEnd(writer);
}

/* Also what has no choice is printed, so that libvirt reads it in the same way. */
static void
virDomainBasicsFormatXML(virXMLWriter *writer, const virDomainDef *def)
{
    g_autofree char *vcpus = g_strdup_printf("%u", def->vcpus);

    virXMLWriterElement(writer, "name", def->name);
    virXMLWriterElement(writer, "uuid", def->uuid);
    virDomainSizeFormatXML(writer, "memory", def->memory_kib);
    virDomainSizeFormatXML(writer, "currentMemory", def->memory_kib);
    virXMLWriterElement(writer, "vcpu", vcpus);
    virDomainOSDefFormatXML(writer, &def->os);
    virXMLWriterStart(writer, "features");
    virXMLWriterElement(writer, "acpi", "");
    virXMLWriterElement(writer, "apic", "");
    virXMLWriterEnd(writer);
    virXMLWriterStart(writer, "clock");
    virXMLWriterAttribute(writer, "offset", "%s", virDomainClockToString(def->clock));
    virXMLWriterEnd(writer);
    virXMLWriterElement(writer, "on_poweroff", "destroy");
    virXMLWriterElement(writer, "on_reboot", virDomainRebootToString(def->onReboot));
    virXMLWriterElement(writer, "on_crash", "destroy");
}

static void
virDomainDevicesFormatXML(virXMLWriter *writer, const virDomainDef *def)
{
    virXMLWriterStart(writer, "devices");
    virXMLWriterElement(writer, "emulator", def->emulator);
    for (guint i = 0; i < def->controllers->len; i++)
        virDomainControllerDefFormatXML(writer, g_ptr_array_index(def->controllers, i));
    for (guint i = 0; i < def->serials->len; i++)
        virDomainChrDefFormatXML(writer, g_ptr_array_index(def->serials, i));
    for (guint i = 0; i < def->hostdevs->len; i++)
        virDomainHostdevDefFormatXML(writer, g_ptr_array_index(def->hostdevs, i));
    virXMLWriterEnd(writer);
}

char *
virDomainDefFormat(const virDomainDef *def)
{
    g_autoptr(virXMLWriter) writer = virXMLWriterNew();

    virXMLWriterStart(writer, "domain");
    virXMLWriterAttribute(writer, "type", "%s", virDomainVirtToString(def->virtType));
    virDomainBasicsFormatXML(writer, def);
    virDomainDevicesFormatXML(writer, def);
    virXMLWriterEnd(writer);
    return virXMLWriterFinish(writer);
}
