"""The tables of the sharing pages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from engage.govuk.components import Cell, Column, Row, SummaryRow, Table
from engage.govuk.london_time import moment_words
from engage.reference import categories

from .models import DisclosedItem, Disclosure
from .offer import Shareable

State = Disclosure.State
COLOURS = {
    State.WAITING: "yellow",
    State.SENT: "green",
    State.REFUSED: "red",
    State.RECALLED: "orange",
    State.NOT_SHARED: "grey",
}


def leaves_table(items: Sequence[Shareable | DisclosedItem]) -> Table:
    """What the recipient reads: the preview, the page and the file are made of the same cells."""
    return Table(
        "What is shared",
        [Column("What"), Column("As told"), Column("By"), Column("When")],
        [Row([item.what, item.said, item.told_by, item.when]) for item in items],
        sentences=True,
        caption_hidden=True,
    )


def received_table(disclosures: Iterable[Disclosure]) -> Table:
    return Table(
        "Shared with you",
        [Column("Shared"), Column("By"), Column("For what"), Column("Until"), Column("State")],
        [
            Row(
                [
                    Cell(moment_words(one.sent_at), href=f"/sharing/{one.pk}/"),
                    Cell(one.sent_by.name, secondary=one.agency.name),
                    one.get_purpose_display(),
                    moment_words(one.expires_at),
                    Cell("Opened", secondary=moment_words(one.opened_at))
                    if one.opened_at
                    else Cell("Not opened yet", colour="blue"),
                ],
                anchor=f"shared-{one.pk}",
            )
            for one in disclosures
        ],
        empty_text="Nothing is shared with you that can still be opened.",
        key_rows=True,
    )


def register_table(disclosures: Iterable[Disclosure], title: str = "Register") -> Table:
    return Table(
        title,
        [Column("Decided"), Column("By"), Column("To"), Column("Kinds of data"), Column("State")],
        [
            Row(
                [
                    Cell(moment_words(one.decided_at), href=f"/sharing/{one.pk}/"),
                    Cell(one.sent_by.name, secondary=one.agency.name),
                    Cell(one.recipient.name, secondary=one.recipient.agency.name),
                    "; ".join(categories().get(category, category) for category in one.categories)
                    or "nothing",
                    Cell(
                        one.get_state_display(),
                        colour=COLOURS[State(one.state)],
                        secondary=receipt_words(one),
                    ),
                ],
                anchor=f"decision-{one.pk}",
            )
            for one in disclosures
        ],
        empty_text="No decision on sharing that you may know of.",
        key_rows=True,
    )


def receipt_words(one: Disclosure) -> str:
    if one.state != State.SENT:
        return ""
    return f"opened {moment_words(one.opened_at)}" if one.opened_at else "not opened yet"


def decision_summary(one: Disclosure) -> list[SummaryRow]:
    rows = [
        SummaryRow("Shared by", f"{one.sent_by.name}, {one.agency.name}"),
        SummaryRow("With", f"{one.recipient.name}, {one.recipient.agency.name}"),
        SummaryRow("Decided", moment_words(one.decided_at)),
        SummaryRow("For", one.get_purpose_display()),
        SummaryRow("Lawful basis", one.lawful_basis),
        SummaryRow("Why", one.reason),
    ]
    if one.told_family:
        rows.append(SummaryRow("Child and family know", f"{one.get_told_family_display()}. {one.told_words}"))
    if one.second_because:
        rows.append(SummaryRow("A second person, because", one.second_because))
    if one.second_by:
        rows.append(
            SummaryRow(
                "Second person",
                f"{one.second_by.name}, {moment_words(one.second_at)}{f': {one.second_words}' if one.second_words else ''}",
            )
        )
    if one.sent_at:
        rows.append(SummaryRow("Can be opened until", moment_words(one.expires_at)))
        rows.append(
            SummaryRow(
                "Read receipt", f"Opened {moment_words(one.opened_at)}" if one.opened_at else "Not opened yet"
            )
        )
    if one.reply:
        rows.append(SummaryRow("Answer", f"{one.reply} ({moment_words(one.replied_at)})"))
    if one.recalled_at:
        rows.append(SummaryRow("Recalled", f"{moment_words(one.recalled_at)}: {one.recalled_because}"))
    return rows


def told_to_recipient(one: Disclosure) -> list[SummaryRow]:
    """What a recipient reads beside the facts. Not the sender's deliberations."""
    rows = [
        SummaryRow("Shared by", f"{one.sent_by.name}, {one.agency.name}"),
        SummaryRow("Shared", moment_words(one.sent_at)),
        SummaryRow("For", one.get_purpose_display()),
        SummaryRow("Child and family know", one.get_told_family_display()),
        SummaryRow("You can open it until", moment_words(one.expires_at)),
    ]
    if one.reply:
        rows.append(SummaryRow("Your answer", one.reply))
    return rows
