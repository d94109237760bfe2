"""Which records are one person, as far as a program may say; the rest is put before people."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from uuid import UUID

from django.db import connection

from engage.methods.linkage import batch
from engage.methods.linkage.blocking import BATCH_RULES, ONLINE_RULES
from engage.methods.linkage.model import Model
from engage.methods.linkage.records import IdentityRecord
from engage.practice.access import audit, gate
from engage.practice.agencies.models import Staff

from ..adopted_models import linkage_model
from ..grouping import regroup, service, wait_for_turn
from ..identities import identities
from ..models import Judgement, Pair, Record
from .attaching import attach
from .pairs import (
    Edge,
    LinkOutcome,
    PairOfIds,
    candidate_pairs,
    edge_of,
    likeness_of,
    ordered,
    restricted_among,
    standardised,
)
from .protecting import shield_locations
from .restricting import shield
from .words import model_version, take_back, words_on, write_words

# Above this many new records the whole-file engine is quicker than looking each one up.
ONLINE_UP_TO = 1000
EDGES_AT_ONCE = 10_000
Progress = Callable[[str, int], None]


def link_records(
    record_ids: Collection[UUID],
    *,
    by: Staff,
    now: datetime,
    progress: Progress | None = None,
    offer_only: bool = False,
) -> LinkOutcome:
    """Link these records with each other and with all others, join what is sure, offer the rest, regroup.

    Records that may join others are compared by the linking service, which sees nothing else; those that
    may never join two are attached by the receiving service, each to one person at most. What the program
    said of a record before and what was sent since does not carry is taken back. `offer_only`: nothing is
    joined by the program. Call it once for a whole file rather than once for each chunk.
    """
    gate.acting()
    record_ids = set(record_ids)
    outcome = LinkOutcome()
    if not record_ids:
        return outcome
    model = linkage_model()
    linker, receiver = service("service_linker"), service("service_receiver")
    with gate.acting_as(linker, now=now):
        wait_for_turn()
        taken_back, no_longer_alike = take_back(record_ids, linker, model, now)
        outcome.taken_back = len(taken_back)
        asks: list[tuple[Edge, str]] = []
        joined: set[UUID] = set()
        found = _edges(record_ids, linker, model, outcome, progress)
        # A child reported missing forty times makes eight hundred pairs: they are never all in memory.
        while edges := list(islice(found, EDGES_AT_ONCE)):
            asks += _judge_by_program(
                edges, taken_back, no_longer_alike, linker, model, now, outcome, offer_only=offer_only
            )
            joined.update(record for edge in edges if edge.decision == "join" for record in edge.pair)
    with gate.acting_as(receiver, now=now):
        attached, hidden_asks = attach(record_ids, receiver, model, now, outcome, offer_only=offer_only)
        outcome.persons = regroup(record_ids | joined | attached, now=now)
        outcome.offered = _offer([*asks, *hidden_asks], receiver, model, now)
    with gate.acting_as(linker, now=now):
        audit.record(
            audit.Verb.COMBINE,
            "link_records",
            subjects=outcome.persons,
            acting_for=str(by.pk),
            counts={
                "joined": outcome.joined,
                "attached": outcome.attached,
                "taken_back": outcome.taken_back,
                "offered": outcome.offered,
                "shielded": outcome.shielded,
            },
        )
    return outcome


def _edges(
    record_ids: set[UUID], reader: Staff, model: Model, outcome: LinkOutcome, progress: Progress | None
) -> Iterator[Edge]:
    if len(record_ids) <= ONLINE_UP_TO:
        pairs, outcome.capped = candidate_pairs(record_ids, [*BATCH_RULES, *ONLINE_RULES])
        known = standardised({record for pair in pairs for record in pair}, reader)
        for a, b in pairs:
            if a in known and b in known and (edge := edge_of(known[a], known[b], model)):
                yield edge
        return

    def capped(rule: str, size: int) -> None:
        outcome.capped = True

    new = in_chunks(record_ids, reader)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM people_record WHERE bridges AND NOT withdrawn AND id <> ALL(%s)",
            [list(record_ids)],
        )
        others = [record_id for (record_id,) in cursor.fetchall()]
    for found in batch.link(
        new,
        model,
        against=in_chunks(others, reader),
        progress=progress,
        on_capped_block=capped,
        in_words=False,
    ):
        yield Edge(
            ordered(UUID(found.a_id), UUID(found.b_id)),
            found.weight_bits,
            found.decision,
            tuple(level.level for level in found.levels),
            tuple(veto.code for veto in found.vetoes),
        )


def in_chunks(record_ids: Collection[UUID], reader: Staff) -> Iterator[IdentityRecord]:
    """In the order of their ids."""
    in_order = sorted(record_ids)
    for start in range(0, len(in_order), 5000):
        known = identities(in_order[start : start + 5000], reader)
        yield from (known[record_id] for record_id in sorted(known))


def _judge_by_program(
    edges: Sequence[Edge],
    taken_back: Collection[PairOfIds],
    no_longer_alike: set[UUID],
    linker: Staff,
    model: Model,
    now: datetime,
    outcome: LinkOutcome,
    *,
    offer_only: bool,
) -> list[tuple[Edge, str]]:
    """Write the automatic joins; give back what is to be asked, and why."""
    said = words_on({edge.pair for edge in edges})
    restricted = restricted_among({record for edge in edges for record in edge.pair})
    joins, walls, asks, likenesses = [], [], [], []
    for edge in edges:
        by_person, by_program = said[edge.pair]
        if by_person not in (None, Judgement.Verdict.TAKEN_BACK):
            continue  # a person's word stands
        if edge.decision == "join" and by_program == Judgement.Verdict.SAME:
            continue
        if edge.decision == "join" and not no_longer_alike.isdisjoint(edge.pair):
            # A person's word holds it to a child whom it no longer resembles: joining it to another, too,
            # would make one person of both.
            asks.append((edge, "conflict"))
            continue
        if edge.decision == "join" and len({restricted.get(record) for record in edge.pair}) > 1:
            # Whether something new is of a restricted child, one of those named says.
            asks.append((edge, "restricted"))
            likenesses += likeness_of(edge, restricted)
            continue
        if edge.decision == "join" and not offer_only:
            joins.append(edge)
            continue
        asks.append((edge, Pair.CHANGED if edge.pair in taken_back else "veto" if edge.vetoes else "grey"))
        if edge.walled and by_program in (None, Judgement.Verdict.TAKEN_BACK):
            walls.append(edge)
    outcome.shielded += shield(likenesses, linker, now)
    write_words(joins, Judgement.Verdict.SAME, linker, model, now)
    write_words(walls, Judgement.Verdict.NOT_SAME, linker, model, now)
    outcome.joined += len(joins)
    _no_longer_changed(joins)
    return asks


def _no_longer_changed(joins: Sequence[Edge]) -> None:
    """Pairs that are joined again are not to be shown as contradicted by what was sent."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE people_pair p SET why = 'grey' FROM unnest(%s::uuid[], %s::uuid[]) AS joined(a, b)"
            " WHERE p.record_a_id = joined.a AND p.record_b_id = joined.b AND p.why = 'changed'",
            [[edge.pair[0] for edge in joins], [edge.pair[1] for edge in joins]],
        )


