"""How well records were joined, measured against the demo's own truth."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from engage.practice.access.gate import acting_as
from engage.practice.people.models import Pair, Record
from engage.practice.receiving.actions import receiver


@dataclass(frozen=True)
class LinkageFigures:
    """Pairwise, over all records of children that the truth knows."""

    precision: float
    recall: float
    recall_with_offered: float
    same_household_joined_wrongly: int
    records: int


def _pairs(sizes) -> int:
    return sum(n * (n - 1) // 2 for n in sizes)


def measure_linkage(folder: Path, *, now: datetime) -> LinkageFigures:
    truth: dict[tuple[str, str, str], tuple[str, str]] = {}
    with (folder / "truth.csv").open(newline="", encoding="utf-8") as handle:
        for row in csv.DictReader(handle):
            register = "ssda903" if row["format"].startswith("ssda903") else row["format"]
            truth[row["agency"], register, row["reference"]] = (row["child_id"], row["household_id"])
    service = receiver()
    with acting_as(service, now=now):
        child: dict[UUID, tuple[str, str]] = {}
        person: dict[UUID, UUID] = {}
        for pk, person_id, agency, register, reference in (
            Record.objects.visible_to(service)
            .filter(withdrawn=False)
            .values_list("pk", "person_id", "agency__code", "register", "reference")
        ):
            known = truth.get((agency, register.partition("/")[0], reference))
            if known and person_id:
                child[pk], person[pk] = known, person_id
        offered = [
            (a, b)
            for a, b in Pair.objects.filter(state=Pair.State.OPEN).values_list("record_a_id", "record_b_id")
            if a in child and b in child and child[a][0] == child[b][0]
        ]
    joined = Counter((person[pk], child[pk][0]) for pk in child)
    together = _pairs(Counter(person.values()).values())
    right = _pairs(joined.values())
    same = _pairs(Counter(c for c, _ in child.values()).values())

    # What a person would have joined, answering every offered pair by the truth.
    leader = {p: p for p in set(person.values())}

    def find(p: UUID) -> UUID:
        while leader[p] != p:
            leader[p] = leader[leader[p]]
            p = leader[p]
        return p

    for a, b in offered:
        leader[find(person[a])] = find(person[b])
    with_offered = Counter((find(person[pk]), child[pk][0]) for pk in child)

    members: dict[UUID, Counter] = defaultdict(Counter)
    for pk, (child_id, household) in child.items():
        members[person[pk]][household, child_id] += 1
    wrong = 0
    for counted in members.values():
        by_household: dict[str, list[int]] = defaultdict(list)
        for (household, _), n in counted.items():
            by_household[household].append(n)
        wrong += sum(_pairs([sum(ns)]) - _pairs(ns) for ns in by_household.values())
    return LinkageFigures(
        precision=right / together if together else 1.0,
        recall=right / same if same else 1.0,
        recall_with_offered=_pairs(with_offered.values()) / same if same else 1.0,
        same_household_joined_wrongly=wrong,
        records=len(child),
    )
