/*
 * remote_table.h: libvirt's procedures that we answer: one row each
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "remote_client.h"
#include "remote_protocol.h"

/* Who may call, and when. Without any of them: who has opened a connection that may change things.
 */
typedef enum {
    REMOTE_LOOK = 1 << 0,    /* also over a connection that is read-only */
    REMOTE_BEFORE = 1 << 1,  /* also before the connection is opened */
    REMOTE_WHOEVER = 1 << 2, /* also before it is known who calls */
} remoteAccess;

/*
 * The table. A new procedure is one row here and one function, remote##NAME, which gets
 *
 *   virRPCCall *call   whose client remoteClientOf() gives
 *   ARGS *args         decoded; freed after the call
 *   RET *ret           zeroed; freed after it has been sent. Strings and arrays: g_malloc()'s
 *
 * runs in a worker, may block, and returns 0, or -1 with an error reported.
 *
 * NAME is the name of libvirt's function without "vir": errors quote it. A row's number is given by
 * the protocol. PARALLEL: beside other calls of the same client. QUICK: never waits for a guest, a
 * device or a lock that is held meanwhile. AT_ONCE: moreover it only looks at what is in memory, so
 * that the loop may call it: no file is opened, nothing waited for. What is in no row is refused by
 * its name, which is in remote_others.c; it leaves that list when it gets a row.
 *
 * Rows are in the order of their numbers: the table is searched by halves.
 */
/* clang-format off */
#define PARALLEL VIR_RPC_PARALLEL
#define QUICK    (VIR_RPC_PARALLEL | VIR_RPC_PRIORITY)
#define AT_ONCE  (QUICK | VIR_RPC_AT_ONCE)
#define ALONE    0

