"""Invented records of invented children, written as the receiving service writes them."""

from __future__ import annotations

from datetime import date

import pytest

from engage.practice.access.gate import acting_as
from engage.practice.agencies.models import Agency
from engage.practice.people.actions import AddressInput, IdentityInput, write_records


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
