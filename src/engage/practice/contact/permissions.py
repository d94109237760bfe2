"""Who keeps how a child can be reached, and who writes and rings."""

from __future__ import annotations

from uuid import UUID

from engage.practice.access.gate import acting
from engage.practice.access.permissions import APPROVE, YES, Permission, no
from engage.practice.agencies.models import Staff
from engage.reference import sharing_matrix

LOCATION = "C01L"


def may_keep_contact(by: Staff) -> Permission:
    """Those whose role writes where people live and how they are reached (letter F of the sharing matrix)."""
    if by.is_active and by.kind == Staff.Kind.PERSON and sharing_matrix().get((by.role, LOCATION)) == "F":
        return YES
    return no("Your role does not record how a child can be reached. Tell somebody who works with the child.")


def may_reach_out(by: Staff, person_id: UUID) -> Permission:
    """Write and ring: only who works with the child sees everything that agencies say of what is unsafe."""
    if not (allowed := may_keep_contact(by)):
        return allowed
    if person_id in acting().people:
        return YES
    return no(
        "Only those who work with a child write or ring: nobody else sees everything that is said about what is safe."
        " Open the record with a purpose first, or ask who leads."
    )


def may_set_signposts(by: Staff) -> Permission:
    """An agency's own lead says what may be told of what it holds."""
    if by.role in APPROVE and by.is_active:
        return YES
    return no("Information-governance leads and team managers set the signposts of their own agency.")


def gives_reason(words: str, sentence: str = "Say why: it is kept.") -> Permission:
    return YES if words.strip() else no(sentence)
