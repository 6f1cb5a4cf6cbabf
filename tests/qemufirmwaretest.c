/*
 * qemufirmwaretest.c: tests of qemu_firmware: which firmware a guest gets, and its variables
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>
#include <sys/stat.h>

#include <glib/gstdio.h>

#include "domain_conf.h"
#include "qemu_firmware.h"
#include "testgolden.h"
#include "virerror.h"

#define TEST_DATA "qemufirmwaredata"

/* What a guest asks for, and what it gets. */
typedef struct {
    const char *name;
    const char *machine;
    const char *os;       /* in <os firmware='efi'> */
    const char *features; /* in <features>, with ACPI there */
    const char *more;     /* in <domain> */
    const char *expected; /* "type path template nvram secure", or what the message has to say */
} testChoice;

static const testChoice testChoices[] = {
    {"the first that fits is taken", "q35", "", "", "",
     "pflash /fw/code.secboot.fd /fw/vars.ms.fd /nvram/g_VARS.fd secure"},
    {"a version of the machine", "pc-q35-7.2", "", "", "",
     "pflash /fw/code.secboot.fd /fw/vars.ms.fd /nvram/g_VARS.fd secure"},
    {"another machine", "pc", "", "", "", "pflash /fw/code.fd /fw/vars.fd /nvram/g_VARS.fd -"},
    {"a later folder replaces a file", "pc-q35-6.2", "", "", "",
     "pflash /fw/old.fd /fw/old-vars.fd /nvram/g_VARS.fd -"},
    {"without keys", "q35",
     "<firmware><feature enabled='yes' name='secure-boot'/>"
     "<feature enabled='no' name='enrolled-keys'/></firmware>",
     "", "", "pflash /fw/code.secboot.fd /fw/vars.fd /nvram/g_VARS.fd secure"},
    {"without secure boot", "q35",
     "<firmware><feature enabled='no' name='secure-boot'/></firmware>", "", "",
     "pflash /fw/code.fd /fw/vars.fd /nvram/g_VARS.fd -"},
    {"a loader that is not secure", "q35", "<loader secure='no'/>", "", "",
     "pflash /fw/code.fd /fw/vars.fd /nvram/g_VARS.fd -"},
    {"a machine without SMM", "q35", "", "<smm state='off'/>", "",
     "pflash /fw/code.fd /fw/vars.fd /nvram/g_VARS.fd -"},
    {"stateless", "q35", "<loader stateless='yes'/>", "", "", "pflash /fw/stateless.fd - - -"},
    {"as a ROM", "q35", "<loader type='rom'/>", "", "", "rom /fw/rom.fd - - -"},
    {"by path", "q35", "<loader>/home/own.fd</loader>", "", "",
     "pflash /home/own.fd /home/own-vars.fd /nvram/g_VARS.fd -"},
    {"with variables of its own", "q35", "<nvram template='/my/t.fd'>/my/v.fd</nvram>", "", "",
     "pflash /fw/code.secboot.fd /my/t.fd /my/v.fd secure"},
    {"suspend to disk", "q35", "", "", "<pm><suspend-to-disk enabled='yes'/></pm>",
     "pflash /fw/code.fd /fw/vars.fd /nvram/g_VARS.fd -"},
    {"taken away by an empty file", "q35", "<loader>/fw/off.fd</loader>", "", "",
     "no UEFI firmware for guest 'g'"},
    {"in a format that is not used", "q35", "<loader>/fw/code.qcow2</loader>", "", "",
     "no UEFI firmware for guest 'g'"},
    {"in one file with its variables", "q35", "<loader>/fw/combined.fd</loader>", "", "",
     "no UEFI firmware for guest 'g'"},
    {"not UEFI", "q35", "<loader type='rom'>/fw/bios.bin</loader>", "", "",
     "no UEFI firmware for guest 'g'"},
};

static virDomainDef *
testDef(const testChoice *test)
{
    g_autofree char *xml =
        g_strdup_printf("<domain type='qemu'><name>g</name><memory>65536</memory><os "
                        "firmware='efi'><type machine='%s'>hvm</type>%s</os><features><acpi/>%s"
                        "</features>%s</domain>",
                        test->machine, test->os, test->features, test->more);
    virDomainDef *def = virDomainDefParse(xml, strlen(xml), "guest.xml");

    if (!def)
        g_error("%s", virErrorGetMessage());
    return def;
}

static const char *
testOrDash(const char *text)
{
    return text ? text : "-";
}

static void
testChooses(const void *opaque)
{
    const testChoice *test = opaque;
    g_autofree char *vendor = testGoldenPath(TEST_DATA, "vendor");
    g_autofree char *admin = testGoldenPath(TEST_DATA, "admin");
    g_autofree char *user = testGoldenPath(TEST_DATA, "user");
    const char *const directories[] = {vendor, admin, "/nonexistent", user, NULL};
    g_autoptr(virDomainDef) def = testDef(test);
    const virDomainLoaderDef *loader = &def->os.loader;
    g_autofree char *actual = NULL;

    /* Descriptors are read in the order of their names, and no further than to the one taken. */
    if (!strstr(test->expected, "/fw/old.fd")) {
        g_test_expect_message("qemu.firmware", G_LOG_LEVEL_WARNING, "*35-broken.json is not used*");
        g_test_expect_message("qemu.firmware", G_LOG_LEVEL_WARNING, "*36-not-an-object.json*");
    }
    if (qemuFirmwareFill(def, directories, "/nvram") < 0) {
        if (!strstr(virErrorGetMessage(), test->expected))
            g_error("%s", virErrorGetMessage());
        virErrorReset();
        return;
    }
    g_test_assert_expected_messages();
    actual = g_strdup_printf("%s %s %s %s %s", virDomainLoaderToString((int)loader->type),
                             testOrDash(loader->path), testOrDash(loader->nvramTemplate),
                             testOrDash(loader->nvram),
                             loader->secure == VIR_TRISTATE_ON ? "secure" : "-");
    g_assert_cmpstr(actual, ==, test->expected);
}

