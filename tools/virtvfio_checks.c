/*
 * virtvfio_checks.c: what a host needs to assign PCI devices: the kernel's part
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "virfile.h"
#include "virgettext.h"
#include "virtvfio_checks.h"

VIR_ENUM_IMPL(virtvfioCheckStatus, VIRTVFIO_CHECK_LAST, "pass", "warn", "fail", "skip");

void
virtvfioCheckSet(virtvfioCheckResult *result, virtvfioCheckStatus status, char *message,
                 char *remedy)
{
    result->status = status;
    result->message = message;
    result->remedy = remedy;
}

int
virtvfioCheckAccess(const virSysfsRoot *root, const char *path)
{
    VIR_AUTOCLOSE fd = virSysfsOpen(root, path, O_PATH);

    if (fd < 0)
        return fd;
    return faccessat(fd, "", R_OK | W_OK, AT_EMPTY_PATH | AT_EACCESS) < 0 ? -errno : 0;
}

/* Does the kernel's command line have @word, alone or as one of the values after "="? */
static bool
virtvfioCheckCommandLineHas(virSysfsRoot *root, const char *key, const char *value)
{
    g_autofree char *text = NULL;
    g_auto(GStrv) words = NULL;

    if (virSysfsRead(root, "proc/cmdline", &text) < 0)
        return false;
    words = g_strsplit(text, " ", -1);
    for (size_t i = 0; words[i]; i++) {
        g_auto(GStrv) parts = g_strsplit_set(words[i], "=,", -1);

        if (parts[0] && strcmp(parts[0], key) == 0 &&
            g_strv_contains((const char *const *)parts + 1, value))
            return true;
    }
    return false;
}

static bool
virtvfioCheckIsIntel(virSysfsRoot *root)
{
    char text[4096] = "";
    VIR_AUTOCLOSE fd = virSysfsOpen(root, "proc/cpuinfo", O_RDONLY);

    /* The first processor's first lines will do. */
    return fd >= 0 && virFileReadSome(fd, text, sizeof(text) - 1) > 0 &&
           strstr(text, "GenuineIntel");
}

static char *
virtvfioCheckIOMMURemedy(virSysfsRoot *root)
{
    static const char *const keys[] = {"intel_iommu", "amd_iommu", "iommu"};

    for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
        if (virtvfioCheckCommandLineHas(root, keys[i], "off"))
            return virFormat(_("remove '%1$s=off' from the kernel command line and boot again"),
                             keys[i]);
    }
    if (virtvfioCheckIsIntel(root) && !virtvfioCheckCommandLineHas(root, "intel_iommu", "on"))
        return g_strdup(_("turn VT-d on in the firmware setup, add 'intel_iommu=on' to the kernel "
                          "command line and boot again"));
    return g_strdup(_("turn the IOMMU (VT-d, AMD-Vi, SMMU) on in the firmware setup; a virtual "
                      "machine needs an emulated one"));
}

static void
virtvfioCheckIOMMU(virPCIHost *host, virtvfioCheckResult *result)
{
    virSysfsRoot *root = virPCIHostGetRoot(host);
    g_auto(GStrv) groups = virSysfsListNames(root, "sys/kernel/iommu_groups");
    g_auto(GStrv) units = virSysfsListNames(root, "sys/class/iommu");
    unsigned int count = g_strv_length(groups);

    if (count > 0) {
        virtvfioCheckSet(
            result, VIRTVFIO_CHECK_PASS,
            virFormat(P_("the IOMMU is on: %1$u group", "the IOMMU is on: %1$u groups", count),
                      count),
            NULL);
    } else {
        virtvfioCheckSet(result, VIRTVFIO_CHECK_FAIL,
                         g_strdup(units[0] ? _("the kernel has found an IOMMU, but there are no "
                                               "IOMMU groups")
                                           : _("the IOMMU is off, or this machine has none: there "
                                               "are no IOMMU groups")),
                         virtvfioCheckIOMMURemedy(root));
    }
}

