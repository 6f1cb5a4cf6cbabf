/*
 * remotetabletest.c: tests of remote_table, and of remote_event over connections
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include <libvirt/libvirt.h>

#include "remote_event_priv.h"
#include "remote_table.h"
#include "testrpc.h"
#include "virfile.h"

static void
testRowsAreInOrder(void)
{
    for (size_t i = 1; i < remoteProgram.nprocedures; i++)
        g_assert_cmpint(remoteProgram.procedures[i - 1].number, <,
                        remoteProgram.procedures[i].number);
    for (size_t i = 0; i < remoteProgram.nprocedures; i++) {
        const virRPCProcedure *procedure = &remoteProgram.procedures[i];

        g_assert_true(virRPCProgramFind(&remoteProgram, procedure->number) == procedure);
    }
    g_assert_null(virRPCProgramFind(&remoteProgram, 0));
    g_assert_null(virRPCProgramFind(&remoteProgram, 9999));
}

/* Those that libvirt lets a client call that may only look: all others change something, enter a
 * guest, run what the client names, or look at any file of the host. */
static const char *const testLooks[] = {
    "ConnectOpen",
    "ConnectClose",
    "ConnectGetType",
    "ConnectGetVersion",
    "ConnectGetMaxVcpus",
    "NodeGetInfo",
    "ConnectGetCapabilities",
    "DomainGetXMLDesc",
    "DomainGetAutostart",
    "DomainGetInfo",
    "DomainGetMaxMemory",
    "DomainGetMaxVcpus",
    "DomainGetOSType",
    "DomainGetVcpus",
    "ConnectListDefinedDomains",
    "DomainLookupByID",
    "DomainLookupByName",
    "DomainLookupByUUID",
    "ConnectNumOfDefinedDomains",
    "ConnectListDefinedNetworks",
    "ConnectListDomains",
    "ConnectListNetworks",
    "ConnectNumOfDefinedNetworks",
    "ConnectNumOfDomains",
    "ConnectNumOfNetworks",
    "ConnectGetHostname",
    "ConnectSupportsFeature",
    "DomainBlockStats",
    "DomainInterfaceStats",
    "AuthList",
    "AuthPolkit",
    "ConnectNumOfStoragePools",
    "ConnectListStoragePools",
    "ConnectNumOfDefinedStoragePools",
    "ConnectListDefinedStoragePools",
    "NodeGetCellsFreeMemory",
    "NodeGetFreeMemory",
    "ConnectDomainEventRegister",
    "ConnectDomainEventDeregister",
    "ConnectGetURI",
    "NodeNumOfDevices",
    "NodeListDevices",
    "NodeDeviceLookupByName",
    "NodeDeviceGetXMLDesc",
    "NodeDeviceGetParent",
    "NodeDeviceNumOfCaps",
    "NodeDeviceListCaps",
    "ConnectNumOfInterfaces",
    "ConnectNumOfDefinedInterfaces",
    "ConnectNumOfSecrets",
    "ConnectIsSecure",
    "DomainIsActive",
    "DomainIsPersistent",
    "ConnectGetLibVersion",
    "DomainMemoryStats",
    "DomainGetJobInfo",
    "ConnectDomainEventRegisterAnyOld",
    "ConnectDomainEventDeregisterAnyOld",
    "ConnectNumOfNWFilters",
    "ConnectListNWFilters",
    "DomainHasManagedSaveImage",
    "DomainSnapshotNum",
    "DomainSnapshotListNames",
    "DomainHasCurrentSnapshot",
    "DomainGetBlockInfo",
    "DomainGetVcpusFlags",
    "DomainIsUpdated",
    "ConnectGetSysinfo",
    "DomainGetState",
    "NodeGetCPUStats",
    "NodeGetMemoryStats",
    "DomainGetControlInfo",
    "DomainGetVcpuPinInfo",
    "DomainBlockStatsFlags",
    "DomainGetDiskErrors",
    "DomainGetMetadata",
    "ConnectListAllDomains",
    "DomainListAllSnapshots",
    "DomainGetEmulatorPinInfo",
    "ConnectListAllStoragePools",
    "ConnectListAllNetworks",
    "ConnectListAllInterfaces",
    "ConnectListAllNodeDevices",
    "ConnectListAllNWFilters",
    "ConnectListAllSecrets",
    "NodeGetCPUMap",
    "DomainGetJobStats",
    "ConnectGetCPUModelNames",
    "ConnectNetworkEventRegisterAny",
    "ConnectNetworkEventDeregisterAny",
    "ConnectDomainEventRegisterAny",
    "ConnectDomainEventDeregisterAny",
    "NodeGetFreePages",
    "ConnectGetAllDomainStats",
    "DomainGetIOThreadInfo",
    "DomainInterfaceAddresses",
    "ConnectRegisterCloseCallback",
    "ConnectUnregisterCloseCallback",
    "ConnectStoragePoolEventRegisterAny",
    "ConnectStoragePoolEventDeregisterAny",
    "ConnectNodeDeviceEventRegisterAny",
    "ConnectNodeDeviceEventDeregisterAny",
    "ConnectSecretEventRegisterAny",
    "ConnectSecretEventDeregisterAny",
    "DomainListAllCheckpoints",
    "DomainGetMessages",
    "NodeDeviceGetAutostart",
    "NodeDeviceIsPersistent",
    "NodeDeviceIsActive",
};

