"""Keeping what agencies tell of times missing, set-wise for whole files and one by one from a desk.

A report keeps its id through all its versions (front_door.versions); what people decided about it stays with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid4

from engage.methods.deadlines import return_interview_due, return_interview_due_on
from engage.methods.moments import start_of_day
from engage.practice.access.models import Label
from engage.practice.agencies.models import Agency, Staff
from engage.practice.front_door.versions import compartments_by_owner, fit, move_aside, records_of

from ..models import MissingReport, ReportPlaces

Told = MissingReport.Told
Outcome = MissingReport.Outcome

# Owner, how it was told, the owner's own reference: what makes two rows versions of one report.
ReportKey = tuple[int, str, str]


@dataclass(frozen=True, slots=True)
class PlacesInput:
    last_seen_place: str = ""
    located_place: str = ""
    found_by: str = ""
    reported_by: str = ""
    companions: tuple[str, ...] = ()
    vehicle: str = ""
    circumstances: str = ""

    @property
    def says_something(self) -> bool:
        return any(getattr(self, name) for name in self.__slots__)


@dataclass(frozen=True, slots=True)
class ReportInput:
    """One report as its owner tells it. Moments in UTC where the hour is known, else days.

    `outcome` left empty follows from the return. `withdrawn`: kept, and current no more.
    """

    record_id: UUID
    owner: Agency
    source_id: UUID | None
    reference: str
    told_by: str
    type: str = ""
    outcome: str = ""
    duplicate_of: str = ""
    last_seen_at: datetime | None = None
    reported_at: datetime | None = None
    started_on: date | None = None
    located_at: datetime | None = None
    located_on: date | None = None
    returned_at: datetime | None = None
    returned_on: date | None = None
    grade: str = ""
    prevention_interview_at: datetime | None = None
    prevention_interview_on: date | None = None
    places: PlacesInput | None = None
    label: str = Label.FULL
    withdrawn: bool = False


def write_reports(inputs: Sequence[ReportInput], *, by: Staff, now: datetime) -> list[MissingReport]:
    """Keep these reports, in the order given; what an earlier version of one said is current no more.

    Call `derive_episodes` for their persons afterwards (linking does so by itself).
    """
    if not inputs:
        return []
    compartments = _compartments(inputs)
    records = records_of(inputs, by)
    reports, places = [], []
    for given in inputs:
        record = records[given.record_id]
        report = _report(given, now)
        report.compartment_id = compartments[given.owner.pk, "C03", given.label]
        report.person_id, report.area = record.person_id, record.area
        reports.append(report)
        if given.places and given.places.says_something:
            places.append((report, given.places, compartments[given.owner.pk, "C03P", given.label]))
    keys = [
        (given.owner.pk, given.told_by, report.reference)
        for given, report in zip(inputs, reports, strict=True)
    ]
    keep(reports, keys, places, by=by, now=now)
    return reports


def prepared(given: ReportInput, by: Staff, now: datetime) -> tuple[MissingReport, int]:
    """One report of a person at a desk, not written yet, and the compartment of its places."""
    wanted = [(given.owner, "C03", given.label), (given.owner, "C03P", given.label)]
    compartments = compartments_by_owner(wanted)
    report = _report(given, now)
    report.compartment_id = compartments[given.owner.pk, "C03", given.label]
    return report, compartments[given.owner.pk, "C03P", given.label]


def keep(
    reports: Sequence[MissingReport],
    keys: Sequence[ReportKey],
    places: Iterable[tuple[MissingReport, PlacesInput, int]],
    *,
    by: Staff,
    now: datetime,
) -> None:
    """Write new reports in the stead of the versions now standing."""
    standing = _standing(keys, by)
    last = {key: place for place, key in enumerate(keys)}
    for place, (report, key) in enumerate(zip(reports, keys, strict=True)):
        earlier = standing.get(key)
        if last[key] != place:
            report.current = False  # a later row of the same batch says it anew
        elif earlier:
            report.id, report.episode_id = earlier.pk, earlier.episode_id
            # What a person decided outlives the next version of the file.
            report.pinned_to = report.pinned_to or earlier.pinned_to
            # A file repeats its grade with every version; at a desk somebody graded at this moment.
            if earlier.grade == report.grade and report.told_by != Told.DESK:
                report.graded_at = earlier.graded_at
    superseded = [earlier.pk for earlier in standing.values()]
    move_aside(MissingReport, superseded, by)
    ReportPlaces.objects.visible_to(by).filter(report__in=superseded, current=True).update(current=False)
    MissingReport.objects.bulk_create(reports, batch_size=1000)
    ReportPlaces.objects.bulk_create(
        [_places(report, said, compartment, now) for report, said, compartment in places], batch_size=1000
    )


def _compartments(inputs: Sequence[ReportInput]) -> dict[tuple[int, str, str], int]:
    wanted = [(given.owner, "C03", given.label) for given in inputs]
    wanted += [
        (given.owner, "C03P", given.label) for given in inputs if given.places and given.places.says_something
    ]
    return compartments_by_owner(wanted)


def _standing(keys: Sequence[ReportKey], by: Staff) -> dict[ReportKey, MissingReport]:
    wanted = set(keys)
    rows = (
        MissingReport.objects.visible_to(by)
        .filter(current=True, reference__in={reference for _, _, reference in wanted})
        .select_related("compartment")
    )
    found = {(row.compartment.owner_id, row.told_by, row.reference): row for row in rows}
    return {key: row for key, row in found.items() if key in wanted}


def _report(given: ReportInput, now: datetime) -> MissingReport:
    back = given.returned_at or given.returned_on
    outcome = given.outcome or Outcome.OPEN
    if outcome == Outcome.OPEN and back:
        outcome = Outcome.RETURNED
    counts = outcome != Outcome.CANCELLED
    return MissingReport(
        id=uuid4(),
        record_id=given.record_id,
        source_id=given.source_id,
        current=not given.withdrawn,
        recorded_at=now,
        reference=fit(MissingReport, "reference", given.reference),
        told_by=given.told_by,
        type=given.type,
        outcome=outcome,
        duplicate_of=fit(MissingReport, "duplicate_of", given.duplicate_of),
        last_seen_at=given.last_seen_at,
        reported_at=given.reported_at,
        started_on=given.started_on,
        located_at=given.located_at,
        located_on=given.located_on,
        returned_at=given.returned_at,
        returned_on=given.returned_on,
        grade=given.grade,
        graded_at=now if given.grade else None,
        prevention_interview_at=given.prevention_interview_at,
        prevention_interview_on=given.prevention_interview_on,
        interview_due_at=return_interview_due(given.returned_at) if given.returned_at and counts else None,
        # An hour is never invented: a return known by its day gives a day on which the interview is due.
        interview_due_on=return_interview_due_on(given.returned_on)
        if given.returned_on and not given.returned_at and counts
        else None,
        starts_at=_starts_at(given, now),
        ended=outcome != Outcome.OPEN,
    )


def _starts_at(given: ReportInput, now: datetime) -> datetime:
    day = given.started_on or given.returned_on or given.located_on
    return (
        given.last_seen_at
        or given.reported_at
        or (start_of_day(given.started_on) if given.started_on else None)
        or given.returned_at
        or given.located_at
        or (start_of_day(day) if day else None)
        or now
    )


def _places(report: MissingReport, said: PlacesInput, compartment: int, now: datetime) -> ReportPlaces:
    texts = ("last_seen_place", "located_place", "found_by", "reported_by", "vehicle")
    return ReportPlaces(
        compartment_id=compartment,
        person_id=report.person_id,
        area=report.area,
        record_id=report.record_id,
        source_id=report.source_id,
        current=report.current,
        recorded_at=now,
        report_id=report.id,
        companions=[name[:200] for name in said.companions],
        circumstances=said.circumstances,
        **{name: fit(ReportPlaces, name, getattr(said, name)) for name in texts},
    )
