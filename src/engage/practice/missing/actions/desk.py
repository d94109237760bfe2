"""Deeds of a named person on a missing episode.

Each is a row of the person's own agency beside what others told: nobody else's word is altered, and where
they differ the page shows both. The same form sent twice is written once.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet

from engage.methods.spans import Point, is_before
from engage.practice.access import audit
from engage.practice.access.gate import acting_as
from engage.practice.agencies.models import Staff
from engage.practice.front_door.versions import compartments_by_owner
from engage.practice.people.models import Fact

from .. import permissions, queries
from ..episodes import EpisodeShown
from ..models import MissingReport, ReportPlaces, ReturnInterview
from .episodes import clock, derive_episodes
from .reports import PlacesInput, ReportInput, keep, prepared

Told = MissingReport.Told


class TimesDoNotFit(ValueError):
    """The sentence says what to mend; `field` is where."""

    def __init__(self, field: str, sentence: str):
        super().__init__(sentence)
        self.field = field


def record_return(
    episode_id: UUID,
    *,
    returned_at: datetime | None = None,
    returned_on: date | None = None,
    found_by: str = "",
    place: str = "",
    safe_and_well_at: datetime | None = None,
    by: Staff,
    now: datetime,
) -> MissingReport:
    """Record that the child is back, and start the interview clock. Give the moment, or the day if no more is known.

    `safe_and_well_at`: when police spoke with the child afterwards (prevention interview).
    """
    episode = found(episode_id, by)
    permissions.may_record_return(by, episode).enforce()
    back = returned_at or returned_on
    if back is None:
        raise TimesDoNotFit(
            "returned_at", "Say when the child came back: the time, or the day if no more is known."
        )
    _after_start(
        episode, back, "returned_at", "The child cannot have come back before going missing. Check the time."
    )
    not_in_the_future(back, now, "returned_at")
    if safe_and_well_at:
        not_in_the_future(safe_and_well_at, now, "safe_and_well_at")
        if is_before(safe_and_well_at, back):
            raise TimesDoNotFit(
                "safe_and_well_at", "The check that the child is safe and well comes after the return."
            )
    return _say(
        episode,
        "return",
        by,
        now,
        "record_return",
        places=PlacesInput(located_place=place, found_by=found_by),
        returned_at=returned_at,
        returned_on=None if returned_at else returned_on,
        prevention_interview_at=safe_and_well_at,
    )


def record_located(
    episode_id: UUID, *, located_at: datetime, place: str = "", found_by: str = "", by: Staff, now: datetime
) -> MissingReport:
    """Record that the child was found. Found is not back: the child may be in hospital or with police."""
    episode = found(episode_id, by)
    permissions.may_record_located(by, episode).enforce()
    _after_start(episode, located_at, "located_at", "The child cannot have been found before going missing.")
    not_in_the_future(located_at, now, "located_at")
    places = PlacesInput(located_place=place, found_by=found_by)
    return _say(episode, "located", by, now, "record_located", places=places, located_at=located_at)


def regrade(episode_id: UUID, *, grade: str, reason: str, by: Staff, now: datetime) -> MissingReport:
    """Grade the episode anew. The reason is about exploitation risk, so it is a fact of its own (C06)."""
    episode = found(episode_id, by)
    permissions.may_regrade(by, episode).enforce()
    if grade not in settings.GRADES_FOR_CHILDREN:
        raise TimesDoNotFit("grade", "Choose one of the grades used for children.")
    if not reason.strip():
        raise TimesDoNotFit("reason", "Say why: the reason is kept with the grade.")
    standing = episode.graded_last
    is_said = standing and standing.grade == grade and _is_own(standing, by)
    if standing and is_said and reasons_of(standing, by).filter(text=reason).exists():
        return standing  # the same form sent twice
    # Said anew even where this agency's earlier row has the same grade: another agency has graded since, or the
    # reason is another one.
    report = _say(episode, "grade", by, now, "regrade", said_anew=True, grade=grade)
    keep_facts(report, {"grade_reason": ("C06", episode.label, reason)}, true_at=now, by=by, now=now)
    return report


def reasons_of(graded: MissingReport, by: Staff) -> QuerySet[Fact]:
    """Why a desk graded as it did: written with the grade, by the same agency, at the same moment."""
    return Fact.objects.visible_to(by).filter(
        record_id=graded.record_id,
        kind="grade_reason",
        current=True,
        true_at=graded.graded_at,
        compartment__owner_id=graded.compartment.owner_id,
    )


def found(report_id: UUID, by: Staff) -> EpisodeShown:
    """The episode as `by` sees it, others waiting until this transaction ends.

    Raises MissingReport.DoesNotExist if `by` may see no such report.
    """
    episode = queries.episode(report_id, by)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"engage.episode {episode.key}"])
    return queries.episode(report_id, by)


def anchor_of(episode: EpisodeShown, now: datetime) -> UUID:
    """The report that desks' rows on this episode are placed with: one for all, or they would tear it apart."""
    service = clock()
    with acting_as(service, now=now):
        pins = (
            MissingReport.objects.visible_to(service)
            .filter(current=True, episode_id=episode.key, pinned_to__isnull=False)
            .order_by("recorded_at", "id")
            .values_list("pinned_to", flat=True)
        )
        return pins.first() or episode.id


