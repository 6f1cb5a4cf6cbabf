/*
 * virxmltest.c: tests of virxml: hostile documents, lines in messages, schemas
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>
#include <unistd.h>

#include "virerror.h"
#include "virfile.h"
#include "virxml.h"
#include "virxmlwriter.h"

static const virXMLSchema testLeaf = {
    .name = "leaf",
    .attributes = VIR_XML_NAMES("n", "word"),
    .flags = VIR_XML_TEXT | VIR_XML_MANY,
};
static const virXMLSchema testOnce = {.name = "once"};
static const virXMLSchema testSchema = {
    .name = "top",
    .attributes = VIR_XML_NAMES("a"),
    .children = VIR_XML_CHILDREN(&testLeaf, &testOnce),
};

/* A document that is refused, and what the message has to say. */
typedef struct {
    const char *name;
    const char *text;
    int code;
    const char *message;
} testRefused;

#define TEST_LAUGHS                                                                                \
    "<!DOCTYPE l [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'>"                          \
    "<!ENTITY c '&b;&b;&b;&b;&b;&b;&b;&b;'>]>\n<top>&c;</top>"

static const testRefused testMalformed[] = {
    {"nothing", "", VIR_ERR_XML_ERROR, "t.xml line 1: not well-formed"},
    {"no XML", "hello", VIR_ERR_XML_ERROR, "t.xml line 1: not well-formed"},
    {"cut off", "<top>\n<leaf>", VIR_ERR_XML_ERROR, "t.xml line 2: not well-formed"},
    {"tags that cross", "<top>\n\n<leaf></top></leaf>", VIR_ERR_XML_ERROR, "t.xml line 3: "},
    {"two tops", "<top/>\n<top/>", VIR_ERR_XML_ERROR, "t.xml line 2: "},
    {"an attribute twice", "<top a='1' a='2'/>", VIR_ERR_XML_ERROR, "redefined"},
    {"an unknown entity", "<top>&laughs;</top>", VIR_ERR_XML_ERROR, "laughs"},
    {"a character that XML forbids", "<top>&#1;</top>", VIR_ERR_XML_ERROR, "not well-formed"},
    {"bytes that are no UTF-8", "<top>\n<\xedle/>", VIR_ERR_XML_ERROR, "t.xml line 2: "},
    {"an empty DOCTYPE", "<?xml version='1.0'?>\n<!DOCTYPE top>\n<top/>", VIR_ERR_XML_ERROR,
     "t.xml line 2: a DOCTYPE is not accepted"},
    {"a billion laughs", TEST_LAUGHS, VIR_ERR_XML_ERROR, "a DOCTYPE is not accepted"},
    {"an external entity", "<!DOCTYPE t [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><top>&x;</top>",
     VIR_ERR_XML_ERROR, "a DOCTYPE is not accepted"},
    {"an external subset", "<!DOCTYPE t SYSTEM 'file:///nonexistent.dtd'><top/>", VIR_ERR_XML_ERROR,
     "a DOCTYPE is not accepted"},
};

static const testRefused testUnknown[] = {
    {"an unknown element", "<top>\n  <leaf/>\n  <stem/>\n</top>", VIR_ERR_CONFIG_UNSUPPORTED,
     "unsupported configuration: <stem> in <top> at line 3 of t.xml"},
    {"an element in an element that has none", "<top><once><leaf/></once></top>",
     VIR_ERR_CONFIG_UNSUPPORTED, "<leaf> in <once> at line 1"},
    {"an unknown attribute", "<top>\n<leaf m='1'/></top>", VIR_ERR_CONFIG_UNSUPPORTED,
     "unsupported configuration: attribute 'm' of <leaf> at line 2 of t.xml"},
    {"an attribute in a namespace", "<top xmlns:q='q:q' q:a='1'/>", VIR_ERR_CONFIG_UNSUPPORTED,
     "attribute 'q:a' of <top>"},
    {"an element in a namespace", "<top><q:leaf xmlns:q='q:q'/></top>", VIR_ERR_CONFIG_UNSUPPORTED,
     "<q:leaf> in <top>"},
    {"a default namespace", "<top><leaf xmlns='q:q'/></top>", VIR_ERR_CONFIG_UNSUPPORTED,
     "<leaf> in <top>"},
    {"text where none belongs", "<top>\n<leaf/> text\n</top>", VIR_ERR_CONFIG_UNSUPPORTED,
     "text in <top> at line 2"},
    {"a CDATA section where no text belongs", "<top><![CDATA[x]]></top>",
     VIR_ERR_CONFIG_UNSUPPORTED, "text in <top>"},
    {"a processing instruction", "<top><?run me?></top>", VIR_ERR_CONFIG_UNSUPPORTED,
     "<run> in <top>"},
    {"an element twice", "<top><once/>\n<leaf/>\n<once/></top>", VIR_ERR_XML_ERROR,
     "t.xml line 3: <once> is in <top> already"},
    {"another top", "<bottom/>", VIR_ERR_XML_ERROR, "found <bottom> where <top> is needed"},
};

