"""Protecting where a child is: the lead names who may know."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_http_methods

from engage.practice.access.doors import staff_page
from engage.practice.access.gate import acting
from engage.practice.agencies.models import Staff
from engage.practice.people.actions import few_named, lift_location, name_for_location, protect_location
from engage.practice.people.permissions import (
    may_be_named_for_location,
    may_name_for_location,
    may_restrict,
)
from engage.practice.people.queries import location_kept_back, resolve_person

from .forms import LiftLocationForm, LocationForm, OneMoreForm
from .tables import few_named_table
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


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page("protected_locations")
def few(request: HttpRequest) -> HttpResponse:
    """For the lead: protected addresses that hardly anybody may open any more. Nothing here tells of which child."""
    by = request.staff
    may_name_for_location(by).enforce()
    found = few_named(by, request.now)
    acting().kinds_read.add("access.protectedlocation")
    form = OneMoreForm(
        request.POST if request.method == "POST" else None, few=found, colleagues=_those_at_work(by)
    )

    def name() -> None:
        said = form.cleaned_data
        name_for_location(
            location_id=UUID(said["location"]), colleague=form.colleagues[said["colleague"]], reason=said["reason"],
            by=by, now=request.now,
        )  # fmt: skip

    if request.method == "POST" and form.is_valid() and done(form, name):
        messages.success(request, "Named, and told so on Today.")
        return redirect("contact:few_named")
    return TemplateResponse(
        request,
        "contact/few_named.html",
        {
            "current_section": "access",
            "back_link": "/today/",
            "table": few_named_table(found),
            "form": form if found else None,
        },
    )


def _those_at_work(by: Staff) -> list[Staff]:
    return [one for one in colleagues(by) if may_be_named_for_location(one)]
