"""Pages of sealed items, each for its holder. Every look is accounted for as a look at the child (`actions.sealing`), and
at the list of them as one at Today, where they stand too: nothing in the account is as it is with a sealed item alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_http_methods

from engage.govuk.components import Cell, Column, Row, SummaryRow, Table
from engage.govuk.london_time import date_words, in_london, moment_words
from engage.practice.access.doors import staff_page
from engage.practice.access.gate import acting
from engage.practice.agencies.models import Staff

from . import actions, permissions, queries
from .forms_sealing import HandOverForm, KeepForm, SealForm, UnsealForm
from .models import SealedItem

LOOK = "child"  # the deed's name in the account, as of the child's page
LIST = "today"
NAME_NOT_SHOWN = "Name not shown to you"


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(LOOK)
def seal(request: HttpRequest, person_id: UUID) -> HttpResponse:
    by = request.staff
    person_id = queries.resolve_person(person_id, by)
    permissions.may_seal(by).enforce()
    form = SealForm(
        request.POST if request.method == "POST" else None,
        by=by,
        colleagues=queries.colleagues_who_may_hold(by),
        today=in_london(request.now).date(),
    )
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        holder = form.people[said["holder"]]
        actions.seal(
            person_id=person_id,
            text=said["text"],
            reason=said["reason"],
            holder=holder,
            review_on=said["review_on"],
            by=by,
            now=request.now,
        )
        mine = holder.pk == by.pk
        messages.success(
            request, "Sealed. You alone read it." if mine else f"Sealed. {holder.name} alone reads it."
        )
        return redirect(f"/children/{person_id}/")
    shown = queries.shown_identity([person_id], by)[person_id]
    return TemplateResponse(
        request,
        "people/seal.html",
        {"back_link": f"/children/{person_id}/", "shown": shown, "form": form},
    )


@require_http_methods(["GET", "HEAD"])
@staff_page(LIST)
def sealed(request: HttpRequest) -> HttpResponse:
    by = request.staff
    permissions.may_seal(by).enforce()
    items = list(queries.sealed_by(by))
    offers = list(queries.offered_sealed(by))
    names = _names([one.person_id for one in (*items, *offers)], by)
    made = queries.offers_made(by)
    today = in_london(request.now).date()
    return TemplateResponse(
        request,
        "people/sealed.html",
        {
            "offers": Table(
                "Offered to you to hold",
                [Column("Child"), Column("By"), Column("Since")],
                [
                    Row(
                        [
                            Cell(names[one.person_id], href=f"/sealed/offers/{one.pk}/"),
                            Cell(one.offered_by.name, secondary=one.offered_by.agency.name),
                            date_words(one.offered_at),
                        ]
                    )
                    for one in offers
                ],
                empty_text="Nobody offers you one.",
            ),
            "items": Table(
                "Held by you",
                [Column("Child"), Column("Sealed"), Column("To be looked at again")],
                [
                    Row(
                        [
                            Cell(
                                names[one.person_id],
                                href=f"/sealed/{one.pk}/",
                                secondary=f"offered to {made[one.pk].offered_to.name}"
                                if one.pk in made
                                else "",
                            ),
                            Cell(date_words(one.recorded_at), secondary=f"by {one.sealed_by.name}"),
                            review_cell(one, today),
                        ]
                    )
                    for one in items
                ],
                empty_text="You hold no sealed item.",
                key_rows=True,
            ),
        },
    )


def review_cell(item: SealedItem, today) -> Cell:
    late = item.review_on < today
    return Cell(f"{'was due' if late else 'by'} {date_words(item.review_on)}", colour="red" if late else "")


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(LOOK)
def item(request: HttpRequest, item_id: UUID) -> HttpResponse:
    by = request.staff
    found = queries.sealed_by(by).get(pk=item_id)
    _as_the_childs_page(found.person_id)
    form = KeepForm(request.POST if request.method == "POST" else None, today=in_london(request.now).date())
    if request.method == "POST" and form.is_valid():
        actions.keep_sealed(
            item_id=found.pk, review_on=form.cleaned_data["review_on"], by=by, now=request.now
        )
        messages.success(request, "It stays sealed.")
        return redirect("people:sealed_item", item_id=found.pk)
    offer = queries.offers_made(by).get(found.pk)
    return TemplateResponse(
        request,
        "people/sealed_item.html",
        {
            "back_link": "/sealed/",
            "item": found,
            "name": _names([found.person_id], by)[found.person_id],
            "rows": [
                SummaryRow("Sealed", f"{moment_words(found.recorded_at)} by {found.sealed_by.name}"),
                SummaryRow("Because", found.reason),
                SummaryRow("To be looked at again", f"by {date_words(found.review_on)}"),
                *(
                    [SummaryRow("Offered", f"to {offer.offered_to.name}, who has not answered yet")]
                    if offer
                    else []
                ),
            ],
            "form": form,
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(LOOK)
def hand_over(request: HttpRequest, item_id: UUID) -> HttpResponse:
    by = request.staff
    found = queries.sealed_by(by).get(pk=item_id)
    _as_the_childs_page(found.person_id)
    form = HandOverForm(
        request.POST if request.method == "POST" else None, colleagues=queries.colleagues_who_may_hold(by)
    )
    if request.method == "POST" and form.is_valid():
        colleague = form.people[form.cleaned_data["colleague"]]
        actions.hand_over(item_id=found.pk, to=colleague, by=by, now=request.now)
        messages.success(request, f"Offered to {colleague.name}. You hold it until they take it.")
        return redirect("people:sealed_item", item_id=found.pk)
    return _deed(request, found, form, "Hand it over to a colleague", "Offer it")


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(LOOK)
def unseal(request: HttpRequest, item_id: UUID) -> HttpResponse:
    by = request.staff
    found = queries.sealed_by(by).get(pk=item_id)
    _as_the_childs_page(found.person_id)
    form = UnsealForm(
        request.POST if request.method == "POST" else None, categories=permissions.categories_of_notes(by)
    )
    if request.method == "POST" and form.is_valid():
        actions.unseal(item_id=found.pk, category=form.cleaned_data["category"], by=by, now=request.now)
        messages.success(request, "Unsealed: it is a note on the child’s page.")
        return redirect(f"/children/{found.person_id}/")
    return _deed(request, found, form, "Unseal it?", "Unseal it")


def _deed(request: HttpRequest, found: SealedItem, form, title: str, button: str) -> HttpResponse:
    return TemplateResponse(
        request,
        "people/sealed_deed.html",
        {
            "back_link": f"/sealed/{found.pk}/",
            "name": _names([found.person_id], request.staff)[found.person_id],
            "title": title,
            "button": button,
            "form": form,
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(LOOK)
def offer(request: HttpRequest, handover_id: UUID) -> HttpResponse:
    by = request.staff
    found = queries.offered_sealed(by).get(pk=handover_id)
    _as_the_childs_page(found.person_id)
    if request.method == "POST" and (answer := request.POST.get("answer")) in ("take", "refuse"):
        actions.answer_offer(handover_id=found.pk, accept=answer == "take", by=by, now=request.now)
        if answer == "take":
            messages.success(request, "You hold it from now on, and you alone read it.")
            return redirect("people:sealed_item", item_id=found.item_id)
        messages.success(request, f"Not taken. {found.offered_by.name} still holds it.")
        return redirect("people:sealed")
    return TemplateResponse(
        request,
        "people/sealed_offer.html",
        {
            "back_link": "/sealed/",
            "offer": found,
            "name": _names([found.person_id], by)[found.person_id],
        },
    )


def _as_the_childs_page(person_id: UUID | None) -> None:
    """In the account, in what explains the look and in what follows where nothing does."""
    acting().page, acting().about = "child", person_id


def _names(person_ids: Sequence[UUID | None], reader: Staff) -> dict[UUID | None, str]:
    shown = queries.shown_identity([one for one in person_ids if one], reader)
    return {one: shown[one].words if one in shown else NAME_NOT_SHOWN for one in person_ids}
