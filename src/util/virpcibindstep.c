/*
 * virpcibindstep.c: the single steps of a change of binding, each announced and checked
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <string.h>

#include "virerror.h"
#include "virgettext.h"
#include "virpcibindstep.h"
#include "virpciiommu.h"
#include "virprocess.h"

#define VIR_FROM_THIS VIR_FROM_DEVICE

/* A driver that is still busy with its last device says EBUSY, and means "a moment". */
#define VIR_PCI_BIND_BUSY_RETRIES  5
#define VIR_PCI_BIND_BUSY_DELAY_US 20000

int
virPCIBindStepAnnounce(const virPCIBindContext *ctx, virJournalRecord *record, virJournalStep step)
{
    const virProcessIdentity self = virProcessGetSelf();

    /* A completed transaction has nothing to go back to but the host. */
    if (step == VIR_JOURNAL_STEP_HELD) {
        g_clear_pointer(&record->heldDriver, g_free);
        g_clear_pointer(&record->heldBy, g_free);
    }
    record->step = step;
    record->pid = self.pid;
    record->pidStarted = self.started;
    if (ctx->progress) {
        char name[VIR_PCI_ADDRESS_STRLEN];

        virPCIDeviceAddressFormat(&record->address, name);
        ctx->progress(name, step, ctx->progressOpaque);
    }
    return virJournalWrite(ctx->journal, record);
}

/* Who might be the reason that the kernel holds a write; caller frees. */
static char *
virPCIBindDescribeHolders(virPCIHost *host, const virPCIDeviceAddress *address)
{
    g_autoptr(virPCIDevice) dev = virPCIDeviceNew(host, address);
    g_auto(virPCIDeviceFacts) facts = {0};
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(GArray) holders = NULL;
    g_autofree char *processes = NULL;
    g_autoptr(virPCIInterfaces) interfaces = virPCIInterfacesNew(host);

    if (!dev || virPCIDeviceReadFacts(dev, &facts) < 0)
        return g_strdup(virErrorGetMessage());
    if ((processes = virPCIHoldersListProcesses(dev, &facts)))
        virAppend(text, _("open in %1$s"), processes);
    holders = virPCIHoldersList(dev, &facts, interfaces);
    for (guint i = 0; i < holders->len; i++) {
        g_string_append_printf(text, "%s%s", text->len > 0 ? "; " : "",
                               g_array_index(holders, virPCIHolder, i).what);
    }
    return g_strdup(text->len > 0 ? text->str : _("nobody who uses it can be seen"));
}

static void
virPCIBindReportStuck(const virPCIBindContext *ctx, const virPCIDeviceAddress *address,
                      const char *what)
{
    g_autofree char *name = virPCIDeviceAddressAsString(address);
    g_autofree char *users = virPCIBindDescribeHolders(ctx->host, address);

    virReportError(
        VIR_ERR_OPERATION_TIMEOUT,
        _("%1$s is stuck: the kernel has not finished to %2$s within %3$d ms, and goes on "
          "trying (%4$s); when that has ended, run 'virtvfio recover'"),
        name, what, ctx->timeout_ms, users);
}

static int
virPCIBindWrite(const virPCIBindContext *ctx, const virPCIDeviceAddress *address, const char *path,
                const char *text, const char *what)
{
    g_autofree char *name = virPCIDeviceAddressAsString(address);
    int rc;

    for (guint attempt = 0;; attempt++) {
        rc = virSysfsWrite(virPCIHostGetRoot(ctx->host), path, text, ctx->timeout_ms);
        if (rc != -EBUSY || attempt == VIR_PCI_BIND_BUSY_RETRIES)
            break;
        g_usleep(VIR_PCI_BIND_BUSY_DELAY_US);
    }
    if (rc == -ETIMEDOUT)
        virPCIBindReportStuck(ctx, address, what);
    else if (rc < 0)
        virReportSystemError(-rc, _("%1$s: the kernel refused to %2$s"), name, what);
    return rc < 0 ? -1 : 0;
}

int
virPCIBindStepOverride(const virPCIBindContext *ctx, const virPCIDeviceAddress *address,
                       const char *override)
{
    char path[VIR_PCI_DEVICE_PATHLEN];
    g_autofree char *text = g_strdup_printf("%s\n", override ? override : "");

    virPCIDeviceFormatPath(address, "driver_override", path);
    return virPCIBindWrite(ctx, address, path, text, _("set its driver_override"));
}

