/*
 * virpcireset.c: bring a device back to its state after power-on, between two users of it
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <string.h>

#include "virerror.h"
#include "virgettext.h"
#include "virlog.h"
#include "virpciconfig.h"
#include "virpcilock.h"
#include "virpcireset.h"
#include "virpciresetbus.h"

VIR_LOG_INIT("util.pcireset")

#define VIR_FROM_THIS VIR_FROM_DEVICE

VIR_ENUM_IMPL(virPCIResetMethod, VIR_PCI_RESET_LAST, "vfio", "flr", "kernel", "pm", "bus");

/* PCI Power Management 1.2, 5.4: 10 ms after either change between D0 and D3hot. */
#define VIR_PCI_PM_DELAY_US    10000
#define VIR_PCI_PM_CONTROL     4
#define VIR_PCI_PM_STATE       0x0003U
#define VIR_PCI_PM_STATE_D3HOT 0x0003U
#define VIR_PCI_PM_EVENT       0x8000U /* writing it as read would clear it */
#define VIR_PCI_COMMAND        0x04
#define VIR_PCI_INTX_DISABLE   0x0400U

/* What an attempt came to, if it is no error. */
typedef enum {
    VIR_PCI_ATTEMPT_FAILED = -1, /* with an error reported */
    VIR_PCI_ATTEMPT_IMPOSSIBLE,  /* this is no way for this device */
    VIR_PCI_ATTEMPT_DONE,
} virPCIAttempt;

/* The device and what decides about it, read once. */
typedef struct {
    virPCIDevice *dev;
    GPtrArray *locks;
    virPCIDeviceFacts facts;
    virPCIBinding binding;
    char *kernelMethods; /* "flr bus": in the kernel's order; NULL before Linux 5.15 */
    guint8 config[VIR_PCI_CONFIG_SIZE];
    virPCICaps caps;
} virPCIReset;