def not_in_the_future(point: Point, now: datetime, field: str) -> None:
    if is_before(now, point):
        raise TimesDoNotFit(field, "This time has not come yet. Check it.")


def keep_facts(
    about: MissingReport | ReturnInterview,
    said: dict[str, tuple[str, str, str]],
    *,
    true_at: datetime,
    by: Staff,
    now: datetime,
) -> list[Fact]:
    """`said`: kind to (category, label, text). Empty text is no fact."""
    said = {kind: told for kind, told in said.items() if told[2].strip()}
    compartments = compartments_by_owner((by.agency, category, label) for category, label, _ in said.values())
    return Fact.objects.bulk_create(
        [
            Fact(
                compartment_id=compartments[by.agency_id, category, label],
                record_id=about.record_id,
                person_id=about.person_id,
                area=about.area,
                recorded_at=now,
                kind=kind,
                text=text,
                true_at=true_at,
            )
            for kind, (category, label, text) in said.items()
        ]
    )


def _say(
    episode: EpisodeShown,
    what: str,
    by: Staff,
    now: datetime,
    deed: str,
    *,
    said_anew: bool = False,
    places: PlacesInput | None = None,
    **told: Any,
) -> MissingReport:
    """Write what this agency now says of one thing, in the stead of what it said before.

    The same said twice is written once, unless it is `said_anew`.
    """
    assert episode.person_id is not None, "a deed at a desk is about a child who is shown"
    anchor = anchor_of(episode, now)
    reference = f"{anchor}:{what}"
    given = ReportInput(
        episode.record_id, by.agency, None, reference, Told.DESK, places=places, label=episode.label, **told
    )
    earlier = next(
        (t for t in episode.tellings if t.report.reference == reference and _is_own(t.report, by)), None
    )
    if not said_anew and earlier and _says_the_same(earlier.report, earlier.places, given):
        return earlier.report
    report, place_compartment = prepared(given, by, now)
    report.person_id, report.area = episode.person_id, episode.reports[0].area
    report.pinned_to, report.recorded_by = anchor, by
    in_places = [(report, places, place_compartment)] if places and places.says_something else []
    keep([report], [(by.agency_id, Told.DESK, reference)], in_places, by=by, now=now)
    derive_episodes({episode.person_id}, now=now)
    audit.record(
        audit.Verb.ALTER, deed, subjects=[episode.person_id], kinds=[MissingReport._meta.label_lower]
    )
    return report


def _is_own(report: MissingReport, by: Staff) -> bool:
    return report.told_by == Told.DESK and report.compartment.owner_id == by.agency_id


def _says_the_same(report: MissingReport, places: ReportPlaces | None, given: ReportInput) -> bool:
    times = ("located_at", "returned_at", "returned_on", "grade", "prevention_interview_at")
    said = given.places or PlacesInput()
    return all(getattr(report, name) == getattr(given, name) for name in times) and (
        (places.located_place, places.found_by) if places else ("", "")
    ) == (said.located_place, said.found_by)


def _after_start(episode: EpisodeShown, point: Point, field: str, sentence: str) -> None:
    start = episode.missing_since
    if start is not None and is_before(point, start):
        raise TimesDoNotFit(field, sentence)
