/*
 * qemuxml2argvtest.c: tests of qemu_command: guest XML to QEMU's command line
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

/* domainconfdata/NAME.xml becomes qemuxml2argvdata/NAME.args, a word a line. */
#define TEST_XML  "domainconfdata"
#define TEST_ARGV "qemuxml2argvdata"

static void
testCommandLine(const void *opaque)
{
    const char *name = opaque;
    g_autofree char *in = g_strdup_printf("%s.xml", name);
    g_autofree char *out = g_strdup_printf("%s.args", name);
    g_autofree char *xml = testGoldenRead(TEST_XML, in);
    g_autoptr(virDomainDef) def = virDomainDefParse(xml, strlen(xml), "guest.xml");
    g_auto(GStrv) argv = NULL;
    g_autofree char *words = NULL;
    g_autofree char *actual = NULL;

    if (!def)
        g_error("%s", virErrorGetMessage());
    def->clock.now_s = 1700000000;
    if (qemuDomainPrepareSockets(def, "/run/virtvfio/guest") < 0)
        g_error("%s", virErrorGetMessage());
    argv = qemuBuildCommandLine(def, "/usr/bin/qemu-system-x86_64", 0);
    words = g_strjoinv("\n", argv);
    actual = g_strconcat(words, "\n", NULL);
    testGoldenCompare(TEST_ARGV, out, actual);
}

int
main(int argc, char **argv)
{
    g_auto(GStrv) names = NULL;

    g_test_init(&argc, &argv, NULL);
    names = testGoldenNames(TEST_XML, ".xml", ".out.xml");
    for (size_t i = 0; names[i]; i++) {
        g_autofree char *path = g_strdup_printf("/qemuxml2argv/%s", names[i]);

        g_test_add_data_func(path, names[i], testCommandLine);
    }
    return g_test_run();
}
