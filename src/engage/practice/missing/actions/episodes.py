"""Which reports tell of one time missing, derived anew whenever a report or a grouping changes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection

from engage.methods.spans import Point, day_of
from engage.practice.access.gate import acting_as
from engage.practice.agencies.models import Staff

from ..models import MissingReport, ReturnInterview
from ..placing import outcomes, place

Outcome = MissingReport.Outcome

PERSONS_AT_ONCE = 5000


def clock() -> Staff:
    """Episodes are worked out from all reports, whoever may see them; so by the service that watches clocks."""
    return Staff.objects.select_related("agency", "team").get(code="service_clock")


def derive_episodes(person_ids: Collection[UUID], *, now: datetime) -> None:
    """Work out these persons' episodes from all current reports, and which of them each interview covers."""
    if not person_ids:
        return
    service = clock()
    with acting_as(service, now=now):
        everybody = sorted(person_ids)
        for start in range(0, len(everybody), PERSONS_AT_ONCE):
            _derive(everybody[start : start + PERSONS_AT_ONCE], service)


def _derive(person_ids: Sequence[UUID], service: Staff) -> None:
    by_person: dict[UUID, list[MissingReport]] = defaultdict(list)
    reports = (
        MissingReport.objects.visible_to(service)
        .filter(person_id__among=person_ids, current=True)
        .select_related("compartment")
    )
    for report in reports:
        by_person[report.person_id].append(report)
    moved = []
    for told in by_person.values():
        placed = place(told)
        for report, outcome in outcomes(told):
            now_standing = (*placed[report.pk], outcome)
            if (report.episode_id, report.held_reason, report.outcome) != now_standing:
                report.episode_id, report.held_reason, report.outcome = now_standing
                report.ended = outcome != Outcome.OPEN
                moved.append(report)
    _write_down(moved)

    interviews = ReturnInterview.objects.visible_to(service).filter(person_id__among=person_ids, current=True)
    changed = []
    for interview in interviews:
        covered = episodes_covered(interview, by_person[interview.person_id])
        if interview.episode_ids != covered:
            interview.episode_ids = covered
            changed.append(interview)
    ReturnInterview.objects.bulk_update(changed, ["episode_ids"], batch_size=500)


def episodes_covered(interview: ReturnInterview, reports: Iterable[MissingReport]) -> list[UUID]:
    """By the references the interviewer gave; without any, by the return it names or that came last before it."""
    placed = [r for r in reports if r.episode_id]
    named = set(interview.report_refs)
    if named:
        return sorted({r.episode_id for r in placed if r.reference in named or str(r.pk) in named})
    returns: list[tuple[Point, UUID]] = [
        (back, r.episode_id) for r in placed if (back := r.returned_at or r.returned_on) is not None
    ]
    if interview.returned:
        named_day = day_of(interview.returned)
        near = [(abs((day_of(back) - named_day).days), str(episode), episode) for back, episode in returns]
        near = [one for one in near if one[0] <= 1]
        return [min(near)[2]] if near else []
    spoken = interview.held or interview.offered
    if spoken is None:
        return []
    before = [
        (day_of(back), str(episode), episode) for back, episode in returns if day_of(back) <= day_of(spoken)
    ]
    return [max(before)[2]] if before else []


def _write_down(reports: Sequence[MissingReport]) -> None:
    if not reports:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE missing_missingreport r SET episode_id = n.episode_id, held_reason = n.held_reason,"
            " outcome = n.outcome, ended = n.ended"
            " FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::boolean[])"
            " AS n (id, episode_id, held_reason, outcome, ended) WHERE r.id = n.id",
            [
                [report.pk for report in reports],
                [report.episode_id for report in reports],
                [report.held_reason for report in reports],
                [str(report.outcome) for report in reports],
                [report.ended for report in reports],
            ],
        )
