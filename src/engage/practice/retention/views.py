"""Pages under Access: how long records are kept, what is held, and plans to destroy.

Whoever has no business here is told so before anything is looked up.
"""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from engage.practice.access.doors import staff_page
from engage.practice.access.views import links

from . import actions, permissions, queries, tables
from .forms import AdoptForm, BecauseForm, HoldForm, PlanForm
from .models import Hold, Plan, PlanItem, Schedule

HERE = tables.HERE


def _page(request: HttpRequest, template: str, context: dict) -> TemplateResponse:
    return TemplateResponse(
        request,
        f"retention/{template}.html",
        {"current_section": "access", "access_links": links(request.staff), "here": HERE, **context},
    )


@require_safe
@staff_page("retention")
def overview(request: HttpRequest) -> HttpResponse:
    permissions.may_keep_schedules(request.staff).enforce()
    agencies = permissions.agencies_kept_by(request.staff)
    held = queries.holds(request.staff)
    in_force = [one for one in held if not one.ended_at]
    plans = queries.plans(request.staff)
    late = queries.not_carried_out(plans, request.staff, request.now)
    return _page(
        request,
        "overview",
        {
            "plans": tables.plans_table(plans, late),
            "schedules": tables.schedules_table(queries.schedules_in_force(agencies)),
            "holds": tables.holds_table("Holds in force", in_force, "Nothing is held."),
            "ended": tables.holds_table("Holds that ended", [one for one in held if one.ended_at], "None."),
            "form": PlanForm(agencies=agencies),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page("adopt_retention_period")
def adopt(request: HttpRequest) -> HttpResponse:
    permissions.may_keep_schedules(request.staff).enforce()
    agencies = permissions.agencies_kept_by(request.staff)
    form = AdoptForm(request.POST if request.method == "POST" else None, agencies=agencies)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        proposal = queries.proposal_named(said["proposal"])
        actions.adopt(
            form.agency_named(), register=proposal.register, kind=proposal.kind, years=said["years"] or proposal.years,
            counted_from=proposal.counted_from, legal_basis=said["legal_basis"],
            verification=proposal.verification if said["years"] in (None, proposal.years) else "set by the agency",
            by=request.staff, now=request.now,
        )  # fmt: skip
        messages.success(
            request, "Adopted. Nothing is destroyed until a plan is made and two people have approved it."
        )
        return redirect("retention:overview")
    return _page(request, "adopt", {"form": form, "back_link": HERE})


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page("end_retention_period")
def end_schedule(request: HttpRequest, schedule_id: UUID) -> HttpResponse:
    permissions.may_keep_schedules(request.staff).enforce()
    agencies = permissions.agencies_kept_by(request.staff)
    schedule = Schedule.objects.select_related("agency").get(pk=schedule_id, agency__in=agencies)
    if request.method == "POST":
        actions.end_schedule(schedule_id, by=request.staff, now=request.now)
        messages.success(request, "Ended. Records of this kind are kept without an end again.")
        return redirect("retention:overview")
    return _page(request, "end_schedule", {"schedule": schedule, "back_link": HERE})


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page("place_hold")
def new_hold(request: HttpRequest) -> HttpResponse:
    permissions.may_keep_schedules(request.staff).enforce()
    agencies = permissions.agencies_kept_by(request.staff)
    form = HoldForm(request.POST if request.method == "POST" else None, agencies=agencies)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        placed = actions.place_hold(
            form.agency_named(), scope=said["scope"], kind=said["kind"], reason=said["reason"],
            notice_reference=said["notice_reference"], reference=said.get("reference") or "", by=request.staff,
            now=request.now,
        )  # fmt: skip
        messages.success(request, "Held from now on, also what a plan lists already.")
        return redirect("retention:hold", hold_id=placed.pk)
    return _page(request, "new_hold", {"form": form, "back_link": HERE})


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page("read_hold")
def hold(request: HttpRequest, hold_id: UUID) -> HttpResponse:
    permissions.may_keep_schedules(request.staff).enforce()
    found = (
        Hold.objects.visible_to(request.staff)
        .select_related("agency", "placed_by", "end_asked_by", "ended_by")
        .get(pk=hold_id)
    )
    form = BecauseForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        permissions.may_ask_to_end(request.staff, found).enforce()
        if form.is_valid():
            actions.ask_to_end(
                hold_id, because=form.cleaned_data["because"], by=request.staff, now=request.now
            )
            messages.success(request, "Asked for. It holds until somebody else ends it.")
            return redirect("retention:hold", hold_id=hold_id)
    return _page(
        request,
        "hold",
        {
            "breadcrumbs": [("Keep and destroy", HERE), (found.get_kind_display(), "")],
            "hold": found,
            "rows": tables.hold_rows(found),
            "state": tables.hold_state(found),
            "may_end": permissions.may_end(request.staff, found),
            "form": form,
        },
    )


@require_POST
@staff_page("end_hold")
def end_hold(request: HttpRequest, hold_id: UUID) -> HttpResponse:
    permissions.may_keep_schedules(request.staff).enforce()
    actions.end_hold(hold_id, by=request.staff, now=request.now)
    messages.success(request, "Ended by two: it holds nothing any more.")
    return redirect("retention:hold", hold_id=hold_id)


@require_POST
@staff_page("plan_destruction")
def make_plan(request: HttpRequest) -> HttpResponse:
    permissions.may_keep_schedules(request.staff).enforce()
    form = PlanForm(request.POST, agencies=permissions.agencies_kept_by(request.staff))
    if not form.is_valid():
        return redirect("retention:overview")
    made = actions.make_plan(form.agency_named(), by=request.staff, now=request.now)
    return redirect("retention:plan", plan_id=made.pk)


@require_safe
@staff_page("read_plan")
def plan(request: HttpRequest, plan_id: UUID) -> HttpResponse:
    permissions.may_keep_schedules(request.staff).enforce()
    found = Plan.objects.visible_to(request.staff).select_related("agency", "planned_by").get(pk=plan_id)
    return _plan_page(request, found)


def _plan_page(request: HttpRequest, found: Plan, form: BecauseForm | None = None) -> HttpResponse:
    given = queries.approvals_of(found, request.staff)
    kept = request.GET.get("list") == "kept"
    outcome = PlanItem.Outcome.KEPT if kept else PlanItem.Outcome.DESTROY
    number = request.GET.get("page")
    page = queries.items_shown(found, request.staff, outcome, number) if found.is_open else None
    caption = "Kept, of those that you see" if kept else "Would be destroyed"
    return _page(
        request,
        "plan",
        {
            "breadcrumbs": [("Keep and destroy", HERE), (found.agency.name, "")],
            "plan": found,
            "state": found.get_state_display(),
            "state_colour": tables.STATE_COLOURS[found.state],
            "rows": tables.plan_rows(found, given, queries.cooled_at(found, given)),
            "reasons": tables.reasons_table(found),
            "page": page,
            "items": tables.items_table(caption, page, "None.") if page is not None else None,
            "kept": kept,
            "may_approve": permissions.may_approve(request.staff, found, given),
            "is_first": not given,
            "may_close": permissions.may_close(request.staff, found),
            "form": form or BecauseForm(),
        },
    )


@require_POST
@staff_page("approve_destruction", step_up=True)
def approve(request: HttpRequest, plan_id: UUID) -> HttpResponse:
    permissions.may_keep_schedules(request.staff).enforce()
    try:
        settled = actions.approve(
            plan_id, seen=request.POST.get("seen", ""), by=request.staff, now=request.now
        )
    except actions.EffectHasChanged as problem:
        messages.error(request, str(problem))
    else:
        messages.success(
            request,
            "Approved by two: the cooling-off begins."
            if settled.state == Plan.State.APPROVED
            else "Your approval is kept. Somebody else gives the second.",
        )
    return redirect("retention:plan", plan_id=plan_id)


@require_POST
@staff_page("close_plan")
def close(request: HttpRequest, plan_id: UUID) -> HttpResponse:
    permissions.may_keep_schedules(request.staff).enforce()
    form = BecauseForm(request.POST)
    if not form.is_valid():
        found = Plan.objects.visible_to(request.staff).select_related("agency", "planned_by").get(pk=plan_id)
        return _plan_page(request, found, form)
    actions.close(plan_id, because=form.cleaned_data["because"], by=request.staff, now=request.now)
    messages.success(request, "Closed: nothing of it is destroyed.")
    return redirect("retention:plan", plan_id=plan_id)
