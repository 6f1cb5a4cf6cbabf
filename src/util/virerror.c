/*
 * virerror.c: thread-local errors with libvirt's public codes
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "virerror.h"

static void
virErrorInfoFree(void *opaque)
{
    virErrorInfo *info = opaque;

    g_free(info->message);
    g_free(info);
}

static GPrivate virErrorLast = G_PRIVATE_INIT(virErrorInfoFree);

static virErrorInfo *
virErrorGetSlot(void)
{
    virErrorInfo *info = g_private_get(&virErrorLast);

    if (!info) {
        info = g_new0(virErrorInfo, 1);
        info->message = g_strdup("");
        g_private_set(&virErrorLast, info);
    }
    return info;
}

static void
virErrorSet(int domain, int code, int sysErrno, char *message)
{
    virErrorInfo *info = virErrorGetSlot();

    g_free(info->message);
    info->domain = domain;
    info->code = code;
    info->sysErrno = sysErrno;
    info->message = message;
}

void
virErrorReport(int domain, int code, int sysErrno, const char *fmt, ...)
{
    g_autofree char *text = NULL;
    va_list ap;

    va_start(ap, fmt);
    text = g_strdup_vprintf(fmt, ap);
    va_end(ap);

    if (sysErrno != 0) {
        virErrorSet(domain, code, sysErrno, g_strdup_printf("%s: %s", text, g_strerror(sysErrno)));
    } else {
        virErrorSet(domain, code, 0, g_steal_pointer(&text));
    }
}

const virErrorInfo *
virErrorGetLast(void)
{
    return virErrorGetSlot();
}

const char *
virErrorGetMessage(void)
{
    return virErrorGetSlot()->message;
}

void
virErrorReset(void)
{
    virErrorSet(VIR_FROM_NONE, VIR_ERR_OK, 0, g_strdup(""));
}

void
virErrorPreserve(virErrorInfo *saved)
{
    const virErrorInfo *info = virErrorGetSlot();

    *saved = *info;
    saved->message = g_strdup(info->message);
}

void
virErrorRestore(virErrorInfo *saved)
{
    virErrorSet(saved->domain, saved->code, saved->sysErrno, g_steal_pointer(&saved->message));
}

const char *
virErrorCodeName(int code)
{
    switch (code) {
    case VIR_ERR_OK:
        return "ok";
    case VIR_ERR_INVALID_ARG:
        return "invalid-argument";
    case VIR_ERR_OPERATION_FAILED:
        return "operation-failed";
    case VIR_ERR_OPERATION_INVALID:
        return "operation-invalid";
    case VIR_ERR_OPERATION_DENIED:
        return "operation-denied";
    case VIR_ERR_OPERATION_TIMEOUT:
        return "operation-timeout";
    case VIR_ERR_OPERATION_UNSUPPORTED:
        return "operation-unsupported";
    case VIR_ERR_ARGUMENT_UNSUPPORTED:
        return "argument-unsupported";
    case VIR_ERR_CONFIG_UNSUPPORTED:
        return "config-unsupported";
    case VIR_ERR_DEVICE_MISSING:
        return "device-missing";
    case VIR_ERR_SYSTEM_ERROR:
        return "system-error";
    case VIR_ERR_XML_ERROR:
        return "xml-error";
    case VIR_ERR_XML_DETAIL:
        return "xml-detail";
    case VIR_ERR_PARSE_FAILED:
        return "parse-failed";
    case VIR_ERR_INTERNAL_ERROR:
    default:
        return "internal-error";
    }
}
