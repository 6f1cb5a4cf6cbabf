/*
 * qemu_answer.c: reading what guest agents answer, who are not trusted
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "qemu_answer.h"
#include "virerror.h"
#include "virgettext.h"

#define VIR_FROM_THIS VIR_FROM_QEMU

/* Whether JSON has an escaped NUL, which would end a text before its end. */
static bool
qemuAnswerHasNUL(const char *text)
{
    for (; (text = strchr(text, '\\')); text += 2) {
        if (g_str_has_prefix(text, "\\u0000"))
            return true;
        if (text[1] == '\0')
            break;
    }
    return false;
}

int
qemuAnswerRefuse(const qemuAnswer *answer, const char *what)
{
    virReportError(
        VIR_ERR_OPERATION_FAILED,
        _("the agent of guest '%1$s' answers '%2$s' with nonsense: its %3$s is not as it "
          "has to be"),
        answer->guest, answer->command, what);
    return -1;
}

int
qemuAnswerInit(qemuAnswer *answer, const char *guest, const char *command, const char *reply)
{
    qemuAnswer result = {.guest = g_strdup(guest), .command = g_strdup(command)};

    result.node = json_from_string(reply, NULL);
    if (!result.node || !JSON_NODE_HOLDS_OBJECT(result.node) || qemuAnswerHasNUL(reply)) {
        qemuAnswerRefuse(&result, "JSON");
        qemuAnswerClear(&result);
        return -1;
    }
    result.value = json_object_get_member(json_node_get_object(result.node), "return");
    *answer = result;
    return 0;
}

void
qemuAnswerClear(qemuAnswer *answer)
{
    g_clear_pointer(&answer->guest, g_free);
    g_clear_pointer(&answer->command, g_free);
    g_clear_pointer(&answer->node, json_node_unref);
    answer->value = NULL;
}

static bool
qemuAnswerIs(JsonNode *node, GType type)
{
    return node && JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == type;
}

static bool
qemuAnswerIsText(JsonNode *node)
{
    return qemuAnswerIs(node, G_TYPE_STRING) &&
           g_utf8_validate(json_node_get_string(node), -1, NULL);
}

int
qemuAnswerGetNumber(const qemuAnswer *answer, gint64 min, gint64 *value)
{
    if (!qemuAnswerIs(answer->value, G_TYPE_INT64) || json_node_get_int(answer->value) < min)
        return qemuAnswerRefuse(answer, "return");
    *value = json_node_get_int(answer->value);
    return 0;
}

int
qemuAnswerGetObject(const qemuAnswer *answer, JsonObject **value)
{
    if (!answer->value || !JSON_NODE_HOLDS_OBJECT(answer->value))
        return qemuAnswerRefuse(answer, "return");
    *value = json_node_get_object(answer->value);
    return 0;
}

int
qemuAnswerGetArray(const qemuAnswer *answer, guint max, JsonArray **value)
{
    if (!answer->value || !JSON_NODE_HOLDS_ARRAY(answer->value) ||
        json_array_get_length(json_node_get_array(answer->value)) > max)
        return qemuAnswerRefuse(answer, "return");
    *value = json_node_get_array(answer->value);
    return 0;
}

int
qemuAnswerGetElement(const qemuAnswer *answer, JsonArray *array, guint i, JsonObject **value)
{
    JsonNode *node = json_array_get_element(array, i);

    if (!JSON_NODE_HOLDS_OBJECT(node))
        return qemuAnswerRefuse(answer, "list");
    *value = json_node_get_object(node);
    return 0;
}

int
qemuAnswerGetElementText(const qemuAnswer *answer, JsonArray *array, guint i, const char **value)
{
    JsonNode *node = json_array_get_element(array, i);

    if (!qemuAnswerIsText(node))
        return qemuAnswerRefuse(answer, "list");
    *value = json_node_get_string(node);
    return 0;
}

int
qemuAnswerGetText(const qemuAnswer *answer, JsonObject *object, const char *what,
                  const char **value)
{
    JsonNode *node = json_object_get_member(object, what);

    if (!qemuAnswerIsText(node))
        return qemuAnswerRefuse(answer, what);
    *value = json_node_get_string(node);
    return 0;
}

int
qemuAnswerFindText(const qemuAnswer *answer, JsonObject *object, const char *what,
                   const char **value)
{
    if (json_object_has_member(object, what))
        return qemuAnswerGetText(answer, object, what, value);
    *value = NULL;
    return 0;
}

int
qemuAnswerFindArray(const qemuAnswer *answer, JsonObject *object, const char *what,
                    JsonArray **value)
{
    JsonNode *node = json_object_get_member(object, what);

    if (node && !JSON_NODE_HOLDS_ARRAY(node))
        return qemuAnswerRefuse(answer, what);
    *value = node ? json_node_get_array(node) : NULL;
    return 0;
}

int
qemuAnswerGetInt(const qemuAnswer *answer, JsonObject *object, const char *what,
                 const qemuAnswerRange *range, gint64 *value)
{
    JsonNode *node = json_object_get_member(object, what);
    gint64 number;

    if (!qemuAnswerIs(node, G_TYPE_INT64))
        return qemuAnswerRefuse(answer, what);
    number = json_node_get_int(node);
    if (number < range->min || number > range->max)
        return qemuAnswerRefuse(answer, what);
    *value = number;
    return 0;
}

int
qemuAnswerGetBoolean(const qemuAnswer *answer, JsonObject *object, const char *what, bool *value)
{
    JsonNode *node = json_object_get_member(object, what);

    if (!qemuAnswerIs(node, G_TYPE_BOOLEAN))
        return qemuAnswerRefuse(answer, what);
    *value = json_node_get_boolean(node);
    return 0;
}
