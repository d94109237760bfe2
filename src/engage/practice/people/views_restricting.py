"""Restricting a child to those named, and conflicts of interest."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from engage.practice.access.doors import staff_page
from engage.practice.agencies.models import Staff

from . import actions, permissions, queries
from .forms import ConflictForm, LiftForm, RestrictionForm


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page("restrict_child")
def restriction(request: HttpRequest, person_id: UUID) -> HttpResponse:
    person_id = queries.resolve_person(person_id, request.staff)
    permissions.may_restrict(request.staff).enforce()
    now_restricted = queries.restriction_of(person_id, request.staff)
    colleagues = _colleagues(request.staff)
    initial = now_restricted and {
        "kind": now_restricted.kind,
        "reason": now_restricted.reason,
        "named": [str(one.pk) for one in now_restricted.named],
    }
    form = RestrictionForm(
        request.POST if request.method == "POST" else None, colleagues=colleagues, initial=initial or None
    )
    if request.method == "POST" and form.is_valid():
        actions.restrict(
            person_id=person_id,
            kind=form.cleaned_data["kind"],
            reason=form.cleaned_data["reason"],
            named=form.people_named(),
            by=request.staff,
            now=request.now,
        )
        messages.success(request, "Saved: from now on you and those named alone see anything of this child.")
        return redirect(f"/children/{person_id}/")
    return TemplateResponse(
        request,
        "people/restriction.html",
        {
            "back_link": f"/children/{person_id}/",
            "shown": queries.shown_identity([person_id], request.staff)[person_id],
            "restricted": now_restricted,
            "form": form,
            "lift_url": reverse("people:lift_restriction", args=[person_id]),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page("conflict_of_interest")
def conflict(request: HttpRequest, person_id: UUID) -> HttpResponse:
    person_id = queries.resolve_person(person_id, request.staff)
    standing = {str(one.staff_id): one for one in queries.conflicts_of(person_id, request.staff)}
    form = ConflictForm(
        request.POST if request.method == "POST" and "unbar" not in request.POST else None,
        by=request.staff,
        colleagues=[one for one in _colleagues(request.staff) if str(one.pk) not in standing]
        if request.staff.role == "team_manager"
        else [],
    )
    if request.method == "POST" and (ended := standing.get(request.POST.get("unbar", ""))):
        actions.unbar(person_id=person_id, colleague=ended.staff, by=request.staff, now=request.now)
        messages.success(request, f"{ended.staff.name} may see this child again, as far as their role may.")
        return redirect("people:conflict", person_id=person_id)
    if request.method == "POST" and form.is_valid():
        whose = form.people[form.cleaned_data["whose"]]
        actions.bar(
            person_id=person_id,
            colleague=whose,
            reason=form.cleaned_data["reason"],
            by=request.staff,
            now=request.now,
        )
        mine = whose.pk == request.staff.pk
        messages.success(
            request,
            "Kept. From now on you see nothing of this child; your manager is told."
            if mine
            else f"Kept. {whose.name} sees nothing of this child from now on.",
        )
        return redirect("/today/" if mine else f"/children/{person_id}/conflict/")
    return TemplateResponse(
        request,
        "people/conflict.html",
        {
            "back_link": f"/children/{person_id}/",
            "shown": queries.shown_identity([person_id], request.staff)[person_id],
            "standing": list(standing.values()),
            "form": form,
        },
    )


def _colleagues(by: Staff) -> list[Staff]:
    if by.team is None:
        return []
    team = Staff.objects.select_related("agency").filter(team=by.team, kind=Staff.Kind.PERSON)
    return [one for one in team if one.is_active and one.pk != by.pk]


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page("lift_restriction", step_up=True)
def lift_restriction(request: HttpRequest, person_id: UUID) -> HttpResponse:
    person_id = queries.resolve_person(person_id, request.staff)
    permissions.may_restrict(request.staff).enforce()
    restricted = queries.restriction_of(person_id, request.staff)
    if restricted is None:
        return redirect("people:restriction", person_id=person_id)
    form = LiftForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        actions.lift(
            person_id=person_id, reason=form.cleaned_data["reason"], by=request.staff, now=request.now
        )
        messages.success(request, "Lifted: this child is seen as any other again.")
        return redirect(f"/children/{person_id}/")
    return TemplateResponse(
        request,
        "people/lift_restriction.html",
        {
            "back_link": f"/children/{person_id}/restriction/",
            "shown": queries.shown_identity([person_id], request.staff)[person_id],
            "restricted": restricted,
            "form": form,
        },
    )
