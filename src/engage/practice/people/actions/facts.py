"""What agencies tell about somebody, each fact in the compartment of its own category."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import connection

from engage.practice.access.models import Label
from engage.practice.agencies.models import Agency, Staff

from ..models import Fact, Record
from .sources import compartments_of


@dataclass(frozen=True, slots=True)
class FactInput:
    agency: Agency
    record_id: UUID
    kind: str
    category: str
    label: str = Label.FULL
    source_id: UUID | None = None
    text: str = ""
    codes: tuple[str, ...] = ()
    true_on: date | None = None
    true_at: datetime | None = None


def write_facts(
    inputs: Sequence[FactInput], *, by: Staff, now: datetime, sources: Collection[UUID] = ()
) -> list[Fact]:
    """Write facts; those that earlier versions of their source rows told stand no longer.

    Name in `sources` every source row of the chunk: a new version that tells no fact ends the old ones too.
    """
    outdate_facts({*sources, *(given.source_id for given in inputs if given.source_id)})
    if not inputs:
        return []
    wanted: dict[Agency, set[tuple[str, str]]] = defaultdict(set)
    for given in inputs:
        wanted[given.agency].add((given.category, given.label))
    compartments = {agency.pk: compartments_of(agency, pairs) for agency, pairs in wanted.items()}
    stands_at = {
        record_id: (person_id, area)
        for record_id, person_id, area in Record.objects.visible_to(by)
        .filter(pk__among={given.record_id for given in inputs})
        .values_list("pk", "person_id", "area")
    }
    facts = []
    for given in inputs:
        person_id, area = stands_at[given.record_id]
        facts.append(
            Fact(
                compartment_id=compartments[given.agency.pk][given.category, given.label],
                record_id=given.record_id,
                person_id=person_id,
                area=area,
                source_id=given.source_id,
                recorded_at=now,
                kind=given.kind,
                text=given.text,
                codes=list(given.codes),
                true_on=given.true_on,
                true_at=given.true_at,
            )
        )
    return Fact.objects.bulk_create(facts, batch_size=2000)


def outdate_facts(source_ids: Collection[UUID]) -> int:
    """End the facts of all earlier versions of these source rows."""
    if not source_ids:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE people_fact f SET current = false"
            " FROM people_sourcerecord new JOIN people_sourcerecord old"
            " ON old.agency_id = new.agency_id AND old.format = new.format AND old.reference = new.reference"
            " AND old.version < new.version"
            " WHERE new.version > 1 AND new.id = ANY(%s) AND f.source_id = old.id AND f.current",
            [list(source_ids)],
        )
        return cursor.rowcount