static void
testAssertError(const testRefused *test)
{
    g_assert_cmpint(virErrorGetLast()->code, ==, test->code);
    g_assert_true(g_utf8_validate(virErrorGetMessage(), -1, NULL));
    if (!strstr(virErrorGetMessage(), test->message))
        g_error("%s: \"%s\" does not say \"%s\"", test->name, virErrorGetMessage(), test->message);
    virErrorReset();
}

static void
testParseRefuses(const void *opaque)
{
    const testRefused *test = opaque;

    g_assert_null(virXMLParse(test->text, strlen(test->text), "t.xml"));
    testAssertError(test);
}

static void
testCheckRefuses(const void *opaque)
{
    const testRefused *test = opaque;
    g_autoptr(virXMLDoc) doc = virXMLParse(test->text, strlen(test->text), "t.xml");

    g_assert_nonnull(doc);
    g_assert_cmpint(virXMLCheck(virXMLGetRoot(doc), &testSchema), ==, -1);
    testAssertError(test);
}

static void
testCheckAccepts(void)
{
    const char *text = "<?xml version='1.0'?><!-- c --><top a='1'><!-- c -->\n"
                       "<leaf n='1'>a&amp;b<![CDATA[<c>]]></leaf><leaf/><once/></top>";
    g_autoptr(virXMLDoc) doc = virXMLParse(text, strlen(text), "t.xml");
    g_autofree char *value = NULL;

    g_assert_nonnull(doc);
    g_assert_cmpint(virXMLCheck(virXMLGetRoot(doc), &testSchema), ==, 0);
    value = virXMLGetText(virXMLGetChild(virXMLGetRoot(doc), "leaf"));
    g_assert_cmpstr(value, ==, "a&b<c>");
}

/* The document ends exactly at the limit, or one byte behind it. */
static void
testSizeLimit(void)
{
    for (size_t spare = 0; spare <= 1; spare++) {
        size_t len = VIR_XML_MAX_SIZE + spare;
        g_autofree char *text = g_malloc(len);
        g_autoptr(virXMLDoc) doc = NULL;

        memset(text, ' ', len);
        memcpy(text, "<top/>", strlen("<top/>"));
        doc = virXMLParse(text, len, "t.xml");
        g_assert_cmpint(doc != NULL, ==, spare == 0);
    }
    g_assert_nonnull(strstr(virErrorGetMessage(), "t.xml is longer than 1024 KiB"));
    virErrorReset();
}

static void
testParseDescriptor(void)
{
    int fds[2];
    g_autoptr(virXMLDoc) doc = NULL;

    g_assert_cmpint(pipe(fds), ==, 0);
    g_assert_cmpint(write(fds[1], "<top a='x'/>", 12), ==, 12);
    virFileClose(&fds[1]);
    doc = virXMLParseFD(fds[0], "t.xml");
    virFileClose(&fds[0]);
    g_assert_nonnull(doc);
    g_assert_null(virXMLParseFD(-1, "t.xml"));
    g_assert_cmpint(virErrorGetLast()->code, ==, VIR_ERR_SYSTEM_ERROR);
    virErrorReset();
}

/* Far more elements inside each other than any guest has: an error, and no crash. */
static void
testDepthLimit(void)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (int i = 0; i < 100000; i++)
        g_string_append(text, "<top>");
    g_assert_null(virXMLParse(text->str, text->len, "t.xml"));
    g_assert_cmpint(virErrorGetLast()->code, ==, VIR_ERR_XML_ERROR);
    virErrorReset();
}

static const struct {
    const char *text;
    guint64 max;
    int rc;
    guint64 value;
} testNumbers[] = {
    {"0", 10, 1, 0},
    {"10", 10, 1, 10},
    {"11", 10, -1, 0},
    {"0x0a", 10, 1, 10},
    {"0XA", 10, 1, 10},
    {"0x00000000a", 10, 1, 10},
    {"00", 10, 1, 0},
    {"010", 10, -1, 0}, /* 8 in libvirt, which reads it as octal */
    {"", 10, -1, 0},
    {"0x", 10, -1, 0},
    {"-1", G_MAXUINT64, -1, 0},
    {"+1", 10, -1, 0},
    {"1 ", 10, -1, 0},
    {"1x", 10, -1, 0},
    {"a", 10, -1, 0},
    {"18446744073709551615", G_MAXUINT64, 1, G_MAXUINT64},
    {"18446744073709551616", G_MAXUINT64, -1, 0},
    {"0x10000000000000000", G_MAXUINT64, -1, 0},
};

