/*
 * remote_domain_screen.c: what guests show
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "remote_domain.h"

int
remoteDomainScreenshot(virRPCCall *call, remote_screenshot_args *in, remote_optional_string *out)
{
    g_autoptr(virDomainObj) vm = remoteDomainFind(call, &in->domain);
    const char *mime = NULL;
    int fd = -1;

    if (!vm || qemuDomainScreenshot(vm, in->screen, in->flags, &mime, &fd) < 0)
        return -1;
    out->value = g_new0(virRPCString, 1);
    *out->value = g_strdup(mime);
    virRPCCallSetStream(call, fd);
    return 0;
}
