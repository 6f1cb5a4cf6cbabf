/*
 * qemuxml2argvtest.c: tests of qemu_command: guest XML to QEMU's command line
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "domain_conf.h"
#include "qemu_command.h"
#include "virerror.h"

/* domainconfdata/NAME.xml becomes qemuxml2argvdata/NAME.args, a word a line. */
static const char *const testNames[] = {
    "console-only", "everything", "beyond-libvirt9", "hostdevs-auto", "hostdevs-placed", "minimal",
};

static char *
testReadFile(const char *directory, const char *name, const char *suffix)
{
    g_autofree char *file = g_strconcat(name, suffix, NULL);
    g_autofree char *path =
        g_build_filename(g_getenv("abs_top_srcdir"), "tests", directory, file, NULL);
    char *text = NULL;

    if (!g_file_get_contents(path, &text, NULL, NULL))
        g_error("cannot read %s", path);
    return text;
}

static void
testCommandLine(const void *opaque)
{
    const char *name = opaque;
    g_autofree char *xml = testReadFile("domainconfdata", name, ".xml");
    g_autofree char *expected = testReadFile("qemuxml2argvdata", name, ".args");
    g_autoptr(virDomainDef) def = virDomainDefParse(xml, strlen(xml), "guest.xml");
    g_auto(GStrv) argv = NULL;
    g_autofree char *words = NULL;
    g_autofree char *actual = NULL;

    if (!def)
        g_error("%s", virErrorGetMessage());
    argv = qemuBuildCommandLine(def, "/usr/bin/qemu-system-x86_64");
    words = g_strjoinv("\n", argv);
    actual = g_strconcat(words, "\n", NULL);
    g_assert_cmpstr(actual, ==, expected);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(testNames); i++) {
        g_autofree char *path = g_strdup_printf("/qemuxml2argv/%s", testNames[i]);

        g_test_add_data_func(path, testNames[i], testCommandLine);
    }
    return g_test_run();
}
