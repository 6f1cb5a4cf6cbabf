/*
 * stackstest.c: tests of what Nova, KubeVirt, virt-install and users of Pacemaker write: whole
 * guests
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "domain_conf.h"
#include "qemu_command.h"
#include "qemu_socket.h"
#include "testgolden.h"
#include "virerror.h"

/* stacksdata/NAME.xml becomes stacksdata/NAME.out: QEMU's command line, a word a line, or the error
 * that the stack gets. */
#define TEST_DATA "stacksdata"

/* Caller frees. */
static char *
testCommandLine(virDomainDef *def)
{
    g_auto(GStrv) argv = NULL;
    g_autofree char *words = NULL;

    if (qemuDomainPrepareSockets(def, "/run/virtvfio/guest") < 0)
        g_error("%s", virErrorGetMessage());
    argv = qemuBuildCommandLine(def, "/usr/bin/qemu-system-x86_64", 0);
    words = g_strjoinv("\n", argv);
    return g_strconcat(words, "\n", NULL);
}

static void
testStack(const void *opaque)
{
    const char *name = opaque;
    g_autofree char *in = g_strdup_printf("%s.xml", name);
    g_autofree char *out = g_strdup_printf("%s.out", name);
    g_autofree char *xml = testGoldenRead(TEST_DATA, in);
    g_autoptr(virDomainDef) def = virDomainDefParse(xml, strlen(xml), in);
    g_autofree char *actual =
        def ? testCommandLine(def) : g_strdup_printf("error: %s\n", virErrorGetMessage());

    testGoldenCompare(TEST_DATA, out, actual);
    if (def)
        testSchemaAccepts(xml);
    virErrorReset();
}

int
main(int argc, char **argv)
{
    g_auto(GStrv) names = NULL;

    g_test_init(&argc, &argv, NULL);
    names = testGoldenNames(TEST_DATA, ".xml", "\n");
    for (size_t i = 0; names[i]; i++) {
        g_autofree char *path = g_strdup_printf("/stacks/%s", names[i]);

        g_test_add_data_func(path, names[i], testStack);
    }
    return g_test_run();
}
