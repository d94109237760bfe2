"""What program and people said lately of who is who, and how right the program was by people's word: for the team
manager, over nothing but rows this reader may see.

The log of judgements tells all of it; the newest words alone are read, so that years of them cost no more.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db.models import Count, Min
from django.db.models.functions import TruncDate

from engage.methods.linkage import estimating
from engage.methods.linkage.estimating import Drift, Reviewed
from engage.methods.moments import LONDON, london_date
from engage.practice.agencies.models import Staff

from .adopted_models import linkage_model
from .models import Judgement, Pair, Record, RecordDetail

MOST_WORDS = 10_000
DAYS_SHOWN = 14
DRIFT_OVER = timedelta(days=31)
RECEIVED_OVER = timedelta(days=91)
PairOfIds = tuple[UUID, UUID]
Verdict = Judgement.Verdict


class Word(NamedTuple):
    a: UUID
    b: UUID
    verdict: str
    by_person: bool
    evidence: dict
    at: datetime

    @property
    def pair(self) -> PairOfIds:
        return self.a, self.b


@dataclass(frozen=True, slots=True)
class Words:
    """The newest, latest first. `since`: the moment before which there are more that were not read; None if all were."""

    newest_first: tuple[Word, ...]
    since: datetime | None


class Known(NamedTuple):
    """What is asked of a record to count the pairs it is in."""

    person_id: UUID | None
    agency: str
    received_on: date
    birth_told: bool


@dataclass
class Day:
    """What linking and people changed on one day."""

    day: date
    records: int = 0
    new_people: int = 0  # people of whom these are the first records
    joined: int = 0  # pairs, by the program
    joined_by_people: int = 0
    known_before: int = (
        0  # people who came of joining records that were both known before that day: so many ids went
    )
    taken_back: int = 0  # pairs, by the program: what was sent since no longer bears it out
    parted_by_people: int = 0


@dataclass(frozen=True, slots=True)
class OfAKind:
    """Pairs with a record of one kind: those that the program joined, and those that it offered."""

    words: str
    joined: Reviewed
    offered: Reviewed


@dataclass(frozen=True, slots=True)
class Decided:
    everything: OfAKind
    by_sex: tuple[OfAKind, ...]
    by_agency: tuple[OfAKind, ...]
    by_birth: tuple[OfAKind, ...]
    since: datetime | None


@dataclass
class _Counted:
    pairs: int = 0
    decided: int = 0
    same: int = 0

    def add(self, verdict: str | None) -> None:
        self.pairs += 1
        self.decided += verdict is not None
        self.same += verdict == Verdict.SAME

    @property
    def reviewed(self) -> Reviewed:
        return Reviewed(self.pairs, self.decided, self.same)


@dataclass
class _OfAKind:
    joined: _Counted = field(default_factory=_Counted)
    offered: _Counted = field(default_factory=_Counted)


def words_lately(reader: Staff) -> Words:
    rows = (
        Judgement.objects.visible_to(reader)
        .order_by("-judged_no")
        .values_list("record_a_id", "record_b_id", "verdict", "by_person", "evidence", "at")[: MOST_WORDS + 1]
    )
    words = tuple(Word(*row) for row in rows)
    return Words(words[:MOST_WORDS], words[-1].at if len(words) > MOST_WORDS else None)


def changes(words: Words, reader: Staff, now: datetime) -> list[Day]:
    """The last days of which records came or anything was said, the latest first."""
    received = _received(reader, now)
    days = {london_date(word.at) for word in words.newest_first} | received.keys()
    if words.since:
        days = {day for day in days if day > london_date(words.since)}  # of the others a part was not read
    found = {day: received.get(day, Day(day)) for day in sorted(days, reverse=True)[:DAYS_SHOWN]}
    lately = [word for word in words.newest_first if london_date(word.at) in found]
    known = _known({record for word in lately for record in word.pair}, reader)
    became_one: dict[date, set[UUID | None]] = defaultdict(set)
    for word in lately:
        day = london_date(word.at)
        _count_word(found[day], word)
        left, right = known.get(word.a), known.get(word.b)
        if word.verdict != Verdict.SAME or not left or not right:
            continue
        if left.person_id == right.person_id and max(left.received_on, right.received_on) < day:
            became_one[day].add(left.person_id)
    for day, people in became_one.items():
        found[day].known_before = len(people)
    return list(found.values())


def drifted(words: Words, now: datetime) -> list[Drift]:
    """How far the fields of what the program joined in the last 31 days lie from what the model expects."""
    joined = [
        word.evidence.get("levels", ())
        for word in words.newest_first
        if word.verdict == Verdict.SAME and not word.by_person and word.at > now - DRIFT_OVER
    ]
    model = {
        field: {level.name: level.m for level in levels}
        for field, levels in linkage_model().comparisons.items()
    }
    return estimating.drift(joined, model)


def decided(words: Words, reader: Staff) -> Decided:
    """Pairs that the program joined or offered, with people's last word on them, by kind of record."""
    joined = {word.pair for word in words.newest_first if word.verdict == Verdict.SAME and not word.by_person}
    pairs = Pair.objects.visible_to(reader)
    if words.since:
        pairs = pairs.filter(offered_at__gt=words.since)
    offered = set(pairs.order_by("-offered_at", "pk").values_list("record_a_id", "record_b_id")[:MOST_WORDS])
    said = _last_words_of_people(joined | offered, reader)
    records = {record for pair in joined | offered for record in pair}
    known, sexes = _known(records, reader), _sexes(records, reader)

    def counted(kinds: Callable[[PairOfIds], Iterable[str]]) -> tuple[OfAKind, ...]:
        found: dict[str, _OfAKind] = defaultdict(_OfAKind)
        for pair in joined | offered:
            for words_of_kind in kinds(pair):
                of_kind = found[words_of_kind]
                (of_kind.joined if pair in joined else of_kind.offered).add(said.get(pair))
        return tuple(
            OfAKind(name, one.joined.reviewed, one.offered.reviewed) for name, one in sorted(found.items())
        )

    def sex_of(pair: PairOfIds) -> Iterable[str]:
        told = {sexes.get(record, "") for record in pair} - {""}
        yield (
            {"F": "Female", "M": "Male"}.get(told.pop(), "Other")
            if len(told) == 1
            else ("The two records differ" if told else "Not told, or not to you")
        )

    def agencies_of(pair: PairOfIds) -> Iterable[str]:
        return {known[record].agency for record in pair if record in known}

    def birth_of(pair: PairOfIds) -> Iterable[str]:
        every = all(record in known and known[record].birth_told for record in pair)
        yield "Both records tell a date of birth or an age" if every else "One record tells neither, or both"

    everything = counted(lambda pair: ("All",))
    return Decided(
        everything[0] if everything else OfAKind("All", Reviewed(0, 0, 0), Reviewed(0, 0, 0)),
        counted(sex_of),
        counted(agencies_of),
        counted(birth_of),
        words.since,
    )


