"""Families that are hard to tell apart, as agencies write of them; and what the program makes of each two records.

By `engage.methods.linkage.scorer` and the model of the day, as `people.actions.linking` does it. A record is named
after whose it is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from functools import cache

from engage.methods.linkage.model import load_model
from engage.methods.linkage.records import IdentityRecord, StandardRecord, standardise
from engage.methods.linkage.scorer import decide, score


@dataclass(frozen=True)
class Weighed:
    weight_bits: float
    joins: bool
    walled: bool


def _person(forenames: str, surname: str, dob: date, nhs_number: str, **more: object) -> IdentityRecord:
    said = {
        "sex": "F", "postcodes": ("BB1 1AA",), "district": "Hyndburn", "phone": "07700 900123",
        **more,
    }  # fmt: skip
    return IdentityRecord(
        id="", source="COUNCIL", register="social-care-people", forenames=forenames, surname=surname, dob=dob,
        nhs_number=nhs_number, **said,  # type: ignore[arg-type]
    )  # fmt: skip


BORN = date(2012, 3, 4)
FAMILIES: dict[str, list[IdentityRecord]] = {
    "twins": [
        _person("Katherine", "Holden", BORN, "9990000018"),
        _person("Megan", "Holden", BORN, "9990000026"),
    ],
    "triplets": [
        _person("Marianne", "Ashworth", BORN, "9990000034"),
        _person("Marian Joy", "Ashworth", BORN, "9990000042"),
        _person("Oliver", "Ashworth", BORN, "9990000050", sex="M"),
    ],
    "father and son of one name": [
        _person("Mohammed Bilal", "Khan", date(1981, 6, 9), "9990000069", sex="M"),
        _person("Mohammed Bilal", "Khan", date(2011, 9, 21), "9990000077", sex="M"),
    ],
    "a child before and after adoption": [
        _person("Jade", "Sharples", BORN, "9990000085", phone=None),
        _person(
            "Jade", "Whitworth", BORN, "9990000093", postcodes=("BB9 8ZZ",), district="Pendle",
            phone="07700 900456",
        ),
    ],
}  # fmt: skip


def _ways(true: IdentityRecord) -> list[IdentityRecord]:
    """How agencies write of one person: as the council does, as the police do, from a call, with a slip."""
    police = replace(true, source="POLICE", register="police-missing", nhs_number=None)
    assert true.dob
    return [
        true,
        police,
        replace(police, postcodes=(), phone=None),
        replace(
            police, source="SCHOOL", register="referrals", forenames=true.forenames.split()[0], phone=None
        ),
    ]


@cache
def _records(family: str) -> dict[str, StandardRecord]:
    return {
        f"{number} {way}": standardise(replace(record, id=f"{number} {way}"))
        for number, person in enumerate(FAMILIES[family])
        for way, record in enumerate(_ways(person))
    }


def members(family: str) -> list[str]:
    return list(_records(family))


@cache
def weighed(family: str, a: str, b: str) -> Weighed:
    """Whichever way round."""
    from engage.practice.people.actions.pairs import WALLS

    if a > b:
        return weighed(family, b, a)
    model = load_model()
    one, other = _records(family)[a], _records(family)[b]
    found = score(one, other, model)
    decision = decide(found, one, other, model)
    walls = decision == "ask" and not WALLS.isdisjoint(veto.code for veto in found.vetoes)
    return Weighed(found.weight_bits, decision == "join", walls)
