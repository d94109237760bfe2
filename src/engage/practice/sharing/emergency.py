"""Emergency access: one child, at most four hours, known to the child's workers at once, and reviewed by a named person.

Nobody can look for a child here: an exact number or reference opens the record, and whatever else is typed opens
nothing and is answered alike.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from engage.methods.deadlines import working_days_after
from engage.methods.moments import london_date
from engage.practice.access import audit, gate
from engage.practice.access.gate import NotPermitted, acting_as
from engage.practice.access.models import CircleMember
from engage.practice.access.reach import restricted_people
from engage.practice.agencies.models import Staff
from engage.practice.people.finding import known_by_number
from engage.practice.people.grouping import service
from engage.practice.people.models import Record
from engage.practice.people.queries import has_conflict

from . import permissions
from .models import EmergencyAccess

KNOWN_FOR = timedelta(days=1)  # also when it was reviewed at once
OPENS_NOTHING = (
    "Nothing was opened. The number names no child that can be opened like this. Ring the team, or the police on 999 "
    "if a child is in danger now."
)


def take(number: str, *, reason: str, by: Staff, now: datetime) -> EmergencyAccess:
    """Open the record of the child whom the number names. What it shows is what `by` may see of a child they work with.

    Raises NotPermitted with one sentence, whether no child has the number, several have, or the child is restricted,
    `by` is barred from it, or nothing is shared with their agency.
    """
    permissions.may_take_emergency(by).enforce()
    if len(reason.strip()) < 10:
        raise NotPermitted("Say what the danger is and why nobody could be asked: it is reviewed.")
    try:
        # All or nothing, whoever catches what is raised: a reason to work with a child must not stay behind.
        with transaction.atomic():
            taken = _open(number, reason, by, now)
    except NotPermitted:
        gate.refresh_circle()
        # Somebody who tries numbers leaves a trace, though they learn nothing.
        audit.record(audit.Verb.CONSULT, "emergency_access", decision="nothing_found", asked=number)
        raise
    audit.record(
        audit.Verb.CONSULT, "emergency_access", subjects=[taken.person_id], basis="emergency", asked=taken.pk
    )
    return taken


def _open(number: str, reason: str, by: Staff, now: datetime) -> EmergencyAccess:
    receiver = service("service_receiver")
    with acting_as(receiver, now=now):
        record = _child_named(number, by, receiver)
        if record is None:
            raise NotPermitted(OPENS_NOTHING)
        taken = _taken(record, reason, by, now)
    gate.refresh_circle()
    if not Record.objects.visible_to(by).filter(person_id=taken.person_id).exists():
        raise NotPermitted(OPENS_NOTHING)
    return taken


def review(emergency_id: UUID, *, outcome: str, words: str, by: Staff, now: datetime) -> EmergencyAccess:
    """Say whether it was justified, and why. Ends the access if it has not ended yet and was not."""
    taken = EmergencyAccess.objects.visible_to(by).select_for_update().get(pk=emergency_id)
    permissions.may_review_emergency(by, taken).enforce()
    if taken.reviewed_at:
        raise NotPermitted("It was reviewed already.")
    if outcome not in EmergencyAccess.Outcome.values or not words.strip():
        raise NotPermitted("Say whether it was justified, and why.")
    taken.reviewed_at, taken.outcome, taken.review_words = now, outcome, words.strip()
    taken.save()
    if outcome == EmergencyAccess.Outcome.NOT_JUSTIFIED:
        with acting_as(service("service_receiver"), now=now) as engage:
            CircleMember.objects.visible_to(engage.staff).filter(
                record_id=taken.record_id,
                staff=taken.taken_by,
                kind=CircleMember.Kind.EMERGENCY,
                ends_at__gt=now,
            ).update(ends_at=now)
    audit.record(
        audit.Verb.CONSULT,
        "review_emergency_access",
        subjects=[taken.person_id],
        decision=outcome,
        asked=taken.pk,
    )
    return taken


def to_know_of(reader: Staff, since: datetime):
    """Those not reviewed yet that the reader may know of, the nearest review first; and all taken since then."""
    return (
        EmergencyAccess.objects.visible_to(reader)
        .filter(Q(reviewed_at=None) | Q(taken_at__gt=since))
        .select_related("taken_by__agency", "reviewer")
        .order_by("review_due_on", "taken_at")
    )


def _child_named(number: str, by: Staff, receiver: Staff) -> Record | None:
    persons = known_by_number(number, receiver)
    if len(persons) != 1 or persons & restricted_people():
        return None
    (person_id,) = persons
    if has_conflict(person_id, by, receiver):
        return None
    records = Record.objects.visible_to(receiver).filter(person_id=person_id, bridges=True, withdrawn=False)
    return records.order_by("received_no").first()


def _taken(record: Record, reason: str, by: Staff, now: datetime) -> EmergencyAccess:
    assert record.person_id is not None, "found by its person"
    ends_at = now + timedelta(hours=settings.EMERGENCY_HOURS)
    CircleMember.objects.create(
        record_id=record.pk,
        person_id=record.person_id,
        staff=by,
        kind=CircleMember.Kind.EMERGENCY,
        reason="Emergency access",
        starts_at=now,
        ends_at=ends_at,
        added_by=by,
    )
    return EmergencyAccess.objects.create(
        record_id=record.pk,
        person_id=record.person_id,
        taken_by=by,
        taken_at=now,
        ends_at=ends_at,
        reason=reason.strip(),
        reviewer=_reviewer(record.area, by),
        review_due_on=working_days_after(london_date(now), settings.EMERGENCY_REVIEW_WORKING_DAYS),
    )


def _reviewer(area: int, by: Staff) -> Staff:
    """The manager of a team in whose area the child is, else an information-governance lead: never who took it.

    Raises NotPermitted where there is nobody: access that nobody reviews is not given.
    """
    people = Staff.objects.filter(
        kind=Staff.Kind.PERSON, status=Staff.Status.ACTIVE, agency__is_active=True, user__isnull=False
    ).exclude(pk=by.pk)
    managers = people.filter(role="team_manager").select_related("team").order_by("name")
    found = next((one for one in managers if one.team and one.team.district_bits & area), None)
    found = found or people.filter(role="dpo_audit").order_by("name").first() or managers.first()
    if found is None:
        raise NotPermitted("There is nobody who could review it, so emergency access is not given here.")
    return found
