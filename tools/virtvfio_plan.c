/*
 * virtvfio_plan.c: what bind would do, did, or cannot do, as text and as JSON
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "virerror.h"
#include "virgettext.h"
#include "virstring.h"
#include "virtvfio_json.h"
#include "virtvfio_output.h"
#include "virtvfio_plan.h"

#define VIR_FROM_THIS VIR_FROM_NONE

typedef enum {
    VIRTVFIO_ACTION_LOAD,
    VIRTVFIO_ACTION_OVERRIDE,
    VIRTVFIO_ACTION_UNBIND,
    VIRTVFIO_ACTION_PROBE,
    VIRTVFIO_ACTION_LAST,
} virtvfioAction;

VIR_ENUM_DECL(virtvfioAction);
VIR_ENUM_IMPL(virtvfioAction, VIRTVFIO_ACTION_LAST, "load-module", "driver-override", "unbind",
              "probe");

/* One thing to be done with a device; @name is borrowed, and NULL if only loading the module will
 * tell the driver. */
typedef struct {
    virtvfioAction action;
    const char *name;
} virtvfioPlanStep;

static bool
virtvfioPlanIsBlocked(const virPCIBindPlan *plan, const virPCIBindItem *item)
{
    for (guint i = 0; i < plan->blockers->len; i++) {
        const virPCIBlocker *blocker = &g_array_index(plan->blockers, virPCIBlocker, i);

        if (strcmp(blocker->device, virPCIDeviceGetName(item->dev)) == 0)
            return true;
    }
    return false;
}

/* In order; none for a device that stays or cannot be bound. Caller unrefs. */
static GArray *
virtvfioPlanListSteps(const virPCIBindPlan *plan, const virPCIBindItem *item)
{
    const virtvfioPlanStep all[] = {
        {VIRTVFIO_ACTION_LOAD, item->module},
        {VIRTVFIO_ACTION_OVERRIDE, item->driver},
        {VIRTVFIO_ACTION_UNBIND, item->binding.driver},
        {VIRTVFIO_ACTION_PROBE, item->driver},
    };
    GArray *steps = g_array_new(FALSE, FALSE, sizeof(virtvfioPlanStep));

    if (item->keep || virtvfioPlanIsBlocked(plan, item))
        return steps;
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
        if ((all[i].action == VIRTVFIO_ACTION_LOAD && !item->load) ||
            (all[i].action == VIRTVFIO_ACTION_UNBIND && !item->binding.driver))
            continue;
        g_array_append_val(steps, all[i]);
    }
    return steps;
}

/* "the driver of module M" where nobody can know more. */
static char *
virtvfioPlanDescribeDriver(const virPCIBindItem *item)
{
    if (item->driver)
        return virStringPrintable(item->driver);
    return virFormat(_("the driver of module %1$s"), item->module);
}

static char *
virtvfioPlanDescribeCurrent(const virPCIBindItem *item)
{
    return item->binding.driver ? virStringPrintable(item->binding.driver)
                                : g_strdup(_("no driver"));
}

static void
virtvfioPlanAppendStep(GString *out, const virPCIBindItem *item, const virtvfioPlanStep *step)
{
    g_autofree char *target = virtvfioPlanDescribeDriver(item);
    g_autofree char *current = virtvfioPlanDescribeCurrent(item);

    switch (step->action) {
    case VIRTVFIO_ACTION_LOAD:
        virAppend(out, _("  load module %1$s\n"), item->module);
        break;
    case VIRTVFIO_ACTION_OVERRIDE:
        virAppend(out, _("  set driver_override to %1$s\n"), target);
        break;
    case VIRTVFIO_ACTION_UNBIND:
        virAppend(out, _("  unbind from %1$s\n"), current);
        break;
    case VIRTVFIO_ACTION_PROBE:
    case VIRTVFIO_ACTION_LAST:
    default:
        virAppend(out, _("  probe, and see that %1$s takes it\n"), target);
        break;
    }
}