static const remoteRow *
testRow(size_t i)
{
    return remoteProgram.procedures[i].private;
}

static void
testLookingIsAllowedToThese(void)
{
    size_t found = 0;

    for (size_t i = 0; i < remoteProgram.nprocedures; i++) {
        if (!(testRow(i)->access & REMOTE_LOOK))
            continue;
        g_assert_cmpuint(found, <, G_N_ELEMENTS(testLooks));
        g_assert_cmpstr(testRow(i)->name, ==, testLooks[found]);
        found++;
    }
    g_assert_cmpuint(found, ==, G_N_ELEMENTS(testLooks));
}

/* Vital product data is read of the device, which may take its time, or be stuck. */
static void
testWhatAsksADeviceHasNoPriority(void)
{
    static const char *const asking[] = {
        "NodeNumOfDevices",          "NodeListDevices",       "NodeDeviceGetXMLDesc",
        "NodeDeviceNumOfCaps",       "NodeDeviceListCaps",    "NodeDeviceReset",
        "ConnectListAllNodeDevices", "NodeDeviceDetachFlags", NULL};
    size_t found = 0;

    for (size_t i = 0; i < remoteProgram.nprocedures; i++) {
        if (!g_strv_contains(asking, testRow(i)->name))
            continue;
        g_assert_cmphex(remoteProgram.procedures[i].flags, ==, VIR_RPC_PARALLEL);
        found++;
    }
    g_assert_cmpuint(found, ==, G_N_ELEMENTS(asking) - 1);
}

static void
testNothingOfQEMUIsALook(void)
{
    for (size_t i = 0; i < remoteQEMUProgram.nprocedures; i++) {
        const remoteRow *row = remoteQEMUProgram.procedures[i].private;

        g_assert_cmphex(row->access, ==, 0);
    }
}

/* Before it is known who calls: only what finds that out. */
static void
testEarlyIsAllowedToThese(void)
{
    static const char *const before[] = {"ConnectOpen", "ConnectSupportsFeature", "AuthList",
                                         "AuthPolkit"};
    static const char *const whoever[] = {"AuthList", "AuthPolkit"};
    size_t nbefore = 0;
    size_t nwhoever = 0;

    for (size_t i = 0; i < remoteProgram.nprocedures; i++) {
        if (testRow(i)->access & REMOTE_BEFORE)
            g_assert_cmpstr(testRow(i)->name, ==, before[nbefore++]);
        if (testRow(i)->access & REMOTE_WHOEVER)
            g_assert_cmpstr(testRow(i)->name, ==, whoever[nwhoever++]);
    }
    g_assert_cmpuint(nbefore, ==, G_N_ELEMENTS(before));
    g_assert_cmpuint(nwhoever, ==, G_N_ELEMENTS(whoever));
}

typedef struct {
    int number;
    const char *message; /* NULL: there is no such procedure */
} testRefusal;

#define NO_SUPPORT "this function is not supported by the connection driver: "

static const testRefusal testRefusals[] = {
    {77, NO_SUPPORT "virStoragePoolDefineXML"},
    {305, NO_SUPPORT "virDomainMigratePerform3Params"},
    {431, NO_SUPPORT "virNWFilterDefineXMLFlags"},
    {432, NO_SUPPORT "virNetworkDefineXMLFlags"},
    {437, NO_SUPPORT "virNetworkCreateXMLFlags"},
    {442, NO_SUPPORT "virDomainAbortJobFlags"},
    {443, NO_SUPPORT "virDomainFDAssociate"},
    {-1, NULL},
    {0, NULL},
    {67, NULL},  /* SASL's, which no function has */
    {318, NULL}, /* an event */
    {9999, NULL},
};

