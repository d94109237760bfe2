"""The lists of Today: who is missing, who waits for somebody, and what waits for this reader."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.core.paginator import Page
from django.db.models import QuerySet

from engage.govuk.components import Cell, Column, Row, Table
from engage.govuk.london_time import date_words, in_london, moment_words
from engage.practice.access.written_once import UUIDS, written_once
from engage.practice.agencies.models import Staff
from engage.practice.missing.pages import held_table
from engage.practice.missing.queries import awaiting_interview, held_reports, missing_now, reasons_held
from engage.practice.people.lists import read_so_far, total_words
from engage.practice.people.models import Pair
from engage.practice.people.queries import age_words, first_of, shown_identity
from engage.practice.people.waiting import pairs_in_order
from engage.practice.receiving.queries import files_with_held_rows
from engage.practice.screening.queries import first_looks

from .cells import (
    child_cell,
    due_cell,
    grade_cell,
    interview_cell,
    named_cell,
    offer_words,
    since_cell,
    told_by,
)

MOST_ROWS = 10
MOST_ROWS_LATER = 5  # of lists that nobody is in danger on; each has a page of its own


def missing_list(
    reader: Staff, now: datetime, *, number: int | str | None = 1, per_page: int = MOST_ROWS
) -> tuple[Table, Page]:
    page = missing_now(reader, now, page=number, per_page=per_page)
    count = total_words(page.paginator.count)
    who = shown_identity([one.person_id for one in page if one.person_id], reader)
    rows = [
        Row(
            [
                child_cell(who, one),
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
                child_cell(who, one),
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


def looks(reader: Staff, now: datetime) -> Table:
    page = first_looks(reader, now, per_page=MOST_ROWS_LATER)
    count = total_words(page.paginator.count)
    rows = []
    for one in page:
        why = "; ".join(one.causes)
        rows.append(
            Row(
                [
                    named_cell(one.identity, f"/first-looks/{one.person_id}/"),
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
    )


def pairs(reader: Staff, now: datetime) -> Table:
    asked = {one.pk: one for one in pairs_in_order(reader, now)}
    waiting = read_so_far(lambda most: list(asked)[:most], 1, MOST_ROWS_LATER)
    count = total_words(waiting.paginator.count)
    found = {pair.pk: pair for pair in _pairs_with_records(reader, ids=waiting.object_list)}
    rows = [
        Row(
            [
                Cell(
                    f"{pair.record_a.shown_name or 'No name'} and {pair.record_b.shown_name or 'no name'}",
                    href=f"/pairs/{pair.pk}/",
                    secondary=_ages(pair, in_london(now).date()),
                ),
                ", ".join(dict.fromkeys((pair.record_a.agency.name, pair.record_b.agency.name))),
                asked[pair.pk].words or moment_words(pair.offered_at),
            ],
            anchor=f"pair-{pair.pk}",
        )
        for pair in (found[pk] for pk in waiting.object_list)
    ]
    return _table(
        "Pairs to decide",
        count,
        ["Two records", "Sent by", "What is open"],
        rows,
        "No two records that you may see wait for a decision.",
    )


@written_once(ids=UUIDS)
def _pairs_with_records(reader: Staff, ids: list[UUID]) -> QuerySet[Pair]:
    pairs = Pair.objects.visible_to(reader).filter(pk__among=ids)
    return pairs.select_related("record_a__agency", "record_b__agency")


def _ages(pair: Pair, today: date) -> str:
    ages = [
        age_words(None, record.born_in, today) or "not known" for record in (pair.record_a, pair.record_b)
    ]
    return f"age {ages[0]} and {ages[1]}"


def files(reader: Staff, now: datetime) -> Table:
    waiting, count = first_of(files_with_held_rows(reader), MOST_ROWS_LATER)
    rows = [
        Row(
            [
                Cell(file.file_name, href=f"/files/{file.pk}/", secondary=file.format),
                Cell(file.rows_held, numeric=True),
                moment_words(file.received_at),
            ],
            anchor=f"file-{file.pk}",
        )
        for file in waiting
    ]
    return _table(
        "Files with rows held for a person",
        count,
        [Column("File"), Column("Rows held", numeric=True), Column("Received")],
        rows,
        "No file of your agency has rows that wait for a person.",
    )


def _table(title: str, count: str, columns: list, rows: list[Row], empty: str) -> Table:
    return Table(
        f"{title}: {count}" if rows else title,
        [column if isinstance(column, Column) else Column(column) for column in columns],
        rows,
        empty_text=empty,
        key_rows=True,
    )


def missing(reader: Staff, now: datetime) -> Table:
    return missing_list(reader, now)[0]


def awaiting(reader: Staff, now: datetime) -> Table:
    since = now - timedelta(days=settings.AWAITING_ON_TODAY_DAYS)
    return awaiting_list(reader, now, due_since=since)[0]


def held(reader: Staff, now: datetime) -> Table:
    reports, count = first_of(held_reports(reader), MOST_ROWS_LATER)
    who = shown_identity([report.person_id for report in reports if report.person_id], reader)
    table = held_table(reports, who, reasons_held(reports, reader))
    return replace(
        table, caption=f"Held reports: {count}" if reports else "Held reports", caption_hidden=False
    )
