"""The tables of the sharing pages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from engage.govuk.components import Cell, Column, Row, SummaryRow, Table
from engage.govuk.london_time import date_words, moment_words
from engage.methods.moments import london_date
from engage.reference import categories

from .models import DisclosedItem, Disclosure, EmergencyAccess, InformationRequest
from .offer import Shareable

State = Disclosure.State
COLOURS = {
    State.WAITING: "yellow",
    State.SENT: "green",
    State.REFUSED: "red",
    State.RECALLED: "orange",
    State.NOT_SHARED: "grey",
}
REQUEST_COLOURS = {
    InformationRequest.State.ASKED: "yellow",
    InformationRequest.State.ANSWERED: "green",
    InformationRequest.State.REFUSED: "red",
    InformationRequest.State.WITHDRAWN: "grey",
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
        *([SummaryRow("Lawful basis", one.lawful_basis)] if one.lawful_basis else []),
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


def requests_table(asked: Iterable[InformationRequest], today: date, title: str) -> Table:
    return Table(
        title,
        [Column("Child"), Column("Asked by"), Column("To answer"), Column("Due"), Column("State")],
        [
            Row(
                [
                    Cell(one.about, href=f"/sharing/requests/{one.pk}/"),
                    Cell(one.asked_by.name, secondary=moment_words(one.asked_at)),
                    Cell(one.owner.name, secondary=one.owner.agency.name),
                    due_words(one, today),
                    Cell(
                        one.get_state_display(),
                        colour=REQUEST_COLOURS[InformationRequest.State(one.state)],
                        secondary="laid before the manager" if one.escalated_at else "",
                    ),
                ],
                anchor=f"request-{one.pk}",
            )
            for one in asked
        ],
        empty_text="No request that you may know of.",
        key_rows=True,
    )


def due_words(one: InformationRequest, today: date) -> Cell:
    late = one.state == InformationRequest.State.ASKED and one.due_on < today
    return Cell(date_words(one.due_on), colour="red" if late else "", secondary="overdue" if late else "")


def request_summary(one: InformationRequest, today: date) -> list[SummaryRow]:
    rows = [
        SummaryRow("Child", one.about),
        SummaryRow(
            "Asked by", f"{one.asked_by.name}, {one.asked_by.agency.name}, {moment_words(one.asked_at)}"
        ),
        SummaryRow("To answer", f"{one.owner.name}, {one.owner.agency.name}"),
        SummaryRow("Question", one.question),
        SummaryRow("For", one.get_purpose_display()),
        SummaryRow("Due", date_words(one.due_on) + (", overdue" if due_words(one, today).secondary else "")),
    ]
    if one.answer:
        title = "Refused, because" if one.state == InformationRequest.State.REFUSED else "Answer"
        rows.append(SummaryRow(title, f"{one.answer} ({moment_words(one.answered_at)})"))
    if one.escalated_at:
        said = f": {one.escalated_because}" if one.escalated_because else ""
        rows.append(SummaryRow("Laid before the manager", f"{moment_words(one.escalated_at)}{said}"))
    return rows


def emergencies_table(known: Iterable[EmergencyAccess], now: datetime) -> Table:
    return Table(
        "Emergency access to know of",
        [Column("Taken"), Column("By"), Column("Until"), Column("Reviewer"), Column("Review")],
        [
            Row(
                [
                    Cell(moment_words(one.taken_at), href=f"/emergency/{one.pk}/"),
                    Cell(one.taken_by.name, secondary=one.taken_by.agency.name),
                    Cell(moment_words(one.ends_at), secondary="open now" if one.ends_at > now else ""),
                    one.reviewer.name,
                    review_cell(one, now),
                ],
                anchor=f"emergency-{one.pk}",
            )
            for one in known
        ],
        empty_text="None.",
        key_rows=True,
    )


def review_cell(one: EmergencyAccess, now: datetime) -> Cell:
    if one.reviewed_at:
        bad = one.outcome == EmergencyAccess.Outcome.NOT_JUSTIFIED
        return Cell(one.get_outcome_display(), colour="red" if bad else "green")
    late = one.review_due_on < london_date(now)
    return Cell(
        "Overdue" if late else "To do",
        colour="red" if late else "yellow",
        secondary=f"by {date_words(one.review_due_on)}",
    )


def emergency_summary(one: EmergencyAccess) -> list[SummaryRow]:
    rows = [
        SummaryRow("Taken by", f"{one.taken_by.name}, {one.taken_by.agency.name}"),
        SummaryRow("From", moment_words(one.taken_at)),
        SummaryRow("Until", moment_words(one.ends_at)),
        SummaryRow("Reason", one.reason),
        SummaryRow("Reviewer", f"{one.reviewer.name}, by {date_words(one.review_due_on)}"),
    ]
    if one.reviewed_at:
        rows.append(
            SummaryRow(
                "Review", f"{one.get_outcome_display()}, {moment_words(one.reviewed_at)}: {one.review_words}"
            )
        )
    return rows
