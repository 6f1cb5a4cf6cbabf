/*
 * virtvfio_statusnet.c: what the status command says of the networks of guests' VFs
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "virgettext.h"
#include "virhostdevnetrecord.h"
#include "virtvfio.h"
#include "virtvfio_output.h"
#include "virtvfio_statusnet.h"
#include "virtvfio_table.h"

/* NULL if it is not part of @config; caller frees. */
static char *
virtvfioStatusNetFormatMAC(const virPCIVFNetConfig *config)
{
    return config->hasMAC ? virMacAddrFormat(config->mac) : NULL;
}

static char *
virtvfioStatusNetFormatVLAN(const virPCIVFNetConfig *config)
{
    return config->hasVLAN ? g_strdup_printf("%u", config->vlan) : NULL;
}

static void
virtvfioStatusNetAddRow(virtvfioTable *table, const virHostdevNetRecord *record)
{
    g_autofree char *name = virPCIDeviceAddressAsString(&record->address);
    g_autofree char *mac = virtvfioStatusNetFormatMAC(&record->guest);
    g_autofree char *vlan = virtvfioStatusNetFormatVLAN(&record->guest);
    g_autofree char *previousMAC = virtvfioStatusNetFormatMAC(&record->before);
    g_autofree char *previousVLAN = virtvfioStatusNetFormatVLAN(&record->before);
    g_autofree char *pid = g_strdup_printf("%d", record->process.pid);
    const char *const cells[] = {name,        record->interface, mac, vlan,
                                 previousMAC, previousVLAN,      pid, record->domName};

    for (size_t i = 0; i < G_N_ELEMENTS(cells); i++)
        virtvfioTableAdd(table, VIRTVFIO_COLOUR_NONE, cells[i]);
}

void
virtvfioStatusNetAddTable(GString *out, const GPtrArray *records)
{
    const char *const headers[] = {_("VF"),   _("INTERFACE"),    _("MAC"),
                                   _("VLAN"), _("PREVIOUS MAC"), _("PREVIOUS VLAN"),
                                   _("PID"),  _("GUEST"),        NULL};
    g_autoptr(virtvfioTable) table = virtvfioTableNew(headers);
    g_autofree char *lines = NULL;

    if (records->len == 0)
        return;
    for (guint i = 0; i < records->len; i++)
        virtvfioStatusNetAddRow(table, g_ptr_array_index(records, i));
    lines =
        virtvfioTableFormat(table, virtvfioGetWidth(),
                            virtvfioHasColour() ? VIRTVFIO_TABLE_COLOURED : VIRTVFIO_TABLE_PLAIN);
    g_string_append_printf(out, "\n%s", lines);
}

static void
virtvfioStatusNetAddVLAN(JsonBuilder *builder, const char *key, const virPCIVFNetConfig *config)
{
    if (config->hasVLAN) {
        virtvfioJSONAddNumber(builder, key, config->vlan);
    } else {
        json_builder_set_member_name(builder, key);
        json_builder_add_null_value(builder);
    }
}

static void
virtvfioStatusNetAddRecord(JsonBuilder *builder, const virHostdevNetRecord *record)
{
    g_autoptr(GDateTime) since = g_date_time_new_from_unix_utc(record->since);
    g_autofree char *name = virPCIDeviceAddressAsString(&record->address);
    g_autofree char *mac = virtvfioStatusNetFormatMAC(&record->guest);
    g_autofree char *previousMAC = virtvfioStatusNetFormatMAC(&record->before);
    g_autofree char *sinceText = g_date_time_format_iso8601(since);

    json_builder_begin_object(builder);
    virtvfioJSONAddText(builder, "address", name);
    virtvfioJSONAddText(builder, "interface", record->interface);
    virtvfioJSONAddText(builder, "guest", record->domName);
    virtvfioJSONAddText(builder, "mac", mac);
    virtvfioStatusNetAddVLAN(builder, "vlan", &record->guest);
    virtvfioJSONAddText(builder, "previous_mac", previousMAC);
    virtvfioStatusNetAddVLAN(builder, "previous_vlan", &record->before);
    virtvfioJSONAddText(builder, "since", sinceText);
    virtvfioJSONAddNumber(builder, "pid", record->process.pid);
    json_builder_end_object(builder);
}

void
virtvfioStatusNetAddJSON(JsonBuilder *builder, const GPtrArray *records)
{
    json_builder_set_member_name(builder, "networks");
    json_builder_begin_array(builder);
    for (guint i = 0; i < records->len; i++)
        virtvfioStatusNetAddRecord(builder, g_ptr_array_index(records, i));
    json_builder_end_array(builder);
}
