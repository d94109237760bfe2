"""The spreadsheet of an operation of 2015 to 2019: most of its children are adults now, and were children then."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from engage.demo import names
from engage.demo.contacts import adult_of_concern
from engage.demo.households import Families
from engage.demo.world import Child, OlderNominal, OlderOperationChild, World

CHILDREN_THEN = 60
STILL_CHILDREN = 6
NOMINALS = 25


def older_operation(world: World, rng: Random, families: Families, missing: list[Child]) -> None:
    world.older_nominals = [older_nominal(world, rng, families, n) for n in range(1, NOMINALS + 1)]
    still = [child for child in missing if child.age_on(world.as_at.date()) >= 16][:STILL_CHILDREN]
    people = [adult_now(rng, families) for _ in range(CHILDREN_THEN - len(still))] + still
    for number, child in enumerate(people, start=1):
        world.older_children.append(entry(rng, child, number))


def adult_now(rng: Random, families: Families) -> Child:
    """Born 1997 to 2004. Lives in a household of the world's kind but is on no list of today."""
    household = families.new_household(size=1, missing_child_first=True)
    child = household.children[0]
    child.dob = date(rng.randint(1997, 2004), rng.randint(1, 12), rng.randint(1, 28))
    child.on_council_list = False
    child.status, child.placement, child.placement_address, child.school, child.upn = "none", "", None, "", ""
    child.child_903_id = ""
    return child


def entry(rng: Random, child: Child, number: int) -> OlderOperationChild:
    opened = date(2015, 1, 5) + timedelta(days=rng.randrange(1700))
    if rng.random() < 0.85:
        closed = min(opened + timedelta(days=rng.randint(60, 900)), date(2019, 12, 20))
    else:
        closed = None
    return OlderOperationChild(
        child=child,
        op_ref=f"OP-{number:03d}",
        opened=opened,
        closed=closed,
        birth_text=birth_text(rng, child, opened),
        name_text=name_text(rng, child),
        nominals=sorted(rng.sample(range(NOMINALS), rng.choices([0, 1, 2, 3], weights=[25, 40, 25, 10])[0])),
    )


def birth_text(rng: Random, child: Child, opened: date) -> str:
    """Empty where the cell is a real spreadsheet date."""
    dob, kind = child.dob, rng.random()
    if kind < 0.35:
        return f"{dob.day}/{dob.month}/{dob.year % 100:02d}"
    if kind < 0.50:
        return f"{dob:%d/%m/%Y}"
    if kind < 0.62:
        return f"c. {dob.year}"
    if kind < 0.78:
        return f"{child.age_on(opened)} yrs"
    return ""


def name_text(rng: Random, child: Child) -> str:
    forms = names.other_forms(child.forenames.split()[0])
    if rng.random() < 0.6:
        nickname = f' "{rng.choice(forms)}"' if forms and rng.random() < 0.5 else ""
        return f"{child.surname.upper()}, {child.forenames}{nickname}"
    return f"{child.forenames} {child.surname}".strip()


def older_nominal(world: World, rng: Random, families: Families, number: int) -> OlderNominal:
    """The first few are the same adults whom referrals name today."""
    adult = world.adults[number - 1] if number <= min(6, len(world.adults)) else adult_of_concern(rng)
    born = rng.randint(1965, 1996)
    address = families.new_address(families.any_district(), date(2014, 1, 1))
    return OlderNominal(
        nom_ref=f"NOM-{number:02d}",
        adult=adult,
        birth_text=rng.choice(
            [f"c. {born}", f"{rng.randint(1, 28)}/{rng.randint(1, 12)}/{born % 100:02d}", ""]
        ),
        address=f"{address.lines} {address.postcode}" if rng.random() < 0.6 else "",
    )
