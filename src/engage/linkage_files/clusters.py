"""Supported merge: two clusters join if enough of the pairs across them do, and as many as speak against it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from typing import NamedTuple

# Of the pairs across two clusters. One wrong link between two families of records is not enough.
LEAST_SUPPORT = 0.3


class Join(NamedTuple):
    a: str
    b: str
    bits: float


class Clusters(NamedTuple):
    cluster_of: dict[str, str]  # named after its first record in the order of ids
    weakest: dict[str, float]  # of each cluster of two or more: bits of the weakest join that made it
    refused: list[Join]


def supported_merge(
    records: Iterable[str],
    joins: Collection[Join],
    contradicted: Collection[tuple[str, str]],
    never: Collection[tuple[str, str]] = (),
) -> Clusters:
    """Strongest first; the order of the input changes nothing.

    A contradicted pair is outvoted by other records that fit both of its own; a pair that is `never` is not.
    """
    members = {record: [record] for record in records}
    head = {record: record for record in members}
    links: dict[str, Counter[str]] = defaultdict(Counter)
    for a, b, _ in joins:
        links[a][b] += 1
        links[b][a] += 1
    walls: dict[str, set[str]] = defaultdict(set)
    for a, b in never:
        walls[a].add(b)
        walls[b].add(a)
    against: dict[str, Counter[str]] = defaultdict(Counter)
    for a, b in contradicted:
        against[a][b] += 1
        against[b][a] += 1
    weakest: dict[str, float] = {}

    def merge(join: Join) -> bool:
        one, other = head[join.a], head[join.b]
        if one == other:
            return True
        across = len(members[one]) * len(members[other])
        least = max(LEAST_SUPPORT * across, against[one][other] + 1 if against[one][other] else 0)
        if other in walls[one] or links[one][other] < least:
            return False
        if len(members[one]) < len(members[other]):
            one, other = other, one
        for record in members[other]:
            head[record] = one
        members[one] += members.pop(other)
        _move(links, other, one)
        _move(against, other, one)
        for third in walls.pop(other, ()):
            walls[third].discard(other)
            walls[third].add(one)
            walls[one].add(third)
        made_of = (weakest.pop(other, join.bits), weakest.get(one, join.bits), join.bits)
        weakest[one] = min(made_of)
        return True

    waiting = sorted(joins, key=lambda join: (-join.bits, join.a, join.b))
    while waiting:
        left = [join for join in waiting if not merge(join)]
        if len(left) == len(waiting):
            break
        waiting = left
    refused = [join for join in waiting if head[join.a] != head[join.b]]
    name = {one: min(those) for one, those in members.items()}
    return Clusters(
        {record: name[one] for record, one in head.items()},
        {name[one]: bits for one, bits in weakest.items()},
        refused,
    )


def _move(counts: dict[str, Counter[str]], other: str, one: str) -> None:
    for third, count in counts.pop(other, Counter()).items():
        del counts[third][other]
        if third != one:
            counts[one][third] += count
            counts[third][one] += count
