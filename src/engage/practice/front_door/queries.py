"""The referrals and calls about one child that a reader may see, and the letters to the team."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import QuerySet

from engage.practice.access.gate import acting
from engage.practice.access.written_once import ONE_UUID, written_once
from engage.practice.agencies.models import Staff

from .models import Call, ReceivedLetter, Referral


def referrals_of(person_id: UUID, reader: Staff) -> list[Referral]:
    """Latest first, each with its agency (`referral.compartment.owner`)."""
    return _referrals(reader, person_id=person_id)


@written_once(person_id=ONE_UUID)
def _referrals(reader: Staff, person_id: UUID) -> QuerySet[Referral]:
    rows = Referral.objects.visible_to(reader).filter(person_id=person_id, current=True)
    return rows.select_related("compartment__owner").order_by("-referred_at", "id")


def calls_of(person_id: UUID, reader: Staff) -> list[Call]:
    """Latest first: each call once, in full where the reader may see that, else its summary.

    A safe way to call back is a number or a place: left out where the reader must not learn where the child is.
    """
    calls: dict[tuple[int, str], Call] = {}
    for call in _calls(reader, person_id=person_id):
        if person_id in acting().kept_location:
            call.safe_contact = ""
        calls.setdefault((call.compartment.owner_id, call.reference), call)
    return list(calls.values())


@written_once(person_id=ONE_UUID)
def _calls(reader: Staff, person_id: UUID) -> QuerySet[Call]:
    rows = Call.objects.visible_to(reader).filter(person_id=person_id, current=True)
    return rows.select_related("compartment__owner").order_by("-started_at", "reference", "is_summary")


def letters(reader: Staff):
    """Latest first."""
    return ReceivedLetter.objects.visible_to(reader).order_by("-received_at", "-id")


def openers(letters: Iterable[ReceivedLetter]) -> dict[UUID, str]:
    """Names of the colleagues who opened these, by their ids."""
    ids = {letter.opened_by_id for letter in letters}
    return dict(Staff.objects.filter(pk__in=ids).values_list("pk", "name"))