/* Is @module in this kernel's modules.builtin? */
static bool
virtvfioCheckIsBuiltIn(virPCIHost *host, const char *module)
{
    const char *directory = virKModGetDirectory(virPCIHostGetKMod(host));
    g_autofree char *path = directory ? g_build_filename(directory, "modules.builtin", NULL) : NULL;
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;
    VIR_AUTOCLOSE fd = path ? virSysfsOpen(virPCIHostGetRoot(host), path, O_RDONLY) : -1;

    if (fd < 0 || virFileReadFD(fd, 16 * 1024 * 1024, &text, NULL) < 0)
        return false;
    lines = g_strsplit(text, "\n", -1);
    for (size_t i = 0; lines[i]; i++) {
        g_autofree char *name = g_path_get_basename(lines[i]);

        if (!g_str_has_suffix(name, ".ko"))
            continue;
        name[strlen(name) - strlen(".ko")] = '\0';
        if (strcmp(g_strdelimit(name, "-", '_'), module) == 0)
            return true;
    }
    return false;
}

/* Does modules.alias promise the generic driver? */
static bool
virtvfioCheckCanLoadVFIO(virPCIHost *host)
{
    g_autoptr(virKModIndex) index = virKModGetIndex(virPCIHostGetKMod(host));

    return virKModIndexFindModule(index, "vfio_pci") != NULL;
}

static void
virtvfioCheckVFIOPCI(virPCIHost *host, virtvfioCheckResult *result)
{
    if (virSysfsExists(virPCIHostGetRoot(host), "sys/bus/pci/drivers/vfio-pci")) {
        virtvfioCheckSet(result, VIRTVFIO_CHECK_PASS, g_strdup(_("driver vfio-pci is there")),
                         NULL);
    } else if (virKModModuleIsLoaded(virPCIHostGetKMod(host), "vfio_pci_core")) {
        virtvfioCheckSet(result, VIRTVFIO_CHECK_WARN,
                         g_strdup(_("driver vfio-pci is not loaded, but a variant driver is")),
                         g_strdup(_("'modprobe vfio-pci', for devices without a variant driver")));
    } else if (virtvfioCheckCanLoadVFIO(host)) {
        virtvfioCheckSet(result, VIRTVFIO_CHECK_WARN,
                         g_strdup(_("driver vfio-pci is not loaded, but this kernel has it")),
                         g_strdup(_("modprobe vfio-pci")));
    } else {
        virtvfioCheckSet(result, VIRTVFIO_CHECK_FAIL,
                         g_strdup(_("driver vfio-pci is neither loaded nor known to be in this "
                                    "kernel's module directory")),
                         g_strdup(_("install the modules of the running kernel, or a kernel with "
                                    "CONFIG_VFIO_PCI")));
    }
}

static void
virtvfioCheckIOMMUDriver(virPCIHost *host, virtvfioCheckResult *result)
{
    static const char *const modules[] = {"vfio_iommu_type1", "vfio_iommu_spapr_tce"};
    virKMod *kmod = virPCIHostGetKMod(host);

    for (size_t i = 0; i < G_N_ELEMENTS(modules); i++) {
        if (virKModModuleIsLoaded(kmod, modules[i]) || virtvfioCheckIsBuiltIn(host, modules[i])) {
            virtvfioCheckSet(result, VIRTVFIO_CHECK_PASS, virFormat(_("%1$s is there"), modules[i]),
                             NULL);
            return;
        }
    }
    if (virtvfioCheckCanLoadVFIO(host)) {
        virtvfioCheckSet(result, VIRTVFIO_CHECK_WARN,
                         g_strdup(_("vfio_iommu_type1, which maps a guest's memory for the device, "
                                    "is not loaded")),
                         g_strdup(_("modprobe vfio_iommu_type1")));
    } else {
        virtvfioCheckSet(result, VIRTVFIO_CHECK_FAIL,
                         g_strdup(_("vfio_iommu_type1, which maps a guest's memory for the device, "
                                    "is neither loaded nor built in")),
                         g_strdup(_("install the modules of the running kernel, or a kernel with "
                                    "CONFIG_VFIO_IOMMU_TYPE1")));
    }
}

