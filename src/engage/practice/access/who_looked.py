"""Who looked: the account read back, by those alone who may, through one function of the database.

`engage_looks` answers leads, and team managers of their own agency's staff; for anybody else it raises. Which child
a reference names, and whether its reader may ask about that child, a later app knows (`children_asked_about`).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import connection

from engage.practice.agencies.models import Agency, Staff

from . import audit
from .gate import acting
from .looking import UNEXPLAINED

FOR_EVER = datetime(9999, 1, 1, tzinfo=UTC)
FROM_THE_START = datetime(2000, 1, 1, tzinfo=UTC)
LAST_ID = UUID(int=2**128 - 1)
MOST_ON_A_PAGE = 50


@dataclass(frozen=True)
class ChildrenAskedAbout:
    """What an early app cannot know of children. `by_reference`: the child whom an exact number names, for this reader.

    `records`: the records of a child about whom this reader may ask; none where the child is hidden from them.
    """

    by_reference: Callable[[str, Staff, datetime], UUID | None]
    records: Callable[[UUID, Staff, datetime], list[UUID]]


# Set in AppConfig.ready of the app that knows who is who.
children_asked_about: list[ChildrenAskedAbout] = []


@dataclass(frozen=True)
class Look:
    """One entry of the account, as far as it says who looked and why."""

    entry_id: UUID
    at: datetime
    by: Staff
    body: dict[str, Any]

    @property
    def explained(self) -> str:
        return str(self.body.get("explained", ""))

    @property
    def is_unexplained(self) -> bool:
        return self.explained == UNEXPLAINED


@dataclass(frozen=True)
class Looks:
    looks: list[Look]
    older_before: str  # where the next page begins; empty on the last


@dataclass(frozen=True)
class Asked:
    """What looks are asked for. None: whichever. `until`: the first moment after."""

    child: UUID | None = None
    with_lists: bool = False
    actor: Staff | None = None
    agency: Agency | None = None
    since: datetime = FROM_THE_START
    until: datetime = FOR_EVER


def looks(asked: Asked, *, reader: Staff, before: str = "", most: int = MOST_ON_A_PAGE) -> Looks:
    """Newest first. Of a child hidden from the reader as of one at whom nobody looked: none."""
    subjects = subjects_of(asked.child, reader) if asked.child else None
    if subjects == []:
        return Looks([], "")
    before_at, before_id = _read_place(before)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT entry, looked_at, actor, said FROM engage_looks(%s::uuid[], %s, %s, %s, %s, %s, %s, %s, %s)",
            [
                subjects,
                asked.with_lists,
                asked.actor.pk if asked.actor else None,
                asked.agency.code if asked.agency else None,
                asked.since,
                asked.until,
                before_at,
                before_id,
                most + 1,
            ],
        )
        rows = cursor.fetchall()
    people = Staff.objects.select_related("agency").in_bulk({actor for _, _, actor, _ in rows})
    found = [Look(entry, at, people[actor], _as_dict(said)) for entry, at, actor, said in rows[:most]]
    return Looks(found, _place(found[-1]) if len(rows) > most else "")


def subjects_of(child: UUID, reader: Staff) -> list[UUID]:
    """The pseudonyms under which the account may know the child: of every record that makes up the person now."""
    now = acting().now
    records = {one for ask in children_asked_about for one in ask.records(child, reader, now)}
    return sorted(UUID(audit.pseudonym(one)) for one in records)


def child_called(reference: str, reader: Staff) -> UUID | None:
    """Whom an exact number or reference names; None where it names nobody, several, or a child hidden from the reader.

    Looked up by a job of Engage, so the reader's account is told here: that a number names nobody is learnt too.
    """
    acting().kinds_read.add("people.token")
    for ask in children_asked_about:
        if (found := ask.by_reference(reference, reader, acting().now)) is not None:
            return found
    return None


def _as_dict(said: Any) -> dict[str, Any]:
    return json.loads(said) if isinstance(said, str) else said


def _place(look: Look) -> str:
    return f"{look.at.isoformat()}_{look.entry_id}"


def _read_place(before: str) -> tuple[datetime, UUID]:
    """A place that nobody gave out is that of the newest look."""
    at, _, entry = before.partition("_")
    try:
        moment, number = datetime.fromisoformat(at), UUID(entry)
    except ValueError:
        return FOR_EVER, LAST_ID
    return (moment, number) if moment.tzinfo else (FOR_EVER, LAST_ID)