#define REMOTE_PROCEDURES(ROW)                                                                     \
    /*  number, name, arguments, results, access, order */                                         \
    ROW(1, ConnectOpen, remote_open_args, virRPCNothing,                                           \
        REMOTE_LOOK | REMOTE_BEFORE, VIR_RPC_AT_ONCE)                                              \
    ROW(2, ConnectClose, virRPCNothing, virRPCNothing, REMOTE_LOOK, VIR_RPC_AT_ONCE)               \
    ROW(3, ConnectGetType, virRPCNothing, remote_string, REMOTE_LOOK, AT_ONCE)                     \
    ROW(4, ConnectGetVersion, virRPCNothing, remote_ulong, REMOTE_LOOK, PARALLEL)                  \
    ROW(5, ConnectGetMaxVcpus, remote_optional_string, remote_int, REMOTE_LOOK, PARALLEL)          \
    ROW(6, NodeGetInfo, virRPCNothing, remote_node_info_ret, REMOTE_LOOK, QUICK)                   \
    ROW(7, ConnectGetCapabilities, virRPCNothing, remote_string, REMOTE_LOOK, PARALLEL)            \
    ROW(8, DomainAttachDevice, remote_domain_string, virRPCNothing, 0, PARALLEL)                   \
    ROW(9, DomainCreate, remote_domain, virRPCNothing, 0, PARALLEL)                                \
    ROW(10, DomainCreateXML, remote_string_flags, remote_domain, 0, PARALLEL)                      \
    ROW(11, DomainDefineXML, remote_string, remote_domain, 0, PARALLEL)                            \
    ROW(12, DomainDestroy, remote_domain, virRPCNothing, 0, PARALLEL)                              \
    ROW(13, DomainDetachDevice, remote_domain_string, virRPCNothing, 0, PARALLEL)                  \
    ROW(14, DomainGetXMLDesc, remote_domain_flags, remote_string, REMOTE_LOOK, AT_ONCE)            \
    ROW(15, DomainGetAutostart, remote_domain, remote_int, REMOTE_LOOK, AT_ONCE)                   \
    ROW(16, DomainGetInfo, remote_domain, remote_domain_info_ret, REMOTE_LOOK, PARALLEL)           \
    ROW(17, DomainGetMaxMemory, remote_domain, remote_ulong, REMOTE_LOOK, QUICK)                   \
    ROW(18, DomainGetMaxVcpus, remote_domain, remote_int, REMOTE_LOOK, AT_ONCE)                    \
    ROW(19, DomainGetOSType, remote_domain, remote_string, REMOTE_LOOK, AT_ONCE)                   \
    ROW(20, DomainGetVcpus, remote_vcpus_args, remote_vcpus_ret, REMOTE_LOOK, PARALLEL)            \
    ROW(21, ConnectListDefinedDomains, remote_int, remote_names, REMOTE_LOOK, AT_ONCE)             \
    ROW(22, DomainLookupByID, remote_int, remote_domain, REMOTE_LOOK, AT_ONCE)                     \
    ROW(23, DomainLookupByName, remote_string, remote_domain, REMOTE_LOOK, AT_ONCE)                \
    ROW(24, DomainLookupByUUID, remote_uuid_args, remote_domain, REMOTE_LOOK, AT_ONCE)             \
    ROW(25, ConnectNumOfDefinedDomains, virRPCNothing, remote_int, REMOTE_LOOK, AT_ONCE)           \
    ROW(26, DomainPinVcpu, remote_pin_vcpu_args, virRPCNothing, 0, PARALLEL)                       \
    ROW(27, DomainReboot, remote_domain_flags, virRPCNothing, 0, PARALLEL)                         \
    ROW(28, DomainResume, remote_domain, virRPCNothing, 0, PARALLEL)                               \
    ROW(29, DomainSetAutostart, remote_domain_int, virRPCNothing, 0, PARALLEL)                     \
    ROW(30, DomainSetMaxMemory, remote_domain_ulong, virRPCNothing, 0, PARALLEL)                   \
    ROW(31, DomainSetMemory, remote_domain_ulong, virRPCNothing, 0, PARALLEL)                      \
    ROW(32, DomainSetVcpus, remote_set_vcpus_args, virRPCNothing, 0, PARALLEL)                     \
    ROW(33, DomainShutdown, remote_domain, virRPCNothing, 0, PARALLEL)                             \
    ROW(34, DomainSuspend, remote_domain, virRPCNothing, 0, PARALLEL)                              \
    ROW(35, DomainUndefine, remote_domain, virRPCNothing, 0, PARALLEL)                             \
    ROW(36, ConnectListDefinedNetworks, remote_int, remote_names, REMOTE_LOOK, AT_ONCE)            \
    ROW(37, ConnectListDomains, remote_int, remote_ids, REMOTE_LOOK, AT_ONCE)                      \
    ROW(38, ConnectListNetworks, remote_int, remote_names, REMOTE_LOOK, AT_ONCE)                   \
    ROW(50, ConnectNumOfDefinedNetworks, virRPCNothing, remote_int, REMOTE_LOOK, AT_ONCE)          \
    ROW(51, ConnectNumOfDomains, virRPCNothing, remote_int, REMOTE_LOOK, AT_ONCE)                  \
    ROW(52, ConnectNumOfNetworks, virRPCNothing, remote_int, REMOTE_LOOK, AT_ONCE)                 \
    ROW(54, DomainRestore, remote_string, virRPCNothing, 0, PARALLEL)                              \
    ROW(55, DomainSave, remote_domain_string, virRPCNothing, 0, PARALLEL)                          \
    ROW(59, ConnectGetHostname, virRPCNothing, remote_string, REMOTE_LOOK, AT_ONCE)                \
    ROW(60, ConnectSupportsFeature, remote_int, remote_int, REMOTE_LOOK | REMOTE_BEFORE, AT_ONCE)  \
    ROW(64, DomainBlockStats, remote_domain_string, remote_block_stats_ret, REMOTE_LOOK, PARALLEL) \
    ROW(65, DomainInterfaceStats, remote_domain_string, remote_interface_stats_ret,                \
        REMOTE_LOOK, PARALLEL)                                                                     \
    ROW(66, AuthList, virRPCNothing, remote_auth_list_ret,                                         \
        REMOTE_LOOK | REMOTE_BEFORE | REMOTE_WHOEVER, AT_ONCE)                                     \
    ROW(70, AuthPolkit, virRPCNothing, remote_int,                                                 \
        REMOTE_LOOK | REMOTE_BEFORE | REMOTE_WHOEVER, ALONE)                                       \
    ROW(71, ConnectNumOfStoragePools, virRPCNothing, remote_int, REMOTE_LOOK, AT_ONCE)             \
    ROW(72, ConnectListStoragePools, remote_int, remote_names, REMOTE_LOOK, AT_ONCE)               \
    ROW(73, ConnectNumOfDefinedStoragePools, virRPCNothing, remote_int, REMOTE_LOOK, AT_ONCE)      \
    ROW(74, ConnectListDefinedStoragePools, remote_int, remote_names, REMOTE_LOOK, AT_ONCE)        \
    /* not for those who may only look: they name any file of the host */                          \
    ROW(86, StoragePoolLookupByVolume, remote_volume, remote_pool, 0, PARALLEL)                    \
    ROW(87, StoragePoolGetInfo, remote_pool, remote_pool_info, 0, PARALLEL)                        \
    ROW(88, StoragePoolGetXMLDesc, remote_pool_flags, remote_string, 0, PARALLEL)                  \
    ROW(97, StorageVolLookupByPath, remote_string, remote_volume, 0, PARALLEL)                     \
    ROW(98, StorageVolGetInfo, remote_volume, remote_volume_info, 0, PARALLEL)                     \
    ROW(99, StorageVolGetXMLDesc, remote_volume_flags, remote_string, 0, PARALLEL)                 \
    ROW(100, StorageVolGetPath, remote_volume, remote_string, 0, PARALLEL)                         \
    ROW(101, NodeGetCellsFreeMemory, remote_cells_args, remote_cells_ret, REMOTE_LOOK, QUICK)      \
    ROW(102, NodeGetFreeMemory, virRPCNothing, remote_ulong, REMOTE_LOOK, QUICK)                   \
    ROW(105, ConnectDomainEventRegister, virRPCNothing, remote_int, REMOTE_LOOK, QUICK)            \
    ROW(106, ConnectDomainEventDeregister, virRPCNothing, remote_int, REMOTE_LOOK, QUICK)          \
    ROW(110, ConnectGetURI, virRPCNothing, remote_string, REMOTE_LOOK, AT_ONCE)                    \
    ROW(111, NodeNumOfDevices, remote_node_num_args, remote_int, REMOTE_LOOK, PARALLEL)            \
    ROW(112, NodeListDevices, remote_node_list_args, remote_node_names, REMOTE_LOOK, PARALLEL)     \
    ROW(113, NodeDeviceLookupByName, remote_string, remote_node_device, REMOTE_LOOK, QUICK)        \
    ROW(114, NodeDeviceGetXMLDesc, remote_string_flags, remote_string, REMOTE_LOOK, PARALLEL)      \
    ROW(115, NodeDeviceGetParent, remote_string, remote_optional_string, REMOTE_LOOK, QUICK)       \
    ROW(116, NodeDeviceNumOfCaps, remote_string, remote_int, REMOTE_LOOK, PARALLEL)                \
    ROW(117, NodeDeviceListCaps, remote_string_max, remote_node_names, REMOTE_LOOK, PARALLEL)      \
    ROW(118, NodeDeviceDettach, remote_string, virRPCNothing, 0, PARALLEL)                         \
    ROW(119, NodeDeviceReAttach, remote_string, virRPCNothing, 0, PARALLEL)                        \
    ROW(120, NodeDeviceReset, remote_string, virRPCNothing, 0, PARALLEL)                           \
    ROW(126, ConnectNumOfInterfaces, virRPCNothing, remote_int, REMOTE_LOOK, AT_ONCE)              \
    ROW(137, ConnectNumOfDefinedInterfaces, virRPCNothing, remote_int, REMOTE_LOOK, AT_ONCE)       \
    ROW(139, ConnectNumOfSecrets, virRPCNothing, remote_int, REMOTE_LOOK, AT_ONCE)                 \
    ROW(149, ConnectIsSecure, virRPCNothing, remote_int, REMOTE_LOOK, AT_ONCE)                     \
    ROW(150, DomainIsActive, remote_domain, remote_int, REMOTE_LOOK, AT_ONCE)                      \
    ROW(151, DomainIsPersistent, remote_domain, remote_int, REMOTE_LOOK, AT_ONCE)                  \
    ROW(157, ConnectGetLibVersion, virRPCNothing, remote_ulong, REMOTE_LOOK, AT_ONCE)              \
    ROW(159, DomainMemoryStats, remote_memory_stats_args, remote_memory_stats_ret,                 \
        REMOTE_LOOK, PARALLEL)                                                                     \
    ROW(160, DomainAttachDeviceFlags, remote_domain_string_flags, virRPCNothing, 0, PARALLEL)      \
    ROW(161, DomainDetachDeviceFlags, remote_domain_string_flags, virRPCNothing, 0, PARALLEL)      \
    ROW(163, DomainGetJobInfo, remote_domain, remote_domain_job_info_ret, REMOTE_LOOK, PARALLEL)   \
    ROW(164, DomainAbortJob, remote_domain, virRPCNothing, 0, PARALLEL)                            \
    ROW(167, ConnectDomainEventRegisterAnyOld, remote_int, virRPCNothing, REMOTE_LOOK, QUICK)      \
    ROW(168, ConnectDomainEventDeregisterAnyOld, remote_int, virRPCNothing, REMOTE_LOOK, QUICK)    \
    ROW(174, DomainUpdateDeviceFlags, remote_domain_string_flags, virRPCNothing, 0, PARALLEL)      \
    ROW(178, ConnectNumOfNWFilters, virRPCNothing, remote_int, REMOTE_LOOK, AT_ONCE)               \
    ROW(179, ConnectListNWFilters, remote_int, remote_names, REMOTE_LOOK, AT_ONCE)                 \
    ROW(182, DomainManagedSave, remote_domain_flags, virRPCNothing, 0, PARALLEL)                   \
    ROW(183, DomainHasManagedSaveImage, remote_domain_flags, remote_int, REMOTE_LOOK, QUICK)       \
    ROW(184, DomainManagedSaveRemove, remote_domain_flags, virRPCNothing, 0, PARALLEL)             \
    ROW(187, DomainSnapshotNum, remote_domain_flags, remote_int, REMOTE_LOOK, AT_ONCE)             \
    ROW(188, DomainSnapshotListNames, remote_domain_int_flags, remote_names, REMOTE_LOOK, QUICK)   \
    ROW(190, DomainHasCurrentSnapshot, remote_domain_flags, remote_int, REMOTE_LOOK, QUICK)        \
    ROW(194, DomainGetBlockInfo, remote_domain_string_flags, remote_block_info_ret,                \
        REMOTE_LOOK, PARALLEL)                                                                     \
    ROW(196, DomainCreateWithFlags, remote_domain_flags, remote_domain, 0, PARALLEL)               \
    ROW(199, DomainSetVcpusFlags, remote_domain_vcpus_args, virRPCNothing, 0, PARALLEL)            \
    ROW(200, DomainGetVcpusFlags, remote_domain_flags, remote_int, REMOTE_LOOK, QUICK)             \
    ROW(201, DomainOpenConsole, remote_domain_device_args, virRPCNothing, 0, PARALLEL)             \
    ROW(202, DomainIsUpdated, remote_domain, remote_int, REMOTE_LOOK, AT_ONCE)                     \
    ROW(203, ConnectGetSysinfo, remote_uint, remote_string, REMOTE_LOOK, QUICK)                    \
    ROW(204, DomainSetMemoryFlags, remote_set_memory_args, virRPCNothing, 0, PARALLEL)             \
    ROW(210, DomainInjectNMI, remote_domain_flags, virRPCNothing, 0, PARALLEL)                     \
    ROW(211, DomainScreenshot, remote_screenshot_args, remote_optional_string, 0, PARALLEL)        \
    ROW(212, DomainGetState, remote_domain_flags, remote_domain_state_ret, REMOTE_LOOK, AT_ONCE)   \
    ROW(225, DomainPinVcpuFlags, remote_pin_vcpu_flags_args, virRPCNothing, 0, PARALLEL)           \
    ROW(226, DomainSendKey, remote_send_key_args, virRPCNothing, 0, PARALLEL)                      \
    ROW(227, NodeGetCPUStats, remote_node_cpu_stats_args, remote_node_stats_ret,                   \
        REMOTE_LOOK, QUICK)                                                                        \
    ROW(228, NodeGetMemoryStats, remote_node_memory_stats_args, remote_node_stats_ret,             \
        REMOTE_LOOK, QUICK)                                                                        \
    ROW(229, DomainGetControlInfo, remote_domain_flags, remote_domain_control_ret,                 \
        REMOTE_LOOK, QUICK)                                                                        \
    ROW(230, DomainGetVcpuPinInfo, remote_vcpu_pin_info_args, remote_pin_info_ret,                 \
        REMOTE_LOOK, QUICK)                                                                        \
    ROW(231, DomainUndefineFlags, remote_domain_flags, virRPCNothing, 0, PARALLEL)                 \
    ROW(232, DomainSaveFlags, remote_domain_save_args, virRPCNothing, 0, PARALLEL)                 \
    ROW(233, DomainRestoreFlags, remote_domain_restore_args, virRPCNothing, 0, PARALLEL)           \
    ROW(234, DomainDestroyFlags, remote_domain_flags, virRPCNothing, 0, PARALLEL)                  \
    ROW(235, DomainSaveImageGetXMLDesc, remote_string_flags, remote_string, 0, PARALLEL)           \
    ROW(236, DomainSaveImageDefineXML, remote_domain_image_args, virRPCNothing, 0, PARALLEL)       \
    ROW(243, DomainBlockStatsFlags, remote_block_stats_args, remote_block_stats_flags_ret,         \
        REMOTE_LOOK, PARALLEL)                                                                     \
    ROW(245, DomainReset, remote_domain_flags, virRPCNothing, 0, PARALLEL)                         \
    ROW(249, DomainOpenGraphics, remote_open_graphics_args, virRPCNothing, 0, PARALLEL)            \
    ROW(258, DomainShutdownFlags, remote_domain_flags, virRPCNothing, 0, PARALLEL)                 \
    ROW(263, DomainGetDiskErrors, remote_disk_errors_args, remote_disk_errors_ret,                 \
        REMOTE_LOOK, PARALLEL)                                                                     \
    ROW(264, DomainSetMetadata, remote_set_metadata_args, virRPCNothing, 0, PARALLEL)              \
    ROW(265, DomainGetMetadata, remote_get_metadata_args, remote_string, REMOTE_LOOK, QUICK)       \
    ROW(273, ConnectListAllDomains, remote_list_args, remote_domains_ret, REMOTE_LOOK, AT_ONCE)    \
    ROW(274, DomainListAllSnapshots, remote_domain_list_args, remote_domain_parts_ret,             \
        REMOTE_LOOK, AT_ONCE)                                                                      \
    ROW(277, DomainGetHostname, remote_domain_flags, remote_string, 0, PARALLEL)                   \
    ROW(279, DomainPinEmulator, remote_pin_emulator_args, virRPCNothing, 0, PARALLEL)              \
    ROW(280, DomainGetEmulatorPinInfo, remote_emulator_pin_info_args, remote_pin_info_ret,         \
        REMOTE_LOOK, QUICK)                                                                        \
    ROW(281, ConnectListAllStoragePools, remote_list_args, remote_pools_ret, REMOTE_LOOK, AT_ONCE) \
    ROW(283, ConnectListAllNetworks, remote_list_args, remote_networks_ret, REMOTE_LOOK, AT_ONCE)  \
    ROW(284, ConnectListAllInterfaces, remote_list_args, remote_interfaces_ret,                    \
        REMOTE_LOOK, AT_ONCE)                                                                      \
    ROW(285, ConnectListAllNodeDevices, remote_list_args, remote_node_devices_ret,                 \
        REMOTE_LOOK, PARALLEL)                                                                     \
    ROW(286, ConnectListAllNWFilters, remote_list_args, remote_filters_ret, REMOTE_LOOK, AT_ONCE)  \
    ROW(287, ConnectListAllSecrets, remote_list_args, remote_secrets_ret, REMOTE_LOOK, AT_ONCE)    \
    ROW(293, NodeGetCPUMap, remote_cpu_map_args, remote_cpu_map_ret, REMOTE_LOOK, QUICK)           \
    ROW(294, DomainFSTrim, remote_trim_args, virRPCNothing, 0, PARALLEL)                           \
    ROW(296, DomainOpenChannel, remote_domain_device_args, virRPCNothing, 0, PARALLEL)             \
    ROW(298, DomainGetJobStats, remote_domain_flags, remote_domain_job_stats_ret,                  \
        REMOTE_LOOK, PARALLEL)                                                                     \
    ROW(301, NodeDeviceDetachFlags, remote_node_detach_args, virRPCNothing, 0, PARALLEL)           \
    ROW(308, DomainSetMemoryStatsPeriod, remote_memory_period_args, virRPCNothing, 0, PARALLEL)    \
    ROW(312, ConnectGetCPUModelNames, remote_cpu_models_args, remote_cpu_models_ret,               \
        REMOTE_LOOK, PARALLEL)                                                                     \
    ROW(313, ConnectNetworkEventRegisterAny, remote_network_event_args, remote_int,                \
        REMOTE_LOOK, QUICK)                                                                        \
    ROW(314, ConnectNetworkEventDeregisterAny, remote_int, virRPCNothing, REMOTE_LOOK, QUICK)      \
    ROW(316, ConnectDomainEventRegisterAny, remote_domain_event_args, remote_int,                  \
        REMOTE_LOOK, QUICK)                                                                        \
    ROW(317, ConnectDomainEventDeregisterAny, remote_int, virRPCNothing, REMOTE_LOOK, QUICK)       \
    ROW(335, DomainFSFreeze, remote_file_systems_args, remote_int, 0, PARALLEL)                    \
    ROW(336, DomainFSThaw, remote_file_systems_args, remote_int, 0, PARALLEL)                      \
    ROW(337, DomainGetTime, remote_domain_flags, remote_guest_time_ret, 0, PARALLEL)               \
    ROW(338, DomainSetTime, remote_guest_time_args, virRPCNothing, 0, PARALLEL)                    \
    ROW(340, NodeGetFreePages, remote_free_pages_args, remote_free_pages_ret,                      \
        REMOTE_LOOK, QUICK)                                                                        \
    /* not for those who may only look: it runs the emulator that they name */                     \
    ROW(342, ConnectGetDomainCapabilities, remote_domain_caps_args, remote_string, 0, PARALLEL)    \
    ROW(343, DomainOpenGraphicsFD, remote_open_graphics_args, virRPCNothing, 0, PARALLEL)          \
    ROW(344, ConnectGetAllDomainStats, remote_all_stats_args, remote_all_stats_ret,                \
        REMOTE_LOOK, PARALLEL)                                                                     \
    ROW(349, DomainGetFSInfo, remote_domain_flags, remote_guest_file_systems_ret, 0, PARALLEL)     \
    ROW(350, DomainDefineXMLFlags, remote_string_flags, remote_domain, 0, PARALLEL)                \
    ROW(351, DomainGetIOThreadInfo, remote_domain_flags, remote_io_threads_ret,                    \
        REMOTE_LOOK, PARALLEL)                                                                     \
    ROW(352, DomainPinIOThread, remote_pin_io_thread_args, virRPCNothing, 0, PARALLEL)             \
    ROW(353, DomainInterfaceAddresses, remote_guest_interfaces_args, remote_guest_interfaces_ret,  \
        REMOTE_LOOK, PARALLEL)                                                                     \
    ROW(357, DomainSetUserPassword, remote_guest_password_args, virRPCNothing, 0, PARALLEL)        \
    ROW(358, DomainRename, remote_domain_device_args, remote_int, 0, PARALLEL)                     \
    ROW(360, ConnectRegisterCloseCallback, virRPCNothing, virRPCNothing, REMOTE_LOOK, AT_ONCE)     \
    ROW(361, ConnectUnregisterCloseCallback, virRPCNothing, virRPCNothing, REMOTE_LOOK, AT_ONCE)   \
    ROW(368, ConnectStoragePoolEventRegisterAny, remote_pool_event_args, remote_int,               \
        REMOTE_LOOK, QUICK)                                                                        \
    ROW(369, ConnectStoragePoolEventDeregisterAny, remote_int, virRPCNothing, REMOTE_LOOK, QUICK)  \
    ROW(371, DomainGetGuestVcpus, remote_domain_flags, remote_guest_vcpus_ret, 0, PARALLEL)        \
    ROW(372, DomainSetGuestVcpus, remote_guest_vcpus_args, virRPCNothing, 0, PARALLEL)             \
    ROW(374, ConnectNodeDeviceEventRegisterAny, remote_node_device_event_args, remote_int,         \
        REMOTE_LOOK, QUICK)                                                                        \
    ROW(375, ConnectNodeDeviceEventDeregisterAny, remote_int, virRPCNothing, REMOTE_LOOK, QUICK)   \
    ROW(380, ConnectSecretEventRegisterAny, remote_secret_event_args, remote_int,                  \
        REMOTE_LOOK, QUICK)                                                                        \
    ROW(381, ConnectSecretEventDeregisterAny, remote_int, virRPCNothing, REMOTE_LOOK, QUICK)       \
    ROW(392, DomainDetachDeviceAlias, remote_domain_string_flags, virRPCNothing, 0, PARALLEL)      \
    ROW(413, DomainListAllCheckpoints, remote_domain_list_args, remote_domain_parts_ret,           \
        REMOTE_LOOK, AT_ONCE)                                                                      \
    ROW(418, DomainGetGuestInfo, remote_domain_vcpus_args, remote_guest_info_ret, 0, PARALLEL)     \
    ROW(420, DomainAgentSetResponseTimeout, remote_domain_int_flags, remote_int, 0, PARALLEL)      \
    ROW(424, DomainAuthorizedSSHKeysGet, remote_domain_string_flags, remote_guest_keys_ret,        \
        0, PARALLEL)                                                                               \
    ROW(425, DomainAuthorizedSSHKeysSet, remote_guest_keys_args, virRPCNothing, 0, PARALLEL)       \
    ROW(426, DomainGetMessages, remote_domain_flags, remote_domain_messages_ret,                   \
        REMOTE_LOOK, AT_ONCE)                                                                      \
    ROW(433, NodeDeviceGetAutostart, remote_string, remote_int, REMOTE_LOOK, QUICK)                \
    ROW(435, NodeDeviceIsPersistent, remote_string, remote_int, REMOTE_LOOK, QUICK)                \
    ROW(436, NodeDeviceIsActive, remote_string, remote_int, REMOTE_LOOK, QUICK)

