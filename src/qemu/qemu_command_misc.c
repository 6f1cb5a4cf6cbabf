/*
 * qemu_command_misc.c: QEMU's command line: the small devices of a guest
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "qemu_command_priv.h"

/* Some of QEMU's properties are words that know "auto" besides. */
static void
qemuSetTristateWord(JsonObject *device, const char *name, virTristate value)
{
    if (value != VIR_TRISTATE_ABSENT)
        qemuCommandSetMembers(device, name, virDomainOnOffToString(value == VIR_TRISTATE_ON), NULL);
}

void
qemuCommandAddIOMMU(GPtrArray *argv, const virDomainDef *def)
{
    for (guint i = 0; i < def->iommus->len; i++) {
        const virDomainIOMMUDef *iommu = g_ptr_array_index(def->iommus, i);
        JsonObject *device = json_object_new();

        qemuCommandSetMembers(device, "driver", "intel-iommu", "id", iommu->info.alias, NULL);
        qemuSetTristateWord(device, "intremap", iommu->intremap);
        qemuCommandSetTristate(device, "caching-mode", iommu->cachingMode);
        qemuSetTristateWord(device, "eim", iommu->eim);
        qemuCommandSetTristate(device, "device-iotlb", iommu->iotlb);
        if (iommu->awBits)
            json_object_set_int_member(device, "aw-bits", iommu->awBits);
        qemuCommandAddDevice(argv, device);
    }
}

/* QEMU's devices by bus and type; the machine has those on PS/2. */
static const char *const qemuInputDrivers[VIR_DOMAIN_INPUT_BUS_LAST][VIR_DOMAIN_INPUT_LAST] = {
    [VIR_DOMAIN_INPUT_BUS_USB] = {[VIR_DOMAIN_INPUT_MOUSE] = "usb-mouse",
                                  [VIR_DOMAIN_INPUT_TABLET] = "usb-tablet",
                                  [VIR_DOMAIN_INPUT_KEYBOARD] = "usb-kbd"},
    [VIR_DOMAIN_INPUT_BUS_VIRTIO] = {[VIR_DOMAIN_INPUT_MOUSE] = "virtio-mouse-pci",
                                     [VIR_DOMAIN_INPUT_TABLET] = "virtio-tablet-pci",
                                     [VIR_DOMAIN_INPUT_KEYBOARD] = "virtio-keyboard-pci"},
};

void
qemuCommandAddInputs(GPtrArray *argv, const virDomainDef *def)
{
    for (guint i = 0; i < def->inputs->len; i++) {
        const virDomainInputDef *input = g_ptr_array_index(def->inputs, i);
        const char *driver = qemuInputDrivers[input->bus][input->type];
        JsonObject *device;

        if (!driver)
            continue;
        device = json_object_new();
        qemuCommandSetMembers(device, "driver", driver, "id", input->info.alias, NULL);
        qemuCommandSetVirtio(device, &input->virtio);
        qemuCommandSetAddress(device, def, &input->info);
        qemuCommandAddDevice(argv, device);
    }
}

/* swtpm listens at the socket before QEMU is started. */
void
qemuCommandAddTPMs(GPtrArray *argv, const virDomainDef *def)
{
    for (guint i = 0; i < def->tpms->len; i++) {
        const virDomainTPMDef *tpm = g_ptr_array_index(def->tpms, i);
        g_autofree char *chardev = g_strconcat("chr", tpm->info.alias, NULL);
        g_autofree char *backend = g_strconcat("tpm-", tpm->info.alias, NULL);
        g_autofree char *path = qemuCommandEscape(tpm->socket);
        JsonObject *device = json_object_new();

        qemuCommandAddFormat(argv, "-chardev", "socket,id=%s,path=%s", chardev, path);
        qemuCommandAddFormat(argv, "-tpmdev", "emulator,id=%s,chardev=%s", backend, chardev);
        qemuCommandSetMembers(device, "driver", virDomainTPMToString((int)tpm->model), "tpmdev",
                              backend, "id", tpm->info.alias, NULL);
        qemuCommandAddDevice(argv, device);
    }
}

/* What is built into the machine is only told that it may do something. */
static void
qemuCommandAddWatchdog(GPtrArray *argv, const virDomainDef *def,
                       const virDomainWatchdogDef *watchdog)
{
    qemuCommandAddFormat(argv, "-action", "watchdog=%s",
                         virDomainWatchdogActionToString((int)watchdog->action));
    if (watchdog->model == VIR_DOMAIN_WATCHDOG_ITCO) {
        qemuCommandAdd(argv, "-global", "ICH9-LPC.noreboot=off");
    } else {
        JsonObject *device = json_object_new();

        qemuCommandSetMembers(device, "driver", virDomainWatchdogToString((int)watchdog->model),
                              "id", watchdog->info.alias, NULL);
        qemuCommandSetAddress(device, def, &watchdog->info);
        qemuCommandAddDevice(argv, device);
    }
}

static const char *const qemuBalloonDrivers[] = QEMU_COMMAND_VIRTIO_DRIVERS("virtio-balloon-pci");

