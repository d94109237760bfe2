"""Emergency access: take it, and review it."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_http_methods

from engage.practice.access.doors import staff_page
from engage.practice.access.gate import NotPermitted

from . import emergency, permissions, tables
from .forms import EmergencyForm, ReviewForm
from .models import EmergencyAccess


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page("emergency_access", step_up=True)
def take(request: HttpRequest) -> HttpResponse:
    known = list(emergency.to_know_of(request.staff, request.now - emergency.KNOWN_FOR)[:50])
    may_take = permissions.may_take_emergency(request.staff)
    form = EmergencyForm(request.POST if request.method == "POST" else None) if may_take else None
    if form is not None and request.method == "POST" and form.is_valid():
        try:
            taken = emergency.take(
                form.cleaned_data["number"],
                reason=form.cleaned_data["reason"],
                by=request.staff,
                now=request.now,
            )
        except NotPermitted as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(
                request, "Opened. The child’s workers know of it, and a named person reviews it."
            )
            return redirect(f"/children/{taken.person_id}/")
    if request.method == "POST":
        may_take.enforce()
    return TemplateResponse(
        request,
        "sharing/emergency.html",
        {
            "current_section": "sharing",
            "back_link": "/sharing/",
            "form": form,
            "table": tables.emergencies_table(known, request.now) if known else None,
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page("read_emergency_access")
def one(request: HttpRequest, emergency_id: UUID) -> HttpResponse:
    taken = (
        EmergencyAccess.objects.visible_to(request.staff)
        .select_related("taken_by__agency", "reviewer")
        .get(pk=emergency_id)
    )
    may_review = not taken.reviewed_at and bool(permissions.may_review_emergency(request.staff, taken))
    form = ReviewForm(request.POST if request.method == "POST" else None) if may_review else None
    if request.method == "POST":
        permissions.may_review_emergency(request.staff, taken).enforce()
        if form is not None and form.is_valid():
            emergency.review(
                emergency_id,
                outcome=form.cleaned_data["outcome"],
                words=form.cleaned_data["words"],
                by=request.staff,
                now=request.now,
            )
            messages.success(request, "The review is kept.")
            return redirect("sharing:emergency_access", emergency_id=emergency_id)
    return TemplateResponse(
        request,
        "sharing/emergency_access.html",
        {
            "current_section": "sharing",
            "back_link": "/emergency/",
            "taken": taken,
            "summary": tables.emergency_summary(taken),
            "form": form,
        },
    )
