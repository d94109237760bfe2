"""The page on safe contact, put into rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.template.defaultfilters import linebreaksbr

from engage.govuk.components import Cell, Column, Row, SummaryRow, Table
from engage.govuk.london_time import date_words, moment_words
from engage.practice.agencies.models import Staff
from engage.practice.people.actions import FewNamed

from .models import Outgoing, Said, WayOfContact
from .queries import Contact, KeptAway, Way, said_by_words
from .standing import in_one_line, times_words

COLOURS = {"Safe": "green", "Unsafe": "red", "Somebody is there": "red", "Another address told": "orange"}


def top_line(contact: Contact) -> str:
    """What somebody about to ring reads first."""
    if not contact.safe:
        return "No way of contact is confirmed as safe now."
    first = contact.safe[0]
    return " ".join(filter(None, (in_one_line(first.last), first.standing.sentence, first.warning)))


def ways_table(title: str, ways: Iterable[Way], empty: str) -> Table:
    return Table(
        title,
        [Column("Way"), Column("Whose"), Column("Times, and what to say"), Column("State")],
        [
            Row(
                [
                    Cell(
                        one.last.value, href=f"/contact/ways/{one.id}/", secondary=one.last.get_kind_display()
                    ),
                    Cell(one.last.whose_name, secondary=_others(one.last)),
                    Cell(times_words(one.last) or "any time", secondary=one.last.announce),
                    Cell(
                        one.standing.state,
                        colour=COLOURS.get(one.standing.state, "yellow"),
                        secondary=" ".join(filter(None, (one.standing.sentence, one.warning))),
                    ),
                ],
                anchor=f"way-{one.id}",
            )
            for one in ways
        ],
        empty_text=empty,
        key_rows=True,
    )


def kept_away_table(people: Iterable[KeptAway]) -> Table:
    return Table(
        "Nothing about this child may reach",
        [Column("Who"), Column("To the child"), Column("Why"), Column("Since")],
        [
            Row(
                [
                    Cell(one.last.name, href=f"/contact/not-to/{one.id}/", secondary=_also(one)),
                    one.last.relation or "not recorded",
                    Cell(one.last.because, secondary=_at_work(one)),
                    Cell(
                        date_words(one.last.from_on or one.history[-1].recorded_at),
                        secondary="" if one.holds else "does not hold now",
                    ),
                ],
                anchor=f"not-to-{one.id}",
            )
            for one in people
        ],
        empty_text="Nobody is recorded.",
    )


def outgoing_table(rows: Iterable[Outgoing], reader: Staff) -> Table:
    return Table(
        "Letters and calls",
        [Column("When"), Column("What"), Column("To"), Column("By")],
        [
            Row(
                [
                    Cell(moment_words(one.at), href=f"/contact/outgoing/{one.pk}/"),
                    Cell(one.get_kind_display(), secondary=one.subject or one.get_outcome_display()),
                    Cell(one.to_name, secondary=one.to_value),
                    Cell(said_by_words(one, reader), secondary="with a warning" if one.warned else ""),
                ],
                anchor=f"outgoing-{one.pk}",
            )
            for one in rows
        ],
        empty_text="No letter or call is recorded.",
    )


def outgoing_summary(made: Outgoing, reader: Staff) -> list[SummaryRow]:
    rows = [
        SummaryRow("To", f"{made.to_name}, {made.to_value}"),
        SummaryRow("By", f"{said_by_words(made, reader)}, {moment_words(made.at)}"),
    ]
    if made.outcome:
        rows.append(SummaryRow("Outcome", made.get_outcome_display()))
    if made.text:
        rows.append(SummaryRow("Text", linebreaksbr(made.text)))
    if made.warned:
        rows.append(SummaryRow("Warned, and why all the same", linebreaksbr(made.warned)))
    return rows


def history_table(history: Sequence[Said], reader: Staff) -> Table:
    """Everything that was said of it, the latest first: nothing is overwritten."""
    return Table(
        "Everything said of it, the latest first",
        [Column("When"), Column("What"), Column("As it was then"), Column("By")],
        [
            Row(
                [
                    moment_words(one.recorded_at),
                    Cell(one.get_deed_display(), secondary=one.why),
                    _as_then(one),
                    said_by_words(one, reader),
                ]
            )
            for one in history
        ],
        sentences=True,
    )


def _as_then(one: Any) -> str:
    if isinstance(one, WayOfContact):
        return "; ".join(
            filter(None, (one.value, one.whose_name, times_words(one), one.announce, one.others_there))
        )
    return "; ".join(filter(None, (one.name, *one.aliases, one.relation, one.lives_at, one.because)))


def _others(way: WayOfContact) -> str:
    return f"also there: {way.others_there}" if way.others_there else ""


def _also(one: KeptAway) -> str:
    return f"also called {', '.join(one.last.aliases)}" if one.last.aliases else ""


def _at_work(one: KeptAway) -> str:
    who = one.last.colleague
    return f"{who.name}, {who.agency.name}: nothing is shared with them" if who else ""


def few_named_table(found: Sequence[FewNamed]) -> Table:
    """Nothing of the child, and not who is left."""
    return Table(
        "Fewer than two may open it",
        [Column("Protected"), Column("By"), Column("Left", numeric=True)],
        [
            Row(
                [
                    moment_words(one.since),
                    Cell(one.by.name, secondary=one.by.agency.name),
                    Cell(len(one.left), numeric=True),
                ],
                anchor=f"few-{one.id}",
            )
            for one in found
        ],
        empty_text="Two or more at work may open each protected address.",
    )