static void
testOthersAreRefusedByName(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(testRefusals); i++) {
        virErrorReset();
        g_assert_cmpint(remoteRefuseOther(testRefusals[i].number), ==, !!testRefusals[i].message);
        if (!testRefusals[i].message)
            continue;
        g_assert_cmpint(virErrorGetLast()->code, ==, VIR_ERR_NO_SUPPORT);
        g_assert_cmpint(virErrorGetLast()->domain, ==, VIR_FROM_DOMAIN);
        g_assert_cmpstr(virErrorGetMessage(), ==, testRefusals[i].message);
    }
}

/* A row and a refusal exclude each other; and each refusal is found. */
static void
testNoRowIsRefused(void)
{
    size_t refused = 0;

    for (int number = 1; number < 1000; number++) {
        bool known = virRPCProgramFind(&remoteProgram, number) != NULL;
        bool other = remoteRefuseOther(number);

        g_assert_false(known && other);
        refused += other;
    }
    g_assert_cmpuint(refused, >, 200);
}

typedef struct {
    const char *name;
    unsigned int access;
    gboolean open;
    gboolean readOnly;
    int code; /* 0: admitted */
    int domain;
    const char *message;
    gboolean unknown;
} testAdmission;

#define NOT_OPEN "internal error: hypervisor connection not open"
#define UNKNOWN  "authentication failed: virDomainDestroy was called before polkit was asked"
#define DENIED   "operation forbidden: read only access prevents virDomainDestroy"

static const testAdmission testAdmissions[] = {
    {"looking, before it is open", REMOTE_LOOK, FALSE, FALSE, VIR_ERR_INTERNAL_ERROR, VIR_FROM_RPC,
     NOT_OPEN},
    {"changing, before it is open", 0, FALSE, FALSE, VIR_ERR_INTERNAL_ERROR, VIR_FROM_RPC,
     NOT_OPEN},
    {"what goes before, before it is open", REMOTE_LOOK | REMOTE_BEFORE, FALSE, FALSE, 0, 0, NULL},
    {"looking, read-only", REMOTE_LOOK, TRUE, TRUE, 0, 0, NULL},
    {"looking", REMOTE_LOOK, TRUE, FALSE, 0, 0, NULL},
    {"changing", 0, TRUE, FALSE, 0, 0, NULL},
    {"changing, read-only", 0, TRUE, TRUE, VIR_ERR_OPERATION_DENIED, VIR_FROM_DOMAIN, DENIED},
    {"opening, before it is known who calls", REMOTE_LOOK | REMOTE_BEFORE, FALSE, FALSE,
     VIR_ERR_AUTH_FAILED, VIR_FROM_DOMAIN, UNKNOWN, TRUE},
    {"what goes first, before it is known who calls", REMOTE_LOOK | REMOTE_BEFORE | REMOTE_WHOEVER,
     FALSE, FALSE, 0, 0, NULL, TRUE},
};

static void
testAdmissionIs(const void *opaque)
{
    const testAdmission *test = opaque;
    remoteDaemon daemon = {0};
    remoteClient *client = remoteClientNew(&daemon, test->readOnly);
    const remoteRow row = {"DomainDestroy", test->access};
    int rc;

    remoteClientSetKnown(client, !test->unknown);
    if (test->open)
        g_assert_cmpint(remoteClientOpen(client, FALSE), ==, 0);
    virErrorReset();
    rc = remoteRowAdmit(&row, client);
    g_assert_cmpint(rc, ==, test->code == 0 ? 0 : -1);
    if (rc < 0) {
        g_assert_cmpint(virErrorGetLast()->code, ==, test->code);
        g_assert_cmpint(virErrorGetLast()->domain, ==, test->domain);
        g_assert_cmpstr(virErrorGetMessage(), ==, test->message);
    }
    remoteClientFree(client);
}

/* --- events ----------------------------------------------------------------------------------- */

static const unsigned char testUUID[] = "0123456789abcdef";
static const unsigned char testOther[] = "fedcba9876543210";

static virRPCClient *
testSubscribe(testRPC *rpc, int fd)
{
    testRPCCall(fd, TEST_SUBSCRIBE, 1, "x");
    testRPCExpectReply(fd, 1, "x");
    return testRPCTakeSubscriber(rpc);
}

