/*
 * remote_domain.h: guests, between the wire and the driver
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "qemu_driver.h"
#include "remote_table.h"

/* A text that the client need not give; NULL if it has not. */
static inline const char *
remoteOptional(const virRPCString *string)
{
    return string ? *string : NULL;
}

/* The text form of a UUID, with its NUL. */
#define REMOTE_UUID_TEXT_SIZE 37

/* From the 16 bytes on the wire to text in lower case. */
void remoteUUIDFormat(const char *uuid, char text[REMOTE_UUID_TEXT_SIZE]);

/* And back; @text is a guest's. */
void remoteUUIDParse(const char *text, unsigned char uuid[REMOTE_UUID_SIZE]);

/* The driver of the daemon that a client calls; borrowed. */
qemuDriver *remoteDomainDriver(virRPCCall *call);

/**
 * remoteDomainFind:
 * @domain: as the client knows it: its UUID counts, name and id may be old
 *
 * Errors: NO_DOMAIN.
 * Returns: the guest, to be unreferenced, or NULL with an error reported
 */
virDomainObj *remoteDomainFind(virRPCCall *call, const remote_domain *domain);

/* Fills what the wire wants of a guest, its present id among that. */
void remoteDomainFill(remote_domain *domain, virDomainObj *vm);

/* For handlers that return a guest: fills @domain and unreferences @vm; -1 if @vm is NULL, which
 * is an error that has been reported. */
int remoteDomainReturn(remote_domain *domain, virDomainObj *vm) G_GNUC_WARN_UNUSED_RESULT;
