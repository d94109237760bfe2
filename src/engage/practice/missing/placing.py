"""To which time missing each report belongs, of the reports given: all of one child, or all that one reader sees."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from engage.methods.episodes import PINNED_TO_UNKNOWN, Report, group

from .models import MissingReport

Outcome = MissingReport.Outcome
# Owner, how it was told, the owner's own reference.
ReportKey = tuple[int, str, str]


class Placed(NamedTuple):
    """Where a report stands after deriving: in an episode, or held."""

    episode_id: UUID | None
    held_reason: str


def place(reports: Sequence[MissingReport]) -> dict[UUID, Placed]:
    """Group all current reports of one person."""
    by_reference = {(r.compartment.owner_id, r.told_by, r.reference): str(r.pk) for r in reports}
    # A desk's grade or sighting knows neither start nor return: it goes where the report goes that it is about.
    followers = [r for r in reports if r.pinned_to and r.pinned_to != r.pk and not tells_a_time(r)]
    following = {r.pk for r in followers}
    grouping = group([as_told(r, by_reference) for r in reports if r.pk not in following])
    placed = {UUID(held.report_id): Placed(None, held.reason) for held in grouping.held}
    for episode in grouping.episodes:
        for report_id in episode.report_ids:
            placed[UUID(report_id)] = Placed(UUID(episode.id), "")
    for follower in followers:
        goes_where = placed.get(follower.pinned_to) if follower.pinned_to else None
        placed[follower.pk] = goes_where or Placed(None, PINNED_TO_UNKNOWN)
    return placed


def tells_a_time(report: MissingReport) -> bool:
    return any(
        (report.last_seen_at, report.reported_at, report.started_on, report.returned_at, report.returned_on)
    )


def as_told(report: MissingReport, by_reference: dict[tuple[int, str, str], str]) -> Report:
    repeats = None
    if report.duplicate_of:
        key = (report.compartment.owner_id, report.told_by, report.duplicate_of)
        repeats = by_reference.get(key, f"reference {report.duplicate_of}")
    return Report(
        id=str(report.pk),
        owner=str(report.compartment.owner_id),
        starts_at=report.last_seen_at,
        starts_on=report.started_on,
        reported_at=report.reported_at,
        # Whoever writes or rings "missing now" knows that moment, and neither start nor end.
        of_a_moment=report.told_by in (MissingReport.Told.REFERRAL, MissingReport.Told.CALL),
        ends_at=report.returned_at,
        ends_on=report.returned_on,
        cancelled=report.outcome == MissingReport.Outcome.CANCELLED,
        duplicate_of=repeats,
        pinned_to=str(report.pinned_to) if report.pinned_to else None,
    )


def outcomes(reports: Sequence[MissingReport]) -> Iterator[tuple[MissingReport, str]]:
    """What became of each. One that its agency calls a repeat of a report that is not here counts in its own right:
    else the child would be on no list."""
    by_key = {_key(report, report.reference): report for report in reports}
    for report in reports:
        if not report.duplicate_of or report.outcome == Outcome.CANCELLED:
            yield report, report.outcome
        elif _repeats_one_that_is_here(report, by_key):
            yield report, Outcome.DUPLICATE
        else:
            back = report.returned_at or report.returned_on
            yield report, Outcome.RETURNED if back else Outcome.OPEN


def _repeats_one_that_is_here(report: MissingReport, by_key: Mapping[ReportKey, MissingReport]) -> bool:
    """Of reports that repeat one another in a ring, the first by its id counts."""
    ring = [report]
    original = by_key.get(_key(report, report.duplicate_of))
    while original is not None and original not in ring:
        if not original.duplicate_of:
            return True
        ring.append(original)
        original = by_key.get(_key(original, original.duplicate_of))
    if original is None:
        return len(ring) > 1  # of a chain, the last counts in its own right
    return report != min(ring, key=lambda one: str(one.pk))


def _key(report: MissingReport, reference: str) -> ReportKey:
    return report.compartment.owner_id, report.told_by, reference
