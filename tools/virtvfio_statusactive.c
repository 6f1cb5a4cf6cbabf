/*
 * virtvfio_statusactive.c: what the status command says of the devices that guests have
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "virerror.h"
#include "virgettext.h"
#include "virhostdevledgerfile.h"
#include "virpcidriver.h"
#include "virtvfio.h"
#include "virtvfio_output.h"
#include "virtvfio_statusactive.h"
#include "virtvfio_table.h"

/* The driver that the device is bound to now, or NULL; caller frees. */
static char *
virtvfioStatusActiveReadDriver(virPCIHost *host, const virPCIDeviceAddress *address)
{
    g_auto(virPCIBinding) binding = {0};

    if (virPCIBindingRead(host, address, &binding) < 0)
        virErrorReset();
    return g_steal_pointer(&binding.driver);
}

/* NULL if an older version did not write it down; caller frees. */
static char *
virtvfioStatusActiveFormatSince(const virHostdevLedgerEntry *entry)
{
    g_autoptr(GDateTime) since = g_date_time_new_from_unix_utc(entry->since);

    return entry->since > 0 && since ? g_date_time_format_iso8601(since) : NULL;
}

/* An administrator's request is no guest's. */
static const char *
virtvfioStatusActiveGetGuest(const virHostdevLedgerEntry *entry)
{
    return entry->state != VIR_HOSTDEV_CHANGING ? entry->domName : NULL;
}

static void
virtvfioStatusActiveAddRow(virtvfioTable *table, virPCIHost *host,
                           const virHostdevLedgerEntry *entry)
{
    g_autofree char *name = virPCIDeviceAddressAsString(&entry->address);
    g_autofree char *driver = virtvfioStatusActiveReadDriver(host, &entry->address);
    g_autofree char *since = virtvfioStatusActiveFormatSince(entry);
    g_autofree char *pid = g_strdup_printf("%d", entry->process.pid);
    const char *const cells[] = {name,  driver, virHostdevStateToString((int)entry->state),
                                 since, pid,    virtvfioStatusActiveGetGuest(entry)};

    for (size_t i = 0; i < G_N_ELEMENTS(cells); i++)
        virtvfioTableAdd(table, VIRTVFIO_COLOUR_NONE, cells[i]);
}

void
virtvfioStatusActiveAddTable(GString *out, virPCIHost *host, const GPtrArray *entries)
{
    const char *const headers[] = {_("DEVICE"), _("DRIVER"), _("STATE"), _("SINCE"),
                                   _("PID"),    _("GUEST"),  NULL};
    g_autoptr(virtvfioTable) table = virtvfioTableNew(headers);
    g_autofree char *lines = NULL;

    if (entries->len == 0)
        return;
    for (guint i = 0; i < entries->len; i++)
        virtvfioStatusActiveAddRow(table, host, g_ptr_array_index(entries, i));
    lines =
        virtvfioTableFormat(table, virtvfioGetWidth(),
                            virtvfioHasColour() ? VIRTVFIO_TABLE_COLOURED : VIRTVFIO_TABLE_PLAIN);
    g_string_append_printf(out, "\n%s", lines);
}

static void
virtvfioStatusActiveAddEntry(JsonBuilder *builder, virPCIHost *host,
                             const virHostdevLedgerEntry *entry)
{
    g_autofree char *name = virPCIDeviceAddressAsString(&entry->address);
    g_autofree char *driver = virtvfioStatusActiveReadDriver(host, &entry->address);
    g_autofree char *since = virtvfioStatusActiveFormatSince(entry);

    json_builder_begin_object(builder);
    virtvfioJSONAddText(builder, "address", name);
    virtvfioJSONAddText(builder, "state", virHostdevStateToString((int)entry->state));
    virtvfioJSONAddText(builder, "driver", driver);
    virtvfioJSONAddText(builder, "guest", virtvfioStatusActiveGetGuest(entry));
    virtvfioJSONAddText(builder, "since", since);
    virtvfioJSONAddNumber(builder, "pid", entry->process.pid);
    json_builder_end_object(builder);
}

void
virtvfioStatusActiveAddJSON(JsonBuilder *builder, virPCIHost *host, const GPtrArray *entries)
{
    json_builder_set_member_name(builder, "active");
    json_builder_begin_array(builder);
    for (guint i = 0; i < entries->len; i++)
        virtvfioStatusActiveAddEntry(builder, host, g_ptr_array_index(entries, i));
    json_builder_end_array(builder);
}
