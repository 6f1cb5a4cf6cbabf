/*
 * domain_address.h: the guest's PCI Express topology: where every device goes
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "domain_conf.h"

/**
 * virDomainAssignPCIAddresses:
 * @def: a definition; what it already says of addresses is kept
 *
 * Every host device without an address gets a root port of its own, one that is unused or a new
 * one, so that it is in an IOMMU group of its own in the guest too and the guest sees PCI Express.
 * Root ports share slots of bus 0, eight to a slot. Pure and deterministic.
 *
 * Errors: XML_ERROR if given addresses collide or no device can be there, CONFIG_UNSUPPORTED if
 * there are more devices than ports.
 * Returns: 0, or -1 with an error reported
 */
int virDomainAssignPCIAddresses(virDomainDef *def) G_GNUC_WARN_UNUSED_RESULT;
