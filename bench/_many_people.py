"""Records of many invented people, as six agencies would write of them: up to millions, in about half a minute each.

Households of parents and children at one address and mostly of one name; twins; people who moved or took another
surname. How often each agency errs stands in the demo's error-rates.yaml. Two things differ from the demo, so that a
block of a million records is no larger than a real one: surnames and given names have a long tail, which is composed
of syllables, and there are as many postcode districts as people need.

Numbers never issued run out. There are some 909,000 valid NHS numbers from 999, each given to one person; whoever is
born after that has none, so of 5,000,000 records (about 2,000,000 people) fewer than half of the people have one. Of
2,000 telephone numbers kept for drama each is the number of many households: agreement on one says little here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from datetime import date, timedelta
from functools import cache
from itertools import accumulate, product
from random import Random

import polars as pl

from engage.demo.names import load, other_forms
from engage.methods.linkage.records import IdentityRecord

SEED = 20261129
TODAY = date(2026, 11, 2)
RECORDS_OF_ONE_PERSON = 2.27  # as COVERAGE makes them
PEOPLE_IN_A_DISTRICT = 8_000
HOUSEHOLDS_IN_A_POSTCODE = 8
AT_ONCE = 100_000
ONE_ROW_PER_PERSON = frozenset({"council", "schools", "health"})
# Agency: its feed, and in how many of ten children and of ten parents it has a record.
COVERAGE: dict[str, tuple[str, float, float]] = {
    "council": ("social-care-people", 0.45, 0.20),
    "schools": ("school-roll", 0.80, 0.0),
    "health": ("health-contacts", 0.55, 0.45),
    "police": ("police-missing", 0.30, 0.30),
    "charity": ("referrals", 0.15, 0.08),
    "helpline": ("helpline-calls", 0.12, 0.10),
}
ANOTHER_REPORT = 0.25  # where a register has one row a report and not one a person
SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "id": pl.String, "source": pl.String, "register": pl.String, "forenames": pl.String, "surname": pl.String,
    "former_surnames": pl.List(pl.String), "dob": pl.Date, "sex": pl.String, "postcodes": pl.List(pl.String),
    "district": pl.String, "nhs_number": pl.String, "upn": pl.String, "council_child_id": pl.String,
    "phone": pl.String,
}  # fmt: skip
assert SCHEMA.keys() <= {one.name for one in fields(IdentityRecord)}


@dataclass(frozen=True)
class ManyPeople:
    records: pl.DataFrame  # columns of IdentityRecord, in an order drawn at random
    truth: pl.DataFrame  # id, person, household


def many_people(records: int, seed: int = SEED) -> ManyPeople:
    """The same records for the same seed; fewer are not the first of more."""
    parts: list[pl.DataFrame] = []
    rows: list[tuple] = []
    drawn = _rows(records, Random(f"{seed} {records}"))
    for number, row in enumerate(drawn, 1):
        rows.append(row)
        if len(rows) == AT_ONCE or number == records:
            parts.append(_table(rows))
            rows = []
        if number == records:
            break
    table = pl.concat(parts).sample(fraction=1.0, shuffle=True, seed=seed)
    return ManyPeople(table.select(list(SCHEMA)), table.select("id", "person", "household"))


def _table(rows: list[tuple]) -> pl.DataFrame:
    schema = {**SCHEMA, "person": pl.Int64, "household": pl.Int64}
    columns = zip(*rows, strict=True)
    return pl.DataFrame(
        {name: pl.Series(name, values, dtype=kind) for (name, kind), values in zip(schema.items(), columns, strict=True)}
    )  # fmt: skip


# Names -------------------------------------------------------------------------------------------------

BACKGROUNDS = {
    "white_british": 0.74, "pakistani": 0.06, "indian": 0.04, "black_african": 0.04, "mixed": 0.04, "polish": 0.03,
    "bangladeshi": 0.02, "irish": 0.02, "roma": 0.01,
}  # fmt: skip
SYLLABLES: dict[str, tuple[str, str, str]] = {
    "surnames": (
        "Ash Bar Black Brad Brook Cald Carl Clay Clif Cold Crom Dal Den Dun East Ed El Fair Farn Fen Gar Glen Gold Green "
        "Hal Ham Hart Hazel Hen High Hol Horn Kel Ken Kirk Lang Law Lin Long Mar Mel Mid Mil Mor Nor North Old Pen Pick "
        "Pres Rad Raw Red Rid Ros Rush Sal Shel Sher South Stan Stock Sut Thorn Tur Wal War Wat West Whit Wil Win Wood",
        " a ar en er ing s",
        "bank beck borough bottom bridge brook burn by cliffe combe cote croft dale den don field fold ford gate grave "
        "greave hall ham head hill holme hope hurst kirk land ley low man mere more ridge row shaw shire side som son stall "
        "stead stock stone thorpe thwaite ton tree wall ward way well wick with wood worth",
    ),
    "girls": (
        "A Ad Al Am An Ar Au Bel Bri Ca Cal Car Ce Chan Da Del E El Em Es Fa Fi Ga Gi Ha Har I Is Ja Jo Ka Kay Kel Ki La Le "
        "Li Lu Ma Mar Mel Mi Na No O Pa Ra Ri Ro Sa Sha Si So Ta Te Ti Va Vi Xa Ya Za",
        " b d ey l la m n nd ri ss th v",
        "ah a ana anne elle ella ena essa etta ia iah ie ina inda ine is ise issa ita ora yn yse",
    ),
    "boys": (
        "A Ad Al An Ar Ash Bar Ben Bra Bry Ca Cal Car Co Da Dar Den Do E Ed El Em Fa Fin Ga Gar Ha Har I Ja Jar Jo Ka Kel "
        "Ken Ki La Le Lu Ma Mar Mi Na Ni No O Os Pa Ra Ren Ri Ro Ry Sa Se Ta Te Ti To Va Wil Xa Ya Za",
        " b d f l m n nd r rr v w x",
        "ad am an ar ard as en er ey ian ias ick iel in ion ir is ius o on or us y",
    ),
}  # fmt: skip


@cache
def _names(background: str, part: str) -> tuple[list[str], list[float]]:
    """The demo's list, then composed ones: the n-th in proportion to 1 / (n + 12), as the demo chooses."""
    listed = list(load("names.yaml")[background][part])
    composed = [
        "".join(three).replace(" ", "") for three in product(*(text.split(" ") for text in SYLLABLES[part]))
    ]
    Random(part).shuffle(composed)
    names = list(dict.fromkeys((*listed, *composed[: 20_000 if part == "surnames" else 2_000])))
    return names, list(accumulate(1 / (rank + 12) for rank in range(1, len(names) + 1)))


