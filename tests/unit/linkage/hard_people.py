"""A few families written down in many ways, so that every level of every comparison occurs among their pairs."""

from dataclasses import replace
from datetime import date, timedelta
from random import Random

from engage.methods.linkage.records import IdentityRecord

FAMILIES = [
    ("O’Brien", "BB1 1AA", "Hyndburn", ["Siobhan", "Sean", "Caoimhe"]),
    ("Khan", "BB1 1AB", "Blackburn with Darwen", ["Mohammed Hamza", "Mohammed Bilal", "Aisha", "Alisha"]),
    ("Smith-Jones", "BB5 2CD", "Hyndburn", ["Katherine", "Kathleen", "Jack"]),
    ("Wójcik", "BB11 3EF", "Burnley", ["Małgorzata", "Jakub"]),
    ("Holden", "BB1 1AA", "Ribble Valley", ["Katie", "Jack", "Emma"]),
]
WRITTEN_SO = {"Siobhan": "Shevaun", "Mohammed Hamza": "Mo Hamza", "Katherine": "Kate", "Małgorzata": "Gosia"}


def nhs_number(rng: Random) -> str:
    while True:
        body = f"999{rng.randrange(10**6):06}"
        check = (11 - sum(int(d) * (10 - place) for place, d in enumerate(body)) % 11) % 11
        if check != 10:
            return f"{body}{check}"


def upn(rng: Random) -> str:
    digits = f"8892{rng.randrange(10**8):08}"
    return "ABCDEFGHJKLMNPQRTUVWXYZ"[sum(int(d) * n for n, d in enumerate(digits, 2)) % 23] + digits


def hard_people(seed: int = 3) -> list[IdentityRecord]:
    rng = Random(seed)
    records = []
    for surname, postcode, district, names in FAMILIES:
        for number, forenames in enumerate(names):
            true = IdentityRecord(
                id="",
                source="COUNCIL",
                register="social-care-people",
                forenames=forenames,
                surname=surname,
                dob=date(2010, 3, 4) if "isha" in forenames else date(2009 + number, 3 + number, 5),
                sex=rng.choice("MF"),
                postcodes=(postcode,),
                district=district,
                nhs_number=nhs_number(rng),
                upn=upn(rng),
                council_child_id=f"C{rng.randrange(1000)}",
                phone="07700 900123",
                case_references=(f"LC-{number}",),
            )
            records += [replace(said, id=f"{len(records) + n}") for n, said in enumerate(_ways(true, rng))]
    return records


def _ways(true: IdentityRecord, rng: Random) -> list[IdentityRecord]:
    police = replace(true, source="POLICE", register="police-missing", council_child_id=None)
    dob = true.dob
    first = true.forenames.split()[0]
    return [
        true,
        replace(police, forenames=WRITTEN_SO.get(true.forenames, true.forenames), nhs_number=None),
        replace(police, forenames=true.surname, surname=first, upn=None),
        replace(police, forenames="", postcodes=("BB1 9ZZ",), nhs_number=true.nhs_number[::-1]),
        replace(police, surname="", dob=None, phone="01632 960555", case_references=("LC-9",)),
        replace(police, forenames=first[0] + first[2:], dob=date(dob.year, dob.day, dob.month)),
        replace(police, surname=true.surname + "s", forenames=first[:-1] + "z", dob=dob + timedelta(days=1)),
        replace(police, surname=true.surname[:-1], dob=date(dob.year, 1, 1), postcodes=(), sex=None),
        replace(police, surname="Zielinska", dob=date(dob.year + 1, dob.month, dob.day), district="Pendle"),
        replace(true, surname="Adams", former_surnames=(true.surname,), dob=dob.replace(day=28)),
        replace(true, source="OTHER", nhs_number=true.nhs_number[:-1] + "0", upn=true.upn[:-1] + "7"),
        replace(
            police,
            dob=None,
            birth_earliest=date(2009, 6, 1),
            birth_latest=date(2010, 5, 31),
            postcodes=("BB1",),
        ),
        replace(
            police, dob=None, forenames=first[::-1], surname=true.surname[::-1], postcodes=(), district=None
        ),
        replace(police, forenames="", surname="", known_as=first.lower(), dob=dob.replace(month=11, day=30)),
        replace(true, council_child_id="X1", phone=None, case_references=()),
    ]
