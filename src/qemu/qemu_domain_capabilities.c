/*
 * qemu_domain_capabilities.c: what guests can be made of here, as libvirt's XML
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "qemu_domain_capabilities.h"
#include "qemu_firmware.h"
#include "virxmlwriter.h"

typedef const char *(*qemuCapsToString)(int value);

/* A list of values: those of an enumeration that a document can name. */
typedef struct {
    const char *name;
    qemuCapsToString toString;
    int first; /* 1 if value 0 is that nothing is said */
    /* QEMU's device for each value, or NULL if that needs none; or no array */
    const char *const *devices;
} qemuCapsEnum;

static const char *const qemuCapsVideoDevices[VIR_DOMAIN_VIDEO_LAST] = {
    [VIR_DOMAIN_VIDEO_VGA] = "VGA",
    [VIR_DOMAIN_VIDEO_CIRRUS] = "cirrus-vga",
    [VIR_DOMAIN_VIDEO_QXL] = "qxl-vga",
    [VIR_DOMAIN_VIDEO_VIRTIO] = "virtio-vga",
    [VIR_DOMAIN_VIDEO_BOCHS] = "bochs-display",
    [VIR_DOMAIN_VIDEO_RAMFB] = "ramfb",
};
static const char *const qemuCapsTPMDevices[VIR_DOMAIN_TPM_LAST] = {
    [VIR_DOMAIN_TPM_CRB] = "tpm-crb",
    [VIR_DOMAIN_TPM_TIS] = "tpm-tis",
};
static const char *const qemuCapsDiskDevices[VIR_DOMAIN_DISK_BUS_LAST] = {
    [VIR_DOMAIN_DISK_BUS_VIRTIO] = "virtio-blk-pci", [VIR_DOMAIN_DISK_BUS_SCSI] = "scsi-hd",
    [VIR_DOMAIN_DISK_BUS_SATA] = "ide-hd",           [VIR_DOMAIN_DISK_BUS_IDE] = "ide-hd",
    [VIR_DOMAIN_DISK_BUS_USB] = "usb-storage",
};

static void
qemuCapsFormatValues(virXMLWriter *writer, const char *name, const char *const *values)
{
    virXMLWriterStart(writer, "enum");
    virXMLWriterAttribute(writer, "name", "%s", name);
    for (size_t i = 0; values[i]; i++)
        virXMLWriterElement(writer, "value", values[i]);
    virXMLWriterEnd(writer);
}

static void
qemuCapsFormatEnum(virXMLWriter *writer, const qemuCaps *caps, const qemuCapsEnum *list,
                   const char *without)
{
    g_autoptr(GPtrArray) values = g_ptr_array_new();
    const char *word;

    for (int i = list->first; (word = list->toString(i)); i++) {
        const char *device = list->devices ? list->devices[i] : NULL;

        if ((!device || qemuCapsHasDevice(caps, device)) && g_strcmp0(word, without) != 0)
            g_ptr_array_add(values, (void *)(guintptr)word);
    }
    g_ptr_array_add(values, NULL);
    qemuCapsFormatValues(writer, list->name, (const char *const *)values->pdata);
}

/* <NAME supported='yes'>; to be ended. */
static void
qemuCapsStart(virXMLWriter *writer, const char *name, bool supported)
{
    virXMLWriterStart(writer, name);
    virXMLWriterAttribute(writer, "supported", "%s", supported ? "yes" : "no");
}

static void
qemuCapsFormatSupported(virXMLWriter *writer, const char *name, bool supported)
{
    qemuCapsStart(writer, name, supported);
    virXMLWriterEnd(writer);
}

static void
qemuCapsFormatRedirdev(virXMLWriter *writer, bool supported)
{
    static const char *const buses[] = {"usb", NULL};

    qemuCapsStart(writer, "redirdev", supported);
    if (supported)
        qemuCapsFormatValues(writer, "bus", buses);
    virXMLWriterEnd(writer);
}

static void
qemuCapsFormatOS(virXMLWriter *writer, const qemuCaps *caps, const char *machine)
{
    static const qemuCapsEnum loaders = {"type", virDomainLoaderToString, 1, NULL};
    static const char *const efi[] = {"efi", NULL};
    static const char *const words[] = {"yes", "no", NULL};
    g_auto(GStrv) paths = qemuFirmwareListExecutables(machine, NULL);

    qemuCapsStart(writer, "os", true);
    qemuCapsFormatValues(writer, "firmware", *paths ? efi : efi + 1);
    qemuCapsStart(writer, "loader", true);
    for (char **path = paths; *path; path++)
        virXMLWriterElement(writer, "value", *path);
    qemuCapsFormatEnum(writer, caps, &loaders, NULL);
    qemuCapsFormatValues(writer, "readonly", words);
    qemuCapsFormatValues(writer, "secure", words);
    virXMLWriterEnd(writer);
    virXMLWriterEnd(writer);
}

