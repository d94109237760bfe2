"""What stands on an episode's page, as plain rows for the page's components."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from uuid import UUID

from django.urls import reverse

from engage.govuk.components import Cell, Column, Row, SummaryRow, Table
from engage.govuk.london_time import date_words, hours_words, moment_words
from engage.methods.spans import Point
from engage.practice.access.permissions import Permission
from engage.practice.agencies.models import Staff

from . import permissions
from .episodes import EpisodeShown, InterviewShown, Telling
from .forms import GRADE_WORDS
from .models import MissingReport, ReturnInterview

STATES = {
    "missing": ("Missing", "red"),
    "located": ("Found, not back", "orange"),
    "returned": ("Back", "green"),
    "not_missing": ("Was not missing", "grey"),
}
MISSING_TYPES = {"M": "Missing", "A": "Away without authorisation"}
DEEDS: list[tuple[str, str, Callable[[Staff, EpisodeShown], Permission]]] = [
    ("missing:record_return", "Record the return", permissions.may_record_return),
    ("missing:record_located", "Record that the child was found", permissions.may_record_located),
    ("missing:regrade", "Change the grade", permissions.may_regrade),
    ("missing:offer_interview", "Interview offered", permissions.may_offer_interview),
    ("missing:hold_interview", "Interview held", permissions.may_hold_interview),
    ("missing:decline_interview", "Interview declined", permissions.may_offer_interview),
]


def point_words(point: Point | None) -> str:
    return moment_words(point) if isinstance(point, datetime) else date_words(point)


def title(episode: EpisodeShown) -> str:
    since = episode.missing_since or episode.account.returned or episode.account.located
    return (
        f"Missing since {point_words(since)}" if episode.missing_since else f"Missing, {point_words(since)}"
    )


def deeds(episode: EpisodeShown, reader: Staff) -> tuple[list[tuple[str, str]], list[str]]:
    """(address, words) of what the reader may record, and the reasons why not the rest."""
    may, why_not = [], []
    for view, words, permission in DEEDS:
        answer = permission(reader, episode)
        if answer:
            may.append((reverse(view, args=[episode.id]), words))
        elif answer.sentence not in why_not:
            why_not.append(answer.sentence)
    return may, why_not


def summary(episode: EpisodeShown, now: datetime) -> list[SummaryRow]:
    account = episode.account
    rows = [
        SummaryRow("Missing since", point_words(episode.missing_since)),
        SummaryRow("Reported", point_words(account.reported)),
    ]
    if episode.state in ("missing", "located") and episode.since_moment:
        rows.append(SummaryRow("Missing for", hours_words(episode.since_moment, now, "since")))
    rows += [
        SummaryRow("Grade", GRADE_WORDS.get(episode.grade, "not recorded")),
        SummaryRow("Found", point_words(account.located)),
        SummaryRow("Back", point_words(account.returned)),
    ]
    if episode.is_back:
        rows += [
            SummaryRow("Prevention interview by police", point_words(episode.prevention_interview)),
            SummaryRow("Return home interview", interview_words(episode, now)),
        ]
    return rows


def interview_words(episode: EpisodeShown, now: datetime) -> str:
    if episode.held_interview:
        held = f"Held {point_words(episode.held_interview.interview.held)}"
        in_time = {
            True: ", within 72 hours",
            False: ", after the 72 hours",
            None: ". Nobody can tell whether within 72 hours: an hour is not known",
        }
        return held + in_time[episode.held_in_time]
    if episode.declined_interview:
        return "Declined"
    offered = ". Offered" if episode.interviews else ""
    if episode.interview_due_at:
        due = hours_words(episode.interview_due_at, now, "due")
        return f"{due[:1].upper()}{due[1:]}, by {moment_words(episode.interview_due_at)}{offered}"
    if episode.interview_due_on:
        late = "Overdue: was due" if episode.overdue(now) else "Due"
        return (
            f"{late} on {date_words(episode.interview_due_on)}. Only the day of the return is known{offered}"
        )
    return f"No clock runs: nobody has said when the child came back{offered}"


def each_source(episode: EpisodeShown, reader: Staff) -> Table:
    """What each source says, side by side: one column for each."""
    told: list[tuple[str, Callable[[MissingReport], str]]] = [
        ("Told by", lambda report: report.get_told_by_display()),
        ("Reference", lambda report: "" if report.told_by == MissingReport.Told.DESK else report.reference),
        ("Recorded by", lambda report: report.recorded_by.name if report.recorded_by else ""),
        ("Received", lambda report: moment_words(report.recorded_at)),
        ("Type", lambda report: MISSING_TYPES.get(report.type, report.type)),
        ("Last seen, or first day", lambda report: _point(report.last_seen_at, report.started_on)),
        ("Reported", lambda report: _point(report.reported_at)),
        ("Found", lambda report: _point(report.located_at, report.located_on)),
        ("Back", lambda report: _point(report.returned_at, report.returned_on)),
        ("Grade", lambda report: GRADE_WORDS.get(report.grade, report.grade)),
        (
            "Prevention interview",
            lambda report: _point(report.prevention_interview_at, report.prevention_interview_on),
        ),
        ("How it ended", _outcome),
    ]
    table = _side_by_side("What each source says", episode.tellings, told)
    addresses = [take_back_address(episode, telling.report, reader) for telling in episode.tellings]
    if not any(addresses):
        return table
    cells = [Cell("Take back", href=address) if address else "–" for address in addresses]
    return replace(table, rows=[*table.rows, Row(["If it is a mistake", *cells])])


def take_back_address(episode: EpisodeShown, entry: MissingReport | ReturnInterview, reader: Staff) -> str:
    """Empty where the reader may not take it back."""
    if not permissions.may_take_back(reader, entry):
        return ""
    return reverse("missing:take_back", args=[episode.id, entry.pk])


def entry_rows(entry: MissingReport | ReturnInterview) -> list[SummaryRow]:
    """What somebody recorded at a desk, in a few lines."""
    told = [
        (
            "Recorded",
            f"{moment_words(entry.recorded_at)} by {entry.recorded_by.name if entry.recorded_by else ''}",
        ),
        *_said_at_a_desk(entry),
    ]
    return [SummaryRow(key, value) for key, value in told if value]


def _said_at_a_desk(entry: MissingReport | ReturnInterview) -> list[tuple[str, str]]:
    if isinstance(entry, ReturnInterview):
        return [
            ("Interview offered", _point(entry.offered_at)),
            ("What became of the offer", entry.get_offer_outcome_display() if entry.offer_outcome else ""),
            ("Interview held", _point(entry.held_at)),
        ]
    return [
        ("Found", _point(entry.located_at)),
        ("Back", _point(entry.returned_at, entry.returned_on)),
        ("Grade", GRADE_WORDS.get(entry.grade, entry.grade)),
    ]


def taken_back_table(entries: Sequence[MissingReport | ReturnInterview]) -> Table | None:
    if not entries:
        return None
    rows = [
        Row(
            [
                "; ".join(f"{key.lower()}: {value}" for key, value in _said_at_a_desk(entry) if value),
                f"{entry.recorded_by.name if entry.recorded_by else ''}, {entry.compartment.owner.name}",
                f"{entry.taken_back_by.name if entry.taken_back_by else ''}, {moment_words(entry.taken_back_at)}",
                entry.taken_back_why,
            ]
        )
        for entry in entries
    ]
    columns = [Column(text) for text in ("Entry", "Recorded by", "Taken back", "Why")]
    return Table("Recorded in Engage and taken back", columns, rows, caption_hidden=True)


def places(episode: EpisodeShown) -> Table | None:
    with_places = [telling for telling in episode.tellings if telling.places]
    if not with_places:
        return None
    said = [
        ("Last seen at", "last_seen_place"),
        ("Found at", "located_place"),
        ("Found by", "found_by"),
        ("Reported by", "reported_by"),
        ("With", "companions"),
        ("Vehicle", "vehicle"),
        ("What happened", "circumstances"),
    ]
    columns = [Column("Place or person"), *(Column(telling.source) for telling in with_places)]
    rows = []
    for words, name in said:
        values = [getattr(telling.places, name) for telling in with_places]
        if any(values):
            texts = [", ".join(value) if isinstance(value, list) else value for value in values]
            rows.append(Row([words, *(text or "–" for text in texts)]))
    return Table("Places and companions", columns, rows)


def interview_rows(one: InterviewShown) -> list[SummaryRow]:
    row = one.interview
    told = [
        (
            "Offered",
            _point(row.offered_at, row.offered_on) + (f", {row.offer_method}" if row.offer_method else ""),
        ),
        (
            "What became of the offer",
            ReturnInterview.OfferOutcome(row.offer_outcome).label if row.offer_outcome else "",
        ),
        ("Why declined", row.decline_reason),
        ("Held", _point(row.held_at, row.held_on)),
        ("Kind of place", row.place_kind),
        ("Interviewer", row.interviewer),
        ("Independent of the child's care", {True: "Yes", False: "No", None: ""}[row.independent]),
        ("Episodes covered", str(one.covers) if one.covers > 1 else ""),
        *one.said,
    ]
    return [SummaryRow(key, value) for key, value in told if value]


def held_table(reports: Sequence[MissingReport], shown: dict, why: Mapping[UUID, str]) -> Table:
    rows = []
    for report in reports:
        identity = shown.get(report.person_id)
        name = identity.words if identity else "Name not shown to you"
        rows.append(
            Row(
                [
                    Cell(name, href=reverse("missing:settle", args=[report.pk])),
                    Cell(report.compartment.owner.name, secondary=report.reference),
                    point_words(report.last_seen_at or report.started_on or report.reported_at),
                    why[report.pk],
                ],
                anchor=f"held-{report.pk}",
            )
        )
    columns = [Column("Child"), Column("Agency"), Column("Missing since"), Column("Why it is held")]
    empty = "No report waits for somebody to say which time missing it tells of."
    return Table("Held reports", columns, rows, empty_text=empty, key_rows=True, caption_hidden=True)


def _side_by_side(
    caption: str, tellings: tuple[Telling, ...], told: list[tuple[str, Callable[[MissingReport], str]]]
) -> Table:
    columns = [Column("What"), *(Column(telling.source) for telling in tellings)]
    rows = []
    for words, value in told:
        values = [value(telling.report) for telling in tellings]
        if any(values):
            rows.append(Row([words, *(text or "–" for text in values)]))
    return Table(caption, columns, rows)


def _outcome(report: MissingReport) -> str:
    if report.outcome == MissingReport.Outcome.OPEN:
        return "" if report.told_by == MissingReport.Told.DESK else "Not said"
    return report.get_outcome_display()


def _point(moment: datetime | None, day: date | None = None) -> str:
    if moment:
        return moment_words(moment)
    return f"{date_words(day)}, hour not known" if day else ""
