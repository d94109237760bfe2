"""Whether somebody may do a thing, and the sentence they read when the answer is no."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from engage.practice.agencies.models import Staff

from .gate import NotPermitted
from .looks import ReadingAlarm, UnexplainedLook
from .models import AgreementProposal


@dataclass(frozen=True)
class Permission:
    allowed: bool
    sentence: str = ""

    def enforce(self) -> None:
        if not self.allowed:
            raise NotPermitted(self.sentence)

    def __bool__(self) -> bool:
        return self.allowed


YES = Permission(True)


def no(sentence: str) -> Permission:
    return Permission(False, sentence)


# Those who look after how Engage is used. None of them needs to see a child for it.
LOOK_AFTER_ACCESS = ("dpo_audit", "team_manager", "sys_admin")
APPROVE = ("dpo_audit", "team_manager")


def may_look_after_access(by: Staff) -> Permission:
    """Read what agencies have agreed to share, and propose a change of it."""
    if by.role in LOOK_AFTER_ACCESS and by.is_active:
        return YES
    return no(
        "Agreements are looked after by information-governance leads, team managers and administrators."
    )


def may_ask_who_sees_what(by: Staff) -> Permission:
    if by.role == "dpo_audit" and by.is_active:
        return YES
    return no("Only information-governance leads ask what somebody may see, and who may see something.")


def may_read_registers(by: Staff) -> Permission:
    if by.role == "dpo_audit" and by.is_active:
        return YES
    return no("Only information-governance leads read the registers.")


def may_approve(by: Staff, proposal: AgreementProposal, *, earlier_counts: bool = True) -> Permission:
    """`earlier_counts` is False where the first approval was for another effect and no longer counts."""
    if not proposal.is_open:
        return no(f"This proposal is closed: {proposal.get_state_display().lower()}.")
    if by.role not in APPROVE or not by.is_active:
        return no("Only information-governance leads and team managers approve a change of an agreement.")
    if by.pk == proposal.proposed_by_id:
        return no("You proposed this. Two other people approve it.")
    first = proposal.first_approver if earlier_counts else None
    if first is None:
        return YES
    if first.pk == by.pk:
        return no("You have approved this. Somebody else gives the second approval.")
    if "dpo_audit" not in (by.role, first.role):
        return no("One of the two approvals is that of an information-governance lead.")
    return YES


def may_refuse(by: Staff, proposal: AgreementProposal) -> Permission:
    if not proposal.is_open:
        return no(f"This proposal is closed: {proposal.get_state_display().lower()}.")
    if by.role not in APPROVE or not by.is_active:
        return no("Only information-governance leads and team managers refuse a change of an agreement.")
    if by.pk == proposal.proposed_by_id:
        return no("You proposed this. Withdraw it instead.")
    return YES


def may_withdraw(by: Staff, proposal: AgreementProposal) -> Permission:
    if not proposal.is_open:
        return no(f"This proposal is closed: {proposal.get_state_display().lower()}.")
    if by.pk != proposal.proposed_by_id:
        return no("Only whoever proposed a change withdraws it.")
    return YES


READ_LOOKS = ("dpo_audit", "team_manager")


def may_read_looks(by: Staff) -> Permission:
    """Managers read of their own agency's staff alone; the database says so too (`engage_looks`)."""
    if by.role in READ_LOOKS and by.is_active:
        return YES
    return no("Who looked is read by information-governance leads, and by team managers of their own agency.")


def may_review_look(by: Staff, look: UnexplainedLook) -> Permission:
    if not may_read_looks(by):
        return no("Information-governance leads and team managers review looks.")
    if by.pk == look.looker_id:
        return no("Nobody reviews a look of their own.")
    if look.state not in UnexplainedLook.WAITING:
        return no("This look was reviewed already.")
    return YES


def may_answer_for_look(by: Staff, look: UnexplainedLook) -> Permission:
    if by.pk != look.looker_id:
        return no("Only whoever looked says why they did.")
    if look.state != UnexplainedLook.State.ASKED:
        return no("You are not asked about this look.")
    if look.answered_at:
        return no("You have answered. What you said stays as you said it, and the lead reads it.")
    return YES


def may_take_alarm(by: Staff, alarm: ReadingAlarm, now: datetime) -> Permission:
    """Taken once; over from whoever took it and did not settle it in time, by another lead."""
    if not may_read_looks(by):
        return no("Information-governance leads and team managers take alarms.")
    if by.pk == alarm.looker_id:
        return no("Nobody takes an alarm about their own reading.")
    if alarm.settled_at:
        return no("This alarm was settled.")
    if alarm.taken_at and not (alarm.settling_is_late(now) and by.role == "dpo_audit"):
        return no("Somebody has taken this alarm.")
    if by.pk == alarm.taken_by_id:
        return no("You have taken this alarm.")
    return YES


def may_settle_alarm(by: Staff, alarm: ReadingAlarm) -> Permission:
    if alarm.settled_at:
        return no("This alarm was settled.")
    if by.pk != alarm.taken_by_id:
        return no("Whoever took the alarm settles it.")
    return YES


def may_sign_others_out(by: Staff) -> Permission:
    if by.role in ("sys_admin", "dpo_audit") and by.is_active:
        return YES
    return no("Only administrators and information-governance leads sign other people out.")
