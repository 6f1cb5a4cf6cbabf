/*
 * virpciresetbus.c: reset everything behind a bridge, if nobody uses any of it
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
#include "virpciresetbus.h"

VIR_LOG_INIT("util.pciresetbus")

#define VIR_FROM_THIS VIR_FROM_DEVICE

/* Bridge Control: while this bit is set, the bus behind the bridge is held in reset. */
#define VIR_PCI_BRIDGE_CONTROL   0x3e
#define VIR_PCI_BRIDGE_BUS_RESET 0x0040U

/* The specifications ask for 1 ms in reset, and for 100 ms before the first access. */
#define VIR_PCI_BUS_HOLD_US  2000
#define VIR_PCI_BUS_QUIET_US 100000
#define VIR_PCI_BUS_POLL_US  20000
#define VIR_PCI_BUS_BACK_MS  5000

/* A device behind the bridge, and its configuration before the reset. */
typedef struct {
    virPCIDevice *dev;
    guint8 config[VIR_PCI_CONFIG_SIZE];
} virPCIBusMember;

static void
virPCIBusMemberClear(void *opaque)
{
    virPCIBusMember *member = opaque;

    virPCIDeviceFree(member->dev);
}

bool
virPCIBindingIsHostDriver(const virPCIBinding *binding)
{
    return binding->driver && binding->type == VIR_PCI_STUB_DRIVER_NONE &&
           strcmp(binding->driver, "pci-stub") != 0;
}

/* The bridge above the device; NULL with an error reported if there is none. */
static virPCIDevice *
virPCIBusFindBridge(virPCIDevice *dev)
{
    virPCIHost *host = virPCIDeviceGetHost(dev);
    char path[VIR_PCI_DEVICE_PATHLEN];
    g_autofree char *place = NULL; /* "…/devices/pci0000:00/0000:00:1c.0/0000:02:00.0" */
    g_autofree char *above = NULL;
    g_autofree char *name = NULL;
    virPCIDeviceAddress addr;

    virPCIDeviceFormatPath(virPCIDeviceGetAddress(dev), "", path);
    if (virSysfsReadLinkTarget(virPCIHostGetRoot(host), path, &place) == 0) {
        above = g_path_get_dirname(place);
        name = g_path_get_basename(above);
    }
    if (!name || !virPCIDeviceAddressParse(name, &addr)) {
        virReportError(VIR_ERR_OPERATION_UNSUPPORTED,
                       _("device %1$s is on a root bus, which cannot be reset"),
                       virPCIDeviceGetName(dev));
        return NULL;
    }
    return virPCIDeviceNew(host, &addr);
}

/* Everything behind @bridge; a device that vanishes meanwhile is not there to be reset. */
static GArray *
virPCIBusListMembers(virPCIDevice *bridge)
{
    virPCIHost *host = virPCIDeviceGetHost(bridge);
    g_auto(GStrv) names = virSysfsListNames(virPCIHostGetRoot(host), "sys/bus/pci/devices");
    GArray *members = g_array_new(FALSE, TRUE, sizeof(virPCIBusMember));

    g_array_set_clear_func(members, virPCIBusMemberClear);
    for (char **name = names; *name; name++) {
        g_autofree char *path = g_strdup_printf("sys/bus/pci/devices/%s", *name);
        virPCIDeviceAddress addr;
        virPCIBusMember member = {0};

        if (!virPCIDeviceIsAbove(bridge, path) || !virPCIDeviceAddressParse(*name, &addr))
            continue;
        if ((member.dev = virPCIDeviceNew(host, &addr)))
            g_array_append_val(members, member);
        else
            virErrorReset();
    }
    return members;
}

/* One that cannot be read has no group that could be locked, and is in the way anyhow. */
static GPtrArray *
virPCIBusLock(GArray *members, const virPCIResetContext *ctx)
{
    g_autoptr(GArray) groups = g_array_new(FALSE, FALSE, sizeof(int));

    for (guint i = 0; i < members->len; i++) {
        g_auto(virPCIDeviceFacts) facts = {0};

        if (virPCIDeviceReadFacts(g_array_index(members, virPCIBusMember, i).dev, &facts) < 0)
            virErrorReset();
        else
            g_array_append_val(groups, facts.iommuGroup);
    }
    return virPCILockGroups(ctx->lockDirectory, ctx->holder, groups, 0);
}

/* Why @dev must not be reset now; NULL if nothing speaks against it. Caller frees. */
static char *
virPCIBusDescribeUse(virPCIDevice *dev, const virPCIResetContext *ctx)
{
    g_autofree char *who = ctx->user(virPCIDeviceGetAddress(dev), ctx->opaque);
    g_auto(virPCIDeviceFacts) facts = {0};
    g_auto(virPCIBinding) binding = {0};
    const char *name = virPCIDeviceGetName(dev);

    if (who)
        return virFormat(_("%1$s is used by %2$s"), name, who);
    if (virPCIDeviceGetBinding(dev, &binding) < 0 || virPCIDeviceReadFacts(dev, &facts) < 0) {
        virErrorReset();
        return virFormat(_("%1$s cannot be read"), name);
    }
    /* A reset takes its bus numbers and windows, and only the kernel can give them back. */
    if (facts.headerType != VIR_PCI_HEADER_ENDPOINT)
        return virFormat(_("%1$s is a bridge"), name);
    if (virPCIBindingIsHostDriver(&binding))
        return virFormat(_("%1$s is bound to driver %2$s"), name, binding.driver);
    return NULL;
}