static void
qemuCapsFormatMode(virXMLWriter *writer, virDomainCPUMode mode, bool supported,
                   const char *migratable)
{
    static const char *const words[] = {"on", "off", NULL};

    virXMLWriterStart(writer, "mode");
    virXMLWriterAttribute(writer, "name", "%s", virDomainCPUModeToString((int)mode));
    virXMLWriterAttribute(writer, "supported", "%s", supported ? "yes" : "no");
    if (supported && migratable)
        qemuCapsFormatValues(writer, migratable, words);
}

/* QEMU names models; which of them this host's processor can do it does not say without a machine.
 */
static void
qemuCapsFormatCPU(virXMLWriter *writer, const qemuCaps *caps, virDomainVirtType type)
{
    virXMLWriterStart(writer, "cpu");
    qemuCapsFormatMode(writer, VIR_DOMAIN_CPU_MODE_HOST_PASSTHROUGH, type == VIR_DOMAIN_VIRT_KVM,
                       "hostPassthroughMigratable");
    virXMLWriterEnd(writer);
    qemuCapsFormatMode(writer, VIR_DOMAIN_CPU_MODE_MAXIMUM, true, "maximumMigratable");
    virXMLWriterEnd(writer);
    qemuCapsFormatMode(writer, VIR_DOMAIN_CPU_MODE_HOST_MODEL, true, NULL);
    virXMLWriterEnd(writer);
    qemuCapsFormatMode(writer, VIR_DOMAIN_CPU_MODE_CUSTOM, true, NULL);
    for (char **model = caps->cpus; model && *model; model++) {
        virXMLWriterStart(writer, "model");
        virXMLWriterAttribute(writer, "usable", "unknown");
        virXMLWriterAttribute(writer, "vendor", "unknown");
        virXMLWriterText(writer, *model);
        virXMLWriterEnd(writer);
    }
    virXMLWriterEnd(writer);
    virXMLWriterEnd(writer);
}

static void
qemuCapsFormatHostdev(virXMLWriter *writer, const qemuCaps *caps)
{
    static const char *const modes[] = {"subsystem", NULL};
    static const char *const types[] = {"pci", NULL};
    static const char *const backends[] = {"vfio", NULL};
    static const char *const none[] = {NULL};
    bool supported = qemuCapsHasDevice(caps, "vfio-pci");

    qemuCapsStart(writer, "hostdev", supported);
    if (supported) {
        qemuCapsFormatValues(writer, "mode", modes);
        qemuCapsFormatValues(writer, "startupPolicy", none);
        qemuCapsFormatValues(writer, "subsysType", types);
        qemuCapsFormatValues(writer, "capsType", none);
        qemuCapsFormatValues(writer, "pciBackend", backends);
    }
    virXMLWriterEnd(writer);
}

static void
qemuCapsFormatTPM(virXMLWriter *writer, const qemuCaps *caps)
{
    static const qemuCapsEnum models = {"model", virDomainTPMToString, 0, qemuCapsTPMDevices};
    static const char *const backends[] = {"emulator", NULL};
    static const char *const versions[] = {"2.0", NULL};
    g_autofree char *emulator = g_find_program_in_path("swtpm");
    bool supported =
        emulator && (qemuCapsHasDevice(caps, "tpm-crb") || qemuCapsHasDevice(caps, "tpm-tis"));

    qemuCapsStart(writer, "tpm", supported);
    if (supported) {
        qemuCapsFormatEnum(writer, caps, &models, NULL);
        qemuCapsFormatValues(writer, "backendModel", backends);
        qemuCapsFormatValues(writer, "backendVersion", versions);
    }
    virXMLWriterEnd(writer);
}

/* Every element holds one or two lists. */
static void
qemuCapsFormatLists(virXMLWriter *writer, const qemuCaps *caps, const char *element,
                    const qemuCapsEnum lists[2], const char *without)
{
    qemuCapsStart(writer, element, true);
    for (size_t i = 0; i < 2 && lists[i].name; i++)
        qemuCapsFormatEnum(writer, caps, &lists[i], without);
    virXMLWriterEnd(writer);
}

