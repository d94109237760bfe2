"""Schedules, holds and plans put into the words of a page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from engage.govuk.components import Cell, Column, Row, SummaryRow, Table
from engage.govuk.london_time import date_words, moment_words
from engage.practice.agencies.models import Agency

from .models import Approval, Hold, Plan, PlanItem, Schedule
from .planning import NOT_DUE, NOT_KNOWN
from .queries import Shown, schedules_in_force

HERE = "/access/retention/"
STATE_COLOURS = {"planned": "blue", "approved": "yellow", "carried_out": "green", "closed": "grey"}
ALIVE = "Somebody works with the child, or something about the child is open or protected"
# For those who see the record; everybody else reads `ALIVE`.
REASONS = {
    NOT_DUE: "Its period has not passed",
    NOT_KNOWN: "The day from which its period counts is not known",
    "hold": "A hold",
    "open_episode": "Missing now",
    "circle": "Somebody works with the child",
    "first_look": "A first look waits or is under way",
    "review": "A judgement is to be looked at again",
    "open_pair": "A pair waits for a decision",
    "request": "A request for information is not answered",
    "asked_to_see": "Somebody asked to see what is held, and is not answered yet",
    "disclosure": "Something shared can still be opened, or waits for a second person",
    "emergency": "An emergency access is not reviewed",
    "protected": "The child, or where the child lives, is kept to those who are named; or somebody must not be told",
    "joins": "It holds the person’s other records together",
    "others_entries": "Another agency’s own entries hang on it",
    "gone": "It is not there any more",
}
TOLD_TO_ALL = (NOT_DUE, NOT_KNOWN, "hold")


def reasons_counted(kept_because: dict[str, int]) -> list[tuple[str, int]]:
    """Why records are kept and how many. Which of the reasons about a child it is, only those read who see the child."""
    counted: Counter[str] = Counter()
    for reason, count in kept_because.items():
        counted[REASONS[reason] if reason in TOLD_TO_ALL else ALIVE] += count
    return counted.most_common()


def schedules_table(schedules: Sequence[Schedule]) -> Table:
    return Table(
        "Periods in force",
        [Column("Kind of record"), Column("Kept for"), Column("Basis"), Column("Adopted")],
        [
            Row(
                [
                    Cell(
                        one.kind,
                        href=f"{HERE}schedules/{one.pk}/end/",
                        secondary=f"{one.agency.name}, list {one.register}",
                    ),
                    Cell(one.period_words, secondary=f"checked: {one.verification}"),
                    one.legal_basis,
                    Cell(one.adopted_by.name, secondary=moment_words(one.adopted_at)),
                ]
            )
            for one in schedules
        ],
        "No period is adopted: nothing is ever destroyed.",
    )


def adopted_rows(agencies: Sequence[Agency]) -> list[tuple[str, ...]]:
    """As the record of processing has them (`access.registers`)."""
    return [
        (
            one.agency.name,
            f"{one.kind} (list {one.register})",
            one.period_words,
            one.legal_basis,
            one.verification,
            f"{one.adopted_by.name}, {moment_words(one.adopted_at)}",
        )
        for one in schedules_in_force(agencies)
    ]


def holds_table(caption: str, holds: Sequence[Hold], empty: str) -> Table:
    return Table(
        caption,
        [Column("Hold"), Column("What is held"), Column("Placed"), Column("State")],
        [
            Row(
                [
                    Cell(
                        one.get_kind_display(),
                        href=f"{HERE}holds/{one.pk}/",
                        secondary=one.notice_reference,
                    ),
                    Cell(one.get_scope_display(), secondary=_held(one)),
                    Cell(moment_words(one.placed_at), secondary=one.placed_by.name),
                    hold_state(one),
                ]
            )
            for one in holds
        ],
        empty,
    )


def _held(one: Hold) -> str:
    if one.scope == Hold.Scope.EVERYTHING:
        return ""
    return f"{one.agency.name}, {one.reference}" if one.reference else one.agency.name


def hold_state(one: Hold) -> Cell:
    if one.ended_at:
        return Cell("Ended", colour="grey", secondary=moment_words(one.ended_at))
    if one.end_asked_by:
        return Cell("Ending asked for", colour="yellow", secondary=f"by {one.end_asked_by.name}")
    return Cell("In force", colour="red")


def hold_rows(one: Hold) -> list[SummaryRow]:
    rows = [
        SummaryRow("What is held", one.get_scope_display()),
        SummaryRow("Asked for by", one.agency.name),
        SummaryRow("Notice", one.notice_reference or "no reference"),
        SummaryRow("Why", one.reason),
        SummaryRow("Placed", f"{one.placed_by.name}, {moment_words(one.placed_at)}"),
    ]
    if one.reference:
        rows.insert(2, SummaryRow("Reference of the child", one.reference))
    if one.end_asked_by:
        rows.append(
            SummaryRow(
                "Ending asked for",
                f"{one.end_asked_by.name}, {moment_words(one.end_asked_at)}: {one.end_because}",
            )
        )
    if one.ended_by:
        rows.append(SummaryRow("Ended", f"{one.ended_by.name}, {moment_words(one.ended_at)}"))
    return rows


def plans_table(plans: Sequence[Plan], not_carried_out: Collection[UUID] = ()) -> Table:
    return Table(
        "Plans",
        [
            Column("Plan"), Column("Looked at", numeric=True), Column("To destroy", numeric=True),
            Column("Kept", numeric=True), Column("State"),
        ],
        [
            Row(
                [
                    Cell(
                        f"{one.agency.name}, {moment_words(one.planned_at)}",
                        href=f"{HERE}plans/{one.pk}/",
                        secondary=f"made by {one.planned_by.name}",
                    ),
                    Cell(one.looked_at, numeric=True),
                    Cell(one.to_destroy, numeric=True),
                    Cell(one.kept, numeric=True),
                    Cell("Not carried out", colour="red", secondary="Its days are over, and it failed. Tell your administrator")
                    if one.pk in not_carried_out
                    else Cell(one.get_state_display(), colour=STATE_COLOURS[one.state]),
                ],
                anchor=f"plan-{one.pk}",
            )
            for one in plans
        ],
        "No plan has been made.",
    )  # fmt: skip


def plan_rows(plan: Plan, given: Iterable[Approval], cooled: datetime | None) -> list[SummaryRow]:
    rows = [
        SummaryRow("Whose records", plan.agency.name),
        SummaryRow("Made", f"{plan.planned_by.name}, {moment_words(plan.planned_at)}"),
        SummaryRow("Looked at", f"{plan.looked_at}: all records of the kinds that have a period"),
        SummaryRow("Would be destroyed", plan.to_destroy),
        SummaryRow("Kept", plan.kept),
        SummaryRow("Cooling off", f"{plan.cooling_off_days} days after the second approval"),
    ]
    for word, one in zip(("First approval", "Second approval"), given, strict=False):
        rows.append(SummaryRow(word, f"{one.by.name}, {moment_words(one.at)}"))
    if cooled:
        rows.append(SummaryRow("Carried out", f"not before {moment_words(cooled)}"))
    if plan.state == Plan.State.CARRIED_OUT:
        rows.append(
            SummaryRow(
                "Carried out",
                f"{moment_words(plan.settled_at)}: {plan.destroyed} destroyed, {plan.left} left because something keeps them since",
            )
        )
    if plan.state == Plan.State.CLOSED:
        rows.append(SummaryRow("Closed", f"{moment_words(plan.settled_at)}: {plan.settled_because}"))
    return rows


def reasons_table(plan: Plan) -> Table:
    return Table(
        "Why records are kept",
        [Column("Reason"), Column("Records", numeric=True)],
        [Row([words, Cell(count, numeric=True)]) for words, count in reasons_counted(plan.kept_because)],
        "None is kept.",
        caption_size="s",
    )


def items_table(caption: str, lines: Iterable[Shown], empty: str) -> Table:
    rows = [
        Row(
            [
                _who(line),
                line.item.schedule.kind,
                date_words(line.item.due_on),
                _outcome(line),
            ]
        )
        for line in lines
    ]
    return Table(
        caption,
        [Column("Record"), Column("Kind"), Column("Period passed on"), Column("What becomes of it")],
        rows,
        empty,
    )


def _who(line: Shown) -> Cell:
    if line.name:
        return Cell(line.name, href=f"/children/{line.person_id}/", secondary=line.reference)
    if line.reference:
        return Cell(line.reference, secondary="You see the reference and not the child")
    return Cell("A record that you do not see")


def _outcome(line: Shown) -> Cell:
    outcome = PlanItem.Outcome(line.item.outcome)
    reason = line.item.reason
    said = (REASONS[reason] if line.name or reason in TOLD_TO_ALL else ALIVE) if reason else ""
    return Cell(outcome.label, secondary=said)