static void
qemuCommandAddMemballoon(GPtrArray *argv, const virDomainDef *def,
                         const virDomainMemballoonDef *balloon)
{
    JsonObject *device;

    if (balloon->model == VIR_DOMAIN_MEMBALLOON_NONE)
        return;
    device = json_object_new();
    qemuCommandSetMembers(device, "driver", qemuBalloonDrivers[balloon->virtio.model], "id",
                          balloon->info.alias, NULL);
    qemuCommandSetTristate(device, "deflate-on-oom", balloon->autodeflate);
    qemuCommandSetTristate(device, "free-page-reporting", balloon->freePageReporting);
    qemuCommandSetVirtio(device, &balloon->virtio);
    qemuCommandSetAddress(device, def, &balloon->info);
    qemuCommandAddDevice(argv, device);
}

char *
qemuGetRNGObjectName(const virDomainRNGDef *rng)
{
    return g_strconcat("obj", rng->info.alias, NULL);
}

JsonObject *
qemuBuildRNGObject(const virDomainRNGDef *rng)
{
    bool builtin = rng->backend == VIR_DOMAIN_RNG_BACKEND_BUILTIN;
    g_autofree char *id = qemuGetRNGObjectName(rng);
    JsonObject *object = json_object_new();

    qemuCommandSetMembers(object, "qom-type", builtin ? "rng-builtin" : "rng-random", "id", id,
                          NULL);
    if (!builtin)
        qemuCommandSetMembers(object, "filename", rng->source, NULL);
    return object;
}

static const char *const qemuRNGDrivers[] = QEMU_COMMAND_VIRTIO_DRIVERS("virtio-rng-pci");

JsonObject *
qemuBuildRNGDevice(const virDomainDef *def, const virDomainRNGDef *rng)
{
    g_autofree char *id = qemuGetRNGObjectName(rng);
    JsonObject *device = json_object_new();

    qemuCommandSetMembers(device, "driver", qemuRNGDrivers[rng->virtio.model], "rng", id, "id",
                          rng->info.alias, NULL);
    if (rng->bytes) {
        json_object_set_int_member(device, "max-bytes", rng->bytes);
        json_object_set_int_member(device, "period", rng->period_ms);
    }
    qemuCommandSetVirtio(device, &rng->virtio);
    qemuCommandSetAddress(device, def, &rng->info);
    return device;
}

static void
qemuCommandAddRNG(GPtrArray *argv, const virDomainDef *def, const virDomainRNGDef *rng)
{
    qemuCommandAddJSON(argv, "-object", qemuBuildRNGObject(rng));
    qemuCommandAddDevice(argv, qemuBuildRNGDevice(def, rng));
}

/* A viewer that has a device to lend opens the channel. */
static void
qemuCommandAddRedirdev(GPtrArray *argv, const virDomainDef *def,
                       const virDomainRedirdevDef *redirdev)
{
    g_autofree char *chardev = g_strconcat("char", redirdev->info.alias, NULL);
    JsonObject *device = json_object_new();

    qemuCommandAddFormat(argv, "-chardev", "spicevmc,id=%s,name=usbredir", chardev);
    qemuCommandSetMembers(device, "driver", "usb-redir", "chardev", chardev, "id",
                          redirdev->info.alias, NULL);
    qemuCommandSetBoot(device, def, &redirdev->info);
    qemuCommandSetAddress(device, def, &redirdev->info);
    qemuCommandAddDevice(argv, device);
}

static void
qemuCommandAddPanic(GPtrArray *argv, const virDomainPanicDef *panic)
{
    const virDomainDeviceInfo *info = &panic->info;
    JsonObject *device = json_object_new();

    qemuCommandSetMembers(device, "driver", "pvpanic", "id", info->alias, NULL);
    if (info->type == VIR_DOMAIN_DEVICE_ADDRESS_ISA && info->addr.isa.iobase)
        json_object_set_int_member(device, "ioport", info->addr.isa.iobase);
    qemuCommandAddDevice(argv, device);
}

static void
qemuCommandAddVMCoreInfo(GPtrArray *argv)
{
    JsonObject *device = json_object_new();

    qemuCommandSetMembers(device, "driver", "vmcoreinfo", NULL);
    qemuCommandAddDevice(argv, device);
}

void
qemuCommandAddMisc(GPtrArray *argv, const virDomainDef *def)
{
    for (guint i = 0; i < def->redirdevs->len; i++)
        qemuCommandAddRedirdev(argv, def, g_ptr_array_index(def->redirdevs, i));
    for (guint i = 0; i < def->watchdogs->len; i++)
        qemuCommandAddWatchdog(argv, def, g_ptr_array_index(def->watchdogs, i));
    for (guint i = 0; i < def->memballoons->len; i++)
        qemuCommandAddMemballoon(argv, def, g_ptr_array_index(def->memballoons, i));
    for (guint i = 0; i < def->rngs->len; i++)
        qemuCommandAddRNG(argv, def, g_ptr_array_index(def->rngs, i));
    for (guint i = 0; i < def->panics->len; i++)
        qemuCommandAddPanic(argv, g_ptr_array_index(def->panics, i));
    if (def->features.vmcoreinfo == VIR_TRISTATE_ON)
        qemuCommandAddVMCoreInfo(argv);
}
