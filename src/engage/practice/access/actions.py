"""Changing what agencies share: somebody proposes, two others approve, and only then does it do anything."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from engage.practice.agencies.models import Agency, Staff
from engage.reference import categories as known_categories

from . import audit, permissions
from .effect import difference, effect_of, effective_from, versions_ended_by
from .gate import NotPermitted
from .models import AgreementProposal, SharingAgreement
from .policy import PURPOSES
from .reach import compile_reach, places_by_number, stored_reach, wait_for_other_compilations


class EffectHasChanged(Exception):
    """What the change would do is no longer what was shown. The new preview has to be read first."""


class EffectDiffers(RuntimeError):
    """Activated, it did something else than the preview said, and everything was rolled back.

    That happens where the stored sets were not compiled after staff or policy changed: the change would have
    brought more into force than those who approved it were shown.
    """


class TermsDoNotFit(Exception):
    """`field` of what was typed, and the sentence for whoever typed it."""

    def __init__(self, field: str, sentence: str):
        super().__init__(sentence)
        self.field = field


@dataclass(frozen=True)
class Terms:
    code: str
    title: str
    owners: Collection[Agency]
    recipients: Collection[Agency]
    categories: Collection[str]
    purposes: Collection[str]
    lawful_basis: str
    starts_at: datetime
    ends_at: datetime  # the first moment it is no longer in force
    signed_by: str


@transaction.atomic
def propose(terms: Terms, *, reason: str, by: Staff, now: datetime) -> AgreementProposal:
    """Propose an agreement under a code that none has yet."""
    permissions.may_look_after_access(by).enforce()
    if SharingAgreement.objects.filter(code=terms.code).exists():
        raise TermsDoNotFit("code", "There is an agreement with this code. Propose a new version of it.")
    return _proposed(AgreementProposal.Kind.NEW, terms, None, reason, by, now)


@transaction.atomic
def propose_version(
    agreement: SharingAgreement, terms: Terms, *, reason: str, by: Staff, now: datetime
) -> AgreementProposal:
    """Propose that other terms take the place of every earlier version, from their start on."""
    permissions.may_look_after_access(by).enforce()
    _refuse_second_proposal(agreement)
    return _proposed(AgreementProposal.Kind.VERSION, terms, agreement, reason, by, now)


@transaction.atomic
def propose_end(
    agreement: SharingAgreement, *, ends_at: datetime, reason: str, by: Staff, now: datetime
) -> AgreementProposal:
    """Propose to end a version before its time; a moment that has passed means: when it is approved."""
    permissions.may_look_after_access(by).enforce()
    _refuse_second_proposal(agreement)
    if ends_at >= agreement.in_force_until:
        raise TermsDoNotFit("ends_at", "It ends by then in any case. Give an earlier moment.")
    if agreement.in_force_until <= now:
        raise NotPermitted("This version has ended.")
    terms = Terms(
        agreement.code, agreement.title, list(agreement.owners.all()), list(agreement.recipients.all()),
        agreement.categories, agreement.purposes, agreement.lawful_basis, agreement.starts_at, ends_at, agreement.signed_by,
    )  # fmt: skip
    return _proposed(AgreementProposal.Kind.END, terms, agreement, reason, by, now)


def _refuse_second_proposal(agreement: SharingAgreement) -> None:
    if agreement.changes.filter(state__in=AgreementProposal.OPEN).exists():
        raise NotPermitted("A change of this version waits for approval. Settle that one first.")


def _check(kind: AgreementProposal.Kind, terms: Terms, now: datetime) -> None:
    if not terms.categories or set(terms.categories) - known_categories().keys():
        raise TermsDoNotFit("categories", "Select at least one category of the list")
    if not terms.purposes or set(terms.purposes) - PURPOSES.keys():
        raise TermsDoNotFit("purposes", "Select at least one purpose of the list")
    if not terms.owners or not terms.recipients:
        raise TermsDoNotFit("owners" if not terms.owners else "recipients", "Select at least one agency")
    if kind == AgreementProposal.Kind.END:
        return
    if terms.ends_at <= max(terms.starts_at, now):
        raise TermsDoNotFit("ends_at", "The end must lie in the future and after the start")


def _proposed(
    kind: AgreementProposal.Kind,
    terms: Terms,
    replaces: SharingAgreement | None,
    reason: str,
    by: Staff,
    now: datetime,
) -> AgreementProposal:
    _check(kind, terms, now)
    proposal = AgreementProposal.objects.create(
        kind=kind, replaces=replaces, reason=reason, proposed_by=by, proposed_at=now,
        code=terms.code, title=terms.title, categories=sorted(terms.categories), purposes=sorted(terms.purposes),
        lawful_basis=terms.lawful_basis, starts_at=terms.starts_at, ends_at=terms.ends_at, signed_by=terms.signed_by,
    )  # fmt: skip
    proposal.owners.set(terms.owners)
    proposal.recipients.set(terms.recipients)
    proposal.effect_digest = effect_of(proposal, now).digest
    proposal.save(update_fields=["effect_digest"])
    _account("propose_agreement_change", proposal)
    return proposal


@transaction.atomic
def approve(proposal_id: UUID, *, seen: str, by: Staff, now: datetime) -> AgreementProposal:
    """Approve what the preview with the digest `seen` says; the second approval activates it.

    Raises EffectHasChanged where that is no longer what it would do. An earlier approval of another
    effect does not count: this one is then the first.
    """
    permissions.may_look_after_access(by).enforce()
    proposal = _open(proposal_id)
    effect = effect_of(proposal, now)
    earlier_counts = proposal.effect_digest == effect.digest
    permissions.may_approve(by, proposal, earlier_counts=earlier_counts).enforce()
    _still_fits(proposal, now)
    if seen != effect.digest:
        raise EffectHasChanged(
            "What this would do has changed since you opened the page. Read the new preview, then approve."
        )
    if proposal.first_approver is None or not earlier_counts:
        proposal.first_approver, proposal.first_approved_at = by, now
        proposal.effect_digest, proposal.state = effect.digest, AgreementProposal.State.APPROVED_ONCE
        proposal.save()
        _account("approve_agreement_change", proposal)
        return proposal
    proposal.second_approver, proposal.second_approved_at = by, now
    proposal.state = AgreementProposal.State.IN_FORCE
    proposal.save()
    places = places_by_number().values()
    before = stored_reach()
    _activate(proposal, now)
    compile_reach()
    if difference(before, stored_reach(), now) != effect.within(places):
        raise EffectDiffers(
            "Nothing was changed: what is stored of everybody's access is older than the staff list, the policy or the"
            " agreements. The administrator runs “./run engage database migrate”; then approve again."
        )
    _account("activate_agreement_change", proposal)
    return proposal


def _still_fits(proposal: AgreementProposal, now: datetime) -> None:
    if proposal.kind == AgreementProposal.Kind.END:
        if proposal.replaces and proposal.replaces.in_force_until <= effective_from(proposal, now):
            raise NotPermitted("This version has ended or will end before. There is nothing left to approve.")
    elif proposal.ends_at <= now:
        raise NotPermitted("Its own end has passed. Propose it again with a later one.")
    elif (
        proposal.kind == AgreementProposal.Kind.NEW
        and SharingAgreement.objects.filter(code=proposal.code).exists()
    ):
        raise NotPermitted("Another agreement has this code by now. Propose this one under another code.")


def _activate(proposal: AgreementProposal, now: datetime) -> None:
    at = effective_from(proposal, now)
    for version in versions_ended_by(proposal, now):
        version.ended_at = at
        version.save(update_fields=["ended_at"])
    if proposal.kind == AgreementProposal.Kind.END:
        return
    latest = SharingAgreement.objects.filter(code=proposal.code).aggregate(Max("version"))["version__max"]
    version = SharingAgreement.objects.create(
        code=proposal.code, version=(latest or 0) + 1, title=proposal.title, categories=proposal.categories,
        purposes=proposal.purposes, lawful_basis=proposal.lawful_basis, starts_at=at, ends_at=proposal.ends_at,
        signed_by=proposal.signed_by,
    )  # fmt: skip
    version.owners.set(proposal.owners.all())
    version.recipients.set(proposal.recipients.all())
    version.proposal = proposal  # from here on the database lets nothing of it change
    version.save(update_fields=["proposal"])


@transaction.atomic
def refuse(proposal_id: UUID, *, because: str, by: Staff, now: datetime) -> AgreementProposal:
    permissions.may_look_after_access(by).enforce()
    proposal = _open(proposal_id)
    permissions.may_refuse(by, proposal).enforce()
    return _closed(proposal, AgreementProposal.State.REFUSED, because, by, now)


@transaction.atomic
def withdraw(proposal_id: UUID, *, because: str, by: Staff, now: datetime) -> AgreementProposal:
    permissions.may_look_after_access(by).enforce()
    proposal = _open(proposal_id)
    permissions.may_withdraw(by, proposal).enforce()
    return _closed(proposal, AgreementProposal.State.WITHDRAWN, because, by, now)


def _closed(
    proposal: AgreementProposal, state: AgreementProposal.State, because: str, by: Staff, now: datetime
) -> AgreementProposal:
    proposal.state, proposal.closed_by, proposal.closed_at, proposal.closed_because = state, by, now, because
    proposal.save()
    _account(
        "refuse_agreement_change"
        if state == AgreementProposal.State.REFUSED
        else "withdraw_agreement_change",
        proposal,
    )
    return proposal


def _open(proposal_id: UUID) -> AgreementProposal:
    """The proposal, locked, with every compilation kept waiting: the effect looked at is the effect had."""
    wait_for_other_compilations()
    return AgreementProposal.objects.select_for_update(of=("self",)).get(pk=proposal_id)


def _account(action: str, proposal: AgreementProposal) -> None:
    audit.record(
        audit.Verb.ALTER,
        action,
        asked=proposal.pk,
        agreement=proposal.code,
        kinds=["access.agreementproposal"],
    )
