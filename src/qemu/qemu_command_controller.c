/*
 * qemu_command_controller.c: QEMU's command line: the guest's buses
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "qemu_command_priv.h"

static const char *const qemuPCIDrivers[VIR_DOMAIN_CONTROLLER_PCI_LAST] = {
    [VIR_DOMAIN_CONTROLLER_PCIE_ROOT_PORT] = "pcie-root-port",
    [VIR_DOMAIN_CONTROLLER_PCIE_UPSTREAM_PORT] = "x3130-upstream",
    [VIR_DOMAIN_CONTROLLER_PCIE_DOWNSTREAM_PORT] = "xio3130-downstream",
    [VIR_DOMAIN_CONTROLLER_PCIE_TO_PCI_BRIDGE] = "pcie-pci-bridge",
    [VIR_DOMAIN_CONTROLLER_PCI_BRIDGE] = "pci-bridge",
};

static const char *const qemuUSBDrivers[VIR_DOMAIN_CONTROLLER_USB_LAST] = {
    [VIR_DOMAIN_CONTROLLER_USB_QEMU_XHCI] = "qemu-xhci",
    [VIR_DOMAIN_CONTROLLER_USB_NEC_XHCI] = "nec-usb-xhci",
    [VIR_DOMAIN_CONTROLLER_USB_PIIX3_UHCI] = "piix3-usb-uhci",
    [VIR_DOMAIN_CONTROLLER_USB_ICH9_EHCI1] = "ich9-usb-ehci1",
    [VIR_DOMAIN_CONTROLLER_USB_ICH9_UHCI1] = "ich9-usb-uhci1",
    [VIR_DOMAIN_CONTROLLER_USB_ICH9_UHCI2] = "ich9-usb-uhci2",
    [VIR_DOMAIN_CONTROLLER_USB_ICH9_UHCI3] = "ich9-usb-uhci3",
};

static const char *const qemuVirtioSCSIDrivers[] = QEMU_COMMAND_VIRTIO_DRIVERS("virtio-scsi-pci");
static const char *const qemuVirtioSerialDrivers[] =
    QEMU_COMMAND_VIRTIO_DRIVERS("virtio-serial-pci");

static void
qemuCommandSetPCIController(JsonObject *device, const virDomainControllerDef *controller)
{
    if (controller->model == VIR_DOMAIN_CONTROLLER_PCIE_ROOT_PORT)
        json_object_set_int_member(device, "port", controller->port);
    if (controller->chassis != VIR_DOMAIN_CONTROLLER_UNSET)
        json_object_set_int_member(device, "chassis", controller->chassis);
    if (controller->model == VIR_DOMAIN_CONTROLLER_PCIE_DOWNSTREAM_PORT)
        json_object_set_int_member(device, "port", controller->port);
    if (controller->model == VIR_DOMAIN_CONTROLLER_PCI_BRIDGE)
        json_object_set_int_member(device, "chassis_nr", controller->chassisNumber);
}

/* QEMU has a bus with the name of the EHCI; its companions have none, and need no name. */
static void
qemuCommandSetUSBController(JsonObject *device, const virDomainDef *def,
                            const virDomainControllerDef *controller)
{
    if (virDomainControllerIsCompanion(controller)) {
        const virDomainControllerDef *master =
            virDomainControllerFind(def, VIR_DOMAIN_CONTROLLER_TYPE_USB, controller->index);
        g_autofree char *bus = g_strconcat(master->info.alias, ".0", NULL);

        json_object_remove_member(device, "id");
        qemuCommandSetMembers(device, "masterbus", bus, NULL);
        json_object_set_int_member(device, "firstport", controller->masterStartPort);
    } else if (controller->ports) {
        json_object_set_int_member(device, "p2", controller->ports);
        json_object_set_int_member(device, "p3", controller->ports);
    }
}

static const char *
qemuGetControllerDriver(const virDomainControllerDef *controller)
{
    switch (controller->type) {
    case VIR_DOMAIN_CONTROLLER_TYPE_PCI:
        return qemuPCIDrivers[controller->model];
    case VIR_DOMAIN_CONTROLLER_TYPE_USB:
        return qemuUSBDrivers[controller->model];
    case VIR_DOMAIN_CONTROLLER_TYPE_SATA:
        return "ahci";
    case VIR_DOMAIN_CONTROLLER_TYPE_SCSI:
        return controller->model == VIR_DOMAIN_CONTROLLER_SCSI_LSILOGIC
                   ? "lsi53c895a"
                   : qemuVirtioSCSIDrivers[controller->virtio.model];
    case VIR_DOMAIN_CONTROLLER_TYPE_VIRTIO_SERIAL:
        return qemuVirtioSerialDrivers[controller->virtio.model];
    case VIR_DOMAIN_CONTROLLER_TYPE_IDE:
    case VIR_DOMAIN_CONTROLLER_TYPE_LAST:
        break;
    }
    return NULL;
}

void
qemuCommandAddController(GPtrArray *argv, const virDomainDef *def,
                         const virDomainControllerDef *controller)
{
    const char *driver = qemuGetControllerDriver(controller);
    JsonObject *device;

    if (virDomainControllerIsBuiltIn(def, controller) || !driver)
        return;
    device = json_object_new();
    qemuCommandSetMembers(device, "driver", driver, "id", controller->info.alias, NULL);
    if (controller->type == VIR_DOMAIN_CONTROLLER_TYPE_PCI)
        qemuCommandSetPCIController(device, controller);
    else if (controller->type == VIR_DOMAIN_CONTROLLER_TYPE_USB)
        qemuCommandSetUSBController(device, def, controller);
    else if (controller->ports)
        json_object_set_int_member(device, "max_ports", controller->ports);
    qemuCommandSetIOThread(device, controller->iothread);
    if (controller->queues)
        json_object_set_int_member(device, "num_queues", controller->queues);
    if (controller->commandsPerLUN)
        json_object_set_int_member(device, "cmd_per_lun", controller->commandsPerLUN);
    if (controller->maxSectors)
        json_object_set_int_member(device, "max_sectors", controller->maxSectors);
    qemuCommandSetVirtio(device, &controller->virtio);
    qemuCommandSetAddress(device, def, &controller->info);
    qemuCommandAddDevice(argv, device);
}
