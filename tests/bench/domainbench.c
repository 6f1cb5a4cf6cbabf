/*
 * domainbench.c: what the definition of a large guest costs, as ratios measured in the same run
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>

#include <libxml/parser.h>

#include "bench.h"
#include "domain_conf.h"
#include "qemu_command.h"
#include "virerror.h"

#define BENCH_DEVICES 200

struct _benchState {
    char *xml; /* a guest with so many host devices */
    virDomainDef *def;
    xmlDoc *doc; /* of @xml */
};

static void
benchParse(benchState *state)
{
    g_autoptr(virDomainDef) def = virDomainDefParse(state->xml, strlen(state->xml), "guest");

    if (!def)
        g_error("%s", virErrorGetMessage());
}

/* The floor of parsing: libxml2's tree of the text, and nothing done with it. */
static void
benchParseTree(benchState *state)
{
    xmlFreeDoc(xmlReadMemory(state->xml, (int)strlen(state->xml), "guest", NULL, XML_PARSE_NONET));
}

static void
benchFormat(benchState *state)
{
    g_free(virDomainDefFormat(state->def, 0));
}

/* A peer: libxml2 prints its tree of the same definition. */
static void
benchDumpTree(benchState *state)
{
    xmlChar *text = NULL;
    int len;

    xmlDocDumpFormatMemory(state->doc, &text, &len, 1);
    xmlFree(text);
}

static void
benchBuildCommandLine(benchState *state)
{
    g_strfreev(qemuBuildCommandLine(state->def, "/usr/bin/qemu-system-x86_64", 0));
}

/* What a start costs at least: a process that does nothing. */
static void
benchStartProcess(benchState *state G_GNUC_UNUSED)
{
    char *argv[] = {g_strdup("/bin/true"), NULL};
    pid_t pid;

    errno = posix_spawn(&pid, argv[0], NULL, NULL, argv, NULL);
    if (errno != 0 || waitpid(pid, NULL, 0) != pid)
        benchFail(argv[0]);
    g_free(argv[0]);
}

static const benchCase cases[] = {
    {"parse of a guest with 200 host devices", "libxml2's tree of it", NULL, benchNothing,
     benchParse, benchParseTree, 10, FALSE},
    {"format of that guest", "libxml2 prints its tree", NULL, benchNothing, benchFormat,
     benchDumpTree, 4, FALSE},
    {"QEMU's command line for it", "start of an empty process", NULL, benchNothing,
     benchBuildCommandLine, benchStartProcess, 0, FALSE},
};

static char *
benchMakeXML(void)
{
    GString *xml = g_string_new("<domain type='qemu'><name>large</name><memory>1048576</memory>"
                                "<os><type machine='q35'>hvm</type></os><devices>");

    for (guint i = 0; i < BENCH_DEVICES; i++)
        g_string_append_printf(xml,
                               "<hostdev mode='subsystem' type='pci' managed='yes'>"
                               "<driver name='vfio' model='mlx5_vfio_pci'/><source>"
                               "<address domain='0x0000' bus='0x%02x' slot='0x%02x' "
                               "function='0x%x'/></source></hostdev>",
                               0x3b + i / 256, i / 8 % 32, i % 8);
    g_string_append(xml, "</devices></domain>");
    return g_string_free(xml, FALSE);
}

/* The definition is measured as it is printed: with all addresses, controllers and names. */
static void
benchSetUp(benchState *state)
{
    g_autofree char *xml = benchMakeXML();

    if (!(state->def = virDomainDefParse(xml, strlen(xml), "guest")))
        g_error("%s", virErrorGetMessage());
    state->xml = virDomainDefFormat(state->def, 0);
    state->doc = xmlReadMemory(state->xml, (int)strlen(state->xml), "guest", NULL, 0);
}

int
main(void)
{
    benchState state = {0};

    benchSetUp(&state);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
        (void)benchRun(&state, &cases[i]);
    xmlFreeDoc(state.doc);
    virDomainDefFree(state.def);
    g_free(state.xml);
    return 0;
}
