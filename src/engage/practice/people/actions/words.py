"""Words on pairs: reading the last of them, and writing those of the program."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection

from engage.methods.linkage.model import Model
from engage.practice.agencies.models import Staff

from ..models import Judgement
from .pairs import Edge, PairOfIds, standardised, weighed

PAIRS_AT_ONCE = 5000


def model_version(model: Model) -> str:
    return f"{model.version} {model.hash[:12]}"


def words_on(pairs: Collection[PairOfIds]) -> dict[PairOfIds, tuple[str | None, str | None]]:
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


def write_words(edges: Sequence[Edge], verdict: str, by: Staff, model: Model, now: datetime) -> None:
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


def pairs_spoken_of(record_ids: Collection[UUID], *, bridging: bool) -> list[PairOfIds]:
    """Pairs with one of these records of which anybody ever said anything: between two records that may
    join others, or (`bridging=False`) with one that may not."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH given(id) AS MATERIALIZED (SELECT unnest(%s::uuid[])), said(a, b) AS (
                SELECT j.record_a_id, j.record_b_id FROM given JOIN people_judgement j ON j.record_a_id = given.id
                UNION
                SELECT j.record_a_id, j.record_b_id FROM given JOIN people_judgement j ON j.record_b_id = given.id
            )
            SELECT said.a, said.b FROM said
            JOIN people_record a ON a.id = said.a JOIN people_record b ON b.id = said.b
            WHERE (a.bridges AND b.bridges) = %s
            """,
            [list(record_ids), bridging],
        )
        return cursor.fetchall()


def take_back(
    record_ids: Collection[UUID], linker: Staff, model: Model, now: datetime
) -> tuple[set[PairOfIds], set[UUID]]:
    """Take back what the program said of these records and would not say again. Returns the pairs it had
    called the same, and those of the records sent that a person called the same as one they no
    longer resemble.

    A corrected record may tell of another child than the one it was joined to: without this it would make
    one person of both. All pairs are weighed anew, those too that no key puts together any longer. A
    person's word stands above either. A withdrawn record tells nothing new, so what was said of it stays.
    """
    taken_back: set[PairOfIds] = set()
    no_longer_alike: set[UUID] = set()
    spoken = pairs_spoken_of(record_ids, bridging=True)
    for start in range(0, len(spoken), PAIRS_AT_ONCE):
        pairs = spoken[start : start + PAIRS_AT_ONCE]
        known = standardised({record for pair in pairs for record in pair}, linker)
        said = words_on(pairs)
        sames, walls = [], []
        for a, b in pairs:
            if a not in known or b not in known:
                continue
            edge = weighed(known[a], known[b], model)
            by_person, by_program = said[a, b]
            if by_program == Judgement.Verdict.SAME and edge.decision != "join":
                sames.append(edge)
            elif by_program == Judgement.Verdict.NOT_SAME and not edge.walled:
                walls.append(edge)
            if by_person == Judgement.Verdict.SAME and edge.decision == "apart":
                no_longer_alike.update(set(edge.pair).intersection(record_ids))
        write_words([*sames, *walls], Judgement.Verdict.TAKEN_BACK, linker, model, now)
        taken_back |= {edge.pair for edge in sames}
    return taken_back, no_longer_alike
