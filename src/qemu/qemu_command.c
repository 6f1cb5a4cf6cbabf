/*
 * qemu_command.c: QEMU's command line for a guest
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <json-glib/json-glib.h>

#include "qemu_command.h"

static void
qemuCommandAdd(GPtrArray *argv, const char *option, const char *value)
{
    g_ptr_array_add(argv, g_strdup(option));
    if (value)
        g_ptr_array_add(argv, g_strdup(value));
}

static void G_GNUC_PRINTF(3, 4)
    qemuCommandAddFormat(GPtrArray *argv, const char *option, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    g_ptr_array_add(argv, g_strdup(option));
    g_ptr_array_add(argv, g_strdup_vprintf(fmt, ap));
    va_end(ap);
}

/* A value of QEMU's key=value,… syntax: a comma in it is doubled. */
static char *
qemuCommandEscape(const char *value)
{
    g_auto(GStrv) parts = g_strsplit(value, ",", -1);

    return g_strjoinv(",,", parts);
}

/* Text members of a JSON object: name, value, name, value, …, NULL. */
static void G_GNUC_NULL_TERMINATED
qemuCommandSetMembers(JsonObject *device, const char *name, ...)
{
    va_list ap;

    va_start(ap, name);
    for (; name; name = va_arg(ap, const char *))
        json_object_set_string_member(device, name, va_arg(ap, const char *));
    va_end(ap);
}

/* "-device" takes an object since QEMU 6.2: no quoting, no guessing of types. Takes @device. */
static void
qemuCommandAddDevice(GPtrArray *argv, JsonObject *device)
{
    g_autoptr(JsonNode) node = json_node_new(JSON_NODE_OBJECT);

    json_node_take_object(node, device);
    g_ptr_array_add(argv, g_strdup("-device"));
    g_ptr_array_add(argv, json_to_string(node, FALSE));
}

static void
qemuCommandSetAddress(JsonObject *device, const virDomainDeviceInfo *info)
{
    const virPCIDeviceAddress *addr = &info->address;
    g_autofree char *bus =
        addr->bus == 0 ? g_strdup("pcie.0") : g_strdup_printf("pci.%u", addr->bus);
    g_autofree char *slot = g_strdup_printf("0x%x.0x%x", addr->slot, addr->function);

    qemuCommandSetMembers(device, "bus", bus, "addr", slot, NULL);
    if (info->multifunction)
        json_object_set_boolean_member(device, "multifunction", TRUE);
}

static void
qemuCommandAddMachine(GPtrArray *argv, const virDomainDef *def)
{
    g_autofree char *name = qemuCommandEscape(def->name);

    qemuCommandAddFormat(argv, "-name", "guest=%s,debug-threads=on", name);
    qemuCommandAdd(argv, "-uuid", def->uuid);
    qemuCommandAdd(argv, "-S", NULL);
    qemuCommandAdd(argv, "-machine", def->os.machine);
    if (def->virtType == VIR_DOMAIN_VIRT_KVM) {
        qemuCommandAdd(argv, "-accel", "kvm");
        qemuCommandAdd(argv, "-cpu", "host");
    } else {
        qemuCommandAdd(argv, "-accel", "tcg");
    }
    qemuCommandAddFormat(argv, "-m", "size=%" G_GUINT64_FORMAT "k", def->memory_kib);
    qemuCommandAddFormat(argv, "-smp", "cpus=%u", def->vcpus);
    qemuCommandAddFormat(argv, "-rtc", "base=%s", virDomainClockToString(def->clock));
}

/* Nothing that the definition does not name, and no rights that QEMU does not need. */
static void
qemuCommandAddLimits(GPtrArray *argv, const virDomainDef *def)
{
    qemuCommandAdd(argv, "-no-user-config", NULL);
    qemuCommandAdd(argv, "-nodefaults", NULL);
    qemuCommandAdd(argv, "-display", "none");
    qemuCommandAdd(argv, "-sandbox",
                   "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny");
    qemuCommandAdd(argv, "-boot", "strict=on");
    if (def->onReboot == VIR_DOMAIN_REBOOT_DESTROY)
        qemuCommandAdd(argv, "-no-reboot", NULL);
}

static void
qemuCommandAddKernel(GPtrArray *argv, const virDomainOSDef *os)
{
    if (os->kernel)
        qemuCommandAdd(argv, "-kernel", os->kernel);
    if (os->initrd)
        qemuCommandAdd(argv, "-initrd", os->initrd);
    if (os->cmdline)
        qemuCommandAdd(argv, "-append", os->cmdline);
}

