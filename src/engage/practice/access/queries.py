"""Reading agreements and the proposals to change them. Both are about organisations; nothing here is about a child."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from engage.practice.agencies.models import Agency

from .explaining import in_force
from .models import AgreementProposal, SharingAgreement

WITH_PEOPLE = ("replaces", "proposed_by", "first_approver", "second_approver", "closed_by")


@dataclass(frozen=True)
class Agreements:
    in_force: list[SharingAgreement]
    coming: list[SharingAgreement]
    ended: list[SharingAgreement]
    proposed: list[AgreementProposal]
    closed: list[AgreementProposal]


def agreements(now: datetime) -> Agreements:
    rows = list(SharingAgreement.objects.prefetch_related("owners", "recipients").order_by("code", "version"))
    proposals = list(AgreementProposal.objects.select_related(*WITH_PEOPLE))
    return Agreements(
        in_force=[one for one in rows if one.starts_at <= now < one.in_force_until],
        coming=[one for one in rows if now < one.starts_at < one.in_force_until],
        ended=[one for one in rows if one.in_force_until <= max(now, one.starts_at)],
        proposed=[one for one in proposals if one.is_open],
        closed=[one for one in proposals if not one.is_open],
    )


def versions_of(code: str) -> list[SharingAgreement]:
    """The latest first. Raises DoesNotExist for a code that no agreement has."""
    rows = SharingAgreement.objects.filter(code=code).order_by("-version")
    found = list(
        rows.select_related("proposal__first_approver", "proposal__second_approver").prefetch_related(
            "owners", "recipients"
        )
    )
    if not found:
        raise SharingAgreement.DoesNotExist
    return found


def proposal(proposal_id: UUID) -> AgreementProposal:
    return (
        AgreementProposal.objects.select_related(*WITH_PEOPLE)
        .prefetch_related("owners", "recipients")
        .get(pk=proposal_id)
    )


def titles_in_force(agency: Agency, purpose: str, now: datetime) -> list[str]:
    return [one.named for one in in_force(agency, purpose, now)]