def _offer(asks: Iterable[tuple[Edge, str]], receiver: Staff, model: Model, now: datetime) -> int:
    """Put pairs before people: of any two persons the weightiest pair, unless somebody spoke on them already."""
    asks = sorted(asks, key=lambda ask: (-ask[0].weight_bits, ask[0].pair))
    if not asks:
        return 0
    person_of = dict(
        Record.objects.visible_to(receiver)
        .filter(pk__among={record for edge, _ in asks for record in edge.pair})
        .values_list("pk", "person_id")
    )
    settled = _persons_spoken_of(set(person_of.values()))
    pairs = []
    for edge, why in asks:
        persons = ordered(person_of[edge.pair[0]], person_of[edge.pair[1]])
        if why != Pair.CHANGED and (persons[0] == persons[1] or persons in settled):
            continue
        settled.add(persons)
        pairs.append(
            Pair(
                record_a_id=edge.pair[0],
                record_b_id=edge.pair[1],
                weight_bits=edge.weight_bits,
                evidence=edge.evidence,
                model_version=model_version(model),
                why=why,
                offered_at=now,
            )
        )
    Pair.objects.bulk_create(
        pairs,
        batch_size=2000,
        update_conflicts=True,
        unique_fields=["record_a", "record_b"],
        update_fields=["weight_bits", "evidence", "model_version", "why", "state"],
    )
    shield_locations(pairs, now)
    return len(pairs)


def _persons_spoken_of(person_ids: set[UUID]) -> set[PairOfIds]:
    """Two persons of whom a pair waits already, or somebody said that they are not one."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT a.person_id, b.person_id FROM people_pair p
            JOIN people_record a ON a.id = p.record_a_id JOIN people_record b ON b.id = p.record_b_id
            WHERE p.state = 'open' AND NOT a.withdrawn AND NOT b.withdrawn AND a.person_id = ANY(%(ids)s) AND b.person_id = ANY(%(ids)s)
            UNION
            SELECT a.person_id, b.person_id FROM (
                SELECT DISTINCT ON (j.record_a_id, j.record_b_id) j.record_a_id, j.record_b_id, j.verdict
                FROM people_judgement j JOIN people_record r ON r.id = j.record_a_id
                WHERE j.by_person AND r.person_id = ANY(%(ids)s)
                ORDER BY j.record_a_id, j.record_b_id, j.at DESC, j.judged_no DESC
            ) j JOIN people_record a ON a.id = j.record_a_id JOIN people_record b ON b.id = j.record_b_id
            WHERE j.verdict IN ('not_same', 'unsure')
            """,
            {"ids": list(person_ids)},
        )
        return {ordered(a, b) for a, b in cursor.fetchall()}