bool
virPCIBindStepHasOverride(const virPCIBindContext *ctx, const virPCIDeviceAddress *address,
                          const char *override)
{
    g_autoptr(virPCIDevice) dev = virPCIDeviceNew(ctx->host, address);
    g_auto(virPCIDeviceFacts) facts = {0};

    if (!dev || virPCIDeviceReadFacts(dev, &facts) < 0) {
        virErrorReset();
        return false;
    }
    return !facts.locked && g_strcmp0(facts.driverOverride, override) == 0;
}

int
virPCIBindStepUnbind(const virPCIBindContext *ctx, const virPCIDeviceAddress *address)
{
    g_auto(virPCIBinding) binding = {0};
    g_autofree char *name = virPCIDeviceAddressAsString(address);
    g_autofree char *path = NULL;
    g_autofree char *what = NULL;

    if (virPCIBindingRead(ctx->host, address, &binding) < 0)
        return -1;
    if (!binding.driver)
        return 0;
    path = g_strdup_printf("sys/bus/pci/drivers/%s/unbind", binding.driver);
    what = virFormat(_("take it from driver '%1$s'"), binding.driver);
    return virPCIBindWrite(ctx, address, path, name, what);
}

static int
virPCIBindCheckDriver(const virPCIBindContext *ctx, const virPCIDeviceAddress *address,
                      const char *driver)
{
    g_auto(virPCIBinding) binding = {0};
    g_autofree char *name = virPCIDeviceAddressAsString(address);

    if (virPCIBindingRead(ctx->host, address, &binding) < 0)
        return -1;
    if (g_strcmp0(binding.driver, driver) == 0)
        return 0;
    if (binding.driver) {
        virReportError(VIR_ERR_OPERATION_FAILED,
                       _("%1$s was to be bound to driver '%2$s', and driver '%3$s' took it"), name,
                       driver, binding.driver);
    } else {
        virReportError(VIR_ERR_OPERATION_FAILED,
                       _("driver '%2$s' did not take %1$s: 'dmesg' may say why"), name, driver);
    }
    return -1;
}

int
virPCIBindStepProbe(const virPCIBindContext *ctx, const virPCIDeviceAddress *address,
                    const char *driver)
{
    g_autofree char *name = virPCIDeviceAddressAsString(address);
    g_autofree char *what = virFormat(_("bind it to driver '%1$s'"), driver);

    if (virPCIBindWrite(ctx, address, "sys/bus/pci/drivers_probe", name, what) < 0)
        return -1;
    /* That the kernel looked for a driver does not mean that it found one. */
    return virPCIBindCheckDriver(ctx, address, driver);
}

static int
virPCIBindCheckType(const virPCIBindContext *ctx, const virPCIDeviceAddress *address)
{
    g_auto(virPCIBinding) binding = {0};
    g_autofree char *name = virPCIDeviceAddressAsString(address);

    if (virPCIBindingRead(ctx->host, address, &binding) < 0)
        return -1;
    if (binding.type == VIR_PCI_STUB_DRIVER_VFIO)
        return 0;
    virReportError(VIR_ERR_OPERATION_FAILED,
                   _("driver '%2$s' took %1$s, but is not a VFIO driver: it has no vfio_pci alias, "
                     "and made no vfio-dev"),
                   name, binding.driver ? binding.driver : "");
    return -1;
}

int
virPCIBindStepAwaitVFIO(const virPCIBindContext *ctx, const virPCIDeviceAddress *address)
{
    g_autoptr(virPCIDevice) dev = virPCIDeviceNew(ctx->host, address);
    g_auto(virPCIDeviceFacts) facts = {0};
    g_autofree char *node = NULL;

    if (!dev || virPCIBindCheckType(ctx, address) < 0 || virPCIDeviceReadFacts(dev, &facts) < 0)
        return -1;
    node = g_strdup_printf("%d", facts.iommuGroup);
    if (virSysfsAwaitEntry(virPCIHostGetRoot(ctx->host), "dev/vfio", node, ctx->timeout_ms))
        return 0;
    virReportError(VIR_ERR_OPERATION_FAILED,
                   _("%1$s is bound, but /dev/vfio/%2$s did not appear within %3$d ms: is udev "
                     "running?"),
                   virPCIDeviceGetName(dev), node, ctx->timeout_ms);
    return -1;
}
