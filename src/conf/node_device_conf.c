/*
 * node_device_conf.c: a device of the host, as libvirt's clients see it
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "node_device_conf.h"
#include "virxmlwriter.h"

#define VIR_NODE_DEVICE_PCI_PREFIX "pci_"

static void
virNodeDevicePCIFree(virNodeDevicePCI *pci)
{
    if (!pci)
        return;
    virPCIDeviceFactsClear(&pci->facts);
    g_array_unref(pci->functions);
    g_array_unref(pci->group);
    g_free(pci->capable.speed);
    g_free(pci->current.speed);
    g_free(pci->vendorName);
    g_free(pci->productName);
    virPCIVPDFree(pci->vpd);
    g_free(pci);
}

static void
virNodeDeviceNetFree(virNodeDeviceNet *net)
{
    if (!net)
        return;
    g_free(net->interface);
    g_free(net->mac);
    g_free(net->state);
    g_free(net);
}

static void
virNodeDeviceSystemFree(virNodeDeviceSystem *system)
{
    if (!system)
        return;
    g_free(system->uuid);
    g_free(system->vendor);
    g_free(system->product);
    g_free(system->version);
    g_free(system->firmwareVendor);
    g_free(system->firmwareVersion);
    g_free(system->firmwareDate);
    g_free(system);
}

void
virNodeDeviceDefFree(virNodeDeviceDef *def)
{
    if (!def)
        return;
    g_free(def->name);
    g_free(def->path);
    g_free(def->parent);
    g_free(def->driver);
    virNodeDevicePCIFree(def->pci);
    virNodeDeviceNetFree(def->net);
    virNodeDeviceSystemFree(def->system);
    g_free(def);
}

virNodeDeviceDef *
virNodeDeviceDefNewPCI(const virPCIDeviceAddress *addr)
{
    virNodeDeviceDef *def = g_new0(virNodeDeviceDef, 1);

    def->name = virNodeDevicePCIName(addr);
    def->pci = g_new0(virNodeDevicePCI, 1);
    def->pci->addr = *addr;
    def->pci->functions = g_array_new(FALSE, FALSE, sizeof(virPCIDeviceAddress));
    def->pci->group = g_array_new(FALSE, FALSE, sizeof(virPCIDeviceAddress));
    return def;
}

virNodeDeviceDef *
virNodeDeviceDefNewSystem(void)
{
    virNodeDeviceDef *def = g_new0(virNodeDeviceDef, 1);

    def->name = g_strdup(VIR_NODE_DEVICE_COMPUTER);
    def->system = g_new0(virNodeDeviceSystem, 1);
    return def;
}

virNodeDeviceDef *
virNodeDeviceDefNewNet(const char *name, const char *interface)
{
    virNodeDeviceDef *def = g_new0(virNodeDeviceDef, 1);

    def->name = g_strdup(name);
    def->net = g_new0(virNodeDeviceNet, 1);
    def->net->interface = g_strdup(interface);
    return def;
}

char *
virNodeDeviceNetName(const char *interface, const char *address)
{
    char *name =
        g_strconcat(VIR_NODE_DEVICE_NET_PREFIX, interface, address ? "_" : NULL, address, NULL);

    for (char *at = name; *at; at++) {
        if (!g_ascii_isalnum(*at))
            *at = '_';
    }
    return name;
}

char *
virNodeDeviceParentOfPath(const char *path)
{
    g_auto(GStrv) parts = g_strsplit(path ? path : "", "/", -1);
    virPCIDeviceAddress addr;

    /* The last part is the device itself. */
    for (guint i = g_strv_length(parts); i > 1; i--) {
        if (virPCIDeviceAddressParse(parts[i - 2], &addr))
            return virNodeDevicePCIName(&addr);
    }
    return g_strdup(VIR_NODE_DEVICE_COMPUTER);
}

char *
virNodeDevicePCIName(const virPCIDeviceAddress *addr)
{
    g_autofree char *text = virPCIDeviceAddressAsString(addr);

    g_strdelimit(text, ":.", '_');
    return g_strconcat(VIR_NODE_DEVICE_PCI_PREFIX, text, NULL);
}

bool
virNodeDevicePCIParseName(const char *name, virPCIDeviceAddress *addr)
{
    g_auto(GStrv) parts = NULL;
    g_autofree char *text = NULL;
    g_autofree char *again = NULL;
    virPCIDeviceAddress found;

    if (!g_str_has_prefix(name, VIR_NODE_DEVICE_PCI_PREFIX))
        return false;
    parts = g_strsplit(name + strlen(VIR_NODE_DEVICE_PCI_PREFIX), "_", -1);
    if (g_strv_length(parts) != 4)
        return false;
    text = g_strdup_printf("%s:%s:%s.%s", parts[0], parts[1], parts[2], parts[3]);
    if (!virPCIDeviceAddressParse(text, &found))
        return false;
    /* A device has one name: as we write it. */
    again = virNodeDevicePCIName(&found);
    if (!g_str_equal(again, name))
        return false;
    *addr = found;
    return true;
}

