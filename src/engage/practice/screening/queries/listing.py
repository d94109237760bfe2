"""The list of first looks to do, ordered by what its reader may see and by nothing else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from uuid import UUID

from django.core.paginator import Page
from django.db.models import (
    BooleanField,
    Case,
    DateTimeField,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)

from engage.govuk.london_time import date_words
from engage.methods.moments import london_date
from engage.practice.access.gate import GuardedQuerySet
from engage.practice.access.models import Label
from engage.practice.access.written_once import ONE_UUID, UUIDS, written_once
from engage.practice.agencies.models import Staff
from engage.practice.front_door.models import Referral
from engage.practice.missing.models import MissingReport
from engage.practice.missing.queries import settled_interviews
from engage.practice.people.lists import read_so_far
from engage.practice.people.models import Fact
from engage.practice.people.queries import AskedOfEach, ShownIdentity, shown_identity
from engage.practice.people.waiting import OpenMatter

from ..models import KNOWN_OF_AS_A_SUMMARY, Cause, FirstLook

# Who sees that one of these waits need not see which of them it is: a person of concern is a category of its own.
UNTOLD = {Cause.Kind.FLAG, Cause.Kind.PERSON_OF_CONCERN}
A_WORRY = "Worry told by an agency"

PAGE = 25


@dataclass(frozen=True, slots=True)
class FirstLookRow:
    person_id: UUID
    identity: ShownIdentity | None  # None where the reader may not see who it is
    immediate_danger: bool
    clock_at: datetime | None
    clock_is_a_day: bool
    since: datetime
    causes: tuple[str, ...]
    holder: Staff | None

    @property
    def due(self) -> datetime | date | None:
        """A moment; or a day, where the clock runs to the end of one: that is kept as the midnight after it."""
        if self.clock_at and self.clock_is_a_day:
            return london_date(self.clock_at - timedelta(microseconds=1))
        return self.clock_at


def waiting_causes(
    reader: Staff, *, state: str = "", district_bits: int = 0, with_clock: bool = False
) -> GuardedQuerySet:
    """`state`: "nobody" has taken it, "mine", or "taken" by anybody."""
    causes = Cause.objects.visible_to(reader).filter(waiting=True, current=True)
    if state == "nobody":
        causes = causes.filter(look__state=FirstLook.State.OPEN)
    elif state == "mine":
        causes = causes.filter(look__state=FirstLook.State.TAKEN, look__holder=reader)
    elif state == "taken":
        causes = causes.filter(look__state=FirstLook.State.TAKEN)
    if district_bits:
        causes = causes.filter(area__overlaps=district_bits)
    if with_clock:
        causes = causes.filter(nearest_clock_at__isnull=False).exclude(_interview_is_over(reader))
    return causes


def first_looks(
    reader: Staff, now: datetime, *, page: int | str | None = 1, per_page: int = PAGE, **filters
) -> Page:
    """A page of FirstLookRow: immediate danger first, then the nearest clock, then the longest unlooked-at."""
    in_danger = set(_persons_in_danger(reader, **filters))
    found = read_so_far(lambda most: _in_order(reader, in_danger, most, **filters), page, per_page)
    found.object_list = _rows(list(found.object_list), in_danger, reader)
    return found


def _causes_of_the_list(reader: Staff, **filters) -> GuardedQuerySet:
    causes = waiting_causes(reader)
    if any(filters.values()):
        causes = causes.filter(person_id__in=waiting_causes(reader, **filters).values("person_id"))
    return causes


@written_once()
def _persons_in_danger(reader: Staff, **filters) -> QuerySet:
    causes = _causes_of_the_list(reader, **filters)
    return causes.filter(_in_danger(reader), immediate_danger=True).values_list("person_id", flat=True)


def looks_awaited(person_ids: Collection[UUID], reader: Staff, now: datetime) -> Iterator[OpenMatter]:
    """Of these persons who waits for a first look, with the nearest clock of a cause that the reader sees."""
    told: dict[UUID, list[tuple[bool, datetime | None, datetime]]] = defaultdict(list)
    for person_id, danger, clock, at in _causes_awaited(reader, person_ids=person_ids):
        told[person_id].append((danger, clock, at))
    for person_id, own in told.items():
        danger = any(one[0] for one in own)
        since = min(one[2] for one in own)
        due = min((clock for _, clock, _ in own if clock), default=None)
        yield OpenMatter(
            person_id,
            partial(_awaited_words, since, danger=danger),
            at_once=danger,
            at=since if danger else due,
        )


def _awaited_words(since: datetime, *, danger: bool) -> str:
    return f"first look waits since {date_words(since)}{': immediate danger' if danger else ''}"


@written_once(person_ids=UUIDS)
def _causes_awaited(reader: Staff, person_ids: Collection[UUID]) -> QuerySet:
    causes = waiting_causes(reader).filter(person_id__among=person_ids)
    rows = causes.annotate(clock=_clock(_interview_is_over(reader)), danger=_in_danger(reader))
    return rows.values_list("person_id", "danger", "clock", "at")


def looks_of(person_id: UUID, reader: Staff) -> list[FirstLook]:
    """This child's looks with a cause that stands and that the reader sees; those that wait come first."""
    looks = _looks(reader, person_id=person_id)
    return sorted(looks, key=lambda look: (look.state == FirstLook.State.DECIDED, look.pk))


