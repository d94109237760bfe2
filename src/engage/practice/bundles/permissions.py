"""Who opens a request, who prepares its bundle, who reads it a second time, and who hands it over."""

from __future__ import annotations

from engage.practice.access.permissions import YES, Permission, no
from engage.practice.agencies.models import Staff
from engage.practice.sharing.permissions import WITHOUT_CHILDREN

from .models import Bundle, SubjectRequest

State = Bundle.State


def may_open(by: Staff) -> Permission:
    if by.is_active and by.role in ("dpo_audit", "team_manager"):
        return YES
    return no("The information-governance lead or a team manager opens it: tell them who asks, and today.")


def answers_for(by: Staff, request: SubjectRequest) -> Permission:
    """Owner, the lead of the opener's agency, the manager of the opener's team. The wall has sorted out all others."""
    lead = by.role == "dpo_audit" and by.agency_id == request.agency_id
    manager = by.role == "team_manager" and by.team_id == request.team_id
    if by.is_active and (by.pk == request.owner_id or lead or manager):
        return YES
    return no("Its owner, the information-governance lead or the team manager does that.")


def may_be_preparer(somebody: Staff) -> Permission:
    if not somebody.is_active or somebody.user_id is None or somebody.kind != Staff.Kind.PERSON:
        return no(f"{somebody.name} does not work here, or has no sign-in.")
    if somebody.role in WITHOUT_CHILDREN:
        return no(f"{somebody.name} has a role that reads no child’s record.")
    return YES


def may_prepare(by: Staff, request: SubjectRequest) -> Permission:
    if request.state == SubjectRequest.State.CLOSED:
        return no("The request was closed without a bundle.")
    if by.pk != request.preparer_id:
        return no("The preparer named for it gathers what goes in.")
    return may_be_preparer(by)


def may_decide(by: Staff, bundle: Bundle) -> Permission:
    if by.pk != bundle.preparer_id:
        return no("Who gathered it decides what goes in.")
    if bundle.state in (State.PREPARING, State.READING, State.APPROVED):
        return YES
    return no("It was handed over or recalled. Gather a new edition to change anything.")


def may_read(by: Staff, bundle: Bundle) -> Permission:
    if by.pk == bundle.preparer_id:
        return no("Another person than its preparer reads it.")
    if by.pk == bundle.reader_id and bundle.state == State.READING:
        return YES
    return no("It is not laid before you to read.")
