"""Freedom, the team next door (Burnley, Pendle, Rossendale): who works there, and the children of whom it was told.

Some of them Engage has too, written in another way; most it has not.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import islice
from pathlib import Path
from random import Random

from engage.demo import names
from engage.demo.errors import typing_error
from engage.demo.files import social_care
from engage.demo.files.sheets import Row, WrittenFile, write_csv
from engage.demo.households import Families
from engage.demo.identifiers import Issuer
from engage.demo.team import Installed
from engage.demo.world import Child, World, stream
from engage.methods.linkage.records import IdentityRecord

DISTRICTS = ["Burnley", "Pendle", "Rossendale"]
COUNCIL = "LCC-CSC"  # all three districts are the county's
FREEDOMS_OWN = Installed(
    agencies=[
        ("LANCS-POL", "Lancashire Constabulary", "police", "01632 960201"),
        ("LCC-CSC", "Lancashire County Children's Services", "council", "01632 960202"),
        ("FREEDOM", "Freedom team", "team", "01632 960203"),
        ("ENGAGE", "Engage team", "team", "01632 960204"),
    ],
    teams=[("FREEDOM", "Freedom", DISTRICTS)],
    colleagues=[
        ("nia", "Nia Farrow", "LCC-CSC", "FREEDOM", "social_worker"),
        ("omar", "PC Omar Rafiq", "LANCS-POL", "FREEDOM", "police_team"),
        ("petra", "Petra Lund", "FREEDOM", "FREEDOM", "team_manager"),
        ("ruth", "Ruth Calvert", "LCC-CSC", None, "dpo_audit"),
        ("saul", "Saul Whitaker", "LANCS-POL", None, "dpo_audit"),
        ("tess", "Tess Noor", "LCC-CSC", None, "sys_admin"),
    ],
    agreement="FREEDOM-2026",
    title="Freedom information-sharing agreement 2026",
    signed_by="Petra Lund, for the partners",
    not_partners=("ENGAGE",),
)

FILE, KEPT_BESIDE = "freedom-people.csv", "freedom-children.csv"
COLUMNS = ("reference", "child_id", "how")
CHILDREN = 40
OF_EACH_WAY = 3
OWN, PROTECTED = "its own", "protected"


@dataclass(frozen=True)
class Known:
    """A child as Freedom has it. `how` it differs from Engage's, or that it is Freedom's own, or protected there."""

    reference: str
    child_id: str  # of the invented world
    how: str


def _spelled_otherwise(rng: Random, child: Child) -> Child:
    return replace(child, surname=typing_error(rng, child.surname))


def _by_a_short_name(rng: Random, child: Child) -> Child:
    form = rng.choice(names.other_forms(child.forenames.split()[0]))
    return replace(child, forenames=form, known_as="", nhs_number="", upn="")


def _day_and_month_swapped(rng: Random, child: Child) -> Child:
    swapped = child.dob.replace(day=child.dob.month, month=child.dob.day)
    return replace(child, dob=swapped, nhs_number="", upn="")


def _by_an_initial(rng: Random, child: Child) -> Child:
    return replace(child, forenames=child.forenames[0], known_as="", nhs_number="", upn="")


Fits = Callable[[Child], bool]
# Each with whom it can happen to. By the numbers, by the names' sounds and the date: known; by an initial: possibly, for most.
WAYS: dict[str, tuple[Fits, Callable[[Random, Child], Child]]] = {
    "spelled otherwise": (lambda child: bool(child.nhs_number), _spelled_otherwise),
    "by a short name": (lambda child: bool(names.other_forms(child.forenames.split()[0])), _by_a_short_name),
    "day and month swapped": (
        lambda child: child.dob.day <= 12 and child.dob.day != child.dob.month,
        _day_and_month_swapped,
    ),
    "by an initial": (lambda child: True, _by_an_initial),
}


def write_for_freedom(world: World, issuer: Issuer, folder: Path) -> WrittenFile:
    """The county's list for Freedom, and beside it who is who, which nobody receives.

    `issuer` goes on where Engage's world ended, so that no number is given twice.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rng = stream(world.seed, "Freedom")
    rows: list[Row] = []
    known: list[Known] = []
    families = Families(rng=rng, issuer=issuer, as_at=world.as_at.date())
    for number, (child, how) in enumerate(_children(rng, world, families)):
        reference = f"FR{600_001 + number}"
        written = replace(child, person_id=reference, child_903_id="")
        rows += social_care.rows_of(rng, written, bad_year=False, iso=True)
        known.append(Known(reference, child.child_id, how))
    write_csv(folder / FILE, social_care.COLUMNS, rows)
    write_csv(folder / KEPT_BESIDE, COLUMNS, [vars(one) for one in known])
    return file_in(folder)


def file_in(folder: Path) -> WrittenFile:
    return WrittenFile("social-care-people", COUNCIL, folder / FILE)


def children_known(folder: Path) -> list[Known]:
    with (folder / KEPT_BESIDE).open(newline="", encoding="utf-8") as handle:
        return [Known(**row) for row in csv.DictReader(handle)]


def as_written(folder: Path) -> dict[str, IdentityRecord]:
    """What Freedom was told of each child, by its reference, as records are compared."""
    with (folder / FILE).open(newline="", encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle))
    postcodes: dict[str, list[str]] = defaultdict(list)
    for row in rows:  # one for each address
        if row["postcode"]:
            postcodes[row["person_id"]].append(row["postcode"])
    return {
        row["person_id"]: IdentityRecord(
            id=row["person_id"],
            source=COUNCIL,
            forenames=row["forenames"],
            surname=row["surname"],
            known_as=row["known_as"],
            dob=date.fromisoformat(row["dob"]) if row["dob"] else None,
            postcodes=tuple(postcodes[row["person_id"]]),
            nhs_number=row["nhs_number"] or None,
            upn=row["upn"] or None,
        )
        for row in rows
    }


def _children(rng: Random, world: World, families: Families) -> list[tuple[Child, str]]:
    shared = [(_moved_here(child, families), how) for child, how in _also_at_engage(rng, world)]
    own = [(child, OWN) for child in islice(_of_its_own(families), CHILDREN - len(shared))]
    return [*shared, *own]


def _also_at_engage(rng: Random, world: World) -> Iterator[tuple[Child, str]]:
    """A few of each way; then the protected one, written as at Engage, who would be found at once."""
    known = [
        child
        for child in world.children
        if child.council == "BWD-CSC"
        and child.on_council_list
        and child.age_on(world.as_at.date()) >= 10
        and not child.day_of_birth_unknown
        and not any(one.restricted for one in child.household.children)
    ]
    rng.shuffle(known)
    for how, (fits, written) in WAYS.items():
        chosen = [child for child in known if fits(child)][:OF_EACH_WAY]
        known = [child for child in known if child not in chosen]
        yield from ((written(rng, child), how) for child in chosen)
    yield from ((child, PROTECTED) for child in known[:1])


def _of_its_own(families: Families) -> Iterator[Child]:
    while True:
        household = families.new_household(size=families.rng.choice([1, 1, 2]), missing_child_first=False)
        if all(address.district in DISTRICTS for address in household.addresses):
            yield from (child for child in household.children if not child.placement_address)


def _moved_here(child: Child, families: Families) -> Child:
    since = families.as_at - timedelta(days=families.rng.randint(20, 300))
    here = families.new_address(families.rng.choice(DISTRICTS), since)
    household = replace(child.household, addresses=[here])
    return replace(child, household=household, placement_address=None, council=COUNCIL)
