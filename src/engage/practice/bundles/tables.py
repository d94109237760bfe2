"""The tables of the pages on requests and bundles."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from engage.govuk.components import Cell, Column, Row, SummaryRow, Table
from engage.govuk.london_time import date_words, moment_words
from engage.reference import withholding_reasons

from .forms import mark_words
from .intake import stands_still
from .models import Bundle, BundleSpan, Mark, RequestHold, SpanDecision, SubjectRequest

State = Bundle.State
COLOURS = {
    State.PREPARING: "blue",
    State.READING: "yellow",
    State.APPROVED: "teal",
    State.RELEASED: "green",
    State.SUPERSEDED: "grey",
    State.RECALLED: "orange",
}


def requests_table(found: Iterable[SubjectRequest], today: date, title: str) -> Table:
    return Table(
        title,
        [Column("About"), Column("Asked by"), Column("Preparer"), Column("Due"), Column("State")],
        [
            Row(
                [
                    Cell(one.about, href=f"/bundles/{one.pk}/"),
                    Cell(one.asked_by, secondary=one.get_kind_display()),
                    one.preparer.name if one.preparer else "nobody yet",
                    due_cell(one, today),
                    one.get_state_display(),
                ],
                anchor=f"request-{one.pk}",
            )
            for one in found
        ],
        empty_text="No request that you have a part in.",
        key_rows=True,
    )


def due_cell(one: SubjectRequest, today: date) -> Cell:
    late = one.state == SubjectRequest.State.OPEN and one.due_on < today
    return Cell(date_words(one.due_on), colour="red" if late else "", secondary="overdue" if late else "")


def request_summary(one: SubjectRequest, holds: Sequence[RequestHold], today: date) -> list[SummaryRow]:
    rows = [
        SummaryRow("Asked by", f"{one.asked_by} ({one.get_kind_display().lower()})"),
        *([SummaryRow("Their right", one.authority)] if one.authority else []),
        *([SummaryRow("Notice", one.notice)] if one.notice else []),
        SummaryRow("About", one.about),
        SummaryRow("Came", f"{date_words(one.received_on)}, {one.get_received_how_display().lower()}"),
        SummaryRow("Who they are", _identity_words(one)),
        SummaryRow("To be answered by", _due_words(one, holds, today)),
        SummaryRow("Owner", one.owner.name),
        SummaryRow("Preparer", one.preparer.name if one.preparer else "Nobody yet"),
        SummaryRow(
            "Record",
            "Named by the preparer" if one.person_id else "The preparer has not said yet which it is",
        ),
    ]
    if one.extended_on:
        rows.append(
            SummaryRow("Two months more", f"{one.extended_because} (told {date_words(one.extended_on)})")
        )
    for hold in holds:
        until = f" until {date_words(hold.until_on)}" if hold.until_on else ", stands"
        rows.append(
            SummaryRow(
                "Hold",
                f"{hold.get_kind_display()}. From {date_words(hold.from_on)}{until}. {hold.reason} ({hold.begun_by.name})",
            )
        )
    if one.ended_at:
        rows.append(
            SummaryRow(one.get_state_display(), f"{moment_words(one.ended_at)}. {one.ended_because}".strip())
        )
    return rows


def _identity_words(one: SubjectRequest) -> str:
    if one.identity_checked_on:
        return f"{one.identity_words} ({date_words(one.identity_checked_on)})"
    return (
        "By notice" if one.kind == SubjectRequest.Kind.INQUIRY else "Not checked yet: nothing leaves before"
    )


def _due_words(one: SubjectRequest, holds: Sequence[RequestHold], today: date) -> str:
    words = date_words(one.due_on)
    if one.state != SubjectRequest.State.OPEN:
        return words
    if stands_still(list(holds)):
        return f"{words}, and as many days later as the clock stands still"
    return f"{words}, overdue" if one.due_on < today else words


def bundles_table(found: Iterable[Bundle], title: str) -> Table:
    return Table(
        title,
        [Column("Number"), Column("For"), Column("Prepared by"), Column("Read by"), Column("State")],
        [
            Row(
                [
                    Cell(one.number, href=f"/bundles/editions/{one.pk}/", secondary=f"edition {one.edition}"),
                    Cell(one.request.asked_by, secondary=one.request.notice),
                    one.preparer.name,
                    one.reader.name if one.reader else "nobody yet",
                    Cell(
                        one.get_state_display(),
                        colour=COLOURS[State(one.state)],
                        secondary=moment_words(one.released_at) if one.released_at else "",
                    ),
                ],
                anchor=f"bundle-{one.pk}",
            )
            for one in found
        ],
        empty_text="No bundle that you may know of.",
        key_rows=True,
    )


def bundle_summary(one: Bundle) -> list[SummaryRow]:
    rows = [
        SummaryRow("Register number", f"{one.number}, edition {one.edition}"),
        SummaryRow("About", one.child),
        SummaryRow("For", one.request.asked_by),
        *([SummaryRow("Notice", one.request.notice)] if one.request.notice else []),
        SummaryRow("Gathered", f"{moment_words(one.gathered_at)}, as {one.preparer.name} may see the record"),
    ]
    if one.reader:
        when = f", {moment_words(one.read_at)}" if one.read_at else ""
        rows.append(SummaryRow("Second reader", f"{one.reader.name}{when}"))
    if one.remark:
        rows.append(SummaryRow("Their remark", one.remark))
    if one.released_at and one.released_by:
        rows.append(
            SummaryRow(
                "Handed over",
                f"{moment_words(one.released_at)}, {one.released_by.name}: {one.handed_over}",
            )
        )
    if one.recalled_at:
        rows.append(SummaryRow("Recalled", f"{moment_words(one.recalled_at)}: {one.recalled_because}"))
    return rows


def spans_table(bundle: Bundle, spans: Iterable[BundleSpan]) -> Table:
    return Table(
        "What was gathered",
        [Column("What"), Column("As told"), Column("Source"), Column("Others named"), Column("Decision")],
        [
            Row(
                [
                    Cell(span.what, href=f"/bundles/editions/{bundle.pk}/spans/{span.pk}/"),
                    span.said,
                    Cell(span.told_by, secondary=span.when),
                    ", ".join(span.others),
                    _decision_cell(span),
                ],
                anchor=f"span-{span.pk}",
            )
            for span in spans
        ],
        empty_text="Nothing of this kind.",
        key_rows=True,
    )


def _decision_cell(span: BundleSpan) -> Cell:
    decision = span.decision
    open_marks = sum(not mark.choice for mark in span.found)
    waits = "ask its owner" if span.ask_owner and decision.consulted_at is None else ""
    if decision.choice == SpanDecision.Choice.LEAVE_OUT:
        return Cell("Left out", colour="grey", secondary=withholding_reasons()[decision.reason].words)
    undecided = f"{open_marks} undecided" if open_marks else ""
    more = "; ".join(filter(None, (undecided, waits)))
    if not decision.choice:
        return Cell("To decide", colour="yellow", secondary=more)
    redacted = sum(mark.choice == Mark.Choice.REDACT for mark in span.found)
    done = f"{redacted} redacted" if redacted else ""
    colour = "yellow" if more else "green"
    return Cell("Included", colour=colour, secondary="; ".join(filter(None, (done, more))))


def span_summary(span: BundleSpan) -> list[SummaryRow]:
    decision = span.decision
    rows = [
        SummaryRow("Source", ", ".join(filter(None, (span.told_by, span.when)))),
        SummaryRow("About", ", ".join(("the child", *span.others))),
    ]
    if span.ask_owner:
        said = "Ask the agency that owns it before it leaves"
        if decision.consulted_at and decision.consulted_by:
            said = (
                f"{decision.owner_said} ({decision.consulted_by.name}, {moment_words(decision.consulted_at)})"
            )
        rows.append(SummaryRow("Its owner", said))
    if decision.choice and decision.decided_by:
        why = f": {withholding_reasons()[decision.reason].words}" if decision.reason else ""
        rows.append(
            SummaryRow(
                "Decided",
                f"{decision.get_choice_display()}{why} ({decision.decided_by.name}, {moment_words(decision.decided_at)})",
            )
        )
    for mark in span.found:
        rows.append(SummaryRow(f"“{span.said[mark.start : mark.end]}”", mark_words(mark)))
    return rows
