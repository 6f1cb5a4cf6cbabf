/*
 * journalfuzz.c: journal records: what parses comes back from its text
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "fuzz.h"
#include "virjournalrecord.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(virJournalRecord) record = virJournalRecordParse((const char *)data, size);
    g_autoptr(virJournalRecord) again = NULL;
    g_autofree char *text = NULL;
    g_autofree char *reformatted = NULL;

    if (!record)
        return 0;
    text = virJournalRecordFormat(record);
    again = virJournalRecordParse(text, strlen(text));
    g_assert_nonnull(again);
    reformatted = virJournalRecordFormat(again);
    g_assert_cmpstr(reformatted, ==, text);
    g_assert_cmpstr(again->driver, ==, record->driver);
    g_assert_cmpstr(again->override, ==, record->override);
    g_assert_cmpstr(again->holder, ==, record->holder);
    return 0;
}
