/*
 * virpcivpd.c: a PCI device's vital product data (pure)
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "virpcivpd.h"

/* Items begin with a tag: large ones have two bytes of length after it, small ones three bits in
 * it. */
#define VIR_PCI_VPD_NAME       0x82
#define VIR_PCI_VPD_READ_ONLY  0x90
#define VIR_PCI_VPD_READ_WRITE 0x91
#define VIR_PCI_VPD_HEADER     3

/* A keyword of two bytes, and a length of one. */
#define VIR_PCI_VPD_FIELD 3

typedef struct {
    const guint8 *start; /* of all data */
    const guint8 *data;  /* of this item */
    size_t len;
    guint8 tag;
} virPCIVPDItem;

static void
virPCIVPDFieldFree(void *opaque)
{
    virPCIVPDField *field = opaque;

    g_free(field->value);
    g_free(field);
}

void
virPCIVPDFree(virPCIVPD *vpd)
{
    if (!vpd)
        return;
    g_free(vpd->name);
    g_clear_pointer(&vpd->readOnly, g_ptr_array_unref);
    g_clear_pointer(&vpd->readWrite, g_ptr_array_unref);
    g_free(vpd);
}

const char *
virPCIVPDFind(const GPtrArray *fields, const char *keyword)
{
    for (guint i = 0; fields && i < fields->len; i++) {
        const virPCIVPDField *field = fields->pdata[i];

        if (g_str_equal(field->keyword, keyword))
            return field->value;
    }
    return NULL;
}

/* The item at @offset, which is moved behind it; false at the end, or where none can be. */
static bool
virPCIVPDNextItem(const guint8 *data, size_t len, size_t *offset, virPCIVPDItem *item)
{
    size_t at = *offset;
    size_t size;

    if (len - at < VIR_PCI_VPD_HEADER || !(data[at] & 0x80))
        return false;
    size = (size_t)data[at + 1] | (size_t)data[at + 2] << 8;
    if (size > len - at - VIR_PCI_VPD_HEADER)
        return false;
    *item = (virPCIVPDItem){
        .start = data, .data = data + at + VIR_PCI_VPD_HEADER, .len = size, .tag = data[at]};
    *offset = at + VIR_PCI_VPD_HEADER + size;
    return true;
}

/* As in libvirt's schema: printable ASCII, but for what comes behind the small letters and '`'. */
static bool
virPCIVPDIsText(guint8 byte)
{
    return (byte >= ' ' && byte <= '_') || g_ascii_islower((char)byte);
}

/* NULL if it is no text. */
static char *
virPCIVPDText(const guint8 *data, size_t len)
{
    while (len > 0 && (data[len - 1] == ' ' || data[len - 1] == '\0'))
        len--;
    for (size_t i = 0; i < len; i++) {
        if (!virPCIVPDIsText(data[i]))
            return NULL;
    }
    return g_strndup((const char *)data, len);
}

static void
virPCIVPDAddField(GPtrArray *fields, const guint8 *at, size_t len)
{
    virPCIVPDField field = {.keyword = {(char)at[0], (char)at[1], '\0'}};

    if (!g_ascii_isalnum(field.keyword[0]) || !g_ascii_isalnum(field.keyword[1]) ||
        virPCIVPDFind(fields, field.keyword))
        return;
    field.value = virPCIVPDText(at + VIR_PCI_VPD_FIELD, len);
    if (field.value)
        g_ptr_array_add(fields, g_memdup2(&field, sizeof(field)));
}

/* All bytes from the start up to the one behind "RV" and its length add up to nothing. */
static bool
virPCIVPDChecksumIsRight(const virPCIVPDItem *item, size_t field)
{
    guint8 sum = 0;

    for (const guint8 *at = item->start; at <= item->data + field + VIR_PCI_VPD_FIELD; at++)
        sum = (guint8)(sum + *at);
    return sum == 0;
}

/* The fields of a part; NULL if that is the maker's, and there is no right checksum in it. */
static GPtrArray *
virPCIVPDParseFields(const virPCIVPDItem *item)
{
    g_autoptr(GPtrArray) fields = g_ptr_array_new_with_free_func(virPCIVPDFieldFree);
    bool right = item->tag == VIR_PCI_VPD_READ_WRITE;
    size_t at = 0;

    while (item->len - at >= VIR_PCI_VPD_FIELD) {
        size_t len = item->data[at + 2];

        if (len > item->len - at - VIR_PCI_VPD_FIELD)
            break;
        if (memcmp(item->data + at, "RV", 2) == 0) {
            right = len > 0 && virPCIVPDChecksumIsRight(item, at);
            break;
        }
        if (memcmp(item->data + at, "RW", 2) == 0)
            break;
        virPCIVPDAddField(fields, item->data + at, len);
        at += VIR_PCI_VPD_FIELD + len;
    }
    return right ? g_steal_pointer(&fields) : NULL;
}

bool
virPCIVPDIsStart(const guint8 *data, size_t len)
{
    return len >= VIR_PCI_VPD_HEADER && data[0] == VIR_PCI_VPD_NAME &&
           (data[1] != 0 || data[2] != 0) && data[2] < VIR_PCI_VPD_MAX_SIZE >> 8;
}

virPCIVPD *
virPCIVPDParse(const guint8 *data, size_t len)
{
    g_autoptr(virPCIVPD) vpd = NULL;
    g_autofree char *name = NULL;
    virPCIVPDItem item;
    size_t offset = 0;

    if (!virPCIVPDIsStart(data, len) || !virPCIVPDNextItem(data, len, &offset, &item))
        return NULL;
    name = virPCIVPDText(item.data, item.len);
    if (!name)
        return NULL;
    vpd = g_new0(virPCIVPD, 1);
    vpd->name = g_steal_pointer(&name);
    while (virPCIVPDNextItem(data, len, &offset, &item)) {
        if (item.tag == VIR_PCI_VPD_READ_ONLY && !vpd->readOnly)
            vpd->readOnly = virPCIVPDParseFields(&item);
        else if (item.tag == VIR_PCI_VPD_READ_WRITE && !vpd->readWrite)
            vpd->readWrite = virPCIVPDParseFields(&item);
    }
    return g_steal_pointer(&vpd);
}
