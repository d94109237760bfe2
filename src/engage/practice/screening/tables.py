"""First looks as tables for the page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from engage.govuk.components import Cell, Column, Row, Table
from engage.govuk.london_time import date_words, hours_words, moment_words
from engage.practice.agencies.models import Agency, Staff

from .models import FirstLook
from .queries import FirstLookRow, Reason


def first_looks_table(rows: Sequence[FirstLookRow], now: datetime, *, narrowed: bool) -> Table:
    return Table(
        caption="First looks to do",
        columns=[
            Column("Child"),
            Column("Why"),
            Column("Next clock"),
            Column("Waiting since"),
            Column("Taken by"),
        ],
        rows=[_row(row, now) for row in rows],
        empty_text="No first look fits these choices."
        if narrowed
        else "No first look waits among the children you may see.",
        key_rows=True,
        caption_hidden=True,
    )


def _row(row: FirstLookRow, now: datetime) -> Row:
    identity = row.identity
    name = identity.name if identity else "Name not shown to you"
    about = (
        ", ".join(part for part in (f"age {identity.age}" if identity.age else "", identity.district) if part)
        if identity
        else ""
    )
    return Row(
        [
            Cell(name, href=f"/first-looks/{row.person_id}/", secondary=about),
            Cell("Immediate danger", colour="red", secondary="; ".join(row.causes))
            if row.immediate_danger
            else "; ".join(row.causes),
            _clock(row, now),
            moment_words(row.since),
            row.holder.name if row.holder else "Nobody yet",
        ],
        anchor=f"look-{row.person_id}",
    )


def _clock(row: FirstLookRow, now: datetime) -> Cell:
    if row.clock_at is None:
        return Cell("None running")
    if row.clock_is_a_day:
        late = ", overdue" if row.clock_at <= now else ""
        return Cell(f"Return interview due on {date_words(row.due)}{late}")
    return Cell(
        f"Return interview {hours_words(row.clock_at, now, 'due')}", secondary=moment_words(row.clock_at)
    )


def reasons_table(reasons: Sequence[Reason]) -> Table:
    return Table(
        caption="Reasons you may see",
        columns=[Column("Reason"), Column("Date"), Column("From")],
        rows=[
            Row(
                [
                    Cell(
                        reason.sentence,
                        secondary="New since the judgement" if reason.is_new_since_judgement else "",
                    ),
                    _when(reason),
                    reason.source or "Not shown yet",
                ]
            )
            for reason in reasons
        ],
        empty_text="You may see no reason at this moment.",
        sentences=True,
    )


def _when(reason: Reason) -> str:
    if reason.when is None:
        return "No date given"
    return moment_words(reason.when) if isinstance(reason.when, datetime) else date_words(reason.when)


def heard_table(heard: Sequence[tuple[Agency, datetime | None]]) -> Table:
    return Table(
        caption="When each agency’s files last arrived",
        columns=[Column("Agency"), Column("Last file of any kind, about any child")],
        rows=[Row([agency.name, moment_words(at) if at else "None yet"]) for agency, at in heard],
        empty_text="No agency has sent a file yet.",
        caption_size="s",
    )


def state_words(look: FirstLook, reader: Staff) -> str:
    if look.state == FirstLook.State.OPEN:
        return "Nobody has taken this first look yet."
    holder = "You" if look.holder_id == reader.pk else look.holder_name
    if look.state == FirstLook.State.TAKEN:
        return f"{holder} took this first look on {moment_words(look.taken_at)}."
    return f"{holder} decided this first look on {moment_words(look.decided_at)}."
