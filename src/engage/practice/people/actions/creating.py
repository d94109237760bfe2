"""A child nobody has a record of yet, typed at the desk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid4

from engage.practice.access import audit, gate, reach
from engage.practice.agencies.models import Staff

from .. import permissions
from ..grouping import service
from ..models import Record
from .linking import link_records
from .records import AddressInput, IdentityInput, write_records
from .sources import SourceInput, write_sources


@dataclass(frozen=True, slots=True)
class TypedIdentity:
    forenames: str = ""
    surname: str = ""
    known_as: str = ""
    born_on: date | None = None
    born_earliest: date | None = None
    born_latest: date | None = None
    age_stated: int | None = None
    sex: str = ""
    nhs_number: str = ""
    upn: str = ""
    council_child_id: str = ""
    phone: str = ""
    postcode: str = ""
    district: str = ""


def create_person(*, identity: TypedIdentity, new_because: str, by: Staff, now: datetime) -> Record:
    """Make a record of a child in the agency of `by`, with the reason why it is none of those found.

    Nothing is ever joined by the program to a record typed here, whatever number it bears: the person has
    just said "new" with those found before their eyes, and what is typed during a call holds slips. Likely
    pairs are offered for somebody to decide.
    """
    permissions.may_create_person(by).enforce()
    permissions.says_why_new(new_because).enforce()
    if not (identity.forenames or identity.surname or identity.known_as):
        raise gate.NotPermitted("Give at least one name, or what the child is called.")
    reference = str(uuid4())
    receiver = service("service_receiver")
    content = {
        name: str(value)
        for name in TypedIdentity.__slots__
        if (value := getattr(identity, name)) not in ("", None)
    }
    with gate.acting_as(receiver, now=now):
        (source,) = write_sources(
            [
                SourceInput(
                    by.agency,
                    "desk",
                    reference,
                    "C01",
                    {**content, "new_because": new_because.strip(), "typed_by": by.code},
                )
            ],
            by=receiver,
            now=now,
        )
        record_id: UUID
        (record_id,) = write_records(
            [
                IdentityInput(
                    by.agency,
                    "desk",
                    reference,
                    source.source_id,
                    forenames=identity.forenames,
                    surname=identity.surname,
                    known_as=identity.known_as,
                    born_on=identity.born_on,
                    born_earliest=identity.born_earliest,
                    born_latest=identity.born_latest,
                    age_stated=identity.age_stated,
                    sex=identity.sex,
                    nhs_number=identity.nhs_number,
                    upn=identity.upn,
                    council_child_id=identity.council_child_id,
                    phone=identity.phone,
                    district=identity.district,
                    addresses=(AddressInput(postcode=identity.postcode, district=identity.district),)
                    if identity.postcode
                    else (),
                )
            ],
            by=receiver,
            now=now,
        ).values()
        link_records([record_id], by=by, now=now, offer_only=True)
    # Compartments of the agency may have been made just now.
    context = gate.acting()
    context.set_reach(reach.reach_of(by, context.purpose, context.now))
    audit.record(audit.Verb.COLLECT, "create_person", subjects=[record_id], kinds=["people.record"])
    return Record.objects.visible_to(by).get(pk=record_id)
