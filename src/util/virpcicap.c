/*
 * virpcicap.c: capabilities in a PCI configuration space (pure)
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "virpcicap.h"

/* The header. */
#define VIR_PCI_COMMAND        0x04
#define VIR_PCI_STATUS         0x06
#define VIR_PCI_STATUS_CAPS    0x0010
#define VIR_PCI_CACHE_LINE     0x0c
#define VIR_PCI_HEADER_TYPE    0x0e
#define VIR_PCI_BASE_FIRST     0x10
#define VIR_PCI_BASE_LAST      0x24
#define VIR_PCI_CARDBUS_LIST   0x14
#define VIR_PCI_ROM_BASE       0x30
#define VIR_PCI_LIST           0x34
#define VIR_PCI_INTERRUPT_LINE 0x3c

/* Offsets within capabilities. */
#define VIR_PCI_PM_CONTROL           4
#define VIR_PCI_PM_NO_SOFT_RESET     0x0008
#define VIR_PCI_PCIX_COMMAND         2
#define VIR_PCI_EXPRESS_FLAGS        2
#define VIR_PCI_EXPRESS_SLOT         0x0100 /* a slot is implemented */
#define VIR_PCI_EXPRESS_DEVICE       4
#define VIR_PCI_EXPRESS_FLR          0x10000000U
#define VIR_PCI_EXPRESS_CONTROL      8
#define VIR_PCI_EXPRESS_LINK_CONTROL 16
#define VIR_PCI_EXPRESS_SLOT_CAPS    20
#define VIR_PCI_EXPRESS_HOTPLUG      0x40U
#define VIR_PCI_EXPRESS_CONTROL2     40
#define VIR_PCI_AF_CAPS              3
#define VIR_PCI_AF_TP_FLR            0x03 /* both: transactions pending, and FLR */

/* Every place there is for a capability behind the header. */
#define VIR_PCI_CAP_MAX_STEPS ((VIR_PCI_CONFIG_SIZE - VIR_PCI_CONFIG_HEADER_SIZE) / 4)

/* Anything beyond @len is 0: a capability that is cut off has nothing set. */
static guint32
virPCIConfigRead(const guint8 *config, size_t len, size_t offset, size_t size)
{
    guint32 value = 0;

    if (offset + size > len)
        return 0;
    for (size_t i = size; i-- > 0;)
        value = value << 8 | config[offset + i];
    return value;
}

guint32
virPCIConfigGet(const guint8 *config, virPCIConfigRegister reg)
{
    return virPCIConfigRead(config, reg.offset + reg.size, reg.offset, reg.size);
}

static unsigned int
virPCIConfigGetType(const guint8 *config, size_t len)
{
    return virPCIConfigRead(config, len, VIR_PCI_HEADER_TYPE, 1) & 0x7f;
}

unsigned int
virPCICapFind(const guint8 *config, size_t len, unsigned int id)
{
    size_t list = virPCIConfigGetType(config, len) == 2 ? VIR_PCI_CARDBUS_LIST : VIR_PCI_LIST;
    unsigned int at = virPCIConfigRead(config, len, list, 1) & ~3U;

    /* A device that fell off the bus reads as ones everywhere. */
    if (virPCIConfigRead(config, len, 0, 2) == 0xffff ||
        !(virPCIConfigRead(config, len, VIR_PCI_STATUS, 2) & VIR_PCI_STATUS_CAPS))
        return 0;
    for (int step = 0; step < VIR_PCI_CAP_MAX_STEPS; step++) {
        if (at < VIR_PCI_CONFIG_HEADER_SIZE || at + 2 > len)
            return 0;
        if (config[at] == id)
            return at;
        at = config[at + 1] & ~3U;
    }
    return 0;
}

static void
virPCICapsParseExpress(const guint8 *config, size_t len, virPCICaps *caps)
{
    size_t at = caps->express;

    if (virPCIConfigRead(config, len, at + VIR_PCI_EXPRESS_DEVICE, 4) & VIR_PCI_EXPRESS_FLR)
        caps->hasFLR = true;
    caps->isHotplugPort =
        (virPCIConfigRead(config, len, at + VIR_PCI_EXPRESS_FLAGS, 2) & VIR_PCI_EXPRESS_SLOT) &&
        (virPCIConfigRead(config, len, at + VIR_PCI_EXPRESS_SLOT_CAPS, 4) &
         VIR_PCI_EXPRESS_HOTPLUG);
}

void
virPCICapsParse(const guint8 *config, size_t len, virPCICaps *caps)
{
    unsigned int af = virPCICapFind(config, len, VIR_PCI_CAP_AF);

    *caps = (virPCICaps){
        .pm = virPCICapFind(config, len, VIR_PCI_CAP_PM),
        .express = virPCICapFind(config, len, VIR_PCI_CAP_EXPRESS),
    };
    if (caps->express)
        virPCICapsParseExpress(config, len, caps);
    if (af && (virPCIConfigRead(config, len, af + VIR_PCI_AF_CAPS, 1) & VIR_PCI_AF_TP_FLR) ==
                  VIR_PCI_AF_TP_FLR)
        caps->hasFLR = true;
    caps->hasPMReset = caps->pm && caps->pm + VIR_PCI_PM_CONTROL + 2 <= len &&
                       !(virPCIConfigRead(config, len, caps->pm + VIR_PCI_PM_CONTROL, 2) &
                         VIR_PCI_PM_NO_SOFT_RESET);
}

typedef struct {
    size_t len;
    virPCIConfigRegister *registers;
    size_t count;
} virPCIRegisterList;

static void
virPCIRegisterListAdd(virPCIRegisterList *list, size_t offset, unsigned int size)
{
    if (offset + size <= list->len && list->count < VIR_PCI_CAP_MAX_REGISTERS)
        list->registers[list->count++] = (virPCIConfigRegister){(unsigned int)offset, size};
}

size_t
virPCICapListRegisters(const guint8 *config, size_t len,
                       virPCIConfigRegister registers[VIR_PCI_CAP_MAX_REGISTERS])
{
    virPCIRegisterList list = {.len = len, .registers = registers};
    unsigned int express = virPCICapFind(config, len, VIR_PCI_CAP_EXPRESS);
    unsigned int pcix = virPCICapFind(config, len, VIR_PCI_CAP_PCIX);

    for (size_t base = VIR_PCI_BASE_FIRST; base <= VIR_PCI_BASE_LAST; base += 4)
        virPCIRegisterListAdd(&list, base, 4);
    virPCIRegisterListAdd(&list, VIR_PCI_ROM_BASE, 4);
    virPCIRegisterListAdd(&list, VIR_PCI_CACHE_LINE, 2); /* and the latency timer */
    virPCIRegisterListAdd(&list, VIR_PCI_INTERRUPT_LINE, 2);
    if (express) {
        virPCIRegisterListAdd(&list, express + VIR_PCI_EXPRESS_CONTROL, 2);
        virPCIRegisterListAdd(&list, express + VIR_PCI_EXPRESS_LINK_CONTROL, 2);
        /* Version 1 of the capability ends before its second control register. */
        if ((virPCIConfigRead(config, len, express + VIR_PCI_EXPRESS_FLAGS, 2) & 0xf) >= 2)
            virPCIRegisterListAdd(&list, express + VIR_PCI_EXPRESS_CONTROL2, 2);
    }
    if (pcix)
        virPCIRegisterListAdd(&list, pcix + VIR_PCI_PCIX_COMMAND, 2);
    virPCIRegisterListAdd(&list, VIR_PCI_COMMAND, 2);
    return list.count;
}
