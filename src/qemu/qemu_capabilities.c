/*
 * qemu_capabilities.c: is there a QEMU, and can it use KVM
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "qemu_capabilities.h"
#include "virerror.h"
#include "virfile.h"
#include "virgettext.h"

#define VIR_FROM_THIS VIR_FROM_QEMU

char *
qemuGetEmulatorName(const virDomainDef *def)
{
    return def->emulator ? g_strdup(def->emulator)
                         : g_strdup_printf("qemu-system-%s", def->os.arch);
}

char *
qemuFindEmulator(const virDomainDef *def)
{
    g_autofree char *name = qemuGetEmulatorName(def);
    char *path;

    if (def->emulator) {
        if (g_file_test(def->emulator, G_FILE_TEST_IS_EXECUTABLE) &&
            !g_file_test(def->emulator, G_FILE_TEST_IS_DIR))
            return g_steal_pointer(&name);
        virReportError(VIR_ERR_OPERATION_FAILED,
                       _("the <emulator> of guest '%1$s', %2$s, is no program that can be run"),
                       def->name, def->emulator);
        return NULL;
    }
    if (!(path = g_find_program_in_path(name)))
        virReportError(VIR_ERR_OPERATION_FAILED,
                       _("there is no %1$s in PATH to run guest '%2$s'; install QEMU (Debian: "
                         "apt-get install qemu-system-x86) or name it in <emulator>"),
                       name, def->name);
    return path;
}

void
qemuFillEmulator(virDomainDef *def)
{
    g_autofree char *name = qemuGetEmulatorName(def);
    g_autofree char *path = def->emulator ? NULL : g_find_program_in_path(name);

    if (path && g_path_is_absolute(path))
        def->emulator = g_steal_pointer(&path);
}

int
qemuCheckKVM(const virDomainDef *def)
{
    VIR_AUTOCLOSE fd = -1;

    if (def->virtType != VIR_DOMAIN_VIRT_KVM)
        return 0;
    if ((fd = open("/dev/kvm", O_RDWR | O_CLOEXEC)) >= 0)
        return 0;
    if (errno == ENOENT || errno == ENODEV || errno == ENXIO) {
        virReportError(VIR_ERR_OPERATION_FAILED,
                       _("guest '%1$s' has type='kvm' and this host has no KVM; load kvm_intel or "
                         "kvm_amd, or say <domain type='qemu'> for slow emulation"),
                       def->name);
    } else {
        virReportSystemError(errno,
                             _("guest '%1$s' has type='kvm' and /dev/kvm cannot be opened; become "
                               "root or join the group kvm"),
                             def->name);
    }
    return -1;
}

char *
qemuFindHostEmulator(void)
{
    struct utsname host;
    g_autofree char *name = NULL;

    if (uname(&host) < 0)
        return NULL;
    name = g_strdup_printf("qemu-system-%s", host.machine);
    return g_find_program_in_path(name);
}

int
qemuCheckCapsKVM(const virDomainDef *def, const qemuCaps *caps)
{
    if (def->virtType != VIR_DOMAIN_VIRT_KVM || caps->kvm)
        return 0;
    virReportError(
        VIR_ERR_OPERATION_FAILED,
        _("guest '%1$s' has type='kvm', and its QEMU cannot use KVM here, although "
          "/dev/kvm can be opened; see the kernel's log, or say <domain type='qemu'> for "
          "slow emulation"),
        def->name);
    return -1;
}
