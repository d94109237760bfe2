"""Whether somebody may do a thing, and the sentence they read when the answer is no."""

from __future__ import annotations

from dataclasses import dataclass

from engage.practice.agencies.models import Staff

from .gate import NotPermitted
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
