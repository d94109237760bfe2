"""Missing episodes as one reader is told of them: made of the reports this reader may see, and of nothing else.

Whoever sees one telling of three gets an episode of that one, under that report's own id.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.core.paginator import Page
from django.db.models import (
    BooleanField,
    Case,
    DateTimeField,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    FloatField,
    Func,
    IntegerField,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    When,
)
from django.db.models.functions import Cast, Coalesce

from engage.methods.moments import london_date
from engage.methods.repeats import EpisodeTimes, TriggerMet, triggers_met
from engage.practice.access.written_once import DAY, MOMENT, ONE_UUID, UUIDS, written_once
from engage.practice.agencies.models import Staff
from engage.practice.people.lists import read_so_far
from engage.practice.people.models import Fact
from engage.reference import repeat_triggers

from .episodes import EpisodeShown, InterviewShown, shown
from .models import MissingReport, ReportPlaces, ReturnInterview
from .placing import place as placed_of

Outcome = MissingReport.Outcome

PER_PAGE = 50
NEAR = timedelta(days=1)
A_PERSON_MUST_SAY = "A person must say to which time missing this report belongs."
# What was said in a return interview, in the order a reader wants it. Each in its own compartment.
INTERVIEW_FACTS = {
    "summary_for_team": "Summary for the team",
    "push_factors": "What pushed the child away",
    "pull_factors": "What drew the child",
    "interview_actions": "What is to be done",
    "child_words": "The child's own words",
    "wishes": "What the child wants",
    "carer_view": "What parents or carers said",
}


def episode(report_id: UUID, reader: Staff) -> EpisodeShown:
    """The episode that this report, which the reader may see, belongs to.

    Raises MissingReport.DoesNotExist for any other id, that of an episode whose first report is hidden too.
    """
    asked = _visible(reader).select_related("compartment__owner").get(pk=report_id)
    reports = [asked]
    if asked.episode_id:
        reports = list(
            _visible(reader)
            .filter(episode_id=asked.episode_id)
            .select_related("compartment__owner", "recorded_by")
        )
    (found,) = _with_all(reports, asked.person_id, reader)
    if found.is_held:
        return replace(found, why_held=reasons_held(found.reports, reader)[found.id])
    return found


def episodes_of(person_id: UUID, reader: Staff) -> list[EpisodeShown]:
    """Latest first, held reports among them as episodes of their own."""
    found = _with_all(_reports_of(reader, person_id=person_id), person_id, reader)
    return sorted(found, key=lambda one: (one.starts_at, str(one.id)), reverse=True)


@written_once(person_id=ONE_UUID)
def _reports_of(reader: Staff, person_id: UUID) -> QuerySet[MissingReport]:
    reports = _visible(reader).filter(person_id=person_id)
    return reports.select_related("compartment__owner", "recorded_by")


def other_episodes_back_from(episode: EpisodeShown, reader: Staff) -> list[EpisodeShown]:
    """Of the same child, which one interview may cover as well; latest first."""
    if episode.person_id is None:
        return []
    return [
        one
        for one in episodes_of(episode.person_id, reader)
        if one.key != episode.key and one.is_back and one.counted and not one.is_held
    ]


def missing_now(
    reader: Staff, now: datetime, *, page: int | str | None = 1, per_page: int = PER_PAGE
) -> Page:
    """Episodes of which no visible report says that the child is back: graded high first, then longest missing.

    A held report that says a child is missing is among them, as one of its own.
    """
    return _paged(lambda most: _missing_first(reader, most=most), page, per_page, reader)


@written_once()
def _missing_first(reader: Staff, most: int) -> QuerySet:
    """No person with them: most are read for the count alone, and nobody is shown them."""
    graded = (
        _visible(reader)
        .filter(episode_id=OuterRef("episode_id"), graded_at__isnull=False)
        .order_by("-graded_at", Case(When(told_by=MissingReport.Told.DESK, then=0), default=1), "-id")
    )
    keys = (
        _open_reports(reader)
        .annotate(
            key=Coalesce("episode_id", "id"),
            last_grade=Coalesce(Subquery(graded.values("grade")[:1]), "grade"),
        )
        .values("key", "person_id")
        .annotate(
            since=Min("starts_at"),
            danger=Min(Case(When(last_grade="high", then=0), default=1, output_field=IntegerField())),
        )
        .order_by("danger", "since", "key")
    )
    return keys.values_list("key", flat=True)[:most]


def awaiting_interview(
    reader: Staff,
    now: datetime,
    *,
    due_since: datetime | None = None,
    page: int | str | None = 1,
    per_page: int = PER_PAGE,
) -> Page:
    """Returned, and no visible interview held or declined: nearest to the end of the 72 hours first, on either
    side of it, so that one just overdue does not vanish behind those long overdue.

    `due_since` leaves out what was due before it; None leaves out nothing."""
    return _paged(lambda most: _nearest(reader, now, due_since, most), page, per_page, reader)


def _nearest(reader: Staff, now: datetime, due_since: datetime | None, most: int) -> list[UUID]:
    """The first `most` episodes by how near the end of their 72 hours is.

    Those of a day before and after now are asked first: where they are enough, nothing further off is weighed.
    """
    first, last = now - NEAR, now + NEAR
    asked = {
        "now": now,
        "since": due_since,
        "since_day": due_since and london_date(due_since),
        "first": first,
        "last": last,
        "first_day": first.astimezone(UTC).date(),
        "last_day": last.astimezone(UTC).date(),
        "due_later": bool(due_since),
        "most": most,
    }
    found = _nearest_first(reader, near=True, **asked)
    return found if len(found) == most else _nearest_first(reader, near=False, **asked)


@written_once(now=MOMENT, since=MOMENT, since_day=DAY, first=MOMENT, last=MOMENT, first_day=DAY, last_day=DAY)
def _nearest_first(
    reader: Staff,
    now: datetime,
    since: datetime,
    since_day: date,
    first: datetime,
    last: datetime,
    first_day: date,
    last_day: date,
    *,
    due_later: bool,
    near: bool,
    most: int,
) -> QuerySet:
    """`due_later`: only what was due `since` then. `near`: only what is due between the first and the last moment."""
    due = Coalesce("interview_due_at", Cast("interview_due_on", DateTimeField()))
    reports = _awaiting_reports(reader).annotate(key=F("episode_id"), due=due)
    if due_later:
        reports = reports.filter(Q(interview_due_at__gte=since) | Q(interview_due_on__gte=since_day))
    if near:
        reports = reports.filter(
            Q(interview_due_at__range=[first, last])
            | Q(
                interview_due_at__isnull=True,
                interview_due_on__range=[first_day, last_day],
                due__range=[first, last],
            )
        )
    away = ExpressionWrapper(F("due") - now, output_field=DurationField())
    nearest = Func(away, template="abs(extract(epoch from (%(expressions)s)))", output_field=FloatField())
    return (
        reports.values("key", "person_id")
        .annotate(nearest=Min(nearest))
        .order_by(F("nearest").asc(nulls_last=True), "key")
        .values_list("key", flat=True)[:most]
    )


def repeat_triggers_met(
    person_ids: Collection[UUID], reader: Staff, now: datetime
) -> dict[UUID, list[TriggerMet]]:
    """Which repeat triggers each person meets, going by the episodes this reader sees. One query."""
    by_person: dict[UUID, list[MissingReport]] = defaultdict(list)
    rows = _visible(reader).filter(person_id__in=list(person_ids)).select_related("compartment__owner")
    for report in rows:
        assert report.person_id is not None, "found by its person"
        by_person[report.person_id].append(report)
    return {
        person_id: triggers_met(
            [times for one in shown(by_person[person_id]) if (times := _times(one))],
            now,
            repeat_triggers(settings.REPEAT_TRIGGERS),
        )
        for person_id in person_ids
    }


def held_reports(reader: Staff) -> QuerySet[MissingReport]:
    """Reports of which a person must say to which time missing they belong, oldest first."""
    return (
        _visible(reader)
        .exclude(held_reason="")
        .exclude(told_by=MissingReport.Told.DESK)
        .select_related("compartment__owner")
        .order_by("starts_at", "id")
    )


def settled_interviews(reader: Staff) -> QuerySet:
    """Of a report, in whose query this stands: interviews held, or declined with no later offer, on its episode."""
    held = Q(held_at__isnull=False) | Q(held_on__isnull=False)
    current = ReturnInterview.objects.visible_to(reader).filter(current=True)
    start_of_day = Func(
        "offered_on",
        template="(%(expressions)s::timestamp AT TIME ZONE 'Europe/London')",
        output_field=DateTimeField(),
    )
    offered = Coalesce("offered_at", start_of_day, "recorded_at")
    later = (
        current.annotate(offered=offered)
        .exclude(held)
        .filter(_covers(OuterRef(OuterRef("episode_id"))), person_id=OuterRef("person_id"))
        .filter(
            Q(offered__gt=OuterRef("offered"))
            | Q(offered=OuterRef("offered"), recorded_at__gt=OuterRef("recorded_at"))
        )
        .exclude(offer_outcome=ReturnInterview.OfferOutcome.DECLINED)
    )
    return (
        current.annotate(offered=offered)
        .filter(_covers(OuterRef("episode_id")), person_id=OuterRef("person_id"))
        .filter(held | Q(offer_outcome=ReturnInterview.OfferOutcome.DECLINED) & ~Exists(later))
    )


def _covers(episode_id: OuterRef) -> Func:
    return Func(
        episode_id,
        F("episode_ids"),
        template="(%(expressions)s))",
        arg_joiner=" = ANY(",
        output_field=BooleanField(),
    )


def desk_entry(episode: EpisodeShown, entry_id: UUID, reader: Staff) -> MissingReport | ReturnInterview:
    """What somebody recorded at a desk on this episode, taken back or not.

    Raises MissingReport.DoesNotExist for what is not there, is hidden, or belongs to another child.
    """
    for model in (MissingReport, ReturnInterview):
        rows = model.objects.visible_to(reader).filter(recorded_by__isnull=False, person_id=episode.person_id)
        if row := rows.select_related("compartment").filter(pk=entry_id).first():
            return row
    raise MissingReport.DoesNotExist


def taken_back(episode: EpisodeShown, reader: Staff) -> list[MissingReport | ReturnInterview]:
    """What was recorded at a desk on this episode and taken back, as far as the reader may see it; latest first."""
    anchors = [str(report.pk) for report in episode.reports]
    reports = MissingReport.objects.visible_to(reader).filter(
        taken_back_at__isnull=False, pinned_to__in=anchors
    )
    interviews = ReturnInterview.objects.visible_to(reader).filter(
        taken_back_at__isnull=False, report_refs__overlap=anchors
    )
    with_names = ("compartment__owner", "recorded_by", "taken_back_by")
    rows = [*reports.select_related(*with_names), *interviews.select_related(*with_names)]
    return sorted(rows, key=lambda row: (row.taken_back_at, str(row.pk)), reverse=True)


def reasons_held(reports: Iterable[MissingReport], reader: Staff) -> dict[UUID, str]:
    """Why each held report is held, as far as that follows from what this reader sees.

    The reason that stands was worked out from all reports: "it fits two episodes" tells of both.
    """
    held = [report for report in reports if report.held_reason]
    visible: dict[UUID, list[MissingReport]] = defaultdict(list)
    for row in (
        _visible(reader)
        .filter(person_id__in={report.person_id for report in held})
        .select_related("compartment__owner")
    ):
        assert row.person_id is not None, "found by its person"
        visible[row.person_id].append(row)
    placed = {id: place for told in visible.values() for id, place in placed_of(told).items()}
    return {
        report.pk: report.held_reason
        if report.pk in placed and placed[report.pk].held_reason == report.held_reason
        else A_PERSON_MUST_SAY
        for report in held
    }


def open_business(reader: Staff) -> QuerySet:
    """Persons missing now or awaiting an interview, of whom a pair of records is worth deciding."""
    return (_open_reports(reader) | _awaiting_reports(reader)).values("person_id")


def missing_since(person_ids: Collection[UUID], reader: Staff) -> dict[UUID, datetime]:
    """Of these persons those missing now, as far as the reader may see, and since when."""
    return {person_id: since for person_id, since in _open_since(reader, person_ids=person_ids) if person_id}


@written_once(person_ids=UUIDS)
def _open_since(reader: Staff, person_ids: Collection[UUID]) -> QuerySet:
    rows = _open_reports(reader).filter(person_id__among=person_ids)
    return rows.order_by("-starts_at", "id").values_list("person_id", "starts_at")


def interviews_awaited(person_ids: Collection[UUID], reader: Staff) -> dict[UUID, datetime | date | None]:
    """Of these persons those who wait for a return interview, and by when the latest of them is due."""
    rows = _awaited_by(reader, person_ids=person_ids)
    return {person_id: at or on for person_id, at, on in rows if person_id}


@written_once(person_ids=UUIDS)
def _awaited_by(reader: Staff, person_ids: Collection[UUID]) -> QuerySet:
    rows = _awaiting_reports(reader).filter(person_id__among=person_ids).order_by("starts_at", "id")
    return rows.values_list("person_id", "interview_due_at", "interview_due_on")


def _visible(reader: Staff) -> QuerySet[MissingReport]:
    return MissingReport.objects.visible_to(reader).filter(current=True)


def _open_reports(reader: Staff) -> QuerySet[MissingReport]:
    back = _visible(reader).filter(outcome=Outcome.RETURNED, episode_id=OuterRef("episode_id"))
    return (
        _visible(reader)
        .filter(~Exists(back), ended=False)
        .exclude(told_by=MissingReport.Told.DESK, episode_id__isnull=True)
    )


def _awaiting_reports(reader: Staff) -> QuerySet[MissingReport]:
    return _visible(reader).filter(
        ~Exists(settled_interviews(reader)), outcome=Outcome.RETURNED, episode_id__isnull=False
    )


def _paged(keys: Callable[[int], list[UUID]], number: int | str | None, per_page: int, reader: Staff) -> Page:
    """One page of episodes, in the order of the keys; what happens on other pages is not read."""
    page = read_so_far(keys, number, per_page)
    order = {key: place for place, key in enumerate(page.object_list)}
    reports = _reports_in(reader, keys=list(order))
    interviews = _interviews(reader, [report.person_id for report in reports], covering=list(order))
    found = shown(reports, interviews)
    page.object_list = sorted(found, key=lambda one: order[one.key])
    return page


@written_once(keys=UUIDS)
def _reports_in(reader: Staff, keys: Sequence[UUID]) -> QuerySet[MissingReport]:
    """The keys are of episodes, or of reports that belong to none yet."""
    told = _visible(reader).filter(Q(episode_id__among=keys) | Q(pk__among=keys, episode_id__isnull=True))
    return told.select_related("compartment__owner")


def _with_all(reports: Sequence[MissingReport], person_id: UUID | None, reader: Staff) -> list[EpisodeShown]:
    """With places, and with interviews and what was said in them, as far as visible."""
    places = {
        row.report_id: row
        for row in ReportPlaces.objects.visible_to(reader).filter(
            report__in=[report.pk for report in reports], current=True
        )
    }
    interviews = _interviews(reader, [person_id])
    facts: dict[tuple, list[Fact]] = defaultdict(list)
    if interviews:
        rows = Fact.objects.visible_to(reader).filter(
            person_id=person_id, current=True, kind__in=list(INTERVIEW_FACTS)
        )
        for fact in rows:
            # A fact of a file shares the interview's source row, one from a desk its record and moment.
            facts[(fact.source_id,) if fact.source_id else (fact.record_id, fact.true_at)].append(fact)
    sees: set[UUID | None] = set()
    if any(len(row.interview.episode_ids) > 1 for row in interviews):
        sees = set(_visible(reader).filter(person_id=person_id).values_list("episode_id", flat=True))
    told = [
        InterviewShown(
            row.interview,
            _facts_of(row.interview, facts),
            covers=len(sees.intersection(row.interview.episode_ids)) or 1,
        )
        for row in interviews
    ]
    return shown(reports, told, places)


def _facts_of(interview: ReturnInterview, facts: dict[tuple, list[Fact]]) -> tuple[tuple[str, str], ...]:
    key = (interview.source_id,) if interview.source_id else (interview.record_id, interview.held_at)
    order = list(INTERVIEW_FACTS)
    said = sorted(facts.get(key, ()), key=lambda fact: order.index(fact.kind))
    return tuple((INTERVIEW_FACTS[fact.kind], fact.text or ", ".join(fact.codes)) for fact in said)


def _interviews(
    reader: Staff, person_ids: Iterable[UUID | None], *, covering: Sequence[UUID] = ()
) -> list[InterviewShown]:
    """Of these persons, in the order they were recorded; of these episodes alone, where any are named."""
    wanted = {person_id for person_id in person_ids if person_id}
    rows = _interviews_with(reader, wanted=wanted, covering=covering, all_of_them=not covering)
    return [InterviewShown(row) for row in rows]


@written_once(wanted=UUIDS, covering=UUIDS)
def _interviews_with(
    reader: Staff, wanted: Collection[UUID], covering: Sequence[UUID], *, all_of_them: bool
) -> QuerySet[ReturnInterview]:
    rows = ReturnInterview.objects.visible_to(reader).filter(current=True, person_id__among=wanted)
    if not all_of_them:
        rows = rows.filter(episode_ids__overlap=covering)
    return rows.select_related("compartment__owner", "recorded_by").order_by("recorded_at", "id")


def _times(one: EpisodeShown) -> EpisodeTimes | None:
    if not one.counted:
        return None
    start = one.account.missing_since or one.account.reported or one.account.returned or one.account.located
    if start is None:
        return None
    # Back, but nobody said when: then it lasted for no certain time.
    end = one.account.returned or (start if one.is_back else None)
    return EpisodeTimes(
        id=str(one.id),
        starts_at=start if isinstance(start, datetime) else None,
        starts_on=None if isinstance(start, datetime) else start,
        ends_at=end if isinstance(end, datetime) else None,
        ends_on=None if isinstance(end, datetime) else end,
    )


__all__: Iterable[str] = [
    "EpisodeShown",
    "awaiting_interview",
    "desk_entry",
    "episode",
    "episodes_of",
    "held_reports",
    "missing_now",
    "open_business",
    "other_episodes_back_from",
    "reasons_held",
    "repeat_triggers_met",
    "settled_interviews",
    "taken_back",
]
