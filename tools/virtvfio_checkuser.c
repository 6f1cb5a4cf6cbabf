/*
 * virtvfio_checkuser.c: what a host needs to assign PCI devices: this user's part
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <gio/gio.h>

#include "virgettext.h"
#include "virtvfio_checks.h"

static bool
virtvfioCheckMayLockMemory(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {{0}};

    return syscall(SYS_capget, &header, data) == 0 &&
           (data[CAP_TO_INDEX(CAP_IPC_LOCK)].effective & CAP_TO_MASK(CAP_IPC_LOCK));
}

void
virtvfioCheckMemlock(virPCIHost *host G_GNUC_UNUSED, virtvfioCheckResult *result)
{
    struct rlimit limit;
    g_autofree char *size = NULL;

    if (getrlimit(RLIMIT_MEMLOCK, &limit) < 0) {
        virtvfioCheckSet(
            result, VIRTVFIO_CHECK_WARN,
            virFormat(_("cannot tell how much memory this user may lock: %1$s"), g_strerror(errno)),
            NULL);
    } else if (limit.rlim_cur == RLIM_INFINITY || virtvfioCheckMayLockMemory()) {
        virtvfioCheckSet(result, VIRTVFIO_CHECK_PASS,
                         g_strdup(_("this user may lock as much memory as a guest has")), NULL);
    } else {
        size = g_format_size_full(limit.rlim_cur, G_FORMAT_SIZE_IEC_UNITS);
        virtvfioCheckSet(result, VIRTVFIO_CHECK_WARN,
                         virFormat(_("this user may lock %1$s of memory, and a guest with a "
                                     "device locks all its memory and some more"),
                                   size),
                         g_strdup(_("raise 'memlock' in /etc/security/limits.conf, or "
                                    "LimitMEMLOCK= of the service")));
    }
}

/* The name that QEMU has for this machine's processor. */
static const char *
virtvfioCheckQEMUTarget(const char *machine)
{
    static const struct {
        const char *machine;
        const char *target;
    } names[] = {
        {"i686", "i386"},
        {"i586", "i386"},
        {"ppc64le", "ppc64"},
        {"armv7l", "arm"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        if (strcmp(names[i].machine, machine) == 0)
            return names[i].target;
    }
    return machine;
}

typedef struct {
    GMainLoop *loop;
    GSubprocess *process;
    char *output; /* NULL if it failed */
} virtvfioCheckQuestion;

static void
virtvfioCheckAnswered(GObject *source, GAsyncResult *answer, gpointer opaque)
{
    virtvfioCheckQuestion *question = opaque;

    if (!g_subprocess_communicate_utf8_finish(G_SUBPROCESS(source), answer, &question->output, NULL,
                                              NULL))
        question->output = NULL;
    g_main_loop_quit(question->loop);
}

static gboolean
virtvfioCheckTooLate(gpointer opaque)
{
    virtvfioCheckQuestion *question = opaque;

    g_subprocess_force_exit(question->process);
    return G_SOURCE_REMOVE;
}

#define VIRTVFIO_CHECK_QEMU_TIMEOUT_S 10

/* The first line of what "@program --version" prints, or NULL. */
static char *
virtvfioCheckAskVersion(const char *program)
{
    const char *const argv[] = {program, "--version", NULL};
    g_autoptr(GSubprocess) process = g_subprocess_newv(
        argv, G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_SILENCE, NULL);
    g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
    virtvfioCheckQuestion question = {.loop = loop, .process = process};
    g_autofree char *output = NULL;
    guint timer;

    if (!process)
        return NULL;
    timer = g_timeout_add_seconds(VIRTVFIO_CHECK_QEMU_TIMEOUT_S, virtvfioCheckTooLate, &question);
    g_subprocess_communicate_utf8_async(process, NULL, NULL, virtvfioCheckAnswered, &question);
    g_main_loop_run(loop);
    if (g_main_context_find_source_by_id(NULL, timer))
        g_source_remove(timer);

    output = question.output;
    if (!output || !g_subprocess_get_successful(process) || !*output)
        return NULL;
    return g_strndup(output, strcspn(output, "\n"));
}

void
virtvfioCheckQEMU(virPCIHost *host G_GNUC_UNUSED, virtvfioCheckResult *result)
{
    struct utsname machine = {0};
    g_autofree char *name = NULL;
    g_autofree char *program = NULL;
    g_autofree char *version = NULL;

    (void)uname(&machine); /* fails for a bad pointer only */
    name = g_strdup_printf("qemu-system-%s", virtvfioCheckQEMUTarget(machine.machine));
    if (!(program = g_find_program_in_path(name))) {
        virtvfioCheckSet(result, VIRTVFIO_CHECK_FAIL,
                         virFormat(_("there is no %1$s in PATH"), name),
                         g_strdup(_("install QEMU")));
    } else if (!(version = virtvfioCheckAskVersion(program))) {
        virtvfioCheckSet(result, VIRTVFIO_CHECK_FAIL,
                         virFormat(_("'%1$s --version' failed"), program),
                         g_strdup(_("install QEMU anew")));
    } else {
        virtvfioCheckSet(result, VIRTVFIO_CHECK_PASS, virFormat(_("%1$s: %2$s"), program, version),
                         NULL);
    }
}

void
virtvfioCheckKVM(virPCIHost *host, virtvfioCheckResult *result)
{
    int rc = virtvfioCheckAccess(virPCIHostGetRoot(host), "dev/kvm");

    if (rc == 0) {
        virtvfioCheckSet(result, VIRTVFIO_CHECK_PASS, g_strdup(_("/dev/kvm is there")), NULL);
    } else {
        virtvfioCheckSet(result, VIRTVFIO_CHECK_WARN,
                         virFormat(_("this user cannot use /dev/kvm (%1$s): guests are emulated, "
                                     "and slow"),
                                   g_strerror(-rc)),
                         g_strdup(rc == -ENOENT
                                      ? _("turn virtualization on in the firmware setup, and "
                                          "load kvm_intel or kvm_amd")
                                      : _("put this user into the group kvm")));
    }
}
