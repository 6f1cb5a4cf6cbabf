/*
 * testkernelserver.c: a fake kernel in a process of its own, for tests with threads
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "testkernelserver.h"

#define TEST_MAX_MESSAGE 1024

struct _testKernelServer {
    testKernel *kernel;
    const char *hold;
    struct sockaddr_un address; /* abstract: bound by the kernel */
    socklen_t addressLen;
    int listener;
    int held[2]; /* a byte: the write has come */
    int go[2];   /* its end: it may go on */
    pid_t pid;
};

/* In the child that writes: nothing but system calls. */
static int
testKernelServerSend(const char *path, const char *text, void *opaque)
{
    const testKernelServer *server = opaque;
    char message[TEST_MAX_MESSAGE];
    size_t pathLen = strlen(path) + 1;
    size_t textLen = strlen(text) + 1;
    int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
    int rc;

    if (fd < 0 || pathLen + textLen > sizeof(message) ||
        connect(fd, (const struct sockaddr *)&server->address, server->addressLen) < 0)
        return -EPROTO;
    memcpy(message, path, pathLen);
    memcpy(message + pathLen, text, textLen);
    if (send(fd, message, pathLen + textLen, 0) < 0 ||
        recv(fd, &rc, sizeof(rc), 0) != (ssize_t)sizeof(rc))
        return -EPROTO;
    return rc;
}

static void
testKernelServerAnswer(const testKernelServer *server, int fd, const char *path, const char *text)
{
    int rc = testKernelWrite(path, text, server->kernel);

    if (send(fd, &rc, sizeof(rc), MSG_NOSIGNAL) < 0)
        return; /* who asked was killed */
}

/* The held write waits in a process of its own. */
static void
testKernelServerHold(const testKernelServer *server, int fd, const char *path, const char *text)
{
    char byte = 'x';

    if (fork() != 0)
        return;
    if (write(server->held[1], &byte, 1) != 1 || read(server->go[0], &byte, 1) != 0)
        _exit(1);
    testKernelServerAnswer(server, fd, path, text);
    _exit(0);
}

static void G_GNUC_NORETURN
testKernelServerRun(testKernelServer *server)
{
    char message[TEST_MAX_MESSAGE];
    ssize_t len;
    int fd;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGCHLD, SIG_IGN);
    close(server->go[1]);
    while ((fd = accept(server->listener, NULL, NULL)) >= 0) {
        if ((len = recv(fd, message, sizeof(message), 0)) > 0) {
            const char *text = message + strlen(message) + 1;

            if (server->hold && g_str_has_suffix(message, "/unbind") &&
                g_str_equal(text, server->hold)) {
                server->hold = NULL;
                testKernelServerHold(server, fd, message, text);
            } else {
                testKernelServerAnswer(server, fd, message, text);
            }
        }
        close(fd);
    }
    _exit(1);
}

testKernelServer *
testKernelServerNew(testKernel *kernel, testScene *scene, const char *hold)
{
    testKernelServer *server = g_new0(testKernelServer, 1);

    server->kernel = kernel;
    server->hold = hold;
    server->address.sun_family = AF_UNIX;
    server->addressLen = sizeof(server->address);
    server->listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    /* Only a family: the kernel chooses an abstract name. */
    if (server->listener < 0 ||
        bind(server->listener, (const struct sockaddr *)&server->address,
             sizeof(server->address.sun_family)) < 0 ||
        getsockname(server->listener, (struct sockaddr *)&server->address, &server->addressLen) <
            0 ||
        listen(server->listener, 64) < 0 || pipe(server->held) < 0 || pipe(server->go) < 0)
        g_error("cannot start a fake kernel: %s", g_strerror(errno));
    if ((server->pid = fork()) == 0)
        testKernelServerRun(server);
    close(server->go[0]);
    close(server->held[1]);
    virSysfsRootSetWriteFunc(virPCIHostGetRoot(testSceneGetHost(scene)), testKernelServerSend,
                             server);
    return server;
}

void
testKernelServerFree(testKernelServer *server)
{
    if (!server)
        return;
    testKernelServerRelease(server);
    kill(server->pid, SIGKILL);
    waitpid(server->pid, NULL, 0);
    close(server->listener);
    close(server->held[0]);
    g_free(server);
}

void
testKernelServerAwaitHeld(testKernelServer *server)
{
    char byte;

    g_assert_cmpint((int)read(server->held[0], &byte, 1), ==, 1);
}

void
testKernelServerRelease(testKernelServer *server)
{
    if (server->go[1] >= 0)
        close(server->go[1]);
    server->go[1] = -1;
}
