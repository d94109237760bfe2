"""Who works with a child, as far as one reader may be told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from engage.practice.access.gate import acting
from engage.practice.access.models import CircleMember
from engage.practice.access.written_once import MOMENT, ONE_UUID, written_once
from engage.practice.agencies.models import Agency, Staff
from engage.practice.screening.models import FirstLook

A_TEAM_WORKER = "a team worker"


@dataclass(frozen=True)
class Colleague:
    name: str
    kind: str
    agency: (
        Agency | None
    )  # None where its name would tell what it knows of the child, and it has not allowed it

    @property
    def described(self) -> str:
        return f"{self.name}, {self.agency.name if self.agency else A_TEAM_WORKER}"

    @property
    def leads(self) -> bool:
        return self.kind == CircleMember.Kind.LEAD.label


def colleagues_of(
    person_id: UUID, looks: Sequence[FirstLook], reader: Staff, now: datetime
) -> list[Colleague]:
    """The child's circle; whoever is not in it sees nobody of it. `looks`: those that the reader sees.

    That somebody holds a first look tells that there is one: it is said of looks that the reader sees. That somebody is
    named for where the child lives tells that it is protected: it is said to those who are.
    """
    held = {(look.record_id, look.holder_id) for look in looks}
    kept_location = person_id in acting().kept_location
    found = [
        Colleague(
            row.staff.name,
            str(row.get_kind_display()),
            row.staff.agency if row.staff.agency.is_named_to(reader) else None,
        )
        for row in _circle(reader, person_id=person_id, now=now)
        if (row.kind != CircleMember.Kind.FIRST_LOOK or (row.record_id, row.staff_id) in held)
        and not (kept_location and row.kind == CircleMember.Kind.LOCATION)
    ]
    return list({(one.name, one.kind): one for one in found}.values())


@written_once(person_id=ONE_UUID, now=MOMENT)
def _circle(reader: Staff, person_id: UUID, now: datetime) -> QuerySet[CircleMember]:
    members = CircleMember.objects.visible_to(reader).filter(person_id=person_id, starts_at__lte=now)
    members = members.exclude(ends_at__lte=now).exclude(kind=CircleMember.Kind.STATED)
    return members.select_related("staff__agency").order_by("starts_at", "id")
