/*
 * domain_device.c: one device of a guest, whatever family it is of
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "domain_device.h"
#include "virerror.h"
#include "virgettext.h"

#define VIR_FROM_THIS VIR_FROM_DOMAIN

static const virDomainDeviceClass *const virDomainDeviceClasses[VIR_DOMAIN_DEVICE_LAST] = {
    [VIR_DOMAIN_DEVICE_DISK] = &virDomainDiskClass,
    [VIR_DOMAIN_DEVICE_CONTROLLER] = &virDomainControllerClass,
    [VIR_DOMAIN_DEVICE_NET] = &virDomainNetClass,
    [VIR_DOMAIN_DEVICE_SERIAL] = &virDomainSerialClass,
    [VIR_DOMAIN_DEVICE_CONSOLE] = &virDomainConsoleClass,
    [VIR_DOMAIN_DEVICE_CHANNEL] = &virDomainChannelClass,
    [VIR_DOMAIN_DEVICE_INPUT] = &virDomainInputClass,
    [VIR_DOMAIN_DEVICE_TPM] = &virDomainTPMClass,
    [VIR_DOMAIN_DEVICE_GRAPHICS] = &virDomainGraphicsClass,
    [VIR_DOMAIN_DEVICE_SOUND] = &virDomainSoundClass,
    [VIR_DOMAIN_DEVICE_AUDIO] = &virDomainAudioClass,
    [VIR_DOMAIN_DEVICE_VIDEO] = &virDomainVideoClass,
    [VIR_DOMAIN_DEVICE_HOSTDEV] = &virDomainHostdevClass,
    [VIR_DOMAIN_DEVICE_REDIRDEV] = &virDomainRedirdevClass,
    [VIR_DOMAIN_DEVICE_WATCHDOG] = &virDomainWatchdogClass,
    [VIR_DOMAIN_DEVICE_MEMBALLOON] = &virDomainMemballoonClass,
    [VIR_DOMAIN_DEVICE_RNG] = &virDomainRNGClass,
    [VIR_DOMAIN_DEVICE_PANIC] = &virDomainPanicClass,
    [VIR_DOMAIN_DEVICE_IOMMU] = &virDomainIOMMUClass,
};

const virDomainDeviceClass *
virDomainDeviceGetClass(virDomainDeviceType type)
{
    return virDomainDeviceClasses[type];
}

GPtrArray *
virDomainDefGetDevices(const virDomainDef *def, virDomainDeviceType type)
{
    const void *list = (const guint8 *)def + virDomainDeviceClasses[type]->list;

    return *(GPtrArray *const *)list;
}

virDomainDeviceDef
virDomainDeviceWrap(virDomainDeviceType type, void *device)
{
    virDomainDeviceDef dev = {.type = type, .data.any = device};

    dev.info = G_STRUCT_MEMBER_P(device, virDomainDeviceClasses[type]->info);
    return dev;
}

virDomainDeviceIter
virDomainDeviceIterInit(const virDomainDef *def)
{
    return (virDomainDeviceIter){.def = def};
}

bool
virDomainDeviceIterNext(virDomainDeviceIter *iter, virDomainDeviceDef *dev)
{
    for (; iter->type < VIR_DOMAIN_DEVICE_LAST; iter->type++, iter->position = 0) {
        const GPtrArray *list = virDomainDefGetDevices(iter->def, iter->type);

        if (iter->position < list->len) {
            *dev = virDomainDeviceWrap(iter->type, list->pdata[iter->position++]);
            return true;
        }
    }
    return false;
}

char *
virDomainDeviceDescribe(const virDomainDeviceDef *dev)
{
    return virDomainDeviceClasses[dev->type]->describe(dev->data.any);
}

virDomainDeviceAddressType
virDomainDeviceGetAddressType(const virDomainDeviceDef *dev)
{
    const virDomainDeviceClass *class = virDomainDeviceClasses[dev->type];

    return class->addressType ? class->addressType(dev->data.any) : VIR_DOMAIN_DEVICE_ADDRESS_NONE;
}

bool
virDomainDeviceFindByAlias(const virDomainDef *def, const char *alias, virDomainDeviceDef *dev)
{
    virDomainDeviceIter iter = virDomainDeviceIterInit(def);
    virDomainDeviceDef each;

    while (virDomainDeviceIterNext(&iter, &each)) {
        if (g_strcmp0(each.info->alias, alias) == 0) {
            *dev = each;
            return true;
        }
    }
    return false;
}

/* A number that gives a name that is free; the device's position in its list if that is. */
static char *
virDomainDeviceMakeNumberedAlias(const virDomainDef *def, const virDomainDeviceDef *dev)
{
    const virDomainDeviceClass *class = virDomainDeviceClasses[dev->type];
    guint number = 0;
    virDomainDeviceDef other;

    g_ptr_array_find(virDomainDefGetDevices(def, dev->type), dev->data.any, &number);
    for (;; number++) {
        g_autofree char *alias = g_strdup_printf("%s%u", class->alias, number);

        if (!virDomainDeviceFindByAlias(def, alias, &other))
            return g_steal_pointer(&alias);
    }
}

