/*
 * qemu_answer.h: reading what guest agents answer, who are not trusted
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stdbool.h>

#include <json-glib/json-glib.h>

/* What an agent has answered. All that is taken out of it is of the type that is asked for, and
 * texts are UTF-8 without NUL. */
typedef struct {
    char *guest;   /* name, for messages */
    char *command; /* likewise */
    JsonNode *node;
    JsonNode *value; /* what is returned; borrowed from @node */
} qemuAnswer;

/**
 * qemuAnswerInit:
 * @reply: of an agent, as of qemuAgentCommand()
 *
 * Errors: OPERATION_FAILED if there is a text with a NUL in it.
 * Returns: 0, or -1 with an error reported; qemuAnswerClear() @answer after success
 */
int qemuAnswerInit(qemuAnswer *answer, const char *guest, const char *command, const char *reply)
    G_GNUC_WARN_UNUSED_RESULT;

void qemuAnswerClear(qemuAnswer *answer);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(qemuAnswer, qemuAnswerClear)

/*
 * Parts of an answer. @what, for messages, is the agent's own name of a part (not translated). All
 * return 0, or -1 with OPERATION_FAILED reported and @value untouched.
 */

/* Reports that @what is not as it should be; -1. */
int qemuAnswerRefuse(const qemuAnswer *answer, const char *what);

/* The answer itself: a number of at least @min. */
int
qemuAnswerGetNumber(const qemuAnswer *answer, gint64 min, gint64 *value) G_GNUC_WARN_UNUSED_RESULT;

/* The answer itself: an object, or an array of at most @max elements; borrowed. */
int qemuAnswerGetObject(const qemuAnswer *answer, JsonObject **value) G_GNUC_WARN_UNUSED_RESULT;
int qemuAnswerGetArray(const qemuAnswer *answer, guint max, JsonArray **value)
    G_GNUC_WARN_UNUSED_RESULT;

/* An element: an object; borrowed. */
int qemuAnswerGetElement(const qemuAnswer *answer, JsonArray *array, guint i, JsonObject **value)
    G_GNUC_WARN_UNUSED_RESULT;

/* An element: a text; borrowed. */
int qemuAnswerGetElementText(const qemuAnswer *answer, JsonArray *array, guint i,
                             const char **value) G_GNUC_WARN_UNUSED_RESULT;

/* A text; borrowed. One that may be absent is NULL then. */
int qemuAnswerGetText(const qemuAnswer *answer, JsonObject *object, const char *what,
                      const char **value) G_GNUC_WARN_UNUSED_RESULT;
int qemuAnswerFindText(const qemuAnswer *answer, JsonObject *object, const char *what,
                       const char **value) G_GNUC_WARN_UNUSED_RESULT;

/* An array of any length, borrowed; NULL if it is absent. */
int qemuAnswerFindArray(const qemuAnswer *answer, JsonObject *object, const char *what,
                        JsonArray **value) G_GNUC_WARN_UNUSED_RESULT;

/* The smallest and the largest number that are right. */
typedef struct {
    gint64 min;
    gint64 max;
} qemuAnswerRange;

int qemuAnswerGetInt(const qemuAnswer *answer, JsonObject *object, const char *what,
                     const qemuAnswerRange *range, gint64 *value) G_GNUC_WARN_UNUSED_RESULT;
int qemuAnswerGetBoolean(const qemuAnswer *answer, JsonObject *object, const char *what,
                         bool *value) G_GNUC_WARN_UNUSED_RESULT;
