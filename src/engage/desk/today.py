"""Today: who is missing, who waits for somebody, and what waits for this reader. Each part refreshes itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.core.paginator import Page
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac
from django.views.decorators.http import require_safe

from engage.govuk.components import Cell, Column, Row, Table
from engage.govuk.london_time import date_words, hours_words, in_london, moment_words
from engage.methods.spans import Point
from engage.practice.access.doors import staff_page
from engage.practice.access.gate import acting
from engage.practice.agencies.models import Staff
from engage.practice.missing.episodes import EpisodeShown
from engage.practice.missing.pages import held_table
from engage.practice.missing.permissions import may_settle
from engage.practice.missing.queries import awaiting_interview, held_reports, missing_now, reasons_held
from engage.practice.people.lists import read_so_far, total_words
from engage.practice.people.models import Pair
from engage.practice.people.queries import (
    ShownIdentity,
    age_words,
    count_words,
    pairs_to_decide,
    shown_identity,
)
from engage.practice.receiving.queries import files_with_held_rows
from engage.practice.screening.queries import first_looks

from . import reviews
from .reviews import reviews_list
from .roles import WITHOUT_CHILDREN, decides_pairs, may_look_at_children, works_through_first_looks

REFRESH_SECONDS = 20
MOST_ROWS = 10
MOST_ROWS_LATER = 5  # of lists that nobody is in danger on; each has a page of its own
GRADE_COLOURS = {"high": "red", "medium": "orange", "low": "yellow", "very_low": "grey"}


@dataclass(frozen=True)
class Part:
    name: str
    title: str
    order: str
    read: Callable[[Staff, datetime], tuple[Table, str]]
    for_whom: Callable[[Staff], bool]
    full_list: str = ""  # its address, where there is one


@dataclass(frozen=True)
class PartShown:
    part: Part
    table: Table
    count: str
    content: str = ""

    @property
    def url(self) -> str:
        return reverse("desk:today_part", args=[self.part.name])


@require_safe
@staff_page("today")
def today(request: HttpRequest) -> HttpResponse:
    shown = [_shown(part, request) for part in parts_for(request.staff)]
    return TemplateResponse(
        request,
        "desk/today.html",
        {
            "current_section": "today",
            "parts": shown,
            "now": request.now,
            "seconds": REFRESH_SECONDS,
            "nothing_here": WITHOUT_CHILDREN.get(request.staff.role, ""),
        },
    )


@require_safe
@staff_page("today_refreshed")
def today_part(request: HttpRequest, name: str) -> HttpResponse:
    """The inside of one part; 204 where it is what the page shows already.

    Nothing was shown then, so nothing is accounted for.
    """
    part = next((part for part in parts_for(request.staff) if part.name == name), None)
    if part is None:
        raise Http404
    content = _shown(part, request).content
    if constant_time_compare(request.GET.get("seen", ""), fingerprint(content, request.staff)):
        acting().shown.clear()
        acting().kinds_read.clear()
        return HttpResponse(status=204)
    return HttpResponse(_marked(content, request.staff))


def fingerprint(content: str, reader: Staff) -> str:
    """Keyed and bound to the reader: only who was shown this content can say that they have it."""
    return salted_hmac("engage.desk.today", f"{reader.pk}\n{content}", algorithm="sha256").hexdigest()[:32]


def parts_for(reader: Staff) -> list[Part]:
    return [part for part in PARTS if part.for_whom(reader)]


def _shown(part: Part, request: HttpRequest) -> PartShown:
    table, count = part.read(request.staff, request.now)
    shown = PartShown(part, table, count)
    content: str = render_to_string("desk/today_part.html", {"shown": shown})
    if request.resolver_match and request.resolver_match.url_name == "today":
        content = _marked(content, request.staff)
    return PartShown(part, table, count, content)


def _marked(content: str, reader: Staff) -> str:
    return render_to_string(
        "desk/today_seen.html", {"content": content, "seen": fingerprint(content, reader)}
    )


def _named(identity: ShownIdentity | None, href: str) -> Cell:
    if identity is None:
        # That somebody is missing may be seen by one who may not see who it is.
        return Cell("Name not shown to you", href=href)
    about = ", ".join(filter(None, (f"age {identity.age}" if identity.age else "", identity.district)))
    return Cell(identity.name, href=href, secondary=about)


def _child(shown: dict[UUID, ShownIdentity], one: EpisodeShown) -> Cell:
    identity = shown.get(one.person_id) if one.person_id else None
    href = reverse("desk:child", args=[one.person_id]) if identity else f"/episodes/{one.id}/"
    return _named(identity, href)


def since_cell(since: Point | None, now: datetime) -> Cell:
    if isinstance(since, datetime):
        return Cell(hours_words(since, now, "since"), secondary=f"since {moment_words(since)}")
    return Cell(f"since {date_words(since)}", secondary="the hour is not known" if since else "")


def due_cell(due: Point | None, now: datetime) -> Cell:
    """Never an invented hour: what is known by its day is due by a day."""
    if isinstance(due, datetime):
        late = due < now
        return Cell(
            hours_words(due, now, "due"), colour="red" if late else "", secondary=f"by {moment_words(due)}"
        )
    if isinstance(due, date):
        late = due < in_london(now).date()
        words = f"was due by {date_words(due)}" if late else f"due by {date_words(due)}"
        return Cell(words, colour="red" if late else "", secondary="overdue" if late else "")
    return Cell("no clock runs")


def grade_cell(grade: str) -> Cell:
    return Cell(
        grade.replace("_", " ").capitalize() if grade else "not graded", colour=GRADE_COLOURS.get(grade, "")
    )


def interview_cell(one: EpisodeShown, now: datetime) -> Cell:
    return due_cell(one.interview_due_at or one.interview_due_on, now)


def offer_words(one: EpisodeShown) -> str:
    """What became of the return interview so far."""
    if held := one.held_interview:
        return f"held on {date_words(held.interview.held)}"
    if not one.interviews:
        return "not offered yet"
    state = one.interviews[-1].state
    return state if state == "offered" else f"offered: {state.replace('_', ' ')}"


def told_by(one: EpisodeShown) -> str:
    return ", ".join(dict.fromkeys(telling.source for telling in one.tellings))


def missing_list(
    reader: Staff, now: datetime, *, number: int | str | None = 1, per_page: int = MOST_ROWS
) -> tuple[Table, Page]:
    page = missing_now(reader, now, page=number, per_page=per_page)
    count = total_words(page.paginator.count)
    who = shown_identity([one.person_id for one in page if one.person_id], reader)
    rows = [
        Row(
            [
                _child(who, one),
                since_cell(one.missing_since, now),
                grade_cell(one.grade),
                told_by(one),
            ],
            anchor=f"missing-{one.id}",
        )
        for one in page
    ]
    return _table(
        "Missing now",
        count,
        ["Child", "Missing for", "Grade", "Told by"],
        rows,
        "No child you may see is missing at this moment, as far as agencies have told.",
    ), page


def awaiting_list(
    reader: Staff,
    now: datetime,
    *,
    number: int | str | None = 1,
    per_page: int = MOST_ROWS,
    due_since: datetime | None = None,
) -> tuple[Table, Page]:
    page = awaiting_interview(reader, now, due_since=due_since, page=number, per_page=per_page)
    count = total_words(page.paginator.count)
    who = shown_identity([one.person_id for one in page if one.person_id], reader)
    rows = [
        Row(
            [
                _child(who, one),
                interview_cell(one, now),
                offer_words(one),
                moment_words(back)
                if isinstance(back := one.account.returned, datetime)
                else date_words(back),
            ],
            anchor=f"awaiting-{one.id}",
        )
        for one in page
    ]
    return _table(
        "Back and awaiting a return interview",
        count,
        ["Child", "Interview", "Offer", "Came back"],
        rows,
        "No child you may see is waiting for a return interview"
        + (f" that was due after {date_words(due_since)}." if due_since else "."),
    ), page


def _looks(reader: Staff, now: datetime) -> tuple[Table, str]:
    page = first_looks(reader, now, per_page=MOST_ROWS_LATER)
    count = total_words(page.paginator.count)
    rows = []
    for one in page:
        why = "; ".join(one.causes)
        rows.append(
            Row(
                [
                    _named(one.identity, f"/first-looks/{one.person_id}/"),
                    Cell("Immediate danger", colour="red", secondary=why) if one.immediate_danger else why,
                    due_cell(one.due, now),
                    one.holder.name if one.holder else "nobody yet",
                    date_words(one.since),
                ],
                anchor=f"look-{one.person_id}",
            )
        )
    return _table(
        "First looks to do",
        count,
        ["Child", "Why", "Nearest clock", "Taken by", "Waiting since"],
        rows,
        "Every child you may see who needed a first look has had one.",
    ), count


def whole_reviews(
    reader: Staff, now: datetime, *, number: int | str | None = 1, per_page: int = MOST_ROWS_LATER
) -> tuple[Table, Page]:
    table, page = reviews_list(reader, now, number=number, per_page=per_page)
    count = total_words(page.paginator.count)
    return replace(table, caption=f"{table.caption}: {count}" if table.rows else table.caption), page


def _reviews(reader: Staff, now: datetime) -> tuple[Table, str]:
    table, page = whole_reviews(reader, now)
    return table, total_words(page.paginator.count)


def _pairs(reader: Staff, now: datetime) -> tuple[Table, str]:
    waiting = read_so_far(
        lambda most: list(pairs_to_decide(reader).values_list("pk", flat=True)[:most]), 1, MOST_ROWS_LATER
    )
    count = total_words(waiting.paginator.count)
    pairs = Pair.objects.visible_to(reader).select_related("record_a__agency", "record_b__agency")
    found = pairs.in_bulk(waiting.object_list)
    rows = [
        Row(
            [
                Cell(
                    f"{pair.record_a.shown_name or 'No name'} and {pair.record_b.shown_name or 'no name'}",
                    href=f"/pairs/{pair.pk}/",
                    secondary=_ages(pair, in_london(now).date()),
                ),
                ", ".join(dict.fromkeys((pair.record_a.agency.name, pair.record_b.agency.name))),
                moment_words(pair.offered_at),
            ],
            anchor=f"pair-{pair.pk}",
        )
        for pair in (found[pk] for pk in waiting.object_list)
    ]
    return _table(
        "Pairs to decide",
        count,
        ["Two records", "Sent by", "Waiting since"],
        rows,
        "No two records that you may see wait for a decision.",
    ), count


def _ages(pair: Pair, today: date) -> str:
    ages = [
        age_words(None, record.born_in, today) or "not known" for record in (pair.record_a, pair.record_b)
    ]
    return f"age {ages[0]} and {ages[1]}"


def _files(reader: Staff, now: datetime) -> tuple[Table, str]:
    waiting = files_with_held_rows(reader)
    count = count_words(waiting)
    rows = [
        Row(
            [
                Cell(file.file_name, href=f"/files/{file.pk}/", secondary=file.format),
                Cell(file.rows_held, numeric=True),
                moment_words(file.received_at),
            ],
            anchor=f"file-{file.pk}",
        )
        for file in waiting[:MOST_ROWS_LATER]
    ]
    return _table(
        "Files with rows held for a person",
        count,
        [Column("File"), Column("Rows held", numeric=True), Column("Received")],
        rows,
        "No file of your agency has rows that wait for a person.",
    ), count


def _table(title: str, count: str, columns: list, rows: list[Row], empty: str) -> Table:
    return Table(
        f"{title}: {count}" if rows else title,
        [column if isinstance(column, Column) else Column(column) for column in columns],
        rows,
        empty_text=empty,
        key_rows=True,
    )


def _missing(reader: Staff, now: datetime) -> tuple[Table, str]:
    table, page = missing_list(reader, now)
    return table, total_words(page.paginator.count)


def _awaiting(reader: Staff, now: datetime) -> tuple[Table, str]:
    since = now - timedelta(days=settings.AWAITING_ON_TODAY_DAYS)
    table, page = awaiting_list(reader, now, due_since=since)
    return table, total_words(page.paginator.count)


def _held(reader: Staff, now: datetime) -> tuple[Table, str]:
    waiting = held_reports(reader)
    count = count_words(waiting)
    reports = list(waiting[:MOST_ROWS_LATER])
    who = shown_identity([report.person_id for report in reports if report.person_id], reader)
    table = held_table(reports, who, reasons_held(reports, reader))
    return replace(
        table, caption=f"Held reports: {count}" if reports else "Held reports", caption_hidden=False
    ), count


def _works_with_children(reader: Staff) -> bool:
    return bool(may_look_at_children(reader))


PARTS = (
    Part(
        "missing",
        "Missing now",
        "Graded high first, then whoever has been missing longest.",
        _missing,
        _works_with_children,
        "/today/missing/all/",
    ),
    Part(
        "held",
        "Held reports",
        "No rule can tell to which time missing they belong: a person must say. The oldest stands first.",
        _held,
        lambda reader: bool(may_settle(reader)),
        "/episodes/held/",
    ),
    Part(
        "awaiting",
        "Back and awaiting a return interview",
        "Nearest to the end of the 72 hours first, on either side of it, so that one just overdue is not lost behind"
        f" those long overdue. Those due more than {settings.AWAITING_ON_TODAY_DAYS} days ago are in the whole list.",
        _awaiting,
        _works_with_children,
        "/today/awaiting/all/",
    ),
    Part(
        "looks",
        "First looks to do",
        "Immediate danger first, then the nearest clock, then whoever has waited longest. No score orders this list.",
        _looks,
        works_through_first_looks,
        "/first-looks/",
    ),
    Part(
        "reviews",
        reviews.TITLE,
        "The longest overdue first, then those due within seven days. A judgement goes when somebody takes the look"
        " again, or judges later.",
        _reviews,
        works_through_first_looks,
        "/today/reviews/all/",
    ),
    Part(
        "pairs",
        "Pairs to decide",
        "The likeliest pair first; only pairs that touch a child with something open.",
        _pairs,
        decides_pairs,
        "/pairs/",
    ),
    Part(
        "files",
        "Files with rows held for a person",
        "The file received last stands first.",
        _files,
        lambda reader: reader.role not in ("board_analyst", "inquiry_liaison", "dpo_audit"),
        "/files/",
    ),
)