void
virDomainDeviceAssignAlias(const virDomainDef *def, const virDomainDeviceDef *dev)
{
    const virDomainDeviceClass *class = virDomainDeviceClasses[dev->type];

    if (dev->info->alias || (!class->alias && !class->makeAlias))
        return;
    dev->info->alias = class->makeAlias ? class->makeAlias(def, dev->data.any)
                                        : virDomainDeviceMakeNumberedAlias(def, dev);
}

void
virDomainDefAssignAliases(virDomainDef *def)
{
    virDomainDeviceIter iter = virDomainDeviceIterInit(def);
    virDomainDeviceDef dev;

    while (virDomainDeviceIterNext(&iter, &dev))
        virDomainDeviceAssignAlias(def, &dev);
}

void
virDomainDefDropAliases(virDomainDef *def)
{
    virDomainDeviceIter iter = virDomainDeviceIterInit(def);
    virDomainDeviceDef dev;

    while (virDomainDeviceIterNext(&iter, &dev)) {
        if (dev.info->alias && !virDomainDeviceAliasIsUser(dev.info->alias))
            g_clear_pointer(&dev.info->alias, g_free);
    }
}

/* How an element of a family is checked; NULL if it is none. */
static const virXMLSchema *
virDomainDeviceFindSchema(const virDomainDeviceClass *class, virXMLNode *node)
{
    const char *name = virXMLGetName(node);

    if (!class->parse || (class->takes && !class->takes(node)))
        return NULL;
    if (strcmp(class->schema->name, name) == 0)
        return class->schema;
    return class->otherSchema && strcmp(class->otherSchema->name, name) == 0 ? class->otherSchema
                                                                             : NULL;
}

bool
virDomainDeviceClassTakes(const virDomainDeviceClass *class, virXMLNode *node)
{
    return virDomainDeviceFindSchema(class, node);
}

int
virDomainDeviceParseXML(virXMLNode *node, const virDomainDef *def, virDomainDeviceDef *dev)
{
    for (unsigned int type = 0; type < VIR_DOMAIN_DEVICE_LAST; type++) {
        const virDomainDeviceClass *class = virDomainDeviceClasses[type];
        const virXMLSchema *schema = virDomainDeviceFindSchema(class, node);
        void *device;

        if (!schema)
            continue;
        if (virXMLCheck(node, schema) < 0 || !(device = class->parse(node, def)))
            return -1;
        *dev = virDomainDeviceWrap(type, device);
        return 0;
    }
    virXMLReportError(node, VIR_ERR_CONFIG_UNSUPPORTED,
                      _("unsupported configuration: <%1$s> as a device by itself"),
                      virXMLGetName(node));
    return -1;
}

void
virDomainDeviceFormatXML(virXMLWriter *writer, const virDomainDeviceDef *dev, unsigned int flags)
{
    virDomainDeviceClasses[dev->type]->format(writer, dev->data.any, flags);
}

void
virDomainDeviceFree(virDomainDeviceDef *dev)
{
    if (dev->data.any)
        virDomainDeviceClasses[dev->type]->free(dev->data.any);
    *dev = (virDomainDeviceDef){.type = dev->type};
}

static int
virDomainDeviceCheckAddress(const virDomainDeviceDef *dev)
{
    virDomainDeviceAddressType type = virDomainDeviceGetAddressType(dev);
    g_autofree char *name = NULL;

    if (dev->info->type == VIR_DOMAIN_DEVICE_ADDRESS_NONE || dev->info->type == type)
        return 0;
    name = virDomainDeviceDescribe(dev);
    if (type == VIR_DOMAIN_DEVICE_ADDRESS_NONE)
        virReportError(VIR_ERR_CONFIG_UNSUPPORTED,
                       _("unsupported configuration: %1$s cannot have an <address>"), name);
    else
        virReportError(VIR_ERR_CONFIG_UNSUPPORTED,
                       _("unsupported configuration: the address of %1$s is of type '%2$s', and it "
                         "can only be of type '%3$s'"),
                       name, virDomainDeviceAddressToString((int)dev->info->type),
                       virDomainDeviceAddressToString((int)type));
    return -1;
}

static int
virDomainDeviceReportTwice(const virDomainDeviceDef *dev, const virDomainDeviceDef *other,
                           const char *what)
{
    g_autofree char *name = virDomainDeviceDescribe(dev);
    g_autofree char *otherName = virDomainDeviceDescribe(other);

    virReportError(VIR_ERR_XML_ERROR, _("%1$s has the same %2$s as %3$s"), name, what, otherName);
    return -1;
}