/* The program of QEMU's own. */
#define REMOTE_QEMU_PROCEDURES(ROW)                                                                \
    ROW(1, DomainQemuMonitorCommand, remote_domain_string_flags, remote_string, 0, PARALLEL)       \
    ROW(3, DomainQemuAgentCommand, remote_agent_command_args, remote_optional_string, 0, PARALLEL) \
    ROW(4, ConnectDomainQemuMonitorEventRegister, remote_monitor_event_args, remote_int, 0, QUICK) \
    ROW(5, ConnectDomainQemuMonitorEventDeregister, remote_int, virRPCNothing, 0, QUICK)
/* clang-format on */

#define REMOTE_DECLARE(number, name, args, ret, access, order)                                     \
    int remote##name(virRPCCall *call, args *in, ret *out);
REMOTE_PROCEDURES(REMOTE_DECLARE)
REMOTE_QEMU_PROCEDURES(REMOTE_DECLARE)
#undef REMOTE_DECLARE

/* The tables as the server wants them. */
extern const virRPCProgram remoteProgram;
extern const virRPCProgram remoteQEMUProgram;

/* Reports NO_SUPPORT with its name for a procedure of libvirt's that is in no row; false if libvirt
 * has none with that number. */
bool remoteRefuseOther(int number);

/* What a row says besides what the server wants. */
typedef struct {
    const char *name;    /* of libvirt's function, without "vir" */
    unsigned int access; /* remoteAccess */
} remoteRow;

