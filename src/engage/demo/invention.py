"""`invent` puts the parts together: families, episodes, interviews, contacts, referrals, calls, edge cases."""

from __future__ import annotations

from datetime import datetime, timedelta

from engage.demo.contacts import ContactMaker, Density, adult_of_concern
from engage.demo.edge_cases import FEWEST_CHILDREN, EdgeCases
from engage.demo.episodes import EpisodeMaker
from engage.demo.households import Families
from engage.demo.identifiers import Issuer
from engage.demo.older_operation import older_operation
from engage.demo.world import Child, Episode, Household, Interview, World, stream

CHILDREN_PER_HOUSEHOLD = {1: 0.55, 2: 0.30, 3: 0.11, 4: 0.04}  # error-rates.yaml `families`
WITH_EARLIER_EPISODES = 0.25  # A
WITH_A_NAMED_COMPANION = 0.08  # A
# Hours before `as_at`, so that Today has something of each kind whatever the seed.
OPEN_SINCE_HOURS = [2.5, 6, 11, 16, 27, 52, 130]
BACK_SINCE_HOURS = [2, 8, 15, 22, 30, 41, 49, 58, 66, 70]
OVERDUE_SINCE_HOURS = [80, 101, 150]
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
    density: Density = Density(),  # noqa: B008 - frozen
    edge_cases: bool = True,
) -> World:
    """The same seed and moment give the same world.

    `as_at` is aware. `children` were reported missing in the `months_back` months before it;
    `others` are known to agencies for other reasons.
    """
    issuer = issuer or Issuer(seed)
    world = World(seed=seed, as_at=as_at, months_back=months_back, bad_year=bad_year)
    families = Families(rng=stream(seed, "families"), issuer=issuer, as_at=as_at.date())
    missing = people(world, families, children, others)
    maker = EpisodeMaker(rng=stream(seed, "episodes"), as_at=as_at)
    episodes = go_missing(world, maker, missing)
    with_edge_cases = edge_cases and children >= FEWEST_CHILDREN
    edges = EdgeCases(
        world, stream(seed, "edge cases"), maker, families, episodes, happening_now(maker, missing, episodes)
    )
    if with_edge_cases:
        edges.before_interviews()
    follow_up(world, maker, episodes, edges.interviews)
    known_elsewhere(world, missing, episodes, density)
    older_operation(world, stream(seed, "older operation"), families, missing)
    if with_edge_cases:
        edges.after_contacts()
    number_records(world, issuer)
    return world


def people(world: World, families: Families, children: int, others: int) -> list[Child]:
    """Fills households and children; answers with those who go missing."""
    rng = families.rng
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


def go_missing(world: World, maker: EpisodeMaker, missing: list[Child]) -> dict[str, list[Episode]]:
    rng, start = maker.rng, window_start(world)
    found: dict[str, list[Episode]] = {}
    for child in missing:
        episodes = maker.episodes_between(child, start, world.as_at, months=world.months_back)
        if rng.random() < WITH_EARLIER_EPISODES:
            earlier = start - timedelta(days=210)
            episodes = maker.episodes_between(child, earlier, start - timedelta(days=2), months=3) + episodes
        for episode in episodes:
            if rng.random() < WITH_A_NAMED_COMPANION:
                friend = rng.choice(missing)
                if friend is not child:
                    episode.companions = [f"{friend.forenames.split()[0]} {friend.surname}"]
        found[child.child_id] = episodes
    return found


def happening_now(maker: EpisodeMaker, missing: list[Child], episodes: dict[str, list[Episode]]) -> set[str]:
    """Some are missing at `as_at`, some just back, a few waited too long; answers with their child ids."""
    spans = [(hours, None) for hours in OPEN_SINCE_HOURS]
    spans += [(hours + 8, hours) for hours in BACK_SINCE_HOURS + OVERDUE_SINCE_HOURS]
    young = [child for child in missing if child.age_on(maker.as_at.date()) < 18]
    chosen = young[3 :: max(1, len(young) // (len(spans) + 1))][: len(spans)]
    for (seen, back), child in zip(spans, chosen, strict=False):
        last_seen = maker.as_at - timedelta(hours=seen)
        returned = None if back is None else maker.as_at - timedelta(hours=back)
        over = last_seen - timedelta(hours=26)
        earlier = [episode for episode in episodes[child.child_id] if episode.came_back_at < over]
        current = maker.episode(child, last_seen, returned)
        current.away = False
        if seen == OPEN_SINCE_HOURS[2]:
            current.reports[0].grade_at_first, current.reports[0].grade = "medium", "high"
        if back in OVERDUE_SINCE_HOURS:
            current.let_slip = True
        episodes[child.child_id] = [*earlier, current]
    return {child.child_id for child in chosen}


def follow_up(
    world: World,
    maker: EpisodeMaker,
    episodes: dict[str, list[Episode]],
    already: dict[str, list[Interview]],
) -> None:
    for child_id, own in episodes.items():
        world.episodes.extend(own)
        counted = [episode for episode in own if not episode.reports[0].cancelled]
        world.interviews.extend(already.get(child_id) or maker.interviews_of(counted))


def known_elsewhere(
    world: World, missing: list[Child], episodes: dict[str, list[Episode]], density: Density
) -> None:
    rng = stream(world.seed, "contacts")
    world.adults = [adult_of_concern(rng) for _ in range(max(8, len(missing) // 20))]
    maker = ContactMaker(rng, window_start(world), world.as_at, density, world.adults)
    others = [child for child in world.children if child.child_id not in episodes]
    world.contacts = list(maker.health_contacts(world.children, episodes))
    world.referrals = list(maker.referrals(world.children, episodes))
    world.calls = list(maker.calls(missing, others))


def number_records(world: World, issuer: Issuer) -> None:
    """References in the order the records were made, as the agencies' systems number them."""
    for report in sorted(world.reports, key=lambda r: (r.reported_at, r.episode.child.child_id)):
        report.ref = f"LC-{report.reported_at:%Y}-{40_000 + issuer.next('report') * 3:06d}"
        report.grade_at_first = report.grade_at_first or report.grade
    world.interviews.sort(key=lambda i: (i.returned_at, i.child.child_id))
    for interview in world.interviews:
        interview.ref = f"BR-{issuer.next('interview'):05d}"
    world.referrals.sort(key=lambda r: (r.at, r.child.child_id))
    for referral in world.referrals:
        letter = "S" if referral.agency == "SCHOOLS" else "E"
        referral.ref = f"{letter}REF-{issuer.next(letter):05d}"
    world.calls.sort(key=lambda c: (c.at, c.caller_kind, c.outcome))
    for call in world.calls:
        call.ref = f"LAN-{issuer.next('call'):05d}"
