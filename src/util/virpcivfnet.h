/*
 * virpcivfnet.h: ask a PF for the MAC address and the VLAN of a VF, and set them
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stdbool.h>

#include "virpci.h"
#include "virpcivfnetconfig.h"

struct nl_msg;
struct rtnl_link;

/**
 * virPCIVFNetConfigRead:
 * @vf: a VF whose PF has a network interface in this network namespace
 * @config: filled
 *
 * Errors: OPERATION_INVALID if @vf is no VF or its PF has no network interface,
 * OPERATION_UNSUPPORTED on a host that is not this one or if the PF's driver tells nothing of its
 * VFs, SYSTEM_ERROR. Returns: 0, or -1 with an error reported and @config untouched Source: Linux
 * include/uapi/linux/if_link.h (IFLA_VFINFO_LIST)
 */
int virPCIVFNetConfigRead(virPCIDevice *vf, virPCIVFNetConfig *config) G_GNUC_WARN_UNUSED_RESULT;

/**
 * virPCIVFNetConfigApply:
 * @vf: a VF that no driver of the host uses now
 *
 * Sets what is set in @config and reads it back: some drivers accept what they do not do. Blocks
 * while the PF's driver works, and other changes of network interfaces meanwhile. Drivers may
 * refuse to give back a MAC address of zeros; the error says so.
 *
 * Errors: as virPCIVFNetConfigRead(), and OPERATION_FAILED if the driver did not do it.
 * Returns: 0, or -1 with an error reported; the VF may then have a part of @config
 */
int
virPCIVFNetConfigApply(virPCIDevice *vf, const virPCIVFNetConfig *config) G_GNUC_WARN_UNUSED_RESULT;

/* The two ends of the conversation with the kernel, apart from it for tests. */

/**
 * virPCIVFNetConfigFromLink:
 * @link: as the kernel described the PF's interface
 * @index: of the VF
 *
 * Returns: true, or false and @config untouched if @link does not tell of that VF
 */
bool
virPCIVFNetConfigFromLink(struct rtnl_link *link, unsigned int index, virPCIVFNetConfig *config);

/* The request that gives @config to a VF of interface @ifindex; caller frees with nlmsg_free().
 * NULL, with an error reported, if there is no memory. */
struct nl_msg *
virPCIVFNetConfigToMessage(const virPCIVFNetConfig *config, int ifindex, unsigned int index);