static void
testExpectEvent(int fd, int message, int callback)
{
    g_autoptr(virRPCFrame) frame = testRPCReceive(fd);
    guint32 word;

    g_assert_nonnull(frame);
    g_assert_cmphex(frame->header.program, ==, 0x20008086);
    g_assert_cmpint(frame->header.type, ==, VIR_RPC_EVENT);
    g_assert_cmpint(frame->header.procedure, ==, message);
    memcpy(&word, frame->payload, sizeof(word));
    g_assert_cmpint((int)GUINT32_FROM_BE(word), ==, callback);
}

static void
testEventsGoToWhomTheyConcern(void)
{
    g_autoptr(remoteEvents) events = remoteEventsNew();
    g_autoptr(testRPC) rpc = testRPCNew(NULL);
    VIR_AUTOCLOSE one = testRPCConnect(rpc);
    VIR_AUTOCLOSE two = testRPCConnect(rpc);
    g_autoptr(virRPCClient) first = testSubscribe(rpc, one);
    g_autoptr(virRPCClient) second = testSubscribe(rpc, two);
    g_autoptr(GBytes) uuid = g_bytes_new(testUUID, 16);
    g_autoptr(GBytes) name = g_bytes_new("pci_0000_3b_00_0", 16);
    const remoteEventGuest guest = {"vm1", testUUID, 4};
    const remoteEventGuest other = {"vm2", testOther, -1};
    int all = remoteEventsAdd(events, first, REMOTE_EVENTS_DOMAIN, 0, NULL);
    int filtered = remoteEventsAdd(events, second, REMOTE_EVENTS_DOMAIN, 0, uuid);
    int twice = remoteEventsAdd(events, first, REMOTE_EVENTS_DOMAIN, 0, uuid);
    int added = remoteEventsAdd(events, second, REMOTE_EVENTS_DOMAIN, 19, NULL);
    int device = remoteEventsAdd(events, second, REMOTE_EVENTS_NODE_DEVICE, 0, name);

    remoteEventsLifecycle(events, &guest, VIR_DOMAIN_EVENT_STARTED, 0);
    remoteEventsLifecycle(events, &other, VIR_DOMAIN_EVENT_STOPPED, 0);
    remoteEventsDeviceAdded(events, &guest, "hostdev0");
    remoteEventsDeviceRemoved(events, &guest, "hostdev0");
    remoteEventsNodeDevice(events, "pci_0000_3b_00_0", 0, 0);
    remoteEventsNodeDevice(events, "pci_0000_3b_00_1", 0, 0);
    testExpectEvent(one, 318, all);
    testExpectEvent(one, 318, twice);
    testExpectEvent(one, 318, all);
    testExpectEvent(two, 318, filtered);
    testExpectEvent(two, 354, added);
    testExpectEvent(two, 376, device);
    g_assert_cmpint(remoteEventsRemove(events, first, REMOTE_EVENTS_DOMAIN, all), ==, 0);
    remoteEventsForget(events, second);
    remoteEventsLifecycle(events, &guest, VIR_DOMAIN_EVENT_STARTED, 0);
    testExpectEvent(one, 318, twice);
    testRPCPing(one);
    testRPCExpectPong(one);
    testRPCPing(two);
    testRPCExpectPong(two);
}

static const guint8 testAddedPayload[] = {0,   0,   0,   1,   0,   0,   0,   3,   'v', 'm', '1',
                                          0,   '0', '1', '2', '3', '4', '5', '6', '7', '8', '9',
                                          'a', 'b', 'c', 'd', 'e', 'f', 0,   0,   0,   4,   0,
                                          0,   0,   8,   'h', 'o', 's', 't', 'd', 'e', 'v', '0'};

static void
testEventOnTheWire(void)
{
    g_autoptr(remoteEvents) events = remoteEventsNew();
    g_autoptr(testRPC) rpc = testRPCNew(NULL);
    VIR_AUTOCLOSE fd = testRPCConnect(rpc);
    g_autoptr(virRPCClient) client = testSubscribe(rpc, fd);
    const remoteEventGuest guest = {"vm1", testUUID, 4};
    g_autoptr(virRPCFrame) frame = NULL;

    g_assert_cmpint(remoteEventsAdd(events, client, REMOTE_EVENTS_DOMAIN, 19, NULL), ==, 1);
    remoteEventsDeviceAdded(events, &guest, "hostdev0");
    frame = testRPCReceive(fd);
    g_assert_cmpmem(frame->payload, frame->length, testAddedPayload, sizeof(testAddedPayload));
}

