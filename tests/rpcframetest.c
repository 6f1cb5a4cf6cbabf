/*
 * rpcframetest.c: tests of rpc_frame and rpc_xdr
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <malloc.h>
#include <string.h>

#include "rpc_frame.h"

/* A payload of one text and one number. */
typedef struct {
    virRPCString text;
    int number;
} testPair;

static bool_t
xdr_testPair(XDR *xdrs, testPair *pair)
{
    return xdr_virRPCString(xdrs, &pair->text) && xdr_int(xdrs, &pair->number);
}

static const virRPCHeader testHeader = {0x20008086, 1, 23, VIR_RPC_CALL, 7, VIR_RPC_OK};

static GBytes *
testFrame(const char *text, int number)
{
    testPair pair = {.text = g_strdup(text), .number = number};
    GBytes *bytes = virRPCFrameEncode(&testHeader, (xdrproc_t)xdr_testPair, &pair);

    g_assert_nonnull(bytes);
    virRPCFree((xdrproc_t)xdr_testPair, &pair);
    return bytes;
}

static void
testBytesAreLibvirts(void)
{
    static const guint8 expected[] = {
        0, 0, 0, 40, 0x20, 0, 0x80, 0x86, 0, 0, 0, 1, 0,   0,   0,   23, 0,    0,    0,    0,
        0, 0, 0, 7,  0,    0, 0,    0,    0, 0, 0, 3, 'v', 'm', '1', 0,  0xff, 0xff, 0xff, 0xfe,
    };
    g_autoptr(GBytes) bytes = testFrame("vm1", -2);

    g_assert_cmpmem(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), expected,
                    sizeof(expected));
}

static void
testPiecesOfAnySize(void)
{
    g_autoptr(GBytes) one = testFrame("first", 1);
    g_autoptr(GBytes) two = testFrame("second one", 2);

    for (gsize piece = 1; piece <= 100; piece++) {
        g_autoptr(virRPCReader) reader = virRPCReaderNew();
        g_autoptr(GByteArray) all = g_byte_array_new();
        guint found = 0;

        g_byte_array_append(all, g_bytes_get_data(one, NULL), (guint)g_bytes_get_size(one));
        g_byte_array_append(all, g_bytes_get_data(two, NULL), (guint)g_bytes_get_size(two));
        for (gsize at = 0; at < all->len; at += piece) {
            g_autoptr(virRPCFrame) frame = NULL;

            virRPCReaderAppend(reader, all->data + at, MIN(piece, all->len - at));
            while (virRPCReaderNext(reader, &frame) == 1) {
                testPair pair;

                g_assert_cmpmem(&frame->header, sizeof(testHeader), &testHeader,
                                sizeof(testHeader));
                g_assert_cmpint(virRPCDecode(frame->payload, frame->length, (xdrproc_t)xdr_testPair,
                                             &pair, sizeof(pair)),
                                ==, 0);
                g_assert_cmpint(pair.number, ==, ++found);
                g_assert_cmpstr(pair.text, ==, found == 1 ? "first" : "second one");
                virRPCFree((xdrproc_t)xdr_testPair, &pair);
                g_clear_pointer(&frame, virRPCFrameFree);
            }
        }
        g_assert_cmpuint(found, ==, 2);
    }
}

typedef struct {
    const char *name;
    guint32 length;
    int expected; /* of virRPCReaderNext() when only the length has come */
} testLength;

static const testLength testLengths[] = {
    {"a length of 0 is refused", 0, -1},
    {"a length of 3 is refused", 3, -1},
    {"a length one short of a header is refused", 27, -1},
    {"a length of a header alone is waited for", 28, 0},
    {"the largest length is waited for", 33554436, 0},
    {"a length one above the largest is refused", 33554437, -1},
    {"a length of 4 GiB is refused", 0xffffffff, -1},
};

static void
testLengthIsChecked(const void *opaque)
{
    const testLength *test = opaque;
    guint32 word = GUINT32_TO_BE(test->length);
    g_autoptr(virRPCReader) reader = virRPCReaderNew();
    virRPCFrame *frame = NULL;

    virRPCReaderAppend(reader, (const guint8 *)&word, sizeof(word));
    g_assert_cmpint(virRPCReaderNext(reader, &frame), ==, test->expected);
    g_assert_null(frame);
    if (test->expected < 0)
        g_assert_cmpint(virErrorGetLast()->code, ==, VIR_ERR_RPC);
}

typedef struct {
    const char *name;
    const char *payload;
    gsize length;
    gboolean good;
} testPayload;

#define PAYLOAD(bytes) bytes, sizeof(bytes) - 1

