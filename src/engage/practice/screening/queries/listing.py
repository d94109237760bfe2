"""The list of first looks to do, ordered by what its reader may see and by nothing else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.contrib.postgres.aggregates import ArrayAgg, BoolOr
from django.core.paginator import Page, Paginator
from django.db.models import (
    BooleanField,
    Case,
    DateTimeField,
    Exists,
    F,
    Func,
    Min,
    OuterRef,
    Q,
    Subquery,
    Value,
    When,
)

from engage.methods.moments import london_date
from engage.practice.access.gate import GuardedQuerySet
from engage.practice.access.models import Label
from engage.practice.agencies.models import Staff
from engage.practice.front_door.models import Referral
from engage.practice.missing.models import MissingReport, ReturnInterview
from engage.practice.people.models import Fact
from engage.practice.people.queries import AskedOfEach, ShownIdentity, count_words, shown_identity

from ..models import KNOWN_OF_AS_A_SUMMARY, Cause, FirstLook

# Who sees that one of these waits need not see which of them it is: a person of concern is a category of its own.
UNTOLD = {Cause.Kind.FLAG, Cause.Kind.PERSON_OF_CONCERN}
A_WORRY = "Worry told by an agency"

PAGE = 25
MOST_PAGES = 100


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


def count_waiting(reader: Staff, **filters) -> str:
    """Children, counted up to 100: "100+"."""
    return count_words(waiting_causes(reader, **filters).values("person_id").distinct())


def first_looks(reader: Staff, now: datetime, *, page: int | str | None = 1, **filters) -> Page:
    """A page of FirstLookRow: immediate danger first, then the nearest clock, then the longest unlooked-at."""
    chosen = waiting_causes(reader, **filters)
    ordered = (
        Cause.objects.visible_to(reader)
        .filter(waiting=True, current=True, person_id__in=chosen.values("person_id"))
        .alias(in_danger=_in_danger(reader), clock=_clock(reader))
        .values("person_id")
        .annotate(
            danger=BoolOr("in_danger"),
            clock_at=Min("clock"),
            hour_at=Min("clock", filter=Q(clock_is_a_day=False)),
            since=Min("at"),
            kinds=ArrayAgg("kind", distinct=True),
        )
        .order_by("-danger", F("clock_at").asc(nulls_last=True), "since", "person_id")
    )
    persons = chosen.values("person_id").distinct()
    found = CountedSoFar(ordered, PAGE, persons, at_most=PAGE * MOST_PAGES).get_page(page)
    rows = list(found.object_list)
    person_ids = [row["person_id"] for row in rows]
    names = shown_identity(person_ids, reader)
    holders = _holders(person_ids, reader)
    told = _told(person_ids, reader) if any(UNTOLD & set(row["kinds"]) for row in rows) else set()
    found.object_list = [
        FirstLookRow(
            person_id=row["person_id"],
            identity=names.get(row["person_id"]),
            immediate_danger=row["danger"],
            clock_at=row["clock_at"],
            clock_is_a_day=row["clock_at"] is not None and row["clock_at"] != row["hour_at"],
            since=row["since"],
            causes=_words(row, told),
            holder=holders.get(row["person_id"]),
        )
        for row in rows
    ]
    return found


def looks_of(person_id: UUID, reader: Staff) -> list[FirstLook]:
    """This child's looks with a cause that stands and that the reader sees; those that wait come first."""
    seen = Cause.objects.visible_to(reader).filter(person_id=person_id, current=True).values("look_id")
    looks = FirstLook.objects.visible_to(reader).filter(pk__in=seen).exclude(state=FirstLook.State.CLOSED)
    return sorted(
        looks.select_related("holder"), key=lambda look: (look.state == FirstLook.State.DECIDED, look.pk)
    )


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
    for model in (Fact, Referral):
        for row_id in (
            model.objects.visible_to(reader).filter(pk__in=list(known_of)).values_list("pk", flat=True)
        ):
            del known_of[row_id]
    return set(known_of.values())


class CountedSoFar(Paginator):
    """Counts no further than the pages that can be opened."""

    def __init__(self, rows, per_page: int, counted, *, at_most: int):
        super().__init__(rows, per_page)
        self.counted, self.at_most = counted, at_most

    @property
    def count(self) -> int:
        if not hasattr(self, "_counted"):
            self._counted = self.counted.order_by()[: self.at_most].count()
        return self._counted


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


def _clock(reader: Staff) -> Case:
    return Case(
        When(nearest_clock_at__isnull=True, then=Value(None)),
        When(_interview_is_over(reader), then=Value(None)),
        default=F("nearest_clock_at"),
        output_field=DateTimeField(),
    )


def _interview_is_over(reader: Staff) -> AskedOfEach:
    """Of a cause: that its episode's return interview, as far as the reader may see, was held or declined."""
    covers = Func(
        OuterRef("episode_id"),
        F("episode_ids"),
        template="(%(expressions)s))",
        arg_joiner=" = ANY(",
        output_field=BooleanField(),
    )
    over = (
        ReturnInterview.objects.visible_to(reader)
        .filter(
            Q(held_at__isnull=False) | Q(offer_outcome=ReturnInterview.OfferOutcome.DECLINED), current=True
        )
        .filter(covers, person_id=OuterRef("person_id"))
    )
    told = MissingReport.objects.visible_to(reader).filter(AskedOfEach(over), pk=OuterRef("row_id"))
    return AskedOfEach(told)


def _told(person_ids: list[UUID], reader: Staff) -> set[tuple[UUID, str]]:
    """Person and kind of those causes of which the reader sees the row as well."""
    return set(
        Cause.objects.visible_to(reader)
        .filter(person_id__among=person_ids, waiting=True, current=True, kind__in=UNTOLD)
        .filter(row_id__in=Fact.objects.visible_to(reader).filter(person_id__among=person_ids).values("pk"))
        .values_list("person_id", "kind")
    )


def _words(row: dict, told: set[tuple[UUID, str]]) -> tuple[str, ...]:
    words = (
        A_WORRY if kind in UNTOLD and (row["person_id"], kind) not in told else Cause.Kind(kind).label
        for kind in row["kinds"]
    )
    return tuple(dict.fromkeys(words))


def _holders(person_ids: list[UUID], reader: Staff) -> dict[UUID, Staff]:
    seen = (
        Cause.objects.visible_to(reader).filter(person_id__among=person_ids, waiting=True).values("look_id")
    )
    looks = FirstLook.objects.visible_to(reader).filter(pk__in=seen, state=FirstLook.State.TAKEN)
    holders: dict[UUID, Staff] = defaultdict()
    for look in looks.select_related("holder__agency").order_by("taken_at"):
        holders.setdefault(look.person_id, look.holder)
    return holders
