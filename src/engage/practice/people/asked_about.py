"""What who may read who looked (access.who_looked) needs to know of children, under the rights of whoever asks."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from engage.practice.access.gate import acting, acting_as
from engage.practice.agencies.models import Staff

from .finding import known_by_number
from .grouping import service
from .models import Record
from .queries import resolve_person


def by_reference(reference: str, reader: Staff, now: datetime) -> UUID | None:
    """The one child whom an exact number names. None where it names nobody, several, or one hidden from the reader."""
    receiver = service("service_receiver")
    with acting_as(receiver, now=now):
        persons = known_by_number(reference, receiver)
    if len(persons) != 1:
        return None
    (person_id,) = persons
    return person_id if records(person_id, reader, now) else None


def records(person_id: UUID, reader: Staff, now: datetime) -> list[UUID]:
    """Every record of the child, for a lead who reads of looks alone; for anybody else only of a child they see.

    None for whoever is barred from the child, and for whom it is restricted: as if there were no such child.
    """
    barred = acting().barred
    if reader.role != "dpo_audit" and not _is_seen(person_id, reader):
        return []
    receiver = service("service_receiver")
    with acting_as(receiver, now=now):
        try:
            current = resolve_person(person_id, receiver)
        except Record.DoesNotExist:
            return []
        if current in barred:
            return []
        rows = Record.objects.visible_to(receiver).filter(person_id=current)
        return list(rows.values_list("pk", flat=True))


def _is_seen(person_id: UUID, reader: Staff) -> bool:
    try:
        resolve_person(person_id, reader)
    except Record.DoesNotExist:
        return False
    return True
