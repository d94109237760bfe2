"""Who belongs to a child's family or household: related, and not the same. From rows the reader may see."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from engage.methods.identifiers import normalise_postcode
from engage.methods.linkage.records import fold
from engage.practice.agencies.models import Staff

from .keys import token
from .models import Address, Judgement, Record, Token
from .queries import ShownIdentity, records_of, shown_identity

Verdict = Judgement.Verdict
# A postcode is shared by some fifteen households; by a hostel or a hospital's address it may be by hundreds.
MOST_AT_A_POSTCODE = 300


@dataclass(frozen=True, slots=True)
class Relative:
    shown: ShownIdentity
    recorded: tuple[Judgement, ...]  # relations that people recorded and that stand, latest first
    same_address: bool
    same_birthday: bool


def family_of(person_id: UUID, reader: Staff) -> list[Relative]:
    """Recorded relations first, then who lives at the same address now; by name within each."""
    own = {record.pk for record in records_of(person_id, reader)}
    recorded = _recorded(own, reader)
    neighbours = _same_address_now(own, reader)
    person_of = dict(
        Record.objects.visible_to(reader)
        .filter(pk__among=[*recorded, *neighbours], withdrawn=False)
        .exclude(person_id=person_id)
        .values_list("pk", "person_id")
    )
    related: dict[UUID, list[Judgement]] = defaultdict(list)
    for record_id, said in recorded.items():
        if other := person_of.get(record_id):
            related[other].append(said)
    at_home = {person_of[record_id] for record_id in neighbours if record_id in person_of}
    shown = shown_identity({person_id, *related, *at_home}, reader)
    me = shown.pop(person_id)
    found = [
        Relative(
            one,
            tuple(sorted(related[other], key=lambda said: said.judged_no, reverse=True)),
            other in at_home,
            same_birthday=one.born_on is not None and one.born_on == me.born_on,
        )
        for other, one in shown.items()
    ]
    return sorted(found, key=lambda one: (not one.recorded, one.shown.name, str(one.shown.person_id)))


def _recorded(own: set[UUID], reader: Staff) -> dict[UUID, Judgement]:
    """By record of somebody else the relation that stands: a later "same" or a taking back ends it, a later "not the same"
    without a relation does not."""
    said = (
        Judgement.objects.visible_to(reader)
        .filter(Q(record_a__in=own) | Q(record_b__in=own), by_person=True)
        .select_related("by__agency")
        .order_by("-judged_no")
    )
    settled: set[tuple[UUID, UUID]] = set()
    found: dict[UUID, Judgement] = {}
    for row in said:
        pair = row.record_a_id, row.record_b_id
        if pair in settled or row.verdict == Verdict.UNSURE:
            continue
        if row.verdict != Verdict.NOT_SAME or row.relation:
            settled.add(pair)
        if row.relation:
            found.setdefault(pair[1] if pair[0] in own else pair[0], row)
    return found


def _same_address_now(own: set[UUID], reader: Staff) -> set[UUID]:
    """Other records that give an address where one of these records does, and no day on which it ended."""
    here = {_where(row) for row in _addresses_now(own, reader)} - {None}
    if not here:
        return set()
    keys = {token("search_postcode", postcode) for postcode, _ in here}
    near = (
        Token.objects.visible_to(reader)
        .filter(value__in=keys)
        .exclude(record_id__in=own)
        .order_by("record_id")
        .values_list("record_id", flat=True)[:MOST_AT_A_POSTCODE]
    )
    return {row.record_id for row in _addresses_now(set(near), reader) if _where(row) in here}


def _addresses_now(record_ids: set[UUID], reader: Staff) -> list[Address]:
    rows = Address.objects.visible_to(reader).filter(record__among=list(record_ids), current=True, to_on=None)
    return list(rows)


def _where(row: Address) -> tuple[str, str] | None:
    """None where it is not known to the house: neighbours are no household."""
    postcode = normalise_postcode(row.postcode) if row.postcode else None
    return (postcode, fold(row.address)) if postcode and row.address else None
