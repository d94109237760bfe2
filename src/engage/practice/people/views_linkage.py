"""Pages of the team manager, who looks after who is who: how records hold together, what changed, how right the program
is by people's word, and which records are hard to link. Figures over what the reader may see, and of nothing else."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from engage.govuk.london_time import date_words
from engage.methods.linkage.estimating import FEWEST_TO_SAY
from engage.practice.access.doors import staff_page
from engage.practice.agencies.models import Staff

from . import diagnosis, permissions, sections_holding, sections_words, words_lately
from .agreeing import agreement_of_reviewers
from .sections import Section, people

PARTS = (
    ("How records hold together", "people:linkage"),
    ("What changed", "people:linkage_changes"),
    ("Right and missed", "people:linkage_decided"),
    ("Hard to link", "people:linkage_keys"),
)
OVER_WHAT = "Every figure is of records that you may see yourself. A colleague of another team reads others."


@require_safe
@staff_page("linkage")
def holding(request: HttpRequest) -> HttpResponse:
    reader = _reader(request)
    sizes, found = diagnosis.sizes(reader), diagnosis.holding(reader)
    contradictions = diagnosis.contradictions(reader)
    named = sections_holding.Named(
        [
            *(one.person_id for one in sizes.largest),
            *(seam.person_id for seam in found.seams[: diagnosis.MOST_NAMED]),
            *(person_id for person_id, _ in found.weakest),
            *(person_id for one in contradictions for person_id in one.people[: diagnosis.MOST_NAMED]),
            *(
                person
                for contradicted in found.against.values()
                for person in sorted(contradicted)[: diagnosis.MOST_NAMED]
            ),
        ],
        reader,
    )
    return _page(
        request,
        0,
        [f"{sizes.records:,} records are {people(sizes.people)}.", OVER_WHAT],
        [
            sections_holding.how_many_records(sizes, named),
            sections_holding.how_strongly(found),
            sections_holding.seams(found, named),
            sections_holding.weakest_joins(found, named),
            sections_holding.contradictions(contradictions, found, named),
        ],
    )


@require_safe
@staff_page("linkage_changes")
def changes(request: HttpRequest) -> HttpResponse:
    reader = _reader(request)
    words = words_lately.words_lately(reader)
    days = words_lately.changes(words, reader, request.now)
    return _page(
        request,
        1,
        [OVER_WHAT],
        [sections_words.days(days), sections_words.fields_moved(words_lately.drifted(words, request.now))],
    )


@require_safe
@staff_page("linkage_decided")
def decided(request: HttpRequest) -> HttpResponse:
    reader = _reader(request)
    found = words_lately.decided(words_lately.words_lately(reader), reader)
    since = f" Pairs since {date_words(found.since)} are counted." if found.since else ""
    return _page(
        request,
        2,
        [
            "Measured by what people said of pairs that the program had joined or had offered to them. “Right” is the share"
            " of joined pairs that are one person; “found” the share of pairs of one person that the program joined by itself,"
            f" each kind counted by how many pairs it has.{since} {OVER_WHAT}",
            "Nobody draws pairs for review by lot: a joined pair is mostly looked at because something seemed wrong, so “right”"
            " is rather too low. Pairs that the program left apart are unknown, so “found” is rather too high. The line on a bar"
            f" is the 95 % interval. Below {FEWEST_TO_SAY} pairs decided it is {sections_words.TOO_FEW}.",
        ],
        [
            *sections_words.right_and_found(found),
            sections_words.how_reviewers_agree(agreement_of_reviewers(reader, request.now)),
        ],
    )


@require_safe
@staff_page("linkage_keys")
def keys(request: HttpRequest) -> HttpResponse:
    reader = _reader(request)
    return _page(
        request,
        3,
        [OVER_WHAT],
        [
            sections_words.saying_too_little(diagnosis.unfindable(reader)),
            sections_words.sizes_of_blocks(diagnosis.keys(reader)),
        ],
    )


def _reader(request: HttpRequest) -> Staff:
    permissions.may_look_after_linkage(request.staff).enforce()
    reader: Staff = request.staff
    return reader


def _page(request: HttpRequest, part: int, intro: list[str], sections: list[Section]) -> HttpResponse:
    parts = [(title, reverse(name)) for title, name in PARTS]
    return TemplateResponse(
        request,
        "people/linkage.html",
        {
            "current_section": "pairs",
            "breadcrumbs": [("Pairs", reverse("people:pairs")), ("Who is who", "")],
            "parts": parts,
            "here": parts[part][1],
            "heading": parts[part][0],
            "intro": intro,
            "sections": sections,
        },
    )