static int
virPCIBusCheckUse(virPCIDevice *dev, GArray *members, const virPCIResetContext *ctx)
{
    g_autoptr(GString) uses = g_string_new(NULL);

    for (guint i = 0; i < members->len; i++) {
        g_autofree char *use =
            virPCIBusDescribeUse(g_array_index(members, virPCIBusMember, i).dev, ctx);

        if (use)
            g_string_append_printf(uses, "%s%s", uses->len > 0 ? ", " : "", use);
    }
    if (uses->len == 0)
        return 0;
    virReportError(
        VIR_ERR_OPERATION_INVALID,
        _("cannot reset the bus of device %1$s, because all behind the same bridge would "
          "be reset with it: %2$s"),
        virPCIDeviceGetName(dev), uses->str);
    return -1;
}

/*
 * Returns 1 if the kernel did it, -1 with an error reported; 0 if this is no way for the kernel: it
 * has no attribute for that, or says ENOTTY, which can also mean that it did not see the link come
 * up again (as of a conventional device in an emulated port). Another pulse does no harm then.
 */
static int
virPCIBusResetByKernel(virPCIDevice *bridge)
{
    virSysfsRoot *root = virPCIHostGetRoot(virPCIDeviceGetHost(bridge));
    char path[VIR_PCI_DEVICE_PATHLEN];
    int rc;

    virPCIDeviceFormatPath(virPCIDeviceGetAddress(bridge), "reset_subordinate", path);
    if (!virSysfsExists(root, path))
        return 0;
    rc = virSysfsWrite(root, path, "1", VIR_PCI_RESET_TIMEOUT_MS);
    if (rc == -ENOTTY) {
        VIR_DEBUG("bridge %s: the kernel does not reset its bus", virPCIDeviceGetName(bridge));
        return 0;
    }
    if (rc < 0) {
        virReportSystemError(-rc, _("the kernel cannot reset the bus behind bridge %1$s"),
                             virPCIDeviceGetName(bridge));
        return -1;
    }
    return 1;
}

static int
virPCIBusPulse(virPCIDevice *bridge)
{
    const virPCIConfigRegister control = {VIR_PCI_BRIDGE_CONTROL, 2};
    guint8 config[VIR_PCI_CONFIG_SIZE];
    virPCICaps caps;
    guint32 value;

    if (virPCIDeviceReadConfig(bridge, config) < 0)
        return -1;
    virPCICapsParse(config, sizeof(config), &caps);
    if (caps.isHotplugPort) {
        virReportError(VIR_ERR_OPERATION_UNSUPPORTED,
                       _("bridge %1$s is a hot-plug port: the kernel would take a reset of its bus "
                         "for the removal of what is behind it"),
                       virPCIDeviceGetName(bridge));
        return -1;
    }
    value = virPCIConfigGet(config, control);
    if (virPCIDeviceWriteConfig(bridge, control, value | VIR_PCI_BRIDGE_BUS_RESET) < 0)
        return -1;
    g_usleep(VIR_PCI_BUS_HOLD_US);
    if (virPCIDeviceWriteConfig(bridge, control, value & ~VIR_PCI_BRIDGE_BUS_RESET) < 0)
        return -1;
    g_usleep(VIR_PCI_BUS_QUIET_US);
    return 0;
}

/* Waits until the device answers again, as the one it was. */
static int
virPCIBusAwait(const virPCIBusMember *member, int timeout_ms)
{
    gint64 end = g_get_monotonic_time() + (gint64)timeout_ms * 1000;
    guint8 config[VIR_PCI_CONFIG_SIZE];

    for (;;) {
        if (virPCIDeviceReadConfig(member->dev, config) < 0)
            return -1;
        if (memcmp(config, member->config, 4) == 0)
            return 0;
        if (g_get_monotonic_time() >= end)
            break;
        g_usleep(VIR_PCI_BUS_POLL_US);
    }
    virReportError(
        VIR_ERR_OPERATION_FAILED,
        _("device %1$s did not come back from a reset of its bus: switch the machine off "
          "and on"),
        virPCIDeviceGetName(member->dev));
    return -1;
}

static int
virPCIBusResetByHand(virPCIDevice *bridge, GArray *members, const virPCIResetContext *ctx)
{
    int back_ms = ctx->back_ms > 0 ? ctx->back_ms : VIR_PCI_BUS_BACK_MS;
    virErrorInfo first = {0};
    int rc = 0;

    for (guint i = 0; i < members->len; i++) {
        virPCIBusMember *member = &g_array_index(members, virPCIBusMember, i);

        if (virPCIDeviceReadConfig(member->dev, member->config) < 0)
            return -1;
    }
    if (virPCIBusPulse(bridge) < 0)
        return -1;
    /* One that is lost must not cost the others their configuration. */
    for (guint i = 0; i < members->len; i++) {
        const virPCIBusMember *member = &g_array_index(members, virPCIBusMember, i);

        if (virPCIBusAwait(member, back_ms) == 0 &&
            virPCIDeviceRestoreConfig(member->dev, member->config) == 0)
            continue;
        if (rc == 0)
            virErrorPreserve(&first);
        rc = -1;
    }
    if (rc < 0)
        virErrorRestore(&first);
    return rc;
}

int
virPCIDeviceResetBus(virPCIDevice *dev, const virPCIResetContext *ctx)
{
    g_autoptr(virPCIDevice) bridge = virPCIBusFindBridge(dev);
    g_autoptr(GArray) members = NULL;
    g_autoptr(GPtrArray) locks = NULL;
    int rc;

    if (!bridge)
        return -1;
    members = virPCIBusListMembers(bridge);
    if (!(locks = virPCIBusLock(members, ctx)) || virPCIBusCheckUse(dev, members, ctx) < 0)
        return -1;
    if ((rc = virPCIBusResetByKernel(bridge)) != 0)
        return rc < 0 ? -1 : 0;
    return virPCIBusResetByHand(bridge, members, ctx);
}
