"""Reading schedules, holds and plans, under the reader's own rights."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.core.paginator import Page, Paginator

from engage.practice.access.gate import acting, acting_as
from engage.practice.agencies.models import Agency, Staff
from engage.practice.people.grouping import service
from engage.practice.people.models import Record
from engage.reference import RetentionProposal, retention_proposals

from .models import Approval, Hold, Plan, PlanItem, Schedule, Tombstone
from .names import name_hash

ITEMS_A_PAGE = 50
CARRIED_OUT_WITHIN = timedelta(hours=2)  # the job runs every hour


def schedules_in_force(agencies: Collection[Agency]) -> list[Schedule]:
    return list(
        Schedule.objects.filter(agency__in=agencies, ended_at=None)
        .select_related("agency", "adopted_by")
        .order_by("agency__name", "register")
    )


def proposal_named(code: str) -> RetentionProposal:
    """Raises KeyError."""
    return retention_proposals()[code]


def holds(reader: Staff) -> list[Hold]:
    """Those in force first."""
    found = list(
        Hold.objects.visible_to(reader).select_related("agency", "placed_by", "end_asked_by", "ended_by")
    )
    return sorted(found, key=lambda one: one.ended_at is not None)


def plans(reader: Staff) -> list[Plan]:
    return list(Plan.objects.visible_to(reader).select_related("agency", "planned_by")[:50])


def approvals_of(plan: Plan, reader: Staff) -> list[Approval]:
    return list(Approval.objects.visible_to(reader).filter(plan=plan).select_related("by").order_by("at"))


def cooled_at(plan: Plan, given: Iterable[Approval]) -> datetime | None:
    """The first moment at which an approved plan may be carried out."""
    at = max((one.at for one in given), default=None)
    return at + timedelta(days=plan.cooling_off_days) if at and plan.state == Plan.State.APPROVED else None


def not_carried_out(plans: Iterable[Plan], reader: Staff, now: datetime) -> set[UUID]:
    """Of these the approved ones that several runs have passed by since their days were over: something stops them."""
    cooled = {
        one.pk: cooled_at(one, approvals_of(one, reader)) for one in plans if one.state == Plan.State.APPROVED
    }
    return {pk for pk, at in cooled.items() if at is not None and at + CARRIED_OUT_WITHIN <= now}


def waiting_for(reader: Staff) -> list[Plan]:
    """Plans that this reader could approve now: planned by others, and not approved by this reader."""
    waiting = Plan.objects.visible_to(reader).filter(state=Plan.State.PLANNED, to_destroy__gt=0)
    waiting = waiting.exclude(planned_by=reader).select_related("agency", "planned_by")
    approved = Approval.objects.visible_to(reader).filter(by=reader).values("plan_id")
    return list(waiting.exclude(pk__in=approved))


@dataclass(frozen=True)
class Shown:
    """A line of a plan as its reader may see it."""

    item: PlanItem
    name: str  # empty: the reader sees no such record
    reference: str  # the agency's own, for the agency's own people
    person_id: UUID | None


def items_shown(plan: Plan, reader: Staff, outcome: str, number: int | str | None) -> Page:
    """What would be destroyed, or what is kept: the second only as far as the reader sees the records.

    Why a record is kept may tell of a child whom the reader may not see; the plan's counts do not say of which.
    """
    lines = PlanItem.objects.visible_to(reader).filter(plan=plan, outcome=outcome)
    if outcome == PlanItem.Outcome.KEPT:
        lines = lines.filter(record_id__in=Record.objects.visible_to(reader).values("pk"))
    page = Paginator(lines.select_related("schedule").order_by("due_on", "pk"), ITEMS_A_PAGE).get_page(number)
    wanted = [one.record_id for one in page]
    seen = {one.pk: one for one in Record.objects.visible_to(reader).filter(pk__among=wanted)}
    references = _references(wanted, reader) if plan.agency_id == reader.agency_id else {}
    page.object_list = [
        Shown(
            one,
            name=record.shown_name if (record := seen.get(one.record_id)) else "",
            reference=record.reference if record else references.get(one.record_id, ""),
            person_id=record.person_id if record else None,
        )
        for one in page
    ]
    return page


def _references(record_ids: Collection[UUID], reader: Staff) -> dict[UUID, str]:
    """What the agency itself calls its records that it is about to destroy, read by the receiving service.

    A lead who sees no child has to be able to ask a colleague about a case; a name is not needed for that.
    """
    receiver = service("service_receiver")
    with acting_as(receiver, now=acting().now):
        rows = Record.objects.visible_to(receiver).filter(
            pk__among=list(record_ids), agency_id=reader.agency_id
        )
        return dict(rows.values_list("pk", "reference"))


def destroyed_before(agency: Agency, names: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
    """Of these names (list, reference) those under which something of the agency was destroyed."""
    hashes = {name_hash(agency.code, *name): name for name in names}
    known = Tombstone.objects.filter(name_hash__in=list(hashes)).values_list("name_hash", flat=True)
    return {hashes[bytes(one)] for one in known}
