/*
 * domain_attribute.c: kinds of attributes that several families of devices have
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "device_conf.h"
#include "domain_attribute.h"
#include "virerror.h"
#include "virgettext.h"

int
virDomainRequireEnum(virXMLNode *node, const char *name, const char *(*toString)(int), int *value)
{
    int rc = virXMLGetEnum(node, name, toString, value);

    if (rc == 0)
        return virXMLReportMissing(node, name);
    return rc < 0 ? -1 : 0;
}

int
virDomainRangeParseXML(virXMLNode *node, const char *name, const unsigned int range[2],
                       unsigned int *value)
{
    guint64 number = 0;
    int rc = virXMLGetNumber(node, name, range[1], &number);

    if (rc == 1 && number < range[0]) {
        virXMLReportError(node, VIR_ERR_XML_ERROR,
                          _("attribute '%1$s' of <%2$s> must be from %3$u to %4$u"), name,
                          virXMLGetName(node), range[0], range[1]);
        return -1;
    }
    if (rc == 1)
        *value = (unsigned int)number;
    return rc < 0 ? -1 : 0;
}

int
virDomainPowerParseXML(virXMLNode *node, const char *name, const unsigned int range[2],
                       unsigned int *value)
{
    unsigned int number = *value;

    if (virDomainRangeParseXML(node, name, range, &number) < 0)
        return -1;
    if ((number & (number - 1)) != 0) {
        virXMLReportError(node, VIR_ERR_XML_ERROR,
                          _("attribute '%1$s' of <%2$s> must be a power of 2 from %3$u to %4$u"),
                          name, virXMLGetName(node), range[0], range[1]);
        return -1;
    }
    *value = number;
    return 0;
}

int
virDomainCheckAttributes(virXMLNode *node, const virXMLSchema *schema, const char *const *known,
                         const char *where)
{
    for (size_t i = 0; schema->attributes[i]; i++) {
        g_autofree char *value = virXMLGetAttribute(node, schema->attributes[i]);

        if (!value || g_strv_contains(known, schema->attributes[i]))
            continue;
        virXMLReportError(node, VIR_ERR_CONFIG_UNSUPPORTED,
                          _("unsupported configuration: attribute '%1$s' of <%2$s> with %3$s"),
                          schema->attributes[i], virXMLGetName(node), where);
        return -1;
    }
    return 0;
}

int
virDomainSocketPathParseXML(virXMLNode *node, const char *attribute, char **path)
{
    g_autofree char *text = NULL;

    if (virDomainPathParseXML(node, attribute, &text) < 0)
        return -1;
    if (strlen(text) > VIR_DOMAIN_SOCKET_PATH_MAX) {
        virXMLReportError(
            node, VIR_ERR_XML_ERROR,
            _("the path of the socket in <%1$s> has %2$zu bytes, and the kernel takes "
              "%3$d; use a shorter one"),
            virXMLGetName(node), strlen(text), VIR_DOMAIN_SOCKET_PATH_MAX);
        return -1;
    }
    *path = g_steal_pointer(&text);
    return 0;
}

void
virDomainElementFormatXML(virXMLWriter *writer, const char *name, const char *attribute,
                          const char *value)
{
    virXMLWriterStart(writer, name);
    virXMLWriterAttribute(writer, attribute, "%s", value);
    virXMLWriterEnd(writer);
}
