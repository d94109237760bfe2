"""`invent` puts the parts together: families, episodes, interviews, contacts, referrals, calls, edge cases."""

from __future__ import annotations

from datetime import datetime, timedelta

from engage.demo.episodes import EpisodeMaker
from engage.demo.households import Families
from engage.demo.identifiers import Issuer
from engage.demo.world import Child, Household, World, stream

CHILDREN_PER_HOUSEHOLD = {1: 0.55, 2: 0.30, 3: 0.11, 4: 0.04}  # error-rates.yaml `families`
MISSING_NOW = 8
SIBLING_ALSO_MISSING = 0.12


def invent(
    *,
    seed: int,
    as_at: datetime,
    children: int = 400,
    others: int = 10_000,
    bad_year: bool = False,
    months_back: int = 6,
    issuer: Issuer | None = None,
) -> World:
    """The same seed and moment give the same world.

    `as_at` is aware. `children` were reported missing in the `months_back` months before it;
    `others` are known to agencies for other reasons.
    """
    world = World(seed=seed, as_at=as_at, months_back=months_back, bad_year=bad_year)
    missing = people(world, issuer or Issuer(seed), children, others)
    go_missing(world, missing)
    number_records(world)
    return world


def people(world: World, issuer: Issuer, children: int, others: int) -> list[Child]:
    """Fills households and children; answers with those who go missing."""
    rng = stream(world.seed, "families")
    families = Families(rng=rng, issuer=issuer, as_at=world.as_at.date())
    sizes, weights = list(CHILDREN_PER_HOUSEHOLD), list(CHILDREN_PER_HOUSEHOLD.values())
    missing: list[Child] = []
    others_left = others
    while len(missing) < children:
        size = min(rng.choices(sizes, weights=weights)[0], 1 + others_left)
        household = families.new_household(size=size, missing_child_first=True)
        missing.append(household.children[0])
        for sibling in household.children[1:]:
            old_enough = sibling.age_on(world.as_at.date()) >= 10
            if old_enough and len(missing) < children and rng.random() < SIBLING_ALSO_MISSING:
                missing.append(sibling)
            else:
                others_left -= 1
        keep(world, household)
    while others_left > 0:
        size = min(rng.choices(sizes, weights=weights)[0], others_left)
        household = families.new_household(size=size, missing_child_first=False)
        others_left -= size
        keep(world, household)
    return missing


def keep(world: World, household: Household) -> None:
    world.households.append(household)
    world.children.extend(household.children)


def window_start(world: World) -> datetime:
    return world.as_at - timedelta(days=round(world.months_back * 30.44))


def go_missing(world: World, missing: list[Child]) -> None:
    rng = stream(world.seed, "episodes")
    maker = EpisodeMaker(rng=rng, as_at=world.as_at)
    start = window_start(world)
    for child in missing:
        episodes = maker.episodes_between(child, start, world.as_at, months=world.months_back)
        if rng.random() < 0.25:
            earlier = start - timedelta(days=210)
            episodes = maker.episodes_between(child, earlier, start - timedelta(days=2), months=3) + episodes
        world.episodes.extend(episodes)
        world.interviews.extend(maker.interviews_of(episodes))


def number_records(world: World) -> None:
    """References in the order the records were made, as the agencies' systems number them."""
    numbered = sorted(world.reports, key=lambda r: (r.reported_at, r.episode.child.child_id))
    for number, report in enumerate(numbered, start=1):
        report.ref = f"LC-{report.reported_at:%Y}-{40_000 + number * 3:06d}"
        report.grade_at_first = report.grade_at_first or report.grade
