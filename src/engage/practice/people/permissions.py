"""Who may say who is who."""

from __future__ import annotations

from engage.practice.access.permissions import YES, Permission, no
from engage.practice.access.reach import CORE_TEAM_ROLES
from engage.practice.agencies.models import Staff

MAY_JUDGE = CORE_TEAM_ROLES | {"police_intel"}


def may_judge(by: Staff) -> Permission:
    """Say whether two records are one person, and take such a judgement back."""
    if by.role in MAY_JUDGE and by.is_active:
        return YES
    return no("Only the team and police intelligence staff decide whether two records are one person.")


def may_create_person(by: Staff) -> Permission:
    if by.role in MAY_JUDGE and by.is_active:
        return YES
    return no("Only the team and police intelligence staff add a child.")


def may_restrict(by: Staff) -> Permission:
    """Say that only those named see a child, name them, and lift it."""
    if by.role == "team_manager" and by.is_active:
        return YES
    return no("Only the team manager restricts a child, names who sees it, and lifts that again.")


def gives_reason(reason: str) -> Permission:
    return YES if reason.strip() else no("Say why: the reason is kept with your judgement.")


def says_why_new(new_because: str) -> Permission:
    if new_because.strip():
        return YES
    return no("Say why this is a new child and none of those found.")
