"""Opening a child's record with a stated purpose: on duty, for one shift."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from engage.practice.access import audit, gate
from engage.practice.access.models import CircleMember
from engage.practice.access.permissions import YES, Permission, no
from engage.practice.access.policy import PURPOSES
from engage.practice.access.reach import CORE_TEAM_ROLES
from engage.practice.agencies.models import Staff
from engage.practice.people.models import Record

A_SHIFT = timedelta(hours=12)
# Purposes for which somebody on duty may need more of one child than the summary.
ON_DUTY = ("protect_this_child", "protect_another_child", "prevent_or_detect_crime", "plan_and_supervise")


def may_open_with_purpose(by: Staff) -> Permission:
    if by.role in CORE_TEAM_ROLES | {"police_intel"} and by.is_active:
        return YES
    return no("Only the team and police intelligence staff open a record by saying why they need it.")


def open_with_purpose(*, person_id: UUID, purpose: str, reason: str, by: Staff, now: datetime) -> CircleMember:
    """Join the child's circle for a shift. Raises Record.DoesNotExist unless `by` sees a record of the child."""
    record = (
        Record.objects.visible_to(by)
        .filter(person_id=person_id, bridges=True, withdrawn=False)
        .order_by("received_no")
        .first()
    )
    if record is None:
        raise Record.DoesNotExist
    may_open_with_purpose(by).enforce()
    member = CircleMember.objects.create(
        record_id=record.pk,
        person_id=person_id,
        staff=by,
        kind=CircleMember.Kind.DUTY,
        reason=f"{PURPOSES[purpose]}: {reason}",
        starts_at=now,
        ends_at=now + A_SHIFT,
        added_by=by,
    )
    gate.refresh_circle()
    audit.record(
        audit.Verb.ALTER, f"open_with_purpose:{purpose}", subjects=[person_id], kinds=["access.circlemember"]
    )
    return member
