/*
 * comparepeer.c: the floor of compare.py: a daemon that knows every answer beforehand
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Usage: comparepeer SOCKET OTHER
 *
 * Listens on SOCKET. What it has not been asked yet it asks the daemon that listens on OTHER, and
 * remembers the answer; from then on it says the same at once, whatever has become true. What a
 * client still waits for then is the client's own work and the kernel's. One thread, calls only: no
 * streams, events, keepalive.
 */

#include <config.h>

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "bench.h"
#include "rpc_frame.h"

/* Where a frame says which call it belongs to. It differs each time, and is not of the question. */
#define PEER_SERIAL_AT   20
#define PEER_SERIAL_SIZE 4

typedef struct {
    int fd;
    int other;            /* to what knows the answers, from the first that we do not; or -1 */
    GPtrArray *questions; /* GBytes: all of the client's */
    guint told;           /* how many of them the other daemon has had */
} peerClient;

static void
peerClientFree(void *opaque)
{
    peerClient *client = opaque;

    close(client->fd);
    if (client->other >= 0)
        close(client->other);
    g_ptr_array_unref(client->questions);
    g_free(client);
}

static struct sockaddr_un
peerAddress(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    if (g_strlcpy(address.sun_path, path, sizeof(address.sun_path)) >= sizeof(address.sun_path)) {
        errno = ENAMETOOLONG;
        benchFail(path);
    }
    return address;
}

static int
peerSocket(void)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        benchFail("socket");
    return fd;
}

static gboolean
peerReadExactly(int fd, guint8 *buf, size_t length)
{
    for (ssize_t n; length > 0; buf += n, length -= (size_t)n) {
        if ((n = recv(fd, buf, length, MSG_WAITALL)) <= 0)
            return FALSE;
    }
    return TRUE;
}

/* The next frame, length and all; NULL at the end of the connection. */
static guint8 *
peerReadFrame(int fd, guint32 *length)
{
    g_autofree guint8 *frame = NULL;
    guint32 word;

    if (!peerReadExactly(fd, (guint8 *)&word, sizeof(word)))
        return NULL;
    *length = GUINT32_FROM_BE(word);
    if (*length < VIR_RPC_HEADER_SIZE || *length > VIR_RPC_LENGTH_MAX)
        return NULL;
    frame = g_malloc(*length);
    memcpy(frame, &word, sizeof(word));
    if (!peerReadExactly(fd, frame + sizeof(word), *length - sizeof(word)))
        return NULL;
    return g_steal_pointer(&frame);
}

static gboolean
peerWrite(int fd, const void *data, size_t length)
{
    const guint8 *rest = data;

    for (ssize_t n; length > 0; rest += n, length -= (size_t)n) {
        if ((n = send(fd, rest, length, MSG_NOSIGNAL)) < 0)
            return FALSE;
    }
    return TRUE;
}

/* What the other daemon says to a question. NULL if it hangs up. */
static GBytes *
peerAsk(int other, GBytes *question)
{
    gsize length;
    const void *data = g_bytes_get_data(question, &length);
    guint32 answered = 0;
    guint8 *answer = peerWrite(other, data, length) ? peerReadFrame(other, &answered) : NULL;

    return answer ? g_bytes_new_take(answer, answered) : NULL;
}

static int
peerConnect(const char *path)
{
    struct sockaddr_un address = peerAddress(path);
    int other = peerSocket();

    if (connect(other, (struct sockaddr *)&address, sizeof(address)) < 0)
        benchFail(path);
    return other;
}

/* The other daemon's answer to the last question, after all before it that we knew the answers to.
 */
static GBytes *
peerFindOut(peerClient *client, const char *path)
{
    GBytes *answer = NULL;

    if (client->other < 0)
        client->other = peerConnect(path);
    for (; client->told < client->questions->len; client->told++) {
        g_clear_pointer(&answer, g_bytes_unref);
        answer = peerAsk(client->other, g_ptr_array_index(client->questions, client->told));
    }
    return answer;
}

/* Reads a question and answers it. FALSE at the end of the connection. */
static gboolean
peerServe(peerClient *client, GHashTable *known, const char *path)
{
    guint32 length = 0;
    guint8 serial[PEER_SERIAL_SIZE];
    guint8 *frame = peerReadFrame(client->fd, &length);
    g_autofree guint8 *reply = NULL;
    GBytes *question;
    GBytes *answer;

    if (!frame)
        return FALSE;
    memcpy(serial, frame + PEER_SERIAL_AT, sizeof(serial));
    memset(frame + PEER_SERIAL_AT, 0, sizeof(serial));
    question = g_bytes_new_take(frame, length);
    g_ptr_array_add(client->questions, question);
    if (!(answer = g_hash_table_lookup(known, question))) {
        if (!(answer = peerFindOut(client, path)))
            return FALSE;
        g_hash_table_insert(known, g_bytes_ref(question), answer);
    }
    reply = g_memdup2(g_bytes_get_data(answer, NULL), g_bytes_get_size(answer));
    memcpy(reply + PEER_SERIAL_AT, serial, sizeof(serial));
    return peerWrite(client->fd, reply, g_bytes_get_size(answer));
}

static void
peerAccept(int listener, GPtrArray *clients)
{
    peerClient *client = g_new0(peerClient, 1);

    client->fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (client->fd < 0)
        benchFail("accept");
    client->other = -1;
    client->questions = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    g_ptr_array_add(clients, client);
}

static void
peerRun(int listener, const char *other)
{
    g_autoptr(GPtrArray) clients = g_ptr_array_new_with_free_func(peerClientFree);
    g_autoptr(GArray) polled = g_array_new(FALSE, TRUE, sizeof(struct pollfd));
    g_autoptr(GHashTable) known = g_hash_table_new_full(
        g_bytes_hash, g_bytes_equal, (GDestroyNotify)g_bytes_unref, (GDestroyNotify)g_bytes_unref);

    for (;;) {
        struct pollfd *fds;

        g_array_set_size(polled, clients->len + 1);
        fds = (struct pollfd *)(void *)polled->data;
        fds[clients->len] = (struct pollfd){.fd = listener, .events = POLLIN};
        for (guint i = 0; i < clients->len; i++)
            fds[i] = (struct pollfd){.fd = ((peerClient *)g_ptr_array_index(clients, i))->fd,
                                     .events = POLLIN};
        if (poll(fds, polled->len, -1) < 0)
            benchFail("poll");
        for (guint i = polled->len - 1; i-- > 0;) {
            if (fds[i].revents && !peerServe(g_ptr_array_index(clients, i), known, other))
                g_ptr_array_remove_index_fast(clients, i);
        }
        if (fds[polled->len - 1].revents)
            peerAccept(listener, clients);
    }
}

int
main(int argc, char **argv)
{
    struct sockaddr_un address;
    int listener;

    if (argc != 3) {
        g_printerr("usage: comparepeer SOCKET OTHER\n");
        return 2;
    }
    address = peerAddress(argv[1]);
    listener = peerSocket();
    if (bind(listener, (struct sockaddr *)&address, sizeof(address)) < 0 ||
        listen(listener, SOMAXCONN) < 0)
        benchFail(argv[1]);
    peerRun(listener, argv[2]);
}