@written_once(person_id=ONE_UUID)
def _looks(reader: Staff, person_id: UUID) -> GuardedQuerySet:
    seen = Cause.objects.visible_to(reader).filter(person_id=person_id, current=True).values("look_id")
    looks = FirstLook.objects.visible_to(reader).filter(pk__in=seen).exclude(state=FirstLook.State.CLOSED)
    return looks.select_related("holder")


def _in_order(reader: Staff, in_danger: set[UUID], most: int, **filters) -> list[UUID]:
    """The first `most` persons. Those in danger are few and read in one go; after them each step is read in the
    order of an index, and no further than it must."""
    found: dict[UUID, None] = {}
    if in_danger:
        found.update(dict.fromkeys(_urgent(reader, in_danger=in_danger, **filters)))
    # Whoever has a clock is found by the first, or the list is full.
    for step in (_by_clock, _by_time_waited):
        start = 0
        while len(found) < most:
            # By powers of two: each number is a statement of its own.
            at_once = 1 << (2 * (most - len(found)) - 1).bit_length()
            persons = step(reader, in_danger=in_danger, start=start, at_once=at_once, **filters)
            found.update(dict.fromkeys(persons))
            start += at_once
            if len(persons) < at_once:
                break
    return list(found)[:most]


@written_once(in_danger=UUIDS)
def _urgent(reader: Staff, in_danger: set[UUID], **filters) -> GuardedQuerySet:
    urgent = _causes_of_the_list(reader, **filters).filter(person_id__among=in_danger)
    urgent = urgent.annotate(clock=_clock(_interview_is_over(reader)))
    return urgent.order_by(F("clock").asc(nulls_last=True), "at", "id").values_list("person_id", flat=True)


@written_once(in_danger=UUIDS)
def _by_clock(reader: Staff, in_danger: set[UUID], start: int, at_once: int, **filters) -> GuardedQuerySet:
    causes = _causes_of_the_list(reader, **filters).exclude(person_id__among=in_danger)
    clocks = causes.filter(nearest_clock_at__isnull=False).exclude(_interview_is_over(reader))
    persons = clocks.order_by("nearest_clock_at", "at", "id").values_list("person_id", flat=True)
    return persons[start : start + at_once]


@written_once(in_danger=UUIDS)
def _by_time_waited(
    reader: Staff, in_danger: set[UUID], start: int, at_once: int, **filters
) -> GuardedQuerySet:
    causes = _causes_of_the_list(reader, **filters).exclude(person_id__among=in_danger)
    return causes.order_by("at", "id").values_list("person_id", flat=True)[start : start + at_once]


def restricted_alone(looks: Iterable[FirstLook], reader: Staff) -> set[UUID]:
    """Those of the looks that the reader sees through restricted causes alone."""
    causes = Cause.objects.visible_to(reader).filter(look__in=[look.pk for look in looks], current=True)
    labels: dict[UUID, set[str]] = defaultdict(set)
    for look_id, label in causes.values_list("look_id", "compartment__label"):
        labels[look_id].add(label)
    return {look_id for look_id, seen in labels.items() if seen == {Label.RESTRICTED}}


def without_its_row(causes: Iterable[Cause], reader: Staff) -> set[UUID]:
    """Of causes the reader sees, those that say no more than that something waits: the row is hidden."""
    known_of = {cause.row_id: cause.pk for cause in causes if cause.kind in KNOWN_OF_AS_A_SUMMARY}
    if not known_of:
        return set()
    for seen in (_facts_seen, _referrals_seen):
        for row_id in seen(reader, ids=list(known_of)):
            del known_of[row_id]
    return set(known_of.values())


@written_once(ids=UUIDS)
def _facts_seen(reader: Staff, ids: list[UUID]) -> QuerySet:
    return Fact.objects.visible_to(reader).filter(pk__among=ids).values_list("pk", flat=True)


