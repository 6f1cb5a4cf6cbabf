/*
 * domain_attribute.h: kinds of attributes that several families of devices have
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stdbool.h>

#include <glib.h>

#include "virenum.h"
#include "virxml.h"
#include "virxmlwriter.h"

/* virXMLGetEnum() of an attribute that has to be there: 0, or -1 with an error reported. */
int virDomainRequireEnum(virXMLNode *node, const char *name, const char *(*toString)(int),
                         int *value) G_GNUC_WARN_UNUSED_RESULT;

/* A number from @range[0] to @range[1], untouched if absent: 0, or -1 with XML_ERROR reported. */
int virDomainRangeParseXML(virXMLNode *node, const char *name, const unsigned int range[2],
                           unsigned int *value) G_GNUC_WARN_UNUSED_RESULT;

/* The same for a power of 2. */
int virDomainPowerParseXML(virXMLNode *node, const char *name, const unsigned int range[2],
                           unsigned int *value) G_GNUC_WARN_UNUSED_RESULT;

/**
 * virDomainCheckAttributes:
 * @node: an element, checked against @schema
 * @known: those attributes of @schema that make sense here (VIR_XML_NAMES)
 * @where: what "here" is, for the message ("type='null'")
 *
 * Errors: CONFIG_UNSUPPORTED naming the first attribute that is not in @known.
 * Returns: 0, or -1 with an error reported
 */
int virDomainCheckAttributes(virXMLNode *node, const virXMLSchema *schema, const char *const *known,
                             const char *where) G_GNUC_WARN_UNUSED_RESULT;

/* The longest path of a UNIX socket, in bytes: the size of sun_path less its NUL. */
#define VIR_DOMAIN_SOCKET_PATH_MAX 107

/* virDomainPathParseXML() of a path that the kernel takes as a socket's: XML_ERROR if too long. */
int virDomainSocketPathParseXML(virXMLNode *node, const char *attribute, char **path)
    G_GNUC_WARN_UNUSED_RESULT;

/* An element without text and children that has one attribute. */
void virDomainElementFormatXML(virXMLWriter *writer, const char *name, const char *attribute,
                               const char *value);
