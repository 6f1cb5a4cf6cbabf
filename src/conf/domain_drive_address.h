/*
 * domain_drive_address.h: where disks are on SCSI, SATA and IDE controllers
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "domain_device.h"

/**
 * virDomainAssignDriveAddresses:
 *
 * Every disk on a bus of drives has an address: its own, or the one that its target says, or the
 * next that is free. The controllers that this takes are made.
 *
 * Errors: XML_ERROR naming the disk if its address cannot be or another disk has it,
 * CONFIG_UNSUPPORTED if there is no room.
 * Returns: 0, or -1 with an error reported
 */
int virDomainAssignDriveAddresses(virDomainDef *def) G_GNUC_WARN_UNUSED_RESULT;

/* The same for one disk that is to be plugged into a running guest; no controller is made. */
int
virDomainAssignDriveAddress(virDomainDef *def, virDomainDiskDef *disk) G_GNUC_WARN_UNUSED_RESULT;
