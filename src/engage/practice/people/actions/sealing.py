"""Sealing what one named person alone may know of a child; handing it over; unsealing it.

Entries of the account about a sealed item name the item and never the child: who reads a child's account learns nothing
of it. A look at it is accounted for as a look at the child's page, which asks everybody's sealed items alike.
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from engage.methods.moments import london_date
from engage.practice.access import audit, gate
from engage.practice.access.gate import NotPermitted
from engage.practice.access.models import Label
from engage.practice.agencies.models import Staff

from .. import permissions
from ..grouping import service
from ..models import Fact, Record, SealedHandover, SealedItem
from ..queries import records_of
from .facts import FactInput, write_facts
from .sources import compartments_of

SEALED = ("C06", Label.SEALED)
NOTE = "note"


def seal(
    *, person_id: UUID, text: str, reason: str, holder: Staff, review_on: date, by: Staff, now: datetime
) -> SealedItem:
    """From now on `holder` alone reads it: not even `by`, if that is another.

    Raises Record.DoesNotExist unless `by` sees the child, NotPermitted.
    """
    records = records_of(person_id, by)
    if not records:
        raise Record.DoesNotExist
    permissions.may_seal(by).enforce()
    permissions.may_hold(holder, by).enforce()
    _to_be_reviewed(review_on, now)
    if not (text.strip() and reason.strip()):
        raise NotPermitted("Write what is to be sealed, and why.")
    record = next((one for one in records if one.agency_id == by.agency_id), records[0])
    item = SealedItem.objects.create(
        compartment_id=compartments_of(by.agency, {SEALED})[SEALED],
        record=record,
        person_id=record.person_id,
        area=record.area,
        recorded_at=now,
        text=text.strip(),
        reason=reason.strip(),
        holder=holder,
        sealed_by=by,
        review_on=review_on,
    )
    audit.record(audit.Verb.ALTER, "seal", subjects=[item.pk])
    return item


def keep_sealed(*, item_id: UUID, review_on: date, by: Staff, now: datetime) -> None:
    """Reviewed: it stays sealed until another day. Raises SealedItem.DoesNotExist for anybody but its holder."""
    item = _held(item_id, by)
    _to_be_reviewed(review_on, now)
    item.review_on = review_on
    item.save(update_fields=["review_on"])
    audit.record(audit.Verb.ALTER, "keep_sealed", subjects=[item.pk])


def hand_over(*, item_id: UUID, to: Staff, by: Staff, now: datetime) -> SealedHandover:
    """Offer it to a colleague. Until they take it, the holder holds it; an earlier offer is withdrawn."""
    item = _held(item_id, by)
    permissions.may_hold(to, by).enforce()
    if to.pk == by.pk:
        raise NotPermitted("You hold it already.")
    SealedHandover.objects.visible_to(by).filter(item=item, ended_at=None).update(ended_at=now)
    offer = SealedHandover.objects.create(
        item=item,
        record_id=item.record_id,
        person_id=item.person_id,
        offered_by=by,
        offered_to=to,
        offered_at=now,
    )
    audit.record(audit.Verb.ALTER, "offer_sealed", subjects=[item.pk], acting_for=str(to.pk))
    return offer


def answer_offer(*, handover_id: UUID, accept: bool, by: Staff, now: datetime) -> None:
    """The colleague takes it, and is its holder from now on, or does not.

    Raises SealedHandover.DoesNotExist, and NotPermitted where they may hold none by now.
    """
    offer = (
        SealedHandover.objects.visible_to(by)
        .filter(offered_to=by, ended_at=None)
        .select_related("offered_by")
        .select_for_update(of=("self",))
        .get(pk=handover_id)
    )
    if accept:
        permissions.may_hold(by, offer.offered_by).enforce()  # roles and agencies change after an offer
        # Nobody but the holder sees the item, and so nobody but they could give it away.
        receiver = service("service_receiver")
        with gate.acting_as(receiver, now=now):
            held = SealedItem.objects.visible_to(receiver).filter(
                pk=offer.item_id, holder_id=offer.offered_by_id, current=True
            )
            if not held.update(holder=by):
                raise SealedHandover.DoesNotExist
    offer.ended_at, offer.accepted = now, accept
    offer.save(update_fields=["ended_at", "accepted"])
    audit.record(audit.Verb.ALTER, "take_sealed" if accept else "refuse_sealed", subjects=[offer.item_id])


def unseal(*, item_id: UUID, category: str, by: Staff, now: datetime) -> Fact:
    """It becomes a note like any other of this category, for whoever may see such notes of one's own agency.

    Raises SealedItem.DoesNotExist, Record.DoesNotExist where the holder sees the child no more, NotPermitted.
    """
    item = _held(item_id, by)
    if not Record.objects.visible_to(by).filter(pk=item.record_id).exists():
        raise Record.DoesNotExist
    permissions.may_unseal_to(category, by).enforce()
    told = FactInput(
        by.agency, item.record_id, NOTE, category, text=item.text, true_on=london_date(item.recorded_at)
    )
    (note,) = write_facts([told], by=by, now=now)
    item.current, item.ended_at = False, now
    item.save(update_fields=["current", "ended_at"])
    SealedHandover.objects.visible_to(by).filter(item=item, ended_at=None).update(ended_at=now)
    audit.record(audit.Verb.ALTER, "unseal", subjects=[item.pk])
    audit.record(
        audit.Verb.ALTER,
        "write_note",
        subjects=[note.person_id] if note.person_id else [],
        kinds=["people.fact"],
    )
    return note


def _held(item_id: UUID, by: Staff) -> SealedItem:
    return (
        SealedItem.objects.visible_to(by).filter(current=True).select_for_update(of=("self",)).get(pk=item_id)
    )


def _to_be_reviewed(on: date, now: datetime) -> None:
    if on <= london_date(now):
        raise NotPermitted("The day of review lies in the future.")