static void
virPCIResetClear(virPCIReset *reset)
{
    g_clear_pointer(&reset->locks, g_ptr_array_unref);
    virPCIDeviceFactsClear(&reset->facts);
    virPCIBindingClear(&reset->binding);
    g_free(reset->kernelMethods);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(virPCIReset, virPCIResetClear)

static virSysfsRoot *
virPCIResetGetRoot(const virPCIReset *reset)
{
    return virPCIHostGetRoot(virPCIDeviceGetHost(reset->dev));
}

static int
virPCIResetLock(virPCIReset *reset, const virPCIResetContext *ctx)
{
    if (virPCIDeviceReadFacts(reset->dev, &reset->facts) < 0)
        return -1;
    reset->locks = virPCILockGroup(ctx->lockDirectory, ctx->holder, reset->facts.iommuGroup, 0);
    return reset->locks ? 0 : -1;
}

static int
virPCIResetCheck(virPCIReset *reset, const virPCIResetContext *ctx)
{
    const char *name = virPCIDeviceGetName(reset->dev);
    g_autofree char *who = NULL;

    if (virPCIDeviceGetBinding(reset->dev, &reset->binding) < 0)
        return -1;
    if (reset->facts.headerType != VIR_PCI_HEADER_ENDPOINT) {
        virReportError(VIR_ERR_OPERATION_INVALID,
                       _("cannot reset device %1$s: it is a bridge, and only endpoints are reset"),
                       name);
        return -1;
    }
    if ((who = ctx->user(virPCIDeviceGetAddress(reset->dev), ctx->opaque))) {
        virReportError(VIR_ERR_OPERATION_INVALID,
                       _("cannot reset device %1$s while it is used by %2$s"), name, who);
        return -1;
    }
    return 0;
}

static int
virPCIResetReadAbilities(virPCIReset *reset)
{
    char path[VIR_PCI_DEVICE_PATHLEN];

    virPCIDeviceFormatPath(virPCIDeviceGetAddress(reset->dev), "reset_method", path);
    if (virSysfsRead(virPCIResetGetRoot(reset), path, &reset->kernelMethods) < 0)
        reset->kernelMethods = NULL;
    if (virPCIDeviceReadConfig(reset->dev, reset->config) < 0)
        return -1;
    virPCICapsParse(reset->config, sizeof(reset->config), &reset->caps);
    return 0;
}

/* The kernel knows devices whose FLR does not work, so its word counts for more than theirs. */
static bool
virPCIResetHasFLR(const virPCIReset *reset)
{
    g_auto(GStrv) methods = NULL;

    if (!reset->kernelMethods)
        return reset->caps.hasFLR || reset->facts.physFn; /* every VF has it, by SR-IOV */
    methods = g_strsplit(reset->kernelMethods, " ", -1);
    return g_strv_contains((const char *const *)methods, "flr") ||
           g_strv_contains((const char *const *)methods, "af_flr");
}

static int
virPCIResetCheckDriver(const virPCIReset *reset)
{
    if (!virPCIBindingIsHostDriver(&reset->binding))
        return 0;
    virReportError(
        VIR_ERR_OPERATION_INVALID,
        _("cannot reset device %1$s under its driver %2$s: detach it from the host first"),
        virPCIDeviceGetName(reset->dev), reset->binding.driver);
    return -1;
}

static virPCIAttempt
virPCIResetByKernel(const virPCIReset *reset)
{
    char path[VIR_PCI_DEVICE_PATHLEN];
    int rc;

    if (reset->kernelMethods && !*reset->kernelMethods) {
        virReportError(VIR_ERR_OPERATION_UNSUPPORTED,
                       _("cannot reset device %1$s: every way to reset it is switched off (its "
                         "reset_method in sysfs is empty)"),
                       virPCIDeviceGetName(reset->dev));
        return VIR_PCI_ATTEMPT_FAILED;
    }
    virPCIDeviceFormatPath(virPCIDeviceGetAddress(reset->dev), "reset", path);
    rc = virSysfsWrite(virPCIResetGetRoot(reset), path, "1", VIR_PCI_RESET_TIMEOUT_MS);
    if (rc == 0)
        return VIR_PCI_ATTEMPT_DONE;
    if (rc == -ENOENT || rc == -ENOTTY) /* ENOTTY: it knows a way, and not now */
        return VIR_PCI_ATTEMPT_IMPOSSIBLE;
    virReportSystemError(-rc, _("the kernel cannot reset device %1$s"),
                         virPCIDeviceGetName(reset->dev));
    return VIR_PCI_ATTEMPT_FAILED;
}

/* To D3hot and back to D0. */
static int
virPCIResetCyclePower(const virPCIReset *reset)
{
    const virPCIConfigRegister command = {VIR_PCI_COMMAND, 2};
    const virPCIConfigRegister control = {reset->caps.pm + VIR_PCI_PM_CONTROL, 2};
    guint32 idle = virPCIConfigGet(reset->config, control) & ~(VIR_PCI_PM_EVENT | VIR_PCI_PM_STATE);

    /* No transfer of its own, and no interrupt, while it goes to sleep. */
    if (virPCIDeviceWriteConfig(reset->dev, command, VIR_PCI_INTX_DISABLE) < 0 ||
        virPCIDeviceWriteConfig(reset->dev, control, idle | VIR_PCI_PM_STATE_D3HOT) < 0)
        return -1;
    g_usleep(VIR_PCI_PM_DELAY_US);
    if (virPCIDeviceWriteConfig(reset->dev, control, idle) < 0)
        return -1;
    g_usleep(VIR_PCI_PM_DELAY_US);
    return 0;
}

static virPCIAttempt
virPCIResetByPM(const virPCIReset *reset)
{
    guint8 after[VIR_PCI_CONFIG_SIZE];

    if (!reset->caps.hasPMReset)
        return VIR_PCI_ATTEMPT_IMPOSSIBLE;
    if (virPCIResetCyclePower(reset) < 0 || virPCIDeviceReadConfig(reset->dev, after) < 0 ||
        virPCIDeviceRestoreConfig(reset->dev, reset->config) < 0)
        return VIR_PCI_ATTEMPT_FAILED;
    /* Some devices promise a reset and only sleep. */
    if (virPCIConfigIsKept(reset->config, after)) {
        VIR_DEBUG("device %s kept its state through D3hot", virPCIDeviceGetName(reset->dev));
        return VIR_PCI_ATTEMPT_IMPOSSIBLE;
    }
    return VIR_PCI_ATTEMPT_DONE;
}

/* The last way: what is in its way is what keeps the device from being reset at all. */
static virPCIAttempt
virPCIResetByBus(virPCIReset *reset, const virPCIResetContext *ctx)
{
    g_autofree char *why = NULL;

    /* The group's own lock is taken once more, with those of the others. */
    g_clear_pointer(&reset->locks, g_ptr_array_unref);
    if (virPCIDeviceResetBus(reset->dev, ctx) == 0)
        return VIR_PCI_ATTEMPT_DONE;
    if (virErrorGetLast()->code == VIR_ERR_OPERATION_UNSUPPORTED) {
        why = g_strdup(virErrorGetMessage());
        virReportError(VIR_ERR_OPERATION_UNSUPPORTED,
                       _("cannot reset device %1$s: the kernel knows no way, PM does not reset it, "
                         "and %2$s"),
                       virPCIDeviceGetName(reset->dev), why);
    }
    return VIR_PCI_ATTEMPT_FAILED;
}

static int
virPCIResetNow(virPCIReset *reset, const virPCIResetContext *ctx, virPCIResetMethod *method)
{
    virPCIResetMethod tried = VIR_PCI_RESET_KERNEL;
    virPCIAttempt attempt = virPCIResetByKernel(reset);

    if (attempt == VIR_PCI_ATTEMPT_IMPOSSIBLE) {
        tried = VIR_PCI_RESET_PM;
        attempt = virPCIResetByPM(reset);
    }
    if (attempt == VIR_PCI_ATTEMPT_IMPOSSIBLE) {
        tried = VIR_PCI_RESET_BUS;
        attempt = virPCIResetByBus(reset, ctx);
    }
    if (attempt != VIR_PCI_ATTEMPT_DONE)
        return -1;
    *method = tried;
    return 0;
}

int
virPCIDeviceReset(virPCIDevice *dev, const virPCIResetContext *ctx, virPCIResetMethod *method)
{
    g_auto(virPCIReset) reset = {.dev = dev};

    if (virPCIResetLock(&reset, ctx) < 0 || virPCIResetCheck(&reset, ctx) < 0)
        return -1;
    if (reset.binding.type == VIR_PCI_STUB_DRIVER_VFIO) {
        *method = VIR_PCI_RESET_VFIO;
        return 0;
    }
    if (virPCIResetCheckDriver(&reset) < 0 || virPCIResetReadAbilities(&reset) < 0)
        return -1;
    if (virPCIResetHasFLR(&reset)) {
        *method = VIR_PCI_RESET_FLR;
        return 0;
    }
    return virPCIResetNow(&reset, ctx, method);
}
