"""The page on two people who stood as one: for whoever opened them so, and for who has to tell others."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_http_methods

from engage.govuk.components import Cell, Column, Row, Table
from engage.govuk.london_time import moment_words
from engage.practice.access.doors import staff_page
from engage.practice.agencies.models import Staff

from . import mixtures, permissions
from .models import Mixture, MixtureSeen, Record


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page("mixture")
def mixture(request: HttpRequest, mixture_id: UUID) -> HttpResponse:
    found = Mixture.objects.visible_to(request.staff).get(pk=mixture_id)
    if request.method == "POST":
        mixtures.check(mixture_id, by=request.staff, now=request.now)
        messages.success(request, "Kept: you have looked through what you noted and passed on.")
        return redirect("people:mixture", mixture_id=mixture_id)
    records = {
        record.pk: record
        for record in Record.objects.visible_to(request.staff)
        .filter(pk__among=[found.record_a_id, found.record_b_id])
        .select_related("agency")
    }
    seen = mixtures.who_saw(found, request.staff)
    own = [one for one in seen if one.staff_id == request.staff.pk]
    tells = bool(permissions.may_judge(request.staff))
    return TemplateResponse(
        request,
        "people/mixture.html",
        {
            "back_link": "/today/",
            "mixture": found,
            "records": [records[found.record_a_id], records[found.record_b_id]],
            "own": own,
            "to_check": any(one.checked_at is None for one in own),
            "table": _table(seen, request.staff) if tells else None,
        },
    )


def _who(one: MixtureSeen, reader: Staff) -> Cell:
    """Where a colleague works may tell what a child needs; what was sent stands in the registers, for who may read them."""
    if one.how != MixtureSeen.How.LOOKED and one.staff_id != reader.pk:
        return Cell("Somebody", secondary="see the registers of sharing")
    if not one.staff.agency.is_named_to(reader):
        return Cell("A colleague of a health service", secondary="the information-governance lead knows who")
    return Cell(one.staff.name, secondary=one.staff.agency.name)


def _table(seen: list[MixtureSeen], reader: Staff) -> Table:
    return Table(
        "Who saw them as one, or was sent something",
        [
            Column("Who"),
            Column("How"),
            Column("When"),
            Column("Times", numeric=True),
            Column("Looked through"),
        ],
        [
            Row(
                [
                    _who(one, reader),
                    one.get_how_display(),
                    moment_words(one.first_at)
                    if one.first_at == one.last_at
                    else f"{moment_words(one.first_at)} to {moment_words(one.last_at)}",
                    Cell(one.times, numeric=True),
                    moment_words(one.checked_at) if one.checked_at else "Not yet",
                ]
            )
            for one in seen
        ],
        empty_text="Nobody.",
        key_rows=True,
    )