static void
virtvfioPlanAppendItem(GString *out, const virPCIBindPlan *plan, const virPCIBindItem *item)
{
    const char *name = virPCIDeviceGetName(item->dev);
    g_autofree char *current = virtvfioPlanDescribeCurrent(item);
    g_autoptr(GArray) steps = virtvfioPlanListSteps(plan, item);
    g_autofree char *target = NULL;

    if (virtvfioPlanIsBlocked(plan, item)) {
        virAppend(out, _("%1$s: on %2$s, and cannot be bound: see below\n"), name, current);
    } else if (item->keep) {
        virAppend(out, _("%1$s: nothing to do: already on %2$s\n"), name, current);
    } else {
        target = virtvfioPlanDescribeDriver(item);
        g_string_append_printf(out, "%s: %s -> %s\n", name, current, target);
    }
    for (guint i = 0; i < steps->len; i++)
        virtvfioPlanAppendStep(out, item, &g_array_index(steps, virtvfioPlanStep, i));
}

/* The remedy is on a line of its own. */
static char *
virtvfioPlanFormatBlockers(const virPCIBindPlan *plan)
{
    GString *out = g_string_new(NULL);

    for (guint i = 0; i < plan->blockers->len; i++) {
        const virPCIBlocker *blocker = &g_array_index(plan->blockers, virPCIBlocker, i);
        g_autofree char *message = virStringPrintable(blocker->message);
        g_autofree char *remedy = virStringPrintable(blocker->remedy);

        g_string_append_printf(out, "  %s: %s\n    %s\n",
                               virPCIBlockerCodeToString((int)blocker->code), message, remedy);
    }
    return g_string_free(out, FALSE);
}

static int
virtvfioPlanPrintText(const virPCIBindPlan *plan)
{
    g_autoptr(GString) out = g_string_new(NULL);
    g_autofree char *blockers = virtvfioPlanFormatBlockers(plan);

    for (guint i = 0; i < plan->items->len; i++)
        virtvfioPlanAppendItem(out, plan, g_ptr_array_index(plan->items, i));
    if (plan->blockers->len > 0)
        g_string_append_printf(out, "%s\n%s", _("In the way:"), blockers);
    return virtvfioWrite(out->str);
}

/* The guard that a blocker yields to is named like its code. */
static const char *
virtvfioPlanGetForce(const virPCIBlocker *blocker)
{
    const char *name = virPCIBlockerCodeToString((int)blocker->code);

    return virPCIGuardFromString(name) < 0 ? NULL : name;
}

