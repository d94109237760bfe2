"""Which records are one person: a function of the set of judgements and of the order of receipt, no more."""

from collections.abc import Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Literal, TypeVar

Verdict = Literal["same", "not_same", "unsure", "undone"]
RecordId = TypeVar("RecordId", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Judgement(Generic[RecordId]):
    """One answer about one pair. Never changed; a later one of the same kind of judge stands in its place.

    `undone` takes back what that kind of judge (a person, or a program) said of the pair before.
    """

    a: RecordId
    b: RecordId
    verdict: Verdict
    by_person: bool
    weight_bits: float
    at: datetime
    id: str

    @property
    def pair(self) -> frozenset[RecordId]:
        return frozenset((self.a, self.b))


@dataclass(frozen=True, slots=True)
class Conflict(Generic[RecordId]):
    """A "same" that was not followed, because a "not same" stands between the two groups: for a person."""

    same: Judgement[RecordId]
    not_same: Judgement[RecordId] | None  # None: a record that may not bridge fits two persons
    words: str


@dataclass(frozen=True, slots=True)
class Grouping(Generic[RecordId]):
    person_of: dict[RecordId, RecordId]  # a person's id is that of its first-received record that may bridge
    needs_attention: tuple[Conflict[RecordId], ...]


def standing(judgements: Iterable[Judgement[RecordId]]) -> list[Judgement[RecordId]]:
    """What holds now: of each pair the latest by a person, else the latest by a program.

    "Unsure" holds the pair open against a program's answer; it neither joins nor parts. What a person says again
    stands since it was first said: a colleague who confirms it moves nobody.
    """
    latest: dict[tuple[frozenset[RecordId], bool], Judgement[RecordId]] = {}
    for judgement in sorted(judgements, key=lambda judgement: (judgement.at, judgement.id)):
        key = (judgement.pair, judgement.by_person)
        held = latest.get(key)
        if held is None or not judgement.by_person or held.verdict != judgement.verdict:
            latest[key] = judgement
    kept: dict[frozenset[RecordId], Judgement[RecordId]] = {}
    for (pair, by_person), judgement in latest.items():
        if judgement.verdict != "undone" and (by_person or pair not in kept):
            kept[pair] = judgement
    return list(kept.values())


def group(
    record_ids_in_order_of_receipt: Sequence[RecordId],
    bridging: Collection[RecordId],
    judgements: Iterable[Judgement[RecordId]],
) -> Grouping[RecordId]:
    """Group the records of one connected component (or of many).

    Joins are made human first, in the order in which people said them, so that a word that cannot be followed moves
    nobody; then the program's, the heaviest first, whichever of them came first. A "not same" between any two records
    of two groups stops their being joined; one by a program stops only what a program would join. Records that may not
    bridge are attached at the end, each to one group, and never connect two.
    """
    place = {record: order for order, record in enumerate(record_ids_in_order_of_receipt)}
    bridging = set(bridging)
    held = [judgement for judgement in standing(judgements) if all(r in place for r in judgement.pair)]
    held = [judgement for judgement in held if judgement.a != judgement.b]
    joins = sorted((judgement for judgement in held if judgement.verdict == "same"), key=_before_others)
    groups = _Groups(place, [judgement for judgement in held if judgement.verdict == "not_same"])
    conflicts: list[Conflict[RecordId]] = []

    for judgement in joins:
        if judgement.pair <= bridging and (wall := groups.join(judgement)):
            conflicts.append(_apart(judgement, wall))

    # A record that may not bridge follows its strongest tie that nothing forbids; only ties to groups of
    # bridging records count, so that no chain of such records forms.
    attached: set[RecordId] = set()
    for judgement in joins:
        loose = judgement.pair - bridging
        if len(loose) != 1:
            continue
        (record,) = loose
        (other,) = judgement.pair - loose
        if record in attached:
            if groups.of(record) != groups.of(other):
                words = "fits two persons, and is a kind of record that may not join them"
                conflicts.append(Conflict(judgement, None, words))
        elif wall := groups.join(judgement):
            conflicts.append(_apart(judgement, wall))
        else:
            attached.add(record)

    person_of: dict[RecordId, RecordId] = {}
    for members in groups.members():
        firsts = [record for record in members if record in bridging] or members
        person = min(firsts, key=place.__getitem__)
        person_of.update(dict.fromkeys(members, person))
    return Grouping({record: person_of[record] for record in place}, tuple(conflicts))


def _before_others(judgement: Judgement[RecordId]) -> tuple[Any, ...]:
    if judgement.by_person:
        return (0, judgement.at, judgement.id)
    # Of two that weigh the same, neither by when it was said: it may be said anew after a correction.
    return (1, -judgement.weight_bits, sorted(map(str, judgement.pair)))


def together_since(
    pairs: Iterable[frozenset[RecordId]],
    record_ids_in_order_of_receipt: Sequence[RecordId],
    bridging: Collection[RecordId],
    withdrawn: Collection[RecordId],
    judgements: Collection[Judgement[RecordId]],
    until: datetime,
) -> dict[frozenset[RecordId], datetime]:
    """Since when each of these pairs was one person without a break, up to `until`: all that was said is gone through
    again, the last first.

    When a record was withdrawn is no word: where one was, and where words do not tell, it is since the first "same" of
    all. Too early rather than too late.
    """
    first = min((j.at for j in judgements if j.verdict == "same"), default=until)
    together = set(pairs)
    since = dict.fromkeys(together, first)
    if not set(withdrawn).isdisjoint(record_ids_in_order_of_receipt):
        return since
    for moment in sorted({judgement.at for judgement in judgements if judgement.at < until}, reverse=True):
        said = [judgement for judgement in judgements if judgement.at <= moment]
        person_of = group(record_ids_in_order_of_receipt, bridging, said).person_of
        together = {pair for pair in together if len({person_of[record] for record in pair}) == 1}
        if not together:
            break
        since.update(dict.fromkeys(together, moment))
    return since


def _apart(judgement: Judgement[RecordId], wall: Judgement[RecordId]) -> Conflict[RecordId]:
    who = "a person" if wall.by_person else "the program"
    return Conflict(judgement, wall, f"{who} said that records of these two groups are not the same person")


class _Groups(Generic[RecordId]):
    """Groups that grow by joining, with the walls that stand between them."""

    def __init__(self, records: Iterable[RecordId], walls: Iterable[Judgement[RecordId]]) -> None:
        self._head = {record: record for record in records}
        self._members = {record: [record] for record in self._head}
        self._walls: dict[RecordId, list[Judgement[RecordId]]] = {record: [] for record in self._head}
        for wall in sorted(walls, key=lambda judgement: (not judgement.by_person, judgement.id)):
            self._walls[wall.a].append(wall)
            self._walls[wall.b].append(wall)

    def of(self, record: RecordId) -> RecordId:
        return self._head[record]

    def members(self) -> Iterable[list[RecordId]]:
        return self._members.values()

    def join(self, judgement: Judgement[RecordId]) -> Judgement[RecordId] | None:
        """Join the two groups, or say which wall forbids it."""
        one, other = self.of(judgement.a), self.of(judgement.b)
        if one == other:
            return None
        if len(self._members[one]) < len(self._members[other]):
            one, other = other, one
        if wall := self._wall_between(one, other, judgement):
            return wall
        for record in self._members[other]:
            self._head[record] = one
        self._members[one] += self._members.pop(other)
        self._walls[one] += self._walls.pop(other)
        return None

    def _wall_between(
        self, one: RecordId, other: RecordId, judgement: Judgement[RecordId]
    ) -> Judgement[RecordId] | None:
        walls = [
            wall
            for wall in min(self._walls[one], self._walls[other], key=len)
            if {self.of(wall.a), self.of(wall.b)} == {one, other}
            # A person's "same" outranks a program's "not same".
            and (wall.by_person or not judgement.by_person)
        ]
        return min(walls, key=lambda wall: (not wall.by_person, wall.id), default=None)