@written_once(ids=UUIDS)
def _referrals_seen(reader: Staff, ids: list[UUID]) -> QuerySet:
    return Referral.objects.visible_to(reader).filter(pk__among=ids).values_list("pk", flat=True)


def _rows(person_ids: list[UUID], in_danger: set[UUID], reader: Staff) -> list[FirstLookRow]:
    told: dict[UUID, list[Cause]] = defaultdict(list)
    for cause in _causes_with_clock(reader, person_ids=person_ids):
        told[cause.person_id].append(cause)
    names, holders = shown_identity(person_ids, reader), _holders(person_ids, reader)
    worries = [cause for own in told.values() for cause in own if cause.kind in UNTOLD]
    untold = without_its_row(worries, reader)
    return [
        _row(person_id, told[person_id], person_id in in_danger, names, holders, untold)
        for person_id in person_ids
    ]


@written_once(person_ids=UUIDS)
def _causes_with_clock(reader: Staff, person_ids: list[UUID]) -> QuerySet:
    causes = waiting_causes(reader).filter(person_id__among=person_ids)
    return causes.annotate(clock=_clock(_interview_is_over(reader))).order_by("at", "id")


def _row(
    person_id: UUID,
    causes: Sequence[Cause],
    immediate_danger: bool,
    names: Mapping[UUID, ShownIdentity],
    holders: Mapping[UUID, Staff],
    untold: set[UUID],
) -> FirstLookRow:
    nearest = min(
        (cause for cause in causes if cause.clock),
        key=lambda one: (one.clock, one.clock_is_a_day),
        default=None,
    )
    return FirstLookRow(
        person_id=person_id,
        identity=names.get(person_id),
        immediate_danger=immediate_danger,
        clock_at=nearest.clock if nearest else None,
        clock_is_a_day=nearest.clock_is_a_day if nearest else False,
        since=causes[0].at,
        causes=_words(causes, untold),
        holder=holders.get(person_id),
    )


def _words(causes: Sequence[Cause], untold: set[UUID]) -> tuple[str, ...]:
    told = {cause.kind for cause in causes if cause.pk not in untold}
    words = [Cause.Kind(kind).label for kind in sorted(told)]
    return tuple(words if told >= {cause.kind for cause in causes} else [*words, A_WORRY])


def _in_danger(reader: Staff) -> Case:
    """A cause says when it became dangerous; that a child is back, or graded lower since, another report may say.
    Only one the reader may see counts."""
    own = MissingReport.objects.visible_to(reader).filter(pk=OuterRef(OuterRef("row_id")))
    over = (
        MissingReport.objects.visible_to(reader)
        .filter(current=True, episode_id=Subquery(own.values("episode_id")[:1]))
        .filter(
            Q(outcome__in=[MissingReport.Outcome.RETURNED, MissingReport.Outcome.CANCELLED])
            | Q(graded_at__gt=Subquery(own.values("graded_at")[:1])) & ~Q(grade__in=["", "high"])
        )
    )
    return Case(
        When(immediate_danger=False, then=Value(False)),
        When(kind=Cause.Kind.EPISODE, then=~Exists(over)),
        default=Value(True),
        output_field=BooleanField(),
    )


def _clock(over: AskedOfEach) -> Case:
    return Case(
        When(nearest_clock_at__isnull=True, then=Value(None)),
        When(over, then=Value(None)),
        default=F("nearest_clock_at"),
        output_field=DateTimeField(),
    )


def _interview_is_over(reader: Staff) -> AskedOfEach:
    """Of a cause: that its episode's return interview, as far as the reader may see, was held or declined."""
    over = AskedOfEach(settled_interviews(reader))
    told = MissingReport.objects.visible_to(reader).filter(over, pk=OuterRef("row_id"))
    return AskedOfEach(told)


def _holders(person_ids: list[UUID], reader: Staff) -> dict[UUID, Staff]:
    holders: dict[UUID, Staff] = {}
    for look in _looks_taken(reader, person_ids=person_ids):
        holders.setdefault(look.person_id, look.holder)
    return holders


@written_once(person_ids=UUIDS)
def _looks_taken(reader: Staff, person_ids: list[UUID]) -> QuerySet:
    seen = (
        Cause.objects.visible_to(reader).filter(person_id__among=person_ids, waiting=True).values("look_id")
    )
    looks = FirstLook.objects.visible_to(reader).filter(pk__in=seen, state=FirstLook.State.TAKEN)
    return looks.select_related("holder__agency").order_by("taken_at")
