"""What is said of how a child can be reached, as far as one reader sees it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from engage.practice.access.gate import acting
from engage.practice.agencies.models import Staff
from engage.practice.people.mixtures import Sighting, sightings
from engage.practice.people.models import Address, Fact, Identifier, MixtureSeen, Record

from .models import NotToPerson, Outgoing, Said, WayOfContact
from .standing import Standing, holds, outside_safe_times, same_number, same_place, standing

SAID_BY = ("recorded_by__agency",)


@dataclass(frozen=True)
class Way:
    last: WayOfContact
    history: Sequence[WayOfContact]  # the latest first
    standing: Standing
    warning: str  # outside the safe times

    @property
    def id(self) -> UUID:
        return self.last.about_id


@dataclass(frozen=True)
class KeptAway:
    last: NotToPerson
    history: Sequence[NotToPerson]
    holds: bool

    @property
    def id(self) -> UUID:
        return self.last.about_id


@dataclass(frozen=True)
class Contact:
    """`safe`: what may be used now, a telephone first; `others` may not be used, each with the reason."""

    safe: Sequence[Way]
    others: Sequence[Way]
    kept_away: Sequence[KeptAway]
    outgoing: Sequence[Outgoing]


def contact_of(person_id: UUID, reader: Staff, now: datetime) -> Contact:
    kept_away = not_to_of(person_id, reader, now)
    ways = ways_of(person_id, reader, now, [one.last for one in kept_away if one.holds])
    safe = [way for way in ways if way.standing.safe]
    order = list(WayOfContact.Kind.values)
    safe.sort(key=lambda way: (bool(way.warning), way.last.whose != "child", order.index(way.last.kind)))
    return Contact(
        safe,
        [way for way in ways if not way.standing.safe],
        kept_away,
        list(
            Outgoing.objects.visible_to(reader)
            .filter(person_id=person_id)
            .select_related("by__agency")
            .order_by("-at", "id")[:100]
        ),
    )


def ways_of(person_id: UUID, reader: Staff, now: datetime, not_to: Sequence[NotToPerson]) -> list[Way]:
    rows = WayOfContact.objects.visible_to(reader).filter(person_id=person_id)
    said_of = [said for said in _by_thing(rows.select_related(*SAID_BY, "confirmed_by")) if said[0].stands]
    unsafe = {same_place(said[0]) for said in said_of if said[0].unsafe_at}
    lives = list(
        Address.objects.visible_to(reader)
        .filter(person_id=person_id, current=True, to_on=None)
        .select_related("compartment__owner")
        .order_by("-recorded_at", "id")
    )

    homes, numbers = _where_reached(not_to, reader)

    def asked(last: WayOfContact) -> Standing:
        of_the_child = last.kind == WayOfContact.Kind.ADDRESS and last.whose == WayOfContact.Whose.CHILD
        return standing(
            last,
            not_to,
            now,
            unsafe=unsafe,
            told_since=lives if of_the_child else (),
            homes=homes,
            numbers=numbers,
        )

    return [Way(said[0], said, asked(said[0]), outside_safe_times(said[0], now)) for said in said_of]


def _where_reached(
    not_to: Sequence[NotToPerson], reader: Staff
) -> tuple[dict[UUID, list[Address]], dict[UUID, set[str]]]:
    """Where those live of whom there is a record, and their numbers, by the person to be kept away."""
    known = {one.who_record_id: one.about_id for one in not_to if one.who_record_id}
    if not known:
        return {}, {}
    records = Record.objects.visible_to(reader).filter(pk__in=list(known))
    of = {person_id: known[pk] for pk, person_id in records.values_list("pk", "person_id")}
    rows = Address.objects.visible_to(reader).filter(person_id__in=list(of), current=True, to_on=None)
    homes: dict[UUID, list[Address]] = {}
    for row in rows:
        homes.setdefault(of[row.person_id], []).append(row)
    phones = Identifier.objects.visible_to(reader).filter(
        person_id__in=list(of), current=True, type=Identifier.Type.PHONE
    )
    numbers: dict[UUID, set[str]] = {}
    for phone in phones:
        numbers.setdefault(of[phone.person_id], set()).add(same_number(phone.number))
    return homes, numbers


def way(person_id: UUID, way_id: UUID, reader: Staff, now: datetime) -> Way:
    """Raises WayOfContact.DoesNotExist."""
    not_to = not_to_now(person_id, reader, now)
    found = next((one for one in ways_of(person_id, reader, now, not_to) if one.id == way_id), None)
    if found is None:
        raise WayOfContact.DoesNotExist
    return found


def whose(model: type[Said], about_id: UUID, reader: Staff) -> UUID:
    """Of which child a way or a person to be kept away is. Raises the model's DoesNotExist."""
    row = model.objects.visible_to(reader).filter(about_id=about_id).exclude(person_id=None).first()
    if row is None:
        raise model.DoesNotExist
    return row.person_id  # type: ignore[return-value]  # those without are left out


