"""Keeping what interviewers send of return home interviews: offered, accepted or not, held."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid4

from engage.practice.access.models import Label
from engage.practice.agencies.models import Agency, Staff
from engage.practice.front_door.versions import compartments_by_owner, fit, move_aside, records_of

from ..models import ReturnInterview


@dataclass(frozen=True, slots=True)
class InterviewInput:
    """Moments where the hour is known, else days. What was said in the interview (summary, factors, the child's words) are facts, written by the caller."""

    record_id: UUID
    owner: Agency
    source_id: UUID | None
    reference: str
    report_refs: tuple[str, ...] = ()
    returned_at: datetime | None = None
    returned_on: date | None = None
    offered_at: datetime | None = None
    offered_on: date | None = None
    offer_method: str = ""
    offer_outcome: str = ""
    decline_reason: str = ""
    interviewer: str = ""
    independent: bool | None = None
    held_at: datetime | None = None
    held_on: date | None = None
    place_kind: str = ""
    with_carer: bool = False
    label: str = Label.FULL
    withdrawn: bool = False


def write_interviews(inputs: Sequence[InterviewInput], *, by: Staff, now: datetime) -> list[ReturnInterview]:
    """Keep these, in the order given. An interview keeps its id through its versions, as a report does."""
    if not inputs:
        return []
    compartments = compartments_by_owner((given.owner, "C03", given.label) for given in inputs)
    records = records_of(inputs, by)
    standing = _standing({(given.owner.pk, given.reference) for given in inputs}, by)
    last = {(given.owner.pk, given.reference): place for place, given in enumerate(inputs)}

    interviews = []
    for place, given in enumerate(inputs):
        key = (given.owner.pk, given.reference)
        is_last = last[key] == place
        record = records[given.record_id]
        interviews.append(
            ReturnInterview(
                id=standing[key].pk if key in standing and is_last else uuid4(),
                compartment_id=compartments[given.owner.pk, "C03", given.label],
                person_id=record.person_id,
                area=record.area,
                record_id=given.record_id,
                source_id=given.source_id,
                current=is_last and not given.withdrawn,
                recorded_at=now,
                reference=fit(ReturnInterview, "reference", given.reference),
                report_refs=[reference[:200] for reference in given.report_refs],
                episode_ids=standing[key].episode_ids if key in standing else [],
                returned_at=given.returned_at,
                returned_on=given.returned_on,
                offered_at=given.offered_at,
                offered_on=given.offered_on,
                offer_method=fit(ReturnInterview, "offer_method", given.offer_method),
                offer_outcome=given.offer_outcome,
                decline_reason=given.decline_reason,
                interviewer=fit(ReturnInterview, "interviewer", given.interviewer),
                independent=given.independent,
                held_at=given.held_at,
                held_on=given.held_on,
                place_kind=fit(ReturnInterview, "place_kind", given.place_kind),
                with_carer=given.with_carer,
            )
        )
    move_aside(ReturnInterview, [row.pk for row in standing.values()], by)
    ReturnInterview.objects.bulk_create(interviews, batch_size=1000)
    return interviews


def _standing(keys: set[tuple[int, str]], by: Staff) -> dict[tuple[int, str], ReturnInterview]:
    rows = (
        ReturnInterview.objects.visible_to(by)
        .filter(current=True, reference__in={reference for _, reference in keys})
        .select_related("compartment")
    )
    found = {(row.compartment.owner_id, row.reference): row for row in rows}
    return {key: row for key, row in found.items() if key in keys}
