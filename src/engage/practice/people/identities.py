"""Who records say somebody is, in the form that linking compares: made of what the reader may see, no more."""

from __future__ import annotations

import calendar
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db.models import QuerySet

from engage.methods.linkage.records import IdentityRecord
from engage.practice.access.encrypted import opened
from engage.practice.access.written_once import ROW_ID, UUIDS, part_written_once, rows_with
from engage.practice.agencies.models import Staff

from .models import Address, Identifier, Record, RecordDetail

# What is read where no more than some fields are compared. Names, register and district stand in the record itself.
OF_DETAILS = frozenset({"date of birth", "sex"})
OF_NUMBERS = frozenset({"NHS number", "UPN", "council child number", "case reference", "phone"})
OF_ADDRESSES = frozenset({"place"})
EVERYTHING = OF_DETAILS | OF_NUMBERS | OF_ADDRESSES


def identities(
    record_ids: Collection[UUID],
    reader: Staff,
    *,
    withdrawn_too: bool = False,
    compared: frozenset[str] = EVERYTHING,
) -> dict[UUID, IdentityRecord]:
    """One statement however many records. A record the reader may not see is not among the answers, nor one that its
    agency withdrew, unless asked for.

    `compared`: fields of the model; what speaks of others alone is not read."""
    try:
        rows = rows_with(
            _records(reader, wanted=list(record_ids), withdrawn_too=withdrawn_too),
            one=None if compared.isdisjoint(OF_DETAILS) else _details(reader),
            many=[
                None if compared.isdisjoint(OF_NUMBERS) else _identifiers(reader),
                None if compared.isdisjoint(OF_ADDRESSES) else _addresses(reader),
            ],
        )
    except EmptyResultSet:  # nothing is visible to them
        return {}
    found = {}
    for record, detail, identifiers, addresses in rows:
        numbers, cases = _numbers_and_cases(identifiers)
        found[record.id] = identity(
            record, record.agency__code, detail, numbers, _postcodes(addresses), cases
        )
    return found


# Bare rows of what is compared: a search reads hundreds. Whose they are is read for the account of the look.
@part_written_once(wanted=UUIDS)
def _records(reader: Staff, wanted: list[UUID], *, withdrawn_too: bool) -> QuerySet:
    records = Record.objects.visible_to(reader).filter(pk__among=wanted)
    records = records if withdrawn_too else records.filter(withdrawn=False)
    return records.values_list(
        "id", "person_id", "agency__code", "register", "surname", "forenames", "known_as", "born_in", "district",
        "bridges", "restricted",
    )  # fmt: skip


@part_written_once()
def _details(reader: Staff) -> QuerySet:
    rows = RecordDetail.objects.visible_to(reader).filter(record=ROW_ID, current=True)
    return rows.values_list("record_id", "born_on", "born_earliest", "born_latest", "sex")


@part_written_once()
def _identifiers(reader: Staff) -> QuerySet:
    rows = Identifier.objects.visible_to(reader).filter(record=ROW_ID, current=True)
    return rows.values_list("id", "type", "value", "telephone")


@part_written_once()
def _addresses(reader: Staff) -> QuerySet:
    rows = Address.objects.visible_to(reader).filter(record=ROW_ID, current=True)
    return rows.values_list("id", "postcode")


def _numbers_and_cases(rows: list[tuple[UUID, str, str, bytes]]) -> tuple[dict[str, str], list[str]]:
    numbers, cases = {}, []
    for row_id, kind, value, telephone in sorted(rows):
        if kind == Identifier.Type.CASE:
            cases.append(value)
        elif kind == Identifier.Type.PHONE:
            numbers[kind] = opened(Identifier, row_id, "telephone", telephone)
        else:
            numbers[kind] = value
    return numbers, cases


def _postcodes(rows: list[tuple[UUID, bytes]]) -> list[str]:
    return [opened(Address, row_id, "postcode", postcode) for row_id, postcode in rows if postcode]


# A council's yearly return: header and missing rows tell of one child under one number.
ONE_LIST = {"ssda903": "ssda903-header"}


def identity(
    record: Any,
    agency_code: str,
    detail: Any,
    numbers: Mapping[str, str],
    postcodes: Sequence[str],
    cases: Sequence[str],
) -> IdentityRecord:
    """`record` and `detail`: rows of these tables, or what is read of them here."""
    born_on = detail.born_on if detail else None
    earliest, latest = (detail.born_earliest, detail.born_latest) if detail else (None, None)
    if detail is None and record.born_in:
        earliest, latest = record.born_in, end_of_month(record.born_in)
    return IdentityRecord(
        id=str(record.id),
        source=agency_code,
        register=ONE_LIST.get(record.register, record.register),
        forenames=record.forenames,
        surname=record.surname,
        known_as=record.known_as,
        dob=born_on,
        birth_earliest=earliest,
        birth_latest=latest,
        sex=(detail.sex or None) if detail else None,
        postcodes=tuple(sorted(postcodes)),
        district=record.district or None,
        nhs_number=numbers.get(Identifier.Type.NHS),
        upn=numbers.get(Identifier.Type.UPN),
        council_child_id=numbers.get(Identifier.Type.COUNCIL_CHILD),
        phone=numbers.get(Identifier.Type.PHONE),
        case_references=tuple(sorted(cases)),
        bridges=record.bridges,
        restricted=record.restricted,
    )


def end_of_month(day: date) -> date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])
