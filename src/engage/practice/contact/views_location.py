"""Protecting where a child is: the lead names who may know."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_http_methods

from engage.practice.access.doors import staff_page
from engage.practice.agencies.models import Staff
from engage.practice.people.actions import lift_location, protect_location
from engage.practice.people.permissions import may_restrict
from engage.practice.people.queries import location_kept_back, resolve_person

from .forms import LiftLocationForm, LocationForm
from .views import base_of, colleagues, done, page_of


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page("protect_location")
def protect(request: HttpRequest, person_id: UUID) -> HttpResponse:
    person_id = resolve_person(person_id, request.staff)
    may_restrict(request.staff).enforce()
    standing = location_kept_back(person_id, request.staff)
    initial = standing and {"reason": standing.reason, "named": [str(one.pk) for one in standing.named]}
    form = LocationForm(
        request.POST if request.method == "POST" else None,
        colleagues=_those_at_work(request.staff),
        initial=initial or None,
    )

    def keep() -> None:
        protect_location(
            person_id=person_id,
            reason=form.cleaned_data["reason"],
            named=form.people_named(),
            by=request.staff,
            now=request.now,
        )

    if request.method == "POST" and form.is_valid() and done(form, keep):
        messages.success(request, "Saved: from now on you and those named alone see where this child is.")
        return redirect("contact:contact", person_id=person_id)
    return TemplateResponse(
        request,
        "contact/location.html",
        page_of(request, person_id) | {"form": form, "standing": standing},
    )


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page("lift_location")
def lift(request: HttpRequest, person_id: UUID) -> HttpResponse:
    person_id = resolve_person(person_id, request.staff)
    may_restrict(request.staff).enforce()
    if location_kept_back(person_id, request.staff) is None:
        return redirect("contact:location", person_id=person_id)
    form = LiftLocationForm(request.POST if request.method == "POST" else None)

    def open_again() -> None:
        lift_location(
            person_id=person_id, reason=form.cleaned_data["reason"], by=request.staff, now=request.now
        )

    if request.method == "POST" and form.is_valid() and done(form, open_again):
        messages.success(
            request, "Lifted: where this child is is seen again like anything else of the child."
        )
        return redirect("contact:contact", person_id=person_id)
    return TemplateResponse(
        request,
        "contact/form.html",
        page_of(request, person_id)
        | {
            "form": form,
            "title": "No longer protect where the child is",
            "button": "Lift it",
            "back_link": f"{base_of(person_id)}location/",
        },
    )


def _those_at_work(by: Staff) -> list[Staff]:
    """Of any agency: who works with the child need not be of the manager's team."""
    return [one for one in colleagues(by) if one.role not in NEVER_SEE_A_CHILD]


NEVER_SEE_A_CHILD = {"sys_admin", "board_analyst", "dpo_audit", "inquiry_liaison"}