static void
virtvfioCheckIndex(virPCIHost *host, virtvfioCheckResult *result)
{
    g_autoptr(virKModIndex) index = virKModGetIndex(virPCIHostGetKMod(host));
    const char *below = virKModIndexGetPath(index);
    g_autofree char *path =
        below ? virSysfsRootDescribe(virPCIHostGetRoot(host), below) : g_strdup("modules.alias");
    unsigned int count = (unsigned int)virKModIndexCount(index);
    virtvfioCheckStatus status = VIRTVFIO_CHECK_WARN;

    switch (virKModIndexGetStatus(index)) {
    case VIR_KMOD_INDEX_OK:
        if (count > 0)
            status = VIRTVFIO_CHECK_PASS;
        virtvfioCheckSet(result, status,
                         virFormat(P_("%1$s has %2$u alias of a VFIO driver",
                                      "%1$s has %2$u aliases of VFIO drivers", count),
                                   path, count),
                         count > 0 ? NULL
                                   : g_strdup(_("kernels before 5.15, or with VFIO built in, have "
                                                "none; otherwise run depmod")));
        break;
    case VIR_KMOD_INDEX_MALFORMED:
        virtvfioCheckSet(result, status,
                         virFormat(_("lines of %1$s that were not understood: %2$u; aliases of "
                                     "VFIO drivers: %3$u"),
                                   path, virKModIndexGetBadLines(index), count),
                         g_strdup(_("run depmod")));
        break;
    case VIR_KMOD_INDEX_MISSING:
    case VIR_KMOD_INDEX_UNREADABLE:
    case VIR_KMOD_INDEX_LAST:
    default:
        virtvfioCheckSet(result, status,
                         virFormat(_("cannot read %1$s (%2$s): VFIO drivers are recognised by name "
                                     "and by sysfs only"),
                                   path, g_strerror(virKModIndexGetErrno(index))),
                         g_strdup(_("install the modules of the running kernel, then run depmod")));
        break;
    }
}

static void
virtvfioCheckKernel(virPCIHost *host, virtvfioCheckResult *result)
{
    const char *release = virKModGetRelease(virPCIHostGetKMod(host));
    unsigned int major = 0;
    unsigned int minor = 0;

    if (!release || sscanf(release, "%u.%u", &major, &minor) != 2) {
        virtvfioCheckSet(result, VIRTVFIO_CHECK_WARN,
                         g_strdup(_("the release of the kernel is not known")), NULL);
    } else if (major > 6 || (major == 6 && minor >= 1)) {
        virtvfioCheckSet(
            result, VIRTVFIO_CHECK_PASS,
            virFormat(_("kernel %1$s shows in sysfs which devices are VFIO devices"), release),
            NULL);
    } else {
        virtvfioCheckSet(result, VIRTVFIO_CHECK_WARN,
                         virFormat(_("kernel %1$s does not show in sysfs which devices are VFIO "
                                     "devices: a variant driver that modules.alias does not name "
                                     "is not recognised"),
                                   release),
                         g_strdup(_("use kernel 6.1 or later")));
    }
}

static void
virtvfioCheckNode(virPCIHost *host, virtvfioCheckResult *result)
{
    virSysfsRoot *root = virPCIHostGetRoot(host);
    int rc = virSysfsRootIsHost(root)                ? virtvfioCheckAccess(root, "dev/vfio/vfio")
             : virSysfsExists(root, "dev/vfio/vfio") ? 0
                                                     : -ENOENT;

    if (rc == 0) {
        virtvfioCheckSet(result, VIRTVFIO_CHECK_PASS, g_strdup(_("/dev/vfio/vfio is there")), NULL);
    } else if (rc != -ENOENT) {
        virtvfioCheckSet(result, VIRTVFIO_CHECK_WARN,
                         virFormat(_("this user cannot use /dev/vfio/vfio: %1$s"), g_strerror(-rc)),
                         g_strdup(_("run as root, or give this user access with a udev rule")));
    } else if (virtvfioCheckCanLoadVFIO(host)) {
        virtvfioCheckSet(result, VIRTVFIO_CHECK_WARN,
                         g_strdup(_("/dev/vfio/vfio is not there yet")),
                         g_strdup(_("modprobe vfio-pci")));
    } else {
        virtvfioCheckSet(result, VIRTVFIO_CHECK_FAIL, g_strdup(_("/dev/vfio/vfio is not there")),
                         g_strdup(_("use a kernel with CONFIG_VFIO; in a container, pass "
                                    "/dev/vfio in")));
    }
}

/* An interrupt chip that goes through the remapping hardware of an x86 IOMMU is called "IR-…". */
static bool
virtvfioCheckRemapsInterrupts(virSysfsRoot *root, const char *const *irqs)
{
    for (size_t i = 0; irqs[i]; i++) {
        g_autofree char *path = g_strdup_printf("sys/kernel/irq/%s/chip_name", irqs[i]);
        g_autofree char *chip = NULL;

        if (virSysfsRead(root, path, &chip) == 0 && g_str_has_prefix(chip, "IR-"))
            return true;
    }
    return false;
}