/* Against the devices before it. */
static int
virDomainDeviceCheckUnique(const virDomainDef *def, const virDomainDeviceDef *dev)
{
    virDomainDeviceIter iter = virDomainDeviceIterInit(def);
    const virDomainDeviceInfo *info = dev->info;
    virDomainDeviceDef other;

    if (!info->bootIndex && !info->alias)
        return 0;
    while (virDomainDeviceIterNext(&iter, &other) && other.data.any != dev->data.any) {
        if (info->bootIndex && other.info->bootIndex == info->bootIndex)
            return virDomainDeviceReportTwice(dev, &other, _("boot order"));
        if (info->alias && virDomainDeviceAliasIsUser(info->alias) &&
            g_strcmp0(other.info->alias, info->alias) == 0)
            return virDomainDeviceReportTwice(dev, &other, _("alias"));
    }
    return 0;
}

static bool
virDomainDefHasBootOrder(const virDomainDef *def)
{
    virDomainDeviceIter iter = virDomainDeviceIterInit(def);
    virDomainDeviceDef dev;

    while (virDomainDeviceIterNext(&iter, &dev)) {
        if (dev.info->bootIndex)
            return true;
    }
    return false;
}

/* The first device of a class, or NULL. */
static const virDomainDeviceInfo *
virDomainDefFindBootDevice(const virDomainDef *def, virDomainBootDev class)
{
    for (guint i = 0; i < def->disks->len; i++) {
        const virDomainDiskDef *disk = g_ptr_array_index(def->disks, i);

        if (class == (disk->device == VIR_DOMAIN_DISK_DEVICE_CDROM ? VIR_DOMAIN_BOOT_CDROM
                                                                   : VIR_DOMAIN_BOOT_DISK))
            return &disk->info;
    }
    if (class != VIR_DOMAIN_BOOT_NET)
        return NULL;
    if (def->nets->len > 0) {
        const virDomainNetDef *net = g_ptr_array_index(def->nets, 0);

        return &net->info;
    }
    for (guint i = 0; i < def->hostdevs->len; i++) {
        const virDomainHostdevDef *hostdev = g_ptr_array_index(def->hostdevs, i);

        if (hostdev->parentNet)
            return &hostdev->info;
    }
    return NULL;
}

unsigned int
virDomainDeviceGetBootIndex(const virDomainDef *def, const virDomainDeviceInfo *info)
{
    if (info->bootIndex || virDomainDefHasBootOrder(def))
        return info->bootIndex;
    if (def->os.nbootDevs == 0)
        return virDomainDefFindBootDevice(def, VIR_DOMAIN_BOOT_DISK) == info ? 1 : 0;
    for (unsigned int i = 0; i < def->os.nbootDevs; i++) {
        if (virDomainDefFindBootDevice(def, def->os.bootDevs[i]) == info)
            return i + 1;
    }
    return 0;
}

static int
virDomainDeviceCheckBoot(const virDomainDef *def, const virDomainDeviceDef *dev)
{
    g_autofree char *name = NULL;

    if (!dev->info->bootIndex || def->os.nbootDevs == 0)
        return 0;
    name = virDomainDeviceDescribe(dev);
    virReportError(VIR_ERR_CONFIG_UNSUPPORTED,
                   _("unsupported configuration: %1$s has a <boot order='…'/> and <os> has a <boot "
                     "dev='…'/>; only one of them can say what is booted"),
                   name);
    return -1;
}

static int
virDomainDeviceCheckIOThread(const virDomainDef *def, const virDomainDeviceDef *dev)
{
    g_autofree char *name = NULL;
    unsigned int iothread = 0;

    if (dev->type == VIR_DOMAIN_DEVICE_DISK)
        iothread = dev->data.disk->iothread;
    if (dev->type == VIR_DOMAIN_DEVICE_CONTROLLER)
        iothread = dev->data.controller->iothread;
    if (iothread <= def->vcpu.iothreads.count)
        return 0;
    name = virDomainDeviceDescribe(dev);
    virReportError(VIR_ERR_XML_ERROR,
                   _("%1$s is to be served by I/O thread %2$u, and the guest has %3$u of them "
                     "(<iothreads>)"),
                   name, iothread, def->vcpu.iothreads.count);
    return -1;
}

int
virDomainDefCheckDevices(const virDomainDef *def)
{
    virDomainDeviceIter iter = virDomainDeviceIterInit(def);
    virDomainDeviceDef dev;

    while (virDomainDeviceIterNext(&iter, &dev)) {
        if (virDomainDeviceCheckAddress(&dev) < 0 || virDomainDeviceCheckBoot(def, &dev) < 0 ||
            virDomainDeviceCheckIOThread(def, &dev) < 0 ||
            virDomainDeviceCheckUnique(def, &dev) < 0)
            return -1;
    }
    return 0;
}
