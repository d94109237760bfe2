"""The tables and lists of the pages on sister teams."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from engage.govuk.components import Cell, Column, Row, SummaryRow, Table
from engage.govuk.london_time import date_words, moment_words

from .models import HeldFilter, HoldingKey, QuestionAsked, SisterTeam, VolumeAlarm

Outcome = QuestionAsked.Outcome
COLOURS = {
    Outcome.UNHEARD: "grey",
    Outcome.KNOWN: "green",
    Outcome.POSSIBLY_KNOWN: "yellow",
    Outcome.NOTHING_FOUND: "blue",
    Outcome.FAILED: "red",
}
FRESH_FOR = timedelta(days=2)


def asked_table(questions: Iterable[QuestionAsked]) -> Table:
    return Table(
        "Asked about this child",
        [Column("Team"), Column("Asked by"), Column("For what"), Column("Case"), Column("Outcome")],
        [
            Row(
                [
                    Cell(
                        one.sister.name,
                        href=f"/children/{one.person_id}/sister-teams/{one.pk}/",
                        secondary=moment_words(one.asked_at),
                    ),
                    Cell(one.asked_by.name, secondary=one.asked_by.agency.name),
                    one.get_purpose_display(),
                    one.case,
                    Cell(one.get_outcome_display(), colour=COLOURS[Outcome(one.outcome)]),
                ],
                anchor=f"asked-{one.pk}",
            )
            for one in questions
        ],
        empty_text="No question that you may know of.",
        key_rows=True,
    )


def question_rows(one: QuestionAsked) -> list[SummaryRow]:
    rows = [
        SummaryRow("Team", one.sister.name),
        SummaryRow("Asked by", f"{one.asked_by.name}, {moment_words(one.asked_at)}"),
        SummaryRow("For", one.get_purpose_display()),
        SummaryRow("Case number", one.case),
        SummaryRow("Ring", one.sister.telephone),
        SummaryRow("Ask for", one.sister.ask_for),
    ]
    if one.failed_because:
        rows.insert(0, SummaryRow("Why", one.failed_because))
    return rows


def filters_table(
    sisters: Sequence[SisterTeam],
    held: Mapping[int, HeldFilter],
    own: HoldingKey | None,
    now: datetime,
) -> Table:
    rows = [Row(["This team", *_filter_cells(own, now)])]
    rows += [Row([one.name, *_filter_cells(held.get(one.pk), now)]) for one in sisters]
    columns = [Column("Team"), Column("Filter made"), Column("Values", numeric=True), Column("State")]
    return Table("Filters", columns, rows)


def _filter_cells(one: HeldFilter | HoldingKey | None, now: datetime) -> list[Cell]:
    if one is None:
        return [Cell("never"), Cell("", numeric=True), Cell("None yet", colour="red")]
    old = one.made_at < now - FRESH_FOR
    return [
        Cell(moment_words(one.made_at)),
        Cell(f"{one.count:,}", numeric=True),
        Cell("Old", colour="yellow") if old else Cell("Fresh", colour="green"),
    ]


def received_table(days: Iterable[Mapping[str, Any]]) -> Table:
    return Table(
        "Asked of us",
        [
            Column("Day"),
            Column("Team"),
            Column("People", numeric=True),
            Column("Questions", numeric=True),
            Column("Refused", numeric=True),
            Column("Points", numeric=True),
        ],
        [
            Row(
                [
                    date_words(one["day"]),
                    one["sister__name"],
                    *(
                        Cell(f"{one[column]:,}", numeric=True)
                        for column in ("people", "questions", "refusals", "points")
                    ),
                ]
            )
            for one in days
        ],
        empty_text="Nothing was asked of this team in 30 days.",
    )


def counted_table(days: Iterable[Mapping[str, Any]]) -> Table:
    outcomes = [Outcome.KNOWN, Outcome.POSSIBLY_KNOWN, Outcome.NOTHING_FOUND, Outcome.FAILED, Outcome.UNHEARD]
    columns = [Column("Day"), Column("Team"), Column("People", numeric=True)]
    return Table(
        "Asked by us",
        [*columns, *(Column(str(outcome.label), numeric=True) for outcome in outcomes)],
        [
            Row(
                [
                    date_words(one["day"]),
                    one["sister__name"],
                    Cell(one["people"], numeric=True),
                    *(Cell(one[f"count_{outcome.value or 'unheard'}"], numeric=True) for outcome in outcomes),
                ]
            )
            for one in days
        ],
        empty_text="Nobody here asked a sister team in 30 days.",
    )


def alarms_table(alarms: Iterable[VolumeAlarm]) -> Table:
    return Table(
        "Alarms",
        [Column("Team"), Column("Raised"), Column("Within a day"), Column("Owner"), Column("State")],
        [
            Row(
                [
                    Cell(one.sister.name, href=f"/access/sister-teams/{one.pk}/"),
                    moment_words(one.raised_at),
                    volume_words(one),
                    one.owner.name if one.owner else "any lead",
                    state_cell(one),
                ],
                anchor=f"alarm-{one.pk}",
            )
            for one in alarms
        ],
        empty_text="None.",
        key_rows=True,
    )


def volume_words(one: VolumeAlarm) -> str:
    return f"{one.questions:,} questions, {one.points:,} points"


def state_cell(one: VolumeAlarm) -> Cell:
    if one.settled_at:
        return Cell("Settled", colour="grey", secondary=moment_words(one.settled_at))
    return Cell("Waits for a lead", colour="red")


def alarm_rows(one: VolumeAlarm) -> list[SummaryRow]:
    rows = [
        SummaryRow("Team", one.sister.name),
        SummaryRow("Ring", one.sister.telephone),
        SummaryRow("Raised", moment_words(one.raised_at)),
        SummaryRow("Within a day", volume_words(one)),
        SummaryRow("Owner", one.owner.name if one.owner else "any lead"),
    ]
    if one.settled_by and one.settled_at:
        rows.append(
            SummaryRow("Settled", f"{one.words} ({one.settled_by.name}, {moment_words(one.settled_at)})")
        )
    return rows
