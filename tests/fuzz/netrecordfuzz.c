/*
 * netrecordfuzz.c: records of VFs' networks: what parses comes back from its text
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "fuzz.h"
#include "virhostdevnetrecord.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(virHostdevNetRecord) record = virHostdevNetRecordParse((const char *)data, size);
    g_autoptr(virHostdevNetRecord) again = NULL;
    g_autofree char *text = NULL;
    g_autofree char *reformatted = NULL;

    if (!record)
        return 0;
    text = virHostdevNetRecordFormat(record);
    again = virHostdevNetRecordParse(text, strlen(text));
    g_assert_nonnull(again);
    reformatted = virHostdevNetRecordFormat(again);
    g_assert_cmpstr(reformatted, ==, text);
    g_assert_cmpstr(again->domName, ==, record->domName);
    g_assert_cmpmem(&again->before, sizeof(record->before), &record->before,
                    sizeof(record->before));
    return 0;
}
