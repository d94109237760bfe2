"""Pages on requests to see what is held: the list and register, a new request, its clock and its people."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_http_methods, require_safe

from engage.govuk.forms import GovukForm
from engage.methods.moments import london_date
from engage.practice.access.doors import staff_page
from engage.practice.access.gate import NotPermitted
from engage.practice.people.queries import resolve_person
from engage.practice.sharing.offer import about_child

from . import building, intake, permissions, queries, tables
from .forms import AssignForm, CloseForm, ExtendForm, HoldForm, IdentityForm, LinkForm, OpenForm
from .models import RequestHold, SubjectRequest

PER_PAGE = 25


@require_safe
@staff_page("list_bundles")
def listed(request: HttpRequest) -> HttpResponse:
    """Open requests that the reader has a part in, and the register of bundles."""
    today = london_date(request.now)
    page = Paginator(queries.register(request.staff), PER_PAGE).get_page(request.GET.get("page"))
    waiting = queries.open_requests(request.staff)[:PER_PAGE]
    return TemplateResponse(
        request,
        "bundles/listed.html",
        {
            "current_section": "sharing",
            "back_link": "/sharing/",
            "page": page,
            "requests": tables.requests_table(waiting, today, "Requests to answer"),
            "register": tables.bundles_table(page, "Register of bundles"),
            "may_open": bool(permissions.may_open(request.staff)),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page("open_bundle_request")
def new(request: HttpRequest) -> HttpResponse:
    permissions.may_open(request.staff).enforce()
    form = OpenForm(
        request.POST if request.method == "POST" else None, initial={"received_on": london_date(request.now)}
    )
    if request.method == "POST" and form.is_valid():
        try:
            made = intake.open_request(form.asked(), by=request.staff, now=request.now)
        except NotPermitted as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "Opened. The month began on the day it came.")
            return redirect("bundles:request", bundle_request_id=made.pk)
    return TemplateResponse(
        request, "bundles/new.html", {"current_section": "sharing", "back_link": "/bundles/", "form": form}
    )


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page("read_bundle_request")
def one_request(request: HttpRequest, bundle_request_id: UUID) -> HttpResponse:
    asked = queries.requests(request.staff).get(pk=bundle_request_id)
    forms = _forms(request, asked)
    deed = request.POST.get("deed", "")
    form = forms.get(deed)
    if request.method == "POST" and deed == "end_hold":
        intake.end_hold(asked.pk, _hold_ended(request, asked), by=request.staff, now=request.now)
        return redirect("bundles:request", bundle_request_id=asked.pk)
    if request.method == "POST" and form is not None and form.is_valid():
        try:
            with transaction.atomic():
                DEEDS[deed](request, asked, form)
        except NotPermitted as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("bundles:request", bundle_request_id=asked.pk)
    holds = queries.holds_of(asked, request.staff)
    today = london_date(request.now)
    is_open = asked.state == SubjectRequest.State.OPEN
    return TemplateResponse(
        request,
        "bundles/request.html",
        {
            "current_section": "sharing",
            "back_link": "/bundles/",
            "asked": asked,
            "form": form if form is not None and form.errors else None,
            "summary": tables.request_summary(asked, holds, today),
            "bundles": tables.bundles_table(queries.bundles_of(asked, request.staff), "Editions"),
            "may_answer": is_open and bool(permissions.answers_for(request.staff, asked)),
            "may_gather": bool(permissions.may_prepare(request.staff, asked)),
            "forms": forms,
            "standing": [hold for hold in holds if hold.until_on is None],
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page("gather_bundle_of_child")
def gather(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """The preparer says on the child's own page that this is the child, and gathers what is held."""
    person_id = resolve_person(person_id, request.staff)
    about, _ = about_child(person_id, request.staff)
    waiting = list(queries.to_gather(person_id, request.staff))
    form = LinkForm(request.POST if request.method == "POST" else None, requests=waiting)
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                made = building.gather(
                    UUID(form.cleaned_data["request"]), person_id, by=request.staff, now=request.now
                )
        except NotPermitted as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(
                request, "Gathered. Decide each span: nothing is redacted or left out by itself."
            )
            return redirect("bundles:edition", bundle_id=made.pk)
    return TemplateResponse(
        request,
        "bundles/gather.html",
        {"back_link": f"/children/{person_id}/", "about": about, "form": form, "any": bool(waiting)},
    )


def _forms(request: HttpRequest, asked: SubjectRequest) -> dict[str, GovukForm]:
    today = london_date(request.now)
    deed = request.POST.get("deed", "") if request.method == "POST" else ""

    def sent(name: str) -> Any:
        return request.POST if deed == name else None

    return {
        "assign": AssignForm(sent("assign"), people=queries.possible_preparers()),
        "identity": IdentityForm(sent("identity"), initial={"checked_on": today}),
        "hold": HoldForm(sent("hold"), initial={"hold_from": today}),
        "extend": ExtendForm(sent("extend"), initial={"told_on": today}),
        "close": CloseForm(sent("close")),
    }


def _hold_ended(request: HttpRequest, asked: SubjectRequest) -> UUID:
    standing = {str(hold.pk): hold.pk for hold in queries.holds_of(asked, request.staff) if not hold.until_on}
    try:
        return standing[request.POST.get("hold", "")]
    except KeyError:
        raise RequestHold.DoesNotExist from None


def _assign(request: HttpRequest, asked: SubjectRequest, form: Any) -> None:
    preparer = form.people[form.cleaned_data["preparer"]]
    intake.assign(asked.pk, preparer, by=request.staff, now=request.now)
    messages.success(request, f"{preparer.name} prepares it, and finds it on Today.")


def _identity(request: HttpRequest, asked: SubjectRequest, form: Any) -> None:
    said = form.cleaned_data
    intake.check_identity(
        asked.pk, words=said["identity_words"], on=said["checked_on"], by=request.staff, now=request.now
    )


def _hold(request: HttpRequest, asked: SubjectRequest, form: Any) -> None:
    said = form.cleaned_data
    intake.hold(
        asked.pk,
        kind=said["hold_kind"],
        reason=said["hold_reason"],
        from_on=said["hold_from"],
        by=request.staff,
        now=request.now,
    )


def _extend(request: HttpRequest, asked: SubjectRequest, form: Any) -> None:
    said = form.cleaned_data
    intake.extend(
        asked.pk, because=said["extend_because"], told_on=said["told_on"], by=request.staff, now=request.now
    )


def _close(request: HttpRequest, asked: SubjectRequest, form: Any) -> None:
    intake.close(asked.pk, because=form.cleaned_data["close_because"], by=request.staff, now=request.now)


DEEDS: dict[str, Callable[[HttpRequest, SubjectRequest, Any], None]] = {
    "assign": _assign,
    "identity": _identity,
    "hold": _hold,
    "extend": _extend,
    "close": _close,
}
