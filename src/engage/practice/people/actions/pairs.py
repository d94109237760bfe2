"""Pairs of records that share a key, and what the evidence says of each."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db import connection

from engage.methods.linkage.blocking import BLOCK_CAP
from engage.methods.linkage.model import Model
from engage.methods.linkage.records import StandardRecord, standardise
from engage.methods.linkage.scorer import Score, decide, score
from engage.practice.access.gate import acting
from engage.practice.access.reach import restricted_people
from engage.practice.agencies.models import Staff

from ..identities import identities
from ..models import Record

PairOfIds = tuple[UUID, UUID]  # the smaller id first

# A program that must not join two records must not join them through a third either: it says "not the same",
# which stops its own joins and no person's.
WALLS = frozenset(
    {
        "one_list_holds_both",
        "given_names_differ",
        "different_nhs_numbers",
        "different_upns",
        "birth_years_apart",
    }
)


@dataclass(frozen=True, slots=True)
class Edge:
    pair: PairOfIds
    weight_bits: float
    decision: str  # join, ask, apart
    levels: tuple[str, ...]
    vetoes: tuple[str, ...]

    @property
    def evidence(self) -> dict:
        return {"levels": list(self.levels), "vetoes": list(self.vetoes)}

    @property
    def walled(self) -> bool:
        return not WALLS.isdisjoint(self.vetoes)


@dataclass
class LinkOutcome:
    joined: int = 0
    attached: int = 0
    taken_back: int = 0  # the program's own words that a corrected record no longer carries
    offered: int = 0
    shielded: int = 0  # records restricted because they closely resemble a restricted child
    persons: set[UUID] = field(default_factory=set)
    # A key was shared by more records than are looked at: some pairs were not compared.
    capped: bool = False


def ordered(a: UUID, b: UUID) -> PairOfIds:
    return (a, b) if a < b else (b, a)


def weighed(a: StandardRecord, b: StandardRecord, model: Model) -> Edge:
    found: Score = score(a, b, model)
    return Edge(
        ordered(UUID(a.record.id), UUID(b.record.id)),
        found.weight_bits,
        decide(found, a, b, model),
        tuple(level.level for level in found.levels),
        tuple(veto.code for veto in found.vetoes),
    )


def edge_of(a: StandardRecord, b: StandardRecord, model: Model) -> Edge | None:
    """None where the two are left apart."""
    edge = weighed(a, b, model)
    return None if edge.decision == "apart" else edge


def candidate_pairs(record_ids: Collection[UUID], rules: Sequence[str]) -> tuple[set[PairOfIds], bool]:
    """Pairs with one of these records that share a key, as far as whoever is acting may see keys.

    A key held by more than BLOCK_CAP records names nobody and is passed over; the second answer says so.
    """
    wanted = set(record_ids)
    pairs: set[PairOfIds] = set()
    capped = False
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT array_agg(t.record_id) FROM (
                SELECT DISTINCT value FROM people_token WHERE record_id = ANY(%s) AND rule = ANY(%s)
            ) k CROSS JOIN LATERAL (
                SELECT record_id FROM people_token WHERE value = k.value LIMIT %s
            ) t GROUP BY k.value HAVING count(*) > 1
            """,
            [list(wanted), list(rules), BLOCK_CAP + 1],
        )
        for (block,) in cursor.fetchall():
            if len(block) > BLOCK_CAP:
                capped = True
                continue
            for a in wanted.intersection(block):
                pairs.update(ordered(a, b) for b in block if b != a)
    return pairs, capped


def restricted_among(record_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Of these records those of restricted children, each with its child."""
    restricted = restricted_people()
    if not restricted:
        return {}
    rows = Record.objects.visible_to(acting().staff).filter(
        pk__among=list(record_ids), person_id__among=list(restricted)
    )
    return {pk: person_id for pk, person_id in rows.values_list("pk", "person_id") if person_id}


def likeness_of(edge: Edge, restricted: dict[UUID, UUID]) -> list[tuple[UUID, UUID]]:
    """The record of this pair that nobody has restricted, and the restricted child whom it resembles."""
    a, b = edge.pair
    return [
        (mine, restricted[other])
        for mine, other in ((a, b), (b, a))
        if mine not in restricted and other in restricted
    ]


def standardised(record_ids: Collection[UUID], reader: Staff) -> dict[UUID, StandardRecord]:
    return {record_id: standardise(record) for record_id, record in identities(record_ids, reader).items()}