/* remoteAdmit() for a row. */
int remoteRowAdmit(const remoteRow *row, remoteClient *client) G_GNUC_WARN_UNUSED_RESULT;

/**
 * remoteAdmit:
 *
 * The hook `admit`: looks at the row's access, so that no handler has to.
 *
 * Errors: AUTH_FAILED before it is known who calls; INTERNAL_ERROR (rpc) before the connection is
 * open; OPERATION_DENIED over one that may only look.
 */
int remoteAdmit(virRPCClient *client, const virRPCProcedure *procedure, void *opaque)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * remoteCheckFlags:
 * @known: flags that the procedure knows
 *
 * Errors: INVALID_ARG naming the call and the others.
 * Returns: 0, or -1 with an error reported
 */
int remoteCheckFlags(virRPCCall *call, unsigned int flags, unsigned int known)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * remoteRefuseFlags:
 * @forbidden: flags with which the procedure does more than look
 *
 * For procedures of REMOTE_LOOK.
 *
 * Errors: OPERATION_DENIED over a connection that may only look, naming the call and the flags.
 * Returns: 0, or -1 with an error reported
 */
int remoteRefuseFlags(virRPCCall *call, unsigned int flags, unsigned int forbidden)
    G_GNUC_WARN_UNUSED_RESULT;

/* The same where it is not flags but what else is asked for: names the call. */
int remoteRefuseReadOnly(virRPCCall *call) G_GNUC_WARN_UNUSED_RESULT;
