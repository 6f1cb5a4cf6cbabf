/*
 * testbind.c: a scene with a kernel, a journal and locks, for tests that change bindings
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>

#include "testbind.h"

/* A busy machine is waited for, what never comes only shortly. */
static int
testBindTimeout(const testKernelRule *rule)
{
    for (; rule && rule->to > 0; rule++) {
        switch (rule->effect) {
        case TEST_KERNEL_HANGS:
        case TEST_KERNEL_LATE:
        case TEST_KERNEL_NODE_LATE:
        case TEST_KERNEL_NO_DEV:
        case TEST_KERNEL_NO_NODE:
            return 300;
        default:
            break;
        }
    }
    return 3000;
}

testBind *
testBindNew(const char *scene, const testKernelRule *rules)
{
    testBind *bind = g_new0(testBind, 1);
    g_autofree char *journal = NULL;

    bind->scene = testSceneNew(scene);
    bind->kernel = testKernelNew(bind->scene, rules);
    bind->runDirectory = testSceneMakeTemporary();
    bind->lockDirectory = g_build_filename(bind->runDirectory, "lock", NULL);
    journal = g_build_filename(bind->runDirectory, "journal", NULL);
    bind->ctx = (virPCIBindContext){
        .host = testSceneGetHost(bind->scene),
        .journal = virJournalOpen(journal),
        .lockDirectory = bind->lockDirectory,
        .holder = "administrator",
        .timeout_ms = testBindTimeout(rules),
    };
    return bind;
}

void
testBindFree(testBind *bind)
{
    if (!bind)
        return;
    virJournalClose(bind->ctx.journal);
    testKernelFree(bind->kernel);
    testSceneFree(bind->scene);
    testSceneRemoveTemporary(bind->runDirectory);
    g_free(bind->runDirectory);
    g_free(bind->lockDirectory);
    g_free(bind);
}

virPCIDeviceAddress
testBindParse(const char *address)
{
    virPCIDeviceAddress parsed;

    g_assert_true(virPCIDeviceAddressParse(address, &parsed));
    return parsed;
}

virPCIBindPlan *
testBindPlan(testBind *bind, const char *const *devices, const char *driver)
{
    g_autoptr(GArray) requests = g_array_new(FALSE, FALSE, sizeof(virPCIBindRequest));

    for (; *devices; devices++) {
        virPCIBindRequest request = {testBindParse(*devices), driver};

        g_array_append_val(requests, request);
    }
    return virPCIBindPlanNew(&bind->ctx, (virPCIBindRequest *)(void *)requests->data,
                             requests->len);
}

void
testBindAssertBlocked(const virPCIBindPlan *plan, virPCIBlockerCode code, const char *device)
{
    for (guint i = 0; i < plan->blockers->len; i++) {
        const virPCIBlocker *blocker = &g_array_index(plan->blockers, virPCIBlocker, i);

        if (blocker->code == code && g_strcmp0(blocker->device, device) == 0) {
            g_assert_nonnull(blocker->message);
            g_assert_nonnull(blocker->remedy);
            return;
        }
    }
    g_error("no blocker '%s' for %s", virPCIBlockerCodeToString((int)code), device);
}
