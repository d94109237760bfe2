"""How records are put together now: for the team manager, over nothing but rows this reader may see.

Each answer takes a few statements, however many people there are, and reads no more rows than the limits here: a
county's figures are those of its largest people, its newest words and a part of its records, and say so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Count, Max, Min, Q

from engage.methods.linkage import diagnosing
from engage.methods.linkage.blocking import BATCH_RULES, BLOCK_CAP, ONLINE_RULES
from engage.methods.linkage.diagnosing import Join, OnlyJoin, Shape
from engage.practice.agencies.models import Staff

from .adopted_models import linkage_model
from .models import Identifier, Judgement, Record, RecordDetail, Token

MOST_RECORDS_GONE_THROUGH = 10_000
MOST_PAIRS_GONE_THROUGH = 40_000
MOST_NAMED = 10  # people shown by name in each list
RECORDS_WHOSE_KEYS_ARE_COUNTED = 200
MORE_THAN_A_YEAR = timedelta(days=370)  # between first days of months of birth
# Evidence that speaks against a pair so clearly that a person should have looked.
CONTRADICTING = {
    "nhs_contradicts": "NHS number",
    "upn_contradicts": "unique pupil number",
    "council_child_contradicts": "child number of one council",
    "birth_differs": "date of birth or age",
    "sex_differs": "sex",
}


class OfPerson(NamedTuple):
    person_id: UUID
    number: int


@dataclass(frozen=True, slots=True)
class Sizes:
    people: int
    records: int
    by_size: dict[int, int]  # number of records: how many people have so many
    largest: tuple[OfPerson, ...]


@dataclass(frozen=True, slots=True)
class Seam:
    person_id: UUID
    only_join: OnlyJoin[UUID]


@dataclass(frozen=True, slots=True)
class Holding:
    """How the people of two records and more hold together, as far as they were gone through: the largest first."""

    of: int  # people of two records and more
    gone_through: int
    shapes: tuple[Shape[UUID], ...]
    seams: tuple[Seam, ...]  # the weakest first
    weakest: tuple[tuple[UUID, float], ...]  # people whose weakest join weighs least, with its bits
    # By what two records of one person contradict each other in, where they were weighed: whose.
    against: dict[str, frozenset[UUID]]

    @property
    def resting_on_one(self) -> int:
        return sum(shape.resting_on_one for shape in self.shapes if shape.records > 2)

    @property
    def pairs_on_one(self) -> int:
        """People, or parts of them, of just two records."""
        return sum(shape.records == 2 for shape in self.shapes)


@dataclass(frozen=True, slots=True)
class Contradiction:
    words: str
    people: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Unfindable:
    agency: str
    records: int
    say_too_little: int  # no name, and no number
    without_birth: int  # neither a date of birth nor an age


@dataclass(frozen=True, slots=True)
class KeysOfARule:
    rule: str
    keys: int
    largest: int  # records that share the most shared of them; BLOCK_CAP + 1 stands for more
    over: int  # keys that more records share than are compared


@dataclass(frozen=True, slots=True)
class Keys:
    records: int  # whose keys were counted
    rules: tuple[KeysOfARule, ...]  # the largest block first
    meet_nobody: int  # records all of whose keys are shared by too many, or that have none


def sizes(reader: Staff) -> Sizes:
    of_people = _records_of_each(reader)
    numbers = [number for _, number in of_people]
    return Sizes(len(numbers), sum(numbers), diagnosing.sizes(numbers), tuple(of_people[:MOST_NAMED]))


def holding(reader: Staff) -> Holding:
    several = [one for one in _records_of_each(reader) if one.number > 1]
    chosen = _as_many_as_may_be(several)
    person_of: dict[UUID, UUID] = dict(
        _standing(reader).filter(person_id__among=chosen).values_list("pk", "person_id")
    )
    joins, against = _last_words(person_of, reader)
    found = diagnosing.shapes(person_of, joins)
    # The people are keys of what was given, whatever the method says of their kind.
    shapes = [
        (person_id, shape)
        for person_id, theirs in found.items()
        for shape in theirs
        if isinstance(person_id, UUID)
    ]
    seams = [Seam(person_id, only_join) for person_id, shape in shapes for only_join in shape.seams]
    weakest = [
        (shape.weakest_bits, person_id) for person_id, shape in shapes if shape.weakest_bits is not None
    ]
    return Holding(
        of=len(several),
        gone_through=len(chosen),
        shapes=tuple(shape for _, shape in shapes),
        seams=tuple(sorted(seams, key=lambda seam: (_bits(seam.only_join.join), str(seam.person_id)))),
        weakest=tuple((person_id, bits) for bits, person_id in sorted(weakest)[:MOST_NAMED]),
        against=against,
    )


def contradictions(reader: Staff) -> list[Contradiction]:
    """People whose records say what cannot be true of one, as far as this reader sees what they say."""
    model = linkage_model()
    told = RecordDetail.objects.visible_to(reader).filter(current=True, record__withdrawn=False)
    numbers = Identifier.objects.visible_to(reader).filter(current=True, valid=True, record__withdrawn=False)
    months = (
        _standing(reader)
        .filter(born_in__isnull=False)
        .values_list("person_id")
        .annotate(between=Max("born_in") - Min("born_in"))
        .filter(between__gt=MORE_THAN_A_YEAR)
    )
    twice_in_a_list = (
        _standing(reader)
        .filter(register__in=model.one_row_per_person, no_longer_sent_at=None)
        .values_list("person_id", "agency_id", "register")
        .annotate(rows=Count("pk"))
        .filter(rows__gt=1)
    )
    return [
        Contradiction(words, tuple(sorted({row[0] for row in rows.order_by() if row[0]})))
        for words, rows in (
            ("Two valid NHS numbers", _several(numbers.filter(type=Identifier.Type.NHS), "value")),
            ("Two dates of birth", _several(told.filter(born_on__isnull=False), "born_on")),
            ("Born more than a year apart, by date or age", months),
            ("Two sexes", _several(told.exclude(sex=""), "sex")),
            ("Two rows in one list that has a row for each child", twice_in_a_list),
        )
    ]


def unfindable(reader: Staff) -> list[Unfindable]:
    """By agency, the records that say too little to be linked by; the most first."""
    too_little = Q(surname="", forenames="", known_as="", has_identifiers=False)
    rows = (
        _standing(reader)
        .values_list("agency__name")
        .annotate(
            records=Count("pk"),
            say_too_little=Count("pk", filter=too_little),
            without_birth=Count("pk", filter=Q(born_in=None)),
        )
        .order_by("-say_too_little", "-without_birth", "agency__name")
    )
    return [Unfindable(*row) for row in rows]


def keys(reader: Staff) -> Keys:
    """How many records share the keys of some records. A large block is met by any of its many records, so a part of
    the records, drawn by their random ids, finds the largest all but surely. What a key was made of is not told."""
    drawn = list(
        _standing(reader).order_by("pk").values_list("pk", flat=True)[:RECORDS_WHOSE_KEYS_ARE_COUNTED]
    )
    rows = [
        (record_id, rule, bytes(value))
        for record_id, rule, value in Token.objects.visible_to(reader)
        .filter(record__among=drawn, rule__in=[*BATCH_RULES, *ONLINE_RULES])
        .values_list("record_id", "rule", "value")
    ]
    shared_by = _sizes_of_blocks({value for _, _, value in rows}, reader)
    of_rule: dict[str, set[bytes]] = defaultdict(set)
    useful = set()
    for record_id, rule, value in rows:
        of_rule[rule].add(value)
        if shared_by[value] <= BLOCK_CAP:
            useful.add(record_id)
    rules = [
        KeysOfARule(
            rule,
            len(values),
            max(shared_by[value] for value in values),
            sum(shared_by[value] > BLOCK_CAP for value in values),
        )
        for rule, values in of_rule.items()
    ]
    return Keys(
        len(drawn), tuple(sorted(rules, key=lambda one: (-one.largest, one.rule))), len(set(drawn) - useful)
    )


def _standing(reader: Staff) -> Any:
    return Record.objects.visible_to(reader).filter(withdrawn=False, person_id__isnull=False)


def _records_of_each(reader: Staff) -> list[OfPerson]:
    """The largest first. Rows without names: nobody is shown by them, and a county has a hundred thousand."""
    rows = _standing(reader).values_list("person_id").annotate(number=Count("pk"))
    return [OfPerson(*row) for row in rows.order_by("-number", "person_id")]


def _as_many_as_may_be(largest_first: Iterable[OfPerson]) -> list[UUID]:
    """One child with a thousand records has half a million pairs: passed over, and listed among the largest."""
    records = pairs = 0
    chosen = []
    for one in largest_first:
        more = one.number * (one.number - 1) // 2
        if records + one.number > MOST_RECORDS_GONE_THROUGH or pairs + more > MOST_PAIRS_GONE_THROUGH:
            continue
        records, pairs = records + one.number, pairs + more
        chosen.append(one.person_id)
    return chosen


def _last_words(
    person_of: Mapping[UUID, UUID], reader: Staff
) -> tuple[list[Join[UUID]], dict[str, frozenset[UUID]]]:
    """Within each person the joins that hold, and whose records were found to contradict each other, in what."""
    rows = (
        Judgement.objects.visible_to(reader)
        .filter(record_a__among=list(person_of), record_b__among=list(person_of))
        .order_by("record_a_id", "record_b_id", "by_person", "-at", "-judged_no")
        .distinct("record_a_id", "record_b_id", "by_person")
        .values_list("record_a_id", "record_b_id", "by_person", "verdict", "weight_bits", "evidence")
    )
    joins: dict[tuple[UUID, UUID], Join[UUID]] = {}
    against: dict[str, set[UUID]] = defaultdict(set)
    for a, b, by_person, verdict, bits, evidence in rows:  # of a pair the program's word first
        if person_of[a] != person_of[b]:
            continue
        for level in CONTRADICTING.keys() & evidence.get("levels", ()):
            against[level].add(person_of[a])
        if verdict == Judgement.Verdict.TAKEN_BACK:
            continue
        joins.pop((a, b), None)
        if verdict == Judgement.Verdict.SAME:
            joins[a, b] = Join(a, b, bits, by_person)
    return list(joins.values()), {level: frozenset(people) for level, people in against.items()}


def _bits(join: Join[UUID]) -> float:
    return join.bits if join.bits is not None else float("inf")


def _several(rows: Any, column: str) -> Any:
    return (
        rows.values_list("person_id").annotate(different=Count(column, distinct=True)).filter(different__gt=1)
    )


def _sizes_of_blocks(values: Collection[bytes], reader: Staff) -> dict[bytes, int]:
    rows = Token.objects.visible_to(reader).filter(value__in=list(values)).values_list("value")
    return {bytes(value): number for value, number in rows.annotate(number=Count("pk")).order_by()}


__all__ = ["contradictions", "holding", "keys", "sizes", "unfindable"]
