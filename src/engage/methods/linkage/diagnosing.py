"""How well the records of each person hold together: what a steward looks at, from records and joins alone."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

RecordId = TypeVar("RecordId", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Join(Generic[RecordId]):
    """Two records called the same. `bits` is what the program weighed; None where a person said it without a weight."""

    a: RecordId
    b: RecordId
    bits: float | None
    by_person: bool


@dataclass(frozen=True, slots=True)
class OnlyJoin(Generic[RecordId]):
    """A join whose loss leaves two parts; of how many records each, the smaller first."""

    join: Join[RecordId]
    parts: tuple[int, int]

    @property
    def holds_one_record(self) -> bool:
        """A membership that rests on one join, rather than a seam between two parts."""
        return self.parts[0] == 1


@dataclass(frozen=True, slots=True)
class Shape(Generic[RecordId]):
    """Records that joins hold together, two at least."""

    records: int
    joins: int
    only_joins: tuple[OnlyJoin[RecordId], ...]  # in no order
    # Between any two records go by the strongest joins: the weakest that has to be gone over, in bits. None where
    # people's words alone hold all together; those count as stronger than any weight.
    weakest_bits: float | None

    @property
    def density(self) -> float:
        """The share of all pairs of these records that are joined: 1 where each is joined to each."""
        return self.joins / (self.records * (self.records - 1) / 2)

    @property
    def seams(self) -> tuple[OnlyJoin[RecordId], ...]:
        """Those with two records or more at either end: the likeliest place of a wrong join of two children."""
        return tuple(only_join for only_join in self.only_joins if not only_join.holds_one_record)

    @property
    def resting_on_one(self) -> int:
        """Records that one join alone holds to the others. Of two records each holds the other: that is one membership."""
        return sum(only_join.holds_one_record for only_join in self.only_joins)


def sizes(persons: Iterable[int]) -> dict[int, int]:
    """By number of records, how many persons have so many; the smallest first. `persons` gives the records of each."""
    return dict(sorted(Counter(persons).items()))


def shapes(
    person_of: Mapping[RecordId, Hashable], joins: Iterable[Join[RecordId]]
) -> dict[Hashable, list[Shape[RecordId]]]:
    """By person the shape of what these joins hold together of the records given, the largest first.

    Joins to another person or to a record that is not given are passed over, and so is a record that no join
    reaches: whoever asks may see a part only, and what they do not see is as if it were not there. So a person
    may have several shapes, or none. At most one join a pair.
    """
    by_person: dict[Hashable, list[Join[RecordId]]] = defaultdict(list)
    for join in joins:
        if join.a in person_of and join.b in person_of and person_of[join.a] == person_of[join.b]:
            by_person[person_of[join.a]].append(join)
    found = {}
    for person, theirs in by_person.items():
        parts = _parts(theirs)
        found[person] = sorted((_shape(part) for part in parts), key=lambda shape: -shape.records)
    return found


def _parts(joins: Iterable[Join[RecordId]]) -> list[list[Join[RecordId]]]:
    """The joins of each connected part."""
    joins = list(joins)
    heads = _Heads[RecordId]()
    for join in joins:
        heads.unite(join.a, join.b)
    parts: dict[RecordId, list[Join[RecordId]]] = defaultdict(list)
    for join in joins:
        parts[heads.of(join.a)].append(join)
    return list(parts.values())


def _shape(joins: list[Join[RecordId]]) -> Shape[RecordId]:
    records = {record for join in joins for record in (join.a, join.b)}
    return Shape(len(records), len(joins), tuple(_only_joins(joins, len(records))), _weakest(joins))


def _weakest(joins: Iterable[Join[RecordId]]) -> float | None:
    """The weakest join of the strongest tree that reaches every record."""
    heads = _Heads[RecordId]()
    weakest: float | None = None
    for join in sorted(joins, key=lambda join: -_strength(join)):
        if heads.unite(join.a, join.b) and not join.by_person:
            weakest = join.bits
    return weakest


def _strength(join: Join) -> float:
    return float("inf") if join.by_person else join.bits or 0.0


def _only_joins(joins: list[Join[RecordId]], records: int) -> Iterable[OnlyJoin[RecordId]]:
    """Tarjan's way, without recursion: a child reported missing forty times makes long paths."""
    beside: dict[RecordId, list[tuple[RecordId, int]]] = defaultdict(list)
    for number, join in enumerate(joins):
        beside[join.a].append((join.b, number))
        beside[join.b].append((join.a, number))
    start = joins[0].a
    entered, lowest, below = {start: 0}, {start: 0}, {start: 1}
    path = [(start, -1, iter(beside[start]))]
    while path:
        record, came_by, others = path[-1]
        for other, number in others:
            if number == came_by:
                continue
            if other in entered:
                lowest[record] = min(lowest[record], entered[other])
            else:
                entered[other] = lowest[other] = len(entered)
                below[other] = 1
                path.append((other, number, iter(beside[other])))
                break
        else:
            path.pop()
            if not path:
                return
            above = path[-1][0]
            lowest[above] = min(lowest[above], lowest[record])
            below[above] += below[record]
            if lowest[record] > entered[above]:
                few, many = sorted((below[record], records - below[record]))
                yield OnlyJoin(joins[came_by], (few, many))


class _Heads(Generic[RecordId]):
    """Which records are together so far."""

    def __init__(self) -> None:
        self._head: dict[RecordId, RecordId] = {}

    def of(self, record: RecordId) -> RecordId:
        head = self._head
        head.setdefault(record, record)
        while head[record] != record:
            head[record] = head[head[record]]
            record = head[record]
        return record

    def unite(self, a: RecordId, b: RecordId) -> bool:
        """False where they were together already."""
        one, other = self.of(a), self.of(b)
        self._head[one] = other
        return one != other
