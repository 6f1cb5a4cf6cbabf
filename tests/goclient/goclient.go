// goclient.go: a client in pure Go, without libvirt's library: a second reading of the protocol
//
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Makes a guest, runs it, listens and removes it; one line for each step.
// Usage: goclient SOCKET GUEST-XML

package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	libvirt "github.com/digitalocean/go-libvirt"
	"github.com/digitalocean/go-libvirt/socket/dialers"
)

// How long an event may take on a busy machine.
const patience = 60 * time.Second

func check(err error) {
	if err != nil {
		fmt.Println("failed:", err)
		os.Exit(1)
	}
}

// Which guests there are, and how they are.
func list(conn *libvirt.Libvirt) {
	domains, total, err := conn.ConnectListAllDomains(1, 0)
	check(err)
	fmt.Println("guests:", total)
	for _, dom := range domains {
		state, reason, err := conn.DomainGetState(dom, 0)
		check(err)
		fmt.Println("guest:", dom.Name, "state", state, "reason", reason, "running", dom.ID > 0)
	}
}

// The events up to the wanted one.
func await(events <-chan libvirt.DomainEventLifecycleMsg, wanted libvirt.DomainEventType) {
	deadline := time.After(patience)
	for {
		select {
		case event, open := <-events:
			if !open {
				check(fmt.Errorf("the connection ended before event %d", wanted))
			}
			fmt.Println("event:", event.Dom.Name, event.Event, event.Detail)
			if event.Event == int32(wanted) {
				return
			}
		case <-deadline:
			check(fmt.Errorf("event %d did not come", wanted))
		}
	}
}

func life(conn *libvirt.Libvirt, xml string) {
	events, err := conn.LifecycleEvents(context.Background())
	check(err)
	dom, err := conn.DomainDefineXML(xml)
	check(err)
	await(events, libvirt.DomainEventDefined)
	check(conn.DomainCreate(dom))
	await(events, libvirt.DomainEventStarted)
	list(conn)
	text, err := conn.DomainGetXMLDesc(dom, 0)
	check(err)
	fmt.Println("described:", strings.Contains(text, "<name>"+dom.Name+"</name>"))
	check(conn.DomainDestroy(dom))
	await(events, libvirt.DomainEventStopped)
	check(conn.DomainUndefine(dom))
	await(events, libvirt.DomainEventUndefined)
}

func devices(conn *libvirt.Libvirt) {
	found, total, err := conn.ConnectListAllNodeDevices(1, 0)
	check(err)
	fmt.Println("devices:", total > 0, int(total) == len(found))
	for _, dev := range found {
		xml, err := conn.NodeDeviceGetXMLDesc(dev.Name, 0)
		check(err)
		if !strings.Contains(xml, "<name>"+dev.Name+"</name>") {
			fmt.Println("wrong:", xml)
		}
	}
}

func refused(conn *libvirt.Libvirt) {
	_, err := conn.DomainLookupByName("missing")
	fmt.Println("missing:", err, libvirt.IsNotFound(err))
	_, err = conn.NetworkLookupByName("default")
	fmt.Println("network:", err)
}

func main() {
	conn := libvirt.NewWithDialer(dialers.NewLocal(dialers.WithSocket(os.Args[1])))
	check(conn.ConnectToURI(libvirt.QEMUSystem))
	kind, err := conn.ConnectGetType()
	check(err)
	fmt.Println("type:", kind)
	list(conn)
	life(conn, os.Args[2])
	list(conn)
	devices(conn)
	refused(conn)
	check(conn.Disconnect())
}
