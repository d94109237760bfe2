"""Who looks after how long records are kept. Nobody destroys anything alone."""

from __future__ import annotations

from collections.abc import Sequence

from engage.practice.access.permissions import YES, Permission, no
from engage.practice.agencies.models import Agency, Staff

from .models import Approval, Hold, Plan

KEEP = ("dpo_audit", "team_manager")


def may_keep_schedules(by: Staff) -> Permission:
    """Open these pages at all: adopt periods, place holds, plan."""
    if by.role in KEEP and by.is_active:
        return YES
    return no("How long records are kept is looked after by information-governance leads and team managers.")


def agencies_kept_by(by: Staff) -> list[Agency]:
    """The own agency; for the manager of a multi-agency team also those whose people work in it.

    The same rule as the wall of plans and holds (engage_keeps_records_of).
    """
    if not may_keep_schedules(by):
        return []
    kept = Agency.objects.filter(pk=by.agency_id)
    if by.role == "team_manager" and by.team_id:
        kept |= Agency.objects.filter(
            staff__team_id=by.team_id, staff__kind=Staff.Kind.PERSON, staff__status=Staff.Status.ACTIVE
        )
    return list(kept.distinct().order_by("name"))


def may_keep_records_of(by: Staff, agency: Agency) -> Permission:
    if agency in agencies_kept_by(by):
        return YES
    return no("The leads and managers of the agency whose records they are decide about them.")


def may_hold_everything(by: Staff) -> Permission:
    if by.role == "dpo_audit" and by.is_active:
        return YES
    return no("A hold on every agency’s records is placed by an information-governance lead.")


def may_ask_to_end(by: Staff, hold: Hold) -> Permission:
    if hold.ended_at:
        return no("This hold has ended.")
    return may_keep_schedules(by)


def may_end(by: Staff, hold: Hold) -> Permission:
    """The second of two: somebody else than who asked."""
    if hold.ended_at:
        return no("This hold has ended.")
    if hold.end_asked_by is None:
        return no("Nobody has asked to end it yet. Two people end a hold.")
    if hold.end_asked_by_id == by.pk:
        return no("You asked to end it. Somebody else ends it.")
    if hold.scope == Hold.Scope.EVERYTHING and "dpo_audit" not in (by.role, hold.end_asked_by.role):
        return no(
            "One of the two who end a hold on every agency’s records is an information-governance lead."
        )
    return may_keep_schedules(by)


def may_approve(by: Staff, plan: Plan, given: Sequence[Approval]) -> Permission:
    if plan.state != Plan.State.PLANNED:
        return no(f"This plan takes no approval: {plan.get_state_display().lower()}.")
    if by.role not in KEEP or not by.is_active:
        return no("Only information-governance leads and team managers approve a plan.")
    if plan.to_destroy == 0:
        return no("Nothing would be destroyed, so there is nothing to approve.")
    if by.pk == plan.planned_by_id:
        return no("You made this plan. Two other people approve it.")
    if any(one.by_id == by.pk for one in given):
        return no("You have approved this. Somebody else gives the second approval.")
    if given and "dpo_audit" not in (by.role, *(one.role for one in given)):
        return no("One of the two approvals is that of an information-governance lead.")
    return YES


def may_close(by: Staff, plan: Plan) -> Permission:
    """Stop a plan, up to the moment it is carried out. One person is enough to keep something."""
    if not plan.is_open:
        return no(f"This plan is settled: {plan.get_state_display().lower()}.")
    return may_keep_schedules(by)
