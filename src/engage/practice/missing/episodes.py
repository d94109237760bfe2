"""What one reader is shown of an episode, worked out from the rows that reader may see."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from engage.methods.accounts import Account, SourceReport, account_of
from engage.methods.deadlines import interview_in_time, return_interview_due, return_interview_due_on
from engage.methods.moments import london_date, start_of_day
from engage.methods.spans import day_of
from engage.practice.access.models import Label

from .models import MissingReport, ReportPlaces, ReturnInterview

Outcome = MissingReport.Outcome


@dataclass(frozen=True)
class InterviewShown:
    interview: ReturnInterview
    said: tuple[tuple[str, str], ...] = ()  # (what it is, text), as far as visible
    covers: int = 1  # episodes, of those that the reader sees

    @property
    def source(self) -> str:
        return _source(self.interview, self.interview.recorded_by_id)

    @property
    def state(self) -> str:
        if self.interview.held:
            return "held"
        return self.interview.offer_outcome or "offered"

    @property
    def spoken_at(self) -> datetime:
        """When the offer was made, for telling which came last: of a day, its beginning."""
        day = self.interview.offered_on
        return self.interview.offered_at or (start_of_day(day) if day else self.interview.recorded_at)


@dataclass(frozen=True)
class Telling:
    """One source's own account of the episode."""

    report: MissingReport
    places: ReportPlaces | None

    @property
    def source(self) -> str:
        return _source(self.report, self.report.told_by == MissingReport.Told.DESK)


@dataclass(frozen=True)
class EpisodeShown:
    """`id` is that of the earliest report this reader sees; `key` only groups rows and is never shown."""

    id: UUID
    key: UUID
    person_id: UUID | None
    record_id: UUID
    tellings: tuple[Telling, ...]
    account: Account
    interviews: tuple[InterviewShown, ...]
    why_held: str = ""

    @property
    def reports(self) -> list[MissingReport]:
        return [telling.report for telling in self.tellings]

    @property
    def starts_at(self) -> datetime:
        return self.reports[0].starts_at

    @property
    def label(self) -> str:
        """With which label a desk writes on it: what is recorded of a restricted report is restricted too."""
        labels = {report.compartment.label for report in self.reports}
        return next((label for label in (Label.SEALED, Label.RESTRICTED) if label in labels), Label.FULL)

    @property
    def is_held(self) -> bool:
        return bool(self.reports[0].held_reason)

    @property
    def counted(self) -> bool:
        """Not for one that was not missing, nor for what only repeats another report."""
        return any(report.outcome in (Outcome.OPEN, Outcome.RETURNED) for report in self.reports)

    @property
    def is_back(self) -> bool:
        return any(report.outcome == Outcome.RETURNED for report in self.reports)

    @property
    def is_cancelled(self) -> bool:
        return not self.counted

    @property
    def state(self) -> str:
        """missing, located, returned or not_missing. Interviews are facts of their own beside it."""
        if self.is_cancelled:
            return "not_missing"
        if self.is_back:
            return "returned"
        return "located" if self.account.located else "missing"

    @property
    def missing_since(self) -> datetime | date | None:
        """When last seen, else when it was reported."""
        return self.account.missing_since or self.account.reported

    @property
    def since_moment(self) -> datetime | None:
        """For hours so far: none where the source gave a day."""
        return self.missing_since if isinstance(self.missing_since, datetime) else None

    @property
    def graded_last(self) -> MissingReport | None:
        graded = [report for report in self.reports if report.graded_at]
        return max(graded, key=_grading) if graded else None

    @property
    def grade(self) -> str:
        return self.graded_last.grade if self.graded_last else ""

    @property
    def prevention_interview(self) -> datetime | date | None:
        """The first; of one day, a known moment rather than the day."""
        held = [
            point
            for report in self.reports
            if (point := report.prevention_interview_at or report.prevention_interview_on)
        ]
        return min(
            held, key=lambda point: (day_of(point), not isinstance(point, datetime), str(point)), default=None
        )

    @property
    def interview_due_at(self) -> datetime | None:
        back = self.account.returned
        return return_interview_due(back) if isinstance(back, datetime) and self.counted else None

    @property
    def interview_due_on(self) -> date | None:
        """Where only the day of the return is known: a day, never an invented hour."""
        back = self.account.returned
        if back is None or isinstance(back, datetime) or not self.counted:
            return None
        return return_interview_due_on(back)

    def overdue(self, now: datetime) -> bool:
        if self.interview_settled:
            return False
        if self.interview_due_at:
            return now > self.interview_due_at
        return bool(self.interview_due_on and london_date(now) > self.interview_due_on)

    @property
    def held_interview(self) -> InterviewShown | None:
        return next((one for one in self.interviews if one.interview.held), None)

    @property
    def offered_last(self) -> InterviewShown | None:
        offers = [one for one in self.interviews if not one.interview.held]
        return max(offers, key=lambda one: (one.spoken_at, one.interview.recorded_at)) if offers else None

    @property
    def declined_interview(self) -> InterviewShown | None:
        """None once a later offer was made: a child who declined can still ask for an interview."""
        last = self.offered_last
        return last if last and last.state == "declined" else None

    @property
    def interview_settled(self) -> bool:
        return bool(self.held_interview or self.declined_interview)

    @property
    def held_in_time(self) -> bool | None:
        """None where nobody can tell: no interview held, or a day of which the hours decide."""
        held = self.held_interview.interview.held if self.held_interview else None
        back = self.account.returned
        return interview_in_time(back, held) if back and held and self.counted else None


