/*
 * qemusockettest.c: tests of qemu_socket and qemu_graphics, and of what only a running guest shows
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include <gio/gio.h>

#include "domain_attribute.h"
#include "domain_device.h"
#include "qemu_command.h"
#include "qemu_graphics.h"
#include "qemu_socket.h"
#include "testgolden.h"
#include "virerror.h"

static virDomainDef *
testDef(const char *devices)
{
    g_autofree char *text = g_strdup_printf(
        "<domain type='kvm'><name>g</name><uuid>c9c1b2a4-0d2f-4b5e-9c53-0f1f2ac7d0f1</uuid>"
        "<memory>65536</memory><os><type>hvm</type></os><devices>%s</devices></domain>",
        devices);
    virDomainDef *def = virDomainDefParse(text, strlen(text), "guest.xml");

    if (!def)
        g_error("%s", virErrorGetMessage());
    return def;
}

#define AGENT    "<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>"
#define TPM      "<tpm><backend type='emulator'/></tpm>"
#define SPICE    "<graphics type='spice'/>"
#define PASSWORD "S3cret,7"
#define VNC                                                                                        \
    "<graphics type='vnc' passwd='" PASSWORD "' passwdValidTo='2001-09-09T01:46:40'>"              \
    "<listen type='socket'/></graphics>"

static void
testPaths(void)
{
    g_autoptr(virDomainDef) def =
        testDef(AGENT TPM VNC "<channel type='unix'><source path='/own'/>"
                              "<target type='virtio' name='own'/></channel>");
    virDomainChrDef *agent = g_ptr_array_index(def->channels, 0);
    virDomainChrDef *own = g_ptr_array_index(def->channels, 1);
    virDomainGraphicsDef *vnc = g_ptr_array_index(def->graphics, 0);
    virDomainTPMDef *tpm = g_ptr_array_index(def->tpms, 0);

    g_assert_true(qemuDomainNeedsSockets(def));
    g_assert_cmpint(qemuDomainPrepareSockets(def, "/run/a"), ==, 0);
    g_assert_cmpstr(agent->source.path, ==, "/run/a/channel-org.qemu.guest_agent.0");
    g_assert_cmpstr(own->source.path, ==, "/own");
    g_assert_cmpstr(vnc->socket, ==, "/run/a/vnc.sock");
    g_assert_cmpstr(tpm->socket, ==, "/run/a/swtpm.sock");
    /* A second start chooses anew. */
    g_assert_cmpint(qemuDomainPrepareSockets(def, "/run/b"), ==, 0);
    g_assert_cmpstr(vnc->socket, ==, "/run/b/vnc.sock");
}

static void
testNeedsNone(void)
{
    g_autoptr(virDomainDef) def = testDef("<graphics type='vnc'/>");

    g_assert_false(qemuDomainNeedsSockets(def));
}

static void
testPathTooLong(void)
{
    g_autoptr(virDomainDef) def = testDef(VNC);
    virDomainGraphicsDef *vnc = g_ptr_array_index(def->graphics, 0);
    g_autofree char *name = g_strnfill(VIR_DOMAIN_SOCKET_PATH_MAX - strlen("//vnc.sock"), 'x');
    g_autofree char *fits = g_strconcat("/", name, NULL);
    g_autofree char *toolong = g_strconcat("/x", name, NULL);

    g_assert_cmpint(qemuDomainPrepareSockets(def, fits), ==, 0);
    g_assert_cmpuint(strlen(vnc->socket), ==, VIR_DOMAIN_SOCKET_PATH_MAX);
    g_assert_cmpint(qemuDomainPrepareSockets(def, toolong), ==, -1);
    g_assert_cmpint(virErrorGetLast()->code, ==, VIR_ERR_CONFIG_UNSUPPORTED);
    g_assert_nonnull(strstr(virErrorGetMessage(), "its path has 108 bytes"));
    virErrorReset();
}

