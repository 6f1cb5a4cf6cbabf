/*
 * virtvfio_runguest.h: one guest on an embedded driver, followed to its end
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stdbool.h>

#include "domain_conf.h"
#include "virhostdev.h"
#include "virpcihost.h"

/**
 * virtvfioRunGuest:
 * @host: this host
 * @mgr: of its host devices
 * @def: what to run; taken
 * @verbose: say when it runs, also where nobody looks on
 *
 * Starts the guest and runs the default main context until it has ended. The serial port of type
 * 'stdio' is our standard input and output. SIGINT, SIGTERM and SIGHUP shut the guest down, a
 * second one ends it.
 *
 * Returns: 0 if the guest powered itself off or a signal ended it, or -1 with an error reported
 */
int virtvfioRunGuest(virPCIHost *host, virHostdevManager *mgr, virDomainDef *def, bool verbose);
