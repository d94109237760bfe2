"""Looks, what waits to be explained, and alarms, in the words of a page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from engage.govuk.components import Cell, Column, Row, SummaryRow, Table
from engage.govuk.london_time import date_words, moment_words
from engage.methods.moments import london_date

from .doors import ROLE_NAMES
from .looking import EXPLANATIONS, UNEXPLAINED
from .looks import ReadingAlarm, UnexplainedLook
from .models import AuditEntry, CircleMember
from .policy import PURPOSES
from .who_looked import Look

# What the account calls a page, where its name with spaces would not do.
PAGES = {
    "child": "The child’s record",
    "first_look": "First look",
    "open_episode": "A time missing",
    "records_of_child": "Where the record comes from",
    "today": "Today",
    "today_refreshed": "Today",
    "search": "Search",
    "ask_who_looked": "Who looked, by a number",
    "who_looked": "Who looked",
    "who_looked_told": "Who looked, for the child",
    "emergency_access": "Emergency access taken",
    "open_with_purpose": "A purpose stated",
    "state_purpose": "A purpose stated",
}
DECISIONS = {
    "nothing_found": "nothing found",
    "not_permitted": "refused",
    "purpose_asked": "asked for a purpose",
}


def page_named(action: str) -> str:
    return PAGES.get(action, action.replace("_", " ").capitalize())


def looks_table(caption: str, looks: Sequence[Look], empty: str) -> Table:
    return Table(
        caption,
        [Column(title) for title in ("Who", "When", "Which page", "Purpose", "Explained by")],
        [
            Row(
                [
                    Cell(
                        one.by.name,
                        secondary=f"{ROLE_NAMES.get(one.by.role, one.by.role)}, {one.by.agency.name}",
                    ),
                    moment_words(one.at),
                    Cell(page_named(str(one.body["action"])), secondary=_how_it_went(one)),
                    _purpose(one),
                    _explained(one),
                ],
                anchor=f"look-{one.entry_id}",
            )
            for one in looks
        ],
        empty,
    )


def _how_it_went(one: Look) -> str:
    words = [DECISIONS.get(str(one.body["decision"]), "")]
    if one.body["verb"] == AuditEntry.Verb.DISCLOSE:
        words.append("told to another agency")
    count = int(one.body.get("subjects_count", 0))
    if count > 1:
        words.append(f"{count} children")
    return ", ".join(word for word in words if word)


def _purpose(one: Look) -> str:
    stated = str(one.body.get("basis", ""))
    purpose = stated if stated in PURPOSES else str(one.body.get("purpose", ""))
    return PURPOSES.get(purpose, purpose)


def _explained(one: Look) -> Cell | str:
    if one.is_unexplained:
        return Cell(EXPLANATIONS[UNEXPLAINED], colour="red")
    words = EXPLANATIONS.get(one.explained, "")
    stated = str(one.body.get("basis", ""))
    if one.explained in CircleMember.PURPOSE_STATED and stated in PURPOSES:
        return Cell(words, secondary=PURPOSES[stated])
    return words


def to_explain_table(looks: Sequence[UnexplainedLook], now: datetime) -> Table:
    return Table(
        "Looks that nothing explains",
        [Column(title) for title in ("Who looked", "When", "Which page", "Review by", "State")],
        [
            Row(
                [
                    Cell(one.looker.name, href=look_address(one), secondary=one.looker.agency.name),
                    moment_words(one.at),
                    page_named(one.page),
                    due_cell(one, now),
                    Cell(one.get_state_display(), secondary="Has answered" if one.answered_at else ""),
                ],
                anchor=f"look-{one.pk}",
            )
            for one in looks
        ],
        "No look waits to be explained.",
        key_rows=True,
    )


def alarms_table(alarms: Sequence[ReadingAlarm], now: datetime) -> Table:
    return Table(
        "Alarms about reading",
        [Column(title) for title in ("Who read", "What", "When", "Take by", "State")],
        [
            Row(
                [
                    Cell(one.looker.name, href=alarm_address(one), secondary=one.looker.agency.name),
                    alarm_words(one),
                    moment_words(one.at),
                    moment_words(one.take_by),
                    alarm_cell(one, now),
                ],
                anchor=f"alarm-{one.pk}",
            )
            for one in alarms
        ],
        "No alarm waits for anybody.",
    )


def look_address(one: UnexplainedLook) -> str:
    return f"/access/looks/to-explain/{one.pk}/"


def alarm_address(one: ReadingAlarm) -> str:
    return f"/access/alarms/{one.pk}/"


def alarm_words(one: ReadingAlarm) -> str:
    did = "opened" if one.kind == ReadingAlarm.Kind.OPENED else "read on lists or exported"
    return f"{one.counted} children {did} within {one.within_minutes} minutes"


def due_cell(one: UnexplainedLook, now: datetime) -> Cell:
    late = one.due_on < london_date(now)
    return Cell(date_words(one.due_on), colour="red" if late else "", secondary="overdue" if late else "")


def alarm_cell(one: ReadingAlarm, now: datetime) -> Cell:
    if one.taken_at and one.taken_by:
        late = one.settling_is_late(now)
        return Cell(
            "Taken, not settled",
            colour="red" if late else "yellow",
            secondary=f"by {one.taken_by.name}"
            + (", overdue: another lead may take it over" if late else ""),
        )
    if one.take_by <= now:
        return Cell("Nobody took it in time", colour="red", secondary="laid before the team manager")
    return Cell("Waits for the lead", colour="red")


def look_rows(one: UnexplainedLook, *, for_looker: bool) -> list[SummaryRow]:
    rows = [
        SummaryRow("Who looked", f"{one.looker.name}, {one.looker.agency.name}"),
        SummaryRow("When", moment_words(one.at)),
        SummaryRow("Which page", page_named(one.page)),
        SummaryRow("Looks while this waits", one.times),
        SummaryRow("Reviewed by", one.owner.name if one.owner else "nobody is named"),
        SummaryRow("Review by", date_words(one.due_on)),
        SummaryRow("State", one.get_state_display()),
    ]
    if not for_looker:
        rows.append(SummaryRow("The child, as the account knows it", one.subject.hex))
    if one.answered_at:
        rows.append(SummaryRow("Their answer", one.answer))
    if one.closed_at and one.closed_by:
        rows.append(
            SummaryRow("Because", f"{one.because} ({one.closed_by.name}, {moment_words(one.closed_at)})")
        )
    return rows


def alarm_rows(one: ReadingAlarm) -> list[SummaryRow]:
    rows = [
        SummaryRow("Who read", f"{one.looker.name}, {one.looker.agency.name}"),
        SummaryRow("What", alarm_words(one)),
        SummaryRow("First noticed", moment_words(one.at)),
        SummaryRow("Owner", one.owner.name if one.owner else "nobody is named"),
        SummaryRow("Take by", moment_words(one.take_by)),
        SummaryRow(
            "Stopped",
            f"Had to sign in again before another child opened, {moment_words(one.contained_at)}"
            if one.contained_at
            else "No",
        ),
    ]
    if one.taken_by and one.taken_at:
        rows.append(SummaryRow("Taken", f"{one.taken_by.name}, {moment_words(one.taken_at)}"))
    if one.settle_by and not one.settled_at:
        rows.append(SummaryRow("Settle by", date_words(one.settle_by)))
    if one.settled_at:
        rows.append(SummaryRow("Settled", f"{one.get_outcome_display()}: {one.words}"))
    return rows
