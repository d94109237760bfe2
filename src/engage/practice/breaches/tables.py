from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from engage.govuk.components import Cell, Column, Row, SummaryRow, Table
from engage.govuk.london_time import moment_words

from .models import Breach, BreachStep


def state_cell(breach: Breach, now: datetime) -> Cell:
    if breach.closed_at:
        return Cell("Closed", colour="grey", secondary=moment_words(breach.closed_at))
    if breach.due_at < now:
        return Cell("72 hours are over", colour="red")
    return Cell("Clock runs", colour="yellow")


def breaches_table(breaches: Sequence[Breach], now: datetime) -> Table:
    return Table(
        "Breaches",
        [Column("Breach"), Column("Owner"), Column("Commissioner by"), Column("State")],
        [
            Row(
                [
                    Cell(
                        one.agency.name,
                        href=f"/breaches/{one.pk}/",
                        secondary=f"noticed {moment_words(one.noticed_at)}",
                    ),
                    Cell(one.owner.name, secondary=f"opened by {one.opened_by.name}"),
                    moment_words(one.due_at),
                    state_cell(one, now),
                ]
            )
            for one in sorted(breaches, key=lambda one: one.closed_at is not None)
        ],
        "None that you may know of.",
    )


def breach_rows(breach: Breach, steps: Iterable[BreachStep]) -> list[SummaryRow]:
    rows = [
        SummaryRow("Whose information", breach.agency.name),
        SummaryRow("What reached whom", breach.what),
        SummaryRow("Noticed", moment_words(breach.noticed_at)),
        SummaryRow("Commissioner by", f"{moment_words(breach.due_at)}, 72 hours later"),
        SummaryRow("Opened by", f"{breach.opened_by.name}, {moment_words(breach.opened_at)}"),
        SummaryRow("Owner", breach.owner.name),
    ]
    for one in steps:
        told = {True: "told. ", False: "not told. ", None: ""}[one.told]
        rows.append(
            SummaryRow(one.get_kind_display(), f"{told}{one.words} ({one.by.name}, {moment_words(one.at)})")
        )
    return rows
