/*
 * domainxmlfuzz.c: guest XML: what is accepted is printed, and that is accepted and printed alike
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "domain_conf.h"
#include "fuzz.h"
#include "virerror.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(virDomainDef) def = NULL;
    g_autoptr(virDomainDef) again = NULL;
    g_autofree char *first = NULL;
    g_autofree char *second = NULL;

    virErrorReset();
    def = virDomainDefParse((const char *)data, size, "fuzz.xml");
    if (!def) {
        g_assert_cmpint(virErrorGetLast()->code, !=, VIR_ERR_OK);
        g_assert_true(g_utf8_validate(virErrorGetMessage(), -1, NULL));
        return 0;
    }
    first = virDomainDefFormat(def, VIR_DOMAIN_DEF_FORMAT_SECURE);
    again = virDomainDefParse(first, strlen(first), "again.xml");
    if (!again)
        g_error("%s: %s", virErrorGetMessage(), first);
    second = virDomainDefFormat(again, VIR_DOMAIN_DEF_FORMAT_SECURE);
    g_assert_cmpstr(second, ==, first);
    return 0;
}
