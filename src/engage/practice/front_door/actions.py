"""Keeping what professionals refer and what callers say, set-wise for whole files; and letters, opened one by one.

Columns that are facts of their own (people of concern, vehicles, places, the referrer's contact)
are written by the caller through people's facts. That a child is missing now is the caller's to pass on:
a later stage of the journey keeps it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID, uuid4

from engage.practice.access import audit
from engage.practice.access.models import Label
from engage.practice.agencies.models import Agency, Staff

from . import permissions
from .models import Call, ReceivedLetter, Referral
from .versions import compartments_by_owner, fit, move_aside, records_of

Row = TypeVar("Row", Referral, Call)


@dataclass(frozen=True, slots=True)
class ReferralInput:
    record_id: UUID
    owner: Agency
    source_id: UUID | None
    reference: str
    referred_at: datetime
    source_code: str = ""
    referrer_agency: str = ""
    immediate_danger: bool | None = None
    indicators: tuple[str, ...] = ()
    what_happened: str = ""
    when_where: str = ""
    child_told: str = ""
    consent_status: str = ""
    label: str = Label.FULL
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class CallInput:
    record_id: UUID
    owner: Agency
    source_id: UUID | None
    reference: str
    started_at: datetime
    concern: str = ""
    safe_to_call_back: bool | None = None
    safe_contact: str = ""
    immediate_danger: bool | None = None
    outcome: str = ""
    caller_kind: str = ""
    caller_name: str = ""
    worker_ref: str = ""
    label: str = Label.FULL
    withdrawn: bool = False


def write_referrals(inputs: Sequence[ReferralInput], *, by: Staff, now: datetime) -> list[Referral]:
    """Keep these, in the order given; what an earlier version of one said is current no more."""
    compartments = compartments_by_owner((given.owner, "C06", given.label) for given in inputs)
    records = records_of(inputs, by)
    referrals = []
    for given in inputs:
        referrals.append(
            Referral(
                **_of_record(given, records, now),
                compartment_id=compartments[given.owner.pk, "C06", given.label],
                reference=fit(Referral, "reference", given.reference),
                referred_at=given.referred_at,
                source_code=fit(Referral, "source_code", given.source_code),
                referrer_agency=fit(Referral, "referrer_agency", given.referrer_agency),
                immediate_danger=given.immediate_danger,
                indicators=[indicator[:10] for indicator in given.indicators],
                what_happened=given.what_happened,
                when_where=given.when_where,
                child_told=fit(Referral, "child_told", given.child_told),
                consent_status=fit(Referral, "consent_status", given.consent_status),
            )
        )
    keys = [(given.owner.pk, row.reference, False) for given, row in zip(inputs, referrals, strict=True)]
    _keep(Referral, referrals, keys, by)
    return referrals


def write_calls(inputs: Sequence[CallInput], *, by: Staff, now: datetime) -> list[Call]:
    """Keep each call in full for who took it, and beside it a summary that never tells of the caller.

    A restricted call has no summary: that would show under another label what is for the named alone.
    """
    compartments = compartments_by_owner(
        [(given.owner, "C21", given.label) for given in inputs]
        + [(given.owner, "C21", Label.SUMMARY) for given in inputs if given.label == Label.FULL]
    )
    records = records_of(inputs, by)
    calls, keys = [], []
    for given in inputs:
        reference = fit(Call, "reference", given.reference)
        told = {
            "reference": reference,
            "started_at": given.started_at,
            "concern": given.concern,
            "safe_to_call_back": given.safe_to_call_back,
            "safe_contact": fit(Call, "safe_contact", given.safe_contact),
            "immediate_danger": given.immediate_danger,
        }
        calls.append(
            Call(
                **_of_record(given, records, now),
                **told,
                compartment_id=compartments[given.owner.pk, "C21", given.label],
                is_summary=False,
                outcome=given.outcome,
                caller_kind=fit(Call, "caller_kind", given.caller_kind),
                caller_name=fit(Call, "caller_name", given.caller_name),
                worker_ref=fit(Call, "worker_ref", given.worker_ref),
            )
        )
        keys.append((given.owner.pk, reference, False))
        if given.label == Label.FULL:
            calls.append(
                Call(
                    **_of_record(given, records, now),
                    **told,
                    compartment_id=compartments[given.owner.pk, "C21", Label.SUMMARY],
                    is_summary=True,
                )
            )
            keys.append((given.owner.pk, reference, True))
    _keep(Call, calls, keys, by)
    return calls


def open_letter(letter_id: UUID, *, by: Staff, now: datetime) -> ReceivedLetter:
    """Say that somebody has read this letter and sees to it. Said again by the same person, nothing changes."""
    letter = ReceivedLetter.objects.visible_to(by).select_for_update().get(pk=letter_id)
    permissions.may_open_letter(by, letter).enforce()
    if letter.opened_at is None:
        letter.opened_at, letter.opened_by_id = now, by.pk
        letter.save(update_fields=["opened_at", "opened_by_id"])
        audit.record(audit.Verb.ALTER, "open_letter", kinds=[letter._meta.label_lower], asked=letter_id)
    return letter


def _of_record(given: ReferralInput | CallInput, records: dict, now: datetime) -> dict:
    record = records[given.record_id]
    return {
        "id": uuid4(),
        "record_id": given.record_id,
        "person_id": record.person_id,
        "area": record.area,
        "source_id": given.source_id,
        "current": not given.withdrawn,
        "recorded_at": now,
    }


def _keep(model: type[Row], rows: Sequence[Row], keys: Sequence[tuple[int, str, bool]], by: Staff) -> None:
    earlier = (
        model.objects.visible_to(by)
        .filter(current=True, reference__in={reference for _, reference, _ in keys})
        .select_related("compartment")
    )
    standing = {
        (row.compartment.owner_id, row.reference, getattr(row, "is_summary", False)): row.pk
        for row in earlier
    }
    last = {key: place for place, key in enumerate(keys)}
    for place, (row, key) in enumerate(zip(rows, keys, strict=True)):
        if last[key] != place:
            row.current = False  # a later row of the same batch says it anew
        elif key in standing:
            row.id = standing[key]
    move_aside(model, [standing[key] for key in last if key in standing], by)
    model.objects.bulk_create(rows, batch_size=1000)
