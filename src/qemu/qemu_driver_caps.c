/*
 * qemu_driver_caps.c: what the host and its QEMU can do, for those who want to make guests
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "qemu_domain_capabilities.h"
#include "qemu_driver.h"
#include "virerror.h"
#include "virgettext.h"
#include "virlog.h"

#define VIR_FROM_THIS VIR_FROM_QEMU

VIR_LOG_INIT("qemu.driver")

/* A probe is started with the driver and takes a fraction of a second. Clients wait as long as
 * their keepalive is answered, but nobody likes to. */
#define QEMU_DRIVER_CAPS_TIMEOUT_MS 20000

/* Of the guests that documents can describe, whatever this host is. Caller frees. */
static char *
qemuDriverFindEmulator(void)
{
    char *path = g_find_program_in_path("qemu-system-" VIR_DOMAIN_OS_ARCH);

    if (!path)
        virReportError(VIR_ERR_OPERATION_FAILED,
                       _("there is no QEMU for %1$s guests in PATH; install it (Debian: apt-get "
                         "install qemu-system-x86)"),
                       VIR_DOMAIN_OS_ARCH);
    return path;
}

char *
qemuConnectGetCapabilities(qemuDriver *driver)
{
    g_autoptr(virCaps) host = virCapsNew(virPCIHostGetRoot(driver->host));
    g_autofree char *emulator = NULL;
    g_autoptr(qemuCaps) caps = NULL;

    if (!host)
        return NULL;
    /* A host without QEMU has capabilities, too; it can have no guests. */
    if ((emulator = qemuDriverFindEmulator()) &&
        (caps = qemuDriverGetCaps(driver, emulator, QEMU_DRIVER_CAPS_TIMEOUT_MS)))
        qemuCapsAddGuest(caps, emulator, host);
    else
        VIR_WARN("%s", virErrorGetMessage());
    return virCapsFormat(host);
}

/* What is asked for, checked; NULL with an error reported. */
static const qemuCapsMachine *
qemuConnectFindMachine(const qemuCaps *caps, const char *name)
{
    const qemuCapsMachine *machine = qemuCapsFindMachine(caps, name ? name : VIR_DOMAIN_OS_MACHINE);

    if (machine && virDomainOSMachineIsSupported(machine->name))
        return machine;
    virReportError(VIR_ERR_INVALID_ARG,
                   _("invalid argument: no guest can have the machine '%1$.100s' here; 'virsh "
                     "capabilities' lists those that there are"),
                   name ? name : VIR_DOMAIN_OS_MACHINE);
    return NULL;
}

static int
qemuConnectFindType(const qemuCaps *caps, const char *word, virDomainVirtType *type)
{
    int found = word ? virDomainVirtFromString(word)
                     : (int)(caps->kvm ? VIR_DOMAIN_VIRT_KVM : VIR_DOMAIN_VIRT_QEMU);

    if (found < 0) {
        virReportError(VIR_ERR_INVALID_ARG,
                       _("invalid argument: no guest is of type '%1$.100s'; there are 'kvm' and "
                         "'qemu'"),
                       word);
        return -1;
    }
    if (found == VIR_DOMAIN_VIRT_KVM && !caps->kvm) {
        virReportError(VIR_ERR_INVALID_ARG, "%s",
                       _("invalid argument: KVM does not work on this host: see 'virtvfio check'; "
                         "guests of type 'qemu' are emulated"));
        return -1;
    }
    *type = (virDomainVirtType)found;
    return 0;
}

char *
qemuConnectGetDomainCapabilities(qemuDriver *driver, const char *emulator, const char *arch,
                                 const char *machine, const char *type)
{
    g_autofree char *path = emulator ? g_strdup(emulator) : qemuDriverFindEmulator();
    g_autoptr(qemuCaps) caps = NULL;
    const qemuCapsMachine *found;
    virDomainVirtType virtType;

    if (arch && strcmp(arch, VIR_DOMAIN_OS_ARCH) != 0) {
        virReportError(VIR_ERR_INVALID_ARG,
                       _("invalid argument: no guest is of architecture '%1$.100s'; supported: "
                         "'%2$s'"),
                       arch, VIR_DOMAIN_OS_ARCH);
        return NULL;
    }
    if (emulator && !g_path_is_absolute(emulator)) {
        virReportError(VIR_ERR_INVALID_ARG,
                       _("invalid argument: the emulator '%1$.100s' is no absolute path"),
                       emulator);
        return NULL;
    }
    if (!path || !(caps = qemuDriverGetCaps(driver, path, QEMU_DRIVER_CAPS_TIMEOUT_MS)) ||
        !(found = qemuConnectFindMachine(caps, machine)) ||
        qemuConnectFindType(caps, type, &virtType) < 0)
        return NULL;
    return qemuDomainCapsFormat(caps, path, found, virtType);
}

char **
qemuConnectGetCPUModelNames(qemuDriver *driver, const char *arch)
{
    g_autofree char *emulator = NULL;
    g_autoptr(qemuCaps) caps = NULL;

    if (strcmp(arch, VIR_DOMAIN_OS_ARCH) != 0) {
        virReportError(VIR_ERR_INVALID_ARG,
                       _("invalid argument: no guest is of architecture '%1$.100s'; supported: "
                         "'%2$s'"),
                       arch, VIR_DOMAIN_OS_ARCH);
        return NULL;
    }
    if (!(emulator = qemuDriverFindEmulator()) ||
        !(caps = qemuDriverGetCaps(driver, emulator, QEMU_DRIVER_CAPS_TIMEOUT_MS)))
        return NULL;
    return g_strdupv(caps->cpus);
}