static void
qemuCommandAddMonitor(GPtrArray *argv)
{
    qemuCommandAddFormat(argv, "-chardev", "socket,id=charmonitor,fd=%d", QEMU_COMMAND_MONITOR_FD);
    qemuCommandAdd(argv, "-mon", "chardev=charmonitor,id=monitor,mode=control");
}

static void
qemuCommandAddRootPort(GPtrArray *argv, const virDomainControllerDef *controller)
{
    JsonObject *device = json_object_new();
    g_autofree char *id = g_strdup_printf("pci.%d", controller->index);

    qemuCommandSetMembers(device, "driver", "pcie-root-port", "id", id, NULL);
    json_object_set_int_member(device, "port", controller->port);
    json_object_set_int_member(device, "chassis", controller->chassis);
    qemuCommandSetAddress(device, &controller->info);
    qemuCommandAddDevice(argv, device);
}

static void
qemuCommandAddSerial(GPtrArray *argv, const virDomainChrDef *chr)
{
    g_autofree char *chardev = g_strdup_printf("charserial%u", chr->port);
    g_autofree char *id = g_strdup_printf("serial%u", chr->port);
    JsonObject *device = json_object_new();

    if (chr->type == VIR_DOMAIN_CHR_TYPE_STDIO) {
        qemuCommandAddFormat(argv, "-chardev", "socket,id=%s,fd=%d", chardev,
                             QEMU_COMMAND_STDIO_FD);
    } else {
        g_autofree char *path = qemuCommandEscape(chr->path);

        qemuCommandAddFormat(argv, "-chardev", "file,id=%s,path=%s,append=%s", chardev, path,
                             virDomainOnOffToString(chr->append));
    }
    qemuCommandSetMembers(device, "driver", "isa-serial", "chardev", chardev, "id", id, NULL);
    json_object_set_int_member(device, "index", chr->port);
    qemuCommandAddDevice(argv, device);
}

/* QEMU's "host" takes PCI domains of 16 bits only (7.2). */
static void
qemuCommandSetHost(JsonObject *device, const virPCIDeviceAddress *source)
{
    g_autofree char *host = virPCIDeviceAddressAsString(source);
    g_autofree char *path = g_strdup_printf("/sys/bus/pci/devices/%s", host);

    if (source->domain <= 0xffff)
        qemuCommandSetMembers(device, "host", host, NULL);
    else
        qemuCommandSetMembers(device, "sysfsdev", path, NULL);
}

static void
qemuCommandAddHostdev(GPtrArray *argv, const virDomainHostdevDef *hostdev, guint number)
{
    g_autofree char *id =
        hostdev->info.alias ? g_strdup(hostdev->info.alias) : g_strdup_printf("hostdev%u", number);
    JsonObject *device = json_object_new();

    /* Whatever VFIO driver is bound on the host, QEMU's side of it is vfio-pci. */
    qemuCommandSetMembers(device, "driver", "vfio-pci", "id", id, NULL);
    qemuCommandSetHost(device, &hostdev->source);
    qemuCommandSetAddress(device, &hostdev->info);
    qemuCommandAddDevice(argv, device);
}

static void
qemuCommandAddDevices(GPtrArray *argv, const virDomainDef *def)
{
    for (guint i = 0; i < def->controllers->len; i++) {
        const virDomainControllerDef *controller = g_ptr_array_index(def->controllers, i);

        if (controller->model == VIR_DOMAIN_CONTROLLER_PCIE_ROOT_PORT)
            qemuCommandAddRootPort(argv, controller);
    }
    for (guint i = 0; i < def->serials->len; i++)
        qemuCommandAddSerial(argv, g_ptr_array_index(def->serials, i));
    for (guint i = 0; i < def->hostdevs->len; i++)
        qemuCommandAddHostdev(argv, g_ptr_array_index(def->hostdevs, i), i);
}

char **
qemuBuildCommandLine(const virDomainDef *def, const char *emulator)
{
    GPtrArray *argv = g_ptr_array_new();

    g_ptr_array_add(argv, g_strdup(emulator));
    qemuCommandAddMachine(argv, def);
    qemuCommandAddLimits(argv, def);
    qemuCommandAddKernel(argv, &def->os);
    qemuCommandAddMonitor(argv);
    qemuCommandAddDevices(argv, def);
    g_ptr_array_add(argv, NULL);
    return (char **)g_ptr_array_free(argv, FALSE);
}
