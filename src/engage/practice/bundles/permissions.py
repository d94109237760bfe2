"""Who opens a request, who prepares its bundle, who reads it a second time, and who hands it over."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from engage.practice.access.gate import acting, acting_as
from engage.practice.access.permissions import YES, Permission, no
from engage.practice.agencies.models import Staff
from engage.practice.contact.leaving import kept_from
from engage.practice.sharing.permissions import WITHOUT_CHILDREN
from engage.reference import sharing_matrix

from .models import Bundle, BundleSpan, SubjectRequest

State = Bundle.State


def may_open(by: Staff) -> Permission:
    if by.is_active and by.role in ("dpo_audit", "team_manager"):
        return YES
    return no("The information-governance lead or a team manager opens it: tell them who asks, and today.")


def answers_for(by: Staff, request: SubjectRequest) -> Permission:
    """Owner, the lead of the opener's agency, the manager of the opener's team. The wall has sorted out all others."""
    if not (part := may_have_a_part(by, request.person_id, acting().now)):
        return part
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


def may_have_a_part(somebody: Staff, person_id: UUID | None, now: datetime) -> Permission:
    """None for a colleague who must learn nothing of the child: one with a conflict, or one to be kept away from it."""
    if person_id is not None and kept_from(person_id, somebody, now):
        return no(
            f"{somebody.name} must not be told of this child: a conflict of interest is recorded. Name another."
        )
    return YES


def may_be_named(somebody: Staff, person_id: UUID | None, now: datetime) -> Permission:
    """To prepare it or to read it a second time: also not for whom the child's record is hidden otherwise."""
    if person_id is not None:
        with acting_as(somebody, now=now) as theirs:
            if person_id in theirs.barred and not kept_from(person_id, somebody, now):
                return no(f"{somebody.name} must not be told of this child. Name another.")
    return may_have_a_part(somebody, person_id, now)


def may_read_second(reader: Staff, spans: Iterable[BundleSpan], person_id: UUID, now: datetime) -> Permission:
    """What the reader's role reads by itself. Where the policy has somebody decide case by case (R), or lets a summary be
    read (S), naming a second reader is no such decision."""
    with acting_as(reader, now=now) as theirs:
        is_named = person_id in theirs.named_people
    for span in spans:
        letter = sharing_matrix().get((reader.role, span.category), "N")
        if (letter != "F" and (letter != "S" or span.in_full)) or (span.restricted and not is_named):
            return no(
                f"{reader.name} cannot read it a second time: their role does not read “{span.what}” by itself."
                " Name another, or leave it out."
            )
    return YES


def may_prepare(by: Staff, request: SubjectRequest) -> Permission:
    if request.state == SubjectRequest.State.CLOSED:
        return no("The request was closed without a bundle.")
    if by.pk != request.preparer_id:
        return no("The preparer named for it gathers what goes in.")
    return may_be_preparer(by)


def may_decide(by: Staff, bundle: Bundle) -> Permission:
    if not (part := may_have_a_part(by, bundle.request.person_id, acting().now)):
        return part
    if by.pk != bundle.preparer_id:
        return no("Who gathered it decides what goes in.")
    if bundle.state in (State.PREPARING, State.READING, State.APPROVED):
        return YES
    return no("It was handed over or recalled. Gather a new edition to change anything.")


def may_read(by: Staff, bundle: Bundle) -> Permission:
    if by.pk == bundle.preparer_id:
        return no("Another person than its preparer reads it.")
    if by.pk == bundle.reader_id and bundle.state == State.READING:
        return may_have_a_part(by, bundle.request.person_id, acting().now)
    return no("It is not laid before you to read.")