static void
qemuCapsFormatDevices(virXMLWriter *writer, const qemuCaps *caps, bool pcie)
{
    static const qemuCapsEnum disk[2] = {
        {"diskDevice", virDomainDiskDeviceToString, 0, NULL},
        {"bus", virDomainDiskBusToString, 0, qemuCapsDiskDevices},
    };
    static const qemuCapsEnum graphics[2] = {{"type", virDomainGraphicsToString, 0, NULL}};
    static const qemuCapsEnum video[2] = {
        {"modelType", virDomainVideoToString, 0, qemuCapsVideoDevices}};
    static const qemuCapsEnum rng[2] = {{"backendModel", virDomainRNGBackendToString, 0, NULL}};
    static const qemuCapsEnum channel[2] = {{"type", virDomainChrToString, 0, NULL}};
    bool spice = qemuCapsHasCommand(caps, "query-spice");

    virXMLWriterStart(writer, "devices");
    qemuCapsFormatLists(writer, caps, "disk", disk, pcie ? "ide" : NULL);
    qemuCapsFormatLists(writer, caps, "graphics", graphics, spice ? NULL : "spice");
    qemuCapsFormatLists(writer, caps, "video", video, NULL);
    qemuCapsFormatHostdev(writer, caps);
    qemuCapsFormatLists(writer, caps, "rng", rng, NULL);
    qemuCapsFormatSupported(writer, "filesystem", false);
    qemuCapsFormatTPM(writer, caps);
    qemuCapsFormatRedirdev(writer, spice && qemuCapsHasDevice(caps, "usb-redir"));
    qemuCapsFormatLists(writer, caps, "channel", channel, spice ? NULL : "spicevmc");
    virXMLWriterEnd(writer);
}

static void
qemuCapsFormatFeatures(virXMLWriter *writer, const qemuCaps *caps, virDomainVirtType type)
{
    static const qemuCapsEnum hyperv = {"features", virDomainHypervToString, 0, NULL};
    static const char *const none[] = {"genid", "backup", "sev", "sgx"};

    virXMLWriterStart(writer, "features");
    qemuCapsFormatSupported(writer, "gic", false);
    qemuCapsFormatSupported(writer, "vmcoreinfo", true);
    for (size_t i = 0; i < G_N_ELEMENTS(none); i++)
        qemuCapsFormatSupported(writer, none[i], false);
    qemuCapsStart(writer, "hyperv", type == VIR_DOMAIN_VIRT_KVM);
    if (type == VIR_DOMAIN_VIRT_KVM)
        qemuCapsFormatEnum(writer, caps, &hyperv, NULL);
    virXMLWriterEnd(writer);
    virXMLWriterEnd(writer);
}

char *
qemuDomainCapsFormat(const qemuCaps *caps, const char *emulator, const qemuCapsMachine *machine,
                     virDomainVirtType type)
{
    static const qemuCapsEnum sources = {"sourceType", virDomainMemorySourceToString, 1, NULL};
    g_autoptr(virXMLWriter) writer = virXMLWriterNew();

    virXMLWriterStart(writer, "domainCapabilities");
    virXMLWriterElement(writer, "path", emulator);
    virXMLWriterElement(writer, "domain", virDomainVirtToString((int)type));
    virXMLWriterElement(writer, "machine", machine->name);
    virXMLWriterElement(writer, "arch", VIR_DOMAIN_OS_ARCH);
    virXMLWriterStart(writer, "vcpu");
    virXMLWriterAttribute(writer, "max", "%u", MIN(machine->maxCpus, VIR_DOMAIN_MAX_VCPUS));
    virXMLWriterEnd(writer);
    qemuCapsFormatSupported(writer, "iothreads", true);
    qemuCapsFormatOS(writer, caps, machine->name);
    qemuCapsFormatCPU(writer, caps, type);
    qemuCapsStart(writer, "memoryBacking", true);
    qemuCapsFormatEnum(writer, caps, &sources, NULL);
    virXMLWriterEnd(writer);
    qemuCapsFormatDevices(writer, caps, g_str_has_prefix(machine->name, "pc-q35"));
    qemuCapsFormatFeatures(writer, caps, type);
    virXMLWriterEnd(writer);
    return virXMLWriterFinish(writer);
}

static void
qemuCapsAddMachine(virCapsGuest *guest, const qemuCapsMachine *machine)
{
    if (!virDomainOSMachineIsSupported(machine->name))
        return;
    if (machine->alias && virDomainOSMachineIsSupported(machine->alias))
        virCapsGuestAddMachine(guest, machine->alias, machine->name, machine->maxCpus);
    virCapsGuestAddMachine(guest, machine->name, NULL, machine->maxCpus);
}

void
qemuCapsAddGuest(const qemuCaps *caps, const char *emulator, virCaps *host)
{
    virCapsGuest *guest = virCapsAddGuest(host, VIR_DOMAIN_OS_ARCH, 64, emulator);
    const qemuCapsMachine *best = qemuCapsFindMachine(caps, VIR_DOMAIN_OS_MACHINE);

    guest->kvm = caps->kvm;
    /* Clients take the first one if they have no reason to choose. */
    if (best)
        qemuCapsAddMachine(guest, best);
    for (guint i = 0; i < caps->machines->len; i++) {
        if (caps->machines->pdata[i] != best)
            qemuCapsAddMachine(guest, caps->machines->pdata[i]);
    }
}