def _name(rng: Random, background: str, part: str) -> str:
    names, weights = _names(background, part)
    return rng.choices(names, cum_weights=weights)[0]


_short_forms = cache(other_forms)


# Numbers and places ------------------------------------------------------------------------------------


def nhs_numbers() -> Iterator[str]:
    """Every valid number from 999, neighbours far apart."""
    for step in range(10**6):
        body = f"999{step * 611_953 % 10**6:06}"
        check = (11 - sum(int(digit) * (10 - place) for place, digit in enumerate(body)) % 11) % 11
        if check != 10:
            yield f"{body}{check}"


def upns() -> Iterator[str]:
    step = 0
    while True:
        digits = f"8892{step * 61_195_307 % 10**8:08}"
        letter = "ABCDEFGHJKLMNPQRTUVWXYZ"[sum(int(digit) * n for n, digit in enumerate(digits, 2)) % 23]
        yield letter + digits
        step += 1


INWARD = "ABDEFGHJLNPQRSTUWXYZ"
AREAS = ("BB", "BD", "BL", "FY", "HX", "LA", "M", "OL", "PR", "WN")


@dataclass(frozen=True)
class Place:
    postcode: str
    district: str


def _places(households: int) -> list[Place]:
    """Real areas with invented numbers after them; a council's district has some ten postcode districts."""
    districts = max(6, households * 3 // PEOPLE_IN_A_DISTRICT)
    units = max(10, households // HOUSEHOLDS_IN_A_POSTCODE)
    places = []
    for number in range(units):
        part, unit = number % districts, number // districts
        outward = f"{AREAS[part % 10]}{part // 10 % 90 + 1}"
        inward = f"{unit // 400 % 10}{INWARD[unit // 20 % 20]}{INWARD[unit % 20]}"
        places.append(Place(f"{outward} {inward}", f"District {part // 10 + 1}"))
    return places


# People ------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Person:
    number: int
    household: int
    child: bool
    forenames: list[str]
    surname: str
    dob: date
    sex: str
    place: Place
    before: Place  # where they lived before, if they moved
    later_surname: str
    nhs_number: str | None
    phone: str
    upn: str | None = None
    others: list[Person] = field(default_factory=list)  # of the household


def _households(count: int, rng: Random) -> Iterator[list[Person]]:
    places, numbers, pupils = _places(count), nhs_numbers(), upns()
    families = load("error-rates.yaml")["families"]
    sizes = families["children_per_household"]
    backgrounds, shares = list(BACKGROUNDS), list(accumulate(BACKGROUNDS.values()))
    person = household = 0

    def somebody(
        child: bool, surname: str, dob: date, given_by: str, place: Place, before: Place, phone: str
    ) -> Person:
        nonlocal person
        person += 1
        sex = "F" if rng.random() < 0.5 else "M"
        part = "girls" if sex == "F" else "boys"
        forenames = [_name(rng, given_by, part)]
        if rng.random() < 0.6:
            forenames.append(_name(rng, given_by, part))
        later = _name(rng, given_by, "surnames") if rng.random() < 0.3 else surname
        return Person(
            person,
            household,
            child,
            forenames,
            surname,
            dob,
            sex,
            place,
            before,
            later,
            next(numbers, None),
            phone,
        )

    while True:
        household += 1
        background = rng.choices(backgrounds, cum_weights=shares)[0]
        surname, place, before = _name(rng, background, "surnames"), rng.choice(places), rng.choice(places)
        phone = rng.choice(("07700 900", "01632 960")) + f"{rng.randrange(1000):03}"
        living: list[Person] = []
        born = TODAY - timedelta(days=rng.randrange(365 * 17))
        for number in range(rng.choices(list(sizes), weights=list(sizes.values()))[0]):
            if number and rng.random() >= families["twins_of_siblings"]:
                born = born + timedelta(days=rng.choice((-1, 1)) * rng.randrange(330, 1600))
            born = min(born, TODAY)
            own = (
                _name(rng, background, "surnames")
                if rng.random() < families["surname_differs_in_household"]
                else surname
            )
            child = somebody(True, own, born, background, place, before, phone)
            child.upn = next(pupils) if TODAY.year - born.year >= 4 else None
            living.append(child)
        for _ in range(1 if rng.random() < 0.35 else 2):
            years = 20 + rng.randrange(18)
            at = min(one.dob for one in living) - timedelta(days=years * 365 + rng.randrange(365))
            own = _name(rng, background, "surnames") if rng.random() < 0.25 else surname
            living.append(somebody(False, own, at, background, place, before, phone))
        for one in living:
            one.others = living
        yield living


# What an agency writes ---------------------------------------------------------------------------------


def _rows(records: int, rng: Random) -> Iterator[tuple]:
    said = load("error-rates.yaml")
    columns = said["columns"]
    agencies = [
        (code, *coverage, dict(zip(columns, said[code], strict=True))) for code, coverage in COVERAGE.items()
    ]
    people = records / RECORDS_OF_ONE_PERSON
    number = 0
    for household in _households(round(people / 3.3) + 1, rng):
        for person in household:
            for code, register, of_children, of_parents, rates in agencies:
                if rng.random() >= (of_children if person.child else of_parents):
                    continue
                while True:
                    number += 1
                    yield _written(f"{number:09}", code, register, person, rates, said["identifiers"], rng)
                    if code in ONE_ROW_PER_PERSON or rng.random() >= ANOTHER_REPORT:
                        break


def _written(
    record: str,
    code: str,
    register: str,
    person: Person,
    rates: dict[str, float],
    identifiers: dict,
    rng: Random,
) -> tuple:
    chance = rng.random
    forenames, surname = list(person.forenames), person.surname
    if chance() < rates["nickname_used"] and (forms := _short_forms(forenames[0])):
        forenames = [rng.choice(forms)]
    elif chance() < 0.5:
        forenames = forenames[:1]
    former: list[str] = []
    if chance() < rates["surname_changed"]:
        former = [surname] if chance() < 0.3 and surname != person.later_surname else []
        surname = person.later_surname
    if chance() < rates["typo"]:
        if chance() < 0.5:
            forenames[0] = _slip(forenames[0], rng)
        else:
            surname = _slip(surname, rng)
    if chance() < 0.003:
        forenames, surname = [surname], forenames[0]
    if chance() < rates["forename_missing"]:
        forenames = []
    dob: date | None = person.dob
    if chance() < rates["dob_missing"]:
        dob = None
    elif chance() < rates["dob_wrong"]:
        dob = _wrong_date(person.dob, rng)
    postcodes: list[str] = []
    district: str | None = person.place.district
    if chance() >= rates["postcode_missing"]:
        moved = chance() < rates["moved_house"]
        postcodes = [(person.before if moved else person.place).postcode]
        district = person.before.district if moved else district
    elif chance() < 0.5:
        district = None
    whose = rng.choice(person.others) if chance() < identifiers["wrong_family_member"] else person
    nhs_number = whose.nhs_number if chance() < identifiers["nhs_number"].get(code, 0) else None
    if nhs_number and chance() < identifiers["one_digit_wrong"]:
        place = rng.randrange(3, 10)
        nhs_number = f"{nhs_number[:place]}{rng.randrange(10)}{nhs_number[place + 1 :]}"
    upn = whose.upn if chance() < identifiers["upn"].get(code, 0) else None
    return (
        record, code.upper(), register, " ".join(forenames), surname, former, dob,
        person.sex if chance() < 0.97 else None, postcodes, district, nhs_number, upn,
        f"C{person.number}" if code == "council" else None, person.phone if chance() < 0.4 else None,
        person.number, person.household,
    )  # fmt: skip


def _slip(name: str, rng: Random) -> str:
    """One letter left out, doubled, put for another, or changed with its neighbour."""
    at = rng.randrange(len(name))
    match rng.randrange(4):
        case 0 if len(name) > 3:
            return name[:at] + name[at + 1 :]
        case 1:
            return name[:at] + name[at] + name[at:]
        case 2:
            return name[:at] + rng.choice("aeinorst") + name[at + 1 :]
    return name[:at] + name[at + 1 : at + 2] + name[at] + name[at + 2 :]


def _wrong_date(dob: date, rng: Random) -> date:
    match rng.randrange(4):
        case 0 if dob.day <= 12:
            return date(dob.year, dob.day, dob.month)
        case 1:
            return date(dob.year + rng.choice((-1, 1)), dob.month, min(dob.day, 28))
        case 2:
            return date(dob.year, 1, 1)
    return date(dob.year, dob.month, dob.day % 28 + 1)
