"""Which records are one person, as far as a program may say; the rest is put before people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import connection

from engage.methods.linkage import batch
from engage.methods.linkage.blocking import BATCH_RULES, BLOCK_CAP, ONLINE_RULES
from engage.methods.linkage.model import Model
from engage.methods.linkage.records import IdentityRecord, StandardRecord, standardise
from engage.methods.linkage.scorer import Score, decide, score
from engage.practice.access import audit, gate
from engage.practice.agencies.models import Staff

from ..finding import linkage_model
from ..grouping import regroup, service, wait_for_turn
from ..identities import identities
from ..models import Judgement, Pair, Record

# Above this many new records the whole-file engine is quicker than looking each one up.
ONLINE_UP_TO = 1000
# A record that may not bridge is attached by a program only if the next best person is this much weaker.
CLEAR_LEAD_BITS = 5.0

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

Progress = Callable[[str, int], None]
PairOfIds = tuple[UUID, UUID]  # the smaller id first


@dataclass(frozen=True, slots=True)
class Edge:
    pair: PairOfIds
    weight_bits: float
    decision: str  # join, ask
    levels: tuple[str, ...]
    vetoes: tuple[str, ...]

    @property
    def evidence(self) -> dict:
        return {"levels": list(self.levels), "vetoes": list(self.vetoes)}


@dataclass
class LinkOutcome:
    joined: int = 0
    attached: int = 0
    offered: int = 0
    persons: set[UUID] = field(default_factory=set)
    # A key was shared by more records than are looked at: some pairs were not compared.
    capped: bool = False


def model_version(model: Model) -> str:
    return f"{model.version} {model.hash[:12]}"


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
    may never join two are attached by the receiving service, each to one person at most. `offer_only`:
    nothing is joined by the program. Call it once for a whole file rather than once for each chunk.
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
        edges = list(_edges(record_ids, linker, model, outcome, progress))
        asks = _judge_by_program(edges, linker, model, now, outcome, offer_only=offer_only)
    with gate.acting_as(receiver, now=now):
        attached, hidden_asks = _attach(record_ids, receiver, model, now, outcome, offer_only=offer_only)
        joined = {record for edge in edges if edge.decision == "join" for record in edge.pair}
        outcome.persons = regroup(record_ids | joined | attached, now=now)
        outcome.offered = _offer([*asks, *hidden_asks], receiver, model, now)
    with gate.acting_as(linker, now=now):
        audit.record(
            audit.Verb.COMBINE,
            "link_records",
            subjects=outcome.persons,
            acting_for=str(by.pk),
            counts={"joined": outcome.joined, "attached": outcome.attached, "offered": outcome.offered},
        )
    return outcome


def ordered(a: UUID, b: UUID) -> PairOfIds:
    return (a, b) if a < b else (b, a)


def edge_of(a: StandardRecord, b: StandardRecord, model: Model) -> Edge | None:
    """None where the two are left apart."""
    found: Score = score(a, b, model)
    decision = decide(found, a, b, model)
    if decision == "apart":
        return None
    return Edge(
        ordered(UUID(a.record.id), UUID(b.record.id)),
        found.weight_bits,
        decision,
        tuple(level.level for level in found.levels),
        tuple(veto.code for veto in found.vetoes),
    )


def _edges(
    record_ids: set[UUID], reader: Staff, model: Model, outcome: LinkOutcome, progress: Progress | None
) -> Iterator[Edge]:
    if len(record_ids) <= ONLINE_UP_TO:
        pairs, outcome.capped = candidate_pairs(record_ids, [*BATCH_RULES, *ONLINE_RULES])
        known = _standardised({record for pair in pairs for record in pair}, reader)
        for a, b in pairs:
            if a in known and b in known and (edge := edge_of(known[a], known[b], model)):
                yield edge
        return

    def capped(rule: str, size: int) -> None:
        outcome.capped = True

    new = _in_chunks(record_ids, reader)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM people_record WHERE bridges AND NOT withdrawn AND id <> ALL(%s)",
            [list(record_ids)],
        )
        others = [record_id for (record_id,) in cursor.fetchall()]
    for found in batch.link(
        new, model, against=_in_chunks(others, reader), progress=progress, on_capped_block=capped
    ):
        yield Edge(
            ordered(UUID(found.a_id), UUID(found.b_id)),
            found.weight_bits,
            found.decision,
            tuple(level.level for level in found.levels),
            tuple(veto.code for veto in found.vetoes),
        )


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


def _standardised(record_ids: Collection[UUID], reader: Staff) -> dict[UUID, StandardRecord]:
    return {record_id: standardise(record) for record_id, record in identities(record_ids, reader).items()}


def _in_chunks(record_ids: Collection[UUID], reader: Staff) -> Iterator[IdentityRecord]:
    in_order = sorted(record_ids)
    for start in range(0, len(in_order), 5000):
        yield from identities(in_order[start : start + 5000], reader).values()


def _judge_by_program(
    edges: Sequence[Edge],
    linker: Staff,
    model: Model,
    now: datetime,
    outcome: LinkOutcome,
    *,
    offer_only: bool,
) -> list[tuple[Edge, str]]:
    """Write the automatic joins; give back what is to be asked, and why."""
    said = _words_on({edge.pair for edge in edges})
    joins, walls, asks = [], [], []
    for edge in edges:
        by_person, by_program = said[edge.pair]
        if by_person not in (None, Judgement.Verdict.TAKEN_BACK):
            continue  # a person's word stands
        if edge.decision == "join" and not offer_only:
            if by_program != Judgement.Verdict.SAME:
                joins.append(edge)
        elif by_program == Judgement.Verdict.SAME:
            asks.append((edge, "changed"))  # joined once; what was sent since speaks against it
        else:
            asks.append((edge, "veto" if edge.vetoes else "grey"))
            if WALLS.intersection(edge.vetoes) and by_program is None:
                walls.append(edge)
    _write_words(joins, Judgement.Verdict.SAME, linker, model, now)
    _write_words(walls, Judgement.Verdict.NOT_SAME, linker, model, now)
    outcome.joined = len(joins)
    return asks


def _words_on(pairs: Collection[PairOfIds]) -> dict[PairOfIds, tuple[str | None, str | None]]:
    """Of each pair the last word by a person and the last by a program."""
    said: dict[PairOfIds, tuple[str | None, str | None]] = defaultdict(lambda: (None, None))
    if not pairs:
        return said
    a_side, b_side = (list(side) for side in zip(*pairs, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT j.record_a_id, j.record_b_id, j.by_person, j.verdict FROM people_judgement j"
            " JOIN unnest(%s::uuid[], %s::uuid[]) AS p(a, b) ON j.record_a_id = p.a AND j.record_b_id = p.b"
            " ORDER BY j.at, j.judged_no",
            [a_side, b_side],
        )
        for a, b, by_person, verdict in cursor.fetchall():
            person, program = said[a, b]
            said[a, b] = (verdict, program) if by_person else (person, verdict)
    return said


def next_judgement_numbers(count: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('people_received_no') FROM generate_series(1, %s)", [count])
        return [number for (number,) in cursor.fetchall()]


def _write_words(edges: Sequence[Edge], verdict: str, by: Staff, model: Model, now: datetime) -> None:
    Judgement.objects.bulk_create(
        [
            Judgement(
                record_a_id=edge.pair[0],
                record_b_id=edge.pair[1],
                verdict=verdict,
                by=by,
                by_person=False,
                role=by.role,
                weight_bits=edge.weight_bits,
                evidence=edge.evidence,
                model_version=model_version(model),
                at=now,
                judged_no=number,
            )
            for edge, number in zip(edges, next_judgement_numbers(len(edges)), strict=True)
        ],
        batch_size=2000,
    )


def _attach(
    record_ids: set[UUID],
    receiver: Staff,
    model: Model,
    now: datetime,
    outcome: LinkOutcome,
    *,
    offer_only: bool,
) -> tuple[set[UUID], list[tuple[Edge, str]]]:
    """Attach records that may not bridge to the one person they clearly belong to.

    Those among `record_ids`, and older ones that belonged to nobody before these came.
    """
    rules = [*BATCH_RULES, *ONLINE_RULES]
    loose = _unattached(record_ids, receiver, rules)
    if not loose:
        return set(), []
    pairs, capped = candidate_pairs(loose, rules)
    outcome.capped |= capped
    known = _standardised({record for pair in pairs for record in pair}, receiver)
    person_of = dict(
        Record.objects.visible_to(receiver).filter(pk__among=list(known)).values_list("pk", "person_id")
    )
    said = _words_on(pairs)
    found: dict[UUID, list[tuple[float, UUID, Edge]]] = defaultdict(list)
    asks = []
    for pair in pairs:
        if pair[0] not in known or pair[1] not in known:
            continue
        mine, other = pair if pair[0] in loose else pair[::-1]
        a, b = known[mine], known[other]
        edge = edge_of(a, b, model)
        if not b.record.bridges or edge is None or said[pair][0] not in (None, Judgement.Verdict.TAKEN_BACK):
            continue
        if a.record.restricted:
            asks.append((edge, "restricted"))
        else:
            found[mine].append((edge.weight_bits, person_of[other], edge))
    attaching = []
    for candidates in found.values():
        weight, person, edge = max(candidates, key=lambda c: (c[0], c[2].pair))
        next_best = max((c[0] for c in candidates if c[1] != person), default=float("-inf"))
        sure = weight >= model.join_bits and weight - next_best >= CLEAR_LEAD_BITS
        # That it may not bridge is why we are here; any other veto is for a person.
        if sure and not set(edge.vetoes) - {"does_not_bridge"} and not offer_only:
            attaching.append(edge)
        else:
            asks.append((edge, "grey"))
    _write_words(attaching, Judgement.Verdict.SAME, receiver, model, now)
    outcome.attached = len(attaching)
    return {record for edge in attaching for record in edge.pair}, asks


def _unattached(record_ids: set[UUID], receiver: Staff, rules: Sequence[str]) -> set[UUID]:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT r.id FROM people_record r
            WHERE NOT r.bridges AND NOT r.withdrawn AND r.person_id = r.id AND (r.id = ANY(%(ids)s) OR r.id IN (
                SELECT t.record_id FROM people_token mine JOIN people_token t ON t.value = mine.value
                JOIN access_compartment c ON c.id = t.compartment_id
                    AND (c.category NOT IN ('C01', 'C01L') OR c.label IN ('restricted', 'sealed'))
                WHERE mine.record_id = ANY(%(ids)s) AND mine.rule = ANY(%(rules)s)))
            """,
            {"ids": list(record_ids), "rules": list(rules)},
        )
        return {record_id for (record_id,) in cursor.fetchall()}


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
        if why != "changed" and (persons[0] == persons[1] or persons in settled):
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
    return len(pairs)


def _persons_spoken_of(person_ids: set[UUID]) -> set[PairOfIds]:
    """Two persons of whom a pair waits already, or somebody said that they are not one."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT a.person_id, b.person_id FROM people_pair p
            JOIN people_record a ON a.id = p.record_a_id JOIN people_record b ON b.id = p.record_b_id
            WHERE p.state = 'open' AND a.person_id = ANY(%(ids)s) AND b.person_id = ANY(%(ids)s)
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