static const testPayload testPayloads[] = {
    {"text and number", PAYLOAD("\0\0\0\1a\0\0\0\0\0\0\5"), TRUE},
    {"an empty text", PAYLOAD("\0\0\0\0\0\0\0\5"), TRUE},
    {"bytes behind the value are ignored", PAYLOAD("\0\0\0\0\0\0\0\5more"), TRUE},
    {"text of two bytes a character", PAYLOAD("\0\0\0\2\303\244\0\0\0\0\0\5"), TRUE},
    {"no payload at all", PAYLOAD(""), FALSE},
    {"half a number", PAYLOAD("\0\0\0\1a\0\0\0\0\0"), FALSE},
    {"no number", PAYLOAD("\0\0\0\1a\0\0\0"), FALSE},
    {"a text without its padding", PAYLOAD("\0\0\0\1a"), FALSE},
    {"a text longer than the payload", PAYLOAD("\0\0\0\11abcd\0\0\0\5"), FALSE},
    {"a text longer than allowed", PAYLOAD("\0\x40\0\1abcd\0\0\0\5"), FALSE},
    {"a text of 4 GiB", PAYLOAD("\xff\xff\xff\xff\0\0\0\5"), FALSE},
    {"a NUL in a text", PAYLOAD("\0\0\0\3a\0b\0\0\0\0\5"), FALSE},
    {"a text that is no UTF-8", PAYLOAD("\0\0\0\1\344\0\0\0\0\0\0\5"), FALSE},
};

static void
testPayloadIsChecked(const void *opaque)
{
    const testPayload *test = opaque;
    g_autofree guint8 *copy = g_memdup2(test->payload, test->length);
    testPair pair;
    int rc;

    virErrorReset();
    rc = virRPCDecode(copy, test->length, (xdrproc_t)xdr_testPair, &pair, sizeof(pair));
    g_assert_cmpint(rc, ==, test->good ? 0 : -1);
    if (test->good) {
        g_assert_cmpint(pair.number, ==, 5);
        virRPCFree((xdrproc_t)xdr_testPair, &pair);
        return;
    }
    g_assert_null(pair.text);
    g_assert_cmpint(virErrorGetLast()->code, ==, VIR_ERR_RPC);
    g_assert_cmpint(virErrorGetLast()->domain, ==, VIR_FROM_RPC);
    g_assert_cmpstr(virErrorGetMessage(), ==, "Unable to decode message payload");
}

/* A payload that is all there, with a text of so many bytes. */
static void
testTextIsTaken(guint32 length, gboolean taken)
{
    const guint32 word = GUINT32_TO_BE(length);
    const size_t size = sizeof(word) + (length + 3) / 4 * 4;
    g_autofree guint8 *payload = g_malloc0(size);
    virRPCString text;

    memcpy(payload, &word, sizeof(word));
    memset(payload + sizeof(word), 'x', length);
    g_assert_cmpint(virRPCDecode(payload, size, (xdrproc_t)xdr_virRPCString, &text, sizeof(text)),
                    ==, taken ? 0 : -1);
    virRPCFree((xdrproc_t)xdr_virRPCString, &text);
}

static void
testLongestTextAndOneMore(void)
{
    g_autofree char *text = g_strnfill(VIR_RPC_STRING_MAX, 'x');
    g_autofree char *more = g_strnfill(VIR_RPC_STRING_MAX + 1, 'x');
    g_autoptr(GBytes) bytes = testFrame(text, 1);
    testPair pair = {.text = more};

    testTextIsTaken(VIR_RPC_STRING_MAX, TRUE);
    testTextIsTaken(VIR_RPC_STRING_MAX + 1, FALSE);

    g_assert_cmpuint(g_bytes_get_size(bytes), ==, VIR_RPC_HEADER_SIZE + VIR_RPC_STRING_MAX + 8);
    virErrorReset();
    g_assert_null(virRPCFrameEncode(&testHeader, (xdrproc_t)xdr_testPair, &pair));
    g_assert_cmpint(virErrorGetLast()->code, ==, VIR_ERR_RPC);
    pair.text = NULL;
    virErrorReset();
    g_assert_null(virRPCFrameEncode(&testHeader, (xdrproc_t)xdr_testPair, &pair));
    g_assert_cmpint(virErrorGetLast()->code, ==, VIR_ERR_RPC);
}

/* A list whose encoding is longer than a message may be. */
static bool_t
xdr_testHuge(XDR *xdrs, virRPCString *text)
{
    for (int i = 0; i < 9; i++) {
        if (!xdr_virRPCString(xdrs, text))
            return FALSE;
    }
    return TRUE;
}