static void
testNumber(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(testNumbers); i++) {
        g_autofree char *text = g_strdup_printf("<leaf n='%s'/>", testNumbers[i].text);
        g_autoptr(virXMLDoc) doc = virXMLParse(text, strlen(text), "t.xml");
        guint64 value = 4711;

        g_test_message("%s", testNumbers[i].text);
        g_assert_cmpint(virXMLGetNumber(virXMLGetRoot(doc), "n", testNumbers[i].max, &value), ==,
                        testNumbers[i].rc);
        g_assert_cmpuint(value, ==, testNumbers[i].rc == 1 ? testNumbers[i].value : 4711);
        g_assert_cmpint(virXMLGetNumber(virXMLGetRoot(doc), "absent", 10, &value), ==, 0);
    }
    virErrorReset();
}

static const char *
testWordToString(int value)
{
    static const char *const words[] = {"red", "green"};

    return value < 2 ? words[value] : NULL;
}

static void
testEnum(void)
{
    const char *text = "<top>\n<leaf word='green'/><leaf word='blue'/></top>";
    g_autoptr(virXMLDoc) doc = virXMLParse(text, strlen(text), "t.xml");
    virXMLNode *leaf = virXMLGetChild(virXMLGetRoot(doc), "leaf");
    int value = 7;

    g_assert_cmpint(virXMLGetEnum(leaf, "n", testWordToString, &value), ==, 0);
    g_assert_cmpint(virXMLGetEnum(leaf, "word", testWordToString, &value), ==, 1);
    g_assert_cmpint(value, ==, 1);
    g_assert_cmpint(virXMLGetEnum(virXMLGetNext(leaf), "word", testWordToString, &value), ==, -1);
    g_assert_cmpint(value, ==, 1);
    g_assert_cmpstr(virErrorGetMessage(), ==,
                    "t.xml line 2: unsupported configuration: attribute 'word' of <leaf> is "
                    "'blue'; supported: 'red', 'green'");
    virErrorReset();
}

static void
testWriter(void)
{
    g_autoptr(virXMLWriter) writer = virXMLWriterNew();
    g_autofree char *text = NULL;

    virXMLWriterStart(writer, "top");
    virXMLWriterAttribute(writer, "a", "%s%d", "<'&\">\t\n\r", 1);
    virXMLWriterAttribute(writer, "b", "plain");
    virXMLWriterElement(writer, "leaf", "a<b&c");
    virXMLWriterElement(writer, "once", "");
    virXMLWriterElement(writer, "absent", NULL);
    virXMLWriterEnd(writer);
    text = virXMLWriterFinish(writer);
    g_assert_cmpstr(text, ==,
                    "<top a='&lt;&apos;&amp;&quot;&gt;&#9;&#10;&#13;1' b='plain'>\n"
                    "  <leaf>a&lt;b&amp;c</leaf>\n"
                    "  <once/>\n"
                    "</top>\n");
}

/* Whatever is written can be read: a guest whose state cannot would be lost. */
static void
testWritesWhatCanBeRead(void)
{
    static const char *const texts[] = {"\x01", "\x1b[2J", "\xef\xbf\xbe", "a\xef\xbf\xbf",
                                        "\xef\xbf\xbd"};

    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(virXMLWriter) writer = virXMLWriterNew();
        g_autoptr(virXMLDoc) doc = NULL;
        g_autofree char *text = NULL;

        virXMLWriterStart(writer, "top");
        virXMLWriterAttribute(writer, "a", "%s", texts[i]);
        virXMLWriterElement(writer, "leaf", texts[i]);
        virXMLWriterEnd(writer);
        text = virXMLWriterFinish(writer);
        if (!(doc = virXMLParse(text, strlen(text), "t.xml")))
            g_error("%s", virErrorGetMessage());
    }
}

static void
testAddCases(const char *group, const testRefused *tests, size_t n, GTestDataFunc func)
{
    for (size_t i = 0; i < n; i++) {
        g_autofree char *path = g_strdup_printf("/virxml/%s/%s", group, tests[i].name);

        g_test_add_data_func(path, &tests[i], func);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    testAddCases("refused", testMalformed, G_N_ELEMENTS(testMalformed), testParseRefuses);
    testAddCases("schema", testUnknown, G_N_ELEMENTS(testUnknown), testCheckRefuses);
    g_test_add_func("/virxml/schema/accepts what it lists", testCheckAccepts);
    g_test_add_func("/virxml/size limit", testSizeLimit);
    g_test_add_func("/virxml/depth limit", testDepthLimit);
    g_test_add_func("/virxml/descriptor", testParseDescriptor);
    g_test_add_func("/virxml/number", testNumber);
    g_test_add_func("/virxml/enum", testEnum);
    g_test_add_func("/virxml/writer", testWriter);
    g_test_add_func("/virxml/what is written can be read", testWritesWhatCanBeRead);
    return g_test_run();
}
