"""Pages on who is who: pairs to decide, the records that make a child, and adding a child."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.http import require_http_methods

from engage.govuk.components import Cell, Column, ComparedFact, Comparison, Row, Table
from engage.govuk.london_time import date_words, in_london
from engage.methods.linkage.weighing import WHAT_A_BIT_IS, Weighing
from engage.practice.access.doors import staff_page
from engage.practice.access.gate import acting
from engage.practice.agencies.models import Staff

from . import actions, comparing, mixtures, permissions, queries, waiting
from .finding import Candidates, find
from .forms import (
    JudgeForm,
    NewBecauseForm,
    NewChildForm,
    ReasonForm,
)
from .lists import total_words
from .models import Judgement, Opinion, Pair, Record

MOST_PAIRS_SHOWN = 50
WHY_OFFERED: dict[str, str] = {
    "grey": "Much agrees, not enough for certainty",
    "veto": "Much agrees, and something speaks against it",
    "restricted": "One record is restricted",
    "conflict": "Judgements contradict each other",
    Pair.CHANGED: "Joined before; what was sent since speaks against it",
}
SAVED: dict[str, str] = {
    Judgement.Verdict.SAME: "Saved: the same person.",
    Judgement.Verdict.NOT_SAME: "Saved: not the same person.",
    Judgement.Verdict.UNSURE: "Saved: you are not sure. A colleague will be asked.",
}
# One key for the answer that is given most often to a pair of one family.
BROTHER_OR_SISTER = "sibling"
not_known = "not known here"


@require_http_methods(["GET", "HEAD"])
@staff_page("pairs")
def pairs(request: HttpRequest) -> HttpResponse:
    permissions.may_judge(request.staff).enforce()
    asked = waiting.pairs_in_order(request.staff, request.now)
    found = Pair.objects.visible_to(request.staff).in_bulk([one.pk for one in asked[:MOST_PAIRS_SHOWN]])
    records = _records_in(list(found.values()), request.staff)
    rows = []
    for one in asked[:MOST_PAIRS_SHOWN]:
        pair = found[one.pk]
        left, right = sorted(
            (records[pair.record_a_id], records[pair.record_b_id]), key=lambda record: record.received_no
        )
        rows.append(
            Row(
                [
                    Cell(_name(left), href=f"/pairs/{pair.pk}/", secondary=left.agency.name),
                    Cell(_name(right), secondary=right.agency.name),
                    one.words,
                    _why(pair),
                ],
                anchor=f"pair-{pair.pk}",
            )
        )
    return TemplateResponse(
        request,
        "people/pairs.html",
        {
            "current_section": "pairs",
            "count": total_words(len(asked)),
            "not_asked": waiting.not_asked_words(request.staff),
            "put_in_order": waiting.PUT_IN_ORDER,
            "cut_short": len(asked) == waiting.PUT_IN_ORDER,
            "most_shown": MOST_PAIRS_SHOWN,
            "looks_after": permissions.may_look_after_linkage(request.staff),
            "table": Table(
                "Pairs to decide",
                [
                    Column("One record"),
                    Column("The other"),
                    Column("What is open"),
                    Column("Why it is asked"),
                ],
                rows,
                empty_text="No pair waits for you.",
                key_rows=True,
                caption_hidden=True,
            ),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page("pair")
def pair(request: HttpRequest, pair_id: UUID) -> HttpResponse:
    found = Pair.objects.visible_to(request.staff).get(pk=pair_id)
    sides = comparing.pair_sides(found, request.staff)
    may_judge = _may_answer(found, request.staff)
    form = JudgeForm(request.POST or None)
    # A repeat looks as any other pair that nobody has decided.
    looks_undecided = waiting.looks_undecided(found, request.staff, request.now)
    following = waiting.following(found, request.staff, request.now)
    if request.method == "POST" and form.is_valid():
        verdict, relation = request.POST.get("verdict", ""), form.cleaned_data["relation"]
        if verdict == BROTHER_OR_SISTER:
            verdict, relation = Judgement.Verdict.NOT_SAME, relation or Judgement.Relation.SIBLING
        judged = actions.judge_pair(
            pair_id=found.pk,
            verdict=verdict,
            reason=form.cleaned_data["reason"],
            by=request.staff,
            now=request.now,
            relation=relation,
            ask_second=form.cleaned_data["ask_second"],
        )
        words = _saved(verdict, judged)
        messages.success(
            request,
            format_html(
                '{} <a class="govuk-notification-banner__link" href="{}" data-key="z">See their records, or take it back</a>',
                words,
                reverse("people:records", args=[sides.left.person_id]),
            ),
        )
        return redirect("people:pair", pair_id=following) if following else redirect("people:pairs")
    return TemplateResponse(
        request,
        "people/pair.html",
        {
            "current_section": "pairs",
            "breadcrumbs": [("Pairs", "/pairs/"), ("Are these the same person?", "")],
            "pair": found,
            "why": _why(found),
            "decided": found.state == Pair.State.DECIDED and not looks_undecided,
            "second_asked": found.once_more == Pair.OnceMore.SECOND,
            "opinions": waiting.opinions_shown(found, request.staff),
            "family": comparing.could_be_family(sides),
            "ask_agency": [
                side for side in (sides.left, sides.right) if side.agency_id != request.staff.agency_id
            ],
            "comparison": _comparison(sides),
            "weighing": sides.weighing,
            "weighed": _weighed_table(sides.weighing),
            "not_compared": [comparing.LABELS[field] for field in sides.weighing.not_compared],
            "what_a_bit_is": WHAT_A_BIT_IS,
            "matters": _matters_of(sides, request),
            "withdrawn_by": sides.withdrawn_by,
            "left": sides.left,
            "right": sides.right,
            "already_one": not looks_undecided
            and found.why != Pair.CHANGED
            and found.once_more != Pair.OnceMore.DISAGREE
            and sides.left.person_id == sides.right.person_id,
            "form": form,
            "may_judge": may_judge,
            "following": following,
        },
    )


@require_http_methods(["GET", "HEAD"])
@staff_page("records_of_child")
def records(request: HttpRequest, person_id: UUID) -> HttpResponse:
    now_known_as = queries.resolve_person(person_id, request.staff)
    if now_known_as != person_id:
        return redirect("people:records", person_id=now_known_as)
    own = queries.records_of(person_id, request.staff)
    shown = queries.shown_identity([person_id], request.staff)[person_id]
    said = queries.judgements_on(person_id, request.staff)
    return TemplateResponse(
        request,
        "people/records.html",
        {
            "breadcrumbs": [("Today", "/today/"), (shown.name, f"/children/{person_id}/"), ("Records", "")],
            "shown": shown,
            "table": _records_table(own, queries.references_shown(own, request.staff)),
            "new_because": [
                (record, words)
                for record in own
                if record.register == "desk" and (words := queries.new_because(record, request.staff))
            ],
            "judgements": said,
            "last_standing": next((one.judgement.pk for one in said if one.stands), None),
            "person_id": person_id,
            "may_judge": permissions.may_judge(request.staff),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page("undo_judgement")
def undo_judgement(request: HttpRequest, person_id: UUID, judgement_id: UUID) -> HttpResponse:
    judgement = Judgement.objects.visible_to(request.staff).select_related("by").get(pk=judgement_id)
    sides = comparing.record_sides(judgement.record_a_id, judgement.record_b_id, request.staff)
    permissions.may_judge(request.staff).enforce()
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        actions.undo(
            judgement_id=judgement_id, reason=form.cleaned_data["reason"], by=request.staff, now=request.now
        )
        messages.success(
            request, "The judgement was taken back. Everything recorded stands with its own record again."
        )
        pair = judgement.record_a_id, judgement.record_b_id
        if mixture := mixtures.kept_at(*pair, request.now, request.staff):
            return redirect("people:mixture", mixture_id=mixture.pk)
        return redirect("people:records", person_id=queries.resolve_person(person_id, request.staff))
    return TemplateResponse(
        request,
        "people/undo.html",
        {
            "back_link": f"/children/{person_id}/records/",
            "judgement": judgement,
            "comparison": _comparison(sides),
            "withdrawn_by": sides.withdrawn_by,
            "form": form,
            "person_id": person_id,
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page("new_child")
def new_child(request: HttpRequest) -> HttpResponse:
    permissions.may_create_person(request.staff).enforce()
    form = NewChildForm(request.POST or None)
    because = NewBecauseForm(request.POST if request.POST.get("do") == "create" else None)
    context: dict = {"current_section": "search", "form": form, "because": because}
    if request.method == "POST" and form.is_valid():
        if request.POST.get("do") == "create" and because.is_valid():
            record = actions.create_person(
                identity=form.identity(in_london(request.now).date()),
                new_because=because.cleaned_data["new_because"],
                by=request.staff,
                now=request.now,
            )
            return redirect(f"/children/{record.person_id}/")
        # Before somebody is added who may be known: as wide as Engage can look.
        found = find(form.terms(), request.staff, request.now, wider=True)
        # That somebody looked for a child is accounted for even where nobody was found.
        acting().kinds_read.add("people.token")
        context |= {"found": found, "table": _candidates_table(found)}
    return TemplateResponse(request, "people/new_child.html", context)


def _may_answer(pair: Pair, by: Staff) -> permissions.Permission:
    if pair.once_more == Pair.OnceMore.SECOND and waiting.first_opinion(pair, by).by_id == by.pk:
        return permissions.may_give_second(by, by)
    return permissions.may_judge(by)


def _why(pair: Pair) -> str:
    asked: dict[str, str] = {
        Pair.OnceMore.SECOND: "A colleague asks for a second opinion",
        Pair.OnceMore.DISAGREE: "Needs attention: two colleagues answered differently",
    }
    return asked.get(pair.once_more, "") or WHY_OFFERED.get(pair.why, "")


def _saved(verdict: str, judged: actions.Judged) -> str:
    kept = judged.kept
    if kept is not None and kept.kind == Opinion.Kind.FIRST:
        return "Saved: a colleague is asked for a second opinion. Nothing changes until they say the same."
    if kept is not None and kept.agrees is False:
        return "Saved. A colleague answered otherwise: nothing was changed, and the pair needs attention."
    if kept is not None and kept.kind == Opinion.Kind.REPEAT:
        said = "Saved: you are not sure." if kept.agrees is None else SAVED[verdict]
        return f"{said} A colleague decided this pair before; what they said stands."
    if verdict == Judgement.Verdict.SAME and not judged.one_person:
        return "Saved, but not joined: another judgement says that these two children are different. The pair stays on the list."
    return f"{SAVED[verdict]} Both opinions agree." if kept is not None else SAVED[verdict]


def _matters_of(sides: comparing.PairSides, request: HttpRequest) -> list[str]:
    """What is open for the children of a pair; both names where they are two."""
    persons = {side.person_id: _name(side) for side in (sides.right, sides.left) if side.person_id}
    found = waiting.open_matters(persons, request.staff, request.now)
    told = [one for matters in found.values() for one in matters]
    return [
        f"{persons[one.person_id]}: {one.words}"
        for one in sorted(told, key=lambda one: (one.how_near(request.now), str(one.person_id)))
    ]


def _records_in(shown: list[Pair], reader: Staff) -> dict[UUID, Record]:
    wanted = {record for pair in shown for record in (pair.record_a_id, pair.record_b_id)}
    return {
        record.pk: record
        for record in Record.objects.visible_to(reader).filter(pk__in=wanted).select_related("agency")
    }


def _name(record: Record) -> str:
    return record.shown_name or "Name not known"


def _comparison(sides: comparing.PairSides) -> Comparison:
    left, right = sides.left.agency.name, sides.right.agency.name
    if left == right:
        left, right = f"{left}, received first", f"{right}, received later"
    return Comparison(
        "The two records, as far as you may see them",
        left,
        right,
        [
            ComparedFact(row.field, row.left or not_known, row.right or not_known, row.verdict, row.words)
            for row in sides.fields
        ],
    )


def _weighed_table(weighing: Weighing) -> Table:
    return Table(
        "What spoke for and against, field by field",
        [Column("Field"), Column("What it says"), Column("How rare that is"), Column("Bits")],
        [
            Row(
                [
                    comparing.LABELS[one.field],
                    one.words[:1].upper() + one.words[1:],
                    one.how_rare[:1].upper() + one.how_rare[1:],
                    one.bits_words,
                ]
            )
            for one in weighing.fields
        ],
        empty_text="Nothing that you see of both records can be compared.",
        caption_size="s",
    )


def _records_table(own: list[Record], references: dict[UUID, str]) -> Table:
    return Table(
        "Records that make this child, as far as you may see them",
        [
            Column("Name as recorded"),
            Column("Agency"),
            Column("Kind of record and reference"),
            Column("District"),
            Column("Received"),
        ],
        [
            Row(
                [
                    _name(record),
                    record.agency.name,
                    Cell(queries.kind_of_record(record), secondary=references[record.pk]),
                    record.district or not_known,
                    Cell(
                        date_words(record.received_at),
                        secondary=f"no longer sent since {date_words(record.no_longer_sent_at)}"
                        if record.no_longer_sent_at
                        else "",
                    ),
                ],
                anchor=f"record-{record.pk}",
            )
            for record in own
        ],
    )


def _candidates_table(found: Candidates) -> Table:
    return Table(
        "Children found",
        [Column("Child"), Column("Age"), Column("District"), Column("Why this one"), Column("Known to")],
        [
            Row(
                [
                    Cell(one.shown.name, href=f"/children/{one.person_id}/"),
                    one.shown.age or not_known,
                    one.shown.district or not_known,
                    one.reasons[:1].upper() + one.reasons[1:],
                    ", ".join(one.shown.sources),
                ],
                anchor=f"child-{one.person_id}",
            )
            for one in found.candidates
        ],
        empty_text="No record that you may see fits.",
        key_rows=True,
    )