static void
virNodeDeviceFormatAddress(virXMLWriter *writer, const virPCIDeviceAddress *addr)
{
    virXMLWriterStart(writer, "address");
    virXMLWriterAttribute(writer, "domain", "0x%04x", addr->domain);
    virXMLWriterAttribute(writer, "bus", "0x%02x", addr->bus);
    virXMLWriterAttribute(writer, "slot", "0x%02x", addr->slot);
    virXMLWriterAttribute(writer, "function", "0x%x", addr->function);
    virXMLWriterEnd(writer);
}

static void
virNodeDeviceFormatAddresses(virXMLWriter *writer, const GArray *addresses)
{
    for (guint i = 0; i < addresses->len; i++)
        virNodeDeviceFormatAddress(writer, &g_array_index(addresses, virPCIDeviceAddress, i));
}

static void
virNodeDeviceFormatNumber(virXMLWriter *writer, const char *name, unsigned int number)
{
    g_autofree char *text = g_strdup_printf("%u", number);

    virXMLWriterElement(writer, name, text);
}

/* <product id='0x1018'>MT27800 Family</product> */
static void
virNodeDeviceFormatID(virXMLWriter *writer, const char *name, int id, const char *text)
{
    virXMLWriterStart(writer, name);
    virXMLWriterAttribute(writer, "id", "0x%04x", (unsigned int)(id < 0 ? 0 : id));
    if (text)
        virXMLWriterText(writer, text);
    virXMLWriterEnd(writer);
}

/* What belongs to a physical function, a virtual one, a bridge. */
static void
virNodeDeviceFormatKind(virXMLWriter *writer, const virNodeDevicePCI *pci)
{
    virPCIDeviceAddress pf;

    if (pci->facts.physFn && virPCIDeviceAddressParse(pci->facts.physFn, &pf)) {
        virXMLWriterStart(writer, "capability");
        virXMLWriterAttribute(writer, "type", "phys_function");
        virNodeDeviceFormatAddress(writer, &pf);
        virXMLWriterEnd(writer);
    }
    if (pci->functions->len > 0 || pci->maxFunctions > 0) {
        virXMLWriterStart(writer, "capability");
        virXMLWriterAttribute(writer, "type", "virt_functions");
        if (pci->maxFunctions > 0)
            virXMLWriterAttribute(writer, "maxCount", "%u", pci->maxFunctions);
        virNodeDeviceFormatAddresses(writer, pci->functions);
        virXMLWriterEnd(writer);
    }
    if (pci->facts.headerType != VIR_PCI_HEADER_ENDPOINT) {
        virXMLWriterStart(writer, "capability");
        virXMLWriterAttribute(writer, "type", "%s",
                              virPCIHeaderTypeToString((int)pci->facts.headerType));
        virXMLWriterEnd(writer);
    }
}

static void
virNodeDeviceFormatLink(virXMLWriter *writer, const char *validity, const virNodeDeviceLink *link)
{
    if (link->width == 0)
        return;
    virXMLWriterStart(writer, "link");
    virXMLWriterAttribute(writer, "validity", "%s", validity);
    if (link->speed)
        virXMLWriterAttribute(writer, "speed", "%s", link->speed);
    virXMLWriterAttribute(writer, "width", "%u", link->width);
    virXMLWriterEnd(writer);
}

static void
virNodeDeviceFormatPlace(virXMLWriter *writer, const virNodeDevicePCI *pci)
{
    if (pci->facts.iommuGroup >= 0 && pci->group->len > 0) {
        virXMLWriterStart(writer, "iommuGroup");
        virXMLWriterAttribute(writer, "number", "%d", pci->facts.iommuGroup);
        virNodeDeviceFormatAddresses(writer, pci->group);
        virXMLWriterEnd(writer);
    }
    if (pci->facts.numaNode >= 0) {
        virXMLWriterStart(writer, "numa");
        virXMLWriterAttribute(writer, "node", "%d", pci->facts.numaNode);
        virXMLWriterEnd(writer);
    }
    if (pci->capable.width > 0 || pci->current.width > 0) {
        virXMLWriterStart(writer, "pci-express");
        virNodeDeviceFormatLink(writer, "cap", &pci->capable);
        virNodeDeviceFormatLink(writer, "sta", &pci->current);
        virXMLWriterEnd(writer);
    }
}

/* <vendor_field index='0'>: every field whose keyword begins with that letter. */
static void
virNodeDeviceFormatIndexed(virXMLWriter *writer, const char *name, const GPtrArray *fields,
                           char letter)
{
    for (guint i = 0; i < fields->len; i++) {
        const virPCIVPDField *field = fields->pdata[i];

        if (field->keyword[0] != letter || g_str_equal(field->keyword, "YA"))
            continue;
        virXMLWriterStart(writer, name);
        virXMLWriterAttribute(writer, "index", "%s", field->keyword + 1);
        virXMLWriterText(writer, field->value);
        virXMLWriterEnd(writer);
    }
}

