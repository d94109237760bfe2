"""Rows as agencies sent them: kept for ever, each correction a version of its own."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID, uuid4

from django.db import connection

from engage.practice.access import gate, reach
from engage.practice.access.models import Label
from engage.practice.agencies.models import Agency, Staff

from ..models import SourceRecord


@dataclass(frozen=True, slots=True)
class SourceInput:
    agency: Agency
    format: str
    reference: str
    raw_category: str
    content: dict
    file_id: UUID | None = None
    row_number: int | None = None
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class SourceOutcome:
    source_id: UUID
    outcome: Literal["new", "new_version", "unchanged"]
    version: int
    previous_id: UUID | None = None  # the version this one stands in place of


def write_sources(inputs: Sequence[SourceInput], *, by: Staff, now: datetime) -> list[SourceOutcome]:
    """Keep each row, in the order given: new, a new version of a known reference, or the same again.

    One lock for each agency and format until the transaction ends, so that the same file sent twice
    at once is written once.
    """
    outcomes: list[SourceOutcome | None] = [None] * len(inputs)
    by_register: dict[tuple[int, str], list[int]] = defaultdict(list)
    for place, given in enumerate(inputs):
        by_register[given.agency.pk, given.format].append(place)

    new: list[SourceRecord] = []
    for (agency_id, format_code), places in sorted(by_register.items()):
        _wait_for_turn(f"source {agency_id} {format_code}")
        raw = compartments_of(
            inputs[places[0]].agency, {(inputs[place].raw_category, Label.RAW) for place in places}
        )
        latest = _latest_versions(agency_id, format_code, {inputs[p].reference for p in places}, by)
        for place in places:
            given = inputs[place]
            digest = content_hash(given.content, withdrawn=given.withdrawn)
            held = latest.get(given.reference)
            if held and held[2] == digest:
                outcomes[place] = SourceOutcome(held[0], "unchanged", held[1])
                continue
            source = SourceRecord(
                id=uuid4(),
                compartment_id=raw[given.raw_category, Label.RAW],
                agency_id=agency_id,
                format=format_code,
                reference=given.reference,
                version=held[1] + 1 if held else 1,
                content=given.content,
                content_hash=digest,
                file_id=given.file_id,
                row_number=given.row_number,
                withdrawn=given.withdrawn,
                received_at=now,
            )
            new.append(source)
            latest[given.reference] = (source.pk, source.version, digest)
            outcomes[place] = SourceOutcome(
                source.pk, "new_version" if held else "new", source.version, held[0] if held else None
            )
    SourceRecord.objects.bulk_create(new, batch_size=2000)
    return [outcome for outcome in outcomes if outcome is not None]


def content_hash(content: dict, *, withdrawn: bool = False) -> bytes:
    said = json.dumps(
        [content, withdrawn], sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str
    )
    return hashlib.sha256(said.encode()).digest()


def compartments_of(owner: Agency, wanted: Collection[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """Compartments by (category, label). What was newly made counts for whoever is acting at once."""
    found = reach.compartments(owner, wanted)
    context = gate.acting()
    known = set(context.reach.may_add) | set(context.reach.any_child) if context.reach else set()
    if not {found[key] for key in wanted} <= known:
        context.set_reach(reach.reach_of(context.staff, context.purpose, context.now))
    return found


def earlier_versions(source_ids: Collection[UUID]) -> dict[UUID, list[UUID]]:
    """For each source record the ids of all earlier versions of the same row."""
    found: dict[UUID, list[UUID]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT new.id, old.id FROM people_sourcerecord new JOIN people_sourcerecord old"
            " ON old.agency_id = new.agency_id AND old.format = new.format AND old.reference = new.reference"
            " AND old.version < new.version WHERE new.version > 1 AND new.id = ANY(%s)",
            [list(source_ids)],
        )
        for new, old in cursor.fetchall():
            found[new].append(old)
    return found


def _latest_versions(
    agency_id: int, format_code: str, references: set[str], by: Staff
) -> dict[str, tuple[UUID, int, bytes]]:
    rows = (
        SourceRecord.objects.visible_to(by)
        .filter(agency_id=agency_id, format=format_code, reference__in=references)
        .order_by("reference", "-version")
        .distinct("reference")
        .values_list("reference", "id", "version", "content_hash")
    )
    return {reference: (source_id, version, bytes(digest)) for reference, source_id, version, digest in rows}


def _wait_for_turn(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [name])
