"""How an agency writes a person down: typing errors, short names, gaps and old addresses, at that agency's rates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from random import Random

from engage.demo import names
from engage.demo.identifiers import one_digit_wrong
from engage.demo.world import Address, Child

BAD_YEAR_FACTOR = 1.5
ETHNICITY_UNKNOWN_TO_POLICE = 0.31


@dataclass(frozen=True, slots=True)
class Rates:
    typo: float
    nickname_used: float
    dob_missing: float
    dob_wrong: float
    postcode_missing: float
    moved_house: float
    surname_changed: float
    forename_missing: float
    nhs_number: float
    upn: float
    wrong_family_member: float
    one_digit_wrong: float


@cache
def rates_of(kind: str, bad_year: bool) -> Rates:
    """`kind` is a row of error-rates.yaml: police, council, schools, health, charity, helpline."""
    table = names.load("error-rates.yaml")
    factor = BAD_YEAR_FACTOR if bad_year else 1.0
    mistakes = [min(rate * factor, 0.95) for rate in table[kind]]
    given = table["identifiers"]
    return Rates(
        *mistakes,
        nhs_number=given["nhs_number"].get(kind, 0.0),
        upn=given["upn"].get(kind, 0.0),
        wrong_family_member=given["wrong_family_member"] * factor,
        one_digit_wrong=given["one_digit_wrong"] * factor,
    )


@dataclass(slots=True)
class Recorded:
    """One child as one agency wrote it; `dob` is None and texts are empty where nothing was written."""

    surname: str
    forenames: str
    known_as: str
    dob: date | None
    nhs_number: str
    upn: str
    phone: str
    address: Address
    postcode: str


def typing_error(rng: Random, text: str) -> str:
    if len(text) < 3:
        return text
    place = rng.randrange(1, len(text) - 1)
    kind = rng.choice(["swap", "drop", "double", "other"])
    if kind == "swap":
        return text[:place] + text[place + 1] + text[place] + text[place + 2 :]
    if kind == "drop":
        return text[:place] + text[place + 1 :]
    if kind == "double":
        return text[:place] + text[place] + text[place:]
    return text[:place] + rng.choice("aeinorst") + text[place + 1 :]


def wrong_birthday(rng: Random, dob: date) -> date:
    kinds = names.load("error-rates.yaml")["dob_wrong_kinds"]
    kind = rng.choices(list(kinds), weights=list(kinds.values()))[0]
    if kind == "day_month_swapped" and dob.day <= 12 and dob.day != dob.month:
        return dob.replace(day=dob.month, month=dob.day)
    if kind == "default_1_january":
        return dob.replace(day=1, month=1)
    if kind == "year_one_off" and (dob.month, dob.day) != (2, 29):
        return dob.replace(year=dob.year + rng.choice([-1, 1]))
    return dob + timedelta(days=rng.choice([-1, 1, 2, 10]))


def written_down(rng: Random, child: Child, kind: str, *, bad_year: bool = False) -> Recorded:
    rates = rates_of(kind, bad_year)
    surname, forenames, known_as = child.surname, child.forenames, child.known_as
    first, _, rest = forenames.partition(" ")
    if rest and rng.random() < 0.5:
        forenames = first
    if rng.random() < rates.nickname_used:
        forms = names.other_forms(first)
        if forms:
            form = rng.choice(forms)
            if rng.random() < 0.35:
                known_as = form
            else:
                forenames = form
    if rng.random() < rates.surname_changed and child.former_surname:
        surname = child.former_surname
    if rng.random() < rates.typo:
        if rng.random() < 0.5 and surname:
            surname = typing_error(rng, surname)
        else:
            forenames = typing_error(rng, forenames)
    if rng.random() < rates.forename_missing and surname:
        forenames = ""
    dob: date | None = child.dob
    if rng.random() < rates.dob_missing:
        dob = None
    elif rng.random() < rates.dob_wrong:
        dob = wrong_birthday(rng, child.dob)
    address = child.address
    if rng.random() < rates.moved_house:
        address = child.household.addresses[0]
    postcode = "" if rng.random() < rates.postcode_missing else address.postcode
    return Recorded(
        surname=surname,
        forenames=forenames,
        known_as=known_as,
        dob=dob,
        nhs_number=identifier(rng, child, "nhs_number", rates.nhs_number, rates),
        upn=identifier(rng, child, "upn", rates.upn, rates),
        phone=child.phone if rng.random() < 0.6 else "",
        address=address,
        postcode=postcode,
    )


def identifier(rng: Random, child: Child, field: str, given: float, rates: Rates) -> str:
    """The child's number, now and then a brother's or sister's, now and then with one digit wrong."""
    own = getattr(child, field)
    if not own or rng.random() >= given:
        return ""
    chance = rng.random()
    if chance < rates.wrong_family_member:
        others = [getattr(other, field) for other in child.household.children if other is not child]
        return next((number for number in others if number), own)
    if chance < rates.wrong_family_member + rates.one_digit_wrong:
        return one_digit_wrong(rng, own)
    return own