static void
virNodeDeviceFormatVPD(virXMLWriter *writer, const virPCIVPD *vpd)
{
    virXMLWriterStart(writer, "capability");
    virXMLWriterAttribute(writer, "type", "vpd");
    virXMLWriterElement(writer, "name", vpd->name);
    if (vpd->readOnly) {
        virXMLWriterStart(writer, "fields");
        virXMLWriterAttribute(writer, "access", "readonly");
        virXMLWriterElement(writer, "change_level", virPCIVPDFind(vpd->readOnly, "EC"));
        virXMLWriterElement(writer, "manufacture_id", virPCIVPDFind(vpd->readOnly, "MN"));
        virXMLWriterElement(writer, "part_number", virPCIVPDFind(vpd->readOnly, "PN"));
        virXMLWriterElement(writer, "serial_number", virPCIVPDFind(vpd->readOnly, "SN"));
        virNodeDeviceFormatIndexed(writer, "vendor_field", vpd->readOnly, 'V');
        virXMLWriterEnd(writer);
    }
    if (vpd->readWrite) {
        virXMLWriterStart(writer, "fields");
        virXMLWriterAttribute(writer, "access", "readwrite");
        virXMLWriterElement(writer, "asset_tag", virPCIVPDFind(vpd->readWrite, "YA"));
        virNodeDeviceFormatIndexed(writer, "vendor_field", vpd->readWrite, 'V');
        virNodeDeviceFormatIndexed(writer, "system_field", vpd->readWrite, 'Y');
        virXMLWriterEnd(writer);
    }
    virXMLWriterEnd(writer);
}

static void
virNodeDeviceFormatPCI(virXMLWriter *writer, const virNodeDevicePCI *pci)
{
    virXMLWriterAttribute(writer, "type", "pci");
    if (pci->facts.classCode >= 0) {
        g_autofree char *text =
            g_strdup_printf("0x%06x", (unsigned int)pci->facts.classCode & 0xffffff);

        virXMLWriterElement(writer, "class", text);
    }
    virNodeDeviceFormatNumber(writer, "domain", pci->addr.domain);
    virNodeDeviceFormatNumber(writer, "bus", pci->addr.bus);
    virNodeDeviceFormatNumber(writer, "slot", pci->addr.slot);
    virNodeDeviceFormatNumber(writer, "function", pci->addr.function);
    virNodeDeviceFormatID(writer, "product", pci->facts.device, pci->productName);
    virNodeDeviceFormatID(writer, "vendor", pci->facts.vendor, pci->vendorName);
    virNodeDeviceFormatKind(writer, pci);
    if (pci->vpd)
        virNodeDeviceFormatVPD(writer, pci->vpd);
    virNodeDeviceFormatPlace(writer, pci);
}

static void
virNodeDeviceFormatNet(virXMLWriter *writer, const virNodeDeviceNet *net)
{
    virXMLWriterAttribute(writer, "type", "net");
    virXMLWriterElement(writer, "interface", net->interface);
    virXMLWriterElement(writer, "address", net->mac);
    if (net->speed_mbps > 0 || net->state) {
        virXMLWriterStart(writer, "link");
        if (net->speed_mbps > 0)
            virXMLWriterAttribute(writer, "speed", "%u", net->speed_mbps);
        if (net->state)
            virXMLWriterAttribute(writer, "state", "%s", net->state);
        virXMLWriterEnd(writer);
    }
    virXMLWriterStart(writer, "capability");
    virXMLWriterAttribute(writer, "type", "%s", net->wireless ? "80211" : "80203");
    virXMLWriterEnd(writer);
}

static void
virNodeDeviceFormatSystem(virXMLWriter *writer, const virNodeDeviceSystem *system)
{
    virXMLWriterAttribute(writer, "type", "system");
    virXMLWriterElement(writer, "product", system->product);
    virXMLWriterStart(writer, "hardware");
    virXMLWriterElement(writer, "vendor", system->vendor);
    virXMLWriterElement(writer, "version", system->version);
    virXMLWriterElement(writer, "uuid", system->uuid);
    virXMLWriterEnd(writer);
    virXMLWriterStart(writer, "firmware");
    virXMLWriterElement(writer, "vendor", system->firmwareVendor);
    virXMLWriterElement(writer, "version", system->firmwareVersion);
    virXMLWriterElement(writer, "release_date", system->firmwareDate);
    virXMLWriterEnd(writer);
}

char *
virNodeDeviceDefFormat(const virNodeDeviceDef *def)
{
    g_autoptr(virXMLWriter) writer = virXMLWriterNew();

    virXMLWriterStart(writer, "device");
    virXMLWriterElement(writer, "name", def->name);
    virXMLWriterElement(writer, "path", def->path);
    virXMLWriterElement(writer, "parent", def->parent);
    if (def->driver) {
        virXMLWriterStart(writer, "driver");
        virXMLWriterElement(writer, "name", def->driver);
        virXMLWriterEnd(writer);
    }
    virXMLWriterStart(writer, "capability");
    if (def->pci)
        virNodeDeviceFormatPCI(writer, def->pci);
    else if (def->net)
        virNodeDeviceFormatNet(writer, def->net);
    else
        virNodeDeviceFormatSystem(writer, def->system);
    virXMLWriterEnd(writer);
    virXMLWriterEnd(writer);
    return virXMLWriterFinish(writer);
}
