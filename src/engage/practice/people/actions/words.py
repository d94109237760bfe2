"""Words on pairs: reading the last of them, and writing those of the program."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime

from django.db import connection

from engage.methods.linkage.model import Model
from engage.practice.agencies.models import Staff

from ..models import Judgement
from .pairs import Edge, PairOfIds


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
