/*
 * virxml.h: bounded XML parsing in which nothing is silently ignored
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <glib.h>

/* libxml2's document and node, by their tags: users of this header need not see libxml2. */
typedef struct _xmlDoc virXMLDoc;
typedef struct _xmlNode virXMLNode;

/* The longest document that is read, in bytes. */
#define VIR_XML_MAX_SIZE (1024 * 1024)

void virXMLDocFree(virXMLDoc *doc);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virXMLDoc, virXMLDocFree)

/**
 * virXMLParse:
 * @text: the document, not NUL-terminated
 * @len: bytes of @text
 * @source: what the user calls it ("guest.xml"), for messages
 *
 * Nothing is fetched, and a DOCTYPE is refused before it is read, so no entity but the five
 * predefined ones exists.
 *
 * Errors: XML_ERROR with @source and the line if @text is not well-formed, has a DOCTYPE or is
 * longer than VIR_XML_MAX_SIZE.
 * Returns: the document, owned by the caller, or NULL
 */
virXMLDoc *virXMLParse(const char *text, size_t len, const char *source);

/**
 * virXMLParseFD:
 * @fd: readable descriptor, read to its end; may block
 *
 * Errors: as virXMLParse(), and SYSTEM_ERROR if @fd cannot be read.
 * Returns: the document, owned by the caller, or NULL
 */
virXMLDoc *virXMLParseFD(int fd, const char *source);

/* The top element; never NULL. Nodes are borrowed from their document. */
virXMLNode *virXMLGetRoot(const virXMLDoc *doc);

typedef enum {
    VIR_XML_TEXT = 1 << 0,          /* may hold text */
    VIR_XML_MANY = 1 << 1,          /* may come more than once */
    VIR_XML_CHECKED_LATER = 1 << 2, /* its parser calls virXMLCheck(): that depends on its type */
    VIR_XML_ANY = 1 << 3,           /* its elements are others' business, and not looked at */
} virXMLSchemaFlags;

/*
 * What may stand in an element. The table of a document is the one place that says what is
 * understood: whatever it does not list is refused.
 */
typedef struct _virXMLSchema virXMLSchema;
struct _virXMLSchema {
    const char *name;
    const char *const *attributes;       /* VIR_XML_NAMES(); NULL is none */
    const virXMLSchema *const *children; /* VIR_XML_CHILDREN(); NULL is none */
    unsigned int flags;                  /* virXMLSchemaFlags */
    const char *ns;                      /* address of its namespace; NULL is none */
};

#define VIR_XML_NAMES(...)    ((const char *const[]){__VA_ARGS__, NULL})
#define VIR_XML_CHILDREN(...) ((const virXMLSchema *const[]){__VA_ARGS__, NULL})

/**
 * virXMLCheck:
 * @root: an element
 * @schema: what it may hold
 *
 * Errors: CONFIG_UNSUPPORTED naming the first element, attribute or text that @schema does not
 * list, and its line; XML_ERROR if an element comes twice that may not.
 * Returns: 0, or -1 with an error reported
 */
int virXMLCheck(virXMLNode *root, const virXMLSchema *schema) G_GNUC_WARN_UNUSED_RESULT;

/**
 * virXMLReportError:
 * @node: the element at fault
 * @code: virErrorNumber
 * @...: translated printf format and its arguments
 *
 * Reports an error that begins with the document's name and the line of @node.
 */
#define virXMLReportError(node, code, ...)                                                         \
    __extension__ virXMLErrorReport((node), (code), __VA_ARGS__)
void virXMLErrorReport(virXMLNode *node, int code, const char *fmt, ...) G_GNUC_PRINTF(3, 4);

/* The first child element of that name, or the next sibling element of the same name; or NULL. */
virXMLNode *virXMLGetChild(virXMLNode *node, const char *name);
virXMLNode *virXMLGetNext(virXMLNode *node);

/* The child element that has to be there, or NULL with XML_ERROR reported. */
virXMLNode *virXMLRequireChild(virXMLNode *node, const char *name);

/* The first child element, or the next sibling element, of any name; or NULL. */
virXMLNode *virXMLGetAnyChild(virXMLNode *node);
virXMLNode *virXMLGetAnyNext(virXMLNode *node);

/* The URI of the element's namespace, or NULL. Borrowed. */
const char *virXMLGetNamespace(virXMLNode *node);

/* The element as text, with the namespaces that it needs; caller frees. */
char *virXMLNodeToString(virXMLNode *node);

/**
 * virXMLQualify:
 * @prefix, @uri: of the namespace
 *
 * Puts an element, and what is in it, into a namespace, where they have none.
 *
 * Errors: INVALID_ARG if @prefix cannot be one, or is one of another namespace there, or if @node
 * has another namespace.
 * Returns: 0, or -1 with an error reported
 */
int virXMLQualify(virXMLNode *node, const char *prefix, const char *uri) G_GNUC_WARN_UNUSED_RESULT;

/* Takes an element, and what is in it, out of a namespace. */
void virXMLUnqualify(virXMLNode *node, const char *uri);

/* The element's name. Borrowed. */
const char *virXMLGetName(virXMLNode *node);

/* The text of an element without white space at its ends; never NULL; caller frees. */
char *virXMLGetText(virXMLNode *node);

bool virXMLHasAttribute(virXMLNode *node, const char *name);

/* The value of an attribute, or NULL if it is absent; caller frees. */
char *virXMLGetAttribute(virXMLNode *node, const char *name);

/**
 * virXMLGetNumber, virXMLGetEnum:
 * @node: an element
 * @name: one of its attributes, or NULL for its text
 * @value: filled if there is one
 *
 * A number is decimal or, after "0x", hexadecimal, and at most @max. A decimal number with leading
 * zeros is refused: others read it as octal. An enumeration's values are those that @toString
 * (a function of VIR_ENUM_DECL) knows.
 *
 * Errors: XML_ERROR if a number is anything else, CONFIG_UNSUPPORTED with the values that are
 * known if a name is none of them.
 * Returns: 1 if there is one, 0 and @value untouched if the attribute is absent, or -1 with an
 *          error reported and @value untouched
 */
int virXMLGetNumber(virXMLNode *node, const char *name, guint64 max, guint64 *value)
    G_GNUC_WARN_UNUSED_RESULT;
int virXMLGetEnum(virXMLNode *node, const char *name, const char *(*toString)(int), int *value)
    G_GNUC_WARN_UNUSED_RESULT;

/* Reports that @node lacks an attribute. Returns -1. */
int virXMLReportMissing(virXMLNode *node, const char *attribute);
