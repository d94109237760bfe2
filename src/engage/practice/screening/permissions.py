"""Who may take and decide a first look, and the sentence for whoever may not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from engage.practice.access.looking import purposes_offered
from engage.practice.access.permissions import YES, Permission, no
from engage.practice.access.policy.purposes import purposes_of
from engage.practice.access.reach import CORE_TEAM_ROLES
from engage.practice.agencies.models import Staff
from engage.reference import sharing_matrix

from .models import ExploitationJudgement, FirstLook

State = FirstLook.State
NOT_RESTRICTED = "What is known here is restricted, and your role writes no restricted judgement. Ask the team manager who can."


def _of_the_team(by: Staff) -> bool:
    return by.role in CORE_TEAM_ROLES and by.is_active


def _may_judge_restricted(by: Staff) -> bool:
    """A judgement from restricted causes alone is restricted like them: letter F writes such rows, letter S does not."""
    return sharing_matrix().get((by.role, "C06")) == "F"


def may_take(by: Staff, looks: Sequence[FirstLook], *, restricted: bool) -> Permission:
    """`restricted`: of one of the looks `by` sees restricted causes alone."""
    if not _of_the_team(by):
        return no("Only the team takes first looks. Ring the team if you know something about this child.")
    if restricted and not _may_judge_restricted(by):
        return no(NOT_RESTRICTED)
    held_by = next(
        (look.holder for look in looks if look.state == State.TAKEN and look.holder_id != by.pk), None
    )
    if held_by:
        return no(f"{held_by.name} is looking at this child. Ask for the look to be handed back first.")
    return YES


def may_hand_back(by: Staff, looks: Sequence[FirstLook]) -> Permission:
    if not _of_the_team(by):
        return no("Only the team hands first looks back.")
    taken = [look for look in looks if look.state == State.TAKEN]
    if not taken:
        return no("Nobody is looking at this child, so there is nothing to hand back.")
    if by.role != "team_manager" and any(look.holder_id != by.pk for look in taken):
        return no(f"{taken[0].holder_name} took this look. They, or a team manager, can hand it back.")
    return YES


def may_decide(by: Staff, looks: Sequence[FirstLook], *, restricted: bool) -> Permission:
    """`restricted` as in `may_take`: a cause may have been taken back since."""
    if not _of_the_team(by):
        return no("Only the team decides first looks.")
    waiting = [look for look in looks if look.state in (State.OPEN, State.TAKEN)]
    if not waiting:
        return no("This first look has been decided. Take it again to judge anew.")
    if restricted and not _may_judge_restricted(by):
        return no(NOT_RESTRICTED)
    for look in waiting:
        if look.state == State.OPEN:
            return no("Take this first look before you decide it, so that you see what the team may see.")
        if look.holder_id != by.pk:
            return no(f"{look.holder_name} is looking at this child and decides, or hands the look back.")
    return YES


def is_complete(level: str, reason: str, next_step: str, review_on: date | None, today: date) -> Permission:
    """All four judgements need a review date: "not exploited" too is only so as far as known."""
    if level not in ExploitationJudgement.Level.values:
        return no("Choose one of the four judgements.")
    if not reason.strip():
        return no("Give the reason for your judgement.")
    if not next_step.strip():
        return no("Say what happens next, and who does it.")
    if review_on is None:
        return no("Give the day on which the judgement is looked at again.")
    if review_on < today:
        return no("The review date must not be in the past.")
    return YES


def is_shared_for(something_is_seen: bool) -> Permission:
    return YES if something_is_seen else no("No agreement in force covers this purpose. Choose another.")


def may_state_purpose(by: Staff, purpose: str) -> Permission:
    """Opens nothing: it explains a look at what somebody may see anyway."""
    return YES if purpose in purposes_offered(by) else no("Choose one of the purposes of your role.")


def may_open_with_purpose(by: Staff, purpose: str, child_in_area: bool) -> Permission:
    if not _of_the_team(by) or by.team is None:
        return no("Only the team on duty opens a child's record by stating a purpose.")
    if not child_in_area:
        return no("This child is not in your team's area.")
    if purpose not in purposes_of(by.role):
        return no("Choose one of the purposes of your role.")
    return YES
