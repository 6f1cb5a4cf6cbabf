/*
 * remote_domain_screen.c: what guests show, in pictures and to viewers
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "remote_domain.h"
#include "virerror.h"
#include "virgettext.h"

#define VIR_FROM_THIS VIR_FROM_REMOTE

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

/* Clients of libvirt ask before they call. */
static int
remoteCheckPasses(virRPCCall *call)
{
    if (virRPCClientPassesFDs(virRPCCallGetClient(call)))
        return 0;
    virReportError(VIR_ERR_OPERATION_UNSUPPORTED, "%s",
                   _("Operation not supported: the client has not asked whether descriptors can be "
                     "passed (feature 8)"));
    return -1;
}

int
remoteDomainOpenGraphics(virRPCCall *call, remote_open_graphics_args *in,
                         virRPCNothing *out G_GNUC_UNUSED)
{
    g_autoptr(virDomainObj) vm = remoteDomainFind(call, &in->domain);
    int fd;

    if (!vm)
        return -1;
    fd = virRPCCallStealFD(call, 0);
    if (fd < 0) {
        virReportError(VIR_ERR_INVALID_ARG, "%s",
                       _("invalid argument: no descriptor came with the call"));
        return -1;
    }
    return qemuDomainOpenGraphics(vm, in->number, fd, in->flags);
}

int
remoteDomainOpenGraphicsFD(virRPCCall *call, remote_open_graphics_args *in,
                           virRPCNothing *out G_GNUC_UNUSED)
{
    g_autoptr(virDomainObj) vm = NULL;
    int fd = -1;

    if (remoteCheckPasses(call) < 0 || !(vm = remoteDomainFind(call, &in->domain)) ||
        qemuDomainOpenGraphicsFD(vm, in->number, in->flags, &fd) < 0)
        return -1;
    virRPCCallSetReplyFD(call, fd);
    return 0;
}