/* Filling in again what has been filled in finds the same: a printed definition can be used. */
static void
testAgain(void)
{
    g_autofree char *vendor = testGoldenPath(TEST_DATA, "vendor");
    const char *const directories[] = {vendor, NULL};
    const testChoice plain = {
        .machine = "q35", .os = "<loader secure='no'/>", .features = "", .more = ""};
    g_autoptr(virDomainDef) def = testDef(&plain);
    g_autoptr(virDomainDef) again = NULL;
    g_autofree char *first = NULL;
    g_autofree char *second = NULL;

    /* 20-masked.json is not masked here, and is the first. */
    g_assert_cmpint(qemuFirmwareFill(def, directories, "/nvram"), ==, 0);
    g_assert_cmpstr(def->os.loader.path, ==, "/fw/masked.fd");
    first = virDomainDefFormat(def, 0);
    again = virDomainDefParse(first, strlen(first), "again.xml");
    g_assert_nonnull(again);
    g_assert_cmpint(qemuFirmwareFill(again, directories, "/other"), ==, 0);
    second = virDomainDefFormat(again, 0);
    g_assert_cmpstr(second, ==, first);
}

/* A definition with variables in @directory, made from @template if that is not NULL. */
static virDomainDef *
testVariables(const char *directory, const char *template)
{
    g_autofree char *attribute =
        template ? g_strdup_printf(" template='%s'", template) : g_strdup("");
    g_autofree char *xml = g_strdup_printf(
        "<domain type='qemu'><name>g</name><memory>65536</memory><os><type>hvm</type><loader "
        "type='pflash'>/fw</loader><nvram%s>%s/deep/er/vars.fd</nvram></os><features><acpi/>"
        "</features></domain>",
        attribute, directory);
    virDomainDef *def = virDomainDefParse(xml, strlen(xml), "guest.xml");

    g_assert_nonnull(def);
    return def;
}

static void
testNVRAM(void)
{
    g_autofree char *directory = g_dir_make_tmp("qemufirmwaretest-XXXXXX", NULL);
    g_autofree char *template = g_build_filename(directory, "template.fd", NULL);
    g_autofree char *deep = g_build_filename(directory, "deep", NULL);
    g_autofree char *deeper = g_build_filename(deep, "er", NULL);
    g_autoptr(virDomainDef) def = testVariables(directory, template);
    g_autoptr(virDomainDef) without = testVariables(directory, NULL);
    g_autofree char *text = NULL;
    gsize len = 0;
    struct stat sb;

    g_assert_cmpint(qemuFirmwareCreateNVRAM(without), ==, -1);
    g_assert_nonnull(strstr(virErrorGetMessage(), "does not exist, and no template"));
    g_assert_cmpint(qemuFirmwareCreateNVRAM(def), ==, -1);
    g_assert_nonnull(strstr(virErrorGetMessage(), "cannot read the template"));
    virErrorReset();

    g_assert_true(g_file_set_contents(template, "a\0b", 3, NULL));
    g_assert_cmpint(qemuFirmwareCreateNVRAM(def), ==, 0);
    g_assert_true(g_file_get_contents(def->os.loader.nvram, &text, &len, NULL));
    g_assert_cmpmem(text, len, "a\0b", 3);
    g_assert_cmpint(stat(def->os.loader.nvram, &sb), ==, 0);
    g_assert_cmpint(sb.st_mode & 0777, ==, 0600);

    /* What the guest has written since stays. */
    g_assert_true(g_file_set_contents(def->os.loader.nvram, "guest", -1, NULL));
    g_clear_pointer(&text, g_free);
    g_assert_cmpint(qemuFirmwareCreateNVRAM(def), ==, 0);
    g_assert_true(g_file_get_contents(def->os.loader.nvram, &text, &len, NULL));
    g_assert_cmpstr(text, ==, "guest");

    g_assert_cmpint(g_remove(def->os.loader.nvram), ==, 0);
    g_assert_cmpint(g_rmdir(deeper), ==, 0);
    g_assert_cmpint(g_rmdir(deep), ==, 0);
    g_assert_cmpint(g_remove(template), ==, 0);
    g_assert_cmpint(g_rmdir(directory), ==, 0);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(testChoices); i++) {
        g_autofree char *path = g_strdup_printf("/qemufirmware/choice/%s", testChoices[i].name);

        g_test_add_data_func(path, &testChoices[i], testChooses);
    }
    g_test_add_func("/qemufirmware/what was filled in stays", testAgain);
    g_test_add_func("/qemufirmware/variables are made once", testNVRAM);
    return g_test_run();
}
