"""Families: brothers and sisters, twins, different surnames in one house, children who are looked after."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from random import Random
from typing import TypeVar

from engage.demo import names
from engage.demo.identifiers import Issuer, mobile_phone
from engage.demo.world import Address, Child, Household

ETHNICITY_OF_BACKGROUND = {
    "white_british": ["WBRI"],
    "pakistani": ["APKN"],
    "indian": ["AIND"],
    "bangladeshi": ["ABAN"],
    "polish": ["WOTH"],
    "roma": ["WROM"],
    "black_african": ["BAFR"],
    "irish": ["WIRI", "WIRT"],
    "mixed": ["MWBC", "MWAS", "MWBA", "MOTH"],
}
# No C I K M O V, as in the last two letters of a postcode.
UNIT_LETTERS = "ABDEFGHJLNPQRSTUWXYZ"
# Ages of children missing: synthetic-parameters.yaml `age`; inside a band, more of the older ones.
AGE_BANDS_MISSING = {(8, 11): 0.07, (12, 14): 0.35, (15, 17): 0.58}
GIRLS_AMONG_MISSING = 0.476
BOYS_AMONG_LOOKED_AFTER = 0.56
LOOKED_AFTER_AMONG_MISSING = 0.19
PLACED_FROM_ELSEWHERE = (
    0.22  # of looked-after children living in these districts; F38 counts children's homes alone
)
STATUS_OF_OTHERS = {
    "none": 0.40,
    "early help": 0.30,
    "in need": 0.22,
    "protection plan": 0.05,
    "looked after": 0.03,
}
STATUS_OF_MISSING_AT_HOME = {"none": 0.34, "early help": 0.28, "in need": 0.30, "protection plan": 0.08}


Choice = TypeVar("Choice")


def weighted(rng: Random, choices: dict[Choice, float]) -> Choice:
    return rng.choices(list(choices), weights=list(choices.values()))[0]


@cache
def wards_of(district: str) -> tuple[str, ...]:
    text = files("engage.demo").joinpath("data", "wards.csv").read_text(encoding="utf-8")
    return tuple(
        row["ward_name"]
        for row in csv.DictReader(text.splitlines())
        if row["la_name"] == district and row["status"] == "latest set in the file"
    )


@cache
def police_ethnicity() -> dict[str, str]:
    text = files("engage.demo").joinpath("data", "ethnicity-crosswalk.csv").read_text(encoding="utf-8")
    return {row["dfe_code"]: row["police_sde_code"] for row in csv.DictReader(text.splitlines())}


@dataclass(slots=True)
class Families:
    """Makes households one after another."""

    rng: Random
    issuer: Issuer
    as_at: date

    def new_address(self, district: str, since: date, until: date | None = None) -> Address:
        rng, places = self.rng, names.load("places.yaml")
        postcodes = places["districts"][district]["postcodes"]
        area = rng.choice(list(postcodes))
        outward, _, sector = area.partition(" ")
        unit = rng.choice(UNIT_LETTERS) + rng.choice(UNIT_LETTERS)
        street = f"{rng.choice(places['street_first_words'])} {rng.choice(places['street_kinds'])}"
        ward = rng.choice(wards_of(district))
        darwen_postcode, darwen_ward = outward == "BB3", ward.startswith("Darwen")
        if district == "Blackburn with Darwen" and darwen_postcode != darwen_ward:
            ward = rng.choice([w for w in wards_of(district) if w.startswith("Darwen") == darwen_postcode])
        return Address(
            lines=f"{rng.randint(1, 148)} {street}, {postcodes[area]}",
            postcode=f"{outward} {sector or rng.randint(1, 9)}{unit}",
            district=district,
            ward=ward,
            since=since,
            until=until,
        )

    def address_history(self, district: str) -> list[Address]:
        """Where the family lived before, and now."""
        rng = self.rng
        since = self.as_at - timedelta(days=rng.randint(60, 4000))
        before = district if rng.random() < 0.75 else self.any_district()
        moved_in = since - timedelta(days=rng.randint(200, 2500))
        return [self.new_address(before, moved_in, since), self.new_address(district, since)]

    def any_district(self) -> str:
        districts = names.load("places.yaml")["districts"]
        return weighted(self.rng, {name: row["share_of_children"] for name, row in districts.items()})

    def new_household(self, *, size: int, missing_child_first: bool) -> Household:
        rng, districts = self.rng, names.load("places.yaml")["districts"]
        district = self.any_district()
        background = weighted(rng, districts[district]["backgrounds"])
        family_name = names.surname(rng, background)
        household = Household(
            household_id=f"H{self.issuer.next('household'):06d}",
            background=background,
            surname=family_name,
            addresses=self.address_history(district),
            phone=mobile_phone(rng),
            parents=[
                f"{names.given_name(rng, background, sex)} {family_name}"
                for sex in (["F"] if rng.random() < 0.4 else ["F", "M"])
            ],
        )
        for place in range(size):
            self.add_child(household, goes_missing=missing_child_first and place == 0)
        return household

    def add_child(self, household: Household, *, goes_missing: bool) -> Child:
        rng = self.rng
        twin = household.children[-1] if household.children and rng.random() < 0.03 else None
        if goes_missing:
            low, high = weighted(rng, AGE_BANDS_MISSING)
            age = rng.randint(low, high)
            girl = rng.random() < GIRLS_AMONG_MISSING
        else:
            age = rng.choices(range(1, 18), weights=range(4, 21))[0]
            girl = rng.random() < 0.49
        sex = "F" if girl else "M"
        dob = twin.dob if twin else self.birthday(age)
        child = Child(
            child_id=f"C{self.issuer.next('child'):06d}",
            household=household,
            forenames=self.new_forenames(household, sex),
            surname=household.surname,
            former_surname="",
            dob=dob,
            sex=sex,
            background=household.background,
            ethnicity=rng.choice(ETHNICITY_OF_BACKGROUND[household.background]),
            phone=mobile_phone(rng) if self.as_at.year - dob.year >= 10 else household.phone,
        )
        if household.children and rng.random() < 0.12:
            child.surname = names.surname(rng, household.background)
        child.former_surname = names.surname(rng, household.background)
        household.children.append(child)
        self.give_status(child, goes_missing)
        self.give_identifiers(child)
        return child

    def birthday(self, age: int) -> date:
        """A day on which somebody is `age` years old at `as_at`."""
        latest = self.as_at - timedelta(days=round(age * 365.25))
        return latest - timedelta(days=self.rng.randrange(1, 364))

    def new_forenames(self, household: Household, sex: str) -> str:
        """No two children of one house share a first name; some have a middle name."""
        rng = self.rng
        taken = {child.forenames.split()[0] for child in household.children}
        for _ in range(20):
            first = names.given_name(rng, household.background, sex)
            if first not in taken:
                break
        if rng.random() < 0.35:
            middle = names.given_name(rng, household.background, sex)
            return f"{first} {middle}" if middle != first else first
        return first

    def give_status(self, child: Child, goes_missing: bool) -> None:
        rng, places = self.rng, names.load("places.yaml")
        district = child.household.address.district
        child.council = places["districts"][district]["council"]
        if not goes_missing:
            child.status = weighted(rng, STATUS_OF_OTHERS)
        elif rng.random() < LOOKED_AFTER_AMONG_MISSING:
            child.status = "looked after"
            child.sex = "M" if rng.random() < BOYS_AMONG_LOOKED_AFTER else "F"
            child.forenames = self.new_forenames(child.household, child.sex)
        else:
            child.status = weighted(rng, STATUS_OF_MISSING_AT_HOME)
        if child.looked_after:
            self.place(child)

    def place(self, child: Child, *, from_elsewhere: bool | None = None) -> None:
        """`from_elsewhere`: by another county's council; None leaves it to chance."""
        rng, places = self.rng, names.load("places.yaml")
        since = max(self.as_at - timedelta(days=rng.randint(30, 900)), child.dob)
        district = child.household.address.district
        if rng.random() < 0.25:
            district = self.any_district()
        child.placement_address = self.new_address(district, since)
        council = places["districts"][district]["council"]
        # placement_of_looked_after_episodes: half in homes and semi-independent flats, 0.35 foster, the rest other.
        kind = weighted(rng, {"K2": 0.36, "H5": 0.14, "U6": 0.35, "P1": 0.15})
        if kind == "H5" and child.age_on(self.as_at) < 16:
            kind = "K2"
        child.placement_kind = kind
        child.placement = {
            "K2": rng.choice(places["childrens_homes"]),
            "H5": rng.choice(places["supported_homes"]),
            "U6": "Foster carers",
            "P1": "Placed with family",
        }[kind]
        if from_elsewhere is None:
            from_elsewhere = rng.random() < PLACED_FROM_ELSEWHERE
        if from_elsewhere:
            child.placing_authority = rng.choice(places["other_authorities"])
            child.council = council
            child.on_council_list = rng.random() < 0.5
        else:
            child.placing_authority = (
                "Blackburn with Darwen" if child.council == "BWD-CSC" else "Lancashire County Council"
            )

    def give_identifiers(self, child: Child) -> None:
        rng, places = self.rng, names.load("places.yaml")
        child.nhs_number = self.issuer.nhs_number()
        row = places["districts"][child.address.district]
        age = child.age_on(self.as_at)
        schools = [s for s in row["schools"] if ("Primary" in s) == (age < 11)]
        if age >= 4 and age < 17:
            child.school = rng.choice(schools)
        if age >= 4:
            school_number = 2000 + 40 * (row["authority_number"] - 888)
            school_number += row["schools"].index(child.school) if child.school else 39
            child.upn = self.issuer.upn(row["authority_number"], school_number, child.dob.year + 4)
        mark = "BD" if child.council == "BWD-CSC" else "LC"
        child.person_id = f"{mark}{self.issuer.next(mark) + 400_000}"
        self.give_return_identifier(child)

    def give_return_identifier(self, child: Child) -> None:
        """The statutory return counts a child where the placing council is, not where the child lives."""
        if (
            child.looked_after
            and child.placing_authority not in names.load("places.yaml")["other_authorities"]
        ):
            mark = child.person_id[:2]
            child.child_903_id = f"{mark}9{self.issuer.next(mark + '903') + 1000}"

    def take_into_care(self, child: Child) -> None:
        child.status = "looked after"
        self.place(child, from_elsewhere=False)
        self.give_return_identifier(child)
