"""Two records side by side: what agrees, what differs, what only one of them says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from engage.govuk.london_time import date_words
from engage.methods.linkage.model import Model
from engage.methods.linkage.records import IdentityRecord, StandardRecord, standardise
from engage.methods.linkage.scorer import Level, level_of
from engage.methods.linkage.weighing import Weighing, weighing
from engage.practice.agencies.models import Staff

from .adopted_models import linkage_model
from .identities import identities
from .models import Address, Pair, Record
from .queries import kind_of_record, references_shown

Verdict = Literal["same", "near", "different", "one_side", "neither"]

LABELS = {
    "name": "Name",
    "date of birth": "Date of birth",
    "place": "Postcodes and district",
    "NHS number": "NHS number",
    "UPN": "Unique pupil number",
    "council child number": "Child number of the council",
    "sex": "Sex",
    "phone": "Telephone",
    "case reference": "Cases they are about",
}


@dataclass(frozen=True, slots=True)
class ComparedField:
    field: str
    left: str
    right: str
    verdict: Verdict
    words: str


@dataclass(frozen=True, slots=True)
class PairSides:
    left: Record
    right: Record
    fields: tuple[ComparedField, ...]
    # Of what the reader sees: the program may have seen more, and its own sum would tell of that.
    weighing: Weighing

    @property
    def withdrawn_by(self) -> list[str]:
        return [record.agency.name for record in (self.left, self.right) if record.withdrawn]


def pair_sides(pair: Pair, reader: Staff) -> PairSides:
    """The two records of a pair, from what the reader sees of each.

    Raises Record.DoesNotExist unless the reader sees both.
    """
    return record_sides(pair.record_a_id, pair.record_b_id, reader)


def record_sides(record_a: UUID, record_b: UUID, reader: Staff) -> PairSides:
    records = {
        record.pk: record
        for record in Record.objects.visible_to(reader)
        .filter(pk__among=[record_a, record_b])
        .select_related("agency")
    }
    # A judgement on a record that was withdrawn since can still be looked at and taken back.
    told = identities([record_a, record_b], reader, withdrawn_too=True)
    if len(records) != 2 or len(told) != 2:
        raise Record.DoesNotExist
    # The record received first stands on the left, whoever looks.
    left, right = sorted(records.values(), key=lambda record: record.received_no)
    a, b = standardise(told[left.pk]), standardise(told[right.pk])
    model = linkage_model()
    fields = [_compared(field, a, b, model) for field in model.comparisons]
    fields.insert(1, _known_as(left, right))
    fields.insert(4, _addresses(left, right, reader))
    shown = tuple(row for row in fields if row.left or row.right)
    return PairSides(left, right, shown, weighing(a, b, model))


def could_be_family(sides: PairSides) -> str:
    """Why two records may tell of brothers, sisters or a parent, in words; empty where nothing says so. For a reader who
    may decide otherwise: one child with two spellings looks so as well."""
    said = {row.field: row for row in sides.weighing.fields}
    name = said.get("name")
    if name is None or "given name differs" not in name.words:
        return ""
    shared = [
        one.words
        for field in ("place", "phone")
        if (one := said.get(field)) and one.words.startswith("same ")
    ]
    return "; ".join([name.words, *shared]) if shared else ""


def question_about(pair: Pair, record_id: UUID, reader: Staff) -> tuple[str, int]:
    """What the agency of one record of a pair is asked, from what the reader sees of both; and that agency's key.

    Raises Record.DoesNotExist where the reader does not see both, or the pair has not this record.
    """
    records = {
        one.pk: one
        for one in Record.objects.visible_to(reader)
        .filter(pk__among=[pair.record_a_id, pair.record_b_id])
        .select_related("agency")
    }
    theirs = records.pop(record_id, None)
    if theirs is None or len(records) != 1:
        raise Record.DoesNotExist
    (other,) = records.values()
    references = references_shown([theirs, other], reader)

    def named(record: Record) -> str:
        kind = kind_of_record(record) or "record"
        reference = references[record.pk]
        return f"{kind}, {f'reference {reference}' if reference else f'received {date_words(record.received_at)}'}"

    question = (
        f"Does your record ({named(theirs)}) tell of the same child as the record of {other.agency.name} ({named(other)})? "
        "What in your record speaks for or against it?"
    )
    return question, theirs.agency_id


def _compared(field: str, a: StandardRecord, b: StandardRecord, model: Model) -> ComparedField:
    left, right = _said(field, a.record), _said(field, b.record)
    level = level_of(field, a, b, model)
    verdict = _verdict(level, left, right)
    return ComparedField(LABELS[field], left, right, verdict, _sentence(level.words) if level else "")


def _verdict(level: Level | None, left: str, right: str) -> Verdict:
    if not (left or right):
        return "neither"
    if not (left and right):
        return "one_side"
    if level is None:
        return "same" if left == right else "different"
    if level.level.startswith("same_") and level.level not in (
        "same_birth_month",
        "same_birth_year",
        "same_area",
    ):
        return "same"
    # A shared surname weighs for two sisters too; what a person reads is that the given names differ.
    return "near" if level.bits > 0 and "differ" not in level.level else "different"


def _said(field: str, record: IdentityRecord) -> str:
    match field:
        case "name":
            return " ".join(part for part in (record.forenames, record.surname) if part)
        case "date of birth":
            return _birth(record)
        case "place":
            return ", ".join([*record.postcodes, *((record.district,) if record.district else ())])
        case "NHS number":
            return record.nhs_number or ""
        case "UPN":
            return record.upn or ""
        case "council child number":
            return record.council_child_id or ""
        case "sex":
            return {"M": "Male", "F": "Female"}.get(record.sex or "", record.sex or "")
        case "case reference":
            return ", ".join(record.case_references)
        case _:
            return record.phone or ""


def _birth(record: IdentityRecord) -> str:
    if record.dob:
        return f"{record.dob.day} {record.dob:%B %Y}"
    if not record.birth_earliest or not record.birth_latest:
        return ""
    first, last = f"{record.birth_earliest:%B %Y}", f"{record.birth_latest:%B %Y}"
    return f"in {first}" if first == last else f"between {first} and {last}"


def _known_as(left: Record, right: Record) -> ComparedField:
    if not (left.known_as and right.known_as):
        verdict: Verdict = "one_side"
    else:
        verdict = "same" if left.known_as.casefold() == right.known_as.casefold() else "different"
    return ComparedField("Known as", left.known_as, right.known_as, verdict, "")


def _addresses(left: Record, right: Record, reader: Staff) -> ComparedField:
    lines: dict[UUID, list[str]] = {left.pk: [], right.pk: []}
    rows = Address.objects.visible_to(reader).filter(record_id__in=[left.pk, right.pk], current=True)
    for row in rows.order_by("from_on", "id"):
        if row.address:
            lines[row.record_id].append(row.address)
    here, there = lines[left.pk], lines[right.pk]
    verdict: Verdict = "one_side"
    if here and there:
        shared = {line.casefold() for line in here} & {line.casefold() for line in there}
        verdict = "same" if shared else "different"
    return ComparedField("Addresses, now and earlier", "; ".join(here), "; ".join(there), verdict, "")


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]
