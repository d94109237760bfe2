"""What stands in one cell of the desk's tables: a child, a time, a grade, an interview."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.urls import reverse

from engage.govuk.components import Cell
from engage.govuk.london_time import date_words, hours_words, in_london, moment_words
from engage.methods.spans import Point
from engage.practice.missing.episodes import EpisodeShown
from engage.practice.people.queries import ShownIdentity

GRADE_COLOURS = {"high": "red", "medium": "orange", "low": "yellow", "very_low": "grey"}


def named_cell(identity: ShownIdentity | None, href: str) -> Cell:
    if identity is None:
        # That somebody is missing may be seen by one who may not see who it is.
        return Cell("Name not shown to you", href=href)
    about = ", ".join(filter(None, (f"age {identity.age}" if identity.age else "", identity.district)))
    return Cell(identity.name, href=href, secondary=about)


def child_cell(shown: dict[UUID, ShownIdentity], one: EpisodeShown) -> Cell:
    identity = shown.get(one.person_id) if one.person_id else None
    href = reverse("desk:child", args=[one.person_id]) if identity else f"/episodes/{one.id}/"
    return named_cell(identity, href)


def since_cell(since: Point | None, now: datetime) -> Cell:
    if isinstance(since, datetime):
        return Cell(hours_words(since, now, "since"), secondary=f"since {moment_words(since)}")
    return Cell(f"since {date_words(since)}", secondary="the hour is not known" if since else "")


def due_cell(due: Point | None, now: datetime) -> Cell:
    """Never an invented hour: what is known by its day is due by a day."""
    if isinstance(due, datetime):
        late = due < now
        return Cell(
            hours_words(due, now, "due"), colour="red" if late else "", secondary=f"by {moment_words(due)}"
        )
    if isinstance(due, date):
        late = due < in_london(now).date()
        words = f"was due by {date_words(due)}" if late else f"due by {date_words(due)}"
        return Cell(words, colour="red" if late else "", secondary="overdue" if late else "")
    return Cell("no clock runs")


def grade_cell(grade: str) -> Cell:
    return Cell(
        grade.replace("_", " ").capitalize() if grade else "not graded", colour=GRADE_COLOURS.get(grade, "")
    )


def interview_cell(one: EpisodeShown, now: datetime) -> Cell:
    return due_cell(one.interview_due_at or one.interview_due_on, now)


def offer_words(one: EpisodeShown) -> str:
    """What became of the return interview so far."""
    if held := one.held_interview:
        return f"held on {date_words(held.interview.held)}"
    if not one.interviews:
        return "not offered yet"
    state = one.interviews[-1].state
    return state if state == "offered" else f"offered: {state.replace('_', ' ')}"


def told_by(one: EpisodeShown) -> str:
    return ", ".join(dict.fromkeys(telling.source for telling in one.tellings))
