"""Two people who stood as one and were taken apart: who saw them so, was sent something or sent it, and who knows of it by now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import Count, Max, Min, QuerySet

from engage.methods.linkage import grouping as method
from engage.practice.access import audit, gate
from engage.practice.access.written_once import written_once
from engage.practice.agencies.models import Staff

from .models import Mixture, MixtureSeen

How = MixtureSeen.How


@dataclass(frozen=True, slots=True)
class Sighting:
    staff_id: UUID
    how: str
    first_at: datetime
    last_at: datetime
    times: int


def sightings(rows: QuerySet, *, by: str, at: str, how: str) -> list[Sighting]:
    """Counted for each colleague whom the field `by` names."""
    counted = rows.order_by(by).values_list(by).annotate(first=Min(at), last=Max(at), times=Count("pk"))
    return [Sighting(who, how, first_at, last_at, times) for who, first_at, last_at, times in counted]


# What else left of a person between two moments, asked as the receiving service. Later apps add theirs in AppConfig.ready.
received: list[Callable[[UUID, datetime, datetime], Iterable[Sighting]]] = []


def keep_what_comes_apart(
    was: Mapping[UUID, UUID | None],
    person_of: Mapping[UUID, UUID],
    bridging: Collection[UUID],
    withdrawn: Collection[UUID],
    judgements: Iterable[method.Judgement[UUID]],
    now: datetime,
) -> None:
    """Of records that were one person (`was`, in the order of receipt) and are to be several (`person_of`): who saw
    them as one. `bridging`: those that may join two, or might until they were `withdrawn`.

    As the receiving service, before anything is rewritten. Nobody saw it: nothing is kept.
    """
    apart = {
        former
        for former, persons in _persons_by_former(was, person_of).items()
        if former is not None and len(persons) > 1
    }
    if not apart:
        return
    records, said = _ever_called_the_same({one for one in was if was[one] in apart}, was, judgements)
    # Each judged pair: whoever sees these two records and not another pair of theirs has to find it, too.
    pairs = {
        word.pair
        for word in said
        if was[word.a] in apart and was[word.a] == was[word.b] and person_of[word.a] != person_of[word.b]
    }
    since = method.together_since(pairs, records, bridging, withdrawn, said, now)
    for a, b in sorted(tuple(sorted(pair)) for pair in pairs):
        former = was[a]
        assert former is not None
        first = since[frozenset((a, b))]
        if seen := list(_sightings(former, [one for one in was if was[one] == former], first, now)):
            mixture = Mixture.objects.create(record_a_id=a, record_b_id=b, since=first, until=now)
            MixtureSeen.objects.bulk_create([_row(mixture, one) for one in seen])


def _ever_called_the_same(
    records: set[UUID], in_order: Iterable[UUID], judgements: Iterable[method.Judgement[UUID]]
) -> tuple[list[UUID], list[method.Judgement[UUID]]]:
    """These and all that were ever called the same, in order, and what was said of them: a part of a file holds
    thousands of others."""
    judgements = list(judgements)
    beside: dict[UUID, set[UUID]] = defaultdict(set)
    for word in judgements:
        if word.verdict == "same":
            beside[word.a].add(word.b)
            beside[word.b].add(word.a)
    reached, further = set(records), list(records)
    while further:
        new = beside[further.pop()] - reached
        reached |= new
        further += new
    return [one for one in in_order if one in reached], [w for w in judgements if w.pair <= reached]


def _persons_by_former(
    was: Mapping[UUID, UUID | None], person_of: Mapping[UUID, UUID]
) -> dict[UUID | None, set[UUID]]:
    persons: dict[UUID | None, set[UUID]] = defaultdict(set)
    for record_id, former in was.items():
        persons[former].add(person_of[record_id])
    return persons


def _sightings(
    person_id: UUID, record_ids: Iterable[UUID], since: datetime, until: datetime
) -> Iterator[Sighting]:
    """Whoever opened a page of this person, and whoever was sent something of them.

    A person goes by the id of whichever of their records was received first: with each that joined, that may have changed.
    """
    people = set(Staff.objects.filter(kind=Staff.Kind.PERSON).values_list("pk", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT actor, min(first_at), max(last_at), sum(times)::integer"
            " FROM unnest(%s::uuid[]) AS one, LATERAL engage_saw(one, %s, %s) GROUP BY actor",
            [[UUID(hex=audit.pseudonym(one)) for one in record_ids], since, until],
        )
        looked = cursor.fetchall()
    for staff_id, first_at, last_at, times in looked:
        if staff_id in people:
            yield Sighting(staff_id, How.LOOKED, first_at, last_at, times)
    for asked in received:
        yield from asked(person_id, since, until)


def _row(mixture: Mixture, one: Sighting) -> MixtureSeen:
    return MixtureSeen(
        mixture=mixture,
        staff_id=one.staff_id,
        how=one.how,
        first_at=one.first_at,
        last_at=one.last_at,
        times=one.times,
    )


def to_check(reader: Staff) -> list[MixtureSeen]:
    """What the reader saw or was sent and has not yet looked through; the newest first, and one for each time that
    something was taken apart."""
    # The last of each stays: to have let something leave weighs more than to have looked.
    return list({one.mixture.until: one for one in _not_checked(reader)}.values())


@written_once()
def _not_checked(reader: Staff) -> QuerySet[MixtureSeen]:
    seen = MixtureSeen.objects.visible_to(reader).filter(staff=reader, checked_at=None)
    return seen.select_related("mixture").order_by("-mixture__until", "how", "id")


def who_saw(mixture: Mixture, reader: Staff) -> list[MixtureSeen]:
    return list(
        MixtureSeen.objects.visible_to(reader)
        .filter(mixture=mixture)
        .select_related("staff__agency")
        .order_by("staff__name", "how")
    )


def kept_at(record_a: UUID, record_b: UUID, at: datetime, reader: Staff) -> Mixture | None:
    """What came of taking these two records apart at this moment, where anybody had seen them as one."""
    seen = Mixture.objects.visible_to(reader).filter(until=at)
    return seen.filter(record_a_id=min(record_a, record_b), record_b_id=max(record_a, record_b)).first()


def check(mixture_id: UUID, *, by: Staff, now: datetime) -> None:
    """`by` has looked through what they noted and passed on. Raises Mixture.DoesNotExist unless they see both records."""
    mixture = Mixture.objects.visible_to(by).get(pk=mixture_id)
    own = MixtureSeen.objects.visible_to(by).filter(mixture__until=mixture.until, staff=by, checked_at=None)
    if own.update(checked_at=now):
        gate.acting().kinds_read.add("people.mixture")
        audit.record(audit.Verb.ALTER, "check_mixture", kinds=["people.mixture"], asked=mixture_id)
