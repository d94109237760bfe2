"""What agencies tell of one child, from the rows the reader may see, sorted for the child's page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from engage.govuk.london_time import date_words
from engage.practice.access.written_once import ONE_UUID, written_once
from engage.practice.agencies.models import Agency, Staff
from engage.practice.people.models import Address, Fact, Identifier, RecordDetail
from engage.reference import code_list, return_interview_codes

# Kinds of fact by the part of the page they stand in, in the order they are read. Indicators, flags and grades
# stand among the reasons for a look; what a child said in an interview stands with the episode.
SECTIONS: dict[str, dict[str, str]] = {
    "Social care": {
        "social_care_status": "Status",
        "social_worker": "Social worker",
        "care_status": "Lives at home or in care",
        "placement": "Placement",
        "placing_authority": "Placing authority",
    },
    "School": {"school": "School"},
    "Family and carers": {
        "parents": "Parents",
        "is_mother": "Is a mother",
        "mothers_child_born_on": "Her child was born on",
        "carer_view": "What carers said",
        "family_told": "Family told of the referral",
        "child_told": "Child told of the referral",
        "consent_status": "Consent",
    },
    "From return interviews": {
        "summary_for_team": "Advice to keep the child safe",
        "push_factors": "What pushes the child away",
        "pull_factors": "What draws the child",
        "wishes": "What the child wants",
        "child_words": "The child's words",
        "people": "People the child named",
        "places": "Places the child named",
        "vehicles": "Vehicles the child named",
        "online_names": "Online names",
    },
    "Notes": {"note": "Note"},
    "Older operations": {
        "operation_status": "Status",
        "operation_opened_on": "Opened",
        "operation_closed_on": "Closed",
        "operation_notes": "Notes",
    },
    "Notes of your own service": {
        "health_service": "Service",
        "health_contact": "Contact on",
        "clinical_note": "Note",
    },
}
SECTION_OF = {kind: (section, title) for section, kinds in SECTIONS.items() for kind, title in kinds.items()}
HEALTH_KINDS = ("health_contact_month", "health_safety_summary", "health_concern")
CODED_IN = {"push_factors": "push_factor", "pull_factors": "pull_factor"}
# The same kinds of words stand in referrals about other people: those are not the child's account.
OF_INTERVIEWS_ALONE = {"people", "places", "vehicles", "online_names"}
INTERVIEW_CATEGORY = "C04"
LATEST_OF_A_KIND = 2
SAID_NO = ("0", "no")


@dataclass(frozen=True)
class Item:
    """One thing said, by whom, and when it was received."""

    what: str
    said: str
    told_by: str
    told_on: datetime
    true_on: date | datetime | None = None


@dataclass(frozen=True)
class Section:
    """`lately`: of each kind what was said last, at most two different things; `all` is everything."""

    title: str
    lately: Sequence[Item]
    all: Sequence[Item]


@dataclass(frozen=True)
class HealthAdvice:
    """One line of safety advice. Which service wrote it, and when, is nobody else's to know: the month alone."""

    month: str
    advice: str
    concern: bool


@dataclass(frozen=True)
class Told:
    who: Sequence[Item]  # dates of birth, numbers, addresses
    sections: Sequence[Section]
    health: Sequence[HealthAdvice]
    social_workers: Sequence[tuple[str, Agency]]


def told_of(person_id: UUID, reader: Staff) -> Told:
    """Four queries, however much is told."""
    facts = _facts(reader, person_id=person_id)
    return Told(
        who=_who(person_id, reader),
        sections=_sections(facts),
        health=_health(facts),
        social_workers=_social_workers(facts),
    )


@written_once(person_id=ONE_UUID)
def _facts(reader: Staff, person_id: UUID) -> QuerySet[Fact]:
    rows = Fact.objects.visible_to(reader).filter(person_id=person_id, current=True)
    return rows.select_related("compartment__owner").order_by("-recorded_at", "kind", "id")


