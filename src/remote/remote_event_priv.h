/*
 * remote_event_priv.h: an event on its way to whom it concerns
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "remote_event.h"

/* Every payload begins with the callback's number. */
typedef struct {
    remoteEventKind kind;
    int event;
    const void *object; /* whom it is about: a UUID or a name */
    size_t length;
    const char *name;             /* of a monitor's event */
    const virRPCProgram *program; /* NULL: ours */
    int message;
    xdrproc_t filter;
    void *payload;
} remoteTelling;

/* Tells whoever wants to know. */
void remoteEventsTell(remoteEvents *events, const remoteTelling *telling);

/* Tells a client of a guest's event in the old form, which that event has. */
void remoteEventsTellOld(virRPCClient *client, const remoteTelling *telling);

/* @event: of guests, with an old form; once for each client. Errors: INTERNAL_ERROR. */
int
remoteEventsAddOld(remoteEvents *events, virRPCClient *client, int event) G_GNUC_WARN_UNUSED_RESULT;
int remoteEventsRemoveOld(remoteEvents *events, virRPCClient *client, int event)
    G_GNUC_WARN_UNUSED_RESULT;