def not_to_of(person_id: UUID, reader: Staff, now: datetime) -> list[KeptAway]:
    rows = NotToPerson.objects.visible_to(reader).filter(person_id=person_id)
    return [
        KeptAway(said[0], said, holds(said[0], now))
        for said in _by_thing(rows.select_related(*SAID_BY, "colleague__agency"))
        if said[0].stands
    ]


def not_to_now(person_id: UUID, reader: Staff, now: datetime) -> list[NotToPerson]:
    return [one.last for one in not_to_of(person_id, reader, now) if one.holds]


def kept_away(person_id: UUID, not_to_id: UUID, reader: Staff, now: datetime) -> KeptAway:
    """Raises NotToPerson.DoesNotExist."""
    found = next((one for one in not_to_of(person_id, reader, now) if one.id == not_to_id), None)
    if found is None:
        raise NotToPerson.DoesNotExist
    return found


def places_of(person_id: UUID, reader: Staff) -> set[str]:
    """Everything by which somebody would find the child, as the reader sees it: address, postcode, telephone, school."""
    found: set[str] = set()
    for address in Address.objects.visible_to(reader).filter(person_id=person_id, current=True):
        found |= {address.address, address.postcode}
    numbers = Identifier.objects.visible_to(reader).filter(
        person_id=person_id, current=True, type=Identifier.Type.PHONE
    )
    # Without what goes before it, which is written with and without the country's code.
    found |= {number.number.removeprefix("+44").lstrip("0 ") for number in numbers}
    facts = Fact.objects.visible_to(reader).filter(
        person_id=person_id, current=True, kind__in=("school", "placement")
    )
    found |= set(facts.values_list("text", flat=True))
    ways = WayOfContact.objects.visible_to(reader).filter(person_id=person_id)
    found |= set(ways.values_list("value", flat=True))
    return {value for value in found if value}


def outgoing(outgoing_id: UUID, reader: Staff) -> Outgoing:
    return Outgoing.objects.visible_to(reader).select_related("by__agency").get(pk=outgoing_id)


def sent_of(person_id: UUID, since: datetime, until: datetime) -> list[Sighting]:
    """Who wrote to this person or spoke with them between two moments; asked as the receiving service."""
    left = Outgoing.objects.visible_to(acting().staff).filter(
        Q(kind=Outgoing.Kind.LETTER) | Q(outcome=Outgoing.Outcome.SPOKE),
        person_id=person_id,
        at__gte=since,
        at__lt=until,
    )
    return sightings(left, by="by", at="at", how=MixtureSeen.How.SENT)


def said_by_words(row: Said | Outgoing, reader: Staff) -> str:
    """The name of some services tells what they know of the child."""
    by = row.by if isinstance(row, Outgoing) else row.recorded_by
    return f"{by.name}, {by.agency.name if by.agency.is_named_to(reader) else 'a team worker'}"


def _by_thing(rows: Any) -> list[list[Any]]:
    """The latest first within each; the thing of which something was said last stands first."""
    things: dict[UUID, list[Any]] = {}
    for row in rows.order_by("-said_no"):
        things.setdefault(row.about_id, []).append(row)
    return list(things.values())