def _who(person_id: UUID, reader: Staff) -> list[Item]:
    items = []
    for detail in _rows(reader, model=RecordDetail, person_id=person_id):
        owner = detail.compartment.owner.name
        if born := detail.born_on:
            items.append(Item("Date of birth", date_words(born), owner, detail.recorded_at))
        elif detail.birth_as_sent:
            items.append(Item("Date of birth as written", detail.birth_as_sent, owner, detail.recorded_at))
        if detail.ethnicity:
            items.append(Item("Ethnicity", _ethnicity(detail), owner, detail.recorded_at))
    for number in _rows(reader, model=Identifier, person_id=person_id):
        value = _national(number.number) if number.type == Identifier.Type.PHONE else number.number
        unsure = "" if number.valid else " (does not pass its check)"
        items.append(
            Item(
                str(Identifier.Type(number.type).label),
                value + unsure,
                number.compartment.owner.name,
                number.recorded_at,
            )
        )
    for address in _rows(reader, model=Address, person_id=person_id):
        place = ", ".join(filter(None, (address.address, address.postcode)))
        if place:
            items.append(
                Item(
                    "Earlier address" if address.to_on else "Address",
                    f"{place}, until {date_words(address.to_on)}" if address.to_on else place,
                    address.compartment.owner.name,
                    address.recorded_at,
                    address.from_on,
                )
            )
    return items


def _national(phone: str) -> str:
    """07700 900123 as people here write it; a number from abroad stays as it is."""
    return f"0{phone[3:7]} {phone[7:]}" if phone.startswith("+44") else phone


@written_once(person_id=ONE_UUID)
def _rows(reader: Staff, model: Any, person_id: UUID) -> QuerySet:
    return (
        model.objects.visible_to(reader)
        .filter(person_id=person_id, current=True)
        .select_related("compartment__owner")
        .order_by("-recorded_at", "id")
    )


def _ethnicity(detail: RecordDetail) -> str:
    try:
        return code_list(detail.ethnicity_list).get(detail.ethnicity, detail.ethnicity)
    except KeyError:
        return detail.ethnicity


def _sections(facts: Iterable[Fact]) -> list[Section]:
    sections: dict[str, list[Item]] = defaultdict(list)
    for fact in facts:
        if fact.kind in OF_INTERVIEWS_ALONE and fact.compartment.category != INTERVIEW_CATEGORY:
            continue
        if fact.kind == "is_mother" and fact.text in SAID_NO:
            continue
        if fact.kind in SECTION_OF and fact.text:
            section, title = SECTION_OF[fact.kind]
            sections[section].append(
                Item(
                    title,
                    _words(fact),
                    fact.compartment.owner.name,
                    fact.recorded_at,
                    fact.true_at or fact.true_on,
                )
            )
    order = {kind_title: number for number, kind_title in enumerate(SECTION_OF.values())}
    made = []
    for section in SECTIONS:
        items = sorted(sections[section], key=_when, reverse=True)
        items.sort(key=lambda item: order[section, item.what])
        if items:
            made.append(Section(section, _lately(items), items))
    return made


def _lately(items: Iterable[Item]) -> list[Item]:
    once: dict[str, dict[str, Item]] = defaultdict(dict)
    for item in items:
        once[item.what].setdefault(item.said, item)
    return [item for said in once.values() for item in list(said.values())[:LATEST_OF_A_KIND]]


def _when(item: Item) -> str:
    return (item.true_on or item.told_on).isoformat()


def _words(fact: Fact) -> str:
    if fact.kind in CODED_IN and fact.codes:
        codes = return_interview_codes(CODED_IN[fact.kind])
        labels = {said: code.label for code in codes for said in (code.code, code.sent_as)}
        return "; ".join(labels.get(code, code) for code in fact.codes)
    if fact.kind.endswith(("_on", "_contact")):
        try:
            return date_words(date.fromisoformat(fact.text))
        except ValueError:
            return fact.text
    return fact.text


def _health(facts: Iterable[Fact]) -> list[HealthAdvice]:
    by_contact: dict[object, dict[str, str]] = defaultdict(dict)
    for fact in facts:
        if fact.kind in HEALTH_KINDS:
            by_contact[fact.source_id or fact.pk][fact.kind] = fact.text
    advice = [
        HealthAdvice(
            _month(said.get("health_contact_month", "")),
            said.get("health_safety_summary", ""),
            said.get("health_concern", "") == "yes",
        )
        for said in sorted(
            by_contact.values(),
            key=lambda said: (said.get("health_contact_month", ""), said.get("health_safety_summary", "")),
            reverse=True,
        )
    ]
    return [one for one in advice if one.advice or one.concern]


def _month(text: str) -> str:
    try:
        day = date.fromisoformat(f"{text[:7]}-01")
    except ValueError:
        return text
    return f"{day:%B %Y}"


def _social_workers(facts: Iterable[Fact]) -> list[tuple[str, Agency]]:
    return list(
        dict.fromkeys((f.text, f.compartment.owner) for f in facts if f.kind == "social_worker" and f.text)
    )
