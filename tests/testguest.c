/*
 * testguest.c: guests whose host devices tests prepare and give back
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "testguest.h"

testGuest *
testGuestNew(const char *first, const char *second, const char *model)
{
    testGuest *guest = g_new0(testGuest, 1);
    const char *addresses[] = {first, second};

    for (; guest->n < 2 && addresses[guest->n]; guest->n++) {
        virDomainHostdevDef *def = &guest->defs[guest->n];

        def->source = testBindParse(addresses[guest->n]);
        def->managed = true;
        def->driverModel = g_strdup(model);
        guest->list[guest->n] = def;
    }
    return guest;
}

void
testGuestFree(testGuest *guest)
{
    for (size_t i = 0; i < guest->n; i++)
        g_free(guest->defs[i].driverModel);
    g_free(guest);
}

int
testPrepare(virHostdevManager *mgr, const char *name, testGuest *guest)
{
    return virHostdevPreparePCIDevices(mgr, "QEMU", name, guest->list, guest->n);
}

void
testReAttach(virHostdevManager *mgr, const char *name, testGuest *guest)
{
    virHostdevReAttachPCIDevices(mgr, "QEMU", name, guest->list, guest->n);
}

virHostdevManager *
testManage(testBind *bind)
{
    return virHostdevManagerNew(bind->ctx.host, bind->runDirectory);
}

void
testAssertDriver(testBind *bind, const char *device, const char *driver)
{
    virPCIDeviceAddress address = testBindParse(device);
    g_auto(virPCIBinding) binding = {0};

    g_assert_cmpint(virPCIBindingRead(bind->ctx.host, &address, &binding), ==, 0);
    g_assert_cmpstr(binding.driver, ==, driver);
}

void
testAssertUser(virHostdevManager *mgr, const char *device, const char *user)
{
    virPCIDeviceAddress address = testBindParse(device);
    g_autofree char *found = virHostdevManagerGetUser(mgr, &address);

    g_assert_cmpstr(found, ==, user);
}

/* Nothing is held and nothing active, here and on the disk, and the tree is as it was. */
void
testAssertUntouched(testBind *bind, virHostdevManager *mgr, const char *before)
{
    g_autofree char *after = testKernelSnapshot(bind->scene);
    g_autoptr(GPtrArray) records = virJournalList(bind->ctx.journal);
    g_autoptr(virHostdevManager) again = testManage(bind);

    testKernelAssertSame(after, before);
    g_assert_cmpuint(records->len, ==, 0);
    testAssertUser(mgr, VF, NULL);
    testAssertUser(again, VF, NULL);
    testAssertUser(again, DISK, NULL);
}

static void
testCountRecovered(const virJournalRecord *record G_GNUC_UNUSED, virPCIRecovery outcome,
                   const char *message G_GNUC_UNUSED, void *opaque)
{
    if (outcome == VIR_PCI_RECOVERY_RESTORED)
        (*(guint *)opaque)++;
}

void
testRecover(testBind *bind, guint wanted)
{
    guint recovered = 0;

    g_assert_cmpint(virPCIBindRecover(&bind->ctx, testCountRecovered, &recovered), ==, 0);
    g_assert_cmpuint(recovered, ==, wanted);
}
