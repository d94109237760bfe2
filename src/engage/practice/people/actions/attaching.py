"""Records that may never join two persons, each attached to the one it clearly belongs to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection

from engage.methods.linkage.blocking import BATCH_RULES, ONLINE_RULES
from engage.methods.linkage.model import Model
from engage.practice.agencies.models import Staff

from ..models import Judgement, Pair, Record
from .pairs import (
    Edge,
    LinkOutcome,
    candidate_pairs,
    edge_of,
    likeness_of,
    restricted_among,
    standardised,
    weighed,
)
from .restricting import shield
from .words import pairs_spoken_of, words_on, write_words

# A record that may not bridge is attached by a program only if the next best person is this much weaker.
CLEAR_LEAD_BITS = 5.0


def attach(
    record_ids: set[UUID],
    receiver: Staff,
    model: Model,
    now: datetime,
    outcome: LinkOutcome,
    *,
    offer_only: bool,
) -> tuple[set[UUID], list[tuple[Edge, str]]]:
    """Attach records that may not bridge to the one person they clearly belong to.

    Those among `record_ids`, and older ones that belonged to nobody before these came. A tie that what was
    sent since does not carry is taken back first.
    """
    rules = [*BATCH_RULES, *ONLINE_RULES]
    holding, broken, adrift = _ties(record_ids, receiver, model)
    loose = _unattached(record_ids, receiver, rules) | adrift | (record_ids & set(holding))
    if not loose:
        return set(), []
    pairs, capped = candidate_pairs(loose, rules)
    outcome.capped |= capped
    pairs |= {holding[mine].pair for mine in loose & set(holding)}
    known = standardised({record for pair in pairs for record in pair}, receiver)
    person_of = dict(
        Record.objects.visible_to(receiver).filter(pk__among=list(known)).values_list("pk", "person_id")
    )
    said = words_on(pairs)
    found: dict[UUID, list[tuple[float, UUID, Edge]]] = defaultdict(list)
    restricted = restricted_among(known)
    asks, likenesses = [], []
    for pair in pairs:
        if pair[0] not in known or pair[1] not in known:
            continue
        mine, other = pair if pair[0] in loose else pair[::-1]
        a, b = known[mine], known[other]
        edge = edge_of(a, b, model)
        if not b.record.bridges or edge is None or said[pair][0] not in (None, Judgement.Verdict.TAKEN_BACK):
            continue
        if a.record.restricted or len({restricted.get(mine), restricted.get(other)}) > 1:
            asks.append((edge, "restricted"))
            if edge.weight_bits >= model.join_bits and _may_attach(edge):
                likenesses += likeness_of(edge, restricted)
        else:
            found[mine].append((edge.weight_bits, person_of[other], edge))
    taken_back = {edge.pair: edge for edge in broken}
    attaching = []
    for mine, candidates in found.items():
        weight, person, edge = max(candidates, key=lambda c: (c[0], c[2].pair))
        if mine in holding:
            tied_to = {candidate[1] for candidate in candidates if candidate[2].pair == holding[mine].pair}
            if not tied_to or person in tied_to:
                continue
            taken_back[holding[mine].pair] = holding[mine]  # now it fits another better
        next_best = max((c[0] for c in candidates if c[1] != person), default=float("-inf"))
        sure = weight >= model.join_bits and weight - next_best >= CLEAR_LEAD_BITS
        if sure and _may_attach(edge) and not offer_only:
            attaching.append(edge)
        else:
            asks.append((edge, Pair.CHANGED if edge.pair in taken_back else "grey"))
    write_words(list(taken_back.values()), Judgement.Verdict.TAKEN_BACK, receiver, model, now)
    write_words(attaching, Judgement.Verdict.SAME, receiver, model, now)
    outcome.attached = len(attaching)
    outcome.shielded += shield(likenesses, receiver, now)
    outcome.taken_back += len(taken_back)
    return {record for edge in (*attaching, *taken_back.values()) for record in edge.pair}, asks


def _may_attach(edge: Edge) -> bool:
    """That it may not bridge is why we are here; any other veto is for a person."""
    return set(edge.vetoes) <= {"does_not_bridge"}


def _ties(
    record_ids: set[UUID], receiver: Staff, model: Model
) -> tuple[dict[UUID, Edge], list[Edge], set[UUID]]:
    """By what the program attached records before, where one end is among those sent now.

    The tie of each attached record that holds by what is told now; those that do not; and the records whose tie
    does not hold, or was to a record that is withdrawn now.
    """
    spoken = pairs_spoken_of(record_ids, bridging=False)
    said = words_on(spoken)
    tied = [pair for pair in spoken if said[pair][1] == Judgement.Verdict.SAME]
    known = standardised({record for pair in tied for record in pair}, receiver)
    holding: dict[UUID, Edge] = {}
    broken: list[Edge] = []
    adrift: set[UUID] = set()
    for pair in tied:
        here = [record for record in pair if record in known]
        if len(here) < 2:
            adrift.update(record for record in here if not known[record].record.bridges)
            continue
        mine, other = pair[::-1] if known[pair[0]].record.bridges else pair
        edge = weighed(known[mine], known[other], model)
        if edge.weight_bits >= model.join_bits and _may_attach(edge) and known[other].record.bridges:
            holding[mine] = edge
        else:
            broken.append(edge)
            adrift.add(mine)
    return holding, broken, adrift


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
