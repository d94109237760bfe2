"""Something reached the wrong person: say so, and see what was done about it."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_http_methods, require_safe

from engage.practice.access.doors import staff_page
from engage.practice.access.gate import NotPermitted
from engage.practice.sharing.queries import register

from . import actions, permissions, queries, tables
from .forms import BreachForm, StepForm


@require_safe
@staff_page("breaches")
def breaches(request: HttpRequest) -> HttpResponse:
    found = list(queries.breaches(request.staff)[:100])
    return TemplateResponse(
        request,
        "breaches/breaches.html",
        {"current_section": "sharing", "table": tables.breaches_table(found, request.now)},
    )


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page("open_breach")
def new(request: HttpRequest) -> HttpResponse:
    return _new(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page("open_breach_of_disclosure")
def of_disclosure(request: HttpRequest, disclosure_id: UUID) -> HttpResponse:
    return _new(request, register(request.staff).get(pk=disclosure_id).pk)


def _new(request: HttpRequest, disclosure_id: UUID | None) -> HttpResponse:
    permissions.may_open(request.staff).enforce()
    form = BreachForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.open_breach(
                **form.cleaned_data, disclosure_id=disclosure_id, by=request.staff, now=request.now
            )
        except NotPermitted as refusal:
            form.add_error("noticed_at", str(refusal))
        else:
            messages.success(request, f"Opened: {made.owner.name} has it on Today until it is closed.")
            return redirect("breaches:breach", breach_id=made.pk)
    back = f"/sharing/{disclosure_id}/" if disclosure_id else "/breaches/"
    return TemplateResponse(
        request, "breaches/new.html", {"current_section": "sharing", "back_link": back, "form": form}
    )


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page("read_breach")
def breach(request: HttpRequest, breach_id: UUID) -> HttpResponse:
    found = queries.breaches(request.staff).get(pk=breach_id)
    steps = queries.steps_of(found, request.staff)
    may_step = permissions.may_take_steps(request.staff, found)
    form = StepForm(request.POST if request.method == "POST" else None, left=queries.steps_left(steps))
    if request.method == "POST":
        may_step.enforce()
        if form.is_valid():
            actions.take_step(
                breach_id, kind=form.cleaned_data["kind"], words=form.cleaned_data["words"], told=form.told(),
                by=request.staff, now=request.now,
            )  # fmt: skip
            messages.success(request, "Kept.")
            return redirect("breaches:breach", breach_id=breach_id)
    return TemplateResponse(
        request,
        "breaches/breach.html",
        {
            "current_section": "sharing",
            "back_link": "/breaches/",
            "breach": found,
            "state": tables.state_cell(found, request.now),
            "rows": tables.breach_rows(found, steps),
            "may_step": may_step,
            "form": form,
        },
    )
