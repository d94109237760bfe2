"""Adopting a period, holding, planning, approving and carrying out. Nobody destroys anything alone."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from engage.practice.access import audit
from engage.practice.access.bulk import array_text
from engage.practice.access.gate import NotPermitted, acting_as
from engage.practice.agencies.models import Agency, Staff
from engage.practice.people.grouping import regroup, service, wait_for_turn
from engage.practice.people.models import Record, RecordDetail, SourceRecord

from . import permissions
from .models import Approval, Hold, Plan, PlanItem, Schedule
from .names import name_hash
from .planning import Line, digest_of, kept_since, look
from .queries import approvals_of, cooled_at

log = logging.getLogger(__name__)


class EffectHasChanged(Exception):
    """What the plan would do is no longer what it says: it is planned again."""


CHANGED = "Something in this plan has changed since it was made: a period, or a record that is held or in use by now. Make a new plan."


def keeper() -> Staff:
    """The service that destroys; by itself it sees nothing of any child."""
    return service("service_retention")


@transaction.atomic
def adopt(
    agency: Agency, *, register: str, kind: str, years: int, counted_from: str, legal_basis: str, verification: str,
    by: Staff, now: datetime,
) -> Schedule:  # fmt: skip
    """From now on records of this kind have this period, in place of one adopted earlier."""
    permissions.may_keep_records_of(by, agency).enforce()
    _end_period(agency, register, by, now)
    adopted = Schedule.objects.create(
        agency=agency, register=register, kind=kind, years=years, counted_from=counted_from,
        legal_basis=legal_basis, verification=verification, adopted_by=by, adopted_at=now,
    )  # fmt: skip
    audit.record(audit.Verb.ALTER, "adopt_retention_period", asked=adopted.pk, acting_for=agency.code)
    return adopted


@transaction.atomic
def end_schedule(schedule_id: UUID, *, by: Staff, now: datetime) -> Schedule:
    """Records of this kind are kept without an end again."""
    schedule = Schedule.objects.select_related("agency").get(pk=schedule_id)
    permissions.may_keep_records_of(by, schedule.agency).enforce()
    if schedule.ended_at:
        raise NotPermitted("This period has ended.")
    _end_period(schedule.agency, schedule.register, by, now)
    audit.record(audit.Verb.ALTER, "end_retention_period", asked=schedule.pk, acting_for=schedule.agency.code)
    return schedule


def _end_period(agency: Agency, register: str, by: Staff, now: datetime) -> None:
    Schedule.objects.filter(agency=agency, register=register, ended_at=None).update(ended_at=now, ended_by=by)


@transaction.atomic
def place_hold(
    agency: Agency, *, scope: str, kind: str, reason: str, notice_reference: str = "", reference: str = "",
    by: Staff, now: datetime,
) -> Hold:  # fmt: skip
    """Nothing that it covers is destroyed from now on. One person is enough to keep something."""
    permissions.may_keep_records_of(by, agency).enforce()
    if scope == Hold.Scope.EVERYTHING:
        permissions.may_hold_everything(by).enforce()
    hold = Hold.objects.create(
        scope=scope, agency=agency, reference=reference.strip() if scope == Hold.Scope.CHILD else "", kind=kind,
        notice_reference=notice_reference, reason=reason, placed_by=by, placed_at=now,
    )  # fmt: skip
    audit.record(audit.Verb.ALTER, "place_hold", asked=hold.pk, acting_for=agency.code)
    return hold


@transaction.atomic
def ask_to_end(hold_id: UUID, *, because: str, by: Staff, now: datetime) -> Hold:
    hold = Hold.objects.visible_to(by).select_for_update(of=("self",)).get(pk=hold_id)
    permissions.may_ask_to_end(by, hold).enforce()
    hold.end_asked_by, hold.end_asked_at, hold.end_because = by, now, because
    hold.save(update_fields=["end_asked_by", "end_asked_at", "end_because"])
    audit.record(audit.Verb.ALTER, "ask_to_end_hold", asked=hold.pk)
    return hold


@transaction.atomic
def end_hold(hold_id: UUID, *, by: Staff, now: datetime) -> Hold:
    hold = Hold.objects.visible_to(by).select_for_update(of=("self",)).get(pk=hold_id)
    permissions.may_end(by, hold).enforce()
    hold.ended_by, hold.ended_at = by, now
    hold.save(update_fields=["ended_by", "ended_at"])
    audit.record(audit.Verb.ALTER, "end_hold", asked=hold.pk)
    return hold


@transaction.atomic
def make_plan(agency: Agency, *, by: Staff, now: datetime) -> Plan:
    """What would be destroyed today, and what is kept and why. It takes the place of an open plan of the agency."""
    if by.kind != Staff.Kind.SERVICE:
        permissions.may_keep_records_of(by, agency).enforce()
    Plan.objects.visible_to(by).filter(agency=agency, state__in=Plan.OPEN).update(
        state=Plan.State.CLOSED, settled_at=now, settled_by=by, settled_because="Planned again."
    )
    looked, days = look(agency, now), settings.RETENTION_COOLING_OFF_DAYS
    plan = Plan.objects.create(
        agency=agency, planned_by=by, planned_at=now, cooling_off_days=days,
        digest=digest_of(agency, days, looked.to_destroy), looked_at=len(looked.to_destroy) + looked.kept,
        to_destroy=len(looked.to_destroy), kept=looked.kept, kept_because=looked.kept_because,
    )  # fmt: skip
    PlanItem.objects.bulk_create([_item(plan, line) for line in looked.lines])
    audit.record(
        audit.Verb.ALTER, "plan_destruction", asked=plan.pk, acting_for=agency.code,
        counts={"looked_at": plan.looked_at, "to_destroy": plan.to_destroy, "kept": plan.kept},
    )  # fmt: skip
    return plan


def _item(plan: Plan, line: Line) -> PlanItem:
    outcome = PlanItem.Outcome.KEPT if line.reason else PlanItem.Outcome.DESTROY
    return PlanItem(
        plan=plan, record_id=line.record_id, schedule_id=line.schedule_id, due_on=line.due_on, outcome=outcome,
        reason=line.reason,
    )  # fmt: skip


@transaction.atomic
def approve(plan_id: UUID, *, seen: str, by: Staff, now: datetime) -> Plan:
    """Approve exactly what the plan with the digest `seen` lists. The second approval begins the cooling-off.

    Raises EffectHasChanged where a period was changed, or something of it is held or in use since.
    """
    plan = (
        Plan.objects.visible_to(by).select_for_update(of=("self",)).select_related("agency").get(pk=plan_id)
    )
    given = approvals_of(plan, by)
    permissions.may_approve(by, plan, given).enforce()
    if seen != plan.digest or not _still_as_planned(plan, by, now):
        raise EffectHasChanged(CHANGED)
    Approval.objects.create(plan=plan, by=by, role=by.role, at=now, digest=plan.digest)
    if given:
        plan.state = Plan.State.APPROVED
        plan.save(update_fields=["state"])
    audit.record(
        audit.Verb.ALTER, "approve_destruction", asked=plan.pk, acting_for=plan.agency.code,
        counts={"to_destroy": plan.to_destroy, "approvals": len(given) + 1},
    )  # fmt: skip
    return plan


def _still_as_planned(plan: Plan, by: Staff, now: datetime) -> bool:
    lines = PlanItem.objects.visible_to(by).filter(plan=plan, outcome=PlanItem.Outcome.DESTROY)
    if lines.filter(schedule__ended_at__isnull=False).exists():
        return False
    return kept_since(lines.values_list("record_id", flat=True), now) == 0


@transaction.atomic
def close(plan_id: UUID, *, because: str, by: Staff, now: datetime) -> Plan:
    """Stop a plan, up to the moment it is carried out."""
    plan = Plan.objects.visible_to(by).select_for_update(of=("self",)).get(pk=plan_id)
    permissions.may_close(by, plan).enforce()
    return _closed(plan, because, by, now)


def _closed(plan: Plan, because: str, by: Staff, now: datetime) -> Plan:
    plan.state, plan.settled_by, plan.settled_at, plan.settled_because = Plan.State.CLOSED, by, now, because
    plan.save(update_fields=["state", "settled_by", "settled_at", "settled_because"])
    audit.record(audit.Verb.ALTER, "close_plan", asked=plan.pk)
    return plan


@dataclass(frozen=True)
class CarriedOut:
    plan_id: UUID
    agency: str
    destroyed: int
    left: int
    planned_again: UUID | None = None  # a period was changed since: nothing was destroyed


def plan_where_none_waits(*, now: datetime) -> list[Plan]:
    """A plan for each agency that adopted a period, where none waits or cools off: both leads may then approve it."""
    by = keeper()
    with acting_as(by, now=now):
        waiting = Plan.objects.visible_to(by).filter(state__in=Plan.OPEN).values("agency_id")
        agencies = Agency.objects.filter(pk__in=Schedule.objects.filter(ended_at=None).values("agency_id"))
        return [make_plan(agency, by=by, now=now) for agency in agencies.exclude(pk__in=waiting)]


def carry_out_what_has_cooled(*, now: datetime) -> list[CarriedOut]:
    """Each approved plan whose days are over, one transaction each: one that fails stops no other, is tried again at the
    next run, and stands as not carried out where plans are listed (`queries.not_carried_out`)."""
    with acting_as(keeper(), now=now):
        approved = list(
            Plan.objects.visible_to(keeper()).filter(state=Plan.State.APPROVED).order_by("planned_at")
        )
        ready = [
            one.pk
            for one in approved
            if (at := cooled_at(one, approvals_of(one, keeper()))) is not None and at <= now
        ]
    done = []
    for plan_id in ready:
        try:
            done.append(carry_out(plan_id, now=now))
        except Exception as failure:
            # What the database says of a failure may hold values of rows.
            log.error("Plan %s was not carried out: %s", plan_id, type(failure).__name__)
    return done


def carry_out(plan_id: UUID, *, now: datetime) -> CarriedOut:
    """Destroy what an approved plan lists, in one transaction. What is held or in use since is left.

    The database's function looks at approvals, days, digest, holds and reasons by itself and raises where one
    is missing. A plan whose periods were changed is closed, and the agency's records are planned again.
    """
    by = keeper()
    with acting_as(by, now=now):
        wait_for_turn()  # whose records they are, and by which names, is read when nobody changes it
        plan = (
            Plan.objects.visible_to(by)
            .select_for_update(of=("self",))
            .select_related("agency")
            .get(pk=plan_id)
        )
        lines = PlanItem.objects.visible_to(by).filter(plan=plan, outcome=PlanItem.Outcome.DESTROY)
        if plan.state == Plan.State.APPROVED and lines.filter(schedule__ended_at__isnull=False).exists():
            _closed(plan, "A period was changed after the approval.", by, now)
            return CarriedOut(plan.pk, plan.agency.code, 0, 0, make_plan(plan.agency, by=by, now=now).pk)
        record_ids = list(lines.values_list("record_id", flat=True))
        people, survivors, names = _known_before(record_ids, now)
        became, rows_gone = _destroy(plan, names)
        regroup(survivors | {one for one in record_ids if became.get(one) == "left"}, now=now)
        counts = Counter(became.values())
        audit.record(
            audit.Verb.ERASE, "destroy_under_schedule", asked=plan.pk, acting_for=plan.agency.code,
            subjects={people[one] for one, outcome in became.items() if outcome == "destroyed" and one in people},
            basis="adopted retention period",
            counts={"destroyed": counts["destroyed"], "left": counts["left"], "rows": rows_gone},
        )  # fmt: skip
    return CarriedOut(plan.pk, plan.agency.code, counts["destroyed"], counts["left"])


Names = list[tuple[UUID, str, bytes]]


def _known_before(record_ids: list[UUID], now: datetime) -> tuple[dict[UUID, UUID], set[UUID], Names]:
    """Whose records they are, the other records of these people, and the names each is known again by."""
    receiver = service("service_receiver")
    with acting_as(receiver, now=now):
        records = list(
            Record.objects.visible_to(receiver).filter(pk__among=record_ids).select_related("agency")
        )
        people = {one.pk: one.person_id for one in records if one.person_id}
        of_these_people = Record.objects.visible_to(receiver).filter(
            person_id__among=list(set(people.values()))
        )
        survivors = set(of_these_people.values_list("pk", flat=True)) - set(record_ids)
        names = [
            (one.pk, one.register, name_hash(one.agency.code, one.register, one.reference)) for one in records
        ]
        agencies = {one.pk: one.agency.code for one in records}
        cited = (
            RecordDetail.objects.visible_to(receiver).filter(record__among=record_ids).exclude(source=None)
        )
        of_record = dict(cited.values_list("source_id", "record_id"))
        for pk, format, reference in (
            SourceRecord.objects.visible_to(receiver)
            .filter(pk__among=list(of_record))
            .values_list("pk", "format", "reference")
        ):
            record = of_record[pk]
            names.append((record, format, name_hash(agencies[record], format, reference)))
    return people, survivors, sorted(set(names), key=str)


def _destroy(plan: Plan, names: Names) -> tuple[dict[UUID, str], int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT item, became, rows_gone FROM engage_destroy_under_schedule(%s, %s::uuid[], %s::text[], %s::bytea[])",
            [plan.pk, *(array_text(column) for column in zip(*names, strict=True))]
            if names
            else [plan.pk, "{}", "{}", "{}"],
        )
        rows = cursor.fetchall()
    return {item: became for item, became, _ in rows}, sum(gone for _, _, gone in rows)


__all__ = [
    "CarriedOut", "EffectHasChanged", "adopt", "approve", "ask_to_end", "carry_out", "carry_out_what_has_cooled", "close",
    "end_hold", "end_schedule", "make_plan", "place_hold", "plan_where_none_waits",
]  # fmt: skip
