"""What the preparer sees of the child, taken apart into spans that know their source and whom else they name."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from engage.govuk.london_time import date_words
from engage.methods.redaction import Found, third_parties
from engage.practice.agencies.models import Agency, Staff
from engage.practice.people.models import Address, Fact, Identifier, RecordDetail
from engage.practice.people.queries import records_of, shown_identity
from engage.practice.sharing.offer import Shareable, name_of, offered, told_by_words
from engage.reference import fact_titles

from .models import Bundle, BundleSpan, Mark, SpanDecision, SubjectRequest

# Whose words a council, the police or a health service gave in their own work: they are asked before it leaves.
ASKED_FIRST = {
    Agency.Kind.POLICE,
    Agency.Kind.COUNCIL,
    Agency.Kind.HEALTH,
    Agency.Kind.DRUGS_SERVICE,
    Agency.Kind.HOSPITAL,
}
# Kinds of fact whose words are names.
NAMES = {
    "parents", "social_worker", "people", "people_of_concern", "officer_ref", "referrer_contact", "online_names",
}  # fmt: skip
BETWEEN_NAMES = re.compile(r"[;,/\n()]|\band\b|&")
TITLE_OF_STAFF = re.compile(r"^(PC|PS|DC|DS|DI|DCI|Dr|Mr|Mrs|Ms|Miss)\s+")
ROWS = {"fact": Fact, "detail": RecordDetail, "identifier": Identifier, "address": Address}
ARE_NAMES = {Mark.FoundAs.NAMED, Mark.FoundAs.STAFF, Mark.FoundAs.NAME, Mark.FoundAs.TITLE}


def gathered(
    bundle: Bundle, person_id: UUID, by: Staff
) -> tuple[list[BundleSpan], list[SpanDecision], list[Mark]]:
    """Rows to keep, not kept yet; from what `by` sees now and nothing else."""
    items = [*offered(person_id, by), *_former_addresses(person_id, by)]
    owners = _owners(items, by)
    own = [
        name
        for record in records_of(person_id, by)
        for name in (record.forenames, record.surname, record.known_as)
        if name
    ]
    known = [*_named(person_id, by), *_colleagues()]
    names = {title for (kind, _), title in fact_titles().items() if kind in NAMES}
    spans, decisions, marks = [], [], []
    for place, item in enumerate(items, start=1):
        found = third_parties(item.said, own=[] if item.what in names else own, known=known)
        owner = owners.get(item.key)
        span = BundleSpan(
            bundle=bundle,
            place=place,
            key=item.key,
            category=item.category,
            what=item.what,
            said=item.said,
            told_by=item.told_by,
            when=item.when,
            owner=owner,
            ask_owner=owner is not None and owner.pk != by.agency_id and owner.kind in ASKED_FIRST,
            others=_others(item.said, found),
            in_full=item.in_full,
            restricted=item.restricted,
        )
        spans.append(span)
        decisions.append(SpanDecision(span=span))
        marks += [Mark(span=span, start=one.start, end=one.end, found_as=one.why) for one in found]
    return spans, decisions, marks


def named_on_cover(request: SubjectRequest, person_id: UUID, by: Staff) -> str:
    """The child's district is told to the child alone: whether where it is is protected may be said later."""
    identity = shown_identity([person_id], by)[person_id]
    return name_of(identity if request.is_by_the_child else replace(identity, district=""))


def _former_addresses(person_id: UUID, by: Staff) -> list[Shareable]:
    """Not offered to other agencies, and held all the same."""
    rows = (
        Address.objects.visible_to(by)
        .filter(person_id=person_id, current=True, to_on__isnull=False)
        .select_related("compartment__owner")
        .order_by("-to_on", "id")
    )
    return [
        Shareable(
            f"address:{row.pk}",
            "C01L",
            "Former address",
            ", ".join(filter(None, (row.address, row.postcode))),
            told_by_words(row.compartment.owner),
            f"until {date_words(row.to_on)}",
        )
        for row in rows
        if row.address or row.postcode
    ]


def _owners(items: Sequence[Shareable], by: Staff) -> dict[str, Agency]:
    """By key whose row it is. A time missing is told by several: one that is to be asked, where there is one."""
    ids = defaultdict(list)
    for item in items:
        kind, _, row = item.key.partition(":")
        ids[kind].append(row)
    owners = {
        f"{kind}:{row.pk}": row.compartment.owner
        for kind, model in ROWS.items()
        if ids[kind]
        for row in model.objects.visible_to(by).filter(pk__in=ids[kind]).select_related("compartment__owner")
    }
    agencies = {agency.name: agency for agency in Agency.objects.all()}
    for item in items:
        if item.key not in owners:
            telling = [agencies[name] for name in item.told_by.split(", ") if name in agencies]
            telling.sort(key=lambda one: (one.pk == by.agency_id, one.kind not in ASKED_FIRST))
            if telling:
                owners[item.key] = telling[0]
    return owners


def _named(person_id: UUID, by: Staff) -> list[tuple[str, str]]:
    texts = (
        Fact.objects.visible_to(by)
        .filter(person_id=person_id, current=True, kind__in=NAMES)
        .values_list("text", flat=True)
    )
    names = {name.strip() for text in texts for name in BETWEEN_NAMES.split(text) if name.strip()}
    return [(name, Mark.FoundAs.NAMED) for name in sorted(names)]


def _colleagues() -> list[tuple[str, str]]:
    names = Staff.objects.filter(kind=Staff.Kind.PERSON).values_list("name", flat=True)
    return [(TITLE_OF_STAFF.sub("", name), Mark.FoundAs.STAFF) for name in sorted(names)]


def _others(said: str, found: Sequence[Found]) -> list[str]:
    return list(dict.fromkeys(said[one.start : one.end][:200] for one in found if one.why in set(ARE_NAMES)))
