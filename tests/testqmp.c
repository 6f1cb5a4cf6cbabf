/*
 * testqmp.c: a QEMU's end of a monitor that follows a script
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <glib-unix.h>
#include <json-glib/json-glib.h>

#include "testqmp.h"
#include "virfile.h"

static void
testPeerWrite(testPeer *peer, const char *text, gsize len)
{
    gsize piece = peer->slow ? 1 : len;

    for (gsize i = 0; i < len; i += piece)
        g_assert_cmpint(write(peer->fd, text + i, piece), ==, (gssize)piece);
}

static void
testPeerHandle(testPeer *peer, const char *line)
{
    g_autoptr(JsonNode) node = json_from_string(line, NULL);
    JsonObject *object = json_node_get_object(node);
    const char *id = json_object_get_string_member(object, "id");
    g_auto(GStrv) parts = NULL;
    g_autofree char *reply = NULL;

    g_assert_cmpstr(json_object_get_string_member(object, "execute"), ==, peer->script->command);
    if (peer->script->reply) {
        parts = g_strsplit(peer->script->reply, "ID", -1);
        reply = g_strjoinv(id, parts);
        peer->script++;
        testPeerWrite(peer, reply, strlen(reply));
    } else {
        virFileClose(&peer->fd);
    }
}

static gboolean
testPeerReadable(int fd, GIOCondition condition G_GNUC_UNUSED, void *opaque)
{
    testPeer *peer = opaque;
    char buf[4096];
    ssize_t got = read(fd, buf, sizeof(buf));
    char *end;

    if (got <= 0)
        return G_SOURCE_REMOVE;
    g_string_append_len(peer->input, buf, got);
    while (peer->fd >= 0 && (end = strchr(peer->input->str, '\n'))) {
        g_autofree char *line = g_strndup(peer->input->str, (gsize)(end - peer->input->str));

        g_string_erase(peer->input, 0, end - peer->input->str + 1);
        testPeerHandle(peer, line);
    }
    return peer->fd >= 0;
}

int
testPeerInit(testPeer *peer, const testStep *script)
{
    int fds[2];

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
    memset(peer, 0, sizeof(*peer));
    peer->fd = fds[1];
    peer->script = script;
    peer->input = g_string_new(NULL);
    peer->loop = qemuLoopNew();
    if (!script)
        return fds[0];
    peer->watch = g_unix_fd_source_new(peer->fd, G_IO_IN | G_IO_HUP);
    g_source_set_callback(peer->watch, G_SOURCE_FUNC(testPeerReadable), peer, NULL);
    g_source_attach(peer->watch, qemuLoopGetContext(peer->loop));
    return fds[0];
}

static void
testPeerUnwatch(void *opaque)
{
    testPeer *peer = opaque;

    qemuLoopDropSource(&peer->watch);
}

void
testPeerClear(testPeer *peer)
{
    qemuLoopRun(peer->loop, testPeerUnwatch, peer);
    qemuLoopFree(peer->loop);
    virFileClose(&peer->fd);
    g_string_free(peer->input, TRUE);
}

void
testSay(testPeer *peer, const char *text)
{
    testPeerWrite(peer, text, strlen(text));
}