/* What the new message says before the guest is not in the old one. */
static void
testOldEventsOnTheWire(void)
{
    g_autoptr(remoteEvents) events = remoteEventsNew();
    g_autoptr(testRPC) rpc = testRPCNew(NULL);
    VIR_AUTOCLOSE fd = testRPCConnect(rpc);
    g_autoptr(virRPCClient) client = testSubscribe(rpc, fd);
    const remoteEventGuest guest = {"vm1", testUUID, 4};
    g_autoptr(virRPCFrame) removed = NULL;
    g_autoptr(virRPCFrame) suspended = NULL;

    g_assert_cmpint(remoteEventsAddOld(events, client, VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED), ==, 0);
    g_assert_cmpint(remoteEventsAddOld(events, client, VIR_DOMAIN_EVENT_ID_PMSUSPEND), ==, 0);
    remoteEventsDeviceRemoved(events, &guest, "hostdev0");
    remoteEventsSuspend(events, &guest);
    removed = testRPCReceive(fd);
    suspended = testRPCReceive(fd);
    g_assert_cmpint(removed->header.procedure, ==, 311);
    g_assert_cmpmem(removed->payload, removed->length, testAddedPayload + 4,
                    sizeof(testAddedPayload) - 4);
    g_assert_cmpint(suspended->header.procedure, ==, 270);
    g_assert_cmpmem(suspended->payload, suspended->length, testAddedPayload + 4, 28);
}

static void
testEventsThatDoNotExist(void)
{
    g_autoptr(remoteEvents) events = remoteEventsNew();
    g_autoptr(testRPC) rpc = testRPCNew(NULL);
    VIR_AUTOCLOSE fd = testRPCConnect(rpc);
    g_autoptr(virRPCClient) client = testSubscribe(rpc, fd);

    g_assert_cmpint(remoteEventsAdd(events, client, REMOTE_EVENTS_DOMAIN, 27, NULL), ==, -1);
    g_assert_cmpstr(virErrorGetMessage(), ==, "internal error: unsupported event ID 27");
    g_assert_cmpint(remoteEventsAdd(events, client, REMOTE_EVENTS_NODE_DEVICE, -1, NULL), ==, -1);
    g_assert_cmpint(remoteEventsAdd(events, client, REMOTE_EVENTS_DOMAIN, 26, NULL), ==, 1);
    g_assert_cmpint(remoteEventsRemove(events, client, REMOTE_EVENTS_NODE_DEVICE, 1), ==, -1);
    g_assert_cmpstr(virErrorGetMessage(), ==,
                    "internal error: node device event callback 1 not registered");
    for (int i = 1; i < 1024; i++)
        g_assert_cmpint(remoteEventsAdd(events, client, REMOTE_EVENTS_DOMAIN, 0, NULL), >, 0);
    g_assert_cmpint(remoteEventsAdd(events, client, REMOTE_EVENTS_DOMAIN, 0, NULL), ==, -1);
    g_assert_cmpint(virErrorGetLast()->code, ==, VIR_ERR_INTERNAL_ERROR);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/remotetable/rows are in the order of their numbers", testRowsAreInOrder);
    g_test_add_func("/remotetable/what is in no row is refused by name",
                    testOthersAreRefusedByName);
    g_test_add_func("/remotetable/what is in a row is not refused by name", testNoRowIsRefused);
    g_test_add_func("/remotetable/who may only look may call these", testLookingIsAllowedToThese);
    g_test_add_func("/remotetable/what asks a device takes no worker of what never waits",
                    testWhatAsksADeviceHasNoPriority);
    g_test_add_func("/remotetable/who may only look may call nothing of QEMU's",
                    testNothingOfQEMUIsALook);
    g_test_add_func("/remotetable/who is not known, or has not opened, may call these",
                    testEarlyIsAllowedToThese);
    for (size_t i = 0; i < G_N_ELEMENTS(testAdmissions); i++) {
        g_autofree char *path = g_strconcat("/remotetable/", testAdmissions[i].name, NULL);

        g_test_add_data_func(path, &testAdmissions[i], testAdmissionIs);
    }
    g_test_add_func("/remoteevent/events go to whom they concern", testEventsGoToWhomTheyConcern);
    g_test_add_func("/remoteevent/an event has libvirt's fields", testEventOnTheWire);
    g_test_add_func("/remoteevent/an event in the old form has no number", testOldEventsOnTheWire);
    g_test_add_func("/remoteevent/what does not exist is refused", testEventsThatDoNotExist);
    return g_test_run();
}
