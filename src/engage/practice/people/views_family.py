"""A child's family and household: side by side, as related and not the same."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_http_methods

from engage.govuk.components import Cell, Column, Row, Table
from engage.govuk.london_time import date_words
from engage.practice.access.doors import staff_page

from . import actions, permissions, queries
from .family import Relative, family_of
from .forms import RelationForm
from .models import Judgement

not_known = "not known here"


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page("family_of_child")
def family(request: HttpRequest, person_id: UUID) -> HttpResponse:
    if (now_known_as := queries.resolve_person(person_id, request.staff)) != person_id:
        return redirect("people:family", person_id=now_known_as)
    shown = queries.shown_identity([person_id], request.staff)[person_id]
    relatives = family_of(person_id, request.staff)
    may_judge = permissions.may_judge(request.staff)
    form = RelationForm(request.POST if request.method == "POST" else None, relatives=relatives)
    if request.method == "POST" and form.is_valid():
        other = UUID(form.cleaned_data["other"])
        actions.judge_records(
            record_a=queries.records_of(person_id, request.staff)[0].pk,
            record_b=queries.records_of(other, request.staff)[0].pk,
            verdict=Judgement.Verdict.NOT_SAME,
            relation=form.cleaned_data["relation"],
            reason=form.cleaned_data["reason"],
            by=request.staff,
            now=request.now,
        )
        messages.success(request, "Saved: two people, and how they are related. No program joins them.")
        return redirect("people:family", person_id=person_id)
    return TemplateResponse(
        request,
        "people/family.html",
        {
            "breadcrumbs": [("Today", "/today/"), (shown.name, f"/children/{person_id}/"), ("Family", "")],
            "shown": shown,
            "person_id": person_id,
            "table": _table(shown, relatives),
            "recorded": [(one, said) for one in relatives for said in one.recorded],
            "form": form if relatives and may_judge else None,
        },
    )


def _table(shown: queries.ShownIdentity, relatives: list[Relative]) -> Table:
    rows = [Row([shown.name, _born(shown), "This child", ", ".join(shown.sources)])]
    rows += [
        Row(
            [
                Cell(one.shown.name, href=f"/children/{one.shown.person_id}/"),
                _born(one.shown),
                Cell(_how(one), secondary="same date of birth" if one.same_birthday else ""),
                ", ".join(one.shown.sources),
            ],
            anchor=f"person-{one.shown.person_id}",
        )
        for one in relatives
    ]
    return Table(
        "The child, and who is related or lives at the same address",
        [Column("Person"), Column("Born"), Column("How related"), Column("Agencies that hold records")],
        rows,
        key_rows=True,
    )


def _born(shown: queries.ShownIdentity) -> str:
    return date_words(shown.born_on) if shown.born_on else f"age {shown.age}" if shown.age else not_known


def _how(one: Relative) -> str:
    recorded = list(dict.fromkeys(said.get_relation_display() for said in one.recorded))
    here = ["Same address now"] if one.same_address else []
    return "; ".join([*recorded, *here])
