"""Invented records of invented children, written as the receiving service writes them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from engage.practice.access.gate import acting_as
from engage.practice.agencies.models import Agency
from engage.practice.people.actions import (
    AddressInput,
    FactInput,
    IdentityInput,
    SourceInput,
    link_records,
    write_facts,
    write_records,
    write_sources,
)
from engage.practice.people.models import Record


@pytest.fixture
def agency(db):
    return {a.code: a for a in Agency.objects.all()}


@pytest.fixture
def police_record(agency):
    """What the police tell of Katie Holden, unless told otherwise."""

    def make(reference: str, **changes) -> IdentityInput:
        said = {
            "surname": "Holden",
            "forenames": "Katie",
            "born_on": date(2012, 3, 4),
            "sex": "F",
            "phone": "07700 900123",
            "addresses": (AddressInput("1 Mill Lane", "BB1 1AA", "Blackburn with Darwen"),),
        }
        return IdentityInput(agency["LANCS-POL"], "police-missing", reference, **(said | changes))

    return make


@pytest.fixture
def council_record(agency):
    def make(reference: str, council: str = "BWD-CSC", **changes) -> IdentityInput:
        said = {
            "surname": "Holden",
            "forenames": "Katherine Anne",
            "known_as": "Katie",
            "born_on": date(2012, 3, 4),
            "sex": "F",
            "nhs_number": "9990000018",
            "addresses": (AddressInput("1 Mill Lane", "BB1 1AA", "Blackburn with Darwen", date(2020, 1, 1)),),
        }
        return IdentityInput(agency[council], "social-care-people", reference, **(said | changes))

    return make


@pytest.fixture
def written(receiver, now):
    """Write records as the receiving service; their ids in the order given."""

    def write(*inputs: IdentityInput) -> list:
        with acting_as(receiver, now=now):
            ids = write_records(inputs, by=receiver, now=now)
        return [ids[given.key] for given in inputs]

    return write


@pytest.fixture
def sent(receiver, now):
    """Send a row and link it, as the receiving service does; a reference sent again is its next version."""

    def send(given: IdentityInput, *facts: str):
        with acting_as(receiver, now=now):
            content = {"said": repr(given), "facts": facts}
            row = SourceInput(given.agency, given.register, given.reference, given.category, content, withdrawn=given.withdrawn)  # fmt: skip
            (source,) = write_sources([row], by=receiver, now=now)
            (record,) = write_records(
                [replace(given, source_id=source.source_id)], by=receiver, now=now
            ).values()
            told = [
                FactInput(given.agency, record, kind, "C06", codes=("Y",), source_id=source.source_id)
                for kind in facts
            ]
            write_facts(told, by=receiver, now=now, sources=[source.source_id])
            return record, link_records([record], by=receiver, now=now)

    return send


@pytest.fixture
def person_of(receiver, now):
    def read(*record_ids):
        with acting_as(receiver, now=now):
            found = dict(
                Record.objects.visible_to(receiver).filter(pk__in=record_ids).values_list("pk", "person_id")
            )
        return [found[record_id] for record_id in record_ids]

    return read


@pytest.fixture
def amina(council_record):
    """What another council tells of another child, in whom nothing is as in Katie Holden."""

    def make(reference: str, **changes) -> IdentityInput:
        said = {
            "forenames": "Amina", "surname": "Sharif", "known_as": "", "born_on": date(2010, 7, 19),
            "nhs_number": "9990000026",
            "addresses": (AddressInput("8 High Street", "BB5 1AB", "Hyndburn", date(2020, 1, 1)),),
        }  # fmt: skip
        return council_record(reference, council="LCC-CSC", **(said | changes))

    return make


@pytest.fixture
def health_record(agency, council_record):
    def make(reference, **changes):
        given = replace(
            council_record(reference, **changes), agency=agency["ELSH"], register="health-contacts"
        )
        return replace(given, category="C10", known_as="")

    return make