static void
virtvfioCheckInterrupts(virPCIHost *host, virtvfioCheckResult *result)
{
    virSysfsRoot *root = virPCIHostGetRoot(host);
    g_auto(GStrv) irqs = virSysfsListNames(root, "sys/kernel/irq");
    g_auto(GStrv) units = virSysfsListNames(root, "sys/class/iommu");
    g_autofree char *allowed = NULL;

    if (virSysfsRead(root, "sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts",
                     &allowed) == 0 &&
        strcmp(allowed, "Y") == 0) {
        virtvfioCheckSet(result, VIRTVFIO_CHECK_WARN,
                         g_strdup(_("unsafe interrupts are allowed: a guest can forge interrupts "
                                    "of this host")),
                         g_strdup(_("turn interrupt remapping on, and "
                                    "vfio_iommu_type1.allow_unsafe_interrupts off")));
        return;
    }
    if (virtvfioCheckRemapsInterrupts(root, (const char *const *)irqs)) {
        virtvfioCheckSet(result, VIRTVFIO_CHECK_PASS, g_strdup(_("interrupts are remapped")), NULL);
    } else if (units[0] &&
               (g_str_has_prefix(units[0], "dmar") || g_str_has_prefix(units[0], "ivhd"))) {
        virtvfioCheckSet(result, VIRTVFIO_CHECK_WARN,
                         g_strdup(_("no interrupt is seen to be remapped: without that, VFIO "
                                    "refuses devices with 'Operation not permitted'")),
                         g_strdup(_("turn interrupt remapping on in the firmware setup, and remove "
                                    "'intremap=off' from the kernel command line")));
    } else {
        virtvfioCheckSet(result, VIRTVFIO_CHECK_SKIP,
                         g_strdup(_("interrupt remapping: there is no IOMMU of an x86 machine")),
                         NULL);
    }
}

typedef enum {
    VIRTVFIO_CHECK_ANYWHERE,
    VIRTVFIO_CHECK_LIVE, /* not on a recorded tree */
} virtvfioCheckScope;

static const struct {
    const char *id;
    virtvfioCheckScope scope;
    void (*func)(virPCIHost *host, virtvfioCheckResult *result);
} virtvfioChecks[] = {
    {"iommu", VIRTVFIO_CHECK_ANYWHERE, virtvfioCheckIOMMU},
    {"interrupts", VIRTVFIO_CHECK_LIVE, virtvfioCheckInterrupts},
    {"vfio-pci", VIRTVFIO_CHECK_ANYWHERE, virtvfioCheckVFIOPCI},
    {"vfio-iommu", VIRTVFIO_CHECK_ANYWHERE, virtvfioCheckIOMMUDriver},
    {"vfio-node", VIRTVFIO_CHECK_ANYWHERE, virtvfioCheckNode},
    {"alias-index", VIRTVFIO_CHECK_ANYWHERE, virtvfioCheckIndex},
    {"kernel", VIRTVFIO_CHECK_ANYWHERE, virtvfioCheckKernel},
    {"memlock", VIRTVFIO_CHECK_LIVE, virtvfioCheckMemlock},
    {"qemu", VIRTVFIO_CHECK_LIVE, virtvfioCheckQEMU},
    {"kvm", VIRTVFIO_CHECK_LIVE, virtvfioCheckKVM},
};

static void
virtvfioCheckResultFree(void *opaque)
{
    virtvfioCheckResult *result = opaque;

    g_free(result->message);
    g_free(result->remedy);
    g_free(result);
}

GPtrArray *
virtvfioChecksRun(virPCIHost *host)
{
    bool isHost = virSysfsRootIsHost(virPCIHostGetRoot(host));
    GPtrArray *results = g_ptr_array_new_with_free_func(virtvfioCheckResultFree);

    for (size_t i = 0; i < G_N_ELEMENTS(virtvfioChecks); i++) {
        virtvfioCheckResult *result = g_new0(virtvfioCheckResult, 1);

        result->id = virtvfioChecks[i].id;
        if (isHost || virtvfioChecks[i].scope == VIRTVFIO_CHECK_ANYWHERE)
            virtvfioChecks[i].func(host, result);
        else
            virtvfioCheckSet(result, VIRTVFIO_CHECK_SKIP,
                             virFormat(_("%1$s: skipped: recorded tree"), result->id), NULL);
        g_ptr_array_add(results, result);
    }
    return results;
}
