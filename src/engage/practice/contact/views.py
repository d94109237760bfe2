"""The page on safe contact of a child, and what is said there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_http_methods, require_safe

from engage.practice.access.doors import staff_page
from engage.practice.access.gate import NotPermitted
from engage.practice.agencies.models import Staff
from engage.practice.people.models import Record
from engage.practice.people.permissions import may_restrict
from engage.practice.people.queries import location_kept_back, resolve_person, shown_identity

from . import actions, permissions, queries, tables
from .forms import (
    CorrectNotToForm,
    CorrectWayForm,
    NewWayForm,
    NotToForm,
    SayForm,
    initial_of_not_to,
    initial_of_way,
)
from .models import NotToPerson, WayOfContact

WAY_DEEDS: dict[str, tuple[str, Callable[..., Any]]] = {
    "confirm": ("It is safe: I have made sure of it", actions.confirm_way),
    "unsafe": ("It is not safe", actions.mark_unsafe),
    "end": ("It holds no more", actions.end_way),
    "take_back": ("The last entry was a mistake: take it back", actions.take_back_way),
}
NOT_TO_DEEDS: dict[str, tuple[str, Callable[..., Any]]] = {
    "end": ("It holds no more", actions.end_kept_away),
    "take_back": ("The last entry was a mistake: take it back", actions.take_back_kept_away),
}


@require_safe
@staff_page("safe_contact")
def contact(request: HttpRequest, person_id: UUID) -> HttpResponse:
    reader = request.staff
    current = resolve_person(person_id, reader)
    if current != person_id:
        return redirect("contact:contact", person_id=current)
    found = queries.contact_of(person_id, reader, request.now)
    return TemplateResponse(
        request,
        "contact/contact.html",
        page_of(request, person_id)
        | {
            "back_link": f"/children/{person_id}/",
            "contact": found,
            "top_line": tables.top_line(found),
            "unsafe": [way for way in found.others if way.last.unsafe_at],
            "safe": tables.ways_table("Safe now", found.safe, "None."),
            "others": tables.ways_table("Not to be used", found.others, "None."),
            "kept_away": tables.kept_away_table(found.kept_away),
            "outgoing": tables.outgoing_table(found.outgoing, reader),
            "may_keep": bool(permissions.may_keep_contact(reader)),
            "may_reach_out": permissions.may_reach_out(reader, person_id),
            "may_protect": bool(may_restrict(reader)),
            "kept_back": location_kept_back(person_id, reader),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page("add_way_of_contact")
def new_way(request: HttpRequest, person_id: UUID) -> HttpResponse:
    person_id = resolve_person(person_id, request.staff)
    permissions.may_keep_contact(request.staff).enforce()
    form = NewWayForm(request.POST if request.method == "POST" else None)

    def add() -> None:
        actions.add_way(
            person_id,
            form.given(),
            confirmed=form.cleaned_data["confirmed"] == "yes",
            why=form.cleaned_data["why"],
            by=request.staff,
            now=request.now,
        )

    if request.method == "POST" and form.is_valid() and done(form, add):
        messages.success(request, "Kept.")
        return redirect("contact:contact", person_id=person_id)
    return form_page(request, person_id, form, "Add a way of contact", "Keep it")


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page("way_of_contact")
def way(request: HttpRequest, way_id: UUID) -> HttpResponse:
    person_id = queries.whose(WayOfContact, way_id, request.staff)
    found = queries.way(person_id, way_id, request.staff, request.now)
    return _thing(
        request, person_id, way_id, found.history, found.last.value, WAY_DEEDS, "correct/",
        found.standing.sentence,
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page("correct_way_of_contact")
def correct_way(request: HttpRequest, way_id: UUID) -> HttpResponse:
    person_id = queries.whose(WayOfContact, way_id, request.staff)
    found = queries.way(person_id, way_id, request.staff, request.now)
    permissions.may_keep_contact(request.staff).enforce()
    form = CorrectWayForm(
        request.POST if request.method == "POST" else None, initial=initial_of_way(found.last)
    )

    def correct() -> None:
        why = form.cleaned_data["why"]
        actions.correct_way(person_id, way_id, form.given(), why=why, by=request.staff, now=request.now)

    if request.method == "POST" and form.is_valid() and done(form, correct):
        messages.success(request, "Corrected. Another number or address is to be confirmed anew.")
        return redirect("contact:way", way_id=way_id)
    return form_page(request, person_id, form, "Correct a way of contact", "Correct it")


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page("add_not_to_person")
def new_not_to(request: HttpRequest, person_id: UUID) -> HttpResponse:
    person_id = resolve_person(person_id, request.staff)
    permissions.may_keep_contact(request.staff).enforce()
    form = NotToForm(request.POST if request.method == "POST" else None, people=colleagues(request.staff))

    def keep() -> None:
        actions.keep_away(person_id, _with_record(form, request.staff), by=request.staff, now=request.now)

    if request.method == "POST" and form.is_valid() and done(form, keep):
        messages.success(request, "Kept. Whatever leaves is looked at for this person from now on.")
        return redirect("contact:contact", person_id=person_id)
    return form_page(request, person_id, form, "Somebody whom nothing may reach", "Keep it")


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page("not_to_person")
def not_to(request: HttpRequest, not_to_id: UUID) -> HttpResponse:
    person_id = queries.whose(NotToPerson, not_to_id, request.staff)
    found = queries.kept_away(person_id, not_to_id, request.staff, request.now)
    return _thing(
        request, person_id, not_to_id, found.history, found.last.name, NOT_TO_DEEDS,
        "correct/", found.last.because,
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page("correct_not_to_person")
def correct_not_to(request: HttpRequest, not_to_id: UUID) -> HttpResponse:
    person_id = queries.whose(NotToPerson, not_to_id, request.staff)
    found = queries.kept_away(person_id, not_to_id, request.staff, request.now)
    permissions.may_keep_contact(request.staff).enforce()
    form = CorrectNotToForm(
        request.POST if request.method == "POST" else None,
        people=colleagues(request.staff),
        initial=initial_of_not_to(found.last),
    )

    def correct() -> None:
        given, why = _with_record(form, request.staff), form.cleaned_data["why"]
        actions.correct_kept_away(person_id, not_to_id, given, why=why, by=request.staff, now=request.now)

    if request.method == "POST" and form.is_valid() and done(form, correct):
        messages.success(request, "Corrected.")
        return redirect("contact:not_to", not_to_id=not_to_id)
    return form_page(request, person_id, form, "Correct who must learn nothing", "Correct it")


def _thing(
    request: HttpRequest,
    person_id: UUID,
    thing_id: UUID,
    history: Any,
    title: str,
    deeds: dict[str, tuple[str, Callable[..., Any]]],
    correct_url: str,
    sentence: str,
) -> HttpResponse:
    """One way or person: everything said of it, and what may be said now."""
    may_keep = permissions.may_keep_contact(request.staff)
    form = SayForm(
        request.POST if request.method == "POST" else None,
        deeds=[(name, words) for name, (words, _) in deeds.items()],
    )

    def say() -> None:
        _, deed = deeds[form.cleaned_data["deed"]]
        deed(person_id, thing_id, why=form.cleaned_data["why"], by=request.staff, now=request.now)

    if request.method == "POST":
        may_keep.enforce()
        if form.is_valid() and done(form, say):
            messages.success(request, "Kept. What was said before stays in the history.")
            return redirect("contact:contact", person_id=person_id)
    return TemplateResponse(
        request,
        "contact/thing.html",
        page_of(request, person_id)
        | {
            "title": title,
            "sentence": sentence,
            "history": tables.history_table(history, request.staff),
            "form": form if may_keep else None,
            "correct_url": correct_url if may_keep else "",
        },
    )


def form_page(
    request: HttpRequest, person_id: UUID, form: Any, title: str, button: str, **more: Any
) -> HttpResponse:
    return TemplateResponse(
        request,
        "contact/form.html",
        page_of(request, person_id) | {"form": form, "title": title, "button": button, **more},
    )


def page_of(request: HttpRequest, person_id: UUID) -> dict[str, Any]:
    return {
        "back_link": base_of(person_id),
        "base": base_of(person_id),
        "person_id": person_id,
        "shown": shown_identity([person_id], request.staff)[person_id],
    }


def base_of(person_id: UUID) -> str:
    return f"/children/{person_id}/contact/"


def done(form: Any, deed: Callable[[], None]) -> bool:
    """Whether the deed was done; a refusal stands above the form, with everything typed."""
    try:
        deed()
    except NotPermitted as refusal:
        form.add_error(None, str(refusal))
        return False
    return True


def colleagues(by: Staff) -> list[Staff]:
    people = Staff.objects.select_related("agency").filter(
        kind=Staff.Kind.PERSON, status=Staff.Status.ACTIVE, agency__is_active=True
    )
    return sorted(people.exclude(pk=by.pk), key=lambda one: (one.agency.name, one.name))


def _with_record(form: NotToForm, by: Staff) -> actions.NotToInput:
    """A page that the reader sees nothing of is refused like one that nobody has."""
    given = form.given()
    if given.who_record_id is None:
        return given
    try:
        resolve_person(given.who_record_id, by)
    except Record.DoesNotExist:
        raise NotPermitted("There is no such page. Copy the address again, or leave it empty.") from None
    return given