def shown(
    reports: Sequence[MissingReport],
    interviews: Sequence[InterviewShown] = (),
    places: Mapping[UUID, ReportPlaces] | None = None,
) -> list[EpisodeShown]:
    """Group these reports, all of them visible to the reader, into the episodes they make."""
    by_key: dict[UUID, list[MissingReport]] = defaultdict(list)
    for report in reports:
        by_key[report.episode_id or report.pk].append(report)
    return [_episode(key, sorted(told, key=_order), interviews, places or {}) for key, told in by_key.items()]


def _episode(
    key: UUID,
    reports: Sequence[MissingReport],
    interviews: Sequence[InterviewShown],
    places: Mapping[UUID, ReportPlaces],
) -> EpisodeShown:
    tellings = tuple(Telling(report, places.get(report.pk)) for report in reports)
    speaking = [t for t in tellings if t.report.outcome in (Outcome.OPEN, Outcome.RETURNED)] or tellings
    return EpisodeShown(
        id=reports[0].pk,
        key=key,
        person_id=reports[0].person_id,
        record_id=reports[0].record_id,
        tellings=tellings,
        account=account_of([_told(telling) for telling in speaking]),
        interviews=tuple(one for one in interviews if key in one.interview.episode_ids),
    )


def _told(telling: Telling) -> SourceReport:
    report = telling.report
    return SourceReport(
        id=str(report.pk),
        owner=telling.source,
        missing_since=report.last_seen_at or report.started_on,
        reported=report.reported_at,
        located=report.located_at or report.located_on,
        returned=report.returned_at or report.returned_on,
    )


def _grading(report: MissingReport) -> tuple:
    """Of two grades given in one moment the desk's is the later word, as in `queries.missing_now`."""
    return report.graded_at, report.told_by == MissingReport.Told.DESK, str(report.pk)


def _order(report: MissingReport) -> tuple[bool, datetime, str]:
    """What was recorded at a desk about a report comes after the report."""
    return report.told_by == MissingReport.Told.DESK, report.starts_at, str(report.pk)


def _source(row: MissingReport | ReturnInterview, at_a_desk: object) -> str:
    owner = row.compartment.owner.name
    return f"{owner} (recorded in Engage)" if at_a_desk else owner
