"""How well records were joined, measured against the demo's own truth."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations
from pathlib import Path
from uuid import UUID

from engage.practice.access.gate import acting_as
from engage.practice.people import queries
from engage.practice.people.models import Pair, Record
from engage.practice.receiving.actions import receiver


@dataclass(frozen=True)
class LinkageFigures:
    """Pairwise, over all records of children that the truth knows. A share of nothing is 0."""

    precision: float
    recall: float
    # Had somebody answered, by the truth, every open pair between two records that stand. More than anybody is
    # shown: the list of pairs to decide holds those alone that touch a child with something open.
    recall_with_offered: float
    # Of the records of children with something open, had somebody answered every pair on that list.
    recall_with_shown: float
    same_household_joined_wrongly: int
    same_household_could_be: (
        int  # pairs of records of two children of one household: how many could have been
    )
    siblings_joined: list[tuple[str, str]]  # which children, by the truth's own ids
    records: int


def _pairs(sizes) -> int:
    return sum(n * (n - 1) // 2 for n in sizes)


def _of_siblings(records: Counter[tuple[str, str]]) -> Counter[tuple[str, str]]:
    """By two children of one household, the pairs of their records; `records` counts by household and child."""
    by_household: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for (household, child), n in sorted(records.items()):
        by_household[household].append((child, n))
    found: Counter[tuple[str, str]] = Counter()
    for children in by_household.values():
        for (one, n), (other, m) in combinations(children, 2):
            found[one, other] += n * m
    return found


def _true_pairs(pairs, child: dict[UUID, tuple[str, str]]) -> list[tuple[UUID, UUID]]:
    return [
        (a, b)
        for a, b in pairs.values_list("record_a_id", "record_b_id")
        if a in child and b in child and child[a][0] == child[b][0]
    ]


def _recall(
    child: dict[UUID, tuple[str, str]], person: dict[UUID, UUID], answered: list[tuple[UUID, UUID]]
) -> float:
    """The share of true pairs, within the records of `person`, that are one person once these are joined."""
    leader = {p: p for p in person.values()}

    def find(p: UUID) -> UUID:
        while leader[p] != p:
            leader[p] = leader[leader[p]]
            p = leader[p]
        return p

    for a, b in answered:
        if a in person and b in person:
            leader[find(person[a])] = find(person[b])
    found = _pairs(Counter((find(person[pk]), child[pk][0]) for pk in person).values())
    true = _pairs(Counter(child[pk][0] for pk in person).values())
    return found / true if true else 0.0


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
        open_pairs = Pair.objects.visible_to(service).filter(state=Pair.State.OPEN)
        offered = _true_pairs(open_pairs, child)
        shown = _true_pairs(queries.pairs_to_decide(service), child)
        with_something_open = {
            person_id
            for open_persons in queries.open_business
            for person_id in open_persons(service).values_list("person_id", flat=True)
        }
    joined = Counter((person[pk], child[pk][0]) for pk in child)
    together = _pairs(Counter(person.values()).values())
    right = _pairs(joined.values())

    asked_about = {child[pk][0] for pk in child if person[pk] in with_something_open}
    of_those = {pk: person_id for pk, person_id in person.items() if child[pk][0] in asked_about}

    members: dict[UUID, Counter[tuple[str, str]]] = defaultdict(Counter)
    for pk, (child_id, household) in child.items():
        members[person[pk]][household, child_id] += 1
    joined_wrongly = [_of_siblings(counted) for counted in members.values()]
    return LinkageFigures(
        precision=right / together if together else 0.0,
        recall=_recall(child, person, []),
        recall_with_offered=_recall(child, person, offered),
        recall_with_shown=_recall(child, of_those, shown),
        same_household_joined_wrongly=sum(pairs.total() for pairs in joined_wrongly),
        same_household_could_be=_of_siblings(Counter((home, one) for one, home in child.values())).total(),
        siblings_joined=sorted({pair for pairs in joined_wrongly for pair in pairs}),
        records=len(child),
    )