static void
testMessageTooLong(void)
{
    g_autofree char *text = g_strnfill(VIR_RPC_STRING_MAX, 'x');

    virErrorReset();
    g_assert_null(virRPCFrameEncode(&testHeader, (xdrproc_t)xdr_testHuge, &text));
    g_assert_cmpint(virErrorGetLast()->code, ==, VIR_ERR_RPC);
    g_assert_nonnull(strstr(virErrorGetMessage(), "33554408"));
}

/* As many bytes as a payload can have. */
static bool_t
xdr_testFull(XDR *xdrs, char **bytes)
{
    return xdr_opaque(xdrs, *bytes, VIR_RPC_PAYLOAD_MAX);
}

/* The number of descriptors has to fit in too. */
static void
testFullMessage(void)
{
    g_autofree char *zeroes = g_malloc0(VIR_RPC_PAYLOAD_MAX);
    g_autoptr(GBytes) full =
        virRPCFrameEncode(&testHeader, (xdrproc_t)xdr_testFull, (void *)&zeroes);

    g_assert_nonnull(full);
    g_assert_null(
        virRPCFrameEncodePassing(&testHeader, 1, (xdrproc_t)xdr_testFull, (void *)&zeroes));
    g_assert_cmpint(virErrorGetLast()->code, ==, VIR_ERR_RPC);
}

/* Bytes in use; 0 under AddressSanitizer. */
static size_t
testMemory(void)
{
    return mallinfo2().uordblks + mallinfo2().hblkhd;
}

/* A reader's memory does not grow beyond the largest message, and is given back after it. */
static void
testReaderGivesBack(void)
{
    const guint32 length = GUINT32_TO_BE(VIR_RPC_LENGTH_MAX);
    g_autofree guint8 *piece = g_malloc0(64 * 1024);
    g_autoptr(virRPCReader) reader = virRPCReaderNew();
    size_t before = testMemory();
    virRPCFrame *frame = NULL;

    memcpy(piece, &length, sizeof(length));
    for (size_t at = 0; at < VIR_RPC_LENGTH_MAX; at += 64 * 1024) {
        virRPCReaderAppend(reader, piece, MIN((size_t)64 * 1024, VIR_RPC_LENGTH_MAX - at));
        memset(piece, 0, sizeof(length));
    }
    g_assert_cmpuint(testMemory(), <, before + VIR_RPC_LENGTH_MAX + (size_t)1024 * 1024);
    g_assert_cmpint(virRPCReaderNext(reader, &frame), ==, 1);
    virRPCFrameFree(frame);
    g_assert_cmpuint(testMemory(), <, before + (size_t)512 * 1024);
}

/* The bytes of an error, word by word, as libvirt's clients read them. */
static void
testErrorOnTheWire(void)
{
    static const guint8 expected[] = {
        0,    0,    0,    84,   0x20, 0,    0x80, 0x86, 0,   0,   0,   1,   0,   0,
        0,    23,   0,    0,    0,    1,    0,    0,    0,   7,   0,   0,   0,   1, /* an error */
        0,    0,    0,    42,   0,    0,    0,    10, /* code and domain */
        0,    0,    0,    1,    0,    0,    0,    7,    'n', 'o', ' ', 's', 'u', 'c',
        'h',  0,    0,    0,    0,    2,                                  /* text, level */
        0,    0,    0,    0,                                              /* no guest */
        0,    0,    0,    0,    0,    0,    0,    0,    0,   0,   0,   0, /* no texts */
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,                   /* no numbers */
        0,    0,    0,    0,                                              /* no network */
    };
    virRPCHeader header = testHeader;
    g_autofree char *message = g_strdup("no such");
    virErrorInfo error = {VIR_FROM_QEMU, VIR_ERR_NO_DOMAIN, 0, message};
    g_autoptr(GBytes) bytes = NULL;

    header.type = VIR_RPC_REPLY;
    bytes = virRPCFrameEncodeError(&header, &error);
    g_assert_cmpmem(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), expected,
                    sizeof(expected));
}

static void
testErrorsAreCut(void)
{
    g_autofree char *message = g_strnfill(VIR_RPC_STRING_MAX + 10, 'y');
    virErrorInfo error = {VIR_FROM_QEMU, VIR_ERR_NO_DOMAIN, 0, message};
    g_autoptr(GBytes) bytes = NULL;

    message[65535] = '\xc3';
    bytes = virRPCFrameEncodeError(&testHeader, &error);
    g_assert_nonnull(bytes);
    g_assert_cmpuint(g_bytes_get_size(bytes), <, 70000);
}

