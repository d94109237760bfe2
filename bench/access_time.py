"""Whether the time of an answer tells that something is hidden: `./run bench access-time [--pairs 200] [--seed N]
[--nightly]`.

At ten addresses: a name that forty hidden records bear, searched for and typed, against one that no record bears; and
what belongs to a hidden child against what is not there. Asked in turns, in random order, by one who may see none of
them. Ratio of the medians (1 is best), and how well an attacker with one time of each could tell which is which (AUC;
0.5 is chance). Time spent in this process and its database, without a network, which is the best an attacker could have.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections.abc import Callable, Iterator
from uuid import UUID

import django

from bench import figure, met

SEED = 20261102
NIGHTLY = 2_000
HIDDEN = 40
ABSENT = "Thistlewaite"
RATIO, AUC = (0.9, 1.1), 0.55


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--pairs", type=int, default=200)
    arguments.add_argument("--seed", type=int, default=SEED)
    arguments.add_argument("--nightly", action="store_true", help=f"{NIGHTLY:,} pairs at each address")
    chosen = arguments.parse_args()
    pairs = NIGHTLY if chosen.nightly else chosen.pairs
    django.setup()
    from bench.access_oracle import fresh_database
    from bench.noninterference import NOW, clock_stands_still
    from engage.demo.team import set_up_team

    fresh_database("engage_times")
    set_up_team(now=NOW)
    with clock_stands_still():
        outside = 0
        for what, hidden, absent in asked_at_ten_addresses():
            outside += not say(what, hidden, absent, pairs, chosen.seed)
        say("the same twice", absent, absent, pairs, chosen.seed)
    figure("access-time", "addresses outside the goal", outside, "addresses", of=10, met=met(not outside))


def asked_at_ten_addresses() -> Iterator[tuple[str, Callable, Callable]]:
    """What is asked, of what is hidden, and of what is not there."""
    from bench.noninterference import NAME, NOW, NOWHERE, Invented, _restricted_child
    from engage.demo import hidden_things, probing
    from engage.practice.access.gate import acting_as
    from engage.practice.missing.models import MissingReport

    world = Invented()
    children = [_restricted_child(world, f"Zelda {n}", phone=f"07700 {900400 + n}") for n in range(HIDDEN)]
    report = world.town.missing(children[0], hours=400)
    with acting_as(world.town.receiver, now=NOW):
        episode = MissingReport.objects.visible_to(world.town.receiver).get(pk=report).episode_id
    pair = hidden_things.pair(world.katie, children[0], world.town.receiver, NOW).pk
    client = probing.signed_in(world.readers["ewan"])

    def typed(address: str, **said: str) -> Callable[[str], Callable]:
        return lambda name: lambda: client.post(address, {**said, ("surname" if said else "q"): name})

    searches = {
        "search": typed("/search/"),
        "search by fields": typed("/search/", forenames="Zelda"),
        "a child typed as new": typed("/children/new/", forenames="Zelda", age="14", do="find"),
    }
    for what, ask in searches.items():
        yield what, ask(NAME), ask(ABSENT)

    def page(address: str, one: UUID) -> Callable:
        return lambda: client.get(address.format(one))

    child, reported = children[0], episode or report
    for what, address, one in (
        ("child's page", "/children/{}/", child),
        ("a child's records", "/children/{}/records/", child),
        ("sharing", "/children/{}/share/", child),
        ("asking another agency", "/children/{}/ask/", child),
        ("a first look", "/first-looks/{}/", child),
        ("an episode", "/episodes/{}/", reported),
        ("a pair", "/pairs/{}/", pair),
    ):
        yield what, page(address, one), page(address, NOWHERE)


def say(what: str, hidden: Callable, absent: Callable, pairs: int, seed: int) -> bool:
    """Whether both goals are met."""
    choose = random.Random(seed)
    times: dict[str, list[float]] = {"hidden": [], "absent": []}
    for _ in range(5):
        hidden(), absent()
    for _ in range(pairs):
        both = [("hidden", hidden), ("absent", absent)]
        choose.shuffle(both)
        for name, ask in both:
            started = time.perf_counter()
            ask()
            times[name].append(time.perf_counter() - started)
    ratio = statistics.median(times["hidden"]) / statistics.median(times["absent"])
    told = told_by_time(times["hidden"], times["absent"])
    figure(
        "access-time",
        f"{what}: hidden by absent",
        round(ratio, 3),
        "times",
        pairs=pairs,
        wanted="0.9 to 1.1",
        met=met(RATIO[0] <= ratio <= RATIO[1]),
        median_ms=round(1000 * statistics.median(times["absent"]), 1),
    )
    figure(
        "access-time",
        f"{what}: attacker's AUC",
        round(told, 3),
        "",
        pairs=pairs,
        wanted="at most 0.55",
        met=met(told <= AUC),
    )
    return RATIO[0] <= ratio <= RATIO[1] and told <= AUC


def told_by_time(some: list[float], others: list[float]) -> float:
    """Chance that of one time of each the attacker names the right one; whichever way round serves them better."""
    longer = sum((a > b) + (a == b) / 2 for a in some for b in others) / (len(some) * len(others))
    return max(longer, 1 - longer)


if __name__ == "__main__":
    main()
