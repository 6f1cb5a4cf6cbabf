/*
 * remote_params.c: named values, as several calls return them
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <libvirt/libvirt.h>

#include "remote_params.h"

GArray *
remoteParamsNew(void)
{
    return g_array_new(FALSE, TRUE, sizeof(remote_param));
}

static remote_param *
remoteParamsAdd(GArray *params, const char *field, int type)
{
    remote_param param = {.field = g_strdup(field), .value = {.type = type}};

    g_array_append_val(params, param);
    return &g_array_index(params, remote_param, params->len - 1);
}

void
remoteParamsAddInt(GArray *params, const char *field, int value)
{
    remoteParamsAdd(params, field, VIR_TYPED_PARAM_INT)->value.remote_value_u.i = value;
}

void
remoteParamsAddUInt(GArray *params, const char *field, unsigned int value)
{
    remoteParamsAdd(params, field, VIR_TYPED_PARAM_UINT)->value.remote_value_u.ui = value;
}

void
remoteParamsAddLLong(GArray *params, const char *field, gint64 value)
{
    remoteParamsAdd(params, field, VIR_TYPED_PARAM_LLONG)->value.remote_value_u.l = value;
}

void
remoteParamsAddULLong(GArray *params, const char *field, guint64 value)
{
    remoteParamsAdd(params, field, VIR_TYPED_PARAM_ULLONG)->value.remote_value_u.ul = value;
}

void
remoteParamsAddBoolean(GArray *params, const char *field, gboolean value)
{
    remoteParamsAdd(params, field, VIR_TYPED_PARAM_BOOLEAN)->value.remote_value_u.b = value;
}

void
remoteParamsAddString(GArray *params, const char *field, const char *value)
{
    remoteParamsAdd(params, field, VIR_TYPED_PARAM_STRING)->value.remote_value_u.s =
        g_strdup(value);
}

void
remoteParamsAddValue(const char *field, int type, guint64 number, const char *text, void *params)
{
    if (type == VIR_TYPED_PARAM_STRING)
        remoteParamsAddString(params, field, text);
    else if (type == VIR_TYPED_PARAM_INT)
        remoteParamsAddInt(params, field, (int)number);
    else if (type == VIR_TYPED_PARAM_UINT)
        remoteParamsAddUInt(params, field, (unsigned int)number);
    else if (type == VIR_TYPED_PARAM_BOOLEAN)
        remoteParamsAddBoolean(params, field, number != 0);
    else
        remoteParamsAddULLong(params, field, number);
}

remote_param *
remoteParamsSteal(GArray *params, u_int *len)
{
    *len = params->len;
    return (remote_param *)(void *)g_array_free(params, FALSE);
}
