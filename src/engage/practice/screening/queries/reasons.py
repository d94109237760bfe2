"""Why agencies worry about a child: each reason with its row, its date and who says so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet

from engage.methods.repeats import EpisodeTimes, triggers_met
from engage.practice.access.gate import acting
from engage.practice.access.models import Label
from engage.practice.access.written_once import ONE_UUID, written_once
from engage.practice.agencies.models import Staff
from engage.practice.front_door.models import Call, Referral
from engage.practice.missing.models import MissingReport, ReturnInterview
from engage.practice.people.models import Fact
from engage.reference import indicators, repeat_triggers

from ..models import KNOWN_OF_AS_A_SUMMARY, Cause, ExploitationJudgement

A_HEALTH_SERVICE = "a health service"
WORRYING = {
    "indicator": "sign",
    "cse_flag": "flag",
    "cce_flag": "flag",
    "grade_reason": "grade",
    "people_of_concern": "person of concern",
    "health_safety_summary": "health",
    "health_concern": "health",
    "summary_for_team": "interview",
}
FLAGS = {
    "cse_flag": "The police flag sexual exploitation.",
    "cce_flag": "The police flag criminal exploitation.",
}
TOLD_ONCE_TAKEN = "A {} {}. What your role may read of it is shown once you have taken the first look."
NOT_FOR_THIS_ROLE = (
    "An agency told of a worry that your role does not read. Ask the team manager for somebody whose role reads it to"
    " look."
)


@dataclass(frozen=True, slots=True)
class Reason:
    kind: str
    sentence: str
    when: datetime | date | None
    source: str
    row_id: UUID
    is_new_since_judgement: bool

    @property
    def has_hour(self) -> bool:
        return isinstance(self.when, datetime)


@dataclass(frozen=True, slots=True)
class JudgementShown:
    """The whole of it where the reader may see that, else level and date alone."""

    level: str
    at: datetime
    by: Staff
    full: ExploitationJudgement | None


def judgements_of(person_id: UUID, reader: Staff) -> list[JudgementShown]:
    """Newest first."""
    shown: dict[tuple[UUID, datetime], JudgementShown] = {}
    for row in _judgements(reader, person_id=person_id):
        full = None if row.is_summary else row
        shown.setdefault((row.by_id, row.at), JudgementShown(row.get_level_display(), row.at, row.by, full))
    return list(shown.values())


@written_once(person_id=ONE_UUID)
def _judgements(reader: Staff, person_id: UUID) -> QuerySet[ExploitationJudgement]:
    rows = ExploitationJudgement.objects.visible_to(reader).filter(person_id=person_id, current=True)
    return rows.select_related("by__agency").order_by("-at", "is_summary", "id")


def reasons_for(person_id: UUID, reader: Staff, now: datetime) -> list[Reason]:
    """Newest first; those without a date last."""
    last = judgements_of(person_id, reader)[:1]
    judged_at = last[0].at if last else None
    referrals = _rows(reader, model=Referral, person_id=person_id)
    found = [
        *_missing(person_id, reader, now),
        *_facts(person_id, reader, sources=[one.source_id for one in referrals]),
        *_referrals(referrals),
        *_interviews(person_id, reader),
        *_calls(person_id, reader),
    ]
    found += _untold(person_id, reader, {row_id for *_, row_id, _ in found}, judged_at)
    reasons = [
        Reason(kind, sentence, when, source, row_id, judged_at is not None and told_at > judged_at)
        for kind, sentence, when, source, row_id, told_at in found
    ]
    return sorted(reasons, key=_newest_first)


def _newest_first(reason: Reason) -> tuple:
    when = reason.when
    if when is None:
        return (1, 0, 0.0, str(reason.row_id))
    day = when.date() if isinstance(when, datetime) else when
    return (0, -day.toordinal(), -when.timestamp() if isinstance(when, datetime) else 0.0, str(reason.row_id))


Told = tuple[str, str, datetime | date | None, str, UUID, datetime]


@written_once(person_id=ONE_UUID)
def _rows(reader: Staff, model: Any, person_id: UUID) -> QuerySet:
    rows = model.objects.visible_to(reader).filter(person_id=person_id, current=True)
    if model is MissingReport:
        told_anew = [MissingReport.Outcome.CANCELLED, MissingReport.Outcome.DUPLICATE]
        rows = rows.exclude(outcome__in=told_anew).order_by("starts_at", "id")
    elif model is Fact:
        rows = rows.filter(kind__in=list(WORRYING))
    elif model is Cause:
        rows = rows.filter(kind__in=KNOWN_OF_AS_A_SUMMARY)
    elif model is Call:
        rows = rows.filter(immediate_danger=True)
    return rows.select_related("compartment__owner")


def _source(row) -> str:
    # Whoever reads the safety advice must not learn which kind of service gave it.
    return A_HEALTH_SERVICE if row.compartment.category == "C26" else row.compartment.owner.name


def _missing(person_id: UUID, reader: Staff, now: datetime) -> Iterator[Told]:
    reports = _rows(reader, model=MissingReport, person_id=person_id)
    episodes: dict[UUID, list[MissingReport]] = defaultdict(list)
    for report in reports:
        graded = f", graded {report.grade.replace('_', ' ')}" if report.grade else ""
        back = "back since" if report.ended else "not known to be back"
        when = report.reported_at or report.last_seen_at or report.started_on or report.returned_on
        yield (
            "episode",
            f"Reported missing{graded}; {back}.",
            when,
            _source(report),
            report.pk,
            report.recorded_at,
        )
        if report.episode_id:
            episodes[report.episode_id].append(report)
    triggers = repeat_triggers(settings.REPEAT_TRIGGERS)
    for met in triggers_met(_times(episodes), now, triggers):
        label = next(trigger.label for trigger in triggers if trigger.code == met.code)
        evidence = [report for id in met.episode_ids for report in episodes[UUID(id)]]
        sources = ", ".join(sorted({_source(report) for report in evidence}))
        latest = max(evidence, key=lambda report: report.starts_at)
        yield (
            "repeat",
            f"{label}.",
            latest.starts_at,
            f"counted from {sources}",
            latest.pk,
            latest.recorded_at,
        )


def _times(episodes: dict[UUID, list[MissingReport]]) -> list[EpisodeTimes]:
    times = []
    for episode_id, told in episodes.items():
        first = next((r for r in told if r.last_seen_at or r.reported_at), None)
        day = next((r.started_on or r.returned_on for r in told if r.started_on or r.returned_on), None)
        if first is None and day is None:
            continue
        ends_at = max((r.returned_at for r in told if r.returned_at), default=None)
        ends_on = max((r.returned_on for r in told if r.returned_on), default=None)
        times.append(
            EpisodeTimes(
                str(episode_id),
                starts_at=(first.last_seen_at or first.reported_at) if first else None,
                starts_on=None if first else day,
                ends_at=ends_at,
                ends_on=None if ends_at else ends_on,
            )
        )
    return times


def _facts(person_id: UUID, reader: Staff, *, sources: list[UUID | None]) -> Iterator[Told]:
    """`sources` of the referrals shown: a referral names its signs itself."""
    known = indicators()
    for fact in _rows(reader, model=Fact, person_id=person_id):
        when, row = fact.true_at or fact.true_on, (_source(fact), fact.pk, fact.recorded_at)
        if fact.kind == "indicator" and fact.source_id and fact.source_id in sources:
            continue
        if fact.kind == "indicator":
            for code in fact.codes:
                yield "sign", f"{known[code].label if code in known else code}.", when, *row
        elif fact.kind in FLAGS:
            if fact.text == "yes":
                yield "flag", FLAGS[fact.kind], when, *row
        elif fact.kind == "health_concern":
            if fact.text == "yes":
                yield "health", "A health service is concerned about this child's safety.", when, *row
        elif fact.kind == "grade_reason":
            yield "grade", f"Reason for the police grade: {fact.text}", when, *row
        elif fact.kind == "people_of_concern":
            yield "person of concern", f"Person of concern named: {fact.text}", when, *row
        elif fact.text:
            yield WORRYING[fact.kind], fact.text, when, *row


def _referrals(referrals: list[Referral]) -> Iterator[Told]:
    known = indicators()
    for referral in referrals:
        signs = [known[code].label if code in known else code for code in referral.indicators]
        danger = "Referral about immediate danger" if referral.immediate_danger else "Referral"
        sentence = f"{danger}: {'; '.join(signs)}." if signs else f"{danger}."
        yield "referral", sentence, referral.referred_at, _source(referral), referral.pk, referral.recorded_at


def _untold(person_id: UUID, reader: Staff, told: set[UUID], judged_at: datetime | None) -> Iterator[Told]:
    """Before anybody works with the child, the area's team sees that something waits, or came since the judgement,
    and nothing of it."""
    works_with_the_child = person_id in acting().people
    for cause in _rows(reader, model=Cause, person_id=person_id):
        is_new = judged_at is not None and cause.recorded_at > judged_at
        if cause.row_id in told or not (cause.waiting or is_new):
            continue
        kind = "referral" if cause.kind == Cause.Kind.REFERRAL else "worry"
        state = "waits" if cause.waiting else "came since the judgement"
        sentence = NOT_FOR_THIS_ROLE if works_with_the_child else TOLD_ONCE_TAKEN.format(kind, state)
        yield kind, sentence, cause.at, "", cause.row_id, cause.recorded_at


def _interviews(person_id: UUID, reader: Staff) -> Iterator[Told]:
    for row in _rows(reader, model=ReturnInterview, person_id=person_id):
        if row.held:
            sentence, when = "Return home interview held.", row.held
        elif row.offer_outcome:
            sentence, when = (
                f"Return home interview offered: {row.get_offer_outcome_display().lower()}.",
                row.offered,
            )
        else:
            sentence, when = "Return home interview offered.", row.offered
        yield "interview", sentence, when, _source(row), row.pk, row.recorded_at


def _calls(person_id: UUID, reader: Staff) -> Iterator[Told]:
    for call in _rows(reader, model=Call, person_id=person_id):
        # The full row repeats its summary, except where a restricted call has none.
        if call.is_summary or call.compartment.label == Label.RESTRICTED:
            sentence = f"Call about immediate danger. {call.concern}".strip()
            yield "call", sentence, call.started_at, _source(call), call.pk, call.recorded_at