static void
testPort(void)
{
    g_autoptr(virDomainDef) first = testDef(SPICE);
    g_autoptr(virDomainDef) second = testDef(SPICE);
    virDomainGraphicsDef *spice = g_ptr_array_index(first->graphics, 0);
    virDomainGraphicsDef *other = g_ptr_array_index(second->graphics, 0);
    g_autoptr(GSocketListener) listener = g_socket_listener_new();
    g_autoptr(GSocketAddress) at = NULL;
    g_autoptr(GError) error = NULL;

    g_assert_cmpint(qemuDomainPreparePorts(first, NULL, NULL), ==, 0);
    g_assert_cmpint(spice->port, >=, VIR_DOMAIN_GRAPHICS_PORT_MIN);
    at = g_inet_socket_address_new_from_string("127.0.0.1", (guint)spice->port);
    g_socket_listener_add_address(listener, at, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL,
                                  NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpint(qemuDomainPreparePorts(second, NULL, NULL), ==, 0);
    g_assert_cmpint(other->port, >, spice->port);
}

/* A QEMU that is being started does not listen yet. */
static void
testPortClaimed(void)
{
    g_autoptr(virDomainDef) first = testDef(SPICE);
    g_autoptr(virDomainDef) second = testDef(SPICE);
    g_autoptr(qemuPorts) ports = qemuPortsNew();
    virDomainGraphicsDef *spice = g_ptr_array_index(first->graphics, 0);
    virDomainGraphicsDef *other = g_ptr_array_index(second->graphics, 0);

    g_assert_cmpint(qemuDomainPreparePorts(first, ports, first), ==, 0);
    g_assert_cmpint(qemuDomainPreparePorts(second, ports, second), ==, 0);
    g_assert_cmpint(other->port, >, spice->port);
    /* Others may take ports meanwhile. */
    qemuPortsRelease(ports, first);
    g_assert_cmpint(qemuDomainPreparePorts(second, ports, second), ==, 0);
    g_assert_cmpint(other->port, !=, 0);
    qemuPortsRelease(ports, second);
}

static void
testPortElsewhere(void)
{
    g_autoptr(virDomainDef) def = testDef("<graphics type='spice' listen='192.0.2.1'/>");

    g_assert_cmpint(qemuDomainPreparePorts(def, NULL, NULL), ==, -1);
    g_assert_cmpint(virErrorGetLast()->code, ==, VIR_ERR_OPERATION_FAILED);
    g_assert_nonnull(strstr(virErrorGetMessage(), "on '192.0.2.1'"));
    virErrorReset();
}

/* A command as text. */
static void
testCommandIs(const GPtrArray *commands, guint number, const char *expected)
{
    const qemuGraphicsCommand *command = g_ptr_array_index(commands, number);
    g_autofree char *arguments = json_to_string(command->arguments, FALSE);
    g_autofree char *actual = g_strconcat(command->name, " ", arguments, NULL);

    g_assert_cmpstr(actual, ==, expected);
}

static void
testPasswords(void)
{
    g_autoptr(virDomainDef) def = testDef(VNC "<graphics type='spice' passwd='x'/>");
    g_autoptr(virDomainDef) none = testDef("<graphics type='vnc'/>");
    g_autoptr(GPtrArray) commands = qemuGraphicsGetPasswordCommands(def);
    g_autoptr(GPtrArray) nothing = qemuGraphicsGetPasswordCommands(none);

    g_assert_cmpuint(nothing->len, ==, 0);
    g_assert_cmpuint(commands->len, ==, 4);
    testCommandIs(commands, 0, "set_password {\"protocol\":\"vnc\",\"password\":\"" PASSWORD "\"}");
    testCommandIs(commands, 1, "expire_password {\"protocol\":\"vnc\",\"time\":\"1000000000\"}");
    testCommandIs(
        commands, 2,
        "set_password {\"protocol\":\"spice\",\"password\":\"x\",\"connected\":\"keep\"}");
    testCommandIs(commands, 3, "expire_password {\"protocol\":\"spice\",\"time\":\"never\"}");
}

static void
testPasswordIsSecret(void)
{
    g_autoptr(virDomainDef) def = testDef(VNC);
    g_autofree char *insecure = virDomainDefFormat(def, 0);
    g_autofree char *secure = virDomainDefFormat(def, VIR_DOMAIN_DEF_FORMAT_SECURE);
    g_auto(GStrv) argv = NULL;
    g_autofree char *words = NULL;

    g_assert_null(strstr(insecure, PASSWORD));
    g_assert_null(strstr(insecure, "passwd"));
    g_assert_nonnull(strstr(secure, " passwd='" PASSWORD "' passwdValidTo='2001-09-09T01:46:40'"));
    g_assert_cmpint(qemuDomainPrepareSockets(def, "/run/a"), ==, 0);
    argv = qemuBuildCommandLine(def, "qemu", 0);
    words = g_strjoinv(" ", argv);
    g_assert_null(strstr(words, PASSWORD));
    g_assert_nonnull(strstr(words, "unix:/run/a/vnc.sock,password=on"));
}

/* Finds each of @texts in the XML of a guest, or finds none of them. */
static void
testShows(const virDomainDef *def, unsigned int flags, const char *const *texts, bool shown)
{
    g_autofree char *xml = virDomainDefFormat(def, flags);

    for (; *texts; texts++) {
        if ((strstr(xml, *texts) != NULL) != shown)
            g_error("%s is%s in %s", *texts, shown ? " not" : "", xml);
    }
}

static void
testLive(void)
{
    static const char *const live[] = {
        "<console type='pty' tty='/dev/pts/7'>",
        "<source path='/dev/pts/7'/>",
        "<source mode='bind' path='/run/a/channel-org.qemu.guest_agent.0'/>",
        "name='org.qemu.guest_agent.0' state='connected'",
        "<graphics type='spice' port='5907' autoport='yes'",
        "<listen type='socket' socket='/run/a/vnc.sock'/>",
        NULL,
    };
    g_autoptr(virDomainDef) def = testDef("<serial type='pty'/>" AGENT VNC SPICE);
    virDomainChrDef *serial = g_ptr_array_index(def->serials, 0);
    virDomainChrDef *agent = g_ptr_array_index(def->channels, 0);
    virDomainGraphicsDef *spice = g_ptr_array_index(def->graphics, 1);
    g_autofree char *xml = NULL;
    g_autoptr(virDomainDef) again = NULL;

    def->id = 1;
    g_assert_cmpint(qemuDomainPrepareSockets(def, "/run/a"), ==, 0);
    serial->source.path = g_strdup("/dev/pts/7");
    agent->state = VIR_DOMAIN_CHANNEL_STATE_CONNECTED;
    spice->port = 5907;
    testShows(def, 0, live, true);
    testShows(def, VIR_DOMAIN_DEF_FORMAT_INACTIVE, live, false);

    xml = virDomainDefFormat(def, 0);
    testSchemaAccepts(xml);
    again = virDomainDefParseLive(xml, strlen(xml), "live.xml");
    g_assert_nonnull(again);
    g_assert_cmpstr(((virDomainChrDef *)g_ptr_array_index(again->serials, 0))->source.path, ==,
                    "/dev/pts/7");
    g_assert_cmpint(((virDomainGraphicsDef *)g_ptr_array_index(again->graphics, 1))->port, ==,
                    5907);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/qemusocket/a start chooses paths that are not given", testPaths);
    g_test_add_func("/qemusocket/a guest may need no directory", testNeedsNone);
    g_test_add_func("/qemusocket/a path that the kernel would cut is refused", testPathTooLong);
    g_test_add_func("/qemusocket/a port that is taken is not chosen", testPort);
    g_test_add_func("/qemusocket/a port that another start has is not chosen", testPortClaimed);
    g_test_add_func("/qemusocket/another host's address has no port", testPortElsewhere);
    g_test_add_func("/qemusocket/passwords go through the monitor", testPasswords);
    g_test_add_func("/qemusocket/passwords are neither printed nor in argv", testPasswordIsSecret);
    g_test_add_func("/qemusocket/a running guest shows what it has", testLive);
    return g_test_run();
}