/* The code, and the text: its length comes before it. */
static void
testExpectError(const virErrorInfo *error, int code, const char *text)
{
    g_autoptr(GBytes) bytes = virRPCFrameEncodeError(&testHeader, error);
    const guint8 *data = g_bytes_get_data(bytes, NULL);
    const size_t offset = VIR_RPC_HEADER_SIZE + 4 * sizeof(guint32);
    guint32 words[4];

    g_assert_cmpuint(g_bytes_get_size(bytes), >, offset + strlen(text));
    memcpy(words, data + VIR_RPC_HEADER_SIZE, sizeof(words));
    g_assert_cmpint((int)GUINT32_FROM_BE(words[0]), ==, code);
    g_assert_cmpmem(data + offset, GUINT32_FROM_BE(words[3]), text, strlen(text));
}

static void
testErrorsAreOneLine(void)
{
    g_autofree char *message = g_strdup(" cannot start: no such thing\nsee -help\n");
    const virErrorInfo error = {VIR_FROM_QEMU, VIR_ERR_OPERATION_FAILED, 0, message};

    testExpectError(&error, VIR_ERR_OPERATION_FAILED, "cannot start: no such thing; see -help");
}

/* Clients take code 0 for success. */
static void
testErrorsHaveACode(void)
{
    g_autofree char *message = g_strdup("for no reason");
    const virErrorInfo error = {VIR_FROM_QEMU, VIR_ERR_OK, 0, message};

    testExpectError(&error, VIR_ERR_INTERNAL_ERROR, message);
}

static void
testQuotedTextIsCut(void)
{
    g_autofree char *shortText = virRPCQuote("vm1");
    g_autofree char *none = virRPCQuote(NULL);
    g_autoptr(GString) umlauts = g_string_new("x");
    g_autofree char *cut = NULL;

    for (int i = 0; i < 500; i++)
        g_string_append(umlauts, "ä");
    cut = virRPCQuote(umlauts->str);
    g_assert_cmpstr(shortText, ==, "vm1");
    g_assert_cmpstr(none, ==, "");
    g_assert_true(g_utf8_validate(cut, -1, NULL));
    g_assert_cmpuint(strlen(cut), <=, 200);
    g_assert_true(g_str_has_suffix(cut, "ä…"));
}

/* A guest's agent has a share in what an administrator's terminal shows. */
static void
testErrorsAreHarmless(void)
{
    char message[] = "the agent says \x1b]0;x\a\xc2\x9b"
                     "2J, \xc3\xa4";
    virErrorInfo error = {VIR_FROM_QEMU, VIR_ERR_OPERATION_FAILED, 0, message};
    g_autoptr(GBytes) bytes = virRPCFrameEncodeError(&testHeader, &error);
    gsize length;
    const char *at = g_bytes_get_data(bytes, &length);

    g_assert_nonnull(memmem(at, length, "the agent says  ]0;x  2J, \xc3\xa4", 28));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/rpcframe/the bytes are libvirt's", testBytesAreLibvirts);
    g_test_add_func("/rpcframe/frames come in pieces of any size", testPiecesOfAnySize);
    for (size_t i = 0; i < G_N_ELEMENTS(testLengths); i++) {
        g_autofree char *path = g_strconcat("/rpcframe/", testLengths[i].name, NULL);

        g_test_add_data_func(path, &testLengths[i], testLengthIsChecked);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(testPayloads); i++) {
        g_autofree char *path = g_strconcat("/rpcframe/payload: ", testPayloads[i].name, NULL);

        g_test_add_data_func(path, &testPayloads[i], testPayloadIsChecked);
    }
    g_test_add_func("/rpcframe/the longest text goes, one more byte or none at all does not",
                    testLongestTextAndOneMore);
    g_test_add_func("/rpcframe/a message that is too long is an error", testMessageTooLong);
    g_test_add_func("/rpcframe/a message as long as can be has no room for descriptors",
                    testFullMessage);
    g_test_add_func("/rpcframe/a reader's memory has an end, and is given back",
                    testReaderGivesBack);
    g_test_add_func("/rpcframe/an error has libvirt's fields", testErrorOnTheWire);
    g_test_add_func("/rpcframe/a long error text is cut", testErrorsAreCut);
    g_test_add_func("/rpcframe/an error text is one line", testErrorsAreOneLine);
    g_test_add_func("/rpcframe/an error has a code", testErrorsHaveACode);
    g_test_add_func("/rpcframe/an error text commands no terminal", testErrorsAreHarmless);
    g_test_add_func("/rpcframe/what an error quotes is cut between characters",
                    testQuotedTextIsCut);
    return g_test_run();
}