static void
virtvfioPlanAddBlockers(JsonBuilder *builder, const virPCIBindPlan *plan)
{
    json_builder_set_member_name(builder, "blockers");
    json_builder_begin_array(builder);
    for (guint i = 0; i < plan->blockers->len; i++) {
        const virPCIBlocker *blocker = &g_array_index(plan->blockers, virPCIBlocker, i);

        json_builder_begin_object(builder);
        virtvfioJSONAddText(builder, "code", virPCIBlockerCodeToString((int)blocker->code));
        virtvfioJSONAddText(builder, "address", blocker->device);
        virtvfioJSONAddText(builder, "driver", blocker->driver);
        virtvfioJSONAddNumber(builder, "iommu_group", blocker->group);
        virtvfioJSONAddText(builder, "holder", blocker->holder);
        virtvfioJSONAddText(builder, "force", virtvfioPlanGetForce(blocker));
        virtvfioJSONAddText(builder, "message", blocker->message);
        virtvfioJSONAddText(builder, "remedy", blocker->remedy);
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
}

/* Members of a device that the plan and its result share. */
static void
virtvfioPlanAddItem(JsonBuilder *builder, const virPCIBindItem *item)
{
    virtvfioJSONAddText(builder, "address", virPCIDeviceGetName(item->dev));
    virtvfioJSONAddText(builder, "from", item->binding.driver);
    virtvfioJSONAddText(builder, "to", item->driver);
    virtvfioJSONAddBool(builder, "changed", !item->keep);
}

static void
virtvfioPlanAddSteps(JsonBuilder *builder, const virPCIBindPlan *plan, const virPCIBindItem *item)
{
    g_autoptr(GArray) steps = virtvfioPlanListSteps(plan, item);

    json_builder_set_member_name(builder, "steps");
    json_builder_begin_array(builder);
    for (guint i = 0; i < steps->len; i++) {
        const virtvfioPlanStep *step = &g_array_index(steps, virtvfioPlanStep, i);

        json_builder_begin_object(builder);
        virtvfioJSONAddText(builder, "action", virtvfioActionToString((int)step->action));
        virtvfioJSONAddText(builder, "name", step->name);
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
}

static int
virtvfioPlanPrintJSON(const virPCIBindPlan *plan)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();

    json_builder_begin_object(builder);
    virtvfioJSONAddBool(builder, "possible", plan->blockers->len == 0);
    json_builder_set_member_name(builder, "devices");
    json_builder_begin_array(builder);
    for (guint i = 0; i < plan->items->len; i++) {
        const virPCIBindItem *item = g_ptr_array_index(plan->items, i);

        json_builder_begin_object(builder);
        virtvfioPlanAddItem(builder, item);
        virtvfioJSONAddText(builder, "module", item->module);
        virtvfioPlanAddSteps(builder, plan, item);
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
    virtvfioPlanAddBlockers(builder, plan);
    json_builder_end_object(builder);
    return virtvfioJSONWrite(builder);
}

int
virtvfioPlanPrint(const virtvfioContext *ctx, const virPCIBindPlan *plan)
{
    return ctx->json ? virtvfioPlanPrintJSON(plan) : virtvfioPlanPrintText(plan);
}

static int
virtvfioPlanPrintDoneJSON(const virPCIBindPlan *plan)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();

    json_builder_begin_object(builder);
    json_builder_set_member_name(builder, "devices");
    json_builder_begin_array(builder);
    for (guint i = 0; i < plan->items->len; i++) {
        json_builder_begin_object(builder);
        virtvfioPlanAddItem(builder, g_ptr_array_index(plan->items, i));
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
    json_builder_end_object(builder);
    return virtvfioJSONWrite(builder);
}

int
virtvfioPlanPrintDone(const virtvfioContext *ctx, const virPCIBindPlan *plan)
{
    g_autoptr(GString) out = g_string_new(NULL);

    if (ctx->json)
        return virtvfioPlanPrintDoneJSON(plan);
    for (guint i = 0; i < plan->items->len; i++) {
        const virPCIBindItem *item = g_ptr_array_index(plan->items, i);
        const char *name = virPCIDeviceGetName(item->dev);
        g_autofree char *from = virtvfioPlanDescribeCurrent(item);
        g_autofree char *to = virtvfioPlanDescribeDriver(item);

        if (item->keep)
            virAppend(out, _("%1$s is on %2$s already\n"), name, to);
        else
            g_string_append_printf(out, "%s: %s -> %s\n", name, from, to);
    }
    return virtvfioWrite(out->str);
}

/* One short sentence; the blockers are beside it, and not in it. */
static void
virtvfioPlanReportRefusal(const virPCIBindPlan *plan)
{
    guint n = plan->blockers->len;
    int code = VIR_ERR_OK;

    if (virPCIBindPlanCheck(plan) < 0)
        code = virErrorGetLast()->code;
    virReportError(code,
                   P_("nothing was changed: %1$u thing is in the way",
                      "nothing was changed: %1$u things are in the way", n),
                   n);
}

void
virtvfioPlanPrintRefusal(const virtvfioContext *ctx, const virPCIBindPlan *plan)
{
    g_autofree char *blockers = virtvfioPlanFormatBlockers(plan);

    virtvfioPlanReportRefusal(plan);
    g_printerr("virtvfio: %s\n%s", virErrorGetMessage(), blockers);
    if (ctx->json) {
        g_autoptr(JsonBuilder) builder = json_builder_new();

        json_builder_begin_object(builder);
        json_builder_set_member_name(builder, "error");
        json_builder_begin_object(builder);
        virtvfioJSONAddError(builder, virErrorGetLast());
        virtvfioPlanAddBlockers(builder, plan);
        json_builder_end_object(builder);
        json_builder_end_object(builder);
        /* If that fails, the exit status and standard error have told already. */
        (void)!virtvfioJSONWrite(builder);
    }
    virErrorReset();
}
