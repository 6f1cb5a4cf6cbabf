/*
 * remote_empty.c: lists of what this daemon does not manage: they are empty, in truth
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "remote_table.h"

/* Results are zeroed when a handler is called: no elements, and none in all. */
#define REMOTE_EMPTY(name, args, ret)                                                              \
    int remote##name(virRPCCall *call G_GNUC_UNUSED, args *in G_GNUC_UNUSED,                       \
                     ret *out G_GNUC_UNUSED)                                                       \
    {                                                                                              \
        return 0;                                                                                  \
    }

REMOTE_EMPTY(ConnectListAllNetworks, remote_list_args, remote_networks_ret)
REMOTE_EMPTY(ConnectListAllStoragePools, remote_list_args, remote_pools_ret)
REMOTE_EMPTY(ConnectListAllInterfaces, remote_list_args, remote_interfaces_ret)
REMOTE_EMPTY(ConnectListAllSecrets, remote_list_args, remote_secrets_ret)
REMOTE_EMPTY(ConnectListAllNWFilters, remote_list_args, remote_filters_ret)

/* How older clients ask: how many are there, then which. */
REMOTE_EMPTY(ConnectNumOfNetworks, virRPCNothing, remote_int)
REMOTE_EMPTY(ConnectListNetworks, remote_int, remote_names)
REMOTE_EMPTY(ConnectNumOfDefinedNetworks, virRPCNothing, remote_int)
REMOTE_EMPTY(ConnectListDefinedNetworks, remote_int, remote_names)
REMOTE_EMPTY(ConnectNumOfStoragePools, virRPCNothing, remote_int)
REMOTE_EMPTY(ConnectListStoragePools, remote_int, remote_names)
REMOTE_EMPTY(ConnectNumOfDefinedStoragePools, virRPCNothing, remote_int)
REMOTE_EMPTY(ConnectListDefinedStoragePools, remote_int, remote_names)
REMOTE_EMPTY(ConnectNumOfInterfaces, virRPCNothing, remote_int)
REMOTE_EMPTY(ConnectNumOfDefinedInterfaces, virRPCNothing, remote_int)
REMOTE_EMPTY(ConnectNumOfSecrets, virRPCNothing, remote_int)
REMOTE_EMPTY(ConnectNumOfNWFilters, virRPCNothing, remote_int)
REMOTE_EMPTY(ConnectListNWFilters, remote_int, remote_names)