def _count_word(day: Day, word: Word) -> None:
    if word.verdict == Verdict.SAME and word.by_person:
        day.joined_by_people += 1
    elif word.verdict == Verdict.SAME:
        day.joined += 1
    elif word.by_person and word.verdict in (Verdict.NOT_SAME, Verdict.TAKEN_BACK):
        day.parted_by_people += 1
    elif word.verdict == Verdict.TAKEN_BACK:
        day.taken_back += 1


def _received(reader: Staff, now: datetime) -> dict[date, Day]:
    """By day the records received, and how many people were first told of by one: told to this reader, whatever
    others were told before."""
    since = now - RECEIVED_OVER
    rows = (
        Record.objects.visible_to(reader)
        .filter(withdrawn=False, received_at__gt=since)
        .annotate(day=TruncDate("received_at", tzinfo=LONDON))
        .values_list("day")
        .annotate(records=Count("pk"))
        .order_by("day")
    )
    days = {day: Day(day, records) for day, records in rows}
    first = Record.objects.visible_to(reader).filter(withdrawn=False, person_id__isnull=False)
    first = first.values_list("person_id").annotate(first=Min("received_at")).filter(first__gt=since)
    for _, received_at in first.order_by():
        days[london_date(received_at)].new_people += 1
    return days


def _last_words_of_people(pairs: Collection[PairOfIds], reader: Staff) -> dict[PairOfIds, str]:
    """ "Same" or "not same", where somebody said one and nobody took it back since."""
    rows = (
        Judgement.objects.visible_to(reader)
        .filter(by_person=True)
        .order_by("at", "judged_no")
        .values_list("record_a_id", "record_b_id", "verdict")
    )
    last = {(a, b): verdict for a, b, verdict in rows if (a, b) in pairs}
    return {pair: verdict for pair, verdict in last.items() if verdict in (Verdict.SAME, Verdict.NOT_SAME)}


def _known(record_ids: Collection[UUID], reader: Staff) -> dict[UUID, Known]:
    rows = (
        Record.objects.visible_to(reader)
        .filter(pk__among=list(record_ids))
        .values_list("pk", "person_id", "agency__name", "received_at", "born_in")
    )
    return {
        pk: Known(person_id, agency, london_date(received_at), born_in is not None)
        for pk, person_id, agency, received_at, born_in in rows
    }


def _sexes(record_ids: Collection[UUID], reader: Staff) -> dict[UUID, str]:
    rows = RecordDetail.objects.visible_to(reader).filter(record__among=list(record_ids), current=True)
    return dict(rows.values_list("record_id", "sex"))


__all__ = ["changes", "decided", "drifted", "words_lately"]
