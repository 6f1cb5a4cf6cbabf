/*
 * domainrefusedtest.c: tests of domain_conf: what is refused outside of <devices>, and how
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "testgolden.h"
#include "virerror.h"

static const testRefused testRefusals[] = {
    {"type: absent", "<domain type='kvm'>", "<domain>", VIR_ERR_XML_ERROR,
     "guest.xml line 1: <domain> lacks the attribute 'type'"},
    {"type: xen", "'kvm'", "'xen'", VIR_ERR_CONFIG_UNSUPPORTED, "supported: 'qemu', 'kvm'"},
    {"another document", "domain", "network", VIR_ERR_XML_ERROR, "<domain> is needed"},
    {"name: absent", "<name>g</name>", "", VIR_ERR_XML_ERROR, "<domain> lacks <name>"},
    {"name: empty", "<name>g<", "<name> <", VIR_ERR_XML_ERROR, "line 2: a guest's name has"},
    {"name: slash", "<name>g<", "<name>a/b<", VIR_ERR_XML_ERROR, "a guest's name has"},
    {"name: newline", "<name>g<", "<name>a\nb<", VIR_ERR_XML_ERROR, "a guest's name has"},
    {"name: twice", "<name>g</name>", "<name>g</name>\n<name>h</name>", VIR_ERR_XML_ERROR,
     "line 3: <name> is in <domain> already"},
    {"uuid: wrong", "<name>g</name>", "<name>g</name><uuid>1234</uuid>", VIR_ERR_XML_ERROR,
     "'1234' is no UUID"},
    {"memory: absent", "<memory unit='MiB'>512</memory>", "", VIR_ERR_XML_ERROR, "lacks <memory>"},
    {"memory: unit", "'MiB'", "'pages'", VIR_ERR_XML_ERROR, "'pages' is no unit of memory"},
    {"memory: none", ">512<", ">0<", VIR_ERR_XML_ERROR, "<memory> must be from 1 MiB to 16 TiB"},
    {"memory: overflow", ">512<", ">18446744073709551615<", VIR_ERR_XML_ERROR, "<memory> must be"},
    {"memory: more than 64 bits", ">512<", ">18446744073709551616<", VIR_ERR_XML_ERROR,
     "line 3: <memory> is '18446744073709551616'"},
    {"memory: negative", ">512<", ">-1<", VIR_ERR_XML_ERROR, "<memory> is '-1'"},
    {"memory: a fraction", ">512<", ">0.5<", VIR_ERR_XML_ERROR, "<memory> is '0.5'"},
    {"currentMemory: less", "<vcpu>", "<currentMemory unit='MiB'>256</currentMemory>\n<vcpu>",
     VIR_ERR_CONFIG_UNSUPPORTED, "line 4: unsupported configuration: <currentMemory> differs"},
    {"memory: slots", "<memory ", "<memory slots='2' ", VIR_ERR_CONFIG_UNSUPPORTED,
     "attribute 'slots' of <memory> at line 3"},
    {"vcpu: none", ">1<", ">0<", VIR_ERR_XML_ERROR, "at least one <vcpu>"},
    {"vcpu: too many", ">1<", ">256<", VIR_ERR_XML_ERROR, "a number from 0 to 255"},
    {"vcpu: placement", "<vcpu>", "<vcpu placement='auto'>", VIR_ERR_CONFIG_UNSUPPORTED,
     "supported: 'static'"},
    {"vcpu: cpuset", "<vcpu>", "<vcpu cpuset='0'>", VIR_ERR_CONFIG_UNSUPPORTED, "'cpuset'"},
    {"os: absent", "<os><type>hvm</type></os>", "", VIR_ERR_XML_ERROR, "<domain> lacks <os>"},
    {"os: no type", "<type>hvm</type>", "", VIR_ERR_XML_ERROR, "line 6: <os> lacks <type>"},
    {"os: linux", ">hvm<", ">linux<", VIR_ERR_CONFIG_UNSUPPORTED, "os type 'linux'"},
    {"os: arch", "<type>", "<type arch='riscv64'>", VIR_ERR_CONFIG_UNSUPPORTED, "arch 'riscv64'"},
    {"os: machine pc", "<type>", "<type machine='pc'>", VIR_ERR_CONFIG_UNSUPPORTED,
     "machine 'pc'; supported: 'q35'"},
    {"os: machine with options", "<type>", "<type machine='q35,x=y'>", VIR_ERR_CONFIG_UNSUPPORTED,
     "machine 'q35,x=y'"},
    {"os: machine with options behind a version", "<type>", "<type machine='pc-q35-7.2,x=y'>",
     VIR_ERR_CONFIG_UNSUPPORTED, "machine 'pc-q35-7.2,x=y'"},
    {"os: initrd alone", "</type>", "</type><initrd>/i</initrd>", VIR_ERR_XML_ERROR,
     "need a <kernel>"},
    {"os: relative kernel", "</type>", "</type><kernel>k</kernel>", VIR_ERR_XML_ERROR,
     "<kernel> needs an absolute path"},
    {"os: loader", "</type>", "</type><loader>/l</loader>", VIR_ERR_CONFIG_UNSUPPORTED,
     "<loader> in <os> at line 6"},
    {"clock: offset", "<!--T-->", "<clock offset='variable'/>", VIR_ERR_CONFIG_UNSUPPORTED,
     "attribute 'offset' of <clock> is 'variable'"},
    {"clock: timer", "<!--T-->", "<clock offset='utc'><timer name='rtc'/></clock>",
     VIR_ERR_CONFIG_UNSUPPORTED, "<timer> in <clock>"},
    {"features: pae", "<!--T-->", "<features><pae/></features>", VIR_ERR_CONFIG_UNSUPPORTED,
     "<pae> in <features>"},
    {"on_poweroff: restart", "<!--T-->", "<on_poweroff>restart</on_poweroff>",
     VIR_ERR_CONFIG_UNSUPPORTED, "<on_poweroff> is 'restart'; supported: 'destroy'"},
    {"on_crash: preserve", "<!--T-->", "<on_crash>preserve</on_crash>", VIR_ERR_CONFIG_UNSUPPORTED,
     "<on_crash> is 'preserve'"},
    {"on_reboot: preserve", "<!--T-->", "<on_reboot>preserve</on_reboot>",
     VIR_ERR_CONFIG_UNSUPPORTED, "<on_reboot> is 'preserve'; supported: 'restart', 'destroy'"},
    {"cpu", "<!--T-->", "<cpu mode='host-passthrough'/>", VIR_ERR_CONFIG_UNSUPPORTED,
     "<cpu> in <domain> at line 5"},
    {"qemu:commandline", "<!--T-->",
     "<qemu:commandline xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'/>",
     VIR_ERR_CONFIG_UNSUPPORTED, "<qemu:commandline> in <domain> at line 5"},
    {"emulator: relative", "<!--D-->", "<emulator>qemu</emulator>", VIR_ERR_XML_ERROR,
     "line 8: <emulator> needs an absolute path"},
};

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    testRefusedAdd("/domainrefused", testRefusals, G_N_ELEMENTS(testRefusals));
    return g_test_run();
}
