"""What of a child's times missing may be told to another agency: when, never where or with whom."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import UTC, date, datetime, time
from functools import partial
from uuid import UUID

from engage.govuk.london_time import date_words, moment_words
from engage.practice.agencies.models import Staff
from engage.practice.people.waiting import OpenMatter
from engage.practice.sharing.offer import Shareable

from .episodes import EpisodeShown
from .queries import episodes_of, interviews_awaited, missing_since


def times_missing(person_id: UUID, sender: Staff) -> list[Shareable]:
    """Latest first; those that turned out not to be one are left out."""
    return [_told(one) for one in episodes_of(person_id, sender) if one.counted and one.missing_since]


def open_for(person_ids: Collection[UUID], reader: Staff, now: datetime) -> Iterator[OpenMatter]:
    """Of these persons who is missing now, and whose return interview is awaited. Two queries."""
    for person_id, since in missing_since(person_ids, reader).items():
        yield OpenMatter(person_id, partial(_missing_words, since), at_once=True, at=since)
    for person_id, due in interviews_awaited(person_ids, reader).items():
        at = due if isinstance(due, datetime) or due is None else datetime.combine(due, time.max, UTC)
        past = at is not None and at < now
        yield OpenMatter(person_id, partial(_interview_words, due, past=past), at_once=False, at=at)


def _missing_words(since: datetime) -> str:
    return f"missing since {_words(since)}"


def _interview_words(due: datetime | date | None, *, past: bool) -> str:
    if not due:
        return "awaiting a return interview"
    return f"return interview {'was due' if past else 'due'} by {_words(due)}"


def _told(one: EpisodeShown) -> Shareable:
    since, back = one.missing_since, one.account.returned
    until = (
        f" until {_words(back)}" if back else ", not yet back" if one.state in ("missing", "located") else ""
    )
    return Shareable(
        f"episode:{one.id}",
        "C03",
        "Missing now" if not until or until == ", not yet back" else "Missing",
        f"From {_words(since)}{until}",
        ", ".join(dict.fromkeys(telling.source for telling in one.tellings)),
    )


def _words(at: datetime | date | None) -> str:
    return moment_words(at) if isinstance(at, datetime) else date_words(at)
