"""Who may tell another agency, who looks a second time, and who may be told."""

from __future__ import annotations

from engage.practice.access.permissions import YES, Permission, no
from engage.practice.agencies.models import Staff

from .models import Disclosure, EmergencyAccess

# They look at what others recorded, or run the machine: nothing of a child comes from them or goes to them.
WITHOUT_CHILDREN = {"sys_admin", "board_analyst", "dpo_audit", "inquiry_liaison"}


def may_share(by: Staff) -> Permission:
    if by.is_active and by.kind == Staff.Kind.PERSON and by.role not in WITHOUT_CHILDREN:
        return YES
    return no("Your role does not tell other agencies about a child.")


def may_be_told(recipient: Staff, by: Staff) -> Permission:
    """A recipient comes from the directory, and their sign-in is the address: nothing is delivered anywhere else."""
    if recipient.pk == by.pk:
        return no("Choose somebody else than yourself.")
    if not recipient.is_active:
        return no(f"{recipient.name} does not work there any more. Choose who took over.")
    if recipient.user_id is None:
        return no(
            f"{recipient.name} has no sign-in, so nothing can be delivered to them. Ask their agency to set one up."
        )
    if recipient.role in WITHOUT_CHILDREN:
        return no(f"{recipient.name} has a role that is told nothing of a child.")
    return YES


def may_look_second(by: Staff, disclosure: Disclosure) -> Permission:
    if by.pk == disclosure.sent_by_id:
        return no("The second person is somebody else than the first.")
    if by.role == "team_manager" and by.is_active and by.team_id == disclosure.team_id:
        return YES
    return no("The manager of the sender’s team decides as the second person.")


def may_recall(by: Staff, disclosure: Disclosure) -> Permission:
    if by.pk == disclosure.sent_by_id or (by.role == "team_manager" and by.team_id == disclosure.team_id):
        return YES
    return no("Who sent it or the manager of their team recalls it.")


def may_take_emergency(by: Staff) -> Permission:
    if by.is_active and by.kind == Staff.Kind.PERSON and by.role not in WITHOUT_CHILDREN:
        return YES
    return no("Your role has no emergency access.")


def may_review_emergency(by: Staff, taken: EmergencyAccess) -> Permission:
    if by.pk == taken.taken_by_id:
        return no("Somebody else reviews it.")
    if by.pk == taken.reviewer_id or by.role == "dpo_audit":
        return YES
    return no("The person named for it, or the information-governance lead, reviews it.")
