"""What today's lists hold, made of the rows the reader may see. Each is a fixed number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar
from uuid import UUID

from django.contrib.postgres.aggregates import BoolOr
from django.db.models import DateTimeField, Exists, F, Min, OuterRef, Q
from django.db.models.functions import Cast, Coalesce

from engage.methods.accounts import Account, SourceReport, account_of
from engage.methods.spans import Point
from engage.practice.agencies.models import Staff
from engage.practice.missing.models import MissingReport, ReturnInterview
from engage.practice.screening.models import Cause, FirstLook

Row = TypeVar("Row")
Outcome = MissingReport.Outcome

MOST_ROWS = 10
MOST_COUNTED = 100
# Children who came back long ago and were never spoken to are a matter for the figures, not for this shift.
AWAITING_FOR = timedelta(days=30)
SAYS_BACK = Q(returned_at__isnull=False) | Q(returned_on__isnull=False)


@dataclass(frozen=True)
class Episode:
    """One time missing, as the reports that this reader sees tell of it."""

    id: UUID
    person_id: UUID
    account: Account
    told_by: tuple[str, ...]
    grade: str
    cancelled: bool
    interview_due: Point | None
    interview: str  # what became of the return interview, in words
    interviews_held: tuple[tuple[datetime, str], ...]

    @property
    def since(self) -> Point | None:
        return self.account.missing_since or self.account.reported

    @property
    def is_open(self) -> bool:
        return not self.cancelled and self.account.returned is None


@dataclass(frozen=True)
class LookToDo:
    id: UUID
    person_id: UUID
    immediate_danger: bool
    clock: Point | None
    since: datetime
    kinds: tuple[str, ...]
    holder: str


@dataclass(frozen=True)
class Listed(Generic[Row]):
    rows: Sequence[Row]
    total: int

    @property
    def count(self) -> str:
        return f"{MOST_COUNTED}+" if self.total > MOST_COUNTED else str(self.total)


def missing_now(reader: Staff) -> Listed[Episode]:
    """Missing longest first."""
    ended = _reports(reader).filter(
        SAYS_BACK | Q(outcome=Outcome.CANCELLED), episode_id=OuterRef("episode_id")
    )
    starts = dict(
        _reports(reader)
        .filter(ended=False, episode_id__isnull=False)
        .filter(~Exists(ended))
        .values("episode_id")
        .annotate(first=Min("starts_at"))
        .order_by("first", "episode_id")
        .values_list("episode_id", "first")[: MOST_COUNTED + 1]
    )
    episodes = episodes_by_id(list(starts)[:MOST_ROWS], reader)
    return Listed([one for one in episodes if one.is_open], len(starts))


def awaiting_interview(reader: Staff, now: datetime) -> Listed[Episode]:
    """The one due first stands first, so whatever is overdue comes before all others."""
    spoken = ReturnInterview.objects.visible_to(reader).filter(
        Q(held_at__isnull=False) | Q(offer_outcome=ReturnInterview.OfferOutcome.DECLINED),
        current=True,
        episode_ids__contains=[OuterRef("episode_id")],
    )
    due = list(
        _reports(reader)
        .filter(episode_id__isnull=False)
        .filter(
            Q(interview_due_at__gt=now - AWAITING_FOR)
            | Q(interview_due_at__isnull=True, interview_due_on__gt=(now - AWAITING_FOR).date())
        )
        .filter(~Exists(spoken))
        .values("episode_id")
        .annotate(first=Min(Coalesce("interview_due_at", Cast("interview_due_on", DateTimeField()))))
        .order_by("first", "episode_id")
        .values_list("episode_id", flat=True)[: MOST_COUNTED + 1]
    )
    episodes = episodes_by_id(due[:MOST_ROWS], reader)
    return Listed(episodes, len(due))


def first_looks(reader: Staff) -> Listed[LookToDo]:
    """Immediate danger first, then the nearest clock, then whoever has waited longest."""
    waiting = list(
        Cause.objects.visible_to(reader)
        .filter(waiting=True, current=True)
        .values("look_id", "person_id")
        .annotate(danger=BoolOr("immediate_danger"), clock=Min("nearest_clock_at"), since=Min("at"))
        .order_by("-danger", F("clock").asc(nulls_last=True), "since", "look_id")[: MOST_COUNTED + 1]
    )
    shown = waiting[:MOST_ROWS]
    kinds: dict[UUID, dict[str, None]] = defaultdict(dict)
    causes = Cause.objects.visible_to(reader).filter(
        look_id__in=[row["look_id"] for row in shown], current=True
    )
    by_day = set()
    for cause in causes.order_by("at", "id"):
        kinds[cause.look_id][cause.get_kind_display()] = None
        if cause.clock_is_a_day:
            by_day.add((cause.look_id, cause.nearest_clock_at))
    holders = dict(
        FirstLook.objects.visible_to(reader)
        .filter(pk__in=[row["look_id"] for row in shown])
        .values_list("pk", "holder__name")
    )
    return Listed(
        [
            LookToDo(
                row["look_id"],
                row["person_id"],
                row["danger"],
                row["clock"].date() if (row["look_id"], row["clock"]) in by_day else row["clock"],
                row["since"],
                tuple(kinds[row["look_id"]]),
                holders.get(row["look_id"]) or "",
            )
            for row in shown
        ],
        len(waiting),
    )


def episodes_of(person_id: UUID, reader: Staff) -> list[Episode]:
    """Latest first."""
    reports = list(_reports(reader).filter(person_id=person_id, episode_id__isnull=False))
    order = sorted(reports, key=lambda report: report.starts_at, reverse=True)
    return _episodes(list(dict.fromkeys(report.episode_id for report in order)), reports, reader)


def episodes_by_id(episode_ids: Collection[UUID], reader: Staff) -> list[Episode]:
    """In the order asked for."""
    return _episodes(list(episode_ids), _reports(reader).filter(episode_id__in=list(episode_ids)), reader)


def _reports(reader: Staff):
    return (
        MissingReport.objects.visible_to(reader).filter(current=True).select_related("compartment__owner")
    )


def _episodes(
    episode_ids: Sequence[UUID], reports: Iterable[MissingReport], reader: Staff
) -> list[Episode]:
    told: dict[UUID, list[MissingReport]] = defaultdict(list)
    for report in reports:
        told[report.episode_id].append(report)
    interviews: dict[UUID, list[ReturnInterview]] = defaultdict(list)
    if episode_ids:
        for interview in (
            ReturnInterview.objects.visible_to(reader)
            .filter(current=True, episode_ids__overlap=list(episode_ids))
            .select_related("compartment__owner")
        ):
            for episode_id in interview.episode_ids:
                interviews[episode_id].append(interview)
    return [
        _episode(episode_id, told[episode_id], interviews[episode_id])
        for episode_id in episode_ids
        if told[episode_id]
    ]


def _episode(
    episode_id: UUID, reports: Sequence[MissingReport], interviews: Sequence[ReturnInterview]
) -> Episode:
    graded = [report for report in reports if report.grade]
    due_at = [report.interview_due_at for report in reports if report.interview_due_at]
    due_on = [report.interview_due_on for report in reports if report.interview_due_on]
    return Episode(
        id=episode_id,
        person_id=reports[0].person_id,
        account=account_of(
            [
                SourceReport(
                    str(report.pk),
                    report.compartment.owner.name,
                    missing_since=report.last_seen_at or report.started_on,
                    reported=report.reported_at,
                    located=report.located_at,
                    returned=report.returned_at or report.returned_on,
                )
                for report in reports
            ]
        ),
        told_by=tuple(dict.fromkeys(report.compartment.owner.name for report in reports)),
        grade=max(graded, key=lambda r: r.graded_at or r.starts_at).grade if graded else "",
        cancelled=any(report.outcome == Outcome.CANCELLED for report in reports),
        interview_due=min(due_at) if due_at else min(due_on) if due_on else None,
        interview=_interview_words(interviews),
        interviews_held=tuple((i.held_at, i.compartment.owner.name) for i in interviews if i.held_at),
    )


def _interview_words(interviews: Sequence[ReturnInterview]) -> str:
    if any(one.held_at for one in interviews):
        return "held"
    outcomes = [one.offer_outcome for one in interviews if one.offer_outcome]
    if outcomes:
        return f"offered: {ReturnInterview.OfferOutcome(outcomes[-1]).label.lower()}"
    return "offered" if any(one.offered_at for one in interviews) else ""
