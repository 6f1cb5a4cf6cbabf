/*
 * virhostdevcheck.c: may a guest have its host devices, as they are now
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "virerror.h"
#include "virfile.h"
#include "virgettext.h"
#include "virhostdevadvice.h"
#include "virhostdevcheck.h"
#include "virlog.h"
#include "virpci.h"
#include "virpciiommu.h"

#define VIR_FROM_THIS VIR_FROM_DEVICE

VIR_LOG_INIT("hypervisor.hostdev")

/* One device on its way to a guest. */
typedef struct {
    virPCIHost *host;
    virHostdevLedger *ledger;
    const virHostdevUser *user; /* who is to have it */
    const virDomainHostdevDef *hostdev;
    virPCIDevice *dev;
    virPCIDeviceFacts facts;
    char *driver; /* bound now, or NULL */
    virPCIIOMMUGroup *group;
} virHostdevCheck;

static void
virHostdevCheckClear(virHostdevCheck *check)
{
    virPCIDeviceFree(check->dev);
    virPCIDeviceFactsClear(&check->facts);
    g_free(check->driver);
    virPCIIOMMUGroupFree(check->group);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(virHostdevCheck, virHostdevCheckClear)

/* Step 1: there is such a device, and it is no bridge. */
static int
virHostdevCheckDevice(virHostdevCheck *check)
{
    if (!(check->dev = virPCIDeviceNew(check->host, &check->hostdev->source)) ||
        virPCIDeviceReadFacts(check->dev, &check->facts) < 0)
        return -1;
    if (check->facts.headerType != VIR_PCI_HEADER_ENDPOINT) {
        virReportError(VIR_ERR_CONFIG_UNSUPPORTED,
                       _("it is a bridge, and only endpoints can be given to a guest"));
        return -1;
    }
    return 0;
}

/* Its group, for advice only: NULL if it has none or it cannot be read. */
static virPCIIOMMUGroup *
virHostdevFindGroup(const virHostdevCheck *check)
{
    virPCIIOMMUGroup *group = NULL;

    if (check->facts.iommuGroup >= 0 &&
        !(group = virPCIIOMMUGroupNew(check->host, NULL, check->facts.iommuGroup)))
        virErrorReset();
    return group;
}

/* The best driver and the command that binds it, as the tail of a message; never NULL. */
static char *
virHostdevAdvise(const virHostdevCheck *check)
{
    g_auto(virPCIBestDriver) best = {0};
    g_autoptr(virPCIIOMMUGroup) group = NULL;
    g_autofree char *command = NULL;

    if (!virHostdevAdviseDriver(check->dev, check->facts.modalias, &best))
        return g_strdup(_("this kernel knows no VFIO driver for it"));
    group = virHostdevFindGroup(check);
    command = virHostdevAdviseBind(virPCIDeviceGetName(check->dev), group, NULL);
    return virFormat(_("the best one for it is %1$s; to bind it, as root: %2$s"),
                     best.driver ? best.driver : best.module, command);
}

/* Step 2: it is on a VFIO driver now. Asked anew every time: the user may have changed it. */
static int
virHostdevCheckDriver(virHostdevCheck *check)
{
    virPCIStubDriver type;
    g_autofree char *advice = NULL;

    if (virPCIDeviceGetDriverNameAndType(check->dev, &check->driver, &type) < 0)
        return -1;
    if (type == VIR_PCI_STUB_DRIVER_VFIO)
        return 0;

    advice = virHostdevAdvise(check);
    if (check->driver) {
        virReportError(VIR_ERR_OPERATION_INVALID,
                       _("it is on driver %1$s, which is no VFIO driver; managed='no' needs it on "
                         "vfio-pci, or on a driver whose module has a vfio_pci: alias or that "
                         "gives it a vfio-dev directory; %2$s"),
                       check->driver, advice);
    } else {
        virReportError(VIR_ERR_OPERATION_INVALID,
                       _("it is on no driver; managed='no' needs it on a VFIO driver; %1$s"),
                       advice);
    }
    return -1;
}

static bool
virHostdevModuleIs(const char *module, const char *wanted)
{
    for (; *module && *wanted; module++, wanted++) {
        if ((*module == '-' ? '_' : *module) != (*wanted == '-' ? '_' : *wanted))
            return false;
    }
    return *module == *wanted;
}

/* Step 3: it is on the driver that <driver model='…'/> asks for, by its name or its module's. */
static int
virHostdevCheckModel(virHostdevCheck *check)
{
    const char *model = check->hostdev->driverModel;
    g_autofree char *module = NULL;
    g_autofree char *command = NULL;

    if (!model || g_str_equal(model, check->driver))
        return 0;
    module = virKModDriverGetModule(virPCIHostGetKMod(check->host), check->driver);
    if (module && virHostdevModuleIs(module, model))
        return 0;
    command = virHostdevAdviseBind(virPCIDeviceGetName(check->dev), NULL, model);
    virReportError(VIR_ERR_OPERATION_INVALID,
                   _("it is on VFIO driver %1$s (module %2$s), and the guest's XML asks for "
                     "<driver model='%3$s'/>; remove the model, or bind it to that one, as root: "
                     "%4$s"),
                   check->driver, module ? module : _("built in"), model, command);
    return -1;
}

/* Step 4: the whole IOMMU group can be given away, and nobody else has a part of it. */
static int
virHostdevCheckGroup(virHostdevCheck *check)
{
    g_autofree char *text = NULL;
    g_autofree char *command = NULL;

    if (check->facts.iommuGroup < 0) {
        text = virHostdevAdviseIOMMU(check->host);
        virReportError(VIR_ERR_OPERATION_INVALID, _("it is in no IOMMU group: %1$s"), text);
        return -1;
    }
    if (!(check->group = virPCIIOMMUGroupNew(check->host, NULL, check->facts.iommuGroup)))
        return -1;
    if (!check->group->viable) {
        text = virPCIIOMMUGroupDescribeBlockers(check->group);
        command = virHostdevAdviseBind(NULL, check->group, NULL);
        virReportError(VIR_ERR_OPERATION_INVALID,
                       _("its IOMMU group %1$d has members on drivers of the host: %2$s; to bind "
                         "them to VFIO drivers too, as root: %3$s"),
                       check->group->number, text, command ? command : _("no command does that"));
        return -1;
    }
    return 0;
}

/* Entries of older versions do not say of which group a device is: the group does. */
static int
virHostdevCheckGroupUnused(virHostdevCheck *check)
{
    for (guint i = 0; i < check->group->members->len; i++) {
        const char *name = g_array_index(check->group->members, virPCIIOMMUMember, i).name;
        g_autoptr(virHostdevLedgerEntry) user = NULL;
        virPCIDeviceAddress addr;

        if (!virPCIDeviceAddressParse(name, &addr) ||
            !(user = virHostdevLedgerFind(check->ledger, &addr)) ||
            user->state == VIR_HOSTDEV_CHANGING || virHostdevLedgerEntryIsOf(user, check->user))
            continue;
        virReportError(VIR_ERR_OPERATION_INVALID,
                       _("guest '%1$s' of %2$s has %3$s, and members of one IOMMU group (%4$d) "
                         "cannot go to different guests; detach %3$s there, or shut that guest "
                         "down, first"),
                       user->domName, user->drvName, name, check->group->number);
        return -1;
    }
    return 0;
}

/* 0 or a negative errno value. A recorded tree has no real nodes: there it has to exist. */
static int
virHostdevTryNode(virSysfsRoot *root, const char *node)
{
    VIR_AUTOCLOSE fd = -1;

    if (!virSysfsRootIsHost(root))
        return virSysfsExists(root, node) ? 0 : -ENOENT;
    fd = virSysfsOpen(root, node, O_RDWR);
    return MIN(fd, 0);
}

static int
virHostdevCheckNode(virHostdevCheck *check, const char *node)
{
    int rc = virHostdevTryNode(virPCIHostGetRoot(check->host), node);

    switch (rc) {
    case 0:
        return 0;
    case -ENOENT:
        virReportError(VIR_ERR_OPERATION_INVALID,
                       _("there is no /%1$s, although %2$s is a VFIO driver; is the module "
                         "vfio_iommu_type1 loaded, and is this the host's /dev?"),
                       node, check->driver);
        return -1;
    case -EBUSY:
        virReportError(VIR_ERR_OPERATION_INVALID,
                       _("another process has /%1$s open: another guest has its IOMMU group"),
                       node);
        return -1;
    default:
        virReportSystemError(
            -rc, _("/%1$s cannot be opened; become root, or give your user that node"), node);
        return -1;
    }
}

/* Step 5: QEMU will be able to open what it needs. */
static int
virHostdevCheckNodes(virHostdevCheck *check)
{
    g_autofree char *node = g_strdup_printf("dev/vfio/%d", check->group->number);

    if (virHostdevCheckNode(check, node) < 0)
        return -1;
    return virHostdevCheckNode(check, "dev/vfio/vfio");
}

static int
virHostdevCheckPCIDevice(virHostdevCheck *check)
{
    if (virHostdevCheckDevice(check) < 0 || virHostdevCheckDriver(check) < 0 ||
        virHostdevCheckModel(check) < 0 || virHostdevCheckGroup(check) < 0 ||
        virHostdevCheckGroupUnused(check) < 0)
        return -1;
    return virHostdevCheckNodes(check);
}

/* What is wrong with each of a guest's devices. */
typedef struct {
    int code; /* of the first */
    GPtrArray *addresses;
    GPtrArray *reasons;
} virHostdevProblems;

static void
virHostdevProblemsClear(virHostdevProblems *problems)
{
    g_ptr_array_unref(problems->addresses);
    g_ptr_array_unref(problems->reasons);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(virHostdevProblems, virHostdevProblemsClear)

/* Takes the thread's error as what is wrong with @addr. */
static void
virHostdevProblemsAdd(virHostdevProblems *problems, const virPCIDeviceAddress *addr)
{
    if (problems->reasons->len == 0)
        problems->code = virErrorGetLast()->code;
    g_ptr_array_add(problems->addresses, virPCIDeviceAddressAsString(addr));
    g_ptr_array_add(problems->reasons, g_strdup(virErrorGetMessage()));
    virErrorReset();
}

static int
virHostdevProblemsReport(const virHostdevProblems *problems, const char *domName)
{
    g_autoptr(GString) text = g_string_new(NULL);

    if (problems->reasons->len == 0)
        return 0;
    if (problems->reasons->len == 1) {
        virReportError(problems->code, _("cannot give host device %1$s to guest '%2$s': %3$s"),
                       (char *)g_ptr_array_index(problems->addresses, 0), domName,
                       (char *)g_ptr_array_index(problems->reasons, 0));
        return -1;
    }
    for (guint i = 0; i < problems->reasons->len; i++)
        g_string_append_printf(text, "\n%s: %s", (char *)g_ptr_array_index(problems->addresses, i),
                               (char *)g_ptr_array_index(problems->reasons, i));
    virReportError(problems->code, _("cannot give %1$u host devices to guest '%2$s':%3$s"),
                   problems->reasons->len, domName, text->str);
    return -1;
}

/* Whether an earlier member of the array is the same device. */
static bool
virHostdevIsRepeated(virDomainHostdevDef *const *hostdevs, size_t i)
{
    for (size_t j = 0; j < i; j++) {
        if (virPCIDeviceAddressCompare(&hostdevs[j]->source, &hostdevs[i]->source) == 0)
            return true;
    }
    return false;
}

int
virHostdevCheckPCIDevices(virPCIHost *host, virHostdevLedger *ledger, const virHostdevUser *user,
                          virDomainHostdevDef *const *hostdevs, size_t n)
{
    g_auto(virHostdevProblems) problems = {
        .addresses = g_ptr_array_new_with_free_func(g_free),
        .reasons = g_ptr_array_new_with_free_func(g_free),
    };

    for (size_t i = 0; i < n; i++) {
        g_auto(virHostdevCheck)
            check = {.host = host, .ledger = ledger, .user = user, .hostdev = hostdevs[i]};

        if (virHostdevIsRepeated(hostdevs, i)) {
            virReportError(VIR_ERR_XML_ERROR, _("it is listed twice"));
            virHostdevProblemsAdd(&problems, &hostdevs[i]->source);
        } else if (virHostdevCheckPCIDevice(&check) < 0) {
            virHostdevProblemsAdd(&problems, &hostdevs[i]->source);
        } else {
            VIR_DEBUG("device %s is on VFIO driver %s, IOMMU group %d",
                      virPCIDeviceGetName(check.dev), check.driver, check.group->number);
        }
    }
    return virHostdevProblemsReport(&problems, user->domName);
}
