/*
 * rpc_pass.c: descriptors that go with messages
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "rpc_priv.h"
#include "virfile.h"
#include "virgettext.h"

#define VIR_FROM_THIS VIR_FROM_RPC

/* The message says how many there are, before its payload. After it comes a byte for each of them,
 * and the descriptor with that byte. */

void
virRPCClientAllowFDs(virRPCClient *client)
{
    g_mutex_lock(&client->lock);
    client->passesFDs = true;
    g_mutex_unlock(&client->lock);
}

bool
virRPCClientPassesFDs(virRPCClient *client)
{
    bool passes;

    g_mutex_lock(&client->lock);
    passes = client->passesFDs;
    g_mutex_unlock(&client->lock);
    return passes;
}

static void
virRPCPassClear(void *fd)
{
    virFileClose(fd);
}

static GArray *
virRPCPassNewList(void)
{
    GArray *fds = g_array_new(FALSE, FALSE, sizeof(int));

    g_array_set_clear_func(fds, virRPCPassClear);
    return fds;
}

void
virRPCPassDrop(virRPCClient *client)
{
    g_clear_pointer(&client->fds, g_array_unref);
    g_clear_pointer(&client->passing, virRPCFrameFree);
}

/* --- to us ------------------------------------------------------------------------------------ */

static void
virRPCPassKeep(virRPCClient *client, const struct cmsghdr *header)
{
    size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);

    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
        return;
    if (!client->fds)
        client->fds = virRPCPassNewList();
    g_array_append_vals(client->fds, CMSG_DATA(header), (guint)count);
}

/* The kernel ends a read after a byte that descriptors came with: they belong to the last one. */
static ssize_t
virRPCPassReadMessage(virRPCClient *client, int fd, struct iovec *buffer)
{
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(VIR_RPC_FDS_MAX * sizeof(int))];
    } control;
    struct msghdr message = {
        .msg_iov = buffer,
        .msg_iovlen = 1,
        .msg_control = &control,
        .msg_controllen = sizeof(control.space),
    };
    ssize_t length = recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

    if (length < 0)
        return length;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header;
         header = CMSG_NXTHDR(&message, header))
        virRPCPassKeep(client, header);
    if (!(message.msg_flags & MSG_CTRUNC))
        return length;
    errno = EPROTO;
    return -1;
}

ssize_t
virRPCPassRead(virRPCClient *client, int fd, guint8 *buffer, size_t size)
{
    struct iovec vec = {buffer, size};

    /* Without room for them the kernel closes what comes. */
    return virRPCClientPassesFDs(client) ? virRPCPassReadMessage(client, fd, &vec)
                                         : recv(fd, buffer, size, MSG_DONTWAIT);
}

/* Takes @frame. */
int
virRPCPassBegin(virRPCClient *client, virRPCFrame *frame)
{
    guint32 count = VIR_RPC_FDS_MAX + 1;

    client->passing = frame;
    client->passed = 0;
    if (frame->length >= sizeof(count)) {
        memcpy(&count, frame->payload, sizeof(count));
        count = GUINT32_FROM_BE(count);
    }
    if (count > VIR_RPC_FDS_MAX || !virRPCClientPassesFDs(client)) {
        virReportError(VIR_ERR_RPC, "%s",
                       _("descriptors come that were not agreed on, or too many"));
        return -1;
    }
    frame->length -= sizeof(count);
    memmove(frame->payload, frame->payload + sizeof(count), frame->length);
    client->passingCount = count;
    return virRPCPassContinue(client);
}

int
virRPCPassContinue(virRPCClient *client)
{
    client->passed += virRPCReaderSkip(client->reader, client->passingCount - client->passed);
    if (client->passed < client->passingCount)
        return 0;
    if (virRPCPassCheck(client) < 0)
        return -1;
    client->passed = 0;
    virRPCCallNew(client, g_steal_pointer(&client->passing), g_steal_pointer(&client->fds), false);
    return 1;
}

int
virRPCPassCheck(const virRPCClient *client)
{
    size_t found = client->fds ? client->fds->len : 0;

    if (found == (client->passing ? client->passed : 0))
        return 0;
    virReportError(VIR_ERR_RPC, _("%1$zu descriptors came where %2$zu had to come"), found,
                   client->passing ? client->passed : 0);
    return -1;
}

int
virRPCCallStealFD(virRPCCall *call, unsigned int index)
{
    return call->fds && index < call->fds->len
               ? virFileStealFD(&g_array_index(call->fds, int, index))
               : -1;
}

/* --- from us ---------------------------------------------------------------------------------- */

void
virRPCCallSetReplyFD(virRPCCall *call, int fd)
{
    virFileClose(&call->replyFD);
    call->replyFD = fd;
}

virRPCOutput *
virRPCOutputNew(GBytes *bytes, int fd)
{
    virRPCOutput *output = g_new0(virRPCOutput, 1);

    output->bytes = bytes;
    output->fd = fd;
    return output;
}

void
virRPCOutputFree(void *opaque)
{
    virRPCOutput *output = opaque;

    g_bytes_unref(output->bytes);
    virFileClose(&output->fd);
    g_free(output);
}

ssize_t
virRPCOutputSend(int fd, virRPCOutput *output, size_t done)
{
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int))];
    } control = {0};
    gsize size;
    const guint8 *data = g_bytes_get_data(output->bytes, &size);
    struct iovec vec = {(void *)(guintptr)(data + done), size - done};
    struct msghdr message = {.msg_iov = &vec, .msg_iovlen = 1};
    ssize_t sent;

    if (output->fd >= 0) {
        message.msg_control = &control;
        message.msg_controllen = sizeof(control.space);
        control.header.cmsg_level = SOL_SOCKET;
        control.header.cmsg_type = SCM_RIGHTS;
        control.header.cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(&control.header), &output->fd, sizeof(int));
    }
    sent = sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent > 0)
        virFileClose(&output->fd);
    return sent;
}
