/*
 * domain_features_conf.h: <features>: what the machine has
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

#include "virxml.h"
#include "virxmlwriter.h"

extern const virXMLSchema virDomainFeaturesSchema;

void virDomainFeaturesDefFormatXML(virXMLWriter *writer);
